/* Rows: what stands in the store as structs, by their fields (fields.h), for the files of the store.
 *
 * `sql` has braces where `fields` are filled in. Text is copied into `arena`; where that is NULL it stands in
 * the row and is gone with it. A member that no field names is zero. */
#ifndef SEATMETER_STORE_ENGINE_ROWS_H
#define SEATMETER_STORE_ENGINE_ROWS_H

#include "store/engine/db.h"
#include "store/engine/fields.h"
#include "store/engine/page.h"

/* Fills an item from the present row's columns from `first` on. */
enum status rows_read(struct db_rows *rows, int first, const struct db_fields *fields, struct arena *arena,
                      void *item, struct fault *fault) MUST_CHECK;

/* The same for a reader that returns nothing: a fault is that of the next db_next. */
void rows_read_or_spoil(struct db_rows *rows, int first, const struct db_fields *fields, struct arena *arena,
                        void *item);

/* All rows; `*items` is an array of `*count` items. */
enum status rows_all(struct db *db, struct arena *arena, const struct db_fields *fields, const char *sql,
                     const struct db_value *values, size_t value_count, void *items, size_t *count,
                     struct fault *fault) MUST_CHECK;

/* The first row; `*item` is untouched where there is none. */
enum status rows_one(struct db *db, struct arena *arena, const struct db_fields *fields, const char *sql,
                     const struct db_value *values, size_t value_count, void *item, bool *found,
                     struct fault *fault) MUST_CHECK;

/* A page. The statement's last parameter, behind `values`, is how many rows to give; the first column is the
 * number that pages go by, and `*next_after` is the last item's, or 0 where no page follows. */
enum status rows_page(struct db *db, struct arena *arena, const struct db_fields *fields, const char *sql,
                      const struct db_value *values, size_t value_count, struct page page, void *items,
                      size_t *count, int64_t *next_after, struct fault *fault) MUST_CHECK;

/* The only column of all rows: integers, or texts. */
enum status rows_integers(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                          size_t value_count, int64_t **integers, size_t *count,
                          struct fault *fault) MUST_CHECK;
enum status rows_texts(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                       size_t value_count, struct text **texts, size_t *count,
                       struct fault *fault) MUST_CHECK;

/* The first columns of the first row, which must be there, as integers. */
enum status rows_numbers(struct db *db, const char *sql, const struct db_value *values, size_t value_count,
                         int64_t *numbers, size_t count, struct fault *fault) MUST_CHECK;

/* Whether the first row's first column is there and not 0. */
enum status rows_yes(struct db *db, const char *sql, const struct db_value *values, size_t value_count,
                     bool *yes, struct fault *fault) MUST_CHECK;

/* Inserts an item: the statement's parameters are `values`, then the item's fields. */
enum status rows_insert(struct db *db, const struct db_fields *fields, const char *sql,
                        const struct db_value *values, size_t value_count, const void *item,
                        struct fault *fault) MUST_CHECK;

/* Saves an item: the statement's parameters are `values`, then the fields that are DB_SAVED. `*changed` (may
 * be NULL) is how many rows there were. */
enum status rows_save(struct db *db, const struct db_fields *fields, const char *sql,
                      const struct db_value *values, size_t value_count, const void *item, int64_t *changed,
                      struct fault *fault) MUST_CHECK;

/* The same two, of which nobody waits for the outcome (db_run_later). */
enum status rows_insert_later(struct db *db, const struct db_fields *fields, const char *sql,
                              const struct db_value *values, size_t value_count, const void *item,
                              struct fault *fault) MUST_CHECK;
enum status rows_save_later(struct db *db, const struct db_fields *fields, const char *sql,
                            const struct db_value *values, size_t value_count, const void *item,
                            struct fault *fault) MUST_CHECK;

/* In bulk (db_bulk_start): item by item, or `count` of them at once, which may be 0. */
enum status rows_bulk_start(struct db *db, const char *table, const struct db_fields *fields,
                            struct db_bulk **bulk, struct fault *fault) MUST_CHECK;
enum status rows_bulk_add(struct db_bulk *bulk, const struct db_fields *fields, const void *item,
                          struct fault *fault) MUST_CHECK;
enum status rows_insert_many(struct db *db, const char *table, const struct db_fields *fields,
                             const void *items, size_t count, struct fault *fault) MUST_CHECK;

/* Ends a bulk: finishes it where `status` is OK, else abandons it (NULL is fine) and returns `status`. */
enum status rows_bulk_end(struct db_bulk *bulk, enum status status, struct fault *fault) MUST_CHECK;

#endif
