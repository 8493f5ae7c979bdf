/* Price guard: whether what is done to a seller's prices leaves alone what they must not change (R3.6).
 *
 * It compares, edge by edge and month by month, the price that rates a SKU before and after. A closed month
 * differs only where the SKU had no use there, and one that is closing nowhere. In a month that has begun and
 * is not closed, a SKU in use keeps a price, and gets none that could come to more. Months that have not
 * begun are free. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_PRICE_GUARD_H
#define SEATMETER_PROGRAMME_CATALOGUE_PRICE_GUARD_H

#include "core/base/id_map.h"
#include "programme/catalogue/price_input.h"
#include "programme/catalogue/seller_edges.h"
#include "store/catalogue/price_use.h"

struct price_guard {
    const struct pricing *pricing;
    struct price_list before;
    struct price_list after;
    struct month last; /* that has begun anywhere */
    bool is_loaded;    /* all below */
    struct seller_edges edges;
    struct closed_month *closed;
    size_t closed_count;
    struct sku_first_on *first_on;
    size_t first_on_count;
    struct id_map first_on_index; /* SKU to its index */
    struct zone *zone;            /* the last one that was asked for */
    struct text zone_name;
};

/* Reads the seller's prices as they are before the change. */
enum status price_guard_begin(struct price_guard *guard, const struct pricing *pricing,
                              struct fault *fault) MUST_CHECK;

/* Reads them as they are after it. */
enum status price_guard_changed(struct price_guard *guard, struct fault *fault) MUST_CHECK;

/* Whether a price of the SKU that begins on `from` could be added, replaced or withdrawn. Faults
 * "month-closed", "month-closing", "price-in-use", "price-rises": they name the edge and the month. */
enum status price_guard_check(struct price_guard *guard, const struct price *price,
                              const struct price_edge *edge, struct text sku_code,
                              struct fault *fault) MUST_CHECK;

/* Gives back what it holds, after a failure too. */
void price_guard_end(struct price_guard *guard);

#endif
