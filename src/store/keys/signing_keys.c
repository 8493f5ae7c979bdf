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

static const char *purpose_word(int purpose) {
    return signing_purpose_name((enum signing_purpose)purpose);
}

static const char *state_word(int state) {
    return signing_state_name((enum signing_state)state);
}

static const struct db_words PURPOSE_WORDS = {purpose_word, SIGNING_LEASE + 1};
static const struct db_words STATE_WORDS = {state_word, SIGNING_REVOKED + 1};

static const struct db_field KEY_FIELDS[] = {
    DB_FIELD_INT(struct signing_key_row, id, "id", DB_FROM_ONE),
    DB_FIELD_TEXT(struct signing_key_row, kid, "kid"),
    DB_FIELD_WORD(struct signing_key_row, purpose, "purpose", &PURPOSE_WORDS),
    DB_FIELD_WORD(struct signing_key_row, state, "state", &STATE_WORDS, DB_SAVED),
    DB_FIELD_BYTES(struct signing_key_row, public_key, "public_key"),
    DB_FIELD_BYTES(struct signing_key_row, secret_sealed, "secret_sealed"),
    DB_FIELD_INT(struct signing_key_row, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct signing_key_row, active_from_us, "active_from_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct signing_key_row, retired_at_us, "retired_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct signing_key_row, left_at_us, "left_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct signing_key_row, revoked_at_us, "revoked_at_us", DB_SAVED | DB_OR_NULL),
};
static const struct db_fields KEY = DB_FIELDS(struct signing_key_row, KEY_FIELDS);

static const char INSERT[] = "insert into signing_keys ({}) values ({$1})";

enum status signing_key_insert(struct db *db, struct signing_key_row *row, struct fault *fault) {
    TRY(db_counter_take(db, "signing_keys", 1, &row->id, fault));
    return rows_insert(db, &KEY, INSERT, DB_NO_ARGS, row, fault);
}

static const char UPDATE[] = "update signing_keys set {=2} where id = $1";

enum status signing_key_update(struct db *db, const struct signing_key_row *row, struct fault *fault) {
    return rows_save(db, &KEY, UPDATE, DB_ARGS(db_integer(row->id)), row, NULL, fault);
}

static const char LIST[] = "select {} from signing_keys order by id";

enum status signing_key_list(struct db *db, struct arena *arena, struct signing_key_row **rows, size_t *count,
                             struct fault *fault) {
    return rows_all(db, arena, &KEY, LIST, DB_NO_ARGS, rows, count, fault);
}

static const char COUNTER[] = "key_set";

enum status key_set_version(struct db *db, int64_t *version, struct fault *fault) {
    return db_counter_taken(db, COUNTER, version, fault);
}

enum status key_set_version_take(struct db *db, int64_t *version, struct fault *fault) {
    return db_counter_take(db, COUNTER, 1, version, fault);
}
