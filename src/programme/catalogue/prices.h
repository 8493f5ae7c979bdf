/* Prices: setting one and listing them. (Importing many is in import_prices.h.)
 *
 * A price is never changed: a change is a new one from a later date on. Setting a price again that is there
 * already is fine and does nothing. Another content for the same (seller, buyer, SKU, currency, date) is
 * "price-exists", unless it is to replace that one, which is withdrawn then. What closed and running months
 * keep is said in price_guard.h. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_PRICES_H
#define SEATMETER_PROGRAMME_CATALOGUE_PRICES_H

#include "programme/call/name_cache.h"
#include "programme/catalogue/price_input.h"
#include "store/engine/page.h"

/* A price as people read it. */
struct price_view {
    int64_t id;
    struct text seller; /* acc_… */
    struct text seller_code;
    struct text buyer; /* acc_…; empty: standard */
    struct text buyer_code;
    struct text sku; /* sku_… */
    struct text sku_code;
    struct text currency;
    struct price price;
    struct text tax_category; /* empty: the agreement's */
    struct text tax_rate;     /* percent */
    int64_t withdrawn_at_us;  /* 0: it is in force */
};

/* The price as the actor reads it. */
enum status price_view_fill(struct name_cache *names, const struct price *price,
                            const struct price_edge *edge, struct price_view *out,
                            struct fault *fault) MUST_CHECK;

/* Faults: "price-exists", "month-closed", "price-in-use", "price-rises", "wrong-currency", "no-agreement",
 * "wrong-sku" (the seller cannot sell it), and those of core's parsers and price_check. */
enum status set_price(struct call *call, const struct set_price_input *input, struct price_view *out,
                      struct fault *fault) MUST_CHECK;

/* What set_price would change for whom, as a dry run of an import with this price alone tells it; nothing is
 * changed. Refuses what set_price would refuse. */
struct import_prices_result;
enum status try_price(struct call *call, const struct set_price_input *input,
                      struct import_prices_result *out, struct fault *fault) MUST_CHECK;

/* Prices of the actor's edges, as seller or buyer, with the standard prices of its sellers. Empty texts leave
 * a condition out. */
struct list_prices_input {
    struct text seller;
    struct text buyer; /* its own prices and the standard ones */
    struct text sku;
    bool withdrawn; /* those too */
    struct page page;
};
struct price_page {
    struct price_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_prices(struct call *call, const struct list_prices_input *input, struct price_page *out,
                        struct fault *fault) MUST_CHECK;

#endif
