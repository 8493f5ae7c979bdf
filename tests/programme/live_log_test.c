/* The log of check-ins: what a busy door keeps there, what a crash makes of it, and how it gets empty again.
 * A crash is a copy of the store as it stands while the door runs, on which another door starts. */
#include "live_door.h"

#include "programme/audit/audit_store.h"
#include "programme/call/authorise.h"
#include "programme/catalogue/lease_terms.h"
#include "programme/devices/activate_device.h"
#include "store/upkeep/backup.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = LIVE_ROWS_AT_ONCE + 1 };

static const char LOGS[] = "select count(*) from device_seen_log";
static const char SEQUENCE[] = "select sequence from device_seen where device_id = $1";

static void the_clock_is_at(struct world *world, int64_t at_s) {
    world->now_us = at_s * 1000000;
    atomic_store(&door_now_us, world->now_us);
}

/* More check-ins of the device than are written as rows: they are in the store's log afterwards. */
static void be_busy_with(struct door *door, struct live_device *device) {
    int64_t logs = ask(door->world, LOGS);
    for (int i = 0; i < MANY; i++) {
        check_in(door, device);
    }
    UNTIL(door, ask(door->world, LOGS) > logs);
}

/* As if the sweep had begun so long ago that it is due to end. */
static void let_the_sweep_end(struct door *door) {
    assert_true(door->live->sweep.is_under_way);
    door->live->sweep.began_at_us -= INT64_C(3600) * 1000000;
}

/* The store as a crash of the door would leave it now. */
static struct world *a_crash_of(struct world *world) {
    static int crashes = 0;
    struct world *crashed = world_empty(world->engine);
    struct text path = world_file(world, text_format(&world->arena, "crash-%d", ++crashes).at);
    assert_non_null(crashed);
    WORLD_OK(world, backup_write(world->db, path, world->secret, world->now_us, NULL, &world->fault));
    const struct backup_source source = {.path = path, .secret = world->secret};
    WORLD_OK(crashed, backup_restore(crashed->db, &source, NULL, NULL, &crashed->fault));
    crashed->now_us = world->now_us;
    return crashed;
}

static void drop(struct door *door, struct world *crashed) {
    close_door(door);
    world_drop(crashed);
}

/* ---- after a crash ---- */

static void what_a_busy_door_logged_is_in_the_rows_after_a_crash(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    struct live_device *quiet = an_active_device(door, licence.key, 2);
    assert_true(live_report_profile(door->live, device, TEXT("4.2.0"), TEXT("mail")));
    UNTIL(door, device->profile > 0);
    wait_for_saves(door);
    be_busy_with(door, device);
    assert_int_equal(ask_of(world, SEQUENCE, device->id), 0); /* the row waits for the sweep */
    struct live_device was = *device;
    for (int i = 0; i < 100; i++) {
        check_in(door, device); /* which nobody has asked for yet */
    }

    struct world *crashed = a_crash_of(world);
    assert_true(ask(crashed, LOGS) > 0);
    struct door *after = a_door(crashed);
    assert_int_equal(ask(crashed, LOGS), 0);
    assert_int_equal(ask_of(crashed, SEQUENCE, was.id), MANY);
    struct live_device *loaded = live_device_find(after->live, was.id);
    assert_int_equal(loaded->sequence, MANY);
    assert_true(loaded->link == was.link);
    assert_int_equal(loaded->seen_at_s, was.seen_at_s);
    assert_int_equal(loaded->lease_expires_s, was.lease_expires_s);
    assert_int_equal(loaded->profile, was.profile);
    /* what the log did not have is believed once */
    assert_int_not_equal(loaded->flags & LIVE_UNSETTLED, 0);
    assert_int_equal(live_device_find(after->live, quiet->id)->sequence, 0);
    drop(after, crashed);
    close_door(door);
}

static void a_crash_costs_no_month_and_none_is_written_twice(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    it_is(world, "2026-12-01T00:00:00Z");
    the_clock_is_at(world, world->now_us / 1000000);
    be_busy_with(door, device);

    struct world *crashed = a_crash_of(world);
    static const char DECEMBER[] =
        "select licensed * 10 + unlicensed from device_months where device_id = $1 and month = 24323";
    assert_int_equal(ask_of(crashed, DECEMBER, device->id), 10);
    struct door *after = a_door(crashed);
    struct live_device *loaded = live_device_find(after->live, device->id);
    check_in(after, loaded);
    assert_int_equal(after->live->months.count, 0); /* the mark was loaded */
    live_mark(after->live, loaded, LEASE_CODE_OFF);
    assert_int_equal(after->live->months.count, 1); /* and is of what was marked */
    wait_for_saves(after);
    assert_int_equal(ask_of(crashed, DECEMBER, device->id), 11);
    it_is(crashed, "2027-01-01T00:00:00Z");
    the_clock_is_at(crashed, crashed->now_us / 1000000);
    check_in(after, loaded);
    assert_int_equal(after->live->months.count, 1);
    drop(after, crashed);
    close_door(door);
}

static void the_log_takes_no_row_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    be_busy_with(door, device);
    be_busy_with(door, device);
    check_in(door, device); /* one alone is a row */
    UNTIL(door, ask_of(world, SEQUENCE, device->id) == 2 * MANY + 1);

    struct world *crashed = a_crash_of(world);
    assert_int_equal(ask(crashed, LOGS), 2);
    struct door *after = a_door(crashed);
    assert_int_equal(live_device_find(after->live, device->id)->sequence, 2 * MANY + 1);
    assert_true(live_device_find(after->live, device->id)->link == device->link);
    drop(after, crashed);
    close_door(door);
}

static void of_many_entries_the_last_one_counts_also_where_the_clock_was_set_back(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    be_busy_with(door, device);
    the_clock_is_at(world, world->now_us / 1000000 - 600);
    be_busy_with(door, device);
    struct world *crashed = a_crash_of(world);
    struct door *after = a_door(crashed);
    struct live_device *loaded = live_device_find(after->live, device->id);
    assert_int_equal(loaded->sequence, 2 * MANY);
    assert_int_equal(loaded->seen_at_s, device->seen_at_s);
    assert_int_equal(ask(crashed, "select max(lease_expires_s) from device_seen"),
                     WORLD_NOW_US / 1000000 + 86400); /* which an earlier one promised */
    /* Right again, as the audit at the end of each door finds what a clock ahead of it dated. */
    the_clock_is_at(crashed, crashed->now_us / 1000000 + 600);
    drop(after, crashed);
    the_clock_is_at(world, world->now_us / 1000000 + 600);
    close_door(door);
}

/* By the control door, with a file, while no device door runs. */
static void activate_elsewhere(struct world *world, const struct live_job *like, uint64_t link) {
    struct call call = world_call(world);
    struct activation activation;
    struct activation_request request = like->request;
    request.link = link;
    WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
    WORLD_OK(world, activate_device(&call, &request, true, NULL, &activation, &world->fault));
    WORLD_OK(world, call_end(&call, STATUS_OK, &world->fault));
    assert_int_equal(activation.answer, LEASE_CODE_OK);
}

static void an_entry_of_a_chain_that_ended_is_ignored_but_its_lease_holds(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    const struct live_job *job = &door->jobs[0];
    be_busy_with(door, device);
    device->lease_expires_s += 400U * 86400;
    int64_t promised_s = device->lease_expires_s;
    for (int i = 0; i < MANY; i++) {
        live_mark(door->live, device, LEASE_CODE_OK);
    }
    UNTIL(door, ask(world, LOGS) == 2);

    struct world *crashed = a_crash_of(world);
    the_clock_is_at(crashed, crashed->now_us / 1000000 + 10);
    activate_elsewhere(crashed, job, 4711);
    assert_true(ask(crashed, "select lease_expires_s from device_seen") < promised_s);
    struct door *after = a_door(crashed);
    struct live_device *loaded = live_device_find(after->live, device->id);
    assert_int_equal(loaded->sequence, 0);
    assert_true(loaded->link == 4711);
    assert_int_equal(loaded->lease_expires_s, promised_s);
    assert_int_equal(ask(crashed, LOGS), 0);
    drop(after, crashed);

    /* the same of the door's own activation, whose new chain is a row and in no log */
    the_clock_is_at(world, world->now_us / 1000000 + 10);
    (void)an_enrolled_device(door, licence.key, 1, 77);
    assert_int_equal(device->sequence, 0);
    crashed = a_crash_of(world);
    after = a_door(crashed);
    assert_int_equal(live_device_find(after->live, device->id)->sequence, 0);
    assert_int_equal(live_device_find(after->live, device->id)->lease_expires_s, promised_s);
    drop(after, crashed);
    close_door(door);
}

static void a_seat_given_back_waits_for_a_lease_that_only_the_log_knew(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 1);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    int64_t first_end_s = device->lease_expires_s;
    the_clock_is_at(world, world->now_us / 1000000 + 3600);
    be_busy_with(door, device);
    struct world *crashed = a_crash_of(world);
    release_elsewhere(crashed, device->id);
    assert_int_equal(ask(crashed, "select seat_until_s from devices"), first_end_s);
    struct door *after = a_door(crashed);
    assert_int_equal(ask(crashed, "select seat_until_s from devices"), first_end_s + 3600);
    the_clock_is_at(crashed, first_end_s + 1);
    struct live_job *early = ask_to_activate(after, licence.key, 2, 2);
    finish(after);
    assert_int_equal(early->code, LEASE_CODE_NO_SEAT_LEFT);
    drop(after, crashed);
    close_door(door);
}

/* ---- what does not wait for the sweep ---- */

static void while_the_door_is_busy_a_seat_given_back_elsewhere_waits_for_the_lease_in_memory(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    struct live_device *other = an_active_device(door, licence.key, 2);
    the_clock_is_at(world, world->now_us / 1000000 + 3600);
    check_in(door, device);
    be_busy_with(door, other);
    static const char SEAT_UNTIL[] = "select seat_until_s from devices where id = $1";
    int64_t until_ms = machine_ms() + PATIENCE_MS;
    assert_int_equal(ask_of(world, SEQUENCE, device->id), 0);
    release_elsewhere(world, device->id);
    while (ask_of(world, SEAT_UNTIL, device->id) != device->lease_expires_s) {
        for (int i = 0; i < MANY; i++) {
            check_in(door, other); /* so that all marks go to the log */
        }
        turn(door);
        assert_true(machine_ms() < until_ms);
    }
    assert_int_equal(ask_of(world, SEQUENCE, device->id), 1);
    assert_int_equal(ask_of(world, SEQUENCE, other->id), 0);
    assert_int_equal(door->live->sweep.next, 1);
    close_door(door);
}

static void a_job_does_not_tell_of_a_month_before_the_month_is_saved(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    it_is(world, "2026-12-01T00:00:00Z");
    the_clock_is_at(world, world->now_us / 1000000);
    check_in(door, device);
    struct live_job *release = ask_for(door, LIVE_RELEASE, device->id);
    /* the loop gives no marks meanwhile, and the writer does the job without them */
    int64_t until_ms = machine_ms() + PATIENCE_MS;
    while (ask(world, "select count(*) from devices where state = 'released'") == 0) {
        assert_true(machine_ms() < until_ms);
        (void)poll(NULL, 0, 10);
    }
    assert_int_equal(ask_of(world, SEQUENCE, device->id), 1);
    assert_int_equal(ask(world, "select count(*) from device_months where month = 24323"), 0);
    assert_int_equal(ask(world, "select month_marks from device_seen"), 0);
    finish(door);
    assert_int_equal(release->code, LEASE_CODE_OK);
    UNTIL(door, ask(world, "select count(*) from device_months where month = 24323") == 1);
    UNTIL(door, ask(world, "select month_marks from device_seen") == (24323 & 255) * 4 + 1);
    close_door(door);
}

static void no_seat_is_taken_from_a_device_whose_row_is_behind(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 1);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    int64_t silent_at_s = (int64_t)device->lease_expires_s + LEASE_TERMS_DEFAULT.silent_s;
    /* At the last moment at which memory alone may give it a lease … */
    the_clock_is_at(world, silent_at_s - 120);
    assert_false(live_is_silent(door->live, device, silent_at_s - 120));
    assert_true(live_is_silent(door->live, device, silent_at_s - 119));
    be_busy_with(door, device);
    /* … its row may be two minutes late, and still nobody gets its seat. */
    the_clock_is_at(world, silent_at_s);
    assert_int_equal(ask_of(world, SEQUENCE, device->id), 0);
    struct live_job *robber = ask_to_activate(door, licence.key, 2, 2);
    finish(door);
    assert_int_equal(robber->code, LEASE_CODE_NO_SEAT_LEFT);
    assert_int_equal(device->state, DEVICE_ACTIVE);
    let_the_sweep_end(door);
    UNTIL(door, ask_of(world, SEQUENCE, device->id) == MANY);
    the_clock_is_at(world, silent_at_s + 86400);
    robber = ask_to_activate(door, licence.key, 3, 3);
    finish(door);
    assert_int_equal(robber->code, LEASE_CODE_NO_SEAT_LEFT);
    close_door(door);
}

static void a_device_that_is_ahead_after_a_crash_is_believed_once(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    be_busy_with(door, device);
    the_clock_is_at(world, world->now_us / 1000000 + 120);
    for (int i = 0; i < 60; i++) {
        check_in(door, device); /* which nobody has asked for yet */
    }
    struct live_device ahead = *device;

    struct world *crashed = a_crash_of(world);
    the_clock_is_at(crashed, crashed->now_us / 1000000 + 1);
    struct door *after = a_door(crashed);
    struct live_device *loaded = live_device_find(after->live, ahead.id);
    assert_int_equal(loaded->sequence, ahead.sequence - 60);
    assert_int_not_equal(loaded->flags & LIVE_UNSETTLED, 0);
    /* what the door does with its next check-in, which is ahead */
    the_clock_is_at(crashed, crashed->now_us / 1000000 + 1);
    loaded->flags &= (uint8_t)~LIVE_UNSETTLED;
    loaded->sequence = ahead.sequence;
    loaded->link = ahead.link;
    be_busy_with(after, loaded);
    close_door(after);
    after = a_door(crashed);
    loaded = live_device_find(after->live, ahead.id);
    assert_int_equal(loaded->sequence, ahead.sequence + MANY);
    assert_int_equal(loaded->flags & LIVE_UNSETTLED, 0);
    drop(after, crashed);
    close_door(door);
}

/* ---- the sweep ---- */

static void the_sweep_ends_and_the_log_is_empty(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    struct live_device *second = an_active_device(door, licence.key, 2);
    assert_false(door->live->sweep.is_under_way);
    be_busy_with(door, device);
    assert_int_equal(door->live->behind, 1);
    be_busy_with(door, second);
    assert_int_equal(door->live->behind, 2);
    /* It set out with the first log, so that is what the first round covers; both devices' rows are there. */
    let_the_sweep_end(door);
    UNTIL(door, ask(world, LOGS) == 1);
    assert_int_equal(ask_of(world, SEQUENCE, device->id), MANY);
    assert_int_equal(ask_of(world, SEQUENCE, second->id), MANY);
    assert_int_equal(door->live->behind, 0);
    let_the_sweep_end(door);
    UNTIL(door, ask(world, LOGS) == 0);
    assert_false(door->live->sweep.is_under_way);
    /* At rest, one check-in is a row again. */
    check_in(door, device);
    UNTIL(door, ask_of(world, SEQUENCE, device->id) == MANY + 1);
    assert_int_equal(ask(world, LOGS), 0);
    close_door(door);
}

static void the_sweep_is_halfway_after_half_the_time(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *devices[4];
    for (unsigned i = 0; i < 4; i++) {
        devices[i] = an_active_device(door, licence.key, i);
    }
    for (unsigned i = 0; i < 4; i++) {
        check_in(door, devices[i]);
    }
    be_busy_with(door, devices[0]);
    door->live->sweep.began_at_us -= INT64_C(31) * 1000000;
    UNTIL(door, ask_of(world, SEQUENCE, devices[1]->id) == 1);
    assert_int_equal(ask_of(world, SEQUENCE, devices[2]->id), 0);
    assert_int_equal(ask_of(world, SEQUENCE, devices[3]->id), 0);
    assert_int_equal(ask(world, LOGS), 1);
    close_door(door);
}

static void what_the_log_has_no_room_for_is_found_by_the_sweep(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    struct live_device *last = an_active_device(door, licence.key, 2);
    while (!door->live->log_is_short) {
        check_in(door, device);
    }
    check_in(door, last);
    UNTIL(door, ask(world, LOGS) == 1);
    assert_int_equal(ask(world, "select cast(length(entries) as bigint) from device_seen_log"),
                     262144 * (int64_t)sizeof(struct check_in_entry));
    let_the_sweep_end(door);
    UNTIL(door, ask(world, LOGS) == 0);
    assert_int_equal(ask_of(world, SEQUENCE, device->id), device->sequence);
    assert_int_equal(ask_of(world, SEQUENCE, last->id), 1);
    close_door(door);
}

static void a_clean_end_leaves_an_empty_log(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    struct live_device *second = an_active_device(door, licence.key, 2);
    be_busy_with(door, device);
    for (int i = 0; i < MANY; i++) {
        check_in(door, second); /* this log is given at the end */
    }
    int64_t first_id = device->id;
    int64_t second_id = second->id;
    close_door(door);
    assert_int_equal(ask(world, LOGS), 0);
    assert_int_equal(ask(world, "select is_running from device_door"), 0);
    assert_int_equal(ask_of(world, SEQUENCE, first_id), MANY);
    assert_int_equal(ask_of(world, SEQUENCE, second_id), MANY);
}

static void while_the_store_is_locked_a_busy_door_goes_on_and_nothing_is_lost(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device *device = an_active_device(door, licence.key, 1);
    be_busy_with(door, device);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    int64_t until_ms = machine_ms() + 1500;
    for (int rounds = 0; rounds < 15 || machine_ms() < until_ms; rounds++) {
        for (int i = 0; i < MANY / 4; i++) {
            check_in(door, device);
        }
        turn(door);
    }
    db_rollback(world->db);
    UNTIL(door, ask(world, LOGS) > 1);
    let_the_sweep_end(door);
    UNTIL(door, ask_of(world, SEQUENCE, device->id) == device->sequence);
    close_door(door);
    assert_int_equal(ask(world, LOGS), 0);
}

/* ---- what is in the store ---- */

static void append(struct world *world, int64_t number, const void *entries, size_t size_bytes) {
    static const char SQL[] = "insert into device_seen_log (number, entries) values ($1, $2)";
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world,
             db_run(world->db, SQL, DB_ARGS(db_integer(number), db_bytes((struct text){entries, size_bytes})),
                    NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

static void a_damaged_log_is_a_fault_and_an_impossible_entry_changes_nothing(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct keyed_licence licence = a_keyed_licence_on(world, "OFFICE", 5);
    struct door *door = a_door(world);
    struct live_device was = *an_active_device(door, licence.key, 1);
    close_door(door);
    struct check_in_entry entries[6];
    memset(entries, 0xff, sizeof entries); /* of a device that is not there */
    memset(&entries[1], 0, sizeof entries[1]);
    for (int i = 2; i < 6; i++) {
        entries[i] = (struct check_in_entry){.activated_at_us = was.activated_at_us,
                                             .device_id = (uint32_t)was.id,
                                             .sequence = INT32_MIN,
                                             .seen_at_s = was.seen_at_s};
    }
    entries[5].activated_at_us++;
    entries[5].sequence = INT32_MAX;
    append(world, INT64_MAX, entries, sizeof entries);
    append(world, -3, entries, 0);
    door = a_door(world);
    assert_int_equal(live_device_find(door->live, was.id)->sequence, was.sequence);
    assert_true(live_device_find(door->live, was.id)->link == was.link);
    assert_int_equal(ask(world, LOGS), 0);
    close_door(door);

    append(world, 7, entries, sizeof entries - 1);
    struct live_options options = options_of(world);
    struct live *live = NULL;
    WORLD_FAULT(world, "database-failed", live_start(&options, &live, &world->fault));
    assert_int_equal(ask(world, LOGS), 1);
    struct call call = world_call(world);
    struct audit_store_result result;
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    assert_int_equal(result.violation_total, 1);
    assert_true(text_is(result.violations[0].rule, "device-seen-log"));
}

static void a_log_that_is_written_once_more_is_there_once(void **state) {
    struct world *world = *state;
    struct check_in_entry entries[2] = {{.device_id = 1, .sequence = 1}, {.device_id = 2, .sequence = 1}};
    for (int i = 0; i < 2; i++) {
        WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
        WORLD_OK(world, check_in_log_append(world->db, 5, entries, 2, &world->fault));
        WORLD_OK(world, db_commit(world->db, &world->fault));
    }
    assert_int_equal(ask(world, LOGS), 1);
    uint64_t count = 0;
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, check_in_log_recover(world->db, &count, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(count, 2);
    assert_int_equal(ask(world, "select count(*) from device_seen"), 0);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(what_a_busy_door_logged_is_in_the_rows_after_a_crash),
        WORLD_TEST(a_crash_costs_no_month_and_none_is_written_twice),
        WORLD_TEST(the_log_takes_no_row_back),
        WORLD_TEST(of_many_entries_the_last_one_counts_also_where_the_clock_was_set_back),
        WORLD_TEST(an_entry_of_a_chain_that_ended_is_ignored_but_its_lease_holds),
        WORLD_TEST(a_seat_given_back_waits_for_a_lease_that_only_the_log_knew),
        WORLD_TEST(while_the_door_is_busy_a_seat_given_back_elsewhere_waits_for_the_lease_in_memory),
        WORLD_TEST(a_job_does_not_tell_of_a_month_before_the_month_is_saved),
        WORLD_TEST(no_seat_is_taken_from_a_device_whose_row_is_behind),
        WORLD_TEST(a_device_that_is_ahead_after_a_crash_is_believed_once),
        WORLD_TEST(the_sweep_ends_and_the_log_is_empty),
        WORLD_TEST(the_sweep_is_halfway_after_half_the_time),
        WORLD_TEST(what_the_log_has_no_room_for_is_found_by_the_sweep),
        WORLD_TEST(a_clean_end_leaves_an_empty_log),
        WORLD_TEST(while_the_store_is_locked_a_busy_door_goes_on_and_nothing_is_lost),
        WORLD_TEST(a_damaged_log_is_a_fault_and_an_impossible_entry_changes_nothing),
        WORLD_TEST(a_log_that_is_written_once_more_is_there_once),
    };
    return world_run_tests("live_log", tests, sizeof tests / sizeof tests[0]);
}
