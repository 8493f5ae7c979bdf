#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LEASE_CODE_BYTES_MAX = 1 << 16 };

struct connection {
    int fd;
    size_t request;
    int64_t due_ns;
    char *answer;
    size_t had;
    size_t whole; /* bytes of the answer; 0: its head has not come */
    size_t head;
    struct connection *next_free;
};

struct run {
    const struct load_requests *requests;
    const struct load_plan *plan;
    struct load_result *result;
    struct connection *connections;
    struct connection *free;
    int epoll_fd;
    size_t next;
    size_t end;
    int64_t began_ns;
    size_t open;
    size_t fifth; /* of the answers, that is under way */
    int64_t fifth_began_ns;
};

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *zeroed(size_t count, size_t size) {
    void *made = calloc(count, size);
    if (made == NULL) {
        give_up("memory");
    }
    return made;
}

void load_requests_free(struct load_requests *requests) {
    free(requests->bytes);
    free(requests->starts);
}

void load_result_free(struct load_result *result) {
    free(result->waits);
}

double load_wait_ms(const struct load_result *result, double share) {
    uint64_t below = 0;
    uint64_t wanted = (uint64_t)((double)result->answered * share);
    for (size_t i = 0; i < LOAD_BUCKETS; i++) {
        below += result->waits[i];
        if (below >= wanted) {
            return (double)(i + 1) * LOAD_BUCKET_NS / 1e6;
        }
    }
    return (double)LOAD_BUCKETS * LOAD_BUCKET_NS / 1e6;
}

static void connect_one(struct run *run, struct connection *connection) {
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = run->plan->port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        give_up("connect");
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
        give_up("epoll");
    }
    run->open++;
}

static void lose(struct run *run, struct connection *connection) {
    close(connection->fd);
    connection->fd = -1;
    run->result->broken++;
    run->open--;
}

static void send_next(struct run *run, struct connection *connection, int64_t due_ns) {
    size_t request = run->next++;
    const char *at = run->requests->bytes + run->requests->starts[request];
    size_t length = run->requests->starts[request + 1] - run->requests->starts[request];
    connection->request = request;
    connection->due_ns = due_ns;
    connection->had = connection->whole = 0;
    if (send(connection->fd, at, length, MSG_NOSIGNAL) != (ssize_t)length) {
        lose(run, connection);
    }
}

/* How long the answer is, once its head is there. */
static void measure_answer(struct connection *connection) {
    connection->answer[connection->had] = '\0';
    char *end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL) {
        return;
    }
    char *length = strcasestr(connection->answer, "\r\ncontent-length:");
    connection->head = (size_t)(end - connection->answer) + 4;
    connection->whole =
        connection->head + (length == NULL || length > end ? 0 : strtoul(length + 17, NULL, 10));
}

static void end_fifth(struct run *run, int64_t at_ns) {
    run->result->fifths[run->fifth++] = (double)(at_ns - run->fifth_began_ns) / 1e9;
    run->fifth_began_ns = at_ns;
}

static void count_answer(struct run *run, struct connection *connection) {
    struct load_result *result = run->result;
    const struct load_plan *plan = run->plan;
    int64_t at_ns = now_ns();
    int64_t wait_ns = at_ns - connection->due_ns;
    size_t bucket = (size_t)(wait_ns < 0 ? 0 : wait_ns) / LOAD_BUCKET_NS;
    result->waits[bucket < LOAD_BUCKETS ? bucket : LOAD_BUCKETS - 1]++;
    result->answered++;
    if (result->answered == plan->count * (run->fifth + 1) / LOAD_FIFTHS) {
        end_fifth(run, at_ns);
    }
    result->good += memcmp(connection->answer + 9, "200", 3) == 0;
    result->shed += memcmp(connection->answer + 9, "503", 3) == 0;
    result->body_bytes += connection->whole - connection->head;
    if (plan->sample_every > 0 && connection->request % plan->sample_every == 0) {
        plan->sample(plan->context, connection->request, connection->answer + connection->head,
                     connection->whole - connection->head);
    }
}

static void hear(struct run *run, struct connection *connection) {
    while (connection->fd >= 0) {
        ssize_t count = recv(connection->fd, connection->answer + connection->had,
                             LEASE_CODE_BYTES_MAX - 1 - connection->had, MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) {
            return;
        }
        if (count <= 0) {
            lose(run, connection);
            return;
        }
        connection->had += (size_t)count;
        if (connection->whole == 0) {
            measure_answer(connection);
        }
        if (connection->whole == 0 || connection->had < connection->whole) {
            continue;
        }
        count_answer(run, connection);
        if (run->plan->per_second > 0) {
            connection->next_free = run->free;
            run->free = connection;
        } else if (run->next < run->end) {
            send_next(run, connection, now_ns());
        }
        return;
    }
}

/* Requests whose time has come go out where a connection is free. */
static void send_due(struct run *run) {
    double per_ns = run->plan->per_second / 1e9;
    while (run->free != NULL && run->next < run->end) {
        int64_t due_ns = run->began_ns + (int64_t)((double)(run->next - run->plan->first) / per_ns);
        if (due_ns > now_ns()) {
            return;
        }
        struct connection *connection = run->free;
        run->free = connection->next_free;
        send_next(run, connection, due_ns);
    }
}

static void run_all(struct run *run) {
    struct epoll_event events[256];
    while (run->result->answered < run->plan->count && run->open > 0) {
        if (run->plan->per_second > 0) {
            send_due(run);
        }
        int count = epoll_wait(run->epoll_fd, events, 256, run->plan->yields ? -1 : 0);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection->fd >= 0) {
                hear(run, connection);
            }
        }
    }
}

void load_run(const struct load_requests *requests, const struct load_plan *plan,
              struct load_result *result) {
    *result = (struct load_result){.waits = zeroed(LOAD_BUCKETS, sizeof *result->waits)};
    struct run run = {.requests = requests,
                      .plan = plan,
                      .result = result,
                      .connections = zeroed((size_t)plan->connections, sizeof *run.connections),
                      .epoll_fd = epoll_create1(0),
                      .next = plan->first,
                      .end = plan->first + plan->count};
    for (int i = 0; i < plan->connections; i++) {
        run.connections[i].answer = zeroed(1, LEASE_CODE_BYTES_MAX);
        connect_one(&run, &run.connections[i]);
    }
    run.began_ns = run.fifth_began_ns = now_ns();
    for (int i = 0; i < plan->connections; i++) {
        struct connection *connection = &run.connections[i];
        if (plan->per_second > 0) {
            connection->next_free = run.free;
            run.free = connection;
        } else if (run.next < run.end) {
            send_next(&run, connection, now_ns());
        }
    }
    run_all(&run);
    result->seconds = (double)(now_ns() - run.began_ns) / 1e9;
    for (int i = 0; i < plan->connections; i++) {
        if (run.connections[i].fd >= 0) {
            close(run.connections[i].fd);
        }
        free(run.connections[i].answer);
    }
    free(run.connections);
    close(run.epoll_fd);
}
