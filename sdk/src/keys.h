/* Keys: which keys sign leases, as the root keys say (docs/device-protocol.md, "The key set").
 *
 * A key set is a JWS by a root key. The first one must be by a root that is pinned in the product; later ones
 * by a root that the set before names, so that a root can be followed by the next and one that is left out
 * is void. The sets that led from a pinned root to the present one are kept and verified again whenever they
 * are read: what stands in the store is believed no more than what comes over the network. */
#ifndef SEATMETER_KEYS_H
#define SEATMETER_KEYS_H

#include "bytes.h"
#include "seatmeter.h"

enum {
    SM_PUBLIC_KEY_BYTES = 32,
    SM_KEY_ID_LENGTH = 16,
    SM_LEASE_KEYS_MAX = 32,
    SM_SET_ROOTS_MAX = 8,
    SM_KEY_CHAIN_MAX = 16,
    SM_KEY_SET_BYTES_MAX = 16 * 1024,
    SM_HEAD_BYTES_MAX = 2048
};

struct sm_key {
    char id[SM_KEY_ID_LENGTH + 1];
    unsigned char bytes[SM_PUBLIC_KEY_BYTES];
};

struct sm_key_set {
    int64_t version; /* 0: none is known yet, and `roots` are the pinned ones */
    int64_t issued_s;
    struct sm_key keys[SM_LEASE_KEYS_MAX];
    size_t key_count;
    struct sm_key roots[SM_SET_ROOTS_MAX];
    size_t root_count;
};

/* A key from its 32 bytes; its id is the first 16 characters of its RFC 7638 thumbprint. */
void sm_key_make(struct sm_key *key, const unsigned char bytes[SM_PUBLIC_KEY_BYTES]);
const struct sm_key *sm_key_find(const struct sm_key *keys, size_t count, const char *id);

/* Reads and verifies a JWS (EdDSA, compact) of that `typ` by one of the keys. SM_OK and the payload, a slice
 * of `out` (of at least jws.length bytes); SM_LEASE_MALFORMED, SM_SIGNING_KEY_UNKNOWN, SM_LEASE_FORGED. */
enum sm_code sm_jws_verify(struct sm_span jws, const char *typ, const struct sm_key *keys, size_t count,
                           char *out, struct sm_span *payload);

/* Reads a key set that follows `present`. SM_OK and `*next`; SM_SIGNING_KEY_UNKNOWN: by no root that is
 * valid; SM_LEASE_FORGED; SM_LEASE_MALFORMED, a version below the present one too; SM_NO_MEMORY. */
enum sm_code sm_key_set_read(struct sm_span jws, const struct sm_key_set *present, struct sm_key_set *next);

#endif
