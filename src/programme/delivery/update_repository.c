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

/* The keys that a repository begins with: losing one root key still leaves a threshold. */
static const struct {
    size_t keys;
    int64_t threshold;
} FIRST[TUF_ROLE_COUNT] = {
    [TUF_ROOT] = {3, 2}, [TUF_TARGETS] = {1, 1}, [TUF_SNAPSHOT] = {1, 1}, [TUF_TIMESTAMP] = {1, 1}};

/* ---- signing ---- */

static enum status find_next_version(struct call *call, enum tuf_role role, int64_t *version,
                                     struct fault *fault) {
    struct tuf_file newest;
    bool found = false;
    TRY(tuf_file_newest(call->db, call->arena, role, &newest, &found, fault));
    *version = found ? newest.version + 1 : 1;
    if (role != TUF_ROOT && *version < call->now_us / SECOND_US) {
        *version = call->now_us / SECOND_US;
    }
    return STATUS_OK;
}

static enum status insert_signed(struct call *call, const struct update_keys *keys, enum tuf_role role,
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
    TRY(find_next_version(call, TUF_ROOT, &version, fault));
    return insert_signed(call, keys, TUF_ROOT, version, expires_at_us,
                         update_root_object(call->arena, keys, version, expires_at_us), signers,
                         count + leaving_count, fault);
}

static enum status sign_role(struct call *call, const struct update_keys *keys, enum tuf_role role,
                             struct fault *fault) {
    struct text object = TEXT("");
    int64_t version = 0;
    int64_t expires_at_us = call->now_us + LIVES_US[role];
    TRY(find_next_version(call, role, &version, fault));
    TRY(update_role_object(call, role, version, expires_at_us, &object, fault));
    return insert_signed(call, keys, role, version, expires_at_us, object, keys->keys[role],
                         keys->counts[role], fault);
}

/* Signs the role and those that name it, in the order of enum tuf_role. Drops what nobody can be in the
 * middle of. */
static enum status sign_from(struct call *call, const struct update_keys *keys, enum tuf_role from,
                             struct fault *fault) {
    assert(from != TUF_ROOT);
    for (int role = (int)from; role < TUF_ROLE_COUNT; role++) {
        TRY(sign_role(call, keys, (enum tuf_role)role, fault));
    }
    return tuf_file_prune(call->db, call->now_us - DAY_US, fault);
}

/* Tells the device door, which keeps some files at hand, to read them again. */
static enum status tell_device_door(struct call *call, struct fault *fault) {
    return device_change_note(call->db, DEVICE_CHANGE_RELEASES, 0, call->now_us, fault);
}

static enum status begin_repository(struct call *call, struct update_keys *keys, struct fault *fault) {
    for (int role = 0; role < TUF_ROLE_COUNT; role++) {
        keys->thresholds[role] = FIRST[role].threshold;
        TRY(tuf_threshold_save(call->db, (enum tuf_role)role, FIRST[role].threshold, fault));
        for (size_t i = 0; i < FIRST[role].keys; i++) {
            TRY(update_keys_add(call, keys, (enum tuf_role)role, fault));
        }
    }
    TRY(sign_root(call, keys, NULL, 0, fault));
    return audit_write(call, "updates.begin", TEXT("updates"), 0, TEXT("first root"), fault);
}

static enum status sign_releases(struct call *call, struct update_keys *keys, struct fault *fault) {
    TRY(update_keys_load(call, keys, fault));
    if (keys->thresholds[TUF_ROOT] == 0) {
        TRY(begin_repository(call, keys, fault));
    }
    TRY(sign_from(call, keys, TUF_TARGETS, fault));
    return tell_device_door(call, fault);
}

enum status update_repository_publish(struct call *call, struct fault *fault) {
    struct update_keys keys = {0};
    enum status status = sign_releases(call, &keys, fault);
    update_keys_wipe(&keys);
    return status;
}

/* ---- renewing ---- */

static const char OPERATORS[] = "Only the operator may do this to the update repository.";

/* Which roles are to be signed anew. */
struct due {
    bool all; /* asked for, whether they are due or not */
    bool roles[TUF_ROLE_COUNT];
    bool any;
};

/* Finds which roles have lived half their time; none where there is no repository. */
static enum status find_due(struct call *call, struct due *due, struct fault *fault) {
    int64_t thresholds[TUF_ROLE_COUNT];
    due->any = false;
    TRY(tuf_thresholds_load(call->db, thresholds, fault));
    for (int role = 0; role < TUF_ROLE_COUNT; role++) {
        struct tuf_file newest;
        bool found = false;
        due->roles[role] = false;
        if (thresholds[role] == 0) {
            continue;
        }
        TRY(tuf_file_newest(call->db, call->arena, (enum tuf_role)role, &newest, &found, fault));
        due->roles[role] = due->all || !found || newest.expires_at_us - call->now_us <= LIVES_US[role] / 2;
        due->any = due->any || due->roles[role];
    }
    return STATUS_OK;
}

static enum status sign_due(struct call *call, const struct due *due, struct update_keys *keys,
                            int64_t *renewed, struct fault *fault) {
    int from = TUF_TARGETS;
    TRY(update_keys_load(call, keys, fault));
    if (due->roles[TUF_ROOT]) {
        TRY(sign_root(call, keys, NULL, 0, fault));
        *renewed += 1;
    }
    while (from < TUF_ROLE_COUNT && !due->roles[from]) {
        from++;
    }
    if (from < TUF_ROLE_COUNT) {
        TRY(sign_from(call, keys, (enum tuf_role)from, fault));
        *renewed += TUF_ROLE_COUNT - from;
    }
    return tell_device_door(call, fault);
}

static enum status do_find_due(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct renew_updates_input *renew = input;
    struct due *due = output;
    TRY(require_operator(call, OPERATORS, fault));
    due->all = renew->all;
    return find_due(call, due, fault);
}

static enum status do_renew_due(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct renew_updates_input *renew = input;
    struct due due = {.all = renew->all};
    struct update_keys keys = {0};
    TRY(find_due(call, &due, fault)); /* another process may have been faster */
    if (!due.any) {
        return STATUS_OK;
    }
    enum status status = sign_due(call, &due, &keys, output, fault);
    update_keys_wipe(&keys);
    return status;
}

/* Reads first: nothing is due most of the time, and reading holds up nobody. */
enum status renew_updates(struct call *call, const struct renew_updates_input *input, int64_t *renewed,
                          struct fault *fault) {
    struct due due = {0};
    int64_t count = 0;
    TRY(call_run(call, DB_READ, do_find_due, input, &due, fault));
    if (due.any) {
        TRY(call_run(call, DB_WRITE, do_renew_due, input, &count, fault));
    }
    if (renewed != NULL) {
        *renewed = count;
    }
    return STATUS_OK;
}

/* ---- as people read it ---- */

static enum status fill_role(struct call *call, enum tuf_role role, int64_t threshold,
                             const struct tuf_stored_key *keys, size_t count, struct update_role_view *view,
                             struct fault *fault) {
    struct tuf_file newest = {0};
    bool found = false;
    TRY(tuf_file_newest(call->db, call->arena, role, &newest, &found, fault));
    *view = (struct update_role_view){.role = text_of(tuf_role_name(role)),
                                      .threshold = threshold,
                                      .key_ids = ARENA_NEW(call->arena, struct text, count),
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
    TRY(tuf_thresholds_load(call->db, thresholds, fault));
    TRY(tuf_key_load_all(call->db, call->arena, &keys, &count, fault));
    view.exists = thresholds[TUF_ROOT] > 0;
    for (int role = 0; view.exists && role < TUF_ROLE_COUNT; role++) {
        TRY(fill_role(call, (enum tuf_role)role, thresholds[role], keys, count, &view.roles[role], fault));
    }
    *out = view;
    return STATUS_OK;
}

/* ---- rotating ---- */

/* Keys of a role that sign once more, if at all, and are wiped then. */
struct retired_keys {
    struct tuf_key keys[TUF_KEYS_MAX];
    size_t count;
};

static enum status refuse_no_releases(const char *field, struct text value, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "no-releases", field, value,
                     "The update repository begins with the first release, and there is none yet.");
}

static enum status settle_numbers(const struct update_keys *keys, enum tuf_role role,
                                  const struct rotate_update_key_input *input, int64_t *count,
                                  int64_t *threshold, struct fault *fault) {
    if (keys->thresholds[role] == 0) {
        return refuse_no_releases("role", input->role, fault);
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
                                 int64_t count, struct retired_keys *retired, struct fault *fault) {
    do {
        TRY(update_keys_retire_oldest(call, keys, role, &retired->keys[retired->count], fault));
        retired->count++;
    } while ((int64_t)keys->counts[role] >= count);
    while ((int64_t)keys->counts[role] < count) {
        TRY(update_keys_add(call, keys, role, fault));
    }
    assert((int64_t)keys->counts[role] == count);
    return STATUS_OK;
}

static enum status rotate_key(struct call *call, const struct rotate_update_key_input *input,
                              struct update_keys *keys, struct retired_keys *retired, struct fault *fault) {
    enum tuf_role role = TUF_ROOT;
    int64_t count = 0;
    int64_t threshold = 0;
    TRY(tuf_role_parse(input->role, "role", &role, fault));
    TRY(update_keys_load(call, keys, fault));
    TRY(settle_numbers(keys, role, input, &count, &threshold, fault));
    TRY(exchange_keys(call, keys, role, count, retired, fault));
    keys->thresholds[role] = threshold;
    TRY(tuf_threshold_save(call->db, role, threshold, fault));
    TRY(sign_root(call, keys, retired->keys, role == TUF_ROOT ? retired->count : 0, fault));
    if (role != TUF_ROOT) {
        TRY(sign_from(call, keys, role, fault));
    }
    TRY(tell_device_door(call, fault));
    return audit_write(call, "updates.rotate-key", TEXT("updates"), 0,
                       text_format(call->arena, "%s: %lld of %lld keys", tuf_role_name(role),
                                   (long long)threshold, (long long)count),
                       fault);
}

static void wipe_retired(const struct retired_keys *retired) {
    for (size_t i = 0; i < retired->count; i++) {
        struct update_keys gone = {.counts = {[TUF_ROOT] = 1}};
        gone.keys[TUF_ROOT][0] = retired->keys[i];
        update_keys_wipe(&gone);
    }
}

static enum status do_rotate_update_key(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    struct update_keys keys = {0};
    struct retired_keys retired = {0};
    TRY(require_operator(call, OPERATORS, fault));
    enum status status = rotate_key(call, input, &keys, &retired, fault);
    wipe_retired(&retired);
    update_keys_wipe(&keys);
    return status == STATUS_OK ? update_repository_view_fill(call, output, fault) : status;
}

enum status rotate_update_key(struct call *call, const struct rotate_update_key_input *input,
                              struct update_repository_view *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_rotate_update_key, input, out, fault);
}

/* ---- the root to begin with ---- */

enum status first_root_load(struct call *call, struct first_root *out, bool *found, struct fault *fault) {
    struct tuf_file file = {0};
    TRY(tuf_file_version(call->db, call->arena, TUF_ROOT, 1, &file, found, fault));
    if (*found) {
        *out = (struct first_root){file.bytes, sha256_hex(call->arena, file.bytes)};
    }
    return STATUS_OK;
}

static enum status do_show_first_root(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    (void)input;
    bool found = false;
    TRY(first_root_load(call, output, &found, fault));
    return found ? STATUS_OK : refuse_no_releases(NULL, TEXT(""), fault);
}

enum status show_first_root(struct call *call, struct first_root *out, struct fault *fault) {
    return call_run(call, DB_READ, do_show_first_root, NULL, out, fault);
}
