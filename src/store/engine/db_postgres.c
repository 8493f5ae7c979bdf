/* PostgreSQL behind db.h, through libpq with prepared statements and binary values.
 *
 * How a write transaction begins is told in db_postgres_write.c. A read transaction is repeatable read. The
 * files below this one are told in db_postgres.h. */
#include "store/engine/db_postgres.h"
#include "store/engine/db_support.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct postgres_rows *own_rows(struct db_rows *rows) {
    return (struct postgres_rows *)rows;
}

/* ---- opening ---- */

static const struct db_driver POSTGRESQL;

static bool is_well_formed(const char *url) {
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    PQconninfoFree(options);
    return options != NULL;
}

enum status db_postgres_open(struct text where, struct db **db, struct fault *fault) {
    char *url = db_duplicate(where);
    struct postgres_db *made = db_allocate(1, sizeof *made);
    made->base.driver = &POSTGRESQL;
    made->generation = 1;
    /* libpq's own message about a malformed URL would quote parts of it, perhaps of the password. */
    enum status status =
        is_well_formed(url) ? postgres_connect(url, made, fault)
                            : fault_set(fault, STATUS_INVALID, "malformed-database-url", "db", TEXT(""),
                                        "Name the database as sqlite:PATH or postgresql://USER@HOST/DATABASE "
                                        "with special characters percent-encoded.");
    free(url);
    if (status != STATUS_OK) {
        PQfinish(made->connection);
        free(made);
        return status;
    }
    *db = &made->base;
    return STATUS_OK;
}

static void postgres_close(struct db *db) {
    PQfinish(postgres_own(db)->connection);
    free(db);
}

/* ---- transactions ---- */

/* A connection that was lost (the server restarted) is made again, here where nothing can be half done. */
static enum status begin_read(struct db *db, struct fault *fault) {
    static const char BEGIN[] = "begin isolation level repeatable read read only";
    struct postgres_db *mine = postgres_own(db);
    enum status status = postgres_execute(db, BEGIN, fault);
    if (status != STATUS_OK && PQstatus(mine->connection) == CONNECTION_BAD) {
        TRY(postgres_reconnect(mine, fault));
        status = postgres_execute(db, BEGIN, fault);
    }
    if (status != STATUS_OK) {
        postgres_rollback(db);
    }
    return status;
}

static enum status postgres_begin(struct db *db, enum db_access access, struct fault *fault) {
    return access == DB_READ ? begin_read(db, fault) : postgres_begin_whole(db, fault);
}

/* Behind what waits still. */
static enum status send_commit(struct db *db, PGresult **result, struct fault *fault) {
    if (postgres_own(db)->waiting == 0) {
        *result = PQexec(postgres_own(db)->connection, "commit");
        return STATUS_OK;
    }
    TRY(postgres_send(db, "commit", fault));
    return postgres_finish(db, result, fault);
}

static enum status postgres_commit(struct db *db, struct fault *fault) {
    PGresult *result = NULL;
    TRY(send_commit(db, &result, fault));
    enum status status = STATUS_OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        status = postgres_fault(db, result, fault);
    } else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        status = fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""),
                           "PostgreSQL rolled the transaction back.");
    }
    PQclear(result);
    return status;
}

/* ---- statements ---- */

static enum status postgres_prepare(struct db *db, const char *sql, struct db_rows **rows,
                                    struct fault *fault) {
    (void)sql;
    (void)fault;
    struct postgres_rows *made = db_allocate(1, sizeof *made);
    snprintf(made->name, sizeof made->name, "s%" PRIu64, postgres_own(db)->named++);
    *rows = &made->base;
    return STATUS_OK;
}

static void postgres_forget(struct db_rows *rows) {
    free(own_rows(rows)->kinds);
    free(own_rows(rows)->cells);
    free(rows);
}

static enum status execute_once(struct db_rows *rows, const struct db_value *values, size_t count,
                                PGresult **result, struct fault *fault) {
    struct postgres_rows *mine = own_rows(rows);
    struct postgres_arguments arguments;
    TRY(postgres_prepare_for(mine, values, count, fault));
    if (postgres_own(rows->db)->waiting > 0) {
        TRY(postgres_send_prepared(rows->db, mine->name, values, count, fault));
        return postgres_finish(rows->db, result, fault);
    }
    postgres_encode(values, count, &arguments);
    *result = PQexecPrepared(postgres_own(rows->db)->connection, mine->name, (int)count, arguments.at,
                             arguments.lengths, arguments.formats, 1);
    return STATUS_OK;
}

/* What an open transaction asks first shows whether the connection was lost meanwhile. */
static enum status execute_prepared(struct db_rows *rows, const struct db_value *values, size_t count,
                                    PGresult **result, struct fault *fault) {
    struct postgres_db *mine = postgres_own(rows->db);
    bool is_first = mine->is_opening;
    mine->is_opening = false;
    *result = NULL;
    enum status status = execute_once(rows, values, count, result, fault);
    if (!is_first || PQstatus(mine->connection) != CONNECTION_BAD) {
        return status;
    }
    PQclear(*result);
    *result = NULL;
    TRY(postgres_open_again(rows->db, fault));
    return execute_once(rows, values, count, result, fault);
}

/* An open transaction that sends what nobody waits for before it has asked anything. */
static enum status first_settle(struct postgres_db *mine, struct fault *fault) {
    if (!mine->is_opening) {
        return STATUS_OK;
    }
    mine->is_opening = false;
    enum status status = postgres_settle(&mine->base, fault);
    if (status != STATUS_OK && PQstatus(mine->connection) == CONNECTION_BAD) {
        TRY(postgres_open_again(&mine->base, fault));
        status = postgres_settle(&mine->base, fault);
    }
    return status;
}

static enum status postgres_run(struct db_rows *rows, const struct db_value *values, size_t count,
                                int64_t *changed, struct fault *fault) {
    PGresult *result;
    TRY(execute_prepared(rows, values, count, &result, fault));
    assert(PQresultStatus(result) != PGRES_TUPLES_OK); /* what has rows is asked with db_query */
    int64_t touched = 0;
    if (PQresultStatus(result) == PGRES_COMMAND_OK && text_to_int64(text_of(PQcmdTuples(result)), &touched)) {
        *changed = touched;
    }
    return postgres_take(rows->db, result, PGRES_COMMAND_OK, fault);
}

static enum status postgres_run_later(struct db_rows *rows, const struct db_value *values, size_t count,
                                      struct fault *fault) {
    struct postgres_db *mine = postgres_own(rows->db);
    TRY(first_settle(mine, fault));
    TRY(postgres_prepare_for(own_rows(rows), values, count, fault));
    return postgres_send_prepared(rows->db, own_rows(rows)->name, values, count, fault);
}

/* Takes locks. */
static enum status take_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) {
    TRY(first_settle(postgres_own(db), fault));
    return postgres_take_parts(db, parts, count, fault);
}

static enum status take_whole(struct db *db, struct fault *fault) {
    TRY(first_settle(postgres_own(db), fault));
    return postgres_take_whole(db, fault);
}

static enum status postgres_query(struct db_rows *rows, const struct db_value *values, size_t count,
                                  struct fault *fault) {
    struct postgres_rows *mine = own_rows(rows);
    PGresult *result;
    TRY(execute_prepared(rows, values, count, &result, fault));
    enum status status = STATUS_OK;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        status = postgres_fault(rows->db, result, fault);
    } else if (mine->columns_generation != mine->generation || PQnfields(result) != mine->columns) {
        status = postgres_learn_columns(mine, result, fault);
    }
    if (status != STATUS_OK) {
        PQclear(result);
        return status;
    }
    mine->result = result;
    mine->row = -1;
    return STATUS_OK;
}

static enum status postgres_next(struct db_rows *rows, bool *have_row, struct fault *fault) {
    struct postgres_rows *mine = own_rows(rows);
    if (mine->result == NULL) {
        return postgres_copy_next(mine, have_row, fault);
    }
    if (mine->row < PQntuples(mine->result)) {
        mine->row++;
    }
    *have_row = mine->row < PQntuples(mine->result);
    return STATUS_OK;
}

static void postgres_end(struct db_rows *rows) {
    struct postgres_rows *mine = own_rows(rows);
    if (mine->result == NULL) {
        postgres_copy_end(mine);
    }
    PQclear(mine->result);
    mine->result = NULL;
}

/* ---- columns ---- */

/* A null has no place. */
static struct text cell(struct postgres_rows *rows, int column) {
    assert(column >= 0 && column < rows->columns);
    if (rows->result == NULL) {
        return rows->cells[column];
    }
    if (PQgetisnull(rows->result, rows->row, column)) {
        return (struct text){NULL, 0};
    }
    return (struct text){PQgetvalue(rows->result, rows->row, column),
                         (size_t)PQgetlength(rows->result, rows->row, column)};
}

static bool postgres_column_is_null(struct db_rows *rows, int column) {
    return cell(own_rows(rows), column).at == NULL;
}

static int64_t postgres_column_int(struct db_rows *rows, int column) {
    struct postgres_rows *mine = own_rows(rows);
    struct text bytes = cell(mine, column);
    assert(mine->kinds[column] == 'i');
    if (bytes.at == NULL) {
        return 0;
    }
    if (bytes.length == 8) {
        uint64_t value;
        memcpy(&value, bytes.at, sizeof value);
        return (int64_t)be64toh(value);
    }
    if (bytes.length == 4) {
        uint32_t value;
        memcpy(&value, bytes.at, sizeof value);
        return (int32_t)be32toh(value);
    }
    if (bytes.length == 2) {
        uint16_t value;
        memcpy(&value, bytes.at, sizeof value);
        return (int16_t)be16toh(value);
    }
    assert(bytes.length == 1);
    return bytes.at[0];
}

static struct text postgres_column_text(struct db_rows *rows, int column) {
    struct text bytes = cell(own_rows(rows), column);
    assert(own_rows(rows)->kinds[column] == 't');
    return bytes.at == NULL ? TEXT("") : bytes;
}

/* Every text column compares byte by byte, as in SQLite, whatever locale the database was made with: lists
 * have the same order everywhere, and an upgrade of the machine's locales cannot break an index. */
static const char USE_BYTE_ORDER[] =
    "do $$ declare found record; begin "
    "for found in select c.relname as name, "
    "  string_agg(format('alter column %I type text collate \"C\"', a.attname), ', ') as changes "
    "  from pg_attribute a join pg_class c on c.oid = a.attrelid "
    "  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0 "
    "  and not a.attisdropped and a.atttypid = 'text'::regtype and a.attcollation <> '\"C\"'::regcollation "
    "  group by c.relname "
    "loop execute format('alter table %I ', found.name) || found.changes; end loop; end $$";

static const struct db_driver POSTGRESQL = {
    .engine = DB_POSTGRESQL,
    .name = "postgresql",
    .type_id = "bigint primary key",
    .type_bytes = "bytea",
    .sql_has_table =
        "select count(*) from pg_catalog.pg_tables where schemaname = current_schema() and tablename = $1",
    .sql_after_migration = USE_BYTE_ORDER,
    .sql_columns =
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), "
        "coalesce(array_position(k.conkey, a.attnum), 0) "
        "from pg_attribute a join pg_class c on c.oid = a.attrelid "
        "left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p' "
        "where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0 "
        "and not a.attisdropped order by c.relname collate \"C\", a.attnum",
    .sql_references =
        "select c.relname, o.relname from pg_constraint k join pg_class c on c.oid = k.conrelid "
        "join pg_class o on o.oid = k.confrelid "
        "where c.relnamespace = current_schema()::regnamespace and k.contype = 'f'",
    .close = postgres_close,
    .begin = postgres_begin,
    .begin_parts = postgres_begin_parts,
    .begin_open = postgres_begin_open,
    .take_parts = take_parts,
    .take_whole = take_whole,
    .take_last = postgres_take_last,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .script = postgres_execute,
    .prepare = postgres_prepare,
    .forget = postgres_forget,
    .run = postgres_run,
    .run_later = postgres_run_later,
    .query = postgres_query,
    .stream = postgres_copy_out,
    .next = postgres_next,
    .end = postgres_end,
    .column_is_null = postgres_column_is_null,
    .column_int = postgres_column_int,
    .column_text = postgres_column_text,
    .bulk_start = postgres_bulk_start,
    .bulk_row = postgres_bulk_row,
    .bulk_finish = postgres_bulk_finish,
    .bulk_abandon = postgres_bulk_abandon,
    .run_many = postgres_run_many,
    .claim = postgres_claim,
    .wait = postgres_wait,
};
