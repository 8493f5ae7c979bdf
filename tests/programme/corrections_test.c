/* Credits and corrections of the same months, in every order: what is in effect is what the month is worth,
 * nothing is given back twice, and no document asks for what it should give. */
#include "core/base/rng.h"
#include "programme/billing/corrections.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/one_off_charges.h"
#include "programme/parties/agreements.h"
#include "programme/parties/amend_agreement.h"
#include "programme/parties/suspend_agreement.h"
#include "programme/receivables/settle_invoice.h"
#include "trade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* One SKU at 10.00 for customer A, 8 seats in October and none since; the provider's edge has the same price
 * and no tax, A's has 19 %. */
static void an_october_alone(struct trade *trade, struct world *world) {
    trade_begin(trade, world, "UTC", "EUR");
    trade_sku(trade, "S");
    trade_price(trade, "VEND", "DIST", "S", POLICY_PEAK, TIER_FLAT, "1:1", NULL);
    trade_price(trade, "DIST", "P1", "S", POLICY_PEAK, TIER_FLAT, "1:2", NULL);
    trade_price(trade, "P1", NULL, "S", POLICY_PEAK, TIER_FLAT, "1:10", NULL);
    trade_sabotage(trade,
                   "update agreements set tax_category = 'S', tax_rate_millionths = 190000 where buyer_id "
                   "= (select id from accounts where code = 'A')");
    trade_at(trade, "2026-10-01T00:00:00Z");
    struct text licence = trade_licence(trade, "P1", "A", "S", 8);
    trade_on(trade, licence);
    trade_at(trade, "2026-10-31T20:00:00Z");
    trade_off(trade, licence);
    trade_at(trade, "2026-11-10T00:00:00Z");
    trade_close(trade, "2026-10");
}

static void correct(struct trade *trade, const char *month, int64_t units) {
    struct add_correction_input input = {.giver = TEXT("P1"),
                                         .month = text_of(month),
                                         .customer = TEXT("A"),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = units,
                                         .reason = TEXT("miscounted")};
    struct correction_page view;
    WORLD_OK(trade->world, add_correction(&trade->call, &input, &view, &trade->world->fault));
}

static void close_november(struct trade *trade) {
    trade_at(trade, "2026-12-10T00:00:00Z");
    trade_close(trade, "2026-11");
}

/* The credit note of an invoice, in whole (`line` 0) or of one line. */
static struct invoice_view credit(struct trade *trade, const char *number, int64_t line) {
    struct credit_invoice_input input = {.invoice = text_of(number),
                                         .positions = line > 0 ? &line : NULL,
                                         .position_count = line > 0 ? 1 : 0,
                                         .reason = TEXT("wrong")};
    struct invoice_view note;
    WORLD_OK(trade->world, credit_invoice(&trade->call, &input, &note, &trade->world->fault));
    return note;
}

static void must_not_credit(struct trade *trade, const char *number, int64_t line, const char *code) {
    struct credit_invoice_input input = {.invoice = text_of(number),
                                         .positions = line > 0 ? &line : NULL,
                                         .position_count = line > 0 ? 1 : 0,
                                         .reason = TEXT("wrong")};
    struct invoice_view note;
    WORLD_FAULT(trade->world, code, credit_invoice(&trade->call, &input, &note, &trade->world->fault));
}

static struct invoice_detail show(struct trade *trade, const char *number) {
    struct show_invoice_input input = {.invoice = text_of(number)};
    struct invoice_detail detail;
    WORLD_OK(trade->world, show_invoice(&trade->call, &input, &detail, &trade->world->fault));
    return detail;
}

static void pay(struct trade *trade, const char *number) {
    struct settle_invoice_input input = {.invoice = text_of(number)};
    struct invoice_view settled;
    WORLD_OK(trade->world, pay_invoice(&trade->call, &input, &settled, &trade->world->fault));
}

/* What A has been billed net for the use of a month, all documents together. */
static int64_t worth(struct trade *trade, int month) {
    return trade_ask(
        trade,
        text_format(
            &trade->world->arena,
            "select cast(coalesce(sum(l.amount_minor), 0) as bigint) from invoice_lines l join invoices i "
            "on i.id = l.invoice_id left join invoice_lines t on l.corrects_month is null and "
            "t.invoice_id = l.takes_invoice_id and t.position = l.takes_position left join invoices o on "
            "o.id = t.invoice_id where i.buyer_id = (select id from accounts where code = 'A') and "
            "coalesce(l.corrects_month, t.corrects_month, o.month, i.month) = %d",
            month)
            .at);
}

static int64_t receivable(struct trade *trade) {
    return trade_ask(trade,
                     "select cast(coalesce(sum(debit_minor - credit_minor), 0) as bigint) from ledger "
                     "where account = 'receivable' and party_id = (select id from accounts where code = "
                     "'A')");
}

enum { OCTOBER = 2026 * 12 + 9 };

/* ---- the two know each other ---- */

static void what_a_correction_took_back_is_not_credited_again(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 0);
    close_november(&trade);
    assert_int_equal(worth(&trade, OCTOBER), 0);
    must_not_credit(&trade, "P1-2026-000001", 0, "nothing-to-credit");
    must_not_credit(&trade, "P1-2026-000001", 1, "already-credited");
    assert_int_equal(receivable(&trade), 0);
    trade_must_be_clean(&trade);
}

static void what_was_credited_is_not_taken_back_by_a_correction(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    credit(&trade, "P1-2026-000001", 0);
    correct(&trade, "2026-10", 6);
    close_november(&trade);
    assert_int_equal(worth(&trade, OCTOBER), 6000);
    assert_int_equal(receivable(&trade), 7140);
    trade_must_be_clean(&trade);
}

static void a_credited_month_can_be_billed_as_it_was(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    credit(&trade, "P1-2026-000001", 0);
    correct(&trade, "2026-10", 8);
    close_november(&trade);
    assert_int_equal(worth(&trade, OCTOBER), 8000);
    trade_must_be_clean(&trade);
}

static void a_credit_while_a_correction_waits_counts_too(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 5);
    credit(&trade, "P1-2026-000001", 1);
    close_november(&trade);
    assert_int_equal(worth(&trade, OCTOBER), 5000);
    trade_must_be_clean(&trade);
}

static void the_lines_of_a_correction_are_credited_and_corrected_again(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 10);
    close_november(&trade); /* P1-2026-000002: -80.00 and +100.00 */
    assert_int_equal(show(&trade, "P1-2026-000002").invoice.gross_minor, 2380);
    must_not_credit(&trade, "P1-2026-000002", 1, "credit-asks");
    must_not_credit(&trade, "P1-2026-000002", 2, "credit-exceeds");
    credit(&trade, "P1-2026-000002", 0); /* October is as it was before the correction */
    assert_int_equal(worth(&trade, OCTOBER), 8000);
    trade_must_be_clean(&trade);
    correct(&trade, "2026-10", 7);
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-12");
    assert_int_equal(worth(&trade, OCTOBER), 7000);
    trade_must_be_clean(&trade);
}

/* ---- tax ---- */

static void charge_small(struct trade *trade, const char *price) {
    for (int i = 0; i < 7; i++) {
        struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                                 .buyer = TEXT("A"),
                                                 .month = TEXT("2026-11"),
                                                 .description = TEXT("item"),
                                                 .quantity = 1,
                                                 .unit_price = text_of(price)};
        struct one_off_charge_view view;
        WORLD_OK(trade->world, add_one_off_charge(&trade->call, &input, &view, &trade->world->fault));
    }
    close_november(trade);
}

/* Each credit rounds its tax, and the last takes what is left, whatever the others rounded to. */
static void credits_line_by_line_take_the_tax_and_no_more(struct trade *trade, int64_t gross_minor) {
    int64_t tax_minor = 0;
    assert_int_equal(show(trade, "P1-2026-000002").invoice.gross_minor, gross_minor);
    for (int64_t line = 1; line <= 7; line++) {
        struct invoice_view note = credit(trade, "P1-2026-000002", 8 - line);
        struct invoice_detail detail = show(trade, note.number.at);
        assert_int_equal(detail.invoice.tax_count, 1);
        assert_int_equal(detail.invoice.taxes[0].tax_minor, note.tax_minor);
        assert_true(note.tax_minor <= 0);
        tax_minor += note.tax_minor;
    }
    struct invoice_detail credited = show(trade, "P1-2026-000002");
    assert_int_equal(tax_minor, -credited.invoice.tax_minor);
    assert_int_equal(credited.credited_minor, gross_minor);
    assert_int_equal(credited.due_minor, 0);
    assert_int_equal(credited.invoice.state, INVOICE_PAID);
    trade_must_be_clean(trade);
}

static void what_is_left_of_a_tax_goes_with_its_last_line(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    charge_small(&trade, "0.33"); /* 2.31 and 0.44; seven times 0.06 are 0.42 */
    credits_line_by_line_take_the_tax_and_no_more(&trade, 275);
}

static void no_more_tax_is_credited_than_was_billed(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    charge_small(&trade, "0.03"); /* 0.21 and 0.04; seven times 0.01 are 0.07 */
    credits_line_by_line_take_the_tax_and_no_more(&trade, 25);
}

static void no_more_is_credited_than_is_left_of_all_rates_together(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    trade_sabotage(&trade, "update agreements set tax_rate_millionths = 210000 where buyer_id = (select id "
                           "from accounts where code = 'A')");
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 9));
    correct(&trade, "2026-10", 6);
    close_november(&trade); /* 90.00 at 21 %, -80.00 and 60.00 at 19 % */
    assert_int_equal(show(&trade, "P1-2026-000002").invoice.gross_minor, 8510);
    must_not_credit(&trade, "P1-2026-000002", 1, "credit-exceeds");
    assert_int_equal(credit(&trade, "P1-2026-000002", 0).gross_minor, -8510);
}

/* ---- credit notes of corrections ---- */

static void what_is_taken_back_beyond_a_month_is_a_credit_note(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 2);
    close_november(&trade);
    struct invoice_detail note = show(&trade, "P1-2026-000002");
    assert_int_equal(note.invoice.kind, INVOICE_KIND_CREDIT_NOTE);
    assert_string_equal(note.invoice.corrects_number.at, "P1-2026-000001");
    assert_int_equal(note.invoice.gross_minor, -7140);
    assert_int_equal(note.set_off_minor, 7140);
    assert_int_equal(note.due_minor, 0);
    assert_int_equal(note.invoice.state, INVOICE_PAID);
    assert_string_equal(trade_lines(&trade, &note.invoice).at,
                        "A S peak 8 -8 10 -80.00 corrects 2026-10 (P1-2026-000001): reversal\n"
                        "A S peak 8 2 10 20.00 corrects 2026-10 (P1-2026-000001): miscounted\n");
    struct invoice_detail corrected = show(&trade, "P1-2026-000001");
    assert_int_equal(corrected.invoice.state, INVOICE_ISSUED);
    assert_int_equal(corrected.due_minor, 9520 - 7140);
    assert_int_equal(receivable(&trade), 9520 - 7140);
    trade_must_be_clean(&trade);
    /* What is in effect now stands on the credit note; the whole invoice takes it along. */
    credit(&trade, "P1-2026-000001", 0);
    assert_int_equal(show(&trade, "P1-2026-000001").invoice.state, INVOICE_PAID);
    assert_int_equal(worth(&trade, OCTOBER), 0);
    assert_int_equal(receivable(&trade), 0);
    trade_must_be_clean(&trade);
}

static void what_finds_nothing_open_is_a_credit_balance(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    pay(&trade, "P1-2026-000001");
    correct(&trade, "2026-10", 2);
    close_november(&trade);
    struct invoice_detail note = show(&trade, "P1-2026-000002");
    assert_int_equal(note.invoice.state, INVOICE_ISSUED);
    assert_int_equal(note.set_off_minor, 0);
    assert_int_equal(note.due_minor, -7140);
    assert_int_equal(receivable(&trade), -7140);
    trade_must_be_clean(&trade);
    pay(&trade, "P1-2026-000002"); /* the refund */
    assert_int_equal(receivable(&trade), 0);
    trade_must_be_clean(&trade);
}

static void write_october_off(struct trade *trade) {
    struct settle_invoice_input input = {.invoice = TEXT("P1-2026-000001")};
    struct invoice_view settled;
    WORLD_OK(trade->world, write_off_invoice(&trade->call, &input, &settled, &trade->world->fault));
}

static int64_t bad_debt(struct trade *trade) {
    return trade_ask(trade, "select cast(sum(debit_minor - credit_minor) as bigint) from ledger where "
                            "account = 'bad-debt'");
}

static void what_was_written_off_is_lost_less(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    write_october_off(&trade);
    correct(&trade, "2026-10", 2);
    close_november(&trade);
    assert_int_equal(show(&trade, "P1-2026-000002").invoice.state, INVOICE_PAID);
    assert_int_equal(receivable(&trade), 0);
    assert_int_equal(bad_debt(&trade), 9520 - 7140);
    trade_must_be_clean(&trade);
}

static void what_was_written_off_is_lost_less_in_a_month_with_enough_of_its_own_too(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 8)); /* November: 80.00 */
    write_october_off(&trade);
    correct(&trade, "2026-10", 2);
    close_november(&trade);
    assert_int_equal(show(&trade, "P1-2026-000002").invoice.gross_minor, 9520);
    assert_int_equal(show(&trade, "P1-2026-000003").invoice.gross_minor, -7140);
    assert_int_equal(show(&trade, "P1-2026-000003").invoice.state, INVOICE_PAID);
    assert_int_equal(receivable(&trade), 9520);
    assert_int_equal(bad_debt(&trade), 9520 - 7140);
    trade_must_be_clean(&trade);
}

static void what_was_written_off_and_given_back_on_an_invoice_is_found(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 8));
    correct(&trade, "2026-10", 2);
    close_november(&trade);
    assert_false(trade_check_finds(&trade, "loss-netted"));
    /* As if the buyer's invoice had been lost before the close that netted it. */
    trade_sabotage(&trade, "update invoices set state = 'written-off', settled_at_us = issued_at_us where "
                           "number = 'P1-2026-000001'");
    assert_true(trade_check_finds(&trade, "loss-netted"));
    trade_sabotage(&trade, "update months set rules = 2 where rules = 3");
    assert_false(trade_check_finds(&trade, "loss-netted"));
}

static void a_month_with_enough_of_its_own_carries_its_corrections(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    trade_on(&trade, trade_licence(&trade, "P1", "A", "S", 8)); /* November: 80.00 */
    correct(&trade, "2026-10", 2);
    struct show_margins_input input = {
        .account = TEXT("P1"), .month = TEXT("2026-11"), .forecast = true, .grouping = MARGIN_TOTAL};
    struct show_margins_result forecast;
    WORLD_OK(trade.world, show_margins(&trade.call, &input, &forecast, &trade.world->fault));
    assert_int_equal(forecast.totals[0].revenue_minor, 2000);
    close_november(&trade);
    assert_int_equal(show(&trade, "P1-2026-000002").invoice.net_minor, 2000);
    assert_int_equal(trade_ask(&trade, "select count(*) from invoices where kind = 'credit-note'"), 0);
    trade_must_be_clean(&trade);
}

static void a_forecast_has_what_would_be_on_credit_notes(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 2);
    struct show_margins_input input = {
        .account = TEXT("P1"), .month = TEXT("2026-11"), .forecast = true, .grouping = MARGIN_TOTAL};
    struct show_margins_result result;
    WORLD_OK(trade.world, show_margins(&trade.call, &input, &result, &trade.world->fault));
    assert_int_equal(result.totals[0].revenue_minor, -6000);
    close_november(&trade);
    input.forecast = false;
    WORLD_OK(trade.world, show_margins(&trade.call, &input, &result, &trade.world->fault));
    assert_int_equal(result.totals[0].revenue_minor, -6000);
}

/* ---- nothing due ---- */

static void an_invoice_with_nothing_due_is_paid_and_posts_no_payment(void **state) {
    struct trade trade;
    struct list_invoices_input open = {.buyer = TEXT("A"), .state = TEXT("issued")};
    struct invoice_page page;
    an_october_alone(&trade, *state);
    credit(&trade, "P1-2026-000001", 0);
    correct(&trade, "2026-10", 0); /* no difference: an invoice of 0.00 */
    close_november(&trade);
    assert_int_equal(show(&trade, "P1-2026-000003").invoice.gross_minor, 0);
    assert_int_equal(show(&trade, "P1-2026-000003").invoice.state, INVOICE_PAID);
    assert_int_equal(show(&trade, "P1-2026-000001").invoice.state, INVOICE_PAID);
    WORLD_OK(trade.world, list_invoices(&trade.call, &open, &page, &trade.world->fault));
    assert_int_equal(page.count, 0);
    assert_int_equal(trade_ask(&trade, "select count(*) from ledger where account = 'cash'"), 0);
    trade_must_be_clean(&trade);
}

/* ---- any order ---- */

enum { MONTHS = 14, STEPS_MAX = 6 };

/* Credits one line of one of A's invoices, or the whole; what is refused is refused for a reason. */
static void credit_something(struct trade *trade, struct rng *rng) {
    struct list_invoices_input list = {.buyer = TEXT("A"), .kind = TEXT("invoice"), .page = {.limit = 100}};
    struct invoice_page page;
    struct invoice_view note;
    WORLD_OK(trade->world, list_invoices(&trade->call, &list, &page, &trade->world->fault));
    int64_t line = rng_between(rng, 1, 3);
    struct credit_invoice_input input = {.invoice = page.items[rng_below(rng, page.count)].identifier,
                                         .reason = TEXT("wrong")};
    if (rng_chance(rng, 1, 2)) {
        input.positions = &line;
        input.position_count = 1;
    }
    enum status status = credit_invoice(&trade->call, &input, &note, &trade->world->fault);
    if (status != STATUS_OK) {
        static const char *const REASONS[] = {"already-credited", "nothing-to-credit", "credit-asks",
                                              "credit-exceeds",   "unknown-line",      "wrong-state"};
        bool is_known = false;
        for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++) {
            is_known = is_known || strcmp(trade->world->fault.code, REASONS[i]) == 0;
        }
        assert_true(is_known);
    }
}

static void settle_something(struct trade *trade, struct rng *rng) {
    struct list_invoices_input list = {.buyer = TEXT("A"), .state = TEXT("issued"), .page = {.limit = 100}};
    struct invoice_page page;
    struct invoice_view settled;
    WORLD_OK(trade->world, list_invoices(&trade->call, &list, &page, &trade->world->fault));
    if (page.count == 0) {
        return;
    }
    const struct invoice_view *chosen = &page.items[rng_below(rng, page.count)];
    struct settle_invoice_input input = {.invoice = chosen->identifier};
    bool is_paid = rng_chance(rng, 3, 4) || chosen->kind == INVOICE_KIND_CREDIT_NOTE;
    WORLD_OK(trade->world, is_paid ? pay_invoice(&trade->call, &input, &settled, &trade->world->fault)
                                   : write_off_invoice(&trade->call, &input, &settled, &trade->world->fault));
}

static struct text month_words(struct trade *trade, int month) {
    return month_format(&trade->world->arena, (struct month){OCTOBER + month});
}

/* A random life of one customer: after every close each corrected month is worth what its last correction
 * says, and the audit finds nothing, after any credits too. */
static void live_months(struct trade *trade, struct rng *rng) {
    int64_t wanted[MONTHS];
    struct text licence = trade_licence(trade, "P1", "A", "S", 5);
    bool is_on = false;
    for (int month = 1; month < MONTHS; month++) {
        memset(wanted, 0xff, sizeof wanted); /* -1: not corrected since the last close */
        if (rng_chance(rng, 1, 2)) {
            is_on ? trade_off(trade, licence) : trade_on(trade, licence);
            is_on = !is_on;
        }
        for (int64_t steps = rng_between(rng, 0, STEPS_MAX); steps > 0; steps--) {
            int which = (int)rng_below(rng, (uint64_t)month);
            switch (rng_below(rng, 5)) {
            case 0:
            case 1:
                wanted[which] = rng_between(rng, 0, 12);
                correct(trade, month_words(trade, which).at, wanted[which]);
                break;
            case 2:
            case 3:
                credit_something(trade, rng);
                break;
            default:
                settle_something(trade, rng);
            }
        }
        struct text next = month_words(trade, month + 1);
        trade_at(trade, text_format(&trade->world->arena, "%.*s-10T00:00:00Z", TEXT_ARGS(next)).at);
        trade_close(trade, month_words(trade, month).at);
        for (int i = 0; i < month; i++) {
            if (wanted[i] >= 0) {
                assert_int_equal(worth(trade, OCTOBER + i), wanted[i] * 1000);
            }
        }
        trade_must_be_clean(trade);
    }
    /* Everything has happened. */
    assert_true(trade_ask(trade,
                          "select count(*) from invoices i join invoice_lines l on l.invoice_id = i.id where "
                          "i.kind = 'credit-note' and l.corrects_month is not null") > 0);
    assert_true(
        trade_ask(trade, "select count(*) from invoices i join invoice_lines l on l.invoice_id = i.id where "
                         "i.kind = 'invoice' and l.corrects_month is not null and l.takes_position > 0") > 0);
    assert_true(trade_ask(trade,
                          "select count(*) from invoices i join invoice_lines l on l.invoice_id = i.id where "
                          "i.kind = 'credit-note' and l.corrects_month is null") > 2);
}

static void any_order_of_credits_and_corrections_comes_out_right(void **state) {
    struct trade trade;
    struct rng rng;
    an_october_alone(&trade, *state);
    rng_seed(&rng, 12);
    live_months(&trade, &rng);
}

static void another_order_of_credits_and_corrections_comes_out_right(void **state) {
    struct trade trade;
    struct rng rng;
    an_october_alone(&trade, *state);
    rng_seed(&rng, 2026);
    live_months(&trade, &rng);
}

/* ---- the pair outlives its agreements ---- */

static void end_agreement(struct trade *trade) {
    struct suspend_agreement_input input = {.seller = TEXT("P1"), .buyer = TEXT("A"), .reason = TEXT("left")};
    struct cascade_result result;
    WORLD_OK(trade->world, terminate_agreement(&trade->call, &input, &result, &trade->world->fault));
}

static void offer(struct trade *trade, const char *currency) {
    struct offer_agreement_input input = {.seller = TEXT("P1"),
                                          .buyer = TEXT("A"),
                                          .terms = {.currency = text_of(currency), .time_zone = TEXT("UTC")}};
    struct agreement_view view;
    WORLD_OK(trade->world, offer_agreement(&trade->call, &input, &view, &trade->world->fault));
}

static enum status sign(struct trade *trade) {
    struct sign_agreement_input input = {.seller = TEXT("P1"), .buyer = TEXT("A"), .signed_by = TEXT("Ada")};
    struct agreement_view view;
    return sign_agreement(&trade->call, &input, &view, &trade->world->fault);
}

static enum status charge(struct trade *trade, const char *month) {
    struct add_one_off_charge_input input = {.seller = TEXT("P1"),
                                             .buyer = TEXT("A"),
                                             .month = text_of(month),
                                             .description = TEXT("exit fee"),
                                             .quantity = 1,
                                             .unit_price = TEXT("50")};
    struct one_off_charge_view view;
    return add_one_off_charge(&trade->call, &input, &view, &trade->world->fault);
}

/* For a bill; what waits for its seller is no bill's yet. */
static int64_t waiting(struct trade *trade) {
    return trade_ask(trade, "select (select count(*) from charges where invoice_id is null) + (select "
                            "count(*) from corrections where invoice_id is null and state = 'accepted')");
}

static void months_of_an_ended_agreement_are_corrected_and_charged(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    end_agreement(&trade);
    correct(&trade, "2026-10", 12);
    WORLD_OK(trade.world, charge(&trade, "2026-11"));
    close_november(&trade);
    assert_int_equal(waiting(&trade), 0);
    assert_int_equal(worth(&trade, OCTOBER), 12000);
    assert_int_equal(worth(&trade, OCTOBER + 1), 5000);
    trade_must_be_clean(&trade);
}

static void what_waits_is_billed_under_the_next_agreement(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 12);
    WORLD_OK(trade.world, charge(&trade, "2026-11"));
    end_agreement(&trade);
    trade_at(&trade, "2026-11-20T00:00:00Z");
    offer(&trade, "EUR");
    WORLD_OK(trade.world, sign(&trade));
    close_november(&trade);
    assert_int_equal(waiting(&trade), 0);
    assert_int_equal(worth(&trade, OCTOBER), 12000);
    assert_int_equal(worth(&trade, OCTOBER + 1), 5000);
    trade_must_be_clean(&trade);
    /* The months of the old agreement are still there to correct, and closed ones take no charge. */
    correct(&trade, "2026-10", 2);
    WORLD_FAULT(trade.world, "month-closed", charge(&trade, "2026-10"));
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-12");
    assert_int_equal(waiting(&trade), 0);
    assert_int_equal(worth(&trade, OCTOBER), 2000);
    trade_must_be_clean(&trade);
}

static void nothing_is_signed_in_another_currency_while_something_waits(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    end_agreement(&trade);
    correct(&trade, "2026-10", 12);
    offer(&trade, "USD");
    WORLD_FAULT(trade.world, "correction-waiting", sign(&trade));
    close_november(&trade);
    assert_int_equal(waiting(&trade), 0);
    WORLD_OK(trade.world, sign(&trade));
    struct add_correction_input late = {.giver = TEXT("P1"),
                                        .month = TEXT("2026-10"),
                                        .customer = TEXT("A"),
                                        .sku = TEXT("S"),
                                        .has_units = true,
                                        .units = 1,
                                        .reason = TEXT("late")};
    struct correction_page view;
    WORLD_FAULT(trade.world, "other-currency",
                add_correction(&trade.call, &late, &view, &trade.world->fault));
    trade_must_be_clean(&trade);
}

static struct correction_view only_correction(struct trade *trade) {
    struct list_corrections_input input = {.buyer = TEXT("A")};
    struct correction_page page;
    WORLD_OK(trade->world, list_corrections(&trade->call, &input, &page, &trade->world->fault));
    assert_int_equal(page.count, 1);
    return page.items[0];
}

static struct one_off_charge_view only_charge(struct trade *trade) {
    struct list_one_off_charges_input input = {0};
    struct one_off_charge_page page;
    WORLD_OK(trade->world, list_one_off_charges(&trade->call, &input, &page, &trade->world->fault));
    assert_int_equal(page.count, 1);
    return page.items[0];
}

/* An earlier program signed in another currency whatever waited, and left it out of every bill. */
static void what_no_bill_can_carry_is_stuck_in_the_lists_the_close_and_the_check(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 12);
    WORLD_OK(trade.world, charge(&trade, "2026-11"));
    assert_int_equal(only_correction(&trade).stuck.length, 0);
    assert_int_equal(only_charge(&trade).stuck.length, 0);
    end_agreement(&trade);
    assert_int_equal(only_correction(&trade).stuck.length, 0);
    offer(&trade, "EUR");
    WORLD_OK(trade.world, sign(&trade));
    assert_int_equal(only_charge(&trade).stuck.length, 0);
    trade_sabotage(&trade,
                   "update agreements set currency = 'USD' where id = (select max(id) from agreements)");
    assert_string_equal(
        only_correction(&trade).stuck.at,
        "It is in EUR, and the bills of the two are in USD from 2026-11 on, which cannot carry it.");
    assert_string_equal(only_charge(&trade).stuck.at, only_correction(&trade).stuck.at);
    trade_at(&trade, "2026-12-10T00:00:00Z");
    struct close_month_result closed = trade_close(&trade, "2026-11");
    size_t stuck = 0;
    for (size_t i = 0; i < closed.closed_count; i++) {
        const struct close_month_edge *edge = &closed.closed[i];
        stuck += edge->stuck_count;
        if (edge->stuck_count > 0) {
            assert_string_equal(edge->buyer_code.at, "A");
            assert_string_equal(edge->stuck[0].sku.at, "S");
            assert_string_equal(edge->stuck[1].charge.at, only_charge(&trade).identifier.at);
            assert_string_equal(edge->stuck[1].reason.at,
                                "It is in EUR, and this bill is in USD, which cannot carry it.");
        }
    }
    assert_int_equal(stuck, 2);
    assert_true(only_charge(&trade).stuck.length > 0);
    assert_true(only_correction(&trade).stuck.length > 0);
    assert_true(trade_check_finds(&trade, "charge-forgotten"));
    assert_true(trade_check_finds(&trade, "correction-forgotten"));
}

/* As before agreements' ends were looked behind: the month went by, and the charge of before was on no bill.
 */
static void a_charge_that_was_lost_at_an_agreements_end_is_found(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    WORLD_OK(trade.world, charge(&trade, "2026-11"));
    end_agreement(&trade);
    offer(&trade, "EUR");
    WORLD_OK(trade.world, sign(&trade));
    close_november(&trade);
    trade_must_be_clean(&trade);
    trade_sabotage(&trade, "update charges set invoice_id = null");
    assert_true(trade_check_finds(&trade, "charge-forgotten"));
    trade_at(&trade, "2027-01-10T00:00:00Z");
    trade_close(&trade, "2026-12");
    assert_int_equal(waiting(&trade), 0); /* the next bill takes it */
}

static void a_correction_is_taken_while_a_bill_in_its_currency_is_still_to_come(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    struct amend_agreement_input dollars = {.agreement = {.seller = TEXT("P1"), .buyer = TEXT("A")},
                                            .from = TEXT("2026-12"),
                                            .terms = {.currency = TEXT("USD")}};
    struct terms_view view;
    WORLD_OK(trade.world, amend_agreement(&trade.call, &dollars, &view, &trade.world->fault));
    trade_at(&trade, "2026-12-05T00:00:00Z");
    correct(&trade, "2026-10", 12);
    close_november(&trade);
    assert_int_equal(waiting(&trade), 0);
    assert_int_equal(worth(&trade, OCTOBER), 12000);
    struct add_correction_input late = {.giver = TEXT("P1"),
                                        .month = TEXT("2026-10"),
                                        .customer = TEXT("A"),
                                        .sku = TEXT("S"),
                                        .has_units = true,
                                        .units = 1,
                                        .reason = TEXT("late")};
    struct correction_page correction;
    WORLD_FAULT(trade.world, "other-currency",
                add_correction(&trade.call, &late, &correction, &trade.world->fault));
    trade_must_be_clean(&trade);
}

static void a_month_of_before_the_customer_is_corrected(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    trade_account(&trade, "customer", "LATE", "P1");
    struct add_correction_input late = {.giver = TEXT("P1"),
                                        .month = TEXT("2026-10"),
                                        .customer = TEXT("LATE"),
                                        .sku = TEXT("S"),
                                        .has_units = true,
                                        .units = 3,
                                        .reason = TEXT("late")};
    struct correction_page view;
    WORLD_OK(trade.world, add_correction(&trade.call, &late, &view, &trade.world->fault));
    trade_must_be_clean(&trade);
    close_november(&trade);
    assert_int_equal(waiting(&trade), 0);
    assert_int_equal(trade_ask(&trade, "select net_minor from invoices where buyer_id = (select id from "
                                       "accounts where code = 'LATE')"),
                     3000);
    trade_must_be_clean(&trade);
}

static void a_month_that_nothing_above_has_closed_is_not_corrected(void **state) {
    static const char *const SLIPS[] = {"2010-01", "2025-10", "2026-08"};
    struct trade trade;
    an_october_alone(&trade, *state);
    trade_sabotage(&trade, "update prices set effective_from = 10000"); /* from 1997 on */
    for (size_t i = 0; i < sizeof SLIPS / sizeof SLIPS[0]; i++) {
        struct add_correction_input early = {.giver = TEXT("P1"),
                                             .month = text_of(SLIPS[i]),
                                             .customer = TEXT("A"),
                                             .sku = TEXT("S"),
                                             .has_units = true,
                                             .units = 3,
                                             .reason = TEXT("a slip of the year")};
        struct correction_page view;
        WORLD_FAULT(trade.world, "month-not-closed",
                    add_correction(&trade.call, &early, &view, &trade.world->fault));
    }
    assert_int_equal(trade_ask(&trade, "select count(*) from corrections"), 0);
}

static void a_month_of_long_before_the_customer_is_not_corrected(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    trade_at(&trade, "2027-11-03T00:00:00Z");
    trade_account(&trade, "customer", "LATE", "P1");
    struct add_correction_input early = {.giver = TEXT("P1"),
                                         .month = TEXT("2026-10"),
                                         .customer = TEXT("LATE"),
                                         .sku = TEXT("S"),
                                         .has_units = true,
                                         .units = 3,
                                         .reason = TEXT("long ago")};
    struct correction_page view;
    WORLD_FAULT(trade.world, "month-not-closed",
                add_correction(&trade.call, &early, &view, &trade.world->fault));
}

static void a_correction_that_a_bill_left_out_is_found(void **state) {
    struct trade trade;
    an_october_alone(&trade, *state);
    correct(&trade, "2026-10", 12);
    close_november(&trade);
    trade_sabotage(&trade, "update corrections set invoice_id = null");
    assert_true(trade_check_finds(&trade, "correction-forgotten"));
}

int main(void) {
    static const struct world_test tests[] = {
        WORLD_TEST(what_a_correction_took_back_is_not_credited_again),
        WORLD_TEST(what_was_credited_is_not_taken_back_by_a_correction),
        WORLD_TEST(a_credited_month_can_be_billed_as_it_was),
        WORLD_TEST(a_credit_while_a_correction_waits_counts_too),
        WORLD_TEST(the_lines_of_a_correction_are_credited_and_corrected_again),
        WORLD_TEST(what_is_left_of_a_tax_goes_with_its_last_line),
        WORLD_TEST(no_more_tax_is_credited_than_was_billed),
        WORLD_TEST(no_more_is_credited_than_is_left_of_all_rates_together),
        WORLD_TEST(what_is_taken_back_beyond_a_month_is_a_credit_note),
        WORLD_TEST(what_finds_nothing_open_is_a_credit_balance),
        WORLD_TEST(what_was_written_off_is_lost_less),
        WORLD_TEST(what_was_written_off_is_lost_less_in_a_month_with_enough_of_its_own_too),
        WORLD_TEST(what_was_written_off_and_given_back_on_an_invoice_is_found),
        WORLD_TEST(a_month_with_enough_of_its_own_carries_its_corrections),
        WORLD_TEST(a_forecast_has_what_would_be_on_credit_notes),
        WORLD_TEST(an_invoice_with_nothing_due_is_paid_and_posts_no_payment),
        WORLD_TEST(months_of_an_ended_agreement_are_corrected_and_charged),
        WORLD_TEST(what_waits_is_billed_under_the_next_agreement),
        WORLD_TEST(nothing_is_signed_in_another_currency_while_something_waits),
        WORLD_TEST(what_no_bill_can_carry_is_stuck_in_the_lists_the_close_and_the_check),
        WORLD_TEST(a_charge_that_was_lost_at_an_agreements_end_is_found),
        WORLD_TEST(a_correction_is_taken_while_a_bill_in_its_currency_is_still_to_come),
        WORLD_TEST(a_month_of_before_the_customer_is_corrected),
        WORLD_TEST(a_month_that_nothing_above_has_closed_is_not_corrected),
        WORLD_TEST(a_month_of_long_before_the_customer_is_not_corrected),
        WORLD_TEST(a_correction_that_a_bill_left_out_is_found),
        WORLD_TEST(any_order_of_credits_and_corrections_comes_out_right),
        WORLD_TEST(another_order_of_credits_and_corrections_comes_out_right),
    };
    return world_run_tests("corrections", tests, sizeof tests / sizeof tests[0]);
}
