#include "device/live/live_feed.h"

#include "device/live/live_known.h"
#include "store/parties/heartbeat.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 4096,
    PAGES_PER_SNAPSHOT = 8,
    CHANGES_PER_PAGE = 1024,
    LICENCES_PER_WALK = 16384,
    WAIT_MS = 1000,
    IDLE_ROUNDS_MAX = 5, /* then a round reads, with or without a notice of a change */
    BACK_OFF_FIRST_MS = 100,
    BACK_OFF_MAX_MS = 2000
};

struct live_feed {
    struct live *live;
    pthread_t thread;
    struct db *db;
    struct live_known known;
    int64_t read_changes;       /* how far it has read; all of it is handed over (D14) */
    struct live_logs read_logs; /* the same of each provider's events */
    int64_t keys_due_us;
    bool keys_changed;
    bool skus_changed;  /* all known SKUs are to be read again */
    int64_t walk_after; /* all licences are being read again, and those above it are left; −1: none are */
    int64_t walk_last;
    bool reads_anyway; /* the next round reads, with or without a notice of a change */
    int idle_rounds;
    int64_t back_off_ms;
};

/* One snapshot and the messages that are made of it. */
struct reading {
    struct live_feed *feed;
    struct arena arena;
    struct id_map suspended;
    bool has_suspended;
    int64_t present_changes;    /* as the snapshot has it */
    int64_t read_changes;       /* becomes the feed's when all messages are handed over (D14) */
    struct live_logs read_logs; /* the same */
    struct live_message *first;
    struct live_message **end;
    bool more;
};

/* ---- reading ---- */

static struct live_message *new_message(struct reading *reading) {
    struct live_message *message = live_message_new();
    message->is_feeds = true;
    *reading->end = message;
    reading->end = &message->next;
    return message;
}

/* Loads who suspended what, once a snapshot, and only where licences are read. */
static enum status need_suspended(struct reading *reading, struct fault *fault) {
    if (reading->has_suspended) {
        return STATUS_OK;
    }
    id_map_init(&reading->suspended, &reading->arena, 64);
    reading->has_suspended = true;
    return door_suspended_load(reading->feed->db, &reading->suspended, fault);
}

/* Adds the licences of the rows, whose columns begin at `first_column`. Their SKUs follow when the rows are
 * closed (live_known_complete). `*last` is the number in column 0 of the last row, `*count` how many rows
 * there were. */
static enum status add_licences(struct reading *reading, struct db_rows *rows, int first_column,
                                struct live_message *message, int64_t *last, size_t *count,
                                struct fault *fault) {
    bool have_row = true;
    while (true) {
        struct door_licence_row row;
        TRY(db_next(rows, &have_row, fault));
        if (!have_row) {
            return STATUS_OK;
        }
        *last = db_column_int(rows, 0);
        (*count)++;
        if (db_column_is_null(rows, first_column)) {
            continue; /* an event of a bundle's part */
        }
        TRY(door_licence_read(rows, first_column, &reading->suspended, &row, fault));
        TRY(live_message_add_licence(message, &row, fault));
    }
}

static enum status add_skus(struct reading *reading, struct live_message *message, struct fault *fault) {
    return live_known_complete(&reading->feed->known, reading->feed->db, message, fault);
}

/* Reads of one log up to `limit` events behind where it was read. */
static enum status read_page(struct reading *reading, struct event_log *log, int64_t limit,
                             struct live_message *message, size_t *count, struct fault *fault) {
    struct db_rows *rows = NULL;
    *count = 0;
    TRY(need_suspended(reading, fault));
    TRY(door_events_query(reading->feed->db, log, limit, &rows, fault));
    enum status status = add_licences(reading, rows, 1, message, &log->taken, count, fault);
    db_rows_close(rows);
    return status;
}

/* One message's worth of events: of `*at` and the logs behind it, whose ends in the snapshot are `ends`. */
static enum status read_message(struct reading *reading, const int64_t *ends, size_t *at,
                                struct fault *fault) {
    struct live_logs *logs = &reading->read_logs;
    struct live_message *message = new_message(reading);
    size_t total = 0;
    while (*at < logs->count && total < PAGE) {
        struct event_log *log = &logs->logs[*at];
        size_t limit = PAGE - total;
        size_t count = 0;
        if (log->taken < ends[*at]) {
            TRY(read_page(reading, log, (int64_t)limit, message, &count, fault));
        }
        total += count;
        if (count < limit) {
            log->taken = ends[*at];
            (*at)++;
        }
    }
    return add_skus(reading, message, fault);
}

/* The end of each log, with how far the feed has read it in its place. */
static int64_t *take_ends(struct reading *reading) {
    const struct live_logs *before = &reading->feed->read_logs;
    struct live_logs *logs = &reading->read_logs;
    int64_t *ends = ARENA_NEW(&reading->arena, int64_t, logs->count);
    size_t known = 0;
    for (size_t i = 0; i < logs->count; i++) {
        struct event_log *log = &logs->logs[i];
        while (known < before->count && before->logs[known].provider_id < log->provider_id) {
            known++;
        }
        bool was_there = known < before->count && before->logs[known].provider_id == log->provider_id;
        int64_t read = was_there ? before->logs[known].taken : 0;
        ends[i] = log->taken;
        log->taken = read < ends[i] ? read : ends[i];
    }
    return ends;
}

static enum status read_events(struct reading *reading, struct fault *fault) {
    struct live_logs *logs = &reading->read_logs;
    TRY(event_logs_load(reading->feed->db, &logs->arena, &logs->logs, &logs->count, fault));
    const int64_t *ends = take_ends(reading);
    size_t at = 0;
    for (int page = 0; page < PAGES_PER_SNAPSHOT && at < logs->count; page++) {
        TRY(read_message(reading, ends, &at, fault));
    }
    while (at < logs->count && logs->logs[at].taken == ends[at]) {
        at++;
    }
    reading->more = reading->more || at < logs->count;
    return STATUS_OK;
}

static enum status read_licence(struct reading *reading, int64_t id, struct live_message *message,
                                struct fault *fault) {
    struct door_licence_row row;
    bool found = false;
    if (id == 0) { /* a change of many: all are read, a part in every round */
        reading->feed->walk_after = 0;
        return STATUS_OK;
    }
    TRY(door_licence_load(reading->feed->db, id, &row, &found, fault));
    return found ? live_message_add_licence(message, &row, fault) : STATUS_OK;
}

/* The device's licence comes along: this may be the first device that the licence has. */
static enum status read_device(struct reading *reading, int64_t id, struct live_message *message,
                               struct fault *fault) {
    int64_t licence_id = 0;
    TRY(live_message_read_device(message, reading->feed->db, id, reading->present_changes, &licence_id,
                                 fault));
    return licence_id != 0 ? read_licence(reading, licence_id, message, fault) : STATUS_OK;
}

static enum status read_sku(struct reading *reading, int64_t id, struct live_message *message,
                            struct fault *fault) {
    struct live_sku_update *update = NULL;
    enum status status = live_sku_read(reading->feed->db, id, &update, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    TRY(status);
    update->replaces = true;
    live_message_add_sku(message, update);
    return STATUS_OK;
}

/* A SKU that the loop does not have is read when a licence needs it. */
static enum status read_sku_if_known(struct reading *reading, int64_t id, struct live_message *message,
                                     struct fault *fault) {
    if (id == 0) { /* a change of many */
        reading->feed->skus_changed = true;
        return STATUS_OK;
    }
    return live_known_has(&reading->feed->known, id) ? read_sku(reading, id, message, fault) : STATUS_OK;
}

static enum status read_change(struct reading *reading, const struct door_change *change,
                               struct live_message *message, struct fault *fault) {
    switch (change->kind) {
    case DEVICE_CHANGE_LICENCE:
        return read_licence(reading, change->subject_id, message, fault);
    case DEVICE_CHANGE_DEVICE:
        return read_device(reading, change->subject_id, message, fault);
    case DEVICE_CHANGE_TERMS:
        return read_sku_if_known(reading, change->subject_id, message, fault);
    case DEVICE_CHANGE_KEYS:
        reading->feed->keys_changed = true;
        return STATUS_OK;
    case DEVICE_CHANGE_RELEASES:
        message->releases++;
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status add_changes(struct reading *reading, const struct door_change *changes, size_t count,
                               struct live_message *message, struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        TRY(read_change(reading, &changes[i], message, fault));
    }
    return add_skus(reading, message, fault);
}

/* Reads the log as far as the snapshot has it, also where the writer took numbers and noted no change. */
static enum status read_changes(struct reading *reading, struct fault *fault) {
    struct door_change *changes = NULL;
    size_t count = 0;
    if (reading->read_changes >= reading->present_changes) {
        return STATUS_OK;
    }
    TRY(door_changes_load(reading->feed->db, &reading->arena, reading->read_changes, CHANGES_PER_PAGE,
                          &changes, &count, fault));
    bool is_last = count < CHANGES_PER_PAGE;
    int64_t read = is_last ? reading->present_changes : changes[count - 1].sequence;
    assert(count <= CHANGES_PER_PAGE);
    reading->more = reading->more || !is_last;
    if (count > 0) {
        struct live_message *message = new_message(reading);
        message->changes = read;
        TRY(add_changes(reading, changes, count, message, fault));
    }
    reading->read_changes = read;
    return STATUS_OK;
}

static enum status read_all_skus(struct reading *reading, struct fault *fault) {
    struct live_feed *feed = reading->feed;
    if (!feed->skus_changed) {
        return STATUS_OK;
    }
    struct live_message *message = new_message(reading);
    for (size_t i = 0; i < feed->known.count; i++) {
        TRY(read_sku(reading, feed->known.ids[i], message, fault));
    }
    feed->skus_changed = false;
    return STATUS_OK;
}

/* Reads a part of all licences. */
static enum status walk_licences(struct reading *reading, struct fault *fault) {
    struct live_feed *feed = reading->feed;
    int64_t devices = 0;
    int64_t last = 0;
    size_t count = 0;
    struct db_rows *rows = NULL;
    if (feed->walk_after < 0) {
        return STATUS_OK;
    }
    TRY(need_suspended(reading, fault));
    if (feed->walk_after == 0) {
        TRY(door_last_ids(feed->db, &feed->walk_last, &devices, fault));
    }
    struct live_message *message = new_message(reading);
    TRY(door_licences_stream(feed->db, feed->walk_after, feed->walk_after + LICENCES_PER_WALK, &rows, fault));
    enum status status = add_licences(reading, rows, 0, message, &last, &count, fault);
    db_rows_close(rows);
    TRY(status);
    TRY(add_skus(reading, message, fault));
    feed->walk_after += LICENCES_PER_WALK;
    if (feed->walk_after >= feed->walk_last) {
        feed->walk_after = -1;
    }
    reading->more = reading->more || feed->walk_after >= 0;
    return STATUS_OK;
}

/* The door follows a clock that was accepted (door_clock.h). */
static enum status read_heartbeat(const struct reading *reading, struct fault *fault) {
    struct heartbeat beat;
    TRY(heartbeat_load(reading->feed->db, &beat, fault));
    atomic_store_explicit(&reading->feed->live->heartbeat_us, beat.at_us, memory_order_relaxed);
    return STATUS_OK;
}

static enum status read_new(struct reading *reading, struct fault *fault) {
    TRY(read_heartbeat(reading, fault));
    TRY(db_counter_taken(reading->feed->db, DEVICE_CHANGE_COUNTER, &reading->present_changes, fault));
    TRY(read_changes(reading, fault));
    TRY(read_all_skus(reading, fault));
    TRY(read_events(reading, fault));
    return walk_licences(reading, fault);
}

static enum status read_snapshot(struct reading *reading, struct fault *fault) {
    struct db *db = reading->feed->db;
    TRY(db_begin(db, DB_READ, fault));
    enum status status = read_new(reading, fault);
    db_rollback(db); /* it has only read */
    return status;
}

/* ---- handing over ---- */

/* Hands over all messages, or none where the reading failed: then the position stays, and they are read again
 * (D14). False at the end. */
static bool hand_over(struct reading *reading, bool is_whole) {
    bool goes_on = true;
    while (reading->first != NULL) {
        struct live_message *message = reading->first;
        reading->first = message->next;
        message->next = NULL;
        if (is_whole && goes_on && !live_message_is_empty(message)) {
            live_known_settle(&reading->feed->known, message);
            goes_on = live_send(reading->feed->live, message);
        } else {
            live_message_free(message);
        }
    }
    if (is_whole) {
        assert(reading->read_changes >= reading->feed->read_changes);
        reading->feed->read_changes = reading->read_changes;
        arena_clean_up(&reading->feed->read_logs.arena);
        reading->feed->read_logs = reading->read_logs;
        reading->read_logs = (struct live_logs){0};
    }
    return goes_on;
}

/* Reads until nothing new is left. `*goes_on` is false at the end. */
static enum status read_updates(struct live_feed *feed, bool *goes_on, struct fault *fault) {
    enum status status = STATUS_OK;
    bool more = true;
    while (status == STATUS_OK && more && *goes_on) {
        struct reading reading = {.feed = feed, .read_changes = feed->read_changes};
        reading.end = &reading.first;
        arena_init(&reading.arena);
        arena_init(&reading.read_logs.arena);
        status = read_snapshot(&reading, fault);
        more = reading.more;
        *goes_on = hand_over(&reading, status == STATUS_OK);
        arena_clean_up(&reading.arena);
        arena_clean_up(&reading.read_logs.arena);
    }
    return status;
}

/* ---- keys ---- */

static enum status read_keys(struct live_feed *feed, bool *goes_on, struct fault *fault) {
    struct live *live = feed->live;
    struct live_keys *keys = NULL;
    if (!feed->keys_changed && live->options.now_us() < feed->keys_due_us) {
        return STATUS_OK;
    }
    TRY(live_keys_read(&live->options, feed->db, &keys, fault));
    feed->keys_changed = false;
    feed->keys_due_us = keys->set.next_change_us;
    struct live_message *message = live_message_new();
    message->is_feeds = true;
    message->keys = keys;
    *goes_on = live_send(live, message);
    return STATUS_OK;
}

/* ---- rounds ---- */

/* A lost connection has lost the claim too. If another door has claimed the store meanwhile, this one's
 * rounds fail, which shows, until the other ends. */
static enum status hold_claim(struct live_feed *feed, struct fault *fault) {
    bool claimed = false;
    TRY(db_claim(feed->db, "device-door", &claimed, fault));
    return claimed ? STATUS_OK
                   : fault_set(fault, STATUS_BUSY, "device-door-running", NULL, TEXT(""),
                               "Another device door has taken the store while this one had lost it.");
}

static enum status wait_for_changes(struct live_feed *feed, bool *changed, struct fault *fault) {
    TRY(db_wait(feed->db, feed->live->stop_fd, WAIT_MS, changed, fault));
    return hold_claim(feed, fault);
}

static enum status run_round(struct live_feed *feed, bool *goes_on, struct fault *fault) {
    bool changed = false;
    enum status status = wait_for_changes(feed, &changed, fault);
    feed->idle_rounds = changed ? 0 : feed->idle_rounds + 1;
    TRY(status);
    if (changed || feed->reads_anyway || feed->idle_rounds >= IDLE_ROUNDS_MAX) {
        feed->idle_rounds = 0;
        TRY(read_updates(feed, goes_on, fault));
    }
    if (*goes_on) {
        TRY(read_keys(feed, goes_on, fault));
    }
    feed->reads_anyway = false;
    return STATUS_OK;
}

static bool is_stopping(struct live_feed *feed, int64_t wait_ms) {
    struct pollfd stop = {.fd = feed->live->stop_fd, .events = POLLIN};
    return poll(&stop, 1, (int)wait_ms) > 0;
}

static void *run_feed(void *context) {
    struct live_feed *feed = context;
    struct fault fault;
    bool goes_on = true;
    while (goes_on && !is_stopping(feed, feed->back_off_ms)) {
        if (run_round(feed, &goes_on, &fault) == STATUS_OK) {
            feed->back_off_ms = 0;
            continue;
        }
        live_count_failure(feed->live);
        feed->reads_anyway = true; /* a notice may have come and gone meanwhile */
        feed->back_off_ms = feed->back_off_ms == 0                ? BACK_OFF_FIRST_MS
                            : feed->back_off_ms < BACK_OFF_MAX_MS ? feed->back_off_ms * 2
                                                                  : feed->back_off_ms;
    }
    return NULL;
}

enum status live_feed_start(struct live *live, struct fault *fault) {
    struct live_feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) {
        abort();
    }
    feed->live = live;
    feed->db = live->feed_db;
    feed->read_changes = live->loaded_changes;
    feed->read_logs = live->loaded_logs;
    live->loaded_logs = (struct live_logs){0};
    feed->keys_due_us = live->keys->set.next_change_us;
    feed->walk_after = -1;
    feed->reads_anyway = true;
    live_known_init(&feed->known, live);
    if (pthread_create(&feed->thread, NULL, run_feed, feed) != 0) {
        live_known_clean_up(&feed->known);
        arena_clean_up(&feed->read_logs.arena);
        free(feed);
        return fault_set(fault, STATUS_INTERNAL, "no-thread", NULL, TEXT(""),
                         "The machine gives no thread for the device door's feed.");
    }
    live->feed = feed;
    return STATUS_OK;
}

void live_feed_join(struct live *live) {
    if (live->feed == NULL) {
        return;
    }
    pthread_join(live->feed->thread, NULL);
    live_known_clean_up(&live->feed->known);
    arena_clean_up(&live->feed->read_logs.arena);
    free(live->feed);
    live->feed = NULL;
}
