#include "lease.h"

#include "clock.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BYTES = crypto_hash_sha256_BYTES };

static void hash_two(unsigned char out[HASH_BYTES], const unsigned char left[HASH_BYTES],
                     const unsigned char right[HASH_BYTES]) {
    unsigned char node[1 + 2 * HASH_BYTES];
    node[0] = 1;
    memcpy(node + 1, left, HASH_BYTES);
    memcpy(node + 1 + HASH_BYTES, right, HASH_BYTES);
    (void)crypto_hash_sha256(out, node, sizeof node);
}

static void hash_leaf(unsigned char out[HASH_BYTES], const char *bytes, size_t size) {
    static const unsigned char prefix = 0;
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, &prefix, 1);
    (void)crypto_hash_sha256_update(&state, (const unsigned char *)bytes, size);
    (void)crypto_hash_sha256_final(&state, out);
}

/* Walks from the leaf to the root, as RFC 9162 section 2.1.3.2 (the same tree as RFC 6962's, whose own text
 * gives no algorithm for the client). `hash` is the leaf's and becomes the root's. */
static bool walk_path(unsigned char hash[HASH_BYTES], int64_t index, int64_t size,
                      const struct sm_json_value *path) {
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    int64_t node = index;
    int64_t last = size - 1;
    sm_json_begin(&json, path->text);
    while (sm_json_element(&json, &is_open, &element)) {
        unsigned char sibling[HASH_BYTES];
        if (last == 0 || !sm_json_bytes(&element, sibling, sizeof sibling)) {
            return false;
        }
        if ((node & 1) != 0 || node == last) {
            hash_two(hash, sibling, hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash_two(hash, hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    return !json.has_failed && last == 0;
}

struct head {
    unsigned char root[HASH_BYTES];
    int64_t size;
    int64_t issued_s;
};

static enum sm_code read_head(const struct sm_json_value *value, const struct sm_key_set *keys,
                              struct head *head) {
    enum { ROOT, SIZE, ISSUED, MEMBERS };
    struct sm_json_member members[MEMBERS] = {{"root", {SM_JSON_ABSENT, {NULL, 0}}},
                                              {"size", {SM_JSON_ABSENT, {NULL, 0}}},
                                              {"issued", {SM_JSON_ABSENT, {NULL, 0}}}};
    char out[SM_HEAD_BYTES_MAX];
    struct sm_span payload;
    if (value->kind != SM_JSON_STRING || value->text.length > sizeof out) {
        return SM_LEASE_MALFORMED;
    }
    enum sm_code code =
        sm_jws_verify(value->text, "seatmeter-head", keys->keys, keys->key_count, out, &payload);
    if (code != SM_OK) {
        return code;
    }
    return sm_json_object(payload, members, MEMBERS) &&
                   sm_json_bytes(&members[ROOT].value, head->root, sizeof head->root) &&
                   sm_json_integer(&members[SIZE].value, 1, SM_TIME_MAX, &head->size) &&
                   sm_json_integer(&members[ISSUED].value, 0, SM_TIME_MAX, &head->issued_s)
               ? SM_OK
               : SM_LEASE_MALFORMED;
}

enum member {
    DECISION,
    CODE,
    WORDS,
    DEVICE,
    FINGERPRINT,
    SEQUENCE,
    LINK,
    ISSUED,
    RENEW_AFTER,
    WARN_AFTER,
    EXPIRES,
    KEYS,
    LICENCE,
    SEATS,
    SKU,
    COMPONENTS,
    ADVICE,
    MEMBERS
};

static bool read_time(const struct sm_json_value *value, int64_t *time_s) {
    return sm_json_integer(value, 0, SM_TIME_MAX, time_s);
}

/* What need not be there, but must be right where it is. */
static bool read_optional_text(const struct sm_json_value *value, char *out, size_t capacity) {
    out[0] = '\0';
    return value->kind == SM_JSON_ABSENT || sm_json_text(value, out, capacity);
}

static bool read_advice(const struct sm_json_value *value, struct sm_lease *lease) {
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    if (value->kind == SM_JSON_ABSENT) {
        return true;
    }
    sm_json_begin(&json, value->text);
    while (sm_json_element(&json, &is_open, &element)) {
        char word[SM_WORD_BYTES];
        if (!sm_json_text(&element, word, sizeof word)) {
            return false;
        }
        if (lease->advice_count < SM_ADVICE_MAX) {
            lease->advice[lease->advice_count++] = sm_code_of_word(word, strlen(word));
        }
    }
    return !json.has_failed;
}

static bool read_components(const struct sm_json_value *value, struct sm_lease *lease) {
    struct sm_json json;
    struct sm_json_value element;
    bool is_open = false;
    if (value->kind == SM_JSON_ABSENT) {
        return true;
    }
    sm_json_begin(&json, value->text);
    while (sm_json_element(&json, &is_open, &element)) {
        if (element.kind != SM_JSON_STRING) {
            return false;
        }
    }
    lease->components = value->text;
    return !json.has_failed;
}

static bool read_decision(const struct sm_json_member *members, struct sm_lease *lease) {
    lease->is_work = sm_json_text_is(&members[DECISION].value, sm_span_of("work"));
    if ((!lease->is_work && !sm_json_text_is(&members[DECISION].value, sm_span_of("stop"))) ||
        !sm_json_text(&members[CODE].value, lease->word, sizeof lease->word)) {
        return false;
    }
    if (!read_optional_text(&members[WORDS].value, lease->words, sizeof lease->words)) {
        lease->words[0] = '\0'; /* too long for us: the code's own will do */
    }
    lease->code = sm_code_of_word(lease->word, strlen(lease->word));
    if (!lease->is_work && lease->code == SM_OK) {
        lease->code = SM_OTHER_REASON;
    }
    return true;
}

static bool read_fields(struct sm_span text, struct sm_lease *lease) {
    struct sm_json_member members[MEMBERS] = {
        {"decision", {SM_JSON_ABSENT, {NULL, 0}}},    {"code", {SM_JSON_ABSENT, {NULL, 0}}},
        {"words", {SM_JSON_ABSENT, {NULL, 0}}},       {"device", {SM_JSON_ABSENT, {NULL, 0}}},
        {"fingerprint", {SM_JSON_ABSENT, {NULL, 0}}}, {"sequence", {SM_JSON_ABSENT, {NULL, 0}}},
        {"link", {SM_JSON_ABSENT, {NULL, 0}}},        {"issued", {SM_JSON_ABSENT, {NULL, 0}}},
        {"renew_after", {SM_JSON_ABSENT, {NULL, 0}}}, {"warn_after", {SM_JSON_ABSENT, {NULL, 0}}},
        {"expires", {SM_JSON_ABSENT, {NULL, 0}}},     {"keys", {SM_JSON_ABSENT, {NULL, 0}}},
        {"licence", {SM_JSON_ABSENT, {NULL, 0}}},     {"seats", {SM_JSON_ABSENT, {NULL, 0}}},
        {"sku", {SM_JSON_ABSENT, {NULL, 0}}},         {"components", {SM_JSON_ABSENT, {NULL, 0}}},
        {"advice", {SM_JSON_ABSENT, {NULL, 0}}}};
    return sm_json_object(text, members, MEMBERS) && read_decision(members, lease) &&
           sm_json_text(&members[DEVICE].value, lease->device, sizeof lease->device) &&
           lease->device[0] != '\0' &&
           sm_json_bytes(&members[FINGERPRINT].value, lease->fingerprint, sizeof lease->fingerprint) &&
           sm_json_integer(&members[SEQUENCE].value, 0, INT32_MAX, &lease->sequence) &&
           sm_json_bytes(&members[LINK].value, lease->link, sizeof lease->link) &&
           read_time(&members[ISSUED].value, &lease->issued_s) &&
           read_time(&members[RENEW_AFTER].value, &lease->renew_after_s) &&
           read_time(&members[WARN_AFTER].value, &lease->warn_after_s) &&
           read_time(&members[EXPIRES].value, &lease->expires_s) &&
           read_time(&members[KEYS].value, &lease->keys_version) &&
           read_optional_text(&members[LICENCE].value, lease->licence, sizeof lease->licence) &&
           read_optional_text(&members[SKU].value, lease->sku, sizeof lease->sku) &&
           (members[SEATS].value.kind == SM_JSON_ABSENT ||
            sm_json_integer(&members[SEATS].value, 0, INT32_MAX, &lease->seats)) &&
           read_components(&members[COMPONENTS].value, lease) && read_advice(&members[ADVICE].value, lease);
}

static enum sm_code read_proven(const struct sm_envelope *envelope, const struct head *head,
                                struct sm_lease *lease) {
    int64_t index;
    int64_t size;
    struct sm_span text = {lease->memory, 0};
    unsigned char hash[HASH_BYTES];
    if (!sm_json_integer(&envelope->size, 1, SM_TIME_MAX, &size) ||
        !sm_json_integer(&envelope->index, 0, size - 1, &index) || envelope->path.kind != SM_JSON_ARRAY ||
        !sm_base64_decode(envelope->lease.text, lease->memory, envelope->lease.text.length, &text.length)) {
        return SM_LEASE_MALFORMED;
    }
    hash_leaf(hash, text.at, text.length);
    if (size != head->size || !walk_path(hash, index, size, &envelope->path) ||
        sodium_memcmp(hash, head->root, sizeof hash) != 0) {
        return SM_LEASE_FORGED;
    }
    if (!read_fields(text, lease)) {
        return SM_LEASE_MALFORMED;
    }
    if (lease->issued_s < head->issued_s) {
        lease->issued_s = head->issued_s;
    }
    return SM_OK;
}

enum sm_code sm_lease_read(const struct sm_envelope *envelope, const struct sm_key_set *keys,
                           struct sm_lease *lease) {
    struct head head;
    memset(lease, 0, sizeof *lease);
    if (envelope->lease.kind != SM_JSON_STRING || envelope->lease.text.length > SM_ENVELOPE_BYTES_MAX) {
        return SM_LEASE_MALFORMED;
    }
    enum sm_code code = read_head(&envelope->head, keys, &head);
    if (code != SM_OK) {
        return code;
    }
    lease->memory = malloc(envelope->lease.text.length + 1);
    if (lease->memory == NULL) {
        return SM_NO_MEMORY;
    }
    code = read_proven(envelope, &head, lease);
    if (code != SM_OK) {
        sm_lease_free(lease);
    }
    return code;
}

void sm_lease_free(struct sm_lease *lease) {
    free(lease->memory);
    memset(lease, 0, sizeof *lease);
}

bool sm_lease_next_component(const struct sm_lease *lease, struct sm_json *json, bool *is_open,
                             struct sm_json_value *name) {
    if (lease->components.length == 0) {
        return false;
    }
    if (!*is_open) {
        sm_json_begin(json, lease->components);
    }
    return sm_json_element(json, is_open, name);
}
