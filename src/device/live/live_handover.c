#include "device/live/live_handover.h"

#include "machine/clock.h"

#include <assert.h>

enum {
    SWEEP_AT_ONCE = 16384, /* devices that are looked at in a turn of the loop */
    PREFETCH_AHEAD = 8
};

/* ---- rows ---- */

static void give_row(struct live *live, struct live_marks *marks, struct live_device *device) {
    assert(device->flags & LIVE_BEHIND && live->behind > 0);
    device->flags &= (uint8_t)~LIVE_BEHIND;
    live->behind--;
    assert(marks->save_count < LIVE_ROWS_OF_SWEEP_MAX);
    marks->saves[marks->save_count++] =
        (struct live_save){.seen = live_device_seen(device), .changes = live->changes};
}

/* A short log's devices, each once. */
static void give_rows_of_log(struct live *live, struct live_marks *marks) {
    const struct check_in_entry *entries = (const struct check_in_entry *)live->log.items;
    for (size_t i = 0; i < live->log.count; i++) {
        if (i + PREFETCH_AHEAD < live->log.count) {
            live_state_prefetch(live, entries[i + PREFETCH_AHEAD].device_id);
        }
        struct live_device *device = live_table_find(&live->devices, entries[i].device_id);
        if (device->flags & LIVE_BEHIND) {
            give_row(live, marks, device);
        }
    }
    live->log.count = 0;
}

/* The urgent devices that are still behind. */
static void give_urgent_rows(struct live *live, struct live_marks *marks) {
    const int64_t *ids = (const int64_t *)live->urgent.items;
    for (int i = 0; i < LIVE_URGENT_AT_ONCE && live->urgent.count > 0; i++) {
        struct live_device *device = live_table_find(&live->devices, ids[--live->urgent.count]);
        if (device->flags & LIVE_BEHIND) {
            give_row(live, marks, device);
        }
    }
}

/* ---- the sweep ---- */

static void begin_sweep(struct live *live) {
    live->sweep = (struct live_sweep){.is_under_way = true,
                                      .next = 1,
                                      .last = live->last_device,
                                      .covers = live->logs,
                                      .began_at_us = machine_monotonic_us()};
}

/* The rows of all devices that were behind when the pass began have been given: its logs are covered (D11).
 * What was logged meanwhile is for the next pass. */
static void end_sweep(struct live *live, struct live_marks *marks) {
    assert(live->sweep.next > live->sweep.last && live->sweep.covers <= live->logs);
    live->sweep.is_under_way = false;
    marks->covered = live->sweep.covers;
    if (live->sweep.was_logged) {
        begin_sweep(live);
    }
}

/* The device that the sweep should have come to by now. */
static int64_t sweep_due(const struct live *live) {
    const struct live_sweep *sweep = &live->sweep;
    int64_t went_us = machine_monotonic_us() - sweep->began_at_us;
    int64_t whole_us = (int64_t)LIVE_ROWS_LATE_S * 1000000;
    return live->is_ending || went_us >= whole_us ? sweep->last : sweep->last * went_us / whole_us;
}

/* Gives the next slice. True where the sweep has still to catch up. */
static bool advance_sweep(struct live *live, struct live_marks *marks) {
    struct live_sweep *sweep = &live->sweep;
    int64_t due = sweep_due(live);
    int64_t until = due - sweep->next >= SWEEP_AT_ONCE ? sweep->next + SWEEP_AT_ONCE - 1 : due;
    for (; sweep->next <= until && marks->save_count < LIVE_ROWS_OF_SWEEP_MAX; sweep->next++) {
        struct live_device *device = live_table_find(&live->devices, sweep->next);
        if (device != NULL && device->flags & LIVE_BEHIND) {
            give_row(live, marks, device);
        }
    }
    bool is_late = sweep->next <= due;
    if (sweep->next > sweep->last) {
        end_sweep(live, marks);
    }
    return is_late;
}

/* ---- handing over ---- */

bool live_are_marks_wanted(struct live *live) {
    pthread_mutex_lock(&live->mutex);
    bool wanted = live->marks_state == LIVE_MARKS_WANTED;
    live->is_ending = live->stopping;
    pthread_mutex_unlock(&live->mutex);
    return wanted;
}

static void give_log_or_rows(struct live *live, struct live_marks *marks) {
    if (live->log.count <= LIVE_ROWS_AT_ONCE && !live->log_is_short) {
        give_rows_of_log(live, marks);
        return;
    }
    live_list_swap(&live->log, &marks->log);
    marks->log_number = ++live->logs;
    live->log_is_short = false;
    live->sweep.was_logged = true;
    if (!live->sweep.is_under_way) {
        begin_sweep(live); /* D8 */
    }
}

static void give_clones(struct live *live, struct live_marks *marks) {
    live_list_swap(&live->clones, &marks->clones);
    const struct door_clone *clones = (const struct door_clone *)marks->clones.items;
    for (size_t i = 0; i < marks->clones.count; i++) {
        struct live_device *device = live_table_find(&live->devices, clones[i].device_id);
        device->flags &= (uint8_t)~LIVE_CLONE;
    }
}

void live_give_marks(struct live *live) {
    if (!live_are_marks_wanted(live)) {
        return;
    }
    struct live_marks *marks = live->marks;
    assert(marks->reports == NULL && marks->log.count == 0);
    marks->save_count = 0;
    marks->covered = 0;
    give_log_or_rows(live, marks);
    give_urgent_rows(live, marks);
    marks->more = (live->sweep.is_under_way && advance_sweep(live, marks)) || live->urgent.count > 0;
    live_list_swap(&live->months, &marks->months); /* with the rows that tell of them (D12) */
    give_clones(live, marks);
    live_list_swap(&live->names, &marks->names);
    marks->reports = live->reports;
    live->reports = NULL;
    pthread_mutex_lock(&live->mutex);
    live->marks_state = LIVE_MARKS_GIVEN;
    pthread_cond_signal(&live->writer_wakes);
    pthread_mutex_unlock(&live->mutex);
}
