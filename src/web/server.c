/* Starting and stopping the door, in the order that leaves no request behind. */
#include "web/web_private.h"

#include "store/engine/db.h"
#include "store/parties/programme.h"
#include "web/router.h"

#include <assert.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Requests that are still coming in or going out have this long once the door is to close. */
#define GRACE_US (20 * INT64_C(1000000))

static const struct rate_limit_terms REQUESTS_LIMIT = {.burst = 600, .per_minute = 3000};
static const struct rate_limit_terms SIGN_INS_LIMIT = {.burst = 20, .per_minute = 20};

int64_t control_now_us(const struct control *control) {
    if (control->options->now_us != NULL) {
        return control->options->now_us();
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The store is there, of this version, and of the programme whose secret we were given. */
static enum status check_store_version(struct control *control, struct fault *fault) {
    struct db *db = NULL;
    enum status status = db_open(control->options->database_url, &db, fault);
    if (status == STATUS_OK) {
        status = db_check_version(db, fault);
    }
    if (status == STATUS_OK) {
        status = programme_check_secret(db, &control->arena, control->options->secret, fault);
    }
    db_close(db);
    return status;
}

static struct control *make(const struct control_options *options) {
    struct control *control = calloc(1, sizeof *control);
    if (control == NULL) {
        abort();
    }
    control->options = options;
    control->listen_fd = -1;
    arena_init(&control->arena);
    pthread_mutex_init(&control->queue_lock, NULL);
    pthread_cond_init(&control->queue_changed, NULL);
    pthread_mutex_init(&control->watched_lock, NULL);
    pthread_cond_init(&control->watched_changed, NULL);
    idempotency_init(&control->running);
    rate_limit_init(&control->requests_by_address, REQUESTS_LIMIT);
    rate_limit_init(&control->sign_ins_by_address, SIGN_INS_LIMIT);
    control->metrics.started_at_s = (int64_t)time(NULL);
    json_object_seed(0);
    return control;
}

static void destroy(struct control *control) {
    if (control->listen_fd >= 0) {
        close(control->listen_fd);
    }
    address_unlink(&control->address);
    rate_limit_clean_up(&control->sign_ins_by_address);
    rate_limit_clean_up(&control->requests_by_address);
    idempotency_clean_up(&control->running);
    pthread_cond_destroy(&control->watched_changed);
    pthread_mutex_destroy(&control->watched_lock);
    pthread_cond_destroy(&control->queue_changed);
    pthread_mutex_destroy(&control->queue_lock);
    arena_clean_up(&control->arena);
    free(control);
}

enum status control_start(const struct control_options *options, struct control **control,
                          struct fault *fault) {
    assert(options->secret != NULL);
    assert(router_route_count() <= METRICS_ROUTES_MAX);
    if (sodium_init() < 0) {
        return fault_set(fault, STATUS_INTERNAL, "no-randomness", NULL, TEXT(""),
                         "The machine gives no random bytes.");
    }
    struct address address;
    enum status status = address_parse(
        options->address.length == 0 ? TEXT(CONTROL_ADDRESS_DEFAULT) : options->address, &address, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct control *made = make(options);
    status = check_store_version(made, fault);
    if (status == STATUS_OK) {
        status = address_listen(&address, &made->listen_fd, fault);
    }
    if (status != STATUS_OK) {
        destroy(made);
        return status;
    }
    made->address = address;
    made->url = address_url(&made->arena, made->listen_fd);
    status = workers_start(made, fault);
    if (status == STATUS_OK) {
        status = connections_start(made, fault);
    }
    if (status != STATUS_OK) {
        workers_stop(made);
        destroy(made);
        return status;
    }
    watchdog_start(made);
    *control = made;
    return STATUS_OK;
}

struct text control_url(const struct control *control) {
    return control->url;
}

static void wait_for_requests(struct control *control) {
    int64_t until_us = monotonic_us() + GRACE_US;
    while (atomic_load(&control->metrics.in_flight) > 0 && monotonic_us() < until_us) {
        nanosleep(&(struct timespec){.tv_nsec = 10L * 1000 * 1000}, NULL);
    }
}

void control_stop(struct control *control) {
    atomic_store(&control->is_stopping, true);
    connections_stop_listening(control);
    wait_for_requests(control);
    workers_stop(control); /* from here on nothing is suspended, so that libmicrohttpd can stop */
    watchdog_stop(control);
    connections_stop(control);
    destroy(control);
}
