#include "programme/catalogue/catalogue.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/name_cache.h"
#include "programme/call/validate.h"
#include "programme/catalogue/lease_terms.h"

#include <assert.h>

enum { PART_QUANTITY_MAX = 10000 };

/* ---- as people read it ---- */

static enum status fill_view(struct name_cache *names, const struct sku *sku, struct sku_view *out,
                             struct fault *fault) {
    struct call *call = names->call;
    const struct account *owner = NULL;
    TRY(name_cache_account(names, sku->owner_id, &owner, fault));
    *out = (struct sku_view){.id = sku->id,
                             .identifier = identifier_text(call, IDENTIFIER_SKU, sku->id),
                             .kind = text_of(sku_kind_name(sku->kind)),
                             .code = sku->code,
                             .name = sku->name,
                             .external_id = sku->external_id,
                             .owner = identifier_text(call, IDENTIFIER_ACCOUNT, owner->id),
                             .owner_name = owner->name,
                             .created_at_us = sku->created_at_us};
    return STATUS_OK;
}

static enum status fill_one_view(struct call *call, const struct sku *sku, struct sku_view *out,
                                 struct fault *fault) {
    struct name_cache names;
    name_cache_init(&names, call);
    return fill_view(&names, sku, out, fault);
}

static enum status fill_parts(struct call *call, struct sku_view *view, struct fault *fault) {
    struct bundle_part *parts = NULL;
    TRY(bundle_part_load(call->db, call->arena, view->id, &parts, &view->part_count, fault));
    view->parts = ARENA_NEW(call->arena, struct sku_part_view, view->part_count);
    for (size_t i = 0; i < view->part_count; i++) {
        struct sku part;
        TRY(sku_load(call->db, call->arena, parts[i].part_id, &part, fault));
        view->parts[i] = (struct sku_part_view){.identifier = identifier_text(call, IDENTIFIER_SKU, part.id),
                                                .code = part.code,
                                                .name = part.name,
                                                .quantity = parts[i].quantity};
    }
    return STATUS_OK;
}

static enum status fill_components(struct call *call, struct sku_view *view, struct fault *fault) {
    struct component *components = NULL;
    TRY(component_load_of_sku(call->db, call->arena, view->id, &components, &view->component_count, fault));
    view->components = ARENA_NEW(call->arena, struct component_view, view->component_count);
    for (size_t i = 0; i < view->component_count; i++) {
        view->components[i] = (struct component_view){
            .external_id = components[i].external_id, .code = components[i].code, .name = components[i].name};
    }
    return STATUS_OK;
}

/* The parts of a bundle are its seller's own business. */
static enum status fill_whole_view(struct call *call, const struct sku *sku, struct sku_view *out,
                                   struct fault *fault) {
    struct sku_view view;
    TRY(fill_one_view(call, sku, &view, fault));
    if (actor_is(call, sku->owner_id)) {
        TRY(fill_parts(call, &view, fault));
    }
    TRY(fill_components(call, &view, fault));
    *out = view;
    return STATUS_OK;
}

/* ---- what a seller adds itself ---- */

enum status sku_code_check(const struct call *call, struct text code, const char *field,
                           struct fault *fault) {
    bool is_identifier = false;
    for (int kind = 0; kind <= IDENTIFIER_MOVE && !is_identifier; kind++) {
        int64_t id = 0;
        is_identifier = identifier_decode(call->secret, (enum identifier_kind)kind, code, &id);
    }
    /* What an address has as a segment "." or ".." is taken out of it on the way. */
    if (!is_identifier && !text_is(code, ".") && !text_is(code, "..")) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "malformed-code", field, code,
                     "\"%.*s\" looks like an identifier, or is dots alone, and cannot be a code.",
                     TEXT_ARGS(code));
}

static enum status require_code_free(struct call *call, int64_t seller_id, struct text code,
                                     struct fault *fault) {
    bool taken = false;
    TRY(sku_code_taken(call->db, seller_id, code, &taken, fault));
    if (taken) {
        return fault_set(fault, STATUS_CONFLICT, "code-taken", "code", code,
                         "There is a SKU \"%.*s\" of this seller already: choose another code.",
                         TEXT_ARGS(code));
    }
    return STATUS_OK;
}

/* The new SKU of a seller, not inserted yet. */
static enum status begin_sku(struct call *call, struct text seller_word, enum sku_kind kind, struct text code,
                             struct text name, struct sku *sku, struct fault *fault) {
    struct account seller;
    struct sku begun = {.kind = kind, .created_at_us = call->now_us, .external_id = TEXT("")};
    TRY(find_account_with_right(call, seller_word, "seller", RIGHT_CATALOGUE, &seller, fault));
    if (seller.kind == ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-seller", "seller", seller.code,
                         "Name a seller: %.*s is a customer and sells nothing.", TEXT_ARGS(seller.code));
    }
    TRY(check_required_line(code, "code", SKU_CODE_MAX_BYTES, &begun.code, fault));
    TRY(sku_code_check(call, begun.code, "code", fault));
    TRY(check_required_line(name, "name", SKU_NAME_MAX_BYTES, &begun.name, fault));
    TRY(require_code_free(call, seller.id, begun.code, fault));
    begun.owner_id = seller.id;
    *sku = begun;
    return STATUS_OK;
}

static enum status check_part(struct call *call, int64_t seller_id, const struct bundle_part_input *input,
                              struct bundle_part *part, struct fault *fault) {
    struct sku sku;
    TRY(find_sku_of_seller(call, seller_id, input->sku, "parts", &sku, fault));
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
        TRY(check_part(call, seller_id, &input->parts[i], &parts[i], fault));
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

static enum status insert_bundle(struct call *call, struct sku *bundle, struct bundle_part *parts,
                                 size_t part_count, struct fault *fault) {
    assert(bundle->kind == SKU_BUNDLE && part_count >= 1 && part_count <= BUNDLE_PARTS_MAX);
    TRY(sku_insert(call->db, bundle, fault));
    for (size_t i = 0; i < part_count; i++) {
        parts[i].bundle_id = bundle->id;
        TRY(bundle_part_insert(call->db, &parts[i], fault));
    }
    return lease_terms_fit_bundle(call, bundle, fault);
}

static enum status do_compose_bundle(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct compose_bundle_input *wanted = input;
    struct sku sku;
    struct bundle_part parts[BUNDLE_PARTS_MAX];
    TRY(begin_sku(call, wanted->seller, SKU_BUNDLE, wanted->code, wanted->name, &sku, fault));
    TRY(check_parts(call, sku.owner_id, wanted, parts, fault));
    TRY(insert_bundle(call, &sku, parts, wanted->part_count, fault));
    TRY(audit_write(call, "sku.compose", identifier_text(call, IDENTIFIER_SKU, sku.id), sku.owner_id,
                    text_format(call->arena, "%.*s of %zu parts", TEXT_ARGS(sku.code), wanted->part_count),
                    fault));
    return fill_whole_view(call, &sku, output, fault);
}

enum status compose_bundle(struct call *call, const struct compose_bundle_input *input, struct sku_view *out,
                           struct fault *fault) {
    return call_run(call, DB_WRITE, do_compose_bundle, input, out, fault);
}

static enum status do_add_service(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct add_service_input *wanted = input;
    struct sku sku;
    TRY(begin_sku(call, wanted->seller, SKU_SERVICE, wanted->code, wanted->name, &sku, fault));
    TRY(sku_insert(call->db, &sku, fault));
    TRY(audit_write(call, "sku.add-service", identifier_text(call, IDENTIFIER_SKU, sku.id), sku.owner_id,
                    sku.code, fault));
    return fill_one_view(call, &sku, output, fault);
}

enum status add_service(struct call *call, const struct add_service_input *input, struct sku_view *out,
                        struct fault *fault) {
    return call_run(call, DB_WRITE, do_add_service, input, out, fault);
}

/* ---- reading ---- */

static enum status do_show_sku(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct sku found;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_sku(call, *word, "sku", &found, fault));
    return fill_whole_view(call, &found, output, fault);
}

enum status show_sku(struct call *call, struct text sku, struct sku_view *out, struct fault *fault) {
    return call_run(call, DB_READ, do_show_sku, &sku, out, fault);
}

/* A vendor is not always an account that the actor may know of, but its catalogue names it. */
static enum status find_owner(struct call *call, struct text word, int64_t viewer_id, int64_t *owner_id,
                              struct fault *fault) {
    struct sku *skus = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, owner_id)) {
        const struct sku_filter filter = {.known_to_id = viewer_id, .owner_id = *owner_id};
        TRY(sku_list(call->db, call->arena, &filter, (struct page){.limit = 1}, &skus, &count, &next_after,
                     fault));
    }
    return count > 0 ? STATUS_OK : find_account_condition(call, word, "owner", owner_id, fault);
}

static enum status choose_skus(struct call *call, const struct list_skus_input *input,
                               struct sku_filter *filter, struct fault *fault) {
    filter->known_to_id = actor_viewer_id(call);
    filter->has_kind = input->kind.length > 0;
    TRY(check_line(input->search, "search", SKU_NAME_MAX_BYTES, &filter->search, fault));
    if (filter->has_kind) {
        TRY(sku_kind_parse(input->kind, "kind", &filter->kind, fault));
    }
    return input->owner.length == 0
               ? STATUS_OK
               : find_owner(call, input->owner, filter->known_to_id, &filter->owner_id, fault);
}

static enum status do_list_skus(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_skus_input *wanted = input;
    struct sku_filter filter = {0};
    struct sku *skus = NULL;
    struct sku_page page = {0};
    struct name_cache names;
    name_cache_init(&names, call);
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(choose_skus(call, wanted, &filter, fault));
    TRY(sku_list(call->db, call->arena, &filter, wanted->page, &skus, &page.count, &page.next_after, fault));
    page.items = ARENA_NEW(call->arena, struct sku_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(fill_view(&names, &skus[i], &page.items[i], fault));
    }
    *(struct sku_page *)output = page;
    return STATUS_OK;
}

enum status list_skus(struct call *call, const struct list_skus_input *input, struct sku_page *out,
                      struct fault *fault) {
    return call_run(call, DB_READ, do_list_skus, input, out, fault);
}
