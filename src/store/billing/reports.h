/* Usage reports as they are kept: who said what about a month of an edge. What was measured is not kept: it
 * follows from the events, which a submitted report freezes. */
#ifndef SEATMETER_STORE_BILLING_REPORTS_H
#define SEATMETER_STORE_BILLING_REPORTS_H

#include "core/time/date.h"
#include "core/usage/report.h"
#include "store/engine/db.h"
#include "store/engine/page.h"
#include "store/engine/part.h"

struct report {
    int64_t id;
    int64_t agreement_id;
    struct month month;
    enum report_state state;
    int64_t submitted_at_us; /* 0: not submitted */
    struct text submitted_by;
    int64_t decided_at_us; /* 0: neither approved nor rejected */
    struct text decided_by;
    struct text reason; /* of a rejection */
    int64_t version;
};

/* What the buyer says that an end customer's chargeable units of a SKU are. */

/* Numbers the report and sets its version to 1. */
enum status report_insert(struct db *db, struct report *report, struct fault *fault) MUST_CHECK;
enum status report_load(struct db *db, struct arena *arena, int64_t id, struct report *report, bool *found,
                        struct fault *fault) MUST_CHECK;
enum status report_load_month(struct db *db, struct arena *arena, int64_t agreement_id, struct month month,
                              struct report *report, bool *found, struct fault *fault) MUST_CHECK;

/* Saves everything but agreement and month, and counts `report->version` up. */
enum status report_update(struct db *db, struct report *report, struct fault *fault) MUST_CHECK;

/* Sets the adjustment of (report, customer, SKU), whether or not there was one. */
enum status report_adjustment_save(struct db *db, const struct report_adjustment *adjustment,
                                   struct fault *fault) MUST_CHECK;
enum status report_adjustment_delete(struct db *db, int64_t report_id, int64_t customer_id, int64_t sku_id,
                                     bool *was_there, struct fault *fault) MUST_CHECK;

/* All of a report's; `*count` is how many there were. */
enum status report_adjustments_delete_all(struct db *db, int64_t report_id, int64_t *count,
                                          struct fault *fault) MUST_CHECK;

/* By customer, then SKU (their ids). */
enum status report_adjustments_load(struct db *db, struct arena *arena, int64_t report_id,
                                    struct report_adjustment **adjustments, size_t *count,
                                    struct fault *fault) MUST_CHECK;

/* The adjustments of all approved reports of a month on the edges of a part: by agreement (`agreement_ids[i]`
 * beside `adjustments[i]`), customer, SKU. What a close needs, in one reading. */
enum status report_adjustments_of_month(struct db *db, struct arena *arena, const struct programme_part *part,
                                        struct month month, int64_t **agreement_ids,
                                        struct report_adjustment **adjustments, size_t *count,
                                        struct fault *fault) MUST_CHECK;

/* What to list; 0 and -1 leave a condition out. */
struct report_filter {
    int64_t party_id; /* seller or buyer of the edge */
    int64_t buyer_id;
    int32_t month; /* its index, or -1 */
    int state;     /* enum report_state or -1 */
};

/* A page by ascending id. */
enum status report_list(struct db *db, struct arena *arena, const struct report_filter *filter,
                        struct page page, struct report **reports, size_t *count, int64_t *next_after,
                        struct fault *fault) MUST_CHECK;

/* Those that the system approved as their deadline had passed, of a store that has late changes which took
 * something away; by id. */
enum status reports_approved_by_silence(struct db *db, struct arena *arena, struct report **reports,
                                        size_t *count, struct fault *fault) MUST_CHECK;

/* The agreements of a seller (0: of all) whose buyer must report the month, or those of vendors, that have no
 * approved report of it, while the month is not closed on them. */
enum report_edges { EDGES_THAT_REPORT, EDGES_OF_VENDORS };
enum status report_outstanding(struct db *db, struct arena *arena, struct month month, int64_t seller_id,
                               enum report_edges edges, int64_t **agreement_ids, size_t *count,
                               struct fault *fault) MUST_CHECK;

/* How many units of a SKU an end customer's licences have in [from_us, to_us), on or not, over the edges
 * whose seller has `edge_depth`. Those issued later and those retired before are left out. */
struct provisioned {
    int64_t customer_id;
    int64_t sku_id;
    int64_t seats;
};
enum status report_provisioned(struct db *db, struct arena *arena, int64_t below_id, int64_t edge_depth,
                               int64_t from_us, int64_t to_us, struct provisioned **rows, size_t *count,
                               struct fault *fault) MUST_CHECK;

#endif
