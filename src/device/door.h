/* Device door: what millions of agents talk to (docs/device-protocol.md).
 *
 * Four threads. The loop owns the listener, all connections and the live state, and decides every check-in
 * without a lock; the writer and the feed (device/live/live.h) keep the live state in step with the store;
 * the downloads thread sends files. It shares the store with the control door and nothing else. */
#ifndef SEATMETER_DEVICE_DOOR_H
#define SEATMETER_DEVICE_DOOR_H

#include "core/base/fault.h"

#include <stdint.h>

struct device_door;

struct device_options {
    struct text database_url;
    struct text address;         /* as of control_options; empty: DEVICE_ADDRESS_DEFAULT */
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
    struct text artifacts;       /* the directory of the artifact store; empty: no downloads */
    struct text metrics_token;   /* opens /metrics from elsewhere than this machine; empty: nothing does */
    int log_fd;                  /* where notes go, a line of JSON each; check-ins are counted, not logged */
    int64_t (*now_us)(void);     /* NULL: the machine's clock */
    uint32_t connections_max;    /* 0: DEVICE_CONNECTIONS_DEFAULT */
    uint32_t batch_max; /* leases under one signature at most, 1 to MERKLE_LEAVES_MAX; 0: the default */
    int64_t late_us;    /* requests that have waited longer are shed; 0: the default */
};

#define DEVICE_ADDRESS_DEFAULT "127.0.0.1:7078"
enum { DEVICE_CONNECTIONS_DEFAULT = 16384 };

/* Loads the live state, listens, and answers from now on. The options and what they point to must outlive the
 * door. Faults: "malformed-address", "address-in-use", "device-door-running", those of db_open and
 * db_check_version. */
enum status device_door_start(const struct device_options *options, struct device_door **door,
                              struct fault *fault) MUST_CHECK;

/* "http://127.0.0.1:7078" (with the port chosen where 0 was asked for). */
struct text device_door_url(const struct device_door *door);

/* Takes no more connections, finishes the requests under way, saves what is marked, frees. */
void device_door_stop(struct device_door *door);

#endif
