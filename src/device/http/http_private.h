/* The loop's own state, shared by its two files and shown to nobody else. */
#ifndef SEATMETER_DEVICE_HTTP_HTTP_PRIVATE_H
#define SEATMETER_DEVICE_HTTP_HTTP_PRIVATE_H

#include "device/http/http.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum {
    HTTP_READ_BYTES = 8192,          /* of one read; a check-in has some 600 */
    HTTP_TURN_BYTES = 256 * 1024,    /* of requests that wait for the turn's end */
    HTTP_RESPONSE_HEAD_BYTES = 1024, /* room for the head in front of an answer's body */
    HTTP_WATCHES_MAX = 4,
    HTTP_ACCEPTS_MAX = 256 /* in one turn */
};

enum http_phase {
    PHASE_FREE,
    PHASE_IDLE,     /* between requests */
    PHASE_HEAD,     /* a head has begun */
    PHASE_BODY,     /* and is there */
    PHASE_HANDLING, /* the request is the handler's */
    PHASE_SENDING,  /* the client takes its time to read */
    PHASE_LINGERING /* refused: the rest of what it sends is dropped, so that it can read why */
};

struct http_exchange {
    struct http *http;
    int fd; /* −1: the client has gone, the handler has yet to answer */
    uint32_t generation;
    uint8_t phase;
    bool is_local;
    bool may_read;    /* there may be more to read than was read */
    bool has_ended;   /* the client will send no more */
    bool is_listed;   /* in `again` */
    bool closes;      /* after the answer */
    bool was_refused; /* there may be more of it to come */
    bool was_told_to_continue;
    bool watches_out;
    bool request_is_own; /* the request under way stands in `in`, else in the turn's room */
    struct http_message message;
    char *in; /* in[in_start … in_length) has come and is not handled; NULL: nothing */
    uint32_t in_start;
    uint32_t in_length;
    uint32_t in_size;
    char *out; /* out[out_sent … out_length) is still to be sent; NULL: nothing */
    uint32_t out_sent;
    uint32_t out_length;
};

struct http_watch {
    int fd;
    void (*readable)(void *context);
    void *context;
};

struct http {
    struct http_options options;
    struct http_counters counters;
    int epoll_fd;
    int wake_fd;
    int spare_fd; /* given up to turn a connection away when the process has no descriptor left */
    atomic_bool is_stopping;
    bool is_closing;
    int64_t turn_by_us; /* the next turn waits no longer for an event; INT64_MAX: nobody has asked */
    int64_t turn_began_us;
    int64_t swept_at_us;
    uint32_t since_clock; /* requests since the clock was read */
    bool is_late;
    uint64_t chance;

    struct http_exchange *exchanges; /* connections_max */
    int64_t *deadlines_us;           /* beside them, as they are looked through often; 0: none */
    uint32_t *free_slots;
    uint32_t free_count;
    uint32_t *again; /* connections that have something to do without an event */
    uint32_t again_count;
    uint32_t *again_now;
    struct epoll_event *events;
    int events_max;
    struct http_watch watches[HTTP_WATCHES_MAX];
    int watch_count;

    struct http_known_heads known;
    char *turn; /* requests of this turn */
    size_t turn_used;
    char *out; /* HTTP_RESPONSE_HEAD_BYTES for the head, then the body */
    size_t out_size;
    char head[256]; /* of an answer 200 with JSON, up to its length; of this second */
    size_t head_length;
    int64_t head_second;
};

/* http_connection.c */
void exchange_open(struct http *http, int fd, bool is_local);
void exchange_work(struct http_exchange *exchange); /* reads and parses what there is */
void exchange_event(struct http_exchange *exchange, uint32_t events);
void exchange_close(struct http_exchange *exchange);
void exchange_expire(struct http_exchange *exchange); /* its deadline has passed */
/* Sends an answer whole, now or as the client takes it. */
void exchange_send(struct http_exchange *exchange, const char *at, size_t length);
static inline uint32_t exchange_index(const struct http_exchange *exchange) {
    return (uint32_t)(exchange - exchange->http->exchanges);
}
/* http_response.c: the bytes (in http->out) of a refusal, for a connection that is not taken in. */
size_t http_refusal_write(struct http *http, int http_status);

void http_flush(struct http *http);

#endif
