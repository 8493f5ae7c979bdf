/* Used units: what devices used of each (customer, SKU) in a month, on the edges whose seller has a depth.
 *
 * Used is the most units at once, a machine once per customer and SKU, under however many licences. A device
 * of a bundle counts for the bundle where the bundle is billed, and times the quantity for each part where
 * the parts are. A device works from its activation to its release or, where it is silent, to the end of its
 * last lease; what was before its last activation is not known. One that was told to stop is unlicensed; a
 * machine may be both. */
#ifndef SEATMETER_PROGRAMME_USAGE_USED_UNITS_H
#define SEATMETER_PROGRAMME_USAGE_USED_UNITS_H

#include "core/time/date.h"
#include "programme/call/call.h"

struct used_units {
    int64_t customer_id;
    int64_t sku_id;
    int64_t used;
    int64_t unlicensed;
};

/* Below the account, by customer, then SKU. The month is UTC's. */
enum status used_units_load(struct call *call, int64_t below_id, int64_t edge_depth, struct month month,
                            struct used_units **units, size_t *count, struct fault *fault) MUST_CHECK;

#endif
