#include "web/workers.h"

#include "web/problem.h"

#include <assert.h>
#include <unistd.h>

enum { WAITING_MAX = 256, PASSWORDS_NICE = 5 };

void worker_pool_init(struct worker_pool *pool, const struct worker_pool_options *options) {
    *pool = (struct worker_pool){.options = *options};
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pthread_cond_init(&pool->password_came, NULL);
}

void worker_pool_clean_up(struct worker_pool *pool) {
    assert(pool->started_count == 0 && pool->queue.first == NULL && password_lane_is_empty(&pool->passwords));
    pthread_cond_destroy(&pool->password_came);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
}

static bool is_password(const struct request *request) {
    return (request->route->flags & ROUTE_PASSWORD) != 0;
}

static struct request *add_request(struct worker_pool *pool, struct request *request) {
    if (pool->is_closed) {
        return request;
    }
    if (is_password(request)) {
        return password_lane_add(&pool->passwords, request);
    }
    if (pool->queue.length == WAITING_MAX) {
        return request;
    }
    request_queue_add(&pool->queue, request);
    return NULL;
}

struct request *worker_pool_push(struct worker_pool *pool, struct request *request) {
    pthread_mutex_lock(&pool->lock);
    struct request *left = add_request(pool, request);
    if (left == NULL) {
        atomic_fetch_add(&pool->options.metrics->waiting, 1);
    }
    if (left != request) {
        pthread_cond_signal(is_password(request) ? &pool->password_came : &pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return left;
}

/* Whether a body may come is asked without a change. */
static bool is_change(const struct request *request) {
    return request->method != METHOD_GET && !request_is_admitting(request) && !is_password(request);
}

static bool may_run(const struct worker_pool *pool, const struct request *request) {
    int most = pool->worker_count > 1 ? pool->worker_count - 1 : 1;
    return !is_change(request) || pool->changes_running < most;
}

/* Takes the first request that may run out of the queue; NULL where there is none. */
static struct request *unlink_first(struct worker_pool *pool) {
    struct request *before = NULL;
    struct request *request = pool->queue.first;
    while (request != NULL && !may_run(pool, request)) {
        before = request;
        request = request->next;
    }
    if (request == NULL) {
        return NULL;
    }
    request_queue_remove(&pool->queue, before, request);
    pool->changes_running += is_change(request) ? 1 : 0;
    return request;
}

static struct request *next_request(struct worker *worker) {
    struct worker_pool *pool = worker->pool;
    return worker->checks_passwords ? password_lane_take(&pool->passwords) : unlink_first(pool);
}

static bool is_done(const struct worker *worker) {
    const struct worker_pool *pool = worker->pool;
    return worker->checks_passwords ? password_lane_is_empty(&pool->passwords) : pool->queue.first == NULL;
}

/* The worker's next request; NULL once its queue is closed and empty. */
static struct request *take_request(struct worker *worker) {
    struct worker_pool *pool = worker->pool;
    pthread_mutex_lock(&pool->lock);
    struct request *request = next_request(worker);
    while (request == NULL && !(pool->is_closed && is_done(worker))) {
        pthread_cond_wait(worker->checks_passwords ? &pool->password_came : &pool->changed, &pool->lock);
        request = next_request(worker);
    }
    pthread_mutex_unlock(&pool->lock);
    if (request != NULL) {
        atomic_fetch_sub(&pool->options.metrics->waiting, 1);
    }
    return request;
}

/* Another change may run now; at the end, everybody may go. */
static void finish_change(struct worker_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    assert(pool->changes_running > 0);
    pool->changes_running--;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

/* A connection to the store, new where the last one failed. */
static enum status connect_store(struct worker *worker, struct fault *fault) {
    if (worker->db_is_suspect) {
        db_close(worker->db);
        worker->db = NULL;
        worker->db_is_suspect = false;
    }
    return worker->db != NULL ? STATUS_OK : db_open(worker->pool->options.database_url, &worker->db, fault);
}

static void handle_request(struct worker *worker, struct request *request) {
    const struct worker_pool_options *options = &worker->pool->options;
    struct fault fault;
    if (connect_store(worker, &fault) != STATUS_OK) {
        problem_respond(request, &fault);
        request->response.http_status = 503;
        atomic_fetch_add(&options->metrics->db_errors, 1);
    } else if (options->handle(worker->db, request) == STATUS_INTERNAL) {
        worker->db_is_suspect = true;
        atomic_fetch_add(&options->metrics->db_errors, 1);
    }
}

static void *work_until_closed(void *argument) {
    struct worker *worker = argument;
    struct worker_pool *pool = worker->pool;
    struct request *request = NULL;
    if (worker->checks_passwords) {
        (void)!nice(PASSWORDS_NICE); /* on Linux it is this thread's alone: everybody else goes first */
    }
    while ((request = take_request(worker)) != NULL) {
        bool was_change = is_change(request);
        handle_request(worker, request);
        pool->options.hand_back(request); /* from here on it is the I/O thread's */
        if (was_change) {
            finish_change(pool);
        }
    }
    return NULL;
}

static enum status start_worker(struct worker_pool *pool, struct worker *worker, struct fault *fault) {
    *worker = (struct worker){.pool = pool, .checks_passwords = worker == &pool->workers[pool->worker_count]};
    TRY(connect_store(worker, fault));
    if (pthread_create(&worker->thread, NULL, work_until_closed, worker) != 0) {
        db_close(worker->db);
        return fault_set(fault, STATUS_INTERNAL, "thread-refused", NULL, TEXT(""),
                         "The machine gives no more threads.");
    }
    return STATUS_OK;
}

enum status worker_pool_start(struct worker_pool *pool, struct fault *fault) {
    int wanted = pool->options.worker_count;
    wanted = wanted <= 0 ? WEB_WORKERS_DEFAULT : wanted;
    pool->worker_count = wanted > WEB_WORKERS_MAX ? WEB_WORKERS_MAX : wanted;
    while (pool->started_count < pool->worker_count + 1) {
        TRY(start_worker(pool, &pool->workers[pool->started_count], fault));
        pool->started_count++;
    }
    return STATUS_OK;
}

void worker_pool_stop(struct worker_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->is_closed = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_cond_broadcast(&pool->password_came);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->started_count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        db_close(pool->workers[i].db);
    }
    pool->started_count = 0;
    assert(pool->queue.first == NULL && password_lane_is_empty(&pool->passwords));
}
