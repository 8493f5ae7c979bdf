#include "core/base/text_map.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

struct text_map_entry {
    struct text key; /* at NULL: free */
    int64_t number;
};

void text_map_init(struct text_map *map, struct arena *arena, const unsigned char seed[TEXT_MAP_SEED_BYTES]) {
    static_assert((int)TEXT_MAP_SEED_BYTES == (int)crypto_shorthash_KEYBYTES, "the seed is SipHash's key");
    *map = (struct text_map){.arena = arena};
    memcpy(map->seed, seed, TEXT_MAP_SEED_BYTES);
}

/* The key's entry, or the free one where it would stand. */
static struct text_map_entry *find_entry(const struct text_map *map, struct text key) {
    uint64_t hash = 0;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key.at, key.length, map->seed);
    size_t at = (size_t)hash & (map->capacity - 1);
    while (map->entries[at].key.at != NULL && !text_equal(map->entries[at].key, key)) {
        at = (at + 1) & (map->capacity - 1);
    }
    return &map->entries[at];
}

int64_t text_map_get(const struct text_map *map, struct text key) {
    if (map->count == 0) {
        return -1;
    }
    const struct text_map_entry *entry = find_entry(map, key);
    return entry->key.at == NULL ? -1 : entry->number;
}

/* Keeps at least half of the entries free. */
static void make_room(struct text_map *map) {
    if (2 * (map->count + 1) <= map->capacity) {
        return;
    }
    struct text_map old = *map;
    map->capacity = old.capacity == 0 ? 64 : 2 * old.capacity;
    map->entries = ARENA_NEW(map->arena, struct text_map_entry, map->capacity);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].key.at != NULL) {
            *find_entry(map, old.entries[i].key) = old.entries[i];
        }
    }
}

void text_map_put(struct text_map *map, struct text key, int64_t number) {
    assert(number >= 0);
    make_room(map);
    struct text_map_entry *entry = find_entry(map, key);
    if (entry->key.at == NULL) {
        map->count++;
    }
    entry->key = key.at == NULL ? TEXT("") : key;
    entry->number = number;
}
