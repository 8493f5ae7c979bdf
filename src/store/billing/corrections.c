#include "store/billing/corrections.h"

#include "store/engine/rows.h"

#include <assert.h>

#define CORRECTION_COUNTER "corrections"

static const struct db_field CORRECTION_FIELDS[] = {
    DB_FIELD_INT(struct correction, id, "id"),
    DB_FIELD_INT(struct correction, agreement_id, "agreement_id"),
    DB_FIELD_MONTH(struct correction, month, "month"),
    DB_FIELD_INT(struct correction, customer_id, "customer_id"),
    DB_FIELD_INT(struct correction, sku_id, "sku_id"),
    DB_FIELD_INT(struct correction, units, "units"),
    DB_FIELD_TEXT(struct correction, reason, "reason"),
    DB_FIELD_INT(struct correction, invoice_id, "invoice_id", DB_OR_NULL),
    DB_FIELD_INT(struct correction, created_at_us, "created_at_us"),
    DB_FIELD_TEXT(struct correction, created_by, "created_by"),
};
static const struct db_fields CORRECTION = DB_FIELDS(struct correction, CORRECTION_FIELDS);

static const char INSERT[] = "insert into corrections ({}) values ({$1})";

enum status correction_insert(struct db *db, struct correction *correction, struct fault *fault) {
    assert(correction->invoice_id == 0);
    TRY(db_counter_take(db, CORRECTION_COUNTER, 1, &correction->id, fault));
    return rows_insert(db, &CORRECTION, INSERT, DB_NO_ARGS, correction, fault);
}

static const char LIST[] =
    "select {c} from corrections c join agreements a on a.id = c.agreement_id "
    "where c.id > $1 and ($2 = 0 or a.seller_id = $2 or a.buyer_id = $2) and ($3 = 0 or a.seller_id = $3) "
    "and ($4 = 0 or a.buyer_id = $4) and ($5 = -1 or c.month = $5) order by c.id limit $6";

enum status correction_list(struct db *db, struct arena *arena, const struct correction_filter *filter,
                            struct page page, struct correction **corrections, size_t *count,
                            int64_t *next_after, struct fault *fault) {
    return rows_page(db, arena, &CORRECTION, LIST,
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                             db_integer(filter->seller_id), db_integer(filter->buyer_id),
                             db_integer(filter->month)),
                     page, corrections, count, next_after, fault);
}

static const char WAITING[] =
    "select {c} from corrections c join agreements a on a.id = c.agreement_id where c.month < $1 and exists "
    "(select 1 from corrections w where "
    "w.agreement_id = c.agreement_id and w.month = c.month and w.sku_id = c.sku_id and w.invoice_id is null) "
    "and not exists (select 1 from months m join agreements b on b.id = m.agreement_id where b.seller_id = "
    "a.seller_id and b.buyer_id = a.buyer_id and m.month >= $1 and m.state = 'closed') "
    "order by c.agreement_id, c.month, c.sku_id, c.customer_id, c.id";

enum status corrections_waiting(struct db *db, struct arena *arena, struct month month,
                                struct correction **corrections, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &CORRECTION, WAITING, DB_ARGS(db_integer(month.index)), corrections, count,
                    fault);
}

static const char OF_MONTH[] = "select {c} from corrections c where c.month = $1 "
                               "order by c.agreement_id, c.sku_id, c.customer_id, c.id";

enum status corrections_of_month(struct db *db, struct arena *arena, struct month month,
                                 struct correction **corrections, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &CORRECTION, OF_MONTH, DB_ARGS(db_integer(month.index)), corrections, count,
                    fault);
}

/* The first document of the close that has a line of the month and SKU: what takes back may be on several. */
static const char MARK_BILLED[] =
    "update corrections set invoice_id = (select min(i.id) from invoices i join invoice_lines l on "
    "l.invoice_id = i.id join agreements a on a.seller_id = i.seller_id and a.buyer_id = i.buyer_id "
    "where a.id = corrections.agreement_id and i.id >= $2 and "
    "l.corrects_month = corrections.month and l.sku_id = corrections.sku_id) "
    "where invoice_id is null and month < $1 and not exists (select 1 from months m join agreements b on "
    "b.id "
    "= m.agreement_id join agreements a on a.seller_id = b.seller_id and a.buyer_id = b.buyer_id where a.id "
    "= "
    "corrections.agreement_id and m.month > $1 and m.state = 'closed')";

enum status corrections_mark_billed(struct db *db, struct month month, int64_t first_invoice_id,
                                    struct fault *fault) {
    return db_run(db, MARK_BILLED, DB_ARGS(db_integer(month.index), db_integer(first_invoice_id)), NULL,
                  fault);
}

static const char WAITS[] =
    "select 1 from corrections where agreement_id = $1 and invoice_id is null limit 1";

enum status correction_waits(struct db *db, int64_t agreement_id, bool *waits, struct fault *fault) {
    return rows_yes(db, WAITS, DB_ARGS(db_integer(agreement_id)), waits, fault);
}

/* What waits is in the currency of the terms of its month. */
#define WAITS_ELSEWHERE(table)                                                                               \
    "select 1 from " table                                                                                   \
    " c join agreements a on a.id = c.agreement_id where a.seller_id = $1 and a.buyer_id = $2 and "          \
    "c.invoice_id is null and coalesce((select t.currency from amendments t where t.agreement_id = a.id "    \
    "and t.state = 'accepted' and t.from_month <= c.month order by t.from_month desc, t.number desc limit "  \
    "1), a.currency) <> $3"
static const char WAITS_IN_OTHER_CURRENCY[] =
    WAITS_ELSEWHERE("corrections") " union all " WAITS_ELSEWHERE("charges") " limit 1";

enum status waits_in_other_currency(struct db *db, int64_t seller_id, int64_t buyer_id, struct text currency,
                                    bool *waits, struct fault *fault) {
    return rows_yes(db, WAITS_IN_OTHER_CURRENCY,
                    DB_ARGS(db_integer(seller_id), db_integer(buyer_id), db_string(currency)), waits, fault);
}
