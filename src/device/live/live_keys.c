#include "device/live/live_keys.h"

#include <stdlib.h>
#include <string.h>

enum status live_keys_read(const struct live_options *options, struct db *db, struct live_keys **keys,
                           struct fault *fault) {
    struct live_keys *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    arena_init(&made->arena);
    struct call call = {.db = db,
                        .arena = &made->arena,
                        .actor = {.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL},
                        .now_us = options->now_us(),
                        .secret = options->secret,
                        .random = options->random};
    enum status status = load_key_set(&call, &made->set, fault);
    if (status != STATUS_OK) {
        live_keys_free(made);
        return status;
    }
    *keys = made;
    return STATUS_OK;
}

void live_keys_free(struct live_keys *keys) {
    if (keys != NULL) {
        explicit_bzero(&keys->set.active, sizeof keys->set.active);
        arena_clean_up(&keys->arena);
        free(keys);
    }
}
