/* One edge's fault is its own: what cannot be billed on one edge stays open there, with its reason, and
 * nobody else's close, forecast, margin or balance waits for it. */
#include "programme/billing/one_off_charges.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* November on two providers: P1 sells to A and B, P2 to C; each used 20,000 seats of S. */
static void a_november(struct trade *trade, struct world *world, const char *price_of_a) {
    trade_begin(trade, world, "UTC", "USD");
    trade_account(trade, "provider", "P2", "DIST");
    trade_account(trade, "customer", "C", "P2");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:3", NULL);
    trade_price(trade, "P1", "A", "S", POLICY_PEAK, TIER_FLAT, price_of_a, NULL);
    trade_price(trade, "P2", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:4", NULL);
    trade_at(trade, "2026-11-01T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 20000));
    trade_on(trade, trade_licence(trade, "P1", "B", "S", 20000));
    trade_on(trade, trade_licence(trade, "P2", "C", "S", 20000));
}

static void charge(struct trade *trade, const char *seller, const char *buyer, const char *what,
                   int64_t quantity, const char *unit_price) {
    struct add_one_off_charge_input input = {.seller = text_of(seller),
                                             .buyer = text_of(buyer),
                                             .month = TEXT("2026-11"),
                                             .description = text_of(what),
                                             .quantity = quantity,
                                             .unit_price = text_of(unit_price)};
    struct one_off_charge_view view;
    WORLD_OK(trade->world, add_one_off_charge(&trade->call, &input, &view, &trade->world->fault));
}

/* The only edge that is open, with that reason and those words in its sentence. */
static void assert_only_open(const struct close_month_result *result, const char *seller, const char *buyer,
                             const char *reason, const char *words) {
    const struct close_month_edge *open = trade_open_edge(result, seller, buyer);
    assert_int_equal(result->open_count, 1);
    assert_non_null(open);
    assert_string_equal(open->reason.at, reason);
    assert_non_null(strstr(open->message.at, words));
}

static void a_price_that_overflows_leaves_its_edge_open_and_closes_all_others(void **state) {
    struct trade trade;
    a_november(&trade, *state, "1:9000000000000");
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 5);
    assert_only_open(&result, "P1", "A", "amount-overflow", "S: The amount");
    trade_must_be_clean(&trade);
    struct close_month_result again = trade_close(&trade, "2026-11");
    assert_int_equal(again.closed_count, 0);
    assert_int_equal(again.already_closed, 5);
    assert_only_open(&again, "P1", "A", "amount-overflow", "S: The amount");
}

static void charges_that_overflow_together_leave_their_edge_open_and_close_all_others(void **state) {
    struct trade trade;
    a_november(&trade, *state, "1:5");
    for (int i = 0; i < 3; i++) {
        charge(&trade, "P1", "B", "Crane", 90000000, "1000000000");
    }
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 5);
    assert_only_open(&result, "P1", "B", "amount-overflow", "The sum of all lines: The amount");
    trade_must_be_clean(&trade);
}

/* The sum fits 64 bits, and with the tax of 20 % no more. */
static void a_tax_that_overflows_leaves_its_edge_open(void **state) {
    struct trade trade;
    a_november(&trade, *state, "1:5");
    charge(&trade, "DIST", "P1", "Crane", 90000000, "1000000000");
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 5);
    assert_only_open(&result, "DIST", "P1", "amount-overflow", "The sum of all lines");
}

static struct show_margins_result margins(struct trade *trade, const char *account, bool forecast) {
    struct show_margins_input input = {text_of(account), TEXT("2026-11"), MARGIN_BY_BUYER, forecast};
    struct show_margins_result result;
    WORLD_OK(trade->world, show_margins(&trade->call, &input, &result, &trade->world->fault));
    return result;
}

static void a_forecast_shows_every_other_buyer_and_names_what_it_leaves_out(void **state) {
    struct trade trade;
    a_november(&trade, *state, "1:9000000000000");
    trade_sku(&trade, "NEW");
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "B", "NEW", 1));
    struct show_margins_result result = margins(&trade, "P1", true);
    assert_int_equal(result.count, 2); /* A: the cost alone */
    assert_string_equal(result.rows[1].buyer_code.at, "B");
    assert_true(result.rows[1].revenue_minor == 6000000);
    assert_int_equal(result.problem_count, 3);
    assert_string_equal(result.problems[0].seller_code.at, "DIST");
    assert_string_equal(result.problems[0].reason.at, "price-missing");
    assert_string_equal(result.problems[1].buyer_code.at, "A");
    assert_string_equal(result.problems[1].reason.at, "amount-overflow");
    assert_non_null(strstr(result.problems[1].message.at, "S: "));
    assert_string_equal(result.problems[2].buyer_code.at, "B");
    assert_non_null(strstr(result.problems[2].message.at, "NEW"));
}

/* Each bill fits, and what all of them come to does not. */
static void sums_beyond_64_bits_are_shown_and_hide_nobody(void **state) {
    struct trade trade;
    a_november(&trade, *state, "1:4000000000000");
    trade_price(&trade, "P1", "B", "S", POLICY_PEAK, TIER_FLAT, "1:4000000000000", NULL);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    struct show_margins_result result = margins(&trade, "P1", false);
    assert_int_equal(result.count, 2);
    assert_true(result.rows[0].revenue_minor == INT64_C(8000000000000000000));
    assert_string_equal(
        money_format_wide(&trade.world->arena, result.totals[0].revenue_minor, result.totals[0].currency).at,
        "160000000000000000.00");
    struct list_balances_input all = {0};
    struct balance_page page;
    bool found = false;
    WORLD_OK(trade.world, list_balances(&trade.call, &all, &page, &trade.world->fault));
    for (size_t i = 0; i < page.count; i++) {
        found = found || (text_is(page.items[i].owner_code, "P2") && page.items[i].balance_minor == 8000000);
    }
    assert_true(found);
    trade_must_be_clean(&trade);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_price_that_overflows_leaves_its_edge_open_and_closes_all_others),
        WORLD_TEST(charges_that_overflow_together_leave_their_edge_open_and_close_all_others),
        WORLD_TEST(a_tax_that_overflows_leaves_its_edge_open),
        WORLD_TEST(a_forecast_shows_every_other_buyer_and_names_what_it_leaves_out),
        WORLD_TEST(sums_beyond_64_bits_are_shown_and_hide_nobody),
    };
    return world_run_tests("edge_faults", tests, sizeof tests / sizeof tests[0]);
}
