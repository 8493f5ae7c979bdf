#include "store/billing/one_off_charges.h"

#define CHARGE_COUNTER "charges"

static const char INSERT[] =
    "insert into charges (id, agreement_id, customer_id, month, description, quantity, "
    "unit_price_millionths, tax_category, tax_rate_millionths, created_at_us) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

enum status one_off_charge_insert(struct db *db, struct one_off_charge *charge, struct fault *fault) {
    enum status status = db_counter_take(db, CHARGE_COUNTER, 1, &charge->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(charge->id), db_integer(charge->agreement_id),
                          db_integer(charge->customer_id), db_integer(charge->month.index),
                          db_string(charge->description), db_integer(charge->quantity),
                          db_integer(charge->unit_price_millionths), db_string(text_of(charge->tax.category)),
                          db_integer(charge->tax.rate_millionths), db_integer(charge->created_at_us)),
                  NULL, fault);
}

#define COLUMNS                                                                                              \
    "c.id, c.agreement_id, c.customer_id, c.month, c.description, c.quantity, c.unit_price_millionths, "     \
    "c.tax_category, c.tax_rate_millionths, c.invoice_id, c.created_at_us"

static void read_charge(struct db_rows *rows, struct arena *arena, struct one_off_charge *charge) {
    *charge = (struct one_off_charge){
        .id = db_column_int(rows, 0),
        .agreement_id = db_column_int(rows, 1),
        .customer_id = db_column_int(rows, 2),
        .month = {(int32_t)db_column_int(rows, 3)},
        .description = db_column_copy(rows, 4, arena),
        .quantity = db_column_int(rows, 5),
        .unit_price_millionths = db_column_int(rows, 6),
        .tax.rate_millionths = db_column_int(rows, 8),
        .invoice_id = db_column_int(rows, 9),
        .created_at_us = db_column_int(rows, 10),
    };
    struct text category = db_column_text(rows, 7);
    for (size_t i = 0; i < category.length && i + 1 < sizeof(charge->tax.category); i++) {
        charge->tax.category[i] = category.at[i];
    }
}

static const char LOAD[] = "select " COLUMNS " from charges c where c.id = $1";

enum status one_off_charge_load(struct db *db, struct arena *arena, int64_t id, struct one_off_charge *charge,
                                struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = db_query(db, LOAD, DB_ARGS(db_integer(id)), &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    if (status == STATUS_OK && have_row) {
        read_charge(rows, arena, charge);
    } else if (status == STATUS_OK) {
        status = fault_set(fault, STATUS_NOT_FOUND, "unknown-charge", "charge", (struct text){0},
                           "there is no such charge");
    }
    db_rows_close(rows);
    return status;
}

static const char DELETE[] = "delete from charges where id = $1 and invoice_id is null";

enum status one_off_charge_delete(struct db *db, int64_t id, struct fault *fault) {
    return db_run(db, DELETE, DB_ARGS(db_integer(id)), NULL, fault);
}

static enum status read_charges(struct db_rows *rows, struct arena *arena, struct one_off_charge **charges,
                                size_t *count, struct fault *fault) {
    struct one_off_charge *items = NULL;
    size_t capacity = 0;
    bool have_row = false;
    enum status status = STATUS_OK;
    *count = 0;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, *count, &capacity, sizeof(*items));
        read_charge(rows, arena, &items[(*count)++]);
    }
    *charges = items;
    return status;
}

static const char LIST[] =
    "select " COLUMNS " from charges c join agreements a on a.id = c.agreement_id "
    "where c.id > $1 and ($2 = 0 or a.seller_id = $2 or (a.buyer_id = $2 "
    "and a.state <> 'draft')) and ($3 = 0 or a.seller_id = $3) "
    "and ($4 = 0 or a.buyer_id = $4) and ($5 = -1 or c.month = $5) order by c.id limit $6";

enum status one_off_charge_list(struct db *db, struct arena *arena,
                                const struct one_off_charge_filter *filter, struct page page,
                                struct one_off_charge **charges, size_t *count, int64_t *next_after,
                                struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, LIST,
                                  DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                                          db_integer(filter->seller_id), db_integer(filter->buyer_id),
                                          db_integer(filter->month), db_integer(page_limit(page) + 1)),
                                  &rows, fault);
    if (status == STATUS_OK) {
        status = read_charges(rows, arena, charges, count, fault);
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = *count > (size_t)page_limit(page);
    *count -= more;
    *next_after = more ? (*charges)[*count - 1].id : 0;
    return STATUS_OK;
}

static const char WAITING[] = "select " COLUMNS " from charges c where c.month = $1 and c.invoice_id is null "
                              "order by c.agreement_id, c.id";

enum status one_off_charges_waiting(struct db *db, struct arena *arena, struct month month,
                                    struct one_off_charge **charges, size_t *count, struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, WAITING, DB_ARGS(db_integer(month.index)), &rows, fault);
    if (status == STATUS_OK) {
        status = read_charges(rows, arena, charges, count, fault);
    }
    db_rows_close(rows);
    return status;
}

static const char MARK_BILLED[] =
    "update charges set invoice_id = (select i.id from invoices i where i.agreement_id = "
    "charges.agreement_id "
    "and i.month = charges.month and i.kind <> 'credit-note') where month = $1 and invoice_id is null";

enum status one_off_charges_mark_billed(struct db *db, struct month month, struct fault *fault) {
    return db_run(db, MARK_BILLED, DB_ARGS(db_integer(month.index)), NULL, fault);
}
