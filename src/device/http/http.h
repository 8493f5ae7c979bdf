/* HTTP: the loop of the device door. One thread owns the listener and all connections; nothing in it waits
 * but for the next event.
 *
 * A turn: epoll tells which connections have something to read; each is read and parsed; each complete
 * request goes to the handler, which answers at once, or keeps it for the end of the turn (`flush`), or for a
 * later one. So answers can be made together, in batches that grow with the load by themselves: a request
 * alone is answered alone. A connection has one request under way; what a client sends ahead waits in its
 * buffer.
 *
 * Everything is bounded: connections, bytes of a request, the time for each step of one; what goes beyond is
 * refused, dropped and counted. A turn that runs late has more than it can do: the requests that have waited
 * longer than `late_us` are answered with 503, so that the next ones are in time. It knows nothing of
 * licences. */
#ifndef SEATMETER_DEVICE_HTTP_HTTP_H
#define SEATMETER_DEVICE_HTTP_HTTP_H

#include "core/base/fault.h"
#include "device/http/http_message.h"

#include <stdint.h>

struct http;
struct http_exchange; /* a connection with its request under way */

/* A complete request. The texts hold until it is answered, or until the end of `flush` where it is not
 * answered by then: who answers later copies what it needs. */
struct http_request {
    enum http_verb verb;
    bool is_local; /* from this machine, and not forwarded by a proxy */
    struct text path;
    struct text query;
    struct text body;
    const struct http_message *message; /* for http_request_field */
    const char *at;
};
struct text http_request_field(const struct http_request *request, enum http_field field);

struct http_options {
    int listen_fd; /* non-blocking; http_run does not close it */
    uint32_t connections_max;
    int64_t idle_us; /* between requests */
    int64_t head_us; /* from the first byte to the end of the head */
    int64_t body_us; /* from there to the end of the body */
    int64_t send_us; /* for the client to take an answer */
    int64_t late_us; /* how long a request may have waited in a turn */
    /* A request that is complete. To be answered by http_respond, now or later, or detached. */
    void (*request)(void *context, struct http_exchange *exchange, const struct http_request *request);
    /* The turn's requests have all been handed over, or the room for them is used up. */
    void (*flush)(void *context);
    /* The body of a refusal that HTTP alone is the reason for; lives as long as the loop. */
    struct text (*refusal)(void *context, int http_status);
    void *context;
};

/* The defaults of everything but the listener and the callbacks. */
void http_options_default(struct http_options *options);

/* How long turns take; the last bucket of `turns_by_time` is for longer ones. */
enum { HTTP_TURN_BUCKETS = 10 };
extern const int64_t HTTP_TURN_BUCKETS_US[HTTP_TURN_BUCKETS];

/* Touched by the loop thread alone. */
struct http_counters {
    uint64_t accepted;
    uint64_t refused_connections; /* beyond the bound */
    uint64_t requests;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t malformed; /* 400, 411, 417, 505 */
    uint64_t too_large; /* 413, 431 */
    uint64_t shed;      /* answered 503 because the turn ran late */
    uint64_t idle_closed;
    uint64_t slow_head;
    uint64_t slow_body;
    uint64_t slow_send;
    uint64_t reset; /* by the client, in the middle of something */
    uint64_t turns_by_time[HTTP_TURN_BUCKETS + 1];
    uint64_t busy_us;             /* of all turns together */
    uint64_t connections;         /* open now */
    uint64_t buffered_bytes;      /* held for connections now: requests half come, answers half gone */
    uint64_t answers_by_class[6]; /* [2]: 2xx, … */
};

enum status http_make(const struct http_options *options, struct http **http, struct fault *fault) MUST_CHECK;
void http_free(struct http *http);

/* Runs until http_stop, then closes what is idle, waits for what is under way (at most `grace_us`), and
 * returns. */
void http_run(struct http *http, int64_t grace_us);
/* From any thread. */
void http_stop(struct http *http);

/* Calls back on the loop thread when `fd` becomes readable (level-triggered), after a flush. Before http_run.
 */
void http_watch(struct http *http, int fd, void (*readable)(void *context), void *context);

/* The next turn comes at that monotonic time at the latest, whether there is an event or not; 0: at once. */
void http_turn_by(struct http *http, int64_t at_us);

/* Monotonic time at the beginning of the turn. */
int64_t http_turn_began_us(const struct http *http);
const struct http_counters *http_counters(const struct http *http);

/* Room for the body of an answer, which then needs no copy; until the next http_respond. */
char *http_body_room(struct http *http, size_t size_max);

struct http_response {
    int status;
    const char *content_type; /* NULL: JSON */
    struct text headers;      /* further ones, each with its line end; may be empty */
    struct text body;
    int retry_after_s; /* 0: none */
    bool without_body; /* to HEAD: the length of `body` is told, and no more */
};
/* Answers; the exchange is the loop's again. A client that has gone meanwhile is nobody's trouble. */
void http_respond(struct http_exchange *exchange, const struct http_response *answer);

/* Takes the connection out of the loop, with nothing answered: the caller owns the descriptor, which is
 * non-blocking. −1 where the client has gone. */
int http_detach(struct http_exchange *exchange);

struct http *http_of(struct http_exchange *exchange);

/* A number of seconds around `about_s`, so that who is told to come again does not come with all others. */
int http_jitter_s(struct http *http, int about_s);

#endif
