/* Event time: the instant at which a change of a licence takes effect, and whether its past may still take
 * it.
 *
 * The instant is not in the future, and not in a month that any edge of the licence's path has reported or
 * closed, each in its own time zone. The billing of those months is over: a change that comes too late is
 * recorded as a correction. What comes behind the instant was voided before (late_change.h). */
#ifndef SEATMETER_PROGRAMME_LICENSING_EVENT_TIME_H
#define SEATMETER_PROGRAMME_LICENSING_EVENT_TIME_H

#include "core/parties/agreement.h"
#include "programme/call/call.h"
#include "store/licensing/licences.h"

/* A time as somebody said it; where nothing was said, now. */
struct event_time {
    bool given;
    int64_t at_us;
};

/* Whether an instant is not long before the agreement was signed: at most 366 days. */
bool event_time_is_near(int64_t at_us, const struct agreement *agreement) MUST_CHECK;

/* Reads `at` in the zone of the agreement between the provider and its customer; empty is now. Faults of
 * instant_parse on field "at", "time-in-future", and "time-too-early" (a year and more before the agreement
 * was signed). */
enum status event_time_parse(const struct call *call, struct text at, int64_t provider_id,
                             int64_t customer_id, struct event_time *time, struct fault *fault) MUST_CHECK;

/* The instant for one licence whose latest event, parts included, was at `latest_us`. Where no time was given
 * a clock that went backwards does no harm: the event follows the previous one. Faults
 * "before-previous-event", "month-reported", "month-closed". */
enum status event_time_settle(const struct call *call, struct event_time time, const struct licence *licence,
                              int64_t latest_us, int64_t *at_us, struct fault *fault) MUST_CHECK;

#endif
