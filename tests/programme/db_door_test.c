/* What the database interface has for the device door: one statement for many rows, one holder of a name, and
 * to be told of another connection's changes. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static const char SAVE[] = "insert into device_seen (device_id, sequence, link, seen_at_s, lease_expires_s) "
                           "values ($1, $2, 0, 0, 0) on conflict (device_id) do update set sequence = "
                           "excluded.sequence";
static const char SUM[] = "select cast(coalesce(sum(sequence), 0) as bigint) from device_seen";

/* What takes longer hangs: no machine is so slow or so busy. */
enum { MANY = 3000, PATIENCE_MS = 900000 };

static int64_t sum_of(struct world *world) {
    int64_t sum = -1;
    WORLD_OK(world, db_query_int(world->db, SUM, DB_NO_ARGS, 0, &sum, &world->fault));
    return sum;
}

static void one_statement_runs_for_many_rows_in_their_order(void **state) {
    struct world *world = *state;
    struct db_value *values = ARENA_NEW(&world->arena, struct db_value, MANY * 2);
    for (int64_t i = 0; i < MANY; i++) {
        values[i * 2] = db_integer(i / 2 + 1); /* each device twice: the second is the one that stays */
        values[i * 2 + 1] = db_integer(i % 2 == 0 ? 1000 : 1);
    }
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run_many(world->db, SAVE, values, 2, MANY, &world->fault));
    WORLD_OK(world, db_run_many(world->db, SAVE, values, 2, 0, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(sum_of(world), MANY / 2);
}

static void a_row_that_fails_among_many_fails_them_all(void **state) {
    struct world *world = *state;
    static const char INSERT[] = "insert into device_months (month, device_id, licensed, unlicensed) values "
                                 "($1, $2, 1, 0)";
    struct db_value values[2 * 700];
    for (int64_t i = 0; i < 700; i++) {
        values[i * 2] = db_integer(1);
        values[i * 2 + 1] = db_integer(i == 300 ? 5 : i);
    }
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, "already-exists", db_run_many(world->db, INSERT, values, 2, 700, &world->fault));
    WORLD_FAULT(world, "transaction-failed", db_commit(world->db, &world->fault));
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run_many(world->db, INSERT, values, 2, 300, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    static const char COUNT[] = "select count(*) from device_months";
    int64_t count = 0;
    WORLD_OK(world, db_query_int(world->db, COUNT, DB_NO_ARGS, 0, &count, &world->fault));
    assert_int_equal(count, 300);
}

static void a_name_has_one_holder_until_its_connection_closes(void **state) {
    struct world *world = *state;
    struct db *first = world_reopen(world);
    struct db *second = world_reopen(world);
    bool claimed = false;
    WORLD_OK(world, db_claim(first, "device-door", &claimed, &world->fault));
    assert_true(claimed);
    WORLD_OK(world, db_claim(first, "device-door", &claimed, &world->fault));
    assert_true(claimed);
    WORLD_OK(world, db_claim(second, "device-door", &claimed, &world->fault));
    assert_false(claimed);
    world_close_other(world, first);
    /* The server may take a moment to end the session. */
    for (int i = 0; i < PATIENCE_MS / 10 && !claimed; i++) {
        WORLD_OK(world, db_claim(second, "device-door", &claimed, &world->fault));
        usleep(claimed ? 0 : 10000);
    }
    assert_true(claimed);
}

static void note_a_change(struct world *world) {
    static const char NOTE[] =
        "insert into device_changes (sequence, kind, subject_id, at_us) select coalesce(max(sequence), 0) + "
        "1, 'licence', 1, 0 from device_changes";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, NOTE, DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void another_connections_change_ends_a_wait_and_so_does_a_wake(void **state) {
    struct world *world = *state;
    struct db *waiting = world_reopen(world);
    int wake = eventfd(0, EFD_CLOEXEC);
    bool changed = false;
    WORLD_OK(world, db_wait(waiting, wake, 1000, &changed, &world->fault));
    assert_true(changed); /* the first look */
    WORLD_OK(world, db_wait(waiting, wake, 60, &changed, &world->fault));
    assert_false(changed);
    note_a_change(world);
    WORLD_OK(world, db_wait(waiting, wake, PATIENCE_MS, &changed, &world->fault));
    assert_true(changed);
    note_a_change(world);
    note_a_change(world);
    WORLD_OK(world, db_wait(waiting, wake, PATIENCE_MS, &changed, &world->fault));
    assert_true(changed);
    eventfd_write(wake, 1);
    for (int i = 0; i < 3 && changed; i++) {
        WORLD_OK(world, db_wait(waiting, wake, PATIENCE_MS, &changed, &world->fault));
    }
    assert_false(changed);
    close(wake);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(one_statement_runs_for_many_rows_in_their_order),
        WORLD_TEST(a_row_that_fails_among_many_fails_them_all),
        WORLD_TEST(a_name_has_one_holder_until_its_connection_closes),
        WORLD_TEST(another_connections_change_ends_a_wait_and_so_does_a_wake),
    };
    return world_run_tests("db for the door", tests, sizeof tests / sizeof tests[0]);
}
