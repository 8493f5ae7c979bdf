/* Calendar: civil dates and months in IANA time zones, and instants as microseconds since 1970.
 *
 * A month is [m0, m1) by local midnights of the agreement's zone, daylight saving included; where a
 * zone skips midnight, the day begins at the first instant that exists. Zone rules come from the system's
 * time zone data (Debian's package tzdata). Nothing here asks what time it is. Years 1 to 9999 are what texts
 * can say; arithmetic goes further. */
#ifndef SEATMETER_CORE_TIME_DATE_H
#define SEATMETER_CORE_TIME_DATE_H

#include "core/base/fault.h"

#include <stdint.h>

/* A civil month, counted from year 0: year × 12 + (month − 1). Comparable, and +1 is the next. */
struct month {
    int32_t index;
};

/* A civil day in the proleptic Gregorian calendar, counted from 1970-01-01. */
struct date {
    int32_t day;
};

enum { MONTH_DAYS_MAX = 31 };

/* The month's days as instants: midnights_us[0] is m0, midnights_us[days] is m1. */
struct month_span {
    int days;
    int64_t midnights_us[MONTH_DAYS_MAX + 1];
};

struct month month_of(int year, int month_1_to_12);
int month_year(struct month month);
int month_number(struct month month); /* 1 to 12 */
struct month month_plus(struct month month, int months);
struct date month_first_day(struct month month);
int month_days(struct month month);
struct date date_of(int year, int month_1_to_12, int day); /* a day that exists */
struct month date_month(struct date date);

/* "2026-11", years 1 to 9999; fault "malformed-month" on `field`. */
enum status month_parse(struct text text, const char *field, struct month *month,
                        struct fault *fault) MUST_CHECK;
struct text month_format(struct arena *arena, struct month month);

/* "2026-11-24"; fault "malformed-date" (also for a day that the month does not have). */
enum status date_parse(struct text text, const char *field, struct date *date,
                       struct fault *fault) MUST_CHECK;
struct text date_format(struct arena *arena, struct date date);

/* An IANA time zone. Opaque; zone_close gives it back. It remembers the offsets and months that it was last
 * asked for, so asking again is cheap, and so each thread opens its own. */
struct zone;

/* Takes "UTC" and IANA's Region/City names, spelt as IANA does ("America/New_York"), and nothing that is not
 * one ("EST", "GMT+3", "Etc/GMT+3" have no civil rules of a place). Fault "unknown-time-zone" on `field`;
 * with STATUS_INTERNAL, as no name is to blame, "time-zone-data-broken", "…-missing" or "…-unreadable" where
 * the machine's data is. */
enum status zone_open(struct text iana_name, const char *field, struct zone **zone,
                      struct fault *fault) MUST_CHECK;
void zone_close(struct zone *zone); /* NULL is fine */
const char *zone_name(const struct zone *zone);

/* The first instant of the civil day in the zone: of a midnight that occurs twice the first, of one that is
 * skipped the instant of the skip. A day that the zone leaves out altogether (Pacific/Apia 2011-12-30) begins
 * and ends at that instant. */
int64_t zone_midnight_us(struct zone *zone, struct date date);
void zone_month_span(struct zone *zone, struct month month, struct month_span *span);

/* The civil day, or month, between whose midnights the instant lies. (That is the day on the wall, but for an
 * hour that clocks repeat across midnight: it belongs to the day that had begun already.) */
struct date zone_date_at(struct zone *zone, int64_t at_us);
struct month zone_month_at(struct zone *zone, int64_t at_us);

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

/* RFC 3339 with the zone's offset at that instant, to the second: "2026-11-24T11:52:06-05:00". (RFC 3339 has
 * no seconds in an offset; where a zone of old had, it is cut to the minute, and the time of day with it.) */
struct text instant_format_local(struct arena *arena, struct zone *zone, int64_t at_us);

#endif
