#include "store/billing/reports.h"

#include "store/engine/numbers.h"
#include "store/engine/rows.h"
#include "store/licensing/events.h"

#include <assert.h>

static const struct db_field REPORT_FIELDS[] = {
    DB_FIELD_INT(struct report, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct report, agreement_id, "agreement_id"),
    DB_FIELD_MONTH(struct report, month, "month"),
    DB_FIELD_STATE(struct report, state, "state", &report_machine, DB_SAVED),
    DB_FIELD_INT(struct report, submitted_at_us, "submitted_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_TEXT(struct report, submitted_by, "submitted_by", DB_SAVED),
    DB_FIELD_INT(struct report, decided_at_us, "decided_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_TEXT(struct report, decided_by, "decided_by", DB_SAVED),
    DB_FIELD_TEXT(struct report, reason, "reason", DB_SAVED),
    DB_FIELD_INT(struct report, version, "version"),
};
static const struct db_fields REPORT = DB_FIELDS(struct report, REPORT_FIELDS);

static const char INSERT[] = "insert into reports ({}) values ({$1})";

enum status report_insert(struct db *db, struct report *report, struct fault *fault) {
    assert(report->agreement_id > 0);
    TRY(db_number_take(db, DB_NUMBERS_REPORTS, &report->id, fault));
    report->version = 1;
    return rows_insert(db, &REPORT, INSERT, DB_NO_ARGS, report, fault);
}

static const char LOAD[] = "select {} from reports where id = $1";

enum status report_load(struct db *db, struct arena *arena, int64_t id, struct report *report, bool *found,
                        struct fault *fault) {
    return rows_one(db, arena, &REPORT, LOAD, DB_ARGS(db_integer(id)), report, found, fault);
}

static const char LOAD_MONTH[] = "select {} from reports where agreement_id = $1 and month = $2";

enum status report_load_month(struct db *db, struct arena *arena, int64_t agreement_id, struct month month,
                              struct report *report, bool *found, struct fault *fault) {
    return rows_one(db, arena, &REPORT, LOAD_MONTH,
                    DB_ARGS(db_integer(agreement_id), db_integer(month.index)), report, found, fault);
}

static const char UPDATE[] = "update reports set {=2}, version = version + 1 where id = $1";

enum status report_update(struct db *db, struct report *report, struct fault *fault) {
    report->version++;
    return rows_save(db, &REPORT, UPDATE, DB_ARGS(db_integer(report->id)), report, NULL, fault);
}

/* ---- adjustments ---- */

static const struct db_field ADJUSTMENT_FIELDS[] = {
    DB_FIELD_INT(struct report_adjustment, report_id, "report_id"),
    DB_FIELD_INT(struct report_adjustment, customer_id, "customer_id"),
    DB_FIELD_INT(struct report_adjustment, sku_id, "sku_id"),
    DB_FIELD_INT(struct report_adjustment, units, "units", DB_SAVED),
    DB_FIELD_TEXT(struct report_adjustment, reason, "reason", DB_SAVED),
};
static const struct db_fields ADJUSTMENT = DB_FIELDS(struct report_adjustment, ADJUSTMENT_FIELDS);

static const char ADJUSTMENT_SAVE[] =
    "insert into report_adjustments ({}) values ({$1}) "
    "on conflict (report_id, customer_id, sku_id) do update set {=excluded}";

enum status report_adjustment_save(struct db *db, const struct report_adjustment *adjustment,
                                   struct fault *fault) {
    assert(adjustment->units >= 0 && adjustment->reason.length > 0);
    return rows_insert(db, &ADJUSTMENT, ADJUSTMENT_SAVE, DB_NO_ARGS, adjustment, fault);
}

static const char ADJUSTMENT_DELETE[] =
    "delete from report_adjustments where report_id = $1 and customer_id = $2 "
    "and sku_id = $3";

enum status report_adjustment_delete(struct db *db, int64_t report_id, int64_t customer_id, int64_t sku_id,
                                     bool *was_there, struct fault *fault) {
    int64_t changed = 0;
    TRY(db_run(db, ADJUSTMENT_DELETE,
               DB_ARGS(db_integer(report_id), db_integer(customer_id), db_integer(sku_id)), &changed, fault));
    *was_there = changed > 0;
    return STATUS_OK;
}

static const char ADJUSTMENTS_DELETE_ALL[] = "delete from report_adjustments where report_id = $1";

enum status report_adjustments_delete_all(struct db *db, int64_t report_id, int64_t *count,
                                          struct fault *fault) {
    return db_run(db, ADJUSTMENTS_DELETE_ALL, DB_ARGS(db_integer(report_id)), count, fault);
}

static const char ADJUSTMENTS_OF_REPORT[] =
    "select {} from report_adjustments where report_id = $1 order by customer_id, sku_id";

enum status report_adjustments_load(struct db *db, struct arena *arena, int64_t report_id,
                                    struct report_adjustment **adjustments, size_t *count,
                                    struct fault *fault) {
    return rows_all(db, arena, &ADJUSTMENT, ADJUSTMENTS_OF_REPORT, DB_ARGS(db_integer(report_id)),
                    adjustments, count, fault);
}

struct edge_adjustment {
    int64_t agreement_id;
    struct report_adjustment adjustment;
};

static const struct db_field EDGE_ADJUSTMENT_FIELDS[] = {
    DB_FIELD_INT(struct edge_adjustment, agreement_id, "r.agreement_id"),
    DB_FIELD_PART(struct edge_adjustment, adjustment, "a", &ADJUSTMENT),
};
static const struct db_fields EDGE_ADJUSTMENT = DB_FIELDS(struct edge_adjustment, EDGE_ADJUSTMENT_FIELDS);

#define ADJUSTMENTS_WHERE(of_part)                                                                           \
    "select {} from report_adjustments a join reports r on r.id = a.report_id "                              \
    "where r.month = $1 and r.state = 'approved'" of_part                                                    \
    " order by r.agreement_id, a.customer_id, a.sku_id"

static const char ADJUSTMENTS_OF_MONTH[] = ADJUSTMENTS_WHERE("");
static const char ADJUSTMENTS_OF_PART[] = ADJUSTMENTS_WHERE(
    " and r.agreement_id in " PART_AGREEMENTS_BELOW("$2", "$3") " and " PART_HAS_SKU("a.sku_id", "$4"));

enum status report_adjustments_of_month(struct db *db, struct arena *arena, const struct programme_part *part,
                                        struct month month, int64_t **agreement_ids,
                                        struct report_adjustment **adjustments, size_t *count,
                                        struct fault *fault) {
    struct edge_adjustment *found = NULL;
    TRY(part == NULL ? rows_all(db, arena, &EDGE_ADJUSTMENT, ADJUSTMENTS_OF_MONTH,
                                DB_ARGS(db_integer(month.index)), &found, count, fault)
                     : rows_all(db, arena, &EDGE_ADJUSTMENT, ADJUSTMENTS_OF_PART,
                                DB_ARGS(db_integer(month.index), PART_ARGS(part)), &found, count, fault));
    *agreement_ids = ARENA_NEW(arena, int64_t, *count);
    *adjustments = ARENA_NEW(arena, struct report_adjustment, *count);
    for (size_t i = 0; i < *count; i++) {
        (*agreement_ids)[i] = found[i].agreement_id;
        (*adjustments)[i] = found[i].adjustment;
    }
    return STATUS_OK;
}

/* ---- lists ---- */

/* 2 is UNDO_BY_LOWERING_CHANGE (programme/licensing/void_events.h). Months that were closed by rules before 3
 * (RULES_THIRD) are from before such reports waited, and stay as they were closed. */
static const char APPROVED_BY_SILENCE[] =
    "select {r} from reports r where r.state = 'approved' and r.decided_by = 'system' and (exists (select 1 "
    "from licence_events e where " LATE_FALL ") or exists (select 1 from voided_events v join licence_events "
    "u on u.provider_id = v.provider_id and u.number = v.voided_by where u.cause_id = 2)) and not exists ("
    "select 1 from months m where m.agreement_id = r.agreement_id and m.month = r.month and m.state = "
    "'closed' "
    "and m.rules < 3) order by r.id";

enum status reports_approved_by_silence(struct db *db, struct arena *arena, struct report **reports,
                                        size_t *count, struct fault *fault) {
    return rows_all(db, arena, &REPORT, APPROVED_BY_SILENCE, DB_NO_ARGS, reports, count, fault);
}

static const char LIST[] =
    "select {r} from reports r join agreements g on g.id = r.agreement_id where r.id > $1 "
    "and (cast($2 as bigint) = 0 or g.seller_id = $2 or g.buyer_id = $2) "
    "and (cast($3 as bigint) = 0 or g.buyer_id = $3) and (cast($4 as bigint) < 0 or r.month = $4) "
    "and (cast($5 as text) = '' or r.state = $5) order by r.id limit $6";

enum status report_list(struct db *db, struct arena *arena, const struct report_filter *filter,
                        struct page page, struct report **reports, size_t *count, int64_t *next_after,
                        struct fault *fault) {
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(machine_state_name(&report_machine, filter->state));
    return rows_page(db, arena, &REPORT, LIST,
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                             db_integer(filter->buyer_id), db_integer(filter->month), db_string(state)),
                     page, reports, count, next_after, fault);
}

/* The edges of the seller $2 (0: of all) without an approved report for the month $1, which is not closed on
 * them. Only a buyer that sells on reports; $3 is 1: those of vendors, which ask for a report only where late
 * changes lowered it. */
static const char OUTSTANDING[] =
    "select g.id from agreements g join accounts b on b.id = g.buyer_id join accounts s on s.id = "
    "g.seller_id "
    "where g.state in ('signed', 'suspended', 'terminated') and b.kind in ('provider', 'distributor') "
    "and (s.kind = 'vendor') = (cast($3 as bigint) = 1) and (cast($2 as bigint) = 0 or g.seller_id = $2) "
    "and not exists (select 1 from reports r where r.agreement_id = g.id and r.month = $1 "
    "and r.state = 'approved') "
    "and not exists (select 1 from months m where m.agreement_id = g.id and m.month = $1 and m.state in "
    "('closed', 'closing')) "
    "order by g.id";

enum status report_outstanding(struct db *db, struct arena *arena, struct month month, int64_t seller_id,
                               enum report_edges edges, int64_t **agreement_ids, size_t *count,
                               struct fault *fault) {
    return rows_integers(db, arena, OUTSTANDING,
                         DB_ARGS(db_integer(month.index), db_integer(seller_id),
                                 db_integer(edges == EDGES_OF_VENDORS ? 1 : 0)),
                         agreement_ids, count, fault);
}

static const struct db_field PROVISIONED_FIELDS[] = {
    DB_FIELD_INT(struct provisioned, customer_id, "l.customer_id"),
    DB_FIELD_INT(struct provisioned, sku_id, "l.sku_id"),
    DB_FIELD_INT(struct provisioned, seats, "cast(sum(l.seats) as bigint)"),
};
static const struct db_fields PROVISIONED = DB_FIELDS(struct provisioned, PROVISIONED_FIELDS);

static const char SELECT_PROVISIONED[] =
    "select {} from account_ancestors a join licences l on l.customer_id = a.account_id where a.ancestor_id "
    "= "
    "$1 "
    "and l.first_edge <= $2 and l.last_edge >= $2 and l.issued_at_us < $4 "
    "and (l.retired_at_us is null or l.retired_at_us >= $3) "
    "group by l.customer_id, l.sku_id order by l.customer_id, l.sku_id";

enum status report_provisioned(struct db *db, struct arena *arena, int64_t below_id, int64_t edge_depth,
                               int64_t from_us, int64_t to_us, struct provisioned **rows, size_t *count,
                               struct fault *fault) {
    return rows_all(
        db, arena, &PROVISIONED, SELECT_PROVISIONED,
        DB_ARGS(db_integer(below_id), db_integer(edge_depth), db_integer(from_us), db_integer(to_us)), rows,
        count, fault);
}
