/* One-off charge: a line of an edge's month that no meter measures, such as an installation. */
#ifndef SEATMETER_CORE_MONEY_ONE_OFF_CHARGE_H
#define SEATMETER_CORE_MONEY_ONE_OFF_CHARGE_H

#include "core/money/money.h"
#include "core/money/tax.h"
#include "core/time/date.h"

struct one_off_charge {
    int64_t id;
    int64_t agreement_id;
    int64_t customer_id; /* 0: for no one end customer */
    struct month month;
    struct text description;
    int64_t quantity;
    int64_t unit_price_millionths;
    struct tax tax;
    int64_t invoice_id; /* 0: not billed yet */
    int64_t created_at_us;
};

/* The amount of the charge. Fault "amount-overflow". */
enum status one_off_charge_amount(const struct one_off_charge *charge, struct currency currency,
                                  int64_t *amount_minor, struct fault *fault) MUST_CHECK;

#endif
