/* The update repository as a client would see it, against what is released. */
#include "programme/audit/audit_updates.h"

#include "programme/delivery/verify_updates.h"

static void note_violation(void *context, struct text role, struct text message) {
    audit_found(context, "updates-untrusted", role, "%.*s", TEXT_ARGS(message));
}

enum status audit_updates(struct audit *audit, struct fault *fault) {
    int64_t files = 0;
    return update_repository_check(audit->call, note_violation, audit, &files, fault);
}
