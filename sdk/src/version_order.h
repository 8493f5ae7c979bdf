/* Version order: which of two version texts is the newer one; sm_version_order in seatmeter_updates.h tells
 * the rules. */
#ifndef SEATMETER_VERSION_ORDER_H
#define SEATMETER_VERSION_ORDER_H

#include "bytes.h"

/* Below, at or above 0 as the first is older than, as old as or newer than the second. */
int sm_version_span_order(struct sm_span first, struct sm_span second);

#endif
