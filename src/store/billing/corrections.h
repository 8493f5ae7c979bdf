/* Corrections as they are kept: what should have been charged for a closed month; the next close carries it.
 */
#ifndef SEATMETER_STORE_BILLING_CORRECTIONS_H
#define SEATMETER_STORE_BILLING_CORRECTIONS_H

#include "core/money/correction.h"
#include "store/engine/db.h"
#include "store/engine/page.h"
#include "store/engine/part.h"

struct correction_filter {
    int64_t party_id; /* of the edge; 0: any */
    int64_t seller_id;
    int64_t buyer_id;
    int32_t month;     /* index, or -1 */
    struct text state; /* of a correction, or "billed"; empty: any */
};

/* Sets the id, and with no given_id makes it the first of those that are given as one. */
enum status correction_insert(struct db *db, struct correction *correction, struct fault *fault) MUST_CHECK;

/* STATUS_NOT_FOUND where there is none. */
enum status correction_load(struct db *db, struct arena *arena, int64_t id, struct correction *correction,
                            struct fault *fault) MUST_CHECK;

/* Saves state, silence and decision. */
enum status correction_update(struct db *db, const struct correction *correction,
                              struct fault *fault) MUST_CHECK;

/* All corrections that were given as one, by id. */
enum status corrections_given(struct db *db, struct arena *arena, int64_t given_id,
                              struct correction **corrections, size_t *count, struct fault *fault) MUST_CHECK;

/* Those of a seller (0: of any) that wait and that silence accepts by now, by id. */
enum status corrections_silent(struct db *db, struct arena *arena, int64_t seller_id, int64_t now_us,
                               struct correction **corrections, size_t *count,
                               struct fault *fault) MUST_CHECK;
enum status correction_list(struct db *db, struct arena *arena, const struct correction_filter *filter,
                            struct page page, struct correction **corrections, size_t *count,
                            int64_t *next_after, struct fault *fault) MUST_CHECK;

/* All accepted corrections, billed or not, of every (agreement, closed month before `month`, SKU) for which
 * one waits for a bill, where its seller and buyer have closed neither `month` nor anything after it: by
 * agreement, month, SKU, customer, id. */
enum status corrections_waiting(struct db *db, struct arena *arena, const struct programme_part *part,
                                struct month month, struct correction **corrections, size_t *count,
                                struct fault *fault) MUST_CHECK;

/* All accepted corrections of one month, billed or not, by agreement, SKU, customer, id. */
enum status corrections_of_month(struct db *db, struct arena *arena, const struct programme_part *part,
                                 struct month month, struct correction **corrections, size_t *count,
                                 struct fault *fault) MUST_CHECK;

/* Each correction is on the document beside it now. */
struct billed_correction {
    int64_t correction_id;
    int64_t invoice_id;
};
enum status corrections_mark_billed(struct db *db, const struct billed_correction *billed, size_t count,
                                    struct fault *fault) MUST_CHECK;

/* Whether a correction (that is neither refused nor withdrawn) or a charge between the two waits that is in
 * another currency than this. */
enum status waits_in_other_currency(struct db *db, int64_t seller_id, int64_t buyer_id, struct text currency,
                                    bool *waits, struct fault *fault) MUST_CHECK;

/* Whether a correction of the agreement waits for its seller or for a bill. */
enum status correction_waits(struct db *db, int64_t agreement_id, bool *waits,
                             struct fault *fault) MUST_CHECK;

#endif
