#include "store/billing/one_off_charges.h"

#include "store/engine/rows.h"

#include <assert.h>

#define CHARGE_COUNTER "charges"

static const struct db_field CHARGE_FIELDS[] = {
    DB_FIELD_INT(struct one_off_charge, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct one_off_charge, agreement_id, "agreement_id"),
    DB_FIELD_INT(struct one_off_charge, customer_id, "customer_id"),
    DB_FIELD_MONTH(struct one_off_charge, month, "month"),
    DB_FIELD_TEXT(struct one_off_charge, description, "description"),
    DB_FIELD_INT(struct one_off_charge, quantity, "quantity"),
    DB_FIELD_INT(struct one_off_charge, unit_price_millionths, "unit_price_millionths"),
    DB_FIELD_CODE(struct one_off_charge, tax.category, "tax_category"),
    DB_FIELD_INT(struct one_off_charge, tax.rate_millionths, "tax_rate_millionths"),
    DB_FIELD_INT(struct one_off_charge, invoice_id, "invoice_id", DB_OR_NULL),
    DB_FIELD_INT(struct one_off_charge, created_at_us, "created_at_us"),
};
static const struct db_fields CHARGE = DB_FIELDS(struct one_off_charge, CHARGE_FIELDS);

static const char INSERT[] = "insert into charges ({}) values ({$1})";

enum status one_off_charge_insert(struct db *db, struct one_off_charge *charge, struct fault *fault) {
    assert(charge->invoice_id == 0);
    TRY(db_counter_take(db, CHARGE_COUNTER, 1, &charge->id, fault));
    return rows_insert(db, &CHARGE, INSERT, DB_NO_ARGS, charge, fault);
}

static const char LOAD[] = "select {} from charges where id = $1";

enum status one_off_charge_load(struct db *db, struct arena *arena, int64_t id, struct one_off_charge *charge,
                                struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &CHARGE, LOAD, DB_ARGS(db_integer(id)), charge, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-charge", "charge", (struct text){0},
                         "There is no such charge.");
    }
    return STATUS_OK;
}

static const char DELETE[] = "delete from charges where id = $1 and invoice_id is null";

enum status one_off_charge_delete(struct db *db, int64_t id, struct fault *fault) {
    return db_run(db, DELETE, DB_ARGS(db_integer(id)), NULL, fault);
}

static const char LIST[] =
    "select {c} from charges c join agreements a on a.id = c.agreement_id "
    "where c.id > $1 and ($2 = 0 or a.seller_id = $2 or (a.buyer_id = $2 "
    "and a.state <> 'draft')) and ($3 = 0 or a.seller_id = $3) "
    "and ($4 = 0 or a.buyer_id = $4) and ($5 = -1 or c.month = $5) order by c.id limit $6";

enum status one_off_charge_list(struct db *db, struct arena *arena,
                                const struct one_off_charge_filter *filter, struct page page,
                                struct one_off_charge **charges, size_t *count, int64_t *next_after,
                                struct fault *fault) {
    return rows_page(db, arena, &CHARGE, LIST,
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                             db_integer(filter->seller_id), db_integer(filter->buyer_id),
                             db_integer(filter->month)),
                     page, charges, count, next_after, fault);
}

/* That a charge is on the bill of month $1 where it waits: it is of that month, or of one that its seller and
 * buyer have closed already. */
#define IS_DUE                                                                                               \
    "invoice_id is null and (c.month = $1 or (c.month < $1 and exists (select 1 from months m join "         \
    "agreements b on b.id = m.agreement_id where b.seller_id = a.seller_id and b.buyer_id = a.buyer_id and " \
    "m.month = c.month and m.state = 'closed')))"

#define WAITING_WHERE(of_part)                                                                               \
    "select {c} from charges c join agreements a on a.id = c.agreement_id where c." IS_DUE of_part           \
    " order by a.seller_id, a.buyer_id, c.id"

static const char WAITING[] = WAITING_WHERE("");
static const char WAITING_OF_PART[] =
    WAITING_WHERE(" and c.agreement_id in " PART_AGREEMENTS_BELOW("$2", "$3"));

enum status one_off_charges_waiting(struct db *db, struct arena *arena, const struct programme_part *part,
                                    struct month month, struct one_off_charge **charges, size_t *count,
                                    struct fault *fault) {
    return part == NULL ? rows_all(db, arena, &CHARGE, WAITING, DB_ARGS(db_integer(month.index)), charges,
                                   count, fault)
                        : rows_all(db, arena, &CHARGE, WAITING_OF_PART,
                                   DB_ARGS(db_integer(month.index), db_integer(part->around_id),
                                           db_integer(part->party_id)),
                                   charges, count, fault);
}

static const char BILLED[] =
    "select {c} from charges c join invoices i on i.id = c.invoice_id where i.month = $1 "
    "and ($2 = 0 or i.agreement_id = $2) order by i.seller_id, i.buyer_id, c.id";

enum status one_off_charges_billed(struct db *db, struct arena *arena, struct month month,
                                   int64_t agreement_id, struct one_off_charge **charges, size_t *count,
                                   struct fault *fault) {
    return rows_all(db, arena, &CHARGE, BILLED, DB_ARGS(db_integer(month.index), db_integer(agreement_id)),
                    charges, count, fault);
}

static const char MARK_BILLED[] = "update charges set invoice_id = $2 where id = $1 and invoice_id is null";

enum status one_off_charges_mark_billed(struct db *db, const int64_t *charge_ids, size_t count,
                                        int64_t invoice_id, struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        TRY(db_run(db, MARK_BILLED, DB_ARGS(db_integer(charge_ids[i]), db_integer(invoice_id)), NULL, fault));
    }
    return STATUS_OK;
}

static const char WAITS[] =
    "select 1 from charges where agreement_id = $1 and month >= $2 and invoice_id is null limit 1";

enum status one_off_charge_waits(struct db *db, int64_t agreement_id, struct month from, bool *waits,
                                 struct fault *fault) {
    return rows_yes(db, WAITS, DB_ARGS(db_integer(agreement_id), db_integer(from.index)), waits, fault);
}
