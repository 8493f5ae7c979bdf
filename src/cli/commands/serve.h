/* serve: both doors in one process, each on threads of its own, until SIGINT or SIGTERM. */
#ifndef SEATMETER_CLI_COMMANDS_SERVE_H
#define SEATMETER_CLI_COMMANDS_SERVE_H

#include "cli/command.h"
#include "cli/operator.h"

/* Writes "Listening on URL" and "Devices at URL" to standard error. To be called before other threads are
 * started. */
enum status run_serve(struct operator_session *session, const struct arguments *arguments,
                      struct fault *fault) MUST_CHECK;

#endif
