/* HTTP handler: what the loop and its handler give each other. The loop (http.h) hands over requests; the
 * handler answers each by http_respond, at once, at the end of the turn, or in a later turn. */
#ifndef SEATMETER_HTTP_HTTP_HANDLER_H
#define SEATMETER_HTTP_HTTP_HANDLER_H

#include "http/http_message.h"
#include "machine/client_address.h"

#include <stdatomic.h>
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
    struct text body; /* empty where bodies are streamed */
    struct client_address peer;
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

/* A door that streams bodies is given a request in steps, and answers with bytes of its own.
 *
 * `head` is called when a head has come, with texts that hold until it returns. It says what becomes of the
 * body, or has answered. Its `*owner` comes back with every further call. `piece` is called for each piece of
 * the body, and `whole` when all of it has come; where there is none, right after `head`. `ended` is called
 * once for each owner, when its answer has gone or its connection was cut; it may be called while the request
 * is the door's, once the door has answered, never before. */
enum http_body_step {
    HTTP_BODY_TAKE,    /* it may come */
    HTTP_BODY_WAIT,    /* not before http_take_body; until then the request is the door's */
    HTTP_BODY_ANSWERED /* http_send was called: nothing of the body is taken, and the connection ends */
};
struct http_streams {
    enum http_body_step (*head)(void *context, struct http_exchange *exchange,
                                const struct http_request *request, void **owner);
    /* False: the request is refused and answered by http_send already, or to be cut. */
    bool (*piece)(void *owner, struct text bytes);
    void (*whole)(void *owner);
    void (*ended)(void *owner, bool was_cut);
};

/* An answer as bytes. They and the file are the door's and hold until `ended`. */
struct http_sending {
    struct text head;
    struct text body;
    int file; /* −1: none; else its bytes are sent behind the body */
    int64_t file_at;
    int64_t file_left;
};
void http_send(struct http_exchange *exchange, struct http_sending *sending, bool closes);

/* Whether the connection will end with the answer, as its client or the loop wants it. */
bool http_closes(const struct http_exchange *exchange);

/* The body may come; it has so much longer than a short one. On the loop's thread. */
void http_take_body(struct http_exchange *exchange, int64_t more_us);

/* Counters that other threads read. */
struct http_shared_counters {
    atomic_llong connections; /* open now */
    atomic_llong evicted;
    atomic_llong turned_away;
    atomic_llong malformed;
};

/* "404 Not Found" */
const char *http_status_words(int status);

/* Writes a Date header with its line end, and returns where that ends. */
enum { HTTP_DATE_BYTES = 40 };
char *http_put_date(char *at);

struct http_options {
    int listen_fd; /* non-blocking; http_run does not close it */
    uint32_t connections_max;
    uint32_t
        of_address_max;    /* connections of one client's address that is not this machine's; 0: any number */
    int send_buffer_bytes; /* that the system keeps of an answer for a client that is slow to read; 0: its own
                              choice */
    bool counts_this_machine; /* of_address_max holds for its own connections too */
    struct http_limits limits;
    const struct http_streams *streams; /* NULL: a request is taken whole and given to `request` */
    int64_t slowest_bytes_per_s; /* a response has so much longer than send_us as its bytes take at this; 0:
                                    no longer */
    int64_t idle_us;             /* between requests */
    int64_t head_us;             /* from the first byte to the end of the head */
    int64_t body_us;             /* from there to the end of the body */
    int64_t send_us;             /* for the client to take a response */
    int64_t late_us;             /* how long a request may have waited in a turn */
    /* Takes a complete request, which it answers by http_respond, now or later, or detaches. */
    void (*request)(void *context, struct http_exchange *exchange, const struct http_request *request);
    /* Called when the turn's requests have all been handed over, and when the room for them is used up. */
    void (*flush)(void *context);
    /* The body of a refusal for which HTTP alone is the reason. It lives as long as the loop. */
    struct text (*refusal)(void *context, int http_status);
    const char *refusal_type;            /* NULL: JSON */
    struct http_shared_counters *shared; /* NULL: none */
    void *context;
};

/* How long turns take; the last bucket of `turns_by_time` is for longer ones. */
enum { HTTP_TURN_BUCKETS = 10 };
extern const int64_t HTTP_TURN_BUCKETS_US[HTTP_TURN_BUCKETS];

/* Only the loop thread touches them. */
struct http_counters {
    uint64_t accepted;
    uint64_t refused_connections; /* beyond a bound */
    uint64_t evicted;             /* closed, the longest idle or slow ones, for others to find a place */
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
