/* Price: what one seat of one SKU costs on one edge, from a date on.
 *
 * A price has one metering policy, one tier mode, one or more tiers, and its terms (first months
 * free, a trial with an end, not for resale, a minimum). Prices are immutable; a change is a new
 * price with a later effective_from. */
#ifndef SEATMETER_CORE_MONEY_PRICE_H
#define SEATMETER_CORE_MONEY_PRICE_H

#include "core/money/money.h"
#include "core/time/date.h"

#include <stdbool.h>

enum metering_policy { POLICY_PEAK, POLICY_SNAPSHOT, POLICY_ANY, POLICY_DAILY };
enum tier_mode { TIER_FLAT, TIER_VOLUME, TIER_GRADUATED };

struct price_tier {
    int64_t from; /* the number of the first unit in the tier: 1, 11, 51; the first tier says 0 or 1 */
    int64_t unit_price_millionths;
};

struct price_terms {
    int64_t minimum_units; /* charged at least, over all customers of the edge; 0: none */
    int32_t free_months;   /* an end customer's first months with the SKU that cost nothing */
    bool has_trial_end;    /* before trial_end nothing is metered on this edge */
    struct date trial_end; /* the first day that is charged, in the agreement's zone */
    bool not_for_resale;   /* metered, priced 0 */
};

struct price {
    int64_t id;
    int64_t sku_id;
    struct date effective_from;
    enum metering_policy policy;
    enum tier_mode mode;
    struct price_terms terms;
    size_t tier_count;              /* at least 1; exactly 1 for TIER_FLAT */
    const struct price_tier *tiers; /* ascending by `from` */
};

/* The words of the CSV files and the API: "peak", "snapshot", "any", "daily"; "flat", "volume", "graduated".
 */
const char *metering_policy_name(enum metering_policy policy);
enum status metering_policy_parse(struct text text, const char *field, enum metering_policy *policy,
                                  struct fault *fault) MUST_CHECK;
const char *tier_mode_name(enum tier_mode mode);
enum status tier_mode_parse(struct text text, const char *field, enum tier_mode *mode,
                            struct fault *fault) MUST_CHECK;

/* Whether the tiers suit the mode: ascending, the first from 0 or 1, no price below zero, one tier for
 * flat, prices of 0 alone where it is not for resale. The fault names the field as the CSV does. */
enum status price_check(const struct price *price, struct fault *fault) MUST_CHECK;

/* The price that a whole month is rated at: the last of `prices` (ascending by effective_from) in force
 * on the month's first day; where none was yet, the first that comes into force during the month; else NULL.
 */
const struct price *price_for_month(const struct price *prices, size_t count, struct month month);

#endif
