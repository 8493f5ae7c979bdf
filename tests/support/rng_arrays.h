/* Random arrays: bytes and orders from a seed, for tests and benches. */
#ifndef SEATMETER_TESTS_SUPPORT_RNG_ARRAYS_H
#define SEATMETER_TESTS_SUPPORT_RNG_ARRAYS_H

#include "core/base/rng.h"

#include <stddef.h>

/* `size_bytes` random bytes. */
void rng_fill(struct rng *rng, void *bytes, size_t size_bytes);

/* Puts `count` items of `item_bytes` in a random order. */
void rng_shuffle(struct rng *rng, void *items, size_t count, size_t item_bytes);

#endif
