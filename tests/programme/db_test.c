/* The database interface: the same on SQLite and on PostgreSQL, transactions and faults included. */
#include "world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char INSERT_THING[] = "insert into things (id, name, data, many) values ($1, $2, $3, $4)";
static const char SELECT_THING[] = "select id, name, data, many from things where id = $1";
static const char COUNT_THINGS[] = "select count(*) from things";

static enum status insert_thing(struct db *db, int64_t id, struct fault *fault) {
    return db_run(db, INSERT_THING,
                  DB_ARGS(db_integer(id), db_string(TEXT("thing")), db_bytes(TEXT("\x00\xFF")), db_null()),
                  NULL, fault);
}

/* A table that has a column of every type. */
static void a_table_of_things(struct world *world) {
    static const char SQLITE[] =
        "create table things (id integer primary key, name text, data blob, many bigint check (many <> 13))";
    static const char POSTGRESQL[] =
        "create table things (id bigint primary key, name text, data bytea, many bigint check (many <> 13))";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    const char *sql = world->engine == DB_SQLITE ? SQLITE : POSTGRESQL;
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static int64_t count_things(struct world *world, struct db *db) {
    int64_t count = -1;
    WORLD_OK(world, db_query_int(db, COUNT_THINGS, DB_NO_ARGS, -1, &count, &world->fault));
    return count;
}

static void every_type_and_null_come_back_as_they_went(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    static const struct {
        int64_t id;
        struct db_value name, data, many;
    } things[] = {
        {INT64_MIN, {DB_TYPE_NULL, 0, {0}}, {DB_TYPE_NULL, 0, {0}}, {DB_TYPE_NULL, 0, {0}}},
        {0, {DB_TYPE_TEXT, 0, {"", 0}}, {DB_TYPE_BYTES, 0, {"", 0}}, {DB_TYPE_INT, 0, {0}}},
        {1,
         {DB_TYPE_TEXT, 0, {"株式会社 🙂 'quoted'", 26}},
         {DB_TYPE_BYTES, 0, {"\0\1\xFF", 3}},
         {DB_TYPE_INT, -1, {0}}},
        {INT64_MAX, {DB_TYPE_TEXT, 0, {"x", 1}}, {DB_TYPE_NULL, 0, {0}}, {DB_TYPE_INT, INT64_MIN, {0}}},
    };
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    for (size_t i = 0; i < 4; i++) {
        const struct db_value values[] = {db_integer(things[i].id), things[i].name, things[i].data,
                                          things[i].many};
        int64_t changed = 0;
        WORLD_OK(world, db_run(world->db, INSERT_THING, values, 4, &changed, &world->fault));
        assert_int_equal(changed, 1);
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));

    for (size_t i = 0; i < 4; i++) {
        struct db_rows *rows;
        bool have_row = false;
        WORLD_OK(world,
                 db_query(world->db, SELECT_THING, DB_ARGS(db_integer(things[i].id)), &rows, &world->fault));
        WORLD_OK(world, db_next(rows, &have_row, &world->fault));
        assert_true(have_row);
        assert_true(db_column_int(rows, 0) == things[i].id);
        assert_int_equal(db_column_is_null(rows, 1), things[i].name.type == DB_TYPE_NULL);
        assert_true(text_equal(db_column_text(rows, 1), things[i].name.text));
        assert_int_equal(db_column_is_null(rows, 2), things[i].data.type == DB_TYPE_NULL);
        assert_true(text_equal(db_column_text(rows, 2), things[i].data.text));
        assert_int_equal(db_column_is_null(rows, 3), things[i].many.type == DB_TYPE_NULL);
        assert_true(db_column_int(rows, 3) == things[i].many.integer);
        WORLD_OK(world, db_next(rows, &have_row, &world->fault));
        assert_false(have_row);
        WORLD_OK(world, db_next(rows, &have_row, &world->fault));
        assert_false(have_row);
        db_rows_close(rows);
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(every_type_and_null_come_back_as_they_went),
    };
    (void)insert_thing;
    (void)count_things;
    return world_run_tests("db", tests, sizeof tests / sizeof tests[0]);
}
