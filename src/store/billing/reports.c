#include "store/billing/reports.h"

#include <assert.h>

#define COLUMNS                                                                                              \
    "r.id, r.agreement_id, r.month, r.state, r.submitted_at_us, r.submitted_by, r.decided_at_us, "           \
    "r.decided_by, "                                                                                         \
    "r.reason, r.version"

static struct text state_word(enum report_state state) {
    return text_of(machine_state_name(&report_machine, (int)state));
}

static struct db_value time_or_null(int64_t at_us) {
    return at_us == 0 ? db_null() : db_integer(at_us);
}

static enum status report_from_row(struct db_rows *rows, struct arena *arena, struct report *report,
                                   struct fault *fault) {
    *report = (struct report){.id = db_column_int(rows, 0),
                              .agreement_id = db_column_int(rows, 1),
                              .month = {(int32_t)db_column_int(rows, 2)}, /* written from a struct month */
                              .submitted_at_us = db_column_int(rows, 4),
                              .submitted_by = db_column_copy(rows, 5, arena),
                              .decided_at_us = db_column_int(rows, 6),
                              .decided_by = db_column_copy(rows, 7, arena),
                              .reason = db_column_copy(rows, 8, arena),
                              .version = db_column_int(rows, 9)};
    int state = 0;
    enum status status = machine_state_parse(&report_machine, db_column_text(rows, 3), &state, fault);
    report->state = (enum report_state)state;
    return status;
}

static const char INSERT[] =
    "insert into reports (id, agreement_id, month, state, submitted_at_us, submitted_by, "
    "decided_at_us, decided_by, reason, version) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)";

enum status report_insert(struct db *db, struct report *report, struct fault *fault) {
    assert(report->agreement_id > 0);
    enum status status = db_counter_take(db, "reports", 1, &report->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    report->version = 1;
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(report->id), db_integer(report->agreement_id),
                          db_integer(report->month.index), db_string(state_word(report->state)),
                          time_or_null(report->submitted_at_us), db_string(report->submitted_by),
                          time_or_null(report->decided_at_us), db_string(report->decided_by),
                          db_string(report->reason)),
                  NULL, fault);
}

static enum status load_one(struct db *db, struct arena *arena, const char *sql,
                            const struct db_value *values, size_t count, struct report *report, bool *found,
                            struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, sql, values, count, &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, found, fault);
    }
    if (status == STATUS_OK && *found) {
        status = report_from_row(rows, arena, report, fault);
    }
    db_rows_close(rows);
    return status;
}

static const char LOAD[] = "select " COLUMNS " from reports r where r.id = $1";

enum status report_load(struct db *db, struct arena *arena, int64_t id, struct report *report, bool *found,
                        struct fault *fault) {
    return load_one(db, arena, LOAD, DB_ARGS(db_integer(id)), report, found, fault);
}

static const char LOAD_MONTH[] =
    "select " COLUMNS " from reports r where r.agreement_id = $1 and r.month = $2";

enum status report_load_month(struct db *db, struct arena *arena, int64_t agreement_id, struct month month,
                              struct report *report, bool *found, struct fault *fault) {
    return load_one(db, arena, LOAD_MONTH, DB_ARGS(db_integer(agreement_id), db_integer(month.index)), report,
                    found, fault);
}

static const char UPDATE[] = "update reports set state = $2, submitted_at_us = $3, submitted_by = $4, "
                             "decided_at_us = $5, decided_by = $6, "
                             "reason = $7, version = version + 1 where id = $1";

enum status report_update(struct db *db, struct report *report, struct fault *fault) {
    report->version++;
    return db_run(db, UPDATE,
                  DB_ARGS(db_integer(report->id), db_string(state_word(report->state)),
                          time_or_null(report->submitted_at_us), db_string(report->submitted_by),
                          time_or_null(report->decided_at_us), db_string(report->decided_by),
                          db_string(report->reason)),
                  NULL, fault);
}

static const char ADJUSTMENT_SAVE[] = "insert into report_adjustments (report_id, customer_id, sku_id, "
                                      "units, reason) values ($1, $2, $3, $4, $5) "
                                      "on conflict (report_id, customer_id, sku_id) do update set units = "
                                      "excluded.units, reason = excluded.reason";

enum status report_adjustment_save(struct db *db, const struct report_adjustment *adjustment,
                                   struct fault *fault) {
    assert(adjustment->units >= 0 && adjustment->reason.length > 0);
    return db_run(db, ADJUSTMENT_SAVE,
                  DB_ARGS(db_integer(adjustment->report_id), db_integer(adjustment->customer_id),
                          db_integer(adjustment->sku_id), db_integer(adjustment->units),
                          db_string(adjustment->reason)),
                  NULL, fault);
}

static const char ADJUSTMENT_DELETE[] =
    "delete from report_adjustments where report_id = $1 and customer_id = $2 "
    "and sku_id = $3";

enum status report_adjustment_delete(struct db *db, int64_t report_id, int64_t customer_id, int64_t sku_id,
                                     bool *was_there, struct fault *fault) {
    int64_t changed = 0;
    enum status status =
        db_run(db, ADJUSTMENT_DELETE,
               DB_ARGS(db_integer(report_id), db_integer(customer_id), db_integer(sku_id)), &changed, fault);
    if (status == STATUS_OK) {
        *was_there = changed > 0;
    }
    return status;
}

static const char ADJUSTMENTS_DELETE_ALL[] = "delete from report_adjustments where report_id = $1";

enum status report_adjustments_delete_all(struct db *db, int64_t report_id, int64_t *count,
                                          struct fault *fault) {
    return db_run(db, ADJUSTMENTS_DELETE_ALL, DB_ARGS(db_integer(report_id)), count, fault);
}

/* The first column is the agreement, then the adjustment's. */
static enum status load_adjustments(struct db *db, struct arena *arena, const char *sql, int64_t key,
                                    int64_t **agreement_ids, struct report_adjustment **adjustments,
                                    size_t *count, struct fault *fault) {
    struct report_adjustment *items = NULL;
    int64_t *agreements = NULL;
    size_t used = 0;
    size_t capacity = 0;
    size_t agreement_capacity = 0;
    struct db_rows *rows = NULL;
    enum status status = db_query(db, sql, DB_ARGS(db_integer(key)), &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        agreements = arena_grow(arena, agreements, used, &agreement_capacity, sizeof *agreements);
        agreements[used] = db_column_int(rows, 0);
        items[used++] = (struct report_adjustment){.report_id = db_column_int(rows, 1),
                                                   .customer_id = db_column_int(rows, 2),
                                                   .sku_id = db_column_int(rows, 3),
                                                   .units = db_column_int(rows, 4),
                                                   .reason = db_column_copy(rows, 5, arena)};
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *agreement_ids = agreements;
        *adjustments = items;
        *count = used;
    }
    return status;
}

#define ADJUSTMENT_COLUMNS "r.agreement_id, a.report_id, a.customer_id, a.sku_id, a.units, a.reason"

static const char ADJUSTMENTS_OF_REPORT[] = "select " ADJUSTMENT_COLUMNS " from report_adjustments a "
                                            "join reports r on r.id = a.report_id where a.report_id = $1 "
                                            "order by a.customer_id, a.sku_id";

enum status report_adjustments_load(struct db *db, struct arena *arena, int64_t report_id,
                                    struct report_adjustment **adjustments, size_t *count,
                                    struct fault *fault) {
    int64_t *agreement_ids = NULL;
    return load_adjustments(db, arena, ADJUSTMENTS_OF_REPORT, report_id, &agreement_ids, adjustments, count,
                            fault);
}

static const char ADJUSTMENTS_OF_MONTH[] =
    "select " ADJUSTMENT_COLUMNS " from report_adjustments a join reports r on r.id = a.report_id "
    "where r.month = $1 and r.state = 'approved' order by r.agreement_id, a.customer_id, a.sku_id";

enum status report_adjustments_of_month(struct db *db, struct arena *arena, struct month month,
                                        int64_t **agreement_ids, struct report_adjustment **adjustments,
                                        size_t *count, struct fault *fault) {
    return load_adjustments(db, arena, ADJUSTMENTS_OF_MONTH, month.index, agreement_ids, adjustments, count,
                            fault);
}

static const char LIST[] =
    "select " COLUMNS " from reports r join agreements g on g.id = r.agreement_id where r.id > $1 "
    "and (cast($2 as bigint) = 0 or g.seller_id = $2 or g.buyer_id = $2) "
    "and (cast($3 as bigint) = 0 or g.buyer_id = $3) and (cast($4 as bigint) < 0 or r.month = $4) "
    "and (cast($5 as text) = '' or r.state = $5) order by r.id limit $6";

enum status report_list(struct db *db, struct arena *arena, const struct report_filter *filter,
                        struct page page, struct report **reports, size_t *count, int64_t *next_after,
                        struct fault *fault) {
    int32_t limit = page_limit(page);
    struct report *items = ARENA_NEW(arena, struct report, (size_t)limit + 1);
    size_t used = 0;
    struct text state = filter->state < 0 ? TEXT("") : state_word((enum report_state)filter->state);
    struct db_rows *rows = NULL;
    enum status status = db_query(db, LIST,
                                  DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                                          db_integer(filter->buyer_id), db_integer(filter->month),
                                          db_string(state), db_integer((int64_t)limit + 1)),
                                  &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = report_from_row(rows, arena, &items[used++], fault);
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = used > (size_t)limit;
    *count = more ? (size_t)limit : used;
    *next_after = more ? items[limit - 1].id : 0;
    *reports = items;
    return STATUS_OK;
}

/* The edges of the seller $2 (0: of all) without an approved report for the month $1, which is not closed on
 * them. Only a buyer that sells on reports. */
static const char OUTSTANDING[] =
    "select g.id from agreements g join accounts b on b.id = g.buyer_id join accounts s on s.id = "
    "g.seller_id "
    "where g.state in ('signed', 'suspended', 'terminated') and b.kind in ('provider', 'distributor') "
    "and s.kind <> 'vendor' and (cast($2 as bigint) = 0 or g.seller_id = $2) "
    "and not exists (select 1 from reports r where r.agreement_id = g.id and r.month = $1 "
    "and r.state = 'approved') "
    "and not exists (select 1 from months m where m.agreement_id = g.id and m.month = $1 and m.state = "
    "'closed') "
    "order by g.id";

enum status report_outstanding(struct db *db, struct arena *arena, struct month month, int64_t seller_id,
                               int64_t **agreement_ids, size_t *count, struct fault *fault) {
    int64_t *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    enum status status =
        db_query(db, OUTSTANDING, DB_ARGS(db_integer(month.index), db_integer(seller_id)), &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        items[used++] = db_column_int(rows, 0);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *agreement_ids = items;
        *count = used;
    }
    return status;
}

/* own_in: the most seats it had by events in the month; own_before: those it came into the month with. */
static const char PROVISIONED[] =
    "select customer_id, sku_id, cast(sum(case when own_in >= own_before and own_in > 0 then own_in "
    "when own_before > 0 then own_before when issued_at_us < $4 then seats else 0 end) as bigint) "
    "from (select l.customer_id as customer_id, l.sku_id as sku_id, l.seats as seats, l.issued_at_us as "
    "issued_at_us, "
    "coalesce((select max(e.own_seats) from licence_events e where e.licence_id = l.id and e.at_us >= $3 "
    "and e.at_us < $4), 0) as own_in, "
    "coalesce((select e.own_seats from licence_events e where e.licence_id = l.id and e.at_us < $3 "
    "order by e.sequence desc limit 1), 0) as own_before "
    "from account_ancestors a join licences l on l.customer_id = a.account_id where a.ancestor_id = $1 "
    "and l.first_edge <= $2 and l.last_edge >= $2 and (l.retired_at_us is null or l.retired_at_us >= $3)) "
    "alive "
    "group by customer_id, sku_id order by customer_id, sku_id";

enum status report_provisioned(struct db *db, struct arena *arena, int64_t below_id, int64_t edge_depth,
                               int64_t from_us, int64_t to_us, struct provisioned **rows_out, size_t *count,
                               struct fault *fault) {
    struct provisioned *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    enum status status = db_query(
        db, PROVISIONED,
        DB_ARGS(db_integer(below_id), db_integer(edge_depth), db_integer(from_us), db_integer(to_us)), &rows,
        fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        if (db_column_int(rows, 2) == 0) {
            continue; /* issued after the month */
        }
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        items[used++] =
            (struct provisioned){db_column_int(rows, 0), db_column_int(rows, 1), db_column_int(rows, 2)};
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *rows_out = items;
        *count = used;
    }
    return status;
}
