/* The groups of subcommands, each in a file of its own, and what they share: the operator's session. */
#ifndef SEATMETER_CLI_GROUP_H
#define SEATMETER_CLI_GROUP_H

#include "cli/command.h"
#include "cli/operator.h"

extern const struct command_group completion_commands;

#endif
