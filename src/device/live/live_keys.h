/* Live keys: the keys that leases are signed with, and what the door publishes of them. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_KEYS_H
#define SEATMETER_DEVICE_LIVE_LIVE_KEYS_H

#include "device/live/live_options.h"
#include "programme/keys/signing_keys.h"

struct live_keys {
    struct arena arena;
    struct key_set set;
};

/* Reads the keys that hold now; the caller frees them. */
enum status live_keys_read(const struct live_options *options, struct db *db, struct live_keys **keys,
                           struct fault *fault) MUST_CHECK;
/* Wipes the secret key and frees. NULL is fine. */
void live_keys_free(struct live_keys *keys);

#endif
