/* Web server: the control door's HTTP/1.1, for people and their systems, over the routes that it is given.
 *
 * I/O happens on one epoll thread of libmicrohttpd. What touches the store runs on a few workers, each with a
 * connection of its own, while the request is suspended: a use case that waits for its turn to write holds up
 * no other client. */
#ifndef SEATMETER_WEB_SERVER_H
#define SEATMETER_WEB_SERVER_H

#include "core/base/arena.h"
#include "core/base/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct artifact_store;
struct route_table;
struct web_server;

struct web_server_options {
    const struct route_table *routes;
    struct text database_url;
    struct text address; /* "127.0.0.1:7077", "[::1]:7077", "7077" (loopback), "unix:/run/seatmeter.sock" */
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
    int worker_count;            /* 0: WEB_WORKERS_DEFAULT; one more checks passwords */
    bool behind_https;           /* a proxy in front speaks TLS: cookies are Secure, HSTS is sent */
    bool trust_forwarded;        /* the client's address is the last one of X-Forwarded-For */
    struct text metrics_token;   /* opens /metrics from elsewhere than this machine; empty: nothing does */
    struct artifact_store *artifacts; /* NULL: nothing is uploaded or downloaded */
    int log_fd;                       /* where access log lines go */
    int64_t (*now_us)(void);          /* the instant that use cases are told; NULL: the machine's clock */
};

enum { WEB_WORKERS_DEFAULT = 4, WEB_WORKERS_MAX = 64 };
#define WEB_ADDRESS_DEFAULT "127.0.0.1:7077"

/* Listens and answers from now on. The options and what they point to must outlive the server. Faults:
 * "malformed-address", "address-in-use", those of db_open and db_check_version. */
enum status web_server_start(const struct web_server_options *options, struct web_server **server,
                             struct fault *fault) MUST_CHECK;

/* Whether it has been told to stop: it finishes what is under way and takes nothing new. */
bool web_server_is_stopping(const struct web_server *server);

/* The counters of the server, as Prometheus text. */
struct text web_server_metrics(const struct web_server *server, struct arena *arena);

/* The address at which it can be opened: "http://127.0.0.1:7077" (with the port chosen where 0 was asked
 * for). */
struct text web_server_url(const struct web_server *server);

/* Takes no more connections, finishes the requests under way, and frees the server. */
void web_server_stop(struct web_server *server);

#endif
