#include "store/billing/invoices.h"

#include "store/billing/invoice_line_fields.h"

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

struct text invoice_number(struct arena *arena, struct text prefix, int year, int64_t number) {
    return text_format(arena, "%.*s-%d-%06lld", TEXT_ARGS(prefix), year, (long long)number);
}

/* ---- heads ---- */

static const char *kind_word(int kind) {
    return invoice_kind_name((enum invoice_kind)kind);
}

static const struct db_words KINDS = {kind_word, INVOICE_KIND_SETTLEMENT + 1};

/* As they are kept. */
#define HEAD_FIELDS                                                                                          \
    DB_FIELD_INT(struct invoice_head, id, "id", DB_FROM_ONE),                                                \
        DB_FIELD_TEXT(struct invoice_head, number, "number"),                                                \
        DB_FIELD_WORD(struct invoice_head, kind, "kind", &KINDS),                                            \
        DB_FIELD_STATE(struct invoice_head, state, "state", &invoice_machine),                               \
        DB_FIELD_INT(struct invoice_head, agreement_id, "agreement_id"),                                     \
        DB_FIELD_INT(struct invoice_head, seller_id, "seller_id"),                                           \
        DB_FIELD_INT(struct invoice_head, buyer_id, "buyer_id"),                                             \
        DB_FIELD_MONTH(struct invoice_head, month, "month"),                                                 \
        DB_FIELD_TEXT(struct invoice_head, currency, "currency"),                                            \
        DB_FIELD_DATE(struct invoice_head, issued_on, "issued_on"),                                          \
        DB_FIELD_DATE(struct invoice_head, due_on, "due_on"),                                                \
        DB_FIELD_INT(struct invoice_head, net_minor, "net_minor"),                                           \
        DB_FIELD_INT(struct invoice_head, tax_minor, "tax_minor"),                                           \
        DB_FIELD_INT(struct invoice_head, gross_minor, "gross_minor"),                                       \
        DB_FIELD_TEXT(struct invoice_head, terms, "terms"),                                                  \
        DB_FIELD_INT(struct invoice_head, corrects_id, "corrects_id", DB_OR_NULL),                           \
        DB_FIELD_INT(struct invoice_head, set_off_minor, "set_off_minor"),                                   \
        DB_FIELD_TEXT(struct invoice_head, seller.name, "seller_name"),                                      \
        DB_FIELD_TEXT(struct invoice_head, seller.address, "seller_address"),                                \
        DB_FIELD_TEXT(struct invoice_head, seller.country, "seller_country"),                                \
        DB_FIELD_TEXT(struct invoice_head, seller.tax_number, "seller_tax_number"),                          \
        DB_FIELD_TEXT(struct invoice_head, seller.email, "seller_email"),                                    \
        DB_FIELD_TEXT(struct invoice_head, buyer.name, "buyer_name"),                                        \
        DB_FIELD_TEXT(struct invoice_head, buyer.address, "buyer_address"),                                  \
        DB_FIELD_TEXT(struct invoice_head, buyer.country, "buyer_country"),                                  \
        DB_FIELD_TEXT(struct invoice_head, buyer.tax_number, "buyer_tax_number"),                            \
        DB_FIELD_TEXT(struct invoice_head, buyer.email, "buyer_email"),                                      \
        DB_FIELD_INT(struct invoice_head, issued_at_us, "issued_at_us"),                                     \
        DB_FIELD_INT(struct invoice_head, settled_at_us, "settled_at_us", DB_OR_NULL)
static const struct db_field INVOICE_FIELDS[] = {HEAD_FIELDS};
static const struct db_fields INVOICE = DB_FIELDS(struct invoice_head, INVOICE_FIELDS);

/* And as they are read, with what other documents say of them. */
static const struct db_field KNOWN_FIELDS[] = {
    HEAD_FIELDS,
    DB_FIELD_INT(
        struct invoice_head, notes_set_off_minor,
        "(select cast(coalesce(sum(n.set_off_minor), 0) as bigint) from invoices n where n.corrects_id "
        "= invoices.id)"),
    DB_FIELD_TEXT(struct invoice_head, corrects_number,
                  "coalesce((select o.number from invoices o where o.id = invoices.corrects_id), '')"),
};
static const struct db_fields KNOWN = DB_FIELDS(struct invoice_head, KNOWN_FIELDS);

enum status invoice_heads_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) {
    return rows_bulk_start(db, "invoices", &INVOICE, bulk, fault);
}

enum status invoice_heads_add(struct db_bulk *bulk, const struct invoice_head *head, struct fault *fault) {
    assert(head->id > 0 && head->number.length > 0);
    return rows_bulk_add(bulk, &INVOICE, head, fault);
}

static const char LOAD[] = "select {} from invoices where id = $1";

enum status invoice_load(struct db *db, struct arena *arena, int64_t id, struct invoice_head *head,
                         struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &KNOWN, LOAD, DB_ARGS(db_integer(id)), head, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-invoice", "invoice", (struct text){0},
                         "There is no such invoice.");
    }
    return STATUS_OK;
}

/* ---- lines ---- */

static_assert(INVOICE_NO_MONTH == (int)DB_NO_MONTH, "a line that corrects no month has null there");

static const struct db_field BILLED_FIELDS[] = {
    DB_FIELD_INT(struct billed_line, position, "position"),
    DB_FIELD_INT(struct billed_line, customer_id, "customer_id"),
    DB_FIELD_INT(struct billed_line, sku_id, "sku_id"),
    DB_FIELD_INT(struct billed_line, price_id, "price_id"),
    DB_FIELD_TEXT(struct billed_line, policy, "policy"),
    DB_FIELD_INT(struct billed_line, measured_parts, "measured_parts"),
    DB_FIELD_INT(struct billed_line, quantity_parts, "quantity_parts"),
    DB_FIELD_INT(struct billed_line, parts_per_unit, "parts_per_unit"),
    DB_FIELD_INT(struct billed_line, unit_price_millionths, "unit_price_millionths"),
    DB_FIELD_INT(struct billed_line, amount_minor, "amount_minor"),
    DB_FIELD_CODE(struct billed_line, tax.category, "tax_category"),
    DB_FIELD_INT(struct billed_line, tax.rate_millionths, "tax_rate_millionths"),
    DB_FIELD_MONTH(struct billed_line, corrects_month, "corrects_month", DB_OR_NULL),
};
const struct db_fields INVOICE_LINE_BILLED = DB_FIELDS(struct billed_line, BILLED_FIELDS);

static const struct db_field INVOICE_LINE_FIELDS[] = {
    DB_FIELD_INT(struct billed_line, invoice_id, "invoice_id"),
    DB_FIELD_REST(NULL, &INVOICE_LINE_BILLED),
    DB_FIELD_TEXT(struct billed_line, description, "description"),
    DB_FIELD_TEXT(struct billed_line, note, "note"),
    DB_FIELD_INT(struct billed_line, takes_invoice_id, "takes_invoice_id", DB_OR_NULL),
    DB_FIELD_INT(struct billed_line, takes_position, "takes_position", DB_OR_NULL),
};
static const struct db_fields INVOICE_LINE = DB_FIELDS(struct billed_line, INVOICE_LINE_FIELDS);

enum status invoice_lines_bulk(struct db *db, struct db_bulk **bulk, struct fault *fault) {
    return rows_bulk_start(db, "invoice_lines", &INVOICE_LINE, bulk, fault);
}

enum status invoice_lines_add(struct db_bulk *bulk, const struct billed_line *row, struct fault *fault) {
    assert(row->invoice_id > 0);
    if (row->position < 1 ||
        row->parts_per_unit < 1) { /* a credit's come from the credited line, as it is stored */
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "parts_per_unit", TEXT(""),
                         "A line of an invoice has position %lld and %lld parts of a unit in the store; both "
                         "are 1 or more.",
                         (long long)row->position, (long long)row->parts_per_unit);
    }
    return rows_bulk_add(bulk, &INVOICE_LINE, row, fault);
}

static const char LINES[] = "select {l} from invoice_lines l where l.invoice_id = $1 order by l.position";

enum status invoice_lines_load(struct db *db, struct arena *arena, int64_t invoice_id,
                               struct billed_line **rows, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &INVOICE_LINE, LINES, DB_ARGS(db_integer(invoice_id)), rows, count, fault);
}

/* A line of a credit note credits the line of its invoice at the same position, unless it says which (or is
 * a correction's): credit notes of before lines said it. */
#define TAKES_INVOICE                                                                                        \
    "coalesce(l.takes_invoice_id, case when i.kind = 'credit-note' and l.corrects_month is null then "       \
    "i.corrects_id end)"
#define TAKES_POSITION                                                                                       \
    "coalesce(l.takes_position, case when i.kind = 'credit-note' and l.corrects_month is null then "         \
    "l.position end)"
#define MONTH_OF_USE "coalesce(l.corrects_month, t.corrects_month, o.month, i.month)"

static const struct db_field ISSUED_FIELDS[] = {
    DB_FIELD_PART(struct issued_line, line, "l", &INVOICE_LINE),
    DB_FIELD_MONTH(struct issued_line, month, MONTH_OF_USE),
    DB_FIELD_INT(struct issued_line, document_id, "coalesce(i.corrects_id, i.id)"),
    DB_FIELD_TEXT(struct issued_line, number, "coalesce(d.number, i.number)"),
    DB_FIELD_BOOL(struct issued_line, is_written_off,
                  "case when coalesce(d.state, i.state) = 'written-off' then 1 else 0 end"),
    DB_FIELD_INT(struct issued_line, takes_invoice_id, TAKES_INVOICE, DB_OR_NULL),
    DB_FIELD_INT(struct issued_line, takes_position, TAKES_POSITION, DB_OR_NULL),
};
static const struct db_fields ISSUED_LINE = DB_FIELDS(struct issued_line, ISSUED_FIELDS);

/* `d` is the invoice that a credit note credits, `t` the line that a line credits, `o` that line's document.
 */
#define ISSUED_LINES                                                                                         \
    "select {} from invoices i join invoice_lines l on l.invoice_id = i.id "                                 \
    "left join invoices d on d.id = i.corrects_id "                                                          \
    "left join invoice_lines t on l.corrects_month is null and t.invoice_id = " TAKES_INVOICE                \
    " and t.position = " TAKES_POSITION " left join invoices o on o.id = t.invoice_id "                      \
    "where i.agreement_id in (select b.id from agreements a join agreements b on b.seller_id = a.seller_id " \
    "and b.buyer_id = a.buyer_id where a.id = $1) "

static const char LINES_OF_PLACE[] =
    ISSUED_LINES "and l.sku_id = $3 and l.price_id <> 0 and " MONTH_OF_USE " = $2 "
                 "order by l.invoice_id, l.position";

enum status invoice_lines_of_place(struct db *db, struct arena *arena, int64_t agreement_id,
                                   struct month month, int64_t sku_id, struct issued_line **rows,
                                   size_t *count, struct fault *fault) {
    return rows_all(db, arena, &ISSUED_LINE, LINES_OF_PLACE,
                    DB_ARGS(db_integer(agreement_id), db_integer(month.index), db_integer(sku_id)), rows,
                    count, fault);
}

static const char LINES_OF_AGREEMENT[] = ISSUED_LINES "order by l.invoice_id, l.position";

enum status invoice_lines_of_agreement(struct db *db, struct arena *arena, int64_t agreement_id,
                                       struct issued_line **rows, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &ISSUED_LINE, LINES_OF_AGREEMENT, DB_ARGS(db_integer(agreement_id)), rows,
                    count, fault);
}

static const struct db_field NAME_FIELDS[] = {
    DB_FIELD_INT(struct invoice_head, id, "id", DB_FROM_ONE),
    DB_FIELD_TEXT(struct invoice_head, number, "number"),
};
static const struct db_fields NAME = DB_FIELDS(struct invoice_head, NAME_FIELDS);

static const char OF_MONTH[] =
    "select {} from invoices where agreement_id = $1 and month = $2 and kind <> 'credit-note'";

enum status invoice_of_month(struct db *db, struct arena *arena, int64_t agreement_id, struct month month,
                             int64_t *id, struct text *number, struct fault *fault) {
    struct invoice_head head = {0};
    bool found = false;
    TRY(rows_one(db, arena, &NAME, OF_MONTH, DB_ARGS(db_integer(agreement_id), db_integer(month.index)),
                 &head, &found, fault));
    *id = head.id;
    *number = head.number;
    return STATUS_OK;
}

/* ---- settled and credited ---- */

static const char SETTLE[] = "update invoices set state = $2, settled_at_us = $3 where id = $1";

enum status invoice_settle(struct db *db, int64_t id, enum invoice_state state, int64_t at_us,
                           struct fault *fault) {
    int64_t changed = 0;
    TRY(db_run(db, SETTLE,
               DB_ARGS(db_integer(id), db_string(text_of(machine_state_name(&invoice_machine, (int)state))),
                       db_integer(at_us)),
               &changed, fault));
    assert(changed == 1);
    return STATUS_OK;
}

static const char CREDITED[] =
    "select cast(coalesce(sum(gross_minor), 0) as bigint) from invoices where corrects_id = $1";

enum status invoice_credited(struct db *db, int64_t invoice_id, int64_t *gross_minor, struct fault *fault) {
    return db_query_int(db, CREDITED, DB_ARGS(db_integer(invoice_id)), 0, gross_minor, fault);
}

static const char CREDIT_NOTES[] = "select {} from invoices where corrects_id = $1 order by id";

enum status invoice_credit_notes(struct db *db, struct arena *arena, int64_t invoice_id,
                                 struct invoice_head **heads, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &INVOICE, CREDIT_NOTES, DB_ARGS(db_integer(invoice_id)), heads, count, fault);
}

/* ---- lists ---- */

/* The same conditions in five forms, of which an index serves the first condition. */
#define LIST(first_condition)                                                                                \
    "select {} from invoices where " first_condition                                                         \
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
    struct text state =
        filter->state < 0 ? TEXT("") : text_of(machine_state_name(&invoice_machine, filter->state));
    struct text kind =
        filter->kind < 0 ? TEXT("") : text_of(invoice_kind_name((enum invoice_kind)filter->kind));
    return rows_page(db, arena, &KNOWN, list_form(filter),
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                             db_integer(filter->seller_id), db_integer(filter->buyer_id),
                             db_integer(filter->month), db_string(state), db_string(kind),
                             db_integer(filter->corrects_id), db_string(filter->number)),
                     page, heads, count, next_after, fault);
}
