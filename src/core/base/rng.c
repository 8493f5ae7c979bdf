#include "core/base/rng.h"

#include <assert.h>

/* Steele, Lea and Flood 2014: turns any seed, 0 too, into well-mixed words. */
static uint64_t splitmix64(uint64_t *seed) {
    *seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void rng_seed(struct rng *rng, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        rng->state[i] = splitmix64(&seed);
    }
}

static uint64_t rotate_left(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

uint64_t rng_next(struct rng *rng) {
    uint64_t *s = rng->state;
    assert((s[0] | s[1] | s[2] | s[3]) != 0);
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Lemire 2019: the high half of a 128-bit product, drawn again in the few cases that would favour some. */
uint64_t rng_below(struct rng *rng, uint64_t bound) {
    assert(bound > 0);
    uint64_t unfair = (0 - bound) % bound; /* 2^64 mod bound */
    for (;;) {
        __extension__ unsigned __int128 product = (unsigned __int128)rng_next(rng) * bound;
        if ((uint64_t)product >= unfair) {
            uint64_t drawn = (uint64_t)(product >> 64);
            assert(drawn < bound);
            return drawn;
        }
    }
}

int64_t rng_between(struct rng *rng, int64_t low, int64_t high) {
    assert(low <= high);
    uint64_t width = (uint64_t)high - (uint64_t)low; /* exact, though high − low may not fit int64_t */
    uint64_t drawn = width == UINT64_MAX ? rng_next(rng) : rng_below(rng, width + 1);
    return (int64_t)((uint64_t)low + drawn);
}

bool rng_chance(struct rng *rng, uint64_t times, uint64_t out_of) {
    assert(times <= out_of);
    return rng_below(rng, out_of) < times;
}
