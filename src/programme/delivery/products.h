/* Products: what a vendor delivers, and which licences entitle to it.
 *
 * A product is not a SKU: several SKUs (editions, seat sizes) may entitle to one product. It is its vendor's;
 * the distributor's people with the right may change it too, as they import the vendor's catalogue. Everybody
 * but other vendors knows of it, as of the vendor's SKUs. Its code is the vendor's own; VENDOR/CODE names it
 * for everybody. Agents and the update repository call it by its update name, which no other product has: the
 * code, with a number behind it where another product is called so already. */
#ifndef SEATMETER_PROGRAMME_DELIVERY_PRODUCTS_H
#define SEATMETER_PROGRAMME_DELIVERY_PRODUCTS_H

#include "programme/call/call.h"
#include "store/delivery/products.h"
#include "store/parties/accounts.h"

enum { PRODUCT_NAME_MAX_BYTES = 200, PRODUCT_SKUS_MAX = 100 };

struct product_sku_view {
    struct text identifier; /* sku_… */
    struct text code;
    struct text name;
};

struct product_view {
    int64_t id;
    struct text identifier; /* prd_… */
    struct text code;
    struct text update_name;
    struct text name;
    struct text vendor; /* acc_… */
    struct text vendor_name;
    struct product_sku_view *skus; /* that entitle */
    size_t sku_count;
    int64_t created_at_us;
};

struct add_product_input {
    struct text vendor; /* empty: the actor's account */
    struct text code;
    struct text name;
    const struct text *skus;
    size_t sku_count;
};
/* Faults: "malformed-code", "code-taken", "not-a-vendor", "unknown-sku", "too-many-skus". */
enum status add_product(struct call *call, const struct add_product_input *input, struct product_view *out,
                        struct fault *fault) MUST_CHECK;

struct entitle_product_input {
    struct text product; /* code, VENDOR/CODE or identifier */
    const struct text *skus;
    size_t sku_count;
};
/* More SKUs whose licences entitle to the product. */
enum status entitle_product(struct call *call, const struct entitle_product_input *input,
                            struct product_view *out, struct fault *fault) MUST_CHECK;

enum status show_product(struct call *call, struct text product, struct product_view *out,
                         struct fault *fault) MUST_CHECK;

struct list_products_input {
    struct text vendor; /* empty: any */
    struct page page;
};
struct product_page {
    struct product_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_products(struct call *call, const struct list_products_input *input,
                          struct product_page *out, struct fault *fault) MUST_CHECK;

/* For other use cases. The product of a code, VENDOR/CODE or identifier, where the actor may know of it:
 * "unknown-product". Of several of one code the oldest counts (R1.12). */
enum status find_product(const struct call *call, struct text word, const char *field,
                         struct product *product, struct fault *fault) MUST_CHECK;

/* The right to change what is the vendor's: its own people's and the distributor's. */
enum status require_vendors_catalogue(const struct call *call, int64_t vendor_id,
                                      struct fault *fault) MUST_CHECK;

/* The vendor of a name, code or identifier, with that right; no word means the actor's own account. */
enum status find_vendor_to_change(struct call *call, struct text word, struct account *vendor,
                                  struct fault *fault) MUST_CHECK;

#endif
