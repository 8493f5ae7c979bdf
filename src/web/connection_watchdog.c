/* Peers: the open connections, and a watchdog that cuts those which take too long.
 *
 * libmicrohttpd's own time-out starts again with every byte, so a client that sends one a minute would hold
 * its connection for ever. Here each phase has a time that bytes do not lengthen. A socket is only shut down;
 * closing it stays the business of its owner. */
#include "web/web_private.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)

/* Slower than that is no download but a held connection. */
#define SLOWEST_BYTES_PER_S INT64_C(65536)

/* By phase; 0: no limit. */
static const int64_t LIMITS_US[] = {
    [PEER_WAITING] = 75 * SECOND_US,
    [PEER_RECEIVING] = 30 * SECOND_US,
    [PEER_HANDLING] = 0,
    [PEER_SENDING] = 600 * SECOND_US,
};

int64_t monotonic_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

struct peer *peer_open(struct control *control, int fd) {
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        return NULL;
    }
    peer->fd = fd;
    peer->since_us = monotonic_us();
    pthread_mutex_lock(&control->peers_lock);
    peer->next = control->peers;
    if (peer->next != NULL) {
        peer->next->previous = peer;
    }
    control->peers = peer;
    pthread_mutex_unlock(&control->peers_lock);
    atomic_fetch_add(&control->metrics.connections, 1);
    return peer;
}

void peer_close(struct control *control, struct peer *peer) {
    if (peer == NULL) {
        return;
    }
    pthread_mutex_lock(&control->peers_lock);
    if (peer->previous != NULL) {
        peer->previous->next = peer->next;
    } else {
        control->peers = peer->next;
    }
    if (peer->next != NULL) {
        peer->next->previous = peer->previous;
    }
    pthread_mutex_unlock(&control->peers_lock);
    free(peer);
    atomic_fetch_sub(&control->metrics.connections, 1);
}

void peer_enter(struct control *control, struct peer *peer, enum peer_phase phase) {
    if (peer == NULL) {
        return;
    }
    pthread_mutex_lock(&control->peers_lock);
    peer->phase = phase;
    peer->since_us = monotonic_us();
    peer->more_us = 0;
    pthread_mutex_unlock(&control->peers_lock);
}

void peer_allow(struct control *control, struct peer *peer, int64_t size_bytes) {
    if (peer == NULL) {
        return;
    }
    pthread_mutex_lock(&control->peers_lock);
    peer->more_us = size_bytes / SLOWEST_BYTES_PER_S * SECOND_US;
    pthread_mutex_unlock(&control->peers_lock);
}

/* libmicrohttpd's edge-triggered reading overlooks an end that came together with the last bytes. */
static bool has_left(const struct peer *peer) {
    char byte;
    return peer->phase == PEER_RECEIVING && recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void cut_slow_peers(struct control *control) {
    int64_t now_us = monotonic_us();
    for (struct peer *peer = control->peers; peer != NULL; peer = peer->next) {
        int64_t limit_us = LIMITS_US[peer->phase];
        bool is_slow = limit_us > 0 && now_us - peer->since_us > limit_us + peer->more_us;
        if (!peer->is_cut && (is_slow || has_left(peer))) {
            peer->is_cut = true;
            shutdown(peer->fd, SHUT_RDWR);
        }
    }
}

static void *watch(void *argument) {
    struct control *control = argument;
    pthread_mutex_lock(&control->peers_lock);
    while (!control->watchdog_is_over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&control->peers_changed, &control->peers_lock, &until);
        cut_slow_peers(control);
    }
    pthread_mutex_unlock(&control->peers_lock);
    return NULL;
}

void peers_start_watchdog(struct control *control) {
    control->watchdog_is_over = false;
    if (pthread_create(&control->watchdog, NULL, watch, control) != 0) {
        abort();
    }
}

void peers_stop_watchdog(struct control *control) {
    pthread_mutex_lock(&control->peers_lock);
    control->watchdog_is_over = true;
    pthread_cond_signal(&control->peers_changed);
    pthread_mutex_unlock(&control->peers_lock);
    pthread_join(control->watchdog, NULL);
}
