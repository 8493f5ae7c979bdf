/* The index on at_us makes clearing away cost what there is to clear. */
#include "store/access/idempotency.h"

static const char FIND[] =
    "select request_hash, status, answer, at_us from idempotency where actor = $1 and key = $2";
static const char INSERT[] = "insert into idempotency (actor, key, request_hash, status, answer, at_us) "
                             "values ($1, $2, $3, $4, $5, $6)";
static const char DELETE_BEFORE[] = "delete from idempotency where at_us < $1";

enum status idempotent_response_find(struct db *db, struct arena *arena, struct text actor, struct text key,
                                     bool *found, struct idempotent_response *kept, struct fault *fault) {
    struct db_rows *rows = NULL;
    enum status status = db_query(db, FIND, DB_ARGS(db_string(actor), db_string(key)), &rows, fault);
    bool have_row = false;
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    if (status == STATUS_OK && have_row) {
        *kept = (struct idempotent_response){
            .actor = actor,
            .key = key,
            .request_hash = db_column_copy(rows, 0, arena),
            .status = db_column_int(rows, 1),
            .answer = db_column_copy(rows, 2, arena),
            .at_us = db_column_int(rows, 3),
        };
    }
    if (status == STATUS_OK) {
        *found = have_row;
    }
    db_rows_close(rows);
    return status;
}

enum status idempotent_response_insert(struct db *db, const struct idempotent_response *kept,
                                       struct fault *fault) {
    return db_run(db, INSERT,
                  DB_ARGS(db_string(kept->actor), db_string(kept->key), db_bytes(kept->request_hash),
                          db_integer(kept->status), db_bytes(kept->answer), db_integer(kept->at_us)),
                  NULL, fault);
}

enum status idempotent_response_delete_before(struct db *db, int64_t at_us, struct fault *fault) {
    return db_run(db, DELETE_BEFORE, DB_ARGS(db_integer(at_us)), NULL, fault);
}
