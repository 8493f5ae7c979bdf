/* Door context: the door's own state, and what check-ins, activations, downloads and routes all do with it.
 *
 * All of it belongs to the loop thread. */
#ifndef SEATMETER_DEVICE_DOOR_CONTEXT_H
#define SEATMETER_DEVICE_DOOR_CONTEXT_H

#include "core/licence/decision.h"
#include "device/batch.h"
#include "device/door_clock.h"
#include "device/door_job.h"
#include "device/door_options.h"
#include "device/live/live.h"
#include "machine/address.h"

#include <pthread.h>

/* A check-in or release of this turn, whose bytes still stand in the turn's room. */
struct pending_check_in {
    struct http_exchange *exchange;
    int64_t device_id;
    struct check_in_request request;
};

/* An exchange that waits for a leaf of the batch. */
struct waiting_lease {
    struct http_exchange *exchange;
    int64_t activated_id; /* the device whose activation is answered, with its credential; 0: a check-in */
    uint32_t generation;
};

struct door_counters {
    uint64_t check_ins[LEASE_CODE_COUNT]; /* and releases; by the code of their answer */
    uint64_t activations[LEASE_CODE_COUNT];
    uint64_t downloads[LEASE_CODE_COUNT]; /* LEASE_CODE_OK: handed over to the files thread */
    uint64_t retries;
    uint64_t believed; /* devices that were ahead of a store that had lost a moment */
    uint64_t trees;
    uint64_t leases;
    uint64_t metadata_hits;
    uint64_t metadata_loads;
};

/* The rate limit of credentials that were replaced. Devices whose numbers meet in one share it: few have a
 * holder of an old credential that asks at all. */
enum { REPLACED_BUCKETS = 4096 };
struct replaced_bucket {
    int64_t seen_at_s;
    uint8_t filled;
};

struct files;
struct metadata;
struct verifiers;

struct device_door {
    const struct device_options *options;
    struct arena arena;
    struct address address;
    struct text url;
    int listen_fd;
    struct live *live;
    struct door_clock *clock; /* in the arena: it moves when it is looked at */
    struct http *http;
    struct files *files;
    struct verifiers *verifiers;
    pthread_t thread;
    bool thread_runs;
    unsigned char master[DEVICE_MASTER_BYTES];
    struct text refusals[LEASE_CODE_COUNT]; /* their bodies */
    struct batch *batch;
    int64_t signed_turn_us;                          /* when the turn began that signed last */
    struct waiting_lease waiting[MERKLE_LEAVES_MAX]; /* by leaf */
    struct pending_check_in pending[MERKLE_LEAVES_MAX];
    size_t pending_count;
    size_t batch_max;
    struct door_job *jobs;
    struct replaced_bucket replaced[REPLACED_BUCKETS];
    struct door_counters counters;
    struct metadata *metadata; /* updates.c; NULL: none was asked for yet */
};

/* The door's time (door_clock.h). */
int64_t door_now_us(const struct device_door *door);
int64_t door_now_s(const struct device_door *door);

/* Answers with the code and its words, unsigned; with Retry-After where the code is about rate or load. */
void door_refuse(struct device_door *door, struct http_exchange *exchange, enum lease_code code);

/* The same with other words than the code's own; NULL: with those. */
void door_refuse_saying(struct device_door *door, struct http_exchange *exchange, enum lease_code code,
                        const char *words);

/* The same, and not before so many seconds. */
void door_refuse_for(struct device_door *door, struct http_exchange *exchange, enum lease_code code,
                     const char *words, int64_t wait_s);

/* Puts a lease into the batch, and signs the batch first where it is full. `activated_id` is the device's
 * where an activation is answered, else 0. */
void door_lease(struct device_door *door, struct http_exchange *exchange, const struct lease *lease,
                int64_t activated_id, uint32_t generation);

/* Signs the leases in the batch and answers them, once a signature is due. */
void door_sign_if_due(struct device_door *door);

/* Finds the device of that number. LEASE_CODE_BUSY while its licence is still to come from the store. */
enum lease_code door_find(const struct device_door *door, int64_t device_id, struct live_device **device);

/* Whether `mac` is that of the device's credential, in that generation, over `message`. */
bool door_mac_is(const struct device_door *door, int64_t device_id, uint32_t generation, struct text message,
                 const unsigned char mac[CHECK_IN_MAC_BYTES]);

/* The following take a device that door_find has found, so its licence is there. */

/* Fills in the facts that depend on the device and its licence, for device_decide. */
void door_facts(const struct device_door *door, const struct live_device *device, struct device_facts *facts);

/* Fills in the members of a lease that depend on the device, its licence and its SKU. */
void door_fill_lease(const struct device_door *door, const struct live_device *device, struct lease *lease);

const struct lease_terms *door_terms(const struct device_door *door, const struct live_device *device);

/* Whether a client's clock is so wrong that its lease advises it. */
bool door_clock_is_off(int64_t time_s, int64_t now_s);

#endif
