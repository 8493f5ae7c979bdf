/* Requests to activate: each counts once. Whoever has recorded one, or finds an old file, neither learns a
 * device's credential nor takes a seat, and a machine whose answer was lost or whose clock is wrong is not
 * taken for him. */
#include "channel.h"
#include "computer.h"

#include "programme/devices/offline_lease.h"
#include "store/devices/devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

static int64_t now_s(const struct world *world) {
    return world->now_us / 1000000;
}

static void seconds_go_by(struct world *world, int64_t seconds) {
    world->now_us += seconds * 1000000;
}

/* What the machine sends now, by a clock that is so many seconds off. */
static struct activation_request asked(struct world *world, const struct computer *machine,
                                       struct text licence, int64_t off_s) {
    struct activation_request request = request_of(machine, key_of(world, licence));
    request.time_s = now_s(world) + off_s;
    return request;
}

static struct activation answered_at_a_pace(struct world *world, const struct activation_request *request,
                                            struct activation_paces *paces) {
    struct call call = world_call(world);
    struct activation activation;
    WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
    enum status status = activate_device(&call, request, false, paces, &activation, &world->fault);
    WORLD_OK(world, call_end(&call, status, &world->fault));
    return activation;
}

static struct activation answered(struct world *world, const struct activation_request *request) {
    return answered_at_a_pace(world, request, NULL);
}

static struct activation_paces paces;

/* How many machines of those names can be activated now, each once, of `count`; with another key pair where
 * they are there. */
static int activated_now(struct world *world, struct text licence, struct computer *machines, int count) {
    int activated = 0;
    for (int i = 0; i < count; i++) {
        enrol_again(&machines[i]);
        struct activation_request request = asked(world, &machines[i], licence, 0);
        struct activation activation = answered_at_a_pace(world, &request, &paces);
        bool is_ok = activation.answer == LEASE_CODE_OK;
        assert_true(is_ok || activation.answer == LEASE_CODE_TOO_OFTEN);
        assert_true(is_ok == (activation.wait_s == 0));
        activated += is_ok;
    }
    return activated;
}

static void it_checks_in(struct world *world, const struct activation *activation) {
    struct device_seen seen = activation->seen;
    seen.sequence++;
    seen.link++;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, device_seen_save(world->db, &seen, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static int64_t activations_in_the_trail(struct world *world) {
    return ask(world, "select count(*) from audit where action = 'device.activate'");
}

static void the_very_same_request_is_a_retry_and_leaves_no_trace(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct activation_request request = asked(world, &machine, licence, 0);
    struct activation first = answered(world, &request);
    seconds_go_by(world, HOUR_S);
    struct activation again = answered(world, &request);
    assert_int_equal(again.answer, LEASE_CODE_OK);
    assert_true(again.is_retry && !first.is_retry);
    assert_int_equal(again.device.id, first.device.id);
    assert_int_equal(again.device.generation, 1);
    assert_int_equal(again.device.activated_at_us, first.device.activated_at_us);
    assert_int_equal(activations_in_the_trail(world), 1);
}

static void a_request_is_spent_once_its_device_has_checked_in(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct activation_request request = asked(world, &machine, licence, 0);
    struct activation first = answered(world, &request);
    it_checks_in(world, &first);
    assert_int_equal(answered(world, &request).answer, LEASE_CODE_REPLACED);
    request.link++;
    seconds_go_by(world, HOUR_S);
    request.time_s = now_s(world);
    assert_int_equal(answered(world, &request).answer, LEASE_CODE_REPLACED);
    assert_int_equal(ask(world, "select sequence from device_seen"), 1);
    assert_int_equal(activations_in_the_trail(world), 1);
}

static void a_key_pair_that_was_displaced_never_comes_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct activation_request recorded[3];
    for (int i = 0; i < 3; i++) {
        recorded[i] = asked(world, &machine, licence, 0);
        assert_int_equal(answered(world, &recorded[i]).answer, LEASE_CODE_OK);
        enrol_again(&machine);
    }
    for (int i = 0; i < 2; i++) {
        recorded[i].time_s = 0; /* whatever clock the machine had */
        assert_int_equal(answered(world, &recorded[i]).answer, LEASE_CODE_REPLACED);
    }
    assert_int_equal(ask(world, "select generation from devices"), 3);
    assert_int_equal(activations_in_the_trail(world), 3);
}

static void a_device_that_was_released_is_not_taken_up_by_its_old_request(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct activation_request request = asked(world, &machine, licence, 0);
    struct activation first = answered(world, &request);
    struct released_device released;
    WORLD_OK(world, release(world, world_call(world), first.device.id, &released));
    assert_int_equal(answered(world, &request).answer, LEASE_CODE_RELEASED);
    assert_int_equal(ask(world, "select count(*) from devices where state = 'released'"), 1);
    enrol_again(&machine);
    struct activation_request anew = asked(world, &machine, licence, 0);
    assert_int_equal(answered(world, &anew).answer, LEASE_CODE_OK);
}

static void a_request_that_is_older_than_the_last_activation_is_told_so(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct activation_request never_sent = asked(world, &machine, licence, 0);
    seconds_go_by(world, 2 * DAY_S);
    enrol_again(&machine);
    struct activation_request request = asked(world, &machine, licence, 0);
    assert_int_equal(answered(world, &request).answer, LEASE_CODE_OK);
    struct activation late = answered(world, &never_sent);
    assert_int_equal(late.answer, LEASE_CODE_REPLACED);
    assert_non_null(strstr(late.words, "\"time\""));
    assert_int_equal(ask(world, "select generation from devices"), 1);
}

static void a_machine_with_a_wrong_clock_can_activate_again(void **state) {
    static const int64_t clocks[][2] = {
        /* how far the clock is off at the first activation, and at the second */
        {-2 * DAY_S, -2 * DAY_S},     /* always behind */
        {30 * DAY_S, 0},              /* ahead, and set right since */
        {0, -INT64_C(20000) * DAY_S}, /* its battery is empty: 1972 */
        {-INT64_C(20000) * DAY_S, -INT64_C(20000) * DAY_S - HOUR_S},
        {0, -12 * HOUR_S}, /* set in another zone */
        {0, 400 * DAY_S},
    };
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 10);
    seconds_go_by(world, 10 * DAY_S);
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        struct computer machine = a_machine(name);
        struct activation_request request = asked(world, &machine, licence, clocks[i][0]);
        assert_int_equal(answered(world, &request).answer, LEASE_CODE_OK);
        seconds_go_by(world, 60);
        enrol_again(&machine);
        request = asked(world, &machine, licence, clocks[i][1]);
        assert_int_equal(answered(world, &request).answer, LEASE_CODE_OK);
    }
}

static void a_machine_that_was_refused_asks_anew_and_its_refused_request_is_spent(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    turn_off(world, licence);
    struct computer machine = a_machine("PC-17");
    struct activation_request refused = asked(world, &machine, licence, 0);
    assert_int_equal(answered(world, &refused).answer, LEASE_CODE_OFF);
    turn_on(world, licence);
    seconds_go_by(world, 60);
    machine.link++;
    struct activation_request lost = asked(world, &machine, licence, 0);
    assert_int_equal(answered(world, &lost).answer, LEASE_CODE_OK);
    seconds_go_by(world, 120);
    machine.link++;
    struct activation_request heard = asked(world, &machine, licence, 0);
    assert_int_equal(answered(world, &heard).answer, LEASE_CODE_OK);
    assert_int_equal(answered(world, &refused).answer, LEASE_CODE_REPLACED);
    assert_int_equal(answered(world, &lost).answer, LEASE_CODE_REPLACED);
    assert_int_equal(ask(world, "select link from device_seen"), (int64_t)machine.link);
    assert_int_equal(ask(world, "select generation from devices"), 1);
}

static void a_file_is_taken_again_until_its_machine_has_checked_in_or_made_another(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct text key = key_of(world, licence);
    struct text first = request_file(world, &machine, key);
    struct issue_offline_lease_input input = {first};
    struct offline_lease lease;
    struct call call = world_call(world);
    WORLD_OK(world, issue_offline_lease(&call, &input, &lease, &world->fault));
    seconds_go_by(world, HOUR_S);
    call = world_call(world);
    WORLD_OK(world, issue_offline_lease(&call, &input, &lease, &world->fault));
    assert_int_equal(lease.expires_s, now_s(world) + 30 * DAY_S);
    struct computer other = machine;
    enrol_again(&other);
    struct text never_brought = request_file(world, &other, key);
    seconds_go_by(world, 20 * DAY_S);
    enrol_again(&other);
    call = world_call(world);
    WORLD_OK(world,
             issue_offline_lease(&call, &(struct issue_offline_lease_input){request_file(world, &other, key)},
                                 &lease, &world->fault));
    WORLD_FAULT(world, "replaced", issue_offline_lease(&call, &input, &lease, &world->fault));
    input.request = never_brought;
    WORLD_FAULT(world, "replaced", issue_offline_lease(&call, &input, &lease, &world->fault));
    assert_string_equal(world->fault.field, "time");
}

static void one_machine_has_not_written_more_than_so_many_key_pairs(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1000);
    memset(&paces, 0, sizeof paces);
    struct computer machine = a_machine("PC-17");
    int activated = 0;
    for (int i = 0; i < 40; i++) {
        activated += activated_now(world, licence, &machine, 1);
    }
    assert_int_equal(activated, 11); /* as a new device, and 10 times anew */
    assert_int_equal(ask(world, "select count(*) from spent_device_keys"), 10);
    assert_int_equal(activations_in_the_trail(world), 11);
    seconds_go_by(world, HOUR_S / 2);
    assert_int_equal(activated_now(world, licence, &machine, 1), 1);
    assert_int_equal(activated_now(world, licence, &machine, 1), 0);
}

static void all_machines_of_a_licence_can_be_deployed_and_made_anew_at_once(void **state) {
    enum { SEATS = 60 };
    struct world *world = *state;
    struct computer machines[SEATS];
    char name[16];
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", SEATS);
    memset(&paces, 0, sizeof paces);
    for (int i = 0; i < SEATS; i++) {
        snprintf(name, sizeof name, "PC-%d", i);
        machines[i] = a_machine(name);
    }
    assert_int_equal(activated_now(world, licence, machines, SEATS), SEATS);
    assert_int_equal(activated_now(world, licence, machines, SEATS), SEATS);
    assert_int_equal(activated_now(world, licence, machines, SEATS), 30);
    assert_int_equal(activated_now(world, licence, machines, SEATS), 0);
    seconds_go_by(world, 6 * HOUR_S);
    assert_int_equal(activated_now(world, licence, machines, SEATS), SEATS);
}

static void a_retry_costs_nothing_of_the_pace(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    memset(&paces, 0, sizeof paces);
    struct computer machine = a_machine("PC-17");
    struct activation_request request = asked(world, &machine, licence, 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(answered_at_a_pace(world, &request, &paces).answer, LEASE_CODE_OK);
    }
    assert_int_equal(activations_in_the_trail(world), 1);
}

int main(void) {
    if (sodium_init() < 0) {
        return 1;
    }
    static const struct world_test tests[] = {
        WORLD_TEST(the_very_same_request_is_a_retry_and_leaves_no_trace),
        WORLD_TEST(a_request_is_spent_once_its_device_has_checked_in),
        WORLD_TEST(a_key_pair_that_was_displaced_never_comes_back),
        WORLD_TEST(a_device_that_was_released_is_not_taken_up_by_its_old_request),
        WORLD_TEST(a_request_that_is_older_than_the_last_activation_is_told_so),
        WORLD_TEST(a_machine_with_a_wrong_clock_can_activate_again),
        WORLD_TEST(a_machine_that_was_refused_asks_anew_and_its_refused_request_is_spent),
        WORLD_TEST(one_machine_has_not_written_more_than_so_many_key_pairs),
        WORLD_TEST(all_machines_of_a_licence_can_be_deployed_and_made_anew_at_once),
        WORLD_TEST(a_retry_costs_nothing_of_the_pace),
        WORLD_TEST(a_file_is_taken_again_until_its_machine_has_checked_in_or_made_another),
    };
    return world_run_tests("activation_requests", tests, sizeof tests / sizeof tests[0]);
}
