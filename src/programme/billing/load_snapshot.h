/* Load snapshot: reads the whole programme into core's snapshot. */
#ifndef SEATMETER_PROGRAMME_BILLING_LOAD_SNAPSHOT_H
#define SEATMETER_PROGRAMME_BILLING_LOAD_SNAPSHOT_H

#include "core/rating/snapshot.h"
#include "programme/call/call.h"

/* Reads everything into the call's arena. snapshot_close gives the time zones back, after a failure too. */
enum status snapshot_load(struct call *call, struct snapshot *snapshot, struct fault *fault) MUST_CHECK;

#endif
