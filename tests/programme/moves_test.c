/* Moves of a customer to another provider: who agrees, what goes along, what each provider is billed. */
#include "channel.h"
#include "exported.h"

#include "machines.h"
#include "programme/audit/audit_store.h"
#include "programme/call/authorise.h"
#include "programme/licensing/carry_out_move.h"
#include "programme/licensing/moves.h"
#include "programme/parties/amend_agreement.h"
#include "programme/parties/heartbeat.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct text word_of(struct world *world, const char *code) {
    struct call call = world_call(world);
    return identifier_text(&call, IDENTIFIER_ACCOUNT, account_id_of(world, code));
}

static struct move_view proposed(struct world *world, const char *to, const char *month) {
    struct call call = call_of(world, "DIST");
    struct propose_move_input input = {.customer = TEXT("C1"), .to = text_of(to), .month = text_of(month)};
    struct move_view move;
    WORLD_OK(world, propose_move(&call, &input, &move, &world->fault));
    return move;
}

static enum status agree(struct world *world, const char *who, const char *party, struct text move,
                         struct move_view *out) {
    struct call call = call_of(world, who);
    struct agree_move_input input = {.move = move, .agreed_by = TEXT("Ada")};
    if (party != NULL) {
        input.party = word_of(world, party);
    }
    return agree_move(&call, &input, out, &world->fault);
}

/* Everybody has agreed that C1 goes from P1 to P2 in December 2026. */
static struct move_view agreed(struct world *world) {
    struct move_view move = proposed(world, "P2", "2026-12");
    WORLD_OK(world, agree(world, "C1", NULL, move.identifier, &move));
    WORLD_OK(world, agree(world, "P1", NULL, move.identifier, &move));
    WORLD_OK(world, agree(world, "P2", NULL, move.identifier, &move));
    assert_true(text_is(move.state, "agreed"));
    return move;
}

static void the_check_finds_nothing(struct world *world) {
    struct call call = world_call(world);
    struct audit_store_result result = {0};
    WORLD_OK(world, audit_store(&call, &result, &world->fault));
    for (size_t i = 0; i < result.count; i++) {
        print_error("%s: %s\n", result.violations[i].rule.at, result.violations[i].message.at);
    }
    assert_int_equal(result.violation_total, 0);
}

static int64_t done(struct world *world) {
    struct call call = world_call(world);
    int64_t count = -1;
    WORLD_OK(world, carry_out_due_moves(&call, &count, &world->fault));
    return count;
}

static void the_customer_and_both_providers_agree_each_for_itself(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct move_view move = proposed(world, "P2", "2026-12");
    WORLD_FAULT(world, "not-yours", agree(world, "DIST", "P1", move.identifier, &move));
    WORLD_FAULT(world, "unknown-move", agree(world, "P3", NULL, move.identifier, &move));
    WORLD_OK(world, agree(world, "P1", "C1", move.identifier, &move)); /* C1 has no user */
    WORLD_FAULT(world, "already-agreed", agree(world, "C1", NULL, move.identifier, &move));
    WORLD_OK(world, agree(world, "P1", NULL, move.identifier, &move));
    assert_true(text_is(move.state, "proposed"));
    WORLD_OK(world, agree(world, "P2", NULL, move.identifier, &move));
    assert_true(text_is(move.state, "agreed"));
    struct call call = call_of(world, "P1");
    struct change_move_input change = {.move = move.identifier};
    WORLD_FAULT(world, "month-not-begun", carry_out_move(&call, &change, &move, &world->fault));
    WORLD_OK(world, withdraw_move(&call, &change, &move, &world->fault));
    WORLD_FAULT(world, "wrong-state", agree(world, "P2", NULL, change.move, &move));
}

static void a_customer_that_can_sign_in_agrees_itself(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct move_view move = proposed(world, "P2", "2026-12");
    struct trade trade = {.world = world};
    trade_sabotage(&trade, "insert into persons (id, email, password_hash, created_at_us) "
                           "values (900, 'c1@example.com', 'x', 1)");
    trade_sabotage(&trade, "insert into users (id, account_id, person_id, name, role, created_at_us) "
                           "select 900, id, 900, 'Cara', 'owner', 1 from accounts where code = 'C1'");
    WORLD_FAULT(world, "not-a-party", agree(world, "P1", "C1", move.identifier, &move));
    WORLD_OK(world, agree(world, "C1", NULL, move.identifier, &move));
}

static void the_new_provider_agrees_for_a_customer_that_it_knows_by_the_move_alone(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct move_view move = proposed(world, "P2", "2026-12");
    struct call call = call_of(world, "P2");
    struct agree_move_input input = {.move = move.identifier,
                                     .party = TEXT("C3"),
                                     .agreed_by = TEXT("Ada")}; /* another of its customers */
    WORLD_FAULT(world, "not-a-party", agree_move(&call, &input, &move, &world->fault));
    input.party = TEXT("C2"); /* another of the old provider's */
    WORLD_FAULT(world, "unknown-account", agree_move(&call, &input, &move, &world->fault));
    WORLD_FAULT(world, "not-yours", agree(world, "P2", "P1", move.identifier, &move));
    input.party = TEXT("C1");
    WORLD_OK(world, agree_move(&call, &input, &move, &world->fault));
    WORLD_FAULT(world, "already-agreed", agree(world, "P2", "C1", move.identifier, &move));
}

static void a_move_that_came_due_in_a_leap_of_the_clock_waits_for_the_operator(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct call operator= world_call(world);
    struct move_view move = agreed(world);
    struct accepted_clock accepted;
    struct keep_heartbeat_input beat = {.trusts_clock = false};
    WORLD_OK(world, keep_heartbeat(&operator, & beat, &world->fault));
    it_is(world, "2027-01-08T12:00:00Z");
    operator= world_call(world);
    beat.trusts_clock = true; /* the service starts, and the system calls the clock synchronised */
    WORLD_OK(world, keep_heartbeat(&operator, & beat, &world->fault));
    struct call call = call_of(world, "DIST");
    struct change_move_input change = {.move = move.identifier};
    WORLD_FAULT(world, "clock-wrong", carry_out_move(&call, &change, &move, &world->fault));
    WORLD_OK(world, accept_clock(&operator, & accepted, &world->fault));
    assert_int_equal(done(world), 1);
}

static void nobody_but_who_stands_above_both_proposes(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct propose_move_input input = {
        .customer = TEXT("C1"), .to = TEXT("P2"), .month = TEXT("2026-12"), .dry_run = true};
    struct move_view move;
    struct call provider = call_of(world, "P1");
    WORLD_FAULT(world, "unknown-account", propose_move(&provider, &input, &move, &world->fault));
    struct call customer = call_of(world, "C1");
    WORLD_FAULT(world, "unknown-account", propose_move(&customer, &input, &move, &world->fault));
    struct call call = call_of(world, "DIST");
    WORLD_OK(world, propose_move(&call, &input, &move, &world->fault));
    assert_int_equal(ask(world, "select count(*) from moves"), 0); /* it was only tried */
    input.is_alone = true;
    WORLD_FAULT(world, "provider-not-failed", propose_move(&call, &input, &move, &world->fault));
    input.to = TEXT("P1");
    WORLD_FAULT(world, "same-provider", propose_move(&call, &input, &move, &world->fault));
    input.to = TEXT("P2");
    input.month = TEXT("2026-10");
    WORLD_FAULT(world, "month-out-of-range", propose_move(&call, &input, &move, &world->fault));
}

static void licences_and_devices_go_along_at_the_months_first_instant(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text office = a_licence_on(world, "OFFICE", 5);
    struct text suite = a_licence_on(world, "SUITE", 2);
    a_licence(world, a_block_of(world, "P1", "MAIL", 9), "C1", 3); /* never on */
    a_machine(world, office, "desk", 1);
    agreed(world);
    it_is(world, "2026-11-30T23:59:59Z");
    assert_int_equal(done(world), 0);
    it_is(world, "2026-12-01T00:00:30Z");
    assert_int_equal(done(world), 1);
    assert_int_equal(done(world), 0);
    assert_true(licence_of(world, office).licence.state == LICENCE_RETIRED);
    assert_true(licence_of(world, suite).licence.state == LICENCE_RETIRED);
    int64_t first = instant(world, "2026-12-01T00:00:00Z");
    assert_int_equal(ask(world, "select count(*) from moved_licences"), 3);
    assert_int_equal(ask(world, "select count(*) from licences l join accounts p on p.id = l.provider_id "
                                "where p.code = 'P2' and l.state = 'on' and l.parent_id is null"),
                     2);
    assert_int_equal(ask(world, "select count(*) from licences l join accounts p on p.id = l.provider_id "
                                "where p.code = 'P2' and l.state = 'issued'"),
                     1);
    assert_int_equal(ask(world, "select max(at_us) from licence_events"), first);
    assert_int_equal(ask(world,
                         "select count(distinct at_us) from licence_events e join accounts p on p.id = "
                         "e.provider_id where p.code = 'P2'"),
                     1);
    /* The machine keeps its seat under the successor, whose key is another. */
    assert_int_equal(ask(world, "select d.seat from devices d join moved_licences m on m.successor_id = "
                                "d.licence_id where d.state = 'active'"),
                     1);
    assert_int_equal(ask(world, "select count(*) from device_changes where kind = 'device' and subject_id = "
                                "(select id from devices)"),
                     1);
    assert_int_equal(ask(world, "select count(distinct key_hash) from licences where key_hash is not null"),
                     6);
    the_check_finds_nothing(world);
}

static void what_the_new_provider_cannot_sell_stays_and_says_why(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text pack = a_licence_on(world, "PACK", 2);
    struct text office = a_licence_on(world, "OFFICE", 5);
    struct move_view move = proposed(world, "P2", "2026-12");
    assert_int_equal(move.licence_count, 2);
    assert_true(move.licences[0].stays.length > 0);
    assert_int_equal(move.licences[1].stays.length, 0);
    WORLD_OK(world, agree(world, "C1", NULL, move.identifier, &move));
    WORLD_OK(world, agree(world, "P1", NULL, move.identifier, &move));
    it_is(world, "2026-12-01T08:00:00Z");
    WORLD_OK(world, agree(world, "P2", NULL, move.identifier, &move)); /* the last word carries it out */
    assert_true(text_is(move.state, "done"));
    assert_true(licence_of(world, pack).licence.state == LICENCE_ON);
    assert_true(licence_of(world, office).licence.state == LICENCE_RETIRED);
    the_check_finds_nothing(world);
}

static void the_new_provider_sees_what_there_is_once_the_customer_has_agreed(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_licence_on(world, "OFFICE", 5);
    struct move_view move = proposed(world, "P2", "2026-12");
    struct call to = call_of(world, "P2");
    struct call stranger = call_of(world, "P3");
    struct text identifier = move.identifier;
    WORLD_OK(world, show_move(&to, identifier, &move, &world->fault));
    assert_int_equal(move.licence_count, 0);
    WORLD_OK(world, agree(world, "C1", NULL, identifier, &move));
    WORLD_OK(world, show_move(&to, identifier, &move, &world->fault));
    assert_int_equal(move.licence_count, 1);
    assert_int_equal(move.licences[0].licence.length, 0);
    WORLD_FAULT(world, "unknown-move", show_move(&stranger, identifier, &move, &world->fault));
    struct move_page page;
    WORLD_OK(world, list_moves(&stranger, (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 0);
    WORLD_OK(world, list_moves(&to, (struct page){0}, &page, &world->fault));
    assert_int_equal(page.count, 1);
}

static void a_failed_provider(struct world *world, bool ends) {
    a_channel(world);
    struct text office = a_licence_on(world, "OFFICE", 5);
    a_machine(world, office, "desk", 1);
    struct propose_move_input input = {
        .customer = TEXT("C1"), .to = TEXT("P2"), .month = TEXT("2026-12"), .is_alone = true};
    struct move_view move;
    struct call call = call_of(world, "DIST");
    ends ? terminate(world, "DIST", "P1") : suspend(world, "DIST", "P1");
    WORLD_OK(world, propose_move(&call, &input, &move, &world->fault));
    assert_true(text_is(move.state, "agreed"));
    it_is(world, "2026-12-01T00:01:00Z");
    assert_int_equal(done(world), 1);
    assert_int_equal(ask(world, "select counted_seats from licences l join accounts p on p.id = "
                                "l.provider_id where p.code = 'P2'"),
                     5);
    assert_int_equal(ask(world, "select count(*) from devices d join moved_licences m on m.successor_id = "
                                "d.licence_id"),
                     1);
    the_check_finds_nothing(world);
}

static void the_distributor_alone_moves_a_customer_of_a_suspended_provider(void **state) {
    a_failed_provider(*state, false);
}

static void the_distributor_alone_moves_a_customer_of_a_provider_that_has_ended(void **state) {
    a_failed_provider(*state, true);
}

static void a_licence_that_was_changed_since_holds_the_move_up_whole(void **state) {
    struct world *world = *state;
    a_channel(world);
    struct text office = a_licence_on(world, "OFFICE", 5);
    struct text mail = a_licence_on(world, "MAIL", 5);
    struct move_view move = agreed(world);
    it_is(world, "2026-12-03T08:00:00Z");
    turn_off(world, mail);
    struct call call = call_of(world, "DIST");
    struct change_move_input change = {.move = move.identifier};
    WORLD_FAULT(world, "before-previous-event", carry_out_move(&call, &change, &move, &world->fault));
    assert_true(licence_of(world, office).licence.state == LICENCE_ON);
    assert_int_equal(ask(world, "select count(*) from moved_licences"), 0);
    assert_int_equal(ask(world, "select count(*) from accounts where name = 'C1'"), 1);
    the_check_finds_nothing(world);
}

static void the_check_finds_a_move_that_does_not_fit(void **state) {
    static const char *const SABOTAGES[] = {
        ("update licences set first_on_at_us = first_on_at_us - 1 where id = (select successor_id from "
         "moved_licences)"),
        "update moves set state = 'agreed'",
        "update moves set successor_id = null",
        "update moved_licences set successor_id = (select min(id) from licences where state = 'issued')",
    };
    struct world *world = *state;
    a_channel(world);
    a_licence_on(world, "OFFICE", 5);
    a_licence(world, a_block_of(world, "P2", "MAIL", 9), "C3", 3);
    agreed(world);
    it_is(world, "2026-12-01T00:00:30Z");
    assert_int_equal(done(world), 1);
    the_check_finds_nothing(world);
    for (size_t i = 0; i < sizeof SABOTAGES / sizeof *SABOTAGES; i++) {
        struct call call = world_call(world);
        struct audit_store_result result = {0};
        struct fault ignored;
        WORLD_OK(world, call_begin(&call, DB_WRITE, &world->fault));
        WORLD_OK(world, db_run(world->db, SABOTAGES[i], DB_NO_ARGS, NULL, &world->fault));
        WORLD_OK(world, audit_store(&call, &result, &world->fault));
        assert_int_equal(call_end(&call, STATUS_INTERNAL, &ignored), STATUS_INTERNAL);
        assert_true(result.violation_total > 0);
    }
}

/* Each provider is billed its own months: daily, so that an hour twice or never would show. */
static void each_provider_is_billed_its_own_months(void **state) {
    struct trade trade;
    trade_begin(&trade, *state, "Europe/Berlin", "USD");
    struct world *world = trade.world;
    trade_account(&trade, "provider", "P2", "DIST");
    trade_sku(&trade, "S");
    trade_price(&trade, "VEND", "DIST", "S", POLICY_DAILY, TIER_FLAT, "1:1", NULL);
    trade_price(&trade, "DIST", "P1", "S", POLICY_DAILY, TIER_FLAT, "1:30", NULL);
    trade_price(&trade, "DIST", "P2", "S", POLICY_DAILY, TIER_FLAT, "1:31", NULL);
    trade_price(&trade, "P1", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:60", NULL);
    trade_price(&trade, "P2", NULL, "S", POLICY_DAILY, TIER_FLAT, "1:62", NULL);
    trade_at(&trade, "2026-10-20T00:00:00Z");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 2));
    struct propose_move_input input = {.customer = TEXT("A"), .to = TEXT("P2"), .month = TEXT("2026-12")};
    struct move_view move;
    WORLD_OK(world, propose_move(&trade.call, &input, &move, &world->fault));
    static const char *const PARTIES[] = {"A", "P1", "P2"};
    for (size_t i = 0; i < sizeof PARTIES / sizeof *PARTIES; i++) {
        struct agree_move_input word = {
            .move = move.identifier, .party = text_of(PARTIES[i]), .agreed_by = TEXT("Ada")};
        WORLD_OK(world, agree_move(&trade.call, &word, &move, &world->fault));
    }
    trade_at(&trade, "2026-11-30T23:00:00Z"); /* midnight in Berlin */
    struct change_move_input change = {.move = move.identifier};
    WORLD_OK(world, carry_out_move(&trade.call, &change, &move, &world->fault));
    trade_at(&trade, "2026-12-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-11").open_count, 0);
    trade_at(&trade, "2027-01-10T00:00:00Z");
    assert_int_equal(trade_close(&trade, "2026-12").open_count, 0);
    struct invoice_detail november = trade_invoice(&trade, "DIST", "P1", "2026-11");
    assert_int_equal(november.invoice.net_minor, 6000);
    struct invoice_detail december = trade_invoice(&trade, "DIST", "P2", "2026-12");
    assert_int_equal(december.invoice.net_minor, 6200);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices"),
                     6); /* and the vendor's, the customers' */
    the_check_finds_nothing(world);
}

static void an_export_says_what_moved_and_each_side_reads_its_own_half(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_licence_on(world, "OFFICE", 5);
    agreed(world);
    it_is(world, "2026-12-01T00:00:30Z");
    assert_int_equal(done(world), 1);
    struct call operator= world_call(world);
    struct call from = call_of(world, "P1");
    struct call to = call_of(world, "P2");
    struct call stranger = call_of(world, "P3");
    int lines = 0;
    struct text all = exported(world, &operator, "moves", "");
    assert_true(has(all, "move,month,customer,from,to,successor,licence,successor_licence\nmov_"));
    assert_true(has(all, ",2026-12,C1,P1,P2,acc_")); /* a later account of that code */
    struct text old = exported(world, &from, "moves", "2026-12");
    assert_true(has(old, ",2026-12,C1,P1,acc_"));
    assert_true(old.at[old.length - 2] == ',');
    assert_true(has(exported(world, &to, "moves", ""), ",P2,C1,,lic_"));
    struct text none = exported(world, &stranger, "moves", "");
    for (size_t i = 0; i < none.length; i++) {
        lines += none.at[i] == '\n';
    }
    assert_int_equal(lines, 1);
}

static void amend(struct world *world, const char *from, struct agreement_terms_input terms) {
    struct call call = call_of(world, "P1");
    struct amend_agreement_input input = {
        .agreement = {.seller = TEXT("P1"), .buyer = TEXT("C1")}, .from = text_of(from), .terms = terms};
    struct terms_view view;
    WORLD_OK(world, amend_agreement(&call, &input, &view, &world->fault));
}

static void the_successors_agreement_has_the_terms_of_the_month(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_licence_on(world, "OFFICE", 5);
    amend(world, "2026-12",
          (struct agreement_terms_input){.tax_category = TEXT("S"), .tax_rate = TEXT("20")});
    agreed(world);
    it_is(world, "2026-12-01T00:00:30Z");
    assert_int_equal(done(world), 1);
    assert_int_equal(ask(world,
                         "select g.tax_rate_millionths from agreements g join moves m on m.successor_id = "
                         "g.buyer_id where g.tax_category = 'S'"),
                     200000);
    the_check_finds_nothing(world);
}

/* The old edge's last instant and the new one's first would not be the same. */
static void no_customer_moves_in_a_month_that_begins_another_zone(void **state) {
    struct world *world = *state;
    a_channel(world);
    a_licence_on(world, "OFFICE", 5);
    amend(world, "2026-12", (struct agreement_terms_input){.time_zone = TEXT("Europe/Berlin")});
    struct call call = call_of(world, "DIST");
    struct propose_move_input input = {
        .customer = TEXT("C1"), .to = TEXT("P2"), .month = TEXT("2026-12"), .dry_run = true};
    struct move_view move;
    WORLD_FAULT(world, "zone-changes", propose_move(&call, &input, &move, &world->fault));
    input.month = TEXT("2027-01");
    WORLD_OK(world, propose_move(&call, &input, &move, &world->fault));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(the_customer_and_both_providers_agree_each_for_itself),
        WORLD_TEST(a_customer_that_can_sign_in_agrees_itself),
        WORLD_TEST(the_new_provider_agrees_for_a_customer_that_it_knows_by_the_move_alone),
        WORLD_TEST(a_move_that_came_due_in_a_leap_of_the_clock_waits_for_the_operator),
        WORLD_TEST(nobody_but_who_stands_above_both_proposes),
        WORLD_TEST(licences_and_devices_go_along_at_the_months_first_instant),
        WORLD_TEST(what_the_new_provider_cannot_sell_stays_and_says_why),
        WORLD_TEST(the_new_provider_sees_what_there_is_once_the_customer_has_agreed),
        WORLD_TEST(the_distributor_alone_moves_a_customer_of_a_suspended_provider),
        WORLD_TEST(the_distributor_alone_moves_a_customer_of_a_provider_that_has_ended),
        WORLD_TEST(a_licence_that_was_changed_since_holds_the_move_up_whole),
        WORLD_TEST(the_check_finds_a_move_that_does_not_fit),
        WORLD_TEST(each_provider_is_billed_its_own_months),
        WORLD_TEST(an_export_says_what_moved_and_each_side_reads_its_own_half),
        WORLD_TEST(the_successors_agreement_has_the_terms_of_the_month),
        WORLD_TEST(no_customer_moves_in_a_month_that_begins_another_zone),
    };
    return world_run_tests("moves", tests, sizeof tests / sizeof tests[0]);
}
