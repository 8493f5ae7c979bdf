/* A restore takes what the programme itself has written and `seatmeter check` finds sound, and nothing else.
 */
#include "channel.h"
#include "programme/audit/audit_store.h"
#include "programme/audit/restore_store.h"
#include "store/upkeep/backup_format.h"
#include "store/upkeep/backup_seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { FORMAT_AT = BACKUP_MAGIC_BYTES + 3, VERSION_AT = BACKUP_MAGIC_BYTES + 7 };

static struct text a_backup_of(struct world *world) {
    struct text path = world_file(world, "backup");
    WORLD_OK(world, backup_write(world->db, path, world->secret, world->now_us, NULL, &world->fault));
    return path;
}

static struct text a_backup_of_a_channel(struct world *world) {
    a_channel(world);
    a_licence_on(world, "OFFICE", 3);
    return a_backup_of(world);
}

static struct text read_file(struct world *world, struct text path) {
    FILE *file = fopen(path.at, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *bytes = ARENA_NEW(&world->arena, char, length + 1);
    assert_int_equal(fread(bytes, 1, length, file), length);
    fclose(file);
    return (struct text){bytes, length};
}

static struct text write_file(struct world *world, const char *name, struct text content) {
    struct text path = world_file(world, name);
    FILE *file = fopen(path.at, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.at, 1, content.length, file), content.length);
    fclose(file);
    return path;
}

/* What the seal holds. */
static struct text body_of(struct world *world, struct text path) {
    struct text content = read_file(world, path);
    char *body = ARENA_NEW(&world->arena, char, content.length);
    size_t length = 0;
    struct backup_seal *seal = ARENA_NEW(&world->arena, struct backup_seal, 1);
    FILE *file = fopen(path.at, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, BACKUP_HEAD_BYTES, SEEK_SET), 0);
    struct text head = {content.at, BACKUP_HEAD_BYTES};
    assert_int_equal(backup_seal_open(seal, file, world->secret, head), SEAL_OPENED);
    while (backup_seal_get(seal, file, body + length, 1) == SEAL_OPENED) {
        length++;
    }
    fclose(file);
    return (struct text){body, length};
}

/* The same rows as a version without seals wrote them: what anybody can make who knows the layout. */
static struct text unseal(struct world *world, struct text path) {
    struct text body = body_of(world, path);
    size_t length = BACKUP_HEAD_BYTES + body.length;
    char *bytes = ARENA_NEW(&world->arena, char, length);
    memcpy(bytes, read_file(world, path).at, BACKUP_HEAD_BYTES);
    memcpy(bytes + BACKUP_HEAD_BYTES, body.at, body.length);
    bytes[FORMAT_AT] = BACKUP_FORMAT_UNSEALED;
    crypto_generichash((unsigned char *)bytes + length - BACKUP_HASH_BYTES, BACKUP_HASH_BYTES,
                       (const unsigned char *)bytes, length - BACKUP_HASH_BYTES, NULL, 0);
    return write_file(world, "unsealed", (struct text){bytes, length});
}

static enum status restore(struct world *other, const struct restore_store_input *input) {
    struct call call = world_call(other);
    struct backup_summary summary;
    return restore_store(&call, input, &summary, &other->fault);
}

static int64_t accounts_of(struct world *other) {
    int64_t count = -1;
    WORLD_OK(other,
             db_query_int(other->db, "select count(*) from accounts", DB_NO_ARGS, -1, &count, &other->fault));
    return count;
}

static void a_backup_shows_nothing_to_who_has_the_file_alone(void **state) {
    struct world *world = *state;
    struct text path = a_backup_of_a_channel(world);
    struct text content = read_file(world, path);
    struct text body = body_of(world, path);
    assert_non_null(memmem(body.at, body.length, "OFFICE", 6));
    assert_null(memmem(content.at, content.length, "OFFICE", 6));
    assert_null(memmem(content.at, content.length, "accounts", 8));
}

static void a_backup_of_another_programme_is_refused(void **state) {
    struct world *world = *state;
    struct restore_store_input input = {.path = a_backup_of_a_channel(world), .take_older = true};
    struct world *other = world_empty(world->engine);
    other->secret[0] ^= 1;
    WORLD_FAULT(other, "wrong-secret", restore(other, &input));
    WORLD_FAULT(other, "store-not-initialised", db_check_version(other->db, &other->fault));
    world_drop(other);
}

static void an_unsealed_backup_is_taken_only_by_who_says_so(void **state) {
    struct world *world = *state;
    struct restore_store_input input = {.path = unseal(world, a_backup_of_a_channel(world))};
    struct world *other = world_empty(world->engine);
    WORLD_FAULT(other, "backup-older", restore(other, &input));
    WORLD_FAULT(other, "store-not-initialised", db_check_version(other->db, &other->fault));
    input.take_older = true;
    WORLD_OK(other, restore(other, &input));
    assert_int_equal(accounts_of(other), accounts_of(world));
    world_drop(other);
}

static void an_unsealed_backup_of_another_programme_is_refused(void **state) {
    struct world *world = *state;
    struct restore_store_input input = {.path = unseal(world, a_backup_of_a_channel(world)),
                                        .take_older = true};
    struct world *other = world_empty(world->engine);
    other->secret[0] ^= 1;
    WORLD_FAULT(other, "wrong-secret", restore(other, &input));
    assert_int_equal(accounts_of(other), 0);
    world_drop(other);
}

static void a_head_that_was_altered_is_refused(void **state) {
    struct world *world = *state;
    struct text content = read_file(world, a_backup_of_a_channel(world));
    ((char *)content.at)[VERSION_AT]--;
    struct restore_store_input input = {.path = write_file(world, "altered", content), .take_older = true};
    struct world *other = world_empty(world->engine);
    WORLD_FAULT(other, "malformed-backup", restore(other, &input));
    world_drop(other);
}

/* Chunks of the seal in another order: each is whole, and the file is not. */
static void chunks_in_another_order_are_refused(void **state) {
    struct world *world = *state;
    a_channel(world);
    char *long_text = ARENA_NEW(&world->arena, char, 4 * SEAL_PLAIN_BYTES);
    memset(long_text, 'x', 4 * SEAL_PLAIN_BYTES);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world,
             db_run(world->db, "update accounts set address = $1",
                    DB_ARGS(db_string((struct text){long_text, 4 * SEAL_PLAIN_BYTES})), NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    struct text content = read_file(world, a_backup_of(world));
    char *second = (char *)content.at + BACKUP_HEAD_BYTES + SEAL_HEADER_BYTES + SEAL_CHUNK_BYTES;
    char *kept = ARENA_NEW(&world->arena, char, SEAL_CHUNK_BYTES);
    memcpy(kept, second, SEAL_CHUNK_BYTES);
    memcpy(second, second + SEAL_CHUNK_BYTES, SEAL_CHUNK_BYTES);
    memcpy(second + SEAL_CHUNK_BYTES, kept, SEAL_CHUNK_BYTES);
    const struct backup_source source = {write_file(world, "altered", content), world->secret, false};
    WORLD_FAULT(world, "malformed-backup", backup_verify(&source, NULL, &world->fault));
}

static void rows_that_break_a_rule_are_taken_only_by_who_says_so(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_licence_on(world, "OFFICE", 3);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world,
             db_run(world->db, "update licences set counted_seats = 2", DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    struct text path = a_backup_of(world);
    struct restore_store_input inputs[] = {{.path = path}, {.path = unseal(world, path), .take_older = true}};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        struct world *other = world_empty(world->engine);
        WORLD_FAULT(other, "backup-unsound", restore(other, &inputs[i]));
        assert_int_equal(accounts_of(other), 0);
        inputs[i].take_unsound = true;
        WORLD_OK(other, restore(other, &inputs[i]));
        struct call call = world_call(other);
        struct audit_store_result found;
        WORLD_OK(other, audit_store(&call, &found, &other->fault));
        assert_int_equal(found.violation_total, 1);
        world_drop(other);
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_backup_shows_nothing_to_who_has_the_file_alone),
        WORLD_TEST(a_backup_of_another_programme_is_refused),
        WORLD_TEST(an_unsealed_backup_is_taken_only_by_who_says_so),
        WORLD_TEST(an_unsealed_backup_of_another_programme_is_refused),
        WORLD_TEST(a_head_that_was_altered_is_refused),
        WORLD_TEST(chunks_in_another_order_are_refused),
        WORLD_TEST(rows_that_break_a_rule_are_taken_only_by_who_says_so),
    };
    return world_run_tests("restore", tests, sizeof tests / sizeof tests[0]);
}
