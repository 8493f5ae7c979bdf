/* The live state of the device door beside its store: what is loaded, what the writer commits, what the feed
 * brings from other connections, and that neither undoes the other. The test is the loop. */
#include "live_door.h"

#include "core/time/date.h"
#include "programme/catalogue/lease_terms.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- one door ---- */

static void a_store_has_one_device_door(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct door *door = a_door(world);
    struct live_options options = options_of(world);
    struct live *second = NULL;
    WORLD_FAULT(world, "device-door-running", live_start(&options, &second, &world->fault));
    close_door(door);
    enum status status = STATUS_BUSY;
    int64_t until_ms = machine_ms() + PATIENCE_MS;
    while (status != STATUS_OK && machine_ms() < until_ms) { /* the server ends a session in its own time */
        status = live_start(&options, &second, &world->fault);
        (void)poll(NULL, 0, status == STATUS_OK ? 0 : 50);
    }
    WORLD_OK(world, status);
    live_stop(second);
}

/* ---- loading ---- */

static void the_door_knows_licences_of_every_state_and_who_suspended_them(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence on = a_keyed_licence_on(world, "OFFICE", 5);
    struct keyed_licence issued = a_keyed_licence(world, "OFFICE", 6);
    struct keyed_licence backup = a_keyed_licence_on(world, "BACKUP", 7);
    struct keyed_licence bundle = a_keyed_licence_on(world, "SUITE", 2);
    struct text other = a_licence(world, a_block_of(world, "P2", "OFFICE", 3), "C3", 3);
    int64_t other_id = 0;
    assert_true(identifier_decode(world->secret, IDENTIFIER_LICENCE, other, &other_id));
    turn_on(world, other);
    suspend(world, "BOLT", "DIST");
    suspend(world, "DIST", "P2");
    suspend(world, "P2", "C3");
    struct door *door = a_door(world);
    const struct live_licence *licence = live_licence(door->live, (uint32_t)on.id);
    assert_int_equal(licence->counted_seats, 5);
    assert_int_equal(licence->state, LICENCE_ON);
    assert_int_equal(licence->suspender, SUSPENDER_NONE);
    assert_int_equal(live_licence(door->live, (uint32_t)issued.id)->state, LICENCE_ISSUED);
    assert_int_equal(live_licence(door->live, (uint32_t)issued.id)->seats, 6);
    assert_int_equal(live_licence(door->live, (uint32_t)backup.id)->suspender, SUSPENDER_VENDOR);
    assert_int_equal(live_licence(door->live, (uint32_t)other_id)->suspender, SUSPENDER_PROVIDER);
    assert_int_equal(live_licence(door->live, (uint32_t)bundle.id)->counted_seats, 2);
    /* its parts are licences in the store, but nobody's devices are under them */
    assert_null(live_licence(door->live, (uint32_t)bundle.id + 1));
    struct text part = live_sku(door->live, licence->sku)->opening->json;
    assert_true(text_starts_with(part, TEXT("{\"sku\":\"OFFICE\"")));
    struct live_counts counts;
    live_count(door->live, &counts);
    assert_int_equal(counts.licences, 5);
    assert_int_equal(counts.devices, 0);

    resume(world, "P2", "C3");
    UNTIL(door, live_licence(door->live, (uint32_t)other_id)->suspender == SUSPENDER_DISTRIBUTOR);
    resume(world, "DIST", "P2");
    UNTIL(door, live_licence(door->live, (uint32_t)other_id)->suspender == SUSPENDER_NONE);
    assert_int_equal(live_licence(door->live, (uint32_t)other_id)->counted_seats, 3);
    close_door(door);
}

static void an_undo_of_off_lets_the_devices_work_at_their_next_check_in(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    turn_off(world, licence.identifier);
    UNTIL(door, decide(door, device) != LEASE_CODE_OK);
    struct call call = world_call(world);
    struct undo_licence_input undo = {.licence = licence.identifier};
    struct undone_licence undone;
    WORLD_OK(world, undo_licence(&call, &undo, &undone, &world->fault));
    assert_int_equal(undone.undone, 1);
    UNTIL(door, decide(door, device) == LEASE_CODE_OK);
    close_door(door);
}

static void devices_are_where_they_were_after_a_clean_end(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    check_in(door, device);
    assert_true(live_report_profile(door->live, device, TEXT("4.2.0"), TEXT("firewall,mail")));
    struct live_device was = *device;
    close_door(door);

    door = a_door(world);
    device = live_device_find(door->live, was.id);
    assert_non_null(device);
    assert_int_equal(device->sequence, 1);
    assert_true(device->link == was.link);
    assert_int_equal(device->seen_at_s, was.seen_at_s);
    assert_int_equal(device->lease_expires_s, was.lease_expires_s);
    assert_int_equal(device->seat, 1);
    assert_int_equal(device->generation, 1);
    assert_int_equal(device->licence, licence.id);
    assert_memory_equal(device->fingerprint, was.fingerprint, sizeof was.fingerprint);
    assert_true(device->profile > 0);
    assert_int_equal(device->flags & LIVE_UNSETTLED, 0);
    assert_int_equal(decide(door, device), LEASE_CODE_OK);
    assert_null(live_device_find(door->live, was.id + 1));
    assert_null(live_device_find(door->live, INT64_MAX));
    assert_null(live_device_find(door->live, -1));
    close_door(door);
}

static void after_an_end_that_was_not_clean_devices_may_be_ahead_once(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    int64_t first = an_active_device(door, licence.key, 1)->id;
    int64_t second = an_active_device(door, licence.key, 2)->id;
    /* the copy of a store of which a door runs, as a crash leaves it */
    assert_int_equal(ask(world, "select is_running from device_door"), 1);
    close_door(door);
    assert_int_equal(ask(world, "select is_running from device_door"), 0);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    struct door_state crashed = {.is_running = true};
    WORLD_OK(world, door_state_save(world->db, &crashed, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));

    door = a_door(world);
    assert_int_not_equal(live_device_find(door->live, first)->flags & LIVE_UNSETTLED, 0);
    world->now_us += 5000000;
    atomic_store(&door_now_us, world->now_us);
    /* a new activation begins a new chain, about which nothing is uncertain */
    struct live_device *device = an_enrolled_device(door, licence.key, 2, 102);
    assert_int_equal(device->id, second);
    assert_int_equal(device->flags & LIVE_UNSETTLED, 0);
    close_door(door);

    /* a clean end settles nothing for a device that was not seen in between */
    door = a_door(world);
    assert_int_not_equal(live_device_find(door->live, first)->flags & LIVE_UNSETTLED, 0);
    check_in(door, live_device_find(door->live, first));
    close_door(door);
    door = a_door(world);
    assert_int_equal(live_device_find(door->live, first)->flags & LIVE_UNSETTLED, 0);
    close_door(door);
}

static void a_store_copied_in_the_middle_of_it_all_loads_right(void **state) {
    struct world *world = *state;
    if (world->engine != DB_SQLITE) {
        return; /* whose server keeps its files */
    }
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 100);
    struct door *door = a_door(world);
    for (unsigned i = 0; i < 150; i++) {
        ask_to_activate(door, licence.key, i, i);
    }
    UNTIL(door, door->done > 0);
    struct text copy = world_file(world, "copy.db");
    /* A reader keeps the log whole: with it the copy of a file that is being written to is whole too. */
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    (void)ask(world, "select count(*) from devices");
    world_copy_store(world, copy);
    db_rollback(world->db);
    finish(door);

    struct live_options options = options_of(world);
    struct live *copied = NULL;
    options.database_url = text_format(&world->arena, "sqlite:%s", copy.at);
    WORLD_OK(world, live_start(&options, &copied, &world->fault));
    struct live_counts counts;
    live_count(copied, &counts);
    assert_in_range(counts.devices, 1, 100);
    for (int64_t id = 1; id <= (int64_t)counts.devices; id++) {
        const struct live_device *there = live_device_find(copied, id);
        const struct live_device *here = live_device_find(door->live, id);
        assert_non_null(there);
        assert_int_not_equal(there->flags & LIVE_UNSETTLED, 0);
        assert_int_equal(there->seat, here->seat);
        assert_true(there->link == here->link);
        assert_memory_equal(there->fingerprint, here->fingerprint, sizeof here->fingerprint);
    }
    live_stop(copied);
    close_door(door);
}

/* ---- the writer ---- */

static void activations_take_seats_until_none_is_left(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 50);
    struct door *door = a_door(world);
    for (unsigned i = 0; i < 120; i++) {
        ask_to_activate(door, licence.key, i, i);
    }
    struct live_job *unknown = ask_to_activate(door, TEXT("00000-00000-00000-00000-00000"), 1000, 1000);
    finish(door);
    bool seats[51] = {false};
    int active = 0;
    for (size_t i = 0; i < 120; i++) {
        const struct live_job *job = &door->jobs[i];
        assert_true(job->code == LEASE_CODE_OK || job->code == LEASE_CODE_NO_SEAT_LEFT);
        if (job->code != LEASE_CODE_OK) {
            continue;
        }
        const struct live_device *device = live_device_find(door->live, job->result_device_id);
        assert_in_range(device->seat, 1, 50);
        assert_false(seats[device->seat]);
        seats[device->seat] = true;
        assert_int_equal(decide(door, device), LEASE_CODE_OK);
        assert_true(device->link == job->request.link);
        active++;
    }
    assert_int_equal(active, 50);
    assert_int_equal(unknown->code, LEASE_CODE_UNKNOWN_KEY);
    assert_int_equal(ask(world, "select count(*) from devices where state = 'active'"), 50);
    struct live_counts counts;
    live_count(door->live, &counts);
    assert_true(counts.transactions < 60); /* they share commits */
    close_door(door);
}

/* What is being verified may be refused, or given up. */
static void jobs_wait_for_others_that_are_on_their_way_but_not_for_long(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 3);
    struct door *door = a_door(world);
    live_expect(door->live, 1000);
    struct live_job *first = ask_to_activate(door, licence.key, 1, 1);
    finish(door);
    assert_int_equal(first->code, LEASE_CODE_OK);
    struct live_job *second = ask_to_activate(door, licence.key, 2, 2);
    live_expect(door->live, 0);
    finish(door);
    assert_int_equal(second->code, LEASE_CODE_OK);
    close_door(door);
}

static void the_same_machine_is_the_same_device_and_a_new_key_pair_a_new_generation(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 1);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 7);
    int64_t id = device->id;
    check_in(door, device);
    check_in(door, device);
    struct live_job *again = ask_to_activate(door, licence.key, 7, 99);
    finish(door);
    assert_int_equal(again->code, LEASE_CODE_OK);
    assert_int_equal(again->result_device_id, id);
    assert_int_equal(device->generation, 2);
    assert_int_equal(device->sequence, 0);
    assert_true(device->link == again->request.link);
    assert_int_equal(device->seat, 1);
    wait_for_saves(door);
    assert_int_equal(ask(world, "select sequence from device_seen"), 0);
    int64_t promised_s = device->lease_expires_s;
    device->lease_expires_s -= 1000;
    live_mark(door->live, device, LEASE_CODE_OK);
    wait_for_saves(door);
    assert_int_equal(ask(world, "select lease_expires_s from device_seen"), promised_s);
    close_door(door);
}

static void a_retry_of_an_activation_never_takes_the_chain_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 1);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 7);
    check_in(door, device); /* the store hears of it later */
    uint64_t link = device->link;
    struct live_job *again = ask_to_activate(door, licence.key, 7, 7);
    finish(door);
    assert_int_equal(again->result_device_id, device->id);
    assert_int_equal(device->sequence, 1);
    assert_true(device->link == link);
    wait_for_saves(door);
    struct live_job *late = ask_to_activate(door, licence.key, 7, 7);
    finish(door);
    assert_int_equal(late->code, LEASE_CODE_REPLACED);
    assert_int_equal(ask(world, "select sequence from device_seen"), 1);
    assert_int_equal(ask(world, "select count(*) from audit where action = 'device.activate'"), 1);
    close_door(door);
}

static void what_check_ins_did_is_saved_behind_them(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    struct live_device *other = an_active_device(door, licence.key, 2);
    for (int i = 0; i < 10; i++) {
        check_in(door, device);
    }
    other->seen_at_s = device->seen_at_s;
    live_mark(door->live, other, LEASE_CODE_OFF);
    live_mark_clone(door->live, other, now_us() / 1000000);
    live_mark_clone(door->live, other, now_us() / 1000000);
    assert_true(live_report_profile(door->live, device, TEXT("4.2.0"), TEXT("mail")));
    assert_true(live_report_profile(door->live, other, TEXT("4.2.0"), TEXT("mail")));
    int64_t began_ms = machine_ms();
    UNTIL(door, ask_of(world, "select sequence from device_seen where device_id = $1", device->id) == 10);
    assert_true(machine_ms() - began_ms < 5000);
    UNTIL(door, device->profile > 0 && other->profile == device->profile);
    UNTIL(door,
          ask_of(world, "select count(*) from device_seen where profile_id = $1", device->profile) == 2);
    assert_int_equal(ask(world, "select count(*) from device_profiles"), 1);
    assert_int_equal(ask_of(world, "select clones from devices where id = $1", other->id), 1);
    assert_int_equal(
        ask_of(world, "select licensed * 10 + unlicensed from device_months where device_id = $1", other->id),
        11); /* the activation was licensed */
    assert_int_equal(ask(world, "select count(distinct month) from device_months"), 1);

    it_is(world, "2026-12-01T00:00:00Z");
    atomic_store(&door_now_us, world->now_us);
    check_in(door, device);
    UNTIL(door, ask(world, "select count(distinct month) from device_months") == 2);
    assert_int_equal(ask(world, "select max(month) from device_months"), 2026 * 12 + 11);
    /* a profile that is known needs no round of the writer */
    assert_true(live_report_profile(door->live, device, TEXT(""), TEXT("")));
    assert_int_equal(device->profile, 0);
    close_door(door);
}

static void a_device_brings_only_so_many_versions_that_nobody_has(void **state) {
    struct world *world = *state;
    char version[32];
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    struct live_device *other = an_active_device(door, licence.key, 2);
    int taken = 0;
    for (int i = 0; i < 40; i++) {
        snprintf(version, sizeof version, "4.2.%d", i);
        taken += live_report_profile(door->live, device, text_of(version), TEXT("mail"));
    }
    assert_int_equal(taken, 5);
    wait_for_saves(door);
    UNTIL(door, device->profile > 0);
    assert_int_equal(ask(world, "select count(*) from device_profiles"), 5);
    assert_false(live_report_profile(door->live, device, TEXT("5.0.0"), TEXT("mail")));
    assert_true(live_report_profile(door->live, other, TEXT("5.0.0"), TEXT("mail")));
    UNTIL(door, other->profile > 0);
    assert_true(live_report_profile(door->live, device, TEXT("5.0.0"), TEXT("mail"))); /* somebody has it */
    assert_int_equal(device->profile, other->profile);
    world->now_us += INT64_C(3600) * 1000000;
    atomic_store(&door_now_us, world->now_us);
    assert_true(live_report_profile(door->live, device, TEXT("5.0.1"), TEXT("mail")));
    assert_false(live_report_profile(door->live, device, TEXT("5.0.2"), TEXT("mail")));
    UNTIL(door, device->profile != other->profile);
    close_door(door);
}

static void a_device_gives_itself_back_and_its_seat_waits_for_its_lease(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 1);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    world->now_us += INT64_C(3600) * 1000000;
    atomic_store(&door_now_us, world->now_us);
    check_in(door, device); /* its lease is longer than the store knows */
    struct live_job *release = ask_for(door, LIVE_RELEASE, device->id);
    finish(door);
    assert_int_equal(release->code, LEASE_CODE_OK);
    assert_int_equal(device->state, DEVICE_RELEASED);
    assert_int_equal(decide(door, device), LEASE_CODE_RELEASED);
    assert_int_equal(ask(world, "select seat_until_s from devices"), device->lease_expires_s);
    struct live_job *early = ask_to_activate(door, licence.key, 2, 2);
    finish(door);
    assert_int_equal(early->code, LEASE_CODE_NO_SEAT_LEFT);
    atomic_store(&door_now_us, (int64_t)device->lease_expires_s * 1000000 + 1000000);
    struct live_job *late = ask_to_activate(door, licence.key, 2, 2);
    finish(door);
    assert_int_equal(late->code, LEASE_CODE_OK);
    assert_int_equal(live_device_find(door->live, late->result_device_id)->seat, 1);
    close_door(door);
}

static void a_device_that_was_given_back_counts_as_used_and_not_as_unlicensed(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 2);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    check_in(door, device);
    ask_for(door, LIVE_RELEASE, device->id);
    finish(door);
    live_mark(door->live, device, decide(door, device)); /* as a check-in is told */
    wait_for_saves(door);
    assert_int_equal(ask(world, "select count(*) from device_months where licensed = 1"), 1);
    assert_int_equal(ask(world, "select count(*) from device_months where unlicensed = 1"), 0);
    close_door(door);
}

static void a_device_beyond_its_licences_seats_gets_one_that_is_free_again(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 2);
    struct door *door = a_door(world);
    struct live_device *first = an_active_device(door, licence.key, 1);
    struct live_device *second = an_active_device(door, licence.key, 2);
    assert_int_equal(second->seat, 2);
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input one = {.licence = licence.identifier, .seats = 1};
    WORLD_OK(world, resize_licence(&call, &one, &info, &world->fault));
    UNTIL(door, decide(door, second) == LEASE_CODE_NO_SEAT_LEFT);
    struct live_job *reseat = ask_for(door, LIVE_RESEAT, second->id);
    finish(door);
    assert_int_equal(reseat->code, LEASE_CODE_NO_SEAT_LEFT);
    release_elsewhere(world, first->id);
    UNTIL(door, first->state == DEVICE_RELEASED);
    atomic_store(&door_now_us, (int64_t)first->lease_expires_s * 1000000 + 1000000);
    reseat = ask_for(door, LIVE_RESEAT, second->id);
    finish(door);
    assert_int_equal(reseat->code, LEASE_CODE_OK);
    assert_int_equal(second->seat, 1);
    assert_int_equal(decide(door, second), LEASE_CODE_OK);
    close_door(door);
}

static void a_silent_device_is_asked_to_come_through_the_store(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 1);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    int64_t later_s = (int64_t)device->lease_expires_s + LEASE_TERMS_DEFAULT.silent_s;
    assert_false(live_is_silent(door->live, device, later_s - 86400));
    assert_true(live_is_silent(door->live, device, later_s));
    atomic_store(&door_now_us, (later_s + 10) * 1000000);
    struct live_job *reseat = ask_for(door, LIVE_RESEAT, device->id);
    struct live_job *robber = ask_to_activate(door, licence.key, 2, 2);
    finish(door);
    assert_int_equal(reseat->code, LEASE_CODE_OK);
    assert_int_equal(robber->code, LEASE_CODE_NO_SEAT_LEFT);
    atomic_store(&door_now_us, (later_s * 2) * 1000000);
    robber = ask_to_activate(door, licence.key, 2, 2);
    finish(door);
    assert_int_equal(robber->code, LEASE_CODE_OK);
    assert_int_equal(device->state, DEVICE_DROPPED);
    assert_int_equal(decide(door, device), LEASE_CODE_DROPPED);
    close_door(door);
}

/* ---- the feed ---- */

static void what_the_control_door_changes_is_here_within_a_second(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    assert_int_equal(decide(door, device), LEASE_CODE_OK);
    int64_t began_ms = machine_ms();
    turn_off(world, licence.identifier);
    UNTIL(door, decide(door, device) == LEASE_CODE_OFF);
    assert_true(machine_ms() - began_ms < 1000);
    turn_on(world, licence.identifier);
    UNTIL(door, decide(door, device) == LEASE_CODE_OK);
    suspend(world, "DIST", "P1");
    UNTIL(door, decide(door, device) == LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR);
    resume(world, "DIST", "P1");
    UNTIL(door, decide(door, device) == LEASE_CODE_OK);
    turn_off(world, licence.identifier);
    struct call call = world_call(world);
    struct licence_view info;
    struct turn_licence_input retire = {.licence = licence.identifier};
    WORLD_OK(world, retire_licence(&call, &retire, &info, &world->fault));
    UNTIL(door, decide(door, device) == LEASE_CODE_RETIRED);
    close_door(door);
}

static void a_licence_and_a_sku_that_are_new_come_with_the_first_device(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct door *door = a_door(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "MAIL", 5);
    struct live_device *device = an_active_device(door, licence.key, 1);
    assert_int_equal(decide(door, device), LEASE_CODE_OK);
    struct keyed_licence bundle = a_keyed_licence(world, "SUITE", 5);
    struct live_job *early = ask_to_activate(door, bundle.key, 1, 1);
    finish(door);
    assert_int_equal(early->code, LEASE_CODE_NOT_ON_YET);
    turn_on(world, bundle.identifier);
    UNTIL(door, live_licence(door->live, (uint32_t)bundle.id)->counted_seats == 5);
    const struct live_licence *there = live_licence(door->live, (uint32_t)bundle.id);
    assert_true(
        text_starts_with(live_sku(door->live, there->sku)->opening->json, TEXT("{\"sku\":\"SUITE\"")));
    close_door(door);
}

static void a_device_that_is_released_elsewhere_keeps_its_chain(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    world->now_us += INT64_C(7200) * 1000000;
    atomic_store(&door_now_us, world->now_us);
    check_in(door, device);
    release_elsewhere(world, device->id);
    UNTIL(door, device->state == DEVICE_RELEASED);
    assert_int_equal(device->sequence, 1);
    /* the seat waits for the lease that only memory knew of when the device was released */
    UNTIL(door, ask(world, "select seat_until_s from devices") == device->lease_expires_s);
    UNTIL(door, ask(world, "select sequence from device_seen") == 1);
    close_door(door);
}

static void many_licences_that_are_suspended_at_once_all_come_through(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 2);
    struct call call = world_call(world);
    struct issued_licences issued;
    struct issue_licence_input input = {
        .block = a_block_of(world, "P1", "OFFICE", 10000), .customer = TEXT("C2"), .seats = 1, .count = 5000};
    WORLD_OK(world, issue_licence(&call, &input, &issued, &world->fault));
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    suspend(world, "DIST", "P1");
    uint32_t last = (uint32_t)licence.id + 5000;
    UNTIL(door, live_licence(door->live, last)->suspender == SUSPENDER_DISTRIBUTOR);
    assert_int_equal(decide(door, device), LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR);
    for (uint32_t id = 1; id <= last; id++) {
        assert_int_equal(live_licence(door->live, id)->suspender, SUSPENDER_DISTRIBUTOR);
    }
    /* ended: what was never on has no event, and is read again */
    terminate(world, "DIST", "P1");
    UNTIL(door, live_licence(door->live, last)->state == LICENCE_RETIRED);
    UNTIL(door, decide(door, device) == LEASE_CODE_RETIRED);
    close_door(door);
}

static void new_keys_and_new_terms_come_too(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 2);
    struct door *door = a_door(world);
    int64_t version = live_keys(door->live)->version;
    assert_true(version > 0);
    struct call call = world_call(world);
    struct signing_key_list list;
    struct rotate_signing_key_input rotate = {.purpose = SIGNING_LEASE, .after_s = 3600};
    WORLD_OK(world, rotate_signing_key(&call, &rotate, &list, &world->fault));
    UNTIL(door, live_keys(door->live)->version > version);
    assert_true(live_keys(door->live)->next_change_us < INT64_MAX);

    const struct live_licence *there = live_licence(door->live, (uint32_t)licence.id);
    assert_int_equal(live_sku(door->live, there->sku)->terms.ttl_s, LEASE_TERMS_DEFAULT.ttl_s);
    struct lease_terms_view view;
    int64_t ttl_s = 3600;
    struct set_lease_terms_input terms = {.sku = TEXT("OFFICE"), .ttl_s = &ttl_s};
    WORLD_OK(world, set_lease_terms(&call, &terms, &view, &world->fault));
    UNTIL(door, live_sku(door->live, there->sku)->terms.ttl_s == 3600);
    close_door(door);
}

/* ---- order ---- */

static struct live_device_update update_of(const struct live_device *device, enum device_state state,
                                           uint32_t stamp) {
    struct live_device_update update = {.id = device->id,
                                        .licence_id = device->licence,
                                        .generation = device->generation,
                                        .activated_at_us = device->activated_at_us,
                                        .seat = device->seat,
                                        .stamp = stamp,
                                        .state = state};
    update.seen.sequence = 77;
    memcpy(update.fingerprint, device->fingerprint, sizeof update.fingerprint);
    return update;
}

static void an_older_row_of_a_device_or_a_licence_changes_nothing(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 2);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    check_in(door, device);
    struct live_device_update older = update_of(device, DEVICE_RELEASED, device->stamp - 1);
    live_put_device(door->live, &older);
    assert_int_equal(device->state, DEVICE_ACTIVE); /* D3 */
    struct live_device_update newer = update_of(device, DEVICE_RELEASED, device->stamp + 1);
    live_put_device(door->live, &newer);
    assert_int_equal(device->state, DEVICE_RELEASED);
    assert_int_equal(device->sequence, 1); /* D6 */
    struct live_device_update again = update_of(device, DEVICE_ACTIVE, device->stamp + 1);
    again.activated_at_us++; /* another process has begun another one */
    live_put_device(door->live, &again);
    assert_int_equal(device->sequence, 77);

    const struct live_licence *there = live_licence(door->live, (uint32_t)licence.id);
    struct door_licence_row row = {.id = licence.id,
                                   .sku_id = live_sku(door->live, there->sku)->id,
                                   .state = LICENCE_OFF,
                                   .version = there->version - 1};
    live_put_licence(door->live, &row);
    assert_int_equal(there->state, LICENCE_ON); /* D4 */
    close_door(door);
}

static void releases_and_activations_from_both_sides_end_as_the_store_has_them(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 100);
    struct door *door = a_door(world);
    struct live_device *devices[8];
    for (unsigned i = 0; i < 8; i++) {
        devices[i] = an_active_device(door, licence.key, i);
    }
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < 8; i++) {
            if ((round + i) % 3 != 0) {
                ask_to_activate(door, licence.key, i, round);
            }
            check_in(door, devices[i]);
            release_elsewhere(world, devices[i]->id);
            if ((round + i) % 2 == 0) {
                ask_to_activate(door, licence.key, i, round);
            }
            if ((round + i) % 4 == 0) {
                turn(door);
            }
        }
    }
    finish(door);
    for (unsigned i = 0; i < 8; i++) {
        bool is_active =
            ask_of(world, "select count(*) from devices where state = 'active' and id = $1", devices[i]->id);
        UNTIL(door, (devices[i]->state == DEVICE_ACTIVE) == is_active);
        assert_int_equal(devices[i]->generation,
                         ask_of(world, "select generation from devices where id = $1", devices[i]->id));
    }
    struct live_device last[8];
    for (unsigned i = 0; i < 8; i++) {
        last[i] = *devices[i];
    }
    close_door(door);
    door = a_door(world);
    for (unsigned i = 0; i < 8; i++) {
        const struct live_device *loaded = live_device_find(door->live, last[i].id);
        assert_int_equal(loaded->state, last[i].state);
        assert_int_equal(loaded->sequence, last[i].sequence);
        assert_true(loaded->link == last[i].link);
        assert_int_equal(loaded->lease_expires_s, last[i].lease_expires_s);
        assert_int_equal(loaded->seat, last[i].seat);
    }
    close_door(door);
}

/* ---- the store away ---- */

static void while_the_store_is_locked_check_ins_go_on_and_are_saved_afterwards(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    int64_t until_ms = machine_ms() + 1500;
    while (machine_ms() < until_ms) {
        check_in(door, device);
        turn(door);
    }
    db_rollback(world->db);
    UNTIL(door, ask(world, "select sequence from device_seen") == device->sequence);
    close_door(door);
}

static void lost_connections_are_made_again_and_what_happened_meanwhile_is_seen(void **state) {
    struct world *world = *state;
    if (world->engine == DB_SQLITE) {
        return; /* has none to lose */
    }
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct live_options options = options_of(world);
    struct text name = text_format(&world->arena, "live_test_%ld", (long)getpid());
    options.database_url =
        text_format(&world->arena, "%s&application_name=%.*s", world->url, TEXT_ARGS(name));
    struct door *door = calloc(1, sizeof *door);
    assert_non_null(door);
    door->world = world;
    WORLD_OK(world, live_start(&options, &door->live, &world->fault));
    struct live_device *device = an_active_device(door, licence.key, 1);
    for (int round = 0; round < 3; round++) {
        static const char END[] =
            "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where "
            "application_name = $1";
        int64_t ended = 0;
        WORLD_OK(world, db_query_int(world->db, END, DB_ARGS(db_string(name)), 0, &ended, &world->fault));
        assert_true(ended > 0);
        check_in(door, device);
        if (round % 2 == 0) {
            turn_off(world, licence.identifier);
        } else {
            turn_on(world, licence.identifier);
        }
        UNTIL(door, decide(door, device) == (round % 2 == 0 ? LEASE_CODE_OFF : LEASE_CODE_OK));
        UNTIL(door, ask(world, "select sequence from device_seen") == device->sequence);
    }
    struct live *second = NULL;
    WORLD_FAULT(world, "device-door-running", live_start(&options, &second, &world->fault));
    struct live_counts counts;
    live_count(door->live, &counts);
    assert_true(counts.failures > 0);
    close_door(door);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_store_has_one_device_door),
        WORLD_TEST(the_door_knows_licences_of_every_state_and_who_suspended_them),
        WORLD_TEST(an_undo_of_off_lets_the_devices_work_at_their_next_check_in),
        WORLD_TEST(devices_are_where_they_were_after_a_clean_end),
        WORLD_TEST(after_an_end_that_was_not_clean_devices_may_be_ahead_once),
        WORLD_TEST(a_store_copied_in_the_middle_of_it_all_loads_right),
        WORLD_TEST(activations_take_seats_until_none_is_left),
        WORLD_TEST(jobs_wait_for_others_that_are_on_their_way_but_not_for_long),
        WORLD_TEST(the_same_machine_is_the_same_device_and_a_new_key_pair_a_new_generation),
        WORLD_TEST(a_retry_of_an_activation_never_takes_the_chain_back),
        WORLD_TEST(a_device_that_was_given_back_counts_as_used_and_not_as_unlicensed),
        WORLD_TEST(what_check_ins_did_is_saved_behind_them),
        WORLD_TEST(a_device_brings_only_so_many_versions_that_nobody_has),
        WORLD_TEST(a_device_gives_itself_back_and_its_seat_waits_for_its_lease),
        WORLD_TEST(a_device_beyond_its_licences_seats_gets_one_that_is_free_again),
        WORLD_TEST(a_silent_device_is_asked_to_come_through_the_store),
        WORLD_TEST(what_the_control_door_changes_is_here_within_a_second),
        WORLD_TEST(a_licence_and_a_sku_that_are_new_come_with_the_first_device),
        WORLD_TEST(a_device_that_is_released_elsewhere_keeps_its_chain),
        WORLD_TEST(many_licences_that_are_suspended_at_once_all_come_through),
        WORLD_TEST(new_keys_and_new_terms_come_too),
        WORLD_TEST(an_older_row_of_a_device_or_a_licence_changes_nothing),
        WORLD_TEST(releases_and_activations_from_both_sides_end_as_the_store_has_them),
        WORLD_TEST(while_the_store_is_locked_check_ins_go_on_and_are_saved_afterwards),
        WORLD_TEST(lost_connections_are_made_again_and_what_happened_meanwhile_is_seen),
    };
    return world_run_tests("live", tests, sizeof tests / sizeof tests[0]);
}
