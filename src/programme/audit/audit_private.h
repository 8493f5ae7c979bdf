/* Audit, privately: the violations found so far and the snapshot, which all of its parts share. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_PRIVATE_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_PRIVATE_H

#include "core/rating/snapshot.h"
#include "programme/audit/audit_result.h"
#include "programme/audit/audit_store.h"
#include "programme/call/call.h"

struct audit {
    struct call *call;
    struct snapshot snapshot;
    struct violation *violations; /* room for AUDIT_VIOLATIONS_MAX */
    struct audit_store_result result;
};

/* Notes a violation; the first AUDIT_VIOLATIONS_MAX are kept, all are counted. */
void audit_found(struct audit *audit, const char *rule, struct text subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
