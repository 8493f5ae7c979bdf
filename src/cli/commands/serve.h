/* serve: reads what `seatmeter serve` is told, and serves (service/serve.h). */
#ifndef SEATMETER_CLI_COMMANDS_SERVE_H
#define SEATMETER_CLI_COMMANDS_SERVE_H

#include "cli/command.h"
#include "cli/operator.h"

/* It is called before other threads are started. */
enum status run_serve(struct operator_session *session, const struct arguments *arguments,
                      struct fault *fault) MUST_CHECK;

#endif
