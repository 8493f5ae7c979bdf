#include "bench_places.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

static const char SERVER_VARIABLE[] = "SEATMETER_TEST_POSTGRESQL";
static const char KEEPING_VARIABLE[] = "SEATMETER_BENCH_STORES";
enum { COPY_BYTES = 1 << 20 };

static _Noreturn void give_up(const char *what, const char *why) {
    fprintf(stderr, "benchmark: %s: %s\n", what, why);
    exit(1);
}

/* ---- PostgreSQL ---- */

static void postgresql_do(const char *url, const char *sql) {
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        give_up(sql, PQerrorMessage(connection));
    }
    PQclear(result);
    PQfinish(connection);
}

static void on_server(const char *format, const char *name, const char *from) {
    char sql[1024];
    /* The server's files are copied as they are: through its log a large database would be written twice. */
    snprintf(sql, sizeof sql, "%s \"%s\"%s%s%s", format, name, from == NULL ? "" : " template \"",
             from == NULL ? "" : from, from == NULL ? "" : "\" strategy file_copy");
    postgresql_do(getenv(SERVER_VARIABLE), sql);
}

bool place_has_postgresql(void) {
    return getenv(SERVER_VARIABLE) != NULL;
}

/* ---- SQLite ---- */

static void copy_file(const char *from, const char *to) {
    char *bytes = malloc(COPY_BYTES);
    int source = open(from, O_RDONLY | O_CLOEXEC);
    int target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t length = 0;
    if (bytes == NULL || source < 0 || target < 0) {
        give_up(to, "cannot be copied");
    }
    while ((length = read(source, bytes, COPY_BYTES)) > 0) {
        if (write(target, bytes, (size_t)length) != length) {
            give_up(to, "cannot be written");
        }
    }
    if (length < 0 || fsync(target) != 0 || close(target) != 0) {
        give_up(to, "cannot be copied");
    }
    close(source);
    free(bytes);
}

static void remove_with(const char *path, const char *suffix) {
    char name[300];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    unlink(name);
}

/* ---- both ---- */

/* Makes the address from the name. */
static void find_place(struct place *place) {
    if (place->engine == DB_SQLITE) {
        snprintf(place->url, sizeof place->url, "sqlite:%s", place->name);
        return;
    }
    const char *server = getenv(SERVER_VARIABLE);
    snprintf(place->url, sizeof place->url, "%s%cdbname=%s", server, strchr(server, '?') == NULL ? '?' : '&',
             place->name);
}

static struct place name_place(enum db_engine engine, const char *name) {
    struct place place = {.engine = engine};
    const char *base = getenv("TMPDIR");
    if (engine == DB_SQLITE) {
        snprintf(place.name, sizeof place.name, "%s/seatmeter-bench-%ld-%s.db", base == NULL ? "/tmp" : base,
                 (long)getpid(), name);
    } else {
        snprintf(place.name, sizeof place.name, "seatmeter_bench_%ld_%s", (long)getpid(), name);
    }
    find_place(&place);
    return place;
}

struct place place_make(enum db_engine engine, const char *name) {
    struct place place = name_place(engine, name);
    place_begin(&place);
    return place;
}

void place_begin(const struct place *place) {
    if (place->engine == DB_POSTGRESQL) {
        on_server("create database", place->name, NULL);
    }
}

bool place_keeps_stores(void) {
    return getenv(KEEPING_VARIABLE) != NULL;
}

struct place place_kept(enum db_engine engine, const char *name) {
    struct place place = {.engine = engine};
    if (engine == DB_SQLITE) {
        snprintf(place.name, sizeof place.name, "%s/%s.db", getenv(KEEPING_VARIABLE), name);
    } else {
        snprintf(place.name, sizeof place.name, "%s", name);
    }
    find_place(&place);
    return place;
}

bool place_is_there(const struct place *place) {
    if (place->engine == DB_SQLITE) {
        return access(place->name, F_OK) == 0;
    }
    PGconn *connection = PQconnectdb(place->url);
    bool is_there = PQstatus(connection) == CONNECTION_OK;
    PQfinish(connection);
    return is_there;
}

void place_rename(const struct place *from, const struct place *to) {
    if (from->engine == DB_SQLITE) {
        if (rename(from->name, to->name) != 0) {
            give_up(to->name, "cannot be named so");
        }
        return;
    }
    char sql[1024];
    snprintf(sql, sizeof sql, "alter database \"%s\" rename to \"%s\"", from->name, to->name);
    postgresql_do(getenv(SERVER_VARIABLE), sql);
}

void place_settle(const struct place *place) {
    if (place->engine == DB_SQLITE) {
        return; /* the last to close it has moved the log into the file */
    }
    postgresql_do(place->url, "vacuum analyze");
    postgresql_do(place->url, "checkpoint");
}

int64_t place_bytes(const struct place *place) {
    if (place->engine == DB_SQLITE) {
        struct stat found;
        return stat(place->name, &found) == 0 ? (int64_t)found.st_size : 0;
    }
    PGconn *connection = PQconnectdb(place->url);
    PGresult *result = PQexec(connection, "select pg_database_size(current_database())");
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        give_up(place->name, PQerrorMessage(connection));
    }
    int64_t bytes = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(connection);
    return bytes;
}

struct place place_copy(const struct place *from, const char *name) {
    struct place place = name_place(from->engine, name);
    if (from->engine == DB_SQLITE) {
        copy_file(from->name, place.name);
    } else {
        on_server("create database", place.name, from->name);
        postgresql_do(place.url, "checkpoint");
    }
    return place;
}

void place_drop(const struct place *place) {
    if (place->engine == DB_POSTGRESQL) {
        on_server("drop database", place->name, NULL);
        return;
    }
    remove_with(place->name, "");
    remove_with(place->name, "-wal");
    remove_with(place->name, "-shm");
}
