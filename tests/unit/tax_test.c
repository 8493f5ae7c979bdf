/* Tax: which categories have rates, and totals per category rounded once. */
#include "core/money/tax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct tax STANDARD_20 = {"S", 200000};
static const struct tax STANDARD_19 = {"S", 190000};
static const struct tax REVERSE = {"AE", 0};

static void a_category_and_its_rate_suit_each_other(void **state) {
    (void)state;
    const struct tax right[] = {{"S", 1}, {"S", 1000000}, {"Z", 0}, {"E", 0}, {"AE", 0},    {"K", 0},
                                {"G", 0}, {"O", 0},       {"L", 0}, {"M", 0}, {"L", 70000}, {"M", 100000}};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct fault fault;
        assert_int_equal(tax_check(right[i], "tax", &fault), STATUS_OK);
    }
}

static void a_wrong_tax_names_its_field(void **state) {
    (void)state;
    const struct {
        struct tax tax;
        const char *code;
        const char *field;
    } wrong[] = {
        {{"", 0}, "unknown-tax-category", "tax_category"},
        {{"s", 200000}, "unknown-tax-category", "tax_category"},
        {{"B", 0}, "unknown-tax-category", "tax_category"},
        {{"SS", 200000}, "unknown-tax-category", "tax_category"},
        {{"S", -1}, "tax-rate-out-of-range", "tax_rate"},
        {{"S", 1000001}, "tax-rate-out-of-range", "tax_rate"},
        {{"L", INT64_MIN}, "tax-rate-out-of-range", "tax_rate"},
        {{"S", 0}, "tax-rate-unsuitable", "tax_rate"},
        {{"AE", 200000}, "tax-rate-unsuitable", "tax_rate"},
        {{"Z", 1}, "tax-rate-unsuitable", "tax_rate"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fault fault;
        assert_int_equal(tax_check(wrong[i].tax, "tax", &fault), STATUS_INVALID);
        assert_string_equal(fault.code, wrong[i].code);
        assert_string_equal(fault.field, wrong[i].field);
    }
}

static void a_category_is_taxed_once_on_the_sum_of_its_lines(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    /* Each line alone would be taxed 0, 0 and 1: the sum is what counts. */
    const struct tax_line lines[] = {{STANDARD_20, 2}, {REVERSE, 1000},  {STANDARD_19, 1003},
                                     {STANDARD_20, 2}, {STANDARD_20, 3}, {REVERSE, -1000}};
    struct tax_total *totals = NULL;
    size_t count = 0;
    struct fault fault;
    assert_int_equal(tax_totals(&arena, lines, 6, &totals, &count, &fault), STATUS_OK);
    assert_int_equal(count, 3);
    assert_string_equal(totals[0].tax.category, "AE");
    assert_int_equal(totals[0].taxable_minor, 0);
    assert_int_equal(totals[0].tax_minor, 0);
    assert_int_equal(totals[1].tax.rate_millionths, 190000);
    assert_int_equal(totals[1].tax_minor, 191); /* 190.57 */
    assert_int_equal(totals[2].taxable_minor, 7);
    assert_int_equal(totals[2].tax_minor, 1); /* 1.4 */
    arena_clean_up(&arena);
}

static void the_tax_of_a_credit_mirrors_the_tax_of_the_invoice(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct fault fault;
    for (int64_t net = 0; net < 2000; net += 3) {
        const struct tax_line invoice = {{"S", 75000}, net};
        const struct tax_line credit = {{"S", 75000}, -net};
        struct tax_total *owed;
        struct tax_total *back;
        size_t count;
        assert_int_equal(tax_totals(&arena, &invoice, 1, &owed, &count, &fault), STATUS_OK);
        assert_int_equal(tax_totals(&arena, &credit, 1, &back, &count, &fault), STATUS_OK);
        assert_int_equal(owed->tax_minor + back->tax_minor, 0);
    }
    arena_clean_up(&arena);
}

static void more_rates_than_usual_are_all_kept_and_sorted(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct tax_line lines[200];
    for (int64_t i = 0; i < 200; i++) {
        lines[i] = (struct tax_line){{"S", 1 + (i * 37) % 100}, 10};
    }
    struct tax_total *totals = NULL;
    size_t count = 0;
    struct fault fault;
    assert_int_equal(tax_totals(&arena, lines, 200, &totals, &count, &fault), STATUS_OK);
    assert_int_equal(count, 100);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(totals[i].tax.rate_millionths, i + 1);
        assert_int_equal(totals[i].taxable_minor, 20);
    }
    arena_clean_up(&arena);
}

static void lines_that_outgrow_64_bits_are_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct tax_line lines[] = {{STANDARD_20, INT64_MAX}, {STANDARD_20, 1}};
    struct tax_total *totals = NULL;
    size_t count = 7;
    struct fault fault;
    assert_int_equal(tax_totals(&arena, lines, 2, &totals, &count, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "amount-overflow");
    assert_null(totals);
    assert_int_equal(count, 7);
    assert_int_equal(tax_totals(&arena, lines, 0, &totals, &count, &fault), STATUS_OK);
    assert_int_equal(count, 0);
    arena_clean_up(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_category_and_its_rate_suit_each_other),
        cmocka_unit_test(a_wrong_tax_names_its_field),
        cmocka_unit_test(a_category_is_taxed_once_on_the_sum_of_its_lines),
        cmocka_unit_test(the_tax_of_a_credit_mirrors_the_tax_of_the_invoice),
        cmocka_unit_test(more_rates_than_usual_are_all_kept_and_sorted),
        cmocka_unit_test(lines_that_outgrow_64_bits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
