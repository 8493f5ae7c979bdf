#include "store/keys/signing_keys.h"

#include "store/engine/rows.h"

#include <assert.h>

static const char *const PURPOSES[] = {"root", "lease"};
static const char *const STATES[] = {"next", "active", "retired", "revoked"};

const char *signing_purpose_name(enum signing_purpose purpose) {
    assert((size_t)purpose < sizeof PURPOSES / sizeof PURPOSES[0]);
    return PURPOSES[purpose];
}

const char *signing_state_name(enum signing_state state) {
    assert((size_t)state < sizeof STATES / sizeof STATES[0]);
    return STATES[state];
}

/* The index of a word; the schema's checks allow no other. */
static int index_of(struct text word, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (text_is(word, words[i])) {
            return (int)i;
        }
    }
    assert(false && "a word that the schema allows");
    return 0;
}

#define COLUMNS                                                                                              \
    "id, kid, purpose, state, public_key, secret_sealed, created_at_us, active_from_us, retired_at_us, "     \
    "left_at_us, revoked_at_us"

static const char INSERT[] = "insert into signing_keys (" COLUMNS ") values "
                             "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

enum status signing_key_insert(struct db *db, struct signing_key_row *row, struct fault *fault) {
    enum status status = db_counter_take(db, "signing_keys", 1, &row->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(row->id), db_string(row->kid),
                          db_string(text_of(signing_purpose_name(row->purpose))),
                          db_string(text_of(signing_state_name(row->state))), db_bytes(row->public_key),
                          db_bytes(row->secret_sealed), db_integer(row->created_at_us),
                          rows_integer_or_null(row->active_from_us), rows_integer_or_null(row->retired_at_us),
                          rows_integer_or_null(row->left_at_us), rows_integer_or_null(row->revoked_at_us)),
                  NULL, fault);
}

static const char UPDATE[] = "update signing_keys set state = $2, active_from_us = $3, retired_at_us = $4, "
                             "left_at_us = $5, revoked_at_us = $6 where id = $1";

enum status signing_key_update(struct db *db, const struct signing_key_row *row, struct fault *fault) {
    return db_run(db, UPDATE,
                  DB_ARGS(db_integer(row->id), db_string(text_of(signing_state_name(row->state))),
                          rows_integer_or_null(row->active_from_us), rows_integer_or_null(row->retired_at_us),
                          rows_integer_or_null(row->left_at_us), rows_integer_or_null(row->revoked_at_us)),
                  NULL, fault);
}

static enum status read_key(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)fault;
    struct text purpose = db_column_text(rows, 2);
    struct text state = db_column_text(rows, 3);
    *(struct signing_key_row *)item = (struct signing_key_row){
        .id = db_column_int(rows, 0),
        .kid = db_column_copy(rows, 1, arena),
        .purpose = (enum signing_purpose)index_of(purpose, PURPOSES, sizeof PURPOSES / sizeof PURPOSES[0]),
        .state = (enum signing_state)index_of(state, STATES, sizeof STATES / sizeof STATES[0]),
        .public_key = db_column_copy(rows, 4, arena),
        .secret_sealed = db_column_copy(rows, 5, arena),
        .created_at_us = db_column_int(rows, 6),
        .active_from_us = db_column_int(rows, 7),
        .retired_at_us = db_column_int(rows, 8),
        .left_at_us = db_column_int(rows, 9),
        .revoked_at_us = db_column_int(rows, 10)};
    return STATUS_OK;
}

static const char LIST[] = "select " COLUMNS " from signing_keys order by id";

enum status signing_key_list(struct db *db, struct arena *arena, struct signing_key_row **rows, size_t *count,
                             struct fault *fault) {
    return rows_all(db, arena, LIST, DB_NO_ARGS, read_key, sizeof(struct signing_key_row), rows, count,
                    fault);
}

static const char COUNTER[] = "key_set";

enum status key_set_version(struct db *db, int64_t *version, struct fault *fault) {
    return db_counter_taken(db, COUNTER, version, fault);
}

enum status key_set_version_take(struct db *db, int64_t *version, struct fault *fault) {
    return db_counter_take(db, COUNTER, 1, version, fault);
}
