#include "device/live/live_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { QUEUE_MAX = 20000, FEED_MESSAGES_MAX = 8 };

void live_wake(struct live *live) {
    int result = eventfd_write(live->event_fd, 1);
    assert(result == 0 || errno == EAGAIN); /* EAGAIN: it has been woken so often already */
}

void live_count_failure(struct live *live) {
    pthread_mutex_lock(&live->mutex);
    live->failures++;
    pthread_mutex_unlock(&live->mutex);
}

bool live_send(struct live *live, struct live_message *message) {
    assert(message->next == NULL);
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

struct live_message *live_receive(struct live *live) {
    pthread_mutex_lock(&live->mutex);
    struct live_message *message = live->inbox;
    if (message != NULL) {
        live->inbox = message->next;
        if (live->inbox == NULL) {
            live->inbox_end = &live->inbox;
        }
        if (message->is_feeds) {
            assert(live->feed_messages > 0);
            live->feed_messages--;
            pthread_cond_signal(&live->feed_wakes);
        }
    }
    pthread_mutex_unlock(&live->mutex);
    return message;
}

static void init_sync(struct live *live) {
    pthread_condattr_t monotonic;
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
}

struct live *live_state_make(const struct live_options *options) {
    struct live *live = calloc(1, sizeof *live);
    struct live_marks *marks = calloc(1, sizeof *marks);
    if (live == NULL || marks == NULL) {
        abort();
    }
    live->options = *options;
    if (live->options.queue_max == 0) {
        live->options.queue_max = QUEUE_MAX;
    }
    live->marks = marks;
    init_sync(live);
    live->inbox_end = &live->inbox;
    live->jobs_end = &live->jobs;
    live->finished_end = &live->finished;
    arena_init(&live->sku_arena);
    arena_init(&live->loaded_logs.arena);
    id_map_init(&live->sku_index, &live->sku_arena, 256);
    live_profiles_init(&live->profiles, live->options.random);
    live_table_init(&live->devices, sizeof(struct live_device), LIVE_DEVICE_BITS);
    live_table_init(&live->licences, sizeof(struct live_licence), LIVE_LICENCE_BITS);
    return live;
}

static void free_marks(struct live *live) {
    struct live_list *lists[] = {&live->log,           &live->urgent,        &live->months,
                                 &live->clones,        &live->names,         &live->marks->log,
                                 &live->marks->months, &live->marks->clones, &live->marks->names};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        live_list_clean_up(lists[i]);
    }
    live_profile_reports_free(live->reports);
    live_profile_reports_free(live->marks->reports);
    free(live->marks);
}

void live_state_free(struct live *live) {
    assert(live->writer == NULL && live->feed == NULL);
    struct live_message *message;
    while ((message = live_receive(live)) != NULL) {
        live_message_free(message);
    }
    for (size_t i = 0; i < live->sku_count; i++) {
        live_sku_update_free(live->skus[i]);
    }
    free(live->skus);
    free_marks(live);
    live_keys_free(live->keys);
    arena_clean_up(&live->sku_arena);
    arena_clean_up(&live->loaded_logs.arena);
    live_profiles_clean_up(&live->profiles);
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
