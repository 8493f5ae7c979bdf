/* Load snapshot: reads the programme, or what of it a question about one account needs, into core's snapshot.
 */
#ifndef SEATMETER_PROGRAMME_BILLING_LOAD_SNAPSHOT_H
#define SEATMETER_PROGRAMME_BILLING_LOAD_SNAPSHOT_H

#include "core/rating/snapshot.h"
#include "programme/call/call.h"
#include "store/engine/part.h"

/* Reads a part, or everything (NULL), into the call's arena. Of a part whose edges are those of one party
 * each of these edges is rated as it would be in the whole. snapshot_close gives the time zones back, after a
 * failure too. */
enum status snapshot_load(struct call *call, const struct programme_part *part, struct snapshot *snapshot,
                          struct fault *fault) MUST_CHECK;

#endif
