/* Rating: from the quantities of one SKU on one edge to priced lines, the same on every edge.
 *
 * The tier is reached by the buyer's total over all end customers. flat: one price. volume: the last
 * tier whose `from` does not exceed the total prices every unit (the first tier where none does).
 * graduated: tier k prices the units numbered from_k to from_(k+1) − 1, and each tier's units are split
 * over the customers by largest remainder of what each has not yet had priced, first tier first, so every
 * line is a whole number of parts and both the tiers and the customers add up exactly. A line is
 * rounded once. Where the total is below the price's minimum, one further share without a customer makes
 * it up; it takes part in reaching tiers and in the split, last, and has lines as a customer has. */
#ifndef SEATMETER_CORE_RATING_RATING_H
#define SEATMETER_CORE_RATING_RATING_H

#include "core/money/money.h"
#include "core/money/price.h"
#include "core/usage/meter.h"

enum { RATING_NO_CUSTOMER = -1 };

/* One end customer of the edge: what it is to be charged for. Customers are ordered by the customer's export
 * name (byte order), which decides between equal remainders. */
struct rating_usage {
    int64_t measured_parts; /* what the meter says */
    int64_t charged_parts;  /* the same, or what an approved adjustment says, or 0 in a free month */
};

struct rating_line {
    int64_t usage; /* index into usages, or RATING_NO_CUSTOMER for the shortfall to the minimum */
    struct quantity quantity;
    int64_t unit_price_millionths;
    int64_t amount_minor;
    size_t tier; /* index into the price's tiers */
};

/* The minimum that holds beside `usages`: `minimum_units` where anything of them is charged, else 0 (R3.9).
 * By the first rules (core/rating/rules.h) it held always. */
int64_t rating_minimum(int rules, int64_t minimum_units, const struct rating_usage *usages,
                       size_t usage_count);

/* Rates `usages` (all with the same `parts_per_unit`) at `price`. Lines come by customer, then tier; a
 * customer whose charged quantity is 0 gets one line of quantity 0 at the price of its tier (graduated:
 * the first), so that what was measured and not charged is shown. `*lines` lives in `arena`.
 * Faults "quantity-overflow" and "amount-overflow". */
enum status rating_rate(struct arena *arena, const struct price *price, struct currency currency,
                        int64_t parts_per_unit, const struct rating_usage *usages, size_t usage_count,
                        struct rating_line **lines, size_t *line_count, struct fault *fault) MUST_CHECK;

#endif
