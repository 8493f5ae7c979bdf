/* The check finds nothing in a store that the programme made, and every single thing that is broken behind
 * its back. Each sabotage is made, checked and rolled back. */
#include "programme/audit/audit_store.h"
#include "programme/billing/corrections.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/one_off_charges.h"
#include "programme/catalogue/catalogue.h"
#include "programme/parties/suspend_agreement.h"
#include "programme/receivables/settle_invoice.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Two closed months with everything in them: a bundle, a suspension, a charge, a correction, credit notes, a
 * payment. */
static void a_rich_store(struct trade *trade, struct world *world) {
    struct sku_view suite;
    struct one_off_charge_view charge;
    struct correction_page correction;
    struct invoice_view summary;
    struct cascade_result cascade;
    trade_begin(trade, world, "Europe/Berlin", "EUR");
    trade_sku(trade, "S");
    trade_sku(trade, "T");
    struct bundle_part_input parts[] = {{TEXT("S"), 1}, {TEXT("T"), 2}};
    struct compose_bundle_input compose = {
        .seller = TEXT("P1"), .code = TEXT("SUITE"), .name = TEXT("Suite"), .parts = parts, .part_count = 2};
    WORLD_OK(world, compose_bundle(&trade->call, &compose, &suite, &world->fault));
    trade_price(trade, "VEND", "DIST", "S", POLICY_DAILY, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "VEND", "DIST", "T", POLICY_ANY, TIER_VOLUME, "1:1 5:0.50", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_GRADUATED, "1:10 6:5", NULL);
    trade_price(trade, "DIST", "P1", "T", POLICY_SNAPSHOT, TIER_FLAT, "1:3.333333", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_price(trade, "P1", NULL, "SUITE", POLICY_DAILY, TIER_FLAT, "1:70", NULL);
    trade_at(trade, "2026-10-05T08:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 4));
    trade_on(trade, trade_licence(trade, "P1", "B", "SUITE", 3));
    struct text third = trade_licence(trade, "P1", "A", "S", 2);
    trade_on(trade, third);
    trade_at(trade, "2026-10-20T08:00:00Z");
    trade_off(trade, third);
    trade_licence(trade, "P1", "B", "T", 1); /* never on */
    struct suspend_agreement_input edge = {.seller = TEXT("P1"), .buyer = TEXT("B"), .reason = TEXT("late")};
    WORLD_OK(world, suspend_agreement(&trade->call, &edge, &cascade, &world->fault));
    trade_at(trade, "2026-10-25T08:00:00Z");
    WORLD_OK(world, resume_agreement(&trade->call, &edge, &cascade, &world->fault));
    struct add_one_off_charge_input installation = {.seller = TEXT("P1"),
                                                    .buyer = TEXT("A"),
                                                    .month = TEXT("2026-10"),
                                                    .description = TEXT("Installation"),
                                                    .quantity = 1,
                                                    .unit_price = TEXT("99")};
    WORLD_OK(world, add_one_off_charge(&trade->call, &installation, &charge, &world->fault));
    trade_at(trade, "2026-11-10T00:00:00Z");
    assert_int_equal(trade_close(trade, "2026-10").open_count, 0);
    struct add_correction_input correct = {.giver = TEXT("DIST"),
                                           .month = TEXT("2026-10"),
                                           .customer = TEXT("A"),
                                           .sku = TEXT("S"),
                                           .has_units = true,
                                           .units = 5,
                                           .reason = TEXT("miscounted")};
    WORLD_OK(world, add_correction(&trade->call, &correct, &correction, &world->fault));
    struct settle_invoice_input pay = {.invoice = TEXT("VEND-2026-000001")};
    WORLD_OK(world, pay_invoice(&trade->call, &pay, &summary, &world->fault));
    for (int64_t line = 1; line <= 2; line++) {
        struct credit_invoice_input credit = {.invoice = TEXT("DIST-2026-000001"),
                                              .positions = &line,
                                              .position_count = 1,
                                              .reason = TEXT("goodwill")};
        WORLD_OK(world, credit_invoice(&trade->call, &credit, &summary, &world->fault));
    }
    trade_at(trade, "2026-12-10T00:00:00Z");
    assert_int_equal(trade_close(trade, "2026-11").open_count, 0);
    edge.buyer = TEXT("A");
    WORLD_OK(world, suspend_agreement(&trade->call, &edge, &cascade, &world->fault));
}

static void a_store_that_the_programme_made_is_clean(void **state) {
    struct trade trade;
    struct audit_store_result result;
    a_rich_store(&trade, *state);
    WORLD_OK(trade.world, audit_store(&trade.call, &result, &trade.world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s %s\n", result.violations[i].rule.at, result.violations[i].subject.at,
                    result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
    assert_int_equal(result.licences_checked, 6);
    assert_int_equal(result.invoices_checked, 8);
    assert_true(result.events_checked > 0 && result.lines_checked > 0 && result.postings_checked > 0);
}

/* What to do to the store, and the rule that must find it. */
struct sabotage {
    const char *rule;
    const char *sql[4];
};

#define NUMBERED(n) "(select id from invoices where number = '" n "')"
#define EDGE(seller, buyer)                                                                                  \
    "(select g.id from agreements g join accounts s on s.id = g.seller_id join accounts b on b.id = "        \
    "g.buyer_id where s.code = '" seller "' and b.code = '" buyer "')"
#define OCTOBER "24321" /* 2026 × 12 + 9 */

static const struct sabotage SABOTAGES[] = {
    {"event-gap", {"delete from licence_events where number = 2"}},
    {"event-gap", {"delete from licence_events where number = (select max(number) from licence_events)"}},
    {"event-gap", {"update event_logs set taken = taken + 1"}},
    {"event-gap", {"delete from event_logs"}},
    {"event-gap", {"insert into event_logs (provider_id, taken, recorded_at_us) values (1, 1, 0)"}},
    {"event-recorded",
     {"update licence_events set recorded_at_us = recorded_at_us - 9000000000000 where number = 4"}},
    {"event-recorded", {"update event_logs set recorded_at_us = recorded_at_us + 1"}},
    {"event-chain", {"update licence_events set seats_before = seats_before + 1 where kind = 2"}},
    {"event-seats", {"update licence_events set seats_after = seats_after + 1 where number = 1"}},
    {"event-licence", {"update licence_events set customer_id = provider_id where number = 1"}},
    {"event-licence", {"update licence_events set licence_id = 999999 where number = 1"}},
    {"event-order", {"update licence_events set at_us = at_us - 9000000000000 where kind = 2"}},
    {"event-impossible", {"update licence_events set kind = 2 where number = 1"}},
    {"event-undo", {"update licence_events set kind = 6 where number = 1"}},
    {"event-live", {"insert into voided_events select provider_id, 1, 2 from event_logs"}},
    {"event-voided", {"insert into voided_events select provider_id, 1, 2 from event_logs"}},
    {"event-voided", {"insert into voided_events select provider_id, 1, 999999 from event_logs"}},
    {"licence-state", {"update licences set state = 'off' where state = 'on'"}},
    {"licence-state", {"update licences set state = 'off' where state = 'issued'"}},
    {"licence-counted", {"update licences set counted_seats = counted_seats + 1"}},
    {"licence-seats", {"update licences set seats = seats + 1 where state = 'on'"}},
    {"licence-first-on", {"update licences set first_on_at_us = first_on_at_us - 1"}},
    {"licence-last-event", {"update licences set last_event_at_us = last_event_at_us + 1"}},
    {"licence-suspensions", {"update licences set suspensions = suspensions + 1"}},
    {"licence-suspensions", {"update agreements set state = 'signed' where state = 'suspended'"}},
    {"usage-not-kept", {"update programme set usage_kept = 0"}},
    {"usage-month", {"delete from usage_months"}},
    {"usage-group", {"delete from usage_groups"}},
    {"usage-group", {"delete from ended_usage"}},
    {"usage-group", {"update usage_groups set provider_id = 999999"}},
    {"usage-group", {"update usage_groups set customer_id = customer_id + 1000"}},
    {"usage-group", {"update usage_groups set sku_id = sku_id + 1000"}},
    {"usage-group", {"update usage_groups set zone = zone + 1000"}},
    {"usage-group", {"update usage_groups set first_edge = first_edge + 1000"}},
    {"usage-group", {"update usage_groups set last_edge = last_edge - 1000"}},
    {"usage-group", {"update usage_groups set month = month - 1"}},
    {"usage-group", {"update usage_groups set opening_seats = opening_seats + 1"}},
    {"usage-group", {"update usage_groups set seats = -1"}},
    {"usage-group", {"update usage_groups set changed_at_us = changed_at_us - 1"}},
    {"usage-group", {"update usage_groups set peak_before = 9223372036854775807"}},
    {"usage-group", {"update usage_groups set any_seats = any_seats + 1"}},
    {"usage-group", {"update usage_groups set day = day + 1"}},
    {"usage-group", {"update usage_groups set day_peak = day_peak + 1"}},
    {"usage-group", {"update usage_groups set seat_days = seat_days + 1"}},
    {"usage-group", {"update usage_groups set first_on_at_us = 0"}},
    {"usage-group", {"update ended_usage set provider_id = 999999"}},
    {"usage-group", {"update ended_usage set month = month - 1"}},
    {"usage-group", {"update ended_usage set last_edge = last_edge - 1"}},
    {"usage-group", {"update ended_usage set opening_seats = 9223372036854775807"}},
    {"usage-group", {"update ended_usage set seats = seats + 1"}},
    {"usage-group", {"update ended_usage set seat_days = -1"}},
    {"usage-group", {"update usage_zones set time_zone = 'Europe/Paris'"}},
    {"usage-group", {"update usage_months set month = month + 100"}},
    {"usage-month", {"update usage_months set zone = zone + 1000"}},
    {"usage-month", {"update usage_months set midnights_us = '1 2 3 x'"}},
    {"usage-month", {"update usage_months set midnights_us = ''"}},
    {"block-seats", {"update blocks set issued_seats = issued_seats + 1"}},
    {"part-differs", {"update licences set seats = seats + 1 where parent_id is not null"}},
    {"licence-provider", {"update licences set first_edge = 127, last_edge = 3"}},
    {"account-code", {"update accounts set code = 'NEVER-GIVEN' where code = 'A'"}},
    {"code-twice",
     {"update accounts set code = 'a' where code = 'B'",
      "insert into account_codes (id, account_id, code, given_at_us) select 9999, id, 'a', 1 from accounts "
      "where code = 'a'"}},
    {"number-prefix", {"update accounts set number_prefix = 'ELSE' where number_prefix <> ''"}},
    {"account-depth", {"update accounts set depth = 9 where code = 'A'"}},
    {"ancestor-missing",
     {"delete from account_ancestors where account_id = (select id from accounts where code = 'A') and "
      "ancestor_id <> account_id"}},
    {"ancestor-unfounded",
     {"insert into account_ancestors (ancestor_id, account_id) select a.id, b.id from accounts a, accounts b "
      "where a.code = 'A' and b.code = 'B'"}},
    {"report-month", {"update months set state = 'open', closed_at_us = null"}},
    {"month-report", {"update reports set state = 'draft'"}},
    {"month-times", {"update months set closed_at_us = null"}},
    {"month-rules", {"update months set rules = null where state = 'closed'"}},
    {"month-rules", {"update months set state = 'open', closed_at_us = null"}},
    {"invoice-open-month", {"update months set state = 'reporting', closed_at_us = null"}},
    {"invoice-twice", {"drop index invoices_once", "update invoices set month = " OCTOBER}},
    {"invoice-parties", {"update invoices set currency = 'USD' where number = 'P1-2026-000001'"}},
    {"invoice-parties", {"update invoices set buyer_id = seller_id where number = 'P1-2026-000001'"}},
    {"invoice-gross", {"update invoices set gross_minor = gross_minor + 1 where number = 'P1-2026-000001'"}},
    {"invoice-net",
     {"update invoices set net_minor = net_minor + 1, gross_minor = gross_minor + 1 where number = "
      "'P1-2026-000001'"}},
    {"invoice-tax",
     {"update invoices set tax_minor = tax_minor + 1, gross_minor = gross_minor + 1 where number = "
      "'DIST-2026-000001'"}},
    {"invoice-settled", {"update invoices set settled_at_us = null"}},
    {"invoice-number", {"update invoices set number = 'P1-2026-000009' where number = 'P1-2026-000001'"}},
    {"invoice-number", {"update invoices set number = 'nonsense' where number = 'P1-2026-000001'"}},
    {"invoice-missing",
     {"delete from ledger where invoice_id = " NUMBERED("P1-2026-000002"),
      "delete from invoice_lines where invoice_id = " NUMBERED("P1-2026-000002"),
      "delete from invoices where number = 'P1-2026-000002'"}},
    {"line-differs",
     {"update invoice_lines set measured_parts = measured_parts + 1 where invoice_id = " NUMBERED(
         "DIST-2026-000001") " and position = 1"}},
    {"line-differs",
     {"update invoice_lines set quantity_parts = 4, amount_minor = 8000 where invoice_id = " NUMBERED(
         "P1-2026-000001") " and position = 1"}},
    {"line-missing",
     {"delete from invoice_lines where invoice_id = " NUMBERED("VEND-2026-000001") " and position = 3"}},
    {"line-differs",
     {"update report_adjustments set units = units + 1", "update prices set policy = 'peak'"}},
    {"line-amount", {"update invoice_lines set amount_minor = amount_minor + 1"}},
    {"line-position", {"update invoice_lines set position = 99 where position = 1"}},
    {"credit-line",
     {"update invoice_lines set quantity_parts = quantity_parts - 1 where invoice_id = " NUMBERED(
         "DIST-2026-000002")}},
    {"edge-unratable",
     {"update charges set quantity = 90000000000, unit_price_millionths = 9000000000000000000"}},
    {"taken-twice",
     {"update invoice_lines set takes_position = 1 where invoice_id = " NUMBERED("DIST-2026-000003")}},
    {"reversal-line",
     {"update invoice_lines set takes_invoice_id = 1, takes_position = 1 where corrects_month is not null"}},
    {"invoice-negative",
     {"update invoices set gross_minor = -1 where kind <> 'credit-note' and number = 'P1-2026-000001'"}},
    {"credit-note-asks", {"update invoices set gross_minor = 1 where number = 'DIST-2026-000002'"}},
    {"credit-tax",
     {"update invoices set tax_minor = tax_minor - 1, gross_minor = gross_minor - 1 where number = "
      "'DIST-2026-000003'"}},
    {"credit-exceeds",
     {"update invoice_lines set amount_minor = 1 where invoice_id = " NUMBERED("DIST-2026-000001")}},
    {"set-off", {"update invoices set set_off_minor = -gross_minor + 1 where kind = 'credit-note'"}},
    {"set-off", {"update invoices set set_off_minor = 1 where kind = 'invoice'"}},
    {"settled-open",
     {"update invoices set state = 'issued', settled_at_us = null where number = 'DIST-2026-000002'"}},
    {"closed-unpriced", {"update prices set effective_from = effective_from + 36500"}},
    {"month-usage", {"update months set usage_billing = 3"}},
    {"line-differs", {"update months set usage_billing = 2"}},
    {"charge-line", {"update charges set invoice_id = null"}},
    {"charge-forgotten", {"update charges set invoice_id = null"}},
    {"charge-elsewhere", {"update charges set month = month + 1"}},
    {"correction-elsewhere", {"update corrections set month = month - 1"}},
    {"correction-unasked", {"update corrections set invoice_id = null"}},
    {"correction-unbound", {"update corrections set state = 'withdrawn' where invoice_id is not null"}},
    {"correction-unbound", {"update corrections set decided_at_us = 1 where state = 'waiting'"}},
    {"correction-unbound", {"update corrections set silent_at_us = 1 where state = 'accepted'"}},
    {"correction-giver", {"update corrections set giver_id = (select id from accounts where code = 'B')"}},
    {"correction-giver", {"update corrections set given_id = 999999"}},
    {"correction-late", {"update corrections set licence_id = 1, at_us = 1"}},
    {"correction-late", {"update corrections set seats = 1"}},
    {"correction-differs", {"update corrections set units = units + 1"}},
    {"posting-unbalanced", {"update ledger set debit_minor = debit_minor + 1 where debit_minor > 0"}},
    {"line-orphan",
     {"update invoice_lines set invoice_id = 999999 where invoice_id = " NUMBERED("P1-2026-000001")}},
    {"line-orphan",
     {"update invoice_lines set customer_id = 999999 where invoice_id = " NUMBERED("P1-2026-000001")}},
    {"posting-orphan", {"update ledger set invoice_id = 999999 where posting = 1"}},
    {"posting-elsewhere", {"update ledger set party_id = owner_id"}},
    {"posting-gap", {"delete from ledger where posting = 2"}},
    {"ledger-revenue", {"update ledger set account = 'tax' where account = 'revenue'"}},
    {"ledger-receivable", {"update ledger set account = 'cash' where account = 'receivable'"}},
    {"ledger-receivable", {"update invoices set state = 'issued', settled_at_us = null"}},
};

static void drop_the_guards(struct trade *trade) {
    static const char *const TABLES[] = {"licence_events", "invoices", "invoice_lines", "ledger"};
    for (size_t i = 0; i < sizeof TABLES / sizeof TABLES[0]; i++) {
        struct world *world = trade->world;
        struct arena *arena = &world->arena;
        if (world->engine == DB_POSTGRESQL) {
            const char *sql = text_format(arena, "alter table %s disable trigger user", TABLES[i]).at;
            WORLD_OK(world, db_run(world->db, sql, DB_NO_ARGS, NULL, &world->fault));
            continue;
        }
        const char *no_update = text_format(arena, "drop trigger if exists %s_no_update", TABLES[i]).at;
        const char *no_delete = text_format(arena, "drop trigger %s_no_delete", TABLES[i]).at;
        WORLD_OK(world, db_run(world->db, no_update, DB_NO_ARGS, NULL, &world->fault));
        WORLD_OK(world, db_run(world->db, no_delete, DB_NO_ARGS, NULL, &world->fault));
    }
}

static bool finds(const struct audit_store_result *result, const char *rule) {
    for (size_t i = 0; i < result->count; i++) {
        if (text_is(result->violations[i].rule, rule)) {
            return true;
        }
    }
    return false;
}

static void every_sabotage_is_found(void **state) {
    struct trade trade;
    a_rich_store(&trade, *state);
    struct world *world = trade.world;
    /* Committed before the loop: PostgreSQL disables no trigger of a table with pending ones. */
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    drop_the_guards(&trade);
    WORLD_OK(world, db_commit(world->db, &world->fault));
    for (size_t i = 0; i < sizeof SABOTAGES / sizeof SABOTAGES[0]; i++) {
        struct audit_store_result result = {0};
        struct fault ignored;
        WORLD_OK(world, call_begin(&trade.call, DB_WRITE, &world->fault));
        for (size_t k = 0; k < 4 && SABOTAGES[i].sql[k] != NULL; k++) {
            WORLD_OK(world, db_run(world->db, SABOTAGES[i].sql[k], DB_NO_ARGS, NULL, &world->fault));
        }
        WORLD_OK(world, audit_store(&trade.call, &result, &world->fault));
        assert_int_equal(call_end(&trade.call, STATUS_INTERNAL, &ignored), STATUS_INTERNAL);
        if (!finds(&result, SABOTAGES[i].rule)) {
            for (size_t k = 0; k < result.count; k++) {
                print_error("%s: %s %s\n", result.violations[k].rule.at, result.violations[k].subject.at,
                            result.violations[k].message.at);
            }
            fail_msg("%s was not found: %s", SABOTAGES[i].rule, SABOTAGES[i].sql[0]);
        }
    }
    struct audit_store_result result;
    WORLD_OK(world, audit_store(&trade.call, &result, &world->fault));
    assert_int_equal(result.violation_total, 0);
}

/* Compared two by two on SQLite they took twenty seconds of the processor. */
static void a_check_does_not_hold_each_line_against_all_others(void **state) {
    static const char MANY_LINES[] =
        "insert into invoice_lines (invoice_id, position, customer_id, sku_id, price_id, policy, "
        "measured_parts, quantity_parts, parts_per_unit, unit_price_millionths, amount_minor, tax_category, "
        "tax_rate_millionths, description, note) with recursive lines (i) as (select 1 union all select i + "
        "1 "
        "from lines where i < 20000) select 1, 1000 + i, 0, 0, 0, '', 0, 0, 1, 0, 0, 'S', 0, 'nothing', '' "
        "from lines";
    struct trade trade;
    struct audit_store_result result = {0};
    struct fault ignored;
    a_rich_store(&trade, *state);
    WORLD_OK(trade.world, call_begin(&trade.call, DB_WRITE, &trade.world->fault));
    WORLD_OK(trade.world, db_run(trade.world->db, MANY_LINES, DB_NO_ARGS, NULL, &trade.world->fault));
    clock_t began = clock();
    WORLD_OK(trade.world, audit_store(&trade.call, &result, &trade.world->fault));
    assert_true(clock() - began < 5 * CLOCKS_PER_SEC);
    assert_true(finds(&result, "charge-line"));
    assert_int_equal(call_end(&trade.call, STATUS_INTERNAL, &ignored), STATUS_INTERNAL);
}

static void only_the_operator_audits_the_store(void **state) {
    struct trade trade;
    struct audit_store_result result;
    trade_begin(&trade, *state, "UTC", "USD");
    trade.call.actor = (struct actor){ACTOR_USER, 1, trade.distributor_id, RIGHT_ALL};
    WORLD_FAULT(trade.world, "operator-only", audit_store(&trade.call, &result, &trade.world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_store_that_the_programme_made_is_clean),
        WORLD_TEST(every_sabotage_is_found),
        WORLD_TEST(a_check_does_not_hold_each_line_against_all_others),
        WORLD_TEST(only_the_operator_audits_the_store),
    };
    return world_run_tests("check", tests, sizeof tests / sizeof tests[0]);
}
