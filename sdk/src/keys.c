#include "keys.h"

#include "clock.h"
#include "json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void sm_key_make(struct sm_key *key, const unsigned char bytes[SM_PUBLIC_KEY_BYTES]) {
    /* RFC 7638 section 3.2 and RFC 8037 section 2: the required members in order, without blanks. */
    char text[128] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"";
    size_t length = strlen(text);
    unsigned char digest[crypto_hash_sha256_BYTES];
    char encoded[48];
    (void)sodium_bin2base64(text + length, sizeof text - length, bytes, SM_PUBLIC_KEY_BYTES,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    length = strlen(text);
    memcpy(text + length, "\"}", 3);
    (void)crypto_hash_sha256(digest, (const unsigned char *)text, length + 2);
    (void)sodium_bin2base64(encoded, sizeof encoded, digest, sizeof digest,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(key->id, encoded, SM_KEY_ID_LENGTH);
    key->id[SM_KEY_ID_LENGTH] = '\0';
    memmove(key->bytes, bytes, SM_PUBLIC_KEY_BYTES);
}

const struct sm_key *sm_key_find(const struct sm_key *keys, size_t count, const char *id) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].id, id) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

/* The three parts of a compact JWS (RFC 7515 section 7.1). */
static bool split(struct sm_span jws, struct sm_span parts[3]) {
    const char *at = jws.at;
    const char *end = jws.length == 0 ? at : at + jws.length;
    for (int i = 0; i < 3; i++) {
        const char *stop = i == 2 || at == end ? end : memchr(at, '.', (size_t)(end - at));
        if (stop == NULL || stop == at || (i < 2 && stop == end)) {
            return false;
        }
        parts[i].at = at;
        parts[i].length = (size_t)(stop - at);
        at = stop == end ? end : stop + 1;
    }
    return true;
}

enum sm_code sm_jws_verify(struct sm_span jws, const char *typ, const struct sm_key *keys, size_t count,
                           char *out, struct sm_span *payload) {
    enum { ALG, TYP, KID, CRIT, MEMBERS };
    struct sm_json_member head[MEMBERS] = {{"alg", {SM_JSON_ABSENT, {NULL, 0}}},
                                           {"typ", {SM_JSON_ABSENT, {NULL, 0}}},
                                           {"kid", {SM_JSON_ABSENT, {NULL, 0}}},
                                           {"crit", {SM_JSON_ABSENT, {NULL, 0}}}};
    struct sm_span parts[3];
    unsigned char signature[crypto_sign_BYTES];
    char id[SM_KEY_ID_LENGTH + 1];
    struct sm_span header = {out, 0};
    if (!split(jws, parts) || !sm_base64_decode(parts[0], out, jws.length, &header.length) ||
        !sm_json_object(header, head, MEMBERS) || !sm_json_text_is(&head[ALG].value, sm_span_of("EdDSA")) ||
        !sm_json_text_is(&head[TYP].value, sm_span_of(typ)) ||
        !sm_json_text(&head[KID].value, id, sizeof id) || head[CRIT].value.kind != SM_JSON_ABSENT ||
        !sm_base64_bytes(parts[2], signature, sizeof signature)) {
        return SM_LEASE_MALFORMED;
    }
    const struct sm_key *key = sm_key_find(keys, count, id);
    if (key == NULL) {
        return SM_SIGNING_KEY_UNKNOWN;
    }
    size_t signed_length = parts[0].length + 1 + parts[1].length;
    if (crypto_sign_verify_detached(signature, (const unsigned char *)jws.at, signed_length, key->bytes) !=
        0) {
        return SM_LEASE_FORGED;
    }
    payload->at = out;
    return sm_base64_decode(parts[1], out, jws.length, &payload->length) ? SM_OK : SM_LEASE_MALFORMED;
}

/* Keys of another kind or use are left out; one whose id is not its own makes the set no set. */
static bool read_key(struct sm_span text, struct sm_key_set *set) {
    enum { KTY, CRV, USE, ALG, KID, X, MEMBERS };
    struct sm_json_member key[MEMBERS] = {
        {"kty", {SM_JSON_ABSENT, {NULL, 0}}}, {"crv", {SM_JSON_ABSENT, {NULL, 0}}},
        {"use", {SM_JSON_ABSENT, {NULL, 0}}}, {"alg", {SM_JSON_ABSENT, {NULL, 0}}},
        {"kid", {SM_JSON_ABSENT, {NULL, 0}}}, {"x", {SM_JSON_ABSENT, {NULL, 0}}}};
    unsigned char bytes[SM_PUBLIC_KEY_BYTES];
    if (!sm_json_object(text, key, MEMBERS)) {
        return false;
    }
    if (!sm_json_text_is(&key[KTY].value, sm_span_of("OKP")) ||
        !sm_json_text_is(&key[CRV].value, sm_span_of("Ed25519")) ||
        (key[USE].value.kind != SM_JSON_ABSENT && !sm_json_text_is(&key[USE].value, sm_span_of("sig"))) ||
        (key[ALG].value.kind != SM_JSON_ABSENT && !sm_json_text_is(&key[ALG].value, sm_span_of("EdDSA")))) {
        return true;
    }
    if (set->key_count == SM_LEASE_KEYS_MAX || !sm_json_bytes(&key[X].value, bytes, sizeof bytes)) {
        return false;
    }
    sm_key_make(&set->keys[set->key_count], bytes);
    return sm_json_text_is(&key[KID].value, sm_span_of(set->keys[set->key_count++].id));
}

static bool read_keys(struct sm_span text, struct sm_key_set *set) {
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    sm_json_begin(&json, text);
    while (sm_json_element(&json, &is_open, &element)) {
        if (element.kind != SM_JSON_OBJECT || !read_key(element.text, set)) {
            return false;
        }
    }
    return !json.has_failed;
}

static bool read_roots(struct sm_span text, struct sm_key_set *set) {
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    sm_json_begin(&json, text);
    while (sm_json_element(&json, &is_open, &element)) {
        unsigned char bytes[SM_PUBLIC_KEY_BYTES];
        if (set->root_count == SM_SET_ROOTS_MAX || !sm_json_bytes(&element, bytes, sizeof bytes)) {
            return false;
        }
        sm_key_make(&set->roots[set->root_count++], bytes);
    }
    return !json.has_failed && set->root_count > 0;
}

static bool read_set(struct sm_span payload, struct sm_key_set *set) {
    enum { VERSION, ISSUED, KEYS, ROOTS, MEMBERS };
    struct sm_json_member members[MEMBERS] = {{"version", {SM_JSON_ABSENT, {NULL, 0}}},
                                              {"issued", {SM_JSON_ABSENT, {NULL, 0}}},
                                              {"keys", {SM_JSON_ABSENT, {NULL, 0}}},
                                              {"roots", {SM_JSON_ABSENT, {NULL, 0}}}};
    memset(set, 0, sizeof *set);
    return sm_json_object(payload, members, MEMBERS) &&
           sm_json_integer(&members[VERSION].value, 1, SM_TIME_MAX, &set->version) &&
           sm_json_integer(&members[ISSUED].value, 0, SM_TIME_MAX, &set->issued_s) &&
           members[KEYS].value.kind == SM_JSON_ARRAY && members[ROOTS].value.kind == SM_JSON_ARRAY &&
           read_keys(members[KEYS].value.text, set) && read_roots(members[ROOTS].value.text, set);
}

enum sm_code sm_key_set_read(struct sm_span jws, const struct sm_key_set *present, struct sm_key_set *next) {
    struct sm_span payload;
    if (jws.length > SM_KEY_SET_BYTES_MAX) {
        return SM_LEASE_MALFORMED;
    }
    char *memory = malloc(jws.length + 1);
    struct sm_key_set *set = malloc(sizeof *set);
    enum sm_code code = SM_NO_MEMORY;
    if (memory != NULL && set != NULL) {
        code = sm_jws_verify(jws, "seatmeter-keys", present->roots, present->root_count, memory, &payload);
        if (code == SM_OK && (!read_set(payload, set) || set->version < present->version)) {
            code = SM_LEASE_MALFORMED;
        }
        if (code == SM_OK) {
            *next = *set;
        }
    }
    free(memory);
    free(set);
    return code;
}
