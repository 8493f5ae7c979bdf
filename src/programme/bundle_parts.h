/* Bundle parts: which licences a licence of a SKU consists of, and on which edges each is billed.
 *
 * The edge that is sold a bundle is billed for the bundle, the edges above its composer for the parts. A part
 * may be a bundle again, by a composer further up: then it is billed between the two and its own parts above
 * that. All are taken as parts of the outermost one, so that one step turns them. A part that no edge is
 * billed for (its composer stands beside or below the outer one's) needs no licence of its own. */
#ifndef SEATMETER_PROGRAMME_BUNDLE_PARTS_H
#define SEATMETER_PROGRAMME_BUNDLE_PARTS_H

#include "programme/call.h"
#include "store/catalogue.h"

enum { BUNDLE_PARTS_MAX = 1000 };

/* One licence to be: billed on the edges whose seller's depth is from first_edge to last_edge. */
struct sku_part {
    int64_t sku_id;
    int64_t owner_id;
    int64_t quantity; /* seats for one seat of the outermost */
    int64_t first_edge;
    int64_t last_edge;
};

/* `parts[0]` is the SKU itself. Faults: "bundle-too-large". */
enum status bundle_expand(const struct call *call, const struct sku *sku, struct sku_part **parts,
                          size_t *count, struct fault *fault) MUST_CHECK;

#endif
