/* Prepared statements of PostgreSQL: the types of their parameters and columns, and values in binary.
 *
 * A parameter's type is what its first value that is not null has; where only nulls were seen the server
 * infers it, and the statement is prepared again when a value comes. */
#include "store/engine/db_postgres.h"
#include "store/engine/db_support.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { OID_BOOL = 16, OID_BYTES = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25 };
enum { OID_UNKNOWN = 705, OID_VARCHAR = 1043, OID_NAME = 19 };

static Oid type_of(const struct db_value *value) {
    switch (value->type) {
    case DB_TYPE_INT:
        return OID_INT8;
    case DB_TYPE_TEXT:
        return OID_TEXT;
    case DB_TYPE_BYTES:
        return OID_BYTES;
    case DB_TYPE_NULL:
        break;
    }
    return 0;
}

/* Whether the types known so far do for these values; learns what they lack. */
static bool learn_types(struct postgres_rows *rows, const struct db_value *values, size_t count) {
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        Oid type = type_of(&values[i]);
        if (type != 0 && type != rows->types[i]) {
            rows->types[i] = type;
            same = false;
        }
    }
    return same;
}

enum status postgres_prepare_for(struct postgres_rows *rows, const struct db_value *values, size_t count,
                                 struct fault *fault) {
    struct db *db = rows->base.db;
    struct postgres_db *mine = postgres_own(db);
    assert(count <= POSTGRES_PARAMETERS_MAX);
    bool same = learn_types(rows, values, count);
    if (same && rows->generation == mine->generation) {
        return STATUS_OK;
    }
    if (rows->generation == mine->generation) {
        char sql[64];
        snprintf(sql, sizeof sql, "deallocate %s", rows->name);
        TRY(postgres_execute(db, sql, fault));
    }
    rows->generation = 0;
    TRY(postgres_settle(db, fault));
    PGresult *result = PQprepare(mine->connection, rows->name, rows->base.sql, (int)count, rows->types);
    TRY(postgres_take(db, result, PGRES_COMMAND_OK, fault));
    rows->generation = mine->generation;
    return STATUS_OK;
}

enum status postgres_learn_columns(struct postgres_rows *rows, const PGresult *result, struct fault *fault) {
    int columns = PQnfields(result);
    free(rows->kinds);
    free(rows->cells);
    rows->columns = columns;
    rows->kinds = db_allocate((size_t)columns + 1, 1);
    rows->cells = db_allocate((size_t)columns + 1, sizeof *rows->cells);
    for (int i = 0; i < columns; i++) {
        switch (PQftype(result, i)) {
        case OID_INT8:
        case OID_INT4:
        case OID_INT2:
        case OID_BOOL:
            rows->kinds[i] = 'i';
            break;
        case OID_TEXT:
        case OID_VARCHAR:
        case OID_NAME:
        case OID_UNKNOWN:
        case OID_BYTES:
            rows->kinds[i] = 't';
            break;
        default:
            return fault_set(fault, STATUS_INTERNAL, "unsupported-column-type", PQfname(result, i),
                             text_of(rows->base.sql), "Cast the column to bigint, text or bytes.");
        }
    }
    rows->columns_generation = rows->generation;
    return STATUS_OK;
}
