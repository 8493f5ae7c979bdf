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

struct MHD_Daemon;
struct MHD_Connection;

enum watched_phase { WATCHED_WAITING, WATCHED_RECEIVING, WATCHED_HANDLING, WATCHED_SENDING };

/* An open connection, as the watchdog sees it. */
struct watched_connection {
    struct watched_connection *next;
    struct watched_connection *previous;
    int fd;
    enum watched_phase phase;
    int64_t since_us;
    int64_t more_us; /* than the phase's limit: for large bodies */
    bool is_cut;
};

struct web_server {
    const struct web_server_options *options;
    int64_t (*now_us)(void); /* the instant that use cases are told */
    struct arena arena;
    struct address address;
    struct text url;
    int listen_fd;
    struct MHD_Daemon *daemon;
    struct metrics metrics;
    struct idempotency_running running;
    struct rate_limit requests_by_address;
    struct rate_limit sign_ins_by_address;
    atomic_llong body_bytes; /* held by all requests together */
    atomic_bool is_stopping;

    struct worker_pool workers;

    pthread_mutex_t watched_lock;
    pthread_cond_t watched_changed;
    struct watched_connection *watched;
    bool watchdog_is_over;
    pthread_t watchdog;
};

/* dispatch.c: handles a request whole, on a worker: who asks, whether that one may, the use case, the
 * response. Returns STATUS_INTERNAL where the connection to the store is not to be trusted any more. */
enum status dispatch(struct db *db, struct request *request);

/* connections.c: the HTTP side. */
enum status connections_start(struct web_server *server, struct fault *fault) MUST_CHECK;
void connections_stop_listening(struct web_server *server);
void connections_stop(struct web_server *server);
void connections_resume(struct request *request); /* its response is there */

/* Removes a connection that takes too long in its phase. */
void watchdog_start(struct web_server *server);
void watchdog_stop(struct web_server *server);
void watchdog_enter(struct web_server *server, struct watched_connection *watched, enum watched_phase phase);
/* The phase may last longer by what so many bytes take on a slow line. */
void watchdog_allow(struct web_server *server, struct watched_connection *watched, int64_t size_bytes);
struct watched_connection *watchdog_open(struct web_server *server, int fd);
void watchdog_close(struct web_server *server, struct watched_connection *watched);

/* access_log.c: one line of JSON. */
void access_log_write(const struct request *request, int64_t duration_us, bool was_cut);
void access_log_note(const struct web_server *server, const char *level, const char *message);

#endif
