/* Months: how far each edge's billing periods have come, and what the past of a licence may still take.
 *
 * A month without a row is open. A month of an edge is frozen for events once its report is submitted or
 * approved, or once a close has taken hold of it or has closed it; so is every month before it, because seats
 * turned on then would count in it. */
#ifndef SEATMETER_STORE_BILLING_MONTHS_H
#define SEATMETER_STORE_BILLING_MONTHS_H

#include "core/rating/rules.h"
#include "core/time/date.h"
#include "core/usage/report.h"
#include "store/engine/db.h"

enum { MONTH_NONE = -1 };

enum status month_state_load(struct db *db, int64_t agreement_id, struct month month, enum month_state *state,
                             struct fault *fault) MUST_CHECK;

/* `closed_at_us` counts for MONTH_CLOSED alone. A month is closed by the present rules (core/rating/rules.h).
 */
enum status month_state_save(struct db *db, int64_t agreement_id, struct month month, enum month_state state,
                             int64_t closed_at_us, struct fault *fault) MUST_CHECK;

/* An edge's month that closes, and how its usage was billed. */
struct edge_closing {
    int64_t agreement_id;
    enum usage_billing usage_billing;
};

/* Closes the month on an edge, which may have no row for it yet. */
enum status month_close_save(struct db *db, struct month month, struct edge_closing closed,
                             int64_t closed_at_us, struct fault *fault) MUST_CHECK;

/* Closes it on edges on which it is closing; others stay as they are. */
enum status months_close(struct db *db, struct month month, const struct edge_closing *closed, size_t count,
                         int64_t closed_at_us, struct fault *fault) MUST_CHECK;

/* Takes hold of the month on edges for a close, but where it is closed: the month is closing until it is
 * closed or thaws. */
enum status months_freeze(struct db *db, struct month month, const int64_t *agreement_ids, size_t count,
                          struct fault *fault) MUST_CHECK;

/* Lets go of it where it is closing: it is again what it was. */
enum status months_thaw(struct db *db, struct month month, const int64_t *agreement_ids, size_t count,
                        struct fault *fault) MUST_CHECK;

/* Lets go of up to `limit` months that are closing, whichever; `*count` is how many there were. */
enum status months_thaw_any(struct db *db, int64_t limit, int64_t *count, struct fault *fault) MUST_CHECK;

/* The last month that is closing between a seller and a buyer (0: any of its buyers); index MONTH_NONE where
 * none is. */
enum status month_closing_of_pair(struct db *db, int64_t seller_id, int64_t buyer_id, struct month *month,
                                  struct fault *fault) MUST_CHECK;

/* The last month that is closed on an edge, or closing; index MONTH_NONE where none is. */
enum status month_last_closed(struct db *db, int64_t agreement_id, struct month *month,
                              struct fault *fault) MUST_CHECK;

/* The rules that an edge's month was closed by; 0 where it is not closed. */
enum status month_rules_load(struct db *db, int64_t agreement_id, struct month month, int64_t *rules,
                             struct fault *fault) MUST_CHECK;

/* Refuses a version that this program does not know. */
enum status month_rules_check(int64_t rules, struct fault *fault) MUST_CHECK;

/* How far one edge of a licence's path is frozen. */
struct edge_frozen {
    int64_t agreement_id;
    struct text time_zone;
    struct month last_closed;   /* or closing; index MONTH_NONE where none is */
    struct month last_reported; /* submitted or approved */
};

/* The frozen edges of the path of a customer's licence: every edge above the customer, and the edges of the
 * vendors of the licence's SKU and of its parts'. Edges on which nothing is frozen are left out. */
enum status months_frozen(struct db *db, struct arena *arena, int64_t customer_id, int64_t licence_id,
                          struct edge_frozen **edges, size_t *count, struct fault *fault) MUST_CHECK;

#endif
