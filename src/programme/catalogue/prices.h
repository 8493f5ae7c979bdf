/* Prices: setting one, importing many, listing them.
 *
 * A price is never changed: a change is a new one from a later date on. The same price again is fine and does
 * nothing, so that an import can be repeated; another content for the same (seller, buyer, SKU, date) is
 * "price-exists".
 *
 * The CSV has the columns sku,currency,effective_from,policy,tier_mode,tier_from,unit_price and, wherever
 * they are wanted, minimum,free_months,trial_end,not_for_resale,tax_category,tax_rate. Rows of one (sku,
 * effective_from) are the tiers of one price and agree in all the rest. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_PRICES_H
#define SEATMETER_PROGRAMME_CATALOGUE_PRICES_H

#include "core/money/price.h"
#include "programme/call/call.h"
#include "programme/catalogue/import_problems.h"
#include "store/engine/page.h"

struct tier_input {
    struct text from;       /* "1"; empty: 1 */
    struct text unit_price; /* a decimal with up to six places */
};

/* Empty texts take the default that stands behind. */
struct set_price_input {
    struct text seller; /* the actor's account */
    struct text buyer;  /* the seller's standard price, for all its buyers */
    struct text sku;
    struct text currency;       /* the agreement's (a standard price: the programme's) */
    struct text effective_from; /* "2026-11-01" */
    struct text policy;         /* "peak" */
    struct text tier_mode;      /* "flat" */
    const struct tier_input *tiers;
    size_t tier_count;
    struct text minimum;        /* 0 */
    struct text free_months;    /* 0 */
    struct text trial_end;      /* none */
    struct text not_for_resale; /* "no"; "yes", "true" or "1" */
    struct text tax_category;   /* the agreement's category and rate */
    struct text tax_rate;       /* percent */
};

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
};

/* Faults: "price-exists", "month-closed", "wrong-currency", "no-agreement", "wrong-sku" (the seller cannot
 * sell it), and those of core's parsers and price_check. */
enum status set_price(struct call *call, const struct set_price_input *input, struct price_view *out,
                      struct fault *fault) MUST_CHECK;

struct import_prices_input {
    struct text seller; /* empty: the actor's account */
    struct text buyer;  /* empty: standard prices */
    struct text content;
};
struct import_prices_result {
    int64_t prices; /* in the file */
    int64_t prices_added;
};
enum status import_prices(struct call *call, const struct import_prices_input *input,
                          struct import_prices_result *out, struct import_problems *problems,
                          struct fault *fault) MUST_CHECK;

/* Prices of the actor's edges, as seller or buyer, with the standard prices of its sellers. Empty texts leave
 * a condition out. */
struct list_prices_input {
    struct text seller;
    struct text buyer; /* its own prices and the standard ones */
    struct text sku;
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
