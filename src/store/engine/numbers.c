#include "store/engine/numbers.h"

#include "store/engine/db_engine.h"

#include <assert.h>
#include <string.h>

/* The highest number that is there, for SQLite; the sequence on PostgreSQL, and what raises it to that. */
struct numbered {
    const char *counter; /* of earlier versions, which came with a backup */
    const char *highest;
    const char *sequence;
    const char *raise;
};

#define NUMBERED(table, column)                                                                              \
    {                                                                                                        \
#table, "select coalesce(max(" #column "), 0) from " #table, #table "_numbers",                      \
            "select setval('" #table "_numbers', coalesce(max(" #column "), 0) + 1, false) from " #table     \
    }

static const struct numbered NUMBERED_TABLES[] = {
    [DB_NUMBERS_LICENCES] = NUMBERED(licences, id),
    [DB_NUMBERS_BLOCKS] = NUMBERED(blocks, id),
    [DB_NUMBERS_REPORTS] = NUMBERED(reports, id),
    [DB_NUMBERS_DEVICES] = NUMBERED(devices, id),
    [DB_NUMBERS_DEVICE_RELEASES] = NUMBERED(device_releases, sequence),
    [DB_NUMBERS_DEVICE_PROFILES] = NUMBERED(device_profiles, id),
};
enum { NUMBERED_COUNT = sizeof NUMBERED_TABLES / sizeof NUMBERED_TABLES[0] };
static_assert((int)NUMBERED_COUNT == (int)DB_NUMBERED_KINDS, "db_engine.h has room for each");

/* Asks the sequence for as many as were taken so far, so that a transaction of many rows asks seldom. What it
 * does not use is lost. */
static enum status fetch_numbers(struct db *db, const char *sequence, struct db_numbers *numbers,
                                 struct fault *fault) {
    static const char FETCH[] = "select nextval(cast($1 as regclass)) from generate_series(1, $2)";
    int64_t wanted = numbers->fetched == 0 ? 1 : numbers->fetched;
    struct db_rows *rows = NULL;
    bool have_row = false;
    wanted = wanted < DB_NUMBERS_AT_ONCE ? wanted : DB_NUMBERS_AT_ONCE;
    numbers->count = numbers->next = 0;
    TRY(db_query(db, FETCH, DB_ARGS(db_string(text_of(sequence)), db_integer(wanted)), &rows, fault));
    enum status status = db_next(rows, &have_row, fault);
    while (status == STATUS_OK && have_row && numbers->count < DB_NUMBERS_AT_ONCE) {
        numbers->at[numbers->count++] = db_column_int(rows, 0);
        status = db_next(rows, &have_row, fault);
    }
    db_rows_close(rows);
    numbers->fetched += wanted;
    assert(status != STATUS_OK || numbers->count == (size_t)wanted);
    return status;
}

/* SQLite's one writer goes on from the highest, as no row of these tables is ever deleted. */
static enum status take_next(struct db *db, const char *highest, struct db_numbers *numbers, int64_t *number,
                             struct fault *fault) {
    if (numbers->fetched == 0) {
        TRY(db_query_int(db, highest, DB_NO_ARGS, 0, &numbers->fetched, fault));
        numbers->fetched++;
    }
    *number = numbers->fetched++;
    return STATUS_OK;
}

enum status db_number_take(struct db *db, enum db_numbered of, int64_t *number, struct fault *fault) {
    const struct numbered *table = &NUMBERED_TABLES[of];
    struct db_numbers *numbers = &db->numbers[of];
    assert(db->in_transaction && db->access == DB_WRITE);
    if (db->driver->engine == DB_SQLITE) {
        return take_next(db, table->highest, numbers, number, fault);
    }
    if (numbers->next == numbers->count) {
        TRY(fetch_numbers(db, table->sequence, numbers, fault));
    }
    *number = numbers->at[numbers->next++];
    return STATUS_OK;
}

/* Entries of the audit trail are numbered by their table. */
enum status db_numbers_settle(struct db *db, struct fault *fault) {
    static const char RAISE_AUDIT[] =
        "select setval('audit_numbers', coalesce(max(id), 0) + 1, false) from audit";
    static const char DROP_COUNTER[] = "delete from counters where name = $1";
    int64_t raised = 0;
    assert(db->hold == DB_HOLDS_WHOLE);
    for (size_t i = 0; i < NUMBERED_COUNT; i++) {
        const struct numbered *table = &NUMBERED_TABLES[i];
        TRY(db_run(db, DROP_COUNTER, DB_ARGS(db_string(text_of(table->counter))), NULL, fault));
        if (db->driver->engine == DB_POSTGRESQL) {
            TRY(db_query_int(db, table->raise, DB_NO_ARGS, 0, &raised, fault));
        }
    }
    TRY(db_run(db, DROP_COUNTER, DB_ARGS(db_string(TEXT("audit"))), NULL, fault));
    return db->driver->engine == DB_SQLITE ? STATUS_OK
                                           : db_query_int(db, RAISE_AUDIT, DB_NO_ARGS, 0, &raised, fault);
}
