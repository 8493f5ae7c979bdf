#include "store/access/audit.h"

#include "store/engine/rows.h"

#include <assert.h>

#define COLUMNS "id, at_us, actor, account_id, action, subject, subject_account_id, detail"

static const char INSERT[] = "insert into audit (" COLUMNS ") values ($1, $2, $3, $4, $5, $6, $7, $8)";

enum status audit_insert(struct db *db, struct audit_entry *entry, struct fault *fault) {
    assert(entry->actor.length > 0 && entry->action.length > 0);
    enum status status = db_counter_take(db, "audit", 1, &entry->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(entry->id), db_integer(entry->at_us), db_string(entry->actor),
                          db_integer(entry->account_id), db_string(entry->action), db_string(entry->subject),
                          db_integer(entry->subject_account_id), db_string(entry->detail)),
                  NULL, fault);
}

static enum status read_entry(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    *(struct audit_entry *)item = (struct audit_entry){.id = db_column_int(rows, 0),
                                                       .at_us = db_column_int(rows, 1),
                                                       .actor = db_column_copy(rows, 2, arena),
                                                       .account_id = db_column_int(rows, 3),
                                                       .action = db_column_copy(rows, 4, arena),
                                                       .subject = db_column_copy(rows, 5, arena),
                                                       .subject_account_id = db_column_int(rows, 6),
                                                       .detail = db_column_copy(rows, 7, arena)};
    return STATUS_OK;
}

static const char LIST[] = "select " COLUMNS " from audit where id < $1 order by id desc limit $2";

/* Two walks along an index each, so that a page costs the same in a long trail. The index of accounts leaves
 * out 0, the operator and the system, and is taken where the question does too. */
static const char LIST_READER[] = "select " COLUMNS " from ("
                                  "select " COLUMNS " from (select " COLUMNS
                                  " from audit where account_id = $3 and account_id <> 0 and id < $1 "
                                  "order by id desc limit $2) "
                                  "as own union "
                                  "select " COLUMNS " from (select " COLUMNS
                                  " from audit where subject_account_id = $3 and id < $1 order by id desc "
                                  "limit $2) as subjects) as both_kinds order by id desc limit $2";

enum status audit_list(struct db *db, struct arena *arena, int64_t reader_id, struct page page,
                       struct audit_entry **entries, size_t *count, int64_t *next_after,
                       struct fault *fault) {
    int64_t limit = page_limit(page);
    struct db_value before = db_integer(page.after_id == 0 ? INT64_MAX : page.after_id);
    enum status status =
        reader_id == 0
            ? rows_all(db, arena, LIST, DB_ARGS(before, db_integer(limit + 1)), read_entry,
                       sizeof(struct audit_entry), entries, count, fault)
            : rows_all(db, arena, LIST_READER, DB_ARGS(before, db_integer(limit + 1), db_integer(reader_id)),
                       read_entry, sizeof(struct audit_entry), entries, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *next_after = 0;
    if (*count > (size_t)limit) {
        *count = (size_t)limit;
        *next_after = (*entries)[limit - 1].id;
    }
    return STATUS_OK;
}
