/* What an engine brings to db.h: a table of functions, and the structs that each engine extends.
 *
 * Private to db.c, db_sqlite.c, db_postgres.c and migrate.c. An engine's own struct has the struct here as
 * its first member. A prepared statement and the rows it yields are one object, because a text has at most
 * one open set of rows on a connection. db.c keeps what is the same on both engines: the cache of statements,
 * the state of the transaction and the rule that after a failed statement nothing but a rollback is possible
 * (PostgreSQL demands it; SQLite would go on, and then the two would behave differently). */
#ifndef SEATMETER_STORE_ENGINE_DB_ENGINE_H
#define SEATMETER_STORE_ENGINE_DB_ENGINE_H

#include "store/engine/db.h"

/* A prepared statement and, while `open`, its rows. */
struct db_rows {
    struct db *db;
    const char *address; /* of the text that the caller gave: the key of the cache */
    char *given;         /* a copy: an address that comes back with another text is a bug that we catch */
    const struct db_fields *fields; /* what its braces were filled in from; NULL: it has none */
    char *sql;                      /* what the engine prepares */
    bool open;
    bool is_spoiled; /* a column of the rows so far had what it may not have */
};

struct db_bulk {
    struct db *db;
    char *types;
    size_t columns;
};

struct db_driver {
    enum db_engine engine;
    const char *name;                /* "sqlite", "postgresql": in the names of schema files too */
    const char *type_id;             /* {id} in schema files */
    const char *type_bytes;          /* {bytes} */
    const char *sql_has_table;       /* counts tables named $1 */
    const char *sql_after_migration; /* a script that every migration ends with, or NULL */
    const char
        *sql_columns; /* table, column, type, position in the primary key or 0; by table and position */
    const char *sql_references;       /* table, the table that a foreign key of it names */
    const char *sql_defer_references; /* a script: foreign keys are checked at the commit; NULL: no need */

    void (*close)(struct db *db); /* also frees it */
    enum status (*begin)(struct db *db, enum db_access access, struct fault *fault);
    /* db.c sorts the parts, each once. No part at all is nothing but not the whole store. */
    enum status (*begin_parts)(struct db *db, const int64_t *parts, size_t count, struct fault *fault);
    enum status (*begin_open)(struct db *db, struct text name, struct fault *fault);
    enum status (*take_parts)(struct db *db, const int64_t *parts, size_t count, struct fault *fault);
    enum status (*take_whole)(struct db *db, struct fault *fault);
    enum status (*take_last)(struct db *db, struct fault *fault);
    enum status (*commit)(struct db *db, struct fault *fault);
    void (*rollback)(struct db *db);
    /* Several statements without parameters. */
    enum status (*script)(struct db *db, const char *sql, struct fault *fault);

    /* Makes the engine's struct; db.c fills its base, `sql` being the text it was prepared with. */
    enum status (*prepare)(struct db *db, const char *sql, struct db_rows **rows, struct fault *fault);
    void (*forget)(struct db_rows *rows); /* frees it */
    enum status (*run)(struct db_rows *rows, const struct db_value *values, size_t count, int64_t *changed,
                       struct fault *fault);
    enum status (*run_later)(struct db_rows *rows, const struct db_value *values, size_t count,
                             struct fault *fault);
    enum status (*run_many)(struct db_rows *rows, const struct db_value *values, size_t width, size_t count,
                            struct fault *fault);
    enum status (*query)(struct db_rows *rows, const struct db_value *values, size_t count,
                         struct fault *fault);
    enum status (*stream)(struct db_rows *rows, const struct db_value *values, size_t count,
                          struct fault *fault);
    enum status (*next)(struct db_rows *rows, bool *have_row, struct fault *fault);
    void (*end)(struct db_rows *rows);

    bool (*column_is_null)(struct db_rows *rows, int column);
    int64_t (*column_int)(struct db_rows *rows, int column);
    struct text (*column_text)(struct db_rows *rows, int column);

    enum status (*bulk_start)(struct db *db, const char *table, const char *const *columns, const char *types,
                              size_t count, struct db_bulk **bulk, struct fault *fault);
    enum status (*bulk_row)(struct db_bulk *bulk, const struct db_value *values, struct fault *fault);
    enum status (*bulk_finish)(struct db_bulk *bulk, struct fault *fault); /* frees */
    void (*bulk_abandon)(struct db_bulk *bulk);                            /* frees */

    enum status (*claim)(struct db *db, const char *name, bool *claimed, struct fault *fault);
    enum status (*wait)(struct db *db, int wake_fd, int32_t timeout_ms, bool *changed, struct fault *fault);
};

enum { DB_COUNTERS_MAX = 8, DB_COUNTER_NAME_BYTES = 64 };

enum { DB_NUMBERED_KINDS = 6, DB_NUMBERS_AT_ONCE = 256 };

/* Numbers of one kind that the present transaction has fetched (numbers.h). */
struct db_numbers {
    int64_t at[DB_NUMBERS_AT_ONCE];
    size_t count;
    size_t next;
    int64_t fetched;
};

/* A counter that the present transaction has taken from. */
struct db_counter {
    char name[DB_COUNTER_NAME_BYTES];
    int64_t taken;
    int64_t written; /* what its row says; the rest is written at the commit */
};

struct db {
    const struct db_driver *driver;
    char *url; /* that it was opened with, which may carry a password */
    int32_t write_wait_ms;
    bool in_transaction;
    bool failed; /* a statement of this transaction failed: it can only be rolled back */
    enum db_access access;
    enum db_hold hold;
    int64_t *parts; /* that it has, in ascending order */
    size_t part_count;
    size_t part_capacity;
    struct db_rows *stream; /* this or `bulk` has the connection for itself */
    struct db_bulk *bulk;
    struct db_rows **statements; /* open addressing by address; capacity a power of two */
    size_t statement_count;
    size_t statement_capacity;
    struct db_counter counters[DB_COUNTERS_MAX];
    size_t counter_count;
    struct db_numbers numbers[DB_NUMBERED_KINDS];
};

/* `where` is what follows the scheme for SQLite, the whole URL for PostgreSQL. */
enum status db_sqlite_open(struct text where, struct db **db, struct fault *fault) MUST_CHECK;
enum status db_postgres_open(struct text where, struct db **db, struct fault *fault) MUST_CHECK;

/* Gives up the prepared statement of a text that is no constant, before the text goes. */
void db_forget(struct db *db, const char *sql);

/* db_migrate, no further than to `version`. */
enum status db_migrate_to(struct db *db, int64_t version, struct fault *fault) MUST_CHECK;

/* The version that the store has, 0 where it has none. */
enum status db_present_version(struct db *db, int64_t *version, struct fault *fault) MUST_CHECK;

/* The version that this program brings a store to (migrate.c). */
int64_t db_newest_version(void);

/* Runs several statements without parameters inside the present write transaction. */
enum status db_script(struct db *db, const char *sql, struct fault *fault) MUST_CHECK;

#endif
