/* The part of the database that is the same on both engines: which engine a URL names, the cache of prepared
 * statements by the address of their text, the state of the transaction, counters. */
#include "store/engine/db.h"

#include "store/engine/db_engine.h"
#include "store/engine/db_support.h"
#include "store/engine/fields.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WRITE_WAIT_MS = 30 * 1000, STATEMENTS_AT_FIRST = 64 };

/* The URL may carry a password: no fault repeats it. */
enum status db_open(struct text url, struct db **db, struct fault *fault) {
    static const struct text SQLITE = {"sqlite:", 7};
    struct db *made = NULL;
    enum status status;
    bool has_zero = url.length > 0 && memchr(url.at, '\0', url.length) != NULL;
    if (!has_zero && url.length > SQLITE.length && text_starts_with(url, SQLITE)) {
        struct text path = {url.at + SQLITE.length, url.length - SQLITE.length};
        status = db_sqlite_open(path, &made, fault);
    } else if (!has_zero &&
               (text_starts_with(url, TEXT("postgresql://")) || text_starts_with(url, TEXT("postgres://")))) {
        status = db_postgres_open(url, &made, fault);
    } else {
        return fault_set(fault, STATUS_INVALID, "malformed-database-url", "db", TEXT(""),
                         "Name the database as sqlite:PATH or postgresql://USER@HOST/DATABASE.");
    }
    if (status == STATUS_OK) {
        made->write_wait_ms = WRITE_WAIT_MS;
        made->url = db_duplicate(url);
        *db = made;
    }
    return status;
}

enum status db_open_again(const struct db *db, struct db **again, struct fault *fault) {
    return db_open(text_of(db->url), again, fault);
}

enum db_engine db_engine(const struct db *db) {
    return db->driver->engine;
}

void db_set_write_wait(struct db *db, int32_t wait_ms) {
    assert(wait_ms >= 0);
    db->write_wait_ms = wait_ms;
}

/* ---- transactions ---- */

/* The transaction has begun, unless that failed. */
static enum status note_begin(struct db *db, enum db_access access, enum db_hold hold, enum status status) {
    if (status == STATUS_OK) {
        db->in_transaction = true;
        db->failed = false;
        db->access = access;
        db->hold = hold;
    }
    return status;
}

enum status db_begin(struct db *db, enum db_access access, struct fault *fault) {
    assert(!db->in_transaction);
    assert(db->stream == NULL && db->bulk == NULL);
    return note_begin(db, access, access == DB_WRITE ? DB_HOLDS_WHOLE : DB_HOLDS_NOTHING,
                      db->driver->begin(db, access, fault));
}

static int by_number(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* Keeps the parts, in ascending order and each once. */
static void note_parts(struct db *db, const int64_t *parts, size_t count) {
    if (count > db->part_capacity) {
        free(db->parts);
        db->parts = db_allocate(count, sizeof *db->parts);
        db->part_capacity = count;
    }
    db->part_count = 0;
    if (count == 0) {
        return;
    }
    memcpy(db->parts, parts, count * sizeof *parts);
    qsort(db->parts, count, sizeof *db->parts, by_number);
    for (size_t i = 0; i < count; i++) {
        if (db->part_count == 0 || db->parts[i] != db->parts[db->part_count - 1]) {
            db->parts[db->part_count++] = db->parts[i];
        }
    }
}

enum status db_begin_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) {
    assert(!db->in_transaction);
    assert(db->stream == NULL && db->bulk == NULL);
    note_parts(db, parts, count);
    return note_begin(db, DB_WRITE, DB_HOLDS_PARTS,
                      db->driver->begin_parts(db, db->parts, db->part_count, fault));
}

enum status db_begin_open(struct db *db, struct text name, struct fault *fault) {
    assert(!db->in_transaction);
    assert(db->stream == NULL && db->bulk == NULL);
    return note_begin(db, DB_WRITE, DB_HOLDS_NOTHING, db->driver->begin_open(db, name, fault));
}

enum db_hold db_hold(const struct db *db) {
    return db->in_transaction ? db->hold : DB_HOLDS_NOTHING;
}

/* What it took of counters and numbers is the transaction's. */
static void forget_numbers(struct db *db) {
    db->counter_count = 0;
    for (size_t i = 0; i < DB_NUMBERED_KINDS; i++) {
        db->numbers[i].count = db->numbers[i].next = 0;
        db->numbers[i].fetched = 0;
    }
}

/* Below, with the counters. */
static enum status write_counters(struct db *db, struct fault *fault);

enum status db_commit(struct db *db, struct fault *fault) {
    assert(db->in_transaction);
    assert(db->stream == NULL && db->bulk == NULL);
    if (db->failed) {
        db_rollback(db);
        return fault_set(fault, STATUS_INTERNAL, "transaction-failed", NULL, TEXT(""),
                         "A statement of this transaction failed, so it was rolled back.");
    }
    enum status status = write_counters(db, fault);
    if (status == STATUS_OK) {
        status = db->driver->commit(db, fault);
    }
    if (status != STATUS_OK) {
        db->driver->rollback(db);
    }
    db->in_transaction = false;
    db->hold = DB_HOLDS_NOTHING;
    forget_numbers(db);
    return status;
}

void db_rollback(struct db *db) {
    assert(db->in_transaction);
    assert(db->stream == NULL && db->bulk == NULL);
    db->driver->rollback(db);
    db->in_transaction = false;
    db->hold = DB_HOLDS_NOTHING;
    forget_numbers(db);
}

bool db_in_transaction(const struct db *db) {
    return db->in_transaction;
}

/* Refuses what would follow a failed statement of the same transaction. */
static enum status must_be_usable(struct db *db, struct fault *fault) {
    assert(db->stream == NULL && db->bulk == NULL);
    if (db->in_transaction && db->failed) {
        return fault_set(fault, STATUS_INTERNAL, "transaction-failed", NULL, TEXT(""),
                         "A statement of this transaction failed before, so it can only be rolled back.");
    }
    return STATUS_OK;
}

static enum status remember_failure(struct db *db, enum status status) {
    if (status != STATUS_OK) {
        db->failed = true;
    }
    return status;
}

static void must_be_writing(const struct db *db) {
    assert(db->in_transaction && db->access == DB_WRITE);
}

enum status db_take_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) {
    must_be_writing(db);
    assert(db->hold == DB_HOLDS_NOTHING);
    TRY(must_be_usable(db, fault));
    note_parts(db, parts, count);
    TRY(remember_failure(db, db->driver->take_parts(db, db->parts, db->part_count, fault)));
    db->hold = DB_HOLDS_PARTS;
    return STATUS_OK;
}

enum status db_take_whole(struct db *db, struct fault *fault) {
    must_be_writing(db);
    assert(db->hold == DB_HOLDS_NOTHING);
    TRY(must_be_usable(db, fault));
    TRY(remember_failure(db, db->driver->take_whole(db, fault)));
    db->hold = DB_HOLDS_WHOLE;
    return STATUS_OK;
}

enum status db_take_last(struct db *db, struct fault *fault) {
    must_be_writing(db);
    TRY(must_be_usable(db, fault));
    return db->hold == DB_HOLDS_WHOLE ? STATUS_OK : remember_failure(db, db->driver->take_last(db, fault));
}

static bool has_part(const struct db *db, int64_t part) {
    return db->hold == DB_HOLDS_WHOLE ||
           (db->hold == DB_HOLDS_PARTS && db->part_count > 0 &&
            bsearch(&part, db->parts, db->part_count, sizeof part, by_number) != NULL);
}

enum status db_require_part(const struct db *db, int64_t part, struct fault *fault) {
    if (has_part(db, part)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_BUSY, "database-busy", NULL, TEXT(""),
                     "Somebody else has changed what this is about: try again.");
}

enum status db_script(struct db *db, const char *sql, struct fault *fault) {
    must_be_writing(db);
    TRY(must_be_usable(db, fault));
    return remember_failure(db, db->driver->script(db, sql, fault));
}

/* ---- statements ---- */

static size_t slot_of(const struct db *db, const char *address) {
    uint64_t hash = (uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15);
    size_t mask = db->statement_capacity - 1;
    size_t slot = (size_t)(hash >> 32) & mask;
    while (db->statements[slot] != NULL && db->statements[slot]->address != address) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void rehash_statements(struct db *db, size_t capacity) {
    struct db_rows **old = db->statements;
    size_t old_capacity = db->statement_capacity;
    db->statement_capacity = capacity;
    db->statements = db_allocate(capacity, sizeof(struct db_rows *));
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i] != NULL) {
            db->statements[slot_of(db, old[i]->address)] = old[i];
        }
    }
    free(old);
}

static void forget_at(struct db *db, size_t slot) {
    struct db_rows *rows = db->statements[slot];
    if (rows != NULL) {
        db_rows_close(rows);
        free(rows->given);
        free(rows->sql);
        db->driver->forget(rows);
        db->statements[slot] = NULL;
        db->statement_count--;
    }
}

void db_forget(struct db *db, const char *sql) {
    if (db->statement_capacity > 0) {
        forget_at(db, slot_of(db, sql));
        rehash_statements(db, db->statement_capacity);
    }
}

static enum status prepare_at(struct db *db, size_t slot, const struct db_fields *fields, const char *sql,
                              struct fault *fault) {
    char *text = fields == NULL ? db_duplicate(text_of(sql)) : db_fields_expand(fields, sql);
    struct db_rows *made = NULL;
    enum status status = db->driver->prepare(db, text, &made, fault);
    if (status != STATUS_OK) {
        free(text);
        return status;
    }
    made->db = db;
    made->address = sql;
    made->given = db_duplicate(text_of(sql));
    made->fields = fields;
    made->sql = text;
    db->statements[slot] = made;
    db->statement_count++;
    return STATUS_OK;
}

/* The prepared statement of a text, made when it is met for the first time. */
static enum status statement_of(struct db *db, const struct db_fields *fields, const char *sql,
                                struct db_rows **rows, struct fault *fault) {
    if (db->statement_count * 2 >= db->statement_capacity) {
        rehash_statements(db, db->statement_capacity == 0 ? STATEMENTS_AT_FIRST : db->statement_capacity * 2);
    }
    size_t slot = slot_of(db, sql);
    if (db->statements[slot] == NULL) {
        TRY(prepare_at(db, slot, fields, sql, fault));
    }
    struct db_rows *found = db->statements[slot];
    assert(strcmp(found->given, sql) == 0 && found->fields == fields); /* statements are constants */
    assert(!found->open);                                              /* one set of rows per text */
    found->is_spoiled = false;
    *rows = found;
    return STATUS_OK;
}

/* The statement, ready to be executed. */
static enum status get_statement(struct db *db, const struct db_fields *fields, const char *sql,
                                 struct db_rows **rows, struct fault *fault) {
    TRY(must_be_usable(db, fault));
    return remember_failure(db, statement_of(db, fields, sql, rows, fault));
}

void db_close(struct db *db) {
    if (db == NULL) {
        return;
    }
    db_bulk_abandon(db->bulk);
    for (size_t i = 0; i < db->statement_capacity; i++) {
        forget_at(db, i);
    }
    free(db->statements);
    free(db->url);
    if (db->in_transaction) {
        db_rollback(db);
    }
    free(db->parts);
    db->driver->close(db);
}

enum status db_run_fields(struct db *db, const struct db_fields *fields, const char *sql,
                          const struct db_value *values, size_t count, int64_t *changed,
                          struct fault *fault) {
    must_be_writing(db);
    struct db_rows *rows;
    TRY(get_statement(db, fields, sql, &rows, fault));
    int64_t touched = 0;
    TRY(remember_failure(db, db->driver->run(rows, values, count, &touched, fault)));
    if (changed != NULL) {
        *changed = touched;
    }
    return STATUS_OK;
}

enum status db_run(struct db *db, const char *sql, const struct db_value *values, size_t count,
                   int64_t *changed, struct fault *fault) {
    return db_run_fields(db, NULL, sql, values, count, changed, fault);
}

enum status db_run_later_fields(struct db *db, const struct db_fields *fields, const char *sql,
                                const struct db_value *values, size_t count, struct fault *fault) {
    must_be_writing(db);
    struct db_rows *rows;
    TRY(get_statement(db, fields, sql, &rows, fault));
    return remember_failure(db, db->driver->run_later(rows, values, count, fault));
}

enum status db_run_later(struct db *db, const char *sql, const struct db_value *values, size_t count,
                         struct fault *fault) {
    return db_run_later_fields(db, NULL, sql, values, count, fault);
}

enum status db_run_many(struct db *db, const char *sql, const struct db_value *values, size_t width,
                        size_t count, struct fault *fault) {
    must_be_writing(db);
    assert(width > 0);
    if (count == 0) {
        return STATUS_OK;
    }
    struct db_rows *rows;
    TRY(get_statement(db, NULL, sql, &rows, fault));
    return remember_failure(db, db->driver->run_many(rows, values, width, count, fault));
}

enum status db_claim(struct db *db, const char *name, bool *claimed, struct fault *fault) {
    assert(!db->in_transaction && db->stream == NULL);
    return db->driver->claim(db, name, claimed, fault);
}

enum status db_wait(struct db *db, int wake_fd, int32_t timeout_ms, bool *changed, struct fault *fault) {
    assert(!db->in_transaction && db->stream == NULL);
    assert(timeout_ms >= 0);
    return db->driver->wait(db, wake_fd, timeout_ms, changed, fault);
}

enum status db_query_fields(struct db *db, const struct db_fields *fields, const char *sql,
                            const struct db_value *values, size_t count, struct db_rows **rows,
                            struct fault *fault) {
    struct db_rows *found;
    TRY(get_statement(db, fields, sql, &found, fault));
    TRY(remember_failure(db, db->driver->query(found, values, count, fault)));
    found->open = true;
    *rows = found;
    return STATUS_OK;
}

enum status db_query(struct db *db, const char *sql, const struct db_value *values, size_t count,
                     struct db_rows **rows, struct fault *fault) {
    return db_query_fields(db, NULL, sql, values, count, rows, fault);
}

enum status db_stream_fields(struct db *db, const struct db_fields *fields, const char *sql,
                             const struct db_value *values, size_t count, struct db_rows **rows,
                             struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        assert(values[i].type == DB_TYPE_INT || values[i].type == DB_TYPE_NULL);
    }
    struct db_rows *found;
    TRY(get_statement(db, fields, sql, &found, fault));
    TRY(remember_failure(db, db->driver->stream(found, values, count, fault)));
    found->open = true;
    db->stream = found;
    *rows = found;
    return STATUS_OK;
}

enum status db_stream(struct db *db, const char *sql, const struct db_value *values, size_t count,
                      struct db_rows **rows, struct fault *fault) {
    return db_stream_fields(db, NULL, sql, values, count, rows, fault);
}

void db_rows_spoil(struct db_rows *rows) {
    rows->is_spoiled = true;
}

enum status db_rows_check(const struct db_rows *rows, struct fault *fault) {
    if (rows->is_spoiled) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""),
                         "The store has a value that its column may not have, such as text for a number.");
    }
    return STATUS_OK;
}

enum status db_next(struct db_rows *rows, bool *have_row, struct fault *fault) {
    assert(rows->open);
    TRY(db_rows_check(rows, fault));
    return remember_failure(rows->db, rows->db->driver->next(rows, have_row, fault));
}

void db_rows_close(struct db_rows *rows) {
    if (rows == NULL || !rows->open) {
        return;
    }
    rows->db->driver->end(rows);
    rows->open = false;
    if (rows->db->stream == rows) {
        rows->db->stream = NULL;
    }
}

bool db_column_is_null(struct db_rows *rows, int column) {
    assert(rows->open);
    return rows->db->driver->column_is_null(rows, column);
}

int64_t db_column_int(struct db_rows *rows, int column) {
    assert(rows->open);
    return rows->db->driver->column_int(rows, column);
}

struct text db_column_text(struct db_rows *rows, int column) {
    assert(rows->open);
    return rows->db->driver->column_text(rows, column);
}

struct text db_column_copy(struct db_rows *rows, int column, struct arena *arena) {
    return text_copy(arena, db_column_text(rows, column));
}

enum status db_query_int(struct db *db, const char *sql, const struct db_value *values, size_t count,
                         int64_t otherwise, int64_t *value, struct fault *fault) {
    struct db_rows *rows;
    bool have_row = false;
    int64_t found = otherwise;
    TRY(db_query(db, sql, values, count, &rows, fault));
    enum status status = db_next(rows, &have_row, fault);
    if (status == STATUS_OK && have_row) {
        found = db_column_int(rows, 0);
        status = db_rows_check(rows, fault);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *value = found;
    }
    return status;
}

/* ---- bulk ---- */

static bool value_fits(char type, enum db_type given) {
    return given == DB_TYPE_NULL || (type == 'i' && given == DB_TYPE_INT) ||
           (type == 't' && given == DB_TYPE_TEXT) || (type == 'b' && given == DB_TYPE_BYTES);
}

enum status db_bulk_start(struct db *db, const char *table, const char *const *columns, const char *types,
                          struct db_bulk **bulk, struct fault *fault) {
    must_be_writing(db);
    size_t count = strlen(types);
    assert(count > 0 && strspn(types, "itb") == count);
    struct db_bulk *made;
    TRY(must_be_usable(db, fault));
    TRY(remember_failure(db, db->driver->bulk_start(db, table, columns, types, count, &made, fault)));
    made->db = db;
    made->types = db_duplicate((struct text){types, count});
    made->columns = count;
    db->bulk = made;
    *bulk = made;
    return STATUS_OK;
}

enum status db_bulk_row(struct db_bulk *bulk, const struct db_value *values, struct fault *fault) {
    for (size_t i = 0; i < bulk->columns; i++) {
        assert(value_fits(bulk->types[i], values[i].type));
    }
    return remember_failure(bulk->db, bulk->db->driver->bulk_row(bulk, values, fault));
}

enum status db_bulk_finish(struct db_bulk *bulk, struct fault *fault) {
    struct db *db = bulk->db;
    db->bulk = NULL;
    free(bulk->types);
    return remember_failure(db, db->driver->bulk_finish(bulk, fault));
}

void db_bulk_abandon(struct db_bulk *bulk) {
    if (bulk == NULL) {
        return;
    }
    struct db *db = bulk->db;
    db->bulk = NULL;
    db->failed = true;
    free(bulk->types);
    db->driver->bulk_abandon(bulk);
}

/* ---- counters ---- */

static struct db_counter *find_counter(struct db *db, const char *name) {
    for (size_t i = 0; i < db->counter_count; i++) {
        if (strcmp(db->counters[i].name, name) == 0) {
            return &db->counters[i];
        }
    }
    return NULL;
}

/* Where there is no room left, its row is written every time. */
static void remember_counter(struct db *db, const char *name, int64_t taken) {
    size_t length = strlen(name);
    if (db->counter_count < DB_COUNTERS_MAX && length < DB_COUNTER_NAME_BYTES) {
        struct db_counter *counter = &db->counters[db->counter_count++];
        memcpy(counter->name, name, length + 1);
        counter->taken = counter->written = taken;
    }
}

/* The first taking locks the row until the end of the transaction, so the next ones need not ask for it. */
enum status db_counter_take(struct db *db, const char *counter, int64_t count, int64_t *first,
                            struct fault *fault) {
    static const char TAKE[] = "insert into counters (name, taken) values ($1, $2) "
                               "on conflict (name) do update set taken = counters.taken + excluded.taken "
                               "returning taken";
    must_be_writing(db);
    assert(count > 0);
    struct db_counter *known = find_counter(db, counter);
    if (known != NULL) {
        *first = known->taken + 1;
        known->taken += count;
        return must_be_usable(db, fault);
    }
    int64_t taken = 0;
    TRY(db_query_int(db, TAKE, DB_ARGS(db_string(text_of(counter)), db_integer(count)), 0, &taken, fault));
    if (taken < count) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, text_of(counter),
                         "The counter \"%s\" stood below 0 in the store.", counter);
    }
    *first = taken - count + 1;
    remember_counter(db, counter, taken);
    return STATUS_OK;
}

enum status db_counter_taken(struct db *db, const char *counter, int64_t *taken, struct fault *fault) {
    static const char TAKEN[] = "select taken from counters where name = $1";
    const struct db_counter *known = find_counter(db, counter);
    if (known != NULL) {
        *taken = known->taken;
        return must_be_usable(db, fault);
    }
    return db_query_int(db, TAKEN, DB_ARGS(db_string(text_of(counter))), 0, taken, fault);
}

static enum status write_counters(struct db *db, struct fault *fault) {
    static const char WRITE[] = "update counters set taken = $2 where name = $1";
    for (size_t i = 0; i < db->counter_count; i++) {
        const struct db_counter *counter = &db->counters[i];
        int64_t changed = 0;
        if (counter->taken == counter->written) {
            continue;
        }
        TRY(db_run(db, WRITE, DB_ARGS(db_string(text_of(counter->name)), db_integer(counter->taken)),
                   &changed, fault));
        assert(changed == 1);
    }
    return STATUS_OK;
}
