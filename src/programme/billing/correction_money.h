/* Correction money: what a correction changes of what its edge has been billed, before any bill carries it.
 *
 * The (month, SKU) is rated by core with the corrections that bind the edge, and once more with this one:
 * as the close will (core/rating/corrections.h). The sum is without tax, and of this edge alone. */
#ifndef SEATMETER_PROGRAMME_BILLING_CORRECTION_MONEY_H
#define SEATMETER_PROGRAMME_BILLING_CORRECTION_MONEY_H

#include "core/money/correction.h"
#include "core/money/money.h"
#include "programme/call/call.h"

struct correction_money {
    bool is_known;
    int64_t difference_minor; /* above 0: the buyer owes more */
    struct currency currency;
};

/* `correction` may have no id: it is only tried, and comes after all others. Reads what concerns its edge and
 * SKU. Inside a transaction. Faults of rating, where the month with it cannot be billed. */
enum status correction_money_of(struct call *call, const struct correction *correction,
                                struct correction_money *money, struct fault *fault) MUST_CHECK;

#endif
