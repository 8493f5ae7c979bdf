/* Keep usage: fills the usage groups (store/licensing/usage_groups.h) of a store that has none. */
#ifndef SEATMETER_PROGRAMME_USAGE_KEEP_USAGE_H
#define SEATMETER_PROGRAMME_USAGE_KEEP_USAGE_H

#include "programme/call/call.h"

/* Makes all groups from the log where they are not all kept: those of a store that an older version wrote. In
 * one transaction, so that it is done or not. */
enum status keep_usage_of_before(struct call *call, struct fault *fault) MUST_CHECK;

/* Makes all groups again, whatever is there. */
enum status rebuild_usage(struct call *call, struct fault *fault) MUST_CHECK;

#endif
