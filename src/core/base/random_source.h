/* Random source: where random bytes come from. The machine's at a door, seeded in tests and simulations. */
#ifndef SEATMETER_CORE_BASE_RANDOM_SOURCE_H
#define SEATMETER_CORE_BASE_RANDOM_SOURCE_H

#include <stddef.h>

struct random_source {
    void (*fill)(struct random_source *source, void *bytes, size_t size_bytes);
};

#endif
