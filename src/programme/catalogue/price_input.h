/* Pricing: what setting one price and importing many share: the edge they are for, reading a price from its
 * texts, and whether it is the same as another. Nothing here writes. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_PRICE_INPUT_H
#define SEATMETER_PROGRAMME_CATALOGUE_PRICE_INPUT_H

#include "programme/catalogue/prices.h"
#include "store/catalogue/prices.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"

enum { PRICE_TIERS_MAX = 100 };

/* Whose prices are set, and what holds for all of them. */
struct pricing {
    struct call *call;
    struct account seller;
    int64_t buyer_id;         /* 0: standard */
    struct text buyer_code;   /* empty: standard */
    struct text currency;     /* the agreement's, the programme's for standard prices */
    struct month last_closed; /* on the edges that the prices apply to; index −1: none */
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

/* The same in all but the tiers; the same altogether. */
bool price_same_head(const struct price *a, const struct price_edge *a_edge, const struct price *b,
                     const struct price_edge *b_edge);
bool price_same(const struct price *a, const struct price_edge *a_edge, const struct price *b,
                const struct price_edge *b_edge);

/* Fault "price-exists". */
enum status pricing_fault_exists(const struct pricing *pricing, const struct price *price, struct text sku,
                                 struct fault *fault);

#endif
