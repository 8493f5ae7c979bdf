#include "programme/delivery/products.h"

#include "delivery/target_path.h"
#include "programme/call/authorise.h"
#include "programme/call/validate.h"
#include "store/parties/programme.h"

#include <assert.h>

/* ---- who may ---- */

enum status require_vendors_catalogue(const struct call *call, int64_t vendor_id, struct fault *fault) {
    struct programme programme;
    enum status status = require_any_right(call, RIGHT_CATALOGUE, fault);
    if (status == STATUS_OK) {
        status = programme_load(call->db, call->arena, &programme, fault);
    }
    if (status != STATUS_OK || actor_is(call, programme.distributor_id)) {
        return status;
    }
    return require_right(call, vendor_id, RIGHT_CATALOGUE, fault);
}

enum status find_vendor_to_change(struct call *call, struct text word, struct account *vendor,
                                  struct fault *fault) {
    struct account found;
    enum status status = require_any_right(call, RIGHT_CATALOGUE, fault);
    if (status == STATUS_OK) {
        status = find_account_or_own(call, text_trim(word), "vendor", &found, fault);
    }
    if (status == STATUS_OK) {
        status = require_vendors_catalogue(call, found.id, fault);
    }
    if (status == STATUS_OK && found.kind != ACCOUNT_VENDOR) {
        status = fault_set(fault, STATUS_CONFLICT, "not-a-vendor", "vendor", found.code,
                           "%.*s is a %s; products are a vendor's.", TEXT_ARGS(found.code),
                           account_kind_name(found.kind));
    }
    if (status == STATUS_OK) {
        *vendor = found;
    }
    return status;
}

/* Everybody but other vendors. */
static enum status is_known(const struct call *call, const struct product *product, bool *yes,
                            struct fault *fault) {
    struct account own;
    *yes = actor_is(call, product->vendor_id);
    if (*yes) {
        return STATUS_OK;
    }
    enum status status = account_load(call->db, call->arena, call->actor.account_id, &own, fault);
    if (status == STATUS_OK) {
        *yes = own.kind != ACCOUNT_VENDOR;
    }
    return status;
}

enum status find_product(const struct call *call, struct text word, const char *field,
                         struct product *product, struct fault *fault) {
    bool found = false;
    bool known = false;
    int64_t id = 0;
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", field, word, "Say which product is meant.");
    }
    enum status status = identifier_decode(call->secret, IDENTIFIER_PRODUCT, word, &id)
                             ? product_load(call->db, call->arena, id, product, &found, fault)
                             : product_find_code(call->db, call->arena, word, product, &found, fault);
    if (status == STATUS_OK && found) {
        status = is_known(call, product, &known, fault);
    }
    if (status != STATUS_OK || known) {
        return status;
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-product", field, word,
                     "There is no such product: give its code or identifier (prd_…).");
}

/* ---- as people read it ---- */

static enum status fill_skus(struct call *call, struct product_view *view, struct fault *fault) {
    int64_t *ids = NULL;
    enum status status = product_sku_load(call->db, call->arena, view->id, &ids, &view->sku_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    view->skus = ARENA_NEW(call->arena, struct product_sku_view, view->sku_count);
    for (size_t i = 0; status == STATUS_OK && i < view->sku_count; i++) {
        struct sku sku;
        status = sku_load(call->db, call->arena, ids[i], &sku, fault);
        if (status == STATUS_OK) {
            view->skus[i] =
                (struct product_sku_view){identifier_text(call, IDENTIFIER_SKU, sku.id), sku.code, sku.name};
        }
    }
    return status;
}

static enum status fill_view(struct call *call, const struct product *product, struct product_view *out,
                             struct fault *fault) {
    struct account vendor;
    enum status status = account_load(call->db, call->arena, product->vendor_id, &vendor, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct product_view view = {.id = product->id,
                                .identifier = identifier_text(call, IDENTIFIER_PRODUCT, product->id),
                                .code = product->code,
                                .name = product->name,
                                .vendor = identifier_text(call, IDENTIFIER_ACCOUNT, vendor.id),
                                .vendor_name = vendor.name,
                                .created_at_us = product->created_at_us};
    status = fill_skus(call, &view, fault);
    if (status == STATUS_OK) {
        *out = view;
    }
    return status;
}

/* ---- changing ---- */

/* A product SKU of the vendor's, by identifier or code. Others are not told apart from what is not there. */
static enum status find_vendors_sku(struct call *call, int64_t vendor_id, struct text word, struct sku *sku,
                                    struct fault *fault) {
    struct sku *skus = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    int64_t id = 0;
    enum status status = STATUS_OK;
    if (identifier_decode(call->secret, IDENTIFIER_SKU, word, &id)) {
        status = sku_load(call->db, call->arena, id, sku, fault);
        count = status == STATUS_OK && sku->owner_id == vendor_id && sku->kind == SKU_PRODUCT;
    } else {
        struct sku_filter filter = {
            .owner_id = vendor_id, .has_kind = true, .kind = SKU_PRODUCT, .code = word};
        status = sku_list(call->db, call->arena, &filter, (struct page){.limit = 1}, &skus, &count,
                          &next_after, fault);
        if (status == STATUS_OK && count > 0) {
            *sku = skus[0];
        }
    }
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && count == 0)) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-sku", "skus", word,
                         "The vendor has no product SKU \"%.*s\"; a bundle entitles through its parts.",
                         TEXT_ARGS(word));
    }
    return status;
}

static enum status add_sku(struct call *call, const struct product *product, struct text word,
                           struct fault *fault) {
    struct sku sku;
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "skus", word, "Name every SKU.");
    }
    enum status status = find_vendors_sku(call, product->vendor_id, word, &sku, fault);
    return status == STATUS_OK ? product_sku_insert(call->db, product->id, sku.id, fault) : status;
}

static enum status add_skus(struct call *call, const struct product *product, const struct text *skus,
                            size_t count, struct fault *fault) {
    if (count > PRODUCT_SKUS_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-many-skus", "skus", TEXT(""),
                         "At most %d SKUs are named at once.", PRODUCT_SKUS_MAX);
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = add_sku(call, product, skus[i], fault);
    }
    return status;
}

static enum status check_code_is_free(struct call *call, struct text code, struct fault *fault) {
    struct product other;
    bool taken = false;
    int64_t id = 0;
    enum status status = product_code_check(code, "code", fault);
    if (status == STATUS_OK && identifier_decode(call->secret, IDENTIFIER_PRODUCT, code, &id)) {
        status = fault_set(fault, STATUS_INVALID, "malformed-code", "code", code,
                           "\"%.*s\" looks like an identifier and cannot be a code.", TEXT_ARGS(code));
    }
    if (status == STATUS_OK) {
        status = product_find_code(call->db, call->arena, code, &other, &taken, fault);
    }
    if (status == STATUS_OK && taken) {
        status = fault_set(fault, STATUS_CONFLICT, "code-taken", "code", code,
                           "There is a product \"%.*s\" already, of this or another vendor.",
                           TEXT_ARGS(other.code));
    }
    return status;
}

enum status add_product(struct call *call, const struct add_product_input *input, struct product_view *out,
                        struct fault *fault) {
    struct account vendor;
    struct product product = {.code = text_trim(input->code), .created_at_us = call->now_us};
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_vendor_to_change(call, input->vendor, &vendor, fault);
    if (status == STATUS_OK) {
        status = check_code_is_free(call, product.code, fault);
    }
    if (status == STATUS_OK) {
        status = check_required_line(input->name, "name", PRODUCT_NAME_MAX_BYTES, &product.name, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    product.vendor_id = vendor.id;
    status = product_insert(call->db, &product, fault);
    if (status == STATUS_OK) {
        status = add_skus(call, &product, input->skus, input->sku_count, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "product.add", identifier_text(call, IDENTIFIER_PRODUCT, product.id),
                             vendor.id, product.code, fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &product, out, fault);
    }
done:
    return call_end(call, status, fault);
}

enum status entitle_product(struct call *call, const struct entitle_product_input *input,
                            struct product_view *out, struct fault *fault) {
    struct product product;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_product(call, input->product, "product", &product, fault);
    if (status == STATUS_OK) {
        status = require_vendors_catalogue(call, product.vendor_id, fault);
    }
    if (status == STATUS_OK && input->sku_count == 0) {
        status =
            fault_set(fault, STATUS_INVALID, "missing-field", "skus", TEXT(""), "Name one SKU at least.");
    }
    if (status == STATUS_OK) {
        status = add_skus(call, &product, input->skus, input->sku_count, fault);
    }
    if (status == STATUS_OK) {
        status =
            audit_write(call, "product.entitle", identifier_text(call, IDENTIFIER_PRODUCT, product.id),
                        product.vendor_id, text_format(call->arena, "%zu SKUs", input->sku_count), fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &product, out, fault);
    }
    return call_end(call, status, fault);
}

/* ---- reading ---- */

enum status show_product(struct call *call, struct text product, struct product_view *out,
                         struct fault *fault) {
    struct product found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = find_product(call, product, "product", &found, fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &found, out, fault);
    }
    return call_end(call, status, fault);
}

/* A vendor sees its own alone, whatever it asks for. */
static enum status whose(struct call *call, struct text word, int64_t *vendor_id, struct fault *fault) {
    struct account account;
    enum status status = STATUS_OK;
    *vendor_id = 0;
    word = text_trim(word);
    if (word.length > 0) {
        status = find_account(call, word, "vendor", &account, fault);
        *vendor_id = account.id;
    } else if (!actor_is_operator(call)) {
        status = account_load(call->db, call->arena, call->actor.account_id, &account, fault);
        if (status == STATUS_OK && account.kind == ACCOUNT_VENDOR) {
            *vendor_id = account.id;
        }
    }
    return status;
}

enum status list_products(struct call *call, const struct list_products_input *input,
                          struct product_page *out, struct fault *fault) {
    struct product *products = NULL;
    struct product_page page = {0};
    int64_t vendor_id = 0;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK) {
        status = whose(call, input->vendor, &vendor_id, fault);
    }
    if (status == STATUS_OK) {
        status = product_list(call->db, call->arena, vendor_id, input->page, &products, &page.count,
                              &page.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    page.items = ARENA_NEW(call->arena, struct product_view, page.count);
    for (size_t i = 0; i < page.count && status == STATUS_OK; i++) {
        status = fill_view(call, &products[i], &page.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = page;
    }
done:
    return call_end(call, status, fault);
}
