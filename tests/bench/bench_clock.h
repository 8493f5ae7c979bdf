/* The clocks of benchmarks. On a machine that others keep busy, processor time says more than time. */
#ifndef SEATMETER_TESTS_BENCH_BENCH_CLOCK_H
#define SEATMETER_TESTS_BENCH_BENCH_CLOCK_H

#include "store/engine/db.h"

/* Seconds since an instant that stays the same while the machine runs. */
double seconds_now(void);

/* What this process has taken of the processors so far and, on PostgreSQL, what the server has for this
 * connection and for the helpers of queries that have ended, to a hundredth. The server runs on this machine.
 * Outside of rows that are being read. What cannot be found out ends the program with a message. */
double processor_seconds(struct db *db);

#endif
