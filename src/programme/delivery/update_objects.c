#include "programme/delivery/update_objects.h"

#include "delivery/target_path.h"
#include "store/delivery/releases.h"

struct text update_root_object(struct arena *arena, const struct update_keys *keys, int64_t version,
                               int64_t expires_at_us) {
    struct tuf_root root = {.version = version,
                            .expires_at_us = expires_at_us,
                            .root = update_keys_of(keys, TUF_ROOT),
                            .snapshot = update_keys_of(keys, TUF_SNAPSHOT),
                            .targets = update_keys_of(keys, TUF_TARGETS),
                            .timestamp = update_keys_of(keys, TUF_TIMESTAMP)};
    return tuf_root_signed(arena, &root);
}

static enum status load_targets(struct call *call, struct tuf_target **targets, size_t *count,
                                struct fault *fault) {
    struct release_target *released = NULL;
    enum status status = release_target_load_all(call->db, call->arena, &released, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *targets = ARENA_NEW(call->arena, struct tuf_target, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        const struct release_target *one = &released[i];
        struct text channel = text_of(release_channel_name(one->channel));
        struct target_path path = {.product = one->product_code,
                                   .channel = channel,
                                   .platform = one->platform,
                                   .version = one->version,
                                   .file_name = one->file_name};
        (*targets)[i] = (struct tuf_target){.path = target_path_make(call->arena, &path),
                                            .size_bytes = one->size_bytes,
                                            .sha256 = one->sha256,
                                            .product = one->product_code,
                                            .version = one->version,
                                            .channel = channel,
                                            .platform = one->platform,
                                            .released_at_us = one->released_at_us};
    }
    return STATUS_OK;
}

enum status update_role_object(struct call *call, enum tuf_role role, int64_t version, int64_t expires_at_us,
                               struct text *object, struct fault *fault) {
    struct tuf_file named;
    struct tuf_target *targets = NULL;
    size_t count = 0;
    bool found = false;
    enum status status = STATUS_OK;
    if (role == TUF_TARGETS) {
        status = load_targets(call, &targets, &count, fault);
        if (status == STATUS_OK) {
            *object = tuf_targets_signed(call->arena, version, expires_at_us, targets, count);
        }
        return status;
    }
    status = tuf_file_newest(call->db, call->arena, role == TUF_SNAPSHOT ? TUF_TARGETS : TUF_SNAPSHOT, &named,
                             &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!found) {
        return fault_set(fault, STATUS_INTERNAL, "updates-broken", NULL, TEXT(""),
                         "The update repository lacks a file that %s.json names.", tuf_role_name(role));
    }
    struct tuf_named_file file = {named.version, named.bytes};
    *object = role == TUF_SNAPSHOT ? tuf_snapshot_signed(call->arena, version, expires_at_us, file)
                                   : tuf_timestamp_signed(call->arena, version, expires_at_us, file);
    return STATUS_OK;
}
