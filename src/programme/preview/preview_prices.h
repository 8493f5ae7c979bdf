/* Previewing other prices: what an import of a price list would do to the bills of the seller's edges
 * (preview.h).
 *
 * The whole month is the first in which all of the new prices can hold. An edge on which none of their SKUs
 * is in use is left out. */
#ifndef SEATMETER_PROGRAMME_PREVIEW_PREVIEW_PRICES_H
#define SEATMETER_PROGRAMME_PREVIEW_PREVIEW_PRICES_H

#include "programme/catalogue/import_prices.h"
#include "programme/preview/preview.h"

/* The seller's, with the right to its prices. Refuses what the import would refuse, row by row. */
enum status preview_prices(struct call *call, const struct import_prices_input *input, struct preview *out,
                           struct import_problems *problems, struct fault *fault) MUST_CHECK;

#endif
