#include "client_wire.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_BYTES = 8192, RETRY_NS = 20000000, EVENTS = 256 };
enum state { CLOSED, CONNECTING, OPEN };

struct connection {
    int fd;
    enum state state;
    bool is_idle; /* on the list of those that could ask more */
    uint64_t retry_at_ns;
    struct connection *next_idle;
    size_t in_length;
    size_t out_from, out_length;
    size_t first, count; /* of tasks, a ring */
    struct task tasks[PIPELINE_MAX];
    char in[IN_BYTES];
    char *out; /* pipeline × REQUEST_BYTES */
};

struct wire {
    struct sockaddr_in watched;
    int epoll;
    size_t pipeline, connection_count, closed, under_way;
    struct connection *connections;
    struct connection *idle;
    const struct wire_handler *handler;
    struct wire_counts counts;
    uint64_t next_retry_ns;
};

uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static struct sockaddr_in peer_of(const char *address) {
    char host[64];
    const char *colon = strrchr(address, ':');
    struct sockaddr_in watched = {.sin_family = AF_INET};
    if (colon == NULL || (size_t)(colon - address) >= sizeof host) {
        fprintf(stderr, "the address is HOST:PORT\n");
        exit(2);
    }
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = 0;
    watched.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, host, &watched.sin_addr) != 1) {
        fprintf(stderr, "%s is no IPv4 address\n", host);
        exit(2);
    }
    return watched;
}

static void make_idle(struct wire *wire, struct connection *connection) {
    if (!connection->is_idle && connection->state == OPEN) {
        connection->is_idle = true;
        connection->next_idle = wire->idle;
        wire->idle = connection;
    }
}

static void drop(struct wire *wire, struct connection *connection, uint64_t now_ns) {
    if (connection->state == CLOSED) {
        return;
    }
    close(connection->fd);
    connection->state = CLOSED;
    connection->retry_at_ns = now_ns + RETRY_NS;
    wire->closed++;
    wire->counts.lost += connection->count > 0;
    while (connection->count > 0) {
        struct task task = connection->tasks[connection->first];
        connection->first = (connection->first + 1) % PIPELINE_MAX;
        connection->count--;
        wire->under_way--;
        wire->handler->lost(wire->handler->context, &task);
    }
}

static void dial(struct wire *wire, struct connection *connection, uint64_t now_ns) {
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        fail("socket");
    }
    int one = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection->in_length = connection->out_from = connection->out_length = 0;
    connection->first = connection->count = 0;
    connection->state = CONNECTING;
    wire->closed--;
    if (connect(connection->fd, (struct sockaddr *)&wire->watched, sizeof wire->watched) != 0 &&
        errno != EINPROGRESS) {
        wire->counts.failed++;
        drop(wire, connection, now_ns);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(wire->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
        fail("epoll_ctl");
    }
}

/* Sends what is written; false where the connection is gone. */
static bool flush(struct connection *connection) {
    while (connection->out_from < connection->out_length) {
        ssize_t sent = send(connection->fd, connection->out + connection->out_from,
                            connection->out_length - connection->out_from, MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        connection->out_from += (size_t)sent;
    }
    connection->out_from = connection->out_length = 0;
    return true;
}

/* Asks as much as may be under way. False where there was nothing to ask. */
static bool pump(struct wire *wire, struct connection *connection, uint64_t now_ns) {
    size_t room = wire->pipeline * REQUEST_BYTES;
    bool more = true;
    while (more && connection->count < wire->pipeline && connection->out_length + REQUEST_BYTES <= room) {
        struct task *task = &connection->tasks[(connection->first + connection->count) % PIPELINE_MAX];
        size_t length =
            wire->handler->next(wire->handler->context, connection->out + connection->out_length, task);
        more = length > 0;
        connection->out_length += length;
        connection->count += more;
        wire->under_way += more;
    }
    if (!flush(connection)) {
        drop(wire, connection, now_ns);
        return true;
    }
    if (!more) {
        make_idle(wire, connection);
    }
    return more;
}

static const char *header_value(const char *head, const char *end, const char *name) {
    size_t length = strlen(name);
    for (const char *line = head; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL) {
            return NULL;
        }
        if ((size_t)(stop - line) > length && strncasecmp(line, name, length) == 0 && line[length] == ':') {
            return line + length + 1;
        }
        line = stop + 1;
    }
    return NULL;
}

/* Reads one answer off the front of `in`. Its length; 0: not whole yet; -1: not HTTP. */
static long answer_take(const char *in, size_t length, struct answer *answer, bool *closes) {
    const char *end = memmem(in, length, "\r\n\r\n", 4);
    if (end == NULL) {
        return length == IN_BYTES ? -1 : 0;
    }
    end += 2;
    if (strncmp(in, "HTTP/1.1 ", 9) != 0 && strncmp(in, "HTTP/1.0 ", 9) != 0) {
        return -1;
    }
    const char *value = header_value(in, end, "Content-Length");
    const char *retry = header_value(in, end, "Retry-After");
    const char *keep = header_value(in, end, "Connection");
    size_t body = value == NULL ? 0 : strtoul(value, NULL, 10);
    size_t whole = (size_t)(end + 2 - in) + body;
    if (whole > IN_BYTES) {
        return -1;
    }
    if (whole > length) {
        return 0;
    }
    *answer = (struct answer){.status = (int)strtol(in + 9, NULL, 10),
                              .retry_after_s = retry == NULL ? -1 : (int)strtol(retry, NULL, 10),
                              .body = {end + 2, body}};
    while (keep != NULL && *keep == ' ') {
        keep++;
    }
    *closes = keep != NULL && strncasecmp(keep, "close", 5) == 0;
    return (long)whole;
}

static void receive(struct wire *wire, struct connection *connection, uint64_t now_ns) {
    for (;;) {
        ssize_t got =
            recv(connection->fd, connection->in + connection->in_length, IN_BYTES - connection->in_length, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            drop(wire, connection, now_ns);
            return;
        }
        connection->in_length += (size_t)got;
        size_t from = 0;
        bool closes = false;
        while (from < connection->in_length && !closes) {
            struct answer answer;
            long taken = answer_take(connection->in + from, connection->in_length - from, &answer, &closes);
            if (taken == 0) {
                break;
            }
            if (taken < 0 || connection->count == 0) {
                /* An answer to no request: a server that gives a connection up says so. */
                drop(wire, connection, now_ns);
                return;
            }
            struct task task = connection->tasks[connection->first];
            connection->first = (connection->first + 1) % PIPELINE_MAX;
            connection->count--;
            wire->under_way--;
            wire->handler->answered(wire->handler->context, &task, &answer);
            from += (size_t)taken;
        }
        connection->in_length -= from;
        memmove(connection->in, connection->in + from, connection->in_length);
        if (closes) {
            drop(wire, connection, now_ns);
            return;
        }
    }
}

static void handle(struct wire *wire, struct connection *connection, uint32_t events, uint64_t now_ns) {
    if (connection->state == CONNECTING && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            wire->counts.failed++;
            drop(wire, connection, now_ns);
            return;
        }
        connection->state = OPEN;
        wire->counts.connected++;
    }
    if (connection->state == OPEN && (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
        receive(wire, connection, now_ns);
    }
    if (connection->state == OPEN && !connection->is_idle) {
        pump(wire, connection, now_ns);
    }
}

static void offer_idle(struct wire *wire, uint64_t now_ns) {
    while (wire->idle != NULL) {
        struct connection *connection = wire->idle;
        wire->idle = connection->next_idle;
        connection->is_idle = false;
        if (connection->state == OPEN && !pump(wire, connection, now_ns)) {
            return;
        }
    }
}

static void redial(struct wire *wire, uint64_t now_ns) {
    if (wire->closed == 0 || now_ns < wire->next_retry_ns) {
        return;
    }
    wire->next_retry_ns = now_ns + RETRY_NS / 4;
    for (size_t i = 0; i < wire->connection_count; i++) {
        struct connection *connection = &wire->connections[i];
        if (connection->state == CLOSED && connection->retry_at_ns <= now_ns) {
            dial(wire, connection, now_ns);
        }
    }
}

struct wire_counts wire_run(const char *address, size_t connections, size_t pipeline,
                            const struct wire_handler *handler) {
    assert(connections > 0 && pipeline > 0 && pipeline <= PIPELINE_MAX);
    struct wire wire = {.watched = peer_of(address),
                        .epoll = epoll_create1(EPOLL_CLOEXEC),
                        .pipeline = pipeline,
                        .connection_count = connections,
                        .closed = connections,
                        .handler = handler};
    wire.connections = calloc(connections, sizeof *wire.connections);
    char *out = calloc(connections, pipeline * REQUEST_BYTES);
    if (wire.epoll < 0 || wire.connections == NULL || out == NULL) {
        fail("memory for connections");
    }
    for (size_t i = 0; i < connections; i++) {
        wire.connections[i].out = out + i * pipeline * REQUEST_BYTES;
    }
    uint64_t now_ns = clock_ns();
    while (!handler->is_over(handler->context, now_ns, wire.under_way)) {
        struct epoll_event events[EVENTS];
        redial(&wire, now_ns);
        offer_idle(&wire, now_ns);
        int count = epoll_wait(wire.epoll, events, EVENTS, wire.idle != NULL ? 1 : 5);
        now_ns = clock_ns();
        for (int i = 0; i < count; i++) {
            handle(&wire, events[i].data.ptr, events[i].events, now_ns);
        }
    }
    for (size_t i = 0; i < connections; i++) {
        if (wire.connections[i].state != CLOSED) {
            close(wire.connections[i].fd);
        }
    }
    close(wire.epoll);
    free(out);
    free(wire.connections);
    return wire.counts;
}

int wire_ask(const char *address, const char *request, size_t length, char *out, size_t size,
             size_t *body_length) {
    struct sockaddr_in watched = peer_of(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = -1;
    char *in = calloc(1, IN_BYTES);
    size_t got = 0;
    if (fd < 0 || in == NULL || connect(fd, (struct sockaddr *)&watched, sizeof watched) != 0 ||
        send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) {
        goto done;
    }
    for (;;) {
        ssize_t more = recv(fd, in + got, IN_BYTES - got, 0);
        if (more <= 0) {
            goto done;
        }
        got += (size_t)more;
        struct answer answer;
        bool closes;
        long taken = answer_take(in, got, &answer, &closes);
        if (taken < 0) {
            goto done;
        }
        if (taken > 0) {
            status = answer.status;
            *body_length = answer.body.length < size ? answer.body.length : size;
            memcpy(out, answer.body.at, *body_length);
            goto done;
        }
    }
done:
    free(in);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

size_t wire_request(const char *target, const char *body, size_t length, char out[REQUEST_BYTES]) {
    int head = body == NULL ? snprintf(out, REQUEST_BYTES, "GET %s HTTP/1.1\r\nHost: door\r\n\r\n", target)
                            : snprintf(out, REQUEST_BYTES,
                                       "POST %s HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\n"
                                       "Content-Length: %zu\r\n\r\n",
                                       target, length);
    assert(head > 0 && (size_t)head + length <= REQUEST_BYTES);
    if (body != NULL) {
        memcpy(out + head, body, length);
    }
    return (size_t)head + (body == NULL ? 0 : length);
}
