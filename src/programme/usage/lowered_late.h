/* Lowered late: whether late changes took away of what an edge would bill for a month (R4.18). Then the
 * report waits for its seller. */
#ifndef SEATMETER_PROGRAMME_USAGE_LOWERED_LATE_H
#define SEATMETER_PROGRAMME_USAGE_LOWERED_LATE_H

#include "core/time/date.h"
#include "programme/call/call.h"
#include "store/parties/agreements.h"

/* Of the agreement with the terms that it has in the month, which is [from_us, to_us). Measures the edge only
 * where a late change touches the month at all. */
enum status lowered_late(struct call *call, const struct agreement *agreement, struct month month,
                         int64_t from_us, int64_t to_us, bool *yes, struct fault *fault) MUST_CHECK;

#endif
