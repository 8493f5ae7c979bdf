/* Usage groups: whatever happens to licences and terms, what is kept beside the log is what the log comes to.
 */
#include "trade.h"

#include "programme/audit/audit_store.h"
#include "programme/catalogue/catalogue.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"
#include "programme/parties/agreements.h"
#include "programme/parties/amend_agreement.h"
#include "programme/parties/suspend_agreement.h"
#include "programme/usage/keep_usage.h"
#include "store/licensing/usage_groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define GROUPS "select count(*) from usage_groups"
#define ENDED "select count(*) from ended_usage"
#define ZONES "select count(*) from usage_zones"
#define KEPT "select usage_kept from programme"

static void the_groups_are_those_of_the_log(struct trade *trade) {
    struct world *world = trade->world;
    struct usage_difference *differences = NULL;
    size_t count = 0;
    int64_t torn = 0;
    WORLD_OK(world, db_begin(world->db, DB_READ, &world->fault));
    WORLD_OK(world,
             usage_groups_compare(world->db, &world->arena, &differences, &count, &torn, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
    assert_int_equal(count, 0);
    assert_int_equal(torn, 0);
    assert_int_equal(trade_ask(trade, KEPT), 1);
}

static struct licence_view turn_at(struct trade *trade, struct text licence, const char *at, int64_t seats) {
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = text_of(at), .seats = seats};
    if (seats > 0) {
        WORLD_OK(trade->world, resize_licence(&trade->call, &input, &view, &trade->world->fault));
    } else {
        WORLD_OK(trade->world, turn_licence_off(&trade->call, &input, &view, &trade->world->fault));
    }
    return view;
}

/* P1's customer A has 5 and 3 seats of S on since 5 October. */
static struct text a_group(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "Europe/Berlin", "EUR");
    trade_sku(trade, "S");
    trade_at(trade, "2026-10-05T08:00:00Z");
    struct text licence = trade_licence(trade, "P1", "A", "S", 5);
    trade_on(trade, licence);
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 3));
    the_groups_are_those_of_the_log(trade);
    assert_int_equal(trade_ask(trade, GROUPS), 1);
    return licence;
}

static void changes_in_order_go_on_from_the_kept_row(void **state) {
    struct trade trade;
    struct text licence = a_group(&trade, *state);
    trade_at(&trade, "2026-10-06T08:00:00Z");
    trade_resize(&trade, licence, 9);
    trade_at(&trade, "2026-10-06T09:00:00Z");
    trade_off(&trade, licence);
    trade_on(&trade, licence); /* at one instant */
    trade_resize(&trade, licence, 2);
    trade_at(&trade, "2026-10-06T22:00:00Z"); /* midnight */
    trade_resize(&trade, licence, 11);
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, "select any_seats from usage_groups"), 14);
    /* What goes on from the row keeps even what is wrong in it: nothing is read again. */
    trade_sabotage(&trade, "update usage_groups set any_seats = any_seats + 100");
    trade_at(&trade, "2026-10-08T22:00:00Z");
    trade_resize(&trade, licence, 12);
    assert_int_equal(trade_ask(&trade, "select any_seats from usage_groups"), 115);
}

static void a_month_without_a_change_has_no_row(void **state) {
    struct trade trade;
    struct text licence = a_group(&trade, *state);
    trade_at(&trade, "2027-01-31T23:00:00Z"); /* February's first instant in Berlin */
    trade_resize(&trade, licence, 6);
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, ENDED), 1);
    assert_int_equal(trade_ask(&trade, "select peak_before from usage_groups"), 0);
    trade_at(&trade, "2027-02-28T22:59:59Z");
    trade_off(&trade, licence);
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, "select peak_before from usage_groups"), 9);
    assert_int_equal(trade_ask(&trade, ENDED), 1);
}

static void an_undo_takes_out_of_the_groups_what_it_voids(void **state) {
    struct trade trade;
    struct undone_licence undone;
    struct text licence = a_group(&trade, *state);
    trade_at(&trade, "2026-11-05T08:00:00Z");
    trade_resize(&trade, licence, 50);
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, ENDED), 1);
    struct undo_licence_input input = {.licence = licence, .changes = 1};
    WORLD_OK(trade.world, undo_licence(&trade.call, &input, &undone, &trade.world->fault));
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, ENDED), 0);
    assert_int_equal(trade_ask(&trade, "select seats from usage_groups"), 8);
}

static void what_was_never_on_after_all_leaves_no_group(void **state) {
    struct trade trade;
    struct undone_licence undone;
    trade_begin(&trade, *state, "UTC", "EUR");
    trade_sku(&trade, "S");
    trade_at(&trade, "2026-10-05T08:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 5);
    trade_on(&trade, licence);
    struct undo_licence_input input = {.licence = licence, .changes = 1};
    WORLD_OK(trade.world, undo_licence(&trade.call, &input, &undone, &trade.world->fault));
    assert_int_equal(trade_ask(&trade, GROUPS), 0);
    the_groups_are_those_of_the_log(&trade);
    trade_at(&trade, "2026-10-07T08:00:00Z");
    trade_on(&trade, licence);
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, GROUPS), 1);
}

static void a_late_change_counts_in_the_groups_from_when_it_took_effect(void **state) {
    struct trade trade;
    struct text licence = a_group(&trade, *state);
    trade_at(&trade, "2026-10-20T08:00:00Z");
    trade_resize(&trade, licence, 9);
    trade_at(&trade, "2026-10-25T08:00:00Z");
    turn_at(&trade, licence, "2026-10-10T00:00:00Z", 0); /* voids the 9 seats */
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, "select any_seats from usage_groups"), 8);
    /* Before the last change of the group, but not of the licence. */
    struct text other = trade_licence(&trade, "P1", "A", "S", 1);
    trade_on(&trade, other);
    trade_at(&trade, "2026-10-27T08:00:00Z");
    trade_resize(&trade, other, 2);
    trade_at(&trade, "2026-10-28T08:00:00Z");
    struct turn_licence_input late = {.licence = licence, .at = TEXT("2026-10-26T08:00:00Z")};
    struct licence_view view;
    WORLD_OK(trade.world, turn_licence_on(&trade.call, &late, &view, &trade.world->fault));
    the_groups_are_those_of_the_log(&trade);
}

static void a_suspension_and_an_end_reach_all_groups_below(void **state) {
    struct trade trade;
    struct cascade_result cascade;
    a_group(&trade, *state);
    trade_on(&trade, trade_licence(&trade, "P1", "B", "S", 4));
    struct world *world = trade.world;
    struct suspend_agreement_input edge = {
        .seller = TEXT("DIST"), .buyer = TEXT("P1"), .reason = TEXT("late")};
    trade_at(&trade, "2026-10-20T08:00:00Z");
    WORLD_OK(world, suspend_agreement(&trade.call, &edge, &cascade, &world->fault));
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, "select cast(sum(seats) as bigint) from usage_groups"), 0);
    trade_at(&trade, "2026-11-20T08:00:00Z");
    WORLD_OK(world, resume_agreement(&trade.call, &edge, &cascade, &world->fault));
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, "select cast(sum(seats) as bigint) from usage_groups"), 12);
    assert_int_equal(trade_ask(&trade, ENDED), 2);
    struct suspend_agreement_input vendors = {
        .seller = TEXT("VEND"), .buyer = TEXT("DIST"), .reason = TEXT("late")};
    WORLD_OK(world, suspend_agreement(&trade.call, &vendors, &cascade, &world->fault));
    the_groups_are_those_of_the_log(&trade);
    WORLD_OK(world, terminate_agreement(&trade.call, &edge, &cascade, &world->fault));
    the_groups_are_those_of_the_log(&trade);
}

static void a_zone_that_terms_bring_is_kept_from_when_they_bind(void **state) {
    struct trade trade;
    struct terms_view view;
    struct text licence = a_group(&trade, *state);
    const struct amend_agreement_input input = {.agreement = {.seller = TEXT("P1"), .buyer = TEXT("A")},
                                                .from = TEXT("2026-12"),
                                                .terms = {.time_zone = TEXT("Asia/Tokyo")}};
    WORLD_OK(trade.world, amend_agreement(&trade.call, &input, &view, &trade.world->fault));
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, ZONES), 2);
    assert_int_equal(trade_ask(&trade, GROUPS), 2);
    trade_at(&trade, "2026-10-31T16:00:00Z"); /* November in Tokyo, October in Berlin */
    trade_resize(&trade, licence, 6);
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, ENDED), 1);
}

static void parts_of_a_bundle_are_kept_where_they_are_billed(void **state) {
    struct trade trade;
    struct sku_view suite;
    struct text licence = a_group(&trade, *state);
    struct bundle_part_input parts[] = {{TEXT("S"), 2}};
    struct compose_bundle_input compose = {
        .seller = TEXT("P1"), .code = TEXT("SUITE"), .name = TEXT("Suite"), .parts = parts, .part_count = 1};
    WORLD_OK(trade.world, compose_bundle(&trade.call, &compose, &suite, &trade.world->fault));
    trade_at(&trade, "2026-10-12T08:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "SUITE", 3));
    the_groups_are_those_of_the_log(&trade);
    /* S above the provider with the parts, S below it without them, and the suite. */
    assert_int_equal(trade_ask(&trade, GROUPS), 3);
    trade_at(&trade, "2026-10-13T08:00:00Z");
    trade_resize(&trade, licence, 7);
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, "select max(seats) from usage_groups"), 16);
}

static void a_store_of_before_is_filled_once(void **state) {
    struct trade trade;
    a_group(&trade, *state);
    trade_sabotage(&trade, "delete from usage_groups");
    trade_sabotage(&trade, "delete from usage_months");
    trade_sabotage(&trade, "delete from usage_zones");
    trade_sabotage(&trade, "update programme set usage_kept = 0");
    WORLD_OK(trade.world, keep_usage_of_before(&trade.call, &trade.world->fault));
    the_groups_are_those_of_the_log(&trade);
    assert_int_equal(trade_ask(&trade, GROUPS), 1);
    trade_sabotage(&trade, "update usage_groups set seats = 77");
    WORLD_OK(trade.world, keep_usage_of_before(&trade.call, &trade.world->fault));
    assert_int_equal(trade_ask(&trade, "select seats from usage_groups"), 77);
    WORLD_OK(trade.world, rebuild_usage(&trade.call, &trade.world->fault));
    the_groups_are_those_of_the_log(&trade);
}

static void a_row_that_cannot_go_on_is_made_again(void **state) {
    struct trade trade;
    struct text licence = a_group(&trade, *state);
    trade_sabotage(&trade, "update usage_groups set seats = -5, seat_days = 9223372036854775807");
    trade_at(&trade, "2026-10-13T08:00:00Z");
    trade_resize(&trade, licence, 7);
    the_groups_are_those_of_the_log(&trade);
    trade_sabotage(&trade, "update usage_months set midnights_us = 'none'");
    trade_at(&trade, "2026-10-14T08:00:00Z");
    trade_resize(&trade, licence, 8);
    assert_int_equal(trade_ask(&trade, "select seats from usage_groups"), 11);
    WORLD_OK(trade.world, rebuild_usage(&trade.call, &trade.world->fault));
    the_groups_are_those_of_the_log(&trade);
}

static void months_that_move_under_their_groups_are_kept_no_more(void **state) {
    struct trade trade;
    struct text licence = a_group(&trade, *state);
    /* As if October had been counted to an hour later than the zone's data now says. */
    trade_sabotage(&trade, "update usage_months set midnights_us = replace(midnights_us, '1793487600000000', "
                           "'1793491200000000')");
    trade_at(&trade, "2026-11-20T08:00:00Z");
    trade_resize(&trade, licence, 7);
    assert_int_equal(trade_ask(&trade, KEPT), 0);
    WORLD_OK(trade.world, rebuild_usage(&trade.call, &trade.world->fault));
    the_groups_are_those_of_the_log(&trade);
}

/* ---- who rates by them ---- */

static const char *lines_of_october(struct trade *trade) {
    struct invoice_detail invoice = trade_invoice(trade, "P1", "A", "2026-10");
    return trade_lines(trade, &invoice.invoice).at;
}

static void a_month_is_billed_from_what_is_kept(void **state) {
    struct trade trade;
    a_group(&trade, *state);
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    /* As the log does not say it, to see whence the bill comes. */
    trade_sabotage(&trade, "update usage_groups set peak_before = 40");
    trade_at(&trade, "2026-11-20T00:00:00Z");
    trade_close(&trade, "2026-10");
    assert_string_equal(lines_of_october(&trade), "A S peak 40 40 10 400.00\n");
}

static struct price_terms a_trial_until(const char *date) {
    struct price_terms terms = {.has_trial_end = true};
    struct fault fault;
    assert_int_equal(date_parse(text_of(date), "date", &terms.trial_end, &fault), STATUS_OK);
    return terms;
}

static void what_changed_behind_a_trials_end_is_billed_from_the_log(void **state) {
    struct trade trade;
    struct price_terms terms = a_trial_until("2026-10-06");
    struct text licence = a_group(&trade, *state);
    trade_price(&trade, "P1", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:31", &terms);
    trade_at(&trade, "2026-10-08T22:00:00Z"); /* the ninth begins */
    trade_resize(&trade, licence, 1);
    trade_at(&trade, "2026-11-20T00:00:00Z");
    trade_close(&trade, "2026-10");
    /* Three days of 8 seats and 23 of 4. */
    assert_string_equal(lines_of_october(&trade), "A S daily 3.741935 3.741935 31 116.00\n");
}

static void what_changed_before_a_trials_end_is_billed_from_what_is_kept(void **state) {
    struct trade trade;
    struct price_terms terms = a_trial_until("2026-10-10");
    a_group(&trade, *state);
    trade_price(&trade, "P1", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:31", &terms);
    trade_sabotage(&trade, "update usage_groups set seats = 2");
    trade_at(&trade, "2026-11-20T00:00:00Z");
    trade_close(&trade, "2026-10");
    assert_string_equal(lines_of_october(&trade), "A S daily 1.419355 1.419355 31 44.00\n");
}

static void a_row_that_cannot_be_is_an_error_of_whoever_rates_by_it(void **state) {
    struct trade trade;
    struct close_month_result result;
    a_group(&trade, *state);
    trade_sabotage(&trade, "update usage_groups set any_seats = -1");
    trade_at(&trade, "2026-11-20T00:00:00Z");
    struct close_month_input input = {.month = TEXT("2026-10")};
    WORLD_FAULT(trade.world, "usage-damaged", close_month(&trade.call, &input, &result, &trade.world->fault));
    trade_sabotage(&trade, "update programme set usage_kept = 0");
    WORLD_OK(trade.world, close_month(&trade.call, &input, &result, &trade.world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(changes_in_order_go_on_from_the_kept_row),
        WORLD_TEST(a_month_without_a_change_has_no_row),
        WORLD_TEST(an_undo_takes_out_of_the_groups_what_it_voids),
        WORLD_TEST(what_was_never_on_after_all_leaves_no_group),
        WORLD_TEST(a_late_change_counts_in_the_groups_from_when_it_took_effect),
        WORLD_TEST(a_suspension_and_an_end_reach_all_groups_below),
        WORLD_TEST(a_zone_that_terms_bring_is_kept_from_when_they_bind),
        WORLD_TEST(parts_of_a_bundle_are_kept_where_they_are_billed),
        WORLD_TEST(a_store_of_before_is_filled_once),
        WORLD_TEST(a_row_that_cannot_go_on_is_made_again),
        WORLD_TEST(months_that_move_under_their_groups_are_kept_no_more),
        WORLD_TEST(a_month_is_billed_from_what_is_kept),
        WORLD_TEST(what_changed_behind_a_trials_end_is_billed_from_the_log),
        WORLD_TEST(what_changed_before_a_trials_end_is_billed_from_what_is_kept),
        WORLD_TEST(a_row_that_cannot_be_is_an_error_of_whoever_rates_by_it),
    };
    return world_run_tests("usage_groups", tests, sizeof tests / sizeof tests[0]);
}
