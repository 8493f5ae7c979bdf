#include "programme/call/name_cache.h"

void name_cache_init(struct name_cache *cache, struct call *call) {
    *cache = (struct name_cache){.call = call};
    id_map_init(&cache->account_index, call->arena, 16);
    id_map_init(&cache->agreement_index, call->arena, 16);
    id_map_init(&cache->sku_index, call->arena, 16);
}

enum status name_cache_sight(struct name_cache *cache, struct sight **sight, struct fault *fault) {
    if (!cache->has_sight) {
        TRY(sight_open(cache->call, &cache->sight, fault));
        cache->has_sight = true;
    }
    *sight = &cache->sight;
    return STATUS_OK;
}

enum status name_cache_account(struct name_cache *cache, int64_t id, const struct account **account,
                               struct fault *fault) {
    uint32_t at = 0;
    if (id_map_get(&cache->account_index, id, 0, &at)) {
        *account = cache->accounts[at];
        return STATUS_OK;
    }
    struct arena *arena = cache->call->arena;
    struct account *loaded = ARENA_NEW(arena, struct account, 1);
    if (id != 0) {
        TRY(account_load(cache->call->db, arena, id, loaded, fault));
        struct sight *sight = NULL;
        TRY(name_cache_sight(cache, &sight, fault));
        TRY(sight_limit_account(sight, loaded, fault));
    }
    cache->accounts = arena_grow(arena, cache->accounts, cache->account_count, &cache->account_capacity,
                                 sizeof(struct account *));
    id_map_put(&cache->account_index, id, 0, (uint32_t)cache->account_count);
    cache->accounts[cache->account_count++] = loaded;
    *account = loaded;
    return STATUS_OK;
}

enum status name_cache_agreement(struct name_cache *cache, int64_t id, const struct agreement **agreement,
                                 struct fault *fault) {
    uint32_t at = 0;
    if (id_map_get(&cache->agreement_index, id, 0, &at)) {
        *agreement = cache->agreements[at];
        return STATUS_OK;
    }
    struct arena *arena = cache->call->arena;
    struct agreement *loaded = ARENA_NEW(arena, struct agreement, 1);
    TRY(agreement_load(cache->call->db, arena, id, loaded, fault));
    cache->agreements = arena_grow(arena, cache->agreements, cache->agreement_count,
                                   &cache->agreement_capacity, sizeof(struct agreement *));
    id_map_put(&cache->agreement_index, id, 0, (uint32_t)cache->agreement_count);
    cache->agreements[cache->agreement_count++] = loaded;
    *agreement = loaded;
    return STATUS_OK;
}

enum status name_cache_sku(struct name_cache *cache, int64_t id, const struct sku **sku,
                           struct fault *fault) {
    uint32_t at = 0;
    if (id_map_get(&cache->sku_index, id, 0, &at)) {
        *sku = cache->skus[at];
        return STATUS_OK;
    }
    struct arena *arena = cache->call->arena;
    struct sku *loaded = ARENA_NEW(arena, struct sku, 1);
    if (id != 0) {
        TRY(sku_load(cache->call->db, arena, id, loaded, fault));
    }
    cache->skus =
        arena_grow(arena, cache->skus, cache->sku_count, &cache->sku_capacity, sizeof(struct sku *));
    id_map_put(&cache->sku_index, id, 0, (uint32_t)cache->sku_count);
    cache->skus[cache->sku_count++] = loaded;
    *sku = loaded;
    return STATUS_OK;
}
