/* What all leases of a SKU have in common, read once per SKU, and which SKUs a thread has told the loop of.
 */
#include "device/live/live_private.h"

#include "programme/catalogue/lease_terms.h"

#include <stdlib.h>

static enum status fill(struct db *db, int64_t sku_id, struct live_sku_news *news, struct fault *fault) {
    int64_t version = 0;
    news->sku.id = sku_id;
    enum status status = lease_opening_load(db, &news->arena, sku_id, &news->sku.opening, fault);
    return status == STATUS_OK ? lease_terms_load(db, sku_id, &news->sku.terms, &version, fault) : status;
}

enum status live_sku_read(struct db *db, int64_t sku_id, struct live_sku_news **news, struct fault *fault) {
    struct live_sku_news *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    arena_init(&made->arena);
    enum status status = fill(db, sku_id, made, fault);
    if (status != STATUS_OK) {
        arena_clean_up(&made->arena);
        free(made);
        return status;
    }
    *news = made;
    return STATUS_OK;
}

static void remember(struct live_known *known, int64_t sku_id) {
    (void)id_map_put(&known->skus, sku_id, 0, (uint32_t)known->count);
    known->ids = arena_grow(&known->arena, known->ids, known->count, &known->capacity, sizeof *known->ids);
    known->ids[known->count++] = sku_id;
}

void live_known_init(struct live_known *known, const struct live *live) {
    *known = (struct live_known){0};
    arena_init(&known->arena);
    id_map_init(&known->skus, &known->arena, live->sku_count + 64);
    for (size_t i = 0; i < live->sku_count; i++) {
        remember(known, live->skus[i]->sku.id);
    }
}

void live_known_clean_up(struct live_known *known) {
    arena_clean_up(&known->arena);
}

enum status live_known_need(struct live_known *known, struct db *db, int64_t sku_id,
                            struct live_message *message, struct fault *fault) {
    uint32_t at = 0;
    if (id_map_get(&known->skus, sku_id, 0, &at)) {
        return STATUS_OK;
    }
    for (const struct live_sku_news *news = message->skus; news != NULL; news = news->next) {
        if (news->sku.id == sku_id) {
            return STATUS_OK;
        }
    }
    struct live_sku_news *news = NULL;
    enum status status = live_sku_read(db, sku_id, &news, fault);
    if (status == STATUS_OK) {
        news->next = message->skus;
        message->skus = news;
    }
    return status;
}

void live_known_settle(struct live_known *known, const struct live_message *message) {
    uint32_t at = 0;
    for (const struct live_sku_news *news = message->skus; news != NULL; news = news->next) {
        if (!id_map_get(&known->skus, news->sku.id, 0, &at)) {
            remember(known, news->sku.id);
        }
    }
}
