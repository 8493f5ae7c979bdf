/* A month that a close has taken hold of: nothing that its bill is made of changes until it is closed or let
 * go, and everything else goes on. */
#include "programme/audit/audit_store.h"
#include "programme/billing/corrections.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/one_off_charges.h"
#include "programme/catalogue/withdraw_price.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"
#include "programme/parties/agreements.h"
#include "programme/parties/amend_agreement.h"
#include "programme/usage/decide_report.h"
#include "store/billing/months.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct month NOVEMBER = {2026 * 12 + 10};

/* October is closed; on P1 → A a charge and an accepted correction wait for November, and another correction
 * waits for its seller. */
struct november {
    struct trade trade;
    struct text licence; /* is on */
    struct text idle;    /* was turned on in November's last minutes */
    struct text charge;
    struct text accepted;
    struct text waiting;
    struct text invoice; /* of October */
};

static struct text correct(struct trade *trade, const char *giver, int64_t units) {
    struct add_correction_input input = {.giver = text_of(giver),
                                         .month = TEXT("2026-10"),
                                         .customer = TEXT("A"),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = units,
                                         .reason = TEXT("miscounted")};
    struct correction_page page;
    WORLD_OK(trade->world, add_correction(&trade->call, &input, &page, &trade->world->fault));
    for (size_t i = 0; i < page.count; i++) {
        if (text_is(page.items[i].buyer_code, "A")) {
            return page.items[i].identifier;
        }
    }
    fail_msg("no correction of the customer's edge");
    return TEXT("");
}

static enum status add_charge(struct trade *trade, const char *month, struct text *charge) {
    struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                             .buyer = TEXT("A"),
                                             .month = text_of(month),
                                             .description = TEXT("Set-up"),
                                             .quantity = 1,
                                             .unit_price = TEXT("5")};
    struct one_off_charge_view view;
    enum status status = add_one_off_charge(&trade->call, &input, &view, &trade->world->fault);
    if (status == STATUS_OK && charge != NULL) {
        *charge = view.identifier;
    }
    return status;
}

static enum status set_november_price(struct trade *trade, const char *unit_price) {
    const struct tier_input tier = {.unit_price = text_of(unit_price)};
    const struct set_price_input input = {.seller = TEXT("P1"),
                                          .sku = TEXT("S"),
                                          .effective_from = TEXT("2026-11-01"),
                                          .policy = TEXT("peak"),
                                          .tiers = &tier,
                                          .tier_count = 1,
                                          .replace = true};
    struct price_view view;
    return set_price(&trade->call, &input, &view, &trade->world->fault);
}

static void a_november(struct november *november, struct world *world) {
    struct trade *trade = &november->trade;
    trade_begin(trade, world, "UTC", "EUR");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_at(trade, "2026-10-05T00:00:00Z");
    november->licence = trade_licence(trade, "P1", "A", "S", 8);
    november->idle = trade_licence(trade, "P1", "A", "S", 3);
    trade_on(trade, november->licence);
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_close(trade, "2026-10");
    november->invoice = trade_invoice(trade, "P1", "A", "2026-10").invoice.number;
    WORLD_OK(world, set_november_price(trade, "9.50"));
    WORLD_OK(world, add_charge(trade, "2026-11", &november->charge));
    november->accepted = correct(trade, "P1", 9);
    november->waiting = correct(trade, "A", 7);
    trade_at(trade, "2026-11-30T23:55:00Z");
    trade_on(trade, november->idle);
    trade_at(trade, "2026-12-01T00:05:00Z");
}

/* Every edge's month is taken hold of, or let go. */
static void on_every_edge(struct trade *trade,
                          enum status (*change)(struct db *, struct month, const int64_t *, size_t,
                                                struct fault *)) {
    struct world *world = trade->world;
    int64_t ids[16];
    size_t count = (size_t)trade_ask(trade, "select count(*) from agreements");
    assert_in_range(count, 1, 16);
    for (size_t i = 0; i < count; i++) {
        ids[i] = (int64_t)i + 1;
    }
    WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
    WORLD_OK(world, change(world->db, NOVEMBER, ids, count, &world->fault));
    WORLD_OK(world, db_commit(world->db, &world->fault));
}

/* ---- each kind of change ---- */

static enum status turn_on_at(struct november *november, const char *at, struct text licence) {
    struct turn_licence_input input = {.licence = licence, .at = text_of(at)};
    struct licence_view out;
    return turn_licence_off(&november->trade.call, &input, &out, &november->trade.world->fault);
}

static enum status a_late_event(struct november *november) {
    return turn_on_at(november, "2026-11-20T00:00:00Z", november->licence);
}

static enum status an_undo(struct november *november) {
    struct undo_licence_input input = {.licence = november->idle, .changes = 1};
    struct undone_licence out;
    return undo_licence(&november->trade.call, &input, &out, &november->trade.world->fault);
}

static enum status a_price(struct november *november) {
    return set_november_price(&november->trade, "9");
}

static enum status a_withdrawal_of_a_price(struct november *november) {
    const struct withdraw_price_input input = {
        .seller = TEXT("P1"), .sku = TEXT("S"), .effective_from = TEXT("2026-11-01")};
    struct price_view view;
    return withdraw_price(&november->trade.call, &input, &view, &november->trade.world->fault);
}

static enum status an_adjustment(struct november *november) {
    const struct adjust_report_input input = {
        .name = {.provider = TEXT("P1"), .month = TEXT("2026-11")},
        .customer = TEXT("A"),
        .sku = TEXT("S"),
        .units = 4,
        .reason = TEXT("half of them stood still"),
    };
    struct report_detail out;
    return adjust_report(&november->trade.call, &input, &out, &november->trade.world->fault);
}

static enum status a_submission(struct november *november) {
    const struct decide_report_input input = {.name = {.provider = TEXT("P1"), .month = TEXT("2026-11")}};
    struct report_detail out;
    return submit_report(&november->trade.call, &input, &out, &november->trade.world->fault);
}

static enum status an_approval(struct november *november) {
    const struct decide_report_input input = {.name = {.provider = TEXT("P1"), .month = TEXT("2026-11")}};
    struct report_detail out;
    return approve_report(&november->trade.call, &input, &out, &november->trade.world->fault);
}

static enum status a_rejection(struct november *november) {
    const struct decide_report_input input = {.name = {.provider = TEXT("P1"), .month = TEXT("2026-11")},
                                              .reason = TEXT("count again")};
    struct report_detail out;
    return reject_report(&november->trade.call, &input, &out, &november->trade.world->fault);
}

static enum status a_charge(struct november *november) {
    return add_charge(&november->trade, "2026-11", NULL);
}

static enum status a_charge_taken_back(struct november *november) {
    return remove_one_off_charge(&november->trade.call, november->charge, &november->trade.world->fault);
}

static enum status a_correction_by_the_seller(struct november *november) {
    struct add_correction_input input = {.giver = TEXT("P1"),
                                         .month = TEXT("2026-10"),
                                         .customer = TEXT("A"),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = 6,
                                         .reason = TEXT("miscounted again")};
    struct correction_page page;
    return add_correction(&november->trade.call, &input, &page, &november->trade.world->fault);
}

static enum status an_accepted_correction(struct november *november) {
    struct decide_correction_input input = {.correction = november->waiting};
    struct correction_view view;
    return accept_correction(&november->trade.call, &input, &view, &november->trade.world->fault);
}

static enum status a_correction_taken_back(struct november *november) {
    return remove_correction(&november->trade.call, november->accepted, &november->trade.world->fault);
}

static enum status a_credit_note(struct november *november) {
    struct credit_invoice_input input = {.invoice = november->invoice, .reason = TEXT("goodwill")};
    struct invoice_view view;
    return credit_invoice(&november->trade.call, &input, &view, &november->trade.world->fault);
}

static enum status an_amendment(struct november *november) {
    struct amend_agreement_input input = {.agreement = {.seller = TEXT("P1"), .buyer = TEXT("A")},
                                          .from = TEXT("2026-11"),
                                          .terms = {.payment_days = TEXT("45")}};
    struct terms_view view;
    return amend_agreement(&november->trade.call, &input, &view, &november->trade.world->fault);
}

static enum status billing_elsewhere(struct november *november) {
    struct edit_agreement_input input = {
        .seller = TEXT("DIST"), .buyer = TEXT("P1"), .bills_elsewhere = TEXT("yes")};
    struct agreement_view view;
    return edit_agreement(&november->trade.call, &input, &view, &november->trade.world->fault);
}

struct change {
    const char *name;
    enum status (*make)(struct november *november);
};

static const struct change CHANGES[] = {
    {"a late event", a_late_event},
    {"an undo", an_undo},
    {"a price", a_price},
    {"a withdrawal of a price", a_withdrawal_of_a_price},
    {"an adjustment", an_adjustment},
    {"a submission", a_submission},
    {"an approval", an_approval},
    {"a rejection", a_rejection},
    {"a charge", a_charge},
    {"a charge taken back", a_charge_taken_back},
    {"a correction by the seller", a_correction_by_the_seller},
    {"an accepted correction", an_accepted_correction},
    {"a correction taken back", a_correction_taken_back},
    {"a credit note", a_credit_note},
    {"an amendment", an_amendment},
    {"billing elsewhere", billing_elsewhere},
};
enum { CHANGE_COUNT = sizeof CHANGES / sizeof CHANGES[0] };

static void each_kind_of_change_to_a_bill_is_refused_while_its_month_is_closing(void **state) {
    struct november november;
    a_november(&november, *state);
    on_every_edge(&november.trade, months_freeze);
    for (size_t i = 0; i < CHANGE_COUNT; i++) {
        printf("%s\n", CHANGES[i].name);
        WORLD_FAULT(november.trade.world, "month-closing", CHANGES[i].make(&november));
    }
}

static void a_month_that_is_let_go_is_what_it_was_and_takes_changes_again(void **state) {
    struct november november;
    a_november(&november, *state);
    WORLD_OK(november.trade.world, a_submission(&november));
    int64_t open = trade_ask(&november.trade, "select count(*) from months where state = 'reporting'");
    int64_t rows = trade_ask(&november.trade, "select count(*) from months");
    assert_int_equal(open, 1);
    on_every_edge(&november.trade, months_freeze);
    assert_true(trade_ask(&november.trade, "select count(*) from months where state = 'closing'") > 3);
    on_every_edge(&november.trade, months_thaw);
    assert_int_equal(trade_ask(&november.trade, "select count(*) from months where state = 'reporting'"), 1);
    assert_int_equal(trade_ask(&november.trade, "select count(*) from months"), rows);
    WORLD_OK(november.trade.world, a_charge(&november));
    WORLD_OK(november.trade.world, a_charge_taken_back(&november));
    WORLD_OK(november.trade.world, an_amendment(&november));
    WORLD_OK(november.trade.world, a_credit_note(&november));
    WORLD_OK(november.trade.world, an_accepted_correction(&november));
    WORLD_OK(november.trade.world, a_rejection(&november));
}

static void whichever_months_are_closing_are_let_go_some_at_a_time(void **state) {
    struct november november;
    struct world *world = *state;
    a_november(&november, world);
    WORLD_OK(world, a_submission(&november));
    int64_t rows = trade_ask(&november.trade, "select count(*) from months");
    int64_t let_go = 0;
    int64_t count = 1;
    on_every_edge(&november.trade, months_freeze);
    int64_t closing = trade_ask(&november.trade, "select count(*) from months where state = 'closing'");
    for (int rounds = 0; count > 0; rounds++) {
        assert_in_range(rounds, 0, 16);
        WORLD_OK(world, db_begin(world->db, DB_WRITE, &world->fault));
        WORLD_OK(world, months_thaw_any(world->db, 2, &count, &world->fault));
        WORLD_OK(world, db_commit(world->db, &world->fault));
        assert_in_range(count, 0, 2);
        let_go += count;
    }
    assert_int_equal(let_go, closing);
    assert_int_equal(trade_ask(&november.trade, "select count(*) from months"), rows);
    assert_int_equal(trade_ask(&november.trade, "select count(*) from months where state = 'reporting'"), 1);
}

static void what_is_of_another_month_goes_on_while_one_is_closing(void **state) {
    struct november november;
    struct world *world = *state;
    a_november(&november, world);
    on_every_edge(&november.trade, months_freeze);
    WORLD_OK(world, turn_on_at(&november, "", november.licence));
    WORLD_OK(world, add_charge(&november.trade, "2026-12", NULL));
    struct amend_agreement_input amend = {.agreement = {.seller = TEXT("P1"), .buyer = TEXT("A")},
                                          .from = TEXT("2026-12"),
                                          .terms = {.payment_days = TEXT("45")}};
    struct terms_view view;
    WORLD_OK(world, amend_agreement(&november.trade.call, &amend, &view, &world->fault));
}

static void a_closed_month_is_not_taken_hold_of(void **state) {
    struct november november;
    a_november(&november, *state);
    trade_at(&november.trade, "2026-12-20T00:00:00Z");
    trade_close(&november.trade, "2026-11");
    on_every_edge(&november.trade, months_freeze);
    assert_int_equal(trade_ask(&november.trade,
                               "select count(*) from months m join invoices i on i.agreement_id = "
                               "m.agreement_id and i.month = m.month where m.state <> 'closed'"),
                     0);
}

int main(void) {
    const struct world_test tests[] = {
        WORLD_TEST(each_kind_of_change_to_a_bill_is_refused_while_its_month_is_closing),
        WORLD_TEST(a_month_that_is_let_go_is_what_it_was_and_takes_changes_again),
        WORLD_TEST(whichever_months_are_closing_are_let_go_some_at_a_time),
        WORLD_TEST(what_is_of_another_month_goes_on_while_one_is_closing),
        WORLD_TEST(a_closed_month_is_not_taken_hold_of),
    };
    return world_run_tests("closing months", tests, sizeof(tests) / sizeof(tests[0]));
}
