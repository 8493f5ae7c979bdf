#include "store/parties/amendments.h"

#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field AMENDMENT_FIELDS[] = {
    DB_FIELD_INT(struct amendment, agreement_id, "agreement_id"),
    DB_FIELD_INT(struct amendment, number, "number"),
    DB_FIELD_STATE(struct amendment, state, "state", &amendment_machine, DB_SAVED),
    DB_FIELD_MONTH(struct amendment, from, "from_month"),
    DB_FIELD_INT(struct amendment, changes, "changes"),
    DB_FIELD_TEXT(struct amendment, currency, "currency", DB_SAVED),
    DB_FIELD_TEXT(struct amendment, time_zone, "time_zone", DB_SAVED),
    DB_FIELD_CODE(struct amendment, tax.category, "tax_category", DB_SAVED),
    DB_FIELD_INT(struct amendment, tax.rate_millionths, "tax_rate_millionths", DB_SAVED),
    DB_FIELD_INT(struct amendment, payment_days, "payment_days", DB_SAVED),
    DB_FIELD_INT(struct amendment, report_due_days, "report_due_days", DB_SAVED),
    DB_FIELD_TEXT(struct amendment, terms, "terms", DB_SAVED),
    DB_FIELD_INT(struct amendment, proposed_at_us, "proposed_at_us"),
    DB_FIELD_TEXT(struct amendment, proposed_by, "proposed_by"),
    DB_FIELD_INT(struct amendment, decided_at_us, "decided_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_TEXT(struct amendment, decided_by, "decided_by", DB_SAVED),
};
static const struct db_fields AMENDMENT = DB_FIELDS(struct amendment, AMENDMENT_FIELDS);

static const char NEXT_NUMBER[] =
    "select coalesce(max(number), 1) + 1 from amendments where agreement_id = $1";
static const char INSERT[] = "insert into amendments ({}) values ({$1})";

enum status amendment_insert(struct db *db, struct amendment *amendment, struct fault *fault) {
    assert(amendment->agreement_id > 0 && db_in_transaction(db));
    TRY(db_query_int(db, NEXT_NUMBER, DB_ARGS(db_integer(amendment->agreement_id)), 2, &amendment->number,
                     fault));
    return rows_insert(db, &AMENDMENT, INSERT, DB_NO_ARGS, amendment, fault);
}

static const char LOAD[] = "select {} from amendments where agreement_id = $1 and number = $2";

enum status amendment_load(struct db *db, struct arena *arena, int64_t agreement_id, int64_t number,
                           struct amendment *amendment, struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &AMENDMENT, LOAD, DB_ARGS(db_integer(agreement_id), db_integer(number)),
                 amendment, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-amendment", "number", TEXT(""),
                         "The agreement has no amendment of that number.");
    }
    return STATUS_OK;
}

static const char UPDATE[] = "update amendments set {=3} where agreement_id = $1 and number = $2";

enum status amendment_update(struct db *db, const struct amendment *amendment, struct fault *fault) {
    return rows_save(db, &AMENDMENT, UPDATE,
                     DB_ARGS(db_integer(amendment->agreement_id), db_integer(amendment->number)), amendment,
                     NULL, fault);
}

/* What an amendment does not change it has from the one before it, whoever of them came first. */
static const char CHAIN[] = "select {} from amendments where agreement_id = $1 and state = 'accepted' "
                            "order by from_month, number";

enum status amendments_chain(struct db *db, struct arena *arena, const struct agreement *first,
                             struct fault *fault) {
    struct amendment *amendments = NULL;
    size_t count = 0;
    struct agreement before = *first;
    TRY(rows_all(db, arena, &AMENDMENT, CHAIN, DB_ARGS(db_integer(first->id)), &amendments, &count, fault));
    for (size_t i = 0; i < count; i++) {
        if (amendment_follow(&amendments[i], &before)) {
            TRY(amendment_update(db, &amendments[i], fault));
        }
        before = agreement_amended(&before, &amendments[i]);
    }
    return STATUS_OK;
}

static const char LIST[] = "select {} from amendments where agreement_id = $1 order by number";

enum status amendments_of(struct db *db, struct arena *arena, int64_t agreement_id,
                          struct amendment **amendments, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &AMENDMENT, LIST, DB_ARGS(db_integer(agreement_id)), amendments, count, fault);
}

static const char BETWEEN[] =
    "select {} from amendments where agreement_id between $1 and $2 and ($3 = 0 or agreement_id in "
    "(select id from agreements where seller_id = $3 or buyer_id = $3)) order by agreement_id, number";

enum status amendments_between(struct db *db, struct arena *arena, int64_t first_id, int64_t last_id,
                               int64_t party_id, struct amendment **amendments, size_t *count,
                               struct fault *fault) {
    return rows_all(db, arena, &AMENDMENT, BETWEEN,
                    DB_ARGS(db_integer(first_id), db_integer(last_id), db_integer(party_id)), amendments,
                    count, fault);
}

static const char ACCEPTED[] =
    "select {} from amendments where state = 'accepted' order by agreement_id, from_month, number";

enum status amendments_accepted(struct db *db, struct arena *arena, struct amendment **amendments,
                                size_t *count, struct fault *fault) {
    return rows_all(db, arena, &AMENDMENT, ACCEPTED, DB_NO_ARGS, amendments, count, fault);
}

static const char ACCEPTED_PART[] =
    "select {} from amendments where state = 'accepted' and agreement_id in " PART_AGREEMENTS(
        "$1", "$2") " order by agreement_id, from_month, number";

enum status amendments_accepted_part(struct db *db, struct arena *arena, const struct programme_part *part,
                                     struct amendment **amendments, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &AMENDMENT, ACCEPTED_PART,
                    DB_ARGS(db_integer(part->around_id), db_integer(part->party_id)), amendments, count,
                    fault);
}

static const char IN_MONTH[] =
    "select {} from amendments where agreement_id = $1 and state = 'accepted' and from_month <= $2 "
    "order by from_month desc, number desc limit 1";
static const char NEXT_MONTH[] = "select min(from_month) from amendments where agreement_id = $1 and state = "
                                 "'accepted' and from_month > $2";

enum status agreement_in_month(struct db *db, struct arena *arena, struct month month,
                               struct agreement *agreement, struct fault *fault) {
    struct amendment amendment;
    bool found = false;
    int64_t until = 0;
    const struct db_value key[] = {db_integer(agreement->id), db_integer(month.index)};
    TRY(rows_one(db, arena, &AMENDMENT, IN_MONTH, key, 2, &amendment, &found, fault));
    if (found) {
        *agreement = agreement_amended(agreement, &amendment);
    }
    TRY(db_query_int(db, NEXT_MONTH, key, 2, 0, &until, fault));
    agreement->terms_until = (struct month){(int32_t)until};
    return STATUS_OK;
}
