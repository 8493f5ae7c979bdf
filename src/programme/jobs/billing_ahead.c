#include "programme/jobs/billing_ahead.h"

#include <assert.h>
#include <signal.h>

/* A bill may be longer than what may wait: then it waits alone. */
static bool has_room(const struct billing_ahead *ahead) {
    return ahead->count == 0 ||
           (ahead->count < AHEAD_CHUNKS && ahead->line_count < AHEAD_CHUNKS * ahead->closing->limits.lines);
}

/* Waits until there is room; false where nobody wants more. */
static bool wait_for_room(struct billing_ahead *ahead) {
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->is_over && !has_room(ahead)) {
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    }
    bool goes_on = !ahead->is_over;
    pthread_mutex_unlock(&ahead->lock);
    return goes_on;
}

static void put(struct billing_ahead *ahead, const struct closing_chunk *chunk) {
    pthread_mutex_lock(&ahead->lock);
    assert(ahead->count < AHEAD_CHUNKS);
    ahead->chunks[(ahead->first + ahead->count++) % AHEAD_CHUNKS] = *chunk;
    ahead->line_count += chunk->line_count;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

static void fail(struct billing_ahead *ahead, enum status status, const struct fault *fault) {
    pthread_mutex_lock(&ahead->lock);
    ahead->status = status;
    ahead->fault = *fault;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

static void *bill_all(void *argument) {
    struct billing_ahead *ahead = argument;
    bool is_last = false;
    while (!is_last && wait_for_room(ahead)) {
        struct closing_chunk chunk;
        struct fault fault = {0};
        closing_chunk_init(&chunk);
        enum status status = closing_bill_next(ahead->closing, &chunk, &fault);
        if (status != STATUS_OK) {
            closing_chunk_clean_up(&chunk);
            fail(ahead, status, &fault);
            return NULL;
        }
        is_last = chunk.is_last;
        put(ahead, &chunk);
    }
    return NULL;
}

void billing_ahead_begin(struct billing_ahead *ahead, struct closing *closing, bool on_a_thread) {
    *ahead = (struct billing_ahead){.closing = closing};
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    if (on_a_thread) {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        ahead->has_thread = pthread_create(&ahead->thread, NULL, bill_all, ahead) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
}

void billing_ahead_end(struct billing_ahead *ahead) {
    if (ahead->has_thread) {
        pthread_mutex_lock(&ahead->lock);
        ahead->is_over = true;
        pthread_cond_signal(&ahead->changed);
        pthread_mutex_unlock(&ahead->lock);
        pthread_join(ahead->thread, NULL);
    }
    for (size_t i = 0; i < ahead->count; i++) {
        closing_chunk_clean_up(&ahead->chunks[(ahead->first + i) % AHEAD_CHUNKS]);
    }
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
}

static enum status take_from_thread(struct billing_ahead *ahead, struct closing_chunk *chunk,
                                    struct fault *fault) {
    enum status status = STATUS_OK;
    pthread_mutex_lock(&ahead->lock);
    while (ahead->count == 0 && ahead->status == STATUS_OK) {
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    }
    if (ahead->count > 0) {
        *chunk = ahead->chunks[ahead->first];
        ahead->first = (ahead->first + 1) % AHEAD_CHUNKS;
        ahead->count--;
        ahead->line_count -= chunk->line_count;
        pthread_cond_signal(&ahead->changed);
    } else {
        *fault = ahead->fault;
        status = ahead->status;
    }
    pthread_mutex_unlock(&ahead->lock);
    return status;
}

enum status billing_ahead_take(struct billing_ahead *ahead, struct closing_chunk *chunk,
                               struct fault *fault) {
    if (ahead->has_thread) {
        return take_from_thread(ahead, chunk, fault);
    }
    struct closing_chunk made;
    closing_chunk_init(&made);
    enum status status = closing_bill_next(ahead->closing, &made, fault);
    if (status != STATUS_OK) {
        closing_chunk_clean_up(&made);
        return status;
    }
    *chunk = made;
    return STATUS_OK;
}
