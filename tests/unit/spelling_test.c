/* Spelling: a slip of the finger finds its word, and another word finds nothing. */
#include "core/base/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_distance_counts_the_letters_that_are_wrong(void **state) {
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        size_t distance;
    } cases[] = {{"", "", 0},         {"", "abc", 3},           {"invoice", "invoce", 1},
                 {"list", "lsit", 1}, {"list", "LIST", 0},      {"license", "licence", 1},
                 {"abc", "xyz", 3},   {"show", "shows", 1},     {"catalog", "catalogue", 2},
                 {"ab", "ba", 1},     {"minimun", "minimum", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text a = text_of(cases[i].a);
        struct text b = text_of(cases[i].b);
        assert_int_equal(spelling_distance(a, b), cases[i].distance);
        assert_int_equal(spelling_distance(b, a), cases[i].distance);
    }
}

static void words_beyond_the_bound_are_not_near(void **state) {
    (void)state;
    char longer[SPELLING_BYTES_MAX + 2];
    memset(longer, 'a', sizeof longer);
    struct text word = {longer, sizeof longer - 1};
    assert_int_equal(spelling_distance(word, TEXT("a")), SPELLING_BYTES_MAX + 1);
    struct text known[] = {TEXT("a")};
    assert_int_equal(spelling_nearest(word, known, 1), 1);
}

static void the_nearest_word_is_found_and_a_far_one_is_not(void **state) {
    (void)state;
    struct text known[] = {TEXT("minimum"), TEXT("free_months"), TEXT("sku"), TEXT("unit_price")};
    assert_int_equal(spelling_nearest(TEXT("minimun"), known, 4), 0);
    assert_int_equal(spelling_nearest(TEXT("free_month"), known, 4), 1);
    assert_int_equal(spelling_nearest(TEXT("skus"), known, 4), 2);
    assert_int_equal(spelling_nearest(TEXT("price"), known, 4), 4);
    assert_int_equal(spelling_nearest(TEXT(""), known, 4), 4);
    assert_int_equal(spelling_nearest(TEXT("x"), known, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_distance_counts_the_letters_that_are_wrong),
        cmocka_unit_test(words_beyond_the_bound_are_not_near),
        cmocka_unit_test(the_nearest_word_is_found_and_a_far_one_is_not),
    };
    return cmocka_run_group_tests_name("spelling", tests, NULL, NULL);
}
