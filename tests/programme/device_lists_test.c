/* Devices as people see them: who sees which, what they are told of one, a licence's in numbers. */
#include "machines.h"
#include "programme/devices/devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const STRANGERS[] = {"DIST", "ACME", "BOLT", "P2", "C2", "C3", "SUB", "P3"};
enum { STRANGER_COUNT = sizeof STRANGERS / sizeof STRANGERS[0] };

static struct device_page listed(struct world *world, struct call call, struct list_devices_input input) {
    struct device_page page;
    WORLD_OK(world, list_devices(&call, &input, &page, &world->fault));
    return page;
}

static struct device_view shown(struct world *world, struct text device) {
    struct call call = call_of(world, "P1");
    struct device_view info;
    WORLD_OK(world, show_device(&call, device, &info, &world->fault));
    return info;
}

static void a_device_is_shown_with_its_licence_seat_lease_and_what_it_would_be_told(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 2);
    struct text device = a_machine(world, licence, "PC-17", 2);
    struct device_view info = shown(world, device);
    assert_true(text_equal(info.identifier, device));
    assert_true(text_equal(info.licence, licence));
    assert_true(text_is(info.provider_code, "P1"));
    assert_true(text_is(info.customer_code, "C1"));
    assert_true(text_is(info.sku_code, "OFFICE"));
    assert_true(text_is(info.name, "PC-17"));
    assert_true(text_is(info.version, "4.2.0"));
    assert_true(text_is(info.components, "firewall,mail"));
    assert_int_equal(info.state, DEVICE_ACTIVE);
    assert_int_equal(info.seat, 2);
    assert_int_equal(info.sequence, 3);
    assert_true(info.lease_expires_s == world->now_us / 1000000 + 86400);
    assert_int_equal(info.answer, LEASE_CODE_OK);
    turn_off(world, licence);
    assert_int_equal(shown(world, device).answer, LEASE_CODE_OFF);
    turn_on(world, licence);
    suspend(world, "DIST", "P1");
    assert_int_equal(shown(world, device).answer, LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR);
    suspend(world, "P1", "C1");
    assert_int_equal(shown(world, device).answer, LEASE_CODE_SUSPENDED_BY_PROVIDER);
    resume(world, "P1", "C1");
    resume(world, "DIST", "P1");
    it_became(world, device, DEVICE_RELEASED, 0, world->now_us / 1000000 + 60);
    assert_int_equal(shown(world, device).answer, LEASE_CODE_RELEASED);
    assert_int_equal(shown(world, device).seat, 2);
    world->now_us += INT64_C(60) * 1000000;
    assert_int_equal(shown(world, device).seat, 0);
}

static void a_device_whose_seat_is_beyond_the_licences_seats_would_be_told_to_stop(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 2);
    struct text device = a_machine(world, licence, "PC-17", 3);
    assert_int_equal(shown(world, device).answer, LEASE_CODE_NO_SEAT_LEFT);
}

static void the_provider_and_the_customer_see_devices_and_nobody_else_does(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    struct text device = a_machine(world, licence, "PC-17", 1);
    struct device_view info;
    for (int who = 0; who < 2; who++) {
        struct call call = call_of(world, who == 0 ? "P1" : "C1");
        WORLD_OK(world, show_device(&call, device, &info, &world->fault));
        assert_int_equal(listed(world, call, (struct list_devices_input){0}).count, 1);
        assert_int_equal(listed(world, call, (struct list_devices_input){.licence = licence}).count, 1);
    }
    for (int i = 0; i < STRANGER_COUNT; i++) {
        struct call call = call_of(world, STRANGERS[i]);
        WORLD_FAULT(world, "unknown-device", show_device(&call, device, &info, &world->fault));
        assert_int_equal(listed(world, call, (struct list_devices_input){0}).count, 0);
    }
    struct call operator= world_call(world);
    assert_int_equal(listed(world, operator,(struct list_devices_input){0}).count, 1);
}

static void naming_what_is_anothers_tells_nothing_of_its_devices(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    a_machine(world, licence, "PC-17", 1);
    struct list_devices_input by_licence = {.licence = licence};
    struct list_devices_input by_customer = {.customer = TEXT("C1")};
    struct list_devices_input by_provider = {.provider = TEXT("P1")};
    struct device_page page;
    struct call above = call_of(world, "DIST");
    struct call vendor = call_of(world, "ACME");
    struct call other = call_of(world, "P2");
    WORLD_FAULT(world, "not-yours", list_devices(&above, &by_licence, &page, &world->fault));
    WORLD_FAULT(world, "not-yours", list_devices(&vendor, &by_licence, &page, &world->fault));
    WORLD_FAULT(world, "unknown-licence", list_devices(&other, &by_licence, &page, &world->fault));
    assert_int_equal(listed(world, above, by_customer).count, 0);
    assert_int_equal(listed(world, above, by_provider).count, 0);
    WORLD_FAULT(world, "unknown-account", list_devices(&vendor, &by_customer, &page, &world->fault));
    WORLD_FAULT(world, "unknown-account", list_devices(&other, &by_customer, &page, &world->fault));
    WORLD_FAULT(world, "unknown-account", list_devices(&other, &by_provider, &page, &world->fault));
}

static void an_identifier_that_is_none_of_a_device_is_unknown(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    struct call call = world_call(world);
    struct device_view info;
    WORLD_FAULT(world, "unknown-device", show_device(&call, licence, &info, &world->fault));
    WORLD_FAULT(world, "unknown-device", show_device(&call, TEXT("dev_0"), &info, &world->fault));
    WORLD_FAULT(world, "missing-field", show_device(&call, TEXT(" "), &info, &world->fault));
    call.actor = (struct actor){.kind = ACTOR_TOKEN, .id = 1, .account_id = account_id_of(world, "P1")};
    WORLD_FAULT(world, "right-missing", show_device(&call, licence, &info, &world->fault));
}

static void devices_are_found_by_state_clones_idleness_and_being_unlicensed(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 20);
    struct text first = a_licence(world, block, "C1", 5);
    struct text second = a_licence(world, block, "C2", 5);
    struct text cloned = a_machine(world, first, "CLONED", 1);
    struct text gone = a_machine(world, first, "GONE", 2);
    struct text idle = a_machine(world, second, "IDLE", 1);
    it_became(world, cloned, DEVICE_ACTIVE, 2, 0);
    it_became(world, gone, DEVICE_DROPPED, 0, 0);
    it_was_seen(world, idle, "2026-11", true);
    it_was_seen(world, cloned, "2026-11", false);
    world->now_us += INT64_C(86400) * 1000000;
    struct text fresh = a_machine(world, second, "FRESH", 2);
    struct call call = call_of(world, "P1");
    struct device_page page = listed(world, call, (struct list_devices_input){.clones = true});
    assert_int_equal(page.count, 1);
    assert_true(text_equal(page.items[0].identifier, cloned));
    assert_int_equal(page.items[0].clones, 2);
    page = listed(world, call, (struct list_devices_input){.unlicensed = true});
    assert_int_equal(page.count, 1);
    assert_true(text_equal(page.items[0].identifier, cloned));
    page = listed(world, call, (struct list_devices_input){.idle = true});
    assert_int_equal(page.count, 2);
    assert_true(text_equal(page.items[1].identifier, idle));
    page = listed(world, call, (struct list_devices_input){.state = TEXT("dropped")});
    assert_int_equal(page.count, 1);
    assert_true(text_equal(page.items[0].identifier, gone));
    page = listed(world, call, (struct list_devices_input){.provider = TEXT("P1"), .customer = TEXT("C2")});
    assert_int_equal(page.count, 2);
    assert_true(text_equal(page.items[1].identifier, fresh));
    struct list_devices_input wrong = {.state = TEXT("asleep")};
    WORLD_FAULT(world, "unknown-state", list_devices(&call, &wrong, &page, &world->fault));
}

static void a_long_list_comes_in_pages_without_loss(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 9);
    for (int32_t seat = 1; seat <= 7; seat++) {
        a_machine(world, licence, "PC", seat);
    }
    struct list_devices_input input = {.page = {.limit = 3}};
    int32_t seats = 0;
    size_t pages = 0;
    do {
        struct device_page page = listed(world, call_of(world, "C1"), input);
        for (size_t i = 0; i < page.count; i++) {
            seats = seats * 10 + page.items[i].seat;
        }
        input.page.after_id = page.next_after;
        pages++;
    } while (input.page.after_id != 0);
    assert_int_equal(seats, 1234567);
    assert_int_equal(pages, 3);
}

static void all_who_see_a_licence_see_its_devices_in_numbers(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    it_was_seen(world, a_machine(world, licence, "A", 1), "2026-11", true);
    it_became(world, a_machine(world, licence, "B", 2), DEVICE_ACTIVE, 1, 0);
    it_became(world, a_machine(world, licence, "C", 3), DEVICE_RELEASED, 0, world->now_us / 1000000 + 60);
    it_became(world, a_machine(world, licence, "D", 4), DEVICE_RELEASED, 0, world->now_us / 1000000);
    it_was_seen(world, a_machine(world, licence, "E", 5), "2026-10", true);
    static const char *const READERS[] = {"P1", "C1", "DIST", "ACME"};
    for (int i = 0; i < 4; i++) {
        struct call call = call_of(world, READERS[i]);
        struct licence_detail detail;
        WORLD_OK(world, show_licence(&call, licence, &detail, &world->fault));
        assert_int_equal(detail.devices.active, 3);
        assert_int_equal(detail.devices.seats_taken, 4);
        assert_int_equal(detail.devices.seen, 1);
        assert_int_equal(detail.devices.cloned, 1);
        assert_int_equal(detail.devices.released, 2);
        assert_int_equal(detail.devices.releases_max, 7);
    }
    it_is(world, "2026-12-25T12:00:00Z"); /* 31 days later */
    assert_int_equal(licence_of(world, licence).devices.released, 0);
    assert_int_equal(licence_of(world, licence).devices.seats_taken, 3);
}

static void the_vendor_of_a_part_sees_the_bundles_devices_in_numbers(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "PACK", 10), "C1", 3);
    turn_on(world, licence);
    a_machine(world, licence, "A", 1);
    struct licence_detail whole = licence_of(world, licence);
    assert_int_equal(whole.part_count, 2);
    for (size_t i = 0; i < whole.part_count; i++) {
        struct call call = call_of(world, text_is(whole.parts[i].sku_code, "MAIL") ? "ACME" : "BOLT");
        struct licence_detail part;
        WORLD_OK(world, show_licence(&call, whole.parts[i].identifier, &part, &world->fault));
        assert_int_equal(part.devices.active, 1);
        assert_int_equal(part.devices.releases_max, 5); /* of the bundle's 3 seats */
        struct device_page page;
        struct list_devices_input input = {.licence = whole.parts[i].identifier};
        WORLD_FAULT(world, "not-yours", list_devices(&call, &input, &page, &world->fault));
        assert_int_equal(listed(world, call_of(world, "P1"), input).count, 1);
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_device_is_shown_with_its_licence_seat_lease_and_what_it_would_be_told),
        WORLD_TEST(a_device_whose_seat_is_beyond_the_licences_seats_would_be_told_to_stop),
        WORLD_TEST(the_provider_and_the_customer_see_devices_and_nobody_else_does),
        WORLD_TEST(naming_what_is_anothers_tells_nothing_of_its_devices),
        WORLD_TEST(an_identifier_that_is_none_of_a_device_is_unknown),
        WORLD_TEST(devices_are_found_by_state_clones_idleness_and_being_unlicensed),
        WORLD_TEST(a_long_list_comes_in_pages_without_loss),
        WORLD_TEST(all_who_see_a_licence_see_its_devices_in_numbers),
        WORLD_TEST(the_vendor_of_a_part_sees_the_bundles_devices_in_numbers),
    };
    return world_run_tests("device_lists", tests, sizeof tests / sizeof tests[0]);
}
