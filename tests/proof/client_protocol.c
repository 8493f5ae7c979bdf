#include "client_protocol.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64url_print(const void *bytes, size_t size, char *out) {
    const unsigned char *in = bytes;
    size_t length = 0;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | in[i];
        for (count += 8; count >= 6; count -= 6) {
            out[length++] = DIGITS[bits >> (count - 6) & 63];
        }
    }
    if (count > 0) {
        out[length++] = DIGITS[bits << (6 - count) & 63];
    }
    return length;
}

static int digit_value(char digit) {
    static signed char values[256];
    if (values['A'] == 0 && values['B'] == 0) {
        memset(values, -1, sizeof values);
        for (int i = 0; i < 64; i++) {
            values[(unsigned char)DIGITS[i]] = (signed char)i;
        }
    }
    return values[(unsigned char)digit];
}

/* Any length: writes at most `size` bytes and says how many; -1 where it is not base64url. */
static long base64url_decode(struct slice text, unsigned char *out, size_t size) {
    size_t written = 0;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < text.length; i++) {
        int value = digit_value(text.at[i]);
        if (value < 0) {
            return -1;
        }
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            if (written == size) {
                return -1;
            }
            out[written++] = (unsigned char)(bits >> count);
        }
    }
    return count >= 6 || (bits & ((1U << count) - 1)) != 0 ? -1 : (long)written;
}

bool base64url_read(struct slice text, void *out, size_t size) {
    return text.length == (size * 4 + 2) / 3 && base64url_decode(text, out, size) == (long)size;
}

/* The end of the JSON value at `at`, NULL where there is none. */
static const char *value_end(const char *at, const char *end) {
    int depth = 0;
    for (bool in_string = false; at < end; at++) {
        if (in_string) {
            if (*at == '\\') {
                at++;
            } else if (*at == '"') {
                in_string = false;
                if (depth == 0) {
                    return at + 1;
                }
            }
        } else if (*at == '"') {
            in_string = true;
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0) {
                return at;
            }
            if (--depth == 0) {
                return at + 1;
            }
        } else if (*at == ',' && depth == 0) {
            return at;
        }
    }
    return NULL;
}

bool json_member(struct slice object, const char *name, struct slice *value) {
    const char *at = object.at;
    const char *end = at + object.length;
    size_t name_length = strlen(name);
    if (object.length < 2 || *at != '{') {
        return false;
    }
    for (at++; at < end && *at == '"';) {
        const char *name_end = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (name_end == NULL || name_end + 2 >= end || name_end[1] != ':') {
            return false;
        }
        const char *start = name_end + 2;
        const char *stop = value_end(start, end);
        if (stop == NULL || stop >= end) {
            return false;
        }
        if ((size_t)(name_end - at - 1) == name_length && memcmp(at + 1, name, name_length) == 0) {
            if (*start == '"') {
                start++;
                stop--;
            }
            *value = (struct slice){start, (size_t)(stop - start)};
            return true;
        }
        at = *stop == ',' ? stop + 1 : stop;
    }
    return false;
}

static bool member_int(struct slice object, const char *name, int64_t *value) {
    struct slice text;
    if (!json_member(object, name, &text) || text.length == 0 || text.length > 18) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        *value = *value * 10 + (text.at[i] - '0');
    }
    return true;
}

static bool member_bytes(struct slice object, const char *name, void *out, size_t size) {
    struct slice text;
    return json_member(object, name, &text) && base64url_read(text, out, size);
}

static bool member_is(struct slice object, const char *name, const char *wanted) {
    struct slice text;
    return json_member(object, name, &text) && text.length == strlen(wanted) &&
           memcmp(text.at, wanted, text.length) == 0;
}

void identity_make(uint64_t seed, uint32_t number, struct identity *identity) {
    char label[64];
    snprintf(label, sizeof label, "machine %" PRIu64 " %" PRIu32, seed, number);
    crypto_hash_sha256(identity->fingerprint, (unsigned char *)label, strlen(label));
}

size_t activation_body(const char *licence_key, const struct identity *identity, struct device *device,
                       int64_t time_s, char out[BODY_BYTES]) {
    char key[64] = "", fingerprint[64] = "", link[16] = "", signature_text[128] = "", message[512];
    unsigned char signature[64], key_seed[32], public_key[32], secret_key[64];
    if (!device->has_pending) {
        randombytes_buf(device->pending_link, sizeof device->pending_link);
        device->has_pending = true;
    }
    crypto_generichash(key_seed, sizeof key_seed, device->pending_link, sizeof device->pending_link,
                       identity->fingerprint, sizeof identity->fingerprint);
    crypto_sign_seed_keypair(public_key, secret_key, key_seed);
    base64url_print(public_key, 32, key);
    base64url_print(identity->fingerprint, 32, fingerprint);
    base64url_print(device->pending_link, 8, link);
    snprintf(message, sizeof message, "seatmeter-activate-1\n%s\n%s\n%s\n%s\n%" PRId64, licence_key, key,
             fingerprint, link, time_s);
    crypto_sign_detached(signature, NULL, (unsigned char *)message, strlen(message), secret_key);
    base64url_print(signature, 64, signature_text);
    int length = snprintf(
        out, BODY_BYTES,
        "{\"key\":\"%s\",\"device_key\":\"%s\",\"fingerprint\":\"%s\",\"link\":\"%s\",\"time\":%" PRId64
        ",\"name\":\"PC-%" PRIu32 "\",\"version\":\"1.0.0\",\"signature\":\"%s\"}",
        licence_key, key, fingerprint, link, time_s, device->number, signature_text);
    assert(length > 0 && length < BODY_BYTES);
    return (size_t)length;
}

size_t check_in_body(struct device *device, int64_t time_s, const char *extra, char out[BODY_BYTES]) {
    char previous[16] = "", link[16] = "", mac_text[64] = "";
    unsigned char mac[32];
    if (!device->has_pending) {
        randombytes_buf(device->pending_link, sizeof device->pending_link);
        device->has_pending = true;
    }
    base64url_print(device->link, 8, previous);
    base64url_print(device->pending_link, 8, link);
    int length =
        snprintf(out, BODY_BYTES,
                 "{\"device\":\"%s\",\"sequence\":%" PRIu32
                 ",\"previous\":\"%s\",\"link\":\"%s\",\"time\":%" PRId64 "%s%s",
                 device->id, device->sequence + 1, previous, link, time_s, *extra != 0 ? "," : "", extra);
    assert(length > 0 && length < BODY_BYTES - 64);
    crypto_generichash(mac, sizeof mac, (unsigned char *)out, strlen(out), device->check_in_key, 32);
    base64url_print(mac, 32, mac_text);
    length += snprintf(out + length, BODY_BYTES - (size_t)length, ",\"mac\":\"%s\"}", mac_text);
    return (size_t)length;
}

/* The payload of a compact JWS (EdDSA) of that type, decoded into `out`, and its key id. Verified unless
 * public_key is NULL. */
static long jws_read(struct slice jws, const char *typ, const unsigned char *public_key, char kid[24],
                     unsigned char *out, size_t size) {
    const char *end = jws.at + jws.length;
    const char *first = memchr(jws.at, '.', jws.length);
    const char *second = first == NULL ? NULL : memchr(first + 1, '.', (size_t)(end - first - 1));
    unsigned char header[256], signature[64];
    struct slice kid_text;
    if (second == NULL ||
        !base64url_read((struct slice){second + 1, (size_t)(end - second - 1)}, signature, 64)) {
        return -1;
    }
    long length = base64url_decode((struct slice){jws.at, (size_t)(first - jws.at)}, header, sizeof header);
    struct slice object = {(char *)header, length < 0 ? 0 : (size_t)length};
    if (!member_is(object, "alg", "EdDSA") || !member_is(object, "typ", typ) ||
        !json_member(object, "kid", &kid_text) || kid_text.length >= 24) {
        return -1;
    }
    memset(kid, 0, 24);
    memcpy(kid, kid_text.at, kid_text.length);
    if (public_key != NULL &&
        crypto_sign_verify_detached(signature, (const unsigned char *)jws.at,
                                    (unsigned long long)(second - jws.at), public_key) != 0) {
        return -1;
    }
    return base64url_decode((struct slice){first + 1, (size_t)(second - first - 1)}, out, size);
}

/* The next element of a JSON array of strings or objects. */
static bool array_next(struct slice *array, struct slice *element) {
    const char *at = array->at;
    const char *end = at + array->length;
    if (at >= end || (*at != '[' && *at != ',')) {
        return false;
    }
    at++;
    if (at >= end || *at == ']') {
        return false;
    }
    const char *stop = value_end(at, end);
    if (stop == NULL || stop >= end) {
        return false;
    }
    *element = (struct slice){at, (size_t)(stop - at)};
    if (*at == '"') {
        *element = (struct slice){at + 1, (size_t)(stop - at) - 2};
    }
    *array = (struct slice){stop, (size_t)(end - stop)};
    return true;
}

bool key_set_read(struct slice body, const unsigned char *root, struct key_set *keys) {
    unsigned char payload[8192], named_root[32];
    char kid[24];
    struct slice jws, list, element;
    if (!json_member(body, "keys", &jws)) {
        return false;
    }
    long length = jws_read(jws, "seatmeter-keys", NULL, kid, payload, sizeof payload);
    struct slice object = {(char *)payload, length < 0 ? 0 : (size_t)length};
    bool signed_by_root = false;
    if (!json_member(object, "roots", &list)) {
        return false;
    }
    while (array_next(&list, &element)) {
        signed_by_root |= base64url_read(element, named_root, 32) &&
                          (root == NULL || memcmp(root, named_root, 32) == 0) &&
                          jws_read(jws, "seatmeter-keys", named_root, kid, payload, sizeof payload) == length;
    }
    if (!signed_by_root || !member_int(object, "version", &keys->version) ||
        !json_member(object, "keys", &list)) {
        return false;
    }
    keys->count = 0;
    while (keys->count < KEYS_MAX && array_next(&list, &element)) {
        struct slice name;
        if (!member_is(element, "kty", "OKP") || !member_is(element, "crv", "Ed25519") ||
            !json_member(element, "kid", &name) || name.length >= 24 ||
            !member_bytes(element, "x", keys->keys[keys->count].public_key, 32)) {
            return false;
        }
        memset(keys->keys[keys->count].kid, 0, 24);
        memcpy(keys->keys[keys->count].kid, name.at, name.length);
        keys->count++;
    }
    return keys->count > 0;
}

bool answer_read(struct slice body, struct device *device, bool is_activation, struct verdict *verdict) {
    struct slice text;
    unsigned char lease[4096], link[8];
    int64_t sequence;
    memset(verdict, 0, sizeof *verdict);
    verdict->is_lease = json_member(body, "lease", &text);
    if (!verdict->is_lease) {
        if (!json_member(body, "code", &text) || text.length >= CODE_BYTES) {
            return false;
        }
        memcpy(verdict->code, text.at, text.length);
        return json_member(body, "words", &text) && text.length > 0;
    }
    long length = base64url_decode(text, lease, sizeof lease);
    struct slice object = {(char *)lease, length < 0 ? 0 : (size_t)length};
    char id[DEVICE_ID_BYTES] = "";
    if (is_activation) {
        if (!json_member(body, "device", &text) || text.length >= sizeof id) {
            return false;
        }
        memcpy(id, text.at, text.length);
        if (device->is_active && strcmp(id, device->id) != 0) {
            return false; /* the same machine must be the same device */
        }
        if (!member_bytes(body, "check_in_key", device->check_in_key, 32)) {
            return false;
        }
        memcpy(device->id, id, sizeof id);
    }
    if (!json_member(object, "code", &text) || text.length >= CODE_BYTES) {
        return false;
    }
    memcpy(verdict->code, text.at, text.length);
    verdict->works = member_is(object, "decision", "work");
    return (verdict->works || member_is(object, "decision", "stop")) &&
           member_is(object, "device", device->id) && member_int(object, "sequence", &sequence) &&
           sequence == (is_activation ? 0 : device->sequence + 1) && member_bytes(object, "link", link, 8) &&
           memcmp(link, device->pending_link, 8) == 0 && member_int(object, "expires", &verdict->expires_s) &&
           verdict->works == (strcmp(verdict->code, "ok") == 0);
}

static void hash_pair(const unsigned char *left, const unsigned char *right, unsigned char out[32]) {
    unsigned char joined[65] = {1};
    memcpy(joined + 1, left, 32);
    memcpy(joined + 33, right, 32);
    crypto_hash_sha256(out, joined, sizeof joined);
}

/* RFC 9162 section 2.1.3.2, which says how a path of RFC 6962 is verified. */
static bool path_leads_to(unsigned char hash[32], int64_t index, int64_t size, struct slice path,
                          const unsigned char root[32]) {
    int64_t last = size - 1;
    struct slice element;
    if (index >= size) {
        return false;
    }
    while (array_next(&path, &element)) {
        unsigned char sibling[32];
        if (last == 0 || !base64url_read(element, sibling, 32)) {
            return false;
        }
        if ((index & 1) != 0 || index == last) {
            hash_pair(sibling, hash, hash);
            while ((index & 1) == 0 && index != 0) {
                index >>= 1;
                last >>= 1;
            }
        } else {
            hash_pair(hash, sibling, hash);
        }
        index >>= 1;
        last >>= 1;
    }
    return last == 0 && memcmp(hash, root, 32) == 0;
}

bool envelope_verify(struct slice body, const struct key_set *keys, const struct identity *identity) {
    struct slice lease_text, path, head;
    int64_t index, size, head_size, issued;
    unsigned char leaf[4097] = {0}, payload[512], hash[32], root[32], fingerprint[32];
    char kid[24];
    if (!json_member(body, "lease", &lease_text) || !json_member(body, "path", &path) ||
        !json_member(body, "head", &head) || !member_int(body, "index", &index) ||
        !member_int(body, "size", &size)) {
        return false;
    }
    long length = base64url_decode(lease_text, leaf + 1, sizeof leaf - 1);
    struct slice lease = {(char *)leaf + 1, length < 0 ? 0 : (size_t)length};
    if (!member_bytes(lease, "fingerprint", fingerprint, 32) ||
        memcmp(fingerprint, identity->fingerprint, 32) != 0 ||
        jws_read(head, "seatmeter-head", NULL, kid, payload, sizeof payload) < 0) {
        return false;
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->keys[i].kid, kid) == 0) {
            long payload_length =
                jws_read(head, "seatmeter-head", keys->keys[i].public_key, kid, payload, sizeof payload);
            struct slice object = {(char *)payload, payload_length < 0 ? 0 : (size_t)payload_length};
            crypto_hash_sha256(hash, leaf, lease.length + 1);
            return member_bytes(object, "root", root, 32) && member_int(object, "size", &head_size) &&
                   member_int(object, "issued", &issued) && head_size == size &&
                   path_leads_to(hash, index, size, path, root);
        }
    }
    return false;
}

void device_advance(struct device *device, bool is_activation) {
    device->sequence = is_activation ? 0 : device->sequence + 1;
    memcpy(device->link, device->pending_link, 8);
    device->has_pending = false;
    device->is_active = true;
}
