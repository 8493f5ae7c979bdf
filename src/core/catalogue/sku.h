/* SKU: one thing that can be sold. It belongs to the vendor that makes it or to the seller that composed it
 * (a bundle) or offers it (a service). */
#ifndef SEATMETER_CORE_CATALOGUE_SKU_H
#define SEATMETER_CORE_CATALOGUE_SKU_H

#include "core/base/fault.h"

#include <stdint.h>

enum sku_kind { SKU_PRODUCT, SKU_BUNDLE, SKU_SERVICE };

struct sku {
    int64_t id;
    int64_t owner_id;
    enum sku_kind kind;
    struct text code;
    struct text external_id; /* the vendor's own identifier (Microsoft's GUID); may be empty */
    struct text name;
    int64_t created_at_us;
};

struct bundle_part {
    int64_t bundle_id;
    int64_t part_id;
    int64_t quantity; /* seats of the part for one seat of the bundle */
};

/* "product", …; the parse's fault is "unknown-sku-kind". */
const char *sku_kind_name(enum sku_kind kind);
enum status sku_kind_parse(struct text word, const char *field, enum sku_kind *kind,
                           struct fault *fault) MUST_CHECK;

#endif
