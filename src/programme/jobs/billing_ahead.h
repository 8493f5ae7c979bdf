/* Billing ahead: bills of a close computed on a thread of its own while others are written.
 *
 * A few chunks wait at a time, so memory does not grow with the close. Without the thread (inside another
 * transaction, where there is nothing to do at once) each chunk is billed when it is asked for. */
#ifndef SEATMETER_PROGRAMME_JOBS_BILLING_AHEAD_H
#define SEATMETER_PROGRAMME_JOBS_BILLING_AHEAD_H

#include "programme/billing/closing.h"

#include <pthread.h>

enum { AHEAD_CHUNKS = 8 };

struct billing_ahead {
    struct closing *closing;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct closing_chunk chunks[AHEAD_CHUNKS]; /* a ring; with the thread those that wait */
    size_t first;
    size_t count;
    size_t line_count;
    bool is_over; /* nobody wants more */
    enum status status;
    struct fault fault;
};

/* Must not move; billing_ahead_end is due in any case, before the closing goes. */
void billing_ahead_begin(struct billing_ahead *ahead, struct closing *closing, bool on_a_thread);
void billing_ahead_end(struct billing_ahead *ahead);

/* The next chunk, which the caller cleans up. */
enum status billing_ahead_take(struct billing_ahead *ahead, struct closing_chunk *chunk,
                               struct fault *fault) MUST_CHECK;

#endif
