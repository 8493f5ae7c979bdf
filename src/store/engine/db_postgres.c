/* PostgreSQL behind db.h, through libpq with prepared statements and binary values.
 *
 * A write transaction waits for one advisory lock (per schema) and reads committed data: each statement's
 * snapshot is younger than the lock, so it sees all that earlier writers did. A read transaction is
 * repeatable read.
 *
 * A parameter's type is what its first value that is not null has; where only nulls were seen the server
 * infers it, and the statement is prepared again when a value comes. db_postgres_copy.c streams and loads in
 * bulk. */
#include "store/engine/db_postgres.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OID_BOOL = 16, OID_BYTES = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25 };
enum { OID_UNKNOWN = 705, OID_VARCHAR = 1043, OID_NAME = 19 };

struct postgres_db *postgres_own(struct db *db) {
    return (struct postgres_db *)db;
}

static struct postgres_rows *own_rows(struct db_rows *rows) {
    return (struct postgres_rows *)rows;
}

/* ---- faults ---- */

/* libpq's messages end in a line end and may have several lines; a fault is one sentence. */
static struct text first_line(const char *message) {
    return (struct text){message, strcspn(message, "\n")};
}

enum status postgres_fault(struct db *db, const PGresult *result, struct fault *fault) {
    const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct text message =
        first_line(primary != NULL ? primary : PQerrorMessage(postgres_own(db)->connection));
    struct text code = text_of(state);
    if (text_is(code, "23505")) {
        return fault_set(fault, STATUS_CONFLICT, "already-exists", NULL, TEXT(""),
                         "There is such a thing already (%.*s).", TEXT_ARGS(message));
    }
    if (text_starts_with(code, TEXT("23"))) {
        return fault_set(fault, STATUS_INTERNAL, "constraint-broken", NULL, TEXT(""),
                         "The database refuses it: %.*s.", TEXT_ARGS(message));
    }
    if (text_is(code, "55P03")) {
        return fault_set(fault, STATUS_BUSY, "database-busy", NULL, TEXT(""),
                         "Somebody else is changing the database: try again.");
    }
    return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""), "PostgreSQL failed: %.*s.",
                     TEXT_ARGS(message));
}

enum status postgres_take(struct db *db, PGresult *result, ExecStatusType wanted, struct fault *fault) {
    enum status status = PQresultStatus(result) == wanted ? STATUS_OK : postgres_fault(db, result, fault);
    PQclear(result);
    return status;
}

/* ---- opening ---- */

static void be_silent(void *context, const char *message) {
    (void)context;
    (void)message;
}

/* What a new connection asks: the key of the schema's write lock, and whether the server suits us. */
static enum status get_ready(struct postgres_db *db, struct fault *fault) {
    const char *encoding = PQparameterStatus(db->connection, "server_encoding");
    if (!text_is(text_of(encoding), "UTF8")) {
        return fault_set(fault, STATUS_INVALID, "database-unsuitable", "db", text_of(encoding),
                         "Name a PostgreSQL database with the encoding UTF8.");
    }
    PGresult *result = PQexec(db->connection, "select hashtextextended('seatmeter ' || current_schema(), 0)");
    enum status status = STATUS_OK;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        status = postgres_fault(&db->base, result, fault);
    } else if (PQgetisnull(result, 0, 0) ||
               !text_to_int64(text_of(PQgetvalue(result, 0, 0)), &db->lock_key)) {
        status = fault_set(fault, STATUS_INVALID, "database-unsuitable", "db", TEXT(""),
                           "Give the PostgreSQL user a schema in its search_path to keep tables in.");
    }
    PQclear(result);
    return status;
}

static const struct db_driver POSTGRESQL;

static bool is_well_formed(const char *url) {
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    PQconninfoFree(options);
    return options != NULL;
}

static enum status connect_to(const char *url, struct postgres_db *db, struct fault *fault) {
    /* What stands behind dbname overrules the URL, what stands before it only fills in. */
    const char *const names[] = {"fallback_application_name", "connect_timeout", "dbname", "client_encoding",
                                 NULL};
    const char *const values[] = {"seatmeter", "10", url, "UTF8", NULL};
    db->connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(db->connection) != CONNECTION_OK) {
        struct text message = first_line(PQerrorMessage(db->connection));
        return fault_set(fault, STATUS_INTERNAL, "database-unreachable", "db", TEXT(""),
                         "PostgreSQL cannot be reached: %.*s.", TEXT_ARGS(message));
    }
    PQsetNoticeProcessor(db->connection, be_silent, NULL);
    return get_ready(db, fault);
}

enum status db_postgres_open(struct text where, struct db **db, struct fault *fault) {
    char *url = db_duplicate(where);
    struct postgres_db *made = db_allocate(1, sizeof *made);
    made->base.driver = &POSTGRESQL;
    made->generation = 1;
    /* libpq's own message about a malformed URL would quote parts of it, perhaps of the password. */
    enum status status =
        is_well_formed(url) ? connect_to(url, made, fault)
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

enum status postgres_execute(struct db *db, const char *sql, struct fault *fault) {
    PGresult *result = PQexec(postgres_own(db)->connection, sql);
    ExecStatusType got = PQresultStatus(result);
    return postgres_take(db, result, got == PGRES_TUPLES_OK ? got : PGRES_COMMAND_OK, fault);
}

static enum status try_begin(struct db *db, enum db_access access, struct fault *fault) {
    if (access == DB_READ) {
        return postgres_execute(db, "begin isolation level repeatable read read only", fault);
    }
    char sql[256];
    int wait_ms = db->write_wait_ms > 0 ? db->write_wait_ms : 1; /* 0 would be for ever */
    snprintf(sql, sizeof sql,
             "begin isolation level read committed read write; set local lock_timeout = %d; "
             "select pg_advisory_xact_lock(%lld); set local lock_timeout = 0",
             wait_ms, (long long)postgres_own(db)->lock_key);
    return postgres_execute(db, sql, fault);
}

static void postgres_rollback(struct db *db) {
    if (PQtransactionStatus(postgres_own(db)->connection) != PQTRANS_IDLE) {
        PQclear(PQexec(postgres_own(db)->connection, "rollback"));
    }
}

enum status postgres_reconnect(struct postgres_db *db, struct fault *fault) {
    PQreset(db->connection);
    db->generation++;
    return PQstatus(db->connection) == CONNECTION_OK ? get_ready(db, fault)
                                                     : postgres_fault(&db->base, NULL, fault);
}

/* A connection that was lost (the server restarted) is made again, here where nothing can be half done. */
static enum status postgres_begin(struct db *db, enum db_access access, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    enum status status = try_begin(db, access, fault);
    if (status != STATUS_OK && PQstatus(mine->connection) == CONNECTION_BAD) {
        status = postgres_reconnect(mine, fault);
        if (status == STATUS_OK) {
            status = try_begin(db, access, fault);
        }
    }
    if (status != STATUS_OK) {
        postgres_rollback(db);
    }
    return status;
}

static enum status postgres_commit(struct db *db, struct fault *fault) {
    PGresult *result = PQexec(postgres_own(db)->connection, "commit");
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
        enum status status = postgres_execute(db, sql, fault);
        if (status != STATUS_OK) {
            return status;
        }
    }
    rows->generation = 0;
    PGresult *result = PQprepare(mine->connection, rows->name, rows->base.sql, (int)count, rows->types);
    enum status status = postgres_take(db, result, PGRES_COMMAND_OK, fault);
    if (status == STATUS_OK) {
        rows->generation = mine->generation;
    }
    return status;
}

void postgres_encode(const struct db_value *values, size_t count, struct postgres_arguments *arguments) {
    for (size_t i = 0; i < count; i++) {
        arguments->formats[i] = 1;
        if (values[i].type == DB_TYPE_NULL) {
            arguments->at[i] = NULL;
            arguments->lengths[i] = 0;
        } else if (values[i].type == DB_TYPE_INT) {
            arguments->integers[i] = htobe64((uint64_t)values[i].integer);
            arguments->at[i] = (const char *)&arguments->integers[i];
            arguments->lengths[i] = sizeof arguments->integers[i];
        } else {
            assert(values[i].text.length <= INT32_MAX);
            arguments->at[i] = values[i].text.at == NULL ? "" : values[i].text.at;
            arguments->lengths[i] = (int)values[i].text.length;
        }
    }
}

static enum status execute_prepared(struct db_rows *rows, const struct db_value *values, size_t count,
                                    PGresult **result, struct fault *fault) {
    struct postgres_rows *mine = own_rows(rows);
    enum status status = postgres_prepare_for(mine, values, count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct postgres_arguments arguments;
    postgres_encode(values, count, &arguments);
    *result = PQexecPrepared(postgres_own(rows->db)->connection, mine->name, (int)count, arguments.at,
                             arguments.lengths, arguments.formats, 1);
    return STATUS_OK;
}

static enum status postgres_run(struct db_rows *rows, const struct db_value *values, size_t count,
                                int64_t *changed, struct fault *fault) {
    PGresult *result;
    enum status status = execute_prepared(rows, values, count, &result, fault);
    if (status != STATUS_OK) {
        return status;
    }
    assert(PQresultStatus(result) != PGRES_TUPLES_OK); /* what has rows is asked with db_query */
    int64_t touched = 0;
    if (PQresultStatus(result) == PGRES_COMMAND_OK && text_to_int64(text_of(PQcmdTuples(result)), &touched)) {
        *changed = touched;
    }
    return postgres_take(rows->db, result, PGRES_COMMAND_OK, fault);
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

static enum status postgres_query(struct db_rows *rows, const struct db_value *values, size_t count,
                                  struct fault *fault) {
    struct postgres_rows *mine = own_rows(rows);
    PGresult *result;
    enum status status = execute_prepared(rows, values, count, &result, fault);
    if (status != STATUS_OK) {
        return status;
    }
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
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .script = postgres_execute,
    .prepare = postgres_prepare,
    .forget = postgres_forget,
    .run = postgres_run,
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
