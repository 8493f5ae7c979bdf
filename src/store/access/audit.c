#include "store/access/audit.h"

#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field SAID_FIELDS[] = {
    DB_FIELD_INT(struct audit_entry, at_us, "at_us"),
    DB_FIELD_TEXT(struct audit_entry, actor, "actor"),
    DB_FIELD_INT(struct audit_entry, account_id, "account_id"),
    DB_FIELD_TEXT(struct audit_entry, action, "action"),
    DB_FIELD_TEXT(struct audit_entry, subject, "subject"),
    DB_FIELD_INT(struct audit_entry, subject_account_id, "subject_account_id"),
    DB_FIELD_TEXT(struct audit_entry, detail, "detail"),
};
static const struct db_fields AUDIT_SAID = DB_FIELDS(struct audit_entry, SAID_FIELDS);

static const struct db_field AUDIT_FIELDS[] = {
    DB_FIELD_INT(struct audit_entry, id, "id", DB_FROM_ONE),
    DB_FIELD_REST(NULL, &AUDIT_SAID),
};
static const struct db_fields AUDIT = DB_FIELDS(struct audit_entry, AUDIT_FIELDS);

static const char INSERT[] = "insert into audit ({}) values ({$1})";

/* The table numbers its entries itself. */
enum status audit_insert(struct db *db, const struct audit_entry *entry, struct fault *fault) {
    assert(entry->actor.length > 0 && entry->action.length > 0);
    return rows_insert_later(db, &AUDIT_SAID, INSERT, DB_NO_ARGS, entry, fault);
}

static const char LIST[] = "select {} from audit where id < $1 order by id desc limit $2";

/* Two walks along an index each, so that a page costs the same in a long trail. The index of accounts leaves
 * out 0, the operator and the system, and is taken where the question does too. */
static const char LIST_READER[] =
    "select {} from (select {} from (select {} from audit where account_id = $2 and account_id <> 0 "
    "and id < $1 order by id desc limit $3) as own union "
    "select {} from (select {} from audit where subject_account_id = $2 and id < $1 order by id desc "
    "limit $3) as subjects) as both_kinds order by id desc limit $3";

enum status audit_list(struct db *db, struct arena *arena, int64_t reader_id, struct page page,
                       struct audit_entry **entries, size_t *count, int64_t *next_after,
                       struct fault *fault) {
    struct db_value before = db_integer(page.after_id == 0 ? INT64_MAX : page.after_id);
    if (reader_id == 0) {
        return rows_page(db, arena, &AUDIT, LIST, DB_ARGS(before), page, entries, count, next_after, fault);
    }
    return rows_page(db, arena, &AUDIT, LIST_READER, DB_ARGS(before, db_integer(reader_id)), page, entries,
                     count, next_after, fault);
}
