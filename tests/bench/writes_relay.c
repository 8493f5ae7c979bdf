/* A network's way between a client and a PostgreSQL server on this machine: what either side sends arrives
 * half a millisecond later, in its order.
 *
 * usage: writes_relay SOCKET   (the server's Unix socket). Prints the port of 127.0.0.1 that it listens on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DELAY_NS = 500000, PIECE_BYTES = 65536, PIECES = 16 };

struct piece {
    int64_t due_ns;
    size_t size;
    char bytes[PIECE_BYTES];
};

/* One direction: a reader puts pieces into a ring, a writer sends each when it is due. */
struct way {
    int from;
    int to;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct piece pieces[PIECES];
    size_t put;
    size_t taken;
    bool ended;
};

static void stop(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *read_way(void *argument) {
    struct way *way = argument;
    bool ended = false;
    while (!ended) {
        pthread_mutex_lock(&way->lock);
        while (way->put - way->taken == PIECES) {
            pthread_cond_wait(&way->moved, &way->lock);
        }
        pthread_mutex_unlock(&way->lock);
        struct piece *piece = &way->pieces[way->put % PIECES];
        ssize_t size = read(way->from, piece->bytes, PIECE_BYTES);
        piece->due_ns = now_ns() + DELAY_NS;
        piece->size = size > 0 ? (size_t)size : 0;
        ended = size <= 0;
        pthread_mutex_lock(&way->lock);
        way->put += ended ? 0 : 1;
        way->ended = ended;
        pthread_cond_signal(&way->moved);
        pthread_mutex_unlock(&way->lock);
    }
    return NULL;
}

static bool send_piece(int to, const struct piece *piece) {
    struct timespec due = {piece->due_ns / 1000000000, piece->due_ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    for (size_t sent = 0; sent < piece->size;) {
        ssize_t size = send(to, piece->bytes + sent, piece->size - sent, MSG_NOSIGNAL);
        if (size <= 0) {
            return false;
        }
        sent += (size_t)size;
    }
    return true;
}

static void *write_way(void *argument) {
    struct way *way = argument;
    bool goes_on = true;
    while (goes_on) {
        pthread_mutex_lock(&way->lock);
        while (way->put == way->taken && !way->ended) {
            pthread_cond_wait(&way->moved, &way->lock);
        }
        goes_on = way->put != way->taken;
        pthread_mutex_unlock(&way->lock);
        goes_on = goes_on && send_piece(way->to, &way->pieces[way->taken % PIECES]);
        pthread_mutex_lock(&way->lock);
        way->taken += goes_on ? 1 : 0;
        pthread_cond_signal(&way->moved);
        pthread_mutex_unlock(&way->lock);
    }
    shutdown(way->to, SHUT_WR);
    return NULL;
}

/* A connection's threads and memory stay until the process ends: a benchmark has few. */
static void begin_way(int from, int to) {
    struct way *way = calloc(1, sizeof *way);
    pthread_t thread;
    if (way == NULL) {
        stop("calloc");
    }
    way->from = from;
    way->to = to;
    pthread_mutex_init(&way->lock, NULL);
    pthread_cond_init(&way->moved, NULL);
    if (pthread_create(&thread, NULL, read_way, way) != 0 ||
        pthread_create(&thread, NULL, write_way, way) != 0) {
        stop("pthread_create");
    }
}

int main(int count, char **arguments) {
    struct sockaddr_un server = {.sun_family = AF_UNIX};
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    if (count != 2 || strlen(arguments[1]) >= sizeof server.sun_path) {
        fprintf(stderr, "usage: writes_relay SOCKET\n");
        return 2;
    }
    memcpy(server.sun_path, arguments[1], strlen(arguments[1]));
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&own, sizeof own) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&own, &size) != 0) {
        stop("listen");
    }
    printf("%d\n", ntohs(own.sin_port));
    fflush(stdout);
    while (true) {
        int one = 1;
        int client = accept(listener, NULL, NULL);
        int upstream = socket(AF_UNIX, SOCK_STREAM, 0);
        if (client < 0 || upstream < 0 || connect(upstream, (struct sockaddr *)&server, sizeof server) != 0) {
            stop("connect");
        }
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        begin_way(client, upstream);
        begin_way(upstream, client);
    }
}
