/* Workers: a bounded queue and the few threads that own the database connections.
 *
 * A request is pushed when it has come in whole; what does not fit is refused at once, since a client that is
 * told "busy" can wait better than one that hangs. Changes wait for each other at the store, signing in is
 * slow on purpose: so one worker is always left for reading, and a long close stops nobody from looking. */
#include "web/web_private.h"

#include "store/engine/db.h"
#include "web/problem.h"

#include <assert.h>

bool workers_push(struct web_server *server, struct request *request) {
    pthread_mutex_lock(&server->queue_lock);
    bool taken = !server->queue_is_closed && server->queue_length < WAITING_MAX;
    if (taken) {
        request->next = NULL;
        if (server->queue_last == NULL) {
            server->queue_first = request;
        } else {
            server->queue_last->next = request;
        }
        server->queue_last = request;
        server->queue_length++;
        pthread_cond_signal(&server->queue_changed);
    }
    pthread_mutex_unlock(&server->queue_lock);
    if (taken) {
        atomic_fetch_add(&server->metrics.waiting, 1);
    }
    return taken;
}

static bool is_change(const struct request *request) {
    return request->method != METHOD_GET;
}

static bool may_run(const struct web_server *server, const struct request *request) {
    int most = server->worker_count > 1 ? server->worker_count - 1 : 1;
    return !is_change(request) || server->changes_running < most;
}

/* Takes the first request that may run out of the queue; NULL where there is none. */
static struct request *unlink_first(struct web_server *server) {
    struct request *before = NULL;
    struct request *request = server->queue_first;
    while (request != NULL && !may_run(server, request)) {
        before = request;
        request = request->next;
    }
    if (request == NULL) {
        return NULL;
    }
    if (before == NULL) {
        server->queue_first = request->next;
    } else {
        before->next = request->next;
    }
    if (server->queue_last == request) {
        server->queue_last = before;
    }
    server->queue_length--;
    server->changes_running += is_change(request) ? 1 : 0;
    return request;
}

/* The next request; NULL once the queue is closed and empty. */
static struct request *take(struct web_server *server) {
    pthread_mutex_lock(&server->queue_lock);
    struct request *request = unlink_first(server);
    while (request == NULL && !(server->queue_is_closed && server->queue_first == NULL)) {
        pthread_cond_wait(&server->queue_changed, &server->queue_lock);
        request = unlink_first(server);
    }
    pthread_mutex_unlock(&server->queue_lock);
    if (request != NULL) {
        atomic_fetch_sub(&server->metrics.waiting, 1);
    }
    return request;
}

/* Another change may run now; at the end, everybody may go. */
static void finish_change(struct web_server *server) {
    pthread_mutex_lock(&server->queue_lock);
    server->changes_running--;
    pthread_cond_broadcast(&server->queue_changed);
    pthread_mutex_unlock(&server->queue_lock);
}

/* A connection to the store, new where the last one failed. */
static enum status connect_store(struct worker *worker, struct fault *fault) {
    if (worker->db_is_suspect) {
        db_close(worker->db);
        worker->db = NULL;
        worker->db_is_suspect = false;
    }
    return worker->db != NULL ? STATUS_OK
                              : db_open(worker->server->options->database_url, &worker->db, fault);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct request *request = NULL;
    while ((request = take(worker->server)) != NULL) {
        struct fault fault;
        bool was_change = is_change(request);
        if (connect_store(worker, &fault) == STATUS_OK) {
            dispatch(worker, request);
        } else {
            problem_respond(request, &fault);
            request->response.http_status = 503;
            atomic_fetch_add(&worker->server->metrics.db_errors, 1);
        }
        connections_resume(request); /* from here on it is the I/O thread's */
        if (was_change) {
            finish_change(worker->server);
        }
    }
    return NULL;
}

enum status workers_start(struct web_server *server, struct fault *fault) {
    int wanted = server->options->worker_count;
    wanted = wanted <= 0 ? WEB_WORKERS_DEFAULT : wanted;
    server->worker_count = wanted > WEB_WORKERS_MAX ? WEB_WORKERS_MAX : wanted;
    while (server->workers_started < server->worker_count) {
        struct worker *worker = &server->workers[server->workers_started];
        *worker = (struct worker){.server = server};
        enum status status = connect_store(worker, fault);
        if (status != STATUS_OK) {
            return status;
        }
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            db_close(worker->db);
            return fault_set(fault, STATUS_INTERNAL, "thread-refused", NULL, TEXT(""),
                             "The machine gives no more threads.");
        }
        server->workers_started++;
    }
    return STATUS_OK;
}

void workers_stop(struct web_server *server) {
    pthread_mutex_lock(&server->queue_lock);
    server->queue_is_closed = true;
    pthread_cond_broadcast(&server->queue_changed);
    pthread_mutex_unlock(&server->queue_lock);
    for (int i = 0; i < server->workers_started; i++) {
        pthread_join(server->workers[i].thread, NULL);
        db_close(server->workers[i].db);
    }
    server->workers_started = 0;
    assert(server->queue_first == NULL);
}
