#include "store/billing/corrections.h"

#include "store/engine/rows.h"

#include <assert.h>

#define CORRECTION_COUNTER "corrections"

static const struct db_field CORRECTION_FIELDS[] = {
    DB_FIELD_INT(struct correction, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct correction, given_id, "given_id"),
    DB_FIELD_INT(struct correction, giver_id, "giver_id"),
    DB_FIELD_INT(struct correction, agreement_id, "agreement_id"),
    DB_FIELD_MONTH(struct correction, month, "month"),
    DB_FIELD_INT(struct correction, customer_id, "customer_id"),
    DB_FIELD_INT(struct correction, sku_id, "sku_id"),
    DB_FIELD_INT(struct correction, units, "units"),
    DB_FIELD_INT(struct correction, licence_id, "licence_id", DB_OR_NULL),
    DB_FIELD_INT(struct correction, at_us, "at_us", DB_OR_NULL),
    DB_FIELD_INT(struct correction, seats, "seats", DB_COUNT),
    DB_FIELD_TEXT(struct correction, reason, "reason"),
    DB_FIELD_STATE(struct correction, state, "state", &correction_machine, DB_SAVED),
    DB_FIELD_INT(struct correction, silent_at_us, "silent_at_us", DB_OR_NULL | DB_SAVED),
    DB_FIELD_INT(struct correction, decided_at_us, "decided_at_us", DB_OR_NULL | DB_SAVED),
    DB_FIELD_TEXT(struct correction, decision, "decision", DB_SAVED),
    DB_FIELD_INT(struct correction, invoice_id, "invoice_id", DB_OR_NULL),
    DB_FIELD_INT(struct correction, created_at_us, "created_at_us"),
    DB_FIELD_TEXT(struct correction, created_by, "created_by"),
};
static const struct db_fields CORRECTION = DB_FIELDS(struct correction, CORRECTION_FIELDS);

static const char INSERT[] = "insert into corrections ({}) values ({$1})";

enum status correction_insert(struct db *db, struct correction *correction, struct fault *fault) {
    assert(correction->invoice_id == 0);
    TRY(db_counter_take(db, CORRECTION_COUNTER, 1, &correction->id, fault));
    if (correction->given_id == 0) {
        correction->given_id = correction->id;
    }
    return rows_insert(db, &CORRECTION, INSERT, DB_NO_ARGS, correction, fault);
}

static const char LOAD[] = "select {c} from corrections c where c.id = $1";

enum status correction_load(struct db *db, struct arena *arena, int64_t id, struct correction *correction,
                            struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &CORRECTION, LOAD, DB_ARGS(db_integer(id)), correction, &found, fault));
    return found ? STATUS_OK : STATUS_NOT_FOUND;
}

static const char UPDATE[] = "update corrections set {=2} where id = $1";

enum status correction_update(struct db *db, const struct correction *correction, struct fault *fault) {
    return rows_save(db, &CORRECTION, UPDATE, DB_ARGS(db_integer(correction->id)), correction, NULL, fault);
}

static const char GIVEN[] = "select {c} from corrections c where c.given_id = $1 order by c.id";

enum status corrections_given(struct db *db, struct arena *arena, int64_t given_id,
                              struct correction **corrections, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &CORRECTION, GIVEN, DB_ARGS(db_integer(given_id)), corrections, count, fault);
}

static const char SILENT[] =
    "select {c} from corrections c join agreements a on a.id = c.agreement_id where c.state = 'waiting' "
    "and c.silent_at_us is not null and c.silent_at_us <= $1 and ($2 = 0 or a.seller_id = $2) order by c.id";

enum status corrections_silent(struct db *db, struct arena *arena, int64_t seller_id, int64_t now_us,
                               struct correction **corrections, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &CORRECTION, SILENT, DB_ARGS(db_integer(now_us), db_integer(seller_id)),
                    corrections, count, fault);
}

static const char LIST[] =
    "select {c} from corrections c join agreements a on a.id = c.agreement_id "
    "where c.id > $1 and ($2 = 0 or a.seller_id = $2 or a.buyer_id = $2) and ($3 = 0 or a.seller_id = $3) "
    "and ($4 = 0 or a.buyer_id = $4) and ($5 = -1 or c.month = $5) and ($6 = '' or (c.invoice_id is null "
    "and c.state = $6) or (c.invoice_id is not null and $6 = 'billed')) order by c.id limit $7";

enum status correction_list(struct db *db, struct arena *arena, const struct correction_filter *filter,
                            struct page page, struct correction **corrections, size_t *count,
                            int64_t *next_after, struct fault *fault) {
    return rows_page(db, arena, &CORRECTION, LIST,
                     DB_ARGS(db_integer(page.after_id), db_integer(filter->party_id),
                             db_integer(filter->seller_id), db_integer(filter->buyer_id),
                             db_integer(filter->month), db_string(filter->state)),
                     page, corrections, count, next_after, fault);
}

#define WAITING_BEFORE(of_part)                                                                              \
    "select {c} from corrections c join agreements a on a.id = c.agreement_id where c.month < $1 "           \
    "and c.state = 'accepted' and exists (select 1 from corrections w where w.agreement_id = "               \
    "c.agreement_id and w.month = c.month and w.sku_id = c.sku_id and w.state = 'accepted' and "             \
    "w.invoice_id is null) and exists (select 1 from months m where m.agreement_id = c.agreement_id and "    \
    "m.month = c.month and m.state = 'closed') and not exists (select 1 from months m join agreements b on " \
    "b.id = m.agreement_id where b.seller_id = a.seller_id and b.buyer_id = a.buyer_id and m.month >= $1 "   \
    "and m.state = 'closed') " of_part "order by c.agreement_id, c.month, c.sku_id, c.customer_id, c.id"
#define OF_PART                                                                                              \
    "and c.agreement_id in " PART_AGREEMENTS_BELOW("$2", "$3") " and " PART_HAS_SKU("c.sku_id", "$4") " "

static const char WAITING[] = WAITING_BEFORE("");
static const char WAITING_OF_PART[] = WAITING_BEFORE(OF_PART);

enum status corrections_waiting(struct db *db, struct arena *arena, const struct programme_part *part,
                                struct month month, struct correction **corrections, size_t *count,
                                struct fault *fault) {
    return part == NULL
               ? rows_all(db, arena, &CORRECTION, WAITING, DB_ARGS(db_integer(month.index)), corrections,
                          count, fault)
               : rows_all(db, arena, &CORRECTION, WAITING_OF_PART,
                          DB_ARGS(db_integer(month.index), PART_ARGS(part)), corrections, count, fault);
}

#define OF_MONTH_WHERE(of_part)                                                                              \
    "select {c} from corrections c where c.month = $1 and c.state = 'accepted' " of_part                     \
    "order by c.agreement_id, c.sku_id, c.customer_id, c.id"

static const char OF_MONTH[] = OF_MONTH_WHERE("");
static const char OF_MONTH_AND_PART[] = OF_MONTH_WHERE(OF_PART);

enum status corrections_of_month(struct db *db, struct arena *arena, const struct programme_part *part,
                                 struct month month, struct correction **corrections, size_t *count,
                                 struct fault *fault) {
    return part == NULL
               ? rows_all(db, arena, &CORRECTION, OF_MONTH, DB_ARGS(db_integer(month.index)), corrections,
                          count, fault)
               : rows_all(db, arena, &CORRECTION, OF_MONTH_AND_PART,
                          DB_ARGS(db_integer(month.index), PART_ARGS(part)), corrections, count, fault);
}

static const char MARK_BILLED[] =
    "update corrections set invoice_id = $2 where id = $1 and invoice_id is null "
    "and state = 'accepted'";

enum status corrections_mark_billed(struct db *db, const struct billed_correction *billed, size_t count,
                                    struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        TRY(db_run(db, MARK_BILLED,
                   DB_ARGS(db_integer(billed[i].correction_id), db_integer(billed[i].invoice_id)), NULL,
                   fault));
    }
    return STATUS_OK;
}

static const char WAITS[] =
    "select 1 from corrections where agreement_id = $1 and invoice_id is null and state in ('waiting', "
    "'accepted') limit 1";

enum status correction_waits(struct db *db, int64_t agreement_id, bool *waits, struct fault *fault) {
    return rows_yes(db, WAITS, DB_ARGS(db_integer(agreement_id)), waits, fault);
}

/* What waits is in the currency of the terms of its month. */
#define WAITS_ELSEWHERE(table, condition)                                                                    \
    "select 1 from " table                                                                                   \
    " c join agreements a on a.id = c.agreement_id where a.seller_id = $1 and a.buyer_id = $2 and "          \
    "c.invoice_id is null " condition                                                                        \
    "and coalesce((select t.currency from amendments t where t.agreement_id = a.id "                         \
    "and t.state = 'accepted' and t.from_month <= c.month order by t.from_month desc, t.number desc limit "  \
    "1), a.currency) <> $3"
static const char WAITS_IN_OTHER_CURRENCY[] =
    WAITS_ELSEWHERE("corrections", "and c.state in ('waiting', 'accepted') ") " union all " WAITS_ELSEWHERE(
        "charges", "") " limit 1";

enum status waits_in_other_currency(struct db *db, int64_t seller_id, int64_t buyer_id, struct text currency,
                                    bool *waits, struct fault *fault) {
    return rows_yes(db, WAITS_IN_OTHER_CURRENCY,
                    DB_ARGS(db_integer(seller_id), db_integer(buyer_id), db_string(currency)), waits, fault);
}
