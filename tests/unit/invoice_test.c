/* Invoice totals: they follow from the lines, however many and in whatever order. */
#include "rng_arrays.h"

#include "core/money/invoice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

static int open_arena(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

static struct invoice totalled(const struct invoice_line *lines, size_t count) {
    struct invoice invoice = {.lines = lines, .line_count = count};
    struct fault fault;
    assert_int_equal(invoice_total(&arena, &invoice, &fault), STATUS_OK);
    return invoice;
}

static void net_tax_and_gross_follow_from_the_lines(void **state) {
    (void)state;
    const struct invoice_line lines[] = {
        {.amount_minor = 1003, .tax = {"S", 190000}},
        {.amount_minor = 2000, .tax = {"AE", 0}},
        {.amount_minor = 1000, .tax = {"S", 190000}},
        {.amount_minor = 500, .tax = {"S", 70000}},
    };
    struct invoice invoice = totalled(lines, 4);
    assert_int_equal(invoice.net_minor, 4503);
    assert_int_equal(invoice.tax_minor, 381 + 35); /* 19 % of 20.03, 7 % of 5.00 */
    assert_int_equal(invoice.gross_minor, 4919);
    assert_int_equal(invoice.tax_count, 3);
    assert_string_equal(invoice.taxes[0].tax.category, "AE");
    assert_int_equal(invoice.taxes[1].tax_minor, 35);
    assert_int_equal(invoice.taxes[2].taxable_minor, 2003);
}

static void an_invoice_without_lines_is_about_nothing(void **state) {
    (void)state;
    struct invoice invoice = totalled(NULL, 0);
    assert_int_equal(invoice.net_minor, 0);
    assert_int_equal(invoice.gross_minor, 0);
    assert_int_equal(invoice.tax_count, 0);
}

static void an_invoice_beyond_64_bits_is_refused_and_left_as_it_was(void **state) {
    (void)state;
    const struct invoice_line sum[] = {{.amount_minor = INT64_MAX, .tax = {"E", 0}},
                                       {.amount_minor = 1, .tax = {"Z", 0}}};
    const struct invoice_line gross[] = {{.amount_minor = INT64_MAX, .tax = {"S", 200000}}};
    const struct invoice_line *const cases[] = {sum, gross};
    const size_t counts[] = {2, 1};
    for (size_t i = 0; i < 2; i++) {
        struct invoice invoice = {
            .lines = cases[i], .line_count = counts[i], .net_minor = 7, .tax_minor = 8, .gross_minor = 9};
        struct fault fault;
        assert_int_equal(invoice_total(&arena, &invoice, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "amount-overflow");
        assert_int_equal(invoice.net_minor, 7);
        assert_int_equal(invoice.tax_minor, 8);
        assert_int_equal(invoice.gross_minor, 9);
        assert_null(invoice.taxes);
    }
}

static void totals_do_not_depend_on_order_and_a_credit_of_all_lines_cancels_them(void **state) {
    (void)state;
    const struct tax taxes[] = {{"S", 190000}, {"S", 70000}, {"Z", 0}, {"L", 65000}};
    struct rng rng;
    rng_seed(&rng, 5);
    for (int round = 0; round < 500; round++) {
        struct invoice_line lines[20];
        struct invoice_line credit[20];
        size_t count = rng_below(&rng, 21);
        int64_t net = 0;
        for (size_t i = 0; i < count; i++) {
            lines[i] = (struct invoice_line){.amount_minor = rng_between(&rng, -5000, 100000),
                                             .tax = taxes[rng_below(&rng, 4)]};
            net += lines[i].amount_minor;
            credit[i] = lines[i];
            credit[i].amount_minor = -lines[i].amount_minor;
        }
        struct invoice invoice = totalled(lines, count);
        assert_int_equal(invoice.net_minor, net);
        assert_int_equal(invoice.gross_minor, invoice.net_minor + invoice.tax_minor);
        struct invoice back = totalled(credit, count);
        assert_int_equal(back.tax_minor, -invoice.tax_minor);
        assert_int_equal(back.gross_minor, -invoice.gross_minor);
        rng_shuffle(&rng, lines, count, sizeof lines[0]);
        struct invoice shuffled = totalled(lines, count);
        assert_int_equal(shuffled.tax_minor, invoice.tax_minor);
        assert_int_equal(shuffled.tax_count, invoice.tax_count);
    }
}

static void kinds_have_words_that_are_read_back(void **state) {
    (void)state;
    struct fault fault;
    for (int i = INVOICE_KIND_INVOICE; i <= INVOICE_KIND_SETTLEMENT; i++) {
        enum invoice_kind kind = INVOICE_KIND_INVOICE;
        assert_int_equal(invoice_kind_parse(text_of(invoice_kind_name((enum invoice_kind)i)), &kind, &fault),
                         STATUS_OK);
        assert_int_equal(kind, i);
    }
    enum invoice_kind kind;
    assert_int_equal(invoice_kind_parse(TEXT("credit"), &kind, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "unknown-invoice-kind");
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ARENA(net_tax_and_gross_follow_from_the_lines),
        IN_ARENA(an_invoice_without_lines_is_about_nothing),
        IN_ARENA(an_invoice_beyond_64_bits_is_refused_and_left_as_it_was),
        IN_ARENA(totals_do_not_depend_on_order_and_a_credit_of_all_lines_cancels_them),
        cmocka_unit_test(kinds_have_words_that_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
