/* The feed: one thread that reads what others have changed in the store and tells the loop.
 *
 * It follows two logs by their numbers, licence events and device changes, in rounds: each is a snapshot in
 * which it reads pages of what is new with the rows as they are now, so an event that is followed by another
 * may show the later state twice, which does no harm. Pages reach the loop in bounded messages; a suspension
 * of a million licences is some hundreds of them, and the loop stays free in between. A change of one licence
 * among them waits for its turn in the log.
 *
 * This connection also holds the claim that there is one device door. */
#include "device/live/live_private.h"

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
    IDLE_ROUNDS_MAX = 5, /* then it looks, told or not */
    BACK_OFF_FIRST_MS = 100,
    BACK_OFF_MAX_MS = 2000
};

struct live_feed {
    struct live *live;
    pthread_t thread;
    struct db *db;
    struct live_known known;
    struct door_position read; /* what the loop has been told, or is about to be */
    int64_t keys_due_us;
    bool keys_changed;
    bool skus_changed;  /* all terms and components are to be read again */
    int64_t walk_after; /* all licences are being read again, from here; −1: they are not */
    int64_t walk_last;
    bool first_round; /* has not been through yet */
    int idle_rounds;
    int64_t back_off_ms;
};

/* What one snapshot reads. */
struct reading {
    struct live_feed *feed;
    struct arena arena;
    struct id_map suspended;
    bool has_suspended;
    struct door_position present; /* as the snapshot has it */
    struct door_position read;    /* becomes the feed's when all of it is handed over */
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

/* Only where something is suspended at all is the map needed. */
static enum status need_suspended(struct reading *reading, struct fault *fault) {
    if (reading->has_suspended) {
        return STATUS_OK;
    }
    id_map_init(&reading->suspended, &reading->arena, 64);
    reading->has_suspended = true;
    return door_suspended_load(reading->feed->db, &reading->suspended, fault);
}

/* The licences of the rows, which begin at `first_column`; the SKUs follow when the rows are closed. */
static enum status add_licences(struct reading *reading, struct db_rows *rows, int first_column,
                                struct live_message *message, int64_t *last, size_t *count,
                                struct fault *fault) {
    bool have_row = true;
    enum status status = STATUS_OK;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        struct door_licence_row row;
        *last = db_column_int(rows, 0);
        (*count)++;
        if (db_column_is_null(rows, first_column)) {
            continue; /* an event of a bundle's part */
        }
        status = door_licence_read(rows, first_column, &reading->suspended, &row, fault);
        if (status != STATUS_OK) {
            break;
        }
        live_message_add_licence(message, &row);
    }
    return status;
}

static enum status add_skus(struct reading *reading, struct live_message *message, struct fault *fault) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < message->licence_count && status == STATUS_OK; i++) {
        status = live_known_need(&reading->feed->known, reading->feed->db, message->licences[i].sku_id,
                                 message, fault);
    }
    return status;
}

static enum status read_events(struct reading *reading, struct fault *fault) {
    size_t count = PAGE;
    for (int page = 0; page < PAGES_PER_SNAPSHOT && count == PAGE; page++) {
        if (reading->read.events >= reading->present.events) {
            return STATUS_OK;
        }
        enum status status = need_suspended(reading, fault);
        struct db_rows *rows = NULL;
        struct live_message *message = new_message(reading);
        count = 0;
        if (status == STATUS_OK) {
            status = door_events_query(reading->feed->db, reading->read.events, PAGE, &rows, fault);
        }
        if (status == STATUS_OK) {
            status = add_licences(reading, rows, 1, message, &reading->read.events, &count, fault);
        }
        db_rows_close(rows);
        if (status == STATUS_OK) {
            status = add_skus(reading, message, fault);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    reading->more = reading->more || count == PAGE;
    return STATUS_OK;
}

static enum status read_licence(struct reading *reading, int64_t id, struct live_message *message,
                                struct fault *fault) {
    struct door_licence_row row;
    bool found = false;
    if (id == 0) { /* of many: all are read, a part in every round */
        reading->feed->walk_after = 0;
        return STATUS_OK;
    }
    enum status status = door_licence_load(reading->feed->db, id, &row, &found, fault);
    if (status == STATUS_OK && found) {
        live_message_add_licence(message, &row);
    }
    return status;
}

/* Its licence comes along: it may be the first device that the licence has. */
static enum status read_device(struct reading *reading, int64_t id, struct live_message *message,
                               struct fault *fault) {
    struct door_device_row row;
    struct device_seen seen;
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = door_device_query(reading->feed->db, id, &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    if (status == STATUS_OK && have_row) {
        status = door_device_and_seen_read(rows, &row, &seen, fault);
    }
    if (status == STATUS_OK && have_row) {
        live_device_news_fill(live_message_add_device(message), &row, &seen, reading->present.changes);
    }
    db_rows_close(rows);
    return status == STATUS_OK && have_row ? read_licence(reading, row.licence_id, message, fault) : status;
}

static enum status read_sku(struct reading *reading, int64_t id, struct live_message *message,
                            struct fault *fault) {
    struct live_sku_news *news = NULL;
    enum status status = live_sku_read(reading->feed->db, id, &news, fault);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        news->replaces = true;
        news->next = message->skus;
        message->skus = news;
    }
    return status;
}

/* Those that the loop does not have are read when a licence needs them. */
static enum status read_sku_if_known(struct reading *reading, int64_t id, struct live_message *message,
                                     struct fault *fault) {
    uint32_t at = 0;
    if (id == 0) {
        reading->feed->skus_changed = true;
        return STATUS_OK;
    }
    return id_map_get(&reading->feed->known.skus, id, 0, &at) ? read_sku(reading, id, message, fault)
                                                              : STATUS_OK;
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

/* The log is read as far as the snapshot has it, also where the writer took numbers and wrote nothing. */
static enum status read_changes(struct reading *reading, struct fault *fault) {
    struct door_change *changes = NULL;
    size_t count = 0;
    if (reading->read.changes >= reading->present.changes) {
        return STATUS_OK;
    }
    enum status status = door_changes_load(reading->feed->db, &reading->arena, reading->read.changes,
                                           CHANGES_PER_PAGE, &changes, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    bool is_last = count < CHANGES_PER_PAGE;
    reading->more = reading->more || !is_last;
    if (count > 0) {
        struct live_message *message = new_message(reading);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            status = read_change(reading, &changes[i], message, fault);
        }
        message->changes = is_last ? reading->present.changes : changes[count - 1].sequence;
        if (status == STATUS_OK) {
            status = add_skus(reading, message, fault);
        }
    }
    reading->read.changes = is_last ? reading->present.changes : changes[count - 1].sequence;
    return status;
}

static enum status read_all_skus(struct reading *reading, struct fault *fault) {
    struct live_feed *feed = reading->feed;
    if (!feed->skus_changed) {
        return STATUS_OK;
    }
    struct live_message *message = new_message(reading);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < feed->known.count && status == STATUS_OK; i++) {
        status = read_sku(reading, feed->known.ids[i], message, fault);
    }
    feed->skus_changed = status != STATUS_OK;
    return status;
}

/* A part of all licences. */
static enum status walk_licences(struct reading *reading, struct fault *fault) {
    struct live_feed *feed = reading->feed;
    int64_t devices = 0;
    if (feed->walk_after < 0) {
        return STATUS_OK;
    }
    enum status status = need_suspended(reading, fault);
    if (status == STATUS_OK && feed->walk_after == 0) {
        status = door_last_ids(feed->db, &feed->walk_last, &devices, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    int64_t last = 0;
    size_t count = 0;
    struct db_rows *rows = NULL;
    struct live_message *message = new_message(reading);
    status =
        door_licences_stream(feed->db, feed->walk_after, feed->walk_after + LICENCES_PER_WALK, &rows, fault);
    if (status == STATUS_OK) {
        status = add_licences(reading, rows, 0, message, &last, &count, fault);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        status = add_skus(reading, message, fault);
    }
    if (status == STATUS_OK) {
        feed->walk_after += LICENCES_PER_WALK;
        if (feed->walk_after >= feed->walk_last) {
            feed->walk_after = -1;
        }
        reading->more = reading->more || feed->walk_after >= 0;
    }
    return status;
}

static enum status read_snapshot(struct reading *reading, struct fault *fault) {
    struct db *db = reading->feed->db;
    enum status status = db_begin(db, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = door_position_load(db, &reading->present, fault);
    if (status == STATUS_OK) {
        status = read_changes(reading, fault);
    }
    if (status == STATUS_OK) {
        status = read_all_skus(reading, fault);
    }
    if (status == STATUS_OK) {
        status = read_events(reading, fault);
    }
    if (status == STATUS_OK) {
        status = walk_licences(reading, fault);
    }
    db_rollback(db); /* it has only read */
    return status;
}

/* ---- handing over ---- */

static bool is_empty(const struct live_message *message) {
    return message->skus == NULL && message->licence_count == 0 && message->device_count == 0 &&
           message->keys == NULL && message->changes == 0 && message->releases == 0;
}

/* All, or none where the reading failed: then the position stays and they are read again. */
static bool hand_over(struct reading *reading, bool is_whole) {
    bool goes_on = true;
    while (reading->first != NULL) {
        struct live_message *message = reading->first;
        reading->first = message->next;
        message->next = NULL;
        if (is_whole && goes_on && !is_empty(message)) {
            live_known_settle(&reading->feed->known, message);
            goes_on = live_send(reading->feed->live, message);
        } else {
            live_message_free(message);
        }
    }
    if (is_whole) {
        reading->feed->read = reading->read;
    }
    return goes_on;
}

/* Reads until nothing is left; false at the end. */
static enum status read_news(struct live_feed *feed, bool *goes_on, struct fault *fault) {
    enum status status = STATUS_OK;
    bool more = true;
    while (status == STATUS_OK && more && *goes_on) {
        struct reading reading = {.feed = feed, .read = feed->read};
        reading.end = &reading.first;
        arena_init(&reading.arena);
        status = read_snapshot(&reading, fault);
        more = reading.more;
        *goes_on = hand_over(&reading, status == STATUS_OK);
        arena_clean_up(&reading.arena);
    }
    return status;
}

/* ---- keys ---- */

enum status live_keys_read(struct live *live, struct db *db, struct live_keys **out, struct fault *fault) {
    struct live_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        abort();
    }
    arena_init(&keys->arena);
    struct call call = {.db = db,
                        .arena = &keys->arena,
                        .actor = {.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL},
                        .now_us = live->options.now_us(),
                        .secret = live->options.secret,
                        .random = live->options.random};
    enum status status = load_key_set(&call, &keys->set, fault);
    if (status != STATUS_OK) {
        explicit_bzero(&keys->set.active, sizeof keys->set.active);
        arena_clean_up(&keys->arena);
        free(keys);
        return status;
    }
    *out = keys;
    return STATUS_OK;
}

static enum status read_keys(struct live_feed *feed, bool *goes_on, struct fault *fault) {
    struct live *live = feed->live;
    if (!feed->keys_changed && live->options.now_us() < feed->keys_due_us) {
        return STATUS_OK;
    }
    struct live_keys *keys = NULL;
    enum status status = live_keys_read(live, feed->db, &keys, fault);
    if (status != STATUS_OK) {
        return status;
    }
    feed->keys_changed = false;
    feed->keys_due_us = keys->set.next_change_us;
    struct live_message *message = live_message_new();
    message->is_feeds = true;
    message->keys = keys;
    *goes_on = live_send(live, message);
    return STATUS_OK;
}

/* ---- rounds ---- */

/* A connection that was lost has lost the claim too. Another door may have come in between: then this one's
 * rounds fail, which shows, until the other ends. */
static enum status hold_claim(struct live_feed *feed, struct fault *fault) {
    bool claimed = false;
    enum status status = db_claim(feed->db, "device-door", &claimed, fault);
    if (status == STATUS_OK && !claimed) {
        return fault_set(fault, STATUS_BUSY, "device-door-running", NULL, TEXT(""),
                         "another device door has taken the store while this one had lost it");
    }
    return status;
}

static enum status one_round(struct live_feed *feed, bool *goes_on, struct fault *fault) {
    bool changed = false;
    enum status status = db_wait(feed->db, feed->live->stop_fd, WAIT_MS, &changed, fault);
    if (status == STATUS_OK) {
        status = hold_claim(feed, fault);
    }
    feed->idle_rounds = changed ? 0 : feed->idle_rounds + 1;
    if (status == STATUS_OK && (changed || feed->first_round || feed->idle_rounds >= IDLE_ROUNDS_MAX)) {
        feed->idle_rounds = 0;
        status = read_news(feed, goes_on, fault);
    }
    if (status == STATUS_OK && *goes_on) {
        status = read_keys(feed, goes_on, fault);
    }
    if (status == STATUS_OK) {
        feed->first_round = false;
    }
    return status;
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
        if (one_round(feed, &goes_on, &fault) == STATUS_OK) {
            feed->back_off_ms = 0;
            continue;
        }
        live_count_failure(feed->live);
        feed->first_round = true; /* what was told in the meantime is read, whoever told it */
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
    feed->read = live->loaded_at;
    feed->keys_due_us = live->keys->set.next_change_us;
    feed->walk_after = -1;
    feed->first_round = true;
    live_known_init(&feed->known, live);
    if (pthread_create(&feed->thread, NULL, run_feed, feed) != 0) {
        live_known_clean_up(&feed->known);
        free(feed);
        return fault_set(fault, STATUS_INTERNAL, "no-thread", NULL, TEXT(""),
                         "the machine gives no thread for the device door's feed");
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
    free(live->feed);
    live->feed = NULL;
}
