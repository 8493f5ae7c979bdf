/* Run: the daemon's loop. */
#ifndef SEATMETER_AGENT_RUN_H
#define SEATMETER_AGENT_RUN_H

#include "agent.h"

/* Opens the agent, takes the lock and goes round until it is told to stop; the exit status. */
int run_daemon(struct agent *agent);

/* A time from now in milliseconds, up to a tenth more or less. */
int64_t run_jittered_ms(int64_t seconds);

#endif
