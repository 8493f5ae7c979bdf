/* Which tables a store has, read from the engine's own catalogue, so that a migration's new table or column
 * is in the next backup without anybody having to think of it. */
#include "store/engine/db_engine.h"
#include "store/upkeep/backup_format.h"

#include <assert.h>

static char type_of(struct text word) {
    if (text_is(word, "bigint") || text_is(word, "integer")) {
        return 'i';
    }
    if (text_is(word, "text")) {
        return 't';
    }
    assert(text_is(word, "blob") || text_is(word, "bytea"));
    return 'b';
}

static void add_column(struct backup_table *table, struct db_rows *rows, struct arena *arena) {
    assert(table->columns < BACKUP_COLUMNS_MAX);
    struct text name = db_column_copy(rows, 1, arena);
    table->column_names[table->columns] = name;
    table->types[table->columns] = type_of(db_column_text(rows, 2));
    table->columns++;
    /* The schema's keys name their columns in the order in which the table has them. */
    if (db_column_int(rows, 3) > 0) {
        table->key = table->key.length == 0
                         ? name
                         : text_format(arena, "%.*s, %.*s", TEXT_ARGS(table->key), TEXT_ARGS(name));
    }
}

static enum status load_tables(struct db *db, struct arena *arena, struct backup_table *tables, size_t *count,
                               struct fault *fault) {
    struct db_rows *rows;
    enum status status = db_query(db, db->driver->sql_columns, DB_NO_ARGS, &rows, fault);
    if (status != STATUS_OK) {
        return status;
    }
    bool have_row = true;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        struct text name = db_column_text(rows, 0);
        if (text_is(name, "schema_version")) {
            continue;
        }
        if (*count == 0 || !text_equal(tables[*count - 1].name, name)) {
            assert(*count < BACKUP_TABLES_MAX);
            tables[*count].name = text_copy(arena, name);
            (*count)++;
        }
        add_column(&tables[*count - 1], rows, arena);
    }
    db_rows_close(rows);
    return status;
}

static size_t find_table(const struct backup_table *tables, size_t count, struct text name) {
    size_t i = 0;
    while (i < count && !text_equal(tables[i].name, name)) {
        i++;
    }
    return i;
}

/* needs[a × count + b]: table a refers to table b. */
static enum status load_references(struct db *db, const struct backup_table *tables, size_t count,
                                   bool *needs, struct fault *fault) {
    struct db_rows *rows;
    enum status status = db_query(db, db->driver->sql_references, DB_NO_ARGS, &rows, fault);
    if (status != STATUS_OK) {
        return status;
    }
    bool have_row = true;
    while ((status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        size_t from = find_table(tables, count, db_column_text(rows, 0));
        size_t to = find_table(tables, count, db_column_text(rows, 1));
        assert(from < count && to < count);
        needs[from * count + to] = from != to;
    }
    db_rows_close(rows);
    return status;
}

/* The first table that is not placed and needs none that is not placed. */
static size_t next_table(const bool *needs, const bool *placed, size_t count) {
    for (size_t from = 0; from < count; from++) {
        bool ready = !placed[from];
        for (size_t to = 0; to < count && ready; to++) {
            ready = !needs[from * count + to] || placed[to];
        }
        if (ready) {
            return from;
        }
    }
    return count;
}

enum status backup_tables_of(struct db *db, struct arena *arena, struct backup_table **tables, size_t *count,
                             struct fault *fault) {
    struct backup_table *found = ARENA_NEW(arena, struct backup_table, BACKUP_TABLES_MAX);
    size_t found_count = 0;
    enum status status = load_tables(db, arena, found, &found_count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    bool *needs = ARENA_NEW(arena, bool, found_count *found_count);
    bool *placed = ARENA_NEW(arena, bool, found_count);
    status = load_references(db, found, found_count, needs, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct backup_table *ordered = ARENA_NEW(arena, struct backup_table, found_count);
    for (size_t i = 0; i < found_count; i++) {
        size_t next = next_table(needs, placed, found_count);
        assert(next < found_count); /* tables do not refer to each other in a circle */
        assert(found[next].key.length > 0);
        ordered[i] = found[next];
        placed[next] = true;
    }
    *tables = ordered;
    *count = found_count;
    return STATUS_OK;
}
