#include "rng_arrays.h"

void rng_fill(struct rng *rng, void *bytes, size_t size_bytes) {
    unsigned char *at = bytes;
    while (size_bytes > 0) {
        uint64_t word = rng_next(rng);
        for (size_t i = 0; i < 8 && size_bytes > 0; i++, size_bytes--) {
            *at++ = (unsigned char)(word >> (8 * i)); /* the same on every byte order */
        }
    }
}

static void swap_bytes(unsigned char *a, unsigned char *b, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

void rng_shuffle(struct rng *rng, void *items, size_t count, size_t item_bytes) {
    unsigned char *at = items;
    for (size_t left = count; left > 1; left--) {
        size_t chosen = (size_t)rng_below(rng, left);
        if (chosen != left - 1) {
            swap_bytes(at + chosen * item_bytes, at + (left - 1) * item_bytes, item_bytes);
        }
    }
}
