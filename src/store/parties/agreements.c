#include "store/parties/agreements.h"

#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field AGREEMENT_FIELDS[] = {
    DB_FIELD_INT(struct agreement, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct agreement, seller_id, "seller_id"),
    DB_FIELD_INT(struct agreement, buyer_id, "buyer_id"),
    DB_FIELD_STATE(struct agreement, state, "state", &agreement_machine, DB_SAVED),
    DB_FIELD_TEXT(struct agreement, currency, "currency", DB_SAVED),
    DB_FIELD_TEXT(struct agreement, time_zone, "time_zone", DB_SAVED),
    DB_FIELD_CODE(struct agreement, tax.category, "tax_category", DB_SAVED),
    DB_FIELD_INT(struct agreement, tax.rate_millionths, "tax_rate_millionths", DB_SAVED),
    DB_FIELD_INT(struct agreement, payment_days, "payment_days", DB_SAVED),
    DB_FIELD_INT(struct agreement, report_due_days, "report_due_days", DB_SAVED),
    DB_FIELD_TEXT(struct agreement, terms, "terms", DB_SAVED),
    DB_FIELD_BOOL(struct agreement, bills_elsewhere, "bills_elsewhere", DB_SAVED),
    DB_FIELD_BOOL(struct agreement, names_to_vendors, "names_to_vendors", DB_SAVED),
    DB_FIELD_INT(struct agreement, offered_at_us, "offered_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct agreement, signed_at_us, "signed_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_TEXT(struct agreement, signed_by, "signed_by", DB_SAVED),
    DB_FIELD_INT(struct agreement, ended_at_us, "ended_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct agreement, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct agreement, version, "version"),
};
static const struct db_fields AGREEMENT = DB_FIELDS(struct agreement, AGREEMENT_FIELDS);

static const char LOAD[] = "select {} from agreements where id = $1";

enum status agreement_load(struct db *db, struct arena *arena, int64_t id, struct agreement *agreement,
                           struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &AGREEMENT, LOAD, DB_ARGS(db_integer(id)), agreement, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-agreement", "agreement", TEXT(""),
                         "There is no such agreement.");
    }
    return STATUS_OK;
}

static const char FIND_EDGE[] = "select {} from agreements "
                                "where seller_id = $1 and buyer_id = $2 and state <> 'terminated'";

enum status agreement_find_edge(struct db *db, struct arena *arena, int64_t seller_id, int64_t buyer_id,
                                bool *found, struct agreement *agreement, struct fault *fault) {
    return rows_one(db, arena, &AGREEMENT, FIND_EDGE, DB_ARGS(db_integer(seller_id), db_integer(buyer_id)),
                    agreement, found, fault);
}

static const char NAMING_PROVIDERS[] =
    "select g.buyer_id from agreements g join accounts a on a.id = g.buyer_id and a.kind = 'provider' where "
    "g.names_to_vendors = 1 and g.state in ('signed', 'suspended') order by g.buyer_id";

enum status agreements_naming_providers(struct db *db, struct arena *arena, int64_t **ids, size_t *count,
                                        struct fault *fault) {
    return rows_integers(db, arena, NAMING_PROVIDERS, DB_NO_ARGS, ids, count, fault);
}

static const char INSERT[] = "insert into agreements ({}) values ({$1})";

enum status agreement_insert(struct db *db, struct agreement *agreement, struct fault *fault) {
    assert(agreement->seller_id > 0 && agreement->buyer_id > 0);
    assert(agreement->payment_days >= 0 && agreement->report_due_days >= 0);
    TRY(db_counter_take(db, "agreements", 1, &agreement->id, fault));
    agreement->version = 1;
    return rows_insert(db, &AGREEMENT, INSERT, DB_NO_ARGS, agreement, fault);
}

static const char UPDATE[] =
    "update agreements set {=3}, version = version + 1 where id = $1 and version = $2";

enum status agreement_update(struct db *db, struct agreement *agreement, struct fault *fault) {
    int64_t changed = 0;
    TRY(rows_save(db, &AGREEMENT, UPDATE, DB_ARGS(db_integer(agreement->id), db_integer(agreement->version)),
                  agreement, &changed, fault));
    if (changed != 1) {
        return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                         "The agreement was changed by somebody else meanwhile: read it again first.");
    }
    agreement->version++;
    return STATUS_OK;
}

#define LIST_REST                                                                                            \
    " and ($3 = 0 or seller_id = $3) and ($4 = 0 or buyer_id = $4) and ($5 = '' or state = $5) "             \
    "and ($6 = 0 or exists (select 1 from amendments m where m.agreement_id = agreements.id "                \
    "and m.state = 'proposed')) order by id limit $7"
static const char LIST[] = "select {} from agreements where $1 = 0 and id > $2" LIST_REST;
static const char LIST_OF_PARTY[] = "select {} from agreements "
                                    "where (seller_id = $1 or (buyer_id = $1 and state <> 'draft')) "
                                    "and id > $2" LIST_REST;

enum status agreement_list(struct db *db, struct arena *arena, const struct agreement_filter *filter,
                           struct page page, struct agreement **agreements, size_t *count,
                           int64_t *next_after, struct fault *fault) {
    struct text state =
        filter->has_state ? text_of(machine_state_name(&agreement_machine, (int)filter->state)) : TEXT("");
    return rows_page(db, arena, &AGREEMENT, filter->party_id == 0 ? LIST : LIST_OF_PARTY,
                     DB_ARGS(db_integer(filter->party_id), db_integer(page.after_id),
                             db_integer(filter->seller_id), db_integer(filter->buyer_id), db_string(state),
                             db_integer(filter->with_proposal ? 1 : 0)),
                     page, agreements, count, next_after, fault);
}

static const char LOAD_ALL[] = "select {} from agreements order by id";

enum status agreement_load_all(struct db *db, struct arena *arena, struct agreement **agreements,
                               size_t *count, struct fault *fault) {
    return rows_all(db, arena, &AGREEMENT, LOAD_ALL, DB_NO_ARGS, agreements, count, fault);
}

static const char LOAD_PART[] =
    "select {} from agreements where buyer_id in " PART_BUYERS("$1", "$2") " order by id";

enum status agreement_load_part(struct db *db, struct arena *arena, const struct programme_part *part,
                                struct agreement **agreements, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &AGREEMENT, LOAD_PART,
                    DB_ARGS(db_integer(part->around_id), db_integer(part->party_id)), agreements, count,
                    fault);
}
