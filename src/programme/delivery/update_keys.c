#include "programme/delivery/update_keys.h"

#include "programme/keys/sealed_box.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char SEAL_PURPOSE[] = "seatmeter update key seal";

/* The seed alone is kept, sealed together with the public key that it belongs to. */
static struct text seal_seed(struct call *call, const unsigned char seed[crypto_sign_SEEDBYTES],
                             const unsigned char *public_key) {
    return sealed_box_seal(call, SEAL_PURPOSE, (struct text){(const char *)seed, crypto_sign_SEEDBYTES},
                           (struct text){(const char *)public_key, TUF_PUBLIC_KEY_BYTES});
}

static enum status open_key(struct call *call, const struct tuf_stored_key *stored, struct tuf_key *key,
                            struct fault *fault) {
    unsigned char seed[crypto_sign_SEEDBYTES];
    if (stored->public_key.length != TUF_PUBLIC_KEY_BYTES ||
        !sealed_box_open(call, SEAL_PURPOSE, stored->private_sealed, stored->public_key, seed, sizeof seed)) {
        return fault_set(fault, STATUS_INTERNAL, "key-unreadable", "key", stored->key_id,
                         "A key of the update repository was sealed under another secret than the one "
                         "given, or is damaged.");
    }
    unsigned char *public_key = ARENA_NEW(call->arena, unsigned char, TUF_PUBLIC_KEY_BYTES);
    unsigned char *secret_key = ARENA_NEW(call->arena, unsigned char, TUF_SECRET_KEY_BYTES);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    sodium_memzero(seed, sizeof seed);
    *key = (struct tuf_key){stored->key_id, public_key, secret_key};
    return STATUS_OK;
}

static void add_key(struct update_keys *keys, enum tuf_role role, struct tuf_key key, int64_t id) {
    assert(keys->counts[role] < TUF_KEYS_MAX);
    keys->keys[role][keys->counts[role]] = key;
    keys->ids[role][keys->counts[role]] = id;
    keys->counts[role]++;
}

/* Whether each role has as many keys as must sign, and no more than it may have. */
static enum status check_counts(const struct update_keys *keys, struct fault *fault) {
    bool exists = keys->thresholds[TUF_ROOT] > 0;
    for (int role = 0; exists && role < TUF_ROLE_COUNT; role++) {
        int64_t threshold = keys->thresholds[role];
        if (threshold < 1 || (size_t)threshold > keys->counts[role]) {
            return fault_set(
                fault, STATUS_INTERNAL, "updates-broken", NULL, TEXT(""),
                "Of the role %s of the update repository %lld keys must sign, and there are %zu: "
                "run seatmeter release verify.",
                tuf_role_name((enum tuf_role)role), (long long)threshold, keys->counts[role]);
        }
    }
    return STATUS_OK;
}

static enum status open_active(struct call *call, const struct tuf_stored_key *stored,
                               struct update_keys *keys, struct fault *fault) {
    struct tuf_key key = {0};
    if (keys->counts[stored->role] == TUF_KEYS_MAX) {
        return fault_set(fault, STATUS_INTERNAL, "updates-broken", NULL, TEXT(""),
                         "The role %s of the update repository should have at most %d active keys: run "
                         "seatmeter release verify.",
                         tuf_role_name(stored->role), (int)TUF_KEYS_MAX);
    }
    TRY(open_key(call, stored, &key, fault));
    add_key(keys, stored->role, key, stored->id);
    return STATUS_OK;
}

enum status update_keys_load(struct call *call, struct update_keys *keys, struct fault *fault) {
    struct tuf_stored_key *stored = NULL;
    size_t count = 0;
    *keys = (struct update_keys){0};
    TRY(tuf_thresholds_load(call->db, keys->thresholds, fault));
    TRY(tuf_key_load_all(call->db, call->arena, &stored, &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (!stored[i].is_retired) {
            TRY(open_active(call, &stored[i], keys, fault));
        }
    }
    return check_counts(keys, fault);
}

static void wipe_key(const struct tuf_key *key) {
    sodium_memzero((void *)(uintptr_t)key->secret_key, TUF_SECRET_KEY_BYTES); /* ours, of the arena */
}

void update_keys_wipe(struct update_keys *keys) {
    for (int role = 0; role < TUF_ROLE_COUNT; role++) {
        for (size_t i = 0; i < keys->counts[role]; i++) {
            wipe_key(&keys->keys[role][i]);
        }
    }
    *keys = (struct update_keys){0};
}

enum status update_keys_add(struct call *call, struct update_keys *keys, enum tuf_role role,
                            struct fault *fault) {
    unsigned char seed[crypto_sign_SEEDBYTES];
    unsigned char *public_key = ARENA_NEW(call->arena, unsigned char, TUF_PUBLIC_KEY_BYTES);
    unsigned char *secret_key = ARENA_NEW(call->arena, unsigned char, TUF_SECRET_KEY_BYTES);
    call->random->fill(call->random, seed, sizeof seed);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    struct tuf_key key = {tuf_key_id(call->arena, public_key), public_key, secret_key};
    struct tuf_stored_key stored = {.role = role,
                                    .key_id = key.key_id,
                                    .public_key = {(const char *)public_key, TUF_PUBLIC_KEY_BYTES},
                                    .private_sealed = seal_seed(call, seed, public_key),
                                    .created_at_us = call->now_us};
    sodium_memzero(seed, sizeof seed);
    enum status status = tuf_key_insert(call->db, &stored, fault);
    add_key(keys, role, key, stored.id); /* in any case, so that it is wiped */
    return status;
}

enum status update_keys_retire_oldest(struct call *call, struct update_keys *keys, enum tuf_role role,
                                      struct tuf_key *retired, struct fault *fault) {
    assert(keys->counts[role] > 0);
    TRY(tuf_key_retire(call->db, keys->ids[role][0], call->now_us, fault));
    *retired = keys->keys[role][0];
    keys->counts[role]--;
    memmove(&keys->keys[role][0], &keys->keys[role][1], keys->counts[role] * sizeof keys->keys[role][0]);
    memmove(&keys->ids[role][0], &keys->ids[role][1], keys->counts[role] * sizeof keys->ids[role][0]);
    return STATUS_OK;
}

struct tuf_role_keys update_keys_of(const struct update_keys *keys, enum tuf_role role) {
    return (struct tuf_role_keys){keys->keys[role], keys->counts[role], keys->thresholds[role]};
}
