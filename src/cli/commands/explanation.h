/* Explanation: why a line of a document says what it says, as text. */
#ifndef SEATMETER_CLI_COMMANDS_EXPLANATION_H
#define SEATMETER_CLI_COMMANDS_EXPLANATION_H

#include "programme/billing/explain_line.h"

void explanation_print(struct arena *arena, const struct line_explanation *explanation);

#endif
