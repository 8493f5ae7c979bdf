/* Paces: so many at once, as many again within each window, each thing for itself. */
#include "core/base/paces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct paces paces;
static const struct pace_terms FOUR_AN_HOUR = {4, INT64_C(3600000000)};
#define NOW_US INT64_C(1800000000000000)
#define QUARTER_US INT64_C(900000000)

static int clear(void **state) {
    (void)state;
    memset(&paces, 0, sizeof paces);
    return 0;
}

/* How often the thing may at that instant, of at most 100 times. */
static int times(uint64_t thing, int64_t now_us) {
    int count = 0;
    while (count < 100 && paces_wait_us(&paces, thing, FOUR_AN_HOUR, now_us) == 0) {
        paces_take(&paces, thing, FOUR_AN_HOUR, now_us);
        count++;
    }
    return count;
}

static void so_many_come_at_once_and_as_many_again_within_each_window(void **state) {
    (void)state;
    assert_int_equal(times(7, NOW_US), 4);
    assert_int_equal(paces_wait_us(&paces, 7, FOUR_AN_HOUR, NOW_US), QUARTER_US);
    assert_int_equal(paces_wait_us(&paces, 7, FOUR_AN_HOUR, NOW_US + QUARTER_US - 1), 1);
    assert_int_equal(times(7, NOW_US + QUARTER_US), 1);
    assert_int_equal(times(7, NOW_US + 3 * QUARTER_US), 2);
    assert_int_equal(times(7, NOW_US + 100 * QUARTER_US), 4);
}

static void each_thing_has_a_pace_of_its_own(void **state) {
    (void)state;
    assert_int_equal(times(7, NOW_US), 4);
    assert_int_equal(times(8, NOW_US), 4);
    assert_int_equal(times(7, NOW_US), 0);
}

static void a_clock_that_goes_back_makes_nobody_wait_for_a_time_that_has_been(void **state) {
    (void)state;
    assert_int_equal(times(7, NOW_US), 4);
    assert_int_equal(times(7, NOW_US - 5 * QUARTER_US), 4);
}

static void many_things_push_out_the_rested_ones_first(void **state) {
    (void)state;
    assert_int_equal(times(1, NOW_US), 4);
    for (uint64_t thing = 2; thing < 40000; thing++) {
        paces_take(&paces, thing, FOUR_AN_HOUR, NOW_US);
    }
    assert_int_equal(times(1, NOW_US), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(so_many_come_at_once_and_as_many_again_within_each_window, clear),
        cmocka_unit_test_setup(each_thing_has_a_pace_of_its_own, clear),
        cmocka_unit_test_setup(a_clock_that_goes_back_makes_nobody_wait_for_a_time_that_has_been, clear),
        cmocka_unit_test_setup(many_things_push_out_the_rested_ones_first, clear),
    };
    return cmocka_run_group_tests_name("paces", tests, NULL, NULL);
}
