#include "programme/catalogue/catalogue.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/validate.h"
#include "programme/catalogue/lease_terms.h"

#include <assert.h>

enum { PART_QUANTITY_MAX = 10000 };

/* ---- as people read it ---- */

static enum status fill_view(struct call *call, const struct sku *sku, struct sku_view *out,
                             struct fault *fault) {
    struct account owner;
    enum status status = account_load(call->db, call->arena, sku->owner_id, &owner, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *out = (struct sku_view){.id = sku->id,
                             .identifier = identifier_text(call, IDENTIFIER_SKU, sku->id),
                             .kind = text_of(sku_kind_name(sku->kind)),
                             .code = sku->code,
                             .name = sku->name,
                             .external_id = sku->external_id,
                             .owner = identifier_text(call, IDENTIFIER_ACCOUNT, owner.id),
                             .owner_name = owner.name,
                             .created_at_us = sku->created_at_us};
    return STATUS_OK;
}

static enum status fill_parts(struct call *call, struct sku_view *view, struct fault *fault) {
    struct bundle_part *parts = NULL;
    enum status status = bundle_part_load(call->db, call->arena, view->id, &parts, &view->part_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    view->parts = ARENA_NEW(call->arena, struct sku_part_view, view->part_count);
    for (size_t i = 0; i < view->part_count; i++) {
        struct sku part;
        status = sku_load(call->db, call->arena, parts[i].part_id, &part, fault);
        if (status != STATUS_OK) {
            return status;
        }
        view->parts[i] = (struct sku_part_view){.identifier = identifier_text(call, IDENTIFIER_SKU, part.id),
                                                .code = part.code,
                                                .name = part.name,
                                                .quantity = parts[i].quantity};
    }
    return STATUS_OK;
}

static enum status fill_components(struct call *call, struct sku_view *view, struct fault *fault) {
    struct component *components = NULL;
    enum status status =
        component_load_of_sku(call->db, call->arena, view->id, &components, &view->component_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    view->components = ARENA_NEW(call->arena, struct component_view, view->component_count);
    for (size_t i = 0; i < view->component_count; i++) {
        view->components[i] = (struct component_view){
            .external_id = components[i].external_id, .code = components[i].code, .name = components[i].name};
    }
    return STATUS_OK;
}

/* What a bundle is made of is its seller's own business. */
static enum status fill_whole_view(struct call *call, const struct sku *sku, struct sku_view *out,
                                   struct fault *fault) {
    struct sku_view view;
    enum status status = fill_view(call, sku, &view, fault);
    if (status == STATUS_OK && actor_is(call, sku->owner_id)) {
        status = fill_parts(call, &view, fault);
    }
    if (status == STATUS_OK) {
        status = fill_components(call, &view, fault);
    }
    if (status == STATUS_OK) {
        *out = view;
    }
    return status;
}

/* ---- what a seller adds itself ---- */

enum status sku_code_check(const struct call *call, struct text code, const char *field,
                           struct fault *fault) {
    int64_t id = 0;
    if (!identifier_decode(call->secret, IDENTIFIER_SKU, code, &id)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "malformed-code", field, code,
                     "\"%.*s\" looks like an identifier and cannot be a code.", TEXT_ARGS(code));
}

/* The new SKU of a seller, not inserted yet. */
static enum status begin_sku(struct call *call, struct text seller_word, enum sku_kind kind, struct text code,
                             struct text name, struct sku *sku, struct fault *fault) {
    struct account seller;
    bool taken = false;
    *sku = (struct sku){.kind = kind, .created_at_us = call->now_us, .external_id = TEXT("")};
    enum status status =
        find_account_with_right(call, seller_word, "seller", RIGHT_CATALOGUE, &seller, fault);
    if (status == STATUS_OK && seller.kind == ACCOUNT_CUSTOMER) {
        status = fault_set(fault, STATUS_CONFLICT, "wrong-seller", "seller", seller.code,
                           "%.*s is a customer and sells nothing.", TEXT_ARGS(seller.code));
    }
    if (status == STATUS_OK) {
        status = check_required_line(code, "code", SKU_CODE_MAX_BYTES, &sku->code, fault);
    }
    if (status == STATUS_OK) {
        status = sku_code_check(call, sku->code, "code", fault);
    }
    if (status == STATUS_OK) {
        status = check_required_line(name, "name", SKU_NAME_MAX_BYTES, &sku->name, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    sku->owner_id = seller.id;
    status = sku_code_taken(call->db, seller.id, sku->code, &taken, fault);
    if (status == STATUS_OK && taken) {
        status = fault_set(fault, STATUS_CONFLICT, "code-taken", "code", sku->code,
                           "There is a SKU \"%.*s\" of this seller already.", TEXT_ARGS(sku->code));
    }
    return status;
}

static enum status check_part(struct call *call, int64_t seller_id, const struct bundle_part_input *input,
                              struct bundle_part *part, struct fault *fault) {
    struct sku sku;
    enum status status = find_sku_of_seller(call, seller_id, input->sku, "parts", &sku, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (sku.kind == SKU_BUNDLE) {
        return fault_set(fault, STATUS_CONFLICT, "bundle-in-bundle", "parts", input->sku,
                         "%.*s is a bundle itself: name its parts instead.", TEXT_ARGS(sku.code));
    }
    if (sku.kind == SKU_SERVICE) {
        return fault_set(
            fault, STATUS_CONFLICT, "service-in-bundle", "parts", input->sku,
            "%.*s is a service, which is billed by charges: only products are parts of a bundle.",
            TEXT_ARGS(sku.code));
    }
    if (input->quantity < 1 || input->quantity > PART_QUANTITY_MAX) {
        return fault_set(fault, STATUS_INVALID, "malformed-quantity", "parts", input->sku,
                         "The quantity of %.*s must be from 1 to %d.", TEXT_ARGS(sku.code),
                         PART_QUANTITY_MAX);
    }
    *part = (struct bundle_part){.part_id = sku.id, .quantity = input->quantity};
    return STATUS_OK;
}

static enum status check_parts(struct call *call, int64_t seller_id, const struct compose_bundle_input *input,
                               struct bundle_part *parts, struct fault *fault) {
    if (input->part_count == 0 || input->part_count > BUNDLE_PARTS_MAX) {
        return fault_set(fault, STATUS_INVALID, "no-parts", "parts", TEXT(""),
                         "A bundle has from 1 to %d parts.", BUNDLE_PARTS_MAX);
    }
    for (size_t i = 0; i < input->part_count; i++) {
        enum status status = check_part(call, seller_id, &input->parts[i], &parts[i], fault);
        if (status != STATUS_OK) {
            return status;
        }
        for (size_t before = 0; before < i; before++) {
            if (parts[before].part_id == parts[i].part_id) {
                return fault_set(fault, STATUS_INVALID, "part-twice", "parts", input->parts[i].sku,
                                 "%.*s is named twice: give it once with a quantity.",
                                 TEXT_ARGS(input->parts[i].sku));
            }
        }
    }
    return STATUS_OK;
}

enum status compose_bundle(struct call *call, const struct compose_bundle_input *input, struct sku_view *out,
                           struct fault *fault) {
    struct sku sku;
    struct bundle_part parts[BUNDLE_PARTS_MAX];
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = begin_sku(call, input->seller, SKU_BUNDLE, input->code, input->name, &sku, fault);
    if (status == STATUS_OK) {
        status = check_parts(call, sku.owner_id, input, parts, fault);
    }
    if (status == STATUS_OK) {
        status = sku_insert(call->db, &sku, fault);
    }
    for (size_t i = 0; i < input->part_count && status == STATUS_OK; i++) {
        parts[i].bundle_id = sku.id;
        status = bundle_part_insert(call->db, &parts[i], fault);
    }
    if (status == STATUS_OK) {
        status = lease_terms_fit_bundle(call, &sku, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(
            call, "sku.compose", identifier_text(call, IDENTIFIER_SKU, sku.id), sku.owner_id,
            text_format(call->arena, "%.*s of %zu parts", TEXT_ARGS(sku.code), input->part_count), fault);
    }
    if (status == STATUS_OK) {
        status = fill_whole_view(call, &sku, out, fault);
    }
    return call_end(call, status, fault);
}

enum status add_service(struct call *call, const struct add_service_input *input, struct sku_view *out,
                        struct fault *fault) {
    struct sku sku;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = begin_sku(call, input->seller, SKU_SERVICE, input->code, input->name, &sku, fault);
    if (status == STATUS_OK) {
        status = sku_insert(call->db, &sku, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "sku.add-service", identifier_text(call, IDENTIFIER_SKU, sku.id),
                             sku.owner_id, sku.code, fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &sku, out, fault);
    }
    return call_end(call, status, fault);
}

/* ---- reading ---- */

enum status show_sku(struct call *call, struct text sku, struct sku_view *out, struct fault *fault) {
    struct sku found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_sku(call, sku, "sku", &found, fault);
    }
    if (status == STATUS_OK) {
        status = fill_whole_view(call, &found, out, fault);
    }
    return call_end(call, status, fault);
}

/* A vendor is not always an account that the asker may know of, but its catalogue names it. */
static enum status find_owner(struct call *call, struct text word, int64_t viewer_id, int64_t *owner_id,
                              struct fault *fault) {
    struct sku *skus = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    enum status status = STATUS_OK;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, owner_id)) {
        struct sku_filter filter = {.known_to_id = viewer_id, .owner_id = *owner_id};
        status = sku_list(call->db, call->arena, &filter, (struct page){.limit = 1}, &skus, &count,
                          &next_after, fault);
    }
    if (status != STATUS_OK || count > 0) {
        return status;
    }
    struct account owner;
    status = find_account(call, word, "owner", &owner, fault);
    if (status == STATUS_OK) {
        *owner_id = owner.id;
    }
    return status;
}

static enum status make_filter(struct call *call, const struct list_skus_input *input,
                               struct sku_filter *filter, struct fault *fault) {
    enum status status = STATUS_OK;
    filter->known_to_id = actor_is_operator(call) ? 0 : call->actor.account_id;
    if (input->kind.length > 0) {
        filter->has_kind = true;
        status = sku_kind_parse(input->kind, "kind", &filter->kind, fault);
    }
    if (status != STATUS_OK || input->owner.length == 0) {
        return status;
    }
    return find_owner(call, input->owner, filter->known_to_id, &filter->owner_id, fault);
}

enum status list_skus(struct call *call, const struct list_skus_input *input, struct sku_page *out,
                      struct fault *fault) {
    struct sku_filter filter = {0};
    struct sku *skus = NULL;
    struct sku_page page = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = check_line(input->search, "search", SKU_NAME_MAX_BYTES, &filter.search, fault);
    }
    if (status == STATUS_OK) {
        status = make_filter(call, input, &filter, fault);
    }
    if (status == STATUS_OK) {
        status = sku_list(call->db, call->arena, &filter, input->page, &skus, &page.count, &page.next_after,
                          fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct sku_view, page.count);
    for (size_t i = 0; i < page.count && status == STATUS_OK; i++) {
        status = fill_view(call, &skus[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}
