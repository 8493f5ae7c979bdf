/* Marks: what check-ins did, on its way to the writer.
 *
 * Every mark appends an entry to the log, and flags the device, whose row in the store is now behind. When
 * the writer asks, half a second later, it gets after few marks, rows: the state of each of their devices,
 * and they are behind no more; after many, the log itself, which the store keeps as one row: it costs a
 * hundredth of the devices' rows. From the first log on, a hand goes over all devices in the order of their
 * rows and gives those that are behind, a part with every answer, so that it is once around within
 * ROWS_LATE_S. What was logged before it set out is in the rows then, and the store forgets those logs. When
 * it is around and nothing was logged meanwhile, no row is behind but those that the next few marks bring,
 * and it rests. Rows by which others decide do not wait for it: of a device that somebody else has released,
 * the end of the lease that memory gave. */
#include "device/live/live_private.h"
#include "machine/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOG_MAX =
        262144, /* entries: more than a second's. Beyond, devices are only flagged; the hand finds them */
    URGENT_MAX = 262144,
    ROWS_LATE_S = 60,     /* well below LEAVING_WINDOW_S (live_saver.c) and SILENT_AHEAD_S (live.c) */
    HAND_AT_ONCE = 16384, /* devices that are looked at in a turn of the loop */
    PREFETCH_AHEAD = 8
};

/* ---- lists ---- */

static void list_push(struct live_list *list, const void *item, size_t item_bytes) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 1024 : list->capacity * 2;
        list->items = realloc(list->items, list->capacity * item_bytes);
        if (list->items == NULL) {
            abort();
        }
    }
    memcpy(list->items + list->count++ * item_bytes, item, item_bytes);
}

/* The whole list for an empty one. */
static void list_swap(struct live_list *list, struct live_list *empty) {
    struct live_list whole = *list;
    assert(empty->count == 0);
    *list = *empty;
    *empty = whole;
}

/* ---- marking ---- */

static uint32_t month_marks(const struct live_device *device) {
    return (uint32_t)device->month << 2 | (uint32_t)(device->flags / LIVE_LICENSED & 3);
}

void live_take_month_marks(struct live_device *device, uint32_t marks) {
    static_assert((int)LIVE_UNLICENSED == 2 * (int)LIVE_LICENSED, "both shift together");
    device->month = (uint8_t)(marks >> 2);
    device->flags |= (uint8_t)((marks & 3) * LIVE_LICENSED);
}

struct device_seen live_seen_of(const struct live_device *device) {
    return (struct device_seen){.device_id = device->id,
                                .sequence = device->sequence,
                                .link = device->link,
                                .seen_at_s = device->seen_at_s,
                                .lease_expires_s = device->lease_expires_s,
                                .profile_id = device->profile,
                                .month_marks = month_marks(device)};
}

void live_mark_behind(struct live *live, struct live_device *device) {
    if (!(device->flags & LIVE_BEHIND)) {
        device->flags |= LIVE_BEHIND;
        live->behind++;
    }
    if (live->log.count == LOG_MAX) {
        live->log_is_short = true;
        return;
    }
    const struct check_in_entry entry = {.activated_at_us = device->activated_at_us,
                                         .link = device->link,
                                         .device_id = (uint32_t)device->id,
                                         .sequence = device->sequence,
                                         .seen_at_s = device->seen_at_s,
                                         .lease_expires_s = device->lease_expires_s,
                                         .profile_id = device->profile,
                                         .month_marks = month_marks(device)};
    list_push(&live->log, &entry, sizeof entry);
}

void live_mark_urgent(struct live *live, struct live_device *device) {
    live_mark_behind(live, device);
    if (live->urgent.count < URGENT_MAX) {
        list_push(&live->urgent, &device->id, sizeof device->id);
    }
}

static void find_month(struct live *live, int64_t at_s) {
    time_t at = at_s;
    struct tm parts;
    gmtime_r(&at, &parts);
    struct tm bounds = {.tm_year = parts.tm_year, .tm_mon = parts.tm_mon, .tm_mday = 1};
    live->month_from_s = timegm(&bounds);
    live->month = (parts.tm_year + 1900) * 12 + parts.tm_mon;
    bounds = (struct tm){.tm_year = parts.tm_year, .tm_mon = parts.tm_mon + 1, .tm_mday = 1};
    live->month_until_s = timegm(&bounds);
}

void live_mark(struct live *live, struct live_device *device, enum lease_code answer) {
    uint8_t kind = answer == LEASE_CODE_OK ? LIVE_LICENSED : LIVE_UNLICENSED;
    int64_t at_s = device->seen_at_s;
    if (at_s < live->month_from_s || at_s >= live->month_until_s) {
        find_month(live, at_s);
    }
    if (device->month != (uint8_t)live->month) {
        device->month = (uint8_t)live->month;
        device->flags &= (uint8_t) ~(LIVE_LICENSED | LIVE_UNLICENSED);
    }
    if (!(device->flags & kind)) {
        device->flags |= kind;
        struct door_month_mark mark = {device->id, live->month, answer == LEASE_CODE_OK};
        list_push(&live->months, &mark, sizeof mark);
    }
    live_mark_behind(live, device);
}

void live_mark_clone(struct live *live, struct live_device *device, int64_t now_s) {
    if (device->flags & LIVE_CLONE) {
        return;
    }
    device->flags |= LIVE_CLONE;
    struct door_clone clone = {device->id, now_s * 1000000};
    list_push(&live->clones, &clone, sizeof clone);
}

/* ---- rows ---- */

static void give_row(struct live *live, struct live_marks *marks, struct live_device *device) {
    device->flags &= (uint8_t)~LIVE_BEHIND;
    live->behind--;
    assert(marks->save_count < sizeof marks->saves / sizeof marks->saves[0]);
    marks->saves[marks->save_count++] =
        (struct live_save){.seen = live_seen_of(device), .changes = live->changes};
}

/* Of a short log's devices, each once. */
static void give_rows_of_log(struct live *live, struct live_marks *marks) {
    const struct check_in_entry *entries = (const struct check_in_entry *)live->log.items;
    for (size_t i = 0; i < live->log.count; i++) {
        if (i + PREFETCH_AHEAD < live->log.count) {
            live_prefetch(live, entries[i + PREFETCH_AHEAD].device_id);
        }
        struct live_device *device = live_table_find(&live->devices, entries[i].device_id);
        if (device->flags & LIVE_BEHIND) {
            give_row(live, marks, device);
        }
    }
    live->log.count = 0;
}

/* Those that are still behind. */
static void give_urgent_rows(struct live *live, struct live_marks *marks) {
    const int64_t *ids = (const int64_t *)live->urgent.items;
    for (int i = 0; i < LIVE_URGENT_AT_ONCE && live->urgent.count > 0; i++) {
        struct live_device *device = live_table_find(&live->devices, ids[--live->urgent.count]);
        if (device->flags & LIVE_BEHIND) {
            give_row(live, marks, device);
        }
    }
}

/* ---- the hand ---- */

static void set_out(struct live *live) {
    struct live_hand *hand = &live->hand;
    hand->goes = true;
    hand->logged = false;
    hand->next = 1;
    hand->last = live->last_device;
    hand->covers = live->logs;
    hand->set_out_us = machine_monotonic_us();
}

static void come_around(struct live *live, struct live_marks *marks) {
    live->hand.goes = false;
    marks->covered = live->hand.covers;
    if (live->hand.logged) {
        set_out(live);
    }
}

/* How far it should be by now. */
static int64_t due_of(const struct live *live) {
    const struct live_hand *hand = &live->hand;
    int64_t went_us = machine_monotonic_us() - hand->set_out_us;
    int64_t whole_us = (int64_t)ROWS_LATE_S * 1000000;
    return live->is_ending || went_us >= whole_us ? hand->last : hand->last * went_us / whole_us;
}

/* Goes on with it; true where it has still to catch up. */
static bool move_hand(struct live *live, struct live_marks *marks) {
    struct live_hand *hand = &live->hand;
    int64_t due = due_of(live);
    int64_t until = due - hand->next >= HAND_AT_ONCE ? hand->next + HAND_AT_ONCE - 1 : due;
    for (; hand->next <= until && marks->save_count < LIVE_ROWS_OF_HAND_MAX; hand->next++) {
        struct live_device *device = live_table_find(&live->devices, hand->next);
        if (device != NULL && device->flags & LIVE_BEHIND) {
            give_row(live, marks, device);
        }
    }
    bool is_late = hand->next <= due;
    if (hand->next > hand->last) {
        come_around(live, marks);
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
    list_swap(&live->log, &marks->log);
    marks->log_number = ++live->logs;
    live->log_is_short = false;
    live->hand.logged = true;
    if (!live->hand.goes) {
        set_out(live);
    }
}

/* The buffer is the loop's while it is wanted. */
void live_give_marks(struct live *live) {
    if (!live_are_marks_wanted(live)) {
        return;
    }
    struct live_marks *marks = live->marks;
    marks->save_count = 0;
    marks->covered = 0;
    give_log_or_rows(live, marks);
    give_urgent_rows(live, marks);
    marks->more = (live->hand.goes && move_hand(live, marks)) || live->urgent.count > 0;
    list_swap(&live->months, &marks->months);
    list_swap(&live->clones, &marks->clones);
    const struct door_clone *clones = (const struct door_clone *)marks->clones.items;
    for (size_t i = 0; i < marks->clones.count; i++) {
        struct live_device *device = live_table_find(&live->devices, clones[i].device_id);
        device->flags &= (uint8_t)~LIVE_CLONE;
    }
    marks->told = live->told;
    live->told = NULL;
    pthread_mutex_lock(&live->mutex);
    live->marks_state = LIVE_MARKS_GIVEN;
    pthread_cond_signal(&live->writer_wakes);
    pthread_mutex_unlock(&live->mutex);
}
