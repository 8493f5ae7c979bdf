/* Usage by edge: which groups of a usage each edge is billed for.
 *
 * A group (end customer, SKU) is on every edge of its path, from the customer up to the SKU's vendor, on
 * which one of its licences is billed. An edge's entries come by SKU, then customer, in the order of ranks.
 */
#ifndef SEATMETER_CORE_RATING_USAGE_BY_EDGE_H
#define SEATMETER_CORE_RATING_USAGE_BY_EDGE_H

#include "core/rating/snapshot.h"
#include "core/rating/usage.h"

/* A group on an edge. */
struct edge_entry {
    uint32_t sku_rank;
    uint32_t customer_rank;
    uint32_t group; /* into usage->groups */
};

struct edge_entries {
    const struct edge_entry *items;
    size_t count;
};

/* A (seller, buyer) below which a SKU was used and which has no agreement. */
struct edge_orphan {
    uint32_t seller; /* indices into the snapshot's accounts */
    uint32_t buyer;
};

struct usage_by_edge {
    struct edge_entry *entries;
    uint32_t *first_entry; /* per edge, and one more for the end */
    struct edge_orphan *orphans;
    size_t orphan_count;
};

/* Fault "database-failed" where a licence names a customer or a SKU that is not there. */
enum status usage_by_edge_of(const struct snapshot *snapshot, const struct usage *usage, struct arena *arena,
                             struct usage_by_edge *by_edge, struct fault *fault) MUST_CHECK;

/* The entries of an edge, and those of one SKU on it. */
struct edge_entries usage_by_edge_entries(const struct usage_by_edge *by_edge, uint32_t edge);
struct edge_entries usage_by_edge_entries_of_sku(const struct usage_by_edge *by_edge, uint32_t edge,
                                                 uint32_t sku_rank);

#endif
