/* Lease: what the server says, and the proof that it did (docs/device-protocol.md, "The envelope").
 *
 * A signed head names the root of a hash tree; the path leads from the lease's own bytes to that root
 * (RFC 6962 section 2.1.1); only then is the lease read. */
#ifndef SEATMETER_LEASE_H
#define SEATMETER_LEASE_H

#include "json.h"
#include "keys.h"

enum { SM_ENVELOPE_BYTES_MAX = 64 * 1024, SM_FINGERPRINT_BYTES = 32, SM_LINK_BYTES = 8 };

struct sm_lease {
    bool is_work;
    enum sm_code code;
    char word[SM_WORD_BYTES];
    char words[SM_WORDS_BYTES]; /* empty where the lease has none */
    char device[SM_NAME_BYTES];
    unsigned char fingerprint[SM_FINGERPRINT_BYTES];
    int64_t sequence;
    unsigned char link[SM_LINK_BYTES];
    int64_t issued_s; /* the later one of the lease's and its head's */
    int64_t renew_after_s;
    int64_t warn_after_s;
    int64_t expires_s;
    int64_t keys_version;
    char licence[SM_NAME_BYTES];
    char sku[SM_NAME_BYTES];
    int64_t seats;
    enum sm_code advice[SM_ADVICE_MAX];
    size_t advice_count;
    char *memory;              /* the lease's bytes */
    struct sm_span components; /* its array, of `memory`; empty where there is none */
};

/* The members of an envelope, out of the answer that they stand in. */
struct sm_envelope {
    struct sm_json_value lease, index, size, path, head;
};

/* Verifies and reads. SM_OK and the lease, to be freed; SM_LEASE_MALFORMED, SM_LEASE_FORGED,
 * SM_SIGNING_KEY_UNKNOWN (the head is by a key that is not in the set), SM_NO_MEMORY. */
enum sm_code sm_lease_read(const struct sm_envelope *envelope, const struct sm_key_set *keys,
                           struct sm_lease *lease);
void sm_lease_free(struct sm_lease *lease);

/* Goes through the names of the components, as sm_json_element does. */
bool sm_lease_next_component(const struct sm_lease *lease, struct sm_json *json, bool *is_open,
                             struct sm_json_value *name);

#endif
