/* Which tables a store has, read from the engine's own catalogue, so that a migration's new table or column
 * is in the next backup without anybody having to think of it. */
#include "store/engine/db_engine.h"
#include "store/engine/rows.h"
#include "store/upkeep/backup_format.h"

/* What the engine's catalogue gives in a row. */
struct catalogue_column {
    struct text table;
    struct text name;
    struct text type;
    int64_t place_in_key; /* 0: not in the primary key */
};

static const struct db_field COLUMN_FIELDS[] = {
    DB_FIELD_TEXT(struct catalogue_column, table, "table"),
    DB_FIELD_TEXT(struct catalogue_column, name, "column"),
    DB_FIELD_TEXT(struct catalogue_column, type, "type"),
    DB_FIELD_INT(struct catalogue_column, place_in_key, "place in the key"),
};
static const struct db_fields COLUMN = DB_FIELDS(struct catalogue_column, COLUMN_FIELDS);

struct catalogue_reference {
    struct text from;
    struct text to;
};

static const struct db_field REFERENCE_FIELDS[] = {
    DB_FIELD_TEXT(struct catalogue_reference, from, "table"),
    DB_FIELD_TEXT(struct catalogue_reference, to, "table that it refers to"),
};
static const struct db_fields REFERENCE = DB_FIELDS(struct catalogue_reference, REFERENCE_FIELDS);

/* Somebody may have put tables of his own beside the programme's. */
static enum status foreign_table(struct text table, const char *what, struct fault *fault) {
    return fault_set(
        fault, STATUS_INTERNAL, "database-failed", "table", table,
        "The table %.*s in the programme's database is not the programme's: %s. Move it elsewhere.",
        TEXT_ARGS(table), what);
}

static bool type_of(struct text word, char *type) {
    if (text_is(word, "bigint") || text_is(word, "integer")) {
        *type = 'i';
        return true;
    }
    if (text_is(word, "text")) {
        *type = 't';
        return true;
    }
    *type = 'b';
    return text_is(word, "blob") || text_is(word, "bytea");
}

static enum status add_column(struct backup_table *table, const struct catalogue_column *column,
                              struct arena *arena, struct fault *fault) {
    if (table->columns == BACKUP_COLUMNS_MAX || column->name.length > BACKUP_NAME_BYTES_MAX) {
        return foreign_table(table->name, "it has too many columns, or one with too long a name", fault);
    }
    if (!type_of(column->type, &table->types[table->columns])) {
        return foreign_table(table->name, "it has a column of another type than integers, text and bytes",
                             fault);
    }
    table->column_names[table->columns++] = column->name;
    /* The schema's keys name their columns in the order in which the table has them. */
    if (column->place_in_key > 0) {
        table->key = table->key.length == 0
                         ? column->name
                         : text_format(arena, "%.*s, %.*s", TEXT_ARGS(table->key), TEXT_ARGS(column->name));
    }
    return STATUS_OK;
}

static enum status load_tables(struct db *db, struct arena *arena, struct backup_table *tables, size_t *count,
                               struct fault *fault) {
    struct catalogue_column *columns = NULL;
    size_t column_count = 0;
    TRY(rows_all(db, arena, &COLUMN, db->driver->sql_columns, DB_NO_ARGS, &columns, &column_count, fault));
    for (size_t i = 0; i < column_count; i++) {
        struct text name = columns[i].table;
        if (text_is(name, "schema_version")) {
            continue;
        }
        if (*count == 0 || !text_equal(tables[*count - 1].name, name)) {
            if (*count == BACKUP_TABLES_MAX || name.length > BACKUP_NAME_BYTES_MAX) {
                return foreign_table(name, "there are too many tables, or its name is too long", fault);
            }
            tables[(*count)++].name = name;
        }
        TRY(add_column(&tables[*count - 1], &columns[i], arena, fault));
    }
    return STATUS_OK;
}

static size_t find_table(const struct backup_table *tables, size_t count, struct text name) {
    size_t i = 0;
    while (i < count && !text_equal(tables[i].name, name)) {
        i++;
    }
    return i;
}

/* needs[a × count + b]: table a refers to table b. */
static enum status load_references(struct db *db, struct arena *arena, const struct backup_table *tables,
                                   size_t count, bool *needs, struct fault *fault) {
    struct catalogue_reference *references = NULL;
    size_t reference_count = 0;
    TRY(rows_all(db, arena, &REFERENCE, db->driver->sql_references, DB_NO_ARGS, &references, &reference_count,
                 fault));
    for (size_t i = 0; i < reference_count; i++) {
        size_t from = find_table(tables, count, references[i].from);
        size_t to = find_table(tables, count, references[i].to);
        if (from == count || to == count) {
            return foreign_table(references[i].from, "it refers to a table that is not there", fault);
        }
        needs[from * count + to] = from != to;
    }
    return STATUS_OK;
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
    TRY(load_tables(db, arena, found, &found_count, fault));
    bool *needs = ARENA_NEW(arena, bool, found_count *found_count);
    bool *placed = ARENA_NEW(arena, bool, found_count);
    TRY(load_references(db, arena, found, found_count, needs, fault));
    struct backup_table *ordered = ARENA_NEW(arena, struct backup_table, found_count);
    for (size_t i = 0; i < found_count; i++) {
        size_t next = next_table(needs, placed, found_count);
        if (next == found_count) {
            return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""),
                             "Tables in the programme's database refer to each other in a circle.");
        }
        if (found[next].key.length == 0) {
            return foreign_table(found[next].name, "it has no primary key", fault);
        }
        ordered[i] = found[next];
        placed[next] = true;
    }
    *tables = ordered;
    *count = found_count;
    return STATUS_OK;
}
