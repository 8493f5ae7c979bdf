#include "programme/delivery/products.h"

#include "delivery/target_path.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/lookup_sku.h"
#include "programme/call/validate.h"
#include "store/catalogue/skus.h"
#include "store/parties/programme.h"

#include <string.h>

/* ---- who may ---- */

enum status require_vendors_catalogue(const struct call *call, int64_t vendor_id, struct fault *fault) {
    struct programme programme;
    TRY(require_any_right(call, RIGHT_CATALOGUE, fault));
    TRY(programme_load(call->db, call->arena, &programme, fault));
    if (actor_is(call, programme.distributor_id)) {
        return STATUS_OK;
    }
    return require_right(call, vendor_id, RIGHT_CATALOGUE, fault);
}

enum status find_vendor_to_change(struct call *call, struct text word, struct account *vendor,
                                  struct fault *fault) {
    struct account found;
    TRY(require_any_right(call, RIGHT_CATALOGUE, fault));
    TRY(find_account_or_own(call, text_trim(word), "vendor", &found, fault));
    TRY(require_vendors_catalogue(call, found.id, fault));
    if (found.kind != ACCOUNT_VENDOR) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-vendor", "vendor", found.code,
                         "Products are a vendor's, and %.*s is a %s.", TEXT_ARGS(found.code),
                         account_kind_name(found.kind));
    }
    *vendor = found;
    return STATUS_OK;
}

/* Everybody knows of a product but other vendors. */
static enum status is_known(const struct call *call, const struct product *product, bool *yes,
                            struct fault *fault) {
    struct account own;
    if (actor_is(call, product->vendor_id)) {
        *yes = true;
        return STATUS_OK;
    }
    TRY(account_load(call->db, call->arena, call->actor.account_id, &own, fault));
    *yes = own.kind != ACCOUNT_VENDOR;
    return STATUS_OK;
}

static enum status find_product_by_id(const struct call *call, int64_t id, struct product *product,
                                      bool *found, struct fault *fault) {
    TRY(product_load(call->db, call->arena, id, product, found, fault));
    return *found ? is_known(call, product, found, fault) : STATUS_OK;
}

/* Whether a vendor is called so, by its code or identifier. Whoever knows a product reads its vendor's code.
 */
static enum status is_vendor(const struct call *call, int64_t vendor_id, struct text word, bool *yes,
                             struct fault *fault) {
    struct account vendor;
    int64_t id = 0;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        *yes = id == vendor_id;
        return STATUS_OK;
    }
    TRY(account_load(call->db, call->arena, vendor_id, &vendor, fault));
    *yes = text_equal_folded(vendor.code, word);
    return STATUS_OK;
}

/* The oldest product of CODE or VENDOR/CODE that the actor may know of; no code has a "/". */
static enum status find_product_by_code(const struct call *call, struct text word, struct product *product,
                                        bool *found, struct fault *fault) {
    struct text code = word;
    struct text vendor = TEXT("");
    struct product *products = NULL;
    size_t count = 0;
    const char *slash = memchr(word.at, '/', word.length);
    if (slash != NULL) {
        vendor = (struct text){word.at, (size_t)(slash - word.at)};
        code = (struct text){slash + 1, word.length - vendor.length - 1};
    }
    TRY(product_find_code(call->db, call->arena, 0, code, &products, &count, fault));
    *found = false;
    for (size_t i = 0; i < count && !*found; i++) {
        *product = products[i];
        TRY(is_known(call, product, found, fault));
        if (*found && slash != NULL) {
            TRY(is_vendor(call, product->vendor_id, vendor, found, fault));
        }
    }
    return STATUS_OK;
}

enum status find_product(const struct call *call, struct text word, const char *field,
                         struct product *product, struct fault *fault) {
    bool found = false;
    int64_t id = 0;
    word = text_trim(word);
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", field, word, "Say which product is meant.");
    }
    TRY(identifier_decode(call->secret, IDENTIFIER_PRODUCT, word, &id)
            ? find_product_by_id(call, id, product, &found, fault)
            : find_product_by_code(call, word, product, &found, fault));
    if (found) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-product", field, word,
                     "There is no such product: give its code, VENDOR/CODE or its identifier (prd_…).");
}

/* ---- as people read it ---- */

static enum status fill_skus(struct call *call, struct product_view *view, struct fault *fault) {
    int64_t *ids = NULL;
    TRY(product_sku_load(call->db, call->arena, view->id, &ids, &view->sku_count, fault));
    view->skus = ARENA_NEW(call->arena, struct product_sku_view, view->sku_count);
    for (size_t i = 0; i < view->sku_count; i++) {
        struct sku sku;
        TRY(sku_load(call->db, call->arena, ids[i], &sku, fault));
        view->skus[i] =
            (struct product_sku_view){identifier_text(call, IDENTIFIER_SKU, sku.id), sku.code, sku.name};
    }
    return STATUS_OK;
}

static enum status fill_product_view(struct call *call, const struct product *product,
                                     struct product_view *out, struct fault *fault) {
    struct account vendor;
    TRY(account_load(call->db, call->arena, product->vendor_id, &vendor, fault));
    struct product_view view = {.id = product->id,
                                .identifier = identifier_text(call, IDENTIFIER_PRODUCT, product->id),
                                .code = product->code,
                                .update_name = product->update_name,
                                .name = product->name,
                                .vendor = identifier_text(call, IDENTIFIER_ACCOUNT, vendor.id),
                                .vendor_name = vendor.name,
                                .created_at_us = product->created_at_us};
    TRY(fill_skus(call, &view, fault));
    *out = view;
    return STATUS_OK;
}

/* ---- changing ---- */

/* A product SKU of the vendor's, by identifier, code or OWNER/CODE: the vendor's own go first. Others are not
 * told apart from what is not there. */
static enum status find_vendors_sku(struct call *call, int64_t vendor_id, struct text word, struct sku *sku,
                                    struct fault *fault) {
    enum status status = find_sku_owned(call, vendor_id, word, "skus", sku, fault);
    if (status == STATUS_NOT_FOUND ||
        (status == STATUS_OK && (sku->owner_id != vendor_id || sku->kind != SKU_PRODUCT))) {
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
    TRY(find_vendors_sku(call, product->vendor_id, word, &sku, fault));
    return product_sku_insert(call->db, product->id, sku.id, fault);
}

static enum status add_skus(struct call *call, const struct product *product, const struct text *skus,
                            size_t count, struct fault *fault) {
    if (count > PRODUCT_SKUS_MAX) {
        return fault_set(fault, STATUS_INVALID, "too-many-skus", "skus", TEXT(""),
                         "At most %d SKUs are named at once.", PRODUCT_SKUS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        TRY(add_sku(call, product, skus[i], fault));
    }
    return STATUS_OK;
}

static enum status check_code_is_free(struct call *call, int64_t vendor_id, struct text code,
                                      struct fault *fault) {
    struct product *others = NULL;
    size_t count = 0;
    int64_t id = 0;
    TRY(product_code_check(code, "code", fault));
    if (identifier_decode(call->secret, IDENTIFIER_PRODUCT, code, &id)) {
        return fault_set(fault, STATUS_INVALID, "malformed-code", "code", code,
                         "\"%.*s\" looks like an identifier and cannot be a code.", TEXT_ARGS(code));
    }
    TRY(product_find_code(call->db, call->arena, vendor_id, code, &others, &count, fault));
    if (count > 0) {
        return fault_set(fault, STATUS_CONFLICT, "code-taken", "code", code,
                         "The vendor has a product \"%.*s\" already.", TEXT_ARGS(others[0].code));
    }
    return STATUS_OK;
}

/* The code, or the first of CODE-2, CODE-3, … that no product has: everybody reads update names, so that one
 * of them is taken tells nobody anything. */
static enum status choose_update_name(struct call *call, struct text code, struct text *name,
                                      struct fault *fault) {
    bool is_taken = false;
    *name = code;
    TRY(product_has_update_name(call->db, *name, &is_taken, fault));
    for (int number = 2; is_taken; number++) {
        struct text behind = text_format(call->arena, "-%d", number);
        size_t kept = PRODUCT_CODE_MAX_BYTES - behind.length;
        *name = text_format(call->arena, "%.*s%.*s", (int)(code.length < kept ? code.length : kept), code.at,
                            TEXT_ARGS(behind));
        TRY(product_has_update_name(call->db, *name, &is_taken, fault));
    }
    return STATUS_OK;
}

static enum status do_add_product(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct add_product_input *add = input;
    struct account vendor;
    struct product product = {.code = text_trim(add->code), .created_at_us = call->now_us};
    TRY(find_vendor_to_change(call, add->vendor, &vendor, fault));
    TRY(check_code_is_free(call, vendor.id, product.code, fault));
    TRY(choose_update_name(call, product.code, &product.update_name, fault));
    TRY(check_required_line(add->name, "name", PRODUCT_NAME_MAX_BYTES, &product.name, fault));
    product.vendor_id = vendor.id;
    TRY(product_insert(call->db, &product, fault));
    TRY(add_skus(call, &product, add->skus, add->sku_count, fault));
    TRY(audit_write(call, "product.add", identifier_text(call, IDENTIFIER_PRODUCT, product.id), vendor.id,
                    product.code, fault));
    return fill_product_view(call, &product, output, fault);
}

enum status add_product(struct call *call, const struct add_product_input *input, struct product_view *out,
                        struct fault *fault) {
    return call_run(call, DB_WRITE, do_add_product, input, out, fault);
}

static enum status do_entitle_product(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct entitle_product_input *entitle = input;
    struct product product;
    TRY(find_product(call, entitle->product, "product", &product, fault));
    TRY(require_vendors_catalogue(call, product.vendor_id, fault));
    if (entitle->sku_count == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "skus", TEXT(""), "Name one SKU at least.");
    }
    TRY(add_skus(call, &product, entitle->skus, entitle->sku_count, fault));
    TRY(audit_write(call, "product.entitle", identifier_text(call, IDENTIFIER_PRODUCT, product.id),
                    product.vendor_id, text_format(call->arena, "%zu SKUs", entitle->sku_count), fault));
    return fill_product_view(call, &product, output, fault);
}

enum status entitle_product(struct call *call, const struct entitle_product_input *input,
                            struct product_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_entitle_product, input, out, fault);
}

/* ---- reading ---- */

static enum status do_show_product(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct product product;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_product(call, *word, "product", &product, fault));
    return fill_product_view(call, &product, output, fault);
}

enum status show_product(struct call *call, struct text product, struct product_view *out,
                         struct fault *fault) {
    return call_run(call, DB_READ, do_show_product, &product, out, fault);
}

/* Finds whose products to list; 0: everybody's. A vendor sees its own alone where it names nobody. */
static enum status find_vendor_to_list(struct call *call, struct text word, int64_t *vendor_id,
                                       struct fault *fault) {
    struct account account;
    *vendor_id = 0;
    word = text_trim(word);
    if (word.length > 0) {
        TRY(find_account(call, word, "vendor", &account, fault));
        *vendor_id = account.id;
    } else if (!actor_is_operator(call)) {
        TRY(account_load(call->db, call->arena, call->actor.account_id, &account, fault));
        *vendor_id = account.kind == ACCOUNT_VENDOR ? account.id : 0;
    }
    return STATUS_OK;
}

static enum status do_list_products(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct list_products_input *list = input;
    struct product *products = NULL;
    struct product_page page = {0};
    int64_t vendor_id = 0;
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_vendor_to_list(call, list->vendor, &vendor_id, fault));
    TRY(product_list(call->db, call->arena, vendor_id, list->page, &products, &page.count, &page.next_after,
                     fault));
    page.items = ARENA_NEW(call->arena, struct product_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(fill_product_view(call, &products[i], &page.items[i], fault));
    }
    *(struct product_page *)output = page;
    return STATUS_OK;
}

enum status list_products(struct call *call, const struct list_products_input *input,
                          struct product_page *out, struct fault *fault) {
    return call_run(call, DB_READ, do_list_products, input, out, fault);
}
