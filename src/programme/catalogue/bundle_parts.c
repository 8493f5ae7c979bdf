#include "programme/catalogue/bundle_parts.h"

#include "store/licensing/licences.h"
#include "store/parties/accounts.h"

#include <assert.h>

/* A bundle is billed from its composer's edge down; what a vendor makes is billed from the top. */
static enum status first_edge_of(const struct call *call, const struct sku *sku, int64_t *first_edge,
                                 struct fault *fault) {
    *first_edge = 0;
    if (sku->kind != SKU_BUNDLE) {
        return STATUS_OK;
    }
    struct account composer = {0};
    enum status status = account_load(call->db, call->arena, sku->owner_id, &composer, fault);
    if (status == STATUS_OK) {
        *first_edge = composer.depth;
    }
    return status;
}

enum status bundle_expand(const struct call *call, const struct sku *sku, struct sku_part **parts,
                          size_t *count, struct fault *fault) {
    struct bundle_part *composed = NULL;
    size_t composed_count = 0;
    int64_t first_edge = 0;
    enum status status = first_edge_of(call, sku, &first_edge, fault);
    if (status == STATUS_OK && first_edge > 0) {
        status = bundle_part_load(call->db, call->arena, sku->id, &composed, &composed_count, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct sku_part *items = ARENA_NEW(call->arena, struct sku_part, composed_count + 1);
    items[0] = (struct sku_part){sku->id, sku->owner_id, 1, first_edge, LICENCE_LAST_EDGE};
    for (size_t i = 0; i < composed_count; i++) {
        struct sku part = {0};
        status = sku_load(call->db, call->arena, composed[i].part_id, &part, fault);
        if (status != STATUS_OK) {
            return status;
        }
        assert(part.kind == SKU_PRODUCT && composed[i].quantity > 0); /* compose_bundle sees to it */
        items[i + 1] = (struct sku_part){part.id, part.owner_id, composed[i].quantity, 0, first_edge - 1};
    }
    *parts = items;
    *count = composed_count + 1;
    return STATUS_OK;
}
