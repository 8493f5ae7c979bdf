/* A correction on its way along the path: whom it binds and when, what silence accepts, what is taken back,
 * late events of closed months on every edge, and who sees what of it. */
#include "programme/billing/corrections.h"
#include "programme/billing/explain_line.h"
#include "programme/catalogue/bundle_parts.h"
#include "programme/catalogue/catalogue.h"
#include "programme/licensing/turn_licence.h"
#include "programme/parties/amend_agreement.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* 8 seats at A in the whole of October, which is closed on 10 November; nothing since. VEND sells at 1.00,
 * DIST at 3.10 a day's share, P1 at 10.00. */
struct october {
    struct trade trade;
    struct text licence;
};

static void an_october(struct october *october, struct world *world) {
    struct trade *trade = &october->trade;
    trade_begin(trade, world, "UTC", "EUR");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_DAILY, TIER_FLAT, "1:3.1", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_at(trade, "2026-10-01T00:00:00Z");
    october->licence = trade_licence(trade, "P1", "A", "S", 8);
    trade_on(trade, october->licence);
    trade_at(trade, "2026-10-31T23:00:00Z");
    trade_off(trade, october->licence);
    trade_at(trade, "2026-11-10T00:00:00Z");
    assert_int_equal(trade_close(trade, "2026-10").open_count, 0);
}

static void act_for(struct trade *trade, const char *code) {
    int64_t id = trade_ask(
        trade, text_format(&trade->world->arena, "select id from accounts where code = '%s'", code).at);
    trade->call.actor = (struct actor){.kind = ACTOR_USER, .id = 1, .account_id = id, .rights = RIGHT_ALL};
}

static void act_as_operator(struct trade *trade) {
    trade->call.actor = (struct actor){.kind = ACTOR_OPERATOR, .rights = RIGHT_ALL};
}

static struct add_correction_input units_of(const char *giver, int64_t units) {
    return (struct add_correction_input){.giver = text_of(giver),
                                         .month = TEXT("2026-10"),
                                         .customer = TEXT("A"),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = units,
                                         .reason = TEXT("miscounted")};
}

static struct add_correction_input late_of(const char *giver, struct text licence, const char *at,
                                           int64_t seats) {
    return (struct add_correction_input){.giver = text_of(giver),
                                         .licence = licence,
                                         .at = text_of(at),
                                         .has_seats = true,
                                         .seats = seats,
                                         .reason = TEXT("told late")};
}

static struct correction_page give(struct trade *trade, struct add_correction_input input) {
    struct correction_page given = {0};
    WORLD_OK(trade->world, add_correction(&trade->call, &input, &given, &trade->world->fault));
    return given;
}

/* The correction of the edge on which an account sells. */
static const struct correction_view *of_seller(const struct correction_page *given, const char *seller) {
    for (size_t i = 0; i < given->count; i++) {
        if (text_is(given->items[i].seller_code, seller)) {
            return &given->items[i];
        }
    }
    fail();
    return NULL;
}

static void accept(struct trade *trade, const struct correction_view *correction) {
    struct decide_correction_input input = {.correction = correction->identifier};
    struct correction_view view;
    WORLD_OK(trade->world, accept_correction(&trade->call, &input, &view, &trade->world->fault));
}

static struct correction_view show(struct trade *trade, const struct correction_view *correction) {
    struct correction_view view;
    WORLD_OK(trade->world,
             show_correction(&trade->call, correction->identifier, &view, &trade->world->fault));
    return view;
}

static void close_november(struct trade *trade) {
    trade_at(trade, "2026-12-10T00:00:00Z");
    trade_close(trade, "2026-11");
}

static void close_december(struct trade *trade) {
    trade_at(trade, "2027-01-10T00:00:00Z");
    trade_close(trade, "2026-12");
}

/* What October is worth on the edge on which an account sells, all documents together, in cents. */
static int64_t worth(struct trade *trade, const char *seller) {
    return trade_ask(trade,
                     text_format(&trade->world->arena,
                                 "select cast(coalesce(sum(l.amount_minor), 0) as bigint) from invoice_lines "
                                 "l join invoices i on i.id = l.invoice_id join accounts s on s.id = "
                                 "i.seller_id where s.code = '%s' and l.sku_id <> 0",
                                 seller)
                         .at);
}

/* ---- whom it binds ---- */

static void a_correction_goes_to_every_edge_and_binds_each_once_its_seller_has_accepted_it(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page given = give(trade, units_of("P1", 5));
    assert_int_equal(given.count, 3);
    assert_string_equal(of_seller(&given, "P1")->state.at, "accepted");
    assert_string_equal(of_seller(&given, "DIST")->state.at, "waiting");
    assert_string_equal(of_seller(&given, "VEND")->state.at, "waiting");
    assert_int_equal(of_seller(&given, "P1")->money.difference_minor, -3000);
    assert_int_equal(of_seller(&given, "DIST")->money.difference_minor, -930);
    trade_must_be_clean(trade);
    accept(trade, of_seller(&given, "DIST"));
    close_november(trade);
    assert_int_equal(worth(trade, "P1"), 5000);
    assert_int_equal(worth(trade, "DIST"), 1550);
    assert_int_equal(worth(trade, "VEND"), 800);
    trade_must_be_clean(trade);
    /* It waits for the vendor however long, and is billed by the first close after it has accepted. */
    accept(trade, of_seller(&given, "VEND"));
    close_december(trade);
    assert_int_equal(worth(trade, "VEND"), 500);
    assert_string_equal(show(trade, of_seller(&given, "VEND")).state.at, "billed");
    trade_must_be_clean(trade);
}

static void silence_accepts_what_raises_the_bill_of_its_giver_alone(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page given = give(trade, units_of("P1", 10));
    assert_int_equal(of_seller(&given, "DIST")->money.difference_minor, 620);
    assert_true(of_seller(&given, "DIST")->silent_at_us > trade->call.now_us);
    assert_int_equal(of_seller(&given, "VEND")->silent_at_us, 0); /* it raises what DIST pays */
    close_november(trade);
    assert_int_equal(worth(trade, "DIST"), 3100);
    assert_int_equal(worth(trade, "P1"), 10000);
    assert_int_equal(worth(trade, "VEND"), 800);
    assert_string_equal(show(trade, of_seller(&given, "DIST")).state.at, "billed");
    assert_string_equal(show(trade, of_seller(&given, "VEND")).state.at, "waiting");
    trade_must_be_clean(trade);
}

static void silence_is_no_yes_before_its_term_has_passed(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    trade_at(trade, "2026-12-09T12:00:00Z");
    struct correction_page given = give(trade, units_of("P1", 10));
    close_november(trade);
    assert_int_equal(worth(trade, "DIST"), 2480);
    close_december(trade);
    assert_int_equal(worth(trade, "DIST"), 3100);
    assert_string_equal(show(trade, of_seller(&given, "DIST")).state.at, "billed");
    trade_must_be_clean(trade);
}

static void silence_lowers_no_bill(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page given = give(trade, units_of("P1", 5));
    assert_int_equal(of_seller(&given, "DIST")->silent_at_us, 0);
    close_november(trade);
    close_december(trade);
    assert_int_equal(worth(trade, "DIST"), 2480);
    assert_string_equal(show(trade, of_seller(&given, "DIST")).state.at, "waiting");
    trade_must_be_clean(trade);
}

static void silence_does_not_accept_what_has_become_a_fall_meanwhile(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page first = give(trade, units_of("P1", 15));
    struct correction_page second = give(trade, units_of("P1", 9)); /* more than 8: a rise, as it stands */
    assert_true(of_seller(&second, "DIST")->silent_at_us > 0);
    accept(trade, of_seller(&first, "DIST"));
    close_november(trade);
    assert_int_equal(worth(trade, "DIST"), 4650); /* 15 × 3.10 */
    struct correction_view waits = show(trade, of_seller(&second, "DIST"));
    assert_string_equal(waits.state.at, "waiting");
    assert_int_equal(waits.silent_at_us, 0);
    assert_int_equal(waits.money.difference_minor, -1860);
    trade_must_be_clean(trade);
}

static void a_refused_correction_binds_nobody_and_says_why(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    struct correction_view view;
    an_october(&october, *state);
    struct correction_page given = give(trade, units_of("P1", 10));
    struct decide_correction_input refuse = {.correction = of_seller(&given, "DIST")->identifier};
    WORLD_FAULT(trade->world, "missing-field",
                refuse_correction(&trade->call, &refuse, &view, &trade->world->fault));
    refuse.reason = TEXT("eight were on");
    WORLD_OK(trade->world, refuse_correction(&trade->call, &refuse, &view, &trade->world->fault));
    assert_string_equal(view.state.at, "refused");
    assert_string_equal(view.decision.at, "eight were on");
    WORLD_FAULT(trade->world, "wrong-state",
                accept_correction(&trade->call, &refuse, &view, &trade->world->fault));
    close_november(trade);
    assert_int_equal(worth(trade, "DIST"), 2480);
    trade_must_be_clean(trade);
}

static void what_a_distributor_corrects_waits_for_its_provider(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page given = give(trade, units_of("DIST", 9));
    assert_string_equal(of_seller(&given, "DIST")->state.at, "accepted");
    assert_string_equal(of_seller(&given, "P1")->state.at, "waiting");
    assert_int_equal(of_seller(&given, "P1")->silent_at_us, 0); /* A's bill is not the distributor's */
    assert_true(of_seller(&given, "VEND")->silent_at_us > 0);
    close_november(trade);
    assert_int_equal(worth(trade, "P1"), 8000);
    assert_int_equal(worth(trade, "DIST"), 2790);
    assert_int_equal(worth(trade, "VEND"), 900);
    trade_must_be_clean(trade);
}

/* ---- taking it back and trying it ---- */

static void a_correction_is_taken_back_on_every_edge_until_it_is_billed(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page given = give(trade, units_of("P1", 5));
    accept(trade, of_seller(&given, "DIST"));
    WORLD_OK(trade->world,
             remove_correction(&trade->call, of_seller(&given, "DIST")->identifier, &trade->world->fault));
    for (size_t i = 0; i < given.count; i++) {
        assert_string_equal(show(trade, &given.items[i]).state.at, "withdrawn");
    }
    close_november(trade);
    assert_int_equal(worth(trade, "P1"), 8000);
    assert_int_equal(worth(trade, "DIST"), 2480);
    WORLD_FAULT(trade->world, "nothing-to-withdraw",
                remove_correction(&trade->call, given.items[0].identifier, &trade->world->fault));
    trade_must_be_clean(trade);
    given = give(trade, units_of("P1", 5));
    close_december(trade);
    WORLD_OK(trade->world, remove_correction(&trade->call, given.items[0].identifier, &trade->world->fault));
    assert_string_equal(show(trade, of_seller(&given, "P1")).state.at, "billed");
    assert_string_equal(show(trade, of_seller(&given, "DIST")).state.at, "withdrawn");
    assert_int_equal(worth(trade, "P1"), 5000);
    trade_must_be_clean(trade);
}

static void a_correction_that_is_tried_says_what_it_comes_to_and_changes_nothing(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct add_correction_input input = units_of("P1", 5);
    input.dry_run = true;
    struct correction_page tried = give(trade, input);
    assert_int_equal(tried.count, 3);
    assert_int_equal(of_seller(&tried, "P1")->identifier.length, 0);
    assert_int_equal(of_seller(&tried, "P1")->money.difference_minor, -3000);
    assert_int_equal(of_seller(&tried, "DIST")->money.difference_minor, -930);
    assert_int_equal(trade_ask(trade, "select count(*) from corrections"), 0);
    assert_int_equal(trade_ask(trade, "select count(*) from audit where action = 'correction.add'"), 0);
}

/* ---- late events ---- */

static void a_late_change_of_a_closed_month_is_billed_to_the_day(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page given = give(trade, late_of("P1", october.licence, "2026-10-15", 0));
    assert_int_equal(given.count, 3);
    accept(trade, of_seller(&given, "DIST"));
    close_november(trade);
    /* 14 days of 31 for 8 seats at 3.10: 11.20. A peak is what it was. */
    assert_int_equal(worth(trade, "DIST"), 1120);
    assert_int_equal(worth(trade, "P1"), 8000);
    struct invoice_detail note = trade_invoice(trade, "DIST", "P1", "2026-11");
    assert_string_equal(trade_lines(trade, &note.invoice).at,
                        "A S daily 8 -8 3.1 -24.80 corrects 2026-10 (DIST-2026-000001): reversal\n"
                        "A S daily 3.612903 3.612903 3.1 11.20 corrects 2026-10 (DIST-2026-000001): told "
                        "late\n");
    trade_must_be_clean(trade);
}

static void late_changes_of_a_month_hold_together(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page first = give(trade, late_of("P1", october.licence, "2026-10-15", 0));
    struct correction_page second = give(trade, late_of("P1", october.licence, "2026-10-25", 20));
    accept(trade, of_seller(&second, "DIST"));
    accept(trade, of_seller(&first, "DIST"));
    close_november(trade);
    /* 8 × 14 days and 20 × 7: 252 of 31. */
    assert_int_equal(worth(trade, "DIST"), 2520);
    assert_int_equal(worth(trade, "P1"), 20000);
    trade_must_be_clean(trade);
    /* Units are the last word where they come last. */
    struct correction_page third = give(trade, units_of("P1", 8));
    accept(trade, of_seller(&third, "DIST"));
    close_december(trade);
    assert_int_equal(worth(trade, "DIST"), 2480);
    assert_int_equal(worth(trade, "P1"), 8000);
    trade_must_be_clean(trade);
}

static void a_line_of_a_late_change_is_explained_with_it(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    struct correction_page given = give(trade, late_of("P1", october.licence, "2026-10-15", 0));
    accept(trade, of_seller(&given, "DIST"));
    close_november(trade);
    struct invoice_detail note = trade_invoice(trade, "DIST", "P1", "2026-11");
    struct explain_line_input input = {.invoice = note.invoice.number, .line = 2};
    struct line_explanation explanation;
    WORLD_OK(trade->world, explain_line(&trade->call, &input, &explanation, &trade->world->fault));
    assert_true(explanation.agrees);
    assert_int_equal(explanation.charged.parts, 112);
    assert_int_equal(explanation.meter.measured.parts, 112);
}

static void a_late_change_of_a_bundle_reaches_its_parts_on_the_edges_above(void **state) {
    struct trade trade;
    struct sku_view suite;
    trade_begin(&trade, *state, "UTC", "EUR");
    trade_sku(&trade, "S");
    trade_sku(&trade, "T");
    struct bundle_part_input parts[] = {{TEXT("S"), 1}, {TEXT("T"), 2}};
    struct compose_bundle_input compose = {
        .seller = TEXT("P1"), .code = TEXT("SUITE"), .name = TEXT("Suite"), .parts = parts, .part_count = 2};
    WORLD_OK(trade.world, compose_bundle(&trade.call, &compose, &suite, &trade.world->fault));
    trade_price(&trade, "VEND", "DIST", "S", POLICY_DAILY, TIER_FLAT, "1:31", NULL);
    trade_price(&trade, "VEND", "DIST", "T", POLICY_DAILY, TIER_FLAT, "1:31", NULL);
    trade_price(&trade, "DIST", "P1", "S", POLICY_DAILY, TIER_FLAT, "1:62", NULL);
    trade_price(&trade, "DIST", "P1", "T", POLICY_DAILY, TIER_FLAT, "1:62", NULL);
    trade_price(&trade, "P1", NULL, "SUITE", POLICY_DAILY, TIER_FLAT, "1:310", NULL);
    trade_at(&trade, "2026-10-01T00:00:00Z");
    struct text licence = trade_licence(&trade, "P1", "A", "SUITE", 3);
    trade_on(&trade, licence);
    trade_at(&trade, "2026-10-31T23:00:00Z");
    trade_off(&trade, licence);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    assert_int_equal(worth(&trade, "P1"), 93000);
    assert_int_equal(worth(&trade, "DIST"), 3 * 6200 + 6 * 6200);
    struct correction_page given = give(&trade, late_of("P1", licence, "2026-10-11", 0)); /* 10 days */
    assert_int_equal(given.count, 5);
    for (size_t i = 0; i < given.count; i++) {
        if (text_is(given.items[i].state, "waiting")) {
            accept(&trade, &given.items[i]);
        }
    }
    close_november(&trade);
    assert_int_equal(worth(&trade, "P1"), 30000);
    assert_int_equal(worth(&trade, "DIST"), 10 * (3 * 200 + 6 * 200));
    assert_int_equal(worth(&trade, "VEND"), 10 * (3 * 100 + 6 * 100));
    trade_must_be_clean(&trade);
}

static void a_late_change_that_nothing_can_take_is_refused(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    struct correction_page given;
    an_october(&october, *state);
    struct text never = trade_licence(trade, "P1", "A", "S", 1);
    struct add_correction_input input = late_of("P1", never, "2026-10-15", 1);
    WORLD_FAULT(trade->world, "licence-never-on",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    input = late_of("P1", october.licence, "2026-11-05", 1);
    WORLD_FAULT(trade->world, "month-not-closed",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    input.at = TEXT("2027-11-05");
    WORLD_FAULT(trade->world, "time-in-future",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    input = late_of("P1", october.licence, "2026-10-15", -1);
    WORLD_FAULT(trade->world, "seats-out-of-range",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    input = late_of("P1", october.licence, "2026-10-15", 1);
    input.has_units = true;
    WORLD_FAULT(trade->world, "missing-field",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
}

/* ---- who sees what ---- */

static void each_party_sees_the_correction_of_its_own_edges_and_no_other(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    trade_account(trade, "provider", "P2", "DIST");
    struct correction_page all = give(trade, units_of("P1", 10));
    static const struct {
        const char *who;
        size_t count;
    } SEES[] = {{"A", 1}, {"P1", 2}, {"DIST", 2}, {"VEND", 1}, {"P2", 0}};
    for (size_t i = 0; i < sizeof SEES / sizeof *SEES; i++) {
        struct list_corrections_input input = {.page = {.limit = 100}};
        struct correction_page seen;
        struct correction_view view;
        act_for(trade, SEES[i].who);
        WORLD_OK(trade->world, list_corrections(&trade->call, &input, &seen, &trade->world->fault));
        assert_int_equal(seen.count, SEES[i].count);
        for (size_t k = 0; k < all.count; k++) {
            bool is_party = text_is(all.items[k].seller_code, SEES[i].who) ||
                            text_is(all.items[k].buyer_code, SEES[i].who);
            enum status status =
                show_correction(&trade->call, all.items[k].identifier, &view, &trade->world->fault);
            assert_int_equal(status, is_party ? STATUS_OK : STATUS_NOT_FOUND);
        }
    }
    /* A vendor reads identifiers, and nobody but the giver who gave it. */
    act_for(trade, "VEND");
    struct correction_view seen = show(trade, of_seller(&all, "VEND"));
    assert_memory_equal(seen.customer_code.at, "acc_", 4);
    assert_int_equal(seen.giver_code.length, 0);
    assert_int_equal(seen.created_by.length, 0);
    assert_int_equal(seen.money.difference_minor, 200);
}

static void a_giver_is_shown_its_own_edges_alone(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    an_october(&october, *state);
    act_for(trade, "P1");
    struct add_correction_input input = units_of("", 10);
    input.dry_run = true;
    assert_int_equal(give(trade, input).count, 2);
    input.dry_run = false;
    assert_int_equal(give(trade, input).count, 2);
    assert_int_equal(trade_ask(trade, "select count(*) from corrections"), 3);
}

static void a_seller_alone_decides_and_the_giver_alone_takes_back(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    struct correction_view view;
    an_october(&october, *state);
    struct correction_page given = give(trade, units_of("P1", 10));
    struct decide_correction_input decide = {.correction = of_seller(&given, "DIST")->identifier,
                                             .reason = TEXT("no")};
    act_for(trade, "P1");
    WORLD_FAULT(trade->world, "not-yours",
                accept_correction(&trade->call, &decide, &view, &trade->world->fault));
    WORLD_FAULT(trade->world, "not-yours",
                refuse_correction(&trade->call, &decide, &view, &trade->world->fault));
    act_for(trade, "DIST");
    WORLD_FAULT(trade->world, "not-yours",
                remove_correction(&trade->call, decide.correction, &trade->world->fault));
    act_for(trade, "A");
    WORLD_FAULT(trade->world, "unknown-correction",
                accept_correction(&trade->call, &decide, &view, &trade->world->fault));
    act_for(trade, "DIST");
    WORLD_OK(trade->world, accept_correction(&trade->call, &decide, &view, &trade->world->fault));
    act_for(trade, "P1");
    WORLD_OK(trade->world, remove_correction(&trade->call, decide.correction, &trade->world->fault));
    act_as_operator(trade);
    trade_must_be_clean(trade);
}

static void nobody_gives_what_is_not_on_its_path(void **state) {
    struct october october;
    struct trade *trade = &october.trade;
    struct correction_page given;
    an_october(&october, *state);
    trade_account(trade, "provider", "P2", "DIST");
    struct add_correction_input input = units_of("P2", 3);
    WORLD_FAULT(trade->world, "not-on-path",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    act_for(trade, "P2");
    input.giver = TEXT("");
    WORLD_FAULT(trade->world, "unknown-account",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    input = late_of("", october.licence, "2026-10-15", 0);
    WORLD_FAULT(trade->world, "unknown-licence",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    input = units_of("P1", 3);
    WORLD_FAULT(trade->world, "unknown-account",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
    /* The customer is on it: what it pays more, silence accepts. */
    act_for(trade, "A");
    input = units_of("", 9);
    given = give(trade, input);
    assert_int_equal(given.count, 1);
    assert_true(given.items[0].silent_at_us > 0);
    /* So is the vendor, of a licence of its own. */
    act_for(trade, "VEND");
    given = give(trade, late_of("", october.licence, "2026-10-15", 9));
    assert_int_equal(given.count, 1);
    assert_string_equal(given.items[0].state.at, "accepted");
    act_as_operator(trade);
    trade_must_be_clean(trade);
}

static void a_correction_is_for_an_end_customer_whoever_gives_it(void **state) {
    struct october october;
    an_october(&october, *state);
    struct trade *trade = &october.trade;
    static const char *const givers[] = {"VEND", "DIST", "P1"};
    for (size_t i = 0; i < 3; i++) {
        struct add_correction_input input = units_of(givers[i], 5);
        struct correction_page given;
        input.customer = TEXT("P1");
        WORLD_FAULT(trade->world, "not-on-path",
                    add_correction(&trade->call, &input, &given, &trade->world->fault));
    }
}

static void a_customer_is_meant_where_a_reseller_has_its_code(void **state) {
    struct october october;
    an_october(&october, *state);
    struct trade *trade = &october.trade;
    trade_account(trade, "provider", "SAME", "DIST");
    trade_account(trade, "customer", "SAME", "P1");
    act_for(trade, "DIST");
    struct add_correction_input input = units_of("DIST", 2);
    input.customer = TEXT("SAME");
    struct correction_page given = give(trade, input);
    assert_true(text_is(of_seller(&given, "DIST")->customer_code, "SAME"));
}

static void the_givers_own_customer_is_meant_before_an_older_one_of_its_code(void **state) {
    struct october october;
    an_october(&october, *state);
    struct trade *trade = &october.trade;
    trade_account(trade, "provider", "P2", "DIST");
    trade_account(trade, "customer", "A", "P2");
    struct add_correction_input input = units_of("P2", 2);
    struct correction_page given;
    WORLD_FAULT(trade->world, "month-not-closed",
                add_correction(&trade->call, &input, &given, &trade->world->fault));
}

static void a_local_time_is_in_the_zone_that_the_month_had(void **state) {
    struct october october;
    an_october(&october, *state);
    struct trade *trade = &october.trade;
    const struct amend_agreement_input zone = {.agreement = {.seller = TEXT("P1"), .buyer = TEXT("A")},
                                               .from = TEXT("2026-12"),
                                               .terms = {.time_zone = TEXT("Asia/Tokyo")}};
    struct terms_view terms;
    WORLD_OK(trade->world, amend_agreement(&trade->call, &zone, &terms, &trade->world->fault));
    struct correction_page given = give(trade, late_of("P1", october.licence, "2026-10-15", 0));
    int64_t at_us = of_seller(&given, "P1")->at_us;
    assert_int_equal(at_us, INT64_C(1792022400) * 1000000); /* 2026-10-15T00:00:00Z */
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_correction_is_for_an_end_customer_whoever_gives_it),
        WORLD_TEST(a_customer_is_meant_where_a_reseller_has_its_code),
        WORLD_TEST(the_givers_own_customer_is_meant_before_an_older_one_of_its_code),
        WORLD_TEST(a_local_time_is_in_the_zone_that_the_month_had),
        WORLD_TEST(a_correction_goes_to_every_edge_and_binds_each_once_its_seller_has_accepted_it),
        WORLD_TEST(silence_accepts_what_raises_the_bill_of_its_giver_alone),
        WORLD_TEST(silence_is_no_yes_before_its_term_has_passed),
        WORLD_TEST(silence_lowers_no_bill),
        WORLD_TEST(silence_does_not_accept_what_has_become_a_fall_meanwhile),
        WORLD_TEST(a_refused_correction_binds_nobody_and_says_why),
        WORLD_TEST(what_a_distributor_corrects_waits_for_its_provider),
        WORLD_TEST(a_correction_is_taken_back_on_every_edge_until_it_is_billed),
        WORLD_TEST(a_correction_that_is_tried_says_what_it_comes_to_and_changes_nothing),
        WORLD_TEST(a_late_change_of_a_closed_month_is_billed_to_the_day),
        WORLD_TEST(late_changes_of_a_month_hold_together),
        WORLD_TEST(a_line_of_a_late_change_is_explained_with_it),
        WORLD_TEST(a_late_change_of_a_bundle_reaches_its_parts_on_the_edges_above),
        WORLD_TEST(a_late_change_that_nothing_can_take_is_refused),
        WORLD_TEST(each_party_sees_the_correction_of_its_own_edges_and_no_other),
        WORLD_TEST(a_giver_is_shown_its_own_edges_alone),
        WORLD_TEST(a_seller_alone_decides_and_the_giver_alone_takes_back),
        WORLD_TEST(nobody_gives_what_is_not_on_its_path),
    };
    return world_run_tests("correction_path", tests, sizeof(tests) / sizeof(tests[0]));
}
