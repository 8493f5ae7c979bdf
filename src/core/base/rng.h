/* Random numbers from a seed: xoshiro256** (Blackman and Vigna 2018), its state filled by splitmix64.
 *
 * For tests and simulations, where the same seed must give the same world on every machine. Never for
 * secrets: whoever sees a few outputs knows all that follow. */
#ifndef SEATMETER_CORE_BASE_RNG_H
#define SEATMETER_CORE_BASE_RNG_H

#include <stdbool.h>
#include <stddef.h>
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

/* `size_bytes` random bytes. */
void rng_fill(struct rng *rng, void *bytes, size_t size_bytes);

/* A generator of its own, seeded from this one: drawing more from the one leaves the other as it is. */
struct rng rng_fork(struct rng *rng);

/* Puts `count` items of `item_bytes` in a random order. */
void rng_shuffle(struct rng *rng, void *items, size_t count, size_t item_bytes);

#endif
