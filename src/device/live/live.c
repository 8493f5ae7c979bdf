/* The loop's side of the live state.
 *
 * Why the order holds. The writer and the feed read the same rows on two connections, and what they read
 * reaches the loop in either order.
 *   Licences: the store counts a licence's version up with every change, so the row with the higher one wins.
 *   Devices: every change of a device's row that the writer or anybody else makes comes with a number of the
 * counter "device_changes", taken under the store's write lock, so numbers go up in the order of commits. The
 * writer stamps its rows with the number that its own transaction took. The feed stamps its rows with the
 * counter as its snapshot shows it: all transactions up to that number are in the snapshot, none above is. So
 * of two rows of a device the one with the higher stamp is the newer, and equal stamps are equally new. A
 * release that the feed read before the writer activated the device again has the lower stamp and is dropped;
 * read afterwards, it shows the device active.
 *   The chain (sequence, link) of a device in memory is ahead of the store's, which is written behind. It is
 * taken from the store only where activated_at_us tells of an activation that memory has not seen.
 *   What is written behind may not undo what another process wrote: each saved row says how far the loop knew
 * the log of changes, and where the log has a later change of that device, only the lease's end is raised
 * (live_saver.c); when the feed brings that change the device is marked again. Of its own activations the
 * writer cannot undo any: the loop fills the marks only when it has applied all results before, and the
 * writer asks for marks only between two transactions.
 *   A seat is never given to another while a lease for it may still come from memory: live_is_silent. */
#include "device/live/live_private.h"
#include "machine/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    QUEUE_MAX = 20000,
    FEED_MESSAGES_MAX = 8,
    ITEMS_PER_TURN = 8192,
    TOLD_MAX = 4096,
    PROFILES_MAX = 65536,
    SILENT_AHEAD_S = 120 /* twice what rows may be late (live_marks.c) */
};

/* ---- messages ---- */

struct live_message *live_message_new(void) {
    struct live_message *message = calloc(1, sizeof *message);
    if (message == NULL) {
        abort();
    }
    arena_init(&message->arena);
    return message;
}

static void keys_free(struct live_keys *keys) {
    if (keys == NULL) {
        return;
    }
    explicit_bzero(&keys->set.active, sizeof keys->set.active);
    arena_clean_up(&keys->arena);
    free(keys);
}

static void told_free(struct live_told *told) {
    while (told != NULL) {
        struct live_told *next = told->next;
        free(told);
        told = next;
    }
}

static void sku_free(struct live_sku_news *news) {
    if (news == NULL) {
        return;
    }
    arena_clean_up(&news->arena);
    free(news);
}

void live_message_free(struct live_message *message) {
    if (message == NULL) {
        return;
    }
    while (message->skus != NULL) {
        struct live_sku_news *next = message->skus->next;
        sku_free(message->skus);
        message->skus = next;
    }
    told_free(message->told);
    keys_free(message->keys);
    arena_clean_up(&message->arena);
    free(message);
}

void live_message_add_licence(struct live_message *message, const struct door_licence_row *row) {
    message->licences = arena_grow(&message->arena, message->licences, message->licence_count,
                                   &message->licence_capacity, sizeof *message->licences);
    message->licences[message->licence_count++] = *row;
}

struct live_device_news *live_message_add_device(struct live_message *message) {
    message->devices = arena_grow(&message->arena, message->devices, message->device_count,
                                  &message->device_capacity, sizeof *message->devices);
    struct live_device_news *news = &message->devices[message->device_count++];
    memset(news, 0, sizeof *news);
    return news;
}

void live_device_news_fill(struct live_device_news *news, const struct door_device_row *row,
                           const struct device_seen *seen, int64_t stamp) {
    assert(row->fingerprint.length == DEVICE_FINGERPRINT_BYTES);
    *news = (struct live_device_news){.id = row->id,
                                      .licence_id = row->licence_id,
                                      .generation = row->generation,
                                      .activated_at_us = row->activated_at_us,
                                      .seen = *seen,
                                      .stamp = (uint32_t)stamp,
                                      .seat = row->seat,
                                      .state = row->state};
    memcpy(news->fingerprint, row->fingerprint.at, DEVICE_FINGERPRINT_BYTES);
}

void live_wake(struct live *live) {
    int result = eventfd_write(live->event_fd, 1);
    assert(result == 0 || errno == EAGAIN);
}

bool live_send(struct live *live, struct live_message *message) {
    pthread_mutex_lock(&live->mutex);
    while (message->is_feeds && live->feed_messages >= FEED_MESSAGES_MAX && !live->stopping) {
        pthread_cond_wait(&live->feed_wakes, &live->mutex);
    }
    bool sent = !message->is_feeds || !live->stopping;
    if (sent) {
        live->feed_messages += message->is_feeds;
        *live->inbox_end = message;
        live->inbox_end = &message->next;
    }
    pthread_mutex_unlock(&live->mutex);
    if (sent) {
        live_wake(live);
    } else {
        live_message_free(message);
    }
    return sent;
}

void live_count_failure(struct live *live) {
    pthread_mutex_lock(&live->mutex);
    live->failures++;
    pthread_mutex_unlock(&live->mutex);
}

/* ---- what comes in ---- */

static uint32_t sku_index_of(const struct live *live, int64_t sku_id) {
    uint32_t index = 0;
    bool found = id_map_get(&live->sku_index, sku_id, 0, &index);
    assert(found); /* every message brings the SKUs that may be new ahead of its licences */
    return index;
}

void live_put_sku(struct live *live, struct live_sku_news *news) {
    uint32_t index = id_map_put(&live->sku_index, news->sku.id, 0, (uint32_t)live->sku_count);
    if (index == live->sku_count) {
        if (live->sku_count == live->sku_capacity) {
            live->sku_capacity = live->sku_capacity == 0 ? 64 : live->sku_capacity * 2;
            live->skus = realloc(live->skus, live->sku_capacity * sizeof(struct live_sku_news *));
            if (live->skus == NULL) {
                abort();
            }
        }
        live->skus[live->sku_count++] = news;
    } else if (news->replaces) {
        sku_free(live->skus[index]);
        live->skus[index] = news;
    } else {
        sku_free(news);
    }
}

void live_put_licence(struct live *live, const struct door_licence_row *row) {
    assert(row->id > 0 && row->id <= UINT32_MAX);
    struct live_licence *licence = live_table_place(&live->licences, (uint32_t)row->id);
    if (licence->id != 0 && row->version < licence->version) {
        return;
    }
    live->licence_count += licence->id == 0;
    *licence = (struct live_licence){.id = (uint32_t)row->id,
                                     .version = (uint32_t)row->version,
                                     .seats = row->seats,
                                     .counted_seats = row->counted_seats,
                                     .sku = sku_index_of(live, row->sku_id),
                                     .state = (uint8_t)row->state,
                                     .suspender = (uint8_t)row->suspender};
}

static uint32_t whole_s(int64_t seconds) {
    return seconds < 0 ? 0 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static void begin_chain(struct live_device *device, const struct device_seen *seen) {
    uint32_t lease_expires_s = whole_s(seen->lease_expires_s);
    device->sequence = seen->sequence;
    device->link = seen->link;
    device->seen_at_s = whole_s(seen->seen_at_s);
    device->profile = whole_s(seen->profile_id);
    device->lease_expires_s =
        lease_expires_s > device->lease_expires_s ? lease_expires_s : device->lease_expires_s;
    device->flags &= (uint8_t)~LIVE_UNSETTLED;
}

void live_put_device(struct live *live, const struct live_device_news *news) {
    assert(news->id > 0 && news->id <= UINT32_MAX && news->licence_id > 0 && news->licence_id <= UINT32_MAX);
    struct live_device *device = live_table_place(&live->devices, (uint32_t)news->id);
    bool is_new = device->id == 0;
    if (!is_new && news->stamp < device->stamp) {
        return;
    }
    (void)live_table_place(&live->licences, (uint32_t)news->licence_id); /* so that it is always found */
    bool begins = is_new || news->begins_chain || news->activated_at_us != device->activated_at_us;
    live->device_count += is_new;
    live->last_device = news->id > live->last_device ? news->id : live->last_device;
    device->id = news->id;
    device->licence = (uint32_t)news->licence_id;
    device->seat = news->seat;
    device->generation = whole_s(news->generation);
    device->state = (uint8_t)news->state;
    device->stamp = news->stamp;
    device->activated_at_us = news->activated_at_us;
    memcpy(device->fingerprint, news->fingerprint, sizeof device->fingerprint);
    if (begins) {
        begin_chain(device, &news->seen);
    }
    /* A lease that was given in the meantime holds the seat of what was released (door_leaving_extend), and
     * what the writer did not save of it is saved now. */
    if (!is_new && news->begins_chain) {
        live_mark_behind(live, device);
    } else if (!is_new) {
        live_mark_urgent(live, device);
    }
}

/* ---- profiles ---- */

static struct text profile_key(struct arena *arena, struct text version, struct text components) {
    char *key = ARENA_NEW(arena, char, version.length + 1 + components.length);
    if (version.length > 0) {
        memcpy(key, version.at, version.length);
    }
    if (components.length > 0) {
        memcpy(key + version.length + 1, components.at, components.length);
    }
    return (struct text){key, version.length + 1 + components.length};
}

static void profiles_begin(struct live *live) {
    unsigned char seed[TEXT_MAP_SEED_BYTES];
    live->options.random->fill(live->options.random, seed, sizeof seed);
    arena_init(&live->profile_arena);
    text_map_init(&live->profiles, &live->profile_arena, seed);
}

/* When it is full it is forgotten whole, and fills again with what is in use. */
void live_put_profile(struct live *live, struct text version, struct text components, int64_t id) {
    if (live->profiles.count >= PROFILES_MAX) {
        arena_clean_up(&live->profile_arena);
        profiles_begin(live);
    }
    text_map_put(&live->profiles, profile_key(&live->profile_arena, version, components), id);
}

static void apply_told(struct live *live, const struct live_told *told) {
    struct text version = {told->bytes, told->version_length};
    struct text components = {told->bytes + told->version_length + 1, told->components_length};
    live_put_profile(live, version, components, told->profile_id);
    struct live_device *device = live_device_find(live, told->device_id);
    if (device != NULL) {
        device->profile = whole_s(told->profile_id);
        live_mark_behind(live, device);
    }
    live->told_count--;
}

bool live_tell_profile(struct live *live, struct live_device *device, struct text version,
                       struct text components) {
    char key[DEVICE_VERSION_BYTES_MAX + 1 + DEVICE_COMPONENTS_MAX * 51];
    size_t length = version.length + 1 + components.length;
    if (version.length > DEVICE_VERSION_BYTES_MAX || length > sizeof key) {
        return false;
    }
    memcpy(key, version.length == 0 ? "" : version.at, version.length);
    key[version.length] = '\0';
    memcpy(key + version.length + 1, components.length == 0 ? "" : components.at, components.length);
    int64_t id = length == 1 ? 0 : text_map_get(&live->profiles, (struct text){key, length});
    if (id >= 0) {
        if (device->profile != (uint32_t)id) {
            device->profile = (uint32_t)id;
            live_mark_behind(live, device);
        }
        return true;
    }
    if (live->told_count >= TOLD_MAX) {
        return false;
    }
    struct live_told *told = calloc(1, sizeof *told + length);
    if (told == NULL) {
        abort();
    }
    told->device_id = device->id;
    told->version_length = version.length;
    told->components_length = components.length;
    memcpy(told->bytes, key, length);
    told->next = live->told;
    live->told = told;
    live->told_count++;
    return true;
}

/* ---- seats ---- */

bool live_is_silent(const struct live *live, const struct live_device *device, int64_t now_s) {
    const struct live_licence *licence = live_licence(live, device->licence);
    if (licence == NULL) {
        return true;
    }
    /* Ahead of the store: for clocks, and for what its rows do not have yet. */
    int64_t silent_s = live_sku(live, licence->sku)->terms.silent_s;
    return (int64_t)device->lease_expires_s + silent_s - SILENT_AHEAD_S < now_s;
}

/* ---- lookups ---- */

struct live_device *live_device_find(struct live *live, int64_t device_id) {
    struct live_device *device = live_table_find(&live->devices, device_id);
    return device == NULL || device->id == 0 ? NULL : device;
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

/* It begins at a third of a cache line's distance, so it may lie on two. */
void live_prefetch(const struct live *live, int64_t device_id) {
    const unsigned char *device = live_table_find(&live->devices, device_id);
    if (device != NULL) {
        __builtin_prefetch(device, 1);
        __builtin_prefetch(device + sizeof(struct live_device) - 1, 1);
    }
}

void live_prefetch_licence(const struct live *live, int64_t device_id) {
    const struct live_device *device = live_table_find(&live->devices, device_id);
    const void *licence = device == NULL ? NULL : live_table_find(&live->licences, device->licence);
    if (licence != NULL) {
        __builtin_prefetch(licence);
    }
}

/* ---- jobs ---- */

bool live_push(struct live *live, struct live_job *job) {
    job->next = NULL;
    job->answer = LEASE_CODE_INTERNAL;
    job->result_device_id = 0;
    job->licence_id = 0;
    job->seen = (struct device_seen){0};
    if (job->kind != LIVE_ACTIVATE) {
        const struct live_device *device = live_device_find(live, job->device_id);
        assert(device != NULL);
        job->seen = live_seen_of(device);
        /* Whose months may still be on their way, with a crash in between. */
        job->seen.month_marks = 0;
        job->changes = live->changes;
    }
    pthread_mutex_lock(&live->mutex);
    bool has_room = live->job_count < live->options.queue_max && !live->stopping;
    if (has_room) {
        *live->jobs_end = job;
        live->jobs_end = &job->next;
        live->job_count++;
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

static size_t apply(struct live *live, struct live_message *message) {
    while (message->skus != NULL) {
        struct live_sku_news *news = message->skus;
        message->skus = news->next;
        live_put_sku(live, news);
    }
    for (size_t i = 0; i < message->licence_count; i++) {
        live_put_licence(live, &message->licences[i]);
    }
    for (size_t i = 0; i < message->device_count; i++) {
        live_put_device(live, &message->devices[i]);
    }
    for (const struct live_told *told = message->told; told != NULL; told = told->next) {
        apply_told(live, told);
    }
    if (message->keys != NULL) {
        keys_free(live->keys);
        live->keys = message->keys;
        message->keys = NULL;
    }
    if (message->changes > live->changes) {
        live->changes = message->changes;
    }
    live->releases += message->releases;
    for (struct live_job *job = message->jobs; job != NULL; job = job->next) {
        if (job->kind != LIVE_ACTIVATE) { /* what was saved ahead of it may have been overtaken meanwhile */
            live_mark_urgent(live, live_device_find(live, job->device_id));
        }
        *live->finished_end = job;
        live->finished_end = &job->next;
    }
    return message->licence_count + message->device_count + 1;
}

static struct live_message *take_message(struct live *live) {
    pthread_mutex_lock(&live->mutex);
    struct live_message *message = live->inbox;
    if (message != NULL) {
        live->inbox = message->next;
        if (live->inbox == NULL) {
            live->inbox_end = &live->inbox;
        }
        if (message->is_feeds) {
            live->feed_messages--;
            pthread_cond_signal(&live->feed_wakes);
        }
    }
    pthread_mutex_unlock(&live->mutex);
    return message;
}

struct live_job *live_turn(struct live *live) {
    eventfd_t ignored;
    (void)!eventfd_read(live->event_fd, &ignored);
    /* Asked before: what the writer sent ahead of its wish is then in the inbox. */
    bool wanted = live_are_marks_wanted(live);
    size_t items = 0;
    struct live_message *message = NULL;
    while (items < ITEMS_PER_TURN && (message = take_message(live)) != NULL) {
        items += apply(live, message);
        live_message_free(message);
    }
    if (message != NULL) {
        live_wake(live); /* for the rest, and the marks after it */
    } else if (wanted) {
        live_give_marks(live);
    }
    struct live_job *finished = live->finished;
    live->finished = NULL;
    live->finished_end = &live->finished;
    return finished;
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
                     "another device door runs on this store; there is one at a time");
}

static void free_all(struct live *live) {
    struct live_message *message;
    while ((message = take_message(live)) != NULL) {
        live_message_free(message);
    }
    for (size_t i = 0; i < live->sku_count; i++) {
        sku_free(live->skus[i]);
    }
    free(live->skus);
    told_free(live->told);
    told_free(live->marks->told);
    keys_free(live->keys);
    arena_clean_up(&live->sku_arena);
    arena_clean_up(&live->profile_arena);
    struct live_list *lists[] = {&live->log,        &live->urgent,        &live->months,       &live->clones,
                                 &live->marks->log, &live->marks->months, &live->marks->clones};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        free(lists[i]->items);
    }
    free(live->marks);
    live_table_clean_up(&live->devices);
    live_table_clean_up(&live->licences);
    db_close(live->writer_db);
    db_close(live->feed_db);
    close(live->event_fd);
    close(live->stop_fd);
    pthread_cond_destroy(&live->writer_wakes);
    pthread_cond_destroy(&live->feed_wakes);
    pthread_mutex_destroy(&live->mutex);
    free(live);
}

static struct live *make(const struct live_options *options) {
    struct live *live = calloc(1, sizeof *live);
    struct live_marks *marks = calloc(1, sizeof *marks);
    pthread_condattr_t monotonic;
    if (live == NULL || marks == NULL) {
        abort();
    }
    live->options = *options;
    if (live->options.queue_max == 0) {
        live->options.queue_max = QUEUE_MAX;
    }
    live->marks = marks;
    live->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    live->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (live->event_fd < 0 || live->stop_fd < 0) {
        abort();
    }
    pthread_mutex_init(&live->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&live->writer_wakes, &monotonic);
    pthread_cond_init(&live->feed_wakes, &monotonic);
    pthread_condattr_destroy(&monotonic);
    live->inbox_end = &live->inbox;
    live->jobs_end = &live->jobs;
    live->finished_end = &live->finished;
    arena_init(&live->sku_arena);
    id_map_init(&live->sku_index, &live->sku_arena, 256);
    profiles_begin(live);
    live_table_init(&live->devices, sizeof(struct live_device), LIVE_DEVICE_BITS);
    live_table_init(&live->licences, sizeof(struct live_licence), LIVE_LICENCE_BITS);
    return live;
}

/* The claim comes before anything is read or written. */
static enum status open_store(struct live *live, struct fault *fault) {
    bool claimed = false;
    enum status status = db_open(live->options.database_url, &live->feed_db, fault);
    if (status == STATUS_OK) {
        status = db_check_version(live->feed_db, fault);
    }
    if (status == STATUS_OK) {
        status = db_claim(live->feed_db, "device-door", &claimed, fault);
    }
    if (status == STATUS_OK && !claimed) {
        return already_running(fault);
    }
    if (status == STATUS_OK) {
        status = db_open(live->options.database_url, &live->writer_db, fault);
    }
    return status;
}

enum status live_start(const struct live_options *options, struct live **out, struct fault *fault) {
    static_assert(sizeof(struct live_device) == 96 && sizeof(struct live_licence) == 24, "as promised");
    struct live *live = make(options);
    int64_t began_us = machine_monotonic_us();
    enum status status = open_store(live, fault);
    if (status == STATUS_OK) {
        status = live_saver_recover(live->writer_db, fault);
    }
    if (status == STATUS_OK) {
        status = live_keys_read(live, live->writer_db, &live->keys, fault);
    }
    if (status == STATUS_OK) {
        status = live_load(live, fault);
    }
    live->loaded_in_us = machine_monotonic_us() - began_us;
    if (status == STATUS_OK) {
        status = live_writer_start(live, fault);
    }
    if (status != STATUS_OK) {
        free_all(live);
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
    free_all(live);
}
