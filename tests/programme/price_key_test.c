/* A price's key: seller, buyer, SKU, currency and date. A seller of two currencies has two lists. */
#include "programme/audit/audit_store.h"
#include "programme/catalogue/import_prices.h"
#include "programme/catalogue/prices.h"
#include "programme/parties/accounts.h"
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

static enum status set(struct trade *trade, const char *currency, const char *unit_price, const char *from) {
    struct price_view view;
    const struct tier_input tier = {.unit_price = text_of(unit_price)};
    const struct set_price_input input = {.seller = TEXT("P1"),
                                          .sku = TEXT("MAIL"),
                                          .currency = text_of(currency),
                                          .effective_from = text_of(from),
                                          .tiers = &tier,
                                          .tier_count = 1};
    return set_price(&trade->call, &input, &view, &trade->world->fault);
}

/* P1 sells MAIL to A in dollars and to E in euros, 2 and 3 seats of it from October on. */
static void two_currencies(struct trade *trade, struct world *world) {
    struct account_view view;
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "MAIL");
    struct add_account_input euro = {.kind = TEXT("customer"),
                                     .name = TEXT("Euro GmbH"),
                                     .code = TEXT("E"),
                                     .seller = TEXT("P1"),
                                     .terms = {.currency = TEXT("EUR")}};
    WORLD_OK(world, add_account(&trade->call, &euro, &view, &world->fault));
    trade_price(trade, "VEND", "DIST", "MAIL", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "MAIL", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_at(trade, "2026-10-01T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "MAIL", 2));
    trade_on(trade, trade_licence(trade, "P1", "E", "MAIL", 3));
}

static void a_seller_of_two_currencies_has_two_standard_prices_of_one_sku(void **state) {
    struct trade trade;
    struct world *world = *state;
    two_currencies(&trade, world);
    WORLD_OK(world, set(&trade, "USD", "5", "2026-10-01"));
    WORLD_OK(world, set(&trade, "EUR", "4", "2026-10-01"));
    WORLD_OK(world, set(&trade, "EUR", "4.00", "2026-10-01"));
    WORLD_FAULT(world, "price-exists", set(&trade, "EUR", "3", "2026-10-01"));
    trade_at(&trade, "2026-11-20T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-10").invoice.gross_minor, 1000);
    assert_int_equal(trade_invoice(&trade, "P1", "E", "2026-10").invoice.gross_minor, 1200);
    is_clean(&trade);
}

static void a_later_price_in_another_currency_ends_none(void **state) {
    struct trade trade;
    struct world *world = *state;
    two_currencies(&trade, world);
    WORLD_OK(world, set(&trade, "USD", "5", "2026-09-15"));
    WORLD_OK(world, set(&trade, "EUR", "4", "2026-10-01"));
    trade_at(&trade, "2026-11-20T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 0);
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-10").invoice.gross_minor, 1000);
    is_clean(&trade);
}

static void rows_of_two_currencies_are_two_prices_of_an_import(void **state) {
    struct trade trade;
    struct world *world = *state;
    two_currencies(&trade, world);
    struct import_problems problems = {0};
    struct import_prices_result result;
    const struct import_prices_input input = {
        .seller = TEXT("P1"),
        .content = TEXT("sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
                        "MAIL,USD,2026-10-01,peak,flat,1,5\nMAIL,EUR,2026-10-01,daily,flat,1,4\n")};
    WORLD_OK(world, import_prices(&trade.call, &input, &result, &problems, &world->fault));
    assert_int_equal(result.prices_added, 2);
    WORLD_OK(world, import_prices(&trade.call, &input, &result, &problems, &world->fault));
    assert_int_equal(result.prices_added, 0);
}

/* By the first rules the price was chosen first, and its currency looked at then. What they closed without a
 * price, because one in another currency stood in its place, stays without: its minimum was never charged. */
static void a_month_of_the_first_rules_chooses_its_price_as_it_did(void **state) {
    struct trade trade;
    struct world *world = *state;
    const struct price_terms minimum = {.minimum_units = 10};
    two_currencies(&trade, world);
    trade_sku(&trade, "IDLE");
    WORLD_OK(world, set(&trade, "USD", "5", "2026-10-01"));
    trade_price(&trade, "P1", NULL, "IDLE", POLICY_PEAK, TIER_FLAT, "1:7", &minimum);
    trade_sabotage(&trade, "update prices set currency = 'USD', effective_from = effective_from - 30 where "
                           "minimum_units = 10");
    trade_price(&trade, "P1", NULL, "IDLE", POLICY_PEAK, TIER_FLAT, "1:7", NULL);
    trade_sabotage(&trade, "update prices set currency = 'GBP' where id = (select max(id) from prices)");
    trade_at(&trade, "2026-11-20T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-10").open_count, 1); /* E has no price */
    trade_sabotage(&trade, "update months set rules = 1, usage_billing = 0");
    is_clean(&trade);
    trade_sabotage(&trade, "update prices set currency = 'USD', effective_from = effective_from - 40 where "
                           "id = (select max(id) from prices)");
    struct audit_store_result result;
    WORLD_OK(world, audit_store(&trade.call, &result, &world->fault));
    assert_int_not_equal(result.violation_total, 0); /* the minimum would have been charged */
}

int main(void) {
    static const struct world_test TESTS[] = {
        WORLD_TEST(a_seller_of_two_currencies_has_two_standard_prices_of_one_sku),
        WORLD_TEST(a_later_price_in_another_currency_ends_none),
        WORLD_TEST(rows_of_two_currencies_are_two_prices_of_an_import),
        WORLD_TEST(a_month_of_the_first_rules_chooses_its_price_as_it_did),
    };
    return world_run_tests("price_key", TESTS, sizeof TESTS / sizeof *TESTS);
}
