/* Lease: what a device is told, as JSON, and the envelope that proves it (docs/device-protocol.md).
 *
 * The door makes them by the hundred thousand a second, so they are written by hand into a caller's buffer,
 * and what does not change for a SKU is written once ahead of time. */
#ifndef SEATMETER_CORE_LICENCE_LEASE_H
#define SEATMETER_CORE_LICENCE_LEASE_H

#include "core/licence/decision.h"
#include "core/licence/identifier.h"
#include "core/licence/merkle.h"

enum {
    DEVICE_FINGERPRINT_BYTES = 32,
    DEVICE_KEY_BYTES = 32, /* Ed25519, public */
    CHECK_IN_KEY_BYTES = 32,
    CHECK_IN_MAC_BYTES = 32,
    DEVICE_LINK_BYTES = 8,
    SIGNATURE_BYTES = 64,
    SIGNING_KEY_ID_LENGTH = 16,
    LEASE_FIXED_BYTES_MAX = 1024,    /* of a lease behind its opening */
    ENVELOPE_FIXED_BYTES_MAX = 1200, /* of an envelope without its lease */
    DEVICE_NAME_BYTES_MAX = 100,
    DEVICE_VERSION_BYTES_MAX = 50,
    DEVICE_COMPONENTS_MAX = 32
};

/* The terms of a SKU's leases, in seconds. */
struct lease_terms {
    int32_t ttl_s;         /* from issued to warn_after; default 24 h */
    int32_t grace_s;       /* from there to expires; default 0 */
    int32_t offline_ttl_s; /* of an offline lease, from issued to expires; default 30 days */
    int32_t silent_s;      /* after the end of its lease a silent device may be dropped; default 30 days */
};
extern const struct lease_terms LEASE_TERMS_DEFAULT;

/* One lease. Texts are what JSON needs no escapes for, or are escaped by the writer. */
struct lease {
    enum lease_code code; /* LEASE_CODE_OK: decision "work"; else "stop" */
    int64_t device_id;
    struct text device;               /* its identifier where that is at hand, canonical; else empty */
    const unsigned char *fingerprint; /* DEVICE_FINGERPRINT_BYTES */
    int64_t sequence;
    uint64_t link; /* the 8 bytes as a big-endian number */
    int64_t issued_s;
    int64_t renew_after_s;
    int64_t warn_after_s;
    int64_t expires_s;
    int64_t keys_version;
    int64_t licence_id;
    int32_t seats;
    const struct lease_opening *opening; /* of its SKU */
    bool advise_clock;
};

/* The beginning that all leases of a SKU share, and the work on it that is done once. */
struct lease_opening {
    struct text json;      /* `{"sku":"…","components":["…",…]` */
    struct text base64url; /* of its whole groups of three bytes */
    struct merkle_leaf_opening hashed;
};
/* In the arena, as what it points at. */
const struct lease_opening *lease_open(struct arena *arena, struct text sku_code,
                                       const struct text *components, size_t component_count);

/* Fills the four times from the terms: a working lease issued now renews at half its time to live. For a
 * refusal (`code` not OK) `promised_s` is the end of the last lease (now of a copy and of a device that gave
 * itself back), and it asks to check in again in a quarter of an hour to an hour, or
 * when a working one would if that is sooner. */
void lease_set_times(struct lease *lease, const struct lease_terms *terms, bool is_offline, int64_t now_s,
                     int64_t promised_s);

/* Writes the JSON (at most lease_bytes_max) and returns its length. */
size_t lease_bytes_max(const struct lease *lease);
size_t lease_write(const struct lease *lease, const unsigned char secret[PROGRAMME_SECRET_BYTES], char *out);

/* The hash and the base64url (BASE64URL_LENGTH bytes) of the leaf that lease_write wrote; lease_encode
 * returns the length. */
void lease_hash(const struct lease *lease, struct text json, struct merkle_hash *hash);
size_t lease_encode(const struct lease *lease, struct text json, char *out);

/* A lease key, ready to sign. */
struct signing_key {
    char kid[SIGNING_KEY_ID_LENGTH + 1];
    unsigned char public_key[32];
    unsigned char secret_key[64]; /* libsodium's form */
};

/* The key id of a public key: the first 16 characters of its RFC 7638 thumbprint. */
void signing_key_id(const unsigned char public_key[32], char kid[SIGNING_KEY_ID_LENGTH + 1]);

/* A compact JWS (EdDSA) over the payload; at most 200 + BASE64URL_LENGTH(payload) bytes. */
size_t jws_write(const struct signing_key *key, const char *typ, struct text payload, char *out);

/* The head of a batch: the JWS over its root; at most 400 bytes. */
enum { LEASE_HEAD_BYTES_MAX = 400 };
size_t lease_head_write(const struct signing_key *key, const struct merkle_tree *tree, int64_t issued_s,
                        char *out);

/* The envelope of leaf `index`, without its opening brace, so that an activation can put members in front:
 * `"lease":"…","index":…,"size":…,"path":[…],"head":"…"}`, with the lease as lease_encode gives it; at most
 * ENVELOPE_FIXED_BYTES_MAX and its length. Returns the length. */
size_t envelope_write(struct text encoded_lease, const struct merkle_tree *tree, size_t index,
                      struct text head, char *out);

/* The key of the device door, from the programme's secret; made once. */
enum { DEVICE_MASTER_BYTES = 32 };
void device_master_key(const unsigned char secret[PROGRAMME_SECRET_BYTES],
                       unsigned char master[DEVICE_MASTER_BYTES]);
void device_check_in_key(const unsigned char master[DEVICE_MASTER_BYTES], int64_t device_id,
                         int64_t generation, unsigned char key[CHECK_IN_KEY_BYTES]);

#endif
