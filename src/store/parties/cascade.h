/* Cascade: what an agreement's suspension or end does to everything below it, in a few statements.
 *
 * A million licences are changed where they are, set by set, and never loaded; the log gets one event for
 * each. */
#ifndef SEATMETER_STORE_PARTIES_CASCADE_H
#define SEATMETER_STORE_PARTIES_CASCADE_H

#include "store/engine/db.h"

/* Every licence at or below an account; with a vendor, only those of the vendor's own SKUs. */
struct licence_scope {
    int64_t account_id;
    int64_t vendor_id; /* 0: all */
};

/* Suspends (or resumes) every licence of the scope that is not retired: one event each, caused by the
 * agreement, and the count of suspensions one up (or down). `*count` is how many. */
enum status licence_scope_suspend(struct db *db, struct licence_scope scope, int64_t agreement_id,
                                  int64_t now_us, int64_t *count, struct fault *fault) MUST_CHECK;
enum status licence_scope_resume(struct db *db, struct licence_scope scope, int64_t agreement_id,
                                 int64_t now_us, int64_t *count, struct fault *fault) MUST_CHECK;

/* What of the scope would count other seats after a suspension (or its end), or after all of it was turned
 * off, and how many: by customer, SKU, id. */
enum scope_step { SCOPE_STOPS, SCOPE_RESUMES };
struct scope_licence {
    int64_t id;
    int64_t customer_id;
    int64_t sku_id;
    int64_t seats; /* that would count */
    int64_t first_edge;
    int64_t last_edge;
    int64_t last_event_at_us;
};
enum status licence_scope_counts(struct db *db, struct arena *arena, struct licence_scope scope,
                                 enum scope_step step, struct scope_licence **licences, size_t *count,
                                 struct fault *fault) MUST_CHECK;

/* How many licences of the scope are not retired. */
enum status licence_scope_size(struct db *db, struct licence_scope scope, int64_t *count,
                               struct fault *fault) MUST_CHECK;

/* Turns off what is on, with an event each, retires everything and gives its seats back to the blocks. */
enum status licence_scope_retire(struct db *db, struct licence_scope scope, int64_t now_us, int64_t *count,
                                 struct fault *fault) MUST_CHECK;

/* Closes the open blocks of the providers of the scope; with a vendor, those of its SKUs. */
enum status licence_scope_close_blocks(struct db *db, struct licence_scope scope,
                                       struct fault *fault) MUST_CHECK;

/* Terminates the agreements below the account: its buyers', theirs, and so on. `*count` is how many. */
enum status agreements_terminate_below(struct db *db, int64_t account_id, int64_t now_us, int64_t *count,
                                       struct fault *fault) MUST_CHECK;

#endif
