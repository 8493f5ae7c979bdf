/* Parts of the store: who waits for whom, in which order, and what a writer sees once it has what it needs.
 */
#include "store/engine/numbers.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

static const char MANY[] = "select taken from counters where name = 'many'";
static const char SET_MANY[] = "insert into counters (name, taken) values ('many', $1) "
                               "on conflict (name) do update set taken = excluded.taken";
static const char ADD[] = "insert into counters (name, taken) values ($1, 1)";

static enum status set_many(struct db *db, int64_t many, struct fault *fault) {
    return db_run(db, SET_MANY, DB_ARGS(db_integer(many)), NULL, fault);
}

static int64_t many_of(struct world *world, struct db *db) {
    int64_t many = -1;
    WORLD_OK(world, db_query_int(db, MANY, DB_NO_ARGS, 0, &many, &world->fault));
    return many;
}

/* A connection that does not wait long. */
static struct db *hasty(struct world *world) {
    struct db *db = world_reopen(world);
    db_set_write_wait(db, 20);
    return db;
}

static enum status begin_one(struct db *db, int64_t part, struct fault *fault) {
    return db_begin_parts(db, &part, 1, fault);
}

/* ---- who waits for whom ---- */

static void writers_of_one_part_wait_for_each_other(void **state) {
    struct world *world = *state;
    struct db *second = hasty(world);
    WORLD_OK(world, begin_one(world->db, 5, &world->fault));
    WORLD_FAULT(world, "database-busy", begin_one(second, 5, &world->fault));
    assert_int_equal(world->fault.status, STATUS_BUSY);
    assert_false(db_in_transaction(second));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_OK(world, begin_one(second, 5, &world->fault));
    WORLD_OK(world, db_commit(second, &world->fault));
}

static void writers_of_different_parts_go_on_side_by_side(void **state) {
    struct world *world = *state;
    struct db *second = hasty(world);
    WORLD_OK(world, begin_one(world->db, 5, &world->fault));
    if (world->engine == DB_SQLITE) { /* has one lock for any part */
        WORLD_FAULT(world, "database-busy", begin_one(second, 6, &world->fault));
        db_rollback(world->db);
        return;
    }
    WORLD_OK(world, begin_one(second, 6, &world->fault));
    WORLD_OK(world, db_run(second, ADD, DB_ARGS(db_string(TEXT("six"))), NULL, &world->fault));
    WORLD_OK(world, db_run(world->db, ADD, DB_ARGS(db_string(TEXT("five"))), NULL, &world->fault));
    WORLD_OK(world, db_commit(second, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void who_has_the_whole_store_is_alone(void **state) {
    struct world *world = *state;
    struct db *second = hasty(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, "database-busy", begin_one(second, 5, &world->fault));
    WORLD_FAULT(world, "database-busy", db_begin_parts(second, NULL, 0, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_OK(world, db_begin_parts(world->db, NULL, 0, &world->fault));
    WORLD_FAULT(world, "database-busy", db_begin(second, DB_WRITE, &world->fault));
    db_rollback(world->db);
    WORLD_OK(world, db_begin(second, DB_WRITE, &world->fault));
    db_rollback(second);
}

static void a_reader_waits_for_no_part(void **state) {
    struct world *world = *state;
    struct db *second = hasty(world);
    WORLD_OK(world, begin_one(world->db, 5, &world->fault));
    WORLD_OK(world, set_many(world->db, 1, &world->fault));
    WORLD_OK(world, db_begin(second, DB_READ, &world->fault));
    assert_int_equal(many_of(world, second), 0);
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(many_of(world, second), 0);
    db_rollback(second);
    assert_int_equal(many_of(world, second), 1);
}

/* ---- order ---- */

struct taker {
    struct db *db;
    const int64_t *parts;
    size_t count;
    enum status status;
    struct fault fault;
};

static void *take_often(void *argument) {
    struct taker *taker = argument;
    for (int i = 0; i < 60 && taker->status == STATUS_OK; i++) {
        taker->status = db_begin_parts(taker->db, taker->parts, taker->count, &taker->fault);
        if (taker->status == STATUS_OK) {
            taker->status = db_commit(taker->db, &taker->fault);
        }
    }
    return NULL;
}

/* A server that finds two waiting for each other refuses one of them. */
static void parts_are_taken_in_one_order_however_they_are_named(void **state) {
    static const int64_t ORDERS[][4] = {{3, 7, 11, 2}, {11, 7, 3, 7}, {2, 11, 2, 3}, {7, 2, 3, 11}};
    struct world *world = *state;
    struct taker takers[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        takers[i] = (struct taker){.db = world_reopen(world), .parts = ORDERS[i], .count = 4};
        assert_int_equal(pthread_create(&threads[i], NULL, take_often, &takers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        world->fault = takers[i].fault;
        WORLD_OK(world, takers[i].status);
    }
}

/* ---- open transactions ---- */

static void an_open_transaction_sees_what_others_did_before_it_took_its_part(void **state) {
    static const int64_t FIVE[] = {5};
    struct world *world = *state;
    struct db *second = hasty(world);
    WORLD_OK(world, db_begin_open(world->db, TEXT(""), &world->fault));
    assert_int_equal(db_hold(world->db), DB_HOLDS_NOTHING);
    assert_int_equal(many_of(world, world->db), 0);
    if (world->engine == DB_POSTGRESQL) {
        WORLD_OK(world, begin_one(second, 5, &world->fault));
        WORLD_OK(world, set_many(second, 3, &world->fault));
        WORLD_OK(world, db_commit(second, &world->fault));
    } else {
        WORLD_OK(world, set_many(world->db, 3, &world->fault));
    }
    WORLD_OK(world, db_take_parts(world->db, FIVE, 1, &world->fault));
    assert_int_equal(db_hold(world->db), DB_HOLDS_PARTS);
    assert_int_equal(many_of(world, world->db), 3);
    WORLD_FAULT(world, "database-busy", begin_one(second, 5, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

/* A wait that is too long shows with the first statement behind it at the latest. */
static enum status take_and_look(struct db *db, int64_t part, struct fault *fault) {
    int64_t many = 0;
    enum status status = db_begin_open(db, TEXT(""), fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = part < 0 ? db_take_whole(db, fault) : db_take_parts(db, &part, 1, fault);
    if (status == STATUS_OK) {
        status = db_query_int(db, MANY, DB_NO_ARGS, 0, &many, fault);
    }
    db_rollback(db);
    return status;
}

static void an_open_transaction_waits_for_what_it_takes(void **state) {
    struct world *world = *state;
    struct db *second = hasty(world);
    WORLD_OK(world, begin_one(world->db, 5, &world->fault));
    WORLD_FAULT(world, "database-busy", take_and_look(second, 5, &world->fault));
    WORLD_FAULT(world, "database-busy", take_and_look(second, -1, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_OK(world, take_and_look(second, 5, &world->fault));
    WORLD_OK(world, take_and_look(second, -1, &world->fault));
}

static enum status open_and_look(struct db *db, struct text name, struct fault *fault) {
    int64_t many = 0;
    enum status status = db_begin_open(db, name, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = db_query_int(db, MANY, DB_NO_ARGS, 0, &many, fault);
    db_rollback(db);
    return status;
}

static void two_open_transactions_of_one_name_wait_for_each_other(void **state) {
    struct world *world = *state;
    struct db *second = hasty(world);
    WORLD_OK(world, db_begin_open(world->db, TEXT("token 1 key 2"), &world->fault));
    WORLD_OK(world, set_many(world->db, 1, &world->fault));
    WORLD_FAULT(world, "database-busy", open_and_look(second, TEXT("token 1 key 2"), &world->fault));
    if (world->engine == DB_POSTGRESQL) {
        WORLD_OK(world, open_and_look(second, TEXT("token 1 key 3"), &world->fault));
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));
    WORLD_OK(world, open_and_look(second, TEXT("token 1 key 2"), &world->fault));
}

static void a_part_that_a_transaction_has_not_taken_is_refused(void **state) {
    static const int64_t SOME[] = {9, 4};
    struct world *world = *state;
    WORLD_OK(world, db_begin_parts(world->db, SOME, 2, &world->fault));
    WORLD_OK(world, db_require_part(world->db, 4, &world->fault));
    WORLD_OK(world, db_require_part(world->db, 9, &world->fault));
    WORLD_FAULT(world, "database-busy", db_require_part(world->db, 5, &world->fault));
    db_rollback(world->db);
    WORLD_FAULT(world, "database-busy", db_require_part(world->db, 4, &world->fault));
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_require_part(world->db, 5, &world->fault));
    db_rollback(world->db);
}

/* ---- what nobody waits for ---- */

static void what_is_run_later_is_there_in_its_order(void **state) {
    struct world *world = *state;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    for (int64_t i = 1; i <= 1000; i++) {
        WORLD_OK(world, db_run_later(world->db, SET_MANY, DB_ARGS(db_integer(i)), &world->fault));
        if (i % 400 == 0) {
            assert_int_equal(many_of(world, world->db), i);
        }
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(many_of(world, world->db), 1000);
}

static enum status add_twice(struct db *db, bool asks, struct fault *fault) {
    int64_t many = 0;
    enum status status = db_begin(db, DB_WRITE, fault);
    for (int i = 0; i < 2 && status == STATUS_OK; i++) {
        status = db_run_later(db, ADD, DB_ARGS(db_string(TEXT("twice"))), fault);
    }
    if (status == STATUS_OK && asks) {
        status = db_query_int(db, MANY, DB_NO_ARGS, 0, &many, fault);
    }
    if (status == STATUS_OK) {
        return db_commit(db, fault);
    }
    db_rollback(db);
    return status;
}

static void what_is_run_later_and_fails_is_told_by_the_next_or_by_the_commit(void **state) {
    static const char COUNT[] = "select count(*) from counters where name = 'twice'";
    struct world *world = *state;
    int64_t count = -1;
    WORLD_FAULT(world, "already-exists", add_twice(world->db, true, &world->fault));
    WORLD_FAULT(world, "already-exists", add_twice(world->db, false, &world->fault));
    WORLD_OK(world, db_query_int(world->db, COUNT, DB_NO_ARGS, 0, &count, &world->fault));
    assert_int_equal(count, 0);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run_later(world->db, ADD, DB_ARGS(db_string(TEXT("twice"))), &world->fault));
    db_rollback(world->db);
    WORLD_OK(world, db_query_int(world->db, COUNT, DB_NO_ARGS, 0, &count, &world->fault));
    assert_int_equal(count, 0);
}

/* ---- numbers ---- */

static void two_writers_at_once_get_different_numbers(void **state) {
    struct world *world = *state;
    int64_t mine[300];
    int64_t other = 0;
    WORLD_OK(world, begin_one(world->db, 5, &world->fault));
    for (int i = 0; i < 300; i++) {
        WORLD_OK(world, db_number_take(world->db, DB_NUMBERS_BLOCKS, &mine[i], &world->fault));
        assert_true(i == 0 || mine[i] > mine[i - 1]);
    }
    if (world->engine == DB_POSTGRESQL) {
        struct db *second = hasty(world);
        WORLD_OK(world, begin_one(second, 6, &world->fault));
        WORLD_OK(world, db_number_take(second, DB_NUMBERS_BLOCKS, &other, &world->fault));
        WORLD_OK(world, db_commit(second, &world->fault));
    }
    WORLD_OK(world, db_commit(world->db, &world->fault));
    for (int i = 0; i < 300; i++) {
        assert_true(mine[i] > 0 && mine[i] != other);
    }
}

/* ---- connections that are lost ---- */

static void lose(struct world *world, struct db *db) {
    static const char WHO[] = "select pg_backend_pid()";
    static const char END[] = "select pg_terminate_backend(cast($1 as integer), 10000)";
    int64_t pid = 0;
    int64_t ended = 0;
    struct db *other = world_reopen(world);
    WORLD_OK(world, db_query_int(db, WHO, DB_NO_ARGS, 0, &pid, &world->fault));
    WORLD_OK(world, db_query_int(other, END, DB_ARGS(db_integer(pid)), 0, &ended, &world->fault));
    assert_int_equal(ended, 1);
    world_close_other(world, other);
}

static void a_connection_that_was_lost_is_made_again_by_whoever_begins(void **state) {
    static const int64_t FIVE[] = {5};
    struct world *world = *state;
    if (world->engine == DB_SQLITE) {
        return; /* has none to lose */
    }
    lose(world, world->db);
    WORLD_OK(world, db_begin_parts(world->db, FIVE, 1, &world->fault));
    WORLD_OK(world, set_many(world->db, 1, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));

    lose(world, world->db);
    WORLD_OK(world, db_begin_open(world->db, TEXT("a name"), &world->fault));
    assert_int_equal(many_of(world, world->db), 1);
    WORLD_OK(world, db_take_parts(world->db, FIVE, 1, &world->fault));
    WORLD_OK(world, set_many(world->db, 2, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));

    lose(world, world->db);
    WORLD_OK(world, db_begin_open(world->db, TEXT(""), &world->fault));
    WORLD_OK(world, db_take_whole(world->db, &world->fault));
    assert_int_equal(many_of(world, world->db), 2);
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void a_connection_that_is_lost_takes_its_parts_and_what_was_run_later_with_it(void **state) {
    struct world *world = *state;
    if (world->engine == DB_SQLITE) {
        return;
    }
    struct db *second = hasty(world);
    WORLD_OK(world, begin_one(world->db, 5, &world->fault));
    WORLD_OK(world, db_run_later(world->db, SET_MANY, DB_ARGS(db_integer(7)), &world->fault));
    lose(world, world->db);
    WORLD_OK(world, db_run_later(world->db, SET_MANY, DB_ARGS(db_integer(8)), &world->fault));
    WORLD_FAULT(world, "database-failed", db_commit(world->db, &world->fault));
    WORLD_OK(world, begin_one(second, 5, &world->fault));
    assert_int_equal(many_of(world, second), 0);
    db_rollback(second);
    WORLD_OK(world, begin_one(world->db, 5, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(writers_of_one_part_wait_for_each_other),
        WORLD_TEST(writers_of_different_parts_go_on_side_by_side),
        WORLD_TEST(who_has_the_whole_store_is_alone),
        WORLD_TEST(a_reader_waits_for_no_part),
        WORLD_TEST(parts_are_taken_in_one_order_however_they_are_named),
        WORLD_TEST(an_open_transaction_sees_what_others_did_before_it_took_its_part),
        WORLD_TEST(an_open_transaction_waits_for_what_it_takes),
        WORLD_TEST(two_open_transactions_of_one_name_wait_for_each_other),
        WORLD_TEST(a_part_that_a_transaction_has_not_taken_is_refused),
        WORLD_TEST(what_is_run_later_is_there_in_its_order),
        WORLD_TEST(what_is_run_later_and_fails_is_told_by_the_next_or_by_the_commit),
        WORLD_TEST(two_writers_at_once_get_different_numbers),
        WORLD_TEST(a_connection_that_was_lost_is_made_again_by_whoever_begins),
        WORLD_TEST(a_connection_that_is_lost_takes_its_parts_and_what_was_run_later_with_it),
    };
    return world_run_tests("parts of the store", tests, sizeof tests / sizeof tests[0]);
}
