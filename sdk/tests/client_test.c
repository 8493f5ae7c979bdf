/* What a product sees of its licence, from activation to the lease's end, whatever happens in between. */
#include "door.h"

#define HOUR ((int64_t)3600)

static int set_up(void **state) {
    struct computer *computer = malloc(sizeof *computer);
    computer_make(computer);
    computer_start(computer);
    *state = computer;
    return 0;
}

static int set_up_activated(void **state) {
    set_up(state);
    assert_code(sm_activate(((struct computer *)*state)->client, KEY), SM_OK);
    return 0;
}

static int tear_down(void **state) {
    computer_free(*state);
    free(*state);
    return 0;
}

static bool is_advised(struct computer *computer, enum sm_code code) {
    struct sm_answer answer = check_now(computer);
    for (size_t i = 0; i < answer.advice_count; i++) {
        if (answer.advice[i] == code) {
            return true;
        }
    }
    return false;
}

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

static void an_activated_product_works_until_its_lease_ends(void **state) {
    struct computer *computer = *state;
    struct sm_lease_info info = {.size = sizeof info};
    assert_works(computer);
    assert_code(sm_lease_info(computer->client, &info), SM_OK);
    assert_string_equal(info.device, "dev_1");
    assert_string_equal(info.sku, "EDR-1");
    assert_int_equal(info.seats, 10);
    assert_int_equal(info.component_count, 2);
    assert_string_equal(sm_lease_component(computer->client, 1), "mail");
    assert_null(sm_lease_component(computer->client, 2));
    assert_code(sm_has_component(computer->client, "mail"), SM_OK);
    assert_code(sm_has_component(computer->client, "vpn"), SM_COMPONENT_MISSING);
    time_passes(computer, 24 * HOUR - 10);
    assert_works(computer);
    assert_int_equal(check_now(computer).warn, 0);
    time_passes(computer, 10);
    assert_stops(computer, SM_LEASE_EXPIRED);
    assert_code(sm_has_component(computer->client, "mail"), SM_LEASE_EXPIRED);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_works(computer);
}

static void in_the_grace_it_works_and_warns(void **state) {
    struct computer *computer = *state;
    computer->door.grace_s = HOUR;
    assert_code(sm_check_in(computer->client), SM_OK);
    time_passes(computer, 24 * HOUR + 10);
    struct sm_answer answer = check_now(computer);
    assert_int_equal(answer.decision, SM_WORK);
    assert_int_equal(answer.warn, 1);
}

static void it_works_on_after_a_restart_without_network(void **state) {
    struct computer *computer = *state;
    computer->door.is_unreachable = true;
    computer_start(computer);
    assert_works(computer);
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    assert_works(computer);
    assert_code(check_now(computer).last_result, SM_UNREACHABLE);
    computer_boot(computer, HOUR);
    assert_works(computer);
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

static void every_signed_reason_to_stop_is_told(void **state) {
    struct computer *computer = *state;
    static const enum sm_code codes[] = {SM_NOT_ON_YET,
                                         SM_OFF,
                                         SM_RETIRED,
                                         SM_SUSPENDED_BY_PROVIDER,
                                         SM_SUSPENDED_BY_DISTRIBUTOR,
                                         SM_SUSPENDED_BY_VENDOR,
                                         SM_NO_SEAT_LEFT,
                                         SM_CLONE_SEEN,
                                         SM_REPLACED,
                                         SM_RELEASED,
                                         SM_DROPPED};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        computer->door.decision = "stop";
        computer->door.code = sm_code_word(codes[i]);
        computer->door.grace_s = HOUR; /* what had been promised */
        assert_code(sm_check_in(computer->client), SM_OK);
        struct sm_answer answer = check_now(computer);
        assert_int_equal(answer.decision, SM_WORK);
        assert_code(answer.code, codes[i]);
        assert_string_equal(answer.words, sm_code_words(codes[i]));
        assert_int_equal(answer.warn, 1);
        time_passes(computer, HOUR);
        assert_stops(computer, codes[i]);
        computer->door.decision = "work";
        computer->door.code = "ok";
        assert_code(sm_check_in(computer->client), SM_OK);
        assert_works(computer);
    }
}

static void a_reason_of_a_newer_server_is_obeyed_and_shown(void **state) {
    struct computer *computer = *state;
    computer->door.decision = "stop";
    computer->door.code = "moon-full";
    computer->door.words = "The moon is \\u201cfull\\u201d.";
    assert_code(sm_check_in(computer->client), SM_OK);
    struct sm_answer answer = check_now(computer);
    assert_int_equal(answer.decision, SM_STOP);
    assert_code(answer.code, SM_OTHER_REASON);
    assert_string_equal(answer.word, "moon-full");
    assert_string_equal(answer.words, "The moon is “full”.");
}

static void every_unsigned_refusal_is_told_and_stops_nothing(void **state) {
    struct computer *computer = *state;
    static const struct {
        int status;
        enum sm_code code;
    } refusals[] = {{404, SM_UNKNOWN_KEY},       {400, SM_MALFORMED_KEY},
                    {404, SM_UNKNOWN_DEVICE},    {401, SM_CREDENTIAL_WRONG},
                    {400, SM_MALFORMED_REQUEST}, {429, SM_RELEASES_EXHAUSTED},
                    {429, SM_TOO_OFTEN},         {503, SM_BUSY},
                    {403, SM_NOT_ENTITLED},      {403, SM_LEASE_EXPIRED},
                    {405, SM_NOT_ALLOWED},       {413, SM_TOO_LARGE},
                    {500, SM_INTERNAL},          {403, SM_OFF},
                    {410, SM_VERSION_WITHDRAWN}, {404, SM_UNKNOWN_TARGET}};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        computer->door.status = refusals[i].status;
        computer->door.refusal = sm_code_word(refusals[i].code);
        assert_code(sm_check_in(computer->client), refusals[i].code);
        assert_works(computer);
    }
    computer->door.refusal = "ok"; /* what no refusal says */
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    computer->door.refusal = "wrong-call";
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    computer->door.refusal = "never-heard-of";
    assert_code(sm_check_in(computer->client), SM_OTHER_REASON);
    computer->door.raw_answer = "<html>Sign in to the hotel's network</html>";
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    computer->door.status = 200;
    assert_code(sm_check_in(computer->client), SM_LEASE_MALFORMED);
    assert_works(computer);
    computer->door.raw_answer = NULL;
    assert_code(sm_check_in(computer->client), SM_OK);
}

static void a_lost_answer_is_asked_for_with_the_same_bytes(void **state) {
    struct computer *computer = *state;
    char first[DOOR_TEXT];
    computer->door.lose_answers = 3;
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    copy_text(first, computer->door.last_body);
    time_passes(computer, HOUR);
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    assert_string_equal(computer->door.last_body, first);
    computer_boot(computer, 60);
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    assert_string_equal(computer->door.last_body, first);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_string_equal(computer->door.last_body, first);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_string_not_equal(computer->door.last_body, first);
    assert_non_null(strstr(computer->door.last_body, "\"sequence\":2,"));
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

static void what_the_chain_says_is_on_the_disk_before_it_is_sent(void **state) {
    struct computer *computer = *state;
    char link[32];
    char body[DOOR_TEXT];
    computer->door.is_unreachable = false;
    computer->door.lose_answers = 1;
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    copy_text(body, computer->door.last_body);
    body_value(body, "link", link, sizeof link);
    disk_lose_power(&computer->disk, true);
    computer_start(computer);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_string_equal(computer->door.last_body, body);
}

static void a_release_stops_the_product(void **state) {
    struct computer *computer = *state;
    computer->door.decision = "stop";
    computer->door.code = "released";
    computer->door.lose_answers = 1;
    assert_code(sm_release(computer->client), SM_UNREACHABLE);
    assert_string_equal(computer->door.last_path, "/v1/release");
    assert_non_null(strstr(computer->door.last_body, "\"action\":\"release\""));
    assert_code(sm_release(computer->client), SM_OK);
    assert_stops(computer, SM_RELEASED);
    computer->door.decision = "work";
    computer->door.code = "ok";
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_string_equal(computer->door.last_path, "/v1/activate");
    assert_works(computer);
}

static void a_check_in_after_a_lost_release_keeps_its_place_in_the_chain(void **state) {
    struct computer *computer = *state;
    char link[32];
    char again[32];
    computer->door.lose_answers = 1;
    assert_code(sm_release(computer->client), SM_UNREACHABLE);
    body_value(computer->door.last_body, "link", link, sizeof link);
    assert_code(sm_check_in(computer->client), SM_OK);
    body_value(computer->door.last_body, "link", again, sizeof again);
    assert_string_equal(link, again);
    assert_null(strstr(computer->door.last_body, "action"));
}

static void activating_again_with_the_same_key_checks_in(void **state) {
    struct computer *computer = *state;
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    assert_string_equal(computer->door.last_path, "/v1/check-in");
    assert_code(sm_activate(computer->client, OTHER_KEY), SM_MALFORMED_KEY);
}

static void refuse_with(struct computer *computer, int status, enum sm_code code) {
    computer->door.status = status;
    computer->door.refusal = code == SM_OK ? NULL : sm_code_word(code);
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

static void an_answer_to_something_else_is_not_taken(void **state) {
    struct computer *computer = *state;
    bool *lies[] = {&computer->door.other_device, &computer->door.other_fingerprint,
                    &computer->door.other_link, &computer->door.other_sequence};
    for (size_t i = 0; i < 4; i++) {
        *lies[i] = true;
        assert_code(sm_check_in(computer->client), SM_LEASE_OF_ANOTHER);
        *lies[i] = false;
        assert_works(computer);
    }
    assert_code(sm_check_in(computer->client), SM_OK);
}

static void a_rotated_key_is_followed(void **state) {
    struct computer *computer = *state;
    struct door *door = &computer->door;
    door->is_in_set[1] = true;
    door->set_version = 4;
    door->keys_named = 3; /* not told; the unknown kid asks for it */
    door->signs_leases = &door->lease_keys[1];
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_int_equal(door->key_requests, 2);
    assert_int_equal(computer->client->keys.version, 4);
    computer_start(computer);
    assert_works(computer);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_int_equal(door->key_requests, 2);
}

static void a_revoked_key_signs_nothing_any_more(void **state) {
    struct computer *computer = *state;
    struct door *door = &computer->door;
    door->is_in_set[0] = false;
    door->is_in_set[1] = true;
    door->set_version = 4; /* named by the lease that the revoked key signed */
    assert_code(sm_check_in(computer->client), SM_SIGNING_KEY_UNKNOWN);
    door->signs_leases = &door->lease_keys[1];
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_works(computer);
    door->signs_leases = &door->lease_keys[0];
    assert_code(sm_check_in(computer->client), SM_SIGNING_KEY_UNKNOWN);
}

static void a_set_that_cannot_be_fetched_does_not_keep_a_good_lease_away(void **state) {
    struct computer *computer = *state;
    computer->door.keys_named = 9;
    computer->door.raw_keys = "nonsense";
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_works(computer);
}

static void a_key_set_is_not_rolled_back(void **state) {
    struct computer *computer = *state;
    struct door *door = &computer->door;
    static char old[6000];
    key_set_make(door, old);
    door->is_in_set[0] = false;
    door->is_in_set[1] = true;
    door->set_version = 4;
    door->signs_leases = &door->lease_keys[1];
    assert_code(sm_check_in(computer->client), SM_OK);
    door->raw_keys = old;
    door->signs_leases = &door->lease_keys[0];
    assert_code(sm_check_in(computer->client), SM_LEASE_MALFORMED);
    assert_int_equal(computer->client->keys.version, 4);
    assert_works(computer);
}

static void a_root_is_followed_and_the_one_before_becomes_void(void **state) {
    struct computer *computer = *state;
    struct door *door = &computer->door;
    door->set_version = 4;
    door->next_root_in_set = true;
    assert_code(sm_check_in(computer->client), SM_OK);
    door->set_version = 5;
    door->signs_sets = &door->next_root;
    door->root_in_set = false;
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_int_equal(computer->client->keys.version, 5);
    assert_int_equal(computer->client->state.key_set_count, 2);
    computer_start(computer);
    assert_works(computer);
    door->set_version = 6;
    door->signs_sets = &door->root; /* pinned, but void since */
    door->is_in_set[1] = true;
    door->signs_leases = &door->lease_keys[1];
    assert_code(sm_check_in(computer->client), SM_SIGNING_KEY_UNKNOWN);
    door->signs_sets = &door->next_root;
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_int_equal(computer->client->state.key_set_count, 2);
    computer->pins_next_root = true; /* a product that was built since */
    computer_start(computer);
    assert_works(computer);
}

static void a_root_that_nobody_named_is_not_followed(void **state) {
    struct computer *computer = *state;
    computer->door.signs_sets = &computer->door.next_root;
    computer->door.next_root_in_set = true;
    assert_code(sm_activate(computer->client, KEY), SM_SIGNING_KEY_UNKNOWN);
    assert_stops(computer, SM_NOT_ACTIVATED);
}

static void setting_the_clock_back_prolongs_nothing(void **state) {
    struct computer *computer = *state;
    time_passes(computer, 12 * HOUR);
    computer->wall_s -= 12 * HOUR;
    assert_works(computer);
    assert_true(is_advised(computer, SM_CLOCK_SET_BACK));
    time_passes(computer, 12 * HOUR + 10);
    assert_stops(computer, SM_LEASE_EXPIRED);
    computer_start(computer);
    assert_stops(computer, SM_LEASE_EXPIRED);
}

static void parking_the_clock_prolongs_nothing(void **state) {
    struct computer *computer = *state;
    int64_t parked = computer->wall_s;
    int64_t worked = 0;
    while (check_now(computer).decision == SM_WORK) {
        time_passes(computer, 600);
        computer->wall_s = parked;
        worked += 600;
        assert_true(worked <= 25 * HOUR);
    }
    assert_true(worked >= 23 * HOUR);
}

static void setting_the_clock_back_over_a_reboot_stops_until_it_is_right(void **state) {
    struct computer *computer = *state;
    time_passes(computer, 6 * HOUR);
    assert_works(computer);
    computer_boot(computer, 60);
    assert_works(computer);
    computer->wall_s -= 5 * HOUR;
    assert_stops(computer, SM_CLOCK_SET_BACK);
    computer->wall_s += 5 * HOUR;
    assert_works(computer);
    computer->wall_s -= 5 * HOUR;
    assert_code(sm_check_in(computer->client), SM_OK); /* the server says what time it is */
    assert_works(computer);
    assert_true(is_advised(computer, SM_CLOCK_SET_BACK));
}

static void parking_the_clock_over_reboots_prolongs_little(void **state) {
    struct computer *computer = *state;
    int64_t parked = computer->wall_s;
    int64_t worked = 0;
    for (int i = 0; i < 100 && check_now(computer).decision == SM_WORK; i++) {
        for (int minute = 0; minute < 60 && check_now(computer).decision == SM_WORK; minute++) {
            time_passes(computer, 60);
            worked += 60;
        }
        computer_boot(computer, 0);
        computer->wall_s =
            computer->client->state.marks.floor_s > parked ? computer->client->state.marks.floor_s : parked;
    }
    assert_stops(computer, SM_LEASE_EXPIRED);
    assert_true(worked < 24 * HOUR + 9600); /* at most what was not yet kept, each time */
}

static void a_clock_far_ahead_stops_nothing_while_the_time_is_known(void **state) {
    struct computer *computer = *state;
    computer->wall_s += (int64_t)20 * 365 * 86400;
    assert_works(computer);
    assert_true(is_advised(computer, SM_CLOCK_WRONG));
    time_passes(computer, 24 * HOUR + 60);
    assert_stops(computer, SM_LEASE_EXPIRED);
}

static void a_clock_far_ahead_bricks_no_machine(void **state) {
    struct computer *computer = *state;
    computer->wall_s += (int64_t)20 * 365 * 86400;
    computer_boot(computer, 10);
    assert_stops(computer, SM_LEASE_EXPIRED); /* nobody knows better */
    for (int i = 0; i < 10; i++) {
        time_passes(computer, 600);
        (void)check_now(computer);
    }
    sm_client_close(computer->client);
    computer->client = NULL;
    computer->wall_s -= (int64_t)20 * 365 * 86400;
    computer_start(computer);
    assert_works(computer);
}

static void a_server_whose_clock_was_ahead_bricks_no_machine(void **state) {
    struct computer *computer = *state;
    computer->door.now_s += (int64_t)365 * 86400;
    assert_code(sm_check_in(computer->client), SM_OK);
    computer->door.now_s -= (int64_t)365 * 86400;
    assert_works(computer);
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_works(computer);
    assert_false(is_advised(computer, SM_CLOCK_SET_BACK));
    time_passes(computer, 24 * HOUR);
    assert_stops(computer, SM_LEASE_EXPIRED);
}

static void an_answer_that_was_held_back_turns_no_clock_back(void **state) {
    struct computer *computer = *state;
    int64_t then = computer->door.now_s;
    computer->door.lose_answers = 1;
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    time_passes(computer, 48 * HOUR);
    assert_stops(computer, SM_LEASE_EXPIRED);
    computer->door.now_s = then; /* it is answered now with what was signed then */
    computer->wall_s = then;
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_stops(computer, SM_LEASE_EXPIRED);
}

static void a_machine_that_knows_no_boots_counts_too(void **state) {
    struct computer *computer = *state;
    computer->has_boot_id = false;
    assert_code(sm_check_in(computer->client), SM_OK);
    int64_t parked = computer->wall_s;
    time_passes(computer, 24 * HOUR);
    computer->wall_s = parked;
    check_now(computer);
    assert_int_equal(check_now(computer).decision, SM_STOP);
}

static void advice_is_passed_on_unless_we_know_better(void **state) {
    struct computer *computer = *state;
    computer->door.advice = "\"version-withdrawn\",\"clock-wrong\",\"of-later\"";
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_true(is_advised(computer, SM_VERSION_WITHDRAWN));
    assert_true(is_advised(computer, SM_OTHER_REASON));
    assert_false(is_advised(computer, SM_CLOCK_WRONG));
    assert_works(computer);
}

static void check_ins_are_due_when_the_lease_says_and_back_off_after_failures(void **state) {
    struct computer *computer = *state;
    int64_t wait;
    int64_t before = 0;
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_in_range(wait, 12 * HOUR - 10, 13 * HOUR + 720);
    time_passes(computer, wait);
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_int_equal(wait, 0);
    computer->door.is_unreachable = true;
    for (int i = 0; i < 12; i++) {
        assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
        assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
        assert_in_range(wait, 30, HOUR);
        assert_true(wait >= before / 2);
        before = wait;
    }
    assert_true(before >= HOUR / 2);
    time_passes(computer, before);
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_int_equal(wait, 0);
    computer->door.is_unreachable = false;
    computer->door.status = 503;
    computer->door.refusal = "busy";
    computer->door.retry_after_s = 3000;
    assert_code(sm_check_in(computer->client), SM_BUSY);
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_in_range(wait, 3000, 3600);
    computer->door.status = 200;
    computer->door.ttl_s = 20;
    assert_code(sm_check_in(computer->client), SM_OK);
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_in_range(wait, 5, 11);
    computer->door.is_unreachable = true;
    assert_code(sm_check_in(computer->client), SM_UNREACHABLE);
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_in_range(wait, 0, 2); /* what retries there are must fit into a short lease */
}

static void no_refusal_delays_a_check_in_beyond_a_quarter_of_what_is_left(void **state) {
    struct computer *computer = *state;
    static const struct {
        int status;
        const char *answer; /* NULL: the door's own words */
    } refusals[] = {{503, NULL}, {429, NULL}, {503, "<html>We are back soon.</html>"}, {429, ""}};
    static const int64_t lives_s[] = {20, 3600, INT64_C(24) * HOUR, INT64_C(30) * 24 * HOUR};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        for (size_t j = 0; j < sizeof lives_s / sizeof lives_s[0]; j++) {
            int64_t left = lives_s[j];
            int64_t wait = 0;
            int refused = 0;
            computer->door.status = 200;
            computer->door.raw_answer = NULL;
            computer->door.ttl_s = left;
            assert_code(sm_check_in(computer->client), SM_OK);
            computer->door.status = refusals[i].status;
            computer->door.refusal = "busy";
            computer->door.raw_answer = refusals[i].answer;
            computer->door.retry_after_s = INT64_C(365) * 24 * HOUR;
            for (; left > 8; refused++, left -= wait) {
                assert_true(sm_check_in(computer->client) != SM_OK);
                assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
                assert_in_range(wait, 1, left / 4);
                time_passes(computer, wait);
                assert_works(computer);
            }
            assert_true(refused >= 3);
        }
    }
    time_passes(computer, 24 * HOUR); /* there is no lease any more that the wait could cost */
    int64_t wait = 0;
    assert_true(sm_check_in(computer->client) != SM_OK);
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_in_range(wait, 1800, HOUR);
}

static void another_process_at_work_is_not_a_failure(void **state) {
    struct computer *computer = *state;
    int64_t wait;
    computer->disk.is_locked_by_other = true;
    assert_code(sm_check_in(computer->client), SM_IN_USE);
    assert_works(computer);
    assert_code(sm_next_check_in(computer->client, &wait), SM_OK);
    assert_in_range(wait, 1, 10);
    assert_int_equal(computer->client->failures, 0);
}

static void a_change_by_another_process_is_seen(void **state) {
    struct computer *computer = *state;
    struct sm_client *first = computer->client;
    computer->client = NULL;
    computer_start(computer);
    assert_code(sm_activate(computer->client, KEY), SM_OK);
    struct sm_client *second = computer->client;
    computer->client = first;
    assert_works(computer);
    assert_code(sm_check_in(first), SM_OK);
    computer->client = second;
    assert_code(sm_check_in(second), SM_OK);
    assert_non_null(strstr(computer->door.last_body, "\"sequence\":2,"));
    computer->client = first;
    computer_stop(computer);
    computer->client = second;
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

static void a_target_is_authorised_as_the_protocol_says(void **state) {
    struct computer *computer = *state;
    char header[SM_AUTHORISATION_BYTES_MAX];
    char wanted[300];
    char encoded[64];
    char covered[200];
    unsigned char mac[32];
    computer->wall_s += 2400 * HOUR; /* the trusted time goes into it */
    assert_code(sm_authorise_target(computer->client, "/tuf/targets/a.bin", header, sizeof header), SM_OK);
    long long time = strtoll(strchr(strchr(header, ' ') + 1, ' ') + 1, NULL, 10);
    assert_in_range(time, computer->door.now_s - 5, computer->door.now_s + 5);
    snprintf(covered, sizeof covered, "GET /tuf/targets/a.bin %lld", time);
    crypto_generichash(mac, 32, (unsigned char *)covered, strlen(covered), computer->door.check_in_key, 32);
    base64(mac, 32, encoded);
    snprintf(wanted, sizeof wanted, "Seatmeter dev_1 %lld %s", time, encoded);
    assert_string_equal(header, wanted);
    assert_code(sm_authorise_target(computer->client, "/a b", header, sizeof header), SM_WRONG_CALL);
    assert_code(sm_authorise_target(computer->client, "/a\r\nb", header, sizeof header), SM_WRONG_CALL);
    assert_code(sm_authorise_target(computer->client, "/a", header, 20), SM_WRONG_CALL);
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

#define FRESH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define ACTIVATED(name) cmocka_unit_test_setup_teardown(name, set_up_activated, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_product_that_was_not_activated_does_not_work),
        ACTIVATED(an_activated_product_works_until_its_lease_ends),
        ACTIVATED(in_the_grace_it_works_and_warns),
        ACTIVATED(it_works_on_after_a_restart_without_network),
        FRESH(a_key_with_a_slip_is_found_without_the_network),
        ACTIVATED(every_signed_reason_to_stop_is_told),
        ACTIVATED(a_reason_of_a_newer_server_is_obeyed_and_shown),
        ACTIVATED(every_unsigned_refusal_is_told_and_stops_nothing),
        ACTIVATED(a_lost_answer_is_asked_for_with_the_same_bytes),
        FRESH(a_lost_activation_is_asked_for_with_the_same_bytes),
        ACTIVATED(what_the_chain_says_is_on_the_disk_before_it_is_sent),
        ACTIVATED(a_release_stops_the_product),
        ACTIVATED(a_check_in_after_a_lost_release_keeps_its_place_in_the_chain),
        ACTIVATED(activating_again_with_the_same_key_checks_in),
        FRESH(a_machine_that_is_activated_before_its_licence_is_on_is_licensed_once_it_is),
        FRESH(a_key_is_kept_only_while_its_activation_waits),
        ACTIVATED(a_machine_that_changes_its_key_gives_the_device_before_back),
        ACTIVATED(a_device_before_whose_release_was_lost_is_given_back_later),
        ACTIVATED(a_copy_gives_nobody_elses_device_back),
        ACTIVATED(a_clone_becomes_a_device_of_its_own),
        ACTIVATED(a_device_that_the_server_does_not_know_works_to_its_lease_s_end_and_activates_anew),
        ACTIVATED(a_lease_that_was_copied_to_another_machine_does_not_work_there),
        ACTIVATED(an_answer_to_something_else_is_not_taken),
        ACTIVATED(a_rotated_key_is_followed),
        ACTIVATED(a_revoked_key_signs_nothing_any_more),
        ACTIVATED(a_set_that_cannot_be_fetched_does_not_keep_a_good_lease_away),
        ACTIVATED(a_key_set_is_not_rolled_back),
        ACTIVATED(a_root_is_followed_and_the_one_before_becomes_void),
        FRESH(a_root_that_nobody_named_is_not_followed),
        ACTIVATED(setting_the_clock_back_prolongs_nothing),
        ACTIVATED(parking_the_clock_prolongs_nothing),
        ACTIVATED(setting_the_clock_back_over_a_reboot_stops_until_it_is_right),
        ACTIVATED(parking_the_clock_over_reboots_prolongs_little),
        ACTIVATED(a_clock_far_ahead_stops_nothing_while_the_time_is_known),
        ACTIVATED(a_clock_far_ahead_bricks_no_machine),
        ACTIVATED(a_server_whose_clock_was_ahead_bricks_no_machine),
        ACTIVATED(an_answer_that_was_held_back_turns_no_clock_back),
        ACTIVATED(a_machine_that_knows_no_boots_counts_too),
        ACTIVATED(advice_is_passed_on_unless_we_know_better),
        ACTIVATED(check_ins_are_due_when_the_lease_says_and_back_off_after_failures),
        ACTIVATED(no_refusal_delays_a_check_in_beyond_a_quarter_of_what_is_left),
        ACTIVATED(another_process_at_work_is_not_a_failure),
        FRESH(a_change_by_another_process_is_seen),
        FRESH(a_machine_without_network_is_activated_and_renewed_by_file),
        ACTIVATED(a_target_is_authorised_as_the_protocol_says),
        FRESH(wrong_calls_are_refused),
        ACTIVATED(a_caller_that_was_built_with_less_gets_less),
        FRESH(every_code_has_its_word_and_words),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
