/* Client: what is behind struct sm_client, and the steps that its functions share.
 *
 * A function that changes something takes the store's lock, reads what another process may have changed,
 * makes a copy of the state, changes that, brings it to the disk, and only then puts it in the place of the
 * state: a failure anywhere leaves what was. */
#ifndef SEATMETER_CLIENT_H
#define SEATMETER_CLIENT_H

#include "store.h"

struct sm_client {
    char *server; /* without a slash at its end */
    char *product;
    char *name;
    char *version;
    char *components[SM_COMPONENTS_MAX];
    size_t component_count;
    enum sm_fingerprint_source source;
    unsigned char *machine_id; /* with SM_FINGERPRINT_GIVEN */
    size_t machine_id_size;
    struct sm_key roots[SM_ROOTS_MAX];
    size_t root_count;
    struct sm_transport transport;
    struct sm_clock clock;

    struct sm_store store;
    struct sm_state state;
    bool is_loaded; /* the state is what the store held once; else it could not be read */

    /* What the state says, verified. */
    struct sm_key_set keys;
    enum sm_code held; /* SM_OK: there is a lease; else why there is none */
    struct sm_lease lease;
    bool must_derive; /* there was no memory for it */

    /* Of this client's life alone. */
    enum sm_code last_result;
    unsigned failures;       /* in a row */
    int64_t last_attempt_ms; /* on the boot clock */
    int64_t retry_after_s;   /* that the server asked for, with the last failure; 0: nothing */
    unsigned refusals;       /* of the enrolment that waits, in a row, the last one at: */
    int64_t refused_ms;
    int64_t refused_retry_after_s;
    uint32_t jitter;  /* drawn anew with every result */
    bool cannot_keep; /* the trusted time could not be kept */
    int64_t keep_tried_ms;
    char *component_text;
};

/* As sm_client_open, with files of the caller's: for tests. */
enum sm_code sm_client_open_with(const struct sm_options *options, const struct sm_files *files,
                                 struct sm_client **client);

/* Reads the store again where it has changed. What cannot be read leaves what was. */
void sm_client_refresh(struct sm_client *client);

/* Takes the lock and reads the store again. SM_OK, SM_IN_USE, SM_STORE_BROKEN, SM_NO_MEMORY. */
enum sm_code sm_client_lock(struct sm_client *client);
void sm_client_unlock(struct sm_client *client);

/* Keeps `next`, which is used up whatever comes, and goes on with it; under the lock. SM_OK,
 * SM_STORE_BROKEN, SM_NO_MEMORY. */
enum sm_code sm_client_commit(struct sm_client *client, struct sm_state *next);

/* The fingerprint with that identity; false where it would be the machine's, and the machine has none. */
bool sm_client_fingerprint(const struct sm_client *client, const struct sm_identity *identity,
                           unsigned char fingerprint[SM_FINGERPRINT_BYTES]);

/* Whether the server has said that this device cannot go on as it is: sm_activate then makes another. */
bool sm_client_is_void(const struct sm_client *client);
bool sm_client_is_cloned(const struct sm_client *client);

/* The hash of the machine's name; false where it has none. */
bool sm_client_name_hash(const struct sm_client *client, unsigned char hash[SM_NAME_HASH_BYTES]);

/* What every request says of the product: `,"version":…,"components":[…]`, what there is of it. */
void sm_client_write_product(const struct sm_client *client, struct sm_buffer *out);

/* Adopts a key set into the chain of `next` and `keys`, where it may follow what is there; under the clock of
 * `reading`. Codes of sm_key_set_read. */
enum sm_code sm_client_take_keys(struct sm_client *client, struct sm_state *next, struct sm_key_set *keys,
                                 struct sm_span jws, const struct sm_reading *reading);

/* Takes an answer to `pending` (which is the state's own) into the state: verifies everything, fetches the
 * key set where it must (`may_fetch`), keeps it. Codes of sm_check_in. */
enum sm_code sm_client_take(struct sm_client *client, const struct sm_pending *pending, struct sm_span answer,
                            bool may_fetch);

/* One exchange with the server: SM_OK and the body of a 200 answer in `answer`; else the code that the server
 * gave, or SM_UNREACHABLE. */
enum sm_code sm_exchange(struct sm_client *client, const char *method, const char *path,
                         const struct sm_buffer *body, struct sm_buffer *answer);

/* Notes the result of an exchange, for sm_next_check_in and sm_check; returns it. */
enum sm_code sm_client_note(struct sm_client *client, enum sm_code code);

/* Asks again for the enrolment that waits; under the lock. Codes of sm_activate; SM_NOT_ACTIVATED: none
 * waits.
 */
enum sm_code sm_enrol_waiting(struct sm_client *client);
/* Has none wait any more; under the lock. */
void sm_enrol_forget(struct sm_client *client);

/* The release of the present device, as it is sent: of malloc; NULL where there is no memory. */
char *sm_release_body(const struct sm_client *client);

/* Sends the release of a device that the present one has followed, where one is left; under the lock. What
 * was not answered is sent with a later check-in. */
void sm_release_leaving(struct sm_client *client);

/* The check-in, under the lock. */
enum sm_code sm_check_in_locked(struct sm_client *client, enum sm_pending_kind kind);

#endif
