/* Price use: in which months of which edges a SKU was used or billed, so that nobody changes the price of
 * those. */
#ifndef SEATMETER_STORE_CATALOGUE_PRICE_USE_H
#define SEATMETER_STORE_CATALOGUE_PRICE_USE_H

#include "core/time/date.h"
#include "store/engine/db.h"

/* A month that is closed on an edge of a seller, or closing: of that it is not asked how usage is billed. */
struct closed_month {
    int64_t buyer_id;
    int64_t agreement_id; /* that it was closed by */
    struct month month;
    int64_t rules; /* enum rules_version; 0 where it is closing */
    int64_t usage_billing;
    bool is_closing;
};

/* Those of a seller's edges, or of one (buyer 0: all), from a month on; by buyer, then month. */
enum status closed_months_of_seller(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                                    struct month from, struct closed_month **months, size_t *count,
                                    struct fault *fault) MUST_CHECK;

/* The first instant that any licence of a SKU was on, of all SKUs of which one was. */
struct sku_first_on {
    int64_t sku_id;
    int64_t at_us;
};
enum status skus_first_on(struct db *db, struct arena *arena, struct sku_first_on **skus, size_t *count,
                          struct fault *fault) MUST_CHECK;

struct sku_use {
    int64_t seller_id;
    int64_t seller_depth;
    int64_t buyer_id;
    int64_t sku_id;
    struct month month;
    int64_t from_us; /* the month */
    int64_t until_us;
};

/* Whether a licence of the SKU that the edge bills counted in the month at any time, or a line or correction
 * of the edge is of the SKU in that month. */
enum status sku_is_used(struct db *db, const struct sku_use *use, bool *is_used,
                        struct fault *fault) MUST_CHECK;

#endif
