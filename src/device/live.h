/* Live: every licence and device in memory, as the loop thread reads and writes it, and the threads that keep
 * it in step with the store.
 *
 * The loop thread alone owns the tables, so the way of a check-in takes no lock. Three things come from
 * outside and reach it through one queue with an eventfd: what activations (and releases) the writer thread
 * has committed, what the feed thread has read because the control door (of this or another process) changed
 * it, and new keys or terms. What goes out is written behind: a check-in marks its device, and the writer
 * saves the marked ones together, at most a second later. */
#ifndef SEATMETER_DEVICE_LIVE_H
#define SEATMETER_DEVICE_LIVE_H

#include "core/device_request.h"
#include "programme/signing_keys.h"
#include "store/devices.h"

#include <stdbool.h>
#include <stdint.h>

struct live;

/* 24 bytes or so. */
struct live_licence {
    int64_t id;
    int32_t seats;
    int32_t counted_seats;
    uint32_t sku; /* live_sku(live, sku) */
    uint8_t state;
    uint8_t suspender;
};

/* About 80 bytes; with the licence and both indexes at most 160. */
struct live_device {
    int64_t id;
    uint64_t link;
    uint32_t licence; /* live_licence(live, licence) */
    int32_t sequence;
    int32_t seat; /* 0: none */
    uint32_t seen_at_s;
    uint32_t lease_expires_s;
    uint32_t profile;
    uint16_t generation;
    uint8_t state;  /* enum device_state */
    uint8_t flags;  /* LIVE_… */
    uint8_t bucket; /* of the rate limit: check-ins that are left */
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
};
enum {
    LIVE_DIRTY = 1,     /* waits to be saved */
    LIVE_UNSETTLED = 2, /* loaded after a crash and not seen since: may be ahead of what was saved */
    LIVE_CLONE = 4,     /* another copy was seen since the last save */
    LIVE_LICENSED = 8,  /* marked for the month that runs, as working */
    LIVE_UNLICENSED = 16
};

/* What is the same for all leases of a SKU. */
struct live_sku {
    int64_t id;
    struct text lease_part; /* lease_sku_part */
    struct lease_terms terms;
};

struct live_options {
    struct text database_url;
    const unsigned char *secret;
    int64_t (*now_us)(void);
    uint32_t queue_max; /* activations that may wait */
};

/* Loads everything and starts the writer and the feed. One device door per store: a second is fault
 * "device-door-running". */
enum status live_start(const struct live_options *options, struct live **live,
                       struct fault *fault) MUST_CHECK;
/* Saves what is marked, notes that the end was clean, frees. */
void live_stop(struct live *live);

/* Lookups; NULL where there is none. Pointers hold until the next live_turn. */
struct live_device *live_device_find(struct live *live, int64_t device_id);
struct live_licence *live_licence(struct live *live, uint32_t index);
const struct live_sku *live_sku(struct live *live, uint32_t index);
const struct key_set *live_keys(const struct live *live);
/* Brings the slot of a device into the cache ahead of live_device_find. */
void live_prefetch(struct live *live, int64_t device_id);

/* Marks a device that has checked in to be saved; `version` and `components` (canonical) where it told them.
 */
void live_mark(struct live *live, struct live_device *device);
/* Queues a profile that is not known yet; false where it could not (it comes again with the next check-in).
 */
bool live_tell_profile(struct live *live, int64_t device_id, struct text version, struct text components);

/* Work for the writer. It lives in the loop's memory until it comes back from live_turn. */
enum live_job_kind { LIVE_ACTIVATE, LIVE_RELEASE, LIVE_RESEAT };
struct live_job {
    struct live_job *next;
    void *owner; /* the loop's: the connection that waits */
    enum live_job_kind kind;
    struct activation_request request; /* of LIVE_ACTIVATE; its texts live as long as the job */
    int64_t device_id;                 /* of the others */
    /* set when it comes back */
    enum answer answer;
    int64_t result_device_id; /* found by live_device_find by then */
};
/* False where the queue is full: answer "busy". */
bool live_push(struct live *live, struct live_job *job);

/* Becomes readable when live_turn has something to do. */
int live_fd(const struct live *live);
/* On the loop thread: applies what came from outside; returns the finished jobs, oldest first. */
struct live_job *live_turn(struct live *live);

/* For metrics and the benchmark. */
struct live_counts {
    uint64_t licences;
    uint64_t devices;
    uint64_t bytes; /* of both and their indexes */
    uint64_t saved; /* rows written behind */
    uint64_t waiting_jobs;
    int64_t loaded_in_us;
};
void live_count(const struct live *live, struct live_counts *counts);

#endif
