/* Joined month: where a month begins on an edge whose month before went by another zone (R7.19). */
#ifndef SEATMETER_PROGRAMME_USAGE_JOINED_MONTH_H
#define SEATMETER_PROGRAMME_USAGE_JOINED_MONTH_H

#include "core/parties/agreement.h"
#include "core/time/zone.h"
#include "programme/call/call.h"

/* Moves the beginning of `span`, the month in its own zone, to where the one before has ended. `agreement`
 * has the terms of the month. What snapshot_joined_span says, for one edge without a snapshot. */
enum status join_month(const struct call *call, const struct agreement *agreement, struct month month,
                       struct month_span *span, struct fault *fault) MUST_CHECK;

/* Where any month begins on the agreement's edge. What snapshot_month_begins_us says. */
enum status joined_month_begins(const struct call *call, const struct agreement *agreement,
                                struct month month, int64_t *begins_us, struct fault *fault) MUST_CHECK;

#endif
