#include "store/access/persons.h"

#include "store/engine/rows.h"

#include <assert.h>

static const struct db_field PERSON_FIELDS[] = {
    DB_FIELD_INT(struct person, id, "id"),
    DB_FIELD_TEXT(struct person, email, "email"),
    DB_FIELD_TEXT(struct person, password_hash, "password_hash"),
    DB_FIELD_INT(struct person, created_at_us, "created_at_us"),
    DB_FIELD_INT(struct person, version, "version"),
};
static const struct db_fields PERSON = DB_FIELDS(struct person, PERSON_FIELDS);

static const char LOAD[] = "select {} from persons where id = $1";

enum status person_load(struct db *db, struct arena *arena, int64_t id, struct person *person,
                        struct fault *fault) {
    bool found = false;
    TRY(rows_one(db, arena, &PERSON, LOAD, DB_ARGS(db_integer(id)), person, &found, fault));
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-user", "user", TEXT(""), "There is no such user.");
    }
    return STATUS_OK;
}

static const char FIND[] = "select {} from persons where email = $1";

enum status person_find(struct db *db, struct arena *arena, struct text email, bool *found,
                        struct person *person, struct fault *fault) {
    return rows_one(db, arena, &PERSON, FIND, DB_ARGS(db_string(email)), person, found, fault);
}

static const char INSERT[] = "insert into persons ({}) values ({$1})";

enum status person_insert(struct db *db, struct person *person, struct fault *fault) {
    assert(person->email.length > 0 && person->password_hash.length > 0);
    TRY(db_counter_take(db, "persons", 1, &person->id, fault));
    person->version = 1;
    return rows_insert(db, &PERSON, INSERT, DB_NO_ARGS, person, fault);
}

static const char SET_PASSWORD[] =
    "update persons set password_hash = $2, version = version + 1 where id = $1";

enum status person_set_password(struct db *db, int64_t id, struct text password_hash, struct fault *fault) {
    assert(password_hash.length > 0);
    return db_run(db, SET_PASSWORD, DB_ARGS(db_integer(id), db_string(password_hash)), NULL, fault);
}

static const char STREAM[] = "select {} from persons order by id";

enum status persons_stream(struct db *db, struct db_rows **rows, struct fault *fault) {
    return db_stream_fields(db, &PERSON, STREAM, DB_NO_ARGS, rows, fault);
}

void person_read(struct db_rows *rows, struct person *person) {
    rows_read_or_spoil(rows, 0, &PERSON, NULL, person);
}
