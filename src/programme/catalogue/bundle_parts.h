/* Bundle parts: which licences a licence of a SKU consists of, and on which edges each is billed.
 *
 * The edge that is sold a bundle is billed for the bundle, and so is every edge below; the edges above its
 * composer are billed for the parts, which are vendors' products. Nobody stands above a vendor, so a bundle
 * of its own needs no licences of parts. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_BUNDLE_PARTS_H
#define SEATMETER_PROGRAMME_CATALOGUE_BUNDLE_PARTS_H

#include "programme/call/call.h"
#include "store/catalogue/skus.h"

/* One licence to be: billed on the edges whose seller's depth is from first_edge to last_edge. */
struct sku_part {
    int64_t sku_id;
    int64_t owner_id;
    int64_t quantity; /* seats for one seat of the whole */
    int64_t first_edge;
    int64_t last_edge;
};

/* `parts[0]` is the SKU itself. */
enum status bundle_expand(const struct call *call, const struct sku *sku, struct sku_part **parts,
                          size_t *count, struct fault *fault) MUST_CHECK;

#endif
