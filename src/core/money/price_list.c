#include "core/money/price_list.h"

#include "core/base/search.h"

#include <string.h>

struct price_key {
    int64_t seller_id;
    int64_t buyer_id;
    int64_t sku_id; /* −1: before all SKUs; INT64_MAX: behind them */
};

static int compare(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* Order of entry `i` beside the key. */
static int compare_entry(const struct price_list *list, size_t i, struct price_key key) {
    int order = compare(list->edges[i].seller_id, key.seller_id);
    if (order == 0) {
        order = compare(list->edges[i].buyer_id, key.buyer_id);
    }
    if (order == 0) {
        order = compare(list->prices[i].sku_id, key.sku_id);
    }
    return order;
}

struct sought_price {
    const struct price_list *list;
    struct price_key key;
};

static bool is_before_key(const void *context, size_t i) {
    const struct sought_price *sought = context;
    return compare_entry(sought->list, i, sought->key) < 0;
}

static bool is_not_behind_key(const void *context, size_t i) {
    const struct sought_price *sought = context;
    return compare_entry(sought->list, i, sought->key) <= 0;
}

/* The first entry that is not before the key, and the first behind it. */
static size_t first_of(const struct price_list *list, struct price_key key) {
    return lower_bound(list->count, is_before_key, &(struct sought_price){list, key});
}

static size_t end_of(const struct price_list *list, struct price_key key) {
    return lower_bound(list->count, is_not_behind_key, &(struct sought_price){list, key});
}

static struct price_list find_range(const struct price_list *list, struct price_key key) {
    size_t first = first_of(list, key);
    size_t end = end_of(list, key);
    return (struct price_list){list->prices + first, list->edges + first, end - first};
}

/* `first` before `second`, as one range. */
static struct price_list join_ranges(struct arena *arena, struct price_list first, struct price_list second) {
    struct price *prices = ARENA_NEW(arena, struct price, first.count + second.count);
    struct price_edge *edges = ARENA_NEW(arena, struct price_edge, first.count + second.count);
    memcpy(prices, first.prices, first.count * sizeof *prices);
    memcpy(edges, first.edges, first.count * sizeof *edges);
    memcpy(prices + first.count, second.prices, second.count * sizeof *prices);
    memcpy(edges + first.count, second.edges, second.count * sizeof *edges);
    return (struct price_list){prices, edges, first.count + second.count};
}

struct price_list price_list_of_edge(const struct price_list *list, struct arena *arena, int64_t seller_id,
                                     int64_t buyer_id, int64_t sku_id) {
    if (list->count == 0) {
        return (struct price_list){0};
    }
    struct price_list standard = find_range(list, (struct price_key){seller_id, 0, sku_id});
    struct price_list own = {0};
    if (buyer_id != 0) {
        own = find_range(list, (struct price_key){seller_id, buyer_id, sku_id});
    }
    if (own.count == 0) {
        return standard;
    }
    size_t before = 0;
    while (before < standard.count &&
           standard.prices[before].effective_from.day < own.prices[0].effective_from.day) {
        before++;
    }
    if (before == 0) {
        return own;
    }
    standard.count = before;
    return join_ranges(arena, standard, own);
}

const struct price *price_list_for_month(const struct price_list *list, struct arena *arena,
                                         const struct price_place *place, struct month month,
                                         const struct price_edge **edge) {
    struct price_list range =
        price_list_of_edge(list, arena, place->seller_id, place->buyer_id, place->sku_id);
    const struct price *price = price_for_month(range.prices, range.count, month);
    if (price == NULL || !text_equal(range.edges[price - range.prices].currency, place->currency)) {
        return NULL;
    }
    *edge = &range.edges[price - range.prices];
    return price;
}
