/* At once: how many units machines used at the same instant.
 *
 * A pool of seats that serves one machine after another uses as many units as machines worked side by side,
 * and a machine that works under two licences of one SKU is one machine. */
#ifndef SEATMETER_CORE_USAGE_AT_ONCE_H
#define SEATMETER_CORE_USAGE_AT_ONCE_H

#include "core/base/arena.h"
#include "core/base/text.h"

#include <stddef.h>
#include <stdint.h>

/* A machine at work from an instant to before another; an empty stretch counts at its beginning. */
struct machine_use {
    struct text machine; /* what it is, as bytes */
    int64_t from_us;
    int64_t until_us;
    int64_t units;
};

/* The most units at once; of a machine with several stretches at an instant the one with the most units. The
 * uses are sorted on the way. */
int64_t most_at_once(struct machine_use *uses, size_t count, struct arena *arena);

#endif
