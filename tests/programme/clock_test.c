/* A clock that jumps: nothing is changed under one that fell behind, what one dated ahead is found, and dates
 * out of all reason are refused. */
#include "programme/access/list_audit.h"
#include "programme/audit/audit_store.h"
#include "programme/billing/one_off_charges.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"
#include "programme/parties/accounts.h"
#include "programme/parties/heartbeat.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static enum status beat(struct trade *trade, bool trusts_clock) {
    const struct keep_heartbeat_input input = {.trusts_clock = trusts_clock};
    return keep_heartbeat(&trade->call, &input, &trade->world->fault);
}

/* A change that has nothing to do with the time. */
static enum status add_customer(struct trade *trade, const char *code) {
    struct account_view view;
    struct add_account_input input = {
        .kind = TEXT("customer"), .name = text_of(code), .code = text_of(code), .seller = TEXT("P1")};
    return add_account(&trade->call, &input, &view, &trade->world->fault);
}

static enum status list(struct trade *trade) {
    struct list_accounts_input all = {.page = {.limit = 10}};
    struct account_page page;
    return list_accounts(&trade->call, &all, &page, &trade->world->fault);
}

static void a_clock_behind_the_heartbeat_changes_nothing_and_reads_on(void **state) {
    struct world *world = *state;
    struct trade trade;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_at(&trade, "2026-11-29T12:00:00Z");
    WORLD_OK(world, beat(&trade, false));
    trade_at(&trade, "2026-11-29T11:58:59Z");
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "LATE"));
    WORLD_FAULT(world, "clock-wrong", beat(&trade, false));
    WORLD_OK(world, list(&trade));
    assert_int_equal(trade_ask(&trade, "select count(*) from accounts where code = 'LATE'"), 0);
    trade_at(&trade, "2026-11-29T11:59:00Z"); /* two machines' clocks are so far apart */
    WORLD_OK(world, add_customer(&trade, "LATE"));
    WORLD_OK(world, beat(&trade, true));
    trade_at(&trade, "2026-11-29T11:58:59Z"); /* neither a beat nor a change took the heartbeat back */
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "LATER"));
}

static void without_a_heartbeat_any_clock_will_do(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "Europe/Berlin", "EUR");
    trade_at(&trade, "2028-01-03T00:00:00Z");
    WORLD_OK(trade.world, add_customer(&trade, "ONE"));
    trade_at(&trade, "2026-11-29T12:00:00Z");
    WORLD_OK(trade.world, add_customer(&trade, "TWO"));
}

static struct text latest_audit(struct trade *trade) {
    struct audit_page page;
    WORLD_OK(trade->world,
             list_audit(&trade->call, TEXT(""), (struct page){.limit = 1}, &page, &trade->world->fault));
    assert_int_equal(page.count, 1);
    return page.items[0].action;
}

static void a_synchronised_clock_is_trusted_at_the_start(void **state) {
    struct world *world = *state;
    struct trade trade;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_at(&trade, "2028-01-03T00:00:00Z");
    WORLD_OK(world, beat(&trade, true));
    trade_at(&trade, "2026-11-29T12:00:00Z");
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "ONE"));
    WORLD_OK(world, beat(&trade, true));
    assert_true(text_is(latest_audit(&trade), "clock.accept"));
    WORLD_OK(world, add_customer(&trade, "ONE"));
    WORLD_OK(world, beat(&trade, false));
}

static void the_operator_alone_says_that_the_clock_is_right(void **state) {
    struct world *world = *state;
    struct trade trade;
    struct accepted_clock accepted;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_at(&trade, "2028-01-03T00:00:00Z");
    int64_t wrong_us = world->now_us;
    WORLD_OK(world, beat(&trade, false));
    trade_at(&trade, "2026-11-29T12:00:00Z");
    struct call owner = trade.call;
    owner.actor =
        (struct actor){.kind = ACTOR_USER, .id = 1, .account_id = trade.distributor_id, .rights = RIGHT_ALL};
    WORLD_FAULT(world, "operator-only", accept_clock(&owner, &accepted, &world->fault));
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "ONE"));
    WORLD_OK(world, accept_clock(&trade.call, &accepted, &world->fault));
    assert_int_equal(accepted.now_us, world->now_us);
    assert_int_equal(accepted.before_us, wrong_us);
    assert_true(text_is(latest_audit(&trade), "clock.accept"));
    WORLD_OK(world, add_customer(&trade, "ONE"));
}

/* ---- ahead ---- */

static enum status beat_of(struct trade *trade, bool trusts_clock, bool has_leapt) {
    const struct keep_heartbeat_input input = {.trusts_clock = trusts_clock, .has_leapt = has_leapt};
    return keep_heartbeat(&trade->call, &input, &trade->world->fault);
}

static void accept(struct trade *trade) {
    struct accepted_clock accepted;
    WORLD_OK(trade->world, accept_clock(&trade->call, &accepted, &trade->world->fault));
}

static void a_clock_that_leaps_under_the_running_service_changes_nothing(void **state) {
    struct world *world = *state;
    struct trade trade;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_at(&trade, "2026-11-29T12:00:00Z");
    WORLD_OK(world, beat_of(&trade, false, false));
    trade.call.beats = true; /* a change through the service */
    trade_at(&trade, "2026-11-29T12:09:00Z");
    WORLD_OK(world, add_customer(&trade, "SOON"));
    trade_at(&trade, "2026-11-29T12:11:00Z");
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "LEAP"));
    WORLD_OK(world, list(&trade));
    trade_at(&trade, "2027-01-08T12:00:00Z");
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "LEAP"));
    WORLD_FAULT(world, "clock-wrong", beat_of(&trade, false, true));
    trade.call.beats = false; /* and by command */
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "LEAP"));
    trade_at(&trade, "2026-11-29T12:01:00Z"); /* set right: nothing stayed behind */
    WORLD_OK(world, beat_of(&trade, false, false));
    WORLD_OK(world, add_customer(&trade, "LEAP"));
    trade_at(&trade, "2026-11-29T12:30:00Z");
    WORLD_FAULT(world, "clock-wrong", beat_of(&trade, false, true));
    accept(&trade);
    WORLD_OK(world, beat_of(&trade, false, true));
}

static void a_downtime_of_more_than_a_day_is_told_by_a_synchronised_clock_or_the_operator(void **state) {
    struct world *world = *state;
    struct trade trade;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_at(&trade, "2026-11-20T12:00:00Z");
    WORLD_OK(world, beat_of(&trade, false, false));
    trade_at(&trade, "2026-11-21T12:00:00Z");
    WORLD_OK(world, beat_of(&trade, false, false)); /* a day is a day */
    trade_at(&trade, "2026-11-29T12:00:00Z");
    WORLD_FAULT(world, "clock-wrong", beat_of(&trade, false, false));
    WORLD_FAULT(world, "clock-wrong", add_customer(&trade, "ONE"));
    trade.call.is_synchronised = true;
    WORLD_OK(world, add_customer(&trade, "ONE"));
    trade.call.is_synchronised = false;
    WORLD_OK(world, beat_of(&trade, true, false));
    assert_true(text_is(latest_audit(&trade), "clock.leap"));
    WORLD_OK(world, add_customer(&trade, "TWO"));
}

static enum status close_month_of(struct trade *trade, const char *month) {
    struct close_month_input input = {.month = text_of(month)};
    struct close_month_result result;
    return close_month(&trade->call, &input, &result, &trade->world->fault);
}

static void what_cannot_be_taken_back_waits_for_the_operator_after_a_leap(void **state) {
    struct world *world = *state;
    struct trade trade;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_at(&trade, "2026-11-29T12:00:00Z");
    WORLD_OK(world, beat_of(&trade, false, false));
    trade_at(&trade, "2027-01-08T12:00:00Z");
    trade.call.is_synchronised = true; /* by command, before the service runs again */
    WORLD_FAULT(world, "clock-wrong", close_month_of(&trade, "2026-11"));
    WORLD_OK(world, close_month_of(&trade, "2026-10"));
    trade.call.is_synchronised = false;
    WORLD_OK(world, beat_of(&trade, true, false));
    WORLD_OK(world, beat_of(&trade, false, false)); /* and it runs on */
    WORLD_FAULT(world, "clock-wrong", close_month_of(&trade, "2026-11"));
    trade.call.dry_run = true;
    WORLD_OK(world, close_month_of(&trade, "2026-11"));
    trade.call.dry_run = false;
    accept(&trade);
    WORLD_OK(world, close_month_of(&trade, "2026-11"));
}

static void check_finds_what_a_clock_ahead_has_closed(void **state) {
    struct world *world = *state;
    struct trade trade;
    bool documents = false;
    bool months = false;
    struct audit_store_result result;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_sku(&trade, "S");
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:4.00", NULL);
    trade_at(&trade, "2026-11-10T12:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 4));
    trade_at(&trade, "2027-01-08T12:00:00Z");
    WORLD_OK(world, close_month_of(&trade, "2026-11"));
    trade_at(&trade, "2026-11-29T12:00:00Z");
    WORLD_OK(world, audit_store(&trade.call, &result, &world->fault));
    for (size_t i = 0; i < result.count; i++) {
        documents = documents || text_is(result.violations[i].rule, "document-future");
        months = months || text_is(result.violations[i].rule, "month-early");
    }
    assert_true(documents && months);
    trade_at(&trade, "2027-01-09T12:00:00Z");
    WORLD_OK(world, audit_store(&trade.call, &result, &world->fault));
    assert_int_equal(result.violation_total, 0);
    trade_sabotage(&trade,
                   "update months set closed_at_us = closed_at_us - 3456000000000 where state = 'closed'");
    WORLD_OK(world, audit_store(&trade.call, &result, &world->fault));
    assert_true(result.violation_total > 0 && text_is(result.violations[0].rule, "month-early"));
}

static int64_t violations(struct trade *trade) {
    struct audit_store_result result;
    WORLD_OK(trade->world, audit_store(&trade->call, &result, &trade->world->fault));
    for (size_t i = 0; i < result.count; i++) {
        assert_true(text_is(result.violations[i].rule, "event-future"));
    }
    return result.violation_total;
}

static void check_finds_events_from_the_future_until_they_are_undone(void **state) {
    struct world *world = *state;
    struct trade trade;
    struct undone_licence undone;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_sku(&trade, "S");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 4);
    trade_at(&trade, "2028-01-03T00:00:00Z");
    trade_on(&trade, licence);
    trade_resize(&trade, licence, 5);
    assert_int_equal(violations(&trade), 0);
    trade_at(&trade, "2028-01-02T23:59:00Z");
    assert_int_equal(violations(&trade), 0);
    trade_at(&trade, "2026-11-29T12:00:00Z");
    assert_int_equal(violations(&trade), 2);
    struct undo_licence_input undo = {.licence = licence, .changes = 2};
    WORLD_OK(world, undo_licence(&trade.call, &undo, &undone, &world->fault));
    assert_int_equal(violations(&trade), 0);
}

static void a_change_is_dated_a_year_before_the_signature_at_most(void **state) {
    struct world *world = *state;
    struct trade trade;
    struct licence_view view;
    trade_begin(&trade, world, "Europe/Berlin", "EUR"); /* signed on 2026-09-01 at 12:00 UTC */
    trade_sku(&trade, "S");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 4);
    static const char *const SLIPS[] = {"1970-01-02", "2006-10-15", "2016-09-01", "2025-08-31T11:59:59Z"};
    for (size_t i = 0; i < sizeof SLIPS / sizeof SLIPS[0]; i++) {
        struct turn_licence_input slip = {.licence = licence, .at = text_of(SLIPS[i])};
        WORLD_FAULT(world, "time-too-early", turn_licence_on(&trade.call, &slip, &view, &world->fault));
    }
    struct turn_licence_input turn = {.licence = licence, .at = TEXT("2025-08-31T12:00:00Z")};
    WORLD_OK(world, turn_licence_on(&trade.call, &turn, &view, &world->fault));
}

static enum status charge(struct trade *trade, const char *month) {
    struct one_off_charge_view view;
    struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                             .buyer = TEXT("A"),
                                             .month = text_of(month),
                                             .description = TEXT("Installation"),
                                             .quantity = 1,
                                             .unit_price = TEXT("100")};
    return add_one_off_charge(&trade->call, &input, &view, &trade->world->fault);
}

static void a_charge_is_of_a_month_within_a_year(void **state) {
    struct world *world = *state;
    struct trade trade;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_at(&trade, "2026-11-29T12:00:00Z");
    static const char *const SLIPS[] = {"0001-01", "1970-01", "2006-11", "2025-08",
                                        "2027-12", "2035-10", "9999-12"};
    for (size_t i = 0; i < sizeof SLIPS / sizeof SLIPS[0]; i++) {
        WORLD_FAULT(world, "month-out-of-range", charge(&trade, SLIPS[i]));
    }
    WORLD_OK(world, charge(&trade, "2025-09"));
    WORLD_OK(world, charge(&trade, "2026-11"));
    WORLD_OK(world, charge(&trade, "2027-11"));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_clock_behind_the_heartbeat_changes_nothing_and_reads_on),
        WORLD_TEST(without_a_heartbeat_any_clock_will_do),
        WORLD_TEST(a_synchronised_clock_is_trusted_at_the_start),
        WORLD_TEST(the_operator_alone_says_that_the_clock_is_right),
        WORLD_TEST(a_clock_that_leaps_under_the_running_service_changes_nothing),
        WORLD_TEST(a_downtime_of_more_than_a_day_is_told_by_a_synchronised_clock_or_the_operator),
        WORLD_TEST(what_cannot_be_taken_back_waits_for_the_operator_after_a_leap),
        WORLD_TEST(check_finds_what_a_clock_ahead_has_closed),
        WORLD_TEST(check_finds_events_from_the_future_until_they_are_undone),
        WORLD_TEST(a_change_is_dated_a_year_before_the_signature_at_most),
        WORLD_TEST(a_charge_is_of_a_month_within_a_year),
    };
    return world_run_tests("clock", tests, sizeof tests / sizeof tests[0]);
}
