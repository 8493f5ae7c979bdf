/* A call of the operator's on a benchmark's store (struct call), with randomness from a seed and a secret
 * that is none, so that the same run gives the same store on every machine. What goes wrong ends the program
 * with a message. */
#ifndef SEATMETER_TESTS_BENCH_BENCH_CALL_H
#define SEATMETER_TESTS_BENCH_BENCH_CALL_H

#include "bench_places.h"

#include "core/base/rng.h"
#include "programme/call/call.h"

struct bench_call {
    struct random_source source;
    struct rng rng;
    struct arena arena;
    struct call call;
};

void bench_call_open(struct bench_call *bench, const struct place *place, int64_t now_us);
void bench_call_close(struct bench_call *bench);

/* Ends the program unless `status` is OK. */
void bench_must(enum status status, const struct fault *fault);

#endif
