/* Audit store: holds everything in the store against everything that it should follow from.
 *
 * The log has no gaps; licences follow from their events; seats stay within blocks; every closed month is
 * rated again from events, prices and adjustments by the same pure functions and must give the same cent;
 * totals, taxes, ledger, numbers and states agree; no seat is held twice or beyond what its licence had.
 * Streams, so that it works on a million licences. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_STORE_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_STORE_H

#include "programme/call/call.h"

struct violation {
    struct text rule;    /* stable, lower-case words with hyphens: "event-gap" */
    struct text subject; /* "event 17", "lic_…", "inv_…" */
    struct text message; /* what is wrong and what it should be */
};

enum { AUDIT_VIOLATIONS_MAX = 1000 };

struct audit_store_result {
    const struct violation *violations; /* the first AUDIT_VIOLATIONS_MAX */
    size_t count;
    int64_t violation_total;
    int64_t events_checked;
    int64_t licences_checked;
    int64_t invoices_checked;
    int64_t lines_checked;
    int64_t postings_checked;
};

/* For the operator alone. STATUS_OK with violations listed; a fault only where it could not look. */
enum status audit_store(struct call *call, struct audit_store_result *result, struct fault *fault) MUST_CHECK;

#endif
