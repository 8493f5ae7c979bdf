#include "service/job_runner.h"

#include "machine/clock.h"
#include "machine/random.h"
#include "programme/jobs/jobs.h"
#include "service/rounds.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOOK_EVERY_S = 1 };

struct job_runner {
    struct job_runner_options options;
    struct db *db; /* NULL while the store cannot be reached */
    struct rounds *rounds;
};

static bool is_over(void *context) {
    return rounds_are_over(context);
}

static enum status run_one(struct job_runner *runner, struct rounds *rounds, struct call *call, bool *ran,
                           struct fault *fault) {
    const struct job_watch watch = {
        .wants_pause = is_over, .context = rounds, .waits_then = true, .now_us = machine_now_us};
    if (runner->db == NULL) {
        TRY(db_open(runner->options.database_url, &runner->db, fault));
    }
    call->db = runner->db;
    return run_next_job(call, &watch, ran, fault);
}

/* True where there may be more to run at once. A connection that failed is made anew in the next round. */
static bool do_round(struct rounds *rounds, void *context) {
    struct job_runner *runner = context;
    struct fault fault;
    struct arena arena;
    bool ran = false;
    arena_init(&arena);
    struct call call = {.arena = &arena,
                        .actor = {.kind = ACTOR_SYSTEM, .rights = RIGHT_ALL},
                        .now_us = machine_now_us(),
                        .secret = runner->options.secret,
                        .random = machine_random_source(),
                        .beats = true};
    enum status status = run_one(runner, rounds, &call, &ran, &fault);
    if (status != STATUS_OK) {
        fprintf(stderr, "seatmeter: job: %s (%s)\n", fault.message, fault.code);
    }
    if (status == STATUS_INTERNAL) {
        db_close(runner->db);
        runner->db = NULL;
    }
    arena_clean_up(&arena);
    return ran && status == STATUS_OK;
}

enum status job_runner_start(const struct job_runner_options *options, struct job_runner **runner,
                             struct fault *fault) {
    struct job_runner *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    made->options = *options;
    const struct rounds_options rounds = {.apart_s = LOOK_EVERY_S, .round = do_round, .context = made};
    enum status status = rounds_start(&rounds, &made->rounds, fault);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *runner = made;
    return STATUS_OK;
}

void job_runner_stop(struct job_runner *runner) {
    if (runner == NULL) {
        return;
    }
    rounds_stop(runner->rounds);
    db_close(runner->db);
    free(runner);
}
