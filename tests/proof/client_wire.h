/* Many connections to one address from one thread: epoll, HTTP/1.1 keep-alive, pipelining where asked for.
 *
 * A connection that is lost is made again; whoever waited on it is told, and says what to do. */
#ifndef TESTS_PROOF_CLIENT_WIRE_H
#define TESTS_PROOF_CLIENT_WIRE_H

#include "client_protocol.h"

enum { REQUEST_BYTES = 2048, PIPELINE_MAX = 64 };

/* What a request was for. */
struct task {
    uint32_t device;
    uint8_t kind;
    uint64_t begun_ns; /* when it was due */
};

struct answer {
    int status;
    int retry_after_s; /* -1: none */
    struct slice body;
};

struct wire_handler {
    void *context;
    /* Writes a whole request and says what for; 0: nothing to ask now. */
    size_t (*next)(void *context, char out[REQUEST_BYTES], struct task *task);
    void (*answered)(void *context, const struct task *task, const struct answer *answer);
    void (*lost)(void *context, const struct task *task); /* no answer came */
    bool (*is_over)(void *context, uint64_t now_ns, size_t under_way);
};

struct wire_counts {
    uint64_t connected;
    uint64_t failed; /* refused or broken while connecting */
    uint64_t lost;   /* ended by the other side with requests under way */
};

uint64_t clock_ns(void); /* CLOCK_MONOTONIC */

/* Runs until the handler says it is over. `address` is HOST:PORT, HOST a number. */
struct wire_counts wire_run(const char *address, size_t connections, size_t pipeline,
                            const struct wire_handler *handler);

/* One request on a connection of its own; the body into `out`. -1 where nothing came. */
int wire_ask(const char *address, const char *request, size_t length, char *out, size_t size,
             size_t *body_length);

/* A POST with a JSON body, or a GET where body is NULL. */
size_t wire_request(const char *target, const char *body, size_t length, char out[REQUEST_BYTES]);

#endif
