#include "store/billing/corrections.h"

#define CORRECTION_COUNTER "corrections"

static const char INSERT[] =
    "insert into corrections (id, agreement_id, month, customer_id, sku_id, units, reason, created_at_us, "
    "created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

enum status correction_insert(struct db *db, struct correction *correction, struct fault *fault) {
    enum status status = db_counter_take(db, CORRECTION_COUNTER, 1, &correction->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(correction->id), db_integer(correction->agreement_id),
                          db_integer(correction->month.index), db_integer(correction->customer_id),
                          db_integer(correction->sku_id), db_integer(correction->units),
                          db_string(correction->reason), db_integer(correction->created_at_us),
                          db_string(correction->created_by)),
                  NULL, fault);
}

#define COLUMNS                                                                                              \
    "c.id, c.agreement_id, c.month, c.customer_id, c.sku_id, c.units, c.reason, c.invoice_id, "              \
    "c.created_at_us, c.created_by"

static enum status read_corrections(struct db_rows *rows, struct arena *arena,
                                    struct correction **corrections, size_t *count, struct fault *fault) {
    struct correction *items = NULL;
    size_t capacity = 0;
    bool have_row = false;
    enum status status = STATUS_OK;
    *count = 0;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, *count, &capacity, sizeof(*items));
        items[(*count)++] = (struct correction){
            .id = db_column_int(rows, 0),
            .agreement_id = db_column_int(rows, 1),
            .month = {(int32_t)db_column_int(rows, 2)},
            .customer_id = db_column_int(rows, 3),
            .sku_id = db_column_int(rows, 4),
            .units = db_column_int(rows, 5),
            .reason = db_column_copy(rows, 6, arena),
            .invoice_id = db_column_int(rows, 7),
            .created_at_us = db_column_int(rows, 8),
            .created_by = db_column_copy(rows, 9, arena),
        };
    }
    *corrections = items;
    return status;
}

static const char LIST[] =
    "select " COLUMNS " from corrections c join agreements a on a.id = c.agreement_id "
    "where c.id > $1 and ($2 = 0 or a.seller_id = $2 or a.buyer_id = $2) and ($3 = 0 or a.seller_id = $3) "
    "and ($4 = 0 or a.buyer_id = $4) and ($5 = -1 or c.month = $5) order by c.id limit $6";

enum status correction_list(struct db *db, struct arena *arena, const struct correction_filter *filter,
                            struct page page, struct correction **corrections, size_t *count,
                            int64_t *next_after, struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, LIST,
                                  DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                                          db_integer(filter->seller_id), db_integer(filter->buyer_id),
                                          db_integer(filter->month), db_integer(page_limit(page) + 1)),
                                  &rows, fault);
    if (status == STATUS_OK) {
        status = read_corrections(rows, arena, corrections, count, fault);
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = *count > (size_t)page_limit(page);
    *count -= more;
    *next_after = more ? (*corrections)[*count - 1].id : 0;
    return STATUS_OK;
}

static const char WAITING[] =
    "select " COLUMNS " from corrections c where c.month < $1 and exists (select 1 from corrections w where "
    "w.agreement_id = c.agreement_id and w.month = c.month and w.sku_id = c.sku_id and w.invoice_id is null) "
    "and not exists (select 1 from months m where m.agreement_id = c.agreement_id and m.month > $1 and "
    "m.state = 'closed') "
    "order by c.agreement_id, c.month, c.sku_id, c.customer_id, c.id";

enum status corrections_waiting(struct db *db, struct arena *arena, struct month month,
                                struct correction **corrections, size_t *count, struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, WAITING, DB_ARGS(db_integer(month.index)), &rows, fault);
    if (status == STATUS_OK) {
        status = read_corrections(rows, arena, corrections, count, fault);
    }
    db_rows_close(rows);
    return status;
}

static const char OF_MONTH[] = "select " COLUMNS " from corrections c where c.month = $1 "
                               "order by c.agreement_id, c.sku_id, c.customer_id, c.id";

enum status corrections_of_month(struct db *db, struct arena *arena, struct month month,
                                 struct correction **corrections, size_t *count, struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, OF_MONTH, DB_ARGS(db_integer(month.index)), &rows, fault);
    if (status == STATUS_OK) {
        status = read_corrections(rows, arena, corrections, count, fault);
    }
    db_rows_close(rows);
    return status;
}

static const char MARK_BILLED[] =
    "update corrections set invoice_id = (select i.id from invoices i where i.agreement_id = "
    "corrections.agreement_id and i.month = $1 and i.kind <> 'credit-note' and i.id >= $2) "
    "where invoice_id is null and month < $1 and not exists (select 1 from months m where m.agreement_id = "
    "corrections.agreement_id and m.month > $1 and m.state = 'closed')";

enum status corrections_mark_billed(struct db *db, struct month month, int64_t first_invoice_id,
                                    struct fault *fault) {
    return db_run(db, MARK_BILLED, DB_ARGS(db_integer(month.index), db_integer(first_invoice_id)), NULL,
                  fault);
}
