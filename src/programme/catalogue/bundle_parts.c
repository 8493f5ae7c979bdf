#include "programme/catalogue/bundle_parts.h"

#include "store/licensing/licences.h"
#include "store/parties/accounts.h"

#include <assert.h>

/* A bundle is billed from the edge of its composer down. The product of a vendor is billed from the top. */
static enum status first_edge_of(const struct call *call, const struct sku *sku, int64_t *first_edge,
                                 struct fault *fault) {
    struct account composer = {0};
    if (sku->kind == SKU_BUNDLE) {
        TRY(account_load(call->db, call->arena, sku->owner_id, &composer, fault));
    }
    *first_edge = composer.depth;
    return STATUS_OK;
}

static enum status load_part(const struct call *call, const struct bundle_part *composed, int64_t last_edge,
                             struct sku_part *part, struct fault *fault) {
    struct sku sku = {0};
    TRY(sku_load(call->db, call->arena, composed->part_id, &sku, fault));
    if (sku.kind != SKU_PRODUCT || composed->quantity < 1) {
        return fault_set(fault, STATUS_INTERNAL, "bundle-broken", "sku", sku.code,
                         "The store has a bundle with a part that is no product, or none of it: run "
                         "seatmeter check.");
    }
    *part = (struct sku_part){sku.id, sku.owner_id, composed->quantity, 0, last_edge};
    return STATUS_OK;
}

enum status bundle_expand(const struct call *call, const struct sku *sku, struct sku_part **parts,
                          size_t *count, struct fault *fault) {
    struct bundle_part *composed = NULL;
    size_t composed_count = 0;
    int64_t first_edge = 0;
    TRY(first_edge_of(call, sku, &first_edge, fault));
    if (first_edge > 0) {
        TRY(bundle_part_load(call->db, call->arena, sku->id, &composed, &composed_count, fault));
    }
    struct sku_part *items = ARENA_NEW(call->arena, struct sku_part, composed_count + 1);
    items[0] = (struct sku_part){sku->id, sku->owner_id, 1, first_edge, LICENCE_LAST_EDGE};
    for (size_t i = 0; i < composed_count; i++) {
        TRY(load_part(call, &composed[i], first_edge - 1, &items[i + 1], fault));
        assert(items[i + 1].last_edge == items[0].first_edge - 1); /* each edge is billed once */
    }
    *parts = items;
    *count = composed_count + 1;
    return STATUS_OK;
}
