/* What the files of the live state share. live.c is the loop's side; live_load.c fills the tables once;
 * live_marks.c hands over what check-ins marked; live_writer.c (with live_saver.c) and live_feed.c are the
 * two threads, each with a connection of its own.
 *
 * Ownership: the tables, the marks and all that stands in `struct live` above the mutex are the loop's alone
 * (the loader's before the threads start). What is handed over lies below the mutex: jobs and marks to the
 * writer, messages from both threads to the loop. A message owns its memory and is never touched again by
 * who sent it. */
#ifndef SEATMETER_DEVICE_LIVE_LIVE_PRIVATE_H
#define SEATMETER_DEVICE_LIVE_LIVE_PRIVATE_H

#include "device/live/live.h"

#include "core/base/id_map.h"
#include "core/base/text_map.h"
#include "store/devices/check_in_log.h"
#include "store/devices/door_queries.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- tables ---- */

/* Numbers are counted by the store from 1 without gaps and their rows never go, so a number is a place: item
 * N stands in chunk N / 2^bits. Chunks are mapped when they are first needed and never move, so growth costs
 * nothing but its own pages. */
struct live_table {
    _Atomic(unsigned char *) *chunks;
    size_t item_bytes;
    unsigned bits;
    _Atomic uint64_t bytes; /* of the chunks that are there */
};
enum { LIVE_DEVICE_BITS = 16, LIVE_LICENCE_BITS = 18 };

void live_table_init(struct live_table *table, size_t item_bytes, unsigned bits);
void live_table_clean_up(struct live_table *table);
/* The item's place, which is zeroed memory where nothing was put; several threads may call it. */
void *live_table_place(struct live_table *table, uint32_t id);
/* NULL where its chunk is not there. */
static inline void *live_table_find(const struct live_table *table, int64_t id) {
    if (id < 1 || id > UINT32_MAX) {
        return NULL;
    }
    unsigned char *chunk =
        atomic_load_explicit(&table->chunks[(uint64_t)id >> table->bits], memory_order_relaxed);
    size_t place = (size_t)id & (((size_t)1 << table->bits) - 1);
    return chunk == NULL ? NULL : chunk + place * table->item_bytes;
}

/* ---- messages to the loop ---- */

/* A device as the store has it. */
struct live_device_news {
    int64_t id;
    int64_t licence_id;
    int64_t generation;
    int64_t activated_at_us;
    struct device_seen seen;
    uint32_t stamp;
    int32_t seat;
    enum device_state state;
    bool begins_chain; /* the writer has activated it: the chain is `seen`, whatever memory has */
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
};

/* A profile that a device told and that has no number yet. */
struct live_told {
    struct live_told *next;
    int64_t device_id;
    int64_t profile_id; /* set by the writer */
    size_t version_length;
    size_t components_length;
    char bytes[]; /* both, with a zero between */
};

struct live_sku_news {
    struct live_sku_news *next;
    struct arena arena; /* of the lease part; becomes the loop's */
    struct live_sku sku;
    bool replaces; /* the terms or components have changed; else it is only there if it is new */
};

struct live_keys {
    struct arena arena;
    struct key_set set;
};

struct live_message {
    struct live_message *next;
    struct arena arena;
    bool is_feeds;
    struct live_sku_news *skus; /* applied first */
    struct door_licence_row *licences;
    size_t licence_count;
    size_t licence_capacity;
    struct live_device_news *devices;
    size_t device_count;
    size_t device_capacity;
    struct live_told *told;
    struct live_keys *keys;
    struct live_job *jobs; /* finished; applied last */
    int64_t changes;       /* the feed has read the log of changes so far; 0: says nothing */
    int64_t releases;      /* how many changes of releases */
};

struct live_message *live_message_new(void);
void live_message_free(struct live_message *message);
void live_message_add_licence(struct live_message *message, const struct door_licence_row *row);
/* The next of the message's devices, zeroed. */
struct live_device_news *live_message_add_device(struct live_message *message);
void live_device_news_fill(struct live_device_news *news, const struct door_device_row *row,
                           const struct device_seen *seen, int64_t stamp);
/* Hands the message over and wakes the loop. The feed's wait while too many of them are there: false where
 * the end came first (then the message is freed). */
bool live_send(struct live *live, struct live_message *message);

/* ---- marks to the writer ---- */

/* A growing array. */
struct live_list {
    unsigned char *items;
    size_t count;
    size_t capacity;
};

struct live_save {
    struct device_seen seen;
    int64_t changes; /* how far the loop knew the log of changes then */
    uint32_t order;  /* the writer's */
};

enum {
    LIVE_ROWS_AT_ONCE = 4096, /* more marks than that go to the log */
    LIVE_URGENT_AT_ONCE = LIVE_ROWS_AT_ONCE / 2,
    LIVE_ROWS_OF_HAND_MAX = 2 * LIVE_ROWS_AT_ONCE
};

/* What the loop hands over at once. The writer owns it while `given`, and leaves the lists empty. */
struct live_marks {
    struct live_save saves[LIVE_ROWS_OF_HAND_MAX];
    size_t save_count;
    struct live_list log;    /* struct seen_entry */
    int64_t log_number;      /* of this log, if it has entries; they count up from 1 */
    int64_t covered;         /* the rows have what was in the logs up to this number; 0: says nothing */
    struct live_list months; /* struct door_month_mark */
    struct live_list clones; /* struct door_clone */
    struct live_told *told;
    bool more; /* there are others still */
};
enum live_marks_state { LIVE_MARKS_IDLE, LIVE_MARKS_WANTED, LIVE_MARKS_GIVEN };

/* ---- the whole ---- */

/* The hand that brings rows up to date behind the logs (live_marks.c). */
struct live_hand {
    bool goes;
    bool logged;    /* there was a log since it set out */
    int64_t next;   /* the device that it comes to next */
    int64_t last;   /* the last one of this round */
    int64_t covers; /* the last log when it set out */
    int64_t set_out_us;
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
    struct live_sku_news **skus; /* by index */
    size_t sku_count;
    size_t sku_capacity;

    struct live_keys *keys;
    int64_t changes;  /* how far the loop knows the log of changes */
    int64_t releases; /* changes of releases */

    struct arena profile_arena;
    struct text_map profiles; /* version, zero, components → number */
    uint32_t told_count;      /* that are on their way */
    struct live_told *told;   /* that wait to be handed over */

    struct live_list log;    /* struct seen_entry: what was marked since the writer last asked */
    bool log_is_short;       /* there was no room in it for all */
    struct live_list urgent; /* int64_t: devices whose rows do not wait for the hand */
    int64_t logs;            /* given to the writer */
    uint64_t behind;         /* devices with LIVE_BEHIND */
    struct live_hand hand;
    bool is_ending;          /* `stopping`, as it was last looked at */
    struct live_list months; /* struct door_month_mark */
    struct live_list clones; /* struct door_clone */
    int64_t month_from_s;    /* the month of the last mark */
    int64_t month_until_s;
    int32_t month;

    struct live_job *finished; /* what live_turn will give */
    struct live_job **finished_end;

    int event_fd;
    int stop_fd; /* readable at the end, for the feed */
    struct db *writer_db;
    struct db *feed_db;
    struct door_position loaded_at;
    int64_t unsettled_s; /* devices not seen since may be ahead of the store */
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
    size_t expected_jobs; /* beside them */
    bool gathers;         /* the writer waits for more, and is not to be woken by each */
    enum live_marks_state marks_state;
    struct live_marks *marks;
    uint64_t saved;
    uint64_t transactions;
    uint64_t failures;
};

void live_wake(struct live *live);
void live_count_failure(struct live *live);

/* The loop's half of what a message or the loader tells. */
void live_put_licence(struct live *live, const struct door_licence_row *row);
void live_put_device(struct live *live, const struct live_device_news *news);
void live_put_sku(struct live *live, struct live_sku_news *news);
void live_put_profile(struct live *live, struct text version, struct text components, int64_t id);

/* live_marks.c: what is marked, and handing it over. */
void live_mark_behind(struct live *live, struct live_device *device);
/* The same where others decide by the row: it is written with the next rows, however busy the door is. */
void live_mark_urgent(struct live *live, struct live_device *device);
struct device_seen live_seen_of(const struct live_device *device);
void live_take_month_marks(struct live_device *device, uint32_t marks); /* as the store has them */
bool live_are_marks_wanted(struct live *live);
/* Fills and hands over the marks if the writer wants them. */
void live_give_marks(struct live *live);

/* live_load.c: everything, into tables that nobody else uses yet. */
enum status live_load(struct live *live, struct fault *fault) MUST_CHECK;

/* live_sku.c: a SKU's lease part and terms, and the SKUs that one thread has told the loop of. */
enum status live_sku_read(struct db *db, int64_t sku_id, struct live_sku_news **news,
                          struct fault *fault) MUST_CHECK;
struct live_known {
    struct arena arena;
    struct id_map skus;
    int64_t *ids;
    size_t count;
    size_t capacity;
};
void live_known_init(struct live_known *known, const struct live *live);
void live_known_clean_up(struct live_known *known);
/* Adds the SKU to the message unless it is known; it counts as known once live_known_settle was called. */
enum status live_known_need(struct live_known *known, struct db *db, int64_t sku_id,
                            struct live_message *message, struct fault *fault) MUST_CHECK;
/* Ahead of live_send, when nothing can come in between any more. */
void live_known_settle(struct live_known *known, const struct live_message *message);

/* live_saver.c: the writer's half of writing behind. */
struct live_saver;
struct live_saver *live_saver_make(struct live *live);
void live_saver_free(struct live_saver *saver); /* NULL is fine */
/* Asks the loop for what is marked, unless what it gave before still waits for a commit. */
void live_saver_collect(struct live_saver *saver);
/* The state of a device that a job is about: saved ahead of the job. */
void live_saver_add(struct live_saver *saver, const struct live_save *save);
bool live_saver_is_empty(const struct live_saver *saver);
bool live_saver_has_more(const struct live_saver *saver); /* the loop has */
/* Inside the round's transaction, ahead of its jobs. `arena` is the round's. */
enum status live_saver_write(struct live_saver *saver, struct db *db, struct arena *arena, int64_t now_us,
                             struct fault *fault) MUST_CHECK;
/* After the commit: what waited is forgotten; new profiles' numbers go to the loop with the message. */
void live_saver_settle(struct live_saver *saver, struct live_message *message);
/* Ahead of loading: what a door that did not end left in the log goes to the devices' rows. */
enum status live_saver_recover(struct db *db, struct fault *fault) MUST_CHECK;

/* live_writer.c */
enum status live_writer_start(struct live *live, struct fault *fault) MUST_CHECK;
void live_writer_join(struct live *live); /* after live_stop has seen writer_ended */

/* live_feed.c */
enum status live_keys_read(struct live *live, struct db *db, struct live_keys **keys,
                           struct fault *fault) MUST_CHECK;
enum status live_feed_start(struct live *live, struct fault *fault) MUST_CHECK;
void live_feed_join(struct live *live);

#endif
