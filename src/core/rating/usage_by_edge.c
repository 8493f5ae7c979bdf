#include "core/rating/usage_by_edge.h"

#include "core/base/search.h"

#include <assert.h>
#include <stdlib.h>

/* A group with what it is sorted by. */
struct placed_group {
    uint32_t sku_rank;
    uint32_t customer_rank;
    uint32_t customer;
    uint32_t sku;
    uint32_t group;
};

static int compare_placed(const void *left, const void *right) {
    const struct placed_group *a = left;
    const struct placed_group *b = right;
    if (a->sku_rank != b->sku_rank) {
        return a->sku_rank < b->sku_rank ? -1 : 1;
    }
    return a->customer_rank < b->customer_rank ? -1 : a->customer_rank > b->customer_rank;
}

/* Both sides of the join. */
struct joining {
    const struct snapshot *snapshot;
    const struct usage *usage;
};

enum { PATH_EDGES_MAX = ACCOUNT_DEPTH_MAX + 1 }; /* from the deepest customer up, and a vendor's */

/* An edge of a group's path: `edge` is SNAPSHOT_NONE where there is no agreement. */
struct path_edge {
    uint32_t edge;
    uint32_t seller;
    uint32_t buyer;
};

/* Whether a licence of the group may be billed on edges whose seller has that depth. */
static bool may_be_billed(const struct usage_group *group, int64_t seller_depth) {
    return !group->one_range || (group->first_edge <= seller_depth && seller_depth <= group->last_edge);
}

/* The edges on which licences of the group may be billed, from the customer up. */
static int find_path(const struct joining *joining, const struct placed_group *placed,
                     struct path_edge path[PATH_EDGES_MAX]) {
    const struct snapshot *snapshot = joining->snapshot;
    const struct usage_group *group = &joining->usage->groups[placed->group];
    int count = 0;
    uint32_t buyer = placed->customer;
    while (snapshot->accounts[buyer].seller_id != 0) {
        uint32_t seller = snapshot_account(snapshot, snapshot->accounts[buyer].seller_id);
        int64_t depth = snapshot->accounts[seller].depth;
        assert(count < PATH_EDGES_MAX - 1); /* snapshot_index has counted the depths */
        if (may_be_billed(group, depth)) {
            path[count++] = (struct path_edge){snapshot->edge_to_buyer[buyer], seller, buyer};
        }
        buyer = seller;
    }
    uint32_t owner = snapshot_account(snapshot, snapshot->skus[placed->sku].owner_id);
    if (snapshot->accounts[owner].kind == ACCOUNT_VENDOR && may_be_billed(group, 0)) {
        path[count++] = (struct path_edge){snapshot->vendor_edge[owner], owner, buyer};
    }
    return count;
}

static enum status sort_groups(const struct joining *joining, struct arena *arena,
                               struct placed_group **sorted, struct fault *fault) {
    const struct snapshot *snapshot = joining->snapshot;
    const struct usage *usage = joining->usage;
    struct placed_group *placed = ARENA_NEW(arena, struct placed_group, usage->group_count);
    for (size_t i = 0; i < usage->group_count; i++) {
        TRY(snapshot_has_account(snapshot, usage->groups[i].customer_id, fault));
        TRY(snapshot_has_sku(snapshot, usage->groups[i].sku_id, fault));
        uint32_t customer = snapshot_account(snapshot, usage->groups[i].customer_id);
        uint32_t sku = snapshot_sku_find(snapshot, usage->groups[i].sku_id);
        placed[i] = (struct placed_group){snapshot->sku_rank[sku], snapshot->account_rank[customer], customer,
                                          sku, (uint32_t)i};
    }
    qsort(placed, usage->group_count, sizeof(*placed), compare_placed);
    *sorted = placed;
    return STATUS_OK;
}

static void note_orphan(struct usage_by_edge *by_edge, struct arena *arena, struct id_map *known,
                        size_t *capacity, const struct path_edge *edge) {
    uint32_t at = id_map_put(known, edge->seller, edge->buyer, (uint32_t)by_edge->orphan_count);
    if (at < by_edge->orphan_count) {
        return;
    }
    by_edge->orphans =
        arena_grow(arena, by_edge->orphans, by_edge->orphan_count, capacity, sizeof(*by_edge->orphans));
    by_edge->orphans[by_edge->orphan_count++] = (struct edge_orphan){edge->seller, edge->buyer};
}

/* Counts the entries of each edge into its place behind the edge, and notes the orphans. */
static void count_entries(const struct joining *joining, const struct placed_group *placed,
                          struct arena *arena, struct arena *scratch, struct usage_by_edge *by_edge) {
    struct path_edge path[PATH_EDGES_MAX];
    struct id_map known;
    size_t capacity = 0;
    id_map_init(&known, scratch, 8);
    for (size_t i = 0; i < joining->usage->group_count; i++) {
        int count = find_path(joining, &placed[i], path);
        for (int k = 0; k < count; k++) {
            if (path[k].edge != SNAPSHOT_NONE) {
                by_edge->first_entry[path[k].edge + 1]++;
            } else if (usage_group_is_used(joining->usage, &joining->usage->groups[placed[i].group])) {
                note_orphan(by_edge, arena, &known, &capacity, &path[k]);
            }
        }
    }
}

/* A counting sort by edge, which keeps the order of SKU and customer. */
static struct usage_by_edge join(const struct joining *joining, const struct placed_group *placed,
                                 struct arena *arena, struct arena *scratch) {
    const struct snapshot *snapshot = joining->snapshot;
    struct usage_by_edge by_edge = {.first_entry = ARENA_NEW(arena, uint32_t, snapshot->edge_count + 1)};
    struct path_edge path[PATH_EDGES_MAX];
    count_entries(joining, placed, arena, scratch, &by_edge);
    for (size_t e = 0; e < snapshot->edge_count; e++) {
        by_edge.first_entry[e + 1] += by_edge.first_entry[e];
    }
    by_edge.entries = ARENA_NEW(arena, struct edge_entry, by_edge.first_entry[snapshot->edge_count]);
    uint32_t *filled = ARENA_NEW(scratch, uint32_t, snapshot->edge_count);
    for (size_t i = 0; i < joining->usage->group_count; i++) {
        int count = find_path(joining, &placed[i], path);
        for (int k = 0; k < count; k++) {
            uint32_t edge = path[k].edge;
            if (edge != SNAPSHOT_NONE) {
                by_edge.entries[by_edge.first_entry[edge] + filled[edge]++] =
                    (struct edge_entry){placed[i].sku_rank, placed[i].customer_rank, placed[i].group};
            }
        }
    }
    return by_edge;
}

enum status usage_by_edge_of(const struct snapshot *snapshot, const struct usage *usage, struct arena *arena,
                             struct usage_by_edge *by_edge, struct fault *fault) {
    struct joining joining = {snapshot, usage};
    struct placed_group *placed = NULL;
    struct arena scratch;
    arena_init(&scratch);
    enum status status = sort_groups(&joining, &scratch, &placed, fault);
    if (status == STATUS_OK) {
        *by_edge = join(&joining, placed, arena, &scratch);
    }
    arena_clean_up(&scratch);
    return status;
}

struct edge_entries usage_by_edge_entries(const struct usage_by_edge *by_edge, uint32_t edge) {
    uint32_t first = by_edge->first_entry[edge];
    return (struct edge_entries){by_edge->entries + first, by_edge->first_entry[edge + 1] - first};
}

struct sought_sku {
    const struct edge_entry *entries;
    uint32_t sku_rank;
};

static bool is_sku_before(const void *context, size_t i) {
    const struct sought_sku *sought = context;
    return sought->entries[i].sku_rank < sought->sku_rank;
}

struct edge_entries usage_by_edge_entries_of_sku(const struct usage_by_edge *by_edge, uint32_t edge,
                                                 uint32_t sku_rank) {
    struct edge_entries all = usage_by_edge_entries(by_edge, edge);
    size_t first = lower_bound(all.count, is_sku_before, &(struct sought_sku){all.items, sku_rank});
    size_t end = first;
    while (end < all.count && all.items[end].sku_rank == sku_rank) {
        end++;
    }
    return (struct edge_entries){all.items + first, end - first};
}
