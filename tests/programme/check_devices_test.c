/* The check of devices: nothing is found where the programme made them, and every single thing that is broken
 * behind its back. Each sabotage is made, checked and rolled back. */
#include "machines.h"

#include "programme/audit/audit_store.h"
#include "programme/catalogue/lease_terms.h"
#include "programme/devices/release_device.h"
#include "programme/keys/signing_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A licence with two devices that work, one that was given back, and terms of their SKU; a bundle beside it.
 */
static void some_devices(struct world *world) {
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    a_licence_on(world, "SUITE", 5);
    it_was_seen(world, a_machine(world, licence, "PC-1", 1), "2026-11", true);
    it_was_seen(world, a_machine(world, licence, "PC-2", 2), "2026-11", false);
    struct call call = world_call(world);
    struct released_device released;
    struct release_device_input release = {a_machine(world, licence, "PC-3", 3)};
    WORLD_OK(world, release_device(&call, &release, &released, &world->fault));
    struct key_set keys;
    WORLD_OK(world, load_key_set(&call, &keys, &world->fault));
    struct lease_terms_view view;
    int64_t ttl_s = 3600;
    struct set_lease_terms_input terms = {.sku = TEXT("OFFICE"), .ttl_s = &ttl_s};
    WORLD_OK(world, set_lease_terms(&call, &terms, &view, &world->fault));
}

static const struct {
    const char *rule;
    const char *sql;
} SABOTAGES[] = {
    {"device-seat-beyond", "update devices set seat = 6 where seat = 1"},
    {"device-seat-free", "insert into free_seats (licence_id, seat) select licence_id, seat from devices "
                         "where seat = 1"},
    {"device-seat-early", "update devices set seat_until_s = seat_until_s - 1 where state = 'released'"},
    {"seat-lost", "update devices set seat = null where seat = 1"},
    {"signing-keys", "update signing_keys set state = 'retired', retired_at_us = 1 where purpose = 'lease'"},
    {"signing-keys", "update signing_keys set state = 'revoked', revoked_at_us = 1 where purpose = 'root'"},
    {"signing-key-times", "update signing_keys set revoked_at_us = 1 where purpose = 'lease'"},
    {"signing-key-times", "update signing_keys set left_at_us = 1 where purpose = 'lease'"},
    {"device-generation", "update devices set generation = 0 where seat = 1"},
    {"device-key",
     "insert into spent_device_keys (device_id, public_key, generation) select id, public_key, 1 "
     "from devices where seat = 1"},
    {"device-release", "update devices set released_at_us = null where state = 'released'"},
    {"device-release", "update devices set released_at_us = 1 where state = 'active'"},
    {"device-part", "update devices set licence_id = (select min(id) from licences where parent_id is not "
                    "null) where seat = 1"},
    {"device-unseen", "delete from device_seen where device_id = 1"},
    {"device-seen", "update device_seen set device_id = 99 where device_id = 3"},
    {"device-seen", "update device_seen set sequence = -1"},
    {"device-profile", "update device_seen set profile_id = 99"},
    {"device-month", "update device_months set device_id = 99 where licensed = 1"},
    {"device-month", "update device_months set licensed = 0, unlicensed = 0"},
    {"device-month-lost", "update device_seen set month_marks = (24322 % 256) * 4 + 1 where device_id = 2"},
    {"device-month-lost", "update device_seen set month_marks = (24322 % 256) * 4 + 2 where device_id = 1"},
    {"device-month-lost", "update device_seen set month_marks = (24322 % 256) * 4 + 1 where device_id = 3"},
    {"lease-terms", "update lease_terms set ttl_s = 1"},
    {"lease-terms", "update lease_terms set silent_s = 99999999"},
    {"device-change", "update device_changes set sequence = sequence + 100"},
    {"device-seen-log", "insert into device_seen_log (number, entries) select 1, public_key from devices "
                        "where id = 1"},
};

static bool finds(const struct audit_store_result *result, const char *rule) {
    bool found = false;
    for (size_t i = 0; i < result->count; i++) {
        found = found || text_is(result->violations[i].rule, rule);
    }
    return found;
}

static void devices_that_the_programme_made_are_clean(void **state) {
    struct world *world = *state;
    some_devices(world);
    struct call call = world_call(world);
    struct audit_store_result result;
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s %s\n", result.violations[i].rule.at, result.violations[i].subject.at,
                    result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
}

static void whatever_is_broken_behind_the_programmes_back_is_found(void **state) {
    struct world *world = *state;
    some_devices(world);
    struct call call = world_call(world);
    for (size_t i = 0; i < sizeof SABOTAGES / sizeof SABOTAGES[0]; i++) {
        struct audit_store_result result = {0};
        struct fault ignored;
        WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
        WORLD_OK(world, db_run(world->db, SABOTAGES[i].sql, DB_NO_ARGS, NULL, &world->fault));
        WORLD_OK(world, audit_store(&call, &result, &world->fault));
        assert_int_equal(call_end(&call, STATUS_INTERNAL, &ignored), STATUS_INTERNAL);
        if (!finds(&result, SABOTAGES[i].rule)) {
            fail_msg("%s was not found: %s", SABOTAGES[i].rule, SABOTAGES[i].sql);
        }
    }
}

/* The database guards what no sabotage of a row can break. */
static void two_devices_in_one_seat_are_found_where_the_guard_was_dropped(void **state) {
    struct world *world = *state;
    some_devices(world);
    struct call call = world_call(world);
    struct audit_store_result result = {0};
    struct fault ignored;
    WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
    WORLD_OK(world, db_run(world->db, "drop index devices_seat", DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_run(world->db, "update devices set seat = 1 where seat = 2", DB_NO_ARGS, NULL,
                           &world->fault));
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    assert_int_equal(call_end(&call, STATUS_INTERNAL, &ignored), STATUS_INTERNAL);
    assert_true(finds(&result, "device-seat-twice"));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(devices_that_the_programme_made_are_clean),
        WORLD_TEST(whatever_is_broken_behind_the_programmes_back_is_found),
        WORLD_TEST(two_devices_in_one_seat_are_found_where_the_guard_was_dropped),
    };
    return world_run_tests("check of devices", tests, sizeof tests / sizeof tests[0]);
}
