#include "programme/delivery/update_repository.h"

#include "programme/call/authorise.h"
#include "programme/delivery/update_keys.h"
#include "programme/delivery/update_objects.h"
#include "store/devices/devices.h"

#include <assert.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)

/* How long a file is good for; after half of that it is signed anew. The timestamp's is how long a client can
 * be kept from hearing of a newer release. */
static const int64_t LIVES_US[TUF_ROLE_COUNT] = {[TUF_ROOT] = 365 * DAY_US,
                                                 [TUF_TARGETS] = 90 * DAY_US,
                                                 [TUF_SNAPSHOT] = 7 * DAY_US,
                                                 [TUF_TIMESTAMP] = DAY_US};

/* What a repository begins with: losing one root key still leaves a threshold. */
static const struct {
    size_t keys;
    int64_t threshold;
} FIRST[TUF_ROLE_COUNT] = {
    [TUF_ROOT] = {3, 2}, [TUF_TARGETS] = {1, 1}, [TUF_SNAPSHOT] = {1, 1}, [TUF_TIMESTAMP] = {1, 1}};

/* ---- signing ---- */

static enum status next_version(struct call *call, enum tuf_role role, int64_t *version,
                                struct fault *fault) {
    struct tuf_file newest;
    bool found = false;
    enum status status = tuf_file_newest(call->db, call->arena, role, &newest, &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *version = found ? newest.version + 1 : 1;
    if (role != TUF_ROOT && *version < call->now_us / SECOND_US) {
        *version = call->now_us / SECOND_US;
    }
    return STATUS_OK;
}

static enum status keep_file(struct call *call, const struct update_keys *keys, enum tuf_role role,
                             int64_t version, int64_t expires_at_us, struct text signed_object,
                             const struct tuf_key *signers, size_t signer_count, struct fault *fault) {
    assert(signer_count >= (size_t)keys->thresholds[role]);
    struct tuf_file file = {
        .role = role,
        .version = version,
        .bytes = tuf_file_sign(call->arena, signed_object, signers, signer_count),
        .expires_at_us = expires_at_us,
        .created_at_us = call->now_us,
    };
    return tuf_file_insert(call->db, &file, fault);
}

/* `leaving` are root keys that sign once more. */
static enum status sign_root(struct call *call, const struct update_keys *keys, const struct tuf_key *leaving,
                             size_t leaving_count, struct fault *fault) {
    struct tuf_key signers[2 * TUF_KEYS_MAX];
    size_t count = keys->counts[TUF_ROOT];
    int64_t version = 0;
    int64_t expires_at_us = call->now_us + LIVES_US[TUF_ROOT];
    assert(leaving_count <= TUF_KEYS_MAX);
    memcpy(signers, keys->keys[TUF_ROOT], count * sizeof signers[0]);
    if (leaving_count > 0) {
        memcpy(signers + count, leaving, leaving_count * sizeof signers[0]);
    }
    enum status status = next_version(call, TUF_ROOT, &version, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return keep_file(call, keys, TUF_ROOT, version, expires_at_us,
                     update_root_object(call->arena, keys, version, expires_at_us), signers,
                     count + leaving_count, fault);
}

static enum status sign_role(struct call *call, const struct update_keys *keys, enum tuf_role role,
                             struct fault *fault) {
    struct text object = TEXT("");
    int64_t version = 0;
    int64_t expires_at_us = call->now_us + LIVES_US[role];
    enum status status = next_version(call, role, &version, fault);
    if (status == STATUS_OK) {
        status = update_role_object(call, role, version, expires_at_us, &object, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return keep_file(call, keys, role, version, expires_at_us, object, keys->keys[role], keys->counts[role],
                     fault);
}

/* The role and those that name it: the order of enum tuf_role. Drops what nobody can be in the middle of. */
static enum status sign_from(struct call *call, const struct update_keys *keys, enum tuf_role from,
                             struct fault *fault) {
    assert(from != TUF_ROOT);
    enum status status = STATUS_OK;
    for (int role = (int)from; status == STATUS_OK && role < TUF_ROLE_COUNT; role++) {
        status = sign_role(call, keys, (enum tuf_role)role, fault);
    }
    return status == STATUS_OK ? tuf_file_prune(call->db, call->now_us - DAY_US, fault) : status;
}

static enum status begin_repository(struct call *call, struct update_keys *keys, struct fault *fault) {
    enum status status = STATUS_OK;
    for (int role = 0; status == STATUS_OK && role < TUF_ROLE_COUNT; role++) {
        keys->thresholds[role] = FIRST[role].threshold;
        status = tuf_threshold_save(call->db, (enum tuf_role)role, FIRST[role].threshold, fault);
        for (size_t i = 0; status == STATUS_OK && i < FIRST[role].keys; i++) {
            status = update_keys_add(call, keys, (enum tuf_role)role, fault);
        }
    }
    if (status == STATUS_OK) {
        status = sign_root(call, keys, NULL, 0, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "updates.begin", TEXT("updates"), 0, TEXT("first root"), fault);
    }
    return status;
}

/* Files were signed: the device door, which keeps some at hand, is to read them again. */
static enum status tell_device_door(struct call *call, enum status status, struct fault *fault) {
    return status != STATUS_OK ? status
                               : device_change_note(call->db, DEVICE_CHANGE_RELEASES, 0, call->now_us, fault);
}

enum status update_repository_publish(struct call *call, struct fault *fault) {
    struct update_keys keys;
    enum status status = update_keys_load(call, &keys, fault);
    if (status == STATUS_OK && keys.thresholds[TUF_ROOT] == 0) {
        status = begin_repository(call, &keys, fault);
    }
    if (status == STATUS_OK) {
        status = sign_from(call, &keys, TUF_TARGETS, fault);
    }
    update_keys_wipe(&keys);
    return tell_device_door(call, status, fault);
}

/* ---- renewing ---- */

static const char OPERATORS[] = "Only the operator may do this to the update repository.";

/* Which roles have lived half their time; none where there is no repository. */
static enum status find_due(struct call *call, bool all, bool due[TUF_ROLE_COUNT], bool *any,
                            struct fault *fault) {
    int64_t thresholds[TUF_ROLE_COUNT];
    *any = false;
    enum status status = tuf_thresholds_load(call->db, thresholds, fault);
    for (int role = 0; status == STATUS_OK && role < TUF_ROLE_COUNT; role++) {
        struct tuf_file newest;
        bool found = false;
        due[role] = false;
        if (thresholds[role] == 0) {
            continue;
        }
        status = tuf_file_newest(call->db, call->arena, (enum tuf_role)role, &newest, &found, fault);
        if (status != STATUS_OK) {
            break;
        }
        due[role] = all || !found || newest.expires_at_us - call->now_us <= LIVES_US[role] / 2;
        *any = *any || due[role];
    }
    return status;
}

static enum status renew_due(struct call *call, const bool due[TUF_ROLE_COUNT], int64_t *renewed,
                             struct fault *fault) {
    struct update_keys keys;
    int from = TUF_TARGETS;
    enum status status = update_keys_load(call, &keys, fault);
    if (status == STATUS_OK && due[TUF_ROOT]) {
        status = sign_root(call, &keys, NULL, 0, fault);
        *renewed += 1;
    }
    while (from < TUF_ROLE_COUNT && !due[from]) {
        from++;
    }
    if (status == STATUS_OK && from < TUF_ROLE_COUNT) {
        status = sign_from(call, &keys, (enum tuf_role)from, fault);
        *renewed += TUF_ROLE_COUNT - from;
    }
    update_keys_wipe(&keys);
    return tell_device_door(call, status, fault);
}

enum status renew_updates(struct call *call, const struct renew_updates_input *input, int64_t *renewed,
                          struct fault *fault) {
    bool due[TUF_ROLE_COUNT];
    bool any = false;
    int64_t count = 0;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_operator(call, OPERATORS, fault);
    if (status == STATUS_OK) {
        status = find_due(call, input->all, due, &any, fault);
    }
    status = call_end(call, status, fault);
    if (status == STATUS_OK && any) {
        status = call_begin(call, DB_WRITE, fault);
        if (status != STATUS_OK) {
            return status;
        }
        status = find_due(call, input->all, due, &any, fault); /* another process may have been faster */
        if (status == STATUS_OK && any) {
            status = renew_due(call, due, &count, fault);
        }
        status = call_end(call, status, fault);
    }
    if (status == STATUS_OK && renewed != NULL) {
        *renewed = count;
    }
    return status;
}

/* ---- as people read it ---- */

static enum status fill_role(struct call *call, enum tuf_role role, int64_t threshold,
                             const struct tuf_stored_key *keys, size_t count, struct update_role_view *view,
                             struct fault *fault) {
    struct tuf_file newest = {0};
    bool found = false;
    enum status status = tuf_file_newest(call->db, call->arena, role, &newest, &found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *view = (struct update_role_view){.role = text_of(tuf_role_name(role)),
                                      .threshold = threshold,
                                      .key_ids = ARENA_NEW(call->arena, struct text, count + 1),
                                      .version = newest.version,
                                      .expires_at_us = newest.expires_at_us};
    for (size_t i = 0; i < count; i++) {
        if (keys[i].role == role && !keys[i].is_retired) {
            view->key_ids[view->key_count++] = keys[i].key_id;
        }
    }
    return STATUS_OK;
}

enum status update_repository_view_fill(struct call *call, struct update_repository_view *out,
                                        struct fault *fault) {
    struct update_repository_view view = {0};
    struct tuf_stored_key *keys = NULL;
    size_t count = 0;
    int64_t thresholds[TUF_ROLE_COUNT];
    enum status status = tuf_thresholds_load(call->db, thresholds, fault);
    if (status == STATUS_OK) {
        status = tuf_key_load_all(call->db, call->arena, &keys, &count, fault);
    }
    view.exists = status == STATUS_OK && thresholds[TUF_ROOT] > 0;
    for (int role = 0; status == STATUS_OK && view.exists && role < TUF_ROLE_COUNT; role++) {
        status =
            fill_role(call, (enum tuf_role)role, thresholds[role], keys, count, &view.roles[role], fault);
    }
    if (status == STATUS_OK) {
        *out = view;
    }
    return status;
}

/* ---- rotating ---- */

static enum status no_releases(const char *field, struct text value, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "no-releases", field, value,
                     "There is no update repository yet: it begins with the first release.");
}

static enum status settle_numbers(const struct update_keys *keys, enum tuf_role role,
                                  const struct rotate_update_key_input *input, int64_t *count,
                                  int64_t *threshold, struct fault *fault) {
    if (keys->thresholds[role] == 0) {
        return no_releases("role", input->role, fault);
    }
    *count = input->keys == 0 ? (int64_t)keys->counts[role] : input->keys;
    *threshold = input->threshold == 0 ? keys->thresholds[role] : input->threshold;
    if (*count >= 1 && *count <= TUF_KEYS_MAX && *threshold >= 1 && *threshold <= *count) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "threshold-out-of-range", "threshold", TEXT(""),
                     "A role has from 1 to %d keys, and from 1 to as many must sign; asked for are %lld of "
                     "%lld.",
                     (int)TUF_KEYS_MAX, (long long)*threshold, (long long)*count);
}

/* Retires the oldest key, and more where fewer are wanted, and makes new ones up to the count. */
static enum status exchange_keys(struct call *call, struct update_keys *keys, enum tuf_role role,
                                 int64_t count, struct tuf_key *retired, size_t *retired_count,
                                 struct fault *fault) {
    enum status status = STATUS_OK;
    *retired_count = 0;
    do {
        status = update_keys_retire_oldest(call, keys, role, &retired[*retired_count], fault);
        *retired_count += status == STATUS_OK;
    } while (status == STATUS_OK && (int64_t)keys->counts[role] >= count);
    while (status == STATUS_OK && (int64_t)keys->counts[role] < count) {
        status = update_keys_add(call, keys, role, fault);
    }
    return status;
}

static enum status rotate(struct call *call, const struct rotate_update_key_input *input,
                          struct update_keys *keys, struct fault *fault) {
    enum tuf_role role = TUF_ROOT;
    int64_t count = 0;
    int64_t threshold = 0;
    struct tuf_key retired[TUF_KEYS_MAX];
    size_t retired_count = 0;
    enum status status = tuf_role_parse(input->role, "role", &role, fault);
    if (status == STATUS_OK) {
        status = update_keys_load(call, keys, fault);
    }
    if (status == STATUS_OK) {
        status = settle_numbers(keys, role, input, &count, &threshold, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = exchange_keys(call, keys, role, count, retired, &retired_count, fault);
    keys->thresholds[role] = threshold;
    if (status == STATUS_OK) {
        status = tuf_threshold_save(call->db, role, threshold, fault);
    }
    if (status == STATUS_OK) {
        status = sign_root(call, keys, retired, role == TUF_ROOT ? retired_count : 0, fault);
    }
    if (status == STATUS_OK && role != TUF_ROOT) {
        status = sign_from(call, keys, role, fault);
    }
    status = tell_device_door(call, status, fault);
    for (size_t i = 0; i < retired_count; i++) {
        struct update_keys gone = {.counts = {[TUF_ROOT] = 1}};
        gone.keys[TUF_ROOT][0] = retired[i];
        update_keys_wipe(&gone);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return audit_write(call, "updates.rotate-key", TEXT("updates"), 0,
                       text_format(call->arena, "%s: %lld of %lld keys", tuf_role_name(role),
                                   (long long)threshold, (long long)count),
                       fault);
}

enum status rotate_update_key(struct call *call, const struct rotate_update_key_input *input,
                              struct update_repository_view *out, struct fault *fault) {
    struct update_keys keys = {0};
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_operator(call, OPERATORS, fault);
    if (status == STATUS_OK) {
        status = rotate(call, input, &keys, fault);
    }
    update_keys_wipe(&keys);
    if (status == STATUS_OK) {
        status = update_repository_view_fill(call, out, fault);
    }
    return call_end(call, status, fault);
}

/* ---- the root to begin with ---- */

enum status first_root_load(struct call *call, struct first_root *out, bool *found, struct fault *fault) {
    struct tuf_file file = {0};
    enum status status = tuf_file_version(call->db, call->arena, TUF_ROOT, 1, &file, found, fault);
    if (status == STATUS_OK && *found) {
        *out = (struct first_root){file.bytes, sha256_hex(call->arena, file.bytes)};
    }
    return status;
}

enum status show_first_root(struct call *call, struct first_root *out, struct fault *fault) {
    bool found = false;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = first_root_load(call, out, &found, fault);
    if (status == STATUS_OK && !found) {
        status = no_releases(NULL, TEXT(""), fault);
    }
    return call_end(call, status, fault);
}
