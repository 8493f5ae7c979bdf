/* Workers: a bounded queue and the few threads that own the database connections.
 *
 * A request is pushed when it has come in whole. What does not fit is refused at once, since a client that is
 * told "busy" can wait better than one that hangs. Changes wait for each other at the store, and signing in
 * is slow on purpose: so one worker is always left for reading, and a long close stops nobody from looking.
 * Passwords are checked by a worker of their own, one after the other, since each check takes much processor
 * and memory: who guesses passwords holds up nobody but others who sign in, and those as little as can be. */
#ifndef SEATMETER_WEB_WORKERS_H
#define SEATMETER_WEB_WORKERS_H

#include "store/engine/db.h"
#include "web/metrics.h"
#include "web/password_lane.h"
#include "web/request.h"
#include "web/server.h"

#include <pthread.h>

struct worker_pool;

struct worker {
    struct worker_pool *pool;
    pthread_t thread;
    struct db *db;      /* NULL while the database cannot be reached */
    bool db_is_suspect; /* it failed: reconnect before the next request */
    bool checks_passwords;
};

struct worker_pool_options {
    struct text database_url;
    int worker_count; /* 0: WEB_WORKERS_DEFAULT */
    /* Handles a request on a worker's connection. STATUS_INTERNAL: the connection is made anew. */
    enum status (*handle)(struct db *db, struct request *request);
    /* Gives a handled request back to the thread that pushed it. */
    void (*hand_back)(struct request *request);
    struct metrics *metrics; /* counts who waits and what fails at the database */
};

struct worker_pool {
    struct worker_pool_options options;
    pthread_mutex_t lock; /* of the queues and of changes_running */
    pthread_cond_t changed;
    pthread_cond_t password_came;
    struct request_queue queue;
    struct password_lane passwords;
    bool is_closed;
    int changes_running;
    struct worker workers[WEB_WORKERS_MAX + 1]; /* the last one started checks passwords */
    int worker_count;
    int started_count;
};

void worker_pool_init(struct worker_pool *pool, const struct worker_pool_options *options);
void worker_pool_clean_up(struct worker_pool *pool);

/* Starts the threads. What it has started before a fault, worker_pool_stop ends. Faults: those of db_open,
 * "thread-refused". */
enum status worker_pool_start(struct worker_pool *pool, struct fault *fault) MUST_CHECK;

/* Returns the request that has no place: NULL; this one, where the queue is full or closed; or one that lost
 * its place to it (password_lane.h). All others must not be touched until they are handed back. */
struct request *worker_pool_push(struct worker_pool *pool, struct request *request);

/* Takes no more, does what is queued, and ends the threads. */
void worker_pool_stop(struct worker_pool *pool);

#endif
