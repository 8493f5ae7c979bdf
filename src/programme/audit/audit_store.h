/* Audit store: holds everything in the store against everything that it should follow from.
 *
 * The log has no gaps; licences follow from their events; seats stay within blocks; every closed month is
 * rated again from events, prices and adjustments by the same pure functions and must give the same cent;
 * totals, taxes, ledger, numbers and states agree; no seat is held twice or beyond what its licence had.
 * Streams, so that it works on a million licences. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_STORE_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_STORE_H

#include "programme/audit/audit_result.h"
#include "programme/call/call.h"

/* For the operator alone. STATUS_OK with violations listed; a fault only where it could not look. */
enum status audit_store(struct call *call, struct audit_store_result *result, struct fault *fault) MUST_CHECK;

#endif
