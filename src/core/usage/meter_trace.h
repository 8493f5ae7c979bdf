/* Meter trace: a month's meter shown step by step, for whoever asks why it says what it says.
 *
 * It tells S(t) as the meter reads it (core/usage/meter.h): one step for each instant at which something
 * changed, after all changes of that instant. */
#ifndef SEATMETER_CORE_USAGE_METER_TRACE_H
#define SEATMETER_CORE_USAGE_METER_TRACE_H

#include "core/usage/meter.h"

/* S(t) from an instant on. */
struct meter_step {
    int64_t at_us;
    int64_t seats;
};

/* Everything within [from_us, m1); empty where that is empty. */
struct meter_trace {
    const struct meter_step *steps; /* the first at from_us */
    size_t step_count;
    const int32_t *licence_highest; /* per licence: its own highest seats */
    const int64_t *day_highest;     /* per day of the month: the highest S(t); 0 for a day before from_us */
    size_t day_count;
};

/* `from_us` is as for meter_measure. Everything lives in `arena`. */
struct meter_trace meter_trace_of(const struct meter_group *group, const struct month_span *span,
                                  int64_t from_us, struct arena *arena);

/* The quantity that the trace comes to under a policy, which is what meter_measure gives. */
struct quantity meter_trace_quantity(const struct meter_trace *trace, size_t licence_count,
                                     enum metering_policy policy);

#endif
