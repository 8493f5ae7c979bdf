#include "device/live/live_saver.h"

#include "machine/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    MARKS_WAIT_US = 200 * 1000, /* the loop gives its marks within a turn */
    SAVES_MAX = 65536,          /* in one transaction, about */
    CHANGES_AT_ONCE = 10000,
    PRUNE_EVERY_S = 3600
};
static const int64_t CHANGES_KEPT_US = INT64_C(86400) * 1000000;

/* Which part of the log of changes is recent (D13). The window moves on every LIVE_LEAVING_WINDOW_S. */
struct leaving_window {
    int64_t moved_at_s;
    int64_t from;   /* where the log was at least LIVE_LEAVING_WINDOW_S ago */
    int64_t recent; /* where it was when the window moved on last */
};

struct live_saver {
    struct live *live;
    struct live_list saves; /* struct live_save */
    struct live_list log;   /* struct check_in_entry, of one row */
    int64_t log_number;
    int64_t covered; /* logs up to this number are dropped with the rows (D11); 0: none */
    struct live_list months;
    struct live_list clones;
    struct live_list names;
    struct live_profile_report *reports;
    bool more;           /* the loop has other marks */
    int64_t pruned_at_s; /* when the log of changes was */
    struct leaving_window window;
    struct leaving_window next_window; /* after the commit */
};

struct live_saver *live_saver_make(struct live *live) {
    struct live_saver *saver = calloc(1, sizeof *saver);
    if (saver == NULL) {
        abort();
    }
    saver->live = live;
    saver->window.from = saver->window.recent = live->loaded_changes;
    saver->next_window = saver->window; /* until a transaction moves it on */
    return saver;
}

void live_saver_free(struct live_saver *saver) {
    if (saver == NULL) {
        return;
    }
    live_profile_reports_free(saver->reports);
    live_list_clean_up(&saver->saves);
    live_list_clean_up(&saver->log);
    live_list_clean_up(&saver->months);
    live_list_clean_up(&saver->clones);
    live_list_clean_up(&saver->names);
    free(saver);
}

/* ---- from the loop ---- */

static void take_marks(struct live_saver *saver, struct live_marks *marks) {
    live_list_add(&saver->saves, marks->saves, marks->save_count, sizeof marks->saves[0]);
    if (marks->log.count > 0) {
        assert(saver->log.count == 0);
        saver->log_number = marks->log_number;
    }
    live_list_move(&saver->log, &marks->log, sizeof(struct check_in_entry));
    live_list_move(&saver->months, &marks->months, sizeof(struct door_month_mark));
    live_list_move(&saver->clones, &marks->clones, sizeof(struct door_clone));
    live_list_move(&saver->names, &marks->names, sizeof(struct door_name));
    saver->covered = marks->covered > 0 ? marks->covered : saver->covered;
    struct live_profile_report **end = &saver->reports;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = marks->reports;
    marks->reports = NULL;
    saver->more = marks->more;
}

/* Waits for a signal until that time; the mutex is held. */
static void wait_until(struct live *live, int64_t at_us) {
    struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
    (void)pthread_cond_timedwait(&live->writer_wakes, &live->mutex, &at);
}

/* Asks once. False where the loop does not answer: the marks of its next turn are taken the next time. */
static bool ask_for_marks(struct live_saver *saver) {
    struct live *live = saver->live;
    int64_t until_us = machine_monotonic_us() + MARKS_WAIT_US;
    pthread_mutex_lock(&live->mutex);
    if (live->marks_state == LIVE_MARKS_IDLE) {
        live->marks_state = LIVE_MARKS_WANTED;
    }
    pthread_mutex_unlock(&live->mutex);
    live_wake(live);
    pthread_mutex_lock(&live->mutex);
    while (live->marks_state != LIVE_MARKS_GIVEN && machine_monotonic_us() < until_us) {
        wait_until(live, until_us);
    }
    bool given = live->marks_state == LIVE_MARKS_GIVEN;
    pthread_mutex_unlock(&live->mutex);
    if (!given) {
        return false;
    }
    take_marks(saver, live->marks); /* the writer's while they are given */
    pthread_mutex_lock(&live->mutex);
    live->marks_state = LIVE_MARKS_IDLE;
    pthread_mutex_unlock(&live->mutex);
    return true;
}

/* One transaction appends one log at the most. */
void live_saver_collect(struct live_saver *saver) {
    bool waits = saver->saves.count > 0 || saver->log.count > 0;
    while (!waits && ask_for_marks(saver)) {
        waits = !saver->more || saver->log.count > 0 || saver->saves.count >= SAVES_MAX;
    }
}

void live_saver_add(struct live_saver *saver, const struct live_save *save) {
    live_list_push(&saver->saves, save, sizeof *save);
}

bool live_saver_is_empty(const struct live_saver *saver) {
    return saver->saves.count == 0 && saver->log.count == 0 && saver->months.count == 0 &&
           saver->clones.count == 0 && saver->names.count == 0 && saver->reports == NULL &&
           saver->covered == 0;
}

bool live_saver_has_more(const struct live_saver *saver) {
    return saver->more;
}

/* ---- to the store ---- */

/* By device; the saves of one device in the order in which they came. */
static int by_device(const void *a, const void *b) {
    const struct live_save *left = a;
    const struct live_save *right = b;
    if (left->seen.device_id != right->seen.device_id) {
        return left->seen.device_id < right->seen.device_id ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

/* In the order of the rows, as neighbours in the store lie on the same page. */
static void sort_saves(struct live_save *saves, size_t count) {
    for (size_t i = 0; i < count; i++) {
        saves[i].order = (uint32_t)i;
    }
    if (count > 0) {
        qsort(saves, count, sizeof *saves, by_device);
    }
}

static int64_t least_known_change(const struct live_save *saves, size_t count) {
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (saves[i].changes < least) {
            least = saves[i].changes;
        }
    }
    return least;
}

/* Devices whose row somebody else has changed (D9). */
struct foreign {
    struct id_map places; /* device → place in `sequences` */
    int64_t *sequences;   /* the number of its last such change */
    size_t count;
    size_t capacity;
};

static enum status load_foreign(struct db *db, struct arena *arena, int64_t after, struct foreign *foreign,
                                struct fault *fault) {
    size_t loaded = CHANGES_AT_ONCE;
    while (loaded == CHANGES_AT_ONCE) {
        struct door_change *changes = NULL;
        TRY(door_changes_load(db, arena, after, CHANGES_AT_ONCE, &changes, &loaded, fault));
        for (size_t i = 0; i < loaded; i++) {
            after = changes[i].sequence;
            if (changes[i].kind != DEVICE_CHANGE_DEVICE) {
                continue;
            }
            uint32_t at = id_map_put(&foreign->places, changes[i].subject_id, 0, (uint32_t)foreign->count);
            if (at == foreign->count) {
                foreign->sequences = arena_grow(arena, foreign->sequences, foreign->count, &foreign->capacity,
                                                sizeof *foreign->sequences);
                foreign->count++;
            }
            assert(foreign->sequences != NULL);
            foreign->sequences[at] = after;
        }
    }
    return STATUS_OK;
}

static bool is_foreign(const struct foreign *foreign, const struct live_save *save) {
    uint32_t at = 0;
    return foreign->count > 0 && id_map_get(&foreign->places, save->seen.device_id, 0, &at) &&
           foreign->sequences[at] > save->changes;
}

static enum status save_rows(struct live_saver *saver, struct db *db, struct arena *arena,
                             struct fault *fault) {
    struct live_save *saves = (struct live_save *)saver->saves.items;
    size_t count = saver->saves.count;
    struct foreign foreign = {0};
    if (count == 0) {
        return STATUS_OK;
    }
    sort_saves(saves, count);
    id_map_init(&foreign.places, arena, 64);
    struct device_seen *seen = ARENA_NEW(arena, struct device_seen, count);
    size_t own = 0;
    TRY(load_foreign(db, arena, least_known_change(saves, count), &foreign, fault));
    for (size_t i = 0; i < count; i++) {
        if (is_foreign(&foreign, &saves[i])) { /* D9 */
            TRY(door_lease_raise(db, saves[i].seen.device_id, saves[i].seen.lease_expires_s, fault));
        } else {
            seen[own++] = saves[i].seen;
        }
    }
    assert(own <= count);
    return door_seen_save_many(db, seen, own, fault);
}

/* Appends the log, and drops the logs that the devices' rows have caught up with (D11). */
static enum status save_log(struct live_saver *saver, struct db *db, struct fault *fault) {
    if (saver->log.count > 0) {
        assert(saver->log_number >= saver->covered);
        TRY(check_in_log_append(db, saver->log_number, (const struct check_in_entry *)saver->log.items,
                                saver->log.count, fault));
    }
    return saver->covered > 0 ? check_in_log_drop(db, saver->covered, fault) : STATUS_OK;
}

static enum status number_reports(struct live_saver *saver, struct db *db, struct fault *fault) {
    for (struct live_profile_report *report = saver->reports; report != NULL; report = report->next) {
        TRY(device_profile_take(db, live_profile_version(report), live_profile_components(report),
                                &report->profile_id, fault));
    }
    return STATUS_OK;
}

/* Seats that were given back lately are held until the end of leases that are saved only now (D13). A device
 * that gave its seat back before the window is one that the loop knows of, and gives no lease to. */
static enum status extend_leaving(struct live_saver *saver, struct db *db, int64_t now_s,
                                  struct fault *fault) {
    int64_t changes = 0;
    TRY(door_leaving_extend(db, saver->window.from, fault));
    saver->next_window = saver->window;
    if (now_s >= saver->window.moved_at_s + LIVE_LEAVING_WINDOW_S) {
        TRY(db_counter_taken(db, DEVICE_CHANGE_COUNTER, &changes, fault));
        saver->next_window = (struct leaving_window){now_s, saver->window.recent, changes};
    }
    return STATUS_OK;
}

static enum status prune_changes(struct live_saver *saver, struct db *db, int64_t now_us,
                                 struct fault *fault) {
    if (now_us / 1000000 < saver->pruned_at_s + PRUNE_EVERY_S) {
        return STATUS_OK;
    }
    TRY(door_changes_prune(db, now_us - CHANGES_KEPT_US, fault));
    saver->pruned_at_s = now_us / 1000000;
    return STATUS_OK;
}

enum status live_saver_write(struct live_saver *saver, struct db *db, struct arena *arena, int64_t now_us,
                             struct fault *fault) {
    TRY(save_rows(saver, db, arena, fault));
    TRY(save_log(saver, db, fault));
    TRY(door_months_mark_many(db, (const struct door_month_mark *)saver->months.items, saver->months.count,
                              fault));
    TRY(door_clones_count_many(db, (const struct door_clone *)saver->clones.items, saver->clones.count,
                               fault));
    TRY(door_names_save_many(db, (const struct door_name *)saver->names.items, saver->names.count, fault));
    TRY(number_reports(saver, db, fault));
    TRY(extend_leaving(saver, db, now_us / 1000000, fault));
    return prune_changes(saver, db, now_us, fault);
}

void live_saver_settle(struct live_saver *saver, struct live_message *message) {
    pthread_mutex_lock(&saver->live->mutex);
    saver->live->saved += saver->saves.count + saver->log.count;
    pthread_mutex_unlock(&saver->live->mutex);
    message->reports = saver->reports;
    saver->reports = NULL;
    saver->saves.count = saver->log.count = saver->months.count = saver->clones.count = 0;
    saver->names.count = 0;
    saver->covered = 0;
    saver->window = saver->next_window;
}

enum status live_saver_recover(struct db *db, struct fault *fault) {
    uint64_t entries = 0;
    TRY(db_begin(db, DB_WRITE, fault));
    enum status status = check_in_log_recover(db, &entries, fault);
    if (status == STATUS_OK) {
        return db_commit(db, fault);
    }
    db_rollback(db);
    return status;
}
