/* TUF: the metadata of an update repository (The Update Framework 1.0.34), as bytes.
 *
 * Top-level roles alone, Ed25519 keys, consistent snapshots. What is written is canonical JSON through and
 * through: the bytes behind "signed": in a file are exactly what was signed, so that a client without a JSON
 * library can verify the slice as it came. A key's identifier is the SHA-256 of its canonical JSON. */
#ifndef SEATMETER_DELIVERY_TUF_H
#define SEATMETER_DELIVERY_TUF_H

#include "core/base/fault.h"
#include "core/base/text.h"

enum {
    TUF_PUBLIC_KEY_BYTES = 32,
    TUF_SECRET_KEY_BYTES = 64, /* libsodium's: seed and public key */
    TUF_KEY_ID_BYTES = 64,     /* hexadecimal digits */
    TUF_SIGNATURE_BYTES = 64,
    TUF_KEYS_MAX = 16 /* of a role */
};
#define TUF_SPEC_VERSION "1.0.34"

/* SHA-256 in lower-case hexadecimal. */
struct text sha256_hex(struct arena *arena, struct text bytes);

struct text tuf_key_id(struct arena *arena, const unsigned char public_key[TUF_PUBLIC_KEY_BYTES]);

struct tuf_key {
    struct text key_id;
    const unsigned char *public_key; /* TUF_PUBLIC_KEY_BYTES */
    const unsigned char *secret_key; /* TUF_SECRET_KEY_BYTES; NULL where it is not to sign */
};

struct tuf_role_keys {
    const struct tuf_key *keys;
    size_t count;
    int64_t threshold;
};

/* The "signed" objects. Instants are cut to the second. */
struct tuf_root {
    int64_t version;
    int64_t expires_at_us;
    struct tuf_role_keys root;
    struct tuf_role_keys snapshot;
    struct tuf_role_keys targets;
    struct tuf_role_keys timestamp;
};
struct text tuf_root_signed(struct arena *arena, const struct tuf_root *root);

struct tuf_target {
    struct text path;
    int64_t size_bytes;
    struct text sha256; /* hexadecimal */
    struct text product;
    struct text version;
    struct text channel;
    struct text platform;
    int64_t released_at_us;
};
/* Sorts the targets by path; a path that comes twice is a bug. */
struct text tuf_targets_signed(struct arena *arena, int64_t version, int64_t expires_at_us,
                               struct tuf_target *targets, size_t count);

/* A file that another one names. */
struct tuf_named_file {
    int64_t version;
    struct text bytes;
};
struct text tuf_snapshot_signed(struct arena *arena, int64_t version, int64_t expires_at_us,
                                struct tuf_named_file targets);
struct text tuf_timestamp_signed(struct arena *arena, int64_t version, int64_t expires_at_us,
                                 struct tuf_named_file snapshot);

/* The file: the object with a signature of each key, each key once. */
struct text tuf_file_sign(struct arena *arena, struct text signed_object, const struct tuf_key *keys,
                          size_t count);

/* A file of our own form, taken apart; false for any other form. */
struct tuf_signature {
    struct text key_id;
    unsigned char bytes[TUF_SIGNATURE_BYTES];
};
struct tuf_parsed_file {
    struct tuf_signature signatures[2 * TUF_KEYS_MAX];
    size_t signature_count;
    struct text signed_object;
};
bool tuf_file_parse(struct text bytes, struct tuf_parsed_file *file);

/* How many of the keys have signed it. */
size_t tuf_file_signers(const struct tuf_parsed_file *file, const struct tuf_key *keys, size_t count);

/* The key identifiers and the threshold that a root of our own form gives a role ("root"); false for any
 * other form. */
struct tuf_named_role {
    struct text key_ids[TUF_KEYS_MAX];
    size_t count;
    int64_t threshold;
};
bool tuf_root_role(struct text signed_object, const char *role, struct tuf_named_role *found);

#endif
