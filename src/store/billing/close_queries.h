/* Close queries: what a close, a forecast and the audit read by the bulk.
 *
 * Two streams carry the whole meter: licences that were ever on, and the events of a time on that changed
 * what counts. States of months and reports come as small arrays. */
#ifndef SEATMETER_STORE_BILLING_CLOSE_QUERIES_H
#define SEATMETER_STORE_BILLING_CLOSE_QUERIES_H

#include "core/base/id_map.h"
#include "core/time/date.h"
#include "core/usage/metered.h"
#include "core/usage/report.h"
#include "store/engine/db.h"
#include "store/engine/part.h"

/* What is streamed of. */
struct metered_scope {
    int64_t under_account_id; /* customers at or below this account; 0: everybody */
    int64_t sku_id;           /* licences of this SKU; 0: of all. Only together with an account */
    bool as_told; /* a late change counts from when it was told (R4.18); of all SKUs of an account alone */
};

/* Licences that were ever on, in no order. */
enum status metered_licences_stream(struct db *db, struct metered_scope scope, struct db_rows **rows,
                                    struct fault *fault) MUST_CHECK;
void metered_licence_read(struct db_rows *rows, struct metered_licence *licence);

/* The same of a few (customer, SKU), each named once; 0 stands for none. */
enum { METERED_GROUPS = 16 };
struct metered_group {
    int64_t customer_id;
    int64_t sku_id;
};
enum status metered_groups_licences_stream(struct db *db, const struct metered_group groups[METERED_GROUPS],
                                           struct db_rows **rows, struct fault *fault) MUST_CHECK;
enum status metered_groups_events_stream(struct db *db, const struct metered_group groups[METERED_GROUPS],
                                         int64_t from_us, struct db_rows **rows,
                                         struct fault *fault) MUST_CHECK;

/* The events of those licences from an instant on that changed what counts, in no order. */
enum status metered_events_stream(struct db *db, struct metered_scope scope, int64_t from_us,
                                  struct db_rows **rows, struct fault *fault) MUST_CHECK;
void metered_event_read(struct db_rows *rows, struct metered_event *event);

/* How far a month has come on the edges of a part that have a row for it, by agreement. */
struct month_row {
    int64_t agreement_id;
    enum month_state state;
    int64_t rules; /* that it was closed by; 0: it is not closed */
    int64_t usage_billing;
};
enum status month_rows_load(struct db *db, struct arena *arena, const struct programme_part *part,
                            struct month month, struct month_row **rows, size_t *count,
                            struct fault *fault) MUST_CHECK;

/* (agreement, enum month_fact) → the rules that its edge's month was closed by and how its usage was billed;
 * edges on which it is not closed are not in it.
 */
enum status month_rules_of_edges(struct db *db, struct arena *arena, const struct programme_part *part,
                                 struct month month, struct id_map *rules, struct fault *fault) MUST_CHECK;

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
