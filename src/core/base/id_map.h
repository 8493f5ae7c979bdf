/* Id map: from one or two identifiers to a small index, for joining arrays in memory.
 *
 * Open addressing with linear probing, at most half full, grown by doubling. It keeps no order and never
 * forgets; a join of a million licences with three million events costs a fraction of a second. */
#ifndef SEATMETER_CORE_BASE_ID_MAP_H
#define SEATMETER_CORE_BASE_ID_MAP_H

#include "core/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct id_map_slot {
    int64_t a;
    int64_t b;
    uint32_t index_plus_1; /* 0: free */
};

struct id_map {
    struct arena *arena;
    struct id_map_slot *slots;
    size_t slot_count; /* a power of two */
    size_t used;
};

/* A map for about `expected` entries. */
void id_map_init(struct id_map *map, struct arena *arena, size_t expected);

/* Puts (a, b) → index where there is none yet and returns index; else returns the index that is there. */
uint32_t id_map_put(struct id_map *map, int64_t a, int64_t b, uint32_t index);

/* True and `*index` where (a, b) is in the map. */
bool id_map_get(const struct id_map *map, int64_t a, int64_t b, uint32_t *index);

#endif
