/* Dry runs: what a change would do is told by the change itself, and the store stays as it was. */
#include "programme/audit/audit_store.h"
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

int main(void) {
    static const struct world_test TESTS[] = {
        WORLD_TEST(a_dry_run_of_a_close_says_what_each_edge_would_be_billed_and_changes_nothing),
        WORLD_TEST(a_dry_run_that_is_refused_says_what_the_real_one_would),
    };
    return world_run_tests("dry_run", TESTS, sizeof TESTS / sizeof *TESTS);
}
