/* What comes from the door: envelopes, key sets and heads, by keys that the fuzzer's seeds were signed with.
 * The first byte says which. Nothing that a fuzzer makes of them may verify unless it says the same. */
#include "clock.h"
#include "keys.h"
#include "lease.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_set(struct sm_span text) {
    struct sm_key_set present;
    struct sm_key_set next;
    unsigned char public_key[32];
    unsigned char secret_key[64];
    unsigned char seed[32];
    memset(&present, 0, sizeof present);
    memset(seed, 1, sizeof seed);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    sm_key_make(&present.roots[0], public_key);
    present.root_count = 1;
    if (sm_key_set_read(text, &present, &next) == SM_OK) {
        assert(next.version > 0 && next.root_count > 0);
    }
}

/* As if it were signed: a set by a key of ours, over any payload. */
static void sign_set(struct sm_span payload) {
    unsigned char public_key[32];
    unsigned char secret_key[64];
    unsigned char seed[32];
    unsigned char signature[64];
    struct sm_key root;
    struct sm_buffer jws = SM_BUFFER_EMPTY;
    struct sm_buffer head = SM_BUFFER_EMPTY;
    memset(seed, 1, sizeof seed);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    sm_key_make(&root, public_key);
    sm_buffer_text(&head, "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-keys\",\"kid\":\"");
    sm_buffer_text(&head, root.id);
    sm_buffer_text(&head, "\"}");
    sm_buffer_base64(&jws, head.at, head.length);
    sm_buffer_text(&jws, ".");
    sm_buffer_base64(&jws, payload.at, payload.length);
    crypto_sign_detached(signature, NULL, (unsigned char *)jws.at, jws.length, secret_key);
    sm_buffer_text(&jws, ".");
    sm_buffer_base64(&jws, signature, sizeof signature);
    struct sm_span whole = {jws.at, jws.length};
    read_set(whole);
    sm_buffer_free(&jws);
    sm_buffer_free(&head);
}

static void read_envelope(struct sm_span text) {
    struct sm_json_member members[] = {{"lease", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"index", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"size", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"path", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"head", {SM_JSON_ABSENT, {NULL, 0}}}};
    static struct sm_key_set keys;
    struct sm_lease lease;
    if (!sm_json_object(text, members, 5)) {
        return;
    }
    struct sm_envelope envelope = {members[0].value, members[1].value, members[2].value, members[3].value,
                                   members[4].value};
    assert(sm_lease_read(&envelope, &keys, &lease) != SM_OK); /* there are no keys */
}

/* A lease alone in its tree, signed: so the reader of its fields sees whatever the fuzzer makes. */
static void sign_lease(struct sm_span text) {
    static struct sm_key_set keys;
    unsigned char public_key[32];
    unsigned char secret_key[64];
    unsigned char seed[32] = {2};
    unsigned char signature[64];
    unsigned char hash[32];
    unsigned char *leaf = malloc(text.length + 1);
    struct sm_buffer part = SM_BUFFER_EMPTY;
    struct sm_buffer jws = SM_BUFFER_EMPTY;
    struct sm_buffer encoded = SM_BUFFER_EMPTY;
    struct sm_lease lease;
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    sm_key_make(&keys.keys[0], public_key);
    keys.key_count = 1;
    leaf[0] = 0;
    if (text.length > 0) {
        memcpy(leaf + 1, text.at, text.length);
    }
    crypto_hash_sha256(hash, leaf, text.length + 1);
    free(leaf);
    sm_buffer_text(&part, "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-head\",\"kid\":\"");
    sm_buffer_text(&part, keys.keys[0].id);
    sm_buffer_text(&part, "\"}");
    sm_buffer_base64(&jws, part.at, part.length);
    sm_buffer_free(&part);
    sm_buffer_text(&part, "{\"size\":1,\"issued\":1,\"root\":\"");
    sm_buffer_base64(&part, hash, sizeof hash);
    sm_buffer_text(&part, "\"}");
    sm_buffer_text(&jws, ".");
    sm_buffer_base64(&jws, part.at, part.length);
    crypto_sign_detached(signature, NULL, (unsigned char *)jws.at, jws.length, secret_key);
    sm_buffer_text(&jws, ".");
    sm_buffer_base64(&jws, signature, sizeof signature);
    sm_buffer_base64(&encoded, text.at, text.length);
    struct sm_envelope envelope = {{SM_JSON_STRING, {encoded.at, encoded.length}},
                                   {SM_JSON_NUMBER, {"0", 1}},
                                   {SM_JSON_NUMBER, {"1", 1}},
                                   {SM_JSON_ARRAY, {"[]", 2}},
                                   {SM_JSON_STRING, {jws.at, jws.length}}};
    if (sm_lease_read(&envelope, &keys, &lease) == SM_OK) {
        struct sm_json json;
        struct sm_json_value name;
        bool is_open = false;
        assert(lease.is_work || lease.code != SM_OK);
        assert(lease.expires_s >= 0 && lease.expires_s <= SM_TIME_MAX && lease.advice_count <= SM_ADVICE_MAX);
        while (sm_lease_next_component(&lease, &json, &is_open, &name)) {
            assert(name.kind == SM_JSON_STRING);
        }
        sm_lease_free(&lease);
    }
    sm_buffer_free(&part);
    sm_buffer_free(&jws);
    sm_buffer_free(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0 || sodium_init() < 0) {
        return 0;
    }
    struct sm_span text = {(const char *)bytes + 1, size - 1};
    switch (bytes[0]) {
    case 'e':
        read_envelope(text);
        break;
    case 'k':
        read_set(text);
        break;
    case 's':
        sign_set(text);
        break;
    default:
        sign_lease(text);
    }
    return 0;
}
