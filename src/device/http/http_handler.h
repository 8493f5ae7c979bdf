/* HTTP handler: what the loop and its handler give each other. The loop (http.h) hands over requests; the
 * handler answers each by http_respond, at once, at the end of the turn, or in a later turn. */
#ifndef SEATMETER_DEVICE_HTTP_HTTP_HANDLER_H
#define SEATMETER_DEVICE_HTTP_HTTP_HANDLER_H

#include "device/http/http_message.h"

#include <stdint.h>

struct http;
struct http_exchange; /* a connection with its request under way */

/* A complete request. Its texts hold until it is answered, but no longer than the end of `flush`: a handler
 * that answers later copies what it needs. */
struct http_request {
    enum http_verb verb;
    bool is_local; /* from this machine, and not forwarded by a proxy */
    struct text path;
    struct text query;
    struct text body;
    const struct http_message *message; /* for http_request_field */
    const char *at;
};
/* The field's value; empty where the request does not have the field. */
struct text http_request_field(const struct http_request *request, enum http_field field);

struct http_response {
    int status;
    const char *content_type; /* NULL: JSON */
    struct text headers;      /* further ones, each with its line end; may be empty */
    struct text body;
    int retry_after_s; /* 0: none */
    bool without_body; /* to HEAD: the head names the length of `body`, and the body is not sent */
};
/* Answers the request and gives the exchange back to the loop. A response to a client that has gone is
 * dropped. */
void http_respond(struct http_exchange *exchange, const struct http_response *response);

/* Takes the connection out of the loop without an answer: the caller owns the descriptor, which is
 * non-blocking. −1 where the client has gone. */
int http_detach(struct http_exchange *exchange);

/* Room for the body of a response, which http_respond then sends without a copy. It holds until the next
 * http_respond. */
char *http_body_room(struct http *http, size_t size_max);

/* A number of seconds around `about_s`, at random, so that clients that are told to come again do not all
 * come at once. */
int http_jitter_s(struct http *http, int about_s);

struct http_options {
    int listen_fd; /* non-blocking; http_run does not close it */
    uint32_t connections_max;
    int64_t idle_us; /* between requests */
    int64_t head_us; /* from the first byte to the end of the head */
    int64_t body_us; /* from there to the end of the body */
    int64_t send_us; /* for the client to take a response */
    int64_t late_us; /* how long a request may have waited in a turn */
    /* Takes a complete request, which it answers by http_respond, now or later, or detaches. */
    void (*request)(void *context, struct http_exchange *exchange, const struct http_request *request);
    /* Called when the turn's requests have all been handed over, and when the room for them is used up. */
    void (*flush)(void *context);
    /* The body of a refusal for which HTTP alone is the reason. It lives as long as the loop. */
    struct text (*refusal)(void *context, int http_status);
    void *context;
};

/* How long turns take; the last bucket of `turns_by_time` is for longer ones. */
enum { HTTP_TURN_BUCKETS = 10 };
extern const int64_t HTTP_TURN_BUCKETS_US[HTTP_TURN_BUCKETS];

/* Only the loop thread touches them. */
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
    uint64_t reset; /* by the client, while a request or a response was under way */
    uint64_t turns_by_time[HTTP_TURN_BUCKETS + 1];
    uint64_t busy_us;               /* of all turns together */
    uint64_t connections;           /* open now */
    uint64_t buffered_bytes;        /* held for connections now: requests half come, responses half gone */
    uint64_t responses_by_class[6]; /* [2]: 2xx, … */
};

#endif
