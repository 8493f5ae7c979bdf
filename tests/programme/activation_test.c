/* Activating, releasing and dropping devices: seats are never oversold, and every refusal has its reason. */
#include "channel.h"
#include "computer.h"

#include "core/base/base64url.h"
#include "programme/devices/offline_lease.h"
#include "programme/keys/signing_keys.h"
#include "programme/licensing/turn_licence.h"
#include "store/devices/devices.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

static void days_go_by(struct world *world, int64_t days) {
    world->now_us += days * DAY_S * INT64_C(1000000);
}

static int64_t now_s(const struct world *world) {
    return world->now_us / 1000000;
}

static struct computer machine_number(int number) {
    char name[32];
    snprintf(name, sizeof name, "machine %d", number);
    return a_machine(name);
}

/* Activates that many machines, from `first` on, each of which gets a seat. */
static void activate_many(struct world *world, struct text licence, int first, int count) {
    for (int i = first; i < first + count; i++) {
        struct computer machine = machine_number(i);
        assert_int_equal(activate(world, &machine, licence).answer, LEASE_CODE_OK);
    }
}

static enum lease_code answer_to(struct world *world, int number, struct text licence) {
    struct computer machine = machine_number(number);
    return activate(world, &machine, licence).answer;
}

static void set_terms(struct world *world, const char *sku, struct lease_terms terms) {
    static const char SQL[] = "select id from skus where code = $1";
    int64_t id = 0;
    WORLD_OK(world, db_query_int(world->db, SQL, DB_ARGS(db_string(text_of(sku))), 0, &id, &world->fault));
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, lease_terms_save(world->db, id, &terms, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

/* A check-in, as the device door saves it. */
static void check_in(struct world *world, const struct activation *activation, int32_t sequence) {
    struct device_seen seen = activation->seen;
    seen.sequence = sequence;
    seen.seen_at_s = now_s(world);
    seen.lease_expires_s = now_s(world) + DAY_S;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, device_seen_save(world->db, &seen, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void resize(struct world *world, struct text licence, int64_t seats) {
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input input = {.licence = licence, .seats = seats};
    WORLD_OK(world, resize_licence(&call, &input, &info, &world->fault));
}

static struct device device_of(struct world *world, int64_t id) {
    struct device device;
    bool found = false;
    WORLD_OK(world, device_load(world->db, &world->arena, id, &device, &found, &world->fault));
    assert_true(found);
    return device;
}

/* ---- taking a seat ---- */

static void a_device_takes_a_seat_and_begins_a_chain(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct computer machine = a_machine("PC-17");
    machine.link = UINT64_MAX - 7;
    struct activation activation = activate(world, &machine, licence);
    assert_int_equal(activation.answer, LEASE_CODE_OK);
    assert_int_equal(activation.device.seat, 1);
    assert_int_equal(activation.device.generation, 1);
    assert_int_equal(activation.licence.seats, 3);
    assert_int_equal(activation.seen.sequence, 0);
    assert_true(activation.seen.link == UINT64_MAX - 7);
    assert_int_equal(activation.seen.lease_expires_s, now_s(world) + DAY_S);
    struct device_seen seen;
    bool found = false;
    WORLD_OK(world, device_seen_load(world->db, activation.device.id, &seen, &found, &world->fault));
    assert_true(found && seen.link == machine.link && seen.seen_at_s == now_s(world));
    struct device kept = device_of(world, activation.device.id);
    assert_memory_equal(kept.fingerprint.at, machine.fingerprint, sizeof machine.fingerprint);
    assert_memory_equal(kept.public_key.at, machine.public_key, sizeof machine.public_key);
    assert_true(text_is(kept.name, "PC"));
    assert_int_equal(
        ask(world, "select count(*) from audit where action = 'device.activate' and actor = 'system'"), 1);
    assert_int_equal(ask(world, "select count(*) from device_months where licensed = 1"), 1);
    assert_int_equal(ask(world, "select count(*) from device_changes"), 0);
}

static void the_same_machine_takes_no_second_seat(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct activation first = activate(world, &machine, licence);
    check_in(world, &first, 5);
    enrol_again(&machine);
    struct activation again = activate(world, &machine, licence);
    assert_int_equal(again.answer, LEASE_CODE_OK);
    assert_int_equal(again.device.id, first.device.id);
    assert_int_equal(again.device.seat, 1);
    assert_int_equal(again.device.generation, 2);
    assert_int_equal(again.seen.sequence, 0);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_NO_SEAT_LEFT);
}

static void a_new_key_pair_begins_a_new_generation(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17");
    struct activation first = activate(world, &machine, licence);
    enrol_again(&machine);
    struct activation again = activate(world, &machine, licence);
    assert_int_equal(again.device.id, first.device.id);
    assert_int_equal(again.device.generation, 2);
    assert_int_equal(again.device.seat, 1);
    assert_int_equal(ask(world, "select count(*) from devices"), 1);
}

static void the_same_machine_under_two_licences_is_two_devices(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct computer machine = a_machine("PC-17");
    struct activation office = activate(world, &machine, a_licence_on(world, "OFFICE", 1));
    struct activation mail = activate(world, &machine, a_licence_on(world, "MAIL", 1));
    assert_int_equal(mail.answer, LEASE_CODE_OK);
    assert_int_not_equal(office.device.id, mail.device.id);
}

static void all_seats_can_be_taken_and_not_one_more(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 20);
    activate_many(world, licence, 0, 20);
    for (int i = 20; i < 30; i++) {
        assert_int_equal(answer_to(world, i, licence), LEASE_CODE_NO_SEAT_LEFT);
    }
    assert_int_equal(ask(world, "select count(*) from devices"), 20);
    assert_int_equal(ask(world, "select count(distinct seat) from devices where seat between 1 and 20"), 20);
}

static void a_refused_activation_changes_nothing(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    activate_many(world, licence, 0, 1);
    int64_t audit = ask(world, "select count(*) from audit where action = 'device.activate'");
    struct computer machine = machine_number(1);
    struct activation refused = activate(world, &machine, licence);
    assert_int_equal(refused.answer, LEASE_CODE_NO_SEAT_LEFT);
    assert_int_equal(refused.device.id, 0);
    assert_int_equal(refused.dropped_device_id, 0);
    assert_true(refused.licence.id > 0);
    assert_int_equal(ask(world, "select count(*) from devices"), 1);
    assert_int_equal(ask(world, "select count(*) from audit where action = 'device.activate'"), audit);
}

static void the_database_itself_refuses_a_seat_held_twice(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    struct computer machine = machine_number(0);
    struct activation first = activate(world, &machine, licence);
    struct device second = device_of(world, first.device.id);
    second.fingerprint = TEXT("another fingerprint of 32 bytes!");
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_FAULT(world, "already-exists", device_insert(world->db, &second, &world->fault));
    db_rollback(world->db);
}

enum { RACERS = 4, EACH = 40, RACED_SEATS = 50 };

struct racer {
    struct world *world;
    struct db *db;
    struct text key;
    int first;
    int seated;
};

static void *race(void *argument) {
    struct racer *racer = argument;
    for (int i = racer->first; i < racer->first + EACH; i++) {
        struct arena arena;
        struct fault fault;
        struct activation activation = {.answer = LEASE_CODE_INTERNAL};
        arena_init(&arena);
        struct call call = world_call(racer->world);
        call.db = racer->db;
        call.arena = &arena;
        call.actor = (struct actor){.kind = ACTOR_SYSTEM};
        struct computer machine = machine_number(i);
        struct activation_request request = request_of(&machine, racer->key);
        enum status status = call_begin(&call, DB_WRITE, &fault);
        if (status == STATUS_OK) {
            status = activate_device(&call, &request, false, NULL, &activation, &fault);
            status = call_end(&call, status, &fault);
        }
        racer->seated += status == STATUS_OK && activation.answer == LEASE_CODE_OK;
        arena_clean_up(&arena);
    }
    return NULL;
}

static void seats_are_not_oversold_by_a_race(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", RACED_SEATS);
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){
            .world = world, .db = world_reopen(world), .key = key_of(world, licence), .first = i * EACH};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    int seated = 0;
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        seated += racers[i].seated;
    }
    assert_int_equal(seated, RACED_SEATS);
    assert_int_equal(ask(world, "select count(distinct seat) from devices where state = 'active'"),
                     RACED_SEATS);
    assert_int_equal(ask(world, "select max(seat) from devices"), RACED_SEATS);
}

/* ---- why not ---- */

static void every_state_of_the_licence_has_its_answer(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 5), "C1", 5);
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_NOT_ON_YET);
    turn_on(world, licence);
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_OK);
    turn_off(world, licence);
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_OFF);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_OFF);
    turn_on(world, licence);
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_OK);
    turn_off(world, licence);
    int64_t notes = ask(world, "select count(*) from device_changes where kind = 'licence'");
    struct call call = world_call(world);
    struct licence_view info;
    WORLD_OK(world,
             retire_licence(&call, &(struct turn_licence_input){.licence = licence}, &info, &world->fault));
    assert_int_equal(ask(world, "select count(*) from device_changes where kind = 'licence'"), notes + 1);
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_RETIRED);
}

static void an_unknown_key_is_unknown(void **state) {
    struct world *world = *state;
    a_channel(world);
    char key[LICENCE_KEY_BYTES];
    licence_key_make((const unsigned char *)"no key of here", key);
    struct computer machine = a_machine("PC-17");
    struct activation_request request = request_of(&machine, text_of(key));
    struct call call = world_call(world);
    struct activation activation;
    WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
    WORLD_OK(world, activate_device(&call, &request, false, NULL, &activation, &world->fault));
    WORLD_OK(world, call_end(&call, STATUS_OK, &world->fault));
    assert_int_equal(activation.answer, LEASE_CODE_UNKNOWN_KEY);
    assert_int_equal(activation.licence.id, 0);
}

static void who_has_suspended_is_told_the_nearest_one_first(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P3", "OFFICE", 5), "C4", 5);
    turn_on(world, licence);
    suspend(world, "DIST", "SUB");
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR);
    suspend(world, "SUB", "P3");
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR);
    resume(world, "DIST", "SUB");
    resume(world, "SUB", "P3");
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_OK);
}

static void a_provider_suspends_its_own_customer(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    suspend(world, "P1", "C1");
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_SUSPENDED_BY_PROVIDER);
    suspend(world, "DIST", "P1");
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_SUSPENDED_BY_PROVIDER);
    resume(world, "P1", "C1");
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR);
    resume(world, "DIST", "P1");
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_OK);
}

static void what_is_retired_says_so_whoever_has_suspended_it(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    suspend(world, "DIST", "P1");
    terminate(world, "DIST", "P1");
    assert_true(ask(world, "select count(*) from device_changes where kind = 'licence' and subject_id = 0") >
                0);
    assert_int_equal(answer_to(world, 0, licence), LEASE_CODE_RETIRED);
}

static size_t components_of(struct world *world, const char *sku, struct text **components) {
    static const char SQL[] = "select id from skus where code = $1";
    int64_t id = 0;
    size_t count = 0;
    WORLD_OK(world, db_query_int(world->db, SQL, DB_ARGS(db_string(text_of(sku))), 0, &id, &world->fault));
    WORLD_OK(world, lease_components_load(world->db, &world->arena, id, components, &count, &world->fault));
    return count;
}

static void add_component(struct world *world, const char *vendor, const char *code, const char *sku) {
    static const char COMPONENT[] = "insert into components (id, vendor_id, external_id, code, name) "
                                    "select coalesce(max(id), 0) + 1, $1, $2, $2, $2 from components";
    static const char LINK[] = "insert into sku_components (sku_id, component_id) select s.id, c.id "
                               "from skus s, components c where s.code = $1 and c.code = $2";
    int64_t vendor_id = account_id_of(world, vendor);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, COMPONENT, DB_ARGS(db_integer(vendor_id), db_string(text_of(code))),
                           NULL, &world->fault));
    WORLD_OK(world, db_run(world->db, LINK, DB_ARGS(db_string(text_of(sku)), db_string(text_of(code))), NULL,
                           &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void a_vendor_stops_its_own_products_and_leaves_the_rest_of_a_bundle(void **state) {
    struct world *world = *state;
    a_channel(world);
    add_component(world, "ACME", "writer", "OFFICE");
    add_component(world, "ACME", "sheets", "OFFICE");
    add_component(world, "BOLT", "vault", "BACKUP");
    struct text office = a_licence_on(world, "OFFICE", 1);
    struct text backup = a_licence_on(world, "BACKUP", 1);
    struct text suite = a_licence_on(world, "SUITE", 2);
    struct text *components = NULL;
    assert_int_equal(components_of(world, "OFFICE", &components), 2);
    assert_true(text_is(components[0], "sheets") && text_is(components[1], "writer"));
    assert_int_equal(components_of(world, "SUITE", &components), 3);
    assert_true(text_is(components[1], "vault"));

    suspend(world, "BOLT", "DIST");
    assert_int_equal(answer_to(world, 0, backup), LEASE_CODE_SUSPENDED_BY_VENDOR);
    assert_int_equal(answer_to(world, 0, office), LEASE_CODE_OK);
    assert_int_equal(answer_to(world, 0, suite), LEASE_CODE_OK);
    assert_int_equal(components_of(world, "SUITE", &components), 2);
    assert_int_equal(components_of(world, "BACKUP", &components), 1);
    assert_int_equal(
        ask(world, "select count(*) from device_changes where kind = 'terms' and subject_id = 0"), 1);
    resume(world, "BOLT", "DIST");
    assert_int_equal(components_of(world, "SUITE", &components), 3);
    assert_int_equal(answer_to(world, 0, backup), LEASE_CODE_OK);
    terminate(world, "BOLT", "DIST");
    assert_int_equal(answer_to(world, 0, suite), LEASE_CODE_OK);
    assert_int_equal(components_of(world, "SUITE", &components), 2);
}

static void a_bundle_is_activated_with_its_own_key_and_by_its_own_seats(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text suite = a_licence_on(world, "SUITE", 2);
    assert_int_equal(answer_to(world, 0, suite), LEASE_CODE_OK);
    assert_int_equal(answer_to(world, 1, suite), LEASE_CODE_OK);
    assert_int_equal(answer_to(world, 2, suite), LEASE_CODE_NO_SEAT_LEFT); /* though BACKUP has four */
    struct door_licence_row row;
    bool found = true;
    int64_t part = ask(world, "select min(id) from licences where parent_id is not null");
    WORLD_OK(world, door_licence_load(world->db, part, &row, &found, &world->fault));
    assert_false(found);
    int64_t whole = ask(world, "select min(id) from licences where parent_id is null");
    WORLD_OK(world, door_licence_load(world->db, whole, &row, &found, &world->fault));
    assert_true(found && row.counted_seats == 2 && row.state == LICENCE_ON &&
                row.suspender == SUSPENDER_NONE);
}

/* ---- seats that come and go ---- */

static void a_released_seat_stays_taken_until_its_last_lease_has_ended(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = machine_number(0);
    struct activation first = activate(world, &machine, licence);
    struct released_device released;
    WORLD_OK(world, release(world, world_call(world), first.device.id, &released));
    assert_int_equal(released.seat_until_s, now_s(world) + DAY_S);
    assert_int_equal(device_of(world, first.device.id).state, DEVICE_RELEASED);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_NO_SEAT_LEFT);
    world->now_us += (DAY_S - 1) * INT64_C(1000000);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_NO_SEAT_LEFT);
    world->now_us += 1000000;
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_OK);
    assert_int_equal(device_of(world, first.device.id).seat, 0);
    enrol_again(&machine);
    assert_int_equal(activate(world, &machine, licence).answer, LEASE_CODE_NO_SEAT_LEFT);
}

static void an_offline_seat_stays_taken_as_long_as_its_lease(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = machine_number(0);
    struct activation first = activate_offline(world, &machine, licence);
    assert_true(first.device.is_offline);
    assert_int_equal(first.seen.lease_expires_s, now_s(world) + 30 * DAY_S);
    assert_int_equal(ask(world, "select count(*) from device_changes where kind = 'device'"), 1);
    /* Activated online since: the offline lease is still out there. */
    struct activation online = activate(world, &machine, licence);
    assert_int_equal(online.seen.lease_expires_s, now_s(world) + 30 * DAY_S);
    struct released_device released;
    WORLD_OK(world, release(world, world_call(world), first.device.id, &released));
    days_go_by(world, 29);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_NO_SEAT_LEFT);
    days_go_by(world, 1);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_OK);
}

static void a_check_in_saved_after_the_release_holds_the_seat_longer(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = machine_number(0);
    struct activation first = activate(world, &machine, licence);
    world->now_us += 12 * HOUR_S * INT64_C(1000000);
    struct released_device released;
    WORLD_OK(world, release(world, world_call(world), first.device.id, &released));
    check_in(world, &first, 1); /* answered in the same second, saved behind */
    assert_int_equal(device_of(world, first.device.id).seat_until_s, now_s(world) + DAY_S);
}

static void the_machine_itself_may_come_back_to_its_seat(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = machine_number(0);
    struct activation first = activate(world, &machine, licence);
    struct released_device released;
    WORLD_OK(world, release(world, world_call(world), first.device.id, &released));
    enrol_again(&machine);
    struct activation again = activate(world, &machine, licence);
    assert_int_equal(again.answer, LEASE_CODE_OK);
    assert_int_equal(again.device.id, first.device.id);
    assert_int_equal(again.device.seat, 1);
    assert_int_equal(device_of(world, first.device.id).released_at_us, 0);
}

static void releases_are_limited_in_thirty_days(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 2);
    struct computer machine = machine_number(0);
    struct released_device released;
    for (int i = 0; i < 4; i++) {
        struct activation activation = activate(world, &machine, licence);
        WORLD_OK(world, release(world, world_call(world), activation.device.id, &released));
        WORLD_OK(world,
                 release(world, world_call(world), activation.device.id, &released)); /* no other one */
        enrol_again(&machine);
    }
    struct activation activation = activate(world, &machine, licence);
    WORLD_FAULT(world, "releases-exhausted",
                release(world, world_call(world), activation.device.id, &released));
    assert_int_equal(device_of(world, activation.device.id).state, DEVICE_ACTIVE);
    days_go_by(world, 31);
    WORLD_OK(world, release(world, world_call(world), activation.device.id, &released));
}

static void a_release_is_the_providers_the_customers_or_the_operators(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 3);
    struct computer machine = machine_number(0);
    int64_t device = activate(world, &machine, licence).device.id;
    struct released_device released;
    WORLD_FAULT(world, "unknown-device", release(world, call_of(world, "P2"), device, &released));
    WORLD_FAULT(world, "unknown-device", release(world, call_of(world, "C2"), device, &released));
    WORLD_FAULT(world, "unknown-device", release(world, call_of(world, "DIST"), device, &released));
    WORLD_FAULT(world, "unknown-device", release(world, call_of(world, "ACME"), device, &released));
    WORLD_FAULT(world, "unknown-device", release(world, world_call(world), device + 1, &released));
    struct call reader = call_of(world, "P1");
    reader.actor.rights = RIGHT_READ;
    WORLD_FAULT(world, "right-missing", release(world, reader, device, &released));
    WORLD_OK(world, release(world, call_of(world, "C1"), device, &released));
    enrol_again(&machine);
    activate(world, &machine, licence);
    WORLD_OK(world, release(world, call_of(world, "P1"), device, &released));
    enrol_again(&machine);
    activate(world, &machine, licence);
    struct call door = world_call(world);
    door.actor = (struct actor){.kind = ACTOR_SYSTEM};
    WORLD_OK(world, release(world, door, device, &released));
    assert_true(text_is(device_of(world, device).released_by, "the device itself"));
    assert_int_equal(ask(world, "select count(*) from audit where action = 'device.release'"), 3);
}

static void a_silent_device_gives_its_seat_to_one_that_comes(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 2);
    struct computer silent = machine_number(0), talking = machine_number(1);
    struct activation first = activate(world, &silent, licence);
    struct activation second = activate(world, &talking, licence);
    days_go_by(world, 20);
    check_in(world, &second, 1);
    assert_int_equal(answer_to(world, 2, licence), LEASE_CODE_NO_SEAT_LEFT);
    days_go_by(world, 11); /* a day of lease and thirty of silence, to the second */
    assert_int_equal(answer_to(world, 2, licence), LEASE_CODE_NO_SEAT_LEFT);
    world->now_us += 1000000;
    struct computer machine = machine_number(2);
    struct activation third = activate(world, &machine, licence);
    assert_int_equal(third.answer, LEASE_CODE_OK);
    assert_int_equal(third.dropped_device_id, first.device.id);
    assert_int_equal(third.device.seat, first.device.seat);
    assert_int_equal(device_of(world, first.device.id).state, DEVICE_DROPPED);
    assert_int_equal(ask(world, "select count(*) from audit where action = 'device.drop'"), 1);
    assert_int_equal(ask(world, "select max(subject_id) from device_changes where kind = 'device'"),
                     first.device.id);
    enrol_again(&silent);
    assert_int_equal(activate(world, &silent, licence).answer, LEASE_CODE_NO_SEAT_LEFT);
    struct released_device released;
    WORLD_FAULT(world, "wrong-state", release(world, world_call(world), first.device.id, &released));
}

static void a_device_that_has_spoken_since_is_not_dropped(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = machine_number(0);
    struct activation first = activate(world, &machine, licence);
    days_go_by(world, 40);
    check_in(world, &first, 1);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_NO_SEAT_LEFT);
    assert_int_equal(device_of(world, first.device.id).state, DEVICE_ACTIVE);
    days_go_by(world, 30);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_NO_SEAT_LEFT);
    days_go_by(world, 2);
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_OK);
}

static void a_licence_that_shrinks_leaves_the_higher_seats_without_and_grows_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 6);
    activate_many(world, licence, 0, 6);
    resize(world, licence, 3);
    assert_int_equal(answer_to(world, 5, licence), LEASE_CODE_NO_SEAT_LEFT); /* it held seat 6 */
    assert_int_equal(answer_to(world, 2, licence), LEASE_CODE_OK);
    /* One of the lower three is released; when its lease has ended, the machine of seat 6 moves down. */
    struct computer lower = machine_number(1);
    struct released_device released;
    WORLD_OK(world, release(world, world_call(world), activate(world, &lower, licence).device.id, &released));
    days_go_by(world, 1);
    struct computer upper = machine_number(5);
    struct activation moved = activate(world, &upper, licence);
    assert_int_equal(moved.answer, LEASE_CODE_OK);
    assert_int_equal(moved.device.seat, 2);
    assert_int_equal(ask(world, "select count(*) from free_seats where seat = 6"), 1);
    /* Grown again, the seat that it left is found, and then no more. */
    resize(world, licence, 6);
    struct computer newer = machine_number(6);
    assert_int_equal(activate(world, &newer, licence).device.seat, 6);
    assert_int_equal(ask(world, "select count(*) from free_seats"), 0);
    assert_int_equal(answer_to(world, 7, licence), LEASE_CODE_NO_SEAT_LEFT);
}

/* ---- by file ---- */

static enum status issue(struct world *world, struct call call, struct text file, struct offline_lease *out) {
    return issue_offline_lease(&call, &(struct issue_offline_lease_input){file}, out, &world->fault);
}

static struct text member(struct text json, const char *name) {
    const char *at = strstr(json.at, name);
    assert_non_null(at);
    at += strlen(name);
    return (struct text){at, strcspn(at, "\"")};
}

static struct text decoded(struct world *world, struct text encoded) {
    size_t size = encoded.length * 3 / 4;
    char *out = ARENA_NEW(&world->arena, char, size + 1);
    assert_true(base64url_decode(encoded, out, size));
    return (struct text){out, size};
}

static struct text jws_part(struct text jws, int part) {
    const char *at = jws.at;
    for (; part > 0; part--) {
        at = (const char *)memchr(at, '.', (size_t)(jws.at + jws.length - at)) + 1;
    }
    const char *end = memchr(at, '.', (size_t)(jws.at + jws.length - at));
    return (struct text){at, (size_t)((end == NULL ? jws.at + jws.length : end) - at)};
}

static void a_file_goes_out_and_a_lease_comes_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    add_component(world, "ACME", "writer", "OFFICE");
    struct text licence = a_licence_on(world, "OFFICE", 2);
    struct computer machine = a_machine("PC-17");
    struct text request = request_file(world, &machine, key_of(world, licence));
    struct offline_lease lease;
    WORLD_OK(world, issue(world, call_of(world, "P1"), request, &lease));
    assert_int_equal(lease.expires_s, now_s(world) + 30 * DAY_S);
    assert_true(text_equal(lease.licence, licence));
    assert_true(text_starts_with(lease.file, TEXT("{\"key_set\":\"")));
    struct text json = decoded(world, member(lease.file, "\"lease\":\""));
    assert_non_null(strstr(json.at, "\"decision\":\"work\",\"code\":\"ok\""));
    assert_non_null(
        strstr(json.at, "{\"sku\":\"OFFICE\",\"components\":[\"writer\"],\"decision\":\"work\","));
    assert_non_null(strstr(json.at, lease.device.at));
    struct text root = decoded(world, jws_part(member(lease.file, "\"head\":\""), 1));
    unsigned char leaf[32], named[32], check_in_key[32];
    char *prefixed = ARENA_NEW(&world->arena, char, json.length + 1);
    memcpy(prefixed + 1, json.at, json.length);
    crypto_hash_sha256(leaf, (const unsigned char *)prefixed, json.length + 1);
    assert_true(base64url_decode(member(root, "{\"root\":\""), named, sizeof named));
    assert_memory_equal(leaf, named, sizeof leaf);
    unsigned char master[DEVICE_MASTER_BYTES], expected[32];
    device_master_key(world->secret, master);
    device_check_in_key(master, ask(world, "select max(id) from devices"), 1, expected);
    assert_true(base64url_decode(member(lease.file, "\"check_in_key\":\""), check_in_key, 32));
    assert_memory_equal(check_in_key, expected, 32);
    /* A renewal takes no second seat. */
    struct offline_lease renewed;
    days_go_by(world, 3);
    WORLD_OK(world, issue(world, world_call(world), request, &renewed));
    assert_true(text_equal(renewed.device, lease.device));
    assert_int_equal(ask(world, "select count(*) from devices"), 1);
}

static void a_file_is_refused_with_the_codes_word(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = a_machine("PC-17"), other = a_machine("PC-18");
    struct text key = key_of(world, licence);
    struct text request = request_file(world, &machine, key);
    struct offline_lease lease;
    WORLD_FAULT(world, "unknown-key", issue(world, call_of(world, "P2"), request, &lease));
    WORLD_FAULT(world, "unknown-key", issue(world, call_of(world, "C1"), request, &lease));
    struct call reader = call_of(world, "P1");
    reader.actor.rights = RIGHT_READ;
    WORLD_FAULT(world, "right-missing", issue(world, reader, request, &lease));
    WORLD_FAULT(world, "malformed-request", issue(world, world_call(world), TEXT("{"), &lease));
    struct text forged = text_copy(&world->arena, request);
    char *time = strstr(forged.at, "\"time\":") + strlen("\"time\":");
    *time = '2';
    WORLD_FAULT(world, "credential-wrong", issue(world, world_call(world), forged, &lease));
    turn_off(world, licence);
    WORLD_FAULT(world, "off", issue(world, world_call(world), request, &lease));
    turn_on(world, licence);
    WORLD_OK(world, issue(world, world_call(world), request, &lease));
    WORLD_FAULT(world, "no-seat-left",
                issue(world, world_call(world), request_file(world, &other, key), &lease));
    assert_int_equal(ask(world, "select count(*) from devices"), 1);
}

static void the_terms_are_the_skus(void **state) {
    struct world *world = *state;
    a_channel(world);
    set_terms(world, "OFFICE",
              (struct lease_terms){.ttl_s = 600, .grace_s = 60, .offline_ttl_s = 7200, .silent_s = 5});
    struct text licence = a_licence_on(world, "OFFICE", 1);
    struct computer machine = machine_number(0);
    assert_int_equal(activate(world, &machine, licence).seen.lease_expires_s, now_s(world) + 660);
    assert_int_equal(activate_offline(world, &machine, licence).seen.lease_expires_s, now_s(world) + 7200);
    world->now_us += INT64_C(7205) * 1000000;
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_NO_SEAT_LEFT);
    world->now_us += 1000000;
    assert_int_equal(answer_to(world, 1, licence), LEASE_CODE_OK);
}

static void what_a_device_tells_is_kept_once_for_all(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    struct computer machine = machine_number(0);
    struct text key = key_of(world, licence);
    struct call call = world_call(world);
    for (int i = 0; i < 3; i++) {
        machine = machine_number(i);
        struct activation_request request = request_of(&machine, key);
        request.has_version = request.has_components = true;
        request.version = TEXT("4.2");
        request.components = i == 2 ? TEXT("mail") : TEXT("firewall,mail");
        struct activation activation;
        WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
        WORLD_OK(world, activate_device(&call, &request, false, NULL, &activation, &world->fault));
        WORLD_OK(world, call_end(&call, STATUS_OK, &world->fault));
        assert_int_equal(activation.seen.profile_id, i == 2 ? 2 : 1);
    }
    assert_int_equal(activate(world, &machine, licence).seen.profile_id, 2); /* tells nothing: as before */
}

int main(void) {
    if (sodium_init() < 0) {
        return 1;
    }
    static const struct world_test tests[] = {
        WORLD_TEST(a_device_takes_a_seat_and_begins_a_chain),
        WORLD_TEST(the_same_machine_takes_no_second_seat),
        WORLD_TEST(a_new_key_pair_begins_a_new_generation),
        WORLD_TEST(the_same_machine_under_two_licences_is_two_devices),
        WORLD_TEST(all_seats_can_be_taken_and_not_one_more),
        WORLD_TEST(a_refused_activation_changes_nothing),
        WORLD_TEST(the_database_itself_refuses_a_seat_held_twice),
        WORLD_TEST(seats_are_not_oversold_by_a_race),
        WORLD_TEST(every_state_of_the_licence_has_its_answer),
        WORLD_TEST(an_unknown_key_is_unknown),
        WORLD_TEST(who_has_suspended_is_told_the_nearest_one_first),
        WORLD_TEST(a_provider_suspends_its_own_customer),
        WORLD_TEST(what_is_retired_says_so_whoever_has_suspended_it),
        WORLD_TEST(a_vendor_stops_its_own_products_and_leaves_the_rest_of_a_bundle),
        WORLD_TEST(a_bundle_is_activated_with_its_own_key_and_by_its_own_seats),
        WORLD_TEST(a_released_seat_stays_taken_until_its_last_lease_has_ended),
        WORLD_TEST(an_offline_seat_stays_taken_as_long_as_its_lease),
        WORLD_TEST(a_check_in_saved_after_the_release_holds_the_seat_longer),
        WORLD_TEST(the_machine_itself_may_come_back_to_its_seat),
        WORLD_TEST(releases_are_limited_in_thirty_days),
        WORLD_TEST(a_release_is_the_providers_the_customers_or_the_operators),
        WORLD_TEST(a_silent_device_gives_its_seat_to_one_that_comes),
        WORLD_TEST(a_device_that_has_spoken_since_is_not_dropped),
        WORLD_TEST(a_licence_that_shrinks_leaves_the_higher_seats_without_and_grows_back),
        WORLD_TEST(a_file_goes_out_and_a_lease_comes_back),
        WORLD_TEST(a_file_is_refused_with_the_codes_word),
        WORLD_TEST(the_terms_are_the_skus),
        WORLD_TEST(what_a_device_tells_is_kept_once_for_all),
    };
    return world_run_tests("activation", tests, sizeof tests / sizeof tests[0]);
}
