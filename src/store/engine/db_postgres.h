/* What the files of the PostgreSQL engine share. Each stands on those above it:
 * db_postgres_session.c (the connection and its failures), db_postgres_pipeline.c (statements, and those
 * whose answers nobody waits for), db_postgres_statement.c (prepared statements), db_postgres_write.c
 * (locks), db_postgres_copy.c (COPY in binary, out for db_stream and in for db_bulk), db_postgres_notify.c
 * (what the device door needs besides: many rows at once, the claim, a look for changes), db_postgres.c
 * (transactions, queries, and the driver as a whole). */
#ifndef SEATMETER_STORE_ENGINE_DB_POSTGRES_H
#define SEATMETER_STORE_ENGINE_DB_POSTGRES_H

#include "store/engine/db_engine.h"

#include <libpq-fe.h>

enum { POSTGRES_PARAMETERS_MAX = 64, POSTGRES_LOOK_BYTES = 64 };

struct postgres_db {
    struct db base;
    PGconn *connection;
    uint64_t named;    /* counts the statements that were given a name */
    int64_t lock_key;  /* of the schema's write lock */
    int64_t open_name; /* the key of the present transaction's name; 0: it has none */
    bool is_opening;   /* begun by db_begin_open, and nothing else was sent: it can be begun again */
    size_t waiting;    /* statements that were sent and not answered */
    int32_t lock_timeout_ms;
    uint64_t ready_generation; /* in which its locks were prepared and lock_timeout_ms was set; 0: none */
    uint64_t generation; /* counts the connections made: statements of an older one must be prepared again */
    uint64_t looked_generation;         /* in which `snapshot` was taken; 0: none */
    char snapshot[POSTGRES_LOOK_BYTES]; /* of the last look for changes */
    char position[POSTGRES_LOOK_BYTES];
};

/* Values as libpq takes them, in binary. */
struct postgres_arguments {
    uint64_t integers[POSTGRES_PARAMETERS_MAX];
    const char *at[POSTGRES_PARAMETERS_MAX];
    int lengths[POSTGRES_PARAMETERS_MAX];
    int formats[POSTGRES_PARAMETERS_MAX];
};

struct postgres_rows {
    struct db_rows base;
    char name[24];
    uint64_t generation; /* in which it was prepared; 0: not */
    Oid types[POSTGRES_PARAMETERS_MAX];
    uint64_t columns_generation; /* in which `kinds` was learnt */
    int columns;
    char *kinds;      /* 'i' or 't' per column */
    PGresult *result; /* of a query; NULL for a stream */
    int row;
    /* of a stream */
    struct text *cells; /* the present row's, a null without a place */
    char *message;      /* from libpq, which frees it; or joined of two by us */
    bool message_is_ours;
    size_t length;
    size_t start; /* where in the message the present row begins */
    size_t at;    /* how far it is read */
    bool header_read;
    bool ended;
};

/* ---- session ---- */

struct postgres_db *postgres_own(struct db *db);

/* The fault that a result tells of, or the connection where `result` is NULL. */
enum status postgres_fault(struct db *db, const PGresult *result, struct fault *fault);

/* OK if the result has the wanted state; clears it. */
enum status postgres_take(struct db *db, PGresult *result, ExecStatusType wanted, struct fault *fault);

/* Makes the connection, which db_postgres_close ends whether or not that went well. */
enum status postgres_connect(const char *url, struct postgres_db *db, struct fault *fault);

/* Makes a connection that was lost again. */
enum status postgres_reconnect(struct postgres_db *db, struct fault *fault);

/* ---- pipeline ---- */

void postgres_encode(const struct db_value *values, size_t count, struct postgres_arguments *arguments);

/* Sends a statement, which waits for its answer. Whatever else the connection is used for, settle it before.
 */
enum status postgres_send(struct db *db, const char *sql, struct fault *fault);
enum status postgres_send_prepare(struct db *db, const char *name, const char *sql, struct fault *fault);
enum status postgres_send_prepared(struct db *db, const char *name, const struct db_value *values,
                                   size_t count, struct fault *fault);

/* Takes the answers of all that wait, which may not be none. The first that failed is the fault. Where none
 * did, the last one's goes to `*last`, good or not, for the caller to clear; NULL: it is one of them all. */
enum status postgres_finish(struct db *db, PGresult **last, struct fault *fault);

/* The same where any wait. */
enum status postgres_settle(struct db *db, struct fault *fault);

/* Runs a text without parameters; rows that it gives are thrown away. */
enum status postgres_execute(struct db *db, const char *sql, struct fault *fault);

/* ---- write ---- */

enum status postgres_begin_whole(struct db *db, struct fault *fault);
enum status postgres_begin_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault);
enum status postgres_begin_open(struct db *db, struct text name, struct fault *fault);
enum status postgres_take_parts(struct db *db, const int64_t *parts, size_t count, struct fault *fault);
enum status postgres_take_whole(struct db *db, struct fault *fault);
enum status postgres_take_last(struct db *db, struct fault *fault);

/* Makes a lost connection again, and begins the transaction that had only been begun. */
enum status postgres_open_again(struct db *db, struct fault *fault);

/* Whatever state the transaction is in; of none too. */
void postgres_rollback(struct db *db);

/* ---- statement ---- */

/* Prepares the statement unless it is, with parameter types that these values fit. */
enum status postgres_prepare_for(struct postgres_rows *rows, const struct db_value *values, size_t count,
                                 struct fault *fault);

/* Takes over number and types of the columns; a fault for a type that db.h does not have. */
enum status postgres_learn_columns(struct postgres_rows *rows, const PGresult *result, struct fault *fault);

/* ---- copy ---- */

enum status postgres_copy_out(struct db_rows *rows, const struct db_value *values, size_t count,
                              struct fault *fault);
enum status postgres_copy_next(struct postgres_rows *rows, bool *have_row, struct fault *fault);
void postgres_copy_end(struct postgres_rows *rows);

enum status postgres_bulk_start(struct db *db, const char *table, const char *const *columns,
                                const char *types, size_t count, struct db_bulk **bulk, struct fault *fault);
enum status postgres_bulk_row(struct db_bulk *bulk, const struct db_value *values, struct fault *fault);
enum status postgres_bulk_finish(struct db_bulk *bulk, struct fault *fault);
void postgres_bulk_abandon(struct db_bulk *bulk);

/* ---- notify ---- */

enum status postgres_run_many(struct db_rows *rows, const struct db_value *values, size_t width, size_t count,
                              struct fault *fault);
enum status postgres_claim(struct db *db, const char *name, bool *claimed, struct fault *fault);
enum status postgres_wait(struct db *db, int wake_fd, int32_t timeout_ms, bool *changed, struct fault *fault);

#endif
