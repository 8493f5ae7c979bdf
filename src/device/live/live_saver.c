/* The saver: the writer's half of writing behind.
 *
 * It asks the loop for what was marked (live_marks.c) and keeps it until a commit. While the store is away no
 * more is asked; the loop flags devices and its log is bounded.
 *
 * Rows of devices that somebody else has changed since the loop last heard of it are not overwritten (live.c
 * says why): the log of changes tells which they are. */
#include "device/live/live_private.h"
#include "machine/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    MARKS_WAIT_US = 200 * 1000, /* the loop gives them within a turn */
    SAVES_MAX = 65536,          /* in one transaction, or about so many */
    CHANGES_AT_ONCE = 10000,
    LEAVING_WINDOW_S = 120, /* rows are at most half as late (live_marks.c) */
    PRUNE_EVERY_S = 3600
};
static const int64_t CHANGES_KEPT_US = INT64_C(86400) * 1000000;

/* What was changed lately, of the log of changes. */
struct leaving_window {
    int64_t moved_at_s;
    int64_t from;   /* the log at least LEAVING_WINDOW_S ago */
    int64_t recent; /* and the last time that the window moved on */
};

struct live_saver {
    struct live *live;
    struct live_list saves; /* struct live_save */
    struct live_list log;   /* struct seen_entry, of one row */
    int64_t log_number;
    int64_t covered; /* logs up to this number are to go with the rows; 0: none */
    struct live_list months;
    struct live_list clones;
    struct live_told *told;
    bool more;           /* the loop has others */
    int64_t pruned_at_s; /* the log of changes */
    struct leaving_window window;
    struct leaving_window next_window; /* after the commit */
};

struct live_saver *live_saver_make(struct live *live) {
    struct live_saver *saver = calloc(1, sizeof *saver);
    if (saver == NULL) {
        abort();
    }
    saver->live = live;
    saver->window.from = saver->window.recent = live->loaded_at.changes;
    saver->next_window = saver->window;
    return saver;
}

void live_saver_free(struct live_saver *saver) {
    if (saver == NULL) {
        return;
    }
    while (saver->told != NULL) {
        struct live_told *next = saver->told->next;
        free(saver->told);
        saver->told = next;
    }
    free(saver->saves.items);
    free(saver->log.items);
    free(saver->months.items);
    free(saver->clones.items);
    free(saver);
}

/* ---- from the loop ---- */

static void append(struct live_list *list, const void *more, size_t count, size_t item_bytes) {
    if (list->count + count > list->capacity) {
        list->capacity = (list->count + count) * 2;
        list->items = realloc(list->items, list->capacity * item_bytes);
        if (list->items == NULL) {
            abort();
        }
    }
    if (count > 0) {
        memcpy(list->items + list->count * item_bytes, more, count * item_bytes);
    }
    list->count += count;
}

static void move(struct live_list *list, struct live_list *from, size_t item_bytes) {
    append(list, from->items, from->count, item_bytes);
    from->count = 0;
}

static void take_marks(struct live_saver *saver, struct live_marks *marks) {
    append(&saver->saves, marks->saves, marks->save_count, sizeof marks->saves[0]);
    if (marks->log.count > 0) {
        assert(saver->log.count == 0);
        saver->log_number = marks->log_number;
    }
    move(&saver->log, &marks->log, sizeof(struct check_in_entry));
    move(&saver->months, &marks->months, sizeof(struct door_month_mark));
    move(&saver->clones, &marks->clones, sizeof(struct door_clone));
    saver->covered = marks->covered > 0 ? marks->covered : saver->covered;
    struct live_told **end = &saver->told;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = marks->told;
    marks->told = NULL;
    saver->more = marks->more;
}

/* Until then at the latest; the mutex is held. */
static void wait_until(struct live *live, int64_t at_us) {
    struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
    (void)pthread_cond_timedwait(&live->writer_wakes, &live->mutex, &at);
}

/* Asks once; false where the loop does not answer (then its next turn's marks are taken the next time). */
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
    take_marks(saver, live->marks);
    pthread_mutex_lock(&live->mutex);
    live->marks_state = LIVE_MARKS_IDLE;
    pthread_mutex_unlock(&live->mutex);
    return true;
}

/* A transaction has one log at most. */
void live_saver_collect(struct live_saver *saver) {
    bool waits = saver->saves.count > 0 || saver->log.count > 0;
    while (!waits && ask_for_marks(saver)) {
        waits = !saver->more || saver->log.count > 0 || saver->saves.count >= SAVES_MAX;
    }
}

void live_saver_add(struct live_saver *saver, const struct live_save *save) {
    append(&saver->saves, save, 1, sizeof *save);
}

bool live_saver_is_empty(const struct live_saver *saver) {
    return saver->saves.count == 0 && saver->log.count == 0 && saver->months.count == 0 &&
           saver->clones.count == 0 && saver->told == NULL && saver->covered == 0;
}

bool live_saver_has_more(const struct live_saver *saver) {
    return saver->more;
}

/* ---- to the store ---- */

/* Of one device in the order in which they came. */
static int by_device(const void *a, const void *b) {
    const struct live_save *left = a;
    const struct live_save *right = b;
    if (left->seen.device_id != right->seen.device_id) {
        return left->seen.device_id < right->seen.device_id ? -1 : 1;
    }
    return left->order < right->order ? -1 : left->order > right->order;
}

/* Neighbours in the store lie on the same page. */
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

/* Devices whose row somebody else has changed: device → place in `sequences`, the last such change. */
struct foreign {
    struct id_map places;
    int64_t *sequences;
    size_t count;
    size_t capacity;
};

static enum status load_foreign(struct db *db, struct arena *arena, int64_t after, struct foreign *foreign,
                                struct fault *fault) {
    size_t loaded = CHANGES_AT_ONCE;
    while (loaded == CHANGES_AT_ONCE) {
        struct door_change *changes = NULL;
        enum status status = door_changes_load(db, arena, after, CHANGES_AT_ONCE, &changes, &loaded, fault);
        if (status != STATUS_OK) {
            return status;
        }
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
    enum status status = load_foreign(db, arena, least_known_change(saves, count), &foreign, fault);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (is_foreign(&foreign, &saves[i])) {
            status = door_lease_raise(db, saves[i].seen.device_id, saves[i].seen.lease_expires_s, fault);
        } else {
            seen[own++] = saves[i].seen;
        }
    }
    return status == STATUS_OK ? door_seen_save_many(db, seen, own, fault) : status;
}

/* The log's row, and away with those that the devices' rows have caught up with. */
static enum status save_log(struct live_saver *saver, struct db *db, struct fault *fault) {
    enum status status = STATUS_OK;
    if (saver->log.count > 0) {
        status = check_in_log_append(db, saver->log_number, (const struct check_in_entry *)saver->log.items,
                                     saver->log.count, fault);
    }
    if (status == STATUS_OK && saver->covered > 0) {
        status = check_in_log_drop(db, saver->covered, fault);
    }
    return status;
}

static enum status save_told(struct live_saver *saver, struct db *db, struct fault *fault) {
    enum status status = STATUS_OK;
    for (struct live_told *told = saver->told; told != NULL && status == STATUS_OK; told = told->next) {
        status = device_profile_take(
            db, (struct text){told->bytes, told->version_length},
            (struct text){told->bytes + told->version_length + 1, told->components_length}, &told->profile_id,
            fault);
    }
    return status;
}

/* Seats given back lately are held until the end of leases that are saved only now. What was given back
 * before the window, the loop knows, and gives no lease to. */
static enum status extend_leaving(struct live_saver *saver, struct db *db, int64_t now_s,
                                  struct fault *fault) {
    struct door_position position = {0};
    enum status status = door_leaving_extend(db, saver->window.from, fault);
    saver->next_window = saver->window;
    if (status != STATUS_OK || now_s < saver->window.moved_at_s + LEAVING_WINDOW_S) {
        return status;
    }
    status = door_position_load(db, &position, fault);
    if (status == STATUS_OK) {
        saver->next_window = (struct leaving_window){now_s, saver->window.recent, position.changes};
    }
    return status;
}

static enum status prune(struct live_saver *saver, struct db *db, int64_t now_us, struct fault *fault) {
    if (now_us / 1000000 < saver->pruned_at_s + PRUNE_EVERY_S) {
        return STATUS_OK;
    }
    enum status status = door_changes_prune(db, now_us - CHANGES_KEPT_US, fault);
    if (status == STATUS_OK) {
        saver->pruned_at_s = now_us / 1000000;
    }
    return status;
}

enum status live_saver_write(struct live_saver *saver, struct db *db, struct arena *arena, int64_t now_us,
                             struct fault *fault) {
    enum status status = save_rows(saver, db, arena, fault);
    if (status == STATUS_OK) {
        status = save_log(saver, db, fault);
    }
    if (status == STATUS_OK) {
        status = door_months_mark_many(db, (const struct door_month_mark *)saver->months.items,
                                       saver->months.count, fault);
    }
    if (status == STATUS_OK) {
        status = door_clones_count_many(db, (const struct door_clone *)saver->clones.items,
                                        saver->clones.count, fault);
    }
    if (status == STATUS_OK) {
        status = save_told(saver, db, fault);
    }
    if (status == STATUS_OK) {
        status = extend_leaving(saver, db, now_us / 1000000, fault);
    }
    return status == STATUS_OK ? prune(saver, db, now_us, fault) : status;
}

void live_saver_settle(struct live_saver *saver, struct live_message *message) {
    pthread_mutex_lock(&saver->live->mutex);
    saver->live->saved += saver->saves.count + saver->log.count;
    pthread_mutex_unlock(&saver->live->mutex);
    message->told = saver->told;
    saver->told = NULL;
    saver->saves.count = saver->log.count = saver->months.count = saver->clones.count = 0;
    saver->covered = 0;
    saver->window = saver->next_window;
}

enum status live_saver_recover(struct db *db, struct fault *fault) {
    uint64_t entries = 0;
    enum status status = db_begin(db, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = check_in_log_recover(db, &entries, fault);
    if (status == STATUS_OK) {
        return db_commit(db, fault);
    }
    db_rollback(db);
    return status;
}
