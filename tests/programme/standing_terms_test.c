/* An agreement is shown with the terms that hold now, those ahead of it, and a version that tells of all. */
#include "programme/licensing/turn_licence.h"
#include "programme/parties/amend_agreement.h"
#include "programme/parties/suspend_agreement.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* In Berlin and EUR, 24 November 2026; the provider's edge is taxed at 20 %. */
static void a_trade(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "Europe/Berlin", "EUR");
    trade_sku(trade, "S");
    trade_at(trade, "2026-11-24T12:00:00Z");
}

static struct call as_party(struct trade *trade, int64_t account_id) {
    struct call call = trade->call;
    call.actor = (struct actor){.kind = ACTOR_USER, .id = 1, .account_id = account_id, .rights = RIGHT_ALL};
    return call;
}

static struct agreement_view seen(struct trade *trade) {
    struct agreement_view view;
    WORLD_OK(trade->world,
             show_agreement(&trade->call, TEXT(""), TEXT("DIST"), TEXT("P1"), &view, &trade->world->fault));
    return view;
}

static struct agreement_words the_edge(void) {
    return (struct agreement_words){.seller = TEXT("DIST"), .buyer = TEXT("P1")};
}

static struct terms_view amend(struct trade *trade, struct call *call, const char *from,
                               struct agreement_terms_input terms) {
    const struct amend_agreement_input input = {
        .agreement = the_edge(), .from = text_of(from), .terms = terms};
    struct terms_view view;
    WORLD_OK(trade->world, amend_agreement(call, &input, &view, &trade->world->fault));
    return view;
}

static struct decide_amendment_input decision(const char *number) {
    return (struct decide_amendment_input){
        .agreement = the_edge(), .number = text_of(number), .accepted_by = TEXT("Paula")};
}

static void an_agreement_shows_the_terms_of_this_month_and_since_when(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    amend(&trade, &trade.call, "2026-12", (struct agreement_terms_input){.tax_rate = TEXT("22")});
    amend(&trade, &trade.call, "2027-02", (struct agreement_terms_input){.payment_days = TEXT("10")});
    struct agreement_view view = seen(&trade);
    assert_true(text_is(view.in_force.tax_rate, "20"));
    assert_true(text_is(view.in_force.from, ""));
    assert_int_equal(view.in_force.number, 1);
    assert_int_equal(view.ahead_count, 2);
    assert_true(text_is(view.ahead[0].from, "2026-12"));
    assert_true(text_is(view.ahead[1].tax_rate, "22")); /* in full, with what it takes over */
    trade_at(&trade, "2026-11-30T22:59:59Z");           /* a second before December in Berlin */
    assert_true(text_is(seen(&trade).in_force.tax_rate, "20"));
    trade_at(&trade, "2026-11-30T23:00:00Z");
    view = seen(&trade);
    assert_true(text_is(view.in_force.tax_rate, "22"));
    assert_true(text_is(view.in_force.from, "2026-12"));
    assert_int_equal(view.in_force.number, 2);
    assert_int_equal(view.ahead_count, 1);
}

static void a_list_shows_the_same_terms_as_each_agreement_alone(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    amend(&trade, &trade.call, "2026-11", (struct agreement_terms_input){.tax_rate = TEXT("22")});
    amend(&trade, &trade.call, "2027-02", (struct agreement_terms_input){.payment_days = TEXT("10")});
    struct call provider = as_party(&trade, trade.provider_id);
    const struct list_agreements_input all = {.page = {.limit = 10}};
    struct agreement_page page;
    WORLD_OK(trade.world, list_agreements(&provider, &all, &page, &trade.world->fault));
    assert_true(page.count > 1);
    for (size_t i = 0; i < page.count; i++) {
        struct agreement_view one;
        WORLD_OK(trade.world, show_agreement(&provider, page.items[i].identifier, TEXT(""), TEXT(""), &one,
                                             &trade.world->fault));
        assert_true(text_equal(one.in_force.tax_rate, page.items[i].in_force.tax_rate));
        assert_true(text_equal(one.in_force.from, page.items[i].in_force.from));
        assert_int_equal(one.ahead_count, page.items[i].ahead_count);
        assert_int_equal(one.version, page.items[i].version);
    }
    struct agreement_view edge = seen(&trade);
    assert_true(text_is(edge.in_force.tax_rate, "22"));
    assert_int_equal(edge.ahead_count, 1);
}

static void a_list_can_be_of_agreements_with_terms_that_wait(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    struct call distributor = as_party(&trade, trade.distributor_id);
    struct call provider = as_party(&trade, trade.provider_id);
    const struct list_agreements_input waiting = {.proposed = true, .page = {.limit = 10}};
    struct agreement_page page;
    WORLD_OK(trade.world, list_agreements(&provider, &waiting, &page, &trade.world->fault));
    assert_int_equal(page.count, 0);
    amend(&trade, &distributor, "2027-01", (struct agreement_terms_input){.payment_days = TEXT("10")});
    WORLD_OK(trade.world, list_agreements(&provider, &waiting, &page, &trade.world->fault));
    assert_int_equal(page.count, 1);
    assert_true(text_is(page.items[0].ahead[0].state, "proposed"));
    struct terms_view view;
    struct decide_amendment_input accept = decision("2");
    WORLD_OK(trade.world, accept_amendment(&provider, &accept, &view, &trade.world->fault));
    WORLD_OK(trade.world, list_agreements(&provider, &waiting, &page, &trade.world->fault));
    assert_int_equal(page.count, 0);
}

/* Whatever was read before is not what is there now. */
static void has_risen(struct trade *trade, int64_t *version) {
    int64_t now = seen(trade).version;
    assert_true(now > *version);
    *version = now;
}

static void the_version_rises_with_each_step_of_an_amendment(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    struct call distributor = as_party(&trade, trade.distributor_id);
    struct call provider = as_party(&trade, trade.provider_id);
    struct terms_view view;
    int64_t version = seen(&trade).version;
    amend(&trade, &distributor, "2027-01", (struct agreement_terms_input){.payment_days = TEXT("10")});
    has_risen(&trade, &version);
    struct decide_amendment_input accept = decision("2");
    WORLD_OK(trade.world, accept_amendment(&provider, &accept, &view, &trade.world->fault));
    has_risen(&trade, &version);
    amend(&trade, &distributor, "2027-03", (struct agreement_terms_input){.tax_rate = TEXT("21")});
    has_risen(&trade, &version);
    struct decide_amendment_input withdraw = decision("3");
    WORLD_OK(trade.world, withdraw_amendment(&distributor, &withdraw, &view, &trade.world->fault));
    has_risen(&trade, &version);
    amend(&trade, &distributor, "2027-02", (struct agreement_terms_input){.payment_days = TEXT("12")});
    has_risen(&trade, &version);
    withdraw = decision("4");
    WORLD_OK(trade.world, withdraw_amendment(&provider, &withdraw, &view, &trade.world->fault));
    has_risen(&trade, &version);
    trade_at(&trade, "2026-12-31T23:00:00Z"); /* January has begun, and with it terms 2 */
    has_risen(&trade, &version);
    trade_at(&trade, "2027-06-01T00:00:00Z");
    assert_int_equal(seen(&trade).version, version);
}

static void a_change_that_was_meant_for_other_terms_is_stale(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    struct call distributor = as_party(&trade, trade.distributor_id);
    struct call provider = as_party(&trade, trade.provider_id);
    int64_t read = seen(&trade).version;
    amend(&trade, &distributor, "2027-01", (struct agreement_terms_input){.payment_days = TEXT("10")});
    const struct edit_agreement_input edit = {
        .seller = TEXT("DIST"), .buyer = TEXT("P1"), .bills_elsewhere = TEXT("yes"), .if_version = read};
    struct agreement_view changed;
    WORLD_FAULT(trade.world, "stale", edit_agreement(&provider, &edit, &changed, &trade.world->fault));
    const struct suspend_agreement_input suspend = {
        .seller = TEXT("DIST"), .buyer = TEXT("P1"), .if_version = read};
    struct cascade_result cascade;
    WORLD_FAULT(trade.world, "stale",
                suspend_agreement(&distributor, &suspend, &cascade, &trade.world->fault));
    struct decide_amendment_input decide = decision("2");
    struct terms_view view;
    decide.if_version = read;
    WORLD_FAULT(trade.world, "stale", accept_amendment(&provider, &decide, &view, &trade.world->fault));
    WORLD_FAULT(trade.world, "stale", withdraw_amendment(&provider, &decide, &view, &trade.world->fault));
    const struct amend_agreement_input amendment = {.agreement = the_edge(),
                                                    .from = TEXT("2027-02"),
                                                    .terms = {.tax_rate = TEXT("21")},
                                                    .if_version = read};
    WORLD_FAULT(trade.world, "stale", amend_agreement(&distributor, &amendment, &view, &trade.world->fault));
    decide.if_version = seen(&trade).version;
    WORLD_OK(trade.world, accept_amendment(&provider, &decide, &view, &trade.world->fault));
    struct suspend_agreement_input now = suspend;
    now.if_version = seen(&trade).version;
    WORLD_OK(trade.world, suspend_agreement(&distributor, &now, &cascade, &trade.world->fault));
    assert_int_equal(cascade.version, seen(&trade).version);
}

static void an_ended_agreement_is_shown_with_the_terms_that_it_ended_with(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    amend(&trade, &trade.call, "2026-11", (struct agreement_terms_input){.tax_rate = TEXT("22")});
    amend(&trade, &trade.call, "2027-01", (struct agreement_terms_input){.tax_rate = TEXT("25")});
    struct agreement_view before = seen(&trade);
    const struct suspend_agreement_input end = {.seller = TEXT("DIST"), .buyer = TEXT("P1")};
    struct cascade_result cascade;
    WORLD_OK(trade.world, terminate_agreement(&trade.call, &end, &cascade, &trade.world->fault));
    int64_t version = seen(&trade).version;
    assert_true(version > before.version);
    trade_at(&trade, "2027-06-01T00:00:00Z");
    struct agreement_view view = seen(&trade);
    assert_true(text_is(view.state, "terminated"));
    assert_true(text_is(view.in_force.tax_rate, "22"));
    assert_int_equal(view.ahead_count, 0);
    assert_int_equal(view.version, version);
    const struct agreement_words edge = the_edge();
    struct terms_list list;
    struct call provider = as_party(&trade, trade.provider_id);
    WORLD_OK(trade.world, list_terms(&provider, &edge, &list, &trade.world->fault));
    assert_int_equal(list.count, 3);
}

static void terms_in_a_new_zone_begin_when_the_month_before_has_ended(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    amend(&trade, &trade.call, "2026-12", (struct agreement_terms_input){.time_zone = TEXT("Asia/Tokyo")});
    trade_at(&trade, "2026-11-30T22:59:59Z"); /* December in Tokyo, and not yet on the edge */
    assert_true(text_is(seen(&trade).in_force.time_zone, "Europe/Berlin"));
    trade_at(&trade, "2026-11-30T23:00:00Z");
    assert_true(text_is(seen(&trade).in_force.time_zone, "Asia/Tokyo"));
}

static void a_date_of_a_change_is_read_in_the_zone_of_its_month(void **state) {
    struct trade trade;
    a_trade(&trade, *state);
    const struct amend_agreement_input zone = {.agreement = {.seller = TEXT("P1"), .buyer = TEXT("A")},
                                               .from = TEXT("2026-12"),
                                               .terms = {.time_zone = TEXT("America/New_York")}};
    struct terms_view view;
    WORLD_OK(trade.world, amend_agreement(&trade.call, &zone, &view, &trade.world->fault));
    struct text licence = trade_licence(&trade, "P1", "A", "S", 3);
    trade_at(&trade, "2026-12-20T12:00:00Z");
    const struct turn_licence_input on = {.licence = licence, .at = TEXT("2026-12-10")};
    struct licence_view change;
    WORLD_OK(trade.world, turn_licence_on(&trade.call, &on, &change, &trade.world->fault));
    int64_t at_us = trade_ask(&trade, "select max(at_us) from licence_events");
    assert_int_equal(at_us, INT64_C(1796878800000000)); /* 2026-12-10T05:00:00Z */
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(an_agreement_shows_the_terms_of_this_month_and_since_when),
        WORLD_TEST(a_list_shows_the_same_terms_as_each_agreement_alone),
        WORLD_TEST(a_list_can_be_of_agreements_with_terms_that_wait),
        WORLD_TEST(the_version_rises_with_each_step_of_an_amendment),
        WORLD_TEST(a_change_that_was_meant_for_other_terms_is_stale),
        WORLD_TEST(an_ended_agreement_is_shown_with_the_terms_that_it_ended_with),
        WORLD_TEST(terms_in_a_new_zone_begin_when_the_month_before_has_ended),
        WORLD_TEST(a_date_of_a_change_is_read_in_the_zone_of_its_month),
    };
    return world_run_tests("standing_terms", tests, sizeof tests / sizeof tests[0]);
}
