/* The log's joined writes: what a commit has reported is in the files for any other program that uses SQLite,
 * and what a file system refuses is refused whole. Other programs are stood for by connections over SQLite's
 * own file system. On SQLite alone. */
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { ROW_BYTES = 1000, ROWS = 3000 };

static const char INSERT[] = "insert into things (id, content) values ($1, $2)";
static const char SUM[] = "select coalesce(sum(length(content)), 0) from things";

static void a_table_of_things(struct world *world) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, "create table things (id bigint primary key, content text)", DB_NO_ARGS,
                           NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static enum status insert_things(struct world *world, int64_t first_id, int64_t count) {
    static char content[ROW_BYTES];
    enum status status = STATUS_OK;
    memset(content, 'x', sizeof content);
    for (int64_t i = 0; i < count && status == STATUS_OK; i++) {
        status = db_run(world->db, INSERT,
                        DB_ARGS(db_integer(first_id + i), db_string((struct text){content, ROW_BYTES})), NULL,
                        &world->fault);
    }
    return status;
}

static int64_t bytes_of_things(struct world *world) {
    int64_t bytes = -1;
    WORLD_OK(world, db_query_int(world->db, SUM, DB_NO_ARGS, -1, &bytes, &world->fault));
    return bytes;
}

static void commit_things(struct world *world, int64_t first_id, int64_t count) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, insert_things(world, first_id, count));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

/* In a transaction: every seventh of all of them is a byte longer. */
static void insert_and_change_things(struct world *world) {
    WORLD_OK(world, insert_things(world, 1, ROWS));
    WORLD_OK(world, db_run(world->db, "update things set content = content || 'y' where id % 7 = 0",
                           DB_NO_ARGS, NULL, &world->fault));
    assert_int_equal(bytes_of_things(world), ROWS * ROW_BYTES + ROWS / 7);
}

static const char *path_of(const struct world *world) {
    return strchr(world->url, ':') + 1;
}

/* The first column of the only row that another program is answered, as text. */
static void ask_as_another_program(const char *path, const char *sql, char answer[32]) {
    sqlite3 *other = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &other, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(other, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    snprintf(answer, 32, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(other);
}

static void another_program_sees(const struct world *world, int64_t bytes) {
    char answer[32];
    char expected[32];
    snprintf(expected, sizeof expected, "%lld", (long long)bytes);
    ask_as_another_program(path_of(world), SUM, answer);
    assert_string_equal(answer, expected);
    ask_as_another_program(path_of(world), "pragma integrity_check", answer);
    assert_string_equal(answer, "ok");
}

static void every_commit_is_read_by_another_program_at_once(void **state) {
    struct world *world = *state;
    if (world->engine != DB_SQLITE) {
        return;
    }
    a_table_of_things(world);
    for (int64_t i = 1; i <= 20; i++) {
        commit_things(world, i * ROWS, i * i);
        another_program_sees(world, bytes_of_things(world));
    }
    assert_int_equal(bytes_of_things(world), 2870 * ROW_BYTES);
}

static void the_files_as_a_commit_leaves_them_hold_all_of_it(void **state) {
    struct world *world = *state;
    if (world->engine != DB_SQLITE) {
        return;
    }
    a_table_of_things(world);
    commit_things(world, 1, ROWS);
    struct text copy = world_file(world, "copy.db");
    world_copy_store(world, copy);
    char answer[32];
    ask_as_another_program(copy.at, SUM, answer);
    assert_string_equal(answer, "3000000");
    ask_as_another_program(copy.at, "pragma integrity_check", answer);
    assert_string_equal(answer, "ok");
}

static void a_transaction_that_outgrows_its_memory_reads_back_what_it_wrote(void **state) {
    struct world *world = *state;
    if (world->engine != DB_SQLITE) {
        return;
    }
    a_table_of_things(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, "pragma cache_size = 10", DB_NO_ARGS, NULL, &world->fault));
    insert_and_change_things(world);
    db_rollback(world->db);
    another_program_sees(world, 0);

    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    insert_and_change_things(world);
    WORLD_OK(world, db_commit(world->db, &world->fault));
    another_program_sees(world, ROWS * ROW_BYTES + ROWS / 7);
}

static void limit_files(rlim_t size_bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size_bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static rlim_t log_size(const struct world *world) {
    char log[512];
    struct stat facts;
    snprintf(log, sizeof log, "%s-wal", path_of(world));
    assert_int_equal(stat(log, &facts), 0);
    return (rlim_t)facts.st_size;
}

static void a_commit_that_the_disk_has_no_room_for_fails_whole_and_the_next_goes_on(void **state) {
    struct world *world = *state;
    if (world->engine != DB_SQLITE) {
        return;
    }
    a_table_of_things(world);
    commit_things(world, 1, 10);

    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t room = 0; room < 300000; room += 99991) {
        WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
        WORLD_OK(world, insert_things(world, 1000, 1000));
        limit_files(log_size(world) + room);
        enum status status = db_commit(world->db, &world->fault);
        limit_files(before.rlim_cur);
        WORLD_FAULT(world, "database-failed", status);
        another_program_sees(world, 10 * ROW_BYTES);
        assert_int_equal(bytes_of_things(world), 10 * ROW_BYTES);

        commit_things(world, 5000, 10);
        another_program_sees(world, 20 * ROW_BYTES);
        WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
        WORLD_OK(world,
                 db_run(world->db, "delete from things where id >= 5000", DB_NO_ARGS, NULL, &world->fault));
        WORLD_OK(world, db_commit(world->db, &world->fault));
    }
    signal(SIGXFSZ, SIG_DFL);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(every_commit_is_read_by_another_program_at_once),
        WORLD_TEST(the_files_as_a_commit_leaves_them_hold_all_of_it),
        WORLD_TEST(a_transaction_that_outgrows_its_memory_reads_back_what_it_wrote),
        WORLD_TEST(a_commit_that_the_disk_has_no_room_for_fails_whole_and_the_next_goes_on),
    };
    return world_run_tests("sqlite_log", tests, sizeof tests / sizeof tests[0]);
}
