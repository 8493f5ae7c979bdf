/* Close queries: what a close, a forecast and the audit read by the bulk.
 *
 * Two streams carry the whole meter: licences that were ever on, and the events of a time on that changed
 * what counts. States of months and reports come as small arrays. */
#ifndef SEATMETER_STORE_BILLING_CLOSE_QUERIES_H
#define SEATMETER_STORE_BILLING_CLOSE_QUERIES_H

#include "core/time/date.h"
#include "core/usage/report.h"
#include "store/engine/db.h"

/* Licences that were ever on, of customers at or below an account (0: everybody's), in no order. */
struct metered_licence {
    int64_t id;
    int64_t customer_id;
    int64_t sku_id;
    int32_t first_edge;
    int32_t last_edge;
    int32_t counted_seats; /* now */
    int64_t first_on_at_us;
};
enum status metered_licences_stream(struct db *db, int64_t under_account_id, struct db_rows **rows,
                                    struct fault *fault) MUST_CHECK;
void metered_licence_read(struct db_rows *rows, struct metered_licence *licence);

/* The events of those licences from an instant on that changed what counts, in no order. */
struct metered_event {
    int64_t at_us;
    int64_t licence_id;
    int32_t change; /* of the seats that count */
};
enum status metered_events_stream(struct db *db, int64_t under_account_id, int64_t from_us,
                                  struct db_rows **rows, struct fault *fault) MUST_CHECK;
void metered_event_read(struct db_rows *rows, struct metered_event *event);

/* How far a month has come on the edges that have a row for it, by agreement. */
struct month_row {
    int64_t agreement_id;
    enum month_state state;
};
enum status month_rows_load(struct db *db, struct arena *arena, struct month month, struct month_row **rows,
                            size_t *count, struct fault *fault) MUST_CHECK;

/* The states of the month's reports, by agreement. */
struct report_row {
    int64_t agreement_id;
    enum report_state state;
};
enum status report_rows_load(struct db *db, struct arena *arena, struct month month, struct report_row **rows,
                             size_t *count, struct fault *fault) MUST_CHECK;

/* The months that are closed on any edge, ascending. */
enum status closed_months_load(struct db *db, struct arena *arena, struct month **months, size_t *count,
                               struct fault *fault) MUST_CHECK;

#endif
