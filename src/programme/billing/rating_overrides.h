/* Rating overrides: units that stand in the meter's place, found by agreement, SKU and customer. */
#ifndef SEATMETER_PROGRAMME_BILLING_RATING_OVERRIDES_H
#define SEATMETER_PROGRAMME_BILLING_RATING_OVERRIDES_H

#include "programme/billing/snapshot.h"

/* Units that somebody set instead of the meter's: an approved adjustment, or a correction. */
struct rating_override {
    int64_t agreement_id;
    uint32_t sku_rank;
    uint32_t customer_rank;
    int64_t customer_id;
    int64_t order; /* of several for the same the highest counts */
    int64_t units;
    struct text reason;
};

struct rating_overrides {
    struct rating_override *items; /* by agreement, SKU, customer */
    size_t count;
};

/* Adds one; there is room. Of several for one place the one with the highest `order` will count. */
void rating_overrides_add(const struct snapshot *snapshot, struct rating_overrides *overrides,
                          int64_t agreement_id, int64_t customer_id, int64_t sku_id, int64_t units,
                          struct text reason, int64_t order);

/* Sorts, and of several for one place keeps the last; before anything is looked up. */
void rating_overrides_settle(struct rating_overrides *overrides);

/* The overrides of an agreement (and of one SKU, unless that is SNAPSHOT_NONE), as a slice. */
struct rating_overrides rating_overrides_of(const struct rating_overrides *overrides, int64_t agreement_id,
                                            uint32_t sku_rank);

#endif
