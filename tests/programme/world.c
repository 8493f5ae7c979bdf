#include "world.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

static const char POSTGRESQL_VARIABLE[] = "SEATMETER_TEST_POSTGRESQL";

/* SplitMix64 (Steele, Lea, Flood 2014). */
static void fill_random(struct random_source *source, void *bytes, size_t size_bytes) {
    struct world_random *random = (struct world_random *)source;
    unsigned char *at = bytes;
    for (size_t i = 0; i < size_bytes; i++) {
        random->state += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t mixed = random->state;
        mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
        at[i] = (unsigned char)((mixed ^ (mixed >> 31)) & 0xFF);
    }
}

/* ---- places ---- */

static void be_silent(void *context, const char *message) {
    (void)context;
    (void)message;
}

/* Whether the server did it all; `url` with the test's options or without. */
static bool postgresql_does(const char *url, const char *sql) {
    PGconn *connection = PQconnectdb(url);
    PQsetNoticeProcessor(connection, be_silent, NULL);
    PGresult *result = PQexec(connection, sql);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    PQfinish(connection);
    return done;
}

static void run_on_postgresql(const char *sql) {
    if (!postgresql_does(getenv(POSTGRESQL_VARIABLE), sql)) {
        fail_msg("PostgreSQL failed: %s", sql);
    }
}

/* Making a schema takes PostgreSQL ten times as long as emptying it, so one is kept for the next world,
 * unless the test has changed its tables. Emptying goes around the append-only triggers as only a superuser
 * can. */
static char spare_schema[64];

static const char EMPTY_ALL_TABLES[] =
    "set session_replication_role = replica; do $$ declare found record; begin "
    "if (select count(*) from pg_tables where schemaname = current_schema()) <> %lld "
    "or (select max(version) from schema_version) <> %lld then raise 'the tables are not as they were made'; "
    "end if; "
    "for found in select tablename from pg_tables where schemaname = current_schema() "
    "and tablename <> 'schema_version' loop execute format('delete from %%I', found.tablename); end loop; "
    "for found in select sequencename from pg_sequences where schemaname = current_schema() "
    "loop execute format('alter sequence %%I restart', found.sequencename); end loop; end $$";

static void make_place(struct world *world, bool is_migrated) {
    static int worlds = 0;
    worlds++;
    const char *base = getenv("TMPDIR");
    snprintf(world->place, sizeof world->place, "%s/seatmeter-test.XXXXXX", base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(world->place));
    if (world->engine == DB_SQLITE) {
        snprintf(world->url, sizeof world->url, "sqlite:%s/store.db", world->place);
        return;
    }
    const char *server = getenv(POSTGRESQL_VARIABLE);
    if (is_migrated && spare_schema[0] != '\0') {
        memcpy(world->schema, spare_schema, sizeof world->schema);
        spare_schema[0] = '\0';
    } else {
        char sql[128];
        snprintf(world->schema, sizeof world->schema, "test_%ld_%d", (long)getpid(), worlds);
        snprintf(sql, sizeof sql, "create schema %s", world->schema);
        run_on_postgresql(sql);
    }
    snprintf(world->url, sizeof world->url, "%s%coptions=-csearch_path%%3D%s", server,
             strchr(server, '?') == NULL ? '?' : '&', world->schema);
}

static void remove_directory(const char *path) {
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char file[1024];
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) {
            unlink(file);
        }
    }
    closedir(directory);
    rmdir(path);
}

static void drop_schema(const char *schema) {
    char sql[128];
    snprintf(sql, sizeof sql, "drop schema %s cascade", schema);
    run_on_postgresql(sql);
}

static void remove_place(struct world *world) {
    remove_directory(world->place);
    if (world->engine == DB_SQLITE) {
        return;
    }
    char sql[1024];
    snprintf(sql, sizeof sql, EMPTY_ALL_TABLES, (long long)world->tables, (long long)world->version);
    if (spare_schema[0] == '\0' && world->tables > 0 && postgresql_does(world->url, sql)) {
        memcpy(spare_schema, world->schema, sizeof spare_schema);
    } else {
        drop_schema(world->schema);
    }
}

struct text world_file(struct world *world, const char *name) {
    return text_format(&world->arena, "%s/%s", world->place, name);
}

static void copy_file(struct text from, struct text to) {
    char bytes[65536];
    FILE *in = fopen(from.at, "rb");
    FILE *out = fopen(to.at, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, in)) > 0;) {
        assert_int_equal(fwrite(bytes, 1, count, out), count);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

void world_copy_store(struct world *world, struct text path) {
    struct text from = text_of(strchr(world->url, ':') + 1);
    assert_int_equal(world->engine, DB_SQLITE);
    copy_file(from, path);
    copy_file(text_format(&world->arena, "%s-wal", from.at), text_format(&world->arena, "%s-wal", path.at));
}

/* ---- worlds ---- */

static int64_t ask(struct world *world, const char *sql) {
    int64_t value = 0;
    WORLD_OK(world, db_query_int(world->db, sql, DB_NO_ARGS, 0, &value, &world->fault));
    return value;
}

static struct world *make(enum db_engine engine, bool is_migrated) {
    static const char TABLES[] = "select count(*) from pg_tables where schemaname = current_schema()";
    static const char VERSION[] = "select max(version) from schema_version";
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->engine = engine;
    arena_init(&world->arena);
    world->now_us = WORLD_NOW_US;
    world->random = (struct world_random){{fill_random}, 7};
    for (int i = 0; i < PROGRAMME_SECRET_BYTES; i++) {
        world->secret[i] = (unsigned char)(i * 7 + 1);
    }
    make_place(world, is_migrated);
    WORLD_OK(world, db_open(text_of(world->url), &world->db, &world->fault));
    if (is_migrated) {
        WORLD_OK(world, db_migrate(world->db, &world->fault));
        world->version = ask(world, VERSION);
        world->tables = engine == DB_POSTGRESQL ? ask(world, TABLES) : 0;
    }
    return world;
}

struct world *world_empty(enum db_engine engine) {
    bool is_there = engine == DB_SQLITE || getenv(POSTGRESQL_VARIABLE) != NULL;
    return is_there ? make(engine, false) : NULL;
}

void world_drop(struct world *world) {
    for (int i = 0; i < WORLD_CONNECTIONS_MAX; i++) {
        db_close(world->others[i]);
    }
    db_close(world->db);
    remove_place(world);
    arena_clean_up(&world->arena);
    free(world);
}

struct db *world_reopen(struct world *world) {
    for (int i = 0; i < WORLD_CONNECTIONS_MAX; i++) {
        if (world->others[i] == NULL) {
            WORLD_OK(world, db_open(text_of(world->url), &world->others[i], &world->fault));
            return world->others[i];
        }
    }
    fail_msg("more than %d further connections", WORLD_CONNECTIONS_MAX);
    return NULL;
}

void world_close_other(struct world *world, struct db *db) {
    for (int i = 0; i < WORLD_CONNECTIONS_MAX; i++) {
        if (world->others[i] == db) {
            world->others[i] = NULL;
        }
    }
    db_close(db);
}

struct call world_call(struct world *world) {
    return (struct call){
        .db = world->db,
        .arena = &world->arena,
        .actor = {.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL},
        .now_us = world->now_us,
        .secret = world->secret,
        .random = &world->random.source,
    };
}

void world_must_be_ok(struct world *world, enum status status, const char *what, const char *file, int line) {
    if (status != STATUS_OK) {
        print_error("%s\n  gave fault \"%s\" (field \"%s\", value \"%s\"): %s\n", what, world->fault.code,
                    world->fault.field, world->fault.value, world->fault.message);
        _fail(file, line);
    }
}

void world_must_fail(struct world *world, const char *code, enum status status, const char *what,
                     const char *file, int line) {
    if (status == STATUS_OK) {
        print_error("%s\n  succeeded where fault \"%s\" was expected\n", what, code);
        _fail(file, line);
    }
    if (strcmp(world->fault.code, code) != 0 || world->fault.status != status) {
        print_error("%s\n  gave fault \"%s\" (%s) where \"%s\" was expected\n", what, world->fault.code,
                    world->fault.message, code);
        _fail(file, line);
    }
}

/* ---- running ---- */

static int set_up_sqlite(void **state) {
    *state = make(DB_SQLITE, true);
    return 0;
}

static int set_up_postgresql(void **state) {
    *state = make(DB_POSTGRESQL, true);
    return 0;
}

static int tear_down(void **state) {
    world_drop(*state);
    return 0;
}

static int run_on(const char *group, const char *engine, CMFixtureFunction set_up,
                  const struct world_test *tests, size_t count) {
    struct arena arena;
    arena_init(&arena);
    struct CMUnitTest *units = ARENA_NEW(&arena, struct CMUnitTest, count);
    for (size_t i = 0; i < count; i++) {
        units[i] = (struct CMUnitTest){.name = text_format(&arena, "%s: %s", engine, tests[i].name).at,
                                       .test_func = tests[i].run,
                                       .setup_func = set_up,
                                       .teardown_func = tear_down};
    }
    const char *name = text_format(&arena, "%s on %s", group, engine).at;
    int failed = _cmocka_run_group_tests(name, units, count, NULL, NULL);
    arena_clean_up(&arena);
    return failed;
}

int world_run_tests(const char *group, const struct world_test *tests, size_t count) {
    int failed = run_on(group, "SQLite", set_up_sqlite, tests, count);
    if (getenv(POSTGRESQL_VARIABLE) == NULL) {
        print_message(
            "\n***** %s: NOT TESTED ON POSTGRESQL: %s is not set (script/with-postgres sets it) *****\n",
            group, POSTGRESQL_VARIABLE);
    } else {
        failed += run_on(group, "PostgreSQL", set_up_postgresql, tests, count);
        if (spare_schema[0] != '\0') {
            drop_schema(spare_schema);
        }
    }
    return failed;
}
