#include "device/live/live_sku.h"

#include "programme/catalogue/lease_terms.h"

#include <stdlib.h>

static enum status load_sku(struct db *db, int64_t sku_id, struct live_sku_update *update,
                            struct fault *fault) {
    int64_t version = 0;
    update->sku.id = sku_id;
    TRY(lease_opening_load(db, &update->arena, sku_id, &update->sku.opening, fault));
    return lease_terms_load(db, sku_id, &update->sku.terms, &version, fault);
}

enum status live_sku_read(struct db *db, int64_t sku_id, struct live_sku_update **update,
                          struct fault *fault) {
    struct live_sku_update *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    arena_init(&made->arena);
    enum status status = load_sku(db, sku_id, made, fault);
    if (status != STATUS_OK) {
        live_sku_update_free(made);
        return status;
    }
    *update = made;
    return STATUS_OK;
}

void live_sku_update_free(struct live_sku_update *update) {
    if (update != NULL) {
        arena_clean_up(&update->arena);
        free(update);
    }
}
