/* Statements whose answers nobody waits for. They are sent one behind the other (libpq's pipeline mode), and
 * the next statement that somebody does ask takes their answers along with its own: behind a network, what a
 * use case writes costs it no more than the commit's way there and back.
 *
 * No more may wait than the sockets' buffers hold with their answers, so neither side can wait for the other.
 * The server skips everything behind a statement that failed, so the first fault is the one to tell. */
#include "store/engine/db_postgres.h"

#include <assert.h>
#include <endian.h>

enum { WAITING_MAX = 64 };

static bool is_good(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
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

/* Makes room for one more. */
static enum status make_room(struct postgres_db *mine, struct fault *fault) {
    if (mine->waiting >= WAITING_MAX) {
        TRY(postgres_settle(&mine->base, fault));
    }
    if (mine->waiting == 0 && PQenterPipelineMode(mine->connection) != 1) {
        return postgres_fault(&mine->base, NULL, fault);
    }
    return STATUS_OK;
}

static enum status note_sent(struct postgres_db *mine, int sent, struct fault *fault) {
    if (sent == 1) {
        mine->waiting++;
        return STATUS_OK;
    }
    enum status status = postgres_fault(&mine->base, NULL, fault);
    if (mine->waiting == 0) {
        (void)PQexitPipelineMode(mine->connection);
    }
    return status;
}

enum status postgres_send(struct db *db, const char *sql, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    TRY(make_room(mine, fault));
    return note_sent(mine, PQsendQueryParams(mine->connection, sql, 0, NULL, NULL, NULL, NULL, 1), fault);
}

enum status postgres_send_prepare(struct db *db, const char *name, const char *sql, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    TRY(make_room(mine, fault));
    return note_sent(mine, PQsendPrepare(mine->connection, name, sql, 0, NULL), fault);
}

enum status postgres_send_prepared(struct db *db, const char *name, const struct db_value *values,
                                   size_t count, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    struct postgres_arguments arguments;
    postgres_encode(values, count, &arguments);
    TRY(make_room(mine, fault));
    return note_sent(mine,
                     PQsendQueryPrepared(mine->connection, name, (int)count, arguments.at, arguments.lengths,
                                         arguments.formats, 1),
                     fault);
}

/* The answer to one statement, up to its end. */
static PGresult *take_answer(PGconn *connection) {
    PGresult *answer = PQgetResult(connection);
    PGresult *more = answer;
    while (more != NULL) {
        more = PQgetResult(connection);
        PQclear(more);
    }
    return answer;
}

enum status postgres_finish(struct db *db, PGresult **last, struct fault *fault) {
    struct postgres_db *mine = postgres_own(db);
    PGconn *connection = mine->connection;
    size_t waiting = mine->waiting;
    assert(waiting > 0);
    mine->waiting = 0;
    enum status status = PQpipelineSync(connection) == 1 ? STATUS_OK : postgres_fault(db, NULL, fault);
    for (size_t i = 0; i < waiting; i++) {
        PGresult *answer = take_answer(connection);
        if (status == STATUS_OK && last != NULL && i + 1 == waiting) {
            *last = answer;
            continue;
        }
        if (status == STATUS_OK && !is_good(answer)) {
            status = postgres_fault(db, answer, fault);
        }
        PQclear(answer);
    }
    PGresult *synced = PQgetResult(connection);
    bool is_synced = PQresultStatus(synced) == PGRES_PIPELINE_SYNC;
    PQclear(synced);
    if ((PQexitPipelineMode(connection) != 1 || !is_synced) && status == STATUS_OK && last == NULL) {
        status = postgres_fault(db, NULL, fault);
    }
    return status;
}

enum status postgres_settle(struct db *db, struct fault *fault) {
    return postgres_own(db)->waiting == 0 ? STATUS_OK : postgres_finish(db, NULL, fault);
}

enum status postgres_execute(struct db *db, const char *sql, struct fault *fault) {
    TRY(postgres_settle(db, fault));
    PGresult *result = PQexec(postgres_own(db)->connection, sql);
    ExecStatusType got = PQresultStatus(result);
    return postgres_take(db, result, got == PGRES_TUPLES_OK ? got : PGRES_COMMAND_OK, fault);
}
