#include "http/http_turn.h"

#include "machine/clock.h"

#include <assert.h>

enum { CLOCK_EVERY = 16 };

const int64_t HTTP_TURN_BUCKETS_US[HTTP_TURN_BUCKETS] = {50,   100,  250,   500,   1000,
                                                         2500, 5000, 10000, 50000, 250000};

void http_turn_flush(struct http *http) {
    assert(http->turn_used <= HTTP_TURN_BYTES);
    http->options.flush(http->options.context);
    http->turn_used = 0;
}

/* One request in CLOCK_EVERY reads the clock; the others keep what it found. */
bool http_turn_is_late(struct http *http) {
    if (++http->since_clock >= CLOCK_EVERY) {
        http->since_clock = 0;
        http->is_late = machine_monotonic_us() - http->turn_began_us > http->options.late_us;
    }
    return http->is_late;
}

void http_turn_count(struct http *http) {
    int64_t took_us = machine_monotonic_us() - http->turn_began_us;
    int bucket = 0;
    while (bucket < HTTP_TURN_BUCKETS && took_us > HTTP_TURN_BUCKETS_US[bucket]) {
        bucket++;
    }
    http->counters.turns_by_time[bucket]++;
    http->counters.busy_us += (uint64_t)took_us;
}

/* xorshift64: chance enough to spread clients. */
int http_jitter_s(struct http *http, int about_s) {
    assert(http->chance != 0); /* xorshift stays at 0 for ever */
    http->chance ^= http->chance << 13;
    http->chance ^= http->chance >> 7;
    http->chance ^= http->chance << 17;
    return about_s / 2 + (int)(http->chance % (uint64_t)(about_s + 1)) + 1;
}
