#include "programme/usage/keep_usage.h"

#include "programme/call/authorise.h"
#include "store/licensing/usage_groups.h"

static enum status do_keep(struct call *call, const void *input, void *output, struct fault *fault) {
    bool kept = false;
    (void)input;
    (void)output;
    TRY(usage_groups_are_kept(call->db, &kept, fault));
    return kept ? STATUS_OK : usage_groups_rebuild_all(call->db, fault);
}

enum status keep_usage_of_before(struct call *call, struct fault *fault) {
    return call_run(call, DB_WRITE, do_keep, NULL, NULL, fault);
}

static enum status do_rebuild(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)input;
    (void)output;
    TRY(require_operator(call, "Only the operator may make the usage groups again.", fault));
    TRY(usage_groups_rebuild_all(call->db, fault));
    return audit_write(call, "usage.rebuild", TEXT("usage_groups"), 0, TEXT(""), fault);
}

enum status rebuild_usage(struct call *call, struct fault *fault) {
    return call_run(call, DB_WRITE, do_rebuild, NULL, NULL, fault);
}
