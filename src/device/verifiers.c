/* Two lists under one lock: bodies that wait for a thread, and jobs that wait for the loop. While many bodies
 * wait, a thread takes several at once and gives their jobs back together, as waking the loop for each would
 * cost a tenth of a signature. */
#include "device/verifiers.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREADS_MAX = 8, WAITING_BYTES_MAX = 16 << 20, AT_ONCE_MAX = 16, NICE = 5 };

struct waiting {
    struct waiting *next;
    struct http_exchange *exchange;
    struct text body; /* behind the struct */
};

struct verifiers {
    pthread_mutex_t lock;
    pthread_cond_t comes;
    bool stopping;
    struct waiting *first;
    struct waiting **end;
    size_t waiting_count;
    size_t waiting_bytes;
    size_t under_way; /* bodies that wait or are being verified */
    struct live_job *done;
    struct live_job **done_end;
    int done_fd;
    pthread_t threads[THREADS_MAX];
    unsigned thread_count;
};

static size_t bytes_of(const struct waiting *waiting) {
    return sizeof *waiting + waiting->body.length;
}

/* ---- a thread ---- */

static enum lease_code code_of(const struct fault *fault) {
    for (int code = 0; code < LEASE_CODE_COUNT; code++) {
        if (strcmp(lease_code_row((enum lease_code)code)->word, fault->code) == 0) {
            return (enum lease_code)code;
        }
    }
    return LEASE_CODE_MALFORMED_REQUEST;
}

static struct text copy_behind(char **at, struct text text) {
    struct text copy = {*at, text.length};
    if (text.length > 0) {
        memcpy(*at, text.at, text.length);
    }
    *at += text.length;
    return copy;
}

/* The job is one piece of memory of its own size, as thousands may wait for the writer. */
static struct door_job *make_job(const struct activation_request *request) {
    size_t extra = request->name.length + request->version.length + request->components.length;
    struct door_job *job = door_job_make(LIVE_ACTIVATE, extra);
    char *at = (char *)(job + 1);
    job->live.request = *request;
    job->live.request.name = copy_behind(&at, request->name);
    job->live.request.version = copy_behind(&at, request->version);
    job->live.request.components = copy_behind(&at, request->components);
    job->time_s = request->time_s;
    job->live.code = LEASE_CODE_OK;
    return job;
}

/* A request that is malformed is told which member is wrong. */
static struct door_job *make_refusal(const struct fault *fault) {
    enum lease_code code = code_of(fault);
    size_t words_bytes = code == LEASE_CODE_MALFORMED_REQUEST ? strlen(fault->message) + 1 : 0;
    struct door_job *job = door_job_make(LIVE_ACTIVATE, words_bytes);
    job->live.code = code;
    if (words_bytes > 0) {
        char *at = (char *)(job + 1);
        job->live.words = at;
        (void)copy_behind(&at, (struct text){fault->message, words_bytes});
    }
    return job;
}

static struct door_job *verify_activation(const struct waiting *waiting) {
    struct arena arena;
    arena_init(&arena);
    struct activation_request request;
    struct fault fault;
    struct door_job *job = NULL;
    if (activation_request_parse(&arena, waiting->body, &request, &fault) == STATUS_OK) {
        job = make_job(&request);
    } else {
        job = make_refusal(&fault);
    }
    job->exchange = waiting->exchange;
    arena_clean_up(&arena);
    return job;
}

/* Takes a thread's fair part of what waits, AT_ONCE_MAX at the most. NULL at the end. */
static struct waiting *take_waiting(struct verifiers *verifiers) {
    pthread_mutex_lock(&verifiers->lock);
    while (verifiers->first == NULL && !verifiers->stopping) {
        pthread_cond_wait(&verifiers->comes, &verifiers->lock);
    }
    size_t part = (verifiers->waiting_count + verifiers->thread_count - 1) / verifiers->thread_count;
    size_t wanted = verifiers->stopping ? 0 : part < AT_ONCE_MAX ? part : AT_ONCE_MAX;
    struct waiting *first = verifiers->first;
    struct waiting **cut = &first;
    for (size_t i = 0; i < wanted; i++) {
        verifiers->waiting_bytes -= bytes_of(*cut);
        cut = &(*cut)->next;
    }
    assert(wanted <= verifiers->waiting_count);
    verifiers->waiting_count -= wanted;
    verifiers->first = *cut;
    *cut = NULL;
    if (verifiers->first == NULL) {
        verifiers->end = &verifiers->first;
    }
    pthread_mutex_unlock(&verifiers->lock);
    return first;
}

static void give_jobs_back(struct verifiers *verifiers, struct live_job *first, struct live_job **end,
                           size_t count) {
    pthread_mutex_lock(&verifiers->lock);
    assert(verifiers->under_way >= count);
    verifiers->under_way -= count;
    bool was_empty = verifiers->done == NULL;
    *verifiers->done_end = first;
    verifiers->done_end = end;
    pthread_mutex_unlock(&verifiers->lock);
    if (was_empty) {
        int result = eventfd_write(verifiers->done_fd, 1);
        assert(result == 0 || errno == EAGAIN);
    }
}

static void *run_verifier(void *context) {
    struct verifiers *verifiers = context;
    struct waiting *waiting;
    (void)!nice(NICE); /* on Linux it is this thread's alone: the loop goes first */
    while ((waiting = take_waiting(verifiers)) != NULL) {
        struct live_job *first = NULL;
        struct live_job **end = &first;
        size_t count = 0;
        while (waiting != NULL) {
            struct waiting *next = waiting->next;
            *end = &verify_activation(waiting)->live;
            end = &(*end)->next;
            free(waiting);
            waiting = next;
            count++;
        }
        give_jobs_back(verifiers, first, end, count);
    }
    return NULL;
}

/* ---- the loop ---- */

bool verifiers_push(struct verifiers *verifiers, struct http_exchange *exchange, struct text body) {
    struct waiting *waiting = calloc(1, sizeof *waiting + body.length);
    if (waiting == NULL) {
        abort();
    }
    char *at = (char *)(waiting + 1);
    waiting->exchange = exchange;
    waiting->body = copy_behind(&at, body);
    pthread_mutex_lock(&verifiers->lock);
    bool has_room = verifiers->waiting_bytes + bytes_of(waiting) <= WAITING_BYTES_MAX;
    if (has_room) {
        *verifiers->end = waiting;
        verifiers->end = &waiting->next;
        verifiers->waiting_count++;
        verifiers->under_way++;
        verifiers->waiting_bytes += bytes_of(waiting);
        pthread_cond_signal(&verifiers->comes);
    }
    pthread_mutex_unlock(&verifiers->lock);
    if (!has_room) {
        free(waiting);
    }
    return has_room;
}

int verifiers_fd(const struct verifiers *verifiers) {
    return verifiers->done_fd;
}

struct door_job *verifiers_take(struct verifiers *verifiers, size_t *under_way) {
    eventfd_t ignored;
    (void)!eventfd_read(verifiers->done_fd, &ignored);
    pthread_mutex_lock(&verifiers->lock);
    struct live_job *done = verifiers->done;
    verifiers->done = NULL;
    verifiers->done_end = &verifiers->done;
    *under_way = verifiers->under_way;
    pthread_mutex_unlock(&verifiers->lock);
    return done == NULL ? NULL : done->owner;
}

/* ---- starting and stopping ---- */

static unsigned threads_wanted(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (unsigned)processors;
}

enum status verifiers_start(struct verifiers **verifiers, struct fault *fault) {
    struct verifiers *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->comes, NULL);
    made->end = &made->first;
    made->done_end = &made->done;
    made->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    unsigned wanted = threads_wanted();
    bool goes_well = made->done_fd >= 0;
    while (goes_well && made->thread_count < wanted) {
        goes_well = pthread_create(&made->threads[made->thread_count], NULL, run_verifier, made) == 0;
        made->thread_count += goes_well;
    }
    if (made->thread_count == 0) {
        verifiers_stop(made);
        return fault_set(fault, STATUS_INTERNAL, "no-threads", NULL, TEXT(""),
                         "The machine gives no more threads or descriptors.");
    }
    for (unsigned i = 0; i < made->thread_count; i++) {
        pthread_setname_np(made->threads[i], "device-verify");
    }
    *verifiers = made;
    return STATUS_OK;
}

void verifiers_stop(struct verifiers *verifiers) {
    if (verifiers == NULL) {
        return;
    }
    pthread_mutex_lock(&verifiers->lock);
    verifiers->stopping = true;
    pthread_cond_broadcast(&verifiers->comes);
    pthread_mutex_unlock(&verifiers->lock);
    for (unsigned i = 0; i < verifiers->thread_count; i++) {
        pthread_join(verifiers->threads[i], NULL);
    }
    struct waiting *next;
    for (struct waiting *waiting = verifiers->first; waiting != NULL; waiting = next) {
        next = waiting->next;
        free(waiting);
    }
    struct live_job *next_job;
    for (struct live_job *job = verifiers->done; job != NULL; job = next_job) {
        next_job = job->next;
        free(job->owner);
    }
    if (verifiers->done_fd >= 0) {
        close(verifiers->done_fd);
    }
    pthread_cond_destroy(&verifiers->comes);
    pthread_mutex_destroy(&verifiers->lock);
    free(verifiers);
}
