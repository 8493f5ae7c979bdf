/* Members are written in the order of their names, as canonical_json.h wants it. */
#include "delivery/tuf.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "delivery/canonical_json.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)TUF_PUBLIC_KEY_BYTES == (int)crypto_sign_PUBLICKEYBYTES &&
                  (int)TUF_SECRET_KEY_BYTES == (int)crypto_sign_SECRETKEYBYTES &&
                  (int)TUF_SIGNATURE_BYTES == (int)crypto_sign_BYTES,
              "Ed25519 as libsodium has it");

static struct text hex(struct arena *arena, const unsigned char *bytes, size_t size_bytes) {
    char *digits = ARENA_NEW(arena, char, 2 * size_bytes + 1);
    sodium_bin2hex(digits, 2 * size_bytes + 1, bytes, size_bytes);
    return (struct text){digits, 2 * size_bytes};
}

struct text sha256_hex(struct arena *arena, struct text bytes) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)bytes.at, bytes.length);
    return hex(arena, hash, sizeof hash);
}

/* YYYY-MM-DDTHH:MM:SSZ, the only form that the specification knows. */
static struct text date_time(struct arena *arena, int64_t at_us) {
    struct text whole = instant_format(arena, at_us);
    enum { TO_THE_SECOND = 19 };
    assert(whole.length > TO_THE_SECOND);
    return text_format(arena, "%.*sZ", (int)TO_THE_SECOND, whole.at);
}

/* ---- keys ---- */

static void write_key(struct canonical_writer *out, struct text name, const unsigned char *public_key) {
    canonical_open_object(out, name);
    canonical_write_text(out, TEXT("keytype"), TEXT("ed25519"));
    canonical_open_object(out, TEXT("keyval"));
    canonical_write_text(out, TEXT("public"), hex(out->arena, public_key, TUF_PUBLIC_KEY_BYTES));
    canonical_close_object(out);
    canonical_write_text(out, TEXT("scheme"), TEXT("ed25519"));
    canonical_close_object(out);
}

struct text tuf_key_id(struct arena *arena, const unsigned char public_key[TUF_PUBLIC_KEY_BYTES]) {
    struct canonical_writer out;
    canonical_begin(&out, arena);
    write_key(&out, TEXT(""), public_key);
    return sha256_hex(arena, canonical_written(&out));
}

static int compare_key_ids(const void *a, const void *b) {
    return text_compare(((const struct tuf_key *)a)->key_id, ((const struct tuf_key *)b)->key_id);
}

/* ---- what is signed ---- */

static void begin_signed(struct canonical_writer *out, struct arena *arena, const char *type) {
    canonical_begin(out, arena);
    canonical_open_object(out, TEXT(""));
    canonical_write_text(out, TEXT("_type"), text_of(type));
}

static void write_role(struct canonical_writer *out, const char *name, const struct tuf_role_keys *role) {
    assert(role->threshold > 0 && (size_t)role->threshold <= role->count && role->count <= TUF_KEYS_MAX);
    canonical_open_object(out, text_of(name));
    canonical_open_array(out, TEXT("keyids"));
    for (size_t i = 0; i < role->count; i++) {
        canonical_write_text(out, TEXT(""), role->keys[i].key_id);
    }
    canonical_close_array(out);
    canonical_write_int(out, TEXT("threshold"), role->threshold);
    canonical_close_object(out);
}

struct text tuf_root_signed(struct arena *arena, const struct tuf_root *root) {
    struct canonical_writer out;
    const struct tuf_role_keys *roles[] = {&root->root, &root->snapshot, &root->targets, &root->timestamp};
    struct tuf_key keys[4 * TUF_KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        for (size_t k = 0; k < roles[i]->count; k++) {
            keys[count++] = roles[i]->keys[k];
        }
    }
    qsort(keys, count, sizeof keys[0], compare_key_ids);
    begin_signed(&out, arena, "root");
    canonical_write_bool(&out, TEXT("consistent_snapshot"), true);
    canonical_write_text(&out, TEXT("expires"), date_time(arena, root->expires_at_us));
    canonical_open_object(&out, TEXT("keys"));
    for (size_t i = 0; i < count; i++) {
        write_key(&out, keys[i].key_id, keys[i].public_key);
    }
    canonical_close_object(&out);
    canonical_open_object(&out, TEXT("roles"));
    write_role(&out, "root", &root->root);
    write_role(&out, "snapshot", &root->snapshot);
    write_role(&out, "targets", &root->targets);
    write_role(&out, "timestamp", &root->timestamp);
    canonical_close_object(&out);
    canonical_write_text(&out, TEXT("spec_version"), TEXT(TUF_SPEC_VERSION));
    canonical_write_int(&out, TEXT("version"), root->version);
    canonical_close_object(&out);
    return canonical_written(&out);
}

static void write_hashes(struct canonical_writer *out, struct text sha256) {
    canonical_open_object(out, TEXT("hashes"));
    canonical_write_text(out, TEXT("sha256"), sha256);
    canonical_close_object(out);
}

static int compare_targets(const void *a, const void *b) {
    return text_compare(((const struct tuf_target *)a)->path, ((const struct tuf_target *)b)->path);
}

static void write_target(struct canonical_writer *out, const struct tuf_target *target) {
    canonical_open_object(out, target->path);
    canonical_open_object(out, TEXT("custom"));
    canonical_write_text(out, TEXT("channel"), target->channel);
    canonical_write_text(out, TEXT("platform"), target->platform);
    canonical_write_text(out, TEXT("product"), target->product);
    canonical_write_text(out, TEXT("released"), date_time(out->arena, target->released_at_us));
    canonical_write_text(out, TEXT("version"), target->version);
    canonical_close_object(out);
    write_hashes(out, target->sha256);
    canonical_write_int(out, TEXT("length"), target->size_bytes);
    canonical_close_object(out);
}

struct text tuf_targets_signed(struct arena *arena, int64_t version, int64_t expires_at_us,
                               struct tuf_target *targets, size_t count) {
    struct canonical_writer out;
    if (count > 0) {
        qsort(targets, count, sizeof targets[0], compare_targets);
    }
    begin_signed(&out, arena, "targets");
    canonical_write_text(&out, TEXT("expires"), date_time(arena, expires_at_us));
    canonical_write_text(&out, TEXT("spec_version"), TEXT(TUF_SPEC_VERSION));
    canonical_open_object(&out, TEXT("targets"));
    for (size_t i = 0; i < count; i++) {
        write_target(&out, &targets[i]);
    }
    canonical_close_object(&out);
    canonical_write_int(&out, TEXT("version"), version);
    canonical_close_object(&out);
    return canonical_written(&out);
}

/* Snapshot and timestamp: both name one file. */
static struct text naming_signed(struct arena *arena, const char *type, int64_t version,
                                 int64_t expires_at_us, const char *name, struct tuf_named_file file) {
    struct canonical_writer out;
    begin_signed(&out, arena, type);
    canonical_write_text(&out, TEXT("expires"), date_time(arena, expires_at_us));
    canonical_open_object(&out, TEXT("meta"));
    canonical_open_object(&out, text_of(name));
    write_hashes(&out, sha256_hex(arena, file.bytes));
    canonical_write_int(&out, TEXT("length"), (int64_t)file.bytes.length);
    canonical_write_int(&out, TEXT("version"), file.version);
    canonical_close_object(&out);
    canonical_close_object(&out);
    canonical_write_text(&out, TEXT("spec_version"), TEXT(TUF_SPEC_VERSION));
    canonical_write_int(&out, TEXT("version"), version);
    canonical_close_object(&out);
    return canonical_written(&out);
}

struct text tuf_snapshot_signed(struct arena *arena, int64_t version, int64_t expires_at_us,
                                struct tuf_named_file targets) {
    return naming_signed(arena, "snapshot", version, expires_at_us, "targets.json", targets);
}

struct text tuf_timestamp_signed(struct arena *arena, int64_t version, int64_t expires_at_us,
                                 struct tuf_named_file snapshot) {
    return naming_signed(arena, "timestamp", version, expires_at_us, "snapshot.json", snapshot);
}

/* ---- files ---- */

struct text tuf_file_sign(struct arena *arena, struct text signed_object, const struct tuf_key *keys,
                          size_t count) {
    struct canonical_writer out;
    canonical_begin(&out, arena);
    canonical_open_object(&out, TEXT(""));
    canonical_open_array(&out, TEXT("signatures"));
    for (size_t i = 0; i < count; i++) {
        unsigned char signature[TUF_SIGNATURE_BYTES];
        assert(keys[i].secret_key != NULL);
        for (size_t before = 0; before < i; before++) {
            assert(!text_equal(keys[before].key_id, keys[i].key_id));
        }
        crypto_sign_detached(signature, NULL, (const unsigned char *)signed_object.at, signed_object.length,
                             keys[i].secret_key);
        canonical_open_object(&out, TEXT(""));
        canonical_write_text(&out, TEXT("keyid"), keys[i].key_id);
        canonical_write_text(&out, TEXT("sig"), hex(arena, signature, sizeof signature));
        canonical_close_object(&out);
    }
    canonical_close_array(&out);
    canonical_write_raw(&out, TEXT("signed"), signed_object);
    canonical_close_object(&out);
    return canonical_written(&out);
}

static bool take_word(struct text *rest, const char *word) {
    size_t length = strlen(word);
    if (rest->length < length || memcmp(rest->at, word, length) != 0) {
        return false;
    }
    *rest = (struct text){rest->at + length, rest->length - length};
    return true;
}

static bool take_digits(struct text *rest, size_t count, struct text *digits) {
    if (rest->length < count) {
        return false;
    }
    *digits = (struct text){rest->at, count};
    *rest = (struct text){rest->at + count, rest->length - count};
    return true;
}

static bool take_signature(struct text *rest, struct tuf_signature *signature) {
    struct text digits;
    size_t length = 0;
    return take_word(rest, "{\"keyid\":\"") && take_digits(rest, TUF_KEY_ID_BYTES, &signature->key_id) &&
           take_word(rest, "\",\"sig\":\"") && take_digits(rest, 2 * (size_t)TUF_SIGNATURE_BYTES, &digits) &&
           sodium_hex2bin(signature->bytes, sizeof signature->bytes, digits.at, digits.length, NULL, &length,
                          NULL) == 0 &&
           length == sizeof signature->bytes && take_word(rest, "\"}");
}

bool tuf_file_parse(struct text bytes, struct tuf_parsed_file *file) {
    enum { SIGNATURES_MAX = sizeof file->signatures / sizeof file->signatures[0] };
    file->signature_count = 0;
    if (!take_word(&bytes, "{\"signatures\":[")) {
        return false;
    }
    while (!take_word(&bytes, "],\"signed\":")) {
        if (file->signature_count == SIGNATURES_MAX ||
            (file->signature_count > 0 && !take_word(&bytes, ",")) ||
            !take_signature(&bytes, &file->signatures[file->signature_count])) {
            return false;
        }
        file->signature_count++;
    }
    if (bytes.length < 3 || bytes.at[0] != '{' || bytes.at[bytes.length - 1] != '}' ||
        bytes.at[bytes.length - 2] != '}') {
        return false;
    }
    file->signed_object = (struct text){bytes.at, bytes.length - 1};
    return true;
}

size_t tuf_file_signers(const struct tuf_parsed_file *file, const struct tuf_key *keys, size_t count) {
    size_t signers = 0;
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < file->signature_count; i++) {
            const struct tuf_signature *signature = &file->signatures[i];
            if (!text_equal(signature->key_id, keys[k].key_id)) {
                continue;
            }
            signers +=
                crypto_sign_verify_detached(signature->bytes, (const unsigned char *)file->signed_object.at,
                                            file->signed_object.length, keys[k].public_key) == 0;
            break;
        }
    }
    return signers;
}

bool tuf_root_role(struct text signed_object, const char *role, struct tuf_named_role *found) {
    struct arena arena;
    bool is_read = false;
    arena_init(&arena);
    struct text roles = TEXT("\"roles\":{");
    struct text start = text_format(&arena, "\"%s\":{\"keyids\":[", role);
    const char *at = memmem(signed_object.at, signed_object.length, roles.at, roles.length);
    if (at != NULL) {
        at = memmem(at, signed_object.length - (size_t)(at - signed_object.at), start.at, start.length);
    }
    found->count = 0;
    found->threshold = 0;
    if (at != NULL) {
        struct text rest = {at + start.length,
                            signed_object.length - (size_t)(at + start.length - signed_object.at)};
        bool goes_on = true;
        while (goes_on && !take_word(&rest, "],\"threshold\":")) {
            goes_on = found->count < TUF_KEYS_MAX && (found->count == 0 || take_word(&rest, ",")) &&
                      take_word(&rest, "\"") &&
                      take_digits(&rest, TUF_KEY_ID_BYTES, &found->key_ids[found->count]) &&
                      take_word(&rest, "\"");
            found->count += goes_on;
        }
        const char *end = goes_on ? memchr(rest.at, '}', rest.length) : NULL;
        is_read = end != NULL &&
                  text_to_int64((struct text){rest.at, (size_t)(end - rest.at)}, &found->threshold) &&
                  found->threshold > 0;
    }
    arena_clean_up(&arena);
    return is_read;
}
