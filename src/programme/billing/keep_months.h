/* Keep months: writes down the midnights of the months that are closed, so that what time zone data says
 * later changes nothing of them (R7.16). */
#ifndef SEATMETER_PROGRAMME_BILLING_KEEP_MONTHS_H
#define SEATMETER_PROGRAMME_BILLING_KEEP_MONTHS_H

#include "programme/call/call.h"

/* Keeps those that earlier programs closed, as today's data has them: what an upgrade and a restore end with.
 */
enum status keep_months_of_before(struct call *call, struct fault *fault) MUST_CHECK;

#endif
