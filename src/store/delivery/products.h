/* Products: what a vendor publishes releases of, and the SKUs whose licences entitle to it. */
#ifndef SEATMETER_STORE_DELIVERY_PRODUCTS_H
#define SEATMETER_STORE_DELIVERY_PRODUCTS_H

#include "store/engine/db.h"
#include "store/engine/page.h"

struct product {
    int64_t id;
    int64_t vendor_id;
    struct text code;        /* no two products of a vendor have one, letters in either case */
    struct text update_name; /* what agents and the update repository call it: of all products one has it */
    struct text name;
    int64_t created_at_us;
};

enum status product_insert(struct db *db, struct product *product, struct fault *fault) MUST_CHECK; /* sets id
                                                                                                     */
enum status product_load(struct db *db, struct arena *arena, int64_t id, struct product *product, bool *found,
                         struct fault *fault) MUST_CHECK;

/* The products of a code, letters in either case: by id, which is their age. `vendor_id` 0: of every vendor.
 */
enum status product_find_code(struct db *db, struct arena *arena, int64_t vendor_id, struct text code,
                              struct product **products, size_t *count, struct fault *fault) MUST_CHECK;

/* Whether a product has that update name, letters in either case. */
enum status product_has_update_name(struct db *db, struct text update_name, bool *yes,
                                    struct fault *fault) MUST_CHECK;

/* `vendor_id` 0: of every vendor. */
enum status product_list(struct db *db, struct arena *arena, int64_t vendor_id, struct page page,
                         struct product **products, size_t *count, int64_t *next_after,
                         struct fault *fault) MUST_CHECK;

/* Adds a SKU to those that entitle; that it is one already is fine. */
enum status product_sku_insert(struct db *db, int64_t product_id, int64_t sku_id,
                               struct fault *fault) MUST_CHECK;

/* The SKUs that were named, by id. */
enum status product_sku_load(struct db *db, struct arena *arena, int64_t product_id, int64_t **sku_ids,
                             size_t *count, struct fault *fault) MUST_CHECK;

/* Those and the bundles that have one of them as a part: a licence of any of these entitles, while it
 * counts. */
enum status product_sku_load_entitling(struct db *db, struct arena *arena, int64_t product_id,
                                       int64_t **sku_ids, size_t *count, struct fault *fault) MUST_CHECK;

/* The products that a licence of the SKU, or of a bundle with the SKU as a part, entitles to; by code. */
enum status product_load_of_licence(struct db *db, struct arena *arena, int64_t licence_id,
                                    struct product **products, size_t *count, struct fault *fault) MUST_CHECK;

/* Whether the licence entitles to the product now: it, or its part, is of an entitling SKU and counts (on,
 * and nothing above it suspended; of a part, its bundle's licence counts as well). */
enum status product_entitled_by_licence(struct db *db, int64_t product_id, int64_t licence_id, bool *yes,
                                        struct fault *fault) MUST_CHECK;

/* Whether any licence of the provider, or at the customer, entitles to the product now. */
enum status product_entitled_by_account(struct db *db, int64_t product_id, int64_t account_id, bool *yes,
                                        struct fault *fault) MUST_CHECK;

#endif
