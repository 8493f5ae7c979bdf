/* A damaged store: what no program of ours writes is told, by an error or by the audit, and ends no process.
 */
#include "programme/audit/audit_store.h"
#include "programme/billing/explain_line.h"
#include "programme/catalogue/prices.h"
#include "programme/licensing/turn_licence.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* A damage, and what mends it. */
struct damage {
    const char *sql;
    const char *mending;
};

static const struct damage DAMAGES[] = {
    {"update invoice_lines set parts_per_unit = 0", "update invoice_lines set parts_per_unit = 1"},
    {"update invoice_lines set parts_per_unit = -7", "update invoice_lines set parts_per_unit = 1"},
    {"update invoices set month = 2000000000", "update invoices set month = 24322"},
    {"update invoices set month = -5", "update invoices set month = 24322"},
    {"update invoices set issued_on = 2000000000", "update invoices set issued_on = 20797"},
    {"update invoices set due_on = -2000000000", "update invoices set due_on = 20797"},
    {"update months set month = 1999999999", "update months set month = 24322"},
    {"update months set rules = 99", "update months set rules = 2"},
    {"update prices set minimum_units = -3", "update prices set minimum_units = 0"},
    {"update prices set free_months = -1", "update prices set free_months = 0"},
    {"update prices set free_months = 2147483647", "update prices set free_months = 0"},
    {"update prices set effective_from = 2000000000", "update prices set effective_from = 20697"},
    {"update price_tiers set tier_from = 9", "update price_tiers set tier_from = 1"},
    {"update licences set first_on_at_us = 9223372036854775807",
     "update licences set first_on_at_us = 1793520000000000"},
    {"update licences set first_on_at_us = -9223372036854775807",
     "update licences set first_on_at_us = 1793520000000000"},
    {"update agreements set signed_at_us = 9223372036854775807",
     "update agreements set signed_at_us = 1788264000000000"},
};

static void drop_the_guards(struct trade *trade) {
    static const char *const SQLITE[] = {"drop trigger invoice_lines_no_update",
                                         "drop trigger invoices_no_delete"};
    if (trade->world->engine == DB_POSTGRESQL) {
        trade_sabotage(trade, "alter table invoice_lines disable trigger user");
        return;
    }
    for (size_t i = 0; i < sizeof SQLITE / sizeof SQLITE[0]; i++) {
        trade_sabotage(trade, SQLITE[i]);
    }
}

/* How many of what somebody may ask for tell of the damage. */
static int told(struct trade *trade) {
    struct fault fault;
    struct audit_store_result audited;
    struct explain_line_input line = {.invoice = TEXT("P1-2026-000001"), .line = 1};
    struct line_explanation explained;
    struct show_margins_input forecast = {.month = TEXT("2026-11"), .forecast = true};
    struct show_margins_result margins;
    struct close_month_input close = {.month = TEXT("2026-12")};
    struct close_month_result closed;
    struct show_invoice_input show = {TEXT("P1-2026-000001")};
    struct invoice_detail shown;
    int count = audit_store(&trade->call, &audited, &fault) != STATUS_OK || audited.violation_total > 0;
    count += explain_line(&trade->call, &line, &explained, &fault) != STATUS_OK || !explained.agrees;
    count += show_margins(&trade->call, &forecast, &margins, &fault) != STATUS_OK;
    count += close_month(&trade->call, &close, &closed, &fault) != STATUS_OK;
    count += show_invoice(&trade->call, &show, &shown, &fault) != STATUS_OK;
    return count;
}

static void what_no_program_writes_is_told_and_ends_no_process(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "Europe/Berlin", "EUR");
    trade_sku(&trade, "S");
    struct price_terms plain = {0};
    trade_price(&trade, "VEND", "DIST", "S", POLICY_DAILY, TIER_FLAT, "1:1", &plain);
    trade_price(&trade, "DIST", "P1", "S", POLICY_ANY, TIER_FLAT, "1:10", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_at(&trade, "2026-11-01T08:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 4));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    drop_the_guards(&trade);
    for (size_t i = 0; i < sizeof DAMAGES / sizeof DAMAGES[0]; i++) {
        trade_sabotage(&trade, DAMAGES[i].sql);
        int by = told(&trade);
        if (by == 0) {
            print_error("nobody tells of: %s\n", DAMAGES[i].sql);
        }
        assert_true(by > 0);
        trade_sabotage(&trade, DAMAGES[i].mending);
    }
}

/* A clock that jumped dated a change; once it is right again, nothing is dated behind that. */
static void no_change_follows_one_that_a_wrong_clock_dated(void **state) {
    struct world *world = *state;
    struct trade trade;
    struct licence_view view;
    trade_begin(&trade, world, "Europe/Berlin", "EUR");
    trade_sku(&trade, "S");
    trade_at(&trade, "2028-01-03T00:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "S", 4);
    trade_on(&trade, licence);
    struct turn_licence_input turn = {.licence = licence};
    trade_at(&trade, "2026-11-29T00:00:00Z");
    WORLD_FAULT(world, "clock-wrong", turn_licence_off(&trade.call, &turn, &view, &world->fault));
    WORLD_FAULT(world, "clock-wrong", retire_licence(&trade.call, &turn, &view, &world->fault));
    assert_int_equal(trade_ask(&trade, "select count(*) from licence_events"), 1);
    trade_at(&trade, "2028-01-02T23:59:30Z"); /* two machines' clocks are so far apart */
    WORLD_OK(world, turn_licence_off(&trade.call, &turn, &view, &world->fault));
    assert_int_equal(trade_ask(&trade, "select count(distinct at_us) from licence_events"), 1);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(what_no_program_writes_is_told_and_ends_no_process),
        WORLD_TEST(no_change_follows_one_that_a_wrong_clock_dated),
    };
    return world_run_tests("damaged store", tests, sizeof tests / sizeof tests[0]);
}
