/* Backup and restore: the same store afterwards, on either engine, and nothing at all from a damaged file. */
#include "store/upkeep/backup_format.h"
#include "store/upkeep/backup_seal.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void run(struct world *world, const char *sql) {
    WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
}

/* Accounts that refer to each other, a logo of bytes, a long text, and the log. */
static void a_store_with_rows(struct world *world) {
    static const char *const COLUMNS[] = {
        "id", "at_us", "actor", "account_id", "action", "subject", "subject_account_id", "detail"};
    static const char LOGO[] = "update accounts set logo_png = $1, address = $2 where id = 1";
    char *long_text = ARENA_NEW(&world->arena, char, 3000000);
    memset(long_text, 'x', 3000000);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    /* The buyer first: its seller's number is the larger one. */
    run(world, "insert into accounts (id, kind, code, label, name, depth, created_at_us) "
               "values (2, 'distributor', 'D', 'D', 'Żółć 株式会社 🙂', 1, -5)");
    run(world, "insert into accounts (id, kind, code, label, name, seller_id, depth, created_at_us) "
               "values (1, 'provider', 'P', 'P', '', 2, 2, 9223372036854775807)");
    WORLD_OK(world, db_run(world->db, LOGO,
                           DB_ARGS(db_bytes((struct text){"\0\x89PNG\xFF", 6}),
                                   db_string((struct text){long_text, 3000000})),
                           NULL, &world->fault));
    run(world, "insert into licence_events (number, at_us, licence_id, provider_id, customer_id, sku_id, "
               "cause_id, "
               "kind, own_seats, seats_before, seats_after, recorded_at_us) values (1, 2, 3, 4, 5, 6, 0, 1, "
               "1, 0, 1, 2)");
    WORLD_OK(world, db_run(world->db, "insert into device_seen_log (number, entries) values (3, $1)",
                           DB_ARGS(db_bytes((struct text){"\0\1\xFF", 3})), NULL, &world->fault));
    struct db_bulk *bulk;
    WORLD_OK(world, db_bulk_start(world->db, "audit", COLUMNS, "iitittit", &bulk, &world->fault));
    for (int64_t id = 5000; id > 0; id--) {
        const struct db_value values[] = {
            db_integer(id), db_integer(id * 7),      db_string(TEXT("operator")),
            db_integer(0),  db_string(TEXT("test")), db_string(TEXT("")),
            db_integer(0),  db_string(TEXT("d"))};
        WORLD_OK(world, db_bulk_row(bulk, values, &world->fault));
    }
    WORLD_OK(world, db_bulk_finish(bulk, &world->fault));
    int64_t first;
    WORLD_OK(world, db_counter_take(world->db, "account", 2, &first, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static enum status verify(struct world *world, struct text path) {
    const struct backup_source source = {.path = path, .secret = world->secret};
    return backup_verify(&source, NULL, &world->fault);
}

static enum status restore(struct world *world, const unsigned char *secret, struct text path,
                           struct backup_summary *summary) {
    const struct backup_source source = {.path = path, .secret = secret};
    return backup_restore(world->db, &source, NULL, summary, &world->fault);
}

static struct text content_of(struct world *world, struct text path) {
    FILE *file = fopen(path.at, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    char *bytes = ARENA_NEW(&world->arena, char, (size_t)length + 1);
    assert_int_equal(fread(bytes, 1, (size_t)length, file), length);
    fclose(file);
    return (struct text){bytes, (size_t)length};
}

static void write_file(struct text path, struct text content) {
    FILE *file = fopen(path.at, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.at, 1, content.length, file), content.length);
    fclose(file);
}

static struct text a_backup_of(struct world *world) {
    struct text path = world_file(world, "backup");
    WORLD_OK(world, backup_write(world->db, path, world->secret, world->now_us, NULL, &world->fault));
    return path;
}

static int64_t count_of(struct world *world, const char *sql) {
    int64_t count = -1;
    WORLD_OK(world, db_query_int(world->db, sql, DB_NO_ARGS, -1, &count, &world->fault));
    return count;
}

static const char COUNT_AUDIT[] = "select count(*) from audit";
static const char COUNT_ACCOUNTS[] = "select count(*) from accounts";

static void restore_and_compare(struct world *world, struct text path, enum db_engine engine) {
    struct world *other = world_empty(engine);
    if (other == NULL) {
        return;
    }
    struct backup_summary summary;
    WORLD_OK(other, restore(other, world->secret, path, &summary));
    WORLD_OK(other, db_check_version(other->db, &other->fault));
    assert_int_equal(summary.rows, 2 + 1 + 1 + 5000 + 1);
    assert_true(summary.created_at_us == world->now_us);
    assert_int_equal(count_of(other, COUNT_AUDIT), 5000);

    struct backup_summary again;
    WORLD_OK(other, backup_write(other->db, world_file(other, "again"), other->secret, world->now_us, &again,
                                 &other->fault));
    assert_memory_equal(again.hash, summary.hash, sizeof again.hash);
    assert_true(again.bytes == summary.bytes);

    /* The append-only tables are that still, and the counters go on. */
    int64_t first = 0;
    WORLD_OK(other, db_begin(other->db, DB_WRITE, &other->fault));
    WORLD_OK(other, db_counter_take(other->db, "account", 1, &first, &other->fault));
    assert_int_equal(first, 3);
    WORLD_FAULT(other, "constraint-broken",
                db_run(other->db, "delete from audit where id = 1", DB_NO_ARGS, NULL, &other->fault));
    db_rollback(other->db);
    world_drop(other);
}

static void a_backup_restores_the_same_store_on_either_engine(void **state) {
    struct world *world = *state;
    a_store_with_rows(world);
    struct text path = a_backup_of(world);
    restore_and_compare(world, path, DB_SQLITE);
    restore_and_compare(world, path, DB_POSTGRESQL);
}

static void a_backup_is_its_owners_alone_and_overwrites_nothing(void **state) {
    struct world *world = *state;
    struct text path = a_backup_of(world);
    struct stat status;
    assert_int_equal(stat(path.at, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    WORLD_FAULT(world, "file-exists",
                backup_write(world->db, path, world->secret, world->now_us, NULL, &world->fault));
    WORLD_FAULT(
        world, "backup-failed",
        backup_write(world->db, TEXT("/nowhere/at/all"), world->secret, world->now_us, NULL, &world->fault));
}

static void a_store_that_is_not_initialised_cannot_be_backed_up(void **state) {
    struct world *world = world_empty(((struct world *)*state)->engine);
    struct text path = world_file(world, "backup");
    WORLD_FAULT(world, "store-not-initialised",
                backup_write(world->db, path, world->secret, 0, NULL, &world->fault));
    struct stat status;
    assert_int_not_equal(stat(path.at, &status), 0);
    world_drop(world);
}

static void a_store_with_rows_is_not_restored_into(void **state) {
    struct world *world = *state;
    a_store_with_rows(world);
    struct text path = a_backup_of(world);
    WORLD_FAULT(world, "store-not-empty", restore(world, world->secret, path, NULL));
    assert_int_equal(count_of(world, COUNT_AUDIT), 5000);
}

static void a_migrated_store_without_rows_is_restored_into(void **state) {
    struct world *world = *state;
    struct text path = a_backup_of(world);
    WORLD_OK(world, restore(world, world->secret, path, NULL));
}

/* Only the small part of the store, so that every piece of the file can be damaged in turn. */
static struct text a_small_backup(struct world *world) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    run(world, "insert into accounts (id, kind, code, label, name, depth, created_at_us) "
               "values (2, 'distributor', 'D', 'D', 'Distributor', 1, 5)");
    WORLD_OK(world, db_commit(world->db, &world->fault));
    return a_backup_of(world);
}

static void a_file_with_any_byte_changed_is_refused(void **state) {
    struct world *world = *state;
    struct text content = content_of(world, a_small_backup(world));
    struct text damaged = world_file(world, "damaged");
    char *bytes = (char *)content.at;
    for (size_t at = 0; at < content.length; at += at < 64 || at + 64 > content.length ? 1 : 13) {
        bytes[at] = (char)(bytes[at] ^ (1 << at % 8));
        write_file(damaged, content);
        bool tells_the_secret = at >= BACKUP_HEAD_BYTES && at < BACKUP_HEAD_BYTES + SEAL_KEY_CHECK_BYTES;
        WORLD_FAULT(world, tells_the_secret ? "wrong-secret" : "malformed-backup", verify(world, damaged));
        bytes[at] = (char)(bytes[at] ^ (1 << at % 8));
    }
    write_file(damaged, content);
    WORLD_OK(world, verify(world, damaged));
}

static void a_file_that_is_cut_short_or_too_long_is_refused(void **state) {
    struct world *world = *state;
    struct text content = content_of(world, a_small_backup(world));
    struct text damaged = world_file(world, "damaged");
    for (size_t length = 0; length<content.length; length += length + 64> content.length ? 1 : 31) {
        write_file(damaged, (struct text){content.at, length});
        WORLD_FAULT(world, "malformed-backup", verify(world, damaged));
    }
    write_file(damaged, (struct text){content.at, content.length + 1}); /* the arena has a zero behind it */
    WORLD_FAULT(world, "malformed-backup", verify(world, damaged));
    WORLD_FAULT(world, "file-unreadable", verify(world, TEXT("/nowhere")));
}

static void a_damaged_file_restores_nothing(void **state) {
    struct world *world = *state;
    a_store_with_rows(world);
    struct text content = content_of(world, a_backup_of(world));
    struct text damaged = world_file(world, "damaged");
    ((char *)content.at)[content.length / 2] ^= 4;
    write_file(damaged, content);
    struct world *other = world_empty(world->engine);
    WORLD_FAULT(other, "malformed-backup", restore(other, world->secret, damaged, NULL));
    WORLD_FAULT(other, "store-not-initialised", db_check_version(other->db, &other->fault));
    world_drop(other);
}

/* Whole and undamaged, but not of a store like ours: found when some tables are in already. */
static void a_backup_with_other_tables_leaves_no_rows(void **state) {
    struct world *world = *state;
    a_store_with_rows(world);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    run(world, "create table zebras (id bigint primary key, name text)");
    WORLD_OK(world, db_commit(world->db, &world->fault));
    struct text path = a_backup_of(world);
    struct world *other = world_empty(world->engine);
    WORLD_FAULT(other, "malformed-backup", restore(other, world->secret, path, NULL));
    assert_int_equal(count_of(other, COUNT_ACCOUNTS), 0);
    assert_int_equal(count_of(other, COUNT_AUDIT), 0);
    world_drop(other);
}

static void run_alone(struct world *world, const char *sql) {
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    run(world, sql);
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

/* Tables of somebody else's in the programme's database. */
static void a_table_that_is_not_the_programmes_is_refused(void **state) {
    struct world *world = *state;
    struct text path = world_file(world, "backup");
    static const char *const TABLES[] = {
        "create table theirs (id bigint primary key, price real)",
        "create table theirs (id bigint)",
        "create table theirs (id bigint primary key, theirs bigint references theirs_too (id))",
    };
    size_t count = world->engine == DB_SQLITE ? 3 : 2; /* PostgreSQL wants the table that is referred to */
    for (size_t i = 0; i < count; i++) {
        run_alone(world, TABLES[i]);
        WORLD_FAULT(world, "database-failed",
                    backup_write(world->db, path, world->secret, world->now_us, NULL, &world->fault));
        assert_string_equal(world->fault.value, "theirs");
        run_alone(world, "drop table theirs");
    }
    WORLD_OK(world, backup_write(world->db, path, world->secret, world->now_us, NULL, &world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_backup_restores_the_same_store_on_either_engine),
        WORLD_TEST(a_backup_is_its_owners_alone_and_overwrites_nothing),
        WORLD_TEST(a_store_that_is_not_initialised_cannot_be_backed_up),
        WORLD_TEST(a_store_with_rows_is_not_restored_into),
        WORLD_TEST(a_migrated_store_without_rows_is_restored_into),
        WORLD_TEST(a_file_with_any_byte_changed_is_refused),
        WORLD_TEST(a_file_that_is_cut_short_or_too_long_is_refused),
        WORLD_TEST(a_damaged_file_restores_nothing),
        WORLD_TEST(a_backup_with_other_tables_leaves_no_rows),
        WORLD_TEST(a_table_that_is_not_the_programmes_is_refused),
    };
    return world_run_tests("backup", tests, sizeof tests / sizeof tests[0]);
}
