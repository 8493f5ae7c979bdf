#include "device/live/live_known.h"

#include <assert.h>

bool live_known_has(const struct live_known *known, int64_t sku_id) {
    uint32_t at = 0;
    return id_map_get(&known->skus, sku_id, 0, &at);
}

static void remember_sku(struct live_known *known, int64_t sku_id) {
    uint32_t at = id_map_put(&known->skus, sku_id, 0, (uint32_t)known->count);
    assert(at == known->count); /* it was not known */
    known->ids = arena_grow(&known->arena, known->ids, known->count, &known->capacity, sizeof *known->ids);
    known->ids[known->count++] = sku_id;
}

void live_known_init(struct live_known *known, const struct live *live) {
    *known = (struct live_known){0};
    arena_init(&known->arena);
    id_map_init(&known->skus, &known->arena, live->sku_count + 64);
    for (size_t i = 0; i < live->sku_count; i++) {
        remember_sku(known, live->skus[i]->sku.id);
    }
}

void live_known_clean_up(struct live_known *known) {
    arena_clean_up(&known->arena);
}

static bool message_has(const struct live_message *message, int64_t sku_id) {
    for (const struct live_sku_update *update = message->skus; update != NULL; update = update->next) {
        if (update->sku.id == sku_id) {
            return true;
        }
    }
    return false;
}

enum status live_known_need(const struct live_known *known, struct db *db, int64_t sku_id,
                            struct live_message *message, struct fault *fault) {
    struct live_sku_update *update = NULL;
    if (live_known_has(known, sku_id) || message_has(message, sku_id)) {
        return STATUS_OK;
    }
    TRY(live_sku_read(db, sku_id, &update, fault));
    live_message_add_sku(message, update);
    return STATUS_OK;
}

enum status live_known_complete(const struct live_known *known, struct db *db, struct live_message *message,
                                struct fault *fault) {
    for (size_t i = 0; i < message->licence_count; i++) {
        TRY(live_known_need(known, db, message->licences[i].sku_id, message, fault));
    }
    return STATUS_OK;
}

void live_known_settle(struct live_known *known, const struct live_message *message) {
    for (const struct live_sku_update *update = message->skus; update != NULL; update = update->next) {
        if (!live_known_has(known, update->sku.id)) {
            remember_sku(known, update->sku.id);
        }
    }
}
