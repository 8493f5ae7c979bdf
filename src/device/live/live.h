/* Live: every licence and device in memory, as the loop thread reads and writes it, and the threads that keep
 * it in step with the store.
 *
 * The loop thread alone owns the tables, so the way of a check-in takes no lock. Three things come from
 * outside and reach it through one queue with an eventfd: what activations (and releases) the writer thread
 * has committed, what the feed thread has read because the control door (of this or another process) changed
 * it, and new keys or terms. What goes out is written behind: a check-in marks its device, and the writer
 * saves the marked ones together, at most a second later; a busy door's first in a log (live_marks.c).
 *
 * Everything here is called on the loop thread, which calls live_turn whenever live_fd is readable. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_H
#define SEATMETER_DEVICE_LIVE_LIVE_H

#include "device/live/live_job.h"
#include "programme/keys/signing_keys.h"
#include "store/devices/devices.h"

#include <stdbool.h>
#include <stdint.h>

struct live;

/* 24 bytes. */
struct live_licence {
    uint32_t id; /* 0: not there */
    uint32_t version;
    int32_t seats;
    int32_t counted_seats;
    uint32_t sku;      /* live_sku(live, sku) */
    uint8_t state;     /* enum licence_state */
    uint8_t suspender; /* enum suspender */
};

/* 96 bytes: what a check-in touches stands in front. The loop changes sequence, link, seen_at_s,
 * lease_expires_s (never back: what a lease has promised, the machine still holds), bucket and takes
 * LIVE_UNSETTLED away; the rest is live's. */
struct live_device {
    int64_t id; /* 0: not there */
    uint64_t link;
    uint32_t licence; /* live_licence(live, licence): its id */
    int32_t sequence;
    int32_t seat; /* 0: none */
    uint32_t seen_at_s;
    uint32_t lease_expires_s;
    uint32_t generation;
    uint8_t state;  /* enum device_state */
    uint8_t flags;  /* LIVE_… */
    uint8_t bucket; /* of the rate limit: how full it is; 0 to begin with */
    uint8_t month;  /* low bits of the month that LIVE_LICENSED and LIVE_UNLICENSED are about */
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
    uint32_t profile; /* 0: told nothing */
    uint32_t stamp;   /* how far the log of changes was when this was read (live.c) */
    int64_t activated_at_us;
};
enum {
    LIVE_BEHIND = 1,    /* its row in the store is behind */
    LIVE_UNSETTLED = 2, /* loaded after a crash and not seen since: may be ahead of what was saved */
    LIVE_CLONE = 4,     /* another copy was seen since the last save */
    LIVE_LICENSED = 8,  /* marked for the month, as working */
    LIVE_UNLICENSED = 16
};

/* What is the same for all leases of a SKU. */
struct live_sku {
    int64_t id;
    const struct lease_opening *opening; /* a bundle's has the components of all its parts */
    struct lease_terms terms;
};

struct live_options {
    struct text database_url;
    const unsigned char *secret;  /* PROGRAMME_SECRET_BYTES */
    struct random_source *random; /* of the writer and the feed: called on two threads at once */
    int64_t (*now_us)(void);      /* the same */
    uint32_t queue_max;           /* activations that may wait; 0: 20,000 */
};

/* Loads everything and starts the writer and the feed. One device door per store: a second is fault
 * "device-door-running" (STATUS_BUSY). */
enum status live_start(const struct live_options *options, struct live **live,
                       struct fault *fault) MUST_CHECK;
/* Does the jobs that wait, saves what is marked, notes that the end was clean, frees. Jobs that are still out
 * are the caller's to free; nobody answers them. NULL is fine. */
void live_stop(struct live *live);

/* Lookups; NULL where there is none. Devices and licences never move and never go. */
struct live_device *live_device_find(struct live *live, int64_t device_id);
const struct live_licence *live_licence(const struct live *live, uint32_t licence);
/* Until the next live_turn. */
const struct live_sku *live_sku(const struct live *live, uint32_t sku);
const struct key_set *live_keys(const struct live *live);
/* Brings a device into the cache ahead of live_device_find. */
void live_prefetch(const struct live *live, int64_t device_id);
/* The same of its licence, once the device is there. */
void live_prefetch_licence(const struct live *live, int64_t device_id);

/* Marks a device that has checked in, and was answered so, to be saved, and notes it for the month of its
 * seen_at_s: as working where the answer is LEASE_CODE_OK. */
void live_mark(struct live *live, struct live_device *device, enum lease_code answer);
/* Another copy of the device was seen: counted in the store, where the provider sees it. */
void live_mark_clone(struct live *live, struct live_device *device, int64_t now_s);
/* Sets the device's profile and marks it. One that is met for the first time goes to the store first; false
 * where it cannot wait there (it comes again with a later check-in). `components` are canonical. */
bool live_tell_profile(struct live *live, struct live_device *device, struct text version,
                       struct text components);
/* Whether the device's seat may have been given to another at any moment, as its last lease ended so long
 * ago: then it gets no lease from memory, but through LIVE_RESEAT, which keeps its seat in the store first.
 */
bool live_is_silent(const struct live *live, const struct live_device *device, int64_t now_s);

/* False where the queue is full: answer "busy". */
bool live_push(struct live *live, struct live_job *job);

/* How many jobs are on their way: while fewer wait than that, the writer lets them gather for a moment. None
 * are at first. */
void live_expect(struct live *live, size_t jobs);

/* Becomes readable when live_turn has something to do. */
int live_fd(const struct live *live);
/* Applies what came from outside, a bounded part of it at a time (live_fd stays readable for the rest);
 * returns the finished jobs, oldest first. */
struct live_job *live_turn(struct live *live);

/* For metrics and the benchmark. */
struct live_counts {
    uint64_t licences;
    uint64_t devices;
    uint64_t bytes;  /* of both, with their places */
    uint64_t saved;  /* of devices, written behind: rows, and entries of the log */
    uint64_t behind; /* devices whose row is */
    uint64_t waiting_jobs;
    uint64_t transactions; /* of the writer */
    uint64_t failures;     /* transactions that failed, feed rounds that failed */
    int64_t loaded_in_us;
    int64_t releases_changed; /* counts up when products or releases of software changed */
};
void live_count(const struct live *live, struct live_counts *counts);

#endif
