/* The database interface: the same on SQLite and on PostgreSQL, transactions and faults included. */
#include "store/engine/db_engine.h" /* db_migrate_to */
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

static void ten_megabytes_of_text_come_back(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    size_t length = 10 * 1000 * 1000;
    char *long_text = ARENA_NEW(&world->arena, char, length);
    memset(long_text, 'm', length);
    memcpy(long_text, "first", 5);
    memcpy(long_text + length - 4, "last", 4);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world,
             db_run(world->db, INSERT_THING,
                    DB_ARGS(db_integer(1), db_string((struct text){long_text, length}), db_null(), db_null()),
                    NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    struct db_rows *rows;
    bool have_row = false;
    WORLD_OK(world, db_query(world->db, SELECT_THING, DB_ARGS(db_integer(1)), &rows, &world->fault));
    WORLD_OK(world, db_next(rows, &have_row, &world->fault));
    struct text copy = db_column_copy(rows, 1, &world->arena);
    db_rows_close(rows);
    assert_true(text_equal(copy, (struct text){long_text, length}));
}

/* SQLite numbers "$2" first when it is met first. */
static void parameters_may_stand_in_any_order_and_more_than_once(void **state) {
    struct world *world = *state;
    static const char SQL[] = "select cast($3 as bigint) - cast($1 as bigint) * 10 where $2 = $2 and $1 < $3";
    int64_t value = 0;
    WORLD_OK(world,
             db_query_int(world->db, SQL, DB_ARGS(db_integer(1), db_string(TEXT("x")), db_integer(300)), 0,
                          &value, &world->fault));
    assert_int_equal(value, 290);
}

static void a_query_without_a_row_gives_the_other_value(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    static const char SQL[] = "select many from things where id = $1";
    int64_t value = 0;
    WORLD_OK(world, db_query_int(world->db, SQL, DB_ARGS(db_integer(1)), -5, &value, &world->fault));
    assert_int_equal(value, -5);
}

static void the_number_of_changed_rows_is_told(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    static const char UPDATE[] = "update things set many = many + $1 where id > $2";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    for (int64_t id = 1; id <= 5; id++) {
        WORLD_OK(world, insert_thing(world->db, id, &world->fault));
    }
    int64_t changed = 0;
    WORLD_OK(world,
             db_run(world->db, UPDATE, DB_ARGS(db_integer(1), db_integer(2)), &changed, &world->fault));
    assert_int_equal(changed, 3);
    WORLD_OK(world,
             db_run(world->db, UPDATE, DB_ARGS(db_integer(1), db_integer(9)), &changed, &world->fault));
    assert_int_equal(changed, 0);
    db_rollback(world->db);
}

static void an_insert_that_returns_has_happened_before_its_rows_are_read(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    static const char SQL[] = "insert into things (id) values ($1), ($2) returning id";
    struct db_rows *rows;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_query(world->db, SQL, DB_ARGS(db_integer(1), db_integer(2)), &rows, &world->fault));
    db_rows_close(rows);
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(count_things(world, world->db), 2);
}

/* ---- transactions ---- */

static void a_rolled_back_transaction_leaves_nothing(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    assert_true(db_in_transaction(world->db));
    WORLD_OK(world, insert_thing(world->db, 1, &world->fault));
    db_rollback(world->db);
    assert_false(db_in_transaction(world->db));
    assert_int_equal(count_things(world, world->db), 0);
}

static void a_connection_that_is_closed_rolls_back(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    struct db *other = world_reopen(world);
    WORLD_OK(world, db_begin(other, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_thing(other, 1, &world->fault));
    world_close_other(world, other);
    assert_int_equal(count_things(world, world->db), 0);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_thing(world->db, 1, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void a_reader_keeps_its_snapshot_while_another_writes(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    struct db *reader = world_reopen(world);
    WORLD_OK(world, db_begin(reader, DB_READ, &world->fault));
    assert_int_equal(count_things(world, reader), 0);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_thing(world->db, 1, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(count_things(world, reader), 0);
    WORLD_OK(world, db_commit(reader, &world->fault));
    assert_int_equal(count_things(world, reader), 1);
}

static void a_writer_that_waits_too_long_is_told_that_the_database_is_busy(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    struct db *second = world_reopen(world);
    db_set_write_wait(second, 20);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, "database-busy", db_begin(second, DB_WRITE, &world->fault));
    assert_int_equal(world->fault.status, STATUS_BUSY);
    assert_false(db_in_transaction(second));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_OK(world, db_begin(second, DB_WRITE, &world->fault));
    WORLD_OK(world, db_commit(second, &world->fault));
}

struct writer {
    struct db *db;
    int64_t seen;
    enum status status;
    struct fault fault;
};

/* Adds one to the only thing's number by reading and writing it, which needs the lock to be right. */
static enum status add_one(struct db *db, struct fault *fault) {
    static const char SELECT[] = "select many from things where id = 1";
    static const char UPDATE[] = "update things set many = $1 where id = 1";
    int64_t many = 0;
    enum status status = db_begin(db, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = db_query_int(db, SELECT, DB_NO_ARGS, 0, &many, fault);
    if (status == STATUS_OK) {
        status = db_run(db, UPDATE, DB_ARGS(db_integer(many + 1)), NULL, fault);
    }
    if (status != STATUS_OK) {
        db_rollback(db);
        return status;
    }
    return db_commit(db, fault);
}

static void *write_twenty_times(void *argument) {
    struct writer *writer = argument;
    for (int i = 0; i < 20 && writer->status == STATUS_OK; i++) {
        writer->status = add_one(writer->db, &writer->fault);
    }
    return NULL;
}

static void writers_wait_for_each_other_and_see_what_was_written_before(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    static const char ZERO[] = "insert into things (id, many) values (1, 100)";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, ZERO, DB_NO_ARGS, NULL, &world->fault));
    struct writer writers[3] = {
        {.db = world_reopen(world)}, {.db = world_reopen(world)}, {.db = world_reopen(world)}};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_twenty_times, &writers[i]), 0);
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        world->fault = writers[i].fault;
        WORLD_OK(world, writers[i].status);
    }
    static const char SELECT[] = "select many from things where id = 1";
    int64_t many = 0;
    WORLD_OK(world, db_query_int(world->db, SELECT, DB_NO_ARGS, 0, &many, &world->fault));
    assert_int_equal(many, 160);
}

static void a_counter_has_no_gap_after_a_rollback(void **state) {
    struct world *world = *state;
    int64_t first = 0;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_counter_take(world->db, "licence", 1, &first, &world->fault));
    assert_int_equal(first, 1);
    WORLD_OK(world, db_counter_take(world->db, "licence", 3, &first, &world->fault));
    assert_int_equal(first, 2);
    WORLD_OK(world, db_commit(world->db, &world->fault));

    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_counter_take(world->db, "licence", 10, &first, &world->fault));
    assert_int_equal(first, 5);
    db_rollback(world->db);

    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_counter_take(world->db, "licence", 1, &first, &world->fault));
    assert_int_equal(first, 5);
    WORLD_OK(world, db_counter_take(world->db, "block", 1, &first, &world->fault));
    assert_int_equal(first, 1);
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void what_a_transaction_takes_of_counters_is_known_to_it_and_written_at_its_end(void **state) {
    struct world *world = *state;
    int64_t first = 0;
    int64_t taken = 0;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_counter_taken(world->db, "1", &taken, &world->fault));
    assert_int_equal(taken, 0);
    /* More of them, and longer names, than a transaction remembers. */
    static const char *const NAMES[] = {
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "10",
        "a name of a counter that is longer than those the program has itself"};
    enum { NAMES_COUNT = sizeof NAMES / sizeof NAMES[0] };
    for (int64_t round = 0; round < 3; round++) {
        for (int64_t i = 0; i < NAMES_COUNT; i++) {
            WORLD_OK(world, db_counter_take(world->db, NAMES[i], i + 1, &first, &world->fault));
            assert_int_equal(first, round * (i + 1) + 1);
            WORLD_OK(world, db_counter_taken(world->db, NAMES[i], &taken, &world->fault));
            assert_int_equal(taken, (round + 1) * (i + 1));
        }
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));
    for (int64_t i = 0; i < NAMES_COUNT; i++) {
        WORLD_OK(world, db_counter_taken(world->db, NAMES[i], &taken, &world->fault));
        assert_int_equal(taken, 3 * (i + 1));
    }

    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_counter_take(world->db, "1", 1, &first, &world->fault));
    WORLD_OK(world, db_counter_take(world->db, "1", 1, &first, &world->fault));
    db_rollback(world->db);
    WORLD_OK(world, db_counter_taken(world->db, "1", &taken, &world->fault));
    assert_int_equal(taken, 3);
}

/* ---- refusals ---- */

static void a_second_thing_of_the_same_key_is_a_conflict_and_ends_the_transaction(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_thing(world->db, 1, &world->fault));
    WORLD_FAULT(world, "already-exists", insert_thing(world->db, 1, &world->fault));
    assert_int_equal(world->fault.status, STATUS_CONFLICT);
    WORLD_FAULT(world, "transaction-failed", insert_thing(world->db, 2, &world->fault));
    WORLD_FAULT(world, "transaction-failed", db_commit(world->db, &world->fault));
    assert_false(db_in_transaction(world->db));
    assert_int_equal(count_things(world, world->db), 0);
}

static void refuses(struct world *world, const char *code, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, code, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    db_rollback(world->db);
}

static void takes(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void other_constraints_and_wrong_sql_have_codes_of_their_own(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    refuses(world, "constraint-broken", "insert into things (id, many) values (1, 13)");
    refuses(world, "constraint-broken", "insert into sku_components (sku_id, component_id) values (1, 1)");
    refuses(world, "database-failed", "insert into nowhere (id) values (1)");
}

static void append_only_tables_refuse_update_and_delete(void **state) {
    struct world *world = *state;
    takes(world, "insert into licence_events (number, at_us, licence_id, provider_id, customer_id, sku_id, "
                 "cause_id, "
                 "kind, own_seats, seats_before, seats_after, recorded_at_us) values (1, 2, 3, 4, 5, 6, 0, "
                 "1, 1, 0, 1, 2)");
    takes(world,
          "insert into audit (id, at_us, actor, account_id, action, subject, subject_account_id, detail) "
          "values (1, 2, 'operator', 0, 'test', '', 0, '')");
    refuses(world, "constraint-broken", "update licence_events set seats_after = 2");
    refuses(world, "constraint-broken", "delete from licence_events where number = 1");
    refuses(world, "constraint-broken", "update audit set actor = 'nobody'");
    refuses(world, "constraint-broken", "delete from audit");
    takes(world, "insert into kept_months (time_zone, month, midnights_us) values ('UTC', 24321, '0')");
    refuses(world, "constraint-broken", "update kept_months set midnights_us = '1'");
    refuses(world, "constraint-broken", "delete from kept_months");
    if (world->engine == DB_POSTGRESQL) {
        refuses(world, "constraint-broken", "truncate licence_events");
        refuses(world, "constraint-broken", "truncate invoice_lines");
        refuses(world, "constraint-broken", "truncate ledger");
        refuses(world, "constraint-broken", "truncate kept_months");
        refuses(world, "constraint-broken", "update ledger set currency = 'EUR'");
        refuses(world, "constraint-broken", "update invoice_lines set note = ''");
    } else {
        refuses(world, "constraint-broken",
                "insert or replace into audit (id, at_us, actor, account_id, action, subject, "
                "subject_account_id, "
                "detail) values (1, 2, 'nobody', 0, 'test', '', 0, '')");
        static const char TRIGGERS[] = "select count(*) from sqlite_master where type = 'trigger' and "
                                       "tbl_name in ('licence_events', 'audit', 'ledger', 'invoice_lines', "
                                       "'kept_months')";
        int64_t triggers = 0;
        WORLD_OK(world, db_query_int(world->db, TRIGGERS, DB_NO_ARGS, 0, &triggers, &world->fault));
        assert_int_equal(triggers, 10);
    }
}

/* ---- many rows ---- */

static void bulk_things(struct world *world, int64_t count) {
    static const char *const COLUMNS[] = {"id", "name", "data", "many"};
    struct db_bulk *bulk;
    WORLD_OK(world, db_bulk_start(world->db, "things", COLUMNS, "itbi", &bulk, &world->fault));
    for (int64_t id = 1; id <= count; id++) {
        char name[32];
        snprintf(name, sizeof name, "thing %lld", (long long)id);
        const struct db_value values[] = {db_integer(id), db_string(text_of(name)),
                                          id % 2 == 0 ? db_null() : db_bytes(TEXT("\0")), db_integer(-id)};
        WORLD_OK(world, db_bulk_row(bulk, values, &world->fault));
    }
    WORLD_OK(world, db_bulk_finish(bulk, &world->fault));
}

static void a_hundred_thousand_rows_stream_through(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    bulk_things(world, 100000);
    WORLD_OK(world, db_commit(world->db, &world->fault));

    static const char SQL[] =
        "select id, name, data, many, case when id > $1 then 1 else 0 end -- not '$1', \"$2\"\n"
        "from things where name <> '$1' and id >= $1 and many <> $2 order by id";
    struct db_rows *rows;
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    for (int again = 0; again < 2; again++) {
        WORLD_OK(world, db_stream(world->db, SQL, DB_ARGS(db_integer(1), db_integer(INT64_MIN)), &rows,
                                  &world->fault));
        int64_t count = 0;
        for (bool have_row = true; have_row;) {
            WORLD_OK(world, db_next(rows, &have_row, &world->fault));
            if (have_row) {
                count++;
                assert_int_equal(db_column_int(rows, 0), count);
                assert_int_equal(db_column_text(rows, 1).length,
                                 6 + (size_t)snprintf(NULL, 0, "%d", (int)count));
                assert_int_equal(db_column_is_null(rows, 2), count % 2 == 0);
                assert_int_equal(db_column_int(rows, 3), -count);
                assert_int_equal(db_column_int(rows, 4), count > 1);
            }
        }
        assert_int_equal(count, 100000);
        db_rows_close(rows);
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void a_stream_may_be_left_early(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    bulk_things(world, 20000);
    static const char SQL[] = "select id, name from things where id > $1";
    struct db_rows *rows;
    bool have_row = false;
    WORLD_OK(world, db_stream(world->db, SQL, DB_ARGS(db_integer(-1)), &rows, &world->fault));
    WORLD_OK(world, db_next(rows, &have_row, &world->fault));
    db_rows_close(rows);
    assert_true(have_row);
    assert_int_equal(count_things(world, world->db), 20000);
    WORLD_OK(world, db_stream(world->db, SQL, DB_ARGS(db_integer(50000)), &rows, &world->fault));
    WORLD_OK(world, db_next(rows, &have_row, &world->fault));
    assert_false(have_row);
    db_rows_close(rows);
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void a_bulk_load_may_be_abandoned_and_refuses_what_is_there(void **state) {
    struct world *world = *state;
    a_table_of_things(world);
    static const char *const COLUMNS[] = {"id"};
    struct db_bulk *bulk;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_bulk_start(world->db, "things", COLUMNS, "i", &bulk, &world->fault));
    WORLD_OK(world, db_bulk_row(bulk, &(struct db_value){DB_TYPE_INT, 1, {0}}, &world->fault));
    db_bulk_abandon(bulk);
    db_rollback(world->db);
    assert_int_equal(count_things(world, world->db), 0);

    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_thing(world->db, 1, &world->fault));
    WORLD_OK(world, db_bulk_start(world->db, "things", COLUMNS, "i", &bulk, &world->fault));
    enum status status = db_bulk_row(bulk, &(struct db_value){DB_TYPE_INT, 1, {0}}, &world->fault);
    if (status == STATUS_OK) {
        status = db_bulk_finish(bulk, &world->fault);
    } else {
        db_bulk_abandon(bulk);
    }
    WORLD_FAULT(world, "already-exists", status);
    db_rollback(world->db);
    assert_int_equal(count_things(world, world->db), 0);
}

/* ---- versions ---- */

static void migrating_again_changes_nothing(void **state) {
    struct world *world = *state;
    WORLD_OK(world, db_check_version(world->db, &world->fault));
    WORLD_OK(world, db_migrate(world->db, &world->fault));
    WORLD_OK(world, db_check_version(world->db, &world->fault));
}

static void *open_and_migrate(void *argument) {
    struct writer *writer = argument;
    writer->status = db_migrate(writer->db, &writer->fault);
    return NULL;
}

static void several_may_migrate_at_once(void **state) {
    struct world *world = world_empty(((struct world *)*state)->engine);
    WORLD_FAULT(world, "store-not-initialised", db_check_version(world->db, &world->fault));
    struct writer writers[3] = {
        {.db = world_reopen(world)}, {.db = world_reopen(world)}, {.db = world_reopen(world)}};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_migrate, &writers[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        world->fault = writers[i].fault;
        WORLD_OK(world, writers[i].status);
    }
    WORLD_OK(world, db_check_version(world->db, &world->fault));
    world_drop(world);
}

/* Migration 006 makes these tables anew on SQLite. */
static void what_devices_did_is_kept_when_their_tables_get_narrower_keys(void **state) {
    static const char SEEN[] =
        "select sequence * 10000 + link * 1000 + seen_at_s * 100 + lease_expires_s * 10 + "
        "profile_id + month_marks * 100000 from device_seen where device_id = $1";
    static const char MONTHS[] =
        "select licensed * 10 + unlicensed from device_months where month = 682 and device_id = $1";
    struct world *world = world_empty(((struct world *)*state)->engine);
    WORLD_OK(world, db_migrate_to(world->db, 5, &world->fault));
    takes(world,
          "insert into device_seen (device_id, sequence, link, seen_at_s, lease_expires_s, profile_id, "
          "month_marks) values (7, 2, 3, 4, 5, 6, 1), (9, 1, -1, 0, 0, 0, 0)");
    takes(world, "insert into device_months (month, device_id, licensed, unlicensed) values (682, 7, 1, 0), "
                 "(682, 9, 0, 1), (683, 7, 1, 1)");
    WORLD_OK(world, db_migrate(world->db, &world->fault));
    int64_t found[4] = {0};
    WORLD_OK(world, db_query_int(world->db, SEEN, DB_ARGS(db_integer(7)), 0, &found[0], &world->fault));
    WORLD_OK(world, db_query_int(world->db, SEEN, DB_ARGS(db_integer(9)), 0, &found[1], &world->fault));
    WORLD_OK(world, db_query_int(world->db, MONTHS, DB_ARGS(db_integer(7)), 0, &found[2], &world->fault));
    WORLD_OK(world, db_query_int(world->db, MONTHS, DB_ARGS(db_integer(9)), 0, &found[3], &world->fault));
    assert_int_equal(found[0], 123456);
    assert_int_equal(found[1], 9000);
    assert_int_equal(found[2], 10);
    assert_int_equal(found[3], 1);
    world_drop(world);
}

/* Migration 007 adds the rules that a month was closed by. */
static void months_that_are_closed_already_keep_the_first_rules(void **state) {
    static const char RULES[] = "select coalesce(rules, 0) from months where month = $1";
    struct world *world = world_empty(((struct world *)*state)->engine);
    WORLD_OK(world, db_migrate_to(world->db, 6, &world->fault));
    takes(world, "insert into accounts (id, kind, code, label, name, seller_id, depth, created_at_us) values "
                 "(1, 'distributor', 'D', 'D', 'D', null, 1, 0), (2, 'provider', 'P', 'P', 'P', 1, 2, 0)");
    takes(world, "insert into agreements (id, seller_id, buyer_id, state, currency, time_zone, tax_category, "
                 "tax_rate_millionths, payment_days, report_due_days, created_at_us) values "
                 "(1, 1, 2, 'signed', 'USD', 'UTC', 'S', 0, 30, 5, 0)");
    takes(world, "insert into months (agreement_id, month, state, closed_at_us) values "
                 "(1, 24320, 'closed', 5), (1, 24321, 'reporting', null)");
    WORLD_OK(world, db_migrate(world->db, &world->fault));
    int64_t closed = 0;
    int64_t open = -1;
    WORLD_OK(world, db_query_int(world->db, RULES, DB_ARGS(db_integer(24320)), 0, &closed, &world->fault));
    WORLD_OK(world, db_query_int(world->db, RULES, DB_ARGS(db_integer(24321)), 0, &open, &world->fault));
    assert_int_equal(closed, 1);
    assert_int_equal(open, 0);
    world_drop(world);
}

/* A document of before set-offs, of provider P by distributor D. */
static void issue_of_before(struct world *world, int id, const char *kind, const char *state, int gross,
                            const char *corrects) {
    takes(world,
          text_format(&world->arena,
                      "insert into invoices values (%d, 'D-2026-%06d', '%s', '%s', 1, 1, 2, %d, 'USD', 0, 0, "
                      "%d, 0, %d, '', %s, '', '', '', '', '', '', '', '', '', '', %d, %s)",
                      id, id, kind, state, 24300 + id, gross, gross, corrects, id,
                      strcmp(state, "issued") == 0 ? "null" : "100")
              .at);
}

static void must_be(struct world *world, int id, const char *state, int64_t set_off_minor) {
    int64_t found = 0;
    const char *sql =
        text_format(&world->arena,
                    "select count(*) from invoices where id = %d and state = '%s' and set_off_minor "
                    "= %lld and (settled_at_us is null) = (state = 'issued')",
                    id, state, (long long)set_off_minor)
            .at;
    WORLD_OK(world, db_query_int(world->db, sql, DB_NO_ARGS, 0, &found, &world->fault));
    if (found != 1) {
        fail_msg("document %d is not %s with %lld set off", id, state, (long long)set_off_minor);
    }
}

/* Migration 010 says of credit notes how much of them was set off, and settles what has nothing left. */
static void credit_notes_of_before_are_set_off_as_they_were(void **state) {
    struct world *world = world_empty(((struct world *)*state)->engine);
    WORLD_OK(world, db_migrate_to(world->db, 9, &world->fault));
    takes(world, "insert into accounts (id, kind, code, label, name, seller_id, depth, created_at_us) values "
                 "(1, 'distributor', 'D', 'D', 'D', null, 1, 0), (2, 'provider', 'P', 'P', 'P', 1, 2, 0)");
    takes(world, "insert into agreements (id, seller_id, buyer_id, state, currency, time_zone, tax_category, "
                 "tax_rate_millionths, payment_days, report_due_days, created_at_us) values "
                 "(1, 1, 2, 'signed', 'USD', 'UTC', 'S', 0, 30, 5, 0)");
    issue_of_before(world, 1, "invoice", "issued", 100, "null"); /* credited in part */
    issue_of_before(world, 2, "credit-note", "issued", -30, "1");
    issue_of_before(world, 3, "invoice", "issued", 100, "null"); /* credited in whole, and 3 beyond it */
    issue_of_before(world, 4, "credit-note", "issued", -60, "3");
    issue_of_before(world, 5, "credit-note", "issued", -43, "3");
    issue_of_before(world, 6, "invoice", "paid", 100, "null"); /* 20 with it, 30 given back, 50 owed */
    issue_of_before(world, 7, "credit-note", "paid", -20, "6");
    issue_of_before(world, 8, "credit-note", "paid", -30, "6");
    issue_of_before(world, 9, "credit-note", "issued", -50, "6");
    issue_of_before(world, 10, "invoice", "issued", 0, "null");   /* free months */
    issue_of_before(world, 11, "invoice", "issued", -70, "null"); /* of a correction */
    takes(world, "insert into ledger values (1, 1, 0, 8, 1, 'cash', 2, 0, 30, 'USD'), "
                 "(1, 2, 0, 8, 1, 'receivable', 2, 30, 0, 'USD')");
    WORLD_OK(world, db_migrate(world->db, &world->fault));
    must_be(world, 1, "issued", -1);
    must_be(world, 2, "paid", 30);
    must_be(world, 3, "paid", -1);
    must_be(world, 4, "paid", 60);
    must_be(world, 5, "issued", 40);
    must_be(world, 6, "paid", -1);
    must_be(world, 7, "paid", 20);
    must_be(world, 8, "paid", 0);
    must_be(world, 9, "issued", 0);
    must_be(world, 10, "paid", -1);
    must_be(world, 11, "issued", -1);
    world_drop(world);
}

static void a_store_of_another_version_is_refused(void **state) {
    struct world *world = *state;
    takes(world, "delete from schema_version where version = (select max(version) from schema_version)");
    WORLD_FAULT(world, "store-outdated", db_check_version(world->db, &world->fault));
    takes(world, "insert into schema_version (version) values (99999)");
    WORLD_FAULT(world, "store-too-new", db_check_version(world->db, &world->fault));
    WORLD_FAULT(world, "store-too-new", db_migrate(world->db, &world->fault));
}

static void every_text_column_is_in_byte_order(void **state) {
    struct world *world = *state;
    if (world->engine == DB_SQLITE) {
        return; /* its columns are, unless they say otherwise */
    }
    static const char SQL[] =
        "select count(*) from information_schema.columns where table_schema = current_schema() "
        "and data_type = 'text' and collation_name is distinct from 'C'";
    int64_t others = -1;
    WORLD_OK(world, db_query_int(world->db, SQL, DB_NO_ARGS, -1, &others, &world->fault));
    assert_int_equal(others, 0);
}

/* ---- connections ---- */

static void malformed_urls_are_refused_without_repeating_a_password(void **state) {
    struct world *world = *state;
    const char *urls[] = {"",
                          "sqlite:",
                          "sqlite",
                          "mysql://x",
                          "/tmp/x.db",
                          "postgresql:/x",
                          "postgresql",
                          "postgresql://u:s3cret%@h/d",
                          "postgresql://u:s3cret@[::1/d",
                          "postgresql://u:s3cret@h/d?nonsense=1"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct db *db = NULL;
        WORLD_FAULT(world, "malformed-database-url", db_open(text_of(urls[i]), &db, &world->fault));
        assert_null(db);
        assert_null(strstr(world->fault.message, "s3cret"));
        assert_int_equal(strlen(world->fault.value), 0);
    }
    struct db *db = NULL;
    WORLD_FAULT(world, "malformed-database-url", db_open(TEXT("sqlite:a\0b"), &db, &world->fault));
}

static void a_database_that_is_not_there_is_unreachable(void **state) {
    struct world *world = *state;
    const char *urls[] = {"sqlite:/nowhere/at/all.db", "sqlite:/", "postgresql://u:s3cret@/d?host=/nowhere",
                          "postgresql://u:s3cret@127.0.0.1:1/d"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct db *db = NULL;
        WORLD_FAULT(world, "database-unreachable", db_open(text_of(urls[i]), &db, &world->fault));
        assert_null(db);
        assert_null(strstr(world->fault.message, "s3cret"));
    }
}

static void a_file_that_is_no_database_is_refused(void **state) {
    struct world *world = *state;
    struct text path = world_file(world, "letter.txt");
    FILE *file = fopen(path.at, "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++) {
        fputs("Dear Sir or Madam, this is not a database at all. ", file);
    }
    fclose(file);
    struct db *db = NULL;
    struct text url = text_format(&world->arena, "sqlite:%s", path.at);
    WORLD_FAULT(world, "database-unreachable", db_open(url, &db, &world->fault));
}

static void a_lost_connection_is_made_again_at_the_next_transaction(void **state) {
    struct world *world = *state;
    if (world->engine == DB_SQLITE) {
        return; /* has none to lose */
    }
    a_table_of_things(world);
    static const char WHO[] = "select pg_backend_pid()";
    static const char END[] = "select pg_terminate_backend(cast($1 as integer), 10000)";
    int64_t pid = 0;
    int64_t ended = 0;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_thing(world->db, 1, &world->fault));
    WORLD_OK(world, db_query_int(world->db, WHO, DB_NO_ARGS, 0, &pid, &world->fault));
    WORLD_OK(world,
             db_query_int(world_reopen(world), END, DB_ARGS(db_integer(pid)), 0, &ended, &world->fault));
    assert_int_equal(ended, 1);
    WORLD_FAULT(world, "database-failed", insert_thing(world->db, 2, &world->fault));
    db_rollback(world->db);

    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_thing(world->db, 3, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(count_things(world, world->db), 1);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(every_type_and_null_come_back_as_they_went),
        WORLD_TEST(ten_megabytes_of_text_come_back),
        WORLD_TEST(parameters_may_stand_in_any_order_and_more_than_once),
        WORLD_TEST(a_query_without_a_row_gives_the_other_value),
        WORLD_TEST(the_number_of_changed_rows_is_told),
        WORLD_TEST(an_insert_that_returns_has_happened_before_its_rows_are_read),
        WORLD_TEST(a_rolled_back_transaction_leaves_nothing),
        WORLD_TEST(a_connection_that_is_closed_rolls_back),
        WORLD_TEST(a_reader_keeps_its_snapshot_while_another_writes),
        WORLD_TEST(a_writer_that_waits_too_long_is_told_that_the_database_is_busy),
        WORLD_TEST(writers_wait_for_each_other_and_see_what_was_written_before),
        WORLD_TEST(a_counter_has_no_gap_after_a_rollback),
        WORLD_TEST(what_a_transaction_takes_of_counters_is_known_to_it_and_written_at_its_end),
        WORLD_TEST(a_second_thing_of_the_same_key_is_a_conflict_and_ends_the_transaction),
        WORLD_TEST(other_constraints_and_wrong_sql_have_codes_of_their_own),
        WORLD_TEST(append_only_tables_refuse_update_and_delete),
        WORLD_TEST(a_hundred_thousand_rows_stream_through),
        WORLD_TEST(a_stream_may_be_left_early),
        WORLD_TEST(a_bulk_load_may_be_abandoned_and_refuses_what_is_there),
        WORLD_TEST(migrating_again_changes_nothing),
        WORLD_TEST(several_may_migrate_at_once),
        WORLD_TEST(what_devices_did_is_kept_when_their_tables_get_narrower_keys),
        WORLD_TEST(months_that_are_closed_already_keep_the_first_rules),
        WORLD_TEST(credit_notes_of_before_are_set_off_as_they_were),
        WORLD_TEST(a_store_of_another_version_is_refused),
        WORLD_TEST(every_text_column_is_in_byte_order),
        WORLD_TEST(malformed_urls_are_refused_without_repeating_a_password),
        WORLD_TEST(a_database_that_is_not_there_is_unreachable),
        WORLD_TEST(a_file_that_is_no_database_is_refused),
        WORLD_TEST(a_lost_connection_is_made_again_at_the_next_transaction),
    };
    return world_run_tests("db", tests, sizeof tests / sizeof tests[0]);
}
