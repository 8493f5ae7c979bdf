/* Preview effect: rates the edges that a plan touches, without it and with it.
 *
 * It reads the part of the programme around the accounts that the plan touches, and more only where an edge
 * asks for more: where a tier or a minimum is reached by all customers of the edge together, their usage of
 * that one SKU. Nothing is written. */
#ifndef SEATMETER_PROGRAMME_PREVIEW_PREVIEW_EFFECT_H
#define SEATMETER_PROGRAMME_PREVIEW_PREVIEW_EFFECT_H

#include "core/rating/planned_usage.h"
#include "programme/preview/preview.h"
#include "store/engine/part.h"

/* Changes of what licences count, of customers at or below one account. */
struct preview_plan {
    int64_t viewer_id; /* the edges of this account alone; 0: all, the operator's */
    int64_t around_id; /* the account */
    int64_t sku_id;    /* only licences of this SKU and its parts; 0: of any */
    struct planned_change *changes;
    size_t count;
};

/* Fills in edges and totals. Inside a transaction. */
enum status preview_planned(struct call *call, const struct preview_plan *plan, struct preview *preview,
                            struct fault *fault) MUST_CHECK;

/* Other prices of one edge's seller. */
struct preview_pricing {
    int64_t viewer_id;
    int64_t buyer_id; /* the edge is this account's that buys */
    int64_t seller_id;
    struct price_list prices; /* all of the edge's seller for this buyer, as they would be */
    const int64_t *sku_ids;   /* of the new ones */
    size_t sku_count;
    struct month whole_from; /* the first month that may be told as the whole one */
};

/* Adds the edge, where one of the SKUs is in use on it. */
enum status preview_priced(struct call *call, const struct preview_pricing *pricing, struct preview *preview,
                           struct fault *fault) MUST_CHECK;

#endif
