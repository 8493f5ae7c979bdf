/* Dry runs: what a change would do is told by the change itself, and the store stays as it was. */
#include "programme/catalogue/import_catalogue.h"
#include "programme/catalogue/import_prices.h"
#include "programme/catalogue/prices.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* One number for all that a close or an import could leave behind. */
static int64_t traces(struct trade *trade) {
    return trade_ask(trade, "select cast(sum(n) as bigint) from (select count(*) as n from months "
                            "union all select count(*) from reports "
                            "union all select count(*) from invoices union all select count(*) from ledger "
                            "union all select count(*) from kept_months "
                            "union all select count(*) from audit "
                            "union all select count(*) from prices union all select count(*) from skus "
                            "union all select count(*) from components "
                            "union all select count(*) from accounts "
                            "union all select coalesce(sum(taken), 0) from counters) all_of_them");
}

/* November of a customer with 7 seats at 10.00, the provider's at 4.00; the vendor's edge has no price. */
static void a_november(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "EPP");
    trade_price(trade, "DIST", NULL, "EPP", POLICY_PEAK, TIER_FLAT, "1:4", NULL);
    trade_price(trade, "P1", NULL, "EPP", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_at(trade, "2026-11-03T00:00:00Z");
    struct text licence = trade_licence(trade, "P1", "A", "EPP", 7);
    trade_on(trade, licence);
    trade_at(trade, "2026-12-20T00:00:00Z");
}

static struct close_month_result try_close(struct trade *trade, const char *month) {
    trade->call.dry_run = true;
    struct close_month_result result = trade_close(trade, month);
    trade->call.dry_run = false;
    return result;
}

static void a_dry_run_of_a_close_says_what_each_edge_would_be_billed_and_changes_nothing(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    int64_t before = traces(&trade);
    struct close_month_result tried = try_close(&trade, "2026-11");
    assert_int_equal(traces(&trade), before);
    assert_true(tried.dry_run);
    struct close_month_result closed = trade_close(&trade, "2026-11");
    assert_false(closed.dry_run);
    assert_true(traces(&trade) > before);
    assert_int_equal(tried.closed_count, closed.closed_count);
    assert_int_equal(tried.invoice_count, closed.invoice_count);
    assert_int_equal(tried.line_count, closed.line_count);
    assert_int_equal(tried.reports_approved, 1);
    for (size_t i = 0; i < closed.closed_count; i++) {
        assert_true(text_equal(tried.closed[i].seller_code, closed.closed[i].seller_code));
        assert_true(text_equal(tried.closed[i].buyer_code, closed.closed[i].buyer_code));
        assert_int_equal(tried.closed[i].has_invoice, closed.closed[i].has_invoice);
        assert_int_equal(tried.closed[i].gross_minor, closed.closed[i].gross_minor);
        assert_int_equal(tried.closed[i].number.length, 0);
        assert_int_equal(tried.closed[i].invoice.length, 0);
    }
    assert_int_equal(closed.closed[0].gross_minor, 3360); /* 28.00 and 20 % */
    assert_string_equal(trade_open_edge(&tried, "VEND", "DIST")->reason.at, "price-missing");
    assert_string_equal(trade_open_edge(&tried, "VEND", "DIST")->message.at,
                        trade_open_edge(&closed, "VEND", "DIST")->message.at);
    assert_string_equal(text_copy(&trade.world->arena, closed.closed[0].number).at, "DIST-2026-000001");
}

static void a_dry_run_that_is_refused_says_what_the_real_one_would(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    struct close_month_input input = {.month = TEXT("2027-01")};
    struct close_month_result result;
    int64_t before = traces(&trade);
    trade.call.dry_run = true;
    WORLD_FAULT(trade.world, "month-not-ended",
                close_month(&trade.call, &input, &result, &trade.world->fault));
    assert_int_equal(traces(&trade), before);
}

/* ---- imports ---- */

static struct import_prices_result try_prices(struct trade *trade, const char *buyer, const char *rows) {
    struct world *world = trade->world;
    struct import_problems problems = {0};
    struct import_prices_result result = {0};
    const struct import_prices_input input = {
        .seller = TEXT("DIST"),
        .buyer = text_of(buyer),
        .content = text_format(
            &world->arena, "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n%s", rows)};
    trade->call.dry_run = true;
    WORLD_OK(world, import_prices(&trade->call, &input, &result, &problems, &world->fault));
    trade->call.dry_run = false;
    return result;
}

static void assert_change(const struct price_change *change, const char *buyer, enum price_effect effect,
                          const char *month, int64_t before, int64_t now) {
    static const int64_t MICRO = 1000000;
    struct arena arena;
    arena_init(&arena);
    assert_true(text_is(change->buyer_code, buyer));
    assert_int_equal(change->effect, effect);
    assert_int_equal(change->has_month, month != NULL);
    if (month != NULL) {
        assert_string_equal(month_format(&arena, change->first_month).at, month);
    }
    assert_int_equal(change->has_before, before != 0);
    assert_int_equal(before == 0 ? 0 : change->before.tiers[0].unit_price_millionths, before * MICRO);
    assert_int_equal(change->price.tiers[0].unit_price_millionths, now * MICRO);
    arena_clean_up(&arena);
}

/* DIST sells to P1 and P2 at 4.00 from September, and P2 has a price of its own. */
static void two_buyers(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "EPP");
    trade_sku(trade, "MAIL");
    trade_account(trade, "provider", "P2", "DIST");
    trade_price(trade, "DIST", NULL, "EPP", POLICY_PEAK, TIER_FLAT, "1:4", NULL);
    trade_price(trade, "DIST", "P2", "EPP", POLICY_PEAK, TIER_FLAT, "1:3", NULL);
}

static void a_dry_run_of_prices_says_what_changes_for_whom_from_which_month(void **state) {
    struct trade trade;
    two_buyers(&trade, *state);
    int64_t before = traces(&trade);
    struct import_prices_result tried = try_prices(&trade, "",
                                                   "EPP,USD,2027-01-15,peak,flat,1,6\n"
                                                   "MAIL,USD,2027-01-15,peak,flat,1,2\n");
    assert_int_equal(traces(&trade), before);
    assert_true(tried.dry_run);
    assert_int_equal(tried.prices_added, 2);
    assert_int_equal(tried.changes.count, 4);
    /* A month is rated by its first day's price, or by the first that begins within it. */
    assert_change(&tried.changes.items[0], "P1", PRICE_CHANGED, "2027-02", 4, 6);
    assert_change(&tried.changes.items[1], "P2", PRICE_WITHOUT_EFFECT, NULL, 0, 6);
    assert_change(&tried.changes.items[2], "P1", PRICE_NEW, "2027-01", 0, 2);
    assert_change(&tried.changes.items[3], "P2", PRICE_NEW, "2027-01", 0, 2);
    assert_int_equal(tried.changes.effects[PRICE_NEW], 2);
    assert_int_equal(tried.changes.total, 4);
}

static void a_dry_run_of_prices_tells_what_is_there_already(void **state) {
    struct trade trade;
    two_buyers(&trade, *state);
    struct import_prices_result tried = try_prices(&trade, "P2",
                                                   "EPP,USD,2026-09-01,peak,flat,1,3\n"
                                                   "EPP,USD,2027-01-01,peak,flat,1,3\n"
                                                   "EPP,USD,2027-02-01,peak,flat,1,5\n");
    assert_int_equal(tried.prices_added, 2);
    assert_int_equal(tried.changes.count, 3);
    assert_change(&tried.changes.items[0], "P2", PRICE_SAME, "2026-09", 3, 3);
    assert_change(&tried.changes.items[1], "P2", PRICE_SAME, "2027-01", 3, 3);
    assert_change(&tried.changes.items[2], "P2", PRICE_CHANGED, "2027-02", 3, 5);
}

static struct set_price_input one_price(const struct tier_input *tier, const char *buyer, bool replace) {
    return (struct set_price_input){.seller = TEXT("DIST"),
                                    .buyer = text_of(buyer),
                                    .sku = TEXT("EPP"),
                                    .effective_from = TEXT("2027-01-15"),
                                    .tiers = tier,
                                    .tier_count = 1,
                                    .replace = replace};
}

static void a_dry_run_of_one_price_tells_what_one_of_an_import_would(void **state) {
    struct trade trade;
    struct import_prices_result tried;
    two_buyers(&trade, *state);
    int64_t before = traces(&trade);
    const struct tier_input six = {.unit_price = TEXT("6")};
    const struct set_price_input standard = one_price(&six, "", false);
    WORLD_OK(trade.world, try_price(&trade.call, &standard, &tried, &trade.world->fault));
    assert_int_equal(traces(&trade), before);
    assert_true(tried.dry_run);
    assert_int_equal(tried.prices_added, 1);
    assert_int_equal(tried.changes.count, 2);
    assert_change(&tried.changes.items[0], "P1", PRICE_CHANGED, "2027-02", 4, 6);
    assert_change(&tried.changes.items[1], "P2", PRICE_WITHOUT_EFFECT, NULL, 0, 6);
    assert_false(trade.call.dry_run);
}

static void a_dry_run_of_one_price_tells_of_one_that_is_there_and_of_one_that_it_replaces(void **state) {
    struct trade trade;
    struct import_prices_result tried;
    struct price_view price;
    two_buyers(&trade, *state);
    const struct tier_input six = {.unit_price = TEXT("6")};
    const struct tier_input five = {.unit_price = TEXT("5")};
    const struct set_price_input set = one_price(&six, "P2", false);
    WORLD_OK(trade.world, set_price(&trade.call, &set, &price, &trade.world->fault));
    WORLD_OK(trade.world, try_price(&trade.call, &set, &tried, &trade.world->fault));
    assert_int_equal(tried.prices_added, 0);
    assert_change(&tried.changes.items[0], "P2", PRICE_SAME, "2027-02", 6, 6);
    struct set_price_input other = one_price(&five, "P2", false);
    WORLD_FAULT(trade.world, "price-exists", try_price(&trade.call, &other, &tried, &trade.world->fault));
    other.replace = true;
    WORLD_OK(trade.world, try_price(&trade.call, &other, &tried, &trade.world->fault));
    assert_int_equal(tried.prices_replaced, 1);
    assert_change(&tried.changes.items[0], "P2", PRICE_CHANGED, "2027-02", 6, 5);
    assert_int_equal(trade_ask(&trade, "select count(*) from prices where withdrawn_at_us > 0"), 0);
}

static void a_price_in_another_currency_than_a_buyers_changes_nothing_for_it(void **state) {
    struct trade trade;
    two_buyers(&trade, *state);
    struct import_prices_result tried = try_prices(&trade, "", "MAIL,EUR,2027-01-01,peak,flat,1,2\n");
    assert_int_equal(tried.changes.count, 1);
    assert_change(&tried.changes.items[0], "", PRICE_NEW, "2027-01", 0, 2);
    assert_int_equal(tried.changes.items[0].buyer.length, 0);
}

static void a_dry_run_of_a_catalogue_says_which_skus_are_new_or_changed(void **state) {
    struct trade trade;
    two_buyers(&trade, *state);
    struct world *world = trade.world;
    struct import_problems problems = {0};
    struct import_catalogue_result tried = {0};
    struct import_catalogue_input input = {
        .vendor = TEXT("VEND"),
        .content = TEXT("sku,name,component_code,component_name\nEPP,Endpoint,,\nMAIL,Product MAIL,,\n"
                        "NEXT,Next,,\nEPP,Endpoint,AV,Antivirus\n")};
    int64_t before = traces(&trade);
    trade.call.dry_run = true;
    WORLD_OK(world, import_catalogue(&trade.call, &input, &tried, &problems, &world->fault));
    assert_int_equal(traces(&trade), before);
    assert_true(tried.dry_run);
    assert_int_equal(tried.unchanged, 1);
    assert_int_equal(tried.change_count, 2);
    assert_false(tried.changes[0].is_new);
    assert_string_equal(tried.changes[0].old_name.at, "Product EPP");
    assert_int_equal(tried.changes[0].components_added, 1);
    assert_true(tried.changes[1].is_new);
    assert_true(text_is(tried.changes[1].code, "NEXT"));
    input.vendor = TEXT("Another");
    WORLD_OK(world, import_catalogue(&trade.call, &input, &tried, &problems, &world->fault));
    assert_true(tried.vendor_added);
    assert_int_equal(tried.vendor.length, 0);
    assert_int_equal(traces(&trade), before);
}

int main(void) {
    static const struct world_test TESTS[] = {
        WORLD_TEST(a_dry_run_of_a_close_says_what_each_edge_would_be_billed_and_changes_nothing),
        WORLD_TEST(a_dry_run_that_is_refused_says_what_the_real_one_would),
        WORLD_TEST(a_dry_run_of_prices_says_what_changes_for_whom_from_which_month),
        WORLD_TEST(a_dry_run_of_prices_tells_what_is_there_already),
        WORLD_TEST(a_dry_run_of_one_price_tells_what_one_of_an_import_would),
        WORLD_TEST(a_dry_run_of_one_price_tells_of_one_that_is_there_and_of_one_that_it_replaces),
        WORLD_TEST(a_price_in_another_currency_than_a_buyers_changes_nothing_for_it),
        WORLD_TEST(a_dry_run_of_a_catalogue_says_which_skus_are_new_or_changed),
    };
    return world_run_tests("dry_run", TESTS, sizeof TESTS / sizeof *TESTS);
}
