/* Events are edge-triggered, so a connection costs one epoll_ctl in its life. A connection that was not read
 * to its end in a turn stands in the list `again`. Deadlines lie in an array of their own, which is scanned
 * ten times a second: that costs less than keeping connections in order on every request. */
#include "http/http.h"

#include "http/http_connection.h"
#include "http/http_response.h"
#include "machine/client_address.h"
#include "machine/clock.h"
#include "machine/random.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECONDS INT64_C(1000000)
#define DEADLINES_EVERY_US (SECONDS / 10)

/* An event names a connection's slot, with the slot's generation in the upper half, or one of these, counted
 * from behind the last slot. */
enum special { SPECIAL_LISTENER, SPECIAL_WAKE, SPECIAL_WATCHES };

void http_options_default(struct http_options *options) {
    *options = (struct http_options){
        .listen_fd = -1,
        .connections_max = 16384,
        .limits = HTTP_LIMITS_SHORT,
        .idle_us = 75 * SECONDS,
        .head_us = 10 * SECONDS,
        .body_us = 10 * SECONDS,
        .send_us = 10 * SECONDS,
        .late_us = SECONDS / 10,
    };
}

/* Accepted sockets inherit the settings of their listener (tcp(7)): a dead peer is found within a minute, and
 * a response is sent at once. */
static void set_up_listener(int fd, int64_t send_us) {
    const struct {
        int level;
        int name;
        int value;
    } settings[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 30},
        {IPPROTO_TCP, TCP_KEEPINTVL, 10},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, (int)(send_us / 1000)},
        {IPPROTO_TCP, TCP_NODELAY, 1},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        /* a Unix socket refuses those of TCP, which does no harm */
        (void)setsockopt(fd, settings[i].level, settings[i].name, &settings[i].value,
                         sizeof settings[i].value);
    }
}

static bool watch_event(struct http *http, int fd, uint32_t special) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = http->options.connections_max + special};
    return epoll_ctl(http->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void *allocate(size_t count, size_t size_bytes) {
    void *made = calloc(count, size_bytes);
    if (made == NULL) {
        abort();
    }
    return made;
}

static void make_room(struct http *http) {
    size_t count = http->options.connections_max;
    http->exchanges = allocate(count, sizeof *http->exchanges);
    http->address_counts = allocate(HTTP_ADDRESS_COUNTS, sizeof *http->address_counts);
    machine_random(http->address_key, sizeof http->address_key);
    http->deadlines_us = allocate(count, sizeof *http->deadlines_us);
    http->free_slots = allocate(count, sizeof *http->free_slots);
    http->again = allocate(count, sizeof *http->again);
    http->again_now = allocate(count, sizeof *http->again_now);
    http->events_max = (int)count + SPECIAL_WATCHES + HTTP_WATCHES_MAX;
    http->events = allocate((size_t)http->events_max, sizeof *http->events);
    http->turn = allocate(1, HTTP_TURN_BYTES);
    http->out_size = HTTP_RESPONSE_HEAD_BYTES + 4096;
    http->out = allocate(1, http->out_size);
    for (size_t i = 0; i < count; i++) {
        http->free_slots[i] = (uint32_t)(count - 1 - i);
    }
    http->free_count = (uint32_t)count;
}

static enum status no_descriptors(struct fault *fault) {
    return fault_set(fault, STATUS_INTERNAL, "no-descriptors", NULL, TEXT(""),
                     "The machine gives no more descriptors.");
}

enum status http_make(const struct http_options *options, struct http **http, struct fault *fault) {
    assert(options->connections_max > 0 && options->connections_max <= UINT16_MAX && options->flush != NULL);
    assert(options->limits.streams_bodies == (options->streams != NULL) &&
           (options->request != NULL) == (options->streams == NULL));
    struct http *made = allocate(1, sizeof *made);
    made->options = *options;
    make_room(made);
    made->head_second = -1;
    made->turn_by_us = INT64_MAX;
    made->chance = (uint64_t)machine_monotonic_us() | 1;
    made->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    made->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    made->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (made->epoll_fd < 0 || made->wake_fd < 0 || !watch_event(made, options->listen_fd, SPECIAL_LISTENER) ||
        !watch_event(made, made->wake_fd, SPECIAL_WAKE)) {
        http_free(made);
        return no_descriptors(fault);
    }
    set_up_listener(options->listen_fd, options->send_us);
    if (options->send_buffer_bytes > 0) {
        (void)setsockopt(options->listen_fd, SOL_SOCKET, SO_SNDBUF, &options->send_buffer_bytes,
                         sizeof options->send_buffer_bytes);
    }
    *http = made;
    return STATUS_OK;
}

static void close_if_open(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

void http_free(struct http *http) {
    for (uint32_t i = 0; i < http->options.connections_max; i++) {
        if (http->exchanges[i].phase != PHASE_FREE) {
            exchange_close(&http->exchanges[i]);
        }
        free(http->exchanges[i].in);
        free(http->exchanges[i].out);
    }
    close_if_open(http->epoll_fd);
    close_if_open(http->wake_fd);
    close_if_open(http->spare_fd);
    free(http->exchanges);
    free(http->address_counts);
    free(http->deadlines_us);
    free(http->free_slots);
    free(http->again);
    free(http->again_now);
    free(http->events);
    free(http->turn);
    free(http->out);
    free(http);
}

enum status http_watch(struct http *http, int fd, void (*readable)(void *context), void *context,
                       struct fault *fault) {
    assert(http->watch_count < HTTP_WATCHES_MAX);
    int index = http->watch_count;
    if (!watch_event(http, fd, SPECIAL_WATCHES + (uint32_t)index)) {
        return no_descriptors(fault);
    }
    http->watches[index] = (struct http_watch){fd, readable, context};
    http->watch_count++;
    return STATUS_OK;
}

void http_stop(struct http *http) {
    atomic_store(&http->is_stopping, true);
    uint64_t one = 1;
    ssize_t written = write(http->wake_fd, &one, sizeof one);
    assert(written == sizeof one);
}

void http_turn_by(struct http *http, int64_t at_us) {
    http->turn_by_us = at_us < http->turn_by_us ? at_us : http->turn_by_us;
}

int64_t http_turn_began_us(const struct http *http) {
    return http->turn_began_us;
}

const struct http_counters *http_counters(const struct http *http) {
    return &http->counters;
}

/* Says why and closes. It reads first what the client has sent, as closing with unread bytes would reset the
 * connection, and the client would never see why. */
static void turn_away(struct http *http, int fd) {
    http->counters.refused_connections++;
    HTTP_SHARE(http, turned_away, 1);
    char dropped[4096];
    while (recv(fd, dropped, sizeof dropped, MSG_DONTWAIT) == (ssize_t)sizeof dropped) {
    }
    struct text refusal = http_refusal_write(http, 503);
    (void)send(fd, refusal.at, refusal.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

/* The process has no descriptor left. The connection gets the spare one's place and is turned away, so that
 * it does not stay in the listener's queue and wake the loop for ever. */
static void turn_away_by_spare(struct http *http) {
    close_if_open(http->spare_fd);
    int fd = accept4(http->options.listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        turn_away(http, fd);
    }
    http->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Where the address's connections are counted. Addresses may share a place, which nobody outside can aim at.
 */
static uint32_t count_of_address(const struct http *http, const struct client_address *peer) {
    bool is_spared = client_address_is_local(peer) && !http->options.counts_this_machine;
    if (http->options.of_address_max == 0 || is_spared) {
        return UINT32_MAX;
    }
    const struct client_address owner = client_address_owner(peer);
    unsigned char hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, owner.bytes, sizeof owner.bytes, http->address_key);
    return (uint32_t)(hash[0] | hash[1] << 8);
}

/* Closes a connection that has waited for its client longer than others, so that a new one finds its place:
 * who holds connections and sends nothing, or little, keeps nobody out. It looks at some of them from where
 * it stopped last, as all would take too long in a storm. */
static bool evict_one(struct http *http) {
    enum { CANDIDATES = 64 };
    uint32_t max = http->options.connections_max;
    struct http_exchange *oldest = NULL;
    uint32_t candidates = 0;
    for (uint32_t i = 0; i < max && candidates < CANDIDATES; i++) {
        struct http_exchange *exchange = &http->exchanges[http->hand];
        http->hand = (http->hand + 1) % max;
        bool is_clients = exchange->phase == PHASE_IDLE || exchange->phase == PHASE_HEAD ||
                          exchange->phase == PHASE_BODY || exchange->phase == PHASE_SENDING;
        if (is_clients) {
            candidates++;
            oldest = oldest == NULL || exchange->since_us < oldest->since_us ? exchange : oldest;
        }
    }
    return oldest != NULL && exchange_evict(oldest);
}

static void accept_some(struct http *http) {
    for (int i = 0; i < HTTP_ACCEPTS_MAX; i++) {
        struct sockaddr_storage watched = {0};
        socklen_t length = sizeof watched;
        int fd = accept4(http->options.listen_fd, (struct sockaddr *)&watched, &length,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE) {
                turn_away_by_spare(http);
            }
            return; /* EAGAIN, or a client that has gone already */
        }
        const struct client_address peer = client_address_of((const struct sockaddr *)&watched);
        uint32_t count = count_of_address(http, &peer);
        bool is_within = count == UINT32_MAX || http->address_counts[count] < http->options.of_address_max;
        if (!is_within || (http->free_count == 0 && !evict_one(http))) {
            turn_away(http, fd);
            continue;
        }
        exchange_open(http, fd, &peer, count);
    }
}

static void run_again(struct http *http) {
    uint32_t count = http->again_count;
    uint32_t *now = http->again;
    http->again = http->again_now;
    http->again_now = now;
    http->again_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct http_exchange *exchange = &http->exchanges[now[i]];
        if (exchange->is_listed) {
            exchange->is_listed = false;
            exchange_work(exchange);
        }
    }
}

static void run_special(struct http *http, uint32_t special) {
    switch (special) {
    case SPECIAL_LISTENER:
        accept_some(http);
        break;
    case SPECIAL_WAKE:
        break; /* stays readable: the loop is about to end */
    default: {
        http_turn_flush(http);
        const struct http_watch *watch = &http->watches[special - SPECIAL_WATCHES];
        watch->readable(watch->context);
    }
    }
}

static void run_event(struct http *http, const struct epoll_event *event) {
    uint32_t index = (uint32_t)event->data.u64;
    if (index >= http->options.connections_max) {
        run_special(http, index - http->options.connections_max);
        return;
    }
    struct http_exchange *exchange = &http->exchanges[index];
    if (exchange->phase != PHASE_FREE && exchange->generation == (uint32_t)(event->data.u64 >> 32)) {
        exchange_event(exchange, event->events);
    }
}

/* Ends what is beyond its deadline. Under pressure an idle connection has one second, so that others find a
 * place. */
static void expire_exchanges(struct http *http) {
    int64_t now_us = http->turn_began_us;
    uint32_t max = http->options.connections_max;
    bool is_crowded = http->free_count < max / 8;
    int64_t idle_early_us = is_crowded ? http->options.idle_us - SECONDS : 0;
    for (uint32_t i = 0; i < max; i++) {
        int64_t deadline_us = http->deadlines_us[i];
        if (deadline_us == 0) {
            continue;
        }
        struct http_exchange *exchange = &http->exchanges[i];
        bool is_idle_too_long =
            is_crowded && exchange->phase == PHASE_IDLE && deadline_us - idle_early_us <= now_us;
        if (deadline_us <= now_us || is_idle_too_long) {
            exchange_expire(exchange);
        }
    }
    http->deadlines_checked_at_us = now_us;
}

/* How long the turn may wait for an event, of `longest_us` at most. */
static int64_t patience_us(const struct http *http, int64_t longest_us) {
    if (http->again_count > 0) {
        return 0;
    }
    if (http->turn_by_us == INT64_MAX) {
        return longest_us;
    }
    int64_t left_us = http->turn_by_us - machine_monotonic_us();
    return left_us < 0 ? 0 : left_us < longest_us ? left_us : longest_us;
}

/* A kernel before 5.11 knows no waits shorter than a millisecond. */
static int wait_for_events(struct http *http, int64_t patience_us) {
    struct timespec patience = {.tv_sec = patience_us / SECONDS, .tv_nsec = patience_us % SECONDS * 1000};
    int count = epoll_pwait2(http->epoll_fd, http->events, http->events_max, &patience, NULL);
    if (count < 0 && errno == ENOSYS) {
        int patience_ms = (int)((patience_us + 999) / 1000);
        count = epoll_wait(http->epoll_fd, http->events, http->events_max, patience_ms);
    }
    return count;
}

static void run_turn(struct http *http, int64_t longest_us) {
    int count = wait_for_events(http, patience_us(http, longest_us));
    http->turn_by_us = INT64_MAX;
    http->turn_began_us = machine_monotonic_us();
    http->is_late = false;
    http->since_clock = 0;
    run_again(http);
    for (int i = 0; i < count; i++) {
        run_event(http, &http->events[i]);
    }
    http_turn_flush(http);
    http_turn_count(http);
    if (http->turn_began_us - http->deadlines_checked_at_us >= DEADLINES_EVERY_US) {
        expire_exchanges(http);
    }
}

/* From here on the loop takes nothing new in, and closes idle connections. */
static void begin_closing(struct http *http) {
    http->is_closing = true;
    epoll_ctl(http->epoll_fd, EPOLL_CTL_DEL, http->options.listen_fd, NULL);
    epoll_ctl(http->epoll_fd, EPOLL_CTL_DEL, http->wake_fd, NULL);
    for (uint32_t i = 0; i < http->options.connections_max; i++) {
        struct http_exchange *exchange = &http->exchanges[i];
        if (exchange->phase == PHASE_IDLE && exchange->in == NULL) {
            exchange_close(exchange);
        }
    }
}

void http_run(struct http *http, int64_t grace_us) {
    while (!atomic_load_explicit(&http->is_stopping, memory_order_acquire)) {
        run_turn(http, http->counters.connections > 0 ? DEADLINES_EVERY_US : SECONDS);
    }
    begin_closing(http);
    int64_t until_us = machine_monotonic_us() + grace_us;
    while (http->counters.connections > 0 && machine_monotonic_us() < until_us) {
        run_turn(http, SECONDS / 100);
    }
}
