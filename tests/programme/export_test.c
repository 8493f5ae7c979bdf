/* Exports and margins: what leaves the store as records, and what an account earns. */
#include "exported.h"
#include "programme/audit/audit_store.h"
#include "programme/catalogue/import_prices.h"
#include "programme/catalogue/withdraw_price.h"
#include "programme/exchange/export.h"
#include "programme/parties/accounts.h"
#include "programme/parties/amend_agreement.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct text export_as(struct trade *trade, struct call *call, const char *what, const char *month) {
    return exported(trade->world, call, what, month);
}

static void an_october(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    struct price_terms free = {.free_months = 1, .minimum_units = 2};
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_DAILY, TIER_GRADUATED, "1:31 3:15.5", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:100", NULL);
    trade_price(trade, "P1", "B", "S", POLICY_PEAK, TIER_FLAT, "1:90", &free);
    trade_at(trade, "2026-10-01T00:00:00.000001Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 4));
    trade_at(trade, "2026-10-31T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "B", "S", 2));
}

static void the_columns_are_those_of_the_contract(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    struct text events = export_as(&trade, &trade.call, "events", "");
    assert_true(has(events, "sequence,time,provider,customer,licence,sku,event,seats,voided_by\n"
                            "1,2026-10-01T00:00:00.000001Z,P1,A,lic_"));
    assert_true(has(events, ",S,on,4,\n2,2026-10-31T00:00:00.000000Z,P1,B,lic_"));
    assert_true(has(export_as(&trade, &trade.call, "prices", ""),
                    "seller,buyer,sku,currency,effective_from,policy,tier_mode,tier_from,unit_price,minimum,"
                    "free_months,trial_end,not_for_resale,tax_category,tax_rate,withdrawn_at\n"
                    "DIST,P1,S,USD,2026-09-01,daily,graduated,1,31,0,0,,no,,,\n"
                    "DIST,P1,S,USD,2026-09-01,daily,graduated,3,15.5,0,0,,no,,,\n"
                    "P1,A,S,USD,2026-09-01,peak,flat,1,100,0,0,,no,,,\n"
                    "P1,B,S,USD,2026-09-01,peak,flat,1,90,2,1,,no,,,\n"
                    "VEND,DIST,S,USD,2026-09-01,peak,flat,1,1,0,0,,no,,,\n"));
    assert_true(has(export_as(&trade, &trade.call, "terms", ""), "P1,B,S,2026-09-01,2,1,,no,,,USD\n"));
    struct text lines = export_as(&trade, &trade.call, "lines", "2026-10");
    assert_true(has(lines,
                    "invoice,month,seller,buyer,customer,sku,policy,measured,quantity,unit_price,amount,"
                    "currency,note,line,takes_invoice,takes_line,rules\n"));
    assert_true(has(lines, "P1-2026-000002,2026-10,P1,B,B,S,peak,2,0,90,0.00,USD,free month,1,,,3\n"));
    /* 4 × 31 + 2 × 1 seat-days: 126 of 31; 62 in tier one, of which A 61.02 and B 0.98: 61 and 1. */
    assert_true(has(lines,
                    "DIST-2026-000001,2026-10,DIST,P1,A,S,daily,4,1.967742,31,61.00,USD,,1,,,3\n"
                    "DIST-2026-000001,2026-10,DIST,P1,A,S,daily,4,2.032258,15.5,31.50,USD,,2,,,3\n"
                    "DIST-2026-000001,2026-10,DIST,P1,B,S,daily,0.064516,0.032258,31,1.00,USD,,3,,,3\n"
                    "DIST-2026-000001,2026-10,DIST,P1,B,S,daily,0.064516,0.032258,15.5,0.50,USD,,4,,,3\n"));
    assert_true(has(export_as(&trade, &trade.call, "ledger", "2026-10"),
                    "posting,time,invoice,account,debit,credit,currency\n1,2026-11-10T00:00:00.000000Z,"
                    "DIST-2026-000001,receivable,"));
    assert_string_equal(export_as(&trade, &trade.call, "lines", "2026-11").at,
                        "invoice,month,seller,buyer,customer,sku,policy,measured,quantity,unit_price,amount,"
                        "currency,note,line,takes_invoice,takes_line,rules\n");
    for (size_t i = 0; export_kind(i) != NULL; i++) {
        assert_true(export_as(&trade, &trade.call, export_kind(i), "").length > 10);
    }
}

static void an_account_exports_its_own_edges_alone(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    int64_t other_id = trade_account(&trade, "provider", "P2", "DIST");
    trade_account(&trade, "customer", "C", "P2");
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    struct call call = trade.call;
    call.actor = (struct actor){ACTOR_USER, 1, trade.distributor_id, RIGHT_ALL};
    struct text prices = export_as(&trade, &call, "prices", "");
    assert_null(strstr(prices.at, "\nP1,"));
    assert_true(has(prices, "\nDIST,P1,"));
    assert_null(strstr(export_as(&trade, &call, "lines", "").at, ",P1,A,A,"));
    call.actor.account_id = other_id;
    for (size_t i = 0; export_kind(i) != NULL; i++) {
        assert_null(strstr(export_as(&trade, &call, export_kind(i), "").at, "P1"));
    }
}

static void price_from(struct trade *trade, const char *seller, const char *buyer, const char *from,
                       const char *currency) {
    struct text row = text_format(&trade->world->arena,
                                  "sku,currency,effective_from,policy,tier_mode,tier_from,unit_price\n"
                                  "S,%s,%s,peak,flat,1,120\n",
                                  currency, from);
    struct import_prices_input input = {.seller = text_of(seller), .buyer = text_of(buyer), .content = row};
    struct import_prices_result result;
    struct import_problems problems = {0};
    WORLD_OK(trade->world, import_prices(&trade->call, &input, &result, &problems, &trade->world->fault));
}

/* October, then B is billed in dollars in Berlin, and from December on in euros in New York. */
static void an_edge_that_changed(struct trade *trade, struct world *world) {
    an_october(trade, world);
    const struct amend_agreement_input CHANGES[] = {
        {.from = TEXT("2026-11"),
         .terms = {.time_zone = TEXT("Europe/Berlin"), .tax_rate = TEXT("7"), .tax_category = TEXT("S")}},
        {.from = TEXT("2026-12"),
         .terms = {.time_zone = TEXT("America/New_York"), .currency = TEXT("EUR"), .tax_rate = TEXT("9")}}};
    for (size_t i = 0; i < 2; i++) {
        struct amend_agreement_input change = CHANGES[i];
        struct terms_view view;
        change.agreement.seller = TEXT("P1");
        change.agreement.buyer = TEXT("B");
        WORLD_OK(world, amend_agreement(&trade->call, &change, &view, &world->fault));
    }
    price_from(trade, "P1", "B", "2026-12-01", "EUR");
    static const char *const CLOSED_AT[][2] = {{"2026-10", "2026-11-10T00:00:00Z"},
                                               {"2026-11", "2026-12-10T00:00:00Z"},
                                               {"2026-12", "2027-01-10T00:00:00Z"}};
    for (size_t i = 0; i < 3; i++) {
        trade_at(trade, CLOSED_AT[i][1]);
        trade_close(trade, CLOSED_AT[i][0]);
    }
}

static void an_edge_keeps_the_prices_of_every_currency_that_it_had(void **state) {
    struct trade trade;
    an_edge_that_changed(&trade, *state);
    struct text prices = export_as(&trade, &trade.call, "prices", "");
    assert_true(has(prices, "P1,B,S,USD,2026-09-01,peak,flat,1,90,2,1,,no,,,\n"));
    assert_true(has(prices, "P1,B,S,EUR,2026-12-01,peak,flat,1,120,0,0,,no,,,\n"));
    assert_null(strstr(prices.at, "P1,A,S,EUR")); /* never billed in it */
    struct text terms = export_as(&trade, &trade.call, "terms", "");
    assert_true(has(terms, "P1,B,S,2026-09-01,2,1,,no,,,USD\n"));
    assert_true(has(terms, "P1,B,S,2026-12-01,0,0,,no,,,EUR\n"));
    struct text agreements = export_as(&trade, &trade.call, "agreements", "");
    assert_true(has(agreements, ",USD,Europe/Berlin,S,7,"));
    assert_true(has(agreements, ",EUR,America/New_York,S,9,"));
}

static void a_withdrawn_price_stays_in_the_export_and_imports_nowhere(void **state) {
    struct trade trade;
    struct price_view view;
    struct world *world = *state;
    an_october(&trade, world);
    price_from(&trade, "P1", "B", "2027-01-01", "USD");
    const struct withdraw_price_input input = {
        .seller = TEXT("P1"), .buyer = TEXT("B"), .sku = TEXT("S"), .effective_from = TEXT("2027-01-01")};
    WORLD_OK(world, withdraw_price(&trade.call, &input, &view, &world->fault));
    struct text prices = export_as(&trade, &trade.call, "prices", "");
    const char *row = strstr(prices.at, "P1,B,S,USD,2027-01-01,peak,flat,1,120,0,0,,no,,,20");
    assert_non_null(row);
    assert_null(strstr(export_as(&trade, &trade.call, "terms", "").at, "2027-01-01"));
    const char *header_end = strchr(prices.at, '\n');
    struct import_prices_input again = {
        .seller = TEXT("P1"),
        .buyer = TEXT("B"),
        .content = text_format(&world->arena, "%.*s\n%s", (int)(header_end - prices.at), prices.at, row)};
    struct import_prices_result result;
    struct import_problems problems = {0};
    WORLD_OK(world, import_prices(&trade.call, &again, &result, &problems, &world->fault));
    assert_int_equal(result.prices, 0);
}

static void a_closed_month_says_what_it_was_closed_by_and_keeps_its_midnights(void **state) {
    struct trade trade;
    an_edge_that_changed(&trade, *state);
    struct text months = export_as(&trade, &trade.call, "months", "");
    assert_true(has(months,
                    "month,seller,buyer,agreement,currency,time_zone,begins,ends,rules,billing,closed_at\n"
                    "2026-10,VEND,DIST,agr_"));
    assert_true(has(months, ",USD,UTC,2026-10-01T00:00:00.000000Z,2026-11-01T00:00:00.000000Z,3,here,"
                            "2026-11-10T00:00:00.000000Z\n"));
    /* Each begins when the one before has ended. */
    assert_true(
        has(months, ",USD,Europe/Berlin,2026-11-01T00:00:00.000000Z,2026-11-30T23:00:00.000000Z,3,here,"));
    assert_true(
        has(months, ",EUR,America/New_York,2026-11-30T23:00:00.000000Z,2027-01-01T05:00:00.000000Z,3,here,"));
    struct text midnights = export_as(&trade, &trade.call, "midnights", "2026-11");
    assert_true(has(midnights, "time_zone,month,date,begins\nEurope/Berlin,2026-11,2026-11-01,"
                               "2026-10-31T23:00:00.000000Z\n"));
    assert_true(has(midnights,
                    "Europe/Berlin,2026-11,2026-12-01,2026-11-30T23:00:00.000000Z\nUTC,2026-11,2026-11-01,"));
    assert_null(strstr(midnights.at, "New_York"));
    struct call provider = trade.call;
    provider.actor = (struct actor){ACTOR_USER, 1, trade.distributor_id, RIGHT_ALL};
    assert_null(strstr(export_as(&trade, &provider, "midnights", "").at, "New_York"));
    assert_null(strstr(export_as(&trade, &provider, "months", "").at, "New_York"));
}

/* The seller calls its buyer otherwise in the middle of a series, and gives the code to nobody else. */
static void a_new_code_changes_no_number_and_no_export(void **state) {
    struct trade trade;
    struct account_view view;
    struct audit_store_result audited;
    struct text code = TEXT("P9");
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    struct call distributor = trade.call;
    distributor.actor =
        (struct actor){.kind = ACTOR_USER, .id = 1, .account_id = trade.distributor_id, .rights = RIGHT_ALL};
    struct text before = export_as(&trade, &distributor, "lines", "2026-10");
    struct text before_whole = export_as(&trade, &trade.call, "lines", "2026-10");
    const struct edit_account_input edit = {.account = TEXT("P1"), .code = &code};
    WORLD_OK(trade.world, edit_account(&trade.call, &edit, &view, &trade.world->fault));
    const struct add_account_input again = {
        .kind = TEXT("provider"), .name = TEXT("Another"), .code = TEXT("P1"), .seller = TEXT("DIST")};
    WORLD_FAULT(trade.world, "code-taken", add_account(&trade.call, &again, &view, &trade.world->fault));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_true(text_equal(before, export_as(&trade, &distributor, "lines", "2026-10")));
    assert_true(text_equal(before_whole, export_as(&trade, &trade.call, "lines", "2026-10")));
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices where number like 'P9-%'"), 0);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices where number = 'P1-2026-000003'"), 1);
    assert_true(has(export_as(&trade, &distributor, "accounts", ""), "\nP1,provider,P9,"));
    WORLD_OK(trade.world, audit_store(&trade.call, &audited, &trade.world->fault));
    assert_int_equal(audited.violation_total, 0);
}

static void an_accounts_ledger_counts_the_postings_of_its_own_books(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    struct call call = trade.call;
    call.actor = (struct actor){ACTOR_USER, 1, trade.provider_id, RIGHT_ALL};
    assert_true(has(export_as(&trade, &call, "ledger", "2026-10"),
                    ",currency\n1,2026-11-10T00:00:00.000000Z,P1-2026-000001,receivable,400.00,"));
    assert_true(has(export_as(&trade, &call, "ledger", "2026-11"),
                    ",currency\n2,2026-12-10T00:00:00.000000Z,P1-2026-000003,receivable,400.00,"));
    call.actor.account_id = trade.distributor_id;
    assert_true(
        has(export_as(&trade, &call, "ledger", ""), ",currency\n1,2026-11-10T00:00:00.000000Z,DIST-"));
}

static void an_export_that_is_none_is_refused(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    struct export_sink sink = {NULL}; /* nothing is written */
    struct export_input input = {.what = TEXT("secrets")};
    WORLD_FAULT(trade.world, "unknown-export",
                export_records(&trade.call, &input, &sink, &trade.world->fault));
}

static struct show_margins_result margins_of(struct trade *trade, const char *account, const char *month,
                                             enum margin_grouping grouping, bool forecast) {
    struct show_margins_input input = {text_of(account), text_of(month), grouping, forecast};
    struct show_margins_result result;
    WORLD_OK(trade->world, show_margins(&trade->call, &input, &result, &trade->world->fault));
    return result;
}

static void a_margin_is_revenue_less_cost_of_what_was_billed(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    struct show_margins_result result = margins_of(&trade, "P1", "2026-10", MARGIN_BY_CUSTOMER, false);
    assert_int_equal(result.count, 2); /* a free month has no minimum */
    assert_string_equal(result.rows[0].customer_code.at, "A");
    assert_int_equal(result.rows[0].revenue_minor, 40000);
    assert_int_equal(result.rows[0].cost_minor, 9250);
    assert_int_equal(result.rows[0].margin_minor, 30750);
    assert_int_equal(result.rows[0].margin_millionths, 768750);
    result = margins_of(&trade, "P1", "2026-10", MARGIN_BY_BUYER, false);
    assert_int_equal(result.count, 2);
    assert_int_equal(result.rows[1].revenue_minor, 0);
    assert_int_equal(result.total_count, 1);
    assert_int_equal(result.totals[0].revenue_minor, 40000);
    result = margins_of(&trade, "", "2026-10", MARGIN_BY_BUYER, false); /* the distributor's */
    assert_int_equal(result.count, 1);
    assert_string_equal(result.rows[0].buyer_code.at, "P1");
    assert_int_equal(result.rows[0].cost_minor, 600);
}

static void a_forecast_holds_the_present_seats_to_the_end(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-16T00:00:00Z");
    struct show_margins_result result = margins_of(&trade, "P1", "2026-11", MARGIN_TOTAL, true);
    assert_int_equal(result.count, 1);
    /* A 4 × 100, B 2 × 90; cost 6 seats on all days: 2 × 31 + 4 × 15.5. */
    assert_int_equal(result.rows[0].revenue_minor, 58000);
    assert_int_equal(result.rows[0].cost_minor, 12400);
    assert_int_equal(result.rows[0].revenue_so_far_minor, 58000);
    assert_int_equal(result.rows[0].cost_so_far_minor, 12400);
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 30));
    trade_at(&trade, "2026-11-21T00:00:00Z");
    result = margins_of(&trade, "P1", "2026-11", MARGIN_TOTAL, true);
    /* At the end 6 + 30 × 15/30 = 21 seats, now 6 + 30 × 5/20 = 13.5. */
    assert_int_equal(result.rows[0].cost_minor, 2 * 3100 + 19 * 1550);
    assert_int_equal(result.rows[0].cost_so_far_minor, 2 * 3100 + 17825);
}

static void nobody_else_sees_a_margin(void **state) {
    struct trade trade;
    struct show_margins_result result;
    an_october(&trade, *state);
    struct call call = trade.call;
    call.actor = (struct actor){ACTOR_USER, 1, trade.distributor_id, RIGHT_ALL};
    struct show_margins_input input = {.account = TEXT("P1"), .month = TEXT("2026-10")};
    WORLD_FAULT(trade.world, "not-yours", show_margins(&call, &input, &result, &trade.world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(the_columns_are_those_of_the_contract),
        WORLD_TEST(an_account_exports_its_own_edges_alone),
        WORLD_TEST(an_edge_keeps_the_prices_of_every_currency_that_it_had),
        WORLD_TEST(a_withdrawn_price_stays_in_the_export_and_imports_nowhere),
        WORLD_TEST(a_closed_month_says_what_it_was_closed_by_and_keeps_its_midnights),
        WORLD_TEST(a_new_code_changes_no_number_and_no_export),
        WORLD_TEST(an_accounts_ledger_counts_the_postings_of_its_own_books),
        WORLD_TEST(an_export_that_is_none_is_refused),
        WORLD_TEST(a_margin_is_revenue_less_cost_of_what_was_billed),
        WORLD_TEST(a_forecast_holds_the_present_seats_to_the_end),
        WORLD_TEST(nobody_else_sees_a_margin),
    };
    return world_run_tests("export", tests, sizeof tests / sizeof tests[0]);
}
