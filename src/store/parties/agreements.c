#include "store/parties/agreements.h"

#include "store/engine/rows.h"

#include <assert.h>
#include <string.h>

#define COLUMNS                                                                                              \
    "id, seller_id, buyer_id, state, currency, time_zone, tax_category, tax_rate_millionths, payment_days, " \
    "report_due_days, terms, offered_at_us, signed_at_us, signed_by, ended_at_us, created_at_us, version"

static enum status read_agreement(struct db_rows *rows, struct arena *arena, void *item,
                                  struct fault *fault) {
    struct agreement *agreement = item;
    *agreement = (struct agreement){.id = db_column_int(rows, 0),
                                    .seller_id = db_column_int(rows, 1),
                                    .buyer_id = db_column_int(rows, 2),
                                    .currency = db_column_copy(rows, 4, arena),
                                    .time_zone = db_column_copy(rows, 5, arena),
                                    .tax = {.rate_millionths = db_column_int(rows, 7)},
                                    .payment_days = db_column_int(rows, 8),
                                    .report_due_days = db_column_int(rows, 9),
                                    .terms = db_column_copy(rows, 10, arena),
                                    .offered_at_us = db_column_int(rows, 11),
                                    .signed_at_us = db_column_int(rows, 12),
                                    .signed_by = db_column_copy(rows, 13, arena),
                                    .ended_at_us = db_column_int(rows, 14),
                                    .created_at_us = db_column_int(rows, 15),
                                    .version = db_column_int(rows, 16)};
    struct text category = db_column_text(rows, 6);
    assert(category.length < sizeof agreement->tax.category);
    memcpy(agreement->tax.category, category.at, category.length);
    int state = 0;
    enum status status = machine_state_parse(&agreement_machine, db_column_text(rows, 3), &state, fault);
    agreement->state = (enum agreement_state)state;
    return status;
}

static struct text state_word(enum agreement_state state) {
    return text_of(machine_state_name(&agreement_machine, (int)state));
}

static const char LOAD[] = "select " COLUMNS " from agreements where id = $1";

enum status agreement_load(struct db *db, struct arena *arena, int64_t id, struct agreement *agreement,
                           struct fault *fault) {
    bool found = false;
    enum status status =
        rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), read_agreement, agreement, &found, fault);
    if (status == STATUS_OK && !found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-agreement", "agreement", TEXT(""),
                         "There is no such agreement.");
    }
    return status;
}

static const char FIND_EDGE[] = "select " COLUMNS " from agreements "
                                "where seller_id = $1 and buyer_id = $2 and state <> 'terminated'";

enum status agreement_find_edge(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                                bool *found, struct agreement *agreement, struct fault *fault) {
    return rows_one(db, arena, FIND_EDGE, DB_ARGS(db_integer(seller_id), db_integer(buyer_id)),
                    read_agreement, agreement, found, fault);
}

static const char INSERT[] = "insert into agreements (" COLUMNS ") values "
                             "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1)";

enum status agreement_insert(struct db *db, struct agreement *agreement, struct fault *fault) {
    assert(agreement->seller_id > 0 && agreement->buyer_id > 0);
    assert(agreement->payment_days >= 0 && agreement->report_due_days >= 0);
    enum status status = db_counter_take(db, "agreements", 1, &agreement->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    agreement->version = 1;
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(agreement->id), db_integer(agreement->seller_id),
                          db_integer(agreement->buyer_id), db_string(state_word(agreement->state)),
                          db_string(agreement->currency), db_string(agreement->time_zone),
                          db_string(text_of(agreement->tax.category)),
                          db_integer(agreement->tax.rate_millionths), db_integer(agreement->payment_days),
                          db_integer(agreement->report_due_days), db_string(agreement->terms),
                          rows_integer_or_null(agreement->offered_at_us),
                          rows_integer_or_null(agreement->signed_at_us), db_string(agreement->signed_by),
                          rows_integer_or_null(agreement->ended_at_us), db_integer(agreement->created_at_us)),
                  NULL, fault);
}

static const char UPDATE[] =
    "update agreements set state = $3, currency = $4, time_zone = $5, tax_category = $6, "
    "tax_rate_millionths = $7, payment_days = $8, report_due_days = $9, terms = $10, offered_at_us = $11, "
    "signed_at_us = $12, signed_by = $13, ended_at_us = $14, version = version + 1 "
    "where id = $1 and version = $2";

enum status agreement_update(struct db *db, struct agreement *agreement, struct fault *fault) {
    int64_t changed = 0;
    enum status status = db_run(
        db, UPDATE,
        DB_ARGS(db_integer(agreement->id), db_integer(agreement->version),
                db_string(state_word(agreement->state)), db_string(agreement->currency),
                db_string(agreement->time_zone), db_string(text_of(agreement->tax.category)),
                db_integer(agreement->tax.rate_millionths), db_integer(agreement->payment_days),
                db_integer(agreement->report_due_days), db_string(agreement->terms),
                rows_integer_or_null(agreement->offered_at_us), rows_integer_or_null(agreement->signed_at_us),
                db_string(agreement->signed_by), rows_integer_or_null(agreement->ended_at_us)),
        &changed, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (changed != 1) {
        return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                         "The agreement was changed by somebody else meanwhile: read it again first.");
    }
    agreement->version++;
    return STATUS_OK;
}

#define LIST_REST                                                                                            \
    " and ($3 = 0 or seller_id = $3) and ($4 = 0 or buyer_id = $4) and ($5 = '' or state = $5) "             \
    "order by id limit $6"
static const char LIST[] = "select " COLUMNS " from agreements where $1 = 0 and id > $2" LIST_REST;
static const char LIST_OF_PARTY[] = "select " COLUMNS " from agreements "
                                    "where (seller_id = $1 or (buyer_id = $1 and state <> 'draft')) "
                                    "and id > $2" LIST_REST;

enum status agreement_list(struct db *db, struct arena *arena, const struct agreement_filter *filter,
                           struct page page, struct agreement **agreements, size_t *count,
                           int64_t *next_after, struct fault *fault) {
    size_t limit = (size_t)page_limit(page);
    struct text state = filter->has_state ? state_word(filter->state) : TEXT("");
    enum status status = rows_all(db, arena, filter->party_id == 0 ? LIST : LIST_OF_PARTY,
                                  DB_ARGS(db_integer(filter->party_id), db_integer(page.after_id),
                                          db_integer(filter->seller_id), db_integer(filter->buyer_id),
                                          db_string(state), db_integer((int64_t)limit + 1)),
                                  read_agreement, sizeof(struct agreement), agreements, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > limit) {
        *count = limit;
        *next_after = (*agreements)[limit - 1].id;
    }
    return STATUS_OK;
}

static const char LOAD_ALL[] = "select " COLUMNS " from agreements order by id";

enum status agreement_load_all(struct db *db, struct arena *arena, struct agreement **agreements,
                               size_t *count, struct fault *fault) {
    return rows_all(db, arena, LOAD_ALL, DB_NO_ARGS, read_agreement, sizeof(struct agreement), agreements,
                    count, fault);
}
