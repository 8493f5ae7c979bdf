/* An agreement is amended, not ended: each month goes by its own terms, and everything below it stays. */
#include "programme/audit/audit_store.h"
#include "programme/billing/corrections.h"
#include "programme/billing/explain_line.h"
#include "programme/billing/keep_months.h"
#include "programme/billing/one_off_charges.h"
#include "programme/catalogue/prices.h"
#include "programme/licensing/licences.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/amend_agreement.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A has four seats on from October, at 19 % in Berlin and EUR; October is closed. */
static void october_is_closed(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "Europe/Berlin", "EUR");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_at(trade, "2026-10-05T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 4));
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_close(trade, "2026-10");
}

static struct amend_agreement_input an_amendment(const char *seller, const char *buyer, const char *from,
                                                 struct agreement_terms_input terms) {
    return (struct amend_agreement_input){.agreement = {.seller = text_of(seller), .buyer = text_of(buyer)},
                                          .from = text_of(from),
                                          .terms = terms};
}

static struct terms_view amend(struct trade *trade, const char *seller, const char *buyer, const char *from,
                               struct agreement_terms_input terms) {
    const struct amend_agreement_input input = an_amendment(seller, buyer, from, terms);
    struct terms_view view;
    WORLD_OK(trade->world, amend_agreement(&trade->call, &input, &view, &trade->world->fault));
    return view;
}

static void refuse(struct trade *trade, const char *code, const char *buyer, const char *from,
                   struct agreement_terms_input terms) {
    const struct amend_agreement_input input = an_amendment("P1", buyer, from, terms);
    struct terms_view view;
    WORLD_FAULT(trade->world, code, amend_agreement(&trade->call, &input, &view, &trade->world->fault));
}

static void nothing_is_wrong(struct trade *trade) {
    struct audit_store_result found;
    WORLD_OK(trade->world, audit_store(&trade->call, &found, &trade->world->fault));
    if (found.violation_total != 0) {
        fail_msg("%.*s: %.*s", TEXT_ARGS(found.violations[0].rule), TEXT_ARGS(found.violations[0].message));
    }
}

static void a_new_tax_rate_counts_from_its_month_and_licences_stay(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct terms_view view =
        amend(&trade, "P1", "A", "2026-11",
              (struct agreement_terms_input){.tax_category = TEXT("S"), .tax_rate = TEXT("21")});
    assert_true(text_is(view.state, "accepted"));
    assert_int_equal(view.number, 2);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    struct invoice_detail october = trade_invoice(&trade, "P1", "A", "2026-10");
    struct invoice_detail november = trade_invoice(&trade, "P1", "A", "2026-11");
    assert_int_equal(october.invoice.net_minor, 8000);
    assert_int_equal(october.invoice.tax_minor, 0);
    assert_int_equal(november.invoice.net_minor, 8000);
    assert_int_equal(november.invoice.tax_minor, 1680);
    assert_int_equal(trade_ask(&trade, "select count(*) from licences where state = 'on'"), 1);
    nothing_is_wrong(&trade);
}

static void an_old_month_is_corrected_with_its_own_tax(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    amend(&trade, "P1", "A", "2026-11",
          (struct agreement_terms_input){.tax_category = TEXT("S"), .tax_rate = TEXT("21")});
    struct add_correction_input more = {.giver = TEXT("P1"),
                                        .month = TEXT("2026-10"),
                                        .customer = TEXT("A"),
                                        .sku = TEXT("S"),
                                        .has_units = true,
                                        .units = 5,
                                        .reason = TEXT("one more")};
    struct correction_page correction;
    WORLD_OK(trade.world, add_correction(&trade.call, &more, &correction, &trade.world->fault));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    struct invoice_detail november = trade_invoice(&trade, "P1", "A", "2026-11");
    /* 80.00 at 21 %, and 20.00 of October at 0 %. */
    assert_int_equal(november.invoice.net_minor, 10000);
    assert_int_equal(november.invoice.tax_minor, 1680);
    nothing_is_wrong(&trade);
}

static void a_charge_has_the_tax_and_the_currency_of_its_month(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    amend(&trade, "P1", "B", "2026-12",
          (struct agreement_terms_input){.currency = TEXT("USD"), .tax_rate = TEXT("7")});
    struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                             .buyer = TEXT("B"),
                                             .month = TEXT("2026-11"),
                                             .description = TEXT("visit"),
                                             .quantity = 1,
                                             .unit_price = TEXT("50")};
    struct one_off_charge_view november;
    struct one_off_charge_view december;
    WORLD_OK(trade.world, add_one_off_charge(&trade.call, &input, &november, &trade.world->fault));
    input.month = TEXT("2026-12");
    WORLD_OK(trade.world, add_one_off_charge(&trade.call, &input, &december, &trade.world->fault));
    assert_string_equal(november.currency.code, "EUR");
    assert_string_equal(december.currency.code, "USD");
    assert_int_equal(december.tax.rate_millionths, 70000);
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    trade_close(&trade, "2026-12");
    assert_int_equal(trade_invoice(&trade, "P1", "B", "2026-11").invoice.gross_minor, 5000);
    assert_int_equal(trade_invoice(&trade, "P1", "B", "2026-12").invoice.gross_minor, 5350);
    assert_string_equal(trade_invoice(&trade, "P1", "B", "2026-12").invoice.currency.code, "USD");
    nothing_is_wrong(&trade);
}

static void a_buyers_own_price_is_in_the_currency_of_its_month_or_of_a_later_one(void **state) {
    struct trade trade;
    struct price_view price;
    october_is_closed(&trade, *state);
    amend(&trade, "P1", "A", "2026-12", (struct agreement_terms_input){.currency = TEXT("USD")});
    const struct tier_input tier = {.unit_price = TEXT("25")};
    struct set_price_input input = {.seller = TEXT("P1"),
                                    .buyer = TEXT("A"),
                                    .sku = TEXT("S"),
                                    .effective_from = TEXT("2026-12-01"),
                                    .tiers = &tier,
                                    .tier_count = 1};
    WORLD_OK(trade.world, set_price(&trade.call, &input, &price, &trade.world->fault));
    assert_true(text_is(price.currency, "USD"));
    input.effective_from = TEXT("2026-11-10"); /* ahead of the first month in it */
    input.currency = TEXT("USD");
    WORLD_OK(trade.world, set_price(&trade.call, &input, &price, &trade.world->fault));
    input.effective_from = TEXT("2026-12-15");
    input.currency = TEXT("EUR"); /* never again */
    WORLD_FAULT(trade.world, "wrong-currency", set_price(&trade.call, &input, &price, &trade.world->fault));
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    trade_close(&trade, "2026-12");
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-12").invoice.net_minor, 10000);
    nothing_is_wrong(&trade);
}

static void what_the_buyer_owes_waits_for_its_acceptance(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct call distributor = trade.call;
    distributor.actor =
        (struct actor){.kind = ACTOR_USER, .id = 1, .account_id = trade.distributor_id, .rights = RIGHT_ALL};
    struct call provider = distributor;
    provider.actor.account_id = trade.provider_id;
    struct trade as_distributor = trade;
    as_distributor.call = distributor;
    struct terms_view later = amend(&as_distributor, "DIST", "P1", "2026-11",
                                    (struct agreement_terms_input){.payment_days = TEXT("60")});
    assert_true(text_is(later.state, "proposed"));
    struct terms_view taxed = amend(&as_distributor, "DIST", "P1", "2026-11",
                                    (struct agreement_terms_input){.tax_rate = TEXT("22")});
    assert_true(text_is(taxed.state, "accepted"));
    struct decide_amendment_input accept = {.agreement = {.seller = TEXT("DIST"), .buyer = TEXT("P1")},
                                            .number = TEXT("2"),
                                            .accepted_by = TEXT("Paula")};
    struct terms_view view;
    WORLD_FAULT(trade.world, "not-yours",
                accept_amendment(&distributor, &accept, &view, &trade.world->fault));
    accept.accepted_by = TEXT("");
    WORLD_FAULT(trade.world, "missing-field",
                accept_amendment(&provider, &accept, &view, &trade.world->fault));
    accept.accepted_by = TEXT("Paula");
    WORLD_OK(trade.world, accept_amendment(&provider, &accept, &view, &trade.world->fault));
    assert_true(text_is(view.decided_by, "Paula"));
    WORLD_FAULT(trade.world, "wrong-state", accept_amendment(&provider, &accept, &view, &trade.world->fault));
    accept.number = TEXT("9");
    WORLD_FAULT(trade.world, "unknown-amendment",
                accept_amendment(&provider, &accept, &view, &trade.world->fault));
}

static void what_is_only_proposed_or_was_withdrawn_changes_nothing(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct call distributor = trade.call;
    distributor.actor =
        (struct actor){.kind = ACTOR_USER, .id = 1, .account_id = trade.distributor_id, .rights = RIGHT_ALL};
    struct trade as_distributor = trade;
    as_distributor.call = distributor;
    amend(&as_distributor, "DIST", "P1", "2026-11", (struct agreement_terms_input){.currency = TEXT("USD")});
    struct decide_amendment_input decline = {.agreement = {.seller = TEXT("DIST"), .buyer = TEXT("P1")},
                                             .number = TEXT("2")};
    struct terms_view view;
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_string_equal(trade_invoice(&trade, "DIST", "P1", "2026-11").invoice.currency.code, "EUR");
    decline.accepted_by = TEXT("Paula");
    WORLD_FAULT(trade.world, "month-closed",
                accept_amendment(&trade.call, &decline, &view, &trade.world->fault));
    WORLD_OK(trade.world, withdraw_amendment(&trade.call, &decline, &view, &trade.world->fault));
    assert_true(text_is(view.state, "withdrawn"));
    nothing_is_wrong(&trade);
}

static void a_closed_month_an_earlier_one_and_no_change_are_refused(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct agreement_terms_input taxed = {.tax_category = TEXT("S"), .tax_rate = TEXT("21")};
    refuse(&trade, "month-closed", "A", "2026-10", taxed);
    refuse(&trade, "malformed-month", "A", "soon", taxed);
    refuse(&trade, "nothing-changed", "A", "2026-11",
           (struct agreement_terms_input){.currency = TEXT("EUR")});
    refuse(&trade, "unknown-currency", "A", "2026-11",
           (struct agreement_terms_input){.currency = TEXT("EURO")});
    trade_account(&trade, "customer", "C", "P1");
    refuse(&trade, "month-too-early", "C", "2026-10", taxed);
    refuse(&trade, "month-too-far", "A", "2027-12", taxed);
    amend(&trade, "P1", "A", "2027-01", taxed);
    /* One of the same month takes its place. */
    amend(&trade, "P1", "A", "2027-01", (struct agreement_terms_input){.tax_rate = TEXT("20")});
    trade_at(&trade, "2027-02-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    trade_close(&trade, "2026-12");
    trade_close(&trade, "2027-01");
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-12").invoice.tax_minor, 0);
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2027-01").invoice.tax_minor, 1600);
    nothing_is_wrong(&trade);
}

static void a_correction_in_the_old_currency_is_billed_before_the_currency_changes(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct add_correction_input less = {.giver = TEXT("P1"),
                                        .month = TEXT("2026-10"),
                                        .customer = TEXT("A"),
                                        .sku = TEXT("S"),
                                        .has_units = true,
                                        .units = 1,
                                        .reason = TEXT("less")};
    struct correction_page correction;
    WORLD_OK(trade.world, add_correction(&trade.call, &less, &correction, &trade.world->fault));
    refuse(&trade, "correction-waiting", "A", "2026-11",
           (struct agreement_terms_input){.currency = TEXT("USD")});
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    amend(&trade, "P1", "A", "2026-12", (struct agreement_terms_input){.currency = TEXT("USD")});
    nothing_is_wrong(&trade);
}

/* Ten seats are on for an hour at the seam of two zones. */
static void an_hour_at_a_seam(struct trade *trade, struct world *world, const char *zone,
                              const char *new_zone) {
    trade_begin(trade, world, zone, "EUR");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_at(trade, "2026-09-30T16:00:00Z");
    struct text licence = trade_licence(trade, "P1", "A", "S", 10);
    trade_on(trade, licence);
    trade_at(trade, "2026-09-30T17:00:00Z");
    trade_off(trade, licence);
    struct agreement_terms_input terms = {.time_zone = text_of(new_zone)};
    amend(trade, "P1", "A", "2026-10", terms);
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_close(trade, "2026-09");
    trade_close(trade, "2026-10");
    nothing_is_wrong(trade);
}

static int64_t lines_of(struct trade *trade, const char *month) {
    struct month of = {0};
    WORLD_OK(trade->world, month_parse(text_of(month), "month", &of, &trade->world->fault));
    struct text sql =
        text_format(&trade->world->arena,
                    "select count(*) from invoice_lines l join invoices i on i.id = l.invoice_id "
                    "where i.seller_id = %lld and i.month = %d and l.amount_minor <> 0",
                    (long long)trade->provider_id, (int)of.index);
    return trade_ask(trade, sql.at);
}

static void the_first_month_in_a_new_zone_begins_where_the_last_one_ended(void **state) {
    struct trade trade;
    /* Tokyo's October began an hour before; UTC's September, which went on, has the hour. */
    an_hour_at_a_seam(&trade, *state, "UTC", "Asia/Tokyo");
    assert_int_equal(lines_of(&trade, "2026-09"), 1);
    assert_int_equal(lines_of(&trade, "2026-10"), 0);
}

static void no_hour_between_two_zones_is_in_no_month(void **state) {
    struct trade trade;
    /* Tokyo's September was over; UTC's October begins with the hour. */
    an_hour_at_a_seam(&trade, *state, "Asia/Tokyo", "UTC");
    assert_int_equal(lines_of(&trade, "2026-09"), 0);
    assert_int_equal(lines_of(&trade, "2026-10"), 1);
}

/* Every edge went to UTC in October, so that nobody closes a month in Tokyo any more. */
static void a_closed_october_of_a_new_zone(struct trade *trade, struct world *world) {
    static const char *const edges[][2] = {{"VEND", "DIST"}, {"DIST", "P1"}, {"P1", "A"}, {"P1", "B"}};
    trade_begin(trade, world, "Asia/Tokyo", "EUR");
    trade_at(trade, "2026-09-20T00:00:00Z");
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        amend(trade, edges[i][0], edges[i][1], "2026-10",
              (struct agreement_terms_input){.time_zone = TEXT("UTC")});
    }
    trade_at(trade, "2026-12-06T00:00:00Z");
    trade_close(trade, "2026-09");
    trade_close(trade, "2026-10");
}

static void a_closed_month_keeps_its_midnights_in_the_zone_of_its_terms(void **state) {
    struct trade trade;
    a_closed_october_of_a_new_zone(&trade, *state);
    nothing_is_wrong(&trade);
    WORLD_OK(trade.world, keep_months_of_before(&trade.call, &trade.world->fault));
    assert_int_equal(trade_ask(&trade, "select count(*) from kept_months"), 2);
}

static void a_month_whose_midnights_are_kept_in_its_former_zone_alone_is_told(void **state) {
    struct trade trade;
    struct audit_store_result found;
    a_closed_october_of_a_new_zone(&trade, *state);
    trade_sabotage(&trade, trade.world->engine == DB_SQLITE ? "drop trigger kept_months_no_update"
                                                            : "alter table kept_months disable trigger all");
    trade_sabotage(&trade, "update kept_months set time_zone = 'Asia/Tokyo' where time_zone = 'UTC'");
    WORLD_OK(trade.world, audit_store(&trade.call, &found, &trade.world->fault));
    assert_true(found.violation_total > 0);
    assert_string_equal(found.violations[0].rule.at, "month-midnights");
}

/* The distributor and the provider, each as its own user. */
struct parties {
    struct trade seller;
    struct call buyer;
};

static struct parties parties_of(struct trade *trade) {
    struct parties parties = {*trade, trade->call};
    parties.seller.call.actor =
        (struct actor){.kind = ACTOR_USER, .id = 1, .account_id = trade->distributor_id, .rights = RIGHT_ALL};
    parties.buyer.actor = parties.seller.call.actor;
    parties.buyer.actor.account_id = trade->provider_id;
    return parties;
}

static struct decide_amendment_input decision(const char *seller, const char *buyer, const char *number) {
    return (struct decide_amendment_input){.agreement = {.seller = text_of(seller), .buyer = text_of(buyer)},
                                           .number = text_of(number),
                                           .accepted_by = TEXT("Paula")};
}

static struct terms_view accept(struct trade *trade, struct call *call, const char *number) {
    struct decide_amendment_input input = decision("DIST", "P1", number);
    struct terms_view view;
    WORLD_OK(trade->world, accept_amendment(call, &input, &view, &trade->world->fault));
    return view;
}

static struct terms_view terms_number(struct trade *trade, const char *seller, const char *buyer,
                                      int64_t number) {
    const struct agreement_words words = {.seller = text_of(seller), .buyer = text_of(buyer)};
    struct terms_list list;
    WORLD_OK(trade->world, list_terms(&trade->call, &words, &list, &trade->world->fault));
    assert_true(number >= 1 && (size_t)number <= list.count);
    return list.items[number - 1];
}

static void an_older_proposal_that_is_accepted_later_undoes_no_tax_notice(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct parties parties = parties_of(&trade);
    amend(&parties.seller, "DIST", "P1", "2026-12",
          (struct agreement_terms_input){.payment_days = TEXT("10")});
    amend(&parties.seller, "DIST", "P1", "2026-11", (struct agreement_terms_input){.tax_rate = TEXT("22")});
    struct terms_view proposed = terms_number(&trade, "DIST", "P1", 2);
    assert_true(text_is(proposed.tax_rate, "22"));
    struct terms_view accepted = accept(&trade, &parties.buyer, "2");
    assert_true(text_is(accepted.tax_rate, "22"));
    assert_int_equal(accepted.payment_days, 10);
    assert_int_equal(accepted.changes, CHANGES_PAYMENT_DAYS);
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    trade_close(&trade, "2026-12");
    /* Four seats at 10.00. */
    assert_int_equal(trade_invoice(&trade, "DIST", "P1", "2026-12").invoice.tax_minor, 880);
    nothing_is_wrong(&trade);
}

static void of_two_proposals_of_one_month_each_changes_what_it_names(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct parties parties = parties_of(&trade);
    amend(&parties.seller, "DIST", "P1", "2026-12",
          (struct agreement_terms_input){.payment_days = TEXT("10")});
    amend(&parties.seller, "DIST", "P1", "2026-12", (struct agreement_terms_input){.text = TEXT("new")});
    amend(&parties.seller, "DIST", "P1", "2026-12",
          (struct agreement_terms_input){.payment_days = TEXT("20")});
    accept(&trade, &parties.buyer, "3");
    accept(&trade, &parties.buyer, "2");
    assert_int_equal(terms_number(&trade, "DIST", "P1", 3).payment_days, 10);
    assert_true(text_is(terms_number(&trade, "DIST", "P1", 3).terms, "new"));
    accept(&trade, &parties.buyer, "4");
    assert_int_equal(terms_number(&trade, "DIST", "P1", 4).payment_days, 20);
    assert_true(text_is(terms_number(&trade, "DIST", "P1", 4).terms, "new"));
    nothing_is_wrong(&trade);
}

static void an_earlier_proposal_of_what_a_later_one_changed_is_not_accepted(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct parties parties = parties_of(&trade);
    amend(&parties.seller, "DIST", "P1", "2026-12",
          (struct agreement_terms_input){.payment_days = TEXT("10")});
    amend(&parties.seller, "DIST", "P1", "2026-12",
          (struct agreement_terms_input){.payment_days = TEXT("20")});
    accept(&trade, &parties.buyer, "3");
    struct decide_amendment_input older = decision("DIST", "P1", "2");
    struct terms_view view;
    WORLD_FAULT(trade.world, "amendment-exists",
                accept_amendment(&parties.buyer, &older, &view, &trade.world->fault));
}

static void an_amendment_may_begin_before_another_which_keeps_its_own(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    amend(&trade, "P1", "A", "2027-01",
          (struct agreement_terms_input){.tax_category = TEXT("S"), .tax_rate = TEXT("20")});
    amend(&trade, "P1", "A", "2026-12",
          (struct agreement_terms_input){
              .tax_category = TEXT("S"), .tax_rate = TEXT("19"), .payment_days = TEXT("7")});
    struct terms_view later = terms_number(&trade, "P1", "A", 2);
    assert_true(text_is(later.tax_rate, "20"));
    assert_int_equal(later.payment_days, 7);
    trade_at(&trade, "2027-02-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    trade_close(&trade, "2026-12");
    trade_close(&trade, "2027-01");
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-11").invoice.tax_minor, 0);
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-12").invoice.tax_minor, 1520);
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2027-01").invoice.tax_minor, 1600);
    nothing_is_wrong(&trade);
}

static void accepted_terms_are_taken_back_until_they_begin(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct parties parties = parties_of(&trade);
    struct terms_view view;
    amend(&trade, "P1", "A", "2027-01", (struct agreement_terms_input){.payment_days = TEXT("7")});
    amend(&trade, "P1", "A", "2027-02", (struct agreement_terms_input){.text = TEXT("new")});
    assert_int_equal(terms_number(&trade, "P1", "A", 3).payment_days, 7);
    struct call provider = parties.buyer;
    struct decide_amendment_input back = decision("P1", "A", "2");
    WORLD_OK(trade.world, withdraw_amendment(&provider, &back, &view, &trade.world->fault));
    assert_int_equal(terms_number(&trade, "P1", "A", 3).payment_days, 30);
    trade_at(&trade, "2027-02-01T00:00:00Z");
    provider.now_us = trade.call.now_us;
    back.number = TEXT("3");
    WORLD_FAULT(trade.world, "amendment-begun",
                withdraw_amendment(&provider, &back, &view, &trade.world->fault));
    nothing_is_wrong(&trade);
}

static void what_two_parties_agreed_on_neither_takes_back_alone(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct parties parties = parties_of(&trade);
    struct terms_view view;
    amend(&parties.seller, "DIST", "P1", "2026-12",
          (struct agreement_terms_input){.payment_days = TEXT("10")});
    accept(&trade, &parties.buyer, "2");
    amend(&parties.seller, "DIST", "P1", "2026-12", (struct agreement_terms_input){.tax_rate = TEXT("22")});
    struct decide_amendment_input back = decision("DIST", "P1", "2");
    WORLD_FAULT(trade.world, "amendment-agreed",
                withdraw_amendment(&parties.seller.call, &back, &view, &trade.world->fault));
    WORLD_FAULT(trade.world, "amendment-agreed",
                withdraw_amendment(&parties.buyer, &back, &view, &trade.world->fault));
    back.number = TEXT("3"); /* a notice is the seller's alone */
    WORLD_FAULT(trade.world, "amendment-agreed",
                withdraw_amendment(&parties.buyer, &back, &view, &trade.world->fault));
    WORLD_OK(trade.world, withdraw_amendment(&parties.seller.call, &back, &view, &trade.world->fault));
    back.number = TEXT("2");
    WORLD_OK(trade.world, withdraw_amendment(&trade.call, &back, &view, &trade.world->fault));
    nothing_is_wrong(&trade);
}

static void what_was_supplied_gets_other_terms_by_nobodys_notice(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    trade_at(&trade, "2026-12-06T00:00:00Z");
    struct terms_view view =
        amend(&trade, "P1", "A", "2026-11",
              (struct agreement_terms_input){.tax_category = TEXT("S"), .tax_rate = TEXT("50")});
    assert_true(text_is(view.state, "proposed"));
    struct parties parties = parties_of(&trade);
    struct decide_amendment_input input = decision("P1", "A", "2");
    WORLD_OK(trade.world, accept_amendment(&parties.buyer, &input, &view, &trade.world->fault));
    assert_true(text_is(view.state, "accepted"));
    trade_close(&trade, "2026-11");
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-11").invoice.tax_minor, 4000);
}

static void a_charge_does_not_become_so_much_of_another_currency(void **state) {
    struct trade trade;
    struct terms_view view;
    struct one_off_charge_view charge;
    october_is_closed(&trade, *state);
    amend(&trade, "P1", "B", "2026-12", (struct agreement_terms_input){.currency = TEXT("USD")});
    struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                             .buyer = TEXT("B"),
                                             .month = TEXT("2026-12"),
                                             .description = TEXT("visit"),
                                             .quantity = 1,
                                             .unit_price = TEXT("50")};
    WORLD_OK(trade.world, add_one_off_charge(&trade.call, &input, &charge, &trade.world->fault));
    struct decide_amendment_input back = decision("P1", "B", "2");
    WORLD_FAULT(trade.world, "charge-waiting",
                withdraw_amendment(&trade.call, &back, &view, &trade.world->fault));
    refuse(&trade, "charge-waiting", "B", "2026-11", (struct agreement_terms_input){.currency = TEXT("CHF")});
}

static void terms_that_do_not_follow_those_before_them_are_told(void **state) {
    struct trade trade;
    struct audit_store_result found;
    october_is_closed(&trade, *state);
    amend(&trade, "P1", "A", "2026-12", (struct agreement_terms_input){.payment_days = TEXT("7")});
    nothing_is_wrong(&trade);
    trade_sabotage(&trade, "update amendments set report_due_days = 9");
    WORLD_OK(trade.world, audit_store(&trade.call, &found, &trade.world->fault));
    assert_int_equal(found.violation_total, 1);
    assert_string_equal(found.violations[0].rule.at, "amendment-terms");
}

/* P1 sells S for 20.00, and customers of P1 are in the zone until October. */
static void a_trade_in(struct trade *trade, struct world *world, const char *zone,
                       const struct price_terms *terms) {
    trade_begin(trade, world, zone, "EUR");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", terms);
}

static void what_was_used_between_a_signature_and_a_new_zone_is_billed(void **state) {
    struct trade trade;
    struct licence_view view;
    a_trade_in(&trade, *state, "Asia/Tokyo", NULL);
    trade_at(&trade, "2026-09-30T17:30:00Z"); /* it is October in Tokyo, and will be in UTC */
    trade_account(&trade, "customer", "C", "P1");
    struct turn_licence_input turn = {.licence = trade_licence(&trade, "P1", "C", "S", 10),
                                      .at = TEXT("2026-09-30T16:00:00Z")};
    WORLD_OK(trade.world, turn_licence_on(&trade.call, &turn, &view, &trade.world->fault));
    turn.at = TEXT("2026-09-30T17:00:00Z");
    WORLD_OK(trade.world, turn_licence_off(&trade.call, &turn, &view, &trade.world->fault));
    struct agreement_terms_input terms = {.time_zone = TEXT("UTC")};
    amend(&trade, "P1", "C", "2026-10", terms);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-09");
    trade_close(&trade, "2026-10");
    assert_int_equal(lines_of(&trade, "2026-09") + lines_of(&trade, "2026-10"), 1);
    nothing_is_wrong(&trade);
}

/* A has its first seats on at that instant, goes to another zone in October and has one month free. */
static void a_free_month_at_a_seam(struct trade *trade, struct world *world, const char *zone,
                                   const char *new_zone, const char *first_on) {
    a_trade_in(trade, world, zone, &(struct price_terms){.free_months = 1});
    trade_at(trade, first_on);
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 10));
    struct agreement_terms_input terms = {.time_zone = text_of(new_zone)};
    amend(trade, "P1", "A", "2026-10", terms);
    trade_at(trade, "2026-12-10T00:00:00Z");
    trade_close(trade, "2026-09");
    trade_close(trade, "2026-10");
    trade_close(trade, "2026-11");
    nothing_is_wrong(trade);
}

static void a_free_month_before_a_zone_to_the_east_is_one_month(void **state) {
    struct trade trade;
    a_free_month_at_a_seam(&trade, *state, "UTC", "Pacific/Kiritimati", "2026-09-30T12:30:00Z");
    assert_int_equal(lines_of(&trade, "2026-09"), 0);
    assert_int_equal(lines_of(&trade, "2026-10"), 1);
    assert_int_equal(lines_of(&trade, "2026-11"), 1);
}

static void a_free_month_after_a_zone_to_the_west_is_one_month(void **state) {
    struct trade trade;
    a_free_month_at_a_seam(&trade, *state, "Asia/Tokyo", "America/New_York", "2026-09-30T16:30:00Z");
    assert_int_equal(lines_of(&trade, "2026-09"), 0);
    assert_int_equal(lines_of(&trade, "2026-10"), 0);
    assert_int_equal(lines_of(&trade, "2026-11"), 1);
}

static void the_explanation_of_a_month_in_a_new_zone_begins_with_it(void **state) {
    struct trade trade;
    struct line_explanation explanation;
    a_trade_in(&trade, *state, "UTC", NULL);
    trade_at(&trade, "2026-09-30T23:00:00Z"); /* October in Berlin already, and not yet on the edge */
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 3));
    struct agreement_terms_input terms = {.time_zone = TEXT("Europe/Berlin")};
    amend(&trade, "P1", "A", "2026-10", terms);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-09");
    trade_close(&trade, "2026-10");
    const struct explain_line_input input = {
        .invoice = trade_invoice(&trade, "P1", "A", "2026-10").invoice.number, .line = 1};
    WORLD_OK(trade.world, explain_line(&trade.call, &input, &explanation, &trade.world->fault));
    assert_true(explanation.agrees);
    assert_int_equal(explanation.meter.event_count, 0);
    assert_int_equal(explanation.meter.licences[0].opening_seats, 3);
    assert_int_equal(explanation.meter.licences[0].highest_seats, 3);
}

/* So much may a clock stand behind (R4.19). */
static void set_the_clock_back(struct trade *trade) {
    trade->call.now_us -= 300000;
    trade->world->now_us = trade->call.now_us;
}

static void terms_that_were_accepted_by_a_clock_a_little_ahead_break_no_rule(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    amend(&trade, "P1", "A", "2026-11", (struct agreement_terms_input){.tax_rate = TEXT("21")});
    struct decide_amendment_input input = decision("P1", "A", "2");
    struct terms_view view;
    WORLD_OK(trade.world, accept_amendment(&trade.call, &input, &view, &trade.world->fault));
    set_the_clock_back(&trade);
    trade_close(&trade, "2026-11");
    assert_int_equal(trade_invoice(&trade, "P1", "A", "2026-11").invoice.tax_minor, 1680);
    nothing_is_wrong(&trade);
}

static void a_correction_that_was_given_by_a_clock_a_little_behind_was_not_left_out(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    set_the_clock_back(&trade);
    struct add_correction_input less = {.giver = TEXT("P1"),
                                        .month = TEXT("2026-10"),
                                        .customer = TEXT("A"),
                                        .sku = TEXT("S"),
                                        .has_units = true,
                                        .units = 1,
                                        .reason = TEXT("less")};
    struct correction_page correction;
    WORLD_OK(trade.world, add_correction(&trade.call, &less, &correction, &trade.world->fault));
    nothing_is_wrong(&trade);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(terms_that_were_accepted_by_a_clock_a_little_ahead_break_no_rule),
        WORLD_TEST(a_correction_that_was_given_by_a_clock_a_little_behind_was_not_left_out),
        WORLD_TEST(a_new_tax_rate_counts_from_its_month_and_licences_stay),
        WORLD_TEST(an_old_month_is_corrected_with_its_own_tax),
        WORLD_TEST(a_charge_has_the_tax_and_the_currency_of_its_month),
        WORLD_TEST(a_buyers_own_price_is_in_the_currency_of_its_month_or_of_a_later_one),
        WORLD_TEST(what_the_buyer_owes_waits_for_its_acceptance),
        WORLD_TEST(what_is_only_proposed_or_was_withdrawn_changes_nothing),
        WORLD_TEST(a_closed_month_an_earlier_one_and_no_change_are_refused),
        WORLD_TEST(the_first_month_in_a_new_zone_begins_where_the_last_one_ended),
        WORLD_TEST(no_hour_between_two_zones_is_in_no_month),
        WORLD_TEST(what_was_used_between_a_signature_and_a_new_zone_is_billed),
        WORLD_TEST(a_free_month_before_a_zone_to_the_east_is_one_month),
        WORLD_TEST(a_free_month_after_a_zone_to_the_west_is_one_month),
        WORLD_TEST(the_explanation_of_a_month_in_a_new_zone_begins_with_it),
        WORLD_TEST(an_older_proposal_that_is_accepted_later_undoes_no_tax_notice),
        WORLD_TEST(of_two_proposals_of_one_month_each_changes_what_it_names),
        WORLD_TEST(an_earlier_proposal_of_what_a_later_one_changed_is_not_accepted),
        WORLD_TEST(an_amendment_may_begin_before_another_which_keeps_its_own),
        WORLD_TEST(accepted_terms_are_taken_back_until_they_begin),
        WORLD_TEST(what_two_parties_agreed_on_neither_takes_back_alone),
        WORLD_TEST(what_was_supplied_gets_other_terms_by_nobodys_notice),
        WORLD_TEST(a_charge_does_not_become_so_much_of_another_currency),
        WORLD_TEST(terms_that_do_not_follow_those_before_them_are_told),
        WORLD_TEST(a_closed_month_keeps_its_midnights_in_the_zone_of_its_terms),
        WORLD_TEST(a_month_whose_midnights_are_kept_in_its_former_zone_alone_is_told),
        WORLD_TEST(a_correction_in_the_old_currency_is_billed_before_the_currency_changes),
    };
    return world_run_tests("amendments", tests, sizeof tests / sizeof tests[0]);
}
