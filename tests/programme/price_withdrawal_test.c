/* Withdrawing and replacing prices: until a closed edge was rated with one, and dearer from a month to come
 * alone. */
#include "programme/audit/audit_store.h"
#include "programme/billing/corrections.h"
#include "programme/catalogue/import_prices.h"
#include "programme/catalogue/prices.h"
#include "programme/catalogue/withdraw_price.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void is_clean(struct trade *trade) {
    struct audit_store_result result;
    WORLD_OK(trade->world, audit_store(&trade->call, &result, &trade->world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s %s\n", result.violations[i].rule.at, result.violations[i].subject.at,
                    result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
}

/* A flat price of P1's for all its customers, or one. */
struct asked {
    const char *buyer;
    const char *unit_price;
    const char *from;
    const char *minimum;
    const char *policy;
    bool replace;
};

static enum status set(struct trade *trade, const char *sku, struct asked asked) {
    struct price_view view;
    const struct tier_input tier = {.unit_price = text_of(asked.unit_price)};
    const struct set_price_input input = {.seller = TEXT("P1"),
                                          .buyer = text_of(asked.buyer),
                                          .sku = text_of(sku),
                                          .effective_from = text_of(asked.from),
                                          .policy = text_of(asked.policy),
                                          .minimum = text_of(asked.minimum),
                                          .replace = asked.replace,
                                          .tiers = &tier,
                                          .tier_count = 1};
    return set_price(&trade->call, &input, &view, &trade->world->fault);
}

static enum status withdraw(struct trade *trade, const char *buyer, const char *sku, const char *from) {
    struct price_view view;
    const struct withdraw_price_input input = {
        .seller = TEXT("P1"), .buyer = text_of(buyer), .sku = text_of(sku), .effective_from = text_of(from)};
    return withdraw_price(&trade->call, &input, &view, &trade->world->fault);
}

/* P1 sells EPP to A at 6 from September on; A has 2 seats of it from 3 October on. B has none. It is 20
 * October. */
static void an_october(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "EPP");
    trade_sku(trade, "MAIL");
    trade_price(trade, "VEND", "DIST", "EPP", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "EPP", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(trade, "VEND", "DIST", "MAIL", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "MAIL", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(trade, "P1", NULL, "EPP", POLICY_PEAK, TIER_FLAT, "1:6", NULL);
    trade_at(trade, "2026-10-03T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "EPP", 2));
    trade_at(trade, "2026-10-20T00:00:00Z");
}

static void a_slip_in_a_price_to_come_is_replaced_or_withdrawn(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    WORLD_OK(world, set(&trade, "EPP", (struct asked){.unit_price = "600", .from = "2026-12-01"}));
    WORLD_FAULT(world, "price-exists",
                set(&trade, "EPP", (struct asked){.unit_price = "6.50", .from = "2026-12-01"}));
    WORLD_OK(world,
             set(&trade, "EPP", (struct asked){.unit_price = "6.50", .from = "2026-12-01", .replace = true}));
    WORLD_OK(world, set(&trade, "EPP", (struct asked){.unit_price = "700", .from = "2027-01-01"}));
    WORLD_OK(world, withdraw(&trade, "", "EPP", "2027-01-01"));
    WORLD_FAULT(world, "unknown-price", withdraw(&trade, "", "EPP", "2027-01-01"));
    WORLD_OK(world, set(&trade, "EPP", (struct asked){.unit_price = "7", .from = "2027-01-01"}));
    trade_at(&trade, "2027-02-20T00:00:00Z");
    trade_close(&trade, "2026-10");
    trade_close(&trade, "2026-11");
    trade_close(&trade, "2026-12");
    assert_int_equal(trade_close(&trade, "2027-01").open_count, 0);
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-12").invoice.gross_minor, 1300);
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2027-01").invoice.gross_minor, 1400);
    assert_int_equal(trade_ask(&trade, "select count(*) from prices where withdrawn_at_us > 0"), 2);
    is_clean(&trade);
}

static void a_price_that_a_closed_edge_was_rated_with_stays(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    trade_at(&trade, "2026-11-20T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    WORLD_FAULT(world, "month-closed", withdraw(&trade, "", "EPP", "2026-09-01"));
    assert_non_null(strstr(world->fault.message, "P1 → A in 2026-10"));
    WORLD_FAULT(world, "month-closed",
                set(&trade, "EPP", (struct asked){.unit_price = "5", .from = "2026-09-01", .replace = true}));
    WORLD_FAULT(world, "month-closed",
                set(&trade, "EPP", (struct asked){.unit_price = "5", .from = "2026-10-01"}));
    WORLD_FAULT(world, "month-closed",
                set(&trade, "EPP", (struct asked){.buyer = "A", .unit_price = "5", .from = "2026-09-15"}));
    /* Within October: October stays at its first day's price. */
    WORLD_OK(world, set(&trade, "EPP", (struct asked){.unit_price = "5", .from = "2026-10-02"}));
    is_clean(&trade);
}

static void a_price_may_begin_in_a_closed_month_where_its_sku_had_no_use(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    trade_on(&trade, trade_licence(&trade, "P1", "B", "MAIL", 3));
    trade_at(&trade, "2026-11-20T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 1); /* B, which has no price of MAIL */
    WORLD_OK(world, set(&trade, "MAIL", (struct asked){.unit_price = "4", .from = "2026-10-01"}));
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_invoice(&trade, "P1", "B", "2026-10").invoice.gross_minor, 1200);
    is_clean(&trade);
}

static void a_month_of_the_first_rules_keeps_every_price(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    trade_at(&trade, "2026-11-20T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    trade_sabotage(&trade, "update months set rules = 1, usage_billing = 0");
    WORLD_FAULT(world, "month-closed",
                set(&trade, "MAIL", (struct asked){.unit_price = "4", .from = "2026-10-01", .minimum = "5"}));
    WORLD_OK(world,
             set(&trade, "MAIL", (struct asked){.unit_price = "4", .from = "2026-11-01", .minimum = "5"}));
    is_clean(&trade);
}

static void a_dearer_price_holds_from_a_month_to_come_alone(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    WORLD_FAULT(world, "price-rises",
                set(&trade, "EPP", (struct asked){.unit_price = "7", .from = "2026-10-01"}));
    assert_non_null(strstr(world->fault.message, "P1 → A in 2026-10"));
    WORLD_FAULT(world, "price-rises",
                set(&trade, "EPP", (struct asked){.unit_price = "7", .from = "2026-09-01", .replace = true}));
    WORLD_FAULT(world, "price-rises",
                set(&trade, "EPP", (struct asked){.buyer = "A", .unit_price = "7", .from = "2026-10-01"}));
    WORLD_FAULT(
        world, "price-rises",
        set(&trade, "EPP",
            (struct asked){.unit_price = "6", .from = "2026-09-01", .minimum = "9", .replace = true}));
    WORLD_FAULT(
        world, "price-rises",
        set(&trade, "EPP",
            (struct asked){.unit_price = "6", .from = "2026-09-01", .policy = "any", .replace = true}));
    WORLD_OK(world, set(&trade, "EPP",
                        (struct asked){
                            .unit_price = "5", .from = "2026-09-01", .policy = "daily", .replace = true}));
    WORLD_OK(world, set(&trade, "EPP", (struct asked){.unit_price = "7", .from = "2026-11-01"}));
    WORLD_OK(world,
             set(&trade, "EPP", (struct asked){.buyer = "B", .unit_price = "9", .from = "2026-10-01"}));
}

static void a_price_in_use_is_not_withdrawn_without_another(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    WORLD_FAULT(world, "price-in-use", withdraw(&trade, "", "EPP", "2026-09-01"));
    assert_non_null(strstr(world->fault.message, "P1 → A in 2026-10"));
    WORLD_OK(world,
             set(&trade, "EPP", (struct asked){.buyer = "A", .unit_price = "5", .from = "2026-09-01"}));
    WORLD_OK(world, withdraw(&trade, "", "EPP", "2026-09-01"));
    WORLD_FAULT(world, "price-in-use", withdraw(&trade, "A", "EPP", "2026-09-01"));
    WORLD_OK(world, set(&trade, "MAIL", (struct asked){.unit_price = "4", .from = "2026-10-01"}));
    WORLD_OK(world, withdraw(&trade, "", "MAIL", "2026-10-01"));
    trade_at(&trade, "2026-11-20T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    is_clean(&trade);
}

static void a_withdrawal_that_would_bill_more_is_refused(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    WORLD_OK(world,
             set(&trade, "EPP", (struct asked){.buyer = "A", .unit_price = "5", .from = "2026-10-01"}));
    WORLD_FAULT(world, "price-rises", withdraw(&trade, "A", "EPP", "2026-10-01"));
    is_clean(&trade);
}

static void a_wrong_list_is_replaced_by_the_right_one(void **state) {
    struct trade trade;
    struct world *world = *state;
    an_october(&trade, world);
    struct import_problems problems = {0};
    struct import_prices_result result;
    struct import_prices_input input = {
        .seller = TEXT("P1"),
        .content = TEXT("sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
                        "EPP,USD,2026-11-01,peak,flat,1,60\nMAIL,USD,2026-11-01,peak,flat,1,4\n")};
    WORLD_OK(world, import_prices(&trade.call, &input, &result, &problems, &world->fault));
    input.content = TEXT("sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
                         "EPP,USD,2026-11-01,peak,flat,1,6.20\nMAIL,USD,2026-11-01,peak,flat,1,4\n");
    WORLD_FAULT(world, "price-exists", import_prices(&trade.call, &input, &result, &problems, &world->fault));
    input.replace = true;
    problems = (struct import_problems){0};
    WORLD_OK(world, import_prices(&trade.call, &input, &result, &problems, &world->fault));
    assert_int_equal(result.prices_added, 1);
    assert_int_equal(result.prices_replaced, 1);
    input.content = TEXT("sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
                         "MAIL,USD,2026-11-01,peak,flat,1,5\nEPP,USD,2026-10-01,peak,flat,1,7\n");
    WORLD_FAULT(world, "price-rises", import_prices(&trade.call, &input, &result, &problems, &world->fault));
    assert_int_equal(problems.total, 1);
    assert_int_equal(problems.items[0].line, 3);
    assert_int_equal(trade_ask(&trade, "select count(*) from prices where withdrawn_at_us > 0"), 1);
}

static void the_audit_finds_a_price_that_left_a_closed_month(void **state) {
    struct trade trade;
    struct audit_store_result result;
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-20T00:00:00Z");
    trade_close(&trade, "2026-10");
    is_clean(&trade);
    trade_sabotage(&trade, "update prices set withdrawn_at_us = 9000000000000000 where buyer_id = 0");
    WORLD_OK(trade.world, audit_store(&trade.call, &result, &trade.world->fault));
    assert_int_not_equal(result.violation_total, 0);
    bool is_told = false;
    for (size_t i = 0; i < result.count; i++) {
        is_told = is_told || text_is(result.violations[i].rule, "price-withdrawn");
    }
    assert_true(is_told);
}

int main(void) {
    static const struct world_test TESTS[] = {
        WORLD_TEST(a_slip_in_a_price_to_come_is_replaced_or_withdrawn),
        WORLD_TEST(a_price_that_a_closed_edge_was_rated_with_stays),
        WORLD_TEST(a_price_may_begin_in_a_closed_month_where_its_sku_had_no_use),
        WORLD_TEST(a_month_of_the_first_rules_keeps_every_price),
        WORLD_TEST(a_dearer_price_holds_from_a_month_to_come_alone),
        WORLD_TEST(a_price_in_use_is_not_withdrawn_without_another),
        WORLD_TEST(a_withdrawal_that_would_bill_more_is_refused),
        WORLD_TEST(a_wrong_list_is_replaced_by_the_right_one),
        WORLD_TEST(the_audit_finds_a_price_that_left_a_closed_month),
    };
    return world_run_tests("price_withdrawal", TESTS, sizeof TESTS / sizeof *TESTS);
}
