/* Idempotency: a POST that is sent again with its Idempotency-Key is answered as it was, and done once.
 *
 * The response is kept in the transaction of the use case, so a crash leaves both or neither. A request that
 * was refused changed nothing and is not kept: it may be sent again with its key. Kept for IDEMPOTENCY_US. */
#ifndef SEATMETER_WEB_IDEMPOTENCY_H
#define SEATMETER_WEB_IDEMPOTENCY_H

#include "web/request.h"
#include "web/server.h"

#include <pthread.h>

#define IDEMPOTENCY_US (24 * INT64_C(3600000000))
enum { IDEMPOTENCY_KEY_BYTES_MAX = 128, IDEMPOTENCY_RUNNING_MAX = WEB_WORKERS_MAX };

/* The keys that this process is at work on, so that the second of two at once hears so instead of waiting. */
struct idempotency_running {
    pthread_mutex_t lock;
    const struct request *requests[IDEMPOTENCY_RUNNING_MAX];
    int64_t cleared_at_us; /* when what is kept too long was cleared away */
};

void idempotency_init(struct idempotency_running *running);
void idempotency_clean_up(struct idempotency_running *running);

/* Runs the route's handler under the request's key. Faults: "malformed-idempotency-key",
 * "idempotency-key-in-use" (409), "idempotency-key-reused" (422), "idempotency-response-lost" (409). */
enum status idempotency_handle(struct idempotency_running *running, struct request *request,
                               struct fault *fault) MUST_CHECK;

#endif
