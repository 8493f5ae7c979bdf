/* The audit trail: who did what to whose thing, when. Append-only; use cases write through
 * programme/call/authorise.h's audit_write. */
#ifndef SEATMETER_STORE_ACCESS_AUDIT_H
#define SEATMETER_STORE_ACCESS_AUDIT_H

#include "store/engine/db.h"
#include "store/engine/page.h"

struct audit_entry {
    int64_t id;
    int64_t at_us;
    struct text actor;          /* "operator", "user usr_…", "token tok_…", "system" */
    int64_t account_id;         /* the actor's; 0 for operator and system */
    struct text action;         /* "licence.on" */
    struct text subject;        /* "lic_…" */
    int64_t subject_account_id; /* whose thing it is */
    struct text detail;
};

/* Numbers the entry. Entries of one account's things go up in the order of their commits; of two accounts'
 * things that are written at once, the one with the lower number may be committed later. */
enum status audit_insert(struct db *db, const struct audit_entry *entry, struct fault *fault) MUST_CHECK;

/* Newest first, those before page.after_id (0: from the newest). `reader_id` 0: all; else those of the
 * account's own actors and of its own things. */
enum status audit_list(struct db *db, struct arena *arena, int64_t reader_id, struct page page,
                       struct audit_entry **entries, size_t *count, int64_t *next_after,
                       struct fault *fault) MUST_CHECK;

#endif
