/* The door's own state, shared by its files and shown to nobody else. All of it is the loop thread's. */
#ifndef SEATMETER_DEVICE_DOOR_PRIVATE_H
#define SEATMETER_DEVICE_DOOR_PRIVATE_H

#include "core/licence/decision.h"
#include "device/batch.h"
#include "device/door.h"
#include "device/files.h"
#include "device/http/http.h"
#include "device/live/live.h"
#include "machine/address.h"

#include <pthread.h>

/* A check-in (or release) of this turn, whose bytes still stand in the turn's room. */
struct pending_check_in {
    struct http_exchange *exchange;
    int64_t device_id;
    struct check_in_request request;
};

/* Who waits for a leaf of the batch, and what stands in front of its envelope. */
struct waiting_lease {
    struct http_exchange *exchange;
    int64_t activated_id; /* of an activation: the device, whose credential is told; 0: a check-in */
    uint32_t generation;
};

/* Work that is out at the writer, with what its answer needs. In a list, so that none is lost at the end. */
struct door_job {
    struct live_job live; /* first: live_turn gives it back */
    struct door_job *next;
    struct door_job *previous;
    struct http_exchange *exchange;
    struct check_in_request check_in; /* of a release or reseat: without its MAC */
    uint32_t generation;              /* of the device, as the credential was verified */
    int64_t time_s;                   /* the client's clock, of an activation */
};

struct door_counters {
    uint64_t check_ins[LEASE_CODE_COUNT]; /* and releases; by the answer */
    uint64_t activations[LEASE_CODE_COUNT];
    uint64_t downloads[LEASE_CODE_COUNT]; /* handed over, or why not */
    uint64_t retries;
    uint64_t believed; /* devices ahead of a store that had lost a moment */
    uint64_t trees;
    uint64_t leases;
    uint64_t metadata_hits;
    uint64_t metadata_loads;
};

struct device_door {
    const struct device_options *options;
    struct arena arena;
    struct address address;
    struct text url;
    int listen_fd;
    struct live *live;
    struct http *http;
    struct files *files;
    struct verifiers *verifiers;
    pthread_t thread;
    bool thread_runs;
    unsigned char master[DEVICE_MASTER_BYTES];
    struct text refusals[LEASE_CODE_COUNT]; /* their bodies */
    struct batch *batch;
    int64_t signed_turn_us; /* when the turn began that signed last */
    struct waiting_lease waiting[MERKLE_LEAVES_MAX];
    struct pending_check_in pending[MERKLE_LEAVES_MAX];
    size_t pending_count;
    size_t batch_max;
    struct door_job *jobs;
    struct door_counters counters;
    struct metadata *metadata;
};

int64_t door_now_us(const struct device_door *door);
int64_t door_now_s(const struct device_door *door);

/* Answers with the code and its words, unsigned; with Retry-After where it is about the rate or the load. */
void door_refuse(struct device_door *door, struct http_exchange *exchange, enum lease_code answer);

/* Signs what is gathered and answers it. */
void door_sign(struct device_door *door);

/* Puts a lease of the device into the batch, and signs the batch first where it is full. */
void door_lease(struct device_door *door, struct http_exchange *exchange, const struct lease *lease,
                int64_t activated_id, uint32_t generation);

/* A job with `extra` bytes behind it; on any thread. */
struct door_job *door_job_make(enum live_job_kind kind, size_t extra);
void door_job_list(struct device_door *door, struct door_job *job);
/* One that is in the list. */
void door_job_free(struct device_door *door, struct door_job *job);

/* The device of that number. LEASE_CODE_BUSY while its licence is still to come from the store. */
enum lease_code door_find(const struct device_door *door, int64_t device_id, struct live_device **device);

/* What depends on the device and its licence (which is there: door_find), for device_decide. */
void door_facts(const struct device_door *door, const struct live_device *device, struct device_facts *facts);

/* Fills what a lease says of the device, its licence and its SKU. */
void door_fill_lease(const struct device_door *door, const struct live_device *device, struct lease *lease);

const struct lease_terms *door_terms(const struct device_door *door, const struct live_device *device);

/* Whether a client's clock is so wrong that it is told. */
bool door_clock_is_off(int64_t time_s, int64_t now_s);

/* check_in.c */
void check_in_take(struct device_door *door, struct http_exchange *exchange, struct text body,
                   bool is_release);
void check_in_decide_pending(struct device_door *door);
void check_in_finish_job(struct device_door *door, struct door_job *job);
/* Whether `mac` is the device's over `message`, under the generation of its credential. */
bool check_in_mac_is(const struct device_door *door, int64_t device_id, uint32_t generation,
                     struct text message, const unsigned char mac[CHECK_IN_MAC_BYTES]);

/* activation.c */
void activation_take(struct device_door *door, struct http_exchange *exchange, struct text body);
void activation_take_verified(void *door); /* the verifiers have some */
void activation_finish_job(struct device_door *door, struct door_job *job);

/* updates.c: the update repository. */
void updates_take(struct device_door *door, struct http_exchange *exchange,
                  const struct http_request *request);
void updates_take_loaded(void *door); /* metadata has come from the files thread */
void updates_free(struct device_door *door);

/* door_metrics.c: Prometheus text. */
struct text door_metrics_format(struct device_door *door, struct arena *arena);

#endif
