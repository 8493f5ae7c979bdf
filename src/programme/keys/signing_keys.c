#include "programme/keys/signing_keys.h"

#include "core/base/base64url.h"
#include "programme/call/authorise.h"
#include "programme/keys/sealed_box.h"
#include "store/devices/devices.h"

#include <assert.h>
#include <sodium.h>

enum { JWS_FIXED_BYTES_MAX = 200 }; /* of the set's JWS, without its payload */

static const char SEAL_PURPOSE[] = "seatmeter signing key seal";

/* All keys as they are kept, and what of them changed since. */
struct ring {
    struct signing_key_row *rows;
    size_t count;
    int64_t version;
    int64_t longest_us; /* how long a lease lasts at most */
};

static enum status load_ring(struct call *call, struct ring *ring, struct fault *fault) {
    int64_t longest_s = 0;
    TRY(signing_key_list(call->db, call->arena, &ring->rows, &ring->count, fault));
    TRY(key_set_version(call->db, &ring->version, fault));
    TRY(lease_longest(call->db, &longest_s, fault));
    ring->longest_us = longest_s * 1000000;
    return STATUS_OK;
}

static struct signing_key_row *find_state(const struct ring *ring, enum signing_purpose purpose,
                                          enum signing_state state) {
    for (size_t i = 0; i < ring->count; i++) {
        if (ring->rows[i].purpose == purpose && ring->rows[i].state == state) {
            return &ring->rows[i];
        }
    }
    return NULL;
}

/* ---- making and opening ---- */

static enum status make_key(struct call *call, enum signing_purpose purpose, enum signing_state state,
                            int64_t active_from_us, struct fault *fault) {
    unsigned char seed[crypto_sign_SEEDBYTES];
    struct signing_key key;
    do {
        call->random->fill(call->random, seed, sizeof seed);
        crypto_sign_seed_keypair(key.public_key, key.secret_key, seed);
        signing_key_id(key.public_key, key.kid);
    } while (key.kid[0] == '-'); /* which a command would take for an option */
    struct text public_key =
        text_copy(call->arena, (struct text){(const char *)key.public_key, sizeof key.public_key});
    struct signing_key_row row = {
        .kid = text_copy(call->arena, text_of(key.kid)),
        .purpose = purpose,
        .state = state,
        .public_key = public_key,
        .secret_sealed =
            sealed_box_seal(call, SEAL_PURPOSE, (struct text){(const char *)seed, sizeof seed}, public_key),
        .created_at_us = call->now_us,
        .active_from_us = active_from_us,
    };
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(&key, sizeof key);
    TRY(signing_key_insert(call->db, &row, fault));
    return audit_write(call, "key.make", row.kid, 0,
                       text_format(call->arena, "%s key", signing_purpose_name(purpose)), fault);
}

static enum status open_key(const struct call *call, const struct signing_key_row *row,
                            struct signing_key *key, struct fault *fault) {
    unsigned char seed[crypto_sign_SEEDBYTES];
    bool is_open =
        row->public_key.length == sizeof key->public_key &&
        sealed_box_open(call, SEAL_PURPOSE, row->secret_sealed, row->public_key, seed, sizeof seed);
    if (!is_open) {
        return fault_set(
            fault, STATUS_INTERNAL, "key-unreadable", "key", row->kid,
            "This signing key was sealed under another secret than the one given, or is damaged.");
    }
    crypto_sign_seed_keypair(key->public_key, key->secret_key, seed);
    sodium_memzero(seed, sizeof seed);
    signing_key_id(key->public_key, key->kid);
    return STATUS_OK;
}

/* ---- steps ---- */

static bool becomes_active(const struct call *call, const struct signing_key_row *row) {
    return row->state == SIGNING_NEXT && row->active_from_us <= call->now_us;
}

static int64_t leaves_at_us(const struct ring *ring, const struct signing_key_row *row) {
    return row->retired_at_us + ring->longest_us;
}

static bool leaves(const struct call *call, const struct ring *ring, const struct signing_key_row *row) {
    return row->state == SIGNING_RETIRED && row->left_at_us == 0 && leaves_at_us(ring, row) <= call->now_us;
}

static bool is_in_set(const struct signing_key_row *row) {
    return row->purpose == SIGNING_LEASE && row->state != SIGNING_REVOKED && row->left_at_us == 0;
}

static bool is_root_in_set(const struct signing_key_row *row) {
    return row->purpose == SIGNING_ROOT && row->state == SIGNING_ACTIVE;
}

static bool is_due(const struct call *call, const struct ring *ring) {
    if (find_state(ring, SIGNING_ROOT, SIGNING_ACTIVE) == NULL ||
        find_state(ring, SIGNING_LEASE, SIGNING_ACTIVE) == NULL) {
        return true;
    }
    for (size_t i = 0; i < ring->count; i++) {
        if (becomes_active(call, &ring->rows[i]) || leaves(call, ring, &ring->rows[i])) {
            return true;
        }
    }
    return false;
}

/* Has the key sign from now on. The one that did is retired. */
static enum status activate_key(struct call *call, struct ring *ring, struct signing_key_row *row,
                                struct fault *fault) {
    struct signing_key_row *before = find_state(ring, SIGNING_LEASE, SIGNING_ACTIVE);
    if (before != NULL) {
        before->state = SIGNING_RETIRED;
        before->retired_at_us = call->now_us;
        TRY(signing_key_update(call->db, before, fault));
    }
    row->state = SIGNING_ACTIVE;
    row->active_from_us = 0;
    return signing_key_update(call->db, row, fault);
}

/* Counts the set's version up, tells the doors and reads all again. */
static enum status publish_change(struct call *call, struct ring *ring, struct fault *fault) {
    TRY(key_set_version_take(call->db, &ring->version, fault));
    TRY(device_change_note(call->db, DEVICE_CHANGE_KEYS, 0, call->now_us, fault));
    return load_ring(call, ring, fault);
}

/* Makes what is missing and takes the steps that are due, in a write call. */
static enum status step_ring(struct call *call, struct ring *ring, struct fault *fault) {
    if (!is_due(call, ring)) {
        return STATUS_OK;
    }
    if (find_state(ring, SIGNING_ROOT, SIGNING_ACTIVE) == NULL) {
        TRY(make_key(call, SIGNING_ROOT, SIGNING_ACTIVE, 0, fault));
    }
    for (size_t i = 0; i < ring->count; i++) {
        struct signing_key_row *row = &ring->rows[i];
        if (becomes_active(call, row)) {
            TRY(activate_key(call, ring, row, fault));
        } else if (leaves(call, ring, row)) {
            row->left_at_us = call->now_us;
            TRY(signing_key_update(call->db, row, fault));
        }
    }
    if (find_state(ring, SIGNING_LEASE, SIGNING_ACTIVE) == NULL) {
        TRY(make_key(call, SIGNING_LEASE, SIGNING_ACTIVE, 0, fault));
    }
    TRY(publish_change(call, ring, fault));
    assert(!is_due(call, ring));
    return STATUS_OK;
}

/* ---- the set ---- */

static struct text base64url_text(struct arena *arena, struct text bytes) {
    char *encoded = ARENA_NEW(arena, char, BASE64URL_LENGTH(bytes.length));
    return (struct text){encoded, base64url_encode(bytes.at, bytes.length, encoded)};
}

static struct text set_keys(struct arena *arena, const struct ring *ring) {
    struct text list = TEXT("");
    for (size_t i = 0; i < ring->count; i++) {
        const struct signing_key_row *row = &ring->rows[i];
        if (!is_in_set(row)) {
            continue;
        }
        struct text x = base64url_text(arena, row->public_key);
        list = text_format(arena,
                           "%.*s%s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\","
                           "\"kid\":\"%.*s\",\"x\":\"%.*s\"}",
                           TEXT_ARGS(list), list.length == 0 ? "" : ",", TEXT_ARGS(row->kid), TEXT_ARGS(x));
    }
    return list;
}

static struct text set_roots(struct arena *arena, const struct ring *ring) {
    struct text list = TEXT("");
    for (size_t i = 0; i < ring->count; i++) {
        const struct signing_key_row *row = &ring->rows[i];
        if (!is_root_in_set(row)) {
            continue;
        }
        struct text x = base64url_text(arena, row->public_key);
        list =
            text_format(arena, "%.*s%s\"%.*s\"", TEXT_ARGS(list), list.length == 0 ? "" : ",", TEXT_ARGS(x));
    }
    return list;
}

static int64_t next_change_us(const struct ring *ring) {
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < ring->count; i++) {
        const struct signing_key_row *row = &ring->rows[i];
        int64_t at_us = INT64_MAX;
        if (row->state == SIGNING_NEXT) {
            at_us = row->active_from_us;
        } else if (row->state == SIGNING_RETIRED && row->left_at_us == 0) {
            at_us = leaves_at_us(ring, row);
        }
        next_us = at_us < next_us ? at_us : next_us;
    }
    return next_us;
}

/* Signed by the oldest root, which is the one that the oldest products know; they learn the others from it.
 */
static enum status print_set(const struct call *call, const struct ring *ring, struct key_set *set,
                             struct fault *fault) {
    struct arena *arena = call->arena;
    struct signing_key root;
    TRY(open_key(call, find_state(ring, SIGNING_LEASE, SIGNING_ACTIVE), &set->active, fault));
    TRY(open_key(call, find_state(ring, SIGNING_ROOT, SIGNING_ACTIVE), &root, fault));
    struct text keys = set_keys(arena, ring);
    struct text roots = set_roots(arena, ring);
    struct text payload = text_format(
        arena, "{\"version\":%lld,\"issued\":%lld,\"keys\":[%.*s],\"roots\":[%.*s]}",
        (long long)ring->version, (long long)(call->now_us / 1000000), TEXT_ARGS(keys), TEXT_ARGS(roots));
    char *jws = ARENA_NEW(arena, char, JWS_FIXED_BYTES_MAX + BASE64URL_LENGTH(payload.length));
    size_t length = jws_write(&root, "seatmeter-keys", payload, jws);
    sodium_memzero(&root, sizeof root);
    set->version = ring->version;
    set->next_change_us = next_change_us(ring);
    set->keys_jws = (struct text){jws, length};
    set->keys_body = text_format(arena, "{\"keys\":\"%.*s\"}", (int)length, jws);
    set->jwks_body = text_format(arena, "{\"keys\":[%.*s]}", TEXT_ARGS(keys));
    return STATUS_OK;
}

/* The result of loading the set once. */
struct loaded_set {
    bool is_due; /* something is to be stepped first; then there is no set */
    struct key_set set;
};

static enum status do_load_set(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)input;
    struct loaded_set *loaded = output;
    struct ring ring = {0};
    TRY(load_ring(call, &ring, fault));
    if (db_hold(call->db) == DB_HOLDS_WHOLE) {
        TRY(step_ring(call, &ring, fault));
    }
    loaded->is_due = is_due(call, &ring);
    return loaded->is_due ? STATUS_OK : print_set(call, &ring, &loaded->set, fault);
}

/* Reads first, as nothing is due but once in a long while. Nobody has asked for what is done then: the system
 * acts. */
enum status load_key_set(struct call *call, struct key_set *out, struct fault *fault) {
    assert(call->depth == 0 || call->writes);
    struct loaded_set loaded = {0};
    const struct actor actor = call->actor;
    call->actor = (struct actor){.kind = ACTOR_SYSTEM};
    enum status status = call_run(call, DB_READ, do_load_set, NULL, &loaded, fault);
    if (status == STATUS_OK && loaded.is_due) {
        status = call_run(call, DB_WRITE, do_load_set, NULL, &loaded, fault);
    }
    call->actor = actor;
    if (status == STATUS_OK) {
        *out = loaded.set;
    }
    sodium_memzero(&loaded, sizeof loaded);
    return status;
}

/* ---- the operator's ---- */

static enum status require_key_holder(const struct call *call, struct fault *fault) {
    if (actor_is_operator(call)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "right-missing", NULL, TEXT(""),
                     "Only the operator may see and change the signing keys.");
}

static void fill_key_list(const struct call *call, const struct ring *ring, struct signing_key_list *out) {
    out->items = ARENA_NEW(call->arena, struct signing_key_view, ring->count);
    out->count = ring->count;
    out->version = ring->version;
    for (size_t i = 0; i < ring->count; i++) {
        const struct signing_key_row *row = &ring->rows[i];
        out->items[i] = (struct signing_key_view){.kid = row->kid,
                                                  .purpose = row->purpose,
                                                  .state = row->state,
                                                  .public_key = base64url_text(call->arena, row->public_key),
                                                  .is_in_set = is_in_set(row) || is_root_in_set(row),
                                                  .created_at_us = row->created_at_us,
                                                  .active_from_us = row->active_from_us,
                                                  .retired_at_us = row->retired_at_us,
                                                  .revoked_at_us = row->revoked_at_us};
    }
}

/* The beginning of each use case: the actor may, and everything that is due has been done. */
static enum status load_stepped_ring(struct call *call, struct ring *ring, struct fault *fault) {
    TRY(require_key_holder(call, fault));
    TRY(load_ring(call, ring, fault));
    return step_ring(call, ring, fault);
}

static enum status do_list_signing_keys(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    (void)input;
    struct ring ring = {0};
    TRY(load_stepped_ring(call, &ring, fault));
    fill_key_list(call, &ring, output);
    return STATUS_OK;
}

enum status list_signing_keys(struct call *call, struct signing_key_list *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_list_signing_keys, NULL, out, fault);
}

static enum status check_rotation(const struct call *call, const struct rotate_signing_key_input *input,
                                  const struct ring *ring, struct fault *fault) {
    if (input->after_s < 0 || input->after_s > ROTATE_AFTER_S_MAX) {
        return fault_set(fault, STATUS_INVALID, "after-out-of-range", "after",
                         text_format(call->arena, "%lld", (long long)input->after_s),
                         "Give a time from now to %d days on.", ROTATE_AFTER_S_MAX / 86400);
    }
    const struct signing_key_row *next = find_state(ring, SIGNING_LEASE, SIGNING_NEXT);
    if (input->purpose == SIGNING_LEASE && next != NULL) {
        return fault_set(fault, STATUS_CONFLICT, "rotation-runs", "key", next->kid,
                         "The next key is there already: wait until it signs, or revoke it.");
    }
    return STATUS_OK;
}

static enum status do_rotate_signing_key(struct call *call, const void *input, void *output,
                                         struct fault *fault) {
    const struct rotate_signing_key_input *rotate = input;
    struct ring ring = {0};
    TRY(load_stepped_ring(call, &ring, fault));
    TRY(check_rotation(call, rotate, &ring, fault));
    TRY(rotate->purpose == SIGNING_ROOT
            ? make_key(call, SIGNING_ROOT, SIGNING_ACTIVE, 0, fault)
            : make_key(call, SIGNING_LEASE, SIGNING_NEXT, call->now_us + rotate->after_s * 1000000, fault));
    TRY(publish_change(call, &ring, fault));
    TRY(step_ring(call, &ring, fault)); /* where it signs at once */
    fill_key_list(call, &ring, output);
    return STATUS_OK;
}

enum status rotate_signing_key(struct call *call, const struct rotate_signing_key_input *input,
                               struct signing_key_list *out, struct fault *fault) {
    return call_run(call, DB_WRITE, do_rotate_signing_key, input, out, fault);
}

static enum status find_key(const struct ring *ring, struct text kid, struct signing_key_row **row,
                            struct fault *fault) {
    for (size_t i = 0; i < ring->count; i++) {
        if (text_equal(ring->rows[i].kid, kid)) {
            *row = &ring->rows[i];
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-signing-key", "key", kid,
                     "There is no such signing key: seatmeter key list shows all.");
}

static enum status check_revocation(const struct ring *ring, const struct signing_key_row *row,
                                    struct fault *fault) {
    size_t roots = 0;
    for (size_t i = 0; i < ring->count; i++) {
        roots += is_root_in_set(&ring->rows[i]);
    }
    if (row->state == SIGNING_REVOKED) {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "key", row->kid,
                         "This key is revoked already; that state is final.");
    }
    if (row->purpose == SIGNING_ROOT && roots == 1) {
        return fault_set(
            fault, STATUS_CONFLICT, "last-root", "key", row->kid,
            "This is the only root key: make another one first (seatmeter key rotate --root) and build it "
            "into the products.");
    }
    return STATUS_OK;
}

/* Takes the key out. Where it signed, the next one signs from now on (step_ring makes one where there is
 * none).
 */
static enum status revoke_key(struct call *call, struct ring *ring, struct signing_key_row *row,
                              struct fault *fault) {
    bool signed_leases = row->purpose == SIGNING_LEASE && row->state == SIGNING_ACTIVE;
    row->state = SIGNING_REVOKED;
    row->revoked_at_us = call->now_us;
    TRY(signing_key_update(call->db, row, fault));
    struct signing_key_row *next = find_state(ring, SIGNING_LEASE, SIGNING_NEXT);
    if (signed_leases && next != NULL) {
        TRY(activate_key(call, ring, next, fault));
    }
    TRY(audit_write(call, "key.revoke", row->kid, 0,
                    text_format(call->arena, "%s key", signing_purpose_name(row->purpose)), fault));
    return publish_change(call, ring, fault);
}

static enum status do_revoke_signing_key(struct call *call, const void *input, void *output,
                                         struct fault *fault) {
    const struct text *kid = input;
    struct ring ring = {0};
    struct signing_key_row *row = NULL;
    TRY(load_stepped_ring(call, &ring, fault));
    TRY(find_key(&ring, text_trim(*kid), &row, fault));
    TRY(check_revocation(&ring, row, fault));
    TRY(revoke_key(call, &ring, row, fault));
    TRY(step_ring(call, &ring, fault));
    fill_key_list(call, &ring, output);
    return STATUS_OK;
}

enum status revoke_signing_key(struct call *call, struct text kid, struct signing_key_list *out,
                               struct fault *fault) {
    return call_run(call, DB_WRITE, do_revoke_signing_key, &kid, out, fault);
}

static enum status do_list_root_keys(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    (void)input;
    struct ring ring = {0};
    TRY(load_ring(call, &ring, fault));
    size_t count = 0;
    for (size_t i = 0; i < ring.count; i++) {
        if (is_root_in_set(&ring.rows[i])) {
            ring.rows[count++] = ring.rows[i];
        }
    }
    ring.count = count;
    fill_key_list(call, &ring, output);
    return STATUS_OK;
}

enum status list_root_keys(struct call *call, struct signing_key_list *out, struct fault *fault) {
    struct key_set set = {0};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(load_key_set(call, &set, fault)); /* makes the first ones */
    sodium_memzero(&set.active, sizeof set.active);
    return call_run(call, DB_READ, do_list_root_keys, NULL, out, fault);
}
