/* Clock: what time the machine has. Only the rooms above the use cases may ask; below, time comes as an
 * argument.
 */
#ifndef SEATMETER_MACHINE_CLOCK_H
#define SEATMETER_MACHINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* The wall clock: microseconds since 1970-01-01T00:00:00Z. It can be set, so it may jump. */
int64_t machine_now_us(void);

/* Whether the system says that the wall clock is kept right by NTP, PTP or the like. */
bool machine_clock_is_synchronised(void);

/* Microseconds since some instant, which no setting of the wall clock moves: for durations and deadlines. */
int64_t machine_monotonic_us(void);

/* Microseconds since the machine started, asleep or not, which no setting of the wall clock moves. */
int64_t machine_since_start_us(void);

/* So many seconds from now on the monotonic clock, for a condition that was made to wait by it. */
struct timespec machine_monotonic_deadline(int64_t seconds);

#endif
