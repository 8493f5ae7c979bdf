/* Update keys: the keys of the update repository's roles, opened for signing and wiped again. */
#ifndef SEATMETER_PROGRAMME_DELIVERY_UPDATE_KEYS_H
#define SEATMETER_PROGRAMME_DELIVERY_UPDATE_KEYS_H

#include "delivery/tuf.h"
#include "programme/call/call.h"
#include "store/delivery/tuf_metadata.h"

struct update_keys {
    struct tuf_key keys[TUF_ROLE_COUNT][TUF_KEYS_MAX]; /* the active ones, oldest first */
    int64_t ids[TUF_ROLE_COUNT][TUF_KEYS_MAX];
    size_t counts[TUF_ROLE_COUNT];
    int64_t thresholds[TUF_ROLE_COUNT]; /* all 0 where there is no repository yet */
};

/* Opens the active keys. What it opens lies in the call's arena until update_keys_wipe. Fault
 * "key-unreadable". */
enum status update_keys_load(struct call *call, struct update_keys *keys, struct fault *fault) MUST_CHECK;
void update_keys_wipe(struct update_keys *keys);

/* Makes a key for the role, keeps it, and adds it to `keys`. */
enum status update_keys_add(struct call *call, struct update_keys *keys, enum tuf_role role,
                            struct fault *fault) MUST_CHECK;

/* Retires the oldest key of the role in the store; in `keys` it moves to `*retired`, as it still signs the
 * root that retires it. */
enum status update_keys_retire_oldest(struct call *call, struct update_keys *keys, enum tuf_role role,
                                      struct tuf_key *retired, struct fault *fault) MUST_CHECK;

struct tuf_role_keys update_keys_of(const struct update_keys *keys, enum tuf_role role);

#endif
