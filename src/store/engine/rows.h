/* Rows: those of a query as an array of structs in an arena, for the files of the store. */
#ifndef SEATMETER_STORE_ENGINE_ROWS_H
#define SEATMETER_STORE_ENGINE_ROWS_H

#include "store/engine/db.h"

/* Fills one zeroed item from the present row. */
typedef enum status rows_read(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault);

/* All rows; `*items` is an array of `*count` items of `item_bytes`. */
enum status rows_all(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                     size_t value_count, rows_read *read, size_t item_bytes, void *items, size_t *count,
                     struct fault *fault) MUST_CHECK;

/* The first row, where there is one. */
enum status rows_one(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                     size_t value_count, rows_read *read, void *item, bool *found,
                     struct fault *fault) MUST_CHECK;

/* NULL for 0, which stands for "none" in our structs. */
static inline struct db_value rows_integer_or_null(int64_t value) {
    return value == 0 ? db_null() : db_integer(value);
}

#endif
