#include "programme/bundle_parts.h"

#include "store/accounts.h"
#include "store/licences.h"

#include <assert.h>

/* A bundle is billed from its composer's edge down; what a vendor makes is billed from the top. */
static enum status first_edge_of(const struct call *call, const struct sku *sku, int64_t *first_edge,
                                 struct fault *fault) {
    *first_edge = 0;
    if (sku->kind != SKU_BUNDLE)
        return STATUS_OK;
    struct account owner = {0};
    enum status status = account_load(call->db, call->arena, sku->owner_id, &owner, fault);
    if (status == STATUS_OK)
        *first_edge = owner.depth;
    return status;
}

/* What still has to be taken apart, and what came of it. */
struct expansion {
    const struct call *call;
    struct sku_part *parts; /* those without an edge too, until they are taken out */
    size_t count;
};

static enum status add_part(struct expansion *expansion, const struct sku_part *whole,
                            const struct bundle_part *part, struct fault *fault) {
    const struct call *call = expansion->call;
    if (expansion->count == BUNDLE_PARTS_MAX)
        return fault_set(fault, STATUS_TOO_LARGE, "bundle-too-large", "sku", TEXT(""),
                         "a bundle may have up to %d parts, those of bundles in it counted",
                         BUNDLE_PARTS_MAX);
    struct sku sku = {0};
    struct sku_part item = {.sku_id = part->part_id, .last_edge = whole->first_edge - 1};
    enum status status = sku_load(call->db, call->arena, part->part_id, &sku, fault);
    if (status == STATUS_OK)
        status = first_edge_of(call, &sku, &item.first_edge, fault);
    if (status != STATUS_OK)
        return status;
    /* Not billed itself, but its parts are, above the whole. */
    if (item.first_edge > whole->first_edge)
        item.first_edge = whole->first_edge;
    item.owner_id = sku.owner_id;
    if (__builtin_mul_overflow(whole->quantity, part->quantity, &item.quantity) || item.quantity > INT32_MAX)
        return fault_set(fault, STATUS_TOO_LARGE, "bundle-too-large", "sku", sku.code,
                         "the bundle has more than %d seats of %.*s", INT32_MAX, TEXT_ARGS(sku.code));
    expansion->parts[expansion->count++] = item;
    return STATUS_OK;
}

enum status bundle_expand(const struct call *call, const struct sku *sku, struct sku_part **parts,
                          size_t *count, struct fault *fault) {
    struct expansion all = {.call = call};
    struct sku_part whole = {
        .sku_id = sku->id, .owner_id = sku->owner_id, .quantity = 1, .last_edge = LICENCE_LAST_EDGE};
    enum status status = first_edge_of(call, sku, &whole.first_edge, fault);
    if (status != STATUS_OK)
        return status;
    size_t room = sku->kind == SKU_BUNDLE ? BUNDLE_PARTS_MAX : 1;
    all.parts = ARENA_NEW(call->arena, struct sku_part, room);
    all.parts[all.count++] = whole;
    for (size_t i = 0; sku->kind == SKU_BUNDLE && i < all.count; i++) {
        struct bundle_part *direct = NULL;
        size_t direct_count = 0;
        status = bundle_part_load(call->db, call->arena, all.parts[i].sku_id, &direct, &direct_count, fault);
        for (size_t j = 0; status == STATUS_OK && j < direct_count; j++)
            status = add_part(&all, &all.parts[i], &direct[j], fault);
        if (status != STATUS_OK)
            return status;
    }
    size_t kept = 1;
    for (size_t i = 1; i < all.count; i++)
        if (all.parts[i].first_edge <= all.parts[i].last_edge)
            all.parts[kept++] = all.parts[i];
    *parts = all.parts;
    *count = kept;
    return STATUS_OK;
}
