/* Rounds: a thread that does something again and again, so many seconds apart, until it is stopped.
 *
 * It takes no signals, and a wall clock that is set does not keep it waiting. */
#ifndef SEATMETER_SERVICE_ROUNDS_H
#define SEATMETER_SERVICE_ROUNDS_H

#include "core/base/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct rounds;

struct rounds_options {
    int64_t apart_s;
    bool waits_first; /* the first round comes after a wait */
    /* True where the next round is to follow at once. */
    bool (*round)(struct rounds *rounds, void *context);
    void *context;
};

/* Fault "thread-refused". */
enum status rounds_start(const struct rounds_options *options, struct rounds **rounds,
                         struct fault *fault) MUST_CHECK;

/* Whether they were told to stop: a long round may look. */
bool rounds_are_over(struct rounds *rounds);

/* Returns when the last round has ended, and frees. NULL is fine. */
void rounds_stop(struct rounds *rounds);

#endif
