/* State: everything that a client must not forget, and its form on the disk.
 *
 * The form is JSON: what the server sent (the envelope, the key sets, a request that waits for its answer)
 * stands in it byte for byte. Nothing in it is trusted for having been kept: signatures are verified again
 * when it is read. Texts are of malloc and owned by the state; NULL where there is none. */
#ifndef SEATMETER_STATE_H
#define SEATMETER_STATE_H

#include "clock.h"
#include "lease.h"

enum { SM_SEED_BYTES = 32, SM_CHECK_IN_KEY_BYTES = 32, SM_KEY_HASH_BYTES = 32, SM_NAME_HASH_BYTES = 16 };

/* What makes a device of its own: kept where the machine's identifier does not suffice. */
struct sm_identity {
    bool has_random;
    unsigned char random[SM_FINGERPRINT_BYTES]; /* the fingerprint itself */
    bool has_salt;
    unsigned char salt[SM_FINGERPRINT_BYTES]; /* hashed in beside the machine's identifier, after a clone */
};

/* A request that has been, or may have been, sent and is not answered. */
enum sm_pending_kind { SM_PENDING_NONE, SM_PENDING_ENROLMENT, SM_PENDING_CHECK_IN, SM_PENDING_RELEASE };
struct sm_pending {
    enum sm_pending_kind kind;
    int64_t sequence;
    unsigned char link[SM_LINK_BYTES];
    int64_t time_s;       /* as the request says */
    struct sm_boot asked; /* where the boot clock stood when the link was made */
    bool has_name;        /* the body tells the machine's name, of this hash */
    unsigned char name_hash[SM_NAME_HASH_BYTES];
    char *body; /* of check-in and release: what was sent, whole; NULL: to be made anew */
    /* Of an enrolment, whose body holds the licence key and is therefore made again rather than kept. The key
     * itself is kept while the server says no for a reason that may pass: then it is asked again. */
    char *key;            /* canonical; NULL: it is not kept */
    enum sm_code refused; /* why it waits, with `key` */
    unsigned char seed[SM_SEED_BYTES];
    unsigned char key_hash[SM_KEY_HASH_BYTES];
    unsigned char fingerprint[SM_FINGERPRINT_BYTES];
    struct sm_identity identity;
};

struct sm_state {
    /* The device, once it is enrolled: `device` is not NULL. */
    char *device;
    unsigned char seed[SM_SEED_BYTES]; /* of the Ed25519 key pair */
    unsigned char check_in_key[SM_CHECK_IN_KEY_BYTES];
    unsigned char key_hash[SM_KEY_HASH_BYTES];       /* of the licence key that enrolled it */
    unsigned char fingerprint[SM_FINGERPRINT_BYTES]; /* that it was enrolled with */
    struct sm_identity identity;
    int64_t sequence; /* of the last answered request, with its link */
    unsigned char link[SM_LINK_BYTES];
    enum sm_code trouble; /* SM_OK, or that the server knows the device no more: SM_UNKNOWN_DEVICE, … */
    bool has_told_name;   /* the server has heard the machine's name of this hash */
    unsigned char told_name[SM_NAME_HASH_BYTES];
    char *envelope; /* of the lease: a JSON object */

    struct sm_pending pending;   /* a check-in or a release */
    struct sm_pending enrolment; /* over the network, */
    struct sm_pending offline;   /* and by file */
    char *leaving;               /* the release of a device that this one has followed: what is sent, whole */

    char *key_sets[SM_KEY_CHAIN_MAX]; /* from one that a pinned root signed to the present one */
    size_t key_set_count;
    struct sm_marks marks;
};

void sm_pending_clear(struct sm_pending *pending);
void sm_state_free(struct sm_state *state); /* and sets it to nothing */

/* Adds the state's JSON to the buffer. */
void sm_state_write(const struct sm_state *state, struct sm_buffer *out);

/* SM_OK and the state, to be freed; SM_STORE_BROKEN: the text is none; SM_NO_MEMORY. */
enum sm_code sm_state_read(struct sm_span text, struct sm_state *state);
enum sm_code sm_state_copy(const struct sm_state *from, struct sm_state *to);

#endif
