/* A connection to PostgreSQL: how it is made, and what its failures are called. */
#include "store/engine/db_postgres.h"

#include <string.h>

struct postgres_db *postgres_own(struct db *db) {
    return (struct postgres_db *)db;
}

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
    if (text_is(code, "55P03") || text_is(code, "40P01")) {
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

enum status postgres_connect(const char *url, struct postgres_db *db, struct fault *fault) {
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

enum status postgres_reconnect(struct postgres_db *db, struct fault *fault) {
    PQreset(db->connection);
    db->generation++;
    db->waiting = 0;
    return PQstatus(db->connection) == CONNECTION_OK ? get_ready(db, fault)
                                                     : postgres_fault(&db->base, NULL, fault);
}
