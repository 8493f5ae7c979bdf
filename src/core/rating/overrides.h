/* Overrides: units that somebody set in the meter's place, found by agreement, SKU and customer. */
#ifndef SEATMETER_CORE_RATING_OVERRIDES_H
#define SEATMETER_CORE_RATING_OVERRIDES_H

#include "core/money/correction.h"
#include "core/rating/late_usage.h"
#include "core/rating/snapshot.h"
#include "core/usage/report.h"

/* One: an adjustment of an approved report, or a correction. */
struct override {
    int64_t agreement_id;
    uint32_t sku_rank;
    uint32_t customer_rank;
    int64_t customer_id;
    int64_t correction_id; /* 0: an adjustment. Of several corrections of one place the highest counts */
    int64_t units;
    struct late_event late;         /* of a correction that says one; licence_id 0: it says units */
    const struct late_event *lates; /* then: all of the place, in the order in which they were given */
    size_t late_count;              /* 0: units are set */
    struct text reason;
};

/* One for a place, by agreement, SKU, customer. */
struct overrides {
    struct override *items;
    size_t count;
};

/* The adjustments of a month; `agreement_ids[i]` is the agreement of `adjustments[i]`. */
enum status overrides_of_adjustments(const struct snapshot *snapshot, struct arena *arena,
                                     const int64_t *agreement_ids,
                                     const struct report_adjustment *adjustments, size_t count,
                                     struct overrides *made, struct fault *fault) MUST_CHECK;

/* Those of the corrections that are of the month. */
enum status overrides_of_corrections(const struct snapshot *snapshot, struct arena *arena,
                                     const struct correction *corrections, size_t count, struct month month,
                                     struct overrides *made, struct fault *fault) MUST_CHECK;

/* The overrides of an agreement, and of one SKU unless `sku_rank` is SNAPSHOT_NONE, as a slice. */
struct overrides overrides_slice(const struct overrides *overrides, int64_t agreement_id, uint32_t sku_rank);

/* The override of a customer's SKU on an agreement, or NULL. */
const struct override *overrides_find(const struct overrides *overrides, int64_t agreement_id,
                                      uint32_t sku_rank, int64_t customer_id);

#endif
