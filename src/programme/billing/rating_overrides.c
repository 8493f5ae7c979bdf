#include "programme/billing/rating_overrides.h"

#include <assert.h>
#include <stdlib.h>

static int compare_places(const struct rating_override *a, const struct rating_override *b) {
    if (a->agreement_id != b->agreement_id) {
        return a->agreement_id < b->agreement_id ? -1 : 1;
    }
    if (a->sku_rank != b->sku_rank) {
        return a->sku_rank < b->sku_rank ? -1 : 1;
    }
    return a->customer_rank < b->customer_rank ? -1 : a->customer_rank > b->customer_rank;
}

static int compare_overrides(const void *left, const void *right) {
    const struct rating_override *a = left;
    const struct rating_override *b = right;
    int order = compare_places(a, b);
    return order != 0 ? order : a->order < b->order ? -1 : a->order > b->order;
}

/* Sorts, and of several for one place keeps the last. */
void rating_overrides_settle(struct rating_overrides *overrides) {
    size_t kept = 0;
    if (overrides->count == 0) {
        return;
    }
    qsort(overrides->items, overrides->count, sizeof(*overrides->items), compare_overrides);
    for (size_t i = 0; i < overrides->count; i++) {
        bool replaced =
            i + 1 < overrides->count && compare_places(&overrides->items[i], &overrides->items[i + 1]) == 0;
        if (!replaced) {
            overrides->items[kept++] = overrides->items[i];
        }
    }
    overrides->count = kept;
}

void rating_overrides_add(const struct snapshot *snapshot, struct rating_overrides *overrides,
                          int64_t agreement_id, int64_t customer_id, int64_t sku_id, int64_t units,
                          struct text reason, int64_t order) {
    uint32_t customer = snapshot_account(snapshot, customer_id);
    uint32_t sku = snapshot_sku_find(snapshot, sku_id);
    assert(sku != SNAPSHOT_NONE);
    overrides->items[overrides->count++] = (struct rating_override){
        .agreement_id = agreement_id,
        .sku_rank = snapshot->sku_rank[sku],
        .customer_rank = snapshot->account_rank[customer],
        .customer_id = customer_id,
        .order = order,
        .units = units,
        .reason = reason,
    };
}

/* The overrides of an agreement (and of one SKU, unless that is SNAPSHOT_NONE), as a slice. */
struct rating_overrides rating_overrides_of(const struct rating_overrides *overrides, int64_t agreement_id,
                                            uint32_t sku_rank) {
    size_t low = 0;
    size_t high = overrides->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct rating_override *at = &overrides->items[middle];
        bool is_before =
            at->agreement_id < agreement_id ||
            (at->agreement_id == agreement_id && sku_rank != SNAPSHOT_NONE && at->sku_rank < sku_rank);
        if (is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < overrides->count && overrides->items[end].agreement_id == agreement_id &&
           (sku_rank == SNAPSHOT_NONE || overrides->items[end].sku_rank == sku_rank)) {
        end++;
    }
    return (struct rating_overrides){overrides->items + low, end - low};
}
