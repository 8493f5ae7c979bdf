/* Used units: what devices told in a month, beside what was provisioned, on every edge. */
#include "core/time/date.h"
#include "machines.h"
#include "programme/usage/decide_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct report_detail report_of(struct world *world, const char *provider, const char *month) {
    struct call call = world_call(world);
    struct report_detail detail;
    struct report_name name = {.provider = text_of(provider), .month = text_of(month)};
    WORLD_OK(world, show_report(&call, &name, &detail, &world->fault));
    return detail;
}

static const struct usage_report_row *row_of(const struct report_detail *detail, const char *customer,
                                             const char *sku) {
    for (size_t i = 0; i < detail->report.row_count; i++) {
        if (text_is(detail->report.rows[i].customer_code, customer) &&
            text_is(detail->report.rows[i].sku, sku)) {
            return &detail->report.rows[i];
        }
    }
    return NULL;
}

static void assert_used(const struct usage_report_row *row, int64_t provisioned, int64_t used, int64_t idle,
                        int64_t unlicensed) {
    assert_non_null(row);
    assert_true(row->has_used);
    assert_int_equal(row->provisioned_units, provisioned);
    assert_int_equal(row->used_units, used);
    assert_int_equal(row->over_provisioned_units, idle);
    assert_int_equal(row->unlicensed_units, unlicensed);
}

static void devices_that_worked_are_used_and_the_rest_of_what_is_paid_for_is_idle(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 5);
    for (int32_t seat = 1; seat <= 3; seat++) {
        it_was_seen(world, a_machine(world, licence, "PC", seat), "2026-11", true);
    }
    a_machine(world, licence, "SILENT", 4);
    struct report_detail detail = report_of(world, "P1", "2026-11");
    assert_used(row_of(&detail, "C1", "OFFICE"), 5, 3, 2, 0);
}

static void a_device_that_was_told_to_stop_is_unlicensed_in_that_month(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 2);
    it_was_seen(world, a_machine(world, licence, "A", 1), "2026-11", true);
    struct text both = a_machine(world, licence, "B", 2);
    it_was_seen(world, both, "2026-11", true);
    it_was_seen(world, both, "2026-11", false);
    it_was_seen(world, a_machine(world, licence, "C", 3), "2026-11", false);
    it_was_seen(world, a_machine(world, licence, "D", 4), "2026-10", false);
    struct report_detail detail = report_of(world, "P1", "2026-11");
    assert_used(row_of(&detail, "C1", "OFFICE"), 2, 2, 0, 2);
}

static void more_devices_than_seats_are_never_less_than_nothing_idle(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 2);
    for (int32_t seat = 1; seat <= 3; seat++) {
        it_was_seen(world, a_machine(world, licence, "PC", seat), "2026-11", true);
    }
    struct report_detail detail = report_of(world, "P1", "2026-11");
    assert_used(row_of(&detail, "C1", "OFFICE"), 2, 3, 0, 0);
}

static void a_vendor_without_devices_has_no_used_units_and_one_with_some_has_none_used(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_licence_on(world, "OFFICE", 5);
    a_licence_on(world, "BACKUP", 4);
    struct report_detail before = report_of(world, "P1", "2026-11");
    assert_false(row_of(&before, "C1", "OFFICE")->has_used);
    /* Somebody else's device of another SKU of the vendor's, long ago. */
    struct text elsewhere = a_licence(world, a_block_of(world, "P2", "MAIL", 5), "C3", 5);
    a_machine(world, elsewhere, "PC", 1);
    struct report_detail after = report_of(world, "P1", "2026-11");
    assert_used(row_of(&after, "C1", "OFFICE"), 5, 0, 5, 0);
    assert_false(row_of(&after, "C1", "BACKUP")->has_used);
}

static void a_bundles_devices_count_whole_where_it_is_sold_and_for_its_parts_above(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text suite = a_licence(world, a_block_of(world, "P3", "SUITE", 9), "C4", 3);
    turn_on(world, suite);
    it_was_seen(world, a_machine(world, suite, "A", 1), "2026-11", true);
    it_was_seen(world, a_machine(world, suite, "B", 2), "2026-11", true);
    it_was_seen(world, a_machine(world, suite, "C", 3), "2026-11", false);
    struct text pack = a_licence(world, a_block_of(world, "P1", "PACK", 9), "C1", 2);
    turn_on(world, pack);
    it_was_seen(world, a_machine(world, pack, "D", 1), "2026-11", true);
    /* DIST composed SUITE: below it, it is one thing. */
    struct report_detail p3 = report_of(world, "P3", "2026-11");
    struct report_detail sub = report_of(world, "SUB", "2026-11");
    assert_used(row_of(&p3, "C4", "SUITE"), 3, 2, 1, 1);
    assert_used(row_of(&sub, "C4", "SUITE"), 3, 2, 1, 1);
    assert_null(row_of(&p3, "C4", "OFFICE"));
    /* P1 composed PACK of two MAIL and one BACKUP: it buys the parts. */
    struct report_detail p1 = report_of(world, "P1", "2026-11");
    assert_used(row_of(&p1, "C1", "MAIL"), 4, 2, 2, 0);
    assert_used(row_of(&p1, "C1", "BACKUP"), 2, 1, 1, 0);
    assert_null(row_of(&p1, "C1", "PACK"));
}

static void a_pool_uses_as_many_units_as_machines_worked_at_once(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence(world, a_block_of(world, "P1", "OFFICE", 4), "C1", 4);
    it_is(world, "2026-11-02T08:00:00Z");
    turn_on(world, licence);
    for (int32_t day = 0; day < 12; day++) {
        struct text device = a_machine(world, licence, "VDI", day + 1);
        it_was_seen(world, device, "2026-11", true);
        world->now_us += INT64_C(12) * 3600 * 1000000;
        it_became(world, device, DEVICE_RELEASED, 0, 0);
        world->now_us += INT64_C(12) * 3600 * 1000000;
    }
    for (int32_t seat = 13; seat <= 14; seat++) {
        it_was_seen(world, a_machine(world, licence, "PC", seat), "2026-11", true);
    }
    struct report_detail detail = report_of(world, "P1", "2026-11");
    assert_used(row_of(&detail, "C1", "OFFICE"), 4, 2, 2, 0);
}

static void a_machine_under_two_licences_is_used_once(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 9);
    struct text first = a_licence(world, block, "C1", 3);
    struct text second = a_licence(world, block, "C1", 2);
    turn_on(world, first);
    turn_on(world, second);
    it_was_seen(world, a_machine(world, first, "PC", 1), "2026-11", true);
    it_was_seen(world, a_machine(world, second, "PC", 1), "2026-11", true);
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(
        world,
        db_run(world->db,
               "update devices set fingerprint = (select d.fingerprint from devices d order by d.id limit 1)",
               DB_NO_ARGS, NULL, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    struct report_detail detail = report_of(world, "P1", "2026-11");
    assert_used(row_of(&detail, "C1", "OFFICE"), 5, 1, 4, 0);
}

static void a_licence_that_replaces_another_provides_no_more_than_one(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text block = a_block_of(world, "P1", "OFFICE", 90);
    struct text first = a_licence(world, block, "C1", 10);
    struct text second = a_licence(world, block, "C1", 10);
    turn_on(world, first);
    world->now_us += 1000000;
    turn_off(world, first);
    turn_on(world, second);
    world->now_us += 1000000;
    it_was_seen(world, a_machine(world, second, "PC", 1), "2026-11", true);
    struct report_detail detail = report_of(world, "P1", "2026-11");
    assert_used(row_of(&detail, "C1", "OFFICE"), 10, 1, 9, 0);
}

static void devices_of_a_licence_that_is_gone_are_still_reported_as_unlicensed(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text licence = a_licence_on(world, "OFFICE", 2);
    struct text device = a_machine(world, licence, "A", 1);
    it_was_seen(world, device, "2026-11", true);
    terminate(world, "P1", "C1");
    it_is(world, "2027-01-15T12:00:00Z");
    it_was_seen(world, device, "2027-01", false);
    struct report_detail detail = report_of(world, "P1", "2027-01");
    assert_used(row_of(&detail, "C1", "OFFICE"), 0, 0, 0, 1);
    assert_int_equal(row_of(&detail, "C1", "OFFICE")->chargeable.parts, 0);
}

static void a_report_counts_the_devices_of_its_own_edge_alone(void **state) {
    struct world *world = *state;
    a_channel(world);
    it_was_seen(world, a_machine(world, a_licence_on(world, "OFFICE", 2), "A", 1), "2026-11", true);
    struct text other = a_licence(world, a_block_of(world, "P2", "OFFICE", 5), "C3", 5);
    turn_on(world, other);
    it_was_seen(world, a_machine(world, other, "B", 1), "2026-11", true);
    struct report_detail p2 = report_of(world, "P2", "2026-11");
    assert_int_equal(p2.report.row_count, 1);
    assert_used(row_of(&p2, "C3", "OFFICE"), 5, 1, 4, 0);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(devices_that_worked_are_used_and_the_rest_of_what_is_paid_for_is_idle),
        WORLD_TEST(a_device_that_was_told_to_stop_is_unlicensed_in_that_month),
        WORLD_TEST(more_devices_than_seats_are_never_less_than_nothing_idle),
        WORLD_TEST(a_vendor_without_devices_has_no_used_units_and_one_with_some_has_none_used),
        WORLD_TEST(a_bundles_devices_count_whole_where_it_is_sold_and_for_its_parts_above),
        WORLD_TEST(a_pool_uses_as_many_units_as_machines_worked_at_once),
        WORLD_TEST(a_machine_under_two_licences_is_used_once),
        WORLD_TEST(a_licence_that_replaces_another_provides_no_more_than_one),
        WORLD_TEST(devices_of_a_licence_that_is_gone_are_still_reported_as_unlicensed),
        WORLD_TEST(a_report_counts_the_devices_of_its_own_edge_alone),
    };
    return world_run_tests("used_units", tests, sizeof tests / sizeof tests[0]);
}
