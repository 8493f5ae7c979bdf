/* Workers: a bounded queue and the few threads that own the database connections.
 *
 * A request is pushed when it has come in whole; what does not fit is refused at once, since a client that is
 * told "busy" can wait better than one that hangs. Changes wait for each other at the store, signing in is
 * slow on purpose: so one worker is always left for reading, and a long close stops nobody from looking. */
#include "web/web_private.h"

#include "store/engine/db.h"
#include "web/problem.h"

#include <assert.h>

bool workers_push(struct control *control, struct request *request) {
    pthread_mutex_lock(&control->queue_lock);
    bool taken = !control->queue_is_closed && control->queue_length < WAITING_MAX;
    if (taken) {
        request->next = NULL;
        if (control->queue_last == NULL) {
            control->queue_first = request;
        } else {
            control->queue_last->next = request;
        }
        control->queue_last = request;
        control->queue_length++;
        pthread_cond_signal(&control->queue_changed);
    }
    pthread_mutex_unlock(&control->queue_lock);
    if (taken) {
        atomic_fetch_add(&control->metrics.waiting, 1);
    }
    return taken;
}

static bool is_change(const struct request *request) {
    return request->method != METHOD_GET;
}

static bool may_run(const struct control *control, const struct request *request) {
    int most = control->worker_count > 1 ? control->worker_count - 1 : 1;
    return !is_change(request) || control->changes_running < most;
}

/* Takes the first request that may run out of the queue; NULL where there is none. */
static struct request *unlink_first(struct control *control) {
    struct request *before = NULL;
    struct request *request = control->queue_first;
    while (request != NULL && !may_run(control, request)) {
        before = request;
        request = request->next;
    }
    if (request == NULL) {
        return NULL;
    }
    if (before == NULL) {
        control->queue_first = request->next;
    } else {
        before->next = request->next;
    }
    if (control->queue_last == request) {
        control->queue_last = before;
    }
    control->queue_length--;
    control->changes_running += is_change(request) ? 1 : 0;
    return request;
}

/* The next request; NULL once the queue is closed and empty. */
static struct request *take(struct control *control) {
    pthread_mutex_lock(&control->queue_lock);
    struct request *request = unlink_first(control);
    while (request == NULL && !(control->queue_is_closed && control->queue_first == NULL)) {
        pthread_cond_wait(&control->queue_changed, &control->queue_lock);
        request = unlink_first(control);
    }
    pthread_mutex_unlock(&control->queue_lock);
    if (request != NULL) {
        atomic_fetch_sub(&control->metrics.waiting, 1);
    }
    return request;
}

/* Another change may run now; at the end, everybody may go. */
static void finish_change(struct control *control) {
    pthread_mutex_lock(&control->queue_lock);
    control->changes_running--;
    pthread_cond_broadcast(&control->queue_changed);
    pthread_mutex_unlock(&control->queue_lock);
}

/* A connection to the store, new where the last one failed. */
static enum status connect_store(struct worker *worker, struct fault *fault) {
    if (worker->db_is_suspect) {
        db_close(worker->db);
        worker->db = NULL;
        worker->db_is_suspect = false;
    }
    return worker->db != NULL ? STATUS_OK
                              : db_open(worker->control->options->database_url, &worker->db, fault);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct request *request = NULL;
    while ((request = take(worker->control)) != NULL) {
        struct fault fault;
        bool was_change = is_change(request);
        if (connect_store(worker, &fault) == STATUS_OK) {
            dispatch(worker, request);
        } else {
            problem_answer(request, &fault);
            request->answer.http_status = 503;
            atomic_fetch_add(&worker->control->metrics.db_errors, 1);
        }
        connections_resume(request); /* from here on it is the I/O thread's */
        if (was_change) {
            finish_change(worker->control);
        }
    }
    return NULL;
}

enum status workers_start(struct control *control, struct fault *fault) {
    int wanted = control->options->worker_count;
    wanted = wanted <= 0 ? CONTROL_WORKERS_DEFAULT : wanted;
    control->worker_count = wanted > CONTROL_WORKERS_MAX ? CONTROL_WORKERS_MAX : wanted;
    while (control->workers_started < control->worker_count) {
        struct worker *worker = &control->workers[control->workers_started];
        *worker = (struct worker){.control = control};
        enum status status = connect_store(worker, fault);
        if (status != STATUS_OK) {
            return status;
        }
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            db_close(worker->db);
            return fault_set(fault, STATUS_INTERNAL, "thread-refused", NULL, TEXT(""),
                             "The machine gives no more threads.");
        }
        control->workers_started++;
    }
    return STATUS_OK;
}

void workers_stop(struct control *control) {
    pthread_mutex_lock(&control->queue_lock);
    control->queue_is_closed = true;
    pthread_cond_broadcast(&control->queue_changed);
    pthread_mutex_unlock(&control->queue_lock);
    for (int i = 0; i < control->workers_started; i++) {
        pthread_join(control->workers[i].thread, NULL);
        db_close(control->workers[i].db);
    }
    control->workers_started = 0;
    assert(control->queue_first == NULL);
}
