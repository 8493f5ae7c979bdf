/* Explaining a line: what it was computed from, and who may see that. */
#include "exported.h"
#include "programme/billing/corrections.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/deliver_document.h"
#include "programme/billing/explain_line.h"
#include "programme/billing/one_off_charges.h"
#include "programme/catalogue/catalogue.h"
#include "programme/usage/decide_report.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t instant(struct trade *trade, const char *words) {
    int64_t now_us = trade->world->now_us;
    trade_at(trade, words);
    int64_t at_us = trade->world->now_us;
    trade->world->now_us = trade->call.now_us = now_us;
    return at_us;
}

/* The explanation of a line, which says what was billed. */
static struct line_explanation explained(struct trade *trade, struct text invoice, int64_t line) {
    struct explain_line_input input = {invoice, line};
    struct line_explanation explanation;
    WORLD_OK(trade->world, explain_line(&trade->call, &input, &explanation, &trade->world->fault));
    assert_true(explanation.agrees);
    if (explanation.has_computed) {
        assert_int_equal(explanation.computed.amount_minor, explanation.billed.amount_minor);
    }
    return explanation;
}

/* The first line of a customer and a SKU on an edge's invoice of a month; every line of it is explained. */
static struct line_explanation explained_of(struct trade *trade, const char *seller, const char *buyer,
                                            const char *month, const char *customer, const char *sku) {
    struct invoice_detail view = trade_invoice(trade, seller, buyer, month);
    int64_t found = 0;
    for (size_t i = 0; i < view.invoice.line_count; i++) {
        const struct invoice_line *line = &view.invoice.lines[i];
        explained(trade, view.invoice.identifier, (int64_t)i + 1);
        if (found == 0 && text_is(line->customer_code, customer) && text_is(line->sku, sku)) {
            found = (int64_t)i + 1;
        }
    }
    assert_true(found > 0);
    return explained(trade, view.invoice.identifier, found);
}

/* S(t) as "2026-11-10T06:00:00.000000Z 3; …", and the events as "0>3 3>0". */
static const char *steps_of(struct trade *trade, const struct line_explanation *from) {
    struct arena *arena = &trade->world->arena;
    struct text words = TEXT("");
    for (size_t i = 0; i < from->meter.trace.step_count; i++) {
        const struct meter_step *step = &from->meter.trace.steps[i];
        int64_t day = (step->at_us - from->meter.span.midnights_us[0]) / INT64_C(86400000000) + 1;
        words = text_format(arena, "%.*s%s%lld:%lld", TEXT_ARGS(words), i == 0 ? "" : " ", (long long)day,
                            (long long)step->seats);
    }
    return words.at;
}

static const char *events_of(struct trade *trade, const struct line_explanation *from) {
    struct text words = TEXT("");
    for (size_t i = 0; i < from->meter.event_count; i++) {
        const struct explained_event *event = &from->meter.events[i];
        words = text_format(&trade->world->arena, "%.*s%s%d>%d", TEXT_ARGS(words), i == 0 ? "" : " ",
                            (int)event->seats_before, (int)event->seats_after);
    }
    return words.at;
}

/* November 2026: each policy on the provider's edge, in use at A; graduated PEAK at B too. */
static void a_november(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    for (size_t i = 0; i < 4; i++) {
        trade_sku(trade, (const char *[]){"ANY", "DAILY", "PEAK", "SNAP"}[i]);
    }
    trade_price(trade, "VEND", "DIST", "PEAK", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "ANY", POLICY_ANY, TIER_FLAT, "1:1.005", NULL);
    trade_price(trade, "DIST", "P1", "DAILY", POLICY_DAILY, TIER_FLAT, "1:30", NULL);
    trade_price(trade, "DIST", "P1", "PEAK", POLICY_PEAK, TIER_GRADUATED, "1:10 6:8 11:5", NULL);
    trade_price(trade, "DIST", "P1", "SNAP", POLICY_SNAPSHOT, TIER_VOLUME, "1:3 10:2", NULL);
    trade_at(trade, "2026-10-15T08:00:00Z");
    struct text peak_a = trade_licence(trade, "P1", "A", "PEAK", 7);
    trade_on(trade, peak_a);
    trade_at(trade, "2026-11-01T00:00:00Z");
    struct text snap = trade_licence(trade, "P1", "A", "SNAP", 4);
    trade_on(trade, snap);
    trade_at(trade, "2026-11-03T00:00:00Z");
    struct text any = trade_licence(trade, "P1", "A", "ANY", 2);
    trade_on(trade, any);
    trade_at(trade, "2026-11-05T00:00:00Z");
    trade_off(trade, any);
    trade_at(trade, "2026-11-10T06:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "B", "PEAK", 5));
    trade_on(trade, trade_licence(trade, "P1", "A", "ANY", 3));
    struct text daily = trade_licence(trade, "P1", "A", "DAILY", 2);
    trade_on(trade, daily);
    trade_at(trade, "2026-11-13T18:00:00Z");
    trade_off(trade, daily);
    trade_at(trade, "2026-11-15T00:00:00Z");
    trade_resize(trade, snap, 12);
    trade_at(trade, "2026-12-10T00:00:00Z");
}

static void a_peak_is_explained_by_its_steps_and_its_share_of_the_tiers(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_close(&trade, "2026-11");
    struct line_explanation line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "PEAK");
    assert_int_equal(line.kind, EXPLAINED_USAGE);
    assert_string_equal(steps_of(&trade, &line), "1:7"); /* B's seats are B's */
    assert_int_equal(line.meter.licence_count, 1);
    assert_int_equal(line.meter.licences[0].opening_seats, 7);
    assert_int_equal(line.meter.event_count, 0);
    assert_true(line.meter.span.midnights_us[0] == instant(&trade, "2026-11-01T00:00:00Z"));
    assert_true(line.meter.span.midnights_us[30] == instant(&trade, "2026-12-01T00:00:00Z"));
    assert_true(text_is(line.meter.time_zone, "UTC"));
    assert_int_equal(line.price->tier_count, 3);
    assert_int_equal(line.price->effective_from.day, date_of(2026, 9, 1).day);
    assert_int_equal(line.charged.parts, 7);
    /* 12 units of both: 5 at 10, of which A has 5 × 7/12 = 2.92, so 3. */
    assert_int_equal(line.sum.total.parts, 12);
    assert_int_equal(line.sum.tier, 0);
    assert_int_equal(line.sum.tier_total.parts, 5);
    assert_true(line.sum.is_shared);
    assert_false(line.sum.is_rounded);
    assert_string_equal(line.sum.words.at,
                        "Of 12 of all customers the tier from unit 1 has 5, shared by largest remainder, of "
                        "which 3 are this line's. 3 × 10 = 30.00.");
    line = explained_of(&trade, "DIST", "P1", "2026-11", "B", "PEAK");
    assert_string_equal(steps_of(&trade, &line), "1:0 10:5");
    assert_string_equal(events_of(&trade, &line), "0>5");
}

static void a_snapshot_is_explained_by_its_last_step_and_the_tier_that_all_reach(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_close(&trade, "2026-11");
    struct line_explanation line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "SNAP");
    assert_string_equal(steps_of(&trade, &line), "1:4 15:12");
    assert_string_equal(events_of(&trade, &line), "0>4 4>12");
    assert_int_equal(line.meter.measured.parts, 12);
    assert_int_equal(line.sum.tier, 1);
    assert_string_equal(line.sum.words.at,
                        "All customers come to 12, which reaches the tier from unit 10. 12 × 2 = 24.00.");
}

static void any_is_explained_by_each_licences_own_peak(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_close(&trade, "2026-11");
    struct line_explanation line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "ANY");
    assert_string_equal(steps_of(&trade, &line), "1:0 3:2 5:0 10:3");
    assert_int_equal(line.meter.licence_count, 2);
    assert_int_equal(line.meter.licences[0].highest_seats, 2);
    assert_int_equal(line.meter.licences[1].highest_seats, 3);
    assert_int_equal(line.meter.measured.parts, 5);
    assert_true(line.sum.is_rounded);
    assert_string_equal(line.sum.words.at, "5 × 1.005 = 5.03, rounded half away from zero.");
}

static void daily_is_explained_by_its_days(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_close(&trade, "2026-11");
    struct line_explanation line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "DAILY");
    assert_int_equal(line.meter.trace.day_count, 30);
    for (size_t day = 1; day <= 30; day++) {
        assert_int_equal(line.meter.trace.day_highest[day - 1], day >= 10 && day <= 13 ? 2 : 0);
    }
    assert_int_equal(line.meter.measured.parts, 8);
    assert_string_equal(line.sum.words.at, "8/30 (8 seat-days in a month of 30 days) × 30 = 8.00.");
}

static void terms_and_what_was_set_by_hand_are_explained(void **state) {
    struct trade trade;
    struct world *world = *state;
    struct report_detail report;
    trade_begin(&trade, world, "UTC", "USD");
    for (size_t i = 0; i < 5; i++) {
        trade_sku(&trade, (const char *[]){"FREE", "LEAST", "NFR", "SET", "TRIAL"}[i]);
    }
    struct price_terms free = {.free_months = 1};
    struct price_terms least = {.minimum_units = 10};
    struct price_terms nfr = {.not_for_resale = true};
    struct price_terms trial = {.has_trial_end = true, .trial_end = date_of(2026, 11, 21)};
    trade_price(&trade, "DIST", "P1", "FREE", POLICY_PEAK, TIER_FLAT, "1:10", &free);
    trade_price(&trade, "DIST", "P1", "LEAST", POLICY_PEAK, TIER_FLAT, "1:3", &least);
    trade_price(&trade, "DIST", "P1", "NFR", POLICY_PEAK, TIER_FLAT, "1:0", &nfr);
    trade_price(&trade, "DIST", "P1", "SET", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_price(&trade, "DIST", "P1", "TRIAL", POLICY_DAILY, TIER_FLAT, "1:30", &trial);
    trade_at(&trade, "2026-11-02T00:00:00Z");
    for (size_t i = 0; i < 5; i++) {
        const char *sku = (const char *[]){"FREE", "LEAST", "NFR", "SET", "TRIAL"}[i];
        trade_on(&trade, trade_licence(&trade, "P1", "A", sku, 4));
    }
    const struct report_name name = {.provider = TEXT("P1"), .month = TEXT("2026-11")};
    struct adjust_report_input adjust = {.name = name,
                                         .customer = TEXT("A"),
                                         .sku = TEXT("SET"),
                                         .units = 3,
                                         .reason = TEXT("one by mistake")};
    WORLD_OK(world, adjust_report(&trade.call, &adjust, &report, &world->fault));
    trade_at(&trade, "2026-12-01T00:00:00Z");
    const struct decide_report_input decision = {.name = name};
    WORLD_OK(world, submit_report(&trade.call, &decision, &report, &world->fault));
    WORLD_OK(world, approve_report(&trade.call, &decision, &report, &world->fault));
    trade_close(&trade, "2026-11");

    struct line_explanation line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "FREE");
    assert_int_equal(line.why, CHARGE_FREE_MONTH);
    assert_int_equal(line.meter.measured.parts, 4);
    assert_int_equal(line.charged.parts, 0);
    line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "NFR");
    assert_int_equal(line.why, CHARGE_NOT_FOR_RESALE);
    line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "SET");
    assert_int_equal(line.why, CHARGE_ADJUSTED);
    assert_true(line.adjustment.is_set);
    assert_int_equal(line.adjustment.units, 3);
    assert_true(text_is(line.adjustment.reason, "one by mistake"));
    assert_int_equal(line.meter.measured.parts, 4);
    line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "TRIAL");
    assert_true(line.meter.counted_from_us == instant(&trade, "2026-11-21T00:00:00Z"));
    assert_string_equal(steps_of(&trade, &line), "21:4");
    assert_string_equal(events_of(&trade, &line), "0>4"); /* before the trial's end, and shown */
    assert_int_equal(line.meter.measured.parts, 40);
    line = explained_of(&trade, "DIST", "P1", "2026-11", "", "LEAST");
    assert_int_equal(line.kind, EXPLAINED_MINIMUM);
    assert_int_equal(line.meter.licence_count, 0);
    assert_int_equal(line.sum.total.parts, 10);
    assert_string_equal(line.sum.words.at,
                        "All customers together are charged for less than the minimum of 10. 6 × 3 = 18.00.");
}

/* A bundle of two S that P1 composed: 5 of it at A, and 3 of the product alone. */
static void a_bundle_at_a(struct trade *trade, struct world *world) {
    struct sku_view view;
    struct bundle_part_input part = {TEXT("S"), 2};
    struct compose_bundle_input compose = {
        .seller = TEXT("P1"), .code = TEXT("SUITE"), .name = TEXT("Suite"), .parts = &part, .part_count = 1};
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    WORLD_OK(world, compose_bundle(&trade->call, &compose, &view, &world->fault));
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_price(trade, "P1", NULL, "SUITE", POLICY_PEAK, TIER_FLAT, "1:50", NULL);
    trade_at(trade, "2026-11-05T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "SUITE", 5));
    trade_at(trade, "2026-11-07T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 3));
    trade_at(trade, "2026-12-10T00:00:00Z");
    trade_close(trade, "2026-11");
}

static void only_licences_that_the_edge_bills_explain_its_lines(void **state) {
    struct trade trade;
    a_bundle_at_a(&trade, *state);
    struct line_explanation line = explained_of(&trade, "DIST", "P1", "2026-11", "A", "S");
    assert_int_equal(line.meter.licence_count, 2); /* the part and the product */
    assert_string_equal(steps_of(&trade, &line), "1:0 5:10 7:13");
    line = explained_of(&trade, "P1", "A", "2026-11", "A", "S");
    assert_int_equal(line.meter.licence_count, 1); /* the product alone */
    assert_string_equal(steps_of(&trade, &line), "1:0 7:3");
    line = explained_of(&trade, "P1", "A", "2026-11", "A", "SUITE");
    assert_string_equal(steps_of(&trade, &line), "1:0 5:5");
}

/* October closed: 10 at A and 2 at B, graduated. */
static void an_october(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_GRADUATED, "1:10 11:5", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_at(trade, "2026-10-01T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 10));
    trade_on(trade, trade_licence(trade, "P1", "B", "S", 2));
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_close(trade, "2026-10");
}

static void correct(struct trade *trade, int64_t units, const char *reason) {
    struct add_correction_input input = {.giver = TEXT("DIST"),
                                         .month = TEXT("2026-10"),
                                         .customer = TEXT("A"),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = units,
                                         .reason = text_of(reason)};
    struct correction_page view;
    WORLD_OK(trade->world, add_correction(&trade->call, &input, &view, &trade->world->fault));
}

static void a_correction_names_what_it_reverses_and_replaces(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    struct text october = trade_invoice(&trade, "DIST", "P1", "2026-10").invoice.number;
    correct(&trade, 5, "counted twice");
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    struct text november = trade_invoice(&trade, "DIST", "P1", "2026-11").invoice.identifier;
    /* Lines 1 to 3 are November's; 4 and 5 reverse A's two of October, 6 replaces them. */
    for (int64_t line = 1; line <= 3; line++) {
        assert_int_equal(explained(&trade, november, line).kind, EXPLAINED_USAGE);
    }
    struct line_explanation reversal = explained(&trade, november, 5);
    assert_int_equal(reversal.kind, EXPLAINED_REVERSAL);
    assert_int_equal(reversal.month.index, month_of(2026, 10).index);
    assert_true(text_equal(reversal.reference.number, october));
    assert_int_equal(reversal.reference.line, 2);
    struct line_explanation replacement = explained(&trade, november, 6);
    assert_int_equal(replacement.kind, EXPLAINED_CORRECTION);
    assert_int_equal(replacement.month.index, month_of(2026, 10).index);
    assert_int_equal(replacement.why, CHARGE_CORRECTED);
    assert_true(replacement.correction.is_set);
    assert_true(text_is(replacement.correction.reason, "counted twice"));
    assert_int_equal(replacement.meter.measured.parts, 10);
    assert_int_equal(replacement.charged.parts, 5);
    assert_int_equal(replacement.replaced_count, 2);
    assert_int_equal(replacement.replaces[0], 4);
    assert_int_equal(replacement.replaces[1], 5);
    /* A later correction changes neither the explanation of October nor that of the first correction. */
    correct(&trade, 9, "nine after all");
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-12");
    assert_int_equal(explained(&trade, november, 6).correction.units, 5);
    assert_false(explained_of(&trade, "DIST", "P1", "2026-10", "A", "S").correction.is_set);
    struct line_explanation second = explained_of(&trade, "DIST", "P1", "2026-12", "A", "S");
    assert_int_equal(second.kind, EXPLAINED_USAGE);
    struct invoice_detail december = trade_invoice(&trade, "DIST", "P1", "2026-12");
    struct line_explanation last =
        explained(&trade, december.invoice.identifier, (int64_t)december.invoice.line_count);
    assert_int_equal(last.kind, EXPLAINED_CORRECTION);
    assert_int_equal(last.correction.units, 9);
    assert_int_equal(last.replaced_count, 1);
}

static void a_correction_without_a_difference_says_so(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    correct(&trade, 10, "ten indeed");
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    struct invoice_detail view = trade_invoice(&trade, "DIST", "P1", "2026-11");
    struct line_explanation line =
        explained(&trade, view.invoice.identifier, (int64_t)view.invoice.line_count);
    assert_int_equal(line.kind, EXPLAINED_NO_DIFFERENCE);
}

static void a_charge_and_a_credit_are_explained_by_what_they_come_from(void **state) {
    struct trade trade;
    struct one_off_charge_view charges[2];
    struct invoice_view note;
    trade_begin(&trade, *state, "UTC", "USD");
    struct world *world = trade.world;
    for (size_t i = 0; i < 2; i++) {
        struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                                 .buyer = TEXT("A"),
                                                 .month = TEXT("2026-09"),
                                                 .description = TEXT("Installation"),
                                                 .quantity = 2,
                                                 .unit_price = i == 0 ? TEXT("120.50") : TEXT("1.005")};
        WORLD_OK(world, add_one_off_charge(&trade.call, &input, &charges[i], &world->fault));
    }
    trade_at(&trade, "2026-10-10T00:00:00Z");
    trade_close(&trade, "2026-09");
    struct text invoice = trade_invoice(&trade, "P1", "A", "2026-09").invoice.identifier;
    for (int64_t i = 0; i < 2; i++) {
        struct line_explanation line = explained(&trade, invoice, i + 1);
        assert_int_equal(line.kind, EXPLAINED_CHARGE);
        assert_true(text_equal(line.charge, charges[i].identifier));
        assert_true(line.charge_added_at_us == instant(&trade, "2026-09-01T12:00:00Z"));
    }
    assert_string_equal(explained(&trade, invoice, 1).sum.words.at, "2 × 120.5 = 241.00.");
    const int64_t second = 2;
    struct credit_invoice_input credit = {
        .invoice = invoice, .positions = &second, .position_count = 1, .reason = TEXT("goodwill")};
    WORLD_OK(world, credit_invoice(&trade.call, &credit, &note, &world->fault));
    struct line_explanation line = explained(&trade, note.identifier, 2);
    assert_int_equal(line.kind, EXPLAINED_CREDIT);
    assert_true(text_equal(line.reference.invoice, invoice));
    assert_int_equal(line.reference.line, 2);
}

static void a_charge_that_was_rounded_is_explained_so(void **state) {
    struct trade trade;
    struct one_off_charge_view charge;
    const struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                                   .buyer = TEXT("A"),
                                                   .month = TEXT("2026-09"),
                                                   .description = TEXT("Storage"),
                                                   .quantity = 3,
                                                   .unit_price = TEXT("1.0055")};
    trade_begin(&trade, *state, "UTC", "USD");
    WORLD_OK(trade.world, add_one_off_charge(&trade.call, &input, &charge, &trade.world->fault));
    trade_at(&trade, "2026-10-10T00:00:00Z");
    trade_close(&trade, "2026-09");
    struct text invoice = trade_invoice(&trade, "P1", "A", "2026-09").invoice.identifier;
    assert_string_equal(explained(&trade, invoice, 1).sum.words.at,
                        "3 × 1.0055 = 3.02, rounded half away from zero.");
}

static void a_line_has_one_number_everywhere(void **state) {
    struct trade trade;
    struct invoice_view note;
    struct delivered_document document;
    an_october(&trade, *state);
    struct world *world = trade.world;
    const int64_t taken[] = {2, 3};
    struct credit_invoice_input credit = {.invoice = TEXT("DIST-2026-000001"),
                                          .positions = taken,
                                          .position_count = 2,
                                          .reason = TEXT("goodwill")};
    WORLD_OK(world, credit_invoice(&trade.call, &credit, &note, &world->fault));
    struct show_invoice_input show = {.invoice = note.identifier};
    struct invoice_detail view;
    WORLD_OK(world, show_invoice(&trade.call, &show, &view, &world->fault));
    assert_int_equal(view.invoice.line_count, 2);
    for (size_t i = 0; i < 2; i++) {
        int64_t number = view.invoice.lines[i].position;
        assert_int_equal(number, taken[i]);
        assert_int_equal(explained(&trade, note.identifier, number).line, number);
    }
    const struct explain_line_input none = {note.identifier, 1};
    struct line_explanation unknown;
    WORLD_FAULT(world, "unknown-line", explain_line(&trade.call, &none, &unknown, &world->fault));
    const char *const row = ",credits DIST-2026-000001: goodwill,3,";
    assert_true(has(exported(world, &trade.call, "lines", "2026-10"), row));
    const struct deliver_document_input csv = {note.identifier, DOCUMENT_CSV};
    WORLD_OK(world, deliver_document(&trade.call, &csv, &document, &world->fault));
    assert_true(has(document.content, row));
    const struct deliver_document_input text = {note.identifier, DOCUMENT_TEXT};
    WORLD_OK(world, deliver_document(&trade.call, &text, &document, &world->fault));
    assert_true(has(document.content, "Line  SKU"));
    assert_true(has(document.content, "\n     3  "));
}

static void what_is_computed_now_is_told_from_what_was_billed(void **state) {
    struct trade trade;
    a_november(&trade, *state);
    trade_close(&trade, "2026-11");
    struct invoice_detail view = trade_invoice(&trade, "DIST", "P1", "2026-11");
    struct explain_line_input input = {view.invoice.identifier, 1}; /* ANY at A: 5 × 1.005 */
    struct line_explanation line;
    trade_sabotage(&trade, "update licences set counted_seats = counted_seats + 2");
    WORLD_OK(trade.world, explain_line(&trade.call, &input, &line, &trade.world->fault));
    assert_false(line.agrees);
    assert_true(line.has_computed);
    assert_int_equal(line.billed.amount_minor, 503);
    assert_int_equal(line.meter.measured.parts, 9);
    assert_int_equal(line.computed.amount_minor, 905);
}

static void a_line_is_explained_to_the_two_parties_of_its_edge_alone(void **state) {
    struct trade trade;
    a_bundle_at_a(&trade, *state);
    int64_t customer_a = trade_ask(&trade, "select id from accounts where code = 'A'");
    int64_t other_provider = trade_account(&trade, "provider", "P2", "DIST");
    const struct {
        const char *seller;
        const char *buyer;
        int64_t parties[2];
    } edges[] = {{"DIST", "P1", {trade.distributor_id, trade.provider_id}},
                 {"P1", "A", {trade.provider_id, customer_a}}};
    const int64_t everybody[] = {trade.vendor_id, trade.distributor_id, trade.provider_id, customer_a,
                                 other_provider};
    for (size_t e = 0; e < 2; e++) {
        struct text invoice =
            trade_invoice(&trade, edges[e].seller, edges[e].buyer, "2026-11").invoice.identifier;
        for (size_t i = 0; i < sizeof everybody / sizeof *everybody; i++) {
            struct call call = trade.call;
            struct explain_line_input input = {invoice, 1};
            struct line_explanation line;
            call.actor = (struct actor){ACTOR_USER, 1, everybody[i], RIGHT_ALL};
            bool is_party = everybody[i] == edges[e].parties[0] || everybody[i] == edges[e].parties[1];
            if (is_party) {
                WORLD_OK(trade.world, explain_line(&call, &input, &line, &trade.world->fault));
            } else {
                WORLD_FAULT(trade.world, "unknown-invoice",
                            explain_line(&call, &input, &line, &trade.world->fault));
            }
            call.actor.rights = RIGHT_ALL & ~(unsigned)RIGHT_READ;
            WORLD_FAULT(trade.world, "right-missing",
                        explain_line(&call, &input, &line, &trade.world->fault));
        }
    }
}

static void a_line_that_is_not_there_is_unknown(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    struct line_explanation line;
    const int64_t lines[] = {0, -1, 4, INT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        struct explain_line_input input = {TEXT("DIST-2026-000001"), lines[i]};
        WORLD_FAULT(trade.world, "unknown-line",
                    explain_line(&trade.call, &input, &line, &trade.world->fault));
    }
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_peak_is_explained_by_its_steps_and_its_share_of_the_tiers),
        WORLD_TEST(a_snapshot_is_explained_by_its_last_step_and_the_tier_that_all_reach),
        WORLD_TEST(any_is_explained_by_each_licences_own_peak),
        WORLD_TEST(daily_is_explained_by_its_days),
        WORLD_TEST(terms_and_what_was_set_by_hand_are_explained),
        WORLD_TEST(only_licences_that_the_edge_bills_explain_its_lines),
        WORLD_TEST(a_charge_that_was_rounded_is_explained_so),
        WORLD_TEST(a_line_has_one_number_everywhere),
        WORLD_TEST(a_correction_names_what_it_reverses_and_replaces),
        WORLD_TEST(a_correction_without_a_difference_says_so),
        WORLD_TEST(a_charge_and_a_credit_are_explained_by_what_they_come_from),
        WORLD_TEST(what_is_computed_now_is_told_from_what_was_billed),
        WORLD_TEST(a_line_is_explained_to_the_two_parties_of_its_edge_alone),
        WORLD_TEST(a_line_that_is_not_there_is_unknown),
    };
    return world_run_tests("explain", tests, sizeof tests / sizeof tests[0]);
}
