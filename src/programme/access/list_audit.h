/* Reading the audit trail, newest first: an account's own actors' changes and those to its own things. The
 * operator reads all. */
#ifndef SEATMETER_PROGRAMME_ACCESS_LIST_AUDIT_H
#define SEATMETER_PROGRAMME_ACCESS_LIST_AUDIT_H

#include "programme/call/call.h"
#include "store/engine/page.h"

struct audit_view {
    int64_t id;
    struct text identifier; /* aud_… */
    int64_t at_us;
    struct text
        actor; /* "operator", "system", "user usr_…", "token tok_…"; of another account: "another account" */
    struct text account; /* acc_… of the actor where the reader may know of it */
    struct text action;  /* "licence.on" */
    struct text subject; /* "lic_…" */
    struct text detail;
};

struct audit_page {
    struct audit_view *items;
    size_t count;
    int64_t next_after; /* for page.after_id: what is older */
};

/* `account`: empty for all that the actor may read; the operator may name one. */
enum status list_audit(struct call *call, struct text account, struct page page, struct audit_page *out,
                       struct fault *fault) MUST_CHECK;

#endif
