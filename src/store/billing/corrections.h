/* Corrections as they are kept: what should have been charged for a closed month; the next close carries it.
 */
#ifndef SEATMETER_STORE_BILLING_CORRECTIONS_H
#define SEATMETER_STORE_BILLING_CORRECTIONS_H

#include "core/money/correction.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

struct correction_filter {
    int64_t party_id; /* of the edge; 0: any */
    int64_t seller_id;
    int64_t buyer_id;
    int32_t month; /* index, or -1 */
};

enum status correction_insert(struct db *db, struct correction *correction,
                              struct fault *fault) MUST_CHECK; /* sets id */
enum status correction_list(struct db *db, struct arena *arena, const struct correction_filter *filter,
                            struct page page, struct correction **corrections, size_t *count,
                            int64_t *next_after, struct fault *fault) MUST_CHECK;

/* All corrections, billed or not, of every (agreement, month before `month`, SKU) for which one waits, where
 * its seller and buyer have closed neither `month` nor anything after it: by agreement, month, SKU, customer,
 * id. */
enum status corrections_waiting(struct db *db, struct arena *arena, struct month month,
                                struct correction **corrections, size_t *count,
                                struct fault *fault) MUST_CHECK;

/* All corrections of one month, by agreement, SKU, customer, id. */
enum status corrections_of_month(struct db *db, struct arena *arena, struct month month,
                                 struct correction **corrections, size_t *count,
                                 struct fault *fault) MUST_CHECK;

/* Every one of those corrections whose seller and buyer have an invoice of `month` numbered from
 * `first_invoice_id` on is on that invoice now. */
enum status corrections_mark_billed(struct db *db, struct month month, int64_t first_invoice_id,
                                    struct fault *fault) MUST_CHECK;

/* Whether a correction or charge between the two waits that is in another currency than this. */
enum status waits_in_other_currency(struct db *db, int64_t seller_id, int64_t buyer_id, struct text currency,
                                    bool *waits, struct fault *fault) MUST_CHECK;

/* Whether a correction of the agreement waits for an invoice. */
enum status correction_waits(struct db *db, int64_t agreement_id, bool *waits,
                             struct fault *fault) MUST_CHECK;

#endif
