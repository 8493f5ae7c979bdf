/* Connection watchdog: it knows the open connections and cuts those which take too long.
 *
 * libmicrohttpd's own time-out starts again with every byte, so a client that sends one a minute would hold
 * its connection for ever. Here each phase has a time that bytes do not lengthen. A socket is only shut down;
 * closing it stays the business of its owner. */
#include "web/web_private.h"

#include "machine/clock.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)

/* Slower than that is no download but a held connection. */
#define SLOWEST_BYTES_PER_S INT64_C(65536)

/* A phase may last so long; 0 means no limit. */
static const int64_t LIMITS_US[] = {
    [WATCHED_WAITING] = 75 * SECOND_US,
    [WATCHED_RECEIVING] = 30 * SECOND_US,
    [WATCHED_HANDLING] = 0,
    [WATCHED_SENDING] = 600 * SECOND_US,
};

struct watched_connection *watchdog_open(struct web_server *server, int fd) {
    struct watched_connection *watched = calloc(1, sizeof *watched);
    if (watched == NULL) {
        return NULL;
    }
    watched->fd = fd;
    watched->since_us = machine_monotonic_us();
    pthread_mutex_lock(&server->watched_lock);
    watched->next = server->watched;
    if (watched->next != NULL) {
        watched->next->previous = watched;
    }
    server->watched = watched;
    pthread_mutex_unlock(&server->watched_lock);
    atomic_fetch_add(&server->metrics.connections, 1);
    return watched;
}

void watchdog_close(struct web_server *server, struct watched_connection *watched) {
    if (watched == NULL) {
        return;
    }
    pthread_mutex_lock(&server->watched_lock);
    if (watched->previous != NULL) {
        watched->previous->next = watched->next;
    } else {
        server->watched = watched->next;
    }
    if (watched->next != NULL) {
        watched->next->previous = watched->previous;
    }
    pthread_mutex_unlock(&server->watched_lock);
    free(watched);
    atomic_fetch_sub(&server->metrics.connections, 1);
}

void watchdog_enter(struct web_server *server, struct watched_connection *watched, enum watched_phase phase) {
    if (watched == NULL) {
        return;
    }
    pthread_mutex_lock(&server->watched_lock);
    watched->phase = phase;
    watched->since_us = machine_monotonic_us();
    watched->more_us = 0;
    pthread_mutex_unlock(&server->watched_lock);
}

void watchdog_allow(struct web_server *server, struct watched_connection *watched, int64_t size_bytes) {
    if (watched == NULL) {
        return;
    }
    pthread_mutex_lock(&server->watched_lock);
    watched->more_us = size_bytes / SLOWEST_BYTES_PER_S * SECOND_US;
    pthread_mutex_unlock(&server->watched_lock);
}

/* libmicrohttpd's edge-triggered reading overlooks an end that came together with the last bytes. */
static bool has_left(const struct watched_connection *watched) {
    char byte;
    return watched->phase == WATCHED_RECEIVING && recv(watched->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void cut_slow_peers(struct web_server *server) {
    int64_t now_us = machine_monotonic_us();
    for (struct watched_connection *watched = server->watched; watched != NULL; watched = watched->next) {
        int64_t limit_us = LIMITS_US[watched->phase];
        bool is_slow = limit_us > 0 && now_us - watched->since_us > limit_us + watched->more_us;
        if (!watched->is_cut && (is_slow || has_left(watched))) {
            watched->is_cut = true;
            shutdown(watched->fd, SHUT_RDWR);
        }
    }
}

static void *watch_until_over(void *argument) {
    struct web_server *server = argument;
    pthread_mutex_lock(&server->watched_lock);
    while (!server->watchdog_is_over) {
        struct timespec until = machine_wall_deadline(1);
        pthread_cond_timedwait(&server->watched_changed, &server->watched_lock, &until);
        cut_slow_peers(server);
    }
    pthread_mutex_unlock(&server->watched_lock);
    return NULL;
}

void watchdog_start(struct web_server *server) {
    server->watchdog_is_over = false;
    if (pthread_create(&server->watchdog, NULL, watch_until_over, server) != 0) {
        abort();
    }
}

void watchdog_stop(struct web_server *server) {
    pthread_mutex_lock(&server->watched_lock);
    server->watchdog_is_over = true;
    pthread_cond_signal(&server->watched_changed);
    pthread_mutex_unlock(&server->watched_lock);
    pthread_join(server->watchdog, NULL);
}
