#include "store/engine/rows.h"

#include <assert.h>

enum status rows_all(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                     size_t value_count, rows_read *read, size_t item_bytes, void *items, size_t *count,
                     struct fault *fault) {
    assert(item_bytes > 0);
    char *made = NULL;
    size_t taken = 0;
    size_t capacity = 0;
    bool have_row = false;
    struct db_rows *rows = NULL;
    enum status status = db_query(db, sql, values, value_count, &rows, fault);
    if (status != STATUS_OK) {
        return status;
    }
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        made = arena_grow(arena, made, taken, &capacity, item_bytes);
        status = read(rows, arena, made + taken * item_bytes, fault);
        if (status != STATUS_OK) {
            break;
        }
        taken++;
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    *(void **)items = made;
    *count = taken;
    return STATUS_OK;
}

enum status rows_one(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                     size_t value_count, rows_read *read, void *item, bool *found, struct fault *fault) {
    bool have_row = false;
    struct db_rows *rows = NULL;
    enum status status = db_query(db, sql, values, value_count, &rows, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = db_next(rows, &have_row, fault);
    if (status == STATUS_OK && have_row) {
        status = read(rows, arena, item, fault);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *found = have_row;
    }
    return status;
}
