/* Withdraw price: takes back a price that no closed month was rated with and no running month needs.
 *
 * Its row stays, marked, so that every version of a price list can be read; another price can have its key.
 */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_WITHDRAW_PRICE_H
#define SEATMETER_PROGRAMME_CATALOGUE_WITHDRAW_PRICE_H

#include "programme/catalogue/prices.h"

/* A price's key; empty texts take the default that stands behind. */
struct withdraw_price_input {
    struct text seller; /* the actor's account */
    struct text buyer;  /* the seller's standard price */
    struct text sku;
    struct text currency; /* the agreement's in that month (a standard price: the programme's) */
    struct text effective_from;
};

/* Faults: STATUS_NOT_FOUND "unknown-price"; those of price_guard.h. */
enum status withdraw_price(struct call *call, const struct withdraw_price_input *input,
                           struct price_view *out, struct fault *fault) MUST_CHECK;

#endif
