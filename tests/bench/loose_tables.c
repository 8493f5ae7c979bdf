#include "loose_tables.h"

#include <stdio.h>
#include <stdlib.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#define LARGEST "('licences', 'licence_events')"

static _Noreturn void give_up(const char *what, const char *why) {
    fprintf(stderr, "benchmark: %s: %s\n", what, why);
    exit(1);
}

/* What both engines are asked: how to take something (or null), and how to put it back. */
static void add(struct loose_tables *tables, const char *take, const char *again) {
    tables->pairs =
        arena_grow(&tables->arena, tables->pairs, tables->count, &tables->capacity, sizeof *tables->pairs);
    tables->pairs[tables->count++] = (struct loose_pair){
        .take = take == NULL ? NULL : text_copy(&tables->arena, text_of(take)).at,
        .again = text_copy(&tables->arena, text_of(again)).at,
    };
}

/* ---- PostgreSQL ---- */

/* Keys first: an index of theirs is none to be taken for itself. */
static const char POSTGRESQL_ASKS[] =
    "select format('alter table %s drop constraint %I', conrelid::regclass, conname), "
    "format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) "
    "from pg_constraint c where contype in ('p', 'u') and conrelid::regclass::text in " LARGEST
    " and not exists (select 1 from pg_constraint f where f.contype = 'f' and f.conindid = c.conindid) "
    "union all "
    "select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid) from pg_index i "
    "where indrelid::regclass::text in " LARGEST
    " and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)";

static PGresult *postgresql_ask(PGconn *connection, const char *sql, ExecStatusType wanted) {
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != wanted) {
        give_up(sql, PQerrorMessage(connection));
    }
    return result;
}

static void postgresql_do(PGconn *connection, const char *sql) {
    PQclear(postgresql_ask(connection, sql, PGRES_COMMAND_OK));
}

static void take_on_postgresql(struct loose_tables *tables, const struct place *place) {
    PGconn *connection = PQconnectdb(place->url);
    PGresult *found = postgresql_ask(connection, POSTGRESQL_ASKS, PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(found); i++) {
        add(tables, PQgetvalue(found, i, 0), PQgetvalue(found, i, 1));
        postgresql_do(connection, tables->pairs[i].take);
    }
    PQclear(found);
    PQfinish(connection);
}

static void put_back_on_postgresql(const struct loose_tables *tables, const struct place *place) {
    PGconn *connection = PQconnectdb(place->url);
    postgresql_do(connection, "set maintenance_work_mem = '1GB'");
    for (size_t i = 0; i < tables->count; i++) {
        postgresql_do(connection, tables->pairs[i].again);
    }
    PQfinish(connection);
}

/* ---- SQLite ---- */

/* A key of a table's own definition has an index that cannot be dropped. For a while the schema's own table
 * says neither key nor index, which keeps its empty root page; then the index is made anew from the rows. */
static const char SQLITE_ASKS[] =
    "select null, format('insert into sqlite_master values (''index'', %Q, %Q, %d, null)', name, tbl_name, "
    "rootpage) from sqlite_master where type = 'index' and sql is null and tbl_name in " LARGEST " union all "
    "select null, format('update sqlite_master set sql = %Q where type = ''table'' and name = %Q', sql, "
    "name) "
    "from sqlite_master where type = 'table' and name in " LARGEST " union all "
    "select null, 'pragma writable_schema = reset' union all "
    "select null, 'reindex ' || name from sqlite_master where type = 'table' and name in " LARGEST
    " union all "
    "select 'drop index ' || name, sql from sqlite_master where type = 'index' and sql is not null "
    "and tbl_name in " LARGEST;

static const char SQLITE_FORGETS_KEYS[] =
    "pragma writable_schema = on; "
    "delete from sqlite_master where type = 'index' and sql is null and tbl_name in " LARGEST "; "
    "update sqlite_master set sql = replace(replace(sql, 'key_hash         blob unique', 'key_hash blob'), "
    "',' || char(10) || '    primary key (provider_id, number)', '') where type = 'table' and name "
    "in " LARGEST;

static sqlite3 *sqlite_open(const struct place *place) {
    sqlite3 *handle = NULL;
    if (sqlite3_open(place->name, &handle) != SQLITE_OK) {
        give_up(place->name, sqlite3_errmsg(handle));
    }
    return handle;
}

static void sqlite_do(sqlite3 *handle, const char *sql) {
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK) {
        give_up(sql, sqlite3_errmsg(handle));
    }
}

static void take_on_sqlite(struct loose_tables *tables, const struct place *place) {
    sqlite3 *handle = sqlite_open(place);
    sqlite3_stmt *found = NULL;
    if (sqlite3_prepare_v2(handle, SQLITE_ASKS, -1, &found, NULL) != SQLITE_OK) {
        give_up(SQLITE_ASKS, sqlite3_errmsg(handle));
    }
    while (sqlite3_step(found) == SQLITE_ROW) {
        add(tables, (const char *)sqlite3_column_text(found, 0), (const char *)sqlite3_column_text(found, 1));
    }
    sqlite3_finalize(found);
    for (size_t i = 0; i < tables->count; i++) {
        if (tables->pairs[i].take != NULL) {
            sqlite_do(handle, tables->pairs[i].take);
        }
    }
    sqlite_do(handle, SQLITE_FORGETS_KEYS);
    sqlite3_close(handle);
}

/* A sort's runs are as long as the cache is large, and short ones stay in the processor's own. */
static void put_back_on_sqlite(const struct loose_tables *tables, const struct place *place) {
    sqlite3 *handle = sqlite_open(place);
    sqlite_do(handle, "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -8000; "
                      "pragma threads = 2; pragma writable_schema = on");
    for (size_t i = 0; i < tables->count; i++) {
        sqlite_do(handle, tables->pairs[i].again);
    }
    sqlite3_close(handle);
}

/* ---- both ---- */

void loose_tables_take(struct loose_tables *tables, const struct place *place) {
    *tables = (struct loose_tables){.count = 0};
    arena_init(&tables->arena);
    if (place->engine == DB_SQLITE) {
        take_on_sqlite(tables, place);
    } else {
        take_on_postgresql(tables, place);
    }
}

void loose_tables_put_back(struct loose_tables *tables, const struct place *place) {
    if (place->engine == DB_SQLITE) {
        put_back_on_sqlite(tables, place);
    } else {
        put_back_on_postgresql(tables, place);
    }
    arena_clean_up(&tables->arena);
}
