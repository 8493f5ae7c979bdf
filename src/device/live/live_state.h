/* Live state: all of `struct live`, and the queue through which the writer and the feed reach the loop.
 *
 * Ownership. Everything in `struct live` above the mutex belongs to the loop; before the threads start,
 * to the loader. Everything below it is handed over under the mutex: jobs and marks to the writer,
 * messages from both threads to the loop.
 *
 * Invariants. Code, assertions, tests and decisions cite them by their numbers.
 *
 * The writer and the feed read the same rows on two connections, and what they read reaches the loop in
 * either order:
 * (D1) A device's row changes only in a transaction that has DB_PART_DEVICES, and its change takes a number
 *      of the counter "device_changes". So the numbers go up in the order of commits.
 * (D2) The writer stamps a row with the number that its own transaction took. The feed stamps a row with
 *      the counter as its snapshot shows it: every transaction up to that number is in the snapshot, none
 *      above it is.
 * (D3) So of two rows of a device, the one with the higher stamp is the newer. Rows with equal stamps are
 *      equally new.
 * (D4) The store counts a licence's version up with every change. So of two rows of a licence, the one
 *      with the higher version is the newer.
 * (D5) A thread names a SKU to the loop in the message that first brings a licence of it, or before. The
 *      loop applies a message's SKUs before its licences.
 *
 * Memory is ahead of the store, which is written behind:
 * (D6) A device's chain (sequence, link) is taken from the store only with an activation that memory has
 *      not seen: the device is new, its row's activated_at_us differs, or the writer has just activated it.
 * (D7) The end of a device's lease never goes back in memory: a lease has promised it to the device.
 * (D8) A device whose row is behind has LIVE_BEHIND. It stands in the loop's log; or the log was given
 *      away or was short, and then a sweep is under way, or begins with the next marks, that comes to the
 *      device.
 * (D9) Saving undoes no change that another process made. Each save says how far the loop knew the log of
 *      changes. Where that log has a later change of the device, the save only raises the end of the
 *      lease; and when the feed brings the change, the device is marked again.
 * (D10) Saving undoes no change that the writer made. The loop gives marks only when it has applied all
 *      messages, and the writer asks for marks only between two transactions.
 * (D11) A log is dropped with or after the saving of all rows that it has entries of.
 * (D12) The month marks in a device's row are saved with or after the months that they are about.
 *
 * Others decide by the store:
 * (D13) A seat goes to nobody else while a lease for it may still come from memory. A row is late by
 *      LIVE_ROWS_LATE_S at most. Memory gives no lease from LIVE_SILENT_AHEAD_S before the seat may be
 *      taken; and a seat that is given back is held until the end of every lease that is saved within
 *      LIVE_LEAVING_WINDOW_S.
 * (D14) The feed's position in the logs moves on only when everything up to it has been handed over. Rows
 *      that a snapshot has beyond the position are read again, which does no harm (D3, D4). */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_STATE_H
#define SEATMETER_DEVICE_LIVE_LIVE_STATE_H

#include "core/base/id_map.h"
#include "core/base/paces.h"
#include "device/live/live_device.h"
#include "device/live/live_keys.h"
#include "device/live/live_message.h"
#include "device/live/live_options.h"
#include "device/live/live_profile.h"
#include "device/live/live_save.h"
#include "device/live/live_sku.h"
#include "device/live/live_table.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LIVE_DEVICE_BITS = 16, LIVE_LICENCE_BITS = 18 }; /* of the tables: a chunk has some 6 MiB */

/* How far each provider's log of licence events is. */
struct live_logs {
    struct arena arena;
    struct event_log *logs; /* by provider */
    size_t count;
};

/* The sweep, which brings rows up to date behind the logs (live_handover.h). */
struct live_sweep {
    bool is_under_way;
    bool was_logged;     /* a log was given since it set out */
    int64_t next;        /* the device that it comes to next */
    int64_t last;        /* the last device of this pass */
    int64_t covers;      /* the last log that was given before it set out */
    int64_t began_at_us; /* monotonic */
};

struct live_writer;
struct live_feed;

struct live {
    struct live_options options;
    struct live_table licences;
    struct live_table devices;
    uint64_t licence_count;
    uint64_t device_count;
    int64_t last_device; /* the highest number */
    int64_t loaded_in_us;

    struct arena sku_arena; /* of the map */
    struct id_map sku_index;
    struct live_sku_update **skus; /* by index */
    size_t sku_count;
    size_t sku_capacity;

    struct live_keys *keys;
    int64_t changes;           /* how far the loop knows the log of changes */
    int64_t releases;          /* changes of releases */
    atomic_llong heartbeat_us; /* as the feed read it last */

    struct live_profiles profiles;
    struct live_profile_report *reports; /* that wait to be handed over */
    struct paces report_paces;           /* of devices that report profiles which nobody has */
    uint32_t report_count;               /* of those and of the ones on their way */

    struct live_list log;    /* struct check_in_entry: marks since the writer last asked */
    bool log_is_short;       /* the log had no room for all marks */
    struct live_list urgent; /* int64_t: devices whose rows do not wait for the sweep */
    int64_t logs;            /* how many were given to the writer */
    uint64_t behind;         /* devices with LIVE_BEHIND */
    struct live_sweep sweep;
    bool is_ending;          /* `stopping`, as it was last looked at */
    struct live_list months; /* struct door_month_mark */
    struct live_list clones; /* struct door_clone */
    struct live_list names;  /* struct door_name */
    int64_t month_from_s;    /* the month of the last mark */
    int64_t month_until_s;
    int32_t month;

    struct live_job *finished; /* what live_turn will return */
    struct live_job **finished_end;

    int event_fd;
    int stop_fd; /* readable at the end, for the feed */
    struct db *writer_db;
    struct db *feed_db;
    int64_t loaded_changes;       /* how far the changes of devices were before anything was loaded */
    struct live_logs loaded_logs; /* and the logs of licence events; the feed goes on from there */
    int64_t unsettled_s;          /* devices that were not seen since may be ahead of the store */
    struct live_writer *writer;
    struct live_feed *feed;

    pthread_mutex_t mutex; /* over what follows */
    pthread_cond_t writer_wakes;
    pthread_cond_t feed_wakes;
    bool stopping;
    bool writer_ended;
    struct live_message *inbox;
    struct live_message **inbox_end;
    size_t feed_messages; /* in the inbox */
    struct live_job *jobs;
    struct live_job **jobs_end;
    size_t job_count;
    size_t expected_jobs; /* jobs on their way to live_push */
    bool gathers;         /* the writer waits for more jobs, and is not to be woken by each */
    enum live_marks_state marks_state;
    struct live_marks *marks;
    uint64_t saved;
    uint64_t transactions;
    uint64_t failures;
};

/* An empty state. */
struct live *live_state_make(const struct live_options *options);
/* Closes and frees; the threads have been joined. */
void live_state_free(struct live *live);

/* Makes live_fd readable. May be called on any thread. */
void live_wake(struct live *live);
void live_count_failure(struct live *live);

/* Hands the message over to the loop and wakes it. The feed waits here while too many of its messages are in
 * the inbox. False where the end came first; then the message is freed. */
bool live_send(struct live *live, struct live_message *message);
/* The oldest message, for the loop to apply and free; NULL where there is none. */
struct live_message *live_receive(struct live *live);

/* The device of that number; NULL where there is none. */
static inline struct live_device *live_state_device(const struct live *live, int64_t device_id) {
    struct live_device *device = live_table_find(&live->devices, device_id);
    return device == NULL || device->id == 0 ? NULL : device;
}

/* Asks for the device's cache lines: it begins at a third of a line's distance, so it may lie on two. */
static inline void live_state_prefetch(const struct live *live, int64_t device_id) {
    const unsigned char *device = live_table_find(&live->devices, device_id);
    if (device != NULL) {
        __builtin_prefetch(device, 1);
        __builtin_prefetch(device + sizeof(struct live_device) - 1, 1);
    }
}

#endif
