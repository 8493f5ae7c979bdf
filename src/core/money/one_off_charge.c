#include "core/money/one_off_charge.h"

enum status one_off_charge_amount(const struct one_off_charge *charge, struct currency currency,
                                  int64_t *amount_minor, struct fault *fault) {
    return money_line_amount((struct quantity){charge->quantity, 1}, charge->unit_price_millionths, currency,
                             amount_minor, fault);
}
