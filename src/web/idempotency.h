/* Keep: Idempotency-Key. A POST that is sent again with its key is answered as it was, and done once.
 *
 * The answer is kept in the transaction of the use case, so a crash leaves both or neither. A request that
 * was refused changed nothing and is not kept: it may be sent again with its key. Kept for KEEP_US. */
#ifndef SEATMETER_WEB_IDEMPOTENCY_H
#define SEATMETER_WEB_IDEMPOTENCY_H

#include "web/request.h"
#include "web/server.h"

#include <pthread.h>

#define KEEP_US (24 * INT64_C(3600000000))
enum { KEEP_KEY_BYTES_MAX = 128, KEEP_RUNNING_MAX = CONTROL_WORKERS_MAX };

/* The keys that this process is at work on, so that the second of two at once hears so instead of waiting. */
struct keep_running {
    pthread_mutex_t lock;
    const struct request *requests[KEEP_RUNNING_MAX];
};

void keep_init(struct keep_running *running);
void keep_clean_up(struct keep_running *running);

/* Runs the route's handler under the request's key. Faults: "malformed-idempotency-key",
 * "idempotency-key-in-use" (409), "idempotency-key-reused" (422). */
enum status keep_handle(struct keep_running *running, struct request *request,
                        struct fault *fault) MUST_CHECK;

#endif
