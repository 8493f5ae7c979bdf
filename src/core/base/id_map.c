#include "core/base/id_map.h"

#include <assert.h>

/* The finalizer of SplitMix64: neighbours spread over the whole table. */
static size_t hash(int64_t a, int64_t b) {
    uint64_t mixed = (uint64_t)a * 0x9E3779B97F4A7C15u + (uint64_t)b;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return (size_t)(mixed ^ (mixed >> 31));
}

static struct id_map_slot *slot_of(const struct id_map *map, int64_t a, int64_t b) {
    size_t mask = map->slot_count - 1;
    size_t at = hash(a, b) & mask;
    while (map->slots[at].index_plus_1 != 0 && (map->slots[at].a != a || map->slots[at].b != b)) {
        at = (at + 1) & mask;
    }
    return &map->slots[at];
}

void id_map_init(struct id_map *map, struct arena *arena, size_t expected) {
    size_t slots = 16;
    while (slots < 2 * expected) {
        slots *= 2;
    }
    *map = (struct id_map){arena, ARENA_NEW(arena, struct id_map_slot, slots), slots, 0};
}

static void grow(struct id_map *map) {
    struct id_map old = *map;
    map->slot_count *= 2;
    map->slots = ARENA_NEW(map->arena, struct id_map_slot, map->slot_count);
    for (size_t i = 0; i < old.slot_count; i++) {
        if (old.slots[i].index_plus_1 != 0) {
            *slot_of(map, old.slots[i].a, old.slots[i].b) = old.slots[i];
        }
    }
}

uint32_t id_map_put(struct id_map *map, int64_t a, int64_t b, uint32_t index) {
    assert(map->arena != NULL && index < UINT32_MAX);
    if (2 * (map->used + 1) > map->slot_count) {
        grow(map);
    }
    struct id_map_slot *slot = slot_of(map, a, b);
    if (slot->index_plus_1 == 0) {
        *slot = (struct id_map_slot){a, b, index + 1};
        map->used++;
    }
    return slot->index_plus_1 - 1;
}

bool id_map_get(const struct id_map *map, int64_t a, int64_t b, uint32_t *index) {
    assert(map->slots != NULL);
    const struct id_map_slot *slot = slot_of(map, a, b);
    if (slot->index_plus_1 == 0) {
        return false;
    }
    *index = slot->index_plus_1 - 1;
    return true;
}
