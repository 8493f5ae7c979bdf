/* Checking: what the parts of check_store share: the violations found so far and the snapshot. */
#ifndef SEATMETER_PROGRAMME_AUDIT_AUDIT_PRIVATE_H
#define SEATMETER_PROGRAMME_AUDIT_AUDIT_PRIVATE_H

#include "programme/audit/audit_store.h"
#include "programme/billing/snapshot.h"

struct checking {
    struct call *call;
    struct snapshot snapshot;
    struct violation *violations; /* room for CHECK_VIOLATIONS_MAX */
    struct check_store_result result;
};

/* Notes a violation; the first CHECK_VIOLATIONS_MAX are kept, all are counted. */
void checking_found(struct checking *checking, const char *rule, struct text subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The log, and that licences follow from it and from the agreements above them. */
enum status check_log(struct checking *checking, struct fault *fault) MUST_CHECK;

/* Closed months, rated again; totals and taxes; what corrections left in effect; numbers. */
enum status check_invoices(struct checking *checking, struct fault *fault) MUST_CHECK;

/* Signatures, hashes and content of the update repository. */
enum status check_updates(struct checking *checking, struct fault *fault) MUST_CHECK;

#endif
