#include "store/billing/close_queries.h"

#include "store/billing/months.h"
#include "store/engine/rows.h"
#include "store/licensing/licences.h"

#include <assert.h>

/* ---- the meter's two streams ----
 *
 * A stream's cost is its columns, on PostgreSQL above all, so several numbers travel in one. What SQL packs
 * and C takes apart is the same number, EDGE_STRIDE and so on, in both. */

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

/* The stride of a number is how far two of its values are apart in the packed one. */
#define EDGE_STRIDE 256
#define SEATS_STRIDE 65536
#define EVENT_STRIDE 4294967296
static_assert(EDGE_STRIDE > LICENCE_LAST_EDGE, "an edge lies within one of its stride");
static_assert(SEATS_STRIDE == EDGE_STRIDE * EDGE_STRIDE, "seats stand in front of two edges");
static_assert(EVENT_STRIDE / 2 > INT32_MAX, "a change of seats, up or down, lies between two licences");
static_assert(INT64_MAX / SEATS_STRIDE > INT32_MAX, "the seats of a licence fit");

enum { LICENCE_ID, LICENCE_CUSTOMER_ID, LICENCE_SKU_ID, LICENCE_SEATS_AND_EDGES, LICENCE_FIRST_ON_AT_US };
#define LICENCE_COLUMNS                                                                                      \
    "id, customer_id, sku_id, counted_seats * " TEXT_OF(SEATS_STRIDE) " + first_edge * " TEXT_OF(            \
        EDGE_STRIDE) " + last_edge, first_on_at_us"

enum { EVENT_AT_US, EVENT_CHANGE };
#define EVENT_COLUMNS "at_us, licence_id * " TEXT_OF(EVENT_STRIDE) " + seats_after - seats_before"

static const char ALL_LICENCES[] =
    "select " LICENCE_COLUMNS " from licences where first_on_at_us is not null";

static const char LICENCES_UNDER[] =
    "select " LICENCE_COLUMNS " from licences where first_on_at_us is not null "
    "and customer_id in (select account_id from account_ancestors where ancestor_id = $1)";

static const char LICENCES_OF_SKU[] =
    "select " LICENCE_COLUMNS " from licences where first_on_at_us is not null and sku_id = $2 "
    "and customer_id in (select account_id from account_ancestors where ancestor_id = $1)";

/* What an undo voided is left out, and the undo (kind 6) too: together they change nothing, so a licence's
 * opening seats follow from the others alone. */
static_assert(EVENT_UNDO == 6, "LIVE_EVENTS names it");
#define LIVE_EVENTS                                                                                          \
    "from licence_events e where at_us >= $1 and seats_before <> seats_after and kind <> 6 and not exists "  \
    "(select 1 from voided_events v where v.provider_id = e.provider_id and v.number = e.number) "

static const char ALL_EVENTS[] = "select " EVENT_COLUMNS " " LIVE_EVENTS;

/* By licence: an account's events lie among all others of their time. */
static const char EVENTS_UNDER[] =
    "select " EVENT_COLUMNS " " LIVE_EVENTS
    "and licence_id in (select id from licences where first_on_at_us is not null and customer_id in (select "
    "account_id from account_ancestors where ancestor_id = $2))";

static const char EVENTS_OF_SKU[] =
    "select " EVENT_COLUMNS " " LIVE_EVENTS "and licence_id in (select id from licences "
    "where sku_id = $3 and customer_id in (select account_id from account_ancestors where ancestor_id = $2))";

/* As if every late change (dated more than a minute before it was recorded) had been made when it was told.
 * What one voided counts until its undo, and the undo counts. Nothing is told before what the log has before
 * it, which is also why a change that comes with an undo counts from then. What a move did was agreed. */
static const char EVENTS_AS_TOLD[] =
    "select told_us, change from (select max(case when e.kind <> 6 and e.recorded_at_us - e.at_us > 60000000 "
    "and not exists (select 1 from moved_licences m join licences l on l.id = m.licence_id where "
    "m.licence_id = e.licence_id and l.retired_at_us = e.at_us) then e.recorded_at_us else e.at_us end) "
    "over (partition by e.licence_id order by e.number rows between unbounded preceding and current row) as "
    "told_us, e.licence_id * " TEXT_OF(
        EVENT_STRIDE) " + e.seats_after - e.seats_before as change "
                      "from licence_events e left join voided_events v on v.provider_id = e.provider_id and "
                      "v.number = e.number "
                      "left join licence_events w on w.provider_id = v.provider_id and w.number = "
                      "v.voided_by "
                      "where e.seats_before <> e.seats_after and (w.number is null or w.cause_id <> 0) "
                      "and (e.kind <> 6 or e.cause_id <> 0) and e.customer_id in "
                      "(select account_id from account_ancestors where ancestor_id = $2)) told where told_us "
                      ">= $1";

enum status metered_licences_stream(struct db *db, struct metered_scope scope, struct db_rows **rows,
                                    struct fault *fault) {
    assert(scope.sku_id == 0 || scope.under_account_id != 0);
    if (scope.under_account_id == 0) {
        return db_stream(db, ALL_LICENCES, DB_NO_ARGS, rows, fault);
    }
    if (scope.sku_id == 0) {
        return db_stream(db, LICENCES_UNDER, DB_ARGS(db_integer(scope.under_account_id)), rows, fault);
    }
    return db_stream(db, LICENCES_OF_SKU,
                     DB_ARGS(db_integer(scope.under_account_id), db_integer(scope.sku_id)), rows, fault);
}

void metered_licence_read(struct db_rows *rows, struct metered_licence *licence) {
    int64_t packed = db_column_int(rows, LICENCE_SEATS_AND_EDGES);
    int64_t edges = packed % SEATS_STRIDE;
    *licence = (struct metered_licence){
        .id = db_column_int(rows, LICENCE_ID),
        .customer_id = db_column_int(rows, LICENCE_CUSTOMER_ID),
        .sku_id = db_column_int(rows, LICENCE_SKU_ID),
        .first_edge = (int32_t)(edges / EDGE_STRIDE),
        .last_edge = (int32_t)(edges % EDGE_STRIDE),
        .counted_seats = (int32_t)(packed / SEATS_STRIDE),
        .first_on_at_us = db_column_int(rows, LICENCE_FIRST_ON_AT_US),
    };
}

enum status metered_events_stream(struct db *db, struct metered_scope scope, int64_t from_us,
                                  struct db_rows **rows, struct fault *fault) {
    assert(scope.sku_id == 0 || scope.under_account_id != 0);
    if (scope.under_account_id == 0) {
        return db_stream(db, ALL_EVENTS, DB_ARGS(db_integer(from_us)), rows, fault);
    }
    if (scope.sku_id == 0) {
        return db_stream(db, scope.as_told ? EVENTS_AS_TOLD : EVENTS_UNDER,
                         DB_ARGS(db_integer(from_us), db_integer(scope.under_account_id)), rows, fault);
    }
    return db_stream(
        db, EVENTS_OF_SKU,
        DB_ARGS(db_integer(from_us), db_integer(scope.under_account_id), db_integer(scope.sku_id)), rows,
        fault);
}

#define GROUPS                                                                                               \
    "(values (cast($2 as bigint), cast($3 as bigint)), ($4, $5), ($6, $7), ($8, $9), ($10, $11), "           \
    "($12, $13), ($14, $15), ($16, $17), ($18, $19), ($20, $21), ($22, $23), ($24, $25), ($26, $27), "       \
    "($28, $29), ($30, $31), ($32, $33)) "
#define OF_GROUPS "with n (customer_id, sku_id) as " GROUPS

static const char GROUPS_LICENCES[] =
    OF_GROUPS "select l.id, l.customer_id, l.sku_id, l.counted_seats * " TEXT_OF(
        SEATS_STRIDE) " + "
                      "l.first_edge * " TEXT_OF(
                          EDGE_STRIDE) " + l.last_edge, l.first_on_at_us from n cross join licences l "
                                       "where l.customer_id = n.customer_id and l.sku_id = n.sku_id and "
                                       "l.first_on_at_us is not null and "
                                       "cast($1 as bigint) = $1";
static const char GROUPS_EVENTS[] = OF_GROUPS "select e.at_us, e.licence_id * " TEXT_OF(
    EVENT_STRIDE) " + e.seats_after - e.seats_before "
                  "from n cross join licences l cross join licence_events e where l.customer_id = "
                  "n.customer_id and "
                  "l.sku_id = n.sku_id and e.licence_id = l.id and e.at_us >= $1 and e.seats_before <> "
                  "e.seats_after and "
                  "e.kind <> 6 and not exists (select 1 from voided_events v where v.provider_id = "
                  "e.provider_id and "
                  "v.number = e.number)";

static enum status stream_groups(struct db *db, const char *sql,
                                 const struct metered_group groups[METERED_GROUPS], int64_t from_us,
                                 struct db_rows **rows, struct fault *fault) {
    struct db_value values[1 + 2 * METERED_GROUPS] = {db_integer(from_us)};
    for (size_t i = 0; i < METERED_GROUPS; i++) {
        values[1 + 2 * i] = db_integer(groups[i].customer_id);
        values[2 + 2 * i] = db_integer(groups[i].sku_id);
    }
    return db_stream(db, sql, values, 1 + 2 * METERED_GROUPS, rows, fault);
}

enum status metered_groups_licences_stream(struct db *db, const struct metered_group groups[METERED_GROUPS],
                                           struct db_rows **rows, struct fault *fault) {
    return stream_groups(db, GROUPS_LICENCES, groups, 0, rows, fault);
}

enum status metered_groups_events_stream(struct db *db, const struct metered_group groups[METERED_GROUPS],
                                         int64_t from_us, struct db_rows **rows, struct fault *fault) {
    return stream_groups(db, GROUPS_EVENTS, groups, from_us, rows, fault);
}

void metered_event_read(struct db_rows *rows, struct metered_event *event) {
    int64_t packed = db_column_int(rows, EVENT_CHANGE);
    int64_t licence_id = (packed + EVENT_STRIDE / 2) / EVENT_STRIDE;
    *event = (struct metered_event){
        .at_us = db_column_int(rows, EVENT_AT_US),
        .licence_id = licence_id,
        .change = (int32_t)(packed - licence_id * EVENT_STRIDE),
    };
}

/* ---- states ---- */

static const struct db_field MONTH_ROW_FIELDS[] = {
    DB_FIELD_INT(struct month_row, agreement_id, "agreement_id"),
    DB_FIELD_STATE(struct month_row, state, "state", &month_machine),
    DB_FIELD_INT(struct month_row, rules, "rules", DB_OR_NULL | DB_COUNT),
    DB_FIELD_INT(struct month_row, usage_billing, "usage_billing", DB_COUNT),
};
static const struct db_fields MONTH_ROW = DB_FIELDS(struct month_row, MONTH_ROW_FIELDS);

static const char MONTH_STATES[] = "select {} from months where month = $1 order by agreement_id";
static const char MONTH_STATES_OF_PART[] =
    "select {} from months where month = $1 and agreement_id in " PART_AGREEMENTS(
        "$2", "$3") " order by agreement_id";

enum status month_rows_load(struct db *db, struct arena *arena, const struct programme_part *part,
                            struct month month, struct month_row **rows, size_t *count, struct fault *fault) {
    return part == NULL ? rows_all(db, arena, &MONTH_ROW, MONTH_STATES, DB_ARGS(db_integer(month.index)),
                                   rows, count, fault)
                        : rows_all(db, arena, &MONTH_ROW, MONTH_STATES_OF_PART,
                                   DB_ARGS(db_integer(month.index), db_integer(part->around_id),
                                           db_integer(part->party_id)),
                                   rows, count, fault);
}

enum status month_rules_of_edges(struct db *db, struct arena *arena, const struct programme_part *part,
                                 struct month month, struct id_map *rules, struct fault *fault) {
    struct month_row *rows = NULL;
    size_t count = 0;
    TRY(month_rows_load(db, arena, part, month, &rows, &count, fault));
    id_map_init(rules, arena, 2 * count);
    for (size_t i = 0; i < count; i++) {
        TRY(month_rules_check(rows[i].rules, fault));
        if (rows[i].rules > 0) {
            id_map_put(rules, rows[i].agreement_id, MONTH_RULES, (uint32_t)rows[i].rules);
        }
        if (rows[i].rules > 0 && rows[i].usage_billing <= USAGE_BILLED_ELSEWHERE) { /* else the audit tells */
            id_map_put(rules, rows[i].agreement_id, MONTH_USAGE_BILLING, (uint32_t)rows[i].usage_billing);
        }
    }
    return STATUS_OK;
}

static const struct db_field REPORT_ROW_FIELDS[] = {
    DB_FIELD_INT(struct report_row, agreement_id, "agreement_id"),
    DB_FIELD_STATE(struct report_row, state, "state", &report_machine),
};
static const struct db_fields REPORT_ROW = DB_FIELDS(struct report_row, REPORT_ROW_FIELDS);

static const char REPORT_STATES[] = "select {} from reports where month = $1 order by agreement_id";

enum status report_rows_load(struct db *db, struct arena *arena, struct month month, struct report_row **rows,
                             size_t *count, struct fault *fault) {
    return rows_all(db, arena, &REPORT_ROW, REPORT_STATES, DB_ARGS(db_integer(month.index)), rows, count,
                    fault);
}

/* A month alone, so that it is read, and held, as one. */
struct closed_month {
    struct month month;
};

static const struct db_field CLOSED_MONTH_FIELDS[] = {DB_FIELD_MONTH(struct closed_month, month, "month")};
static const struct db_fields CLOSED_MONTH = DB_FIELDS(struct closed_month, CLOSED_MONTH_FIELDS);

static const char CLOSED_MONTHS[] = "select distinct {} from months where state = 'closed' order by month";

enum status closed_months_load(struct db *db, struct arena *arena, struct month **months, size_t *count,
                               struct fault *fault) {
    return rows_all(db, arena, &CLOSED_MONTH, CLOSED_MONTHS, DB_NO_ARGS, months, count, fault);
}
