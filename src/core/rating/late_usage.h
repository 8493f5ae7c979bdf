/* Late usage: a group of licences as it would be metered, had changes been in the log that were told only
 * after the month was closed.
 *
 * The log stays as it is. A late event of a correction says how many seats a licence counted from an instant
 * on; what the log has of that licence behind the instant does not count, as with a late change of an open
 * month (R4.18). The result is for rating that one month. */
#ifndef SEATMETER_CORE_RATING_LATE_USAGE_H
#define SEATMETER_CORE_RATING_LATE_USAGE_H

#include "core/rating/usage.h"

struct late_event {
    int64_t licence_id;
    int64_t at_us;
    int64_t seats;
};

/* A usage of the group alone, with the events in the order in which they were given. One of a licence that is
 * not in the group changes nothing. It lives in `arena` and reads from `usage`. */
const struct usage *late_usage_of(struct arena *arena, const struct usage *usage,
                                  const struct usage_group *group, const struct late_event *events,
                                  size_t count);

#endif
