/* TUF metadata: from bytes to facts; see the header. */
#include "tuf_metadata.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

const char *const TUF_ROLE_NAMES[TUF_ROLES] = {"root", "timestamp", "snapshot", "targets"};

size_t sm_tuf_role_bytes_max(enum sm_tuf_role role) {
    static const size_t MAXIMA[TUF_ROLES] = {TUF_ROOT_BYTES_MAX, TUF_TIMESTAMP_BYTES_MAX,
                                             TUF_SNAPSHOT_BYTES_MAX, TUF_TARGETS_BYTES_MAX};
    return MAXIMA[role];
}

static struct sm_span role_name(enum sm_tuf_role role) {
    return (struct sm_span){TUF_ROLE_NAMES[role], strlen(TUF_ROLE_NAMES[role])};
}

static bool two_digits(const char *at, int64_t highest, int64_t *number) {
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') {
        return false;
    }
    *number = (at[0] - '0') * 10 + (at[1] - '0');
    return *number <= highest;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: years begin in March, so that the leap day comes
 * last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

static int64_t days_in_month(int64_t year, int64_t month) {
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 ? 28 + is_leap : 30 + ((month + (month > 7)) & 1);
}

bool sm_tuf_time(struct sm_span string, int64_t *seconds) {
    static const char FORM[] = "0000-00-00T00:00:00Z";
    if (string.length != sizeof FORM - 1) {
        return false;
    }
    const char *at = string.at;
    for (size_t i = 0; i < string.length; i++) {
        if (FORM[i] != '0' && at[i] != FORM[i]) {
            return false;
        }
    }
    int64_t century = 0;
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (!two_digits(at, 99, &century) || !two_digits(at + 2, 99, &year) || !two_digits(at + 5, 12, &month) ||
        !two_digits(at + 8, 31, &day) || !two_digits(at + 11, 23, &hour) ||
        !two_digits(at + 14, 59, &minute) || !two_digits(at + 17, 59, &second)) {
        return false;
    }
    year += century * 100;
    if (year < 1970 || month < 1 || day < 1 || day > days_in_month(year, month)) {
        return false;
    }
    *seconds = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}

static bool member_string(struct sm_span object, struct sm_span name, struct sm_span *string) {
    struct sm_span value;
    return sm_tuf_member(object, name, &value) && sm_tuf_string(value, string);
}

static bool member_number(struct sm_span object, struct sm_span name, int64_t *number) {
    struct sm_span value;
    return sm_tuf_member(object, name, &value) && sm_tuf_number(value, number);
}

static bool member_object(struct sm_span object, struct sm_span name, struct sm_span *value) {
    return sm_tuf_member(object, name, value) && sm_tuf_is_object(*value);
}

/* The outermost object has "signatures" and "signed" once each. */
static bool read_envelope(struct sm_span whole, struct sm_tuf_file *file) {
    struct sm_span name;
    struct sm_span value;
    int signatures = 0;
    int signed_parts = 0;
    size_t at = 0;
    while (sm_tuf_next_member(whole, &at, &name, &value)) {
        if (sm_span_equal(name, SM_SPAN("signatures"))) {
            file->signatures = value;
            signatures++;
        } else if (sm_span_equal(name, SM_SPAN("signed"))) {
            file->signed_part = value;
            signed_parts++;
        }
    }
    return signatures == 1 && signed_parts == 1 && sm_tuf_is_array(file->signatures) &&
           sm_tuf_is_object(file->signed_part);
}

/* What a root says of a role: its threshold is positive, its keys are strings. */
static bool read_role(struct sm_span root, enum sm_tuf_role role, struct sm_span *key_ids,
                      int64_t *threshold) {
    struct sm_span roles;
    struct sm_span description;
    return member_object(root, SM_SPAN("roles"), &roles) &&
           member_object(roles, role_name(role), &description) &&
           sm_tuf_member(description, SM_SPAN("keyids"), key_ids) && sm_tuf_is_array(*key_ids) &&
           member_number(description, SM_SPAN("threshold"), threshold) && *threshold >= 1;
}

/* A key is named by the SHA-256 of its canonical text. */
static bool key_id_is_right(struct sm_span key_id, struct sm_span key) {
    unsigned char named[TUF_HASH_BYTES];
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)key.at, key.length);
    return sm_tuf_hex(key_id, named, sizeof named) && memcmp(named, hash, sizeof named) == 0;
}

static bool read_root(struct sm_tuf_file *file) {
    struct sm_span keys;
    struct sm_span value;
    struct sm_span name;
    int64_t threshold = 0;
    size_t at = 0;
    if (!member_object(file->signed_part, SM_SPAN("keys"), &keys)) {
        return false;
    }
    while (sm_tuf_next_member(keys, &at, &name, &value)) {
        if (!sm_tuf_is_object(value) || !key_id_is_right(name, value)) {
            return false;
        }
    }
    for (int role = 0; role < TUF_ROLES; role++) {
        if (!read_role(file->signed_part, (enum sm_tuf_role)role, &value, &threshold)) {
            return false;
        }
    }
    file->content = file->signed_part;
    return !sm_tuf_member(file->signed_part, SM_SPAN("consistent_snapshot"), &value) ||
           sm_tuf_boolean(value, &file->is_consistent);
}

/* Every description in it can be read; a file must have the one of what comes after it in the workflow. */
static bool read_meta(struct sm_tuf_file *file, struct sm_span must_have) {
    struct sm_span name;
    struct sm_span value;
    struct sm_tuf_meta meta;
    size_t at = 0;
    if (!member_object(file->signed_part, SM_SPAN("meta"), &file->content)) {
        return false;
    }
    while (sm_tuf_next_member(file->content, &at, &name, &value)) {
        if (!sm_tuf_meta_read(value, &meta) || meta.version < 1) {
            return false;
        }
    }
    return sm_tuf_meta_find(file, must_have, &meta);
}

static bool read_targets(struct sm_tuf_file *file) {
    struct sm_span name;
    struct sm_span value;
    struct sm_tuf_meta meta;
    size_t at = 0;
    if (!member_object(file->signed_part, SM_SPAN("targets"), &file->content)) {
        return false;
    }
    while (sm_tuf_next_member(file->content, &at, &name, &value)) {
        if (!sm_tuf_meta_read(value, &meta) || !meta.has_length ||
            !sm_tuf_member(value, SM_SPAN("hashes"), &value)) {
            return false;
        }
    }
    return true;
}

static bool read_signed(enum sm_tuf_role role, struct sm_tuf_file *file) {
    struct sm_span type;
    struct sm_span specification;
    struct sm_span expires;
    struct sm_span whole = file->signed_part;
    if (!member_string(whole, SM_SPAN("_type"), &type) || !sm_span_equal(type, role_name(role)) ||
        !member_string(whole, SM_SPAN("spec_version"), &specification) || specification.length < 2 ||
        memcmp(specification.at, "1.", 2) != 0 || !member_number(whole, SM_SPAN("version"), &file->version) ||
        file->version < 1 || !member_string(whole, SM_SPAN("expires"), &expires) ||
        !sm_tuf_time(expires, &file->expires_s)) {
        return false;
    }
    switch (role) {
    case TUF_ROOT:
        return read_root(file);
    case TUF_TIMESTAMP:
        return read_meta(file, SM_SPAN("snapshot.json"));
    case TUF_SNAPSHOT:
        return read_meta(file, SM_SPAN("targets.json"));
    default:
        return read_targets(file);
    }
}

enum sm_tuf_parsed sm_tuf_file_parse(enum sm_tuf_role role, const void *bytes, size_t size,
                                     struct sm_tuf_file *file) {
    *file = (struct sm_tuf_file){0};
    if (size == 0 || size > sm_tuf_role_bytes_max(role)) {
        return TUF_NOT_CANONICAL;
    }
    file->bytes = malloc(size);
    file->canonical = malloc(size);
    if (file->bytes == NULL || file->canonical == NULL) {
        return TUF_NO_MEMORY;
    }
    memcpy(file->bytes, bytes, size);
    file->size = size;
    struct sm_span whole = {file->canonical, 0};
    if (!sm_tuf_canonical(bytes, size, file->canonical, &whole.length)) {
        return TUF_NOT_CANONICAL;
    }
    return read_envelope(whole, file) && read_signed(role, file) ? TUF_PARSED : TUF_NOT_OF_ROLE;
}

void sm_tuf_file_free(struct sm_tuf_file *file) {
    free(file->bytes);
    free(file->canonical);
    *file = (struct sm_tuf_file){0};
}

static bool array_has_string(struct sm_span array, struct sm_span string) {
    struct sm_span value;
    struct sm_span found;
    size_t at = 0;
    while (sm_tuf_next_value(array, &at, &value)) {
        if (sm_tuf_string(value, &found) && sm_span_equal(found, string)) {
            return true;
        }
    }
    return false;
}

/* The public key of that name, where it is one that this library knows. */
static bool find_key(const struct sm_tuf_file *root, struct sm_span key_id,
                     unsigned char public_key[crypto_sign_PUBLICKEYBYTES]) {
    struct sm_span keys;
    struct sm_span key;
    struct sm_span text;
    struct sm_span key_value;
    return member_object(root->signed_part, SM_SPAN("keys"), &keys) && member_object(keys, key_id, &key) &&
           member_string(key, SM_SPAN("keytype"), &text) && sm_span_equal(text, SM_SPAN("ed25519")) &&
           member_string(key, SM_SPAN("scheme"), &text) && sm_span_equal(text, SM_SPAN("ed25519")) &&
           member_object(key, SM_SPAN("keyval"), &key_value) &&
           member_string(key_value, SM_SPAN("public"), &text) &&
           sm_tuf_hex(text, public_key, crypto_sign_PUBLICKEYBYTES);
}

/* Names of signatures' keys, and the keys that signed; each is to come once. */
struct signers {
    struct sm_span key_ids[TUF_SIGNATURES_MAX];
    size_t named;
    unsigned char keys[TUF_SIGNATURES_MAX][crypto_sign_PUBLICKEYBYTES];
    int64_t counted;
};

static bool signers_name(struct signers *signers, struct sm_span key_id) {
    if (signers->named == TUF_SIGNATURES_MAX) {
        return false;
    }
    for (size_t i = 0; i < signers->named; i++) {
        if (sm_span_equal(signers->key_ids[i], key_id)) {
            return false;
        }
    }
    signers->key_ids[signers->named++] = key_id;
    return true;
}

/* Two names may be of one key: it counts once. */
static void signers_count(struct signers *signers, const unsigned char key[crypto_sign_PUBLICKEYBYTES]) {
    for (int64_t i = 0; i < signers->counted; i++) {
        if (memcmp(signers->keys[i], key, crypto_sign_PUBLICKEYBYTES) == 0) {
            return;
        }
    }
    memcpy(signers->keys[signers->counted++], key, crypto_sign_PUBLICKEYBYTES);
}

bool sm_tuf_file_is_signed(const struct sm_tuf_file *file, enum sm_tuf_role role,
                           const struct sm_tuf_file *root) {
    struct sm_span key_ids;
    struct sm_span entry;
    struct sm_span key_id;
    struct sm_span text;
    int64_t threshold = 0;
    struct signers signers = {.named = 0};
    size_t at = 0;
    if (!read_role(root->signed_part, role, &key_ids, &threshold)) {
        return false;
    }
    while (sm_tuf_next_value(file->signatures, &at, &entry)) {
        unsigned char key[crypto_sign_PUBLICKEYBYTES];
        unsigned char signature[crypto_sign_BYTES];
        if (!member_string(entry, SM_SPAN("keyid"), &key_id) ||
            !member_string(entry, SM_SPAN("sig"), &text) || !signers_name(&signers, key_id)) {
            return false;
        }
        if (array_has_string(key_ids, key_id) && find_key(root, key_id, key) &&
            sm_tuf_hex(text, signature, sizeof signature) &&
            crypto_sign_verify_detached(signature, (const unsigned char *)file->signed_part.at,
                                        file->signed_part.length, key) == 0) {
            signers_count(&signers, key);
        }
    }
    return signers.counted >= threshold;
}

bool sm_tuf_role_lost_key(enum sm_tuf_role role, const struct sm_tuf_file *old_root,
                          const struct sm_tuf_file *new_root) {
    struct sm_span old_ids;
    struct sm_span new_ids;
    struct sm_span value;
    struct sm_span key_id;
    int64_t threshold = 0;
    size_t at = 0;
    if (!read_role(old_root->signed_part, role, &old_ids, &threshold) ||
        !read_role(new_root->signed_part, role, &new_ids, &threshold)) {
        return true;
    }
    while (sm_tuf_next_value(old_ids, &at, &value)) {
        if (!sm_tuf_string(value, &key_id) || !array_has_string(new_ids, key_id)) {
            return true;
        }
    }
    return false;
}

bool sm_tuf_meta_read(struct sm_span description, struct sm_tuf_meta *meta) {
    struct sm_span value;
    struct sm_span digits;
    *meta = (struct sm_tuf_meta){0};
    if (!sm_tuf_is_object(description)) {
        return false;
    }
    if (sm_tuf_member(description, SM_SPAN("version"), &value) && !sm_tuf_number(value, &meta->version)) {
        return false;
    }
    if (sm_tuf_member(description, SM_SPAN("length"), &value)) {
        meta->has_length = true;
        if (!sm_tuf_number(value, &meta->length)) {
            return false;
        }
    }
    if (!sm_tuf_member(description, SM_SPAN("hashes"), &value)) {
        return true;
    }
    if (!sm_tuf_is_object(value)) {
        return false;
    }
    meta->has_sha256 = member_string(value, SM_SPAN("sha256"), &digits);
    meta->has_unknown_hashes_only = !meta->has_sha256;
    return !meta->has_sha256 || sm_tuf_hex(digits, meta->sha256, sizeof meta->sha256);
}

bool sm_tuf_meta_find(const struct sm_tuf_file *file, struct sm_span name, struct sm_tuf_meta *meta) {
    struct sm_span description;
    return sm_tuf_member(file->content, name, &description) && sm_tuf_meta_read(description, meta);
}

bool sm_tuf_meta_matches(const struct sm_tuf_meta *meta, const void *bytes, size_t size) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    if (meta->has_unknown_hashes_only || (meta->has_length && (uint64_t)meta->length != size)) {
        return false;
    }
    if (!meta->has_sha256) {
        return true;
    }
    crypto_hash_sha256(hash, bytes, size);
    return memcmp(hash, meta->sha256, sizeof hash) == 0;
}
