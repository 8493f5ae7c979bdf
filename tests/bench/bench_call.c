#include "bench_call.h"

#include "rng_arrays.h"

#include <stdio.h>
#include <stdlib.h>

enum { RANDOM_SEED = 11 };

static const unsigned char SECRET[PROGRAMME_SECRET_BYTES] = {7};

void bench_must(enum status status, const struct fault *fault) {
    if (status != STATUS_OK) {
        fprintf(stderr, "benchmark: %s: %s\n", fault->code, fault->message);
        exit(1);
    }
}

static void fill_from_seed(struct random_source *source, void *bytes, size_t size_bytes) {
    rng_fill(&((struct bench_call *)source)->rng, bytes, size_bytes);
}

void bench_call_open(struct bench_call *bench, const struct place *place, int64_t now_us) {
    struct fault fault;
    *bench = (struct bench_call){.source = {fill_from_seed}};
    bench->call = (struct call){.arena = &bench->arena,
                                .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
                                .now_us = now_us,
                                .secret = SECRET,
                                .random = &bench->source};
    rng_seed(&bench->rng, RANDOM_SEED);
    arena_init(&bench->arena);
    bench_must(db_open(text_of(place->url), &bench->call.db, &fault), &fault);
}

void bench_call_close(struct bench_call *bench) {
    db_close(bench->call.db);
    arena_clean_up(&bench->arena);
}
