#include "core/money/price_list.h"

#include "core/base/search.h"

#include <string.h>

/* The range of prices that is looked for. Without a currency: of all currencies. */
struct price_key {
    int64_t seller_id;
    int64_t buyer_id;
    int64_t sku_id;
    const struct text *currency;
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
    return order == 0 && key.currency != NULL ? text_compare(list->edges[i].currency, *key.currency) : order;
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

static struct price_list find_range(const struct price_list *list, struct price_key key) {
    const struct sought_price sought = {list, key};
    size_t first = lower_bound(list->count, is_before_key, &sought);
    size_t end = lower_bound(list->count, is_not_behind_key, &sought);
    return (struct price_list){list->prices + first, list->edges + first, end - first};
}

/* The prices of a place, in its currency or in all: the buyer's own, and of the seller's standard ones those
 * of before the first own. */
struct price_ranges {
    struct price_list standard;
    struct price_list own;
};

static struct price_ranges ranges_of(const struct price_list *list, const struct price_place *place) {
    struct price_ranges ranges = {{0}, {0}};
    if (list->count == 0) {
        return ranges;
    }
    struct price_key key = {place->seller_id, 0, place->sku_id, &place->currency};
    ranges.standard = find_range(list, key);
    if (place->buyer_id == 0) {
        return ranges;
    }
    key.buyer_id = place->buyer_id;
    ranges.own = find_range(list, key);
    size_t before = 0;
    while (ranges.own.count > 0 && before < ranges.standard.count &&
           ranges.standard.prices[before].effective_from.day < ranges.own.prices[0].effective_from.day) {
        before++;
    }
    ranges.standard.count = ranges.own.count > 0 ? before : ranges.standard.count;
    return ranges;
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

struct price_list price_list_of_edge(const struct price_list *list, struct arena *arena,
                                     const struct price_place *place) {
    struct price_ranges ranges = ranges_of(list, place);
    if (ranges.own.count == 0) {
        return ranges.standard;
    }
    return ranges.standard.count == 0 ? ranges.own : join_ranges(arena, ranges.standard, ranges.own);
}

/* The standard prices that are left all begin before the buyer's own do, so one that rates the month gives
 * way to an own one of its first day alone. */
const struct price *price_list_for_month(const struct price_list *list, const struct price_place *place,
                                         struct month month, const struct price_edge **edge) {
    struct price_ranges ranges = ranges_of(list, place);
    const struct price_list *from = &ranges.own;
    const struct price *price = price_for_month(ranges.own.prices, ranges.own.count, month);
    if (price == NULL || price->effective_from.day > month_first_day(month).day) {
        const struct price *standard = price_for_month(ranges.standard.prices, ranges.standard.count, month);
        from = standard == NULL ? from : &ranges.standard;
        price = standard == NULL ? price : standard;
    }
    if (price != NULL) {
        *edge = &from->edges[price - from->prices];
    }
    return price;
}

/* ---- the first rules: the currency was looked at when the price had been chosen ---- */

/* Whether a price rates the month rather than `best`: the later of two of the first day or before; else the
 * earlier within the month. */
static bool goes_before(const struct price *price, const struct price *best, struct month month) {
    int32_t first = month_first_day(month).day;
    int32_t day = price->effective_from.day;
    if (date_month(price->effective_from).index > month.index) {
        return false;
    }
    if (best == NULL) {
        return true;
    }
    int32_t best_day = best->effective_from.day;
    return day <= first ? best_day > first || day > best_day : best_day > first && day < best_day;
}

const struct price *price_list_for_month_first(const struct price_list *list, const struct price_place *place,
                                               struct month month, const struct price_edge **edge) {
    const struct price *best = NULL;
    const struct price_edge *best_edge = NULL;
    struct price_list own = {0};
    int32_t own_from = INT32_MAX;
    if (list->count == 0) {
        return NULL;
    }
    if (place->buyer_id != 0) {
        own = find_range(list, (struct price_key){place->seller_id, place->buyer_id, place->sku_id, NULL});
    }
    for (size_t i = 0; i < own.count; i++) {
        own_from = own.prices[i].effective_from.day < own_from ? own.prices[i].effective_from.day : own_from;
        if (goes_before(&own.prices[i], best, month)) {
            best = &own.prices[i];
            best_edge = &own.edges[i];
        }
    }
    struct price_list standard =
        find_range(list, (struct price_key){place->seller_id, 0, place->sku_id, NULL});
    for (size_t i = 0; i < standard.count; i++) {
        if (standard.prices[i].effective_from.day < own_from &&
            goes_before(&standard.prices[i], best, month)) {
            best = &standard.prices[i];
            best_edge = &standard.edges[i];
        }
    }
    if (best == NULL || !text_equal(best_edge->currency, place->currency)) {
        return NULL;
    }
    *edge = best_edge;
    return best;
}
