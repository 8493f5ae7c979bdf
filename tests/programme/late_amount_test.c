/* What late changes take away in money, which stands in the report of each edge at that edge's own prices. */
#include "channel.h"
#include "trade.h"

#include "programme/licensing/turn_licence.h"
#include "programme/usage/decide_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct report_name P1_NOVEMBER = {.provider = {"P1", 2}, .month = {"2026-11", 7}};

/* The customers of P1 have licences on since October, at these prices of the distributor. */
static void begin(struct trade *trade, struct world *world, enum tier_mode mode, const char *tiers,
                  const struct price_terms *terms) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:1.00", NULL);
    if (tiers != NULL) {
        trade_price(trade, "DIST", NULL, "S", POLICY_PEAK, mode, tiers, terms);
    }
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:40.00", NULL);
    trade_at(trade, "2026-10-05T00:00:00Z");
}

static struct text on_since_october(struct trade *trade, const char *provider, const char *customer,
                                    int64_t seats) {
    struct text licence = trade_licence(trade, provider, customer, "S", seats);
    trade_on(trade, licence);
    return licence;
}

/* In December it is told that the licence has had so many seats since November began. */
static void told_late(struct trade *trade, struct text licence, int64_t seats) {
    struct licence_view view;
    struct turn_licence_input input = {.licence = licence, .at = TEXT("2026-11-01"), .seats = seats};
    trade_at(trade, "2026-12-02T10:00:00Z");
    WORLD_OK(trade->world, resize_licence(&trade->call, &input, &view, &trade->world->fault));
}

static struct usage_report shown_to(struct trade *trade, struct call call, struct report_name name) {
    struct report_detail detail;
    call.now_us = trade->world->now_us;
    WORLD_OK(trade->world, show_report(&call, &name, &detail, &trade->world->fault));
    return detail.report;
}

static struct usage_report november(struct trade *trade) {
    return shown_to(trade, trade->call, P1_NOVEMBER);
}

static int64_t billed(struct trade *trade, const char *seller, const char *buyer) {
    return trade_invoice(trade, seller, buyer, "2026-11").invoice.net_minor;
}

static void what_was_told_late_to_be_more_takes_nothing_away(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_GRADUATED, "1:10.00 6:8.00", NULL);
    struct text falls = on_since_october(&trade, "P1", "A", 9);
    struct text rises = on_since_october(&trade, "P1", "B", 3);
    told_late(&trade, rises, 7);
    assert_int_equal(november(&trade).late_minor, 0);
    told_late(&trade, falls, 2);
    struct usage_report report = november(&trade);
    assert_int_equal(report.late_minor, 5600); /* of sixteen seats, not of twelve, seven at 8.00 are gone */
    assert_true(report.rows[1].late_minor <= 0);
}

static void the_amount_is_what_the_bill_is_lower_by(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_GRADUATED, "1:10.00 6:8.00", NULL);
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    on_since_october(&trade, "P1", "B", 3);
    told_late(&trade, licence, 2);
    struct usage_report report = november(&trade);
    assert_true(report.has_late_amount);
    /* Twelve come to 5 x 10 + 7 x 8, five to 5 x 10. */
    assert_int_equal(report.late_minor, 5600);
    assert_string_equal(report.currency.code, "USD");
    assert_int_equal(report.rows[0].late_minor + report.rows[1].late_minor, 5600);
    struct decide_report_input decision = {.name = P1_NOVEMBER};
    struct report_detail detail;
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    trade_close(&trade, "2026-11");
    WORLD_OK(trade.world, approve_report(&trade.call, &decision, &detail, &trade.world->fault));
    trade_close(&trade, "2026-11");
    assert_int_equal(billed(&trade, "DIST", "P1"), 5000);
}

static void a_tier_that_is_lost_is_told_at_those_that_stayed(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_VOLUME, "1:10.00 6:8.00", NULL);
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    on_since_october(&trade, "P1", "B", 3);
    told_late(&trade, licence, 1);
    struct usage_report report = november(&trade);
    assert_int_equal(report.rows[0].late_minor, 9 * 800 - 1 * 1000);
    assert_int_equal(report.rows[1].late.parts, 0);
    assert_int_equal(report.rows[1].late_minor, 3 * 800 - 3 * 1000);
    assert_int_equal(report.late_minor, 12 * 800 - 4 * 1000);
}

static void what_makes_up_a_minimum_is_in_the_sum(void **state) {
    struct trade trade;
    struct price_terms terms = {.minimum_units = 5};
    begin(&trade, *state, TIER_FLAT, "1:2.00", &terms);
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    told_late(&trade, licence, 2);
    struct usage_report report = november(&trade);
    assert_int_equal(report.rows[0].late_minor, (9 - 2) * 200);
    assert_int_equal(report.late_minor, (9 - 5) * 200);
}

static void an_adjustment_keeps_what_it_sets_from_being_lost(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_FLAT, "1:2.00", NULL);
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    told_late(&trade, licence, 2);
    struct adjust_report_input input = {.name = P1_NOVEMBER,
                                        .customer = TEXT("A"),
                                        .sku = TEXT("S"),
                                        .units = 9,
                                        .reason = TEXT("they had them")};
    struct report_detail detail;
    WORLD_OK(trade.world, adjust_report(&trade.call, &input, &detail, &trade.world->fault));
    assert_int_equal(detail.report.rows[0].late.parts, 7);
    assert_int_equal(detail.report.late_minor, 0);
    input.withdraw = true;
    WORLD_OK(trade.world, adjust_report(&trade.call, &input, &detail, &trade.world->fault));
    assert_int_equal(detail.report.late_minor, 1400);
}

static void without_a_price_no_amount_is_said(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_FLAT, NULL, NULL);
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    told_late(&trade, licence, 2);
    struct usage_report report = november(&trade);
    assert_int_equal(report.rows[0].late.parts, 7);
    assert_false(report.rows[0].has_late_amount);
    assert_false(report.has_late_amount);
}

static void where_nothing_was_told_late_nothing_is_taken_away(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_FLAT, "1:2.00", NULL);
    on_since_october(&trade, "P1", "A", 9);
    trade_at(&trade, "2026-12-02T10:00:00Z");
    struct usage_report report = november(&trade);
    assert_true(report.has_late_amount && report.rows[0].has_late_amount);
    assert_int_equal(report.late_minor, 0);
    assert_int_equal(report.rows[0].late_minor, 0);
}

static void each_edge_reads_the_amount_at_its_own_prices_alone(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_FLAT, "1:2.00", NULL);
    struct world *world = trade.world;
    const struct report_name sub = {.provider = TEXT("SUB"), .month = TEXT("2026-11")};
    const struct report_name below = {.provider = TEXT("P2"), .month = TEXT("2026-11")};
    trade_account(&trade, "distributor", "SUB", "DIST");
    trade_account(&trade, "provider", "P2", "SUB");
    trade_account(&trade, "customer", "C", "P2");
    trade_price(&trade, "SUB", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:3.00", NULL);
    struct text licence = on_since_october(&trade, "P2", "C", 9);
    told_late(&trade, licence, 2);
    assert_int_equal(shown_to(&trade, call_of(world, "DIST"), sub).late_minor, 7 * 200);
    assert_int_equal(shown_to(&trade, call_of(world, "SUB"), sub).late_minor, 7 * 200);
    assert_int_equal(shown_to(&trade, call_of(world, "SUB"), below).late_minor, 7 * 300);
    assert_int_equal(shown_to(&trade, call_of(world, "P2"), below).late_minor, 7 * 300);
    static const struct {
        const char *who;
        bool of_sub;
    } strangers[] = {{"P2", true},    {"P1", true},  {"C", true},  {"VEND", true},
                     {"DIST", false}, {"P1", false}, {"C", false}, {"VEND", false}};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        struct call call = call_of(world, strangers[i].who);
        struct report_detail detail;
        call.now_us = world->now_us;
        assert_int_not_equal(show_report(&call, strangers[i].of_sub ? &sub : &below, &detail, &world->fault),
                             STATUS_OK);
    }
}

static const struct report_name SETTLEMENT = {
    .provider = {"DIST", 4}, .seller = {"VEND", 4}, .month = {"2026-11", 7}};

/* Nobody below a vendor lowers its settlement by saying so. */
static void a_settlement_that_late_changes_lowered_waits_for_its_vendor(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_FLAT, "1:2.00", NULL);
    struct world *world = trade.world;
    trade_account(&trade, "vendor", "SECOND", NULL);
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    told_late(&trade, licence, 2);
    trade_close(&trade, "2026-10");
    struct close_month_result result = trade_close(&trade, "2026-11");
    const struct close_month_edge *open = trade_open_edge(&result, "VEND", "DIST");
    assert_true(open != NULL && text_is(open->reason, "report-not-approved"));
    assert_null(trade_open_edge(&result, "SECOND", "DIST"));
    trade_at(&trade, "2027-06-10T00:00:00Z");
    result = trade_close(&trade, "2026-11");
    assert_non_null(trade_open_edge(&result, "VEND", "DIST"));
    struct call distributor = call_of(world, "DIST");
    struct call vendor = call_of(world, "VEND");
    struct decide_report_input decision = {.name = SETTLEMENT};
    struct report_detail detail;
    distributor.now_us = vendor.now_us = world->now_us;
    WORLD_FAULT(world, "not-yours", approve_report(&distributor, &decision, &detail, &world->fault));
    decision.name.seller = TEXT("");
    WORLD_OK(world, approve_report(&vendor, &decision, &detail, &world->fault));
    assert_int_equal(detail.report.late_minor, 700);
    trade_close(&trade, "2026-11");
    assert_int_equal(billed(&trade, "VEND", "DIST"), 200);
}

static void a_vendor_reads_no_names_in_its_report_and_no_other_vendors_rows(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_FLAT, "1:2.00", NULL);
    struct world *world = trade.world;
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    trade_account(&trade, "vendor", "SECOND", NULL);
    const struct report_name others = {
        .provider = TEXT("DIST"), .seller = TEXT("SECOND"), .month = TEXT("2026-11")};
    struct report_detail detail;
    WORLD_FAULT(world, "unknown-report", show_report(&trade.call, &SETTLEMENT, &detail, &world->fault));
    told_late(&trade, licence, 2);
    trade_close(&trade, "2026-11");
    struct usage_report report = shown_to(&trade, call_of(world, "VEND"), SETTLEMENT);
    assert_int_equal(report.row_count, 1);
    assert_int_equal(report.rows[0].late.parts, 7);
    assert_int_equal(report.rows[0].customer_name.length, 0);
    assert_false(text_is(report.rows[0].customer_code, "A"));
    assert_true(text_is(shown_to(&trade, call_of(world, "DIST"), SETTLEMENT).rows[0].customer_code, "A"));
    WORLD_FAULT(world, "unknown-report", show_report(&trade.call, &others, &detail, &world->fault));
    struct call provider = call_of(world, "P1");
    assert_int_not_equal(show_report(&provider, &SETTLEMENT, &detail, &world->fault), STATUS_OK);
}

static void a_settlement_that_its_vendor_rejects_is_adjusted_and_waits_again(void **state) {
    struct trade trade;
    begin(&trade, *state, TIER_FLAT, "1:2.00", NULL);
    struct world *world = trade.world;
    struct text licence = on_since_october(&trade, "P1", "A", 9);
    told_late(&trade, licence, 2);
    trade_close(&trade, "2026-10");
    trade_close(&trade, "2026-11");
    struct decide_report_input decision = {.name = SETTLEMENT, .reason = TEXT("they had nine")};
    struct adjust_report_input adjust = {.name = SETTLEMENT,
                                         .customer = TEXT("A"),
                                         .sku = TEXT("S"),
                                         .units = 9,
                                         .reason = TEXT("as they had them")};
    struct report_detail detail;
    WORLD_OK(world, reject_report(&trade.call, &decision, &detail, &world->fault));
    WORLD_OK(world, adjust_report(&trade.call, &adjust, &detail, &world->fault));
    WORLD_OK(world, submit_report(&trade.call, &decision, &detail, &world->fault));
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_non_null(trade_open_edge(&result, "VEND", "DIST"));
    WORLD_OK(world, approve_report(&trade.call, &decision, &detail, &world->fault));
    trade_close(&trade, "2026-11");
    assert_int_equal(billed(&trade, "VEND", "DIST"), 900);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(what_was_told_late_to_be_more_takes_nothing_away),
        WORLD_TEST(the_amount_is_what_the_bill_is_lower_by),
        WORLD_TEST(a_tier_that_is_lost_is_told_at_those_that_stayed),
        WORLD_TEST(what_makes_up_a_minimum_is_in_the_sum),
        WORLD_TEST(an_adjustment_keeps_what_it_sets_from_being_lost),
        WORLD_TEST(without_a_price_no_amount_is_said),
        WORLD_TEST(where_nothing_was_told_late_nothing_is_taken_away),
        WORLD_TEST(each_edge_reads_the_amount_at_its_own_prices_alone),
        WORLD_TEST(a_settlement_that_late_changes_lowered_waits_for_its_vendor),
        WORLD_TEST(a_vendor_reads_no_names_in_its_report_and_no_other_vendors_rows),
        WORLD_TEST(a_settlement_that_its_vendor_rejects_is_adjusted_and_waits_again),
    };
    return world_run_tests("late_amount", tests, sizeof tests / sizeof tests[0]);
}
