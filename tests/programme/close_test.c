/* The close: a small programme whose every amount was computed by hand. */
#include "programme/audit/audit_store.h"
#include "programme/catalogue/catalogue.h"
#include "programme/parties/agreements.h"
#include "programme/parties/suspend_agreement.h"
#include "programme/usage/decide_report.h"
#include "trade.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define assert_lines(trade, seller, buyer, month, expected)                                                  \
    do {                                                                                                     \
        struct invoice_detail view_ = trade_invoice(trade, seller, buyer, month);                            \
        assert_string_equal(trade_lines(trade, &view_.invoice).at, expected);                                \
    } while (0)

/* November 2026: every policy on several edges, every tier mode. */
static void a_november(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    for (size_t i = 0; i < 4; i++) {
        trade_sku(trade, (const char *[]){"ANY", "DAILY", "PEAK", "SNAP"}[i]);
    }
    trade_price(trade, "VEND", "DIST", "ANY", POLICY_PEAK, TIER_FLAT, "1:0.10", NULL);
    trade_price(trade, "VEND", "DIST", "DAILY", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "VEND", "DIST", "PEAK", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "VEND", "DIST", "SNAP", POLICY_PEAK, TIER_FLAT, "1:0.50", NULL);
    trade_price(trade, "DIST", "P1", "ANY", POLICY_ANY, TIER_FLAT, "1:1.005", NULL);
    trade_price(trade, "DIST", "P1", "DAILY", POLICY_DAILY, TIER_FLAT, "1:30", NULL);
    trade_price(trade, "DIST", "P1", "PEAK", POLICY_PEAK, TIER_GRADUATED, "1:10 6:8 11:5", NULL);
    trade_price(trade, "DIST", "P1", "SNAP", POLICY_SNAPSHOT, TIER_VOLUME, "1:3 10:2", NULL);
    trade_price(trade, "P1", NULL, "ANY", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(trade, "P1", NULL, "DAILY", POLICY_DAILY, TIER_FLAT, "1:40", NULL);
    trade_price(trade, "P1", NULL, "PEAK", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_price(trade, "P1", NULL, "SNAP", POLICY_SNAPSHOT, TIER_FLAT, "1:5", NULL);

    trade_at(trade, "2026-10-15T08:00:00Z");
    struct text peak_a = trade_licence(trade, "P1", "A", "PEAK", 7);
    struct text peak_b = trade_licence(trade, "P1", "B", "PEAK", 5);
    struct text snap_a = trade_licence(trade, "P1", "A", "SNAP", 4);
    struct text snap_b = trade_licence(trade, "P1", "B", "SNAP", 6);
    struct text any_1 = trade_licence(trade, "P1", "A", "ANY", 2);
    struct text any_2 = trade_licence(trade, "P1", "A", "ANY", 3);
    struct text daily = trade_licence(trade, "P1", "A", "DAILY", 2);
    trade_on(trade, peak_a);
    trade_at(trade, "2026-11-01T00:00:00Z");
    trade_on(trade, snap_a);
    trade_on(trade, snap_b);
    trade_at(trade, "2026-11-03T00:00:00Z");
    trade_on(trade, any_1);
    trade_at(trade, "2026-11-05T00:00:00Z");
    trade_off(trade, any_1);
    trade_at(trade, "2026-11-10T06:00:00Z");
    trade_on(trade, peak_b);
    trade_on(trade, any_2);
    trade_on(trade, daily);
    trade_at(trade, "2026-11-12T00:00:00Z");
    trade_off(trade, any_2);
    trade_at(trade, "2026-11-13T18:00:00Z");
    trade_off(trade, daily);
    trade_at(trade, "2026-11-15T00:00:00Z");
    trade_resize(trade, snap_a, 12);
    trade_at(trade, "2026-11-20T00:00:00Z");
    trade_off(trade, peak_b);
    trade_at(trade, "2026-11-30T12:00:00Z");
    trade_off(trade, snap_b);
}

static void every_policy_and_tier_mode_bills_to_the_cent(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.open_count, 0);
    assert_int_equal(result.closed_count, 4);
    assert_int_equal(result.invoice_count, 4);
    assert_int_equal(result.reports_approved, 1);

    assert_lines(&trade, "VEND", "DIST", "2026-11",
                 "A ANY peak 3 3 0.1 0.30\n"
                 "A DAILY peak 2 2 1 2.00\n"
                 "A PEAK peak 7 7 1 7.00\n"
                 "A SNAP peak 12 12 0.5 6.00\n"
                 "B PEAK peak 5 5 1 5.00\n"
                 "B SNAP peak 6 6 0.5 3.00\n");
    assert_lines(&trade, "DIST", "P1", "2026-11",
                 "A ANY any 5 5 1.005 5.03\n"
                 "A DAILY daily 0.266667 0.266667 30 8.00\n"
                 "A PEAK peak 7 3 10 30.00\n"
                 "A PEAK peak 7 3 8 24.00\n"
                 "A PEAK peak 7 1 5 5.00\n"
                 "A SNAP snapshot 12 12 2 24.00\n"
                 "B PEAK peak 5 2 10 20.00\n"
                 "B PEAK peak 5 2 8 16.00\n"
                 "B PEAK peak 5 1 5 5.00\n");
    assert_lines(&trade, "P1", "A", "2026-11",
                 "A ANY peak 3 3 2 6.00\n"
                 "A DAILY daily 0.266667 0.266667 40 10.67\n"
                 "A PEAK peak 7 7 20 140.00\n"
                 "A SNAP snapshot 12 12 5 60.00\n");
    assert_lines(&trade, "P1", "B", "2026-11", "B PEAK peak 5 5 20 100.00\n");

    struct invoice_detail vendor = trade_invoice(&trade, "VEND", "DIST", "2026-11");
    assert_int_equal(vendor.invoice.kind, INVOICE_KIND_SETTLEMENT);
    assert_int_equal(vendor.invoice.gross_minor, 2330);
    struct invoice_detail provider = trade_invoice(&trade, "DIST", "P1", "2026-11");
    assert_int_equal(provider.invoice.net_minor, 13703);
    assert_int_equal(provider.invoice.tax_minor, 2741);
    assert_int_equal(provider.invoice.gross_minor, 16444);
    assert_string_equal(provider.invoice.number.at, "DIST-2026-000001");
    assert_int_equal(provider.invoice.tax_count, 1);
    assert_int_equal(provider.due_minor, 16444);
    struct invoice_detail second = trade_invoice(&trade, "P1", "B", "2026-11");
    assert_string_equal(second.invoice.number.at, "P1-2026-000002");
}

static void closing_again_gives_nothing_new(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    int64_t lines = trade_ask(&trade, "select count(*) from invoice_lines");
    int64_t postings = trade_ask(&trade, "select count(*) from ledger");
    struct close_month_result again = trade_close(&trade, "2026-11");
    assert_int_equal(again.closed_count, 0);
    assert_int_equal(again.open_count, 0);
    assert_int_equal(again.already_closed, 4);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoice_lines"), lines);
    assert_int_equal(trade_ask(&trade, "select count(*) from ledger"), postings);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices"), 4);
}

static void a_close_writes_down_the_rules_that_it_goes_by(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    assert_int_equal(trade_ask(&trade, "select count(*) from months where rules is not null"), 0);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_int_equal(trade_ask(&trade, "select count(*) from months where rules = 3"), 4);
    assert_int_equal(trade_ask(&trade, "select count(*) from months"), 4);
}

/* Samoa had no 30 December 2011. */
static void a_day_that_a_zone_leaves_out_is_no_day_of_the_month(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "Pacific/Apia", "USD");
    trade_sku(&trade, "DAILY");
    trade_price(&trade, "VEND", "DIST", "DAILY", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", "P1", "DAILY", POLICY_DAILY, TIER_FLAT, "1:30", NULL);
    trade_price(&trade, "P1", NULL, "DAILY", POLICY_DAILY, TIER_FLAT, "1:60", NULL);
    trade_sabotage(&trade, "update agreements set signed_at_us = 1320000000000000");
    trade_sabotage(&trade, "update prices set effective_from = 15000");
    trade_at(&trade, "2011-12-01T10:00:00Z"); /* midnight there */
    struct text all_month = trade_licence(&trade, "P1", "A", "DAILY", 8);
    struct text last_days = trade_licence(&trade, "P1", "B", "DAILY", 3);
    trade_on(&trade, all_month);
    trade_at(&trade, "2011-12-29T12:00:00Z"); /* the 29th and the 31st */
    trade_on(&trade, last_days);
    trade_at(&trade, "2012-01-20T00:00:00Z");
    struct close_month_result closed = trade_close(&trade, "2011-12");
    assert_int_equal(closed.open_count, 0);
    assert_lines(&trade, "P1", "A", "2011-12", "A DAILY daily 8 8 60 480.00\n");
    assert_lines(&trade, "P1", "B", "2011-12", "B DAILY daily 0.2 0.2 60 12.00\n");
    assert_int_equal(trade_ask(&trade, "select min(parts_per_unit * 100 + quantity_parts) from invoice_lines "
                                       "where policy = 'daily'"),
                     3006);
}

static void what_is_posted_sums_to_zero(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_int_equal(trade_ask(&trade, "select cast(sum(debit_minor - credit_minor) as bigint) from ledger"),
                     0);
    assert_int_equal(trade_ask(&trade, "select cast(sum(debit_minor) as bigint) from ledger where account = "
                                       "'receivable'"),
                     2330 + 16444 + 21667 + 10000);
}

static void before_the_deadline_the_providers_edge_waits_for_its_report(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_at(&trade, "2026-12-05T23:59:59Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 3);
    assert_int_equal(result.open_count, 1);
    assert_string_equal(trade_open_edge(&result, "DIST", "P1")->reason.at, "report-missing");
    trade_at(&trade, "2026-12-06T00:00:00Z");
    result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 1);
    assert_int_equal(result.already_closed, 3);
    assert_int_equal(result.reports_approved, 1);
}

static void a_month_that_has_not_ended_is_refused(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    struct close_month_input input = {.month = TEXT("2026-11")};
    struct close_month_result result;
    trade_at(&trade, "2026-11-30T23:59:59Z");
    WORLD_FAULT(trade.world, "month-not-ended",
                close_month(&trade.call, &input, &result, &trade.world->fault));
    input.month = TEXT("2026-13");
    WORLD_FAULT(trade.world, "malformed-month",
                close_month(&trade.call, &input, &result, &trade.world->fault));
}

static void an_edge_that_misses_a_price_stays_open_and_says_which(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_sku(&trade, "NEW");
    trade_at(&trade, "2026-11-30T13:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "B", "NEW", 1));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 1); /* P1 → A */
    assert_int_equal(result.open_count, 3);
    const struct close_month_edge *open = trade_open_edge(&result, "P1", "B");
    assert_string_equal(open->reason.at, "price-missing");
    assert_non_null(strstr(open->message.at, "NEW"));
    trade_price(&trade, "VEND", "DIST", "NEW", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", "P1", "NEW", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(&trade, "P1", NULL, "NEW", POLICY_PEAK, TIER_FLAT, "1:3", NULL);
    result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 3);
    assert_int_equal(result.open_count, 0);
}

static void bill_elsewhere(struct trade *trade, const char *yes_or_no) {
    struct edit_agreement_input edit = {.buyer = TEXT("P1"), .bills_elsewhere = text_of(yes_or_no)};
    struct agreement_view view;
    WORLD_OK(trade->world, edit_agreement(&trade->call, &edit, &view, &trade->world->fault));
}

static void only_a_reseller_bills_elsewhere(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    struct edit_agreement_input edit = {.buyer = TEXT("A"), .bills_elsewhere = TEXT("yes")};
    struct agreement_view view;
    WORLD_FAULT(trade.world, "not-a-reseller",
                edit_agreement(&trade.call, &edit, &view, &trade.world->fault));
    edit.seller = TEXT("VEND");
    edit.buyer = TEXT("DIST");
    WORLD_FAULT(trade.world, "not-a-reseller",
                edit_agreement(&trade.call, &edit, &view, &trade.world->fault));
    edit = (struct edit_agreement_input){.buyer = TEXT("P1")};
    WORLD_FAULT(trade.world, "missing-field", edit_agreement(&trade.call, &edit, &view, &trade.world->fault));
}

/* Not having a price is never a word for billing elsewhere: not even where the seller has none at all. */
static void a_seller_without_any_prices_stays_open_until_it_says_that_it_bills_elsewhere(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "PEAK");
    trade_price(&trade, "VEND", "DIST", "PEAK", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", NULL, "PEAK", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "PEAK", 3));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 3);
    assert_int_equal(result.open_count, 1);
    const struct close_month_edge *open = trade_open_edge(&result, "P1", "A");
    assert_string_equal(open->reason.at, "price-missing");
    assert_non_null(strstr(open->message.at, "PEAK"));
    assert_non_null(strstr(open->message.at, "bills_elsewhere"));
    bill_elsewhere(&trade, "yes");
    result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 1);
    assert_true(result.closed[0].billed_elsewhere);
    assert_int_equal(result.closed[0].invoice.length, 0);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices"), 2);
    /* What closed so stays so, whatever its seller says later. */
    bill_elsewhere(&trade, "no");
    trade_price(&trade, "P1", NULL, "PEAK", POLICY_PEAK, TIER_FLAT, "1:3", NULL);
    struct audit_store_result audit;
    WORLD_OK(trade.world, audit_store(&trade.call, &audit, &trade.world->fault));
    assert_int_equal(audit.violation_total, 0);
}

/* A1 has a price of its own and B has none: B's month waits for one. */
static void a_customer_whose_first_price_was_forgotten_stays_open(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(&trade, "P1", "A", "S", POLICY_PEAK, TIER_FLAT, "1:7", NULL);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 8));
    trade_on(&trade, trade_licence(&trade, "P1", "B", "S", 5));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 3);
    assert_string_equal(trade_open_edge(&result, "P1", "B")->reason.at, "price-missing");
    trade_price(&trade, "P1", "B", "S", POLICY_PEAK, TIER_FLAT, "1:7", NULL);
    assert_int_equal(trade_close(&trade, "2026-11").closed_count, 1);
    assert_lines(&trade, "P1", "B", "2026-11", "B S peak 5 5 7 35.00\n");
}

/* An offer is no commitment: only who used a SKU, and pays for any of it, has its minimum. */
static void a_minimum_binds_who_used_the_sku_and_not_in_a_free_month(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "S");
    trade_sku(&trade, "T");
    struct price_terms terms = {.minimum_units = 10, .free_months = 1};
    trade_price(&trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "VEND", "DIST", "T", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(&trade, "DIST", NULL, "T", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:5", &terms);
    trade_price(&trade, "P1", NULL, "T", POLICY_PEAK, TIER_FLAT, "1:3", NULL);
    trade_account(&trade, "customer", "IDLE", "P1");
    trade_at(&trade, "2026-11-02T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 3));
    trade_on(&trade, trade_licence(&trade, "P1", "B", "T", 2));
    trade_at(&trade, "2027-01-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    assert_int_equal(trade_close(&trade, "2026-12").open_count, 0);
    assert_lines(&trade, "P1", "A", "2026-11", "A S peak 3 0 5 0.00 free month\n");
    assert_lines(&trade, "P1", "B", "2026-11", "B T peak 2 2 3 6.00\n");
    assert_lines(&trade, "P1", "A", "2026-12", "A S peak 3 3 5 15.00\n S peak 0 7 5 35.00 minimum\n");
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices i join accounts a on a.id = i.buyer_id "
                                       "where a.code = 'IDLE'"),
                     0);
}

/* Prices of DIST for P1 with each term, and a November in use. */
static void a_november_with_terms(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    for (size_t i = 0; i < 4; i++) {
        trade_sku(trade, (const char *[]){"FREE", "LEAST", "NFR", "TRIAL"}[i]);
    }
    struct price_terms free = {.free_months = 1};
    struct price_terms least = {.minimum_units = 10};
    struct price_terms nfr = {.not_for_resale = true};
    struct price_terms trial = {.has_trial_end = true, .trial_end = date_of(2026, 11, 21)};
    trade_price(trade, "DIST", "P1", "FREE", POLICY_PEAK, TIER_FLAT, "1:10", &free);
    trade_price(trade, "DIST", "P1", "LEAST", POLICY_PEAK, TIER_FLAT, "1:3", &least);
    trade_price(trade, "DIST", "P1", "NFR", POLICY_PEAK, TIER_FLAT, "1:0", &nfr);
    trade_price(trade, "DIST", "P1", "TRIAL", POLICY_DAILY, TIER_FLAT, "1:30", &trial);
    trade_at(trade, "2026-10-31T23:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "FREE", 1));
    trade_at(trade, "2026-11-01T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "B", "FREE", 2));
    trade_on(trade, trade_licence(trade, "P1", "A", "LEAST", 4));
    trade_on(trade, trade_licence(trade, "P1", "A", "NFR", 5));
    trade_on(trade, trade_licence(trade, "P1", "A", "TRIAL", 6));
}

static void terms_make_months_free_trials_minimums_and_not_for_resale(void **state) {
    struct trade trade;
    a_november_with_terms(&trade, *state);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 1); /* the others have no prices */
    assert_int_equal(result.open_count, 3);
    assert_lines(&trade, "DIST", "P1", "2026-11",
                 "A FREE peak 1 1 10 10.00\n"
                 "A LEAST peak 4 4 3 12.00\n"
                 "A NFR peak 5 5 0 0.00 not for resale\n"
                 "A TRIAL daily 2 2 30 60.00\n" /* 6 seats on 10 of 30 days */
                 "B FREE peak 2 0 10 0.00 free month\n"
                 " LEAST peak 0 6 3 18.00 minimum\n");
}

/* The quantity that an invoice charges a customer for, over its lines of a SKU, in whole units. */
static int64_t units_billed(const struct invoice *invoice, const struct usage_report_row *row) {
    int64_t parts = 0;
    for (size_t i = 0; i < invoice->line_count; i++) {
        const struct invoice_line *line = &invoice->lines[i];
        if (text_equal(line->customer_code, row->customer_code) && text_equal(line->sku, row->sku)) {
            assert_int_equal(line->quantity.parts_per_unit, row->chargeable.parts_per_unit);
            parts += line->quantity.parts;
        }
    }
    return parts;
}

static void a_report_shows_as_chargeable_what_is_billed(void **state) {
    struct trade trade;
    a_november_with_terms(&trade, *state);
    struct world *world = trade.world;
    const struct report_name name = {.provider = TEXT("P1"), .month = TEXT("2026-11")};
    struct report_detail report;
    struct adjust_report_input adjust = {.name = name,
                                         .customer = TEXT("B"),
                                         .sku = TEXT("FREE"),
                                         .units = 7,
                                         .reason = TEXT("seven in truth")};
    WORLD_OK(world, adjust_report(&trade.call, &adjust, &report, &world->fault)); /* of a free month */
    adjust.customer = TEXT("A");
    adjust.sku = TEXT("TRIAL"); /* by the day */
    adjust.units = 3;
    WORLD_OK(world, adjust_report(&trade.call, &adjust, &report, &world->fault));
    struct report_detail answered = report;
    trade_at(&trade, "2026-12-01T00:00:00Z");
    const struct decide_report_input decision = {.name = name};
    WORLD_OK(world, submit_report(&trade.call, &decision, &report, &world->fault));
    WORLD_OK(world, approve_report(&trade.call, &decision, &report, &world->fault));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    struct invoice_detail billed = trade_invoice(&trade, "DIST", "P1", "2026-11");
    assert_int_equal(report.report.row_count, 5);
    assert_int_equal(answered.report.row_count, 5);
    for (size_t i = 0; i < report.report.row_count; i++) {
        const struct usage_report_row *row = &report.report.rows[i];
        assert_int_equal(row->chargeable.parts, units_billed(&billed.invoice, row));
        assert_int_equal(answered.report.rows[i].chargeable.parts, row->chargeable.parts);
    }
    const struct usage_report_row *free = &report.report.rows[4];
    assert_true(text_is(free->customer_code, "B"));
    assert_int_equal(free->measured.parts, 2);
    assert_int_equal(free->adjusted_units, 7);
    assert_int_equal(free->chargeable.parts, 0);
}

static void a_month_with_a_change_of_clocks_is_cut_at_local_midnights(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "America/New_York", "USD");
    trade_sku(&trade, "DAILY");
    trade_price(&trade, "DIST", "P1", "DAILY", POLICY_DAILY, TIER_FLAT, "1:30", NULL);
    /* Midnight in New York is 04:00Z until November 1st, 05:00Z from the 2nd on. */
    trade_at(&trade, "2026-11-01T03:59:59Z");
    struct text october = trade_licence(&trade, "P1", "A", "DAILY", 9);
    struct text november = trade_licence(&trade, "P1", "B", "DAILY", 1);
    trade_on(&trade, october);
    trade_at(&trade, "2026-11-01T04:00:00Z");
    trade_off(&trade, october);
    trade_at(&trade, "2026-11-02T04:59:59Z"); /* still the 1st */
    trade_on(&trade, november);
    trade_at(&trade, "2026-11-02T05:00:00Z"); /* the 2nd: it counted on the 1st alone */
    trade_off(&trade, november);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    trade_close(&trade, "2026-11");
    assert_lines(&trade, "DIST", "P1", "2026-10", "A DAILY daily 0.290323 0.290323 30 8.71\n"); /* 9/31 */
    assert_lines(&trade, "DIST", "P1", "2026-11", "B DAILY daily 0.033333 0.033333 30 1.00\n"); /* 1/30 */
}

static void changes_of_one_instant_count_as_what_they_come_to(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "America/New_York", "USD");
    trade_sku(&trade, "PEAK");
    trade_sku(&trade, "ANY");
    trade_price(&trade, "DIST", "P1", "PEAK", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", "P1", "ANY", POLICY_ANY, TIER_FLAT, "1:1", NULL);
    trade_at(&trade, "2026-10-20T00:00:00Z");
    struct text peak = trade_licence(&trade, "P1", "A", "PEAK", 2);
    struct text any = trade_licence(&trade, "P1", "A", "ANY", 3);
    struct text never = trade_licence(&trade, "P1", "B", "PEAK", 50);
    trade_on(&trade, peak);
    trade_on(&trade, any);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_off(&trade, peak);
    trade_on(&trade, peak);
    trade_resize(&trade, peak, 9);
    trade_resize(&trade, peak, 4);
    trade_resize(&trade, any, 8);
    trade_resize(&trade, any, 5);
    trade_on(&trade, never);
    trade_off(&trade, never);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_lines(&trade, "DIST", "P1", "2026-11", "A ANY any 5 5 1 5.00\nA PEAK peak 4 4 1 4.00\n");
}

static void yen_have_no_decimals(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "Asia/Tokyo", "JPY");
    trade_sku(&trade, "S");
    trade_price(&trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:100.5", NULL);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 3));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_lines(&trade, "DIST", "P1", "2026-11", "A S peak 3 3 100.5 302\n"); /* 301.5 */
}

static void dinars_have_three_decimals(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "Asia/Kuwait", "KWD");
    trade_sku(&trade, "S");
    trade_price(&trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:0.3335", NULL);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 1));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_lines(&trade, "DIST", "P1", "2026-11", "A S peak 1 1 0.3335 0.334\n");
}

/* One of two closes at the same time, with a connection and an arena of its own. */
struct closer {
    struct call call;
    struct arena arena;
    struct fault fault;
    struct close_month_result result;
    enum status status;
};

static void *run_closer(void *argument) {
    struct closer *closer = argument;
    struct close_month_input input = {.month = TEXT("2026-11")};
    closer->status = close_month(&closer->call, &input, &closer->result, &closer->fault);
    return NULL;
}

static void of_two_closes_at_once_one_wins_and_the_other_says_so(void **state) {
    struct trade trade;
    struct closer closers[2] = {0};
    pthread_t threads[2];
    a_november(&trade, *state);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    for (int i = 0; i < 2; i++) {
        arena_init(&closers[i].arena);
        closers[i].call = trade.call;
        closers[i].call.db = world_reopen(trade.world);
        closers[i].call.arena = &closers[i].arena;
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_closer, &closers[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    int winner = closers[0].result.closed_count > 0 ? 0 : 1;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(closers[i].status, STATUS_OK);
    }
    assert_int_equal(closers[winner].result.closed_count, 4);
    assert_int_equal(closers[winner].result.already_closed, 0);
    assert_int_equal(closers[1 - winner].result.closed_count, 0);
    assert_int_equal(closers[1 - winner].result.already_closed, 4);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices"), 4);
    for (int i = 0; i < 2; i++) {
        arena_clean_up(&closers[i].arena);
    }
}

static void a_suspended_provider_is_not_billed_while_it_is(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "S");
    trade_price(&trade, "DIST", "P1", "S", POLICY_DAILY, TIER_FLAT, "1:30", NULL);
    trade_at(&trade, "2026-10-20T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 1));
    struct suspend_agreement_input edge = {
        .seller = TEXT("DIST"), .buyer = TEXT("P1"), .reason = TEXT("late")};
    struct cascade_result cascade;
    trade_at(&trade, "2026-11-11T00:00:00Z");
    WORLD_OK(trade.world, suspend_agreement(&trade.call, &edge, &cascade, &trade.world->fault));
    trade_at(&trade, "2026-11-21T00:00:00Z");
    WORLD_OK(trade.world, resume_agreement(&trade.call, &edge, &cascade, &trade.world->fault));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_lines(&trade, "DIST", "P1", "2026-11", "A S daily 0.666667 0.666667 30 20.00\n");
}

static void a_terminated_edge_is_billed_to_its_end(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:50", NULL);
    trade_price(&trade, "DIST", "P1", "S", POLICY_DAILY, TIER_FLAT, "1:30", NULL);
    trade_at(&trade, "2026-10-20T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 1));
    struct suspend_agreement_input edge = {
        .seller = TEXT("DIST"), .buyer = TEXT("P1"), .reason = TEXT("over")};
    struct cascade_result cascade;
    trade_at(&trade, "2026-11-04T00:00:00Z");
    WORLD_OK(trade.world, terminate_agreement(&trade.call, &edge, &cascade, &trade.world->fault));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.open_count, 0);
    assert_lines(&trade, "DIST", "P1", "2026-11", "A S daily 0.1 0.1 30 3.00\n");
    trade_at(&trade, "2027-01-10T00:00:00Z");
    result = trade_close(&trade, "2026-12");
    assert_int_equal(result.closed_count, 1); /* the vendor's: nothing else lives */
}

static void a_bundle_is_billed_below_its_composer_and_its_parts_above(void **state) {
    struct trade trade;
    struct sku_view view;
    trade_begin(&trade, *state, "UTC", "USD");
    trade_sku(&trade, "PART1");
    trade_sku(&trade, "PART2");
    struct bundle_part_input parts[] = {{TEXT("PART1"), 1}, {TEXT("PART2"), 2}};
    struct compose_bundle_input compose = {
        .seller = TEXT("P1"), .code = TEXT("SUITE"), .name = TEXT("Suite"), .parts = parts, .part_count = 2};
    WORLD_OK(trade.world, compose_bundle(&trade.call, &compose, &view, &trade.world->fault));
    trade_price(&trade, "VEND", "DIST", "PART1", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "VEND", "DIST", "PART2", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", "P1", "PART1", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(&trade, "DIST", "P1", "PART2", POLICY_PEAK, TIER_FLAT, "1:3", NULL);
    trade_price(&trade, "P1", NULL, "PART1", POLICY_PEAK, TIER_FLAT, "1:4", NULL);
    trade_price(&trade, "P1", NULL, "SUITE", POLICY_PEAK, TIER_FLAT, "1:50", NULL);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "SUITE", 5));
    trade_on(&trade, trade_licence(&trade, "P1", "A", "PART1", 3)); /* by itself: on every edge */
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_int_equal(result.open_count, 0);
    assert_lines(&trade, "VEND", "DIST", "2026-11", "A PART1 peak 8 8 1 8.00\nA PART2 peak 10 10 1 10.00\n");
    assert_lines(&trade, "DIST", "P1", "2026-11", "A PART1 peak 8 8 2 16.00\nA PART2 peak 10 10 3 30.00\n");
    assert_lines(&trade, "P1", "A", "2026-11", "A PART1 peak 3 3 4 12.00\nA SUITE peak 5 5 50 250.00\n");
}

static void an_adjustment_changes_its_own_edge_alone_and_says_why(void **state) {
    struct trade trade;
    struct report_detail report;
    a_november(&trade, *state);
    trade_at(&trade, "2026-12-02T00:00:00Z");
    struct report_name name = {.provider = TEXT("P1"), .month = TEXT("2026-11")};
    struct adjust_report_input adjust = {.name = name,
                                         .customer = TEXT("A"),
                                         .sku = TEXT("SNAP"),
                                         .units = 4,
                                         .reason = TEXT("ordered by mistake")};
    struct decide_report_input decide = {.name = name};
    WORLD_OK(trade.world, adjust_report(&trade.call, &adjust, &report, &trade.world->fault));
    WORLD_OK(trade.world, submit_report(&trade.call, &decide, &report, &trade.world->fault));
    struct close_month_result result = trade_close(&trade, "2026-11");
    assert_string_equal(trade_open_edge(&result, "DIST", "P1")->reason.at, "report-not-approved");
    WORLD_OK(trade.world, approve_report(&trade.call, &decide, &report, &trade.world->fault));
    result = trade_close(&trade, "2026-11");
    assert_int_equal(result.closed_count, 1);
    struct invoice_detail view = trade_invoice(&trade, "DIST", "P1", "2026-11");
    struct text lines = trade_lines(&trade, &view.invoice);
    assert_non_null(strstr(lines.at, "A SNAP snapshot 12 4 3 12.00 ordered by mistake\n"));
    view = trade_invoice(&trade, "P1", "A", "2026-11");
    lines = trade_lines(&trade, &view.invoice);
    assert_non_null(strstr(lines.at, "A SNAP snapshot 12 12 5 60.00\n"));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(every_policy_and_tier_mode_bills_to_the_cent),
        WORLD_TEST(closing_again_gives_nothing_new),
        WORLD_TEST(a_close_writes_down_the_rules_that_it_goes_by),
        WORLD_TEST(a_day_that_a_zone_leaves_out_is_no_day_of_the_month),
        WORLD_TEST(what_is_posted_sums_to_zero),
        WORLD_TEST(before_the_deadline_the_providers_edge_waits_for_its_report),
        WORLD_TEST(a_month_that_has_not_ended_is_refused),
        WORLD_TEST(an_edge_that_misses_a_price_stays_open_and_says_which),
        WORLD_TEST(only_a_reseller_bills_elsewhere),
        WORLD_TEST(a_seller_without_any_prices_stays_open_until_it_says_that_it_bills_elsewhere),
        WORLD_TEST(a_customer_whose_first_price_was_forgotten_stays_open),
        WORLD_TEST(a_minimum_binds_who_used_the_sku_and_not_in_a_free_month),
        WORLD_TEST(terms_make_months_free_trials_minimums_and_not_for_resale),
        WORLD_TEST(a_report_shows_as_chargeable_what_is_billed),
        WORLD_TEST(a_month_with_a_change_of_clocks_is_cut_at_local_midnights),
        WORLD_TEST(changes_of_one_instant_count_as_what_they_come_to),
        WORLD_TEST(yen_have_no_decimals),
        WORLD_TEST(dinars_have_three_decimals),
        WORLD_TEST(of_two_closes_at_once_one_wins_and_the_other_says_so),
        WORLD_TEST(a_suspended_provider_is_not_billed_while_it_is),
        WORLD_TEST(a_terminated_edge_is_billed_to_its_end),
        WORLD_TEST(a_bundle_is_billed_below_its_composer_and_its_parts_above),
        WORLD_TEST(an_adjustment_changes_its_own_edge_alone_and_says_why),
    };
    return world_run_tests("close", tests, sizeof tests / sizeof tests[0]);
}
