/* Zone: what the calendar's texts need of a time zone beyond what calendar.h offers to everybody.
 *
 * A local time is microseconds of a clock on the wall since it showed 1970-01-01 00:00: instant + offset. */
#ifndef SEATMETER_CORE_TIME_ZONE_H
#define SEATMETER_CORE_TIME_ZONE_H

#include "core/time/date.h"

#define MICROSECONDS_PER_SECOND INT64_C(1000000)
#define MICROSECONDS_PER_DAY (INT64_C(86400) * MICROSECONDS_PER_SECOND)

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

/* Division that rounds down, for times before 1970. */
static inline int64_t divide_down(int64_t value, int64_t by) {
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

#endif
