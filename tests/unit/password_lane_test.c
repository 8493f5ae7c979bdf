/* The password lane: a crowd keeps nobody else out, and who is known waits in a row of his own. */
#include "web/password_lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct password_lane lane;
static struct request requests[40];

static int clear(void **state) {
    (void)state;
    memset(&lane, 0, sizeof lane);
    memset(requests, 0, sizeof requests);
    return 0;
}

static struct request *of(int number, const char *crowd, bool is_known) {
    requests[number].crowd = text_of(crowd);
    requests[number].is_known_browser = is_known;
    return &requests[number];
}

static void they_come_in_their_order_and_beyond_the_row_they_are_refused(void **state) {
    (void)state;
    for (int i = 0; i < PASSWORDS_WAITING_MAX; i++) {
        assert_null(password_lane_add(&lane, of(i, "a", false)));
    }
    assert_ptr_equal(password_lane_add(&lane, of(20, "a", false)), &requests[20]);
    for (int i = 0; i < PASSWORDS_WAITING_MAX; i++) {
        assert_ptr_equal(password_lane_take(&lane), &requests[i]);
    }
    assert_null(password_lane_take(&lane));
    assert_true(password_lane_is_empty(&lane));
}

static void a_newcomer_takes_the_place_of_the_newest_of_the_largest_crowd(void **state) {
    (void)state;
    assert_null(password_lane_add(&lane, of(0, "b", false)));
    for (int i = 1; i < PASSWORDS_WAITING_MAX; i++) {
        assert_null(password_lane_add(&lane, of(i, "a", false)));
    }
    assert_ptr_equal(password_lane_add(&lane, of(20, "c", false)), &requests[7]);
    assert_ptr_equal(password_lane_add(&lane, of(21, "a", false)), &requests[21]);
    assert_ptr_equal(password_lane_add(&lane, of(22, "b", false)), &requests[6]);
    assert_ptr_equal(password_lane_add(&lane, of(23, "c", false)), &requests[5]);
    const int order[] = {0, 1, 2, 3, 4, 20, 22, 23};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        assert_ptr_equal(password_lane_take(&lane), &requests[order[i]]);
    }
    assert_true(password_lane_is_empty(&lane));
}

static void who_is_known_has_a_row_of_his_own_and_both_rows_take_turns(void **state) {
    (void)state;
    for (int i = 0; i < PASSWORDS_WAITING_MAX; i++) {
        assert_null(password_lane_add(&lane, of(i, "a", false)));
        assert_null(password_lane_add(&lane, of(20 + i, "eve@x.example", true)));
    }
    assert_ptr_equal(password_lane_add(&lane, of(30, "ada@x.example", true)), &requests[27]);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(password_lane_take(&lane), &requests[20 + i]);
        assert_ptr_equal(password_lane_take(&lane), &requests[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(they_come_in_their_order_and_beyond_the_row_they_are_refused, clear),
        cmocka_unit_test_setup(a_newcomer_takes_the_place_of_the_newest_of_the_largest_crowd, clear),
        cmocka_unit_test_setup(who_is_known_has_a_row_of_his_own_and_both_rows_take_turns, clear),
    };
    return cmocka_run_group_tests_name("password_lane", tests, NULL, NULL);
}
