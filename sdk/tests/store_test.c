/* The store against power loss, rot and want of memory: whatever happens at whatever step, the product that
 * worked works on, and the chain of check-ins is never broken (the door asserts that). */
#define _POSIX_C_SOURCE 200809L
#include "door.h"

#include <sys/stat.h>

static int set_up(void **state) {
    struct computer *computer = malloc(sizeof *computer);
    computer_make(computer);
    computer_start(computer);
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    *state = computer;
    return 0;
}

static int tear_down(void **state) {
    computer_free(*state);
    free(*state);
    return 0;
}

/* Memory that runs out: the n-th malloc from now on, or that and all after it, fails. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static long mallocs_left = -1;
static bool all_fail_then;

void *__wrap_malloc(size_t size) {
    if (mallocs_left == 0) {
        if (!all_fail_then) {
            mallocs_left = -1;
        }
        return NULL;
    }
    if (mallocs_left > 0) {
        mallocs_left--;
    }
    return __real_malloc(size);
}

static void power_lost_at_any_step_of_a_check_in_loses_nothing(void **state) {
    struct computer *computer = *state;
    static const size_t partials[] = {0, 1, 60, 1000, 100000};
    int losses = 0;
    for (int lost_unsynced = 0; lost_unsynced < 2; lost_unsynced++) {
        for (int step = 1; step <= 9; step++) {
            for (size_t i = 0; i < sizeof partials / sizeof partials[0]; i++) {
                struct disk *disk = &computer->disk;
                disk->steps = 0;
                disk->fails_at = step;
                disk->partial = partials[i];
                enum sm_code code = sm_check_in(computer->client);
                assert_true((code == SM_OK) == (step == 9));
                losses += code != SM_OK;
                struct sm_client *dead = computer->client;
                computer->client = NULL;
                disk->steps = disk->fails_at + 1;
                sm_client_close(dead);
                disk_lose_power(disk, lost_unsynced == 1);
                computer_start(computer);
                assert_works(computer);
                assert_code(sm_check_in(computer->client), SM_OK);
                assert_works(computer);
            }
        }
    }
    assert_int_equal(losses, 2 * 8 * 5);
}

static void a_disk_that_fails_leaves_what_was_and_says_so(void **state) {
    struct computer *computer = *state;
    for (int step = 1; step <= 8; step++) {
        computer->disk.steps = 0;
        computer->disk.fails_at = step;
        assert_code(sm_check_in(computer->client), SM_STORE_BROKEN);
        assert_works(computer);
        computer->disk.fails_at = 0;
        assert_code(sm_check_in(computer->client), SM_OK);
    }
    computer->disk.fails_at = 1;
    time_passes(computer, 3600);
    struct sm_answer answer = check_now(computer);
    assert_int_equal(answer.decision, SM_WORK);
    assert_int_equal(answer.advice_count, 1);
    assert_code(answer.advice[0], SM_STORE_BROKEN);
    computer->disk.fails_at = 0;
    computer->disk.cannot_read = true;
    computer->disk.changes++;
    assert_works(computer);
    computer->disk.cannot_read = false;
}

static void a_disk_that_others_have_filled_costs_no_check_in(void **state) {
    struct computer *computer = *state;
    enum { OF_A_REQUEST_MORE = 800 };
    assert_code(sm_check_in(computer->client), SM_OK);
    computer->disk.room = disk_find(&computer->disk, ".store")->size +
                          disk_find(&computer->disk, ".old")->size + OF_A_REQUEST_MORE;
    for (int day = 0; day < 30; day++) {
        time_passes(computer, INT64_C(12) * 3600);
        assert_code(sm_check_in(computer->client), SM_OK);
        computer_start(computer);
        assert_works(computer);
    }
    computer->disk.room = 1; /* not even that */
    assert_code(sm_check_in(computer->client), SM_DISK_FULL);
    assert_works(computer);
    computer->disk.room = 0;
    computer_start(computer);
    assert_works(computer);
    assert_code(sm_check_in(computer->client), SM_OK);
}

static void a_store_cut_at_any_byte_falls_back_on_the_generation_before(void **state) {
    struct computer *computer = *state;
    assert_code(sm_check_in(computer->client), SM_OK);
    computer_stop(computer);
    struct disk_file *file = disk_find(&computer->disk, ".store");
    struct disk_file *old = disk_find(&computer->disk, ".old");
    size_t size = file->size;
    size_t old_size = old->size;
    for (size_t cut = 0; cut < size; cut++) {
        file->size = cut;
        old->size = old_size;
        computer_start(computer);
        assert_works(computer);
        old->size = cut < old_size ? cut : old_size - 1;
        computer_start(computer);
        assert_stops(computer, SM_STORE_BROKEN);
    }
    computer_stop(computer);
    old->size = old_size;
    computer_start(computer);
    assert_code(sm_check_in(computer->client), SM_OK);
}

static void one_generation_that_rots_is_made_good_by_the_other(void **state) {
    struct computer *computer = *state;
    for (size_t at = 0; at < disk_find(&computer->disk, ".store")->size; at++) {
        struct disk_file *file = disk_find(&computer->disk, ".store");
        char was = file->bytes[at];
        file->bytes[at] = (char)(was ^ 0x20);
        computer->disk.changes++;
        computer_start(computer);
        struct sm_answer answer = check_now(computer);
        /* The generation before is that of the request which waited for this answer. */
        assert_true(answer.decision == SM_WORK || answer.code == SM_NOT_ACTIVATED);
        file->bytes[at] = was;
    }
}

static void a_rotten_file_never_replaces_the_good_generation_before(void **state) {
    struct computer *computer = *state;
    assert_code(sm_check_in(computer->client), SM_OK);
    disk_find(&computer->disk, ".store")->bytes[30] ^= 1;
    computer->disk.changes++;
    computer_start(computer);
    assert_works(computer);
    computer->disk.steps = 0;
    computer->disk.fails_at = 2; /* the temporary file is written, and then the power fails */
    assert_code(sm_check_in(computer->client), SM_STORE_BROKEN);
    computer_stop(computer);
    disk_lose_power(&computer->disk, false);
    computer_start(computer);
    assert_works(computer);
    assert_code(sm_check_in(computer->client), SM_OK);
}

static void a_store_that_is_lost_whole_says_so_and_is_activated_anew(void **state) {
    struct computer *computer = *state;
    assert_code(sm_check_in(computer->client), SM_OK);
    disk_find(&computer->disk, ".store")->size = 100;
    disk_find(&computer->disk, ".old")->size = 0;
    computer->disk.changes++;
    computer_start(computer);
    assert_stops(computer, SM_STORE_BROKEN);
    assert_code(sm_check_in(computer->client), SM_STORE_BROKEN);
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_works(computer);
}

static void a_store_that_was_edited_convinces_nobody(void **state) {
    struct computer *computer = *state;
    /* A whole store with the lease of another door: as an administrator could write it. */
    struct computer *other = malloc(sizeof *other);
    computer_make(other);
    pair_make(&other->door.root, 99);
    computer_start(other);
    assert_code(sm_activate(other->client, KEY), SM_OK);
    assert_works(other);
    struct sm_state stolen;
    assert_code(sm_state_copy(&other->client->state, &stolen), SM_OK);
    assert_code(sm_store_lock(&computer->client->store), SM_OK);
    assert_code(sm_client_commit(computer->client, &stolen), SM_OK);
    sm_client_unlock(computer->client);
    assert_stops(computer, SM_SIGNING_KEY_UNKNOWN);
    computer_free(other);
    free(other);
}

static void a_malloc_that_fails_anywhere_crashes_nothing_and_breaks_no_chain(void **state) {
    struct computer *computer = *state;
    for (int together = 0; together < 2; together++) {
        enum sm_code code = SM_NO_MEMORY;
        for (long n = 0; code != SM_OK; n++) {
            assert_true(n < 2000);
            all_fail_then = together == 1;
            mallocs_left = n;
            code = sm_check_in(computer->client);
            struct sm_answer answer = {.size = sizeof answer};
            enum sm_decision decision = sm_check(computer->client, &answer);
            mallocs_left = -1;
            assert_true(code == SM_OK || code == SM_NO_MEMORY || code == SM_STORE_BROKEN ||
                        code == SM_UNREACHABLE);
            assert_int_equal(decision, SM_WORK);
            assert_works(computer);
        }
        mallocs_left = -1;
        assert_code(sm_check_in(computer->client), SM_OK);
    }
}

static void opening_and_activating_without_memory_fails_and_succeeds_later(void **state) {
    struct computer *computer = *state;
    char file[SM_OFFLINE_REQUEST_BYTES_MAX];
    size_t size;
    for (long n = 0; n < 400; n++) {
        struct sm_options options;
        struct sm_client *client;
        computer_options(computer, &options);
        mallocs_left = n;
        all_fail_then = true;
        enum sm_code code = sm_client_open_with(&options, &computer->files, &client);
        mallocs_left = -1;
        if (code != SM_OK) {
            assert_code(code, SM_NO_MEMORY);
        }
        if (code == SM_OK) {
            mallocs_left = n % 40;
            code = sm_offline_request(client, KEY, file, sizeof file, &size);
            mallocs_left = -1;
            if (code != SM_OK) {
                assert_code(code, SM_NO_MEMORY);
            }
        }
        sm_client_close(client);
    }
    assert_works(computer);
}

static void the_machine_s_own_files_keep_and_lock(void **state) {
    (void)state;
    char directory[] = "/tmp/seatmeter-store-XXXXXX";
    struct sm_store first;
    struct sm_store second;
    struct sm_state kept;
    struct sm_state found;
    char path[80];
    char *made = mkdtemp(directory);
    assert_non_null(made);
    snprintf(path, sizeof path, "%s/store", directory);
    memset(&kept, 0, sizeof kept);
    assert_code(sm_store_open(&first, &SM_MACHINE_FILES, path), SM_OK);
    assert_code(sm_store_open(&second, &SM_MACHINE_FILES, path), SM_OK);
    assert_code(sm_store_lock(&first), SM_OK);
    assert_code(sm_store_lock(&second), SM_IN_USE);
    assert_code(sm_store_read(&second, &found), SM_OK);
    kept.marks.floor_s = 77;
    assert_false(sm_store_has_changed(&second));
    assert_code(sm_store_write(&first, &kept), SM_OK);
    kept.marks.floor_s = 78;
    assert_code(sm_store_write(&first, &kept), SM_OK);
    assert_true(sm_store_has_changed(&second));
    assert_false(sm_store_has_changed(&first));
    assert_code(sm_store_read(&second, &found), SM_OK);
    assert_int_equal(found.marks.floor_s, 78);
    sm_store_unlock(&first);
    assert_code(sm_store_lock(&second), SM_OK);
    sm_state_free(&found);
    struct stat status;
    assert_int_equal(stat(first.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    (void)remove(first.path);
    (void)remove(first.old_path);
    (void)remove(first.lock_path);
    sm_store_close(&first);
    sm_store_close(&second);
    (void)remove(path);
    (void)remove(directory);
}

static void the_machine_s_clocks_go(void **state) {
    (void)state;
    struct sm_reading reading;
    struct sm_reading later;
    sm_clock_read(&SM_MACHINE_CLOCK, &reading);
    sm_clock_read(&SM_MACHINE_CLOCK, &later);
    assert_true(reading.wall_s > 1700000000 && later.boot.ms >= reading.boot.ms && reading.boot.ms > 0);
    assert_memory_equal(reading.boot.id, later.boot.id, sizeof later.boot.id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(power_lost_at_any_step_of_a_check_in_loses_nothing),
        TEST(a_disk_that_fails_leaves_what_was_and_says_so),
        TEST(a_disk_that_others_have_filled_costs_no_check_in),
        TEST(a_store_cut_at_any_byte_falls_back_on_the_generation_before),
        TEST(one_generation_that_rots_is_made_good_by_the_other),
        TEST(a_rotten_file_never_replaces_the_good_generation_before),
        TEST(a_store_that_is_lost_whole_says_so_and_is_activated_anew),
        TEST(a_store_that_was_edited_convinces_nobody),
        TEST(a_malloc_that_fails_anywhere_crashes_nothing_and_breaks_no_chain),
        TEST(opening_and_activating_without_memory_fails_and_succeeds_later),
        cmocka_unit_test(the_machine_s_own_files_keep_and_lock),
        cmocka_unit_test(the_machine_s_clocks_go),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
