/* Clock: what time the machine has. Only the rooms above the use cases may ask; below, time comes as an
 * argument.
 */
#ifndef SEATMETER_MACHINE_CLOCK_H
#define SEATMETER_MACHINE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The wall clock: microseconds since 1970-01-01T00:00:00Z. It can be set, so it may jump. */
int64_t machine_now_us(void);

/* Microseconds since some instant, which no setting of the wall clock moves: for durations and deadlines. */
int64_t machine_monotonic_us(void);

/* The wall clock's instant so many seconds from now, as pthread_cond_timedwait takes it by default. */
struct timespec machine_wall_deadline(int64_t seconds);

#endif
