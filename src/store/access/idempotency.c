/* The index on at_us makes clearing away cost what there is to clear. */
#include "store/access/idempotency.h"

#include "store/engine/rows.h"

static const struct db_field RESPONSE_FIELDS[] = {
    DB_FIELD_TEXT(struct idempotent_response, actor, "actor"),
    DB_FIELD_TEXT(struct idempotent_response, key, "key"),
    DB_FIELD_BYTES(struct idempotent_response, request_hash, "request_hash"),
    DB_FIELD_INT(struct idempotent_response, status, "status"),
    DB_FIELD_BYTES(struct idempotent_response, answer, "answer"),
    DB_FIELD_INT(struct idempotent_response, at_us, "at_us"),
};
static const struct db_fields RESPONSE = DB_FIELDS(struct idempotent_response, RESPONSE_FIELDS);

static const char FIND[] = "select {} from idempotency where actor = $1 and key = $2";

enum status idempotent_response_find(struct db *db, struct arena *arena, struct text actor, struct text key,
                                     bool *found, struct idempotent_response *kept, struct fault *fault) {
    return rows_one(db, arena, &RESPONSE, FIND, DB_ARGS(db_string(actor), db_string(key)), kept, found,
                    fault);
}

static const char INSERT[] = "insert into idempotency ({}) values ({$1})";

enum status idempotent_response_insert(struct db *db, const struct idempotent_response *kept,
                                       struct fault *fault) {
    return rows_insert_later(db, &RESPONSE, INSERT, DB_NO_ARGS, kept, fault);
}

static const char DELETE[] = "delete from idempotency where actor = $1 and key = $2";

enum status idempotent_response_delete(struct db *db, struct text actor, struct text key,
                                       struct fault *fault) {
    return db_run(db, DELETE, DB_ARGS(db_string(actor), db_string(key)), NULL, fault);
}

static const char DELETE_BEFORE[] = "delete from idempotency where at_us < $1";

enum status idempotent_response_delete_before(struct db *db, int64_t at_us, struct fault *fault) {
    return db_run(db, DELETE_BEFORE, DB_ARGS(db_integer(at_us)), NULL, fault);
}
