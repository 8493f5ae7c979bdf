/* Commands: what the agent's first argument names. */
#ifndef SEATMETER_AGENT_COMMANDS_H
#define SEATMETER_AGENT_COMMANDS_H

#include "agent.h"

struct command {
    const char *name;
    const char *argument; /* NULL: none */
    const char *help;
    int (*run)(struct agent *agent, const char *argument); /* gives the exit status */
    bool begins_itself; /* without settings and signals, of which it takes what it needs by itself */
};

extern const struct command COMMANDS[];
extern const size_t COMMAND_COUNT;

#endif
