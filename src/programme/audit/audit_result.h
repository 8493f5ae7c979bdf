/* Audit result: what an audit found wrong, and how much it looked at. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_RESULT_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_RESULT_H

#include "core/base/text.h"

#include <stdint.h>

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

#endif
