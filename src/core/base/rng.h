/* Random numbers from a seed: xoshiro256** (Blackman and Vigna 2018), its state filled by splitmix64.
 *
 * For tests and simulations, where the same seed must give the same world on every machine. Never for
 * secrets: whoever sees a few outputs knows all that follow. */
#ifndef SEATMETER_CORE_BASE_RNG_H
#define SEATMETER_CORE_BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

void rng_seed(struct rng *rng, uint64_t seed);

/* 64 random bits. */
uint64_t rng_next(struct rng *rng);

/* From 0 to bound − 1, each exactly as likely; `bound` is above zero. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* From `low` to `high`, both included. */
int64_t rng_between(struct rng *rng, int64_t low, int64_t high);

/* True in `times` of `out_of` cases. */
bool rng_chance(struct rng *rng, uint64_t times, uint64_t out_of);

#endif
