#include "device/live/live.h"

#include "device/live/live_feed.h"
#include "device/live/live_handover.h"
#include "device/live/live_load.h"
#include "device/live/live_rows.h"
#include "device/live/live_saver.h"
#include "device/live/live_state.h"
#include "device/live/live_writer.h"
#include "machine/clock.h"

#include <assert.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

enum { ITEMS_PER_TURN = 8192, REPORTS_MAX = 4096 };

/* ---- lookups ---- */

struct live_device *live_device_find(struct live *live, int64_t device_id) {
    return live_state_device(live, device_id);
}

const struct live_licence *live_licence(const struct live *live, uint32_t licence_id) {
    const struct live_licence *licence = live_table_find(&live->licences, licence_id);
    return licence == NULL || licence->id == 0 ? NULL : licence;
}

const struct live_sku *live_sku(const struct live *live, uint32_t sku) {
    assert(sku < live->sku_count);
    return &live->skus[sku]->sku;
}

const struct key_set *live_keys(const struct live *live) {
    return &live->keys->set;
}

void live_prefetch(const struct live *live, int64_t device_id) {
    live_state_prefetch(live, device_id);
}

void live_prefetch_licence(const struct live *live, int64_t device_id) {
    const struct live_device *device = live_table_find(&live->devices, device_id);
    const void *licence = device == NULL ? NULL : live_table_find(&live->licences, device->licence);
    if (licence != NULL) {
        __builtin_prefetch(licence);
    }
}

/* ---- profiles ---- */

/* A profile that is new to the store stays in it. So a device may bring five at once, and one an hour. */
static const struct pace_terms NEW_PROFILES = {5, 5 * INT64_C(3600000000)};

bool live_report_profile(struct live *live, struct live_device *device, struct text version,
                         struct text components) {
    if (!live_profile_fits(version, components)) {
        return false;
    }
    int64_t id = live_profiles_get(&live->profiles, version, components);
    if (id >= 0) {
        if (device->profile != (uint32_t)id) {
            device->profile = (uint32_t)id;
            live_mark_behind(live, device);
        }
        return true;
    }
    int64_t now_us = live->options.now_us();
    uint64_t thing = (uint64_t)device->id;
    if (live->report_count >= REPORTS_MAX ||
        paces_wait_us(&live->report_paces, thing, NEW_PROFILES, now_us) > 0) {
        return false;
    }
    paces_take(&live->report_paces, thing, NEW_PROFILES, now_us);
    struct live_profile_report *report = live_profile_report_make(device->id, version, components);
    report->next = live->reports;
    live->reports = report;
    live->report_count++;
    return true;
}

void live_report_name(struct live *live, const struct live_device *device, struct text name) {
    struct door_name reported = {.device_id = device->id, .length = name.length};
    assert(name.length <= sizeof reported.name);
    if (live->names.count >= REPORTS_MAX) {
        return;
    }
    memcpy(reported.name, name.at, name.length);
    live_list_push(&live->names, &reported, sizeof reported);
}

/* ---- seats ---- */

bool live_is_silent(const struct live *live, const struct live_device *device, int64_t now_s) {
    const struct live_licence *licence = live_licence(live, device->licence);
    if (licence == NULL) {
        return true;
    }
    int64_t silent_s = live_sku(live, licence->sku)->terms.silent_s;
    return (int64_t)device->lease_expires_s + silent_s - LIVE_SILENT_AHEAD_S < now_s;
}

/* ---- jobs ---- */

bool live_push(struct live *live, struct live_job *job) {
    job->next = NULL;
    job->code = LEASE_CODE_INTERNAL;
    job->result_device_id = 0;
    job->licence_id = 0;
    job->seen = (struct device_seen){0};
    if (job->kind != LIVE_ACTIVATE) {
        const struct live_device *device = live_state_device(live, job->device_id);
        assert(device != NULL);
        job->seen = live_device_seen(device);
        job->seen.month_marks = 0; /* the months may still be on their way (D12) */
        job->changes = live->changes;
    }
    pthread_mutex_lock(&live->mutex);
    bool has_room = live->job_count < live->options.queue_max && !live->stopping;
    if (has_room) {
        *live->jobs_end = job;
        live->jobs_end = &job->next;
        live->job_count++;
        assert(live->job_count <= live->options.queue_max);
        if (!live->gathers) {
            pthread_cond_signal(&live->writer_wakes);
        }
    }
    pthread_mutex_unlock(&live->mutex);
    return has_room;
}

void live_expect(struct live *live, size_t jobs) {
    pthread_mutex_lock(&live->mutex);
    live->expected_jobs = jobs;
    if (live->gathers && live->job_count >= jobs) {
        pthread_cond_signal(&live->writer_wakes);
    }
    pthread_mutex_unlock(&live->mutex);
}

int live_fd(const struct live *live) {
    return live->event_fd;
}

struct live_job *live_turn(struct live *live) {
    eventfd_t ignored;
    (void)!eventfd_read(live->event_fd, &ignored);
    /* Asked before the inbox is emptied: what the writer sent ahead of its wish is then in the inbox (D10).
     */
    bool wanted = live_are_marks_wanted(live);
    size_t items = 0;
    struct live_message *message = NULL;
    while (items < ITEMS_PER_TURN && (message = live_receive(live)) != NULL) {
        items += live_apply(live, message);
        live_message_free(message);
    }
    if (message != NULL) {
        live_wake(live); /* for the other messages, and the marks after them */
    } else if (wanted) {
        live_give_marks(live);
    }
    struct live_job *finished = live->finished;
    live->finished = NULL;
    live->finished_end = &live->finished;
    return finished;
}

int64_t live_heartbeat_us(const struct live *live) {
    return atomic_load_explicit(&live->heartbeat_us, memory_order_relaxed);
}

void live_count(const struct live *live, struct live_counts *counts) {
    struct live *shared = (struct live *)live; /* the mutex is no part of what is looked at */
    *counts = (struct live_counts){
        .licences = live->licence_count,
        .devices = live->device_count,
        .bytes = atomic_load(&shared->licences.bytes) + atomic_load(&shared->devices.bytes),
        .behind = live->behind,
        .loaded_in_us = live->loaded_in_us,
        .releases_changed = live->releases,
    };
    pthread_mutex_lock(&shared->mutex);
    counts->saved = live->saved;
    counts->waiting_jobs = live->job_count;
    counts->transactions = live->transactions;
    counts->failures = live->failures;
    pthread_mutex_unlock(&shared->mutex);
}

/* ---- from start to stop ---- */

static enum status already_running(struct fault *fault) {
    return fault_set(fault, STATUS_BUSY, "device-door-running", NULL, TEXT(""),
                     "Another device door runs on this store; there is one at a time.");
}

/* The claim comes before anything is read or written. */
static enum status open_store(struct live *live, struct fault *fault) {
    bool claimed = false;
    TRY(db_open(live->options.database_url, &live->feed_db, fault));
    TRY(db_check_version(live->feed_db, fault));
    TRY(db_claim(live->feed_db, "device-door", &claimed, fault));
    if (!claimed) {
        return already_running(fault);
    }
    return db_open(live->options.database_url, &live->writer_db, fault);
}

static enum status load_store(struct live *live, struct fault *fault) {
    int64_t began_us = machine_monotonic_us();
    TRY(open_store(live, fault));
    TRY(live_saver_recover(live->writer_db, fault));
    TRY(live_keys_read(&live->options, live->writer_db, &live->keys, fault));
    TRY(live_load(live, fault));
    live->loaded_in_us = machine_monotonic_us() - began_us;
    return STATUS_OK;
}

enum status live_start(const struct live_options *options, struct live **out, struct fault *fault) {
    struct live *live = live_state_make(options);
    enum status status = load_store(live, fault);
    if (status == STATUS_OK) {
        status = live_writer_start(live, fault);
    }
    if (status != STATUS_OK) {
        live_state_free(live);
        return status;
    }
    status = live_feed_start(live, fault);
    if (status != STATUS_OK) {
        live_stop(live);
        return status;
    }
    *out = live;
    return STATUS_OK;
}

static bool has_writer_ended(struct live *live) {
    pthread_mutex_lock(&live->mutex);
    bool ended = live->writer_ended;
    pthread_mutex_unlock(&live->mutex);
    return ended;
}

/* The writer needs the loop for the last marks, so this turns until it has ended. */
void live_stop(struct live *live) {
    if (live == NULL) {
        return;
    }
    pthread_mutex_lock(&live->mutex);
    live->stopping = true;
    pthread_cond_signal(&live->writer_wakes);
    pthread_cond_signal(&live->feed_wakes);
    pthread_mutex_unlock(&live->mutex);
    (void)eventfd_write(live->stop_fd, 1);
    live_feed_join(live);
    while (!has_writer_ended(live)) {
        struct pollfd event = {.fd = live->event_fd, .events = POLLIN};
        (void)poll(&event, 1, 1000);
        (void)live_turn(live);
    }
    live_writer_join(live);
    live_state_free(live);
}
