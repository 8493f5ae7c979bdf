#include "core/licence/lease.h"

#include "core/base/base64url.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

static_assert((int)DEVICE_KEY_BYTES == (int)crypto_sign_PUBLICKEYBYTES &&
                  (int)SIGNATURE_BYTES == (int)crypto_sign_BYTES &&
                  sizeof((struct signing_key *)0)->secret_key == (size_t)crypto_sign_SECRETKEYBYTES,
              "Ed25519");
static_assert((int)DEVICE_MASTER_BYTES == (int)crypto_generichash_blake2b_KEYBYTES &&
                  (int)CHECK_IN_KEY_BYTES == (int)crypto_generichash_blake2b_BYTES,
              "BLAKE2b-256");

const struct lease_terms LEASE_TERMS_DEFAULT = {
    .ttl_s = 24 * 3600, .grace_s = 0, .offline_ttl_s = 30 * 24 * 3600, .silent_s = 30 * 24 * 3600};

enum { RETRY_MIN_S = 15 * 60, RETRY_MAX_S = 3600 };

/* The writers below return where they stopped, as stpcpy does. */
static char *put_bytes(char *at, const char *bytes, size_t length) {
    memcpy(at, bytes, length);
    return at + length;
}

#define PUT(at, literal) put_bytes(at, literal, sizeof(literal) - 1)

static char *put_string(char *at, const char *string) {
    return put_bytes(at, string, strlen(string));
}

/* Two digits at a time. */
static char *put_whole(char *at, int64_t value) {
    assert(value >= 0);
    static const char PAIRS[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    char digits[20];
    char *from = digits + sizeof digits;
    uint64_t rest = (uint64_t)value;
    while (rest >= 100) {
        from -= 2;
        memcpy(from, PAIRS + rest % 100 * 2, 2);
        rest /= 100;
    }
    if (rest >= 10) {
        from -= 2;
        memcpy(from, PAIRS + rest * 2, 2);
    } else {
        *--from = (char)('0' + rest);
    }
    return put_bytes(at, from, (size_t)(digits + sizeof digits - from));
}

static char *put_base64url(char *at, const void *bytes, size_t size_bytes) {
    return at + base64url_encode(bytes, size_bytes, at);
}

static char *put_identifier(char *at, const unsigned char secret[PROGRAMME_SECRET_BYTES],
                            enum identifier_kind kind, int64_t id) {
    char word[IDENTIFIER_BYTES];
    identifier_encode(secret, kind, id, word);
    return put_bytes(at, word, IDENTIFIER_BYTES - 1);
}

/* A JSON string with its quotes; `at` has room for six bytes for each of the text's, and two. */
static char *put_json_text(char *at, struct text text) {
    static const char HEX[] = "0123456789abcdef";
    *at++ = '"';
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = c;
        } else if ((unsigned char)c < 0x20) {
            at = PUT(at, "\\u00");
            *at++ = HEX[(unsigned char)c >> 4];
            *at++ = HEX[(unsigned char)c & 15];
        } else {
            *at++ = c;
        }
    }
    *at++ = '"';
    return at;
}

static struct text opening_json(struct arena *arena, struct text sku_code, const struct text *components,
                                size_t component_count) {
    size_t room = sizeof "{\"sku\":\"\",\"components\":[]" + sku_code.length * 6;
    for (size_t i = 0; i < component_count; i++) {
        room += components[i].length * 6 + 3;
    }
    char *part = ARENA_NEW(arena, char, room + 1);
    char *at = PUT(part, "{\"sku\":");
    at = put_json_text(at, sku_code);
    at = PUT(at, ",\"components\":[");
    for (size_t i = 0; i < component_count; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        at = put_json_text(at, components[i]);
    }
    *at++ = ']';
    assert((size_t)(at - part) <= room);
    return (struct text){part, (size_t)(at - part)};
}

const struct lease_opening *lease_open(struct arena *arena, struct text sku_code,
                                       const struct text *components, size_t component_count) {
    struct lease_opening *opening = ARENA_NEW(arena, struct lease_opening, 1);
    opening->json = opening_json(arena, sku_code, components, component_count);
    size_t in_groups = opening->json.length / 3 * 3;
    char *encoded = ARENA_NEW(arena, char, BASE64URL_LENGTH(in_groups) + 1);
    opening->base64url = (struct text){encoded, base64url_encode(opening->json.at, in_groups, encoded)};
    merkle_leaf_open(&opening->hashed, opening->json.at, opening->json.length);
    return opening;
}

static int64_t at_least(int64_t value, int64_t least) {
    return value < least ? least : value;
}

static int64_t at_most(int64_t value, int64_t most) {
    return value > most ? most : value;
}

/* A licence that is off may be turned on again: its device asks within the hour, and never later than a
 * working one renews. */
static void set_refused_times(struct lease *lease, const struct lease_terms *terms, int64_t now_s,
                              int64_t promised_s) {
    int64_t retry_s = at_most(at_least(terms->ttl_s / 24, RETRY_MIN_S), RETRY_MAX_S);
    lease->renew_after_s = now_s + at_least(at_most(retry_s, terms->ttl_s / 2), 1);
    lease->warn_after_s = now_s;
    lease->expires_s = at_least(promised_s, now_s);
}

void lease_set_times(struct lease *lease, const struct lease_terms *terms, bool is_offline, int64_t now_s,
                     int64_t promised_s) {
    assert(now_s >= 0 && terms->ttl_s > 0 && terms->grace_s >= 0 && terms->offline_ttl_s > 0);
    lease->issued_s = now_s;
    if (lease->code != LEASE_CODE_OK) {
        set_refused_times(lease, terms, now_s, promised_s);
        return;
    }
    if (is_offline) {
        lease->expires_s = now_s + terms->offline_ttl_s;
        lease->renew_after_s = now_s + terms->offline_ttl_s / 2;
        lease->warn_after_s = at_least(lease->expires_s - terms->grace_s, lease->renew_after_s);
    } else {
        lease->renew_after_s = now_s + terms->ttl_s / 2;
        lease->warn_after_s = now_s + terms->ttl_s;
        lease->expires_s = lease->warn_after_s + terms->grace_s;
    }
    assert(lease->renew_after_s <= lease->warn_after_s && lease->warn_after_s <= lease->expires_s);
}

static char *put_link(char *at, uint64_t link) {
    uint64_t big_endian = __builtin_bswap64(link);
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bswap64 turns the machine's order round");
    return put_base64url(at, &big_endian, sizeof big_endian);
}

size_t lease_bytes_max(const struct lease *lease) {
    return LEASE_FIXED_BYTES_MAX + lease->opening->json.length;
}

size_t lease_write(const struct lease *lease, const unsigned char secret[PROGRAMME_SECRET_BYTES], char *out) {
    const struct lease_code_row *row = lease_code_row(lease->code);
    char *at = put_bytes(out, lease->opening->json.at, lease->opening->json.length);
    if (lease->code == LEASE_CODE_OK) {
        at = PUT(at, ",\"decision\":\"work\",\"code\":\"ok\"");
    } else {
        at = PUT(at, ",\"decision\":\"stop\",\"code\":\"");
        at = put_string(at, row->word);
        at = PUT(at, "\",\"words\":\"");
        at = put_string(at, row->words);
        *at++ = '"';
    }
    at = PUT(at, ",\"device\":\"");
    if (lease->device.length > 0) {
        at = put_bytes(at, lease->device.at, lease->device.length);
    } else {
        at = put_identifier(at, secret, IDENTIFIER_DEVICE, lease->device_id);
    }
    at = PUT(at, "\",\"fingerprint\":\"");
    at = put_base64url(at, lease->fingerprint, DEVICE_FINGERPRINT_BYTES);
    at = PUT(at, "\",\"sequence\":");
    at = put_whole(at, lease->sequence);
    at = PUT(at, ",\"link\":\"");
    at = put_link(at, lease->link);
    at = PUT(at, "\",\"issued\":");
    at = put_whole(at, lease->issued_s);
    at = PUT(at, ",\"renew_after\":");
    at = put_whole(at, lease->renew_after_s);
    at = PUT(at, ",\"warn_after\":");
    at = put_whole(at, lease->warn_after_s);
    at = PUT(at, ",\"expires\":");
    at = put_whole(at, lease->expires_s);
    at = PUT(at, ",\"keys\":");
    at = put_whole(at, lease->keys_version);
    at = PUT(at, ",\"licence\":\"");
    at = put_identifier(at, secret, IDENTIFIER_LICENCE, lease->licence_id);
    at = PUT(at, "\",\"seats\":");
    at = put_whole(at, lease->seats);
    at = PUT(at, ",\"advice\":[");
    if (lease->advise_clock) {
        at = PUT(at, "\"clock-wrong\"");
    }
    at = PUT(at, "]}");
    size_t length = (size_t)(at - out);
    assert(length <= lease_bytes_max(lease));
    return length;
}

void lease_hash(const struct lease *lease, struct text json, struct merkle_hash *hash) {
    size_t opening = lease->opening->json.length;
    assert(json.length > opening);
    merkle_leaf_finish(&lease->opening->hashed, json.at + opening, json.length - opening, hash);
}

size_t lease_encode(const struct lease *lease, struct text json, char *out) {
    struct text encoded = lease->opening->base64url;
    size_t done = encoded.length / 4 * 3;
    assert(json.length > done);
    char *at = put_bytes(out, encoded.at, encoded.length);
    return encoded.length + base64url_encode(json.at + done, json.length - done, at);
}

void signing_key_id(const unsigned char public_key[32], char kid[SIGNING_KEY_ID_LENGTH + 1]) {
    /* RFC 7638 section 3 and RFC 8037 section 2: the required members, in the order of their names */
    char members[sizeof "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"\"}" + BASE64URL_LENGTH(32)];
    char *at = PUT(members, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
    at = put_base64url(at, public_key, 32);
    at = PUT(at, "\"}");
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)members, (size_t)(at - members));
    char thumbprint[BASE64URL_LENGTH(sizeof hash)];
    base64url_encode(hash, sizeof hash, thumbprint);
    memcpy(kid, thumbprint, SIGNING_KEY_ID_LENGTH);
    kid[SIGNING_KEY_ID_LENGTH] = '\0';
}

size_t jws_write(const struct signing_key *key, const char *typ, struct text payload, char *out) {
    char header[128];
    assert(strlen(typ) <= 40);
    char *in_header = PUT(header, "{\"alg\":\"EdDSA\",\"typ\":\"");
    in_header = put_string(in_header, typ);
    in_header = PUT(in_header, "\",\"kid\":\"");
    in_header = put_bytes(in_header, key->kid, SIGNING_KEY_ID_LENGTH);
    in_header = PUT(in_header, "\"}");
    char *at = put_base64url(out, header, (size_t)(in_header - header));
    *at++ = '.';
    at = put_base64url(at, payload.at, payload.length);
    unsigned char signature[SIGNATURE_BYTES];
    crypto_sign_detached(signature, NULL, (const unsigned char *)out, (size_t)(at - out), key->secret_key);
    *at++ = '.';
    at = put_base64url(at, signature, sizeof signature);
    return (size_t)(at - out);
}

size_t lease_head_write(const struct signing_key *key, const struct merkle_tree *tree, int64_t issued_s,
                        char *out) {
    char payload[128];
    char *at = PUT(payload, "{\"root\":\"");
    at = put_base64url(at, merkle_root(tree)->bytes, MERKLE_HASH_BYTES);
    at = PUT(at, "\",\"size\":");
    at = put_whole(at, (int64_t)tree->leaf_count);
    at = PUT(at, ",\"issued\":");
    at = put_whole(at, issued_s);
    *at++ = '}';
    size_t length = jws_write(key, "seatmeter-head", (struct text){payload, (size_t)(at - payload)}, out);
    assert(length <= LEASE_HEAD_BYTES_MAX);
    return length;
}

size_t envelope_write(struct text encoded_lease, const struct merkle_tree *tree, size_t index,
                      struct text head, char *out) {
    assert(index < tree->leaf_count && head.length <= LEASE_HEAD_BYTES_MAX);
    char *at = PUT(out, "\"lease\":\"");
    at = put_bytes(at, encoded_lease.at, encoded_lease.length);
    at = PUT(at, "\",\"index\":");
    at = put_whole(at, (int64_t)index);
    at = PUT(at, ",\"size\":");
    at = put_whole(at, (int64_t)tree->leaf_count);
    at = PUT(at, ",\"path\":[");
    const struct merkle_hash *path[MERKLE_PATH_MAX];
    size_t path_length = merkle_path(tree, index, path);
    for (size_t i = 0; i < path_length; i++) {
        at = i == 0 ? PUT(at, "\"") : PUT(at, "\",\"");
        at = put_base64url(at, path[i]->bytes, MERKLE_HASH_BYTES);
    }
    at = path_length == 0 ? PUT(at, "],\"head\":\"") : PUT(at, "\"],\"head\":\"");
    at = put_bytes(at, head.at, head.length);
    at = PUT(at, "\"}");
    size_t length = (size_t)(at - out);
    assert(length <= ENVELOPE_FIXED_BYTES_MAX + encoded_lease.length);
    return length;
}

void device_master_key(const unsigned char secret[PROGRAMME_SECRET_BYTES],
                       unsigned char master[DEVICE_MASTER_BYTES]) {
    static const unsigned char PURPOSE[] = "seatmeter device door";
    int failed = crypto_generichash_blake2b(master, DEVICE_MASTER_BYTES, PURPOSE, sizeof PURPOSE, secret,
                                            PROGRAMME_SECRET_BYTES);
    assert(failed == 0);
}

/* The number and the generation stand in BLAKE2b's salt: the key fills the only block, so it costs one
 * compression, as libsodium's crypto_kdf does. */
void device_check_in_key(const unsigned char master[DEVICE_MASTER_BYTES], int64_t device_id,
                         int64_t generation, unsigned char key[CHECK_IN_KEY_BYTES]) {
    static const unsigned char PERSONAL[crypto_generichash_blake2b_PERSONALBYTES] = {
        's', 'e', 'a', 't', 'm', 'e', 't', 'e', 'r', '-', 'd', 'e', 'v', 'i', 'c', 'e'};
    uint64_t numbers[2] = {(uint64_t)device_id, (uint64_t)generation};
    unsigned char salt[crypto_generichash_blake2b_SALTBYTES];
    static_assert(sizeof salt == sizeof numbers, "two numbers, little-endian");
    memcpy(salt, numbers, sizeof salt);
    int failed = crypto_generichash_blake2b_salt_personal(key, CHECK_IN_KEY_BYTES, NULL, 0, master,
                                                          DEVICE_MASTER_BYTES, salt, PERSONAL);
    assert(failed == 0);
}
