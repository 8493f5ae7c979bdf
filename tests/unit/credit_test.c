/* What credit notes leave of a document's taxes, and which lines are in effect. */
#include "core/base/rng.h"
#include "core/money/tax_left.h"
#include "core/rating/effect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LINES_MAX = 12 };

static struct arena arena;

static int make_arena(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int free_arena(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

/* Up to twelve lines in up to three rates. */
static size_t draw_lines(struct rng *rng, struct billed_line *lines) {
    size_t count = (size_t)rng_between(rng, 1, LINES_MAX);
    for (size_t i = 0; i < count; i++) {
        lines[i] = (struct billed_line){.amount_minor = rng_between(rng, 0, 60),
                                        .tax = {"S", 70000 * rng_between(rng, 1, 3)}};
    }
    return count;
}

static int64_t tax_of(const struct tax_total *totals, size_t count) {
    int64_t tax = 0;
    for (size_t i = 0; i < count; i++) {
        tax += totals[i].tax_minor;
    }
    return tax;
}

/* Whatever the parts in which a document is credited: none takes more than is left, and all take all. */
static void credits_of_all_lines_sum_to_the_taxes(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 3);
    for (int round = 0; round < 2000; round++) {
        struct billed_line lines[LINES_MAX];
        struct tax_left left;
        struct fault fault;
        size_t count = draw_lines(&rng, lines);
        assert_int_equal(tax_left_of(&arena, lines, count, &left, &fault), STATUS_OK);
        int64_t tax = tax_of(left.totals, left.count);
        for (size_t first = 0; first < count;) {
            struct tax_total *taken = NULL;
            size_t taken_count = 0;
            bool is_exceeded = true;
            size_t size = (size_t)rng_between(&rng, 1, (int64_t)(count - first));
            for (size_t i = first; i < first + size; i++) {
                lines[i] = line_turned(lines[i]);
            }
            assert_int_equal(tax_left_is_exceeded(&left, lines + first, size, &is_exceeded, &fault),
                             STATUS_OK);
            assert_false(is_exceeded);
            assert_int_equal(tax_left_take(&left, lines + first, size, &taken, &taken_count, &fault),
                             STATUS_OK);
            assert_true(tax_of(taken, taken_count) <= 0);
            tax += tax_of(taken, taken_count);
            assert_true(tax >= 0);
            first += size;
        }
        assert_int_equal(tax, 0);
        for (size_t i = 0; i < left.count; i++) {
            assert_int_equal(left.totals[i].taxable_minor, 0);
            assert_int_equal(left.totals[i].tax_minor, 0);
        }
        arena_clean_up(&arena);
    }
}

static void more_than_is_left_is_told(void **state) {
    (void)state;
    struct billed_line line = {.amount_minor = 10, .tax = {"S", 190000}};
    struct billed_line larger = {.amount_minor = -11, .tax = {"S", 190000}};
    struct billed_line other = {.amount_minor = -1, .tax = {"S", 70000}};
    struct tax_left left;
    struct fault fault;
    bool is_exceeded = false;
    assert_int_equal(tax_left_of(&arena, &line, 1, &left, &fault), STATUS_OK);
    assert_int_equal(tax_left_is_exceeded(&left, &larger, 1, &is_exceeded, &fault), STATUS_OK);
    assert_true(is_exceeded);
    assert_int_equal(tax_left_is_exceeded(&left, &other, 1, &is_exceeded, &fault), STATUS_OK);
    assert_true(is_exceeded);
}

static void more_than_is_left_of_all_rates_is_told(void **state) {
    (void)state;
    struct billed_line lines[] = {{.amount_minor = 9000, .tax = {"S", 210000}},
                                  {.amount_minor = -2000, .tax = {"S", 190000}}};
    struct billed_line turned[] = {line_turned(lines[0]), line_turned(lines[1])};
    struct tax_left left;
    struct fault fault;
    bool is_exceeded = false;
    assert_int_equal(tax_left_of(&arena, lines, 2, &left, &fault), STATUS_OK);
    assert_int_equal(tax_left_is_exceeded(&left, turned, 1, &is_exceeded, &fault), STATUS_OK);
    assert_true(is_exceeded);
    assert_int_equal(tax_left_is_exceeded(&left, turned, 2, &is_exceeded, &fault), STATUS_OK);
    assert_false(is_exceeded);
    assert_int_equal(left.totals[0].taxable_minor + left.totals[1].taxable_minor,
                     7000); /* nothing is taken */
}

static struct issued_line issued(int64_t invoice_id, int64_t parts, int64_t takes_invoice_id) {
    return (struct issued_line){.line = {.invoice_id = invoice_id,
                                         .position = 1,
                                         .quantity_parts = parts,
                                         .amount_minor = parts * 10},
                                .document_id = invoice_id,
                                .takes_invoice_id = takes_invoice_id,
                                .takes_position = takes_invoice_id == 0 ? 0 : 1};
}

static void must_be_in_effect(const struct issued_line *lines, size_t count, const char *invoices) {
    struct issued_lines effect = lines_in_effect(&arena, lines, count);
    struct text words = TEXT("");
    for (size_t i = 0; i < effect.count; i++) {
        words =
            text_format(&arena, "%.*s%lld ", TEXT_ARGS(words), (long long)effect.items[i]->line.invoice_id);
    }
    assert_string_equal(words.length == 0 ? "" : words.at, invoices);
}

static void a_line_is_in_effect_until_something_takes_it_back(void **state) {
    (void)state;
    struct issued_line lines[] = {issued(1, 8, 0), issued(2, -8, 1), issued(3, 6, 0),
                                  issued(4, 8, 2), issued(5, -8, 1), issued(6, -6, 3)};
    must_be_in_effect(lines, 1, "1 ");
    must_be_in_effect(lines, 2, "");
    must_be_in_effect(lines, 3, "3 ");
    must_be_in_effect(lines, 4, "1 3 "); /* what took it has been taken back */
    must_be_in_effect(lines, 5, "3 ");
    must_be_in_effect(lines, 6, "");
}

static void reversals_of_before_take_the_last_line_that_charges_the_same(void **state) {
    (void)state;
    struct issued_line lines[] = {issued(1, 8, 0), issued(2, 8, 0), issued(3, -8, 0), issued(4, -8, 0),
                                  issued(5, -8, 0)};
    must_be_in_effect(lines, 3, "1 ");
    must_be_in_effect(lines, 4, "");
    must_be_in_effect(lines, 5, "5 "); /* it gave back what nobody had: a correction takes it back */
}

static void what_is_taken_back_twice_gives_back_once_more(void **state) {
    (void)state;
    struct issued_line lines[] = {issued(1, 8, 0), issued(2, -8, 0), issued(3, -8, 1)};
    must_be_in_effect(lines, 3, "3 "); /* before credits and corrections knew each other */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(credits_of_all_lines_sum_to_the_taxes, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(more_than_is_left_is_told, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(more_than_is_left_of_all_rates_is_told, make_arena, free_arena),
        cmocka_unit_test_setup_teardown(a_line_is_in_effect_until_something_takes_it_back, make_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(reversals_of_before_take_the_last_line_that_charges_the_same,
                                        make_arena, free_arena),
        cmocka_unit_test_setup_teardown(what_is_taken_back_twice_gives_back_once_more, make_arena,
                                        free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
