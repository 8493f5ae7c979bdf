/* How a machine gets its licence, with a key or by a file, waits for it, changes it and loses it; and what no
 * client needs. */
#include "client_setup.h"

static void a_product_that_was_not_activated_does_not_work(void **state) {
    struct computer *computer = *state;
    int64_t wait;
    struct sm_lease_info info = {.size = sizeof info};
    assert_stops(computer, SM_NOT_ACTIVATED);
    assert_code(sm_check_in(computer->client), SM_NOT_ACTIVATED);
    assert_code(sm_release(computer->client), SM_NOT_ACTIVATED);
    assert_code(sm_next_check_in(computer->client, &wait), SM_NOT_ACTIVATED);
    assert_code(sm_lease_info(computer->client, &info), SM_NOT_ACTIVATED);
    assert_code(sm_has_component(computer->client, "firewall"), SM_NOT_ACTIVATED);
    assert_null(sm_lease_component(computer->client, 0));
}

static void a_key_with_a_slip_is_found_without_the_network(void **state) {
    struct computer *computer = *state;
    assert_code(sm_activate(computer->client, "00000-00000-00000-00000-00001"), SM_MALFORMED_KEY);
    assert_code(sm_activate(computer->client, "00000-00000-00000-00000"), SM_MALFORMED_KEY);
    assert_code(sm_activate(computer->client, "00000-00000-00000-00000-00000-0"), SM_MALFORMED_KEY);
    assert_code(sm_activate(computer->client, "00000-00000-00000-00000-0000U"), SM_MALFORMED_KEY);
    assert_code(sm_activate(computer->client, ""), SM_MALFORMED_KEY);
    assert_int_equal(computer->door.requests, 0);
    assert_code(sm_activate(computer->client, " ooooo 0000000000 00000-0000O"), SM_OK);
    assert_non_null(strstr(computer->door.last_body, "\"key\":\"00000-00000-00000-00000-00000\""));
    assert_non_null(strstr(computer->door.last_body, "\"name\":\"PC \\\"17\\\"\""));
}

static void a_lost_activation_is_asked_for_with_the_same_bytes(void **state) {
    struct computer *computer = *state;
    char first[DOOR_TEXT];
    computer->door.lose_answers = 2;
    assert_code(sm_activate(computer->client, KEY), SM_UNREACHABLE);
    copy_text(first, computer->door.last_body);
    computer_boot(computer, 60);
    assert_null(strstr(disk_find(&computer->disk, ".store")->bytes, KEY));
    assert_code(sm_activate(computer->client, KEY), SM_UNREACHABLE);
    assert_string_equal(computer->door.last_body, first);
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_string_equal(computer->door.last_body, first);
    assert_works(computer);
}

static void activating_again_with_the_same_key_checks_in(void **state) {
    struct computer *computer = *state;
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_string_equal(computer->door.last_path, "/v1/check-in");
    assert_code(sm_activate(computer->client, OTHER_KEY), SM_MALFORMED_KEY);
}

static bool keeps_the_key(struct computer *computer) {
    for (int i = 0; i < DISK_FILES; i++) { /* the generation before, too */
        const struct disk_file *file = &computer->disk.now[i];
        if (file->bytes != NULL && strstr(file->bytes, KEY) != NULL) {
            return true;
        }
    }
    return false;
}

static void a_machine_that_is_activated_before_its_licence_is_on_is_licensed_once_it_is(void **state) {
    struct computer *computer = *state;
    static const enum sm_code reasons[] = {
        SM_NOT_ON_YET,          SM_OFF,         SM_SUSPENDED_BY_PROVIDER, SM_SUSPENDED_BY_DISTRIBUTOR,
        SM_SUSPENDED_BY_VENDOR, SM_NO_SEAT_LEFT};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        int64_t wait = 0;
        refuse_with(computer, 403, reasons[i]);
        assert_code(sm_activate(computer->client, KEY), reasons[i]);
        assert_stops(computer, reasons[i]);
        assert_string_equal(check_now(computer).words, sm_code_words(reasons[i]));
        for (int hours = 0; hours < 3 * 3600; hours += (int)wait) {
            assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
            assert_in_range(wait, 30, HOUR);
            time_passes(computer, wait);
            assert_code(sm_check_in(computer->client), reasons[i]);
        }
        computer->door.is_unreachable = true;
        assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
        computer->door.is_unreachable = false;
        computer_boot(computer, HOUR);
        assert_stops(computer, reasons[i]);
        assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
        assert_int_equal(wait, 0);
        refuse_with(computer, 403, SM_NO_SEAT_LEFT); /* turned on meanwhile, but for too few */
        assert_code(sm_check_in(computer->client), SM_NO_SEAT_LEFT);
        assert_stops(computer, SM_NO_SEAT_LEFT);
        refuse_with(computer, 200, SM_OK);
        assert_code(sm_check_in(computer->client), SM_OK);
        assert_works(computer);
        assert_false(is_advised(computer, SM_CLOCK_WRONG));
        computer_start(computer);
        assert_works(computer);
        assert_code(sm_check_in(computer->client), SM_OK);
        assert_false(keeps_the_key(computer));
        assert_code(sm_release(computer->client), SM_OK);
        computer->door.decision = "stop";
        computer->door.code = "released";
        assert_code(sm_check_in(computer->client), SM_OK);
        computer->door.decision = "work";
        computer->door.code = "ok";
    }
}

static void a_key_is_kept_only_while_its_activation_waits(void **state) {
    struct computer *computer = *state;
    static const enum sm_code final[] = {SM_UNKNOWN_KEY, SM_RETIRED, SM_MALFORMED_REQUEST,
                                         SM_CREDENTIAL_WRONG};
    for (size_t i = 0; i < sizeof final / sizeof final[0]; i++) {
        refuse_with(computer, 403, SM_NOT_ON_YET);
        assert_code(sm_activate(computer->client, KEY), SM_NOT_ON_YET);
        assert_true(keeps_the_key(computer));
        refuse_with(computer, 403, final[i]);
        assert_code(sm_check_in(computer->client), final[i]);
        assert_false(keeps_the_key(computer));
        assert_stops(computer, SM_NOT_ACTIVATED);
        assert_code(sm_check_in(computer->client), SM_NOT_ACTIVATED);
    }
    static const enum sm_code unanswered[] = {SM_BUSY, SM_TOO_OFTEN, SM_INTERNAL};
    for (size_t i = 0; i < sizeof unanswered / sizeof unanswered[0]; i++) {
        refuse_with(computer, 503, unanswered[i]);
        assert_code(sm_activate(computer->client, KEY), unanswered[i]);
        assert_false(keeps_the_key(computer));
        assert_stops(computer, SM_NOT_ACTIVATED);
    }
    refuse_with(computer, 403, SM_NOT_ON_YET);
    assert_code(sm_activate(computer->client, KEY), SM_NOT_ON_YET);
    assert_code(sm_release(computer->client), SM_OK);
    assert_false(keeps_the_key(computer));
    assert_stops(computer, SM_NOT_ACTIVATED);
}

static void a_machine_that_changes_its_key_gives_the_device_before_back(void **state) {
    struct computer *computer = *state;
    int64_t wait = 0;
    refuse_with(computer, 403, SM_NOT_ON_YET);
    assert_code(sm_activate(computer->client, SECOND_KEY), SM_NOT_ON_YET);
    assert_works(computer); /* under the licence that it has */
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_in_range(wait, 30, 60);
    assert_code(sm_check_in(computer->client), SM_NOT_ON_YET);
    assert_int_equal(computer->door.former_releases, 0);
    refuse_with(computer, 200, SM_OK);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_works(computer);
    assert_int_equal(computer->door.former_releases, 1);
    assert_string_equal(computer->client->state.device, "dev_2");
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_int_equal(computer->door.former_releases, 1);
}

static void a_device_before_whose_release_was_lost_is_given_back_later(void **state) {
    struct computer *computer = *state;
    computer->door.lose_answers = 1; /* of a check-in, whose link the release has to go on with */
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    refuse_with(computer, 503, SM_BUSY);
    assert_code(sm_activate(computer->client, SECOND_KEY), SM_BUSY);
    refuse_with(computer, 200, SM_OK);
    assert_code(sm_check_in(computer->client), SM_OK); /* the chain is whole */
    assert_code(sm_activate(computer->client, SECOND_KEY), SM_OK);
    assert_int_equal(computer->door.former_releases, 1);
    computer->door.fails_path = "/v1/release";
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_int_equal(computer->door.former_releases, 1);
    computer_boot(computer, HOUR);
    assert_works(computer);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_int_equal(computer->door.former_releases, 1);
    computer->door.fails_path = NULL;
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_int_equal(computer->door.former_releases, 2);
}

static void a_copy_gives_nobody_elses_device_back(void **state) {
    struct computer *computer = *state;
    copy_text(computer->machine, "another machine");
    computer_start(computer);
    assert_stops(computer, SM_LEASE_OF_ANOTHER);
    assert_code(sm_activate(computer->client, SECOND_KEY), SM_OK);
    assert_works(computer);
    assert_int_equal(computer->door.former_releases, 0);
}

static void a_clone_becomes_a_device_of_its_own(void **state) {
    struct computer *computer = *state;
    static const char *const words[] = {"clone-seen", "replaced"};
    for (size_t i = 0; i < 2; i++) {
        char fingerprint[44];
        char key[44];
        char now[44];
        copy_text(fingerprint, computer->door.fingerprint);
        computer->door.decision = "stop";
        computer->door.code = words[i];
        assert_code(sm_check_in(computer->client), SM_OK);
        assert_stops(computer, sm_code_of_word(words[i], strlen(words[i])));
        computer->door.decision = "work";
        computer->door.code = "ok";
        memcpy(key, computer->client->state.seed, 32);
        assert_code(sm_activate(computer->client, KEY), SM_OK);
        assert_string_equal(computer->door.last_path, "/v1/activate");
        assert_string_not_equal(computer->door.fingerprint, fingerprint);
        memcpy(now, computer->client->state.seed, 32);
        assert_memory_not_equal(key, now, 32);
        assert_works(computer);
        computer_start(computer);
        assert_works(computer);
    }
}

static void a_device_that_the_server_does_not_know_works_to_its_lease_s_end_and_activates_anew(void **state) {
    struct computer *computer = *state;
    char fingerprint[44];
    copy_text(fingerprint, computer->door.fingerprint);
    computer->door.status = 404;
    computer->door.refusal = "unknown-device";
    assert_code(sm_check_in(computer->client), SM_UNKNOWN_DEVICE);
    computer_start(computer);
    struct sm_answer answer = check_now(computer);
    assert_int_equal(answer.decision, SM_WORK);
    assert_code(answer.code, SM_UNKNOWN_DEVICE);
    assert_int_equal(answer.warn, 1);
    computer->door.status = 200;
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_string_equal(computer->door.last_path, "/v1/activate");
    assert_string_equal(computer->door.fingerprint, fingerprint);
    assert_int_equal(check_now(computer).warn, 0);
}

static void a_lease_that_was_copied_to_another_machine_does_not_work_there(void **state) {
    struct computer *computer = *state;
    int requests = computer->door.requests;
    copy_text(computer->machine, "machine two");
    computer_start(computer);
    assert_stops(computer, SM_LEASE_OF_ANOTHER);
    assert_code(sm_check_in(computer->client), SM_LEASE_OF_ANOTHER);
    assert_int_equal(computer->door.requests, requests); /* the other machine's chain is left alone */
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_works(computer);
}

static void a_machine_without_network_is_activated_and_renewed_by_file(void **state) {
    struct computer *computer = *state;
    char file[SM_OFFLINE_REQUEST_BYTES_MAX];
    char again[SM_OFFLINE_REQUEST_BYTES_MAX];
    char set[6000];
    char answer[DOOR_TEXT];
    unsigned char seed[32];
    size_t size;
    size_t size_again;
    computer->door.is_unreachable = true;
    for (int round = 0; round < 3; round++) {
        assert_code(sm_offline_request(computer->client, KEY, file, 10, &size), SM_WRONG_CALL);
        assert_code(sm_offline_request(computer->client, KEY, file, sizeof file, &size), SM_OK);
        computer_start(computer);
        assert_code(sm_offline_request(computer->client, KEY, again, sizeof again, &size_again), SM_OK);
        assert_int_equal(size, size_again);
        assert_memory_equal(file, again, size);
        char link[32];
        char key[64];
        memcpy(computer->door.last_body, file, size);
        computer->door.last_body[size] = '\0';
        body_value(computer->door.last_body, "fingerprint", computer->door.fingerprint, 44);
        body_value(computer->door.last_body, "link", link, sizeof link);
        computer->door.chain_sequence = 0;
        copy_text(computer->door.chain_link, link);
        copy_text(computer->door.device, "dev_OFF");
        memset(computer->door.check_in_key, 7, 32);
        base64(computer->door.check_in_key, 32, key);
        key_set_make(&computer->door, set);
        int length =
            sprintf(answer, "{\"key_set\":\"%s\",\"device\":\"dev_OFF\",\"check_in_key\":\"%s\",", set, key);
        envelope_make(&computer->door, link, 0, answer + length);
        if (round == 0) {
            for (size_t cut = 0; cut < strlen(answer); cut += 7) {
                assert_int_not_equal(sm_offline_accept(computer->client, answer, cut), SM_OK);
            }
            assert_stops(computer, SM_NOT_ACTIVATED);
        } else {
            assert_memory_not_equal(seed, computer->client->state.offline.seed, 32);
        }
        assert_code(sm_offline_accept(computer->client, answer, strlen(answer)), SM_OK);
        assert_code(sm_offline_accept(computer->client, answer, strlen(answer)), SM_OK);
        assert_works(computer);
        memcpy(seed, computer->client->state.seed, 32);
        time_passes(computer, 20 * HOUR);
        computer_boot(computer, HOUR);
        assert_works(computer);
        computer->door.now_s = computer->wall_s;
    }
    assert_code(sm_offline_accept(computer->client, "{}", 2), SM_LEASE_OF_ANOTHER);
    computer->door.is_unreachable = false;
    assert_code(sm_check_in(computer->client), SM_OK);
}

static void wrong_calls_are_refused(void **state) {
    struct computer *computer = *state;
    struct sm_options options;
    struct sm_client *client;
    struct sm_answer answer = {.size = sizeof answer};
    int64_t number;
    memset(&options, 0, sizeof options);
    assert_code(sm_client_open(NULL, &client), SM_WRONG_CALL);
    assert_code(sm_client_open(&options, NULL), SM_WRONG_CALL);
    assert_code(sm_client_open(&options, &client), SM_WRONG_CALL);
    options.size = sizeof options;
    options.server = "https://door.test";
    options.product = "EDR";
    options.directory = "/nonexistent/store";
    options.root_count = 1;
    assert_code(sm_client_open(&options, &client), SM_WRONG_CALL);
    options.roots[0] = "too short";
    assert_code(sm_client_open(&options, &client), SM_WRONG_CALL);
    options.roots[0] = computer->door.root.x;
    options.version = "two\nlines";
    assert_code(sm_client_open(&options, &client), SM_WRONG_CALL);
    options.version = NULL;
    assert_code(sm_client_open(&options, &client), SM_STORE_BROKEN);
    assert_null(client);
    assert_int_equal(sm_check(NULL, &answer), SM_STOP);
    assert_code(answer.code, SM_WRONG_CALL);
    assert_int_equal(sm_check(NULL, NULL), SM_STOP);
    assert_code(sm_activate(NULL, KEY), SM_WRONG_CALL);
    assert_code(sm_activate(computer->client, NULL), SM_WRONG_CALL);
    assert_code(sm_check_in(NULL), SM_WRONG_CALL);
    assert_code(sm_release(NULL), SM_WRONG_CALL);
    assert_code(sm_next_check_in(NULL, &number), SM_WRONG_CALL);
    assert_code(sm_trusted_time(NULL, &number), SM_WRONG_CALL);
    assert_code(sm_has_component(NULL, "a"), SM_WRONG_CALL);
    assert_code(sm_has_component(computer->client, NULL), SM_WRONG_CALL);
    assert_code(sm_offline_request(computer->client, KEY, NULL, 0, NULL), SM_WRONG_CALL);
    assert_code(sm_offline_accept(computer->client, NULL, 0), SM_WRONG_CALL);
    assert_code(sm_lease_info(computer->client, NULL), SM_WRONG_CALL);
    sm_client_close(NULL);
}

static void a_caller_that_was_built_with_less_gets_less(void **state) {
    struct computer *computer = *state;
    struct sm_answer answer;
    memset(&answer, 0x55, sizeof answer);
    answer.size = offsetof(struct sm_answer, word);
    sm_check(computer->client, &answer);
    assert_int_equal(answer.decision, SM_WORK);
    assert_int_equal((unsigned char)answer.word[0], 0x55);
    answer.size = 0;
    assert_int_equal(sm_check(computer->client, &answer), SM_WORK);
}

static void every_code_has_its_word_and_words(void **state) {
    (void)state;
#define X(name, word, http, words)                                                                           \
    assert_string_equal(sm_code_word(SM_##name), word);                                                      \
    assert_string_equal(sm_code_words(SM_##name), words);                                                    \
    assert_int_equal(sm_code_of_word(word, strlen(word)), SM_##name);
    SEATMETER_CODES(X)
#undef X
    assert_int_equal(SM_OK, 0);
    assert_int_equal(SM_UNKNOWN_KEY, 100);
    assert_int_equal(SM_NOT_ACTIVATED, 200);
    assert_string_equal(sm_code_word((enum sm_code)77), "other-reason");
    assert_int_equal(sm_code_of_word("o", 1), SM_OTHER_REASON);
    assert_int_equal(sm_version_number(), SM_VERSION_NUMBER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_product_that_was_not_activated_does_not_work),
        FRESH(a_key_with_a_slip_is_found_without_the_network),
        FRESH(a_lost_activation_is_asked_for_with_the_same_bytes),
        ACTIVATED(activating_again_with_the_same_key_checks_in),
        FRESH(a_machine_that_is_activated_before_its_licence_is_on_is_licensed_once_it_is),
        FRESH(a_key_is_kept_only_while_its_activation_waits),
        ACTIVATED(a_machine_that_changes_its_key_gives_the_device_before_back),
        ACTIVATED(a_device_before_whose_release_was_lost_is_given_back_later),
        ACTIVATED(a_copy_gives_nobody_elses_device_back),
        ACTIVATED(a_clone_becomes_a_device_of_its_own),
        ACTIVATED(a_device_that_the_server_does_not_know_works_to_its_lease_s_end_and_activates_anew),
        ACTIVATED(a_lease_that_was_copied_to_another_machine_does_not_work_there),
        FRESH(a_machine_without_network_is_activated_and_renewed_by_file),
        FRESH(wrong_calls_are_refused),
        ACTIVATED(a_caller_that_was_built_with_less_gets_less),
        FRESH(every_code_has_its_word_and_words),
    };
    return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}
