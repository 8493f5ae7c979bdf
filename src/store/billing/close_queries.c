#include "store/billing/close_queries.h"

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

static const char ALL_EVENTS[] = "select " EVENT_COLUMNS " from licence_events "
                                 "where at_us >= $1 and seats_before <> seats_after";

static const char EVENTS_UNDER[] =
    "select " EVENT_COLUMNS " from licence_events "
    "where at_us >= $1 and seats_before <> seats_after "
    "and customer_id in (select account_id from account_ancestors where ancestor_id = $2)";

enum status metered_licences_stream(struct db *db, int64_t under_account_id, struct db_rows **rows,
                                    struct fault *fault) {
    if (under_account_id == 0) {
        return db_stream(db, ALL_LICENCES, DB_NO_ARGS, rows, fault);
    }
    return db_stream(db, LICENCES_UNDER, DB_ARGS(db_integer(under_account_id)), rows, fault);
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

enum status metered_events_stream(struct db *db, int64_t under_account_id, int64_t from_us,
                                  struct db_rows **rows, struct fault *fault) {
    if (under_account_id == 0) {
        return db_stream(db, ALL_EVENTS, DB_ARGS(db_integer(from_us)), rows, fault);
    }
    return db_stream(db, EVENTS_UNDER, DB_ARGS(db_integer(from_us), db_integer(under_account_id)), rows,
                     fault);
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

static const char MONTH_STATES[] =
    "select agreement_id, state from months where month = $1 order by agreement_id";

static const char REPORT_STATES[] =
    "select agreement_id, state from reports where month = $1 order by agreement_id";

/* Rows of (agreement, state's word) of either table. */
struct state_row {
    int64_t agreement_id;
    int state;
};

static enum status states_load(struct db *db, struct arena *arena, const char *sql,
                               const struct state_machine *machine, struct month month,
                               struct state_row **states, size_t *state_count, struct fault *fault) {
    struct db_rows *rows = NULL;
    struct state_row *items = NULL;
    size_t count = 0;
    size_t capacity = 0;
    bool have_row = false;
    enum status status = db_query(db, sql, DB_ARGS(db_integer(month.index)), &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, count, &capacity, sizeof(*items));
        items[count].agreement_id = db_column_int(rows, 0);
        status = machine_state_parse(machine, db_column_text(rows, 1), &items[count].state, fault);
        count++;
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *states = items;
        *state_count = count;
    }
    return status;
}

enum status month_rows_load(struct db *db, struct arena *arena, struct month month, struct month_row **rows,
                            size_t *count, struct fault *fault) {
    struct state_row *states = NULL;
    size_t state_count = 0;
    enum status status =
        states_load(db, arena, MONTH_STATES, &month_machine, month, &states, &state_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *rows = ARENA_NEW(arena, struct month_row, state_count + 1);
    for (size_t i = 0; i < state_count; i++) {
        (*rows)[i] = (struct month_row){states[i].agreement_id, (enum month_state)states[i].state};
    }
    *count = state_count;
    return STATUS_OK;
}

enum status report_rows_load(struct db *db, struct arena *arena, struct month month, struct report_row **rows,
                             size_t *count, struct fault *fault) {
    struct state_row *states = NULL;
    size_t state_count = 0;
    enum status status =
        states_load(db, arena, REPORT_STATES, &report_machine, month, &states, &state_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *rows = ARENA_NEW(arena, struct report_row, state_count + 1);
    for (size_t i = 0; i < state_count; i++) {
        (*rows)[i] = (struct report_row){states[i].agreement_id, (enum report_state)states[i].state};
    }
    *count = state_count;
    return STATUS_OK;
}

static const char CLOSED_MONTHS[] = "select distinct month from months where state = 'closed' order by month";

enum status closed_months_load(struct db *db, struct arena *arena, struct month **months, size_t *count,
                               struct fault *fault) {
    struct db_rows *rows = NULL;
    struct month *items = NULL;
    size_t capacity = 0;
    bool have_row = false;
    *count = 0;
    enum status status = db_query(db, CLOSED_MONTHS, DB_NO_ARGS, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, *count, &capacity, sizeof(*items));
        items[(*count)++].index = (int32_t)db_column_int(rows, 0);
    }
    db_rows_close(rows);
    *months = items;
    return status;
}

enum status months_close_bulk(struct db *db, struct month month, const int64_t *agreement_ids, size_t count,
                              int64_t closed_at_us, struct fault *fault) {
    static const char *const columns[] = {"agreement_id", "month", "state", "closed_at_us", NULL};
    if (count == 0) {
        return STATUS_OK;
    }
    assert(agreement_ids != NULL && db_in_transaction(db));
    struct db_bulk *bulk = NULL;
    enum status status = db_bulk_start(db, "months", columns, "iiti", &bulk, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct db_value values[] = {db_integer(agreement_ids[i]), db_integer(month.index),
                                          db_string(TEXT("closed")), db_integer(closed_at_us)};
        status = db_bulk_row(bulk, values, fault);
    }
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
}
