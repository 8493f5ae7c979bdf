/* Hook: a program of the machine's owner that is told what has changed.
 *
 * It is started directly, never through a shell, with the facts in environment variables and no arguments, in
 * a process group of its own (Windows: a job) that ends with it: at its end, at its time limit, or when the
 * agent is to stop. Its standard input is empty; what it writes goes where the agent's own messages go. */
#ifndef SEATMETER_AGENT_HOOK_H
#define SEATMETER_AGENT_HOOK_H

#include "signals.h"

#include <stddef.h>

/* The environment that is given to the hook: the agent's own PATH, HOME, LANG and so on, without any
 * SEATMETER_ variable, and the facts. */
enum { HOOK_FACTS_MAX = 32, HOOK_FACT_BYTES = 4700 };
struct hook_facts {
    char facts[HOOK_FACTS_MAX][HOOK_FACT_BYTES]; /* NAME=value */
    size_t count;
};

/* What is longer than a fact may be is cut off. */
void hook_fact(struct hook_facts *facts, const char *name, const char *value);
void hook_fact_number(struct hook_facts *facts, const char *name, int64_t value);

enum hook_end { HOOK_DONE, HOOK_FAILED, HOOK_TIMED_OUT, HOOK_STOPPED };

/* Runs the program and waits for its end; done means exit status 0. Says on standard error what went wrong.
 * Each platform has its own. */
enum hook_end hook_run(const char *program, const struct hook_facts *facts, int64_t time_limit_s,
                       struct signals *signals);

/* Says that it took too long. */
enum hook_end hook_timed_out(const char *program, int64_t time_limit_s);

#endif
