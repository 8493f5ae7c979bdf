#include "core/rating/overrides.h"

#include "core/base/search.h"

#include <assert.h>
#include <stdlib.h>

static int compare_places(const struct override *a, const struct override *b) {
    if (a->agreement_id != b->agreement_id) {
        return a->agreement_id < b->agreement_id ? -1 : 1;
    }
    if (a->sku_rank != b->sku_rank) {
        return a->sku_rank < b->sku_rank ? -1 : 1;
    }
    return a->customer_rank < b->customer_rank ? -1 : a->customer_rank > b->customer_rank;
}

static int compare_overrides(const void *left, const void *right) {
    const struct override *a = left;
    const struct override *b = right;
    int order = compare_places(a, b);
    if (order != 0) {
        return order;
    }
    return a->correction_id < b->correction_id ? -1 : a->correction_id > b->correction_id;
}

/* The late events of a place's corrections, in their order. */
static void gather_late(struct arena *arena, const struct override *of_place, size_t count,
                        struct override *last) {
    struct late_event *lates = ARENA_NEW(arena, struct late_event, count);
    for (size_t i = 0; i < count; i++) {
        if (of_place[i].late.licence_id != 0) {
            lates[last->late_count++] = of_place[i].late;
        }
    }
    last->lates = lates;
}

/* Sorts them, and of several for one place keeps the last. Where that is a late event, all late events of the
 * place hold: each says something of another time or licence. */
static void settle_overrides(struct arena *arena, struct overrides *overrides) {
    size_t kept = 0;
    size_t first = 0; /* of the place */
    if (overrides->count > 0) {
        qsort(overrides->items, overrides->count, sizeof(*overrides->items), compare_overrides);
    }
    for (size_t i = 0; i < overrides->count; i++) {
        bool is_replaced =
            i + 1 < overrides->count && compare_places(&overrides->items[i], &overrides->items[i + 1]) == 0;
        if (is_replaced) {
            continue;
        }
        struct override last = overrides->items[i];
        if (last.late.licence_id != 0) {
            gather_late(arena, &overrides->items[first], i - first + 1, &last);
        }
        overrides->items[kept++] = last;
        first = i + 1;
    }
    overrides->count = kept;
}

/* Gives an override the ranks of its place. */
static enum status place(const struct snapshot *snapshot, int64_t sku_id, struct override *override,
                         struct fault *fault) {
    TRY(snapshot_has_agreement(snapshot, override->agreement_id, fault));
    TRY(snapshot_has_account(snapshot, override->customer_id, fault));
    TRY(snapshot_has_sku(snapshot, sku_id, fault));
    override->sku_rank = snapshot->sku_rank[snapshot_sku_find(snapshot, sku_id)];
    override->customer_rank = snapshot->account_rank[snapshot_account(snapshot, override->customer_id)];
    return STATUS_OK;
}

enum status overrides_of_adjustments(const struct snapshot *snapshot, struct arena *arena,
                                     const int64_t *agreement_ids,
                                     const struct report_adjustment *adjustments, size_t count,
                                     struct overrides *made, struct fault *fault) {
    struct overrides overrides = {.items = ARENA_NEW(arena, struct override, count)};
    for (size_t i = 0; i < count; i++) {
        struct override override = {.agreement_id = agreement_ids[i],
                                    .customer_id = adjustments[i].customer_id,
                                    .units = adjustments[i].units,
                                    .reason = adjustments[i].reason};
        TRY(place(snapshot, adjustments[i].sku_id, &override, fault));
        overrides.items[overrides.count++] = override;
    }
    settle_overrides(arena, &overrides);
    *made = overrides;
    return STATUS_OK;
}

enum status overrides_of_corrections(const struct snapshot *snapshot, struct arena *arena,
                                     const struct correction *corrections, size_t count, struct month month,
                                     struct overrides *made, struct fault *fault) {
    struct overrides overrides = {.items = ARENA_NEW(arena, struct override, count)};
    for (size_t i = 0; i < count; i++) {
        if (corrections[i].month.index != month.index) {
            continue;
        }
        struct override override = {
            .agreement_id = corrections[i].agreement_id,
            .customer_id = corrections[i].customer_id,
            .correction_id = corrections[i].id,
            .units = corrections[i].units,
            .late = {corrections[i].licence_id, corrections[i].at_us, corrections[i].seats},
            .reason = corrections[i].reason};
        TRY(place(snapshot, corrections[i].sku_id, &override, fault));
        overrides.items[overrides.count++] = override;
    }
    settle_overrides(arena, &overrides);
    *made = overrides;
    return STATUS_OK;
}

/* The place that is sought: the first override of an agreement's SKU, or one behind it. */
struct sought_override {
    const struct override *items;
    int64_t agreement_id;
    int64_t sku_rank; /* −1: before all SKUs; beyond UINT32_MAX: behind them */
};

static bool is_before(const void *context, size_t i) {
    const struct sought_override *sought = context;
    const struct override *at = &sought->items[i];
    return at->agreement_id < sought->agreement_id ||
           (at->agreement_id == sought->agreement_id && at->sku_rank < sought->sku_rank);
}

struct overrides overrides_slice(const struct overrides *overrides, int64_t agreement_id, uint32_t sku_rank) {
    bool of_one_sku = sku_rank != SNAPSHOT_NONE;
    struct sought_override first = {overrides->items, agreement_id, of_one_sku ? (int64_t)sku_rank : -1};
    struct sought_override end = {overrides->items, agreement_id,
                                  of_one_sku ? (int64_t)sku_rank + 1 : INT64_MAX};
    size_t from = lower_bound(overrides->count, is_before, &first);
    return (struct overrides){overrides->items + from, lower_bound(overrides->count, is_before, &end) - from};
}

const struct override *overrides_find(const struct overrides *overrides, int64_t agreement_id,
                                      uint32_t sku_rank, int64_t customer_id) {
    struct overrides slice = overrides_slice(overrides, agreement_id, sku_rank);
    for (size_t i = 0; i < slice.count; i++) {
        if (slice.items[i].customer_id == customer_id) {
            return &slice.items[i];
        }
    }
    return NULL;
}
