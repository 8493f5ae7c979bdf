/* What passes with time: leases end, clocks are set, and check-ins become due. */
#include "client_setup.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        ACTIVATED(an_activated_product_works_until_its_lease_ends),
        ACTIVATED(in_the_grace_it_works_and_warns),
        ACTIVATED(it_works_on_after_a_restart_without_network),
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
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
