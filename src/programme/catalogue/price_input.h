/* Price input: what setting one price and importing many share.
 *
 * That is the edge they are for, reading a price from its texts, and whether it is the same as another.
 * Nothing here writes. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_PRICE_INPUT_H
#define SEATMETER_PROGRAMME_CATALOGUE_PRICE_INPUT_H

#include "core/money/price.h"
#include "core/parties/agreement.h"
#include "programme/call/call.h"
#include "store/catalogue/prices.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"

enum { PRICE_TIERS_MAX = 100 };

struct tier_input {
    struct text from;       /* "1"; empty: 1 */
    struct text unit_price; /* a decimal with up to six places */
};

/* Empty texts take the default that stands behind. */
struct set_price_input {
    struct text seller; /* the actor's account */
    struct text buyer;  /* the seller's standard price, for all its buyers */
    struct text sku;
    struct text currency;       /* the agreement's in that month (a standard price: the programme's) */
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
    bool replace;               /* another price of this key is withdrawn */
};

/* The edge whose prices are set, and what holds for all of them. */
struct pricing {
    struct call *call;
    struct account seller;
    int64_t buyer_id;             /* 0: standard */
    struct account buyer;         /* of its own prices */
    struct text buyer_code;       /* empty: standard */
    struct tax tax;               /* the agreement's first */
    struct text currency;         /* the agreement's first, the programme's for standard prices */
    struct amendment *amendments; /* of the agreement with the buyer, by number */
    size_t amendment_count;
};

/* Finds the seller, with the right to set its prices, and the buyer with its agreement. */
enum status pricing_open(struct call *call, struct text seller, struct text buyer, struct pricing *pricing,
                         struct fault *fault) MUST_CHECK;

/* Whether the SKU can be priced: "wrong-sku" for a service. */
enum status pricing_check_sku(const struct pricing *pricing, const struct sku *sku,
                              struct fault *fault) MUST_CHECK;

/* Everything but the SKU and the tiers. */
enum status pricing_parse_price(const struct pricing *pricing, const struct set_price_input *input,
                                struct price *price, struct price_edge *edge, struct fault *fault) MUST_CHECK;

enum status pricing_parse_tier(const struct tier_input *input, struct price_tier *tier,
                               struct fault *fault) MUST_CHECK;
void pricing_sort_tiers(struct price_tier *tiers, size_t count);

/* Whether two prices agree in all but their tiers; whether they agree altogether. */
bool price_same_head(const struct price *a, const struct price_edge *a_edge, const struct price *b,
                     const struct price_edge *b_edge);
bool price_same(const struct price *a, const struct price_edge *a_edge, const struct price *b,
                const struct price_edge *b_edge);

/* One number for a currency and a date, which with the SKU are a price's key on its edge. */
int64_t price_date_key(struct text currency, struct date date);

/* The currency of a price that begins on a day and says none: that of the terms of then. */
struct text pricing_currency_on(const struct pricing *pricing, struct date from);

/* Fault "price-exists". */
enum status pricing_fault_exists(const struct pricing *pricing, const struct price *price,
                                 const struct price_edge *edge, struct text sku, struct fault *fault);

#endif
