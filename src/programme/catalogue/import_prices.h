/* Import prices: a seller's prices from CSV, all of them or none.
 *
 * The columns are sku,currency,effective_from,policy,tier_mode,tier_from,unit_price and, wherever they are
 * wanted, minimum,free_months,trial_end,not_for_resale,tax_category,tax_rate. Rows of one (sku,
 * currency, effective_from) are the tiers of one price and agree in all the rest. A price that is there
 * already is left alone, so that an import can be repeated; another content for the same (seller, buyer, SKU,
 * currency, date) is "price-exists". A dry run (struct call) imports, says what has changed, and is rolled
 * back. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_IMPORT_PRICES_H
#define SEATMETER_PROGRAMME_CATALOGUE_IMPORT_PRICES_H

#include "programme/call/call.h"
#include "programme/catalogue/import_problems.h"
#include "programme/catalogue/price_changes.h"

struct import_prices_input {
    struct text seller; /* empty: the actor's account */
    struct text buyer;  /* empty: standard prices */
    struct text content;
    bool replace; /* other prices of the same keys are withdrawn */
};
struct import_prices_result {
    int64_t prices; /* in the file */
    int64_t prices_added;
    int64_t prices_replaced;      /* of those that were added: the ones that took another's place */
    bool dry_run;                 /* nothing was imported */
    struct price_changes changes; /* of a dry run: what the import would change for whom */
};
enum status import_prices(struct call *call, const struct import_prices_input *input,
                          struct import_prices_result *out, struct import_problems *problems,
                          struct fault *fault) MUST_CHECK;

/* What the import would make of the seller's prices; nothing is written: a preview's. Refuses what it would
 * refuse. */
struct tried_prices {
    int64_t seller_id;
    int64_t buyer_id;        /* 0: standard prices */
    struct price_list after; /* all of the seller's; the new ones have numbers below 0 */
    const int64_t *sku_ids;  /* of the new ones, each once */
    size_t sku_count;
    struct date last; /* on which the latest of the new ones begins */
};
enum status import_prices_try(struct call *call, const struct import_prices_input *input,
                              struct tried_prices *tried, struct import_problems *problems,
                              struct fault *fault) MUST_CHECK;

#endif
