#include "store/engine/rows.h"

#include <assert.h>
#include <string.h>

/* ---- from a row into a struct ---- */

static enum status unfit_number(const struct db_field *field, int64_t value, struct fault *fault) {
    return fault_set(fault, STATUS_INTERNAL, "database-failed", field->column, TEXT(""),
                     "Column %s has %lld in the store, which is no number that it may have.", field->column,
                     (long long)value);
}

static enum status unfit_text(const struct db_field *field, struct text value, struct fault *fault) {
    return fault_set(fault, STATUS_INTERNAL, "database-failed", field->column, value,
                     "Column %s has \"%.*s\" in the store, which is no word that it may have.", field->column,
                     TEXT_ARGS(value));
}

/* Whether the value is no less than the field's flags allow. */
static bool is_enough(const struct db_field *field, int64_t value) {
    return (field->flags & (DB_COUNT | DB_FROM_ONE)) == 0 || value >= ((field->flags & DB_FROM_ONE) != 0);
}

static enum status read_int32(struct db_rows *rows, int column, const struct db_field *field, int32_t *member,
                              struct fault *fault) {
    int64_t value = db_column_int(rows, column);
    if (value < INT32_MIN || value > INT32_MAX || !is_enough(field, value)) {
        return unfit_number(field, value, fault);
    }
    *member = (int32_t)value;
    return STATUS_OK;
}

static enum status read_int64(struct db_rows *rows, int column, const struct db_field *field, int64_t *member,
                              struct fault *fault) {
    int64_t value = db_column_int(rows, column);
    if (!is_enough(field, value)) {
        return unfit_number(field, value, fault);
    }
    *member = value;
    return STATUS_OK;
}

static enum status read_month(struct db_rows *rows, int column, const struct db_field *field,
                              struct month *member, struct fault *fault) {
    if ((field->flags & DB_OR_NULL) != 0 && db_column_is_null(rows, column)) {
        member->index = DB_NO_MONTH;
        return STATUS_OK;
    }
    TRY(read_int32(rows, column, field, &member->index, fault));
    return month_is_sayable(*member) ? STATUS_OK : unfit_number(field, member->index, fault);
}

static enum status read_date(struct db_rows *rows, int column, const struct db_field *field,
                             struct date *member, struct fault *fault) {
    TRY(read_int32(rows, column, field, &member->day, fault));
    return date_is_sayable(*member) ? STATUS_OK : unfit_number(field, member->day, fault);
}

static enum status read_text(struct db_rows *rows, int column, const struct db_field *field,
                             struct arena *arena, struct text *member, struct fault *fault) {
    struct text text = db_column_text(rows, column);
    bool is_none = text.length == 0 && (field->flags & DB_OR_NULL) != 0;
    if (field->size_bytes > 0 && text.length != field->size_bytes && !is_none) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", field->column, TEXT(""),
                         "Column %s has %zu bytes in the store, where it must have %u.", field->column,
                         text.length, field->size_bytes);
    }
    *member = arena == NULL ? text : text_copy(arena, text);
    return STATUS_OK;
}

static enum status read_code(struct db_rows *rows, int column, const struct db_field *field, char *member,
                             struct fault *fault) {
    struct text code = db_column_text(rows, column);
    if (code.length >= field->size_bytes) {
        return unfit_text(field, code, fault);
    }
    memcpy(member, code.at, code.length);
    return STATUS_OK;
}

static enum status read_word(struct db_rows *rows, int column, const struct db_field *field, unsigned *member,
                             struct fault *fault) {
    struct text word = db_column_text(rows, column);
    int value = 0;
    if (!db_field_parse(field, word, &value)) {
        return unfit_text(field, word, fault);
    }
    *member = (unsigned)value;
    return STATUS_OK;
}

static enum status read_number(struct db_rows *rows, int column, const struct db_field *field,
                               unsigned *member, struct fault *fault) {
    int64_t value = db_column_int(rows, column);
    if (value < 1 || value > field->size_bytes) {
        return unfit_number(field, value, fault);
    }
    *member = (unsigned)value;
    return STATUS_OK;
}

static enum status read_field(struct db_rows *rows, int column, const struct db_field *field,
                              struct arena *arena, char *item, struct fault *fault) {
    void *member = item + field->offset;
    switch ((enum db_field_kind)field->kind) {
    case DB_FIELD_KIND_INT64:
        return read_int64(rows, column, field, member, fault);
    case DB_FIELD_KIND_INT32:
        return read_int32(rows, column, field, member, fault);
    case DB_FIELD_KIND_UINT64:
        *(uint64_t *)member = (uint64_t)db_column_int(rows, column);
        return STATUS_OK;
    case DB_FIELD_KIND_BOOL:
        *(bool *)member = db_column_int(rows, column) != 0;
        return STATUS_OK;
    case DB_FIELD_KIND_NUMBER:
        return read_number(rows, column, field, member, fault);
    case DB_FIELD_KIND_DATE:
        return read_date(rows, column, field, member, fault);
    case DB_FIELD_KIND_DATE_IF:
        *(bool *)(void *)(item + field->flag_offset) = !db_column_is_null(rows, column);
        return db_column_is_null(rows, column) ? STATUS_OK : read_date(rows, column, field, member, fault);
    case DB_FIELD_KIND_MONTH:
        return read_month(rows, column, field, member, fault);
    case DB_FIELD_KIND_TEXT:
    case DB_FIELD_KIND_BYTES:
        return read_text(rows, column, field, arena, member, fault);
    case DB_FIELD_KIND_CODE:
        return read_code(rows, column, field, member, fault);
    case DB_FIELD_KIND_WORD:
    case DB_FIELD_KIND_STATE:
        return read_word(rows, column, field, member, fault);
    case DB_FIELD_KIND_PART:
        break;
    }
    assert(false);
    return STATUS_OK;
}

/* Reads from `*column` on, which is behind the last of the fields then. */
static enum status read_fields(struct db_rows *rows, int *column, const struct db_fields *fields,
                               struct arena *arena, char *item, struct fault *fault) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct db_field *field = &fields->at[i];
        if (field->kind == DB_FIELD_KIND_PART) {
            TRY(read_fields(rows, column, field->part, arena, item + field->offset, fault));
        } else {
            TRY(read_field(rows, (*column)++, field, arena, item, fault));
        }
    }
    return STATUS_OK;
}

enum status rows_read(struct db_rows *rows, int first, const struct db_fields *fields, struct arena *arena,
                      void *item, struct fault *fault) {
    memset(item, 0, fields->item_bytes);
    TRY(read_fields(rows, &first, fields, arena, item, fault));
    return db_rows_check(rows, fault);
}

void rows_read_or_spoil(struct db_rows *rows, int first, const struct db_fields *fields, struct arena *arena,
                        void *item) {
    struct fault fault;
    if (rows_read(rows, first, fields, arena, item, &fault) != STATUS_OK) {
        db_rows_spoil(rows);
    }
}

/* ---- queries ---- */

static enum status read_all(struct db_rows *rows, struct arena *arena, const struct db_fields *fields,
                            char **items, size_t *count, struct fault *fault) {
    size_t capacity = 0;
    for (;;) {
        bool have_row = false;
        TRY(db_next(rows, &have_row, fault));
        if (!have_row) {
            return STATUS_OK;
        }
        *items = arena_grow(arena, *items, *count, &capacity, fields->item_bytes);
        TRY(rows_read(rows, 0, fields, arena, *items + *count * fields->item_bytes, fault));
        (*count)++;
    }
}

enum status rows_all(struct db *db, struct arena *arena, const struct db_fields *fields, const char *sql,
                     const struct db_value *values, size_t value_count, void *items, size_t *count,
                     struct fault *fault) {
    struct db_rows *rows = NULL;
    char *made = NULL;
    size_t made_count = 0;
    TRY(db_query_fields(db, fields, sql, values, value_count, &rows, fault));
    enum status status = read_all(rows, arena, fields, &made, &made_count, fault);
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *(void **)items = made;
        *count = made_count;
    }
    return status;
}

enum status rows_one(struct db *db, struct arena *arena, const struct db_fields *fields, const char *sql,
                     const struct db_value *values, size_t value_count, void *item, bool *found,
                     struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    TRY(db_query_fields(db, fields, sql, values, value_count, &rows, fault));
    enum status status = db_next(rows, &have_row, fault);
    if (status == STATUS_OK && have_row) {
        status = rows_read(rows, 0, fields, arena, item, fault);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *found = have_row;
    }
    return status;
}

/* The first field's member, which pages go by. */
static int64_t key_of(const struct db_fields *fields, const char *item) {
    const struct db_field *field = &fields->at[0];
    if (field->kind == DB_FIELD_KIND_PART) {
        return key_of(field->part, item + field->offset);
    }
    assert(field->kind == DB_FIELD_KIND_INT64);
    return *(const int64_t *)(const void *)(item + field->offset);
}

enum status rows_page(struct db *db, struct arena *arena, const struct db_fields *fields, const char *sql,
                      const struct db_value *values, size_t value_count, struct page page, void *items,
                      size_t *count, int64_t *next_after, struct fault *fault) {
    struct db_value all[DB_FIELDS_MAX];
    char *made = NULL;
    size_t made_count = 0;
    assert(value_count < DB_FIELDS_MAX);
    for (size_t i = 0; i < value_count; i++) {
        all[i] = values[i];
    }
    all[value_count] = db_integer(page_rows(page));
    TRY(rows_all(db, arena, fields, sql, all, value_count + 1, &made, &made_count, fault));
    bool more = page_cut(page, &made_count);
    *next_after = more ? key_of(fields, made + (made_count - 1) * fields->item_bytes) : 0;
    *(void **)items = made;
    *count = made_count;
    return STATUS_OK;
}

static const struct db_field INTEGER_FIELD[] = {{.column = "value", .kind = DB_FIELD_KIND_INT64}};
static const struct db_fields INTEGER = DB_FIELDS(int64_t, INTEGER_FIELD);

enum status rows_integers(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                          size_t value_count, int64_t **integers, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &INTEGER, sql, values, value_count, integers, count, fault);
}

static const struct db_field TEXT_FIELD[] = {{.column = "value", .kind = DB_FIELD_KIND_TEXT}};
static const struct db_fields A_TEXT = DB_FIELDS(struct text, TEXT_FIELD);

enum status rows_texts(struct db *db, struct arena *arena, const char *sql, const struct db_value *values,
                       size_t value_count, struct text **texts, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &A_TEXT, sql, values, value_count, texts, count, fault);
}

enum status rows_numbers(struct db *db, const char *sql, const struct db_value *values, size_t value_count,
                         int64_t *numbers, size_t count, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    TRY(db_query(db, sql, values, value_count, &rows, fault));
    enum status status = db_next(rows, &have_row, fault);
    assert(status != STATUS_OK || have_row);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        numbers[i] = db_column_int(rows, (int)i);
    }
    if (status == STATUS_OK) {
        status = db_rows_check(rows, fault);
    }
    db_rows_close(rows);
    return status;
}

enum status rows_yes(struct db *db, const char *sql, const struct db_value *values, size_t value_count,
                     bool *yes, struct fault *fault) {
    int64_t value = 0;
    TRY(db_query_int(db, sql, values, value_count, 0, &value, fault));
    *yes = value != 0;
    return STATUS_OK;
}

/* ---- from a struct into a row ---- */

/* The statement's own values, then the item's; returns how many there are. */
static size_t join_values(const struct db_fields *fields, unsigned flag, const struct db_value *values,
                          size_t value_count, const void *item, struct db_value all[2 * DB_FIELDS_MAX]) {
    assert(value_count <= DB_FIELDS_MAX);
    for (size_t i = 0; i < value_count; i++) {
        all[i] = values[i];
    }
    return value_count + db_fields_values(fields, flag, item, all + value_count);
}

enum status rows_insert(struct db *db, const struct db_fields *fields, const char *sql,
                        const struct db_value *values, size_t value_count, const void *item,
                        struct fault *fault) {
    struct db_value all[2 * DB_FIELDS_MAX];
    size_t count = join_values(fields, 0, values, value_count, item, all);
    return db_run_fields(db, fields, sql, all, count, NULL, fault);
}

enum status rows_save(struct db *db, const struct db_fields *fields, const char *sql,
                      const struct db_value *values, size_t value_count, const void *item, int64_t *changed,
                      struct fault *fault) {
    struct db_value all[2 * DB_FIELDS_MAX];
    size_t count = join_values(fields, DB_SAVED, values, value_count, item, all);
    return db_run_fields(db, fields, sql, all, count, changed, fault);
}

enum status rows_insert_later(struct db *db, const struct db_fields *fields, const char *sql,
                              const struct db_value *values, size_t value_count, const void *item,
                              struct fault *fault) {
    struct db_value all[2 * DB_FIELDS_MAX];
    size_t count = join_values(fields, 0, values, value_count, item, all);
    return db_run_later_fields(db, fields, sql, all, count, fault);
}

enum status rows_save_later(struct db *db, const struct db_fields *fields, const char *sql,
                            const struct db_value *values, size_t value_count, const void *item,
                            struct fault *fault) {
    struct db_value all[2 * DB_FIELDS_MAX];
    size_t count = join_values(fields, DB_SAVED, values, value_count, item, all);
    return db_run_later_fields(db, fields, sql, all, count, fault);
}

enum status rows_bulk_start(struct db *db, const char *table, const struct db_fields *fields,
                            struct db_bulk **bulk, struct fault *fault) {
    const char *columns[DB_FIELDS_MAX];
    char types[DB_FIELDS_MAX + 1];
    (void)db_fields_columns(fields, columns, types);
    return db_bulk_start(db, table, columns, types, bulk, fault);
}

enum status rows_bulk_add(struct db_bulk *bulk, const struct db_fields *fields, const void *item,
                          struct fault *fault) {
    struct db_value values[DB_FIELDS_MAX];
    (void)db_fields_values(fields, 0, item, values);
    return db_bulk_row(bulk, values, fault);
}

enum status rows_bulk_end(struct db_bulk *bulk, enum status status, struct fault *fault) {
    if (status == STATUS_OK) {
        return db_bulk_finish(bulk, fault);
    }
    db_bulk_abandon(bulk);
    return status;
}

enum status rows_insert_many(struct db *db, const char *table, const struct db_fields *fields,
                             const void *items, size_t count, struct fault *fault) {
    struct db_bulk *bulk = NULL;
    if (count == 0) {
        return STATUS_OK;
    }
    TRY(rows_bulk_start(db, table, fields, &bulk, fault));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = rows_bulk_add(bulk, fields, (const char *)items + i * fields->item_bytes, fault);
    }
    return rows_bulk_end(bulk, status, fault);
}
