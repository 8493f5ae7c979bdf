#include "programme/audit/restore_store.h"

#include "programme/audit/audit_store.h"
#include "programme/billing/keep_months.h"
#include "programme/call/authorise.h"
#include "programme/usage/keep_usage.h"

struct auditor {
    struct backup_judge judge;
    struct call *call;
    struct text path;
};

static enum status unsound(const struct auditor *auditor, const struct audit_store_result *result,
                           enum backup_rows rows, struct fault *fault) {
    const struct violation *first = &result->violations[0];
    return fault_set(
        fault, STATUS_CONFLICT, "backup-unsound", "file", auditor->path,
        "The backup's rows break %lld rules of `seatmeter check`; the first is %.*s, %.*s: %.*s. "
        "%s Say --unsound to restore it all the same and look at it.",
        (long long)result->violation_total, TEXT_ARGS(first->rule), TEXT_ARGS(first->subject),
        TEXT_ARGS(first->message),
        rows == BACKUP_ROWS_UNDONE ? "Nothing was restored."
                                   : "Its rows are in the store: do not use it, take an empty one.");
}

/* Audits inside the restore's own transaction. */
static enum status accept_rows(struct backup_judge *judge, struct db *db, enum backup_rows rows,
                               struct fault *fault) {
    struct auditor *auditor = (struct auditor *)(void *)judge;
    struct call inside = *auditor->call;
    struct audit_store_result result;
    inside.db = db;
    inside.depth = 1;
    inside.writes = true;
    if (rows == BACKUP_ROWS_STAY) {
        /* For the audit's eyes: what they write is undone. */
        TRY(keep_months_of_before(&inside, fault));
        TRY(keep_usage_of_before(&inside, fault));
    }
    TRY(audit_store(&inside, &result, fault));
    return result.violation_total == 0 ? STATUS_OK : unsound(auditor, &result, rows, fault);
}

enum status restore_store(struct call *call, const struct restore_store_input *input,
                          struct backup_summary *summary, struct fault *fault) {
    TRY(require_operator(call, "Only the operator may restore a store.", fault));
    struct auditor auditor = {.judge = {accept_rows}, .call = call, .path = input->path};
    const struct backup_source source = {input->path, call->secret, input->take_older};
    TRY(backup_restore(call->db, &source, input->take_unsound ? NULL : &auditor.judge, summary, fault));
    TRY(keep_months_of_before(call, fault));
    return keep_usage_of_before(call, fault);
}
