/* Correction: what should have been charged for a closed month, on one edge of the path.
 *
 * Whoever gives a correction gives it once, and every edge of the path gets one of its own. It binds its edge
 * once the edge's seller has accepted it; the edge's next close carries the difference. It says either units,
 * or from when on a licence should have counted how many seats: a late event. */
#ifndef SEATMETER_CORE_MONEY_CORRECTION_H
#define SEATMETER_CORE_MONEY_CORRECTION_H

#include "core/base/state_machine.h"
#include "core/time/date.h"

enum correction_state {
    CORRECTION_WAITING,  /* for the edge's seller */
    CORRECTION_ACCEPTED, /* the next bill carries it, or one does */
    CORRECTION_REFUSED,
    CORRECTION_WITHDRAWN
};
extern const struct state_machine correction_machine;

struct correction {
    int64_t id;
    int64_t given_id; /* that of the first edge's: those that were given as one have it in common */
    int64_t giver_id; /* the account that gave it */
    int64_t agreement_id;
    struct month month; /* the closed month that is corrected */
    int64_t customer_id;
    int64_t sku_id;
    int64_t units;
    int64_t licence_id; /* of a late event, which says no units; else 0 */
    int64_t at_us;
    int64_t seats; /* that the licence should have counted from then to the month's end */
    struct text reason;
    unsigned state;       /* enum correction_state */
    int64_t silent_at_us; /* from when on the seller's silence accepts it; 0: never */
    int64_t invoice_id;   /* 0: no bill carries it yet */
    int64_t created_at_us;
    struct text created_by;
    int64_t decided_at_us; /* 0: not yet */
    struct text decision;  /* why it was refused */
};

/* Whether the next bill of its edge carries it, as far as it is concerned. */
bool correction_waits_for_bill(const struct correction *correction);

#endif
