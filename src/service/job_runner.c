#include "service/job_runner.h"

#include "machine/clock.h"
#include "machine/random.h"
#include "programme/jobs/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOK_EVERY_S = 1 };

struct job_runner {
    struct job_runner_options options;
    struct db *db; /* NULL while the store cannot be reached */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_over;
};

static bool is_over(void *context) {
    struct job_runner *runner = context;
    pthread_mutex_lock(&runner->lock);
    bool over = runner->is_over;
    pthread_mutex_unlock(&runner->lock);
    return over;
}

static enum status run_one(struct job_runner *runner, struct call *call, bool *ran, struct fault *fault) {
    const struct job_watch watch = {
        .wants_pause = is_over, .context = runner, .waits_then = true, .now_us = machine_now_us};
    if (runner->db == NULL) {
        TRY(db_open(runner->options.database_url, &runner->db, fault));
    }
    call->db = runner->db;
    return run_next_job(call, &watch, ran, fault);
}

/* True where there may be more to run at once. A connection that failed is made anew in the next round. */
static bool do_round(struct job_runner *runner) {
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
    enum status status = run_one(runner, &call, &ran, &fault);
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

static bool wait_for_round(struct job_runner *runner) {
    struct timespec until = machine_monotonic_deadline(LOOK_EVERY_S);
    pthread_mutex_lock(&runner->lock);
    while (!runner->is_over && pthread_cond_timedwait(&runner->ended, &runner->lock, &until) == 0) {
    }
    bool goes_on = !runner->is_over;
    pthread_mutex_unlock(&runner->lock);
    return goes_on;
}

static void *do_rounds(void *argument) {
    struct job_runner *runner = argument;
    do {
        while (!is_over(runner) && do_round(runner)) {
        }
    } while (wait_for_round(runner));
    return NULL;
}

enum status job_runner_start(const struct job_runner_options *options, struct job_runner **runner,
                             struct fault *fault) {
    struct job_runner *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    made->options = *options;
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&made->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&made->thread, NULL, do_rounds, made);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        free(made);
        return fault_set(fault, STATUS_INTERNAL, "thread-refused", NULL, TEXT(""),
                         "The machine gives no more threads.");
    }
    *runner = made;
    return STATUS_OK;
}

void job_runner_stop(struct job_runner *runner) {
    if (runner == NULL) {
        return;
    }
    pthread_mutex_lock(&runner->lock);
    runner->is_over = true;
    pthread_cond_signal(&runner->ended);
    pthread_mutex_unlock(&runner->lock);
    pthread_join(runner->thread, NULL);
    pthread_cond_destroy(&runner->ended);
    pthread_mutex_destroy(&runner->lock);
    db_close(runner->db);
    free(runner);
}
