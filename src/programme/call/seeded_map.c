#include "programme/call/seeded_map.h"

void seeded_map_init(struct call *call, struct text_map *map) {
    unsigned char seed[TEXT_MAP_SEED_BYTES];
    call->random->fill(call->random, seed, sizeof seed);
    text_map_init(map, call->arena, seed);
}
