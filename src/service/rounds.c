#include "service/rounds.h"

#include "machine/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct rounds {
    struct rounds_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool are_over;
};

bool rounds_are_over(struct rounds *rounds) {
    pthread_mutex_lock(&rounds->lock);
    bool over = rounds->are_over;
    pthread_mutex_unlock(&rounds->lock);
    return over;
}

/* False where there is no next round. */
static bool wait_for_round(struct rounds *rounds) {
    struct timespec until = machine_monotonic_deadline(rounds->options.apart_s);
    pthread_mutex_lock(&rounds->lock);
    while (!rounds->are_over && pthread_cond_timedwait(&rounds->told, &rounds->lock, &until) == 0) {
    }
    bool goes_on = !rounds->are_over;
    pthread_mutex_unlock(&rounds->lock);
    return goes_on;
}

static void *do_rounds(void *argument) {
    struct rounds *rounds = argument;
    bool goes_on = !rounds->options.waits_first || wait_for_round(rounds);
    while (goes_on) {
        bool at_once = rounds->options.round(rounds, rounds->options.context);
        goes_on = at_once ? !rounds_are_over(rounds) : wait_for_round(rounds);
    }
    return NULL;
}

static void free_rounds(struct rounds *rounds) {
    pthread_cond_destroy(&rounds->told);
    pthread_mutex_destroy(&rounds->lock);
    free(rounds);
}

enum status rounds_start(const struct rounds_options *options, struct rounds **rounds, struct fault *fault) {
    struct rounds *made = calloc(1, sizeof *made);
    if (made == NULL) {
        abort();
    }
    made->options = *options;
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&made->told, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&made->thread, NULL, do_rounds, made);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        free_rounds(made);
        return fault_set(fault, STATUS_INTERNAL, "thread-refused", NULL, TEXT(""),
                         "The machine gives no more threads.");
    }
    *rounds = made;
    return STATUS_OK;
}

void rounds_stop(struct rounds *rounds) {
    if (rounds == NULL) {
        return;
    }
    pthread_mutex_lock(&rounds->lock);
    rounds->are_over = true;
    pthread_cond_signal(&rounds->told);
    pthread_mutex_unlock(&rounds->lock);
    pthread_join(rounds->thread, NULL);
    free_rounds(rounds);
}
