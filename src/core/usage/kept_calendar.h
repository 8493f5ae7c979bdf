/* Kept calendar: the months of one time zone by which usage is kept.
 *
 * Numbers that go on with each event hold only as long as their month stays what it was when it began. A
 * zone's data may say otherwise later, so the months that were used are kept with the numbers, and are asked
 * before the zone. */
#ifndef SEATMETER_CORE_USAGE_KEPT_CALENDAR_H
#define SEATMETER_CORE_USAGE_KEPT_CALENDAR_H

#include "core/base/arena.h"
#include "core/time/zone.h"

#include <stdbool.h>

struct kept_span {
    struct month month;
    struct month_span span;
    bool is_new; /* the calendar has it from the zone, and nobody has kept it yet */
};

struct kept_calendar {
    struct arena *arena;
    struct zone *zone;
    struct kept_span **spans; /* ascending */
    size_t count;
    size_t capacity;
};

/* Whether the midnights are a month's: ascending, and a month apart. */
bool kept_span_is_sound(const struct month_span *span);

/* Adds a month that was kept; false where it is not sound or not beside the others. */
bool kept_calendar_add(struct kept_calendar *calendar, struct month month, const struct month_span *span);

/* The month of an instant, where it is there; else NULL. */
const struct kept_span *kept_calendar_find(const struct kept_calendar *calendar, int64_t at_us);

/* The month of an instant, out of the zone where it is not there yet. NULL: the zone has come to cut time in
 * another way than the months that were kept, so that the instant is in none of them or in two. */
const struct kept_span *kept_calendar_at(struct kept_calendar *calendar, int64_t at_us);

#endif
