/* Database: one small interface over SQLite and PostgreSQL, the same SQL text for both.
 *
 * Statements are constants with parameters $1, $2, …, prepared once per connection and found again by the
 * address of their text. Values are 64-bit integers, text and bytes; booleans are 0 and 1, instants are
 * microseconds, months and dates their core integers. A connection belongs to one thread.
 *
 * A write transaction has the store, or parts of it, for itself: what a use case has checked there stays true
 * until it commits, without row locks or retries. SQLite gives its one write lock for any part; PostgreSQL
 * has an advisory lock for each, so that writers of different parts go on side by side. Readers never wait
 * (docs/decisions/writers-side-by-side.md). */
#ifndef SEATMETER_STORE_ENGINE_DB_H
#define SEATMETER_STORE_ENGINE_DB_H

#include "core/base/fault.h"
#include "store/engine/db_value.h"

struct db;
struct db_rows;
struct db_bulk;
struct db_fields;

enum db_engine { DB_SQLITE, DB_POSTGRESQL };
enum db_access { DB_READ, DB_WRITE };

/* Arguments in place: db_run(db, SQL, DB_ARGS(db_integer(id), db_string(name)), NULL, fault). */
#define DB_ARGS(...)                                                                                         \
    (const struct db_value[]){__VA_ARGS__},                                                                  \
        sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define DB_NO_ARGS NULL, 0

/* Opens "sqlite:PATH" (creating the file; WAL, foreign keys on, synchronous=FULL) or "postgresql://…".
 * Faults: "malformed-database-url", "database-unreachable". */
enum status db_open(struct text url, struct db **db, struct fault *fault) MUST_CHECK;
/* Another connection to the same store, for a thread of its own or for a claim that ends before the other's.
 */
enum status db_open_again(const struct db *db, struct db **again, struct fault *fault) MUST_CHECK;
void db_close(struct db *db); /* NULL is fine; an open transaction is rolled back */
enum db_engine db_engine(const struct db *db);

/* Brings the schema to this program's version, each migration in its own transaction; safe to run at once
 * from several processes. A store newer than this program is fault "store-too-new". */
enum status db_migrate(struct db *db, struct fault *fault) MUST_CHECK;

/* Fault "store-not-initialised" or "store-outdated" (run seatmeter init / upgrade) unless it is current. */
enum status db_check_version(struct db *db, struct fault *fault) MUST_CHECK;

/* A transaction. DB_READ sees one snapshot throughout. DB_WRITE waits up to 30 s for its turn, then fault
 * "database-busy" (STATUS_BUSY). Not nested (programme/call/call.h nests). */
enum status db_begin(struct db *db, enum db_access access, struct fault *fault) MUST_CHECK;
enum status db_commit(struct db *db, struct fault *fault) MUST_CHECK; /* a failed commit is rolled back */
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);

/* How long a writer waits for a lock; 30 s unless set. */
void db_set_write_wait(struct db *db, int32_t wait_ms);

/* ---- parts ----
 *
 * A part is named by a number: a provider's is its account's, and stands for all that is the provider's own.
 * DB_PART_DEVICES is what the device door follows in one order. DB_WRITE has the whole store: no other
 * writer is at work beside it. Parts are always taken in ascending order, and all at once, so that no two
 * writers can wait for each other. */
enum { DB_PART_DEVICES = 0 };

/* A write transaction that has these parts; none is fine. Faults as of db_begin. */
enum status db_begin_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) MUST_CHECK;

/* A write transaction that has nothing yet but its name: another one of that name waits until it ends. An
 * empty name is nobody's. It reads what is committed at each statement, and takes parts, or the whole store,
 * once, before it writes what others may write. On SQLite it has the whole store at once, for all to see.
 * Where it has to wait too long the fault "database-busy" may be a later statement's. */
enum status db_begin_open(struct db *db, struct text name, struct fault *fault) MUST_CHECK;
enum status db_take_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault) MUST_CHECK;
enum status db_take_whole(struct db *db, struct fault *fault) MUST_CHECK;

/* For the rare change of a row that is nobody's part, made by whoever comes to it first: its writer is alone
 * with those until the commit. It is taken behind all parts, as often as one likes, and nothing behind it.
 * What is read afterwards was written by those who had it before. */
enum status db_take_last(struct db *db, struct fault *fault) MUST_CHECK;

/* What the present write transaction has taken. */
enum db_hold { DB_HOLDS_NOTHING, DB_HOLDS_PARTS, DB_HOLDS_WHOLE };
enum db_hold db_hold(const struct db *db);

/* Fault "database-busy" unless the transaction has the part: what said which part was needed has changed
 * between the looking up and the taking. What writes a part's rows asks this. */
enum status db_require_part(const struct db *db, int64_t part, struct fault *fault) MUST_CHECK;

/* Runs a statement without rows, in a write transaction; `*changed` (may be NULL) is the number of rows it
 * touched. Breaking a unique constraint is STATUS_CONFLICT "already-exists"; other constraints
 * "constraint-broken", STATUS_INTERNAL.
 *
 * After a statement has failed in a transaction, everything else in it is fault "transaction-failed" and its
 * commit rolls back: so it is with PostgreSQL, and so both engines behave alike. Look before you insert. */
enum status db_run(struct db *db, const char *sql, const struct db_value *values, size_t count,
                   int64_t *changed, struct fault *fault) MUST_CHECK;

/* db_run for a statement whose outcome nobody asks for: PostgreSQL need not have answered when the next one
 * is sent. A fault of it may be a later statement's, or the commit's. */
enum status db_run_later(struct db *db, const char *sql, const struct db_value *values, size_t count,
                         struct fault *fault) MUST_CHECK;

/* Asks ("insert … returning" too); the rows come one by one from db_next. Close them before the connection is
 * used for another query of the same text. On PostgreSQL the whole result is held in memory: for millions of
 * rows use db_stream. */
enum status db_query(struct db *db, const char *sql, const struct db_value *values, size_t count,
                     struct db_rows **rows, struct fault *fault) MUST_CHECK;

/* The same for millions of rows, never held in memory together: SQLite steps, PostgreSQL copies out in
 * binary. Only integer parameters (and null); every column is an integer, text or bytes. No other statement
 * may run on the connection until the rows are closed. */
enum status db_stream(struct db *db, const char *sql, const struct db_value *values, size_t count,
                      struct db_rows **rows, struct fault *fault) MUST_CHECK;

/* The same four for a text whose braces are filled in from `fields` (fields.h); a text always comes with the
 * same. engine/rows.h calls them. */
enum status db_run_fields(struct db *db, const struct db_fields *fields, const char *sql,
                          const struct db_value *values, size_t count, int64_t *changed,
                          struct fault *fault) MUST_CHECK;
enum status db_run_later_fields(struct db *db, const struct db_fields *fields, const char *sql,
                                const struct db_value *values, size_t count, struct fault *fault) MUST_CHECK;
enum status db_query_fields(struct db *db, const struct db_fields *fields, const char *sql,
                            const struct db_value *values, size_t count, struct db_rows **rows,
                            struct fault *fault) MUST_CHECK;
enum status db_stream_fields(struct db *db, const struct db_fields *fields, const char *sql,
                             const struct db_value *values, size_t count, struct db_rows **rows,
                             struct fault *fault) MUST_CHECK;

/* Moves to the next row; `*have_row` is false behind the last. */
enum status db_next(struct db_rows *rows, bool *have_row, struct fault *fault) MUST_CHECK;
void db_rows_close(struct db_rows *rows); /* NULL is fine */

/* Columns of the present row, from 0. Text and bytes are valid until the next db_next; copy what must stay. A
 * column that has another type than it is asked for, as SQLite can keep it, gives 0 or an empty text and
 * spoils the rows: db_next and db_rows_check are fault "database-failed" from then on. */
bool db_column_is_null(struct db_rows *rows, int column);
int64_t db_column_int(struct db_rows *rows, int column);      /* NULL gives 0 */
struct text db_column_text(struct db_rows *rows, int column); /* NULL gives empty; bytes too */
struct text db_column_copy(struct db_rows *rows, int column, struct arena *arena);
void db_rows_spoil(struct db_rows *rows);
enum status db_rows_check(const struct db_rows *rows, struct fault *fault) MUST_CHECK;

/* The first column of the first row as an integer, or `otherwise` where there is no row. */
enum status db_query_int(struct db *db, const char *sql, const struct db_value *values, size_t count,
                         int64_t otherwise, int64_t *value, struct fault *fault) MUST_CHECK;

/* Inserts very many rows into one table inside the present write transaction: SQLite through one prepared
 * insert, PostgreSQL through COPY FROM STDIN in binary. Column types are fixed by the first letter-coded
 * `types`: "i" integer, "t" text, "b" bytes; any value may be null. No other statement may run on the
 * connection until db_bulk_finish, which also frees; db_bulk_abandon frees after a failure. */
enum status db_bulk_start(struct db *db, const char *table, const char *const *columns, const char *types,
                          struct db_bulk **bulk, struct fault *fault) MUST_CHECK;
enum status db_bulk_row(struct db_bulk *bulk, const struct db_value *values, struct fault *fault) MUST_CHECK;
enum status db_bulk_finish(struct db_bulk *bulk, struct fault *fault) MUST_CHECK;
void db_bulk_abandon(struct db_bulk *bulk); /* NULL is fine */

/* Runs a statement without rows once for every `width` values of `values`, in their order and as fast as the
 * engine can: SQLite with one prepared statement, PostgreSQL in a pipeline. */
enum status db_run_many(struct db *db, const char *sql, const struct db_value *values, size_t width,
                        size_t count, struct fault *fault) MUST_CHECK;

/* Takes a name that one connection of all processes can hold at a time ("device-door"), until it closes it:
 * SQLite locks the file PATH.NAME, PostgreSQL takes an advisory lock of the session (which is lost with the
 * server's connection: claim again, it is no fault to hold the name already). `*claimed` is false where
 * somebody else holds it. Outside a transaction. */
enum status db_claim(struct db *db, const char *name, bool *claimed, struct fault *fault) MUST_CHECK;

/* Waits, outside a transaction, until another connection has changed something that the device door reads
 * (licence_events, device_changes), for `timeout_ms` at most or until `wake_fd` is readable. It looks every
 * 50 ms; on SQLite any change counts. `*changed` is true at the first call and after a lost connection. */
enum status db_wait(struct db *db, int wake_fd, int32_t timeout_ms, bool *changed,
                    struct fault *fault) MUST_CHECK;

/* The next `count` integers of a counter that has no gaps (a rolled-back transaction gives them back):
 * `*first` … `*first + count − 1`. Counters begin at 1; one that is new is made. In a write transaction. */
enum status db_counter_take(struct db *db, const char *counter, int64_t count, int64_t *first,
                            struct fault *fault) MUST_CHECK;

/* The last integer that was taken of a counter, by this transaction too; 0: none. A transaction that takes
 * several times writes the counter's row at its commit, so other statements of it may not read `counters`. */
enum status db_counter_taken(struct db *db, const char *counter, int64_t *taken,
                             struct fault *fault) MUST_CHECK;

#endif
