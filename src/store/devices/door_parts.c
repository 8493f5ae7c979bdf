#include "store/devices/door_queries.h"

enum { ASKED_AT_ONCE = 32 };

#define THIRTY_TWO                                                                                           \
    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, " \
    "$23, $24, $25, $26, $27, $28, $29, $30, $31, $32)"

static const char OF_KEYS[] = "select distinct provider_id from licences where key_hash in " THIRTY_TWO;
static const char OF_DEVICES[] = "select distinct l.provider_id from devices d join licences l on l.id = "
                                 "d.licence_id where d.id in " THIRTY_TWO;

void door_parts_add(struct door_parts *parts, int64_t part) {
    parts->at = arena_grow(parts->arena, parts->at, parts->count, &parts->capacity, sizeof *parts->at);
    parts->at[parts->count++] = part;
}

/* The last value fills up what a statement has more of. */
static enum status ask(struct db *db, const char *sql, struct db_value values[ASKED_AT_ONCE], size_t some,
                       struct door_parts *parts, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    for (size_t i = some; i < ASKED_AT_ONCE; i++) {
        values[i] = values[some - 1];
    }
    TRY(db_query(db, sql, values, ASKED_AT_ONCE, &rows, fault));
    enum status status = db_next(rows, &have_row, fault);
    while (status == STATUS_OK && have_row) {
        door_parts_add(parts, db_column_int(rows, 0));
        status = db_next(rows, &have_row, fault);
    }
    db_rows_close(rows);
    return status;
}

enum status door_parts_of_keys(struct db *db, const struct text *hashes, size_t count,
                               struct door_parts *parts, struct fault *fault) {
    struct db_value values[ASKED_AT_ONCE];
    for (size_t done = 0; done < count; done += ASKED_AT_ONCE) {
        size_t some = count - done < ASKED_AT_ONCE ? count - done : ASKED_AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            values[i] = db_bytes(hashes[done + i]);
        }
        TRY(ask(db, OF_KEYS, values, some, parts, fault));
    }
    return STATUS_OK;
}

enum status door_parts_of_devices(struct db *db, const int64_t *ids, size_t count, struct door_parts *parts,
                                  struct fault *fault) {
    struct db_value values[ASKED_AT_ONCE];
    for (size_t done = 0; done < count; done += ASKED_AT_ONCE) {
        size_t some = count - done < ASKED_AT_ONCE ? count - done : ASKED_AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            values[i] = db_integer(ids[done + i]);
        }
        TRY(ask(db, OF_DEVICES, values, some, parts, fault));
    }
    return STATUS_OK;
}
