/* Price list: all prices of a programme or of one seller, in memory.
 *
 * A seller's standard prices (buyer 0) hold for every buyer of its; on an edge with prices of its own for a
 * SKU those go before them from the first one's date on. Each currency is by itself: a price in another one
 * neither holds nor ends anything. */
#ifndef SEATMETER_CORE_MONEY_PRICE_LIST_H
#define SEATMETER_CORE_MONEY_PRICE_LIST_H

#include "core/money/price.h"
#include "core/money/tax.h"

/* A price's edge, and what else a price has besides core's struct price. */
struct price_edge {
    int64_t seller_id;
    int64_t buyer_id; /* 0: standard */
    struct text currency;
    bool has_tax; /* else the agreement's */
    struct tax tax;
    int64_t created_at_us;
    int64_t withdrawn_at_us; /* 0: it is in force */
};

/* Prices in parallel arrays, none of them withdrawn but in lists that say so, sorted by seller, buyer, SKU,
 * currency, effective_from. */
struct price_list {
    const struct price *prices;
    const struct price_edge *edges;
    size_t count;
};

/* The edge and SKU that a price is looked for on. */
struct price_place {
    int64_t seller_id;
    int64_t buyer_id; /* 0: the standard prices alone */
    int64_t sku_id;
    struct text currency; /* the agreement's: prices in another one are not looked at (R3.7) */
};

/* The prices that hold on an edge for a SKU, ascending by date: its own, and before its first one's date the
 * standard ones. Points into the list where it can; else makes the merged arrays in `arena`. */
struct price_list price_list_of_edge(const struct price_list *list, struct arena *arena,
                                     const struct price_place *place);

/* The price that rates a whole month of the SKU on the edge (R3.8), and in `*edge` what else it is; NULL
 * where there is none. It is one of the list's. */
const struct price *price_list_for_month(const struct price_list *list, const struct price_place *place,
                                         struct month month, const struct price_edge **edge);

/* The same by the first rules (core/rating/rules.h): of the prices in all currencies, and none where that one
 * is in another currency than the agreement. */
const struct price *price_list_for_month_first(const struct price_list *list, const struct price_place *place,
                                               struct month month, const struct price_edge **edge);

#endif
