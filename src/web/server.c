/* Starting and stopping the server, in the order that leaves no request behind. */
#include "web/web_private.h"

#include "machine/clock.h"
#include "store/engine/db.h"
#include "store/parties/programme.h"

#include <assert.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Requests that are still coming in or going out have this long once the server is to stop. */
#define GRACE_US (20 * INT64_C(1000000))

static const struct rate_limit_terms REQUESTS_LIMIT = {.burst = 600, .per_minute = 3000};
static const struct rate_limit_terms SIGN_INS_LIMIT = {.burst = 20, .per_minute = 20};

static enum status check_open_store(struct db *db, struct arena *arena, const unsigned char *secret,
                                    struct fault *fault) {
    TRY(db_check_version(db, fault));
    return programme_check_secret(db, arena, secret, fault);
}

/* The store is there, of this version, and of the programme whose secret we were given. */
static enum status check_store(struct web_server *server, struct fault *fault) {
    struct db *db = NULL;
    TRY(db_open(server->options->database_url, &db, fault));
    enum status status = check_open_store(db, &server->arena, server->options->secret, fault);
    db_close(db);
    return status;
}

static void init_workers(struct web_server *server) {
    const struct worker_pool_options options = {
        .database_url = server->options->database_url,
        .worker_count = server->options->worker_count,
        .handle = dispatch,
        .hand_back = connections_resume,
        .metrics = &server->metrics,
    };
    worker_pool_init(&server->workers, &options);
}

static struct web_server *make_server(const struct web_server_options *options) {
    struct web_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        abort();
    }
    server->options = options;
    server->now_us = options->now_us == NULL ? machine_now_us : options->now_us;
    server->listen_fd = -1;
    arena_init(&server->arena);
    init_workers(server);
    server->returned_fd = -1;
    pthread_mutex_init(&server->returned_lock, NULL);
    idempotency_init(&server->running);
    rate_limit_init(&server->requests_by_address, REQUESTS_LIMIT);
    rate_limit_init(&server->sign_ins_by_address, SIGN_INS_LIMIT);
    server->metrics.started_at_s = (int64_t)time(NULL);
    json_object_seed(0);
    return server;
}

static void destroy_server(struct web_server *server) {
    if (server->listen_fd >= 0) {
        close(server->listen_fd);
    }
    address_unlink(&server->address);
    rate_limit_clean_up(&server->sign_ins_by_address);
    rate_limit_clean_up(&server->requests_by_address);
    idempotency_clean_up(&server->running);
    pthread_mutex_destroy(&server->returned_lock);
    worker_pool_clean_up(&server->workers);
    arena_clean_up(&server->arena);
    free(server);
}

/* Opens all that answers; what it has opened before a fault, the caller closes. */
static enum status open_server(struct web_server *server, struct fault *fault) {
    struct text given = server->options->address;
    struct address address;
    TRY(address_parse(given.length == 0 ? TEXT(WEB_ADDRESS_DEFAULT) : given, &address, fault));
    TRY(check_store(server, fault));
    TRY(address_listen(&address, &server->listen_fd, fault));
    server->address = address; /* from here on a socket's file is ours to remove */
    server->url = address_url(&server->arena, server->listen_fd);
    TRY(worker_pool_start(&server->workers, fault));
    return connections_start(server, fault);
}

enum status web_server_start(const struct web_server_options *options, struct web_server **server,
                             struct fault *fault) {
    assert(options->secret != NULL);
    assert(route_table_count(options->routes) <= METRICS_ROUTES_MAX);
    if (sodium_init() < 0) {
        return fault_set(fault, STATUS_INTERNAL, "no-randomness", NULL, TEXT(""),
                         "The machine gives no random bytes.");
    }
    struct web_server *made = make_server(options);
    enum status status = open_server(made, fault);
    if (status != STATUS_OK) {
        worker_pool_stop(&made->workers);
        connections_stop(made);
        destroy_server(made);
        return status;
    }
    *server = made;
    return STATUS_OK;
}

bool web_server_is_stopping(const struct web_server *server) {
    return atomic_load(&server->is_stopping);
}

struct text web_server_metrics(const struct web_server *server, struct arena *arena) {
    return metrics_format(arena, &server->metrics, server->options->routes);
}

struct text web_server_url(const struct web_server *server) {
    return server->url;
}

static void wait_for_requests(struct web_server *server) {
    int64_t until_us = machine_monotonic_us() + GRACE_US;
    while (atomic_load(&server->metrics.in_flight) > 0 && machine_monotonic_us() < until_us) {
        nanosleep(&(struct timespec){.tv_nsec = 10L * 1000 * 1000}, NULL);
    }
}

void web_server_stop(struct web_server *server) {
    atomic_store(&server->is_stopping, true);
    connections_stop_listening(server);
    wait_for_requests(server);
    worker_pool_stop(&server->workers); /* from here on every request is the loop's */
    connections_stop(server);
    destroy_server(server);
}
