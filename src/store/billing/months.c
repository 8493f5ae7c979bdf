#include "store/billing/months.h"

#include <assert.h>

static const char LOAD[] = "select state from months where agreement_id = $1 and month = $2";

enum status month_state_load(struct db *db, int64_t agreement_id, struct month month, enum month_state *state,
                             struct fault *fault) {
    struct db_rows *rows = NULL;
    bool found = false;
    int value = MONTH_OPEN;
    enum status status =
        db_query(db, LOAD, DB_ARGS(db_integer(agreement_id), db_integer(month.index)), &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &found, fault);
    }
    if (status == STATUS_OK && found) {
        status = machine_state_parse(&month_machine, db_column_text(rows, 0), &value, fault);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *state = (enum month_state)value;
    }
    return status;
}

static const char SAVE[] =
    "insert into months (agreement_id, month, state, closed_at_us) values ($1, $2, $3, $4) "
    "on conflict (agreement_id, month) do update set state = excluded.state, "
    "closed_at_us = excluded.closed_at_us";

enum status month_state_save(struct db *db, int64_t agreement_id, struct month month, enum month_state state,
                             int64_t closed_at_us, struct fault *fault) {
    assert(agreement_id > 0);
    return db_run(db, SAVE,
                  DB_ARGS(db_integer(agreement_id), db_integer(month.index),
                          db_string(text_of(machine_state_name(&month_machine, (int)state))),
                          state == MONTH_CLOSED ? db_integer(closed_at_us) : db_null()),
                  NULL, fault);
}

/* Terminated agreements stay in: what an edge has closed is closed, whoever signs it anew. */
static const char FROZEN[] =
    "select id, time_zone, last_closed, last_reported from ("
    "select g.id as id, g.time_zone as time_zone, "
    "(select max(m.month) from months m where m.agreement_id = g.id and m.state = 'closed') as last_closed, "
    "(select max(r.month) from reports r where r.agreement_id = g.id and r.state in ('submitted', "
    "'approved')) "
    "as last_reported "
    "from account_ancestors a join agreements g on g.buyer_id = a.ancestor_id "
    "join accounts seller on seller.id = g.seller_id "
    "where a.account_id = $1 and (seller.kind <> 'vendor' or g.seller_id in "
    "(select s.owner_id from licences l join skus s on s.id = l.sku_id where l.id = $2 or l.parent_id = $2))"
    ") edges where last_closed is not null or last_reported is not null order by id";

static struct month month_from_column(struct db_rows *rows, int column) {
    return (struct month){db_column_is_null(rows, column) ? MONTH_NONE
                                                          : (int32_t)db_column_int(rows, column)};
}

enum status months_frozen(struct db *db, struct arena *arena, int64_t customer_id, int64_t licence_id,
                          struct edge_frozen **edges, size_t *count, struct fault *fault) {
    struct edge_frozen *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    enum status status =
        db_query(db, FROZEN, DB_ARGS(db_integer(customer_id), db_integer(licence_id)), &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        items[used++] = (struct edge_frozen){.agreement_id = db_column_int(rows, 0),
                                             .time_zone = db_column_copy(rows, 1, arena),
                                             .last_closed = month_from_column(rows, 2),
                                             .last_reported = month_from_column(rows, 3)};
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *edges = items;
        *count = used;
    }
    return status;
}
