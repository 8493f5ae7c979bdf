/* Monotonic time in microseconds, which no setting of the machine's clock moves: for durations and deadlines.
 */
#ifndef SEATMETER_MACHINE_CLOCK_H
#define SEATMETER_MACHINE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t monotonic_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
