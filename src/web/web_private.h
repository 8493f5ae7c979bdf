/* The server's own state, shared by its files and shown to nobody else. */
#ifndef SEATMETER_WEB_WEB_PRIVATE_H
#define SEATMETER_WEB_WEB_PRIVATE_H

#include "machine/address.h"
#include "web/idempotency.h"
#include "web/metrics.h"
#include "web/rate_limit.h"
#include "web/request.h"
#include "web/server.h"
#include "web/workers.h"

#include <pthread.h>
#include <stdatomic.h>

struct http;

struct web_server {
    const struct web_server_options *options;
    int64_t (*now_us)(void); /* the instant that use cases are told */
    struct arena arena;
    struct address address;
    struct text url;
    int listen_fd;
    struct http *http;
    pthread_t loop;
    bool loop_runs;
    struct metrics metrics;
    struct idempotency_running running;
    struct rate_limit requests_by_address;
    struct rate_limit sign_ins_by_address;
    size_t body_bytes; /* held by all requests together; the loop's alone */
    atomic_bool is_stopping;

    struct worker_pool workers;

    pthread_mutex_t returned_lock;
    struct request *returned; /* by the workers, for the loop */
    int returned_fd;          /* an eventfd */
};

/* dispatch.c: handles a request whole, on a worker: who asks, whether that one may, the use case, the
 * response. Returns STATUS_INTERNAL where the connection to the store is not to be trusted any more. */
enum status dispatch(struct db *db, struct request *request);

/* connections.c: the HTTP side. */
enum status connections_start(struct web_server *server, struct fault *fault) MUST_CHECK;
void connections_stop_listening(struct web_server *server);
void connections_stop(struct web_server *server);
void connections_resume(struct request *request); /* its response is there */

/* access_log.c: one line of JSON. */
void access_log_write(const struct request *request, int64_t duration_us, bool was_cut);
void access_log_note(const struct web_server *server, const char *level, const char *message);

#endif
