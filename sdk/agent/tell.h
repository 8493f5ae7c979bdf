/* Tell: runs the hook for what has changed since it was last told, and keeps what it was told. */
#ifndef SEATMETER_AGENT_TELL_H
#define SEATMETER_AGENT_TELL_H

#include "agent.h"

/* Tells of a changed decision, a new lease and a ready update, each by a start of the hook of its own. False
 * where a hook did not do its part: it is to be told again later. Without a hook it is enough to note what
 * is. */
bool tell_changes(struct agent *agent, const struct sm_answer *answer);

#endif
