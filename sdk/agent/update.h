/* Update: finding, fetching and telling of a newer version. */
#ifndef SEATMETER_AGENT_UPDATE_H
#define SEATMETER_AGENT_UPDATE_H

#include "agent.h"

/* Whether updates are wanted and their root is known. */
bool update_is_wanted(const struct agent *agent);

/* At an activation: keeps the root of trust that the settings name (a file, or a hash of what the server has)
 * in the state directory. False with a message on standard error. */
bool update_keep_root(struct agent *agent);

/* Looks for a newer version and fetches it. SM_OK: it is there, told.ready names it; SM_UNKNOWN_TARGET: there
 * is none; else what went wrong, with a message on standard error. */
enum sm_code update_look(struct agent *agent);

/* Removes all that was fetched but the update that is ready: the lease goes before updates where the disk is
 * full. For the process that holds the lock. */
void update_make_room(struct agent *agent);

#endif
