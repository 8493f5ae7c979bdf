/* Load: a client that sends requests made ahead of time over keep-alive connections, as fast as they are
 * answered or at a rate, and measures how long each waits. The same client for every server that is compared.
 */
#ifndef SEATMETER_TESTS_BENCH_LOAD_H
#define SEATMETER_TESTS_BENCH_LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Requests one behind the other. */
struct load_requests {
    char *bytes;
    size_t *starts; /* count + 1 */
    size_t count;
};
void load_requests_free(struct load_requests *requests);

enum { LOAD_BUCKETS = 500000, LOAD_BUCKET_NS = 4000, LOAD_FIFTHS = 5 };

struct load_result {
    uint64_t answered;
    uint64_t good;   /* with status 200 */
    uint64_t shed;   /* with status 503 */
    uint64_t broken; /* connections that ended */
    double seconds;
    double fifths[LOAD_FIFTHS]; /* seconds of each fifth of the answers, in the order in which they came */
    uint64_t body_bytes;
    uint32_t *waits; /* LOAD_BUCKETS of LOAD_BUCKET_NS each, the last for longer ones */
};
double load_wait_ms(const struct load_result *result, double share); /* 0.99: of 99 in 100 */
void load_result_free(struct load_result *result);

struct load_plan {
    in_port_t port; /* on 127.0.0.1, network order */
    int connections;
    size_t first; /* of the requests, and how many of them */
    size_t count;
    double per_second; /* 0: each connection sends as soon as it was answered; else requests are due at this
                          rate, and wait from then on */
    bool yields;       /* sleeps while there is nothing to hear (not with a rate), so that a server which has
                          its core as well gets all that is left of it */
    /* Called with every n-th body; 0: never. */
    size_t sample_every;
    void (*sample)(void *context, size_t request, const char *body, size_t length);
    void *context;
};
/* Ends the program with a message where the server cannot be reached. */
void load_run(const struct load_requests *requests, const struct load_plan *plan, struct load_result *result);

#endif
