/* Kept months: what is closed stays when the time zone data changes (R7.16). A second tree of zone files, in
 * which the zone has another law, takes the place of the system's. */
#include "programme/audit/audit_store.h"
#include "programme/billing/corrections.h"
#include "programme/billing/explain_line.h"
#include "programme/billing/keep_months.h"
#include "programme/call/open_zone.h"
#include "programme/licensing/turn_licence.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const int64_t hour_us = INT64_C(3600) * 1000000;

/* From now on Berlin has the law of another place, or the system's again (NULL). */
static void berlin_is_like(struct world *world, const char *place) {
    struct text folder = world_file(world, "zones");
    struct text europe = text_format(&world->arena, "%s/Europe", folder.at);
    struct text berlin = text_format(&world->arena, "%s/Berlin", europe.at);
    struct text utc = text_format(&world->arena, "%s/UTC", folder.at);
    unlink(berlin.at);
    unlink(utc.at);
    rmdir(europe.at);
    rmdir(folder.at);
    unsetenv("TZDIR");
    if (place != NULL) {
        assert_int_equal(mkdir(folder.at, 0700) + mkdir(europe.at, 0700), 0);
        assert_int_equal(symlink(text_format(&world->arena, "/usr/share/zoneinfo/%s", place).at, berlin.at),
                         0);
        assert_int_equal(symlink("/usr/share/zoneinfo/UTC", utc.at), 0);
        setenv("TZDIR", folder.at, 1);
    }
}

/* October 2026 in Berlin begins on 30 September at 22:00Z and ends on 31 October at 23:00Z. Seats are on
 * within an hour of either, where another law would have it otherwise. */
static void an_october(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "Europe/Berlin", "EUR");
    trade_sku(trade, "PEAK");
    trade_sku(trade, "DAILY");
    struct price_terms free = {.free_months = 1};
    trade_price(trade, "VEND", "DIST", "PEAK", POLICY_SNAPSHOT, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "VEND", "DIST", "DAILY", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "PEAK", POLICY_PEAK, TIER_FLAT, "1:10", &free);
    trade_price(trade, "DIST", "P1", "DAILY", POLICY_DAILY, TIER_FLAT, "1:31", NULL);
    trade_price(trade, "P1", NULL, "PEAK", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_price(trade, "P1", NULL, "DAILY", POLICY_DAILY, TIER_FLAT, "1:62", NULL);
    trade_at(trade, "2026-09-30T22:30:00Z");
    struct text first = trade_licence(trade, "P1", "A", "PEAK", 5);
    struct text daily = trade_licence(trade, "P1", "B", "DAILY", 2);
    trade_on(trade, first);
    trade_at(trade, "2026-10-10T22:30:00Z");
    trade_on(trade, daily);
    trade_at(trade, "2026-10-20T21:30:00Z");
    trade_off(trade, daily);
    trade_at(trade, "2026-10-31T22:30:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "PEAK", 4));
    trade_at(trade, "2026-11-10T00:00:00Z");
    assert_int_equal(trade_close(trade, "2026-10").open_count, 0);
}

static void is_clean(struct trade *trade) {
    struct audit_store_result result;
    WORLD_OK(trade->world, audit_store(&trade->call, &result, &trade->world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s %s\n", result.violations[i].rule.at, result.violations[i].subject.at,
                    result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
}

static void a_close_keeps_the_midnights_of_its_zone_once(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    assert_int_equal(trade_ask(&trade,
                               "select count(*) from kept_months where time_zone = 'Europe/Berlin' and "
                               "month = 24321"),
                     1);
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_months"), 1);
    trade_close(&trade, "2026-10");
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_months"), 1);
}

static void a_closed_month_is_checked_explained_and_corrected_as_it_was(void **state) {
    struct world *world = *state;
    struct trade trade;
    static const char *const places[] = {"Europe/Lisbon", "Asia/Tokyo", "America/New_York"};
    an_october(&trade, world);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        berlin_is_like(world, places[i]);
        is_clean(&trade);
        struct invoice_detail billed = trade_invoice(&trade, "DIST", "P1", "2026-10");
        for (int64_t line = 1; line <= (int64_t)billed.invoice.line_count; line++) {
            struct explain_line_input asked = {.invoice = billed.invoice.number, .line = line};
            struct line_explanation explained;
            WORLD_OK(world, explain_line(&trade.call, &asked, &explained, &world->fault));
            assert_true(explained.agrees);
        }
    }
    struct correction_page correction;
    struct add_correction_input correct = {.giver = TEXT("DIST"),
                                           .month = TEXT("2026-10"),
                                           .customer = TEXT("B"),
                                           .sku = TEXT("DAILY"),
                                           .has_units = true,
                                           .units = 1,
                                           .reason = TEXT("miscounted")};
    berlin_is_like(world, "Europe/Lisbon");
    WORLD_OK(world, add_correction(&trade.call, &correct, &correction, &world->fault));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    is_clean(&trade);
    berlin_is_like(world, NULL);
    is_clean(&trade);
}

/* Lisbon is an hour behind: without the kept end of October that hour would be in two months. */
static void the_month_after_a_kept_one_begins_where_that_ended(void **state) {
    struct world *world = *state;
    struct trade trade;
    struct zone *zone = NULL;
    struct month_span october, november;
    an_october(&trade, world);
    berlin_is_like(world, "Europe/Lisbon");
    WORLD_OK(world, open_zone(&trade.call, TEXT("Europe/Berlin"), &zone, &world->fault));
    zone_month_span(zone, month_of(2026, 10), &october);
    zone_month_span(zone, month_of(2026, 11), &november);
    assert_int_equal(november.midnights_us[0], october.midnights_us[october.days]);
    assert_int_equal(november.midnights_us[1] - november.midnights_us[0], 25 * hour_us);
    zone_close(zone);
    berlin_is_like(world, NULL);
}

static void a_change_dated_into_a_kept_month_is_refused_by_its_own_midnights(void **state) {
    struct world *world = *state;
    struct trade trade;
    an_october(&trade, world);
    berlin_is_like(world, "Asia/Tokyo"); /* there it is November since 31 October 15:00Z */
    struct text licence = trade_licence(&trade, "P1", "B", "PEAK", 1);
    struct turn_licence_input late = {.licence = licence, .at = TEXT("2026-10-31T22:59:59Z")};
    struct licence_view view;
    WORLD_FAULT(world, "month-closed", turn_licence_on(&trade.call, &late, &view, &world->fault));
    late.at = TEXT("2026-10-31T23:00:00Z");
    WORLD_OK(world, turn_licence_on(&trade.call, &late, &view, &world->fault));
    berlin_is_like(world, NULL);
}

static void unguard(struct trade *trade) {
    if (trade->world->engine == DB_SQLITE) {
        trade_sabotage(trade, "drop trigger kept_months_no_update");
        trade_sabotage(trade, "drop trigger kept_months_no_delete");
    } else {
        trade_sabotage(trade, "alter table kept_months disable trigger all");
    }
}

static void what_earlier_programs_closed_is_kept_by_an_upgrade(void **state) {
    struct world *world = *state;
    struct trade trade;
    struct audit_store_result result;
    an_october(&trade, world);
    unguard(&trade);
    trade_sabotage(&trade, "delete from kept_months");
    WORLD_OK(world, audit_store(&trade.call, &result, &world->fault));
    assert_true(result.violation_total > 0);
    assert_string_equal(result.violations[0].rule.at, "month-midnights");
    WORLD_OK(world, keep_months_of_before(&trade.call, &world->fault));
    is_clean(&trade);
    berlin_is_like(world, "Asia/Tokyo");
    is_clean(&trade);
    berlin_is_like(world, NULL);
}

static void midnights_that_the_store_has_broken_are_told(void **state) {
    static const char *const breakages[] = {
        "update kept_months set midnights_us = ''", "update kept_months set midnights_us = '1 2 3'",
        "update kept_months set midnights_us = midnights_us || ' 9'",
        "update kept_months set midnights_us = replace(midnights_us, ' ', 'x')",
        "update kept_months set month = 2000000000"};
    struct world *world = *state;
    struct trade trade;
    struct audit_store_result result;
    an_october(&trade, world);
    unguard(&trade);
    for (size_t i = 0; i < sizeof breakages / sizeof breakages[0]; i++) {
        trade_sabotage(&trade, breakages[i]);
        WORLD_FAULT(world, "database-failed", audit_store(&trade.call, &result, &world->fault));
        trade_sabotage(&trade, "delete from kept_months");
        WORLD_OK(world, keep_months_of_before(&trade.call, &world->fault));
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_close_keeps_the_midnights_of_its_zone_once),
        WORLD_TEST(a_closed_month_is_checked_explained_and_corrected_as_it_was),
        WORLD_TEST(the_month_after_a_kept_one_begins_where_that_ended),
        WORLD_TEST(a_change_dated_into_a_kept_month_is_refused_by_its_own_midnights),
        WORLD_TEST(what_earlier_programs_closed_is_kept_by_an_upgrade),
        WORLD_TEST(midnights_that_the_store_has_broken_are_told),
    };
    return world_run_tests("kept months", tests, sizeof tests / sizeof tests[0]);
}
