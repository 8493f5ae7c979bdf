/* SQLite behind db.h: write-ahead log, every commit on the disk before it is reported, foreign keys on.
 *
 * "$1" is a named parameter to SQLite, numbered by its first appearance, so each statement keeps which value
 * belongs to which of SQLite's numbers. A query takes its first step at once: "insert … returning" has then
 * happened, and its errors are known, when db_query returns, as on PostgreSQL. */
#include "store/engine/db_engine.h"
#include "store/engine/db_support.h"
#include "store/engine/sqlite_wal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sqlite3.h>

enum { PARAMETERS_MAX = 64, OPEN_WAIT_MS = 30 * 1000, LOOK_EVERY_MS = 50 };

struct sqlite_db {
    struct db base;
    int32_t waited_ms; /* for the lock, by the present transaction */
    sqlite3 *handle;
    char *path;
    int claim;            /* the descriptor of the locked file; −1: none */
    sqlite3_stmt *look;   /* asks the data version; NULL until db_wait asks first */
    int64_t data_version; /* when db_wait looked last; 0: never */
};

struct sqlite_rows {
    struct db_rows base;
    sqlite3_stmt *statement;
    int parameters;                         /* SQLite's count */
    size_t values;                          /* the highest N of the $N */
    unsigned char value_of[PARAMETERS_MAX]; /* the N − 1 of SQLite's parameter i + 1 */
    bool first_row_waits; /* the first step found a row that db_next has not handed out yet */
    bool at_end;
};

struct sqlite_bulk {
    struct db_bulk base;
    sqlite3_stmt *insert;
};

static struct sqlite_db *own(struct db *db) {
    return (struct sqlite_db *)db;
}

static struct sqlite_rows *own_rows(struct db_rows *rows) {
    return (struct sqlite_rows *)rows;
}

static enum status fault_of(sqlite3 *handle, int code, struct fault *fault) {
    const char *message = handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return fault_set(fault, STATUS_CONFLICT, "already-exists", NULL, TEXT(""),
                         "There is such a thing already (%s).", message);
    default:
        break;
    }
    switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
        return fault_set(fault, STATUS_INTERNAL, "constraint-broken", NULL, TEXT(""),
                         "The database refuses it: %s.", message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fault_set(fault, STATUS_BUSY, "database-busy", NULL, TEXT(""),
                         "Somebody else is changing the database: try again.");
    default:
        return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""), "SQLite failed: %s.",
                         message);
    }
}

/* ---- opening ---- */

/* Makes the file readable by its owner alone. Only ever opens a file that is new: closing any descriptor of a
 * database that this process has open elsewhere would drop that one's locks. */
static enum status make_private_file(const char *path, struct fault *fault) {
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor >= 0) {
        close(descriptor);
        return STATUS_OK;
    }
    if (errno == EEXIST) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "database-unreachable", "db", text_of(path),
                     "The database file cannot be created: %s.", strerror(errno));
}

/* Turning a new file into one with a write-ahead log needs it alone, and SQLite does not wait for that. A new
 * file has pages of 8 KiB, as PostgreSQL's: trees are flatter and the log has fewer heads of pages. */
static int use_write_ahead_log(sqlite3 *handle) {
    int code = SQLITE_BUSY;
    for (int waited_ms = 0; waited_ms < OPEN_WAIT_MS && (code & 0xFF) == SQLITE_BUSY; waited_ms += 10) {
        if (waited_ms > 0) {
            sqlite3_sleep(10);
        }
        code = sqlite3_exec(handle, "pragma page_size = 8192; pragma journal_mode = wal", NULL, NULL, NULL);
    }
    return code;
}

static int set_up(sqlite3 *handle) {
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, OPEN_WAIT_MS);
    int code = use_write_ahead_log(handle);
    if (code == SQLITE_OK) {
        /* recursive_triggers: "insert or replace" then meets the triggers that forbid deleting.
         * wal_autocheckpoint, in pages: many of those that a round of activations touches are touched by the
         * next as well, and go to the file once. */
        code = sqlite3_exec(handle,
                            "pragma synchronous = full; pragma foreign_keys = on;"
                            "pragma recursive_triggers = on; pragma trusted_schema = off;"
                            "pragma cache_size = -65536; pragma temp_store = memory;"
                            "pragma wal_autocheckpoint = 10000",
                            NULL, NULL, NULL);
    }
    return code;
}

/* SQLite would count every allocation of the process under one lock, a tenth of an activation's statements.
 * It takes this before its first use alone, and goes on counting where something else was earlier. */
static void stop_counting_memory(void) {
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static const struct db_driver SQLITE;

enum status db_sqlite_open(struct text where, struct db **db, struct fault *fault) {
    static pthread_once_t first_use = PTHREAD_ONCE_INIT;
    (void)pthread_once(&first_use, stop_counting_memory);
    /* SQLite gives names that begin with a colon a meaning of their own. */
    char *path = db_allocate(where.length + 3, 1);
    memcpy(path, "./", 2);
    size_t start = where.at[0] == ':' ? 2 : 0;
    memcpy(path + start, where.at, where.length);
    path[start + where.length] = '\0';

    struct sqlite_db *made = db_allocate(1, sizeof *made);
    made->base.driver = &SQLITE;
    made->path = path;
    made->claim = -1;
    enum status status = make_private_file(path, fault);
    if (status == STATUS_OK) {
        int code = sqlite3_open_v2(path, &made->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                   sqlite_log_file_system());
        if (code == SQLITE_OK) {
            code = set_up(made->handle);
        }
        if (code != SQLITE_OK) {
            status = fault_set(fault, STATUS_INTERNAL, "database-unreachable", "db", text_of(path),
                               "The database cannot be opened: %s.",
                               made->handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(made->handle));
        }
    }
    if (status != STATUS_OK) {
        sqlite3_close(made->handle);
        free(path);
        free(made);
        return status;
    }
    *db = &made->base;
    return STATUS_OK;
}

static void sqlite_close(struct db *db) {
    sqlite3_finalize(own(db)->look);
    int code = sqlite3_close(own(db)->handle);
    assert(code == SQLITE_OK);
    if (own(db)->claim >= 0) {
        close(own(db)->claim); /* and with it the lock */
    }
    free(own(db)->path);
    free(db);
}

/* ---- transactions ---- */

static enum status sqlite_script(struct db *db, const char *sql, struct fault *fault) {
    int code = sqlite3_exec(own(db)->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK : fault_of(own(db)->handle, code, fault);
}

/* SQLite has no queue: who waits asks again, and gets the lock if it is free just then. Its own handler asks
 * ever more rarely, down to ten times a second, and so comes after whoever writes one short transaction after
 * the other. This one asks each millisecond, as far as the machine's clock goes. */
static int wait_a_little(void *context, int count) {
    struct sqlite_db *mine = context;
    (void)count;
    if (mine->waited_ms >= mine->base.write_wait_ms) {
        return 0;
    }
    sqlite3_sleep(1);
    mine->waited_ms++;
    return 1;
}

static enum status sqlite_begin(struct db *db, enum db_access access, struct fault *fault) {
    own(db)->waited_ms = 0;
    sqlite3_busy_handler(own(db)->handle, wait_a_little, db);
    return sqlite_script(db, access == DB_WRITE ? "begin immediate" : "begin", fault);
}

/* There is one write lock, whatever is wanted. */
static enum status sqlite_begin_parts(struct db *db, const int64_t *parts, size_t count,
                                      struct fault *fault) {
    (void)parts;
    (void)count;
    return sqlite_begin(db, DB_WRITE, fault);
}

static enum status sqlite_begin_open(struct db *db, struct text name, struct fault *fault) {
    (void)name;
    return sqlite_begin(db, DB_WRITE, fault);
}

static enum status sqlite_take_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) {
    (void)db;
    (void)parts;
    (void)count;
    (void)fault;
    return STATUS_OK;
}

static enum status sqlite_take_whole(struct db *db, struct fault *fault) {
    (void)db;
    (void)fault;
    return STATUS_OK;
}

static enum status sqlite_take_last(struct db *db, struct fault *fault) {
    (void)db;
    (void)fault;
    return STATUS_OK;
}

static enum status sqlite_commit(struct db *db, struct fault *fault) {
    return sqlite_script(db, "commit", fault);
}

static void sqlite_rollback(struct db *db) {
    /* Some failures (a full disk) roll back by themselves. */
    if (!sqlite3_get_autocommit(own(db)->handle)) {
        sqlite3_exec(own(db)->handle, "rollback", NULL, NULL, NULL);
    }
}

/* ---- statements ---- */

static enum status sqlite_prepare(struct db *db, const char *sql, struct db_rows **rows,
                                  struct fault *fault) {
    struct sqlite_rows *made = db_allocate(1, sizeof *made);
    const char *tail = NULL;
    int code =
        sqlite3_prepare_v3(own(db)->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &made->statement, &tail);
    if (code != SQLITE_OK) {
        free(made);
        return fault_of(own(db)->handle, code, fault);
    }
    assert(made->statement != NULL && *tail == '\0'); /* one statement, not none, not two */
    made->parameters = sqlite3_bind_parameter_count(made->statement);
    assert(made->parameters <= PARAMETERS_MAX);
    for (int i = 0; i < made->parameters; i++) {
        const char *name = sqlite3_bind_parameter_name(made->statement, i + 1);
        assert(name != NULL && name[0] == '$');
        int64_t number = 0;
        bool is_number = text_to_int64(text_of(name + 1), &number);
        assert(is_number && number >= 1 && number <= PARAMETERS_MAX);
        made->value_of[i] = (unsigned char)(number - 1);
        if ((size_t)number > made->values) {
            made->values = (size_t)number;
        }
    }
    *rows = &made->base;
    return STATUS_OK;
}

static void sqlite_forget(struct db_rows *rows) {
    sqlite3_finalize(own_rows(rows)->statement);
    free(rows);
}

static int bind_value(sqlite3_stmt *statement, int parameter, const struct db_value *value,
                      sqlite3_destructor_type lives) {
    const char *at = value->text.at == NULL ? "" : value->text.at;
    switch (value->type) {
    case DB_TYPE_NULL:
        return sqlite3_bind_null(statement, parameter);
    case DB_TYPE_INT:
        return sqlite3_bind_int64(statement, parameter, value->integer);
    case DB_TYPE_TEXT:
        return sqlite3_bind_text64(statement, parameter, at, value->text.length, lives, SQLITE_UTF8);
    case DB_TYPE_BYTES:
        return sqlite3_bind_blob64(statement, parameter, at, value->text.length, lives);
    }
    return SQLITE_MISUSE;
}

static int bind_all(struct sqlite_rows *rows, const struct db_value *values, size_t count,
                    sqlite3_destructor_type lives) {
    assert(count == rows->values);
    assert(sqlite3_stmt_readonly(rows->statement) ||
           (rows->base.db->in_transaction && rows->base.db->access == DB_WRITE));
    int code = SQLITE_OK;
    for (int i = 0; i < rows->parameters && code == SQLITE_OK; i++) {
        code = bind_value(rows->statement, i + 1, &values[rows->value_of[i]], lives);
    }
    return code;
}

static enum status sqlite_run(struct db_rows *rows, const struct db_value *values, size_t count,
                              int64_t *changed, struct fault *fault) {
    struct sqlite_rows *mine = own_rows(rows);
    sqlite3 *handle = own(rows->db)->handle;
    int code = bind_all(mine, values, count, SQLITE_STATIC);
    if (code == SQLITE_OK) {
        code = sqlite3_step(mine->statement);
    }
    enum status status = STATUS_OK;
    if (code == SQLITE_DONE) {
        *changed = sqlite3_changes64(handle);
    } else {
        assert(code != SQLITE_ROW); /* what has rows is asked with db_query */
        status = fault_of(handle, code, fault);
    }
    sqlite3_reset(mine->statement);
    sqlite3_clear_bindings(mine->statement);
    return status;
}

static void sqlite_end(struct db_rows *rows) {
    sqlite3_reset(own_rows(rows)->statement);
    sqlite3_clear_bindings(own_rows(rows)->statement);
}

static enum status sqlite_query(struct db_rows *rows, const struct db_value *values, size_t count,
                                struct fault *fault) {
    struct sqlite_rows *mine = own_rows(rows);
    int code = bind_all(mine, values, count, SQLITE_TRANSIENT);
    if (code == SQLITE_OK) {
        code = sqlite3_step(mine->statement);
    }
    mine->first_row_waits = code == SQLITE_ROW;
    mine->at_end = code == SQLITE_DONE;
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        return STATUS_OK;
    }
    enum status status = fault_of(own(rows->db)->handle, code, fault);
    sqlite_end(rows);
    return status;
}

static enum status sqlite_next(struct db_rows *rows, bool *have_row, struct fault *fault) {
    struct sqlite_rows *mine = own_rows(rows);
    if (mine->first_row_waits) {
        mine->first_row_waits = false;
        *have_row = true;
        return STATUS_OK;
    }
    int code = mine->at_end ? SQLITE_DONE : sqlite3_step(mine->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return fault_of(own(rows->db)->handle, code, fault);
    }
    mine->at_end = code == SQLITE_DONE;
    *have_row = code == SQLITE_ROW;
    return STATUS_OK;
}

static bool sqlite_column_is_null(struct db_rows *rows, int column) {
    return sqlite3_column_type(own_rows(rows)->statement, column) == SQLITE_NULL;
}

/* The value is looked up once: a column function for the type and one for the content would do it twice,
 * which counts where ten million rows are read. Such a value may be asked by the connection's own thread
 * alone. */
static int64_t sqlite_column_int(struct db_rows *rows, int column) {
    sqlite3_value *value = sqlite3_column_value(own_rows(rows)->statement, column);
    int type = sqlite3_value_type(value);
    if (type == SQLITE_INTEGER) {
        return sqlite3_value_int64(value);
    }
    rows->is_spoiled = rows->is_spoiled || type != SQLITE_NULL;
    return 0;
}

static struct text sqlite_column_text(struct db_rows *rows, int column) {
    sqlite3_value *value = sqlite3_column_value(own_rows(rows)->statement, column);
    int type = sqlite3_value_type(value);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
        rows->is_spoiled = rows->is_spoiled || type != SQLITE_NULL;
        return TEXT("");
    }
    /* A blob's bytes are asked for as such: as text they would be converted and moved. */
    const char *at =
        type == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : sqlite3_value_blob(value);
    int length = sqlite3_value_bytes(value);
    return at == NULL ? TEXT("") : (struct text){at, (size_t)length};
}

/* ---- bulk ---- */

static enum status sqlite_bulk_start(struct db *db, const char *table, const char *const *columns,
                                     const char *types, size_t count, struct db_bulk **bulk,
                                     struct fault *fault) {
    (void)types;
    assert(count <= PARAMETERS_MAX);
    sqlite3_str *sql = sqlite3_str_new(own(db)->handle);
    sqlite3_str_appendf(sql, "insert into %s (", table);
    for (size_t i = 0; i < count; i++) {
        sqlite3_str_appendf(sql, "%s%s", i == 0 ? "" : ", ", columns[i]);
    }
    sqlite3_str_appendall(sql, ") values (");
    for (size_t i = 0; i < count; i++) {
        sqlite3_str_appendall(sql, i == 0 ? "?" : ", ?");
    }
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);

    struct sqlite_bulk *made = db_allocate(1, sizeof *made);
    int code =
        text == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(own(db)->handle, text, -1, &made->insert, NULL);
    sqlite3_free(text);
    if (code != SQLITE_OK) {
        free(made);
        return fault_of(own(db)->handle, code, fault);
    }
    *bulk = &made->base;
    return STATUS_OK;
}

static enum status sqlite_bulk_row(struct db_bulk *bulk, const struct db_value *values, struct fault *fault) {
    sqlite3_stmt *insert = ((struct sqlite_bulk *)bulk)->insert;
    int code = SQLITE_OK;
    for (size_t i = 0; i < bulk->columns && code == SQLITE_OK; i++) {
        code = bind_value(insert, (int)i + 1, &values[i], SQLITE_STATIC);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(insert);
    }
    enum status status = code == SQLITE_DONE ? STATUS_OK : fault_of(own(bulk->db)->handle, code, fault);
    sqlite3_reset(insert);
    return status;
}

static void sqlite_bulk_abandon(struct db_bulk *bulk) {
    sqlite3_finalize(((struct sqlite_bulk *)bulk)->insert);
    free(bulk);
}

static enum status sqlite_bulk_finish(struct db_bulk *bulk, struct fault *fault) {
    (void)fault;
    sqlite_bulk_abandon(bulk);
    return STATUS_OK;
}

/* ---- one holder, and news ---- */

/* The lock goes with the descriptor, also when the process is killed; the file stays. */
static enum status sqlite_claim(struct db *db, const char *name, bool *claimed, struct fault *fault) {
    struct sqlite_db *mine = own(db);
    if (mine->claim >= 0) {
        *claimed = true;
        return STATUS_OK;
    }
    char *path = sqlite3_mprintf("%s.%s", mine->path, name);
    int descriptor = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum status status = STATUS_OK;
    if (descriptor < 0) {
        status = fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, text_of(path),
                           "The lock file cannot be opened: %s.", strerror(errno));
    } else if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
        mine->claim = descriptor;
        *claimed = true;
    } else {
        *claimed = false;
        if (errno != EWOULDBLOCK) {
            status = fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, text_of(path),
                               "The lock file cannot be locked: %s.", strerror(errno));
        }
        close(descriptor);
    }
    sqlite3_free(path);
    return status;
}

/* The data version is another when another connection has committed. */
static enum status data_version(struct sqlite_db *db, int64_t *version, struct fault *fault) {
    int code = db->look != NULL ? SQLITE_OK
                                : sqlite3_prepare_v3(db->handle, "pragma data_version", -1,
                                                     SQLITE_PREPARE_PERSISTENT, &db->look, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(db->look);
    }
    if (code != SQLITE_ROW) {
        enum status status = fault_of(db->handle, code, fault);
        sqlite3_reset(db->look);
        return status;
    }
    *version = sqlite3_column_int64(db->look, 0);
    sqlite3_reset(db->look);
    return STATUS_OK;
}

static enum status sqlite_wait(struct db *db, int wake_fd, int32_t timeout_ms, bool *changed,
                               struct fault *fault) {
    struct sqlite_db *mine = own(db);
    for (int32_t waited_ms = 0;; waited_ms += LOOK_EVERY_MS) {
        int64_t version = 0;
        TRY(data_version(mine, &version, fault));
        *changed = version != mine->data_version;
        mine->data_version = version;
        int32_t left_ms = timeout_ms - waited_ms;
        if (*changed || left_ms <= 0) {
            return STATUS_OK;
        }
        struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
        if (poll(&wake, 1, left_ms < LOOK_EVERY_MS ? left_ms : LOOK_EVERY_MS) > 0) {
            return STATUS_OK;
        }
    }
}

static enum status sqlite_run_later(struct db_rows *rows, const struct db_value *values, size_t count,
                                    struct fault *fault) {
    int64_t changed;
    return sqlite_run(rows, values, count, &changed, fault);
}

static enum status sqlite_run_many(struct db_rows *rows, const struct db_value *values, size_t width,
                                   size_t count, struct fault *fault) {
    enum status status = STATUS_OK;
    int64_t changed;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = sqlite_run(rows, values + i * width, width, &changed, fault);
    }
    return status;
}

static const struct db_driver SQLITE = {
    .engine = DB_SQLITE,
    .name = "sqlite",
    .type_id = "integer primary key",
    .type_bytes = "blob",
    .sql_has_table = "select count(*) from sqlite_master where type = 'table' and name = $1",
    .sql_columns =
        "select t.name, c.name, lower(c.type), c.pk from sqlite_master t, pragma_table_info(t.name) c "
        "where t.type = 'table' and t.name not like 'sqlite_%' order by t.name, c.cid",
    .sql_references = "select t.name, f.\"table\" from sqlite_master t, pragma_foreign_key_list(t.name) f "
                      "where t.type = 'table'",
    .sql_defer_references = "pragma defer_foreign_keys = on",
    .close = sqlite_close,
    .begin = sqlite_begin,
    .begin_parts = sqlite_begin_parts,
    .begin_open = sqlite_begin_open,
    .take_parts = sqlite_take_parts,
    .take_whole = sqlite_take_whole,
    .take_last = sqlite_take_last,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .script = sqlite_script,
    .prepare = sqlite_prepare,
    .forget = sqlite_forget,
    .run = sqlite_run,
    .run_later = sqlite_run_later,
    .query = sqlite_query,
    .stream = sqlite_query,
    .next = sqlite_next,
    .end = sqlite_end,
    .column_is_null = sqlite_column_is_null,
    .column_int = sqlite_column_int,
    .column_text = sqlite_column_text,
    .bulk_start = sqlite_bulk_start,
    .bulk_row = sqlite_bulk_row,
    .bulk_finish = sqlite_bulk_finish,
    .bulk_abandon = sqlite_bulk_abandon,
    .run_many = sqlite_run_many,
    .claim = sqlite_claim,
    .wait = sqlite_wait,
};
