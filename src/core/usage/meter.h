/* Meter: how many seats count for one (end customer, SKU) in one month, under one policy.
 *
 * S(t) is the number of seats that are on; it is a step function, continuous from the right: all events
 * at t have happened at t, so what a licence held between two events of one instant does not count, under
 * any policy. `peak` is the highest S(t) in the window, `snapshot` S just before its end,
 * `any` the sum over licences of each one's own highest seats, `daily` the sum over local days of the
 * day's highest S(t), over the days of the month. Several policies of several edges read one meter. */
#ifndef SEATMETER_CORE_USAGE_METER_H
#define SEATMETER_CORE_USAGE_METER_H

#include "core/money/price.h"
#include "core/time/date.h"
#include "core/time/zone.h"

/* One change of one licence. */
struct seat_change {
    int64_t at_us;
    uint32_t licence; /* index into the group's licences */
    int32_t seats;    /* on after the change */
};

/* The licences of one (end customer, SKU) and everything that happened to them from before the first
 * window's start on. Owned by the caller. */
struct meter_group {
    const int32_t *opening_seats; /* per licence: on before the first of `changes` */
    size_t licence_count;
    const struct seat_change *changes; /* ascending by at_us; at equal times in log order */
    size_t change_count;
};

/* Reusable working memory, so that a close of a million licences allocates once; init to {0},
 * grown from `arena`. */
struct meter_scratch {
    struct arena *arena;
    int32_t *seats;
    int32_t *highest;
    size_t capacity;
};

/* The measured quantity in the month `span`, of which only [from_us, m1) counts (from_us is m0 unless a
 * trial ends within the month; not before m0; at or after m1 the result is 0). For `daily` the parts are
 * seat-days and parts_per_unit the days of the month, else parts_per_unit is 1.
 * Fault "quantity-overflow" where seats do not fit. */
enum status meter_measure(const struct meter_group *group, enum metering_policy policy,
                          const struct month_span *span, int64_t from_us, struct meter_scratch *scratch,
                          struct quantity *measured, struct fault *fault) MUST_CHECK;

#endif
