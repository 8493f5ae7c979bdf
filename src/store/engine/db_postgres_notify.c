/* What the device door needs of PostgreSQL besides: a statement for many rows in a pipeline, the claim that
 * there is one door, and a look whether anything has changed.
 *
 * In a pipeline statements are sent without waiting for the answers of those before. No more is sent at once
 * than the sockets' buffers hold with its answers, so neither side can wait for the other. */
#include "store/engine/db_postgres.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { PIPELINE_ROWS = 256, LOOK_EVERY_MS = 50 };

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
    TRY(postgres_settle(rows->db, fault));
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

/* What changes with every write transaction that begins or ends, in whichever database of the server. */
static const char SNAPSHOT[] = "select md5(cast(pg_current_snapshot() as text))";

/* How far what the door reads has come, which is looked at where there was a write at all. */
static const char POSITION[] = "select (select coalesce(max(sequence), 0) from device_changes) || ' ' || "
                               "(select coalesce(sum(taken), 0) from event_logs)";

static enum status ask_text(struct postgres_db *mine, const char *sql, char answer[POSTGRES_LOOK_BYTES],
                            struct fault *fault) {
    PGresult *result = PQexec(mine->connection, sql);
    answer[0] = '\0';
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
        snprintf(answer, POSTGRES_LOOK_BYTES, "%s", PQgetvalue(result, 0, 0));
    }
    return postgres_take(&mine->base, result, PGRES_TUPLES_OK, fault);
}

/* Whether anything was written since the last look. The server would tell whoever listens, but transactions
 * that notify commit one by one. */
static enum status look(struct postgres_db *mine, bool *changed, struct fault *fault) {
    char snapshot[POSTGRES_LOOK_BYTES];
    char position[POSTGRES_LOOK_BYTES];
    if (PQstatus(mine->connection) == CONNECTION_BAD) {
        TRY(postgres_reconnect(mine, fault));
    }
    bool is_first = mine->looked_generation != mine->generation;
    TRY(ask_text(mine, SNAPSHOT, snapshot, fault));
    if (!is_first && strcmp(snapshot, mine->snapshot) == 0) {
        return STATUS_OK;
    }
    TRY(ask_text(mine, POSITION, position, fault));
    *changed = is_first || strcmp(position, mine->position) != 0;
    memcpy(mine->snapshot, snapshot, sizeof snapshot);
    memcpy(mine->position, position, sizeof position);
    mine->looked_generation = mine->generation;
    return STATUS_OK;
}

enum status postgres_wait(struct db *db, int wake_fd, int32_t timeout_ms, bool *changed,
                          struct fault *fault) {
    *changed = false;
    for (int32_t waited_ms = 0;; waited_ms += LOOK_EVERY_MS) {
        int32_t left_ms = timeout_ms - waited_ms;
        TRY(look(postgres_own(db), changed, fault));
        if (*changed || left_ms <= 0) {
            return STATUS_OK;
        }
        struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
        if (poll(&wake, 1, left_ms < LOOK_EVERY_MS ? left_ms : LOOK_EVERY_MS) > 0) {
            return STATUS_OK;
        }
    }
}
