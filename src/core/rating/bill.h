/* Bill: what an edge is billed for a month, computed by one function (R7.13).
 *
 * The close issues it, the forecast shows it before, the audit and the explanation of a line compute it
 * again. It depends on the records alone and goes in the order of labels, so the same records always give the
 * same lines. */
#ifndef SEATMETER_CORE_RATING_BILL_H
#define SEATMETER_CORE_RATING_BILL_H

#include "core/money/one_off_charge.h"
#include "core/rating/bill_credit_notes.h"

/* Corrections and charges that wait for the close of a month, on any number of edges. */
struct bill_waiting {
    struct rated_month *months; /* each earlier month that a correction names, with its corrections */
    size_t month_count;
    const struct corrected_place *places; /* in the order of corrected_places_sort */
    size_t place_count;
    const struct one_off_charge *charges; /* by seller, buyer, then id */
    size_t charge_count;
};

/* What waits for the pair and is in another currency than the bill, so that it is not on it (R7.20). */
struct bill_stuck {
    int64_t charge_id; /* 0: corrections of a SKU in a month */
    int64_t sku_id;    /* of corrections */
    struct month month;
    struct text currency;
};

/* Lines as they go onto the document: without its id, positions from 1. Usage comes first, by customer (lines
 * for no one customer last), SKU and tier; then what corrections add, by month and SKU; then one-off charges.
 * What corrections take back beyond all that stands on credit notes (R7.18). */
struct edge_bill {
    struct billed_line *lines;
    size_t line_count;
    size_t usage_count;        /* of those lines */
    size_t correction_count;   /* of those behind */
    struct billed_total total; /* of these lines */
    const struct bill_credit_note *credit_notes;
    size_t credit_note_count;
    const struct bill_stuck *stuck;
    size_t stuck_count;
    enum usage_billing usage_billing;
    struct text missing; /* the codes of SKUs that were used and have no price; empty: none */
};

/* The bill of an agreement's edge. Where its seller bills elsewhere, usage is not rated (R7.3). `waiting`
 * may be NULL: nothing waits. Everything lives in `arena`. Faults "quantity-overflow", "amount-overflow":
 * they are this edge's alone, and their sentence begins with the SKU or charge. */
enum status bill_edge(struct rated_month *month, const struct bill_waiting *waiting, struct arena *arena,
                      uint32_t agreement, struct edge_bill *bill, struct fault *fault) MUST_CHECK;

/* Whether bill_edge refused an edge for what is on it: then it stays open and all others are billed. Any
 * other fault is everybody's. */
bool bill_is_refused(enum status status);

/* What to say of an edge where something was used that has no price. */
struct text bill_missing_message(const struct rated_month *month, struct arena *arena, uint32_t agreement,
                                 struct text missing);

/* What waits for the agreement's seller and buyer (R7.20); NULL and 0 where nothing does. */
const struct corrected_place *bill_places_of(const struct snapshot *snapshot,
                                             const struct bill_waiting *waiting, uint32_t agreement,
                                             size_t *count);
const struct one_off_charge *bill_charges_of(const struct snapshot *snapshot,
                                             const struct bill_waiting *waiting, uint32_t agreement,
                                             size_t *count);

/* The agreement that answers for an edge's month (R7.4), or SNAPSHOT_NONE: one that was not in force then
 * answers only where there is something to bill: here `waiting` must be given. */
uint32_t bill_agreement(struct rated_month *month, const struct bill_waiting *waiting, uint32_t edge);

#endif
