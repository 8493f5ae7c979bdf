/* Charges as they are kept: one-off lines of an edge's month, until its close puts them on an invoice. */
#ifndef SEATMETER_STORE_BILLING_ONE_OFF_CHARGES_H
#define SEATMETER_STORE_BILLING_ONE_OFF_CHARGES_H

#include "core/money/one_off_charge.h"
#include "store/engine/db.h"
#include "store/engine/page.h"
#include "store/engine/part.h"

struct one_off_charge_filter {
    int64_t party_id; /* of the edge; 0: any */
    int64_t seller_id;
    int64_t buyer_id;
    int32_t month; /* index, or -1 */
};

enum status one_off_charge_insert(struct db *db, struct one_off_charge *charge,
                                  struct fault *fault) MUST_CHECK; /* sets id */
/* STATUS_NOT_FOUND "unknown-charge". */
enum status one_off_charge_load(struct db *db, struct arena *arena, int64_t id, struct one_off_charge *charge,
                                struct fault *fault) MUST_CHECK;
enum status one_off_charge_delete(struct db *db, int64_t id, struct fault *fault) MUST_CHECK;
enum status one_off_charge_list(struct db *db, struct arena *arena,
                                const struct one_off_charge_filter *filter, struct page page,
                                struct one_off_charge **charges, size_t *count, int64_t *next_after,
                                struct fault *fault) MUST_CHECK;

/* What waits for the close of a month, on the edges of a part: its charges, and those of months that were
 * closed without them. By seller, buyer, then id. */
enum status one_off_charges_waiting(struct db *db, struct arena *arena, const struct programme_part *part,
                                    struct month month, struct one_off_charge **charges, size_t *count,
                                    struct fault *fault) MUST_CHECK;

/* What was billed with a month, on documents of an agreement (0: of all): by seller, buyer, then id. */
enum status one_off_charges_billed(struct db *db, struct arena *arena, struct month month,
                                   int64_t agreement_id, struct one_off_charge **charges, size_t *count,
                                   struct fault *fault) MUST_CHECK;

/* Each of those charges is on the invoice now. */
enum status one_off_charges_mark_billed(struct db *db, const int64_t *charge_ids, size_t count,
                                        int64_t invoice_id, struct fault *fault) MUST_CHECK;

/* Whether a charge of that month of the agreement, or of a later one, waits for an invoice. */
enum status one_off_charge_waits(struct db *db, int64_t agreement_id, struct month from, bool *waits,
                                 struct fault *fault) MUST_CHECK;

#endif
