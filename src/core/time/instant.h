/* Instant: microseconds since 1970-01-01T00:00:00Z, as texts say them (RFC 3339). Nothing here asks what time
 * it is. */
#ifndef SEATMETER_CORE_TIME_INSTANT_H
#define SEATMETER_CORE_TIME_INSTANT_H

#include "core/time/zone.h"

/* An instant from outside: RFC 3339 ("2026-03-29T02:30:00Z", with an offset, with up to six decimals
 * of a second), or a local time without an offset ("2026-03-29T02:30", "2026-03-29 02:30:00"), or a
 * date alone (its local midnight), the last two taken in `zone` (NULL: they are malformed). A local time that
 * daylight saving skips, or a date that the zone leaves out, is fault "time-skipped"; a time that occurs
 * twice is "time-ambiguous" and asks for an offset; else "malformed-time". Seconds may be left out. Years
 * 1970 to 9999 in UTC. */
enum status instant_parse(struct text text, struct zone *zone, const char *field, int64_t *at_us,
                          struct fault *fault) MUST_CHECK;

/* RFC 3339 UTC with microseconds: "2026-11-24T16:52:06.000001Z". */
struct text instant_format(struct arena *arena, int64_t at_us);

#endif
