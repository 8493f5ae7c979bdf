/* Catalogue: SKUs, the components that products include, and the parts that bundles are composed of.
 *
 * A SKU belongs to the vendor that makes it or to the seller that composed it (a bundle) or offers it (a
 * service). */
#ifndef SEATMETER_STORE_CATALOGUE_SKUS_H
#define SEATMETER_STORE_CATALOGUE_SKUS_H

#include "core/catalogue/sku.h"
#include "store/engine/db.h"
#include "store/engine/page.h"
#include "store/engine/part.h"

struct component {
    int64_t id;
    int64_t vendor_id;
    struct text external_id;
    struct text code;
    struct text name;
};

struct sku_filter {
    int64_t known_to_id; /* 0: anybody; else as sku_is_known has it */
    int64_t owner_id;    /* 0: any */
    bool has_kind;
    enum sku_kind kind;
    struct text code;   /* empty: any; letters of either case */
    struct text search; /* empty: any; else part of the code or name, letters of ASCII in either case */
};

/* An id that is not there is STATUS_NOT_FOUND "unknown-sku". */
enum status sku_load(struct db *db, struct arena *arena, int64_t id, struct sku *sku,
                     struct fault *fault) MUST_CHECK;
enum status sku_insert(struct db *db, struct sku *sku, struct fault *fault) MUST_CHECK; /* sets id */
enum status sku_update_name(struct db *db, int64_t id, struct text name, struct fault *fault) MUST_CHECK;

/* A SKU that a code may name, and how old it is: the lower, the older; 0: from before ages were kept. */
struct sku_claim {
    struct sku sku;
    int64_t age;
};

/* The SKUs of a code, in letters of either case, that `viewer_id` (0: anybody) may know of, by id. */
enum status sku_find_code(struct db *db, struct arena *arena, int64_t viewer_id, struct text code,
                          struct sku_claim **claims, size_t *count, struct fault *fault) MUST_CHECK;

/* Whether an owner has a SKU of this code, in letters of either case, already. */
enum status sku_code_taken(struct db *db, int64_t owner_id, struct text code, bool *taken,
                           struct fault *fault) MUST_CHECK;

/* Whether `viewer_id` may know of the SKU: its owner, everything below its owner, and, of a vendor's SKU,
 * everybody but other vendors. */
enum status sku_is_known(struct db *db, int64_t viewer_id, const struct sku *sku, bool *yes,
                         struct fault *fault) MUST_CHECK;

enum status sku_list(struct db *db, struct arena *arena, const struct sku_filter *filter, struct page page,
                     struct sku **skus, size_t *count, int64_t *next_after, struct fault *fault) MUST_CHECK;

/* All SKUs, those of a part, all that an account may know of, all of one owner: by id. */
enum status sku_load_all(struct db *db, struct arena *arena, struct sku **skus, size_t *count,
                         struct fault *fault) MUST_CHECK;
enum status sku_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                          struct sku **skus, size_t *count, struct fault *fault) MUST_CHECK;
enum status sku_load_known(struct db *db, struct arena *arena, int64_t viewer_id, struct sku **skus,
                           size_t *count, struct fault *fault) MUST_CHECK;
enum status sku_load_owned(struct db *db, struct arena *arena, int64_t owner_id, struct sku **skus,
                           size_t *count, struct fault *fault) MUST_CHECK;

enum status component_load_owned(struct db *db, struct arena *arena, int64_t vendor_id,
                                 struct component **components, size_t *count,
                                 struct fault *fault) MUST_CHECK;
enum status component_load_of_sku(struct db *db, struct arena *arena, int64_t sku_id,
                                  struct component **components, size_t *count,
                                  struct fault *fault) MUST_CHECK;
/* Which components an owner's SKUs include. */
struct sku_component {
    int64_t sku_id;
    int64_t component_id;
};
enum status sku_component_load_owned(struct db *db, struct arena *arena, int64_t owner_id,
                                     struct sku_component **links, size_t *count,
                                     struct fault *fault) MUST_CHECK;

/* In bulk, for imports: numbers the SKUs and components (sets their ids); the links are inserted as they are.
 */
enum status sku_insert_many(struct db *db, struct sku *skus, size_t count, struct fault *fault) MUST_CHECK;
enum status component_insert_many(struct db *db, struct component *components, size_t count,
                                  struct fault *fault) MUST_CHECK;
enum status sku_component_insert_many(struct db *db, const struct sku_component *links, size_t count,
                                      struct fault *fault) MUST_CHECK;

enum status bundle_part_insert(struct db *db, const struct bundle_part *part, struct fault *fault) MUST_CHECK;

/* A bundle's parts, by part; none for a SKU that is not a bundle. */
enum status bundle_part_load(struct db *db, struct arena *arena, int64_t bundle_id,
                             struct bundle_part **parts, size_t *count, struct fault *fault) MUST_CHECK;

/* The bundles that the SKU is a part of, by id. */
enum status bundle_list_with_part(struct db *db, struct arena *arena, int64_t part_id, int64_t **bundle_ids,
                                  size_t *count, struct fault *fault) MUST_CHECK;

#endif
