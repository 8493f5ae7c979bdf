/* Random: the machine's random bytes, fit for secrets (libsodium, getrandom(2)). */
#ifndef SEATMETER_MACHINE_RANDOM_H
#define SEATMETER_MACHINE_RANDOM_H

#include "core/base/random_source.h"

/* The source that doors give their calls. It holds no state, so threads may share it. */
struct random_source *machine_random_source(void);

void machine_random(void *bytes, size_t size_bytes);

#endif
