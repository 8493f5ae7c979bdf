/* HTTP turn: the loop's own state, which http_response, http_connection and http share, and the few steps of
 * a turn that all of them take. */
#ifndef SEATMETER_HTTP_HTTP_TURN_H
#define SEATMETER_HTTP_HTTP_TURN_H

#include "http/http_chunks.h"
#include "http/http_handler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum {
    HTTP_READ_BYTES = 8192,          /* of one read; a check-in has some 600 */
    HTTP_TURN_BYTES = 256 * 1024,    /* for requests that wait for the end of the turn */
    HTTP_RESPONSE_HEAD_BYTES = 1024, /* room for the head in front of a response's body */
    HTTP_WATCHES_MAX = 4,
    HTTP_ACCEPTS_MAX = 256, /* in one turn */
    HTTP_ADDRESS_COUNTS = 65536
};

enum http_phase {
    PHASE_FREE,
    PHASE_IDLE,     /* between requests */
    PHASE_HEAD,     /* a head has begun */
    PHASE_BODY,     /* the head is complete */
    PHASE_HANDLING, /* the request is the handler's */
    PHASE_SENDING,  /* the client takes its time to read the response */
    PHASE_LINGERING /* refused: input is dropped until the client has read why */
};

struct http_exchange {
    struct http *http;
    int fd; /* −1: the client has gone, and the handler has yet to answer */
    uint32_t generation;
    uint8_t phase;
    struct client_address peer;
    uint32_t address_count; /* where its address is counted; UINT32_MAX: nowhere */
    int64_t since_us;       /* in this phase */
    void *owner;            /* the streaming door's; NULL: none */
    struct http_chunks chunks;
    uint64_t body_left;
    struct http_sending *sending; /* NULL: none */
    bool may_read;                /* there may be more to read than was read */
    bool has_ended;               /* the client will send no more */
    bool is_listed;               /* in `again` */
    bool closes;                  /* after the response */
    bool was_refused;             /* more of the refused request may be to come */
    bool was_told_to_continue;
    bool watches_out;
    bool request_is_own; /* the request under way stands in `in`; else in the turn's room */
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
    int64_t turn_by_us; /* when the next turn begins at the latest; INT64_MAX: nobody has asked */
    int64_t turn_began_us;
    int64_t deadlines_checked_at_us;
    uint32_t since_clock; /* requests since the clock was read */
    bool is_late;
    uint64_t chance;

    uint16_t *address_counts; /* connections by their address's keyed hash */
    unsigned char address_key[16];
    uint32_t hand;                   /* where the search for a connection to close begins */
    struct http_exchange *exchanges; /* connections_max */
    int64_t *deadlines_us; /* of the exchange at the same index; 0: none. Apart, as they are scanned often */
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
    char head[256]; /* of a response 200 with JSON, up to its length; of this second */
    size_t head_length;
    int64_t head_second;
};

#define HTTP_SHARE(http, counter, more)                                                                      \
    do {                                                                                                     \
        if ((http)->options.shared != NULL) {                                                                \
            atomic_fetch_add_explicit(&(http)->options.shared->counter, more, memory_order_relaxed);         \
        }                                                                                                    \
    } while (0)

static inline uint32_t exchange_index(const struct http_exchange *exchange) {
    return (uint32_t)(exchange - exchange->http->exchanges);
}

/* Has the handler flush, and gives the turn's room free for further requests. */
void http_turn_flush(struct http *http);

/* Whether the turn has gone on for so long that the requests left in it have waited too long. To be asked
 * once a request. */
bool http_turn_is_late(struct http *http);

/* Adds the turn to the counters when it ends. */
void http_turn_count(struct http *http);

#endif
