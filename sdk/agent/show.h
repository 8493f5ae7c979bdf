/* Show: what there is to know, as text for people or as JSON for programs. */
#ifndef SEATMETER_AGENT_SHOW_H
#define SEATMETER_AGENT_SHOW_H

#include "agent.h"

void show_status(struct agent *agent, bool as_json);

/* One line: "work" or "stop: words (code)". */
void show_decision(const struct sm_answer *answer);

#endif
