#include "store/billing/invoices.h"

#include "store/billing/invoice_line_columns.h"

#include <assert.h>
#include <stdio.h>

#define INVOICE_COUNTER "invoices"

enum status invoice_ids_take(struct db *db, int64_t count, int64_t *first, struct fault *fault) {
    return db_counter_take(db, INVOICE_COUNTER, count, first, fault);
}

void invoice_number_counter(int64_t seller_id, int year, char counter[INVOICE_COUNTER_BYTES]) {
    snprintf(counter, INVOICE_COUNTER_BYTES, "invoice-numbers-%lld-%d", (long long)seller_id, year);
}

enum status invoice_numbers_take(struct db *db, int64_t seller_id, int year, int64_t count, int64_t *first,
                                 struct fault *fault) {
    char counter[INVOICE_COUNTER_BYTES];
    invoice_number_counter(seller_id, year, counter);
    return db_counter_take(db, counter, count, first, fault);
}

struct text invoice_number(struct arena *arena, struct text seller_code, int year, int64_t number) {
    return text_format(arena, "%.*s-%d-%06lld", TEXT_ARGS(seller_code), year, (long long)number);
}

enum status invoice_heads_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) {
    static const char *const columns[] = {"id",
                                          "number",
                                          "kind",
                                          "state",
                                          "agreement_id",
                                          "seller_id",
                                          "buyer_id",
                                          "month",
                                          "currency",
                                          "issued_on",
                                          "due_on",
                                          "net_minor",
                                          "tax_minor",
                                          "gross_minor",
                                          "terms",
                                          "corrects_id",
                                          "seller_name",
                                          "seller_address",
                                          "seller_country",
                                          "seller_tax_number",
                                          "seller_email",
                                          "buyer_name",
                                          "buyer_address",
                                          "buyer_country",
                                          "buyer_tax_number",
                                          "buyer_email",
                                          "issued_at_us",
                                          "settled_at_us",
                                          NULL};
    return db_bulk_start(db, "invoices", columns, "itttiiiitiiiiitittttttttttii", bulk, fault);
}

enum status invoice_heads_add(struct db_bulk *bulk, const struct invoice_head *head, struct fault *fault) {
    assert(head->id > 0 && head->number.length > 0);
    const struct db_value values[] = {
        db_integer(head->id),
        db_string(head->number),
        db_string(text_of(invoice_kind_name(head->kind))),
        db_string(text_of(machine_state_name(&invoice_machine, (int)head->state))),
        db_integer(head->agreement_id),
        db_integer(head->seller_id),
        db_integer(head->buyer_id),
        db_integer(head->month.index),
        db_string(head->currency),
        db_integer(head->issued_on.day),
        db_integer(head->due_on.day),
        db_integer(head->net_minor),
        db_integer(head->tax_minor),
        db_integer(head->gross_minor),
        db_string(head->terms),
        head->corrects_id > 0 ? db_integer(head->corrects_id) : db_null(),
        db_string(head->seller.name),
        db_string(head->seller.address),
        db_string(head->seller.country),
        db_string(head->seller.tax_number),
        db_string(head->seller.email),
        db_string(head->buyer.name),
        db_string(head->buyer.address),
        db_string(head->buyer.country),
        db_string(head->buyer.tax_number),
        db_string(head->buyer.email),
        db_integer(head->issued_at_us),
        head->settled_at_us > 0 ? db_integer(head->settled_at_us) : db_null(),
    };
    return db_bulk_row(bulk, values, fault);
}

enum status invoice_lines_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) {
    static const char *const columns[] = {"invoice_id",
                                          "position",
                                          "customer_id",
                                          "sku_id",
                                          "price_id",
                                          "policy",
                                          "measured_parts",
                                          "quantity_parts",
                                          "parts_per_unit",
                                          "unit_price_millionths",
                                          "amount_minor",
                                          "tax_category",
                                          "tax_rate_millionths",
                                          "corrects_month",
                                          "description",
                                          "note",
                                          NULL};
    return db_bulk_start(db, "invoice_lines", columns, "iiiiitiiiiitiitt", bulk, fault);
}

enum status invoice_lines_add(struct db_bulk *bulk, const struct billed_line *row, struct fault *fault) {
    assert(row->invoice_id > 0 && row->position > 0 && row->parts_per_unit > 0);
    const struct db_value values[] = {
        db_integer(row->invoice_id),
        db_integer(row->position),
        db_integer(row->customer_id),
        db_integer(row->sku_id),
        db_integer(row->price_id),
        db_string(row->policy),
        db_integer(row->measured_parts),
        db_integer(row->quantity_parts),
        db_integer(row->parts_per_unit),
        db_integer(row->unit_price_millionths),
        db_integer(row->amount_minor),
        db_string(text_of(row->tax.category)),
        db_integer(row->tax.rate_millionths),
        row->corrects_month.index == INVOICE_NO_MONTH ? db_null() : db_integer(row->corrects_month.index),
        db_string(row->description),
        db_string(row->note),
    };
    return db_bulk_row(bulk, values, fault);
}

#define HEAD_COLUMNS                                                                                         \
    "id, number, kind, state, agreement_id, seller_id, buyer_id, month, currency, issued_on, due_on, "       \
    "net_minor, tax_minor, gross_minor, terms, corrects_id, seller_name, seller_address, seller_country, "   \
    "seller_tax_number, seller_email, buyer_name, buyer_address, buyer_country, buyer_tax_number, "          \
    "buyer_email, issued_at_us, settled_at_us"

static struct invoice_address read_address(struct db_rows *rows, int column, struct arena *arena) {
    return (struct invoice_address){
        .name = db_column_copy(rows, column, arena),
        .address = db_column_copy(rows, column + 1, arena),
        .country = db_column_copy(rows, column + 2, arena),
        .tax_number = db_column_copy(rows, column + 3, arena),
        .email = db_column_copy(rows, column + 4, arena),
    };
}

static enum status read_head(struct db_rows *rows, struct arena *arena, struct invoice_head *head,
                             struct fault *fault) {
    int state = 0;
    *head = (struct invoice_head){
        .id = db_column_int(rows, 0),
        .number = db_column_copy(rows, 1, arena),
        .agreement_id = db_column_int(rows, 4),
        .seller_id = db_column_int(rows, 5),
        .buyer_id = db_column_int(rows, 6),
        .month = {(int32_t)db_column_int(rows, 7)},
        .currency = db_column_copy(rows, 8, arena),
        .issued_on = {(int32_t)db_column_int(rows, 9)},
        .due_on = {(int32_t)db_column_int(rows, 10)},
        .net_minor = db_column_int(rows, 11),
        .tax_minor = db_column_int(rows, 12),
        .gross_minor = db_column_int(rows, 13),
        .terms = db_column_copy(rows, 14, arena),
        .corrects_id = db_column_int(rows, 15),
        .seller = read_address(rows, 16, arena),
        .buyer = read_address(rows, 21, arena),
        .issued_at_us = db_column_int(rows, 26),
        .settled_at_us = db_column_int(rows, 27),
    };
    enum status status = invoice_kind_parse(db_column_text(rows, 2), &head->kind, fault);
    if (status == STATUS_OK) {
        status = machine_state_parse(&invoice_machine, db_column_text(rows, 3), &state, fault);
    }
    head->state = (enum invoice_state)state;
    return status;
}

static const char LOAD[] = "select " HEAD_COLUMNS " from invoices where id = $1";

enum status invoice_load(struct db *db, struct arena *arena, int64_t id, struct invoice_head *head,
                         struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = db_query(db, LOAD, DB_ARGS(db_integer(id)), &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    if (status == STATUS_OK && have_row) {
        status = read_head(rows, arena, head, fault);
    } else if (status == STATUS_OK) {
        status = fault_set(fault, STATUS_NOT_FOUND, "unknown-invoice", "invoice", (struct text){0},
                           "there is no such invoice");
    }
    db_rows_close(rows);
    return status;
}

#define LINE_COLUMNS "l.invoice_id, " INVOICE_LINE_COLUMNS ", l.description, l.note"

void invoice_line_read(struct db_rows *rows, int first, struct arena *arena, struct billed_line *row) {
    bool corrects = !db_column_is_null(rows, first + 12);
    *row = (struct billed_line){
        .position = db_column_int(rows, first),
        .customer_id = db_column_int(rows, first + 1),
        .sku_id = db_column_int(rows, first + 2),
        .price_id = db_column_int(rows, first + 3),
        .policy = db_column_copy(rows, first + 4, arena),
        .measured_parts = db_column_int(rows, first + 5),
        .quantity_parts = db_column_int(rows, first + 6),
        .parts_per_unit = db_column_int(rows, first + 7),
        .unit_price_millionths = db_column_int(rows, first + 8),
        .amount_minor = db_column_int(rows, first + 9),
        .tax.rate_millionths = db_column_int(rows, first + 11),
        .corrects_month = {corrects ? (int32_t)db_column_int(rows, first + 12) : INVOICE_NO_MONTH},
    };
    struct text category = db_column_text(rows, first + 10);
    for (size_t i = 0; i < category.length && i + 1 < sizeof(row->tax.category); i++) {
        row->tax.category[i] = category.at[i];
    }
}

static void read_line(struct db_rows *rows, struct arena *arena, struct billed_line *row) {
    invoice_line_read(rows, 1, arena, row);
    row->invoice_id = db_column_int(rows, 0);
    row->description = db_column_copy(rows, 1 + INVOICE_LINE_COLUMN_COUNT, arena);
    row->note = db_column_copy(rows, 2 + INVOICE_LINE_COLUMN_COUNT, arena);
}

static enum status read_lines(struct db_rows *rows, struct arena *arena, struct billed_line **lines,
                              size_t *count, struct fault *fault) {
    struct billed_line *items = NULL;
    size_t capacity = 0;
    bool have_row = false;
    enum status status = STATUS_OK;
    *count = 0;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, *count, &capacity, sizeof(*items));
        read_line(rows, arena, &items[(*count)++]);
    }
    *lines = items;
    return status;
}

static const char LINES[] =
    "select " LINE_COLUMNS " from invoice_lines l where l.invoice_id = $1 order by l.position";

enum status invoice_lines_load(struct db *db, struct arena *arena, int64_t invoice_id,
                               struct billed_line **rows, size_t *count, struct fault *fault) {
    struct db_rows *found = NULL;
    enum status status = db_query(db, LINES, DB_ARGS(db_integer(invoice_id)), &found, fault);
    if (status == STATUS_OK) {
        status = read_lines(found, arena, rows, count, fault);
    }
    db_rows_close(found);
    return status;
}

static const char LINES_OF_MONTH[] =
    "select " LINE_COLUMNS " from invoice_lines l join invoices i on i.id = l.invoice_id "
    "where i.agreement_id = $1 and i.kind <> 'credit-note' and l.sku_id = $3 and l.price_id <> 0 "
    "and ((i.month = $2 and l.corrects_month is null) or l.corrects_month = $2) "
    "order by l.invoice_id, l.position";

enum status invoice_lines_of_month(struct db *db, struct arena *arena, int64_t agreement_id,
                                   struct month month, int64_t sku_id, struct billed_line **rows,
                                   size_t *count, struct fault *fault) {
    struct db_rows *found = NULL;
    enum status status = db_query(
        db, LINES_OF_MONTH, DB_ARGS(db_integer(agreement_id), db_integer(month.index), db_integer(sku_id)),
        &found, fault);
    if (status == STATUS_OK) {
        status = read_lines(found, arena, rows, count, fault);
    }
    db_rows_close(found);
    return status;
}

static const char SETTLE[] = "update invoices set state = $2, settled_at_us = $3 where id = $1";

enum status invoice_settle(struct db *db, int64_t id, enum invoice_state state, int64_t at_us,
                           struct fault *fault) {
    int64_t changed = 0;
    enum status status =
        db_run(db, SETTLE,
               DB_ARGS(db_integer(id), db_string(text_of(machine_state_name(&invoice_machine, (int)state))),
                       db_integer(at_us)),
               &changed, fault);
    assert(status != STATUS_OK || changed == 1);
    return status;
}

static const char CREDITED[] =
    "select cast(coalesce(sum(gross_minor), 0) as bigint) from invoices where corrects_id = $1";

enum status invoice_credited(struct db *db, int64_t invoice_id, int64_t *gross_minor, struct fault *fault) {
    return db_query_int(db, CREDITED, DB_ARGS(db_integer(invoice_id)), 0, gross_minor, fault);
}

static const char CREDITED_POSITIONS[] =
    "select distinct l.position from invoice_lines l join invoices i on i.id = l.invoice_id "
    "where i.corrects_id = $1 order by l.position";

enum status invoice_credited_positions(struct db *db, struct arena *arena, int64_t invoice_id,
                                       int64_t **positions, size_t *count, struct fault *fault) {
    struct db_rows *rows = NULL;
    int64_t *items = NULL;
    size_t capacity = 0;
    bool have_row = false;
    *count = 0;
    enum status status = db_query(db, CREDITED_POSITIONS, DB_ARGS(db_integer(invoice_id)), &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, *count, &capacity, sizeof(*items));
        items[(*count)++] = db_column_int(rows, 0);
    }
    db_rows_close(rows);
    *positions = items;
    return status;
}

/* The same conditions in four forms, whose first one an index can serve. */
#define LIST(first_condition)                                                                                \
    "select " HEAD_COLUMNS " from invoices where " first_condition                                           \
    " and id > $1 and ($2 = 0 or seller_id = $2 or buyer_id = $2) and ($3 = 0 or seller_id = $3) "           \
    "and ($4 = 0 or buyer_id = $4) and ($5 = -1 or month = $5) and ($6 = '' or state = $6) "                 \
    "and ($7 = '' or kind = $7) and ($8 = 0 or corrects_id = $8) and ($9 = '' or number = $9) "              \
    "order by id limit $10"
static const char LIST_ALL[] = LIST("1 = 1");
static const char LIST_OF_PARTY[] = LIST("(seller_id = $2 or buyer_id = $2)");
static const char LIST_OF_SELLER[] = LIST("seller_id = $3");
static const char LIST_OF_BUYER[] = LIST("buyer_id = $4");
static const char LIST_OF_CORRECTED[] = LIST("corrects_id = $8");

static const char *list_form(const struct invoice_filter *filter) {
    if (filter->corrects_id > 0) {
        return LIST_OF_CORRECTED;
    }
    if (filter->buyer_id > 0) {
        return LIST_OF_BUYER;
    }
    if (filter->seller_id > 0) {
        return LIST_OF_SELLER;
    }
    return filter->party_id > 0 ? LIST_OF_PARTY : LIST_ALL;
}

enum status invoice_list(struct db *db, struct arena *arena, const struct invoice_filter *filter,
                         struct page page, struct invoice_head **heads, size_t *count, int64_t *next_after,
                         struct fault *fault) {
    struct db_rows *rows = NULL;
    struct invoice_head *items = ARENA_NEW(arena, struct invoice_head, (size_t)page_limit(page) + 1);
    bool have_row = false;
    size_t found = 0;
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(machine_state_name(&invoice_machine, filter->state));
    struct text kind =
        filter->kind < 0 ? TEXT("") : text_of(invoice_kind_name((enum invoice_kind)filter->kind));
    enum status status = db_query(
        db, list_form(filter),
        DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id), db_integer(filter->seller_id),
                db_integer(filter->buyer_id), db_integer(filter->month), db_string(state), db_string(kind),
                db_integer(filter->corrects_id), db_string(filter->number), db_integer(page_limit(page) + 1)),
        &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = read_head(rows, arena, &items[found++], fault);
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = found > (size_t)page_limit(page);
    *count = more ? found - 1 : found;
    *next_after = more ? items[*count - 1].id : 0;
    *heads = items;
    return STATUS_OK;
}
