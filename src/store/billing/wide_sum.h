/* Wide sum: a sum of amounts that may outgrow 64 bits, asked of the database in two halves.
 *
 * Each amount is taken apart at its 32nd bit, so that neither half's sum overflows with any number of rows
 * that a table has, and a sum that is too large hides nobody else's. */
#ifndef SEATMETER_STORE_BILLING_WIDE_SUM_H
#define SEATMETER_STORE_BILLING_WIDE_SUM_H

#include "core/money/money.h"

#define WIDE_SUM_HIGH(column) "cast(sum((" column ") / 4294967296) as bigint)"
#define WIDE_SUM_LOW(column) "cast(sum((" column ") % 4294967296) as bigint)"

static inline money_wide wide_sum(int64_t high, int64_t low) {
    return (money_wide)high * 4294967296 + low;
}

#endif
