/* Zone: an IANA time zone, and the civil days and months in it as instants.
 *
 * A month is [m0, m1) by local midnights of the agreement's zone, daylight saving included; where a zone
 * skips midnight, the day begins at the first instant that exists. Rules come from the system's time zone
 * data (Debian's package tzdata, or the folder that TZDIR names), and zone.c is the one file of core that
 * reads a file. A local time is microseconds of a clock on the wall since it showed 1970-01-01 00:00: instant
 * + offset. */
#ifndef SEATMETER_CORE_TIME_ZONE_H
#define SEATMETER_CORE_TIME_ZONE_H

#include "core/time/date.h"

enum { MONTH_DAYS_MAX = 31 };

/* The month's days as instants: midnights_us[0] is m0, midnights_us[days] is m1, and each day lasts. A day
 * that the zone leaves out altogether (Pacific/Apia 2011-12-30) is no day of the month. */
struct month_span {
    int days;
    int64_t midnights_us[MONTH_DAYS_MAX + 1];
    uint8_t day_of_month[MONTH_DAYS_MAX]; /* from 1 */
};

/* A month as it was when it was closed. */
struct kept_month {
    struct text time_zone;
    struct month month;
    int64_t
        midnights_us[MONTH_DAYS_MAX + 1]; /* of its civil days, those that are left out too, and its end */
};

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

/* From now on those of the months that are of this zone are what they were when they were closed, whatever
 * its data has come to say since; their neighbours begin and end where they do. `months`, ascending, must
 * stay. */
void zone_keep_months(struct zone *zone, const struct kept_month *months, size_t count);

/* The month as the zone has it now, to be kept. */
struct kept_month zone_kept_month(struct zone *zone, struct month month);

/* Whether the midnights are a month's: ascending, and a month apart. */
bool kept_month_is_sound(const struct kept_month *month);

/* The first instant of the civil day in the zone: of a midnight that occurs twice the first, of one that is
 * skipped the instant of the skip. A day that is left out altogether begins and ends at that instant. */
int64_t zone_midnight_us(struct zone *zone, struct date date);
void zone_month_span(struct zone *zone, struct month month, struct month_span *span);

/* The same month where it begins when the one before has ended in another zone, so that no hour is in both or
 * in neither: its first day is longer or shorter, and a day that is over by then is none of its days. */
void month_span_join(const struct month_span *span, int64_t begins_us, struct month_span *joined);

/* The civil day, or month, between whose midnights the instant lies. (That is the day on the wall, but for an
 * hour that clocks repeat across midnight: it belongs to the day that had begun already.) */
struct date zone_date_at(struct zone *zone, int64_t at_us);
struct month zone_month_at(struct zone *zone, int64_t at_us);

/* A zone of what its file says (RFC 9636); zone_open reads the file for it. Fault "time-zone-data-broken". */
enum status zone_of_bytes(struct text name, struct text tzif, struct zone **zone,
                          struct fault *fault) MUST_CHECK;

/* What is added to UTC for the local time. */
int64_t zone_offset_us(struct zone *zone, int64_t at_us);

/* The instants at which the wall shows a local time: none where it is skipped, two where it is repeated. */
struct zone_instants {
    int count;
    int64_t first_us;
    int64_t last_us;
    int64_t skip_us; /* where count is 0: the instant at which the wall jumps over it */
};
struct zone_instants zone_instants_of(struct zone *zone, int64_t local_us);

#endif
