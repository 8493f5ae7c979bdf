/* What a check-in brings: reasons, the chain, keys and roots that change, and other processes beside it. */
#include "client_setup.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        ACTIVATED(every_signed_reason_to_stop_is_told),
        ACTIVATED(a_reason_of_a_newer_server_is_obeyed_and_shown),
        ACTIVATED(every_unsigned_refusal_is_told_and_stops_nothing),
        ACTIVATED(a_lost_answer_is_asked_for_with_the_same_bytes),
        ACTIVATED(what_the_chain_says_is_on_the_disk_before_it_is_sent),
        ACTIVATED(a_release_stops_the_product),
        ACTIVATED(a_check_in_after_a_lost_release_keeps_its_place_in_the_chain),
        ACTIVATED(an_answer_to_something_else_is_not_taken),
        ACTIVATED(a_rotated_key_is_followed),
        ACTIVATED(a_revoked_key_signs_nothing_any_more),
        ACTIVATED(a_set_that_cannot_be_fetched_does_not_keep_a_good_lease_away),
        ACTIVATED(a_key_set_is_not_rolled_back),
        ACTIVATED(a_root_is_followed_and_the_one_before_becomes_void),
        FRESH(a_root_that_nobody_named_is_not_followed),
        ACTIVATED(another_process_at_work_is_not_a_failure),
        FRESH(a_change_by_another_process_is_seen),
        ACTIVATED(a_target_is_authorised_as_the_protocol_says),
    };
    return cmocka_run_group_tests_name("check_in", tests, NULL, NULL);
}
