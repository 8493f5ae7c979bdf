/* Load month: reads what a month is rated from, and what waits for its close. */
#ifndef SEATMETER_PROGRAMME_BILLING_LOAD_MONTH_H
#define SEATMETER_PROGRAMME_BILLING_LOAD_MONTH_H

#include "core/rating/bill.h"
#include "programme/call/call.h"
#include "store/engine/part.h"

struct load_month_input {
    const struct snapshot *snapshot;
    const struct programme_part *part; /* that the snapshot holds; NULL: the whole */
    struct month month;
    bool runs_on;             /* the usage is read beyond the month's end: it has not ended yet */
    int64_t under_account_id; /* only the usage of customers below this account; 0: everybody's */
    int64_t party_id;         /* only what waits on edges of this seller or buyer; 0: on every edge */
};

/* Everything that was read. It must not move while a rated_month of it is used. */
struct loaded_month {
    const struct snapshot *snapshot;
    struct month month;
    struct usage usage;
    struct usage_by_edge by_edge;
    struct bill_waiting waiting;
    const struct correction *corrections; /* of the places that wait: those that bills carry already, too */
    size_t correction_count;
    struct id_map rules;            /* of the edges on which the month is closed */
    int64_t *adjustment_agreements; /* of the month's approved reports */
    struct report_adjustment *adjustments;
    size_t adjustment_count;
};

/* Everything lives in the call's arena. Inside a transaction. */
enum status load_month(struct call *call, const struct load_month_input *input, struct loaded_month *loaded,
                       struct fault *fault) MUST_CHECK;

/* The month without corrections, as if it ended at `until_us` (0: at its end). */
enum status loaded_month_rate(const struct loaded_month *loaded, struct arena *arena, int64_t until_us,
                              struct rated_month *month, struct fault *fault) MUST_CHECK;

#endif
