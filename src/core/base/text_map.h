/* Text map: which number a text has, for imports that must find a row's thing among thousands.
 *
 * Open addressing over SipHash-2-4 with a seed of the caller's, so that nobody can make a file whose keys all
 * collide. Keys are not copied: they live as long as the caller's text. Memory comes from the arena. */
#ifndef SEATMETER_CORE_BASE_TEXT_MAP_H
#define SEATMETER_CORE_BASE_TEXT_MAP_H

#include "core/base/arena.h"
#include "core/base/text.h"

#include <stdint.h>

enum { TEXT_MAP_SEED_BYTES = 16 };

struct text_map_entry;

struct text_map {
    struct arena *arena;
    unsigned char seed[TEXT_MAP_SEED_BYTES];
    struct text_map_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

void text_map_init(struct text_map *map, struct arena *arena, const unsigned char seed[TEXT_MAP_SEED_BYTES]);

/* The number of the key, or −1. */
int64_t text_map_get(const struct text_map *map, struct text key);

/* Gives the key a number (not negative), in place of any that it has. */
void text_map_put(struct text_map *map, struct text key, int64_t number);

#endif
