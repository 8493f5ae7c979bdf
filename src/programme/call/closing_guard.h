/* Closing guard: while a close works on a month of an edge, nothing that its bill is made of changes
 * (R7.25).
 *
 * It takes no longer than the close, which goes on by itself or is paused: then the month thaws. Inside
 * call_run. */
#ifndef SEATMETER_PROGRAMME_CALL_CLOSING_GUARD_H
#define SEATMETER_PROGRAMME_CALL_CLOSING_GUARD_H

#include "core/time/date.h"
#include "programme/call/call.h"

/* Fault "month-closing" (STATUS_CONFLICT). */
enum status month_is_closing(const struct call *call, struct month month, const char *field,
                             struct fault *fault) MUST_CHECK;

/* The same where any month is closing between a seller and a buyer; buyer 0: on any of the seller's edges. */
enum status refuse_while_closing(const struct call *call, int64_t seller_id, int64_t buyer_id,
                                 const char *field, struct fault *fault) MUST_CHECK;

#endif
