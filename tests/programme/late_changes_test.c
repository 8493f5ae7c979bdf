/* Changes that are dated in the past and void nothing: what devices had stays, and what lowers a bill waits
 * for the seller above. */
#include "channel.h"
#include "computer.h"
#include "trade.h"

#include "programme/audit/audit_store.h"
#include "programme/licensing/turn_licence.h"
#include "programme/usage/decide_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static enum status off_at(struct trade *trade, struct text licence, const char *at) {
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at)};
    return turn_licence_off(&trade->call, &input, &view, &trade->world->fault);
}

static enum status seats_at(struct trade *trade, struct text licence, int64_t seats, const char *at) {
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at), .seats = seats};
    return resize_licence(&trade->call, &input, &view, &trade->world->fault);
}

static enum status on_at(struct trade *trade, struct text licence, const char *at) {
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at)};
    return turn_licence_on(&trade->call, &input, &view, &trade->world->fault);
}

static enum status retire_at(struct trade *trade, struct text licence, const char *at) {
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at)};
    return retire_licence(&trade->call, &input, &view, &trade->world->fault);
}

static enum status customer_off_at(struct trade *trade, const char *customer, const char *at) {
    int64_t turned = 0;
    struct turn_customer_off_input input = {.customer = text_of(customer), .at = text_of(at)};
    return turn_off_customer(&trade->call, &input, &turned, &trade->world->fault);
}

static int64_t violations(struct trade *trade, const char *rule) {
    struct audit_store_result result;
    WORLD_OK(trade->world, audit_store(&trade->call, &result, &trade->world->fault));
    for (size_t i = 0; i < result.count; i++) {
        if (!text_is(result.violations[i].rule, rule)) {
            fail_msg("%s: %s %s", result.violations[i].rule.at, result.violations[i].subject.at,
                     result.violations[i].message.at);
        }
    }
    return result.violation_total;
}

/* A licence of A that is on with 50 seats since 5 October; every seller has a price of that policy. */
static struct text a_licence_since_october(struct trade *trade, struct world *world,
                                           enum metering_policy policy) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", NULL, "S", policy, TIER_FLAT, "1:1.00", NULL);
    trade_price(trade, "DIST", NULL, "S", policy, TIER_FLAT, "1:2.00", NULL);
    trade_price(trade, "P1", NULL, "S", policy, TIER_FLAT, "1:4.00", NULL);
    trade_at(trade, "2026-10-05T00:00:00Z");
    struct text licence = trade_licence(trade, "P1", "A", "S", 50);
    trade_on(trade, licence);
    return licence;
}

static struct report_detail report_of(struct trade *trade, const char *month) {
    struct report_name name = {.provider = TEXT("P1"), .month = text_of(month)};
    struct report_detail detail;
    WORLD_OK(trade->world, show_report(&trade->call, &name, &detail, &trade->world->fault));
    return detail;
}

/* What a late change took away of the vendor's settlement waits for the vendor. */
static void approve_as_vendor(struct trade *trade, const char *month) {
    struct decide_report_input decision = {
        .name = {.provider = TEXT("DIST"), .seller = TEXT("VEND"), .month = text_of(month)}};
    struct report_detail detail;
    WORLD_OK(trade->world, approve_report(&trade->call, &decision, &detail, &trade->world->fault));
}

static void approve(struct trade *trade, const char *month) {
    struct decide_report_input decision = {.name = {.provider = TEXT("P1"), .month = text_of(month)}};
    struct report_detail detail;
    WORLD_OK(trade->world, approve_report(&trade->call, &decision, &detail, &trade->world->fault));
}

/* November comes to be closed with its report undecided, and the seller decides it. */
static void november_waits_for_its_seller(struct trade *trade, int64_t measured, int64_t late) {
    trade_at(trade, "2027-01-10T00:00:00Z");
    assert_int_equal(trade_close(trade, "2026-10").open_count, 0);
    struct close_month_result result = trade_close(trade, "2026-11");
    const struct close_month_edge *open = trade_open_edge(&result, "DIST", "P1");
    assert_non_null(open);
    assert_true(text_is(open->reason, "report-not-approved"));
    struct report_detail detail = report_of(trade, "2026-11");
    assert_int_equal(detail.report.rows[0].measured.parts, measured);
    assert_int_equal(detail.report.rows[0].late.parts, late);
    assert_int_equal(detail.report.late_minor, late * 200); /* at the distributor's price */
    approve(trade, "2026-11");
    result = trade_close(trade, "2026-11");
    assert_int_equal(result.open_count, 1);
    open = trade_open_edge(&result, "VEND", "DIST");
    assert_true(open != NULL && text_is(open->reason, "report-not-approved"));
    approve_as_vendor(trade, "2026-11");
    assert_int_equal(trade_close(trade, "2026-11").open_count, 0);
    assert_int_equal(violations(trade, ""), 0);
}

static void an_off_in_the_past_that_empties_a_month_waits_for_the_seller(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_PEAK);
    trade_at(&trade, "2026-12-02T10:00:00Z");
    WORLD_OK(trade.world, off_at(&trade, licence, "2026-11-01"));
    WORLD_OK(trade.world, on_at(&trade, licence, "2026-12-01"));
    assert_int_equal(report_of(&trade, "2026-12").report.rows[0].late.parts, 0);
    november_waits_for_its_seller(&trade, 0, 50);
}

static void fewer_seats_in_the_past_wait_for_the_seller(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_PEAK);
    trade_at(&trade, "2026-12-02T10:00:00Z");
    WORLD_OK(trade.world, seats_at(&trade, licence, 3, "2026-11-01"));
    november_waits_for_its_seller(&trade, 3, 47);
}

static void a_retirement_in_the_past_waits_for_the_seller(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_SNAPSHOT);
    trade_at(&trade, "2026-12-02T10:00:00Z");
    WORLD_OK(trade.world, retire_at(&trade, licence, "2026-11-29"));
    november_waits_for_its_seller(&trade, 0, 50);
}

static void a_drop_out_in_the_past_waits_for_the_seller(void **state) {
    struct trade trade;
    a_licence_since_october(&trade, *state, POLICY_ANY);
    trade_at(&trade, "2026-12-02T10:00:00Z");
    WORLD_OK(trade.world, customer_off_at(&trade, "A", "2026-11-01"));
    november_waits_for_its_seller(&trade, 0, 50);
}

/* What is lost in the next month, until the change was told, waits there too. */
static void a_fall_that_reaches_into_the_next_month_waits_in_both(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_PEAK);
    trade_at(&trade, "2026-12-02T10:00:00Z");
    WORLD_OK(trade.world, off_at(&trade, licence, "2026-11-15"));
    assert_int_equal(report_of(&trade, "2026-11").report.rows[0].late.parts, 0);
    assert_int_equal(report_of(&trade, "2026-12").report.rows[0].late.parts, 50);
    trade_at(&trade, "2027-02-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    assert_int_equal(trade_close(&trade, "2026-12").open_count, 2);
    approve(&trade, "2026-12");
    approve_as_vendor(&trade, "2026-12");
    assert_int_equal(trade_close(&trade, "2026-12").open_count, 0);
    assert_int_equal(violations(&trade, ""), 0);
}

static void a_fall_in_the_past_that_lowers_no_bill_waits_for_nobody(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_PEAK);
    trade_at(&trade, "2026-11-20T10:00:00Z");
    WORLD_OK(trade.world, off_at(&trade, licence, "2026-11-18T09:00"));
    trade_at(&trade, "2027-01-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    assert_int_equal(violations(&trade, ""), 0);
}

static void what_was_entered_late_as_a_whole_waits_for_nobody(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:1.00", NULL);
    trade_price(&trade, "DIST", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:2.00", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:4.00", NULL);
    trade_at(&trade, "2026-11-20T00:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 5);
    WORLD_OK(trade.world, on_at(&trade, licence, "2026-10-05"));
    WORLD_OK(trade.world, off_at(&trade, licence, "2026-10-20"));
    assert_int_equal(report_of(&trade, "2026-10").report.rows[0].late.parts, 0);
    trade_at(&trade, "2027-01-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(violations(&trade, ""), 0);
}

static void what_devices_had_meanwhile_is_the_floor_of_a_change_in_the_past(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_PEAK);
    struct world *world = trade.world;
    const struct computer one = a_machine("one");
    const struct computer two = a_machine("two");
    trade_at(&trade, "2026-11-03T00:00:00Z");
    activate(world, &one, licence);
    struct activation second = activate(world, &two, licence);
    trade_at(&trade, "2026-11-20T00:00:00Z");
    WORLD_FAULT(world, "late-used", off_at(&trade, licence, "2026-11-02"));
    WORLD_FAULT(world, "late-used", customer_off_at(&trade, "A", "2026-11-02"));
    WORLD_FAULT(world, "late-used", retire_at(&trade, licence, "2026-11-02"));
    WORLD_FAULT(world, "late-used", seats_at(&trade, licence, 1, "2026-11-02"));
    struct released_device released;
    WORLD_OK(world, release(world, trade.call, second.device.id, &released));
    WORLD_FAULT(world, "late-used", seats_at(&trade, licence, 1, "2026-11-02"));
    WORLD_OK(world, seats_at(&trade, licence, 2, "2026-11-02"));
    WORLD_OK(world, off_at(&trade, licence, "2026-11-19")); /* their leases had ended */
}

static void a_licence_that_was_used_is_not_off_from_the_instant_of_its_on(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_DAILY);
    const struct computer one = a_machine("one");
    activate(trade.world, &one, licence);
    WORLD_FAULT(trade.world, "late-used", off_at(&trade, licence, "2026-10-05T00:00:00Z"));
    trade_at(&trade, "2026-10-05T00:00:02Z");
    WORLD_FAULT(trade.world, "late-used", off_at(&trade, licence, "2026-10-05T00:00:00Z"));
    WORLD_OK(trade.world, off_at(&trade, licence, "2026-10-05T00:00:01Z")); /* as good as now */
}

static void a_change_dated_a_moment_ago_is_ordinary(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_SNAPSHOT);
    const struct computer one = a_machine("one");
    trade_at(&trade, "2026-11-30T23:00:00Z");
    activate(trade.world, &one, licence);
    trade_at(&trade, "2026-12-01T00:00:30Z");
    WORLD_OK(trade.world, off_at(&trade, licence, "2026-11-30T23:59:30Z"));
    trade_at(&trade, "2027-01-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    assert_int_equal(violations(&trade, ""), 0);
}

static void check_finds_what_silence_gave_away(void **state) {
    struct trade trade;
    struct text licence = a_licence_since_october(&trade, *state, POLICY_PEAK);
    trade_at(&trade, "2026-12-02T10:00:00Z");
    WORLD_OK(trade.world, off_at(&trade, licence, "2026-11-01"));
    november_waits_for_its_seller(&trade, 0, 50);
    trade_sabotage(&trade, "update reports set decided_by = 'system'");
    assert_int_equal(violations(&trade, "late-unasked"), 2);
    /* What was closed before such reports waited stays as it was closed. */
    trade_sabotage(&trade, "update months set state = 'closed', rules = 2");
    assert_int_equal(violations(&trade, "late-unasked"), 0);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(an_off_in_the_past_that_empties_a_month_waits_for_the_seller),
        WORLD_TEST(fewer_seats_in_the_past_wait_for_the_seller),
        WORLD_TEST(a_retirement_in_the_past_waits_for_the_seller),
        WORLD_TEST(a_drop_out_in_the_past_waits_for_the_seller),
        WORLD_TEST(a_fall_that_reaches_into_the_next_month_waits_in_both),
        WORLD_TEST(a_fall_in_the_past_that_lowers_no_bill_waits_for_nobody),
        WORLD_TEST(what_was_entered_late_as_a_whole_waits_for_nobody),
        WORLD_TEST(what_devices_had_meanwhile_is_the_floor_of_a_change_in_the_past),
        WORLD_TEST(a_licence_that_was_used_is_not_off_from_the_instant_of_its_on),
        WORLD_TEST(a_change_dated_a_moment_ago_is_ordinary),
        WORLD_TEST(check_finds_what_silence_gave_away),
    };
    return world_run_tests("late_changes", tests, sizeof tests / sizeof tests[0]);
}
