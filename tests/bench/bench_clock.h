/* The clock of benchmarks. */
#ifndef SEATMETER_TESTS_BENCH_BENCH_CLOCK_H
#define SEATMETER_TESTS_BENCH_BENCH_CLOCK_H

#include <time.h>

/* Seconds since an instant that stays the same while the machine runs. */
static inline double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
