/* What the device door needs of PostgreSQL besides: a statement for many rows in a pipeline, the claim that
 * there is one door, and to be told of changes.
 *
 * In a pipeline statements are sent without waiting for the answers of those before. No more is sent at once
 * than the sockets' buffers hold with its answers, so neither side can wait for the other. */
#include "store/engine/db_postgres.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

enum { PIPELINE_ROWS = 256 };

/* ---- many rows ---- */

/* Takes the results of `sent` statements and of the sync; the first that failed is the fault. */
static enum status take_pipeline(struct db *db, size_t sent, struct fault *fault) {
    PGconn *connection = postgres_own(db)->connection;
    enum status status = STATUS_OK;
    bool synced = false;
    for (size_t ends = 0; !synced && ends <= 2 * (sent + 1) && PQstatus(connection) == CONNECTION_OK;) {
        PGresult *result = PQgetResult(connection);
        if (result == NULL) { /* between two statements */
            ends++;
            continue;
        }
        ExecStatusType got = PQresultStatus(result);
        synced = got == PGRES_PIPELINE_SYNC;
        if (!synced && got != PGRES_COMMAND_OK && got != PGRES_PIPELINE_ABORTED && status == STATUS_OK) {
            status = postgres_fault(db, result, fault);
        }
        PQclear(result);
    }
    return status == STATUS_OK && !synced ? postgres_fault(db, NULL, fault) : status;
}

static enum status run_part(struct postgres_rows *rows, const struct db_value *values, size_t width,
                            size_t count, struct fault *fault) {
    struct db *db = rows->base.db;
    PGconn *connection = postgres_own(db)->connection;
    bool sent = true;
    for (size_t i = 0; i < count && sent; i++) {
        struct postgres_arguments arguments;
        postgres_encode(values + i * width, width, &arguments);
        sent = PQsendQueryPrepared(connection, rows->name, (int)width, arguments.at, arguments.lengths,
                                   arguments.formats, 1) == 1;
    }
    if (!sent || PQpipelineSync(connection) != 1) {
        return postgres_fault(db, NULL, fault);
    }
    return take_pipeline(db, count, fault);
}

enum status postgres_run_many(struct db_rows *rows, const struct db_value *values, size_t width, size_t count,
                              struct fault *fault) {
    struct postgres_rows *mine = (struct postgres_rows *)rows;
    PGconn *connection = postgres_own(rows->db)->connection;
    /* Parameter types are those of the first row: only values of that type, or null, may follow. */
    TRY(postgres_prepare_for(mine, values, width, fault));
    if (PQenterPipelineMode(connection) != 1) {
        return postgres_fault(rows->db, NULL, fault);
    }
    enum status status = STATUS_OK;
    for (size_t done = 0; done < count && status == STATUS_OK; done += PIPELINE_ROWS) {
        size_t some = count - done < PIPELINE_ROWS ? count - done : PIPELINE_ROWS;
        status = run_part(mine, values + done * width, width, some, fault);
    }
    if (PQexitPipelineMode(connection) != 1 && status == STATUS_OK) {
        status = postgres_fault(rows->db, NULL, fault);
    }
    return status;
}

/* ---- one holder ---- */

/* The integer that a statement with the name as its only parameter gives. */
static enum status ask_of_name(struct db *db, const char *sql, const char *name, int64_t *answer,
                               struct fault *fault) {
    const char *const values[] = {name};
    PGresult *result = PQexecParams(postgres_own(db)->connection, sql, 1, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
        (void)text_to_int64(text_of(PQgetvalue(result, 0, 0)), answer);
    }
    return postgres_take(db, result, PGRES_TUPLES_OK, fault);
}

/* An advisory lock counts how often it was taken, so it is asked for first. */
enum status postgres_claim(struct db *db, const char *name, bool *claimed, struct fault *fault) {
    static const char HELD[] =
        "select count(*) from pg_locks l cross join (select hashtextextended('seatmeter ' || $1 || ' ' || "
        "current_schema(), 0) as key) k where l.locktype = 'advisory' and l.pid = pg_backend_pid() and "
        "l.granted and l.objsubid = 1 and l.classid = ((k.key >> 32) & 4294967295)::oid "
        "and l.objid = (k.key & 4294967295)::oid";
    static const char CLAIM[] = "select cast(pg_try_advisory_lock(hashtextextended('seatmeter ' || $1 || ' ' "
                                "|| current_schema(), 0)) as integer)";
    struct postgres_db *mine = postgres_own(db);
    int64_t held = 0;
    if (PQstatus(mine->connection) == CONNECTION_BAD) {
        TRY(postgres_reconnect(mine, fault));
    }
    TRY(ask_of_name(db, HELD, name, &held, fault));
    if (held == 0) {
        TRY(ask_of_name(db, CLAIM, name, &held, fault));
    }
    *claimed = held != 0;
    return STATUS_OK;
}

/* ---- news ---- */

/* Whether anything has been told since; what has been told is forgotten. */
static bool take_news(PGconn *connection) {
    bool any = false;
    PGnotify *news;
    while ((news = PQnotifies(connection)) != NULL) {
        PQfreemem(news);
        any = true;
    }
    return any;
}

/* What was told in another statement's answer is there without a look at the socket. */
enum status postgres_wait(struct db *db, int wake_fd, int32_t timeout_ms, bool *changed,
                          struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    *changed = false;
    if (PQstatus(mine->connection) == CONNECTION_BAD) {
        TRY(postgres_reconnect(mine, fault));
    }
    if (mine->listening != mine->generation) {
        TRY(postgres_execute(db, "listen seatmeter_changes", fault));
        mine->listening = mine->generation;
        *changed = true; /* what happened before is not told */
        return STATUS_OK;
    }
    if (!take_news(mine->connection)) {
        struct pollfd both[2] = {{.fd = PQsocket(mine->connection), .events = POLLIN},
                                 {.fd = wake_fd, .events = POLLIN}};
        if (poll(both, 2, timeout_ms) <= 0 || both[0].revents == 0) {
            return STATUS_OK;
        }
        if (PQconsumeInput(mine->connection) != 1) {
            return postgres_fault(db, NULL, fault);
        }
    } else {
        *changed = true;
    }
    *changed = take_news(mine->connection) || *changed;
    return STATUS_OK;
}
