/* The device protocol (docs/device-protocol.md) from a device's side, written from the document alone: it
 * shares no line with the server or the SDK, so that a misreading on either side shows.
 *
 * A device is made from a seed and a number: its fingerprint can be made again by any process
 * that knows both. */
#ifndef TESTS_PROOF_CLIENT_PROTOCOL_H
#define TESTS_PROOF_CLIENT_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const char *at;
    size_t length;
};
#define SLICE_ARGS(s) (int)(s).length, (s).at

enum { DEVICE_ID_BYTES = 32, CODE_BYTES = 32, KEYS_MAX = 16, BODY_BYTES = 1024 };

struct device {
    uint32_t number;
    bool is_active;   /* was activated, and answered so */
    bool has_pending; /* a check-in was sent and not answered: the very same is sent again */
    bool is_busy;     /* a request of it is under way */
    char id[DEVICE_ID_BYTES];
    unsigned char check_in_key[32];
    uint32_t sequence; /* of the last answered request; 0: the activation */
    unsigned char link[8];
    unsigned char pending_link[8];
};

/* The fingerprint of device `number` of `seed`. */
struct identity {
    unsigned char fingerprint[32];
};
void identity_make(uint64_t seed, uint32_t number, struct identity *identity);

/* The body of an activation; the link becomes device->pending_link. Each link has a key pair of its own, as
 * each enrolment has. Returns its length. */
size_t activation_body(const char *licence_key, const struct identity *identity, struct device *device,
                       int64_t time_s, char out[BODY_BYTES]);

/* The body of the check-in behind the last answered one, or of the one that waits for its answer. `extra` is
 * what stands in front of the MAC (`"version":"1"`), or empty. */
size_t check_in_body(struct device *device, int64_t time_s, const char *extra, char out[BODY_BYTES]);

/* The keys that may sign leases. */
struct key_set {
    int64_t version;
    size_t count;
    struct {
        char kid[24];
        unsigned char public_key[32];
    } keys[KEYS_MAX];
};
/* Reads the answer to GET /v1/keys. `root` (32 bytes) must have signed it; NULL: a root that it names itself.
 */
bool key_set_read(struct slice body, const unsigned char *root, struct key_set *keys);

/* What an answer to an activation or check-in says. */
struct verdict {
    bool is_lease; /* an envelope with a lease; else {"code","words"} */
    bool works;
    char code[CODE_BYTES];
    int64_t expires_s;
};
/* Reads the answer of `device`, and from an activation's takes id and check-in key. False where it is not
 * what the protocol says, or answers another request. */
bool answer_read(struct slice body, struct device *device, bool is_activation, struct verdict *verdict);

/* Whether the envelope proves its lease: JWS of a key in the set, RFC 6962 path, fingerprint. */
bool envelope_verify(struct slice body, const struct key_set *keys, const struct identity *identity);

/* The request was answered with a lease: the chain goes one on. */
void device_advance(struct device *device, bool is_activation);

/* Lower-level, for whoever reads other JSON: the raw value of a member of a flat object; strings without
 * quotes. */
bool json_member(struct slice object, const char *name, struct slice *value);
bool base64url_read(struct slice text, void *out, size_t size);
size_t base64url_print(const void *bytes, size_t size, char *out);

#endif
