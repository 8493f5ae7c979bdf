/* Price rise: whether one price may ask more than another. */
#ifndef SEATMETER_CORE_MONEY_PRICE_RISE_H
#define SEATMETER_CORE_MONEY_PRICE_RISE_H

#include "core/money/price.h"

/* Whether some month could come to more at `price` than at `than`, for any usage. Where tiers of two kinds
 * cannot be compared unit by unit, the dearest of the one is held against the cheapest of the other. Tax is
 * no part of it. */
bool price_is_dearer(const struct price *price, const struct price *than);

#endif
