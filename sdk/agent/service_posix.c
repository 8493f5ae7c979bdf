/* systemd needs nothing of us but the daemon: docs/agent.md and seatmeter-agent.service. */
#include "service.h"

#ifndef _WIN32

const struct command *const SERVICE_COMMANDS = NULL;
const size_t SERVICE_COMMAND_COUNT = 0;

#endif
