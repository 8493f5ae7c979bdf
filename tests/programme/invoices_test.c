/* What happens to invoices and around them: charges, corrections, payments, credit notes, and who sees what.
 */
#include "programme/billing/corrections.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/one_off_charges.h"
#include "programme/receivables/settle_invoice.h"
#include "trade.h"

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

/* One SKU, graduated for the provider: 10 seats at A, 2 at B from October on. */
static void an_october(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "USD");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_GRADUATED, "1:10 11:5", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:20", NULL);
    trade_at(trade, "2026-10-01T00:00:00Z");
    trade_on(trade, trade_licence(trade, "P1", "A", "S", 10));
    trade_on(trade, trade_licence(trade, "P1", "B", "S", 2));
}

static void october_is_closed(struct trade *trade, struct world *world) {
    an_october(trade, world);
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_close(trade, "2026-10");
}

static struct correction_view correct(struct trade *trade, const char *customer, int64_t units) {
    struct add_correction_input input = {.giver = TEXT("DIST"),
                                         .month = TEXT("2026-10"),
                                         .customer = text_of(customer),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = units,
                                         .reason = TEXT("counted twice")};
    struct correction_page view;
    WORLD_OK(trade->world, add_correction(&trade->call, &input, &view, &trade->world->fault));
    for (size_t i = 0; i < view.count; i++) {
        if (text_is(view.items[i].seller_code, "DIST")) {
            return view.items[i];
        }
    }
    fail();
    return view.items[0];
}

static void a_correction_reverses_and_replaces_the_lines_that_differ(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    /* 12 units: 10 at 10, 2 at 5; of tier one A has 8.33 and B 1.67, so 8 and 2; A has 2 left. */
    assert_lines(&trade, "DIST", "P1", "2026-10",
                 "A S peak 10 8 10 80.00\n"
                 "A S peak 10 2 5 10.00\n"
                 "B S peak 2 2 10 20.00\n");
    correct(&trade, "A", 9);
    correct(&trade, "A", 5); /* the last one counts */
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_lines(&trade, "DIST", "P1", "2026-11",
                 "A S peak 10 8 10 80.00\n"
                 "A S peak 10 2 5 10.00\n"
                 "B S peak 2 2 10 20.00\n"
                 "A S peak 10 -8 10 -80.00 corrects 2026-10 (DIST-2026-000001): reversal\n"
                 "A S peak 10 -2 5 -10.00 corrects 2026-10 (DIST-2026-000001): reversal\n"
                 "A S peak 10 5 10 50.00 corrects 2026-10 (DIST-2026-000001): counted twice\n");
    /* B's line stayed. What was charged is right now: a second correction goes on from there. */
    correct(&trade, "B", 10);
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-12");
    struct invoice_detail view = trade_invoice(&trade, "DIST", "P1", "2026-12");
    struct text lines = trade_lines(&trade, &view.invoice);
    /* 15 units: tier one 10 of (5, 10) is 3 and 7, tier two the rest. */
    assert_non_null(strstr(lines.at,
                           "B S peak 2 -2 10 -20.00 corrects 2026-10 (DIST-2026-000001): reversal\n"
                           "A S peak 10 -5 10 -50.00 corrects 2026-10 (DIST-2026-000002): reversal\n"
                           "A S peak 10 3 10 30.00 corrects 2026-10 (DIST-2026-000002): counted twice\n"
                           "A S peak 10 2 5 10.00 corrects 2026-10 (DIST-2026-000002): counted twice\n"
                           "B S peak 2 7 10 70.00 corrects 2026-10 (DIST-2026-000001): counted twice\n"
                           "B S peak 2 3 5 15.00 corrects 2026-10 (DIST-2026-000001): counted twice\n"));
    struct list_corrections_input input = {.buyer = TEXT("P1")};
    struct correction_page list;
    WORLD_OK(trade.world, list_corrections(&trade.call, &input, &list, &trade.world->fault));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(list.items[i].invoice.length > 0);
    }
}

static void a_correction_waits_for_a_later_month_than_its_own(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    correct(&trade, "A", 5);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2025-01"); /* somebody mistyped */
    assert_int_equal(trade_ask(&trade, "select count(*) from corrections where invoice_id is not null"), 0);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices where month < 24310"), 0);
    trade_close(&trade, "2026-11");
    assert_int_equal(trade_ask(&trade, "select count(*) from corrections where invoice_id is not null"), 1);
}

/* October and December are closed, November is late. */
static void a_month_that_is_closed_late_carries_no_correction(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    trade_at(&trade, "2027-02-10T00:00:00Z");
    trade_close(&trade, "2026-12");
    correct(&trade, "A", 5);
    trade_close(&trade, "2026-11");
    assert_int_equal(trade_ask(&trade, "select count(*) from corrections where invoice_id is not null"), 0);
    assert_lines(&trade, "DIST", "P1", "2026-11",
                 "A S peak 10 8 10 80.00\n"
                 "A S peak 10 2 5 10.00\n"
                 "B S peak 2 2 10 20.00\n");
    trade_close(&trade, "2027-01");
    struct invoice_detail view = trade_invoice(&trade, "DIST", "P1", "2027-01");
    assert_non_null(strstr(trade_lines(&trade, &view.invoice).at,
                           "corrects 2026-10 (DIST-2026-000001): counted twice\n"));
    assert_int_equal(trade_ask(&trade, "select count(*) from corrections where invoice_id is not null"), 1);
}

static void a_correction_without_effect_is_answered_too(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    correct(&trade, "A", 10);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    struct invoice_detail view = trade_invoice(&trade, "DIST", "P1", "2026-11");
    assert_non_null(strstr(trade_lines(&trade, &view.invoice).at,
                           "S  0 0 0 0.00 corrects 2026-10 (DIST-2026-000001): no difference\n"));
}

static struct show_margins_result margins_of(struct trade *trade, struct text account) {
    struct show_margins_input input = {.account = account, .month = TEXT("2026-10")};
    struct show_margins_result result;
    WORLD_OK(trade->world, show_margins(&trade->call, &input, &result, &trade->world->fault));
    return result;
}

static void margins_of_a_partly_closed_month_say_which_edge_is_open(void **state) {
    struct trade trade;
    struct close_month_input input = {TEXT("2026-10"), TEXT("P1")};
    struct close_month_result closed;
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    WORLD_OK(trade.world, close_month(&trade.call, &input, &closed, &trade.world->fault));
    struct show_margins_result margins = margins_of(&trade, TEXT("P1"));
    assert_int_equal(margins.problem_count, 1);
    assert_string_equal(margins.problems[0].seller_code.at, "DIST");
    assert_string_equal(margins.problems[0].reason.at, "month-open");
    assert_int_equal(margins_of(&trade, TEXT("DIST")).problem_count, 0); /* nothing of it is closed */
    trade_close(&trade, "2026-10");
    assert_int_equal(margins_of(&trade, TEXT("P1")).problem_count, 0);
    assert_int_equal(margins_of(&trade, TEXT("DIST")).problem_count, 0);
}

/* The distributor's revenue from P1, as a forecast of the month has it. */
static struct margin_row forecast_of(struct trade *trade, const char *month) {
    struct show_margins_input input = {TEXT("DIST"), text_of(month), MARGIN_BY_BUYER, true};
    struct show_margins_result result;
    WORLD_OK(trade->world, show_margins(&trade->call, &input, &result, &trade->world->fault));
    for (size_t i = 0; i < result.count; i++) {
        if (text_is(result.rows[i].buyer_code, "P1")) {
            return result.rows[i];
        }
    }
    return (struct margin_row){0};
}

static void a_forecast_has_the_corrections_that_wait(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct margin_row before = forecast_of(&trade, "2026-11");
    assert_int_equal(before.revenue_minor, 11000);
    correct(&trade, "A", 5);
    struct margin_row after = forecast_of(&trade, "2026-11");
    assert_int_equal(after.revenue_minor, 11000 - 9000 + 5000);
    assert_int_equal(after.revenue_so_far_minor, before.revenue_so_far_minor - 9000 + 5000);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    trade_close(&trade, "2026-11");
    assert_int_equal(trade_invoice(&trade, "DIST", "P1", "2026-11").invoice.net_minor, after.revenue_minor);
    /* One that is recorded now waits for December's close. */
    correct(&trade, "A", 6);
    assert_int_equal(forecast_of(&trade, "2026-11").revenue_minor, 11000);
    assert_int_equal(forecast_of(&trade, "2026-12").revenue_minor, 11000 + 1000);
}

static void only_a_closed_month_is_corrected(void **state) {
    struct trade trade;
    struct correction_page view;
    october_is_closed(&trade, *state);
    struct add_correction_input input = {.giver = TEXT("DIST"),
                                         .month = TEXT("2026-11"),
                                         .customer = TEXT("A"),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = 1,
                                         .reason = TEXT("because")};
    WORLD_FAULT(trade.world, "month-not-closed",
                add_correction(&trade.call, &input, &view, &trade.world->fault));
    input.month = TEXT("2026-10");
    input.units = -1;
    WORLD_FAULT(trade.world, "units-out-of-range",
                add_correction(&trade.call, &input, &view, &trade.world->fault));
}

static void a_charge_is_a_line_of_its_month_and_then_stays(void **state) {
    struct trade trade;
    struct one_off_charge_view view;
    an_october(&trade, *state);
    struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                             .buyer = TEXT("A"),
                                             .month = TEXT("2026-10"),
                                             .description = TEXT("Installation"),
                                             .quantity = 3,
                                             .unit_price = TEXT("120.50"),
                                             .tax_category = TEXT("S"),
                                             .tax_rate = TEXT("8.25")};
    WORLD_OK(trade.world, add_one_off_charge(&trade.call, &input, &view, &trade.world->fault));
    assert_int_equal(view.amount_minor, 36150);
    struct text kept = view.identifier;
    input.description = TEXT("A mistake");
    WORLD_OK(trade.world, add_one_off_charge(&trade.call, &input, &view, &trade.world->fault));
    WORLD_OK(trade.world, remove_one_off_charge(&trade.call, view.identifier, &trade.world->fault));
    trade_at(&trade, "2026-11-10T00:00:00Z");
    trade_close(&trade, "2026-10");
    assert_lines(&trade, "P1", "A", "2026-10",
                 "A S peak 10 10 20 200.00\n"
                 " Installation  3 3 120.5 361.50\n");
    struct invoice_detail invoice = trade_invoice(&trade, "P1", "A", "2026-10");
    assert_int_equal(invoice.invoice.tax_minor, 2982); /* 8.25 % of 361.50 is 29.82; S is untaxed */
    WORLD_FAULT(trade.world, "already-billed", remove_one_off_charge(&trade.call, kept, &trade.world->fault));
    WORLD_FAULT(trade.world, "month-closed",
                add_one_off_charge(&trade.call, &input, &view, &trade.world->fault));
    input.month = TEXT("2026-11");
    input.unit_price = TEXT("-1");
    WORLD_FAULT(trade.world, "negative-price",
                add_one_off_charge(&trade.call, &input, &view, &trade.world->fault));
    input.unit_price = TEXT("1");
    input.description = TEXT("one line\nand a forged one");
    WORLD_FAULT(trade.world, "malformed-text",
                add_one_off_charge(&trade.call, &input, &view, &trade.world->fault));
}

static int64_t balance(struct trade *trade, const char *account) {
    struct list_balances_input input = {.owner = TEXT("DIST")};
    struct balance_page result;
    int64_t sum = 0;
    WORLD_OK(trade->world, list_balances(&trade->call, &input, &result, &trade->world->fault));
    for (size_t i = 0; i < result.count; i++) {
        if (text_is(result.items[i].account, account)) {
            sum += (int64_t)result.items[i].balance_minor;
        }
    }
    return sum;
}

static void paying_moves_the_receivable_to_cash_once(void **state) {
    struct trade trade;
    struct invoice_view summary;
    october_is_closed(&trade, *state);
    struct settle_invoice_input input = {.invoice = TEXT("DIST-2026-000001"), .note = TEXT("wire 17")};
    assert_int_equal(balance(&trade, "receivable"), 13200); /* 110.00 and 20 % */
    assert_int_equal(balance(&trade, "revenue"), -11000);
    assert_int_equal(balance(&trade, "tax"), -2200);
    WORLD_OK(trade.world, pay_invoice(&trade.call, &input, &summary, &trade.world->fault));
    assert_int_equal(summary.state, INVOICE_PAID);
    assert_int_equal(balance(&trade, "receivable"), 0);
    assert_int_equal(balance(&trade, "cash"), 13200);
    WORLD_FAULT(trade.world, "wrong-state", pay_invoice(&trade.call, &input, &summary, &trade.world->fault));
    WORLD_FAULT(trade.world, "wrong-state",
                write_off_invoice(&trade.call, &input, &summary, &trade.world->fault));
    assert_int_equal(balance(&trade, "cash"), 13200);
}

static void a_credit_note_takes_lines_off_and_the_rest_is_paid(void **state) {
    struct trade trade;
    struct invoice_view summary;
    october_is_closed(&trade, *state);
    const int64_t second_line = 2;
    struct credit_invoice_input credit = {.invoice = TEXT("DIST-2026-000001"),
                                          .positions = &second_line,
                                          .position_count = 1,
                                          .reason = TEXT("goodwill")};
    WORLD_OK(trade.world, credit_invoice(&trade.call, &credit, &summary, &trade.world->fault));
    assert_int_equal(summary.gross_minor, -1200);
    assert_string_equal(summary.number.at, "DIST-2026-000002");
    WORLD_FAULT(trade.world, "already-credited",
                credit_invoice(&trade.call, &credit, &summary, &trade.world->fault));
    struct show_invoice_input show = {.invoice = TEXT("DIST-2026-000001")};
    struct invoice_detail view;
    WORLD_OK(trade.world, show_invoice(&trade.call, &show, &view, &trade.world->fault));
    assert_int_equal(view.credited_minor, 1200);
    assert_int_equal(view.due_minor, 12000);
    struct settle_invoice_input input = {.invoice = TEXT("DIST-2026-000002")};
    WORLD_FAULT(trade.world, "set-off", pay_invoice(&trade.call, &input, &summary, &trade.world->fault));
    input.invoice = TEXT("DIST-2026-000001");
    WORLD_OK(trade.world, write_off_invoice(&trade.call, &input, &summary, &trade.world->fault));
    assert_int_equal(balance(&trade, "receivable"), 0);
    assert_int_equal(balance(&trade, "bad-debt"), 12000);
    show.invoice = TEXT("DIST-2026-000002");
    WORLD_OK(trade.world, show_invoice(&trade.call, &show, &view, &trade.world->fault));
    assert_string_equal(view.invoice.corrects_number.at, "DIST-2026-000001");
    assert_int_equal(view.invoice.state, INVOICE_PAID);
    assert_string_equal(trade_lines(&trade, &view.invoice).at,
                        "A S peak 10 -2 5 -10.00 credits DIST-2026-000001: goodwill\n");
}

static void what_a_credit_note_gives_back_is_paid_and_not_written_off(void **state) {
    struct trade trade;
    struct invoice_view note;
    october_is_closed(&trade, *state);
    struct settle_invoice_input input = {.invoice = TEXT("DIST-2026-000001")};
    struct credit_invoice_input credit = {.invoice = TEXT("DIST-2026-000001"), .reason = TEXT("goodwill")};
    WORLD_OK(trade.world, pay_invoice(&trade.call, &input, &note, &trade.world->fault));
    WORLD_OK(trade.world, credit_invoice(&trade.call, &credit, &note, &trade.world->fault));
    input.invoice = note.number;
    WORLD_FAULT(trade.world, "wrong-kind",
                write_off_invoice(&trade.call, &input, &note, &trade.world->fault));
    assert_int_equal(balance(&trade, "bad-debt"), 0);
    WORLD_OK(trade.world, pay_invoice(&trade.call, &input, &note, &trade.world->fault));
    assert_int_equal(balance(&trade, "cash"), 0);
}

static void no_lines_are_not_all_lines(void **state) {
    struct trade trade;
    struct invoice_view note;
    october_is_closed(&trade, *state);
    const int64_t nothing[1] = {0};
    struct credit_invoice_input credit = {
        .invoice = TEXT("DIST-2026-000001"), .positions = nothing, .reason = TEXT("goodwill")};
    WORLD_FAULT(trade.world, "no-lines", credit_invoice(&trade.call, &credit, &note, &trade.world->fault));
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices where kind = 'credit-note'"), 0);
}

/* The call of somebody with all rights at an account. */
static struct call acting_for(const struct trade *trade, int64_t account_id) {
    struct call call = trade->call;
    call.actor = (struct actor){ACTOR_USER, 1, account_id, RIGHT_ALL};
    return call;
}

static void an_invoice_is_seen_by_its_two_parties_alone(void **state) {
    struct trade trade;
    october_is_closed(&trade, *state);
    struct invoice_detail of_vendor = trade_invoice(&trade, "VEND", "DIST", "2026-10");
    struct invoice_detail of_provider = trade_invoice(&trade, "DIST", "P1", "2026-10");
    struct invoice_detail of_customer = trade_invoice(&trade, "P1", "A", "2026-10");
    int64_t customer_id = trade_ask(&trade, "select id from accounts where code = 'A'");
    struct {
        int64_t account_id;
        bool sees[3];
        size_t listed;
    } expected[] = {{trade.vendor_id, {true, false, false}, 1},
                    {trade.distributor_id, {true, true, false}, 2},
                    {trade.provider_id, {false, true, true}, 3},
                    {customer_id, {false, false, true}, 1}};
    for (size_t i = 0; i < 4; i++) {
        struct call call = acting_for(&trade, expected[i].account_id);
        struct text identifiers[] = {of_vendor.invoice.identifier, of_provider.invoice.identifier,
                                     of_customer.invoice.identifier};
        struct text numbers[] = {of_vendor.invoice.number, of_provider.invoice.number,
                                 of_customer.invoice.number};
        for (size_t k = 0; k < 3; k++) {
            struct invoice_detail view;
            struct show_invoice_input by_identifier = {identifiers[k]};
            struct show_invoice_input by_number = {numbers[k]};
            if (expected[i].sees[k]) {
                WORLD_OK(trade.world, show_invoice(&call, &by_identifier, &view, &trade.world->fault));
                WORLD_OK(trade.world, show_invoice(&call, &by_number, &view, &trade.world->fault));
            } else {
                WORLD_FAULT(trade.world, "unknown-invoice",
                            show_invoice(&call, &by_identifier, &view, &trade.world->fault));
                WORLD_FAULT(trade.world, "unknown-invoice",
                            show_invoice(&call, &by_number, &view, &trade.world->fault));
            }
        }
        struct list_invoices_input input = {0};
        struct invoice_page list;
        WORLD_OK(trade.world, list_invoices(&call, &input, &list, &trade.world->fault));
        assert_int_equal(list.count, expected[i].listed);
    }
}

static void only_the_seller_settles_and_credits(void **state) {
    struct trade trade;
    struct invoice_view summary;
    october_is_closed(&trade, *state);
    struct call buyer = acting_for(&trade, trade.provider_id);
    struct settle_invoice_input input = {.invoice = TEXT("DIST-2026-000001")};
    WORLD_FAULT(trade.world, "not-yours", pay_invoice(&buyer, &input, &summary, &trade.world->fault));
    struct credit_invoice_input credit = {.invoice = TEXT("DIST-2026-000001"), .reason = TEXT("please")};
    WORLD_FAULT(trade.world, "not-yours", credit_invoice(&buyer, &credit, &summary, &trade.world->fault));
}

static void a_provider_closes_its_own_edges_alone(void **state) {
    struct trade trade;
    an_october(&trade, *state);
    trade_at(&trade, "2026-11-10T00:00:00Z");
    struct call provider = acting_for(&trade, trade.provider_id);
    struct close_month_input input = {.month = TEXT("2026-10")};
    struct close_month_result result;
    WORLD_OK(trade.world, close_month(&provider, &input, &result, &trade.world->fault));
    assert_int_equal(result.closed_count, 2);
    assert_int_equal(result.invoice_count, 2);
    result = trade_close(&trade, "2026-10");
    assert_int_equal(result.closed_count, 2);
    assert_int_equal(result.already_closed, 2);
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(a_correction_reverses_and_replaces_the_lines_that_differ),
        WORLD_TEST(a_correction_waits_for_a_later_month_than_its_own),
        WORLD_TEST(a_month_that_is_closed_late_carries_no_correction),
        WORLD_TEST(a_correction_without_effect_is_answered_too),
        WORLD_TEST(a_forecast_has_the_corrections_that_wait),
        WORLD_TEST(only_a_closed_month_is_corrected),
        WORLD_TEST(a_charge_is_a_line_of_its_month_and_then_stays),
        WORLD_TEST(paying_moves_the_receivable_to_cash_once),
        WORLD_TEST(a_credit_note_takes_lines_off_and_the_rest_is_paid),
        WORLD_TEST(what_a_credit_note_gives_back_is_paid_and_not_written_off),
        WORLD_TEST(no_lines_are_not_all_lines),
        WORLD_TEST(margins_of_a_partly_closed_month_say_which_edge_is_open),
        WORLD_TEST(an_invoice_is_seen_by_its_two_parties_alone),
        WORLD_TEST(only_the_seller_settles_and_credits),
        WORLD_TEST(a_provider_closes_its_own_edges_alone),
    };
    return world_run_tests("invoices", tests, sizeof tests / sizeof tests[0]);
}
