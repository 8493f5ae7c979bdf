/* The catalogue: composing bundles, offering services, showing what there is.
 *
 * A seller composes a bundle of SKUs that it can buy (a vendor's product, or what an account above it
 * composed) or that are its own products. A bundle is not a part of a bundle, nor is a service: a licence of
 * a bundle turns on licences of its parts, and those are products. A service is a SKU that is billed by
 * charges alone. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_CATALOGUE_H
#define SEATMETER_PROGRAMME_CATALOGUE_CATALOGUE_H

#include "programme/call/call.h"
#include "store/catalogue/skus.h"

enum { SKU_CODE_MAX_BYTES = 150, SKU_NAME_MAX_BYTES = 300, BUNDLE_PARTS_MAX = 100 };

struct sku_part_view {
    struct text identifier; /* sku_… */
    struct text code;
    struct text name;
    int64_t quantity;
};

struct component_view {
    struct text external_id;
    struct text code;
    struct text name;
};

struct sku_view {
    int64_t id;
    struct text identifier; /* sku_… */
    struct text kind;       /* "product", "bundle", "service" */
    struct text code;
    struct text name;
    struct text external_id;
    struct text owner; /* acc_… of the vendor, or of the seller whose bundle or service it is */
    struct text owner_name;
    int64_t created_at_us;
    struct sku_part_view *parts; /* of a bundle, from show_sku */
    size_t part_count;
    struct component_view *components; /* from show_sku */
    size_t component_count;
};

/* A SKU's code is any line that does not look like an identifier: fault "malformed-code". */
enum status sku_code_check(const struct call *call, struct text code, const char *field,
                           struct fault *fault) MUST_CHECK;

struct bundle_part_input {
    struct text sku;
    int64_t quantity; /* 1 to 10,000 */
};

struct compose_bundle_input {
    struct text seller; /* empty: the actor's account */
    struct text code;
    struct text name;
    const struct bundle_part_input *parts;
    size_t part_count;
};

/* Faults: "code-taken", "malformed-code", "no-parts", "part-twice", "bundle-in-bundle", "service-in-bundle",
 * "part-not-for-sale", "malformed-quantity". */
enum status compose_bundle(struct call *call, const struct compose_bundle_input *input, struct sku_view *out,
                           struct fault *fault) MUST_CHECK;

struct add_service_input {
    struct text seller; /* empty: the actor's account */
    struct text code;
    struct text name;
};
enum status add_service(struct call *call, const struct add_service_input *input, struct sku_view *out,
                        struct fault *fault) MUST_CHECK;

enum status show_sku(struct call *call, struct text sku, struct sku_view *out,
                     struct fault *fault) MUST_CHECK;

/* Empty texts leave a condition out. */
struct list_skus_input {
    struct text owner;
    struct text kind;
    struct text search; /* part of the code or the name */
    struct page page;
};
struct sku_page {
    struct sku_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_skus(struct call *call, const struct list_skus_input *input, struct sku_page *out,
                      struct fault *fault) MUST_CHECK;

#endif
