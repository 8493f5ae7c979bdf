/* Service: the commands by which a machine without systemd runs the agent by itself: Windows' service
 * manager has its own protocol. On POSIX there are none; the unit runs `seatmeter-agent run`. */
#ifndef SEATMETER_AGENT_SERVICE_H
#define SEATMETER_AGENT_SERVICE_H

#include "commands.h"

extern const struct command *const SERVICE_COMMANDS;
extern const size_t SERVICE_COMMAND_COUNT;

#endif
