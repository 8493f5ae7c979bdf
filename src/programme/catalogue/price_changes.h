/* Price changes: what an import of prices changes for whom, told by a dry run.
 *
 * Each price of the file is followed to every buyer that it is for: the first month that it would rate there,
 * and what that month would be rated at without the import. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_PRICE_CHANGES_H
#define SEATMETER_PROGRAMME_CATALOGUE_PRICE_CHANGES_H

#include "core/money/price_list.h"
#include "programme/catalogue/price_input.h"
#include "programme/catalogue/seller_edges.h"

enum { PRICE_CHANGES_KEPT_MAX = 1000 };

/* On one edge: the SKU gets its first price, another one, one that says the same as what holds, or the price
 * never rates a month, because a price of the buyer's own or a later one goes before it. */
enum price_effect { PRICE_NEW, PRICE_CHANGED, PRICE_SAME, PRICE_WITHOUT_EFFECT };
enum { PRICE_EFFECTS = PRICE_WITHOUT_EFFECT + 1 };
const char *price_effect_name(enum price_effect effect); /* "new", "changed", "same", "no-effect" */

struct price_change {
    enum price_effect effect;
    struct text buyer; /* acc_…; empty: the seller has no buyer yet that it is for */
    struct text buyer_code;
    struct text sku;
    struct text sku_code;
    struct text currency;
    struct price price;
    bool has_month; /* it rates a month */
    struct month first_month;
    bool has_before; /* a price without the import */
    struct price before;
};

struct price_changes {
    struct text seller;
    struct text seller_code;
    struct price_change *items; /* the first PRICE_CHANGES_KEPT_MAX, by SKU, date and buyer */
    size_t count;
    size_t capacity;
    int64_t total;
    int64_t effects[PRICE_EFFECTS];
};

/* A price that is imported, with the id that it has now. */
struct imported_price {
    const struct price *price;
    const struct price_edge *edge;
    struct text sku_code;
};

/* Compares the seller's prices before and after the import. */
enum status price_changes_of(const struct pricing *pricing, const struct price_list *before,
                             const struct price_list *after, const struct imported_price *imported,
                             size_t count, struct price_changes *changes, struct fault *fault) MUST_CHECK;

#endif
