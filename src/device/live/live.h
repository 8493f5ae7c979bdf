/* Live: every licence and device in memory, as the loop thread reads and writes it, and the threads that keep
 * it in step with the store.
 *
 * The loop thread alone owns the tables, so a check-in takes no lock. Three things come from outside, through
 * one queue with an eventfd: activations and releases that the writer thread has committed; rows that the
 * feed thread has read because the control door, of this or of another process, changed them; new keys or
 * terms. What check-ins do is written behind: a check-in marks its device, and the writer saves the marked
 * devices together, at most a second later. A busy door saves them first in a log (live_handover.h).
 *
 * Every function here is called on the loop thread, which calls live_turn whenever live_fd is readable. Why
 * the order of what comes and goes is right stands in live_state.h, in numbered invariants. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_H
#define SEATMETER_DEVICE_LIVE_LIVE_H

#include "device/live/live_device.h"
#include "device/live/live_job.h"
#include "device/live/live_marks.h"
#include "device/live/live_options.h"
#include "programme/keys/signing_keys.h"

#include <stdbool.h>
#include <stdint.h>

struct live;

/* Loads everything and starts the writer and the feed. There is one device door per store: a second one is
 * fault "device-door-running" (STATUS_BUSY). */
enum status live_start(const struct live_options *options, struct live **live,
                       struct fault *fault) MUST_CHECK;
/* Does the jobs that wait, saves what is marked, notes that the end was clean, frees. Jobs that are still out
 * are the caller's to free; nobody answers them. NULL is fine. */
void live_stop(struct live *live);

/* Lookups; NULL where there is none. Devices and licences never move and never go. */
struct live_device *live_device_find(struct live *live, int64_t device_id);
const struct live_licence *live_licence(const struct live *live, uint32_t licence);
/* The following two hold until the next live_turn. */
const struct live_sku *live_sku(const struct live *live, uint32_t sku);
const struct key_set *live_keys(const struct live *live);
/* Brings a device into the cache ahead of live_device_find. */
void live_prefetch(const struct live *live, int64_t device_id);
/* Brings the device's licence into the cache, once the device is there. */
void live_prefetch_licence(const struct live *live, int64_t device_id);

/* Sets the profile that the device has reported, and marks the device. A profile that memory has no number of
 * goes to the store first; false where it cannot wait there, or the device has brought too many (it reports
 * it again with a later check-in). `components` are canonical. */
bool live_report_profile(struct live *live, struct live_device *device, struct text version,
                         struct text components);

/* Notes the name that the device has reported, for its row. Of more names than fit between two rounds of the
 * writer the last ones are left out, and come with the next change. */
void live_report_name(struct live *live, const struct live_device *device, struct text name);

/* Whether the device's seat may have been given to another at any moment, as its last lease ended so long ago
 * (D13). Such a device gets its lease through LIVE_RESEAT, which first keeps its seat in the store. */
bool live_is_silent(const struct live *live, const struct live_device *device, int64_t now_s);

/* Gives the job to the writer. False where the queue is full: the answer is LEASE_CODE_BUSY. */
bool live_push(struct live *live, struct live_job *job);

/* Says how many jobs are on their way to live_push. While fewer wait, the writer lets them gather for a
 * moment. At first none are. */
void live_expect(struct live *live, size_t jobs);

/* The descriptor that becomes readable when live_turn has something to do. */
int live_fd(const struct live *live);
/* Applies what came from outside, a bounded part of it at a time; live_fd stays readable for the rest.
 * Returns the finished jobs, oldest first. */
struct live_job *live_turn(struct live *live);

/* The service's heartbeat as the feed read it last; 0: there is none. Any thread may ask. */
int64_t live_heartbeat_us(const struct live *live);

/* For metrics and the benchmark. */
struct live_counts {
    uint64_t licences;
    uint64_t devices;
    uint64_t bytes;  /* of both tables */
    uint64_t saved;  /* rows of devices and entries of the log that were written behind */
    uint64_t behind; /* devices whose row is behind */
    uint64_t waiting_jobs;
    uint64_t transactions; /* of the writer */
    uint64_t failures;     /* transactions that failed, feed rounds that failed */
    int64_t loaded_in_us;
    int64_t releases_changed; /* counts up when products or releases of software changed */
};
void live_count(const struct live *live, struct live_counts *counts);

#endif
