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

/* A row must still be what was checked when it was released: a damaged one is an error, not a signed file
 * that no client reads. */
static enum status check_target(const struct release_target *target, struct fault *fault) {
    struct fault why;
    if (product_code_check(target->product, "product", &why) == STATUS_OK &&
        version_check(target->version, "version", &why) == STATUS_OK &&
        platform_check(target->platform, "platform", &why) == STATUS_OK &&
        file_name_check(target->file_name, "file_name", &why) == STATUS_OK &&
        sha256_check(target->sha256, "sha256", &why) == STATUS_OK) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "updates-broken", why.field, text_of(why.value),
                     "The store's row of a release is damaged. %s", why.message);
}

static enum status load_targets(struct call *call, struct tuf_target **targets, size_t *count,
                                struct fault *fault) {
    struct release_target *released = NULL;
    TRY(release_target_load_all(call->db, call->arena, &released, count, fault));
    *targets = ARENA_NEW(call->arena, struct tuf_target, *count);
    for (size_t i = 0; i < *count; i++) {
        const struct release_target *one = &released[i];
        struct text channel = text_of(release_channel_name(one->channel));
        struct target_path path = {.product = one->product,
                                   .channel = channel,
                                   .platform = one->platform,
                                   .version = one->version,
                                   .file_name = one->file_name};
        TRY(check_target(one, fault));
        (*targets)[i] = (struct tuf_target){.path = target_path_make(call->arena, &path),
                                            .size_bytes = one->size_bytes,
                                            .sha256 = one->sha256,
                                            .product = one->product,
                                            .version = one->version,
                                            .channel = channel,
                                            .platform = one->platform,
                                            .released_at_us = one->released_at_us};
    }
    return STATUS_OK;
}

enum status update_role_object(struct call *call, enum tuf_role role, int64_t version, int64_t expires_at_us,
                               struct text *object, struct fault *fault) {
    if (role == TUF_TARGETS) {
        struct tuf_target *targets = NULL;
        size_t count = 0;
        TRY(load_targets(call, &targets, &count, fault));
        *object = tuf_targets_signed(call->arena, version, expires_at_us, targets, count);
        return STATUS_OK;
    }
    struct tuf_file named;
    bool found = false;
    TRY(tuf_file_newest(call->db, call->arena, role == TUF_SNAPSHOT ? TUF_TARGETS : TUF_SNAPSHOT, &named,
                        &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_INTERNAL, "updates-broken", NULL, TEXT(""),
                         "The update repository lacks a file that %s.json names: run seatmeter release "
                         "verify.",
                         tuf_role_name(role));
    }
    struct tuf_named_file file = {named.version, named.bytes};
    *object = role == TUF_SNAPSHOT ? tuf_snapshot_signed(call->arena, version, expires_at_us, file)
                                   : tuf_timestamp_signed(call->arena, version, expires_at_us, file);
    return STATUS_OK;
}
