#include "programme/call/lookup_sku.h"

#include "programme/call/lookup.h"

#include <assert.h>

static const struct lookup_noun SKU = {
    .noun = "SKU",
    .named_by = "its code or its identifier (sku_…)",
    .unknown_code = "unknown-sku",
    .ambiguous_code = "ambiguous-code",
    .ambiguous_status = STATUS_INVALID,
};

static enum status find_sku_by_id(const struct call *call, int64_t viewer_id, int64_t id, struct text word,
                                  const char *field, struct sku *sku, struct fault *fault) {
    bool known = true;
    struct sku found = {0};
    enum status status = sku_load(call->db, call->arena, id, &found, fault);
    if (status == STATUS_OK && viewer_id != 0) {
        status = sku_is_known(call->db, viewer_id, &found, &known, fault);
    }
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !known)) {
        return lookup_require_one(&SKU, word, field, 0, fault);
    }
    TRY(status);
    *sku = found;
    return STATUS_OK;
}

static enum status find_sku_seen_by(const struct call *call, int64_t viewer_id, struct text word,
                                    const char *field, struct sku *sku, struct fault *fault) {
    struct sku *found = NULL;
    size_t count = 0;
    int64_t id = 0;
    TRY(lookup_require_word(&SKU, word, field, fault));
    if (identifier_decode(call->secret, IDENTIFIER_SKU, word, &id)) {
        return find_sku_by_id(call, viewer_id, id, word, field, sku, fault);
    }
    TRY(sku_find_code(call->db, call->arena, viewer_id, word, &found, &count, fault));
    TRY(lookup_require_one(&SKU, word, field, count, fault));
    *sku = found[0];
    return STATUS_OK;
}

enum status find_sku(const struct call *call, struct text word, const char *field, struct sku *sku,
                     struct fault *fault) {
    return find_sku_seen_by(call, actor_viewer_id(call), word, field, sku, fault);
}

enum status find_sku_of_seller(const struct call *call, int64_t seller_id, struct text word,
                               const char *field, struct sku *sku, struct fault *fault) {
    assert(actor_is(call, seller_id));
    return find_sku_seen_by(call, seller_id, word, field, sku, fault);
}

enum status find_licensable_sku(const struct call *call, int64_t provider_id, struct text word,
                                struct sku *sku, struct fault *fault) {
    struct sku found = {0};
    struct text trimmed = text_trim(word);
    TRY(find_sku_of_seller(call, provider_id, trimmed, "sku", &found, fault));
    if (found.kind == SKU_SERVICE) {
        return fault_set(fault, STATUS_INVALID, "not-licensable", "sku", trimmed,
                         "Name a product or a bundle: \"%.*s\" is a service, and services have no licences.",
                         TEXT_ARGS(found.code));
    }
    *sku = found;
    return STATUS_OK;
}
