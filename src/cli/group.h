/* The groups of subcommands, each in a file of its own, and what they share: the operator's session. */
#ifndef SEATMETER_CLI_GROUP_H
#define SEATMETER_CLI_GROUP_H

#include "cli/command.h"
#include "cli/operator.h"

extern const struct command_group account_commands;
extern const struct command_group catalogue_commands;
extern const struct command_group licence_commands;
extern const struct command_group release_commands;
extern const struct command_group move_commands;
extern const struct command_group preview_commands;
extern const struct command_group device_commands;
extern const struct command_group key_commands;
extern const struct command_group report_commands;
extern const struct command_group billing_commands;
extern const struct command_group job_commands;
extern const struct command_group user_commands;
extern const struct command_group operation_commands;
extern const struct command_group completion_commands;
extern const struct command_group manual_commands;

#endif
