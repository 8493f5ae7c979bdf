/* Durations as people write them. */
#include "core/time/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_number_with_a_unit_is_seconds(void **state) {
    (void)state;
    static const struct {
        const char *words;
        int64_t seconds;
    } CASES[] = {{"0", 0},       {"90", 90},       {"90s", 90},      {"15m", 900},
                 {"24h", 86400}, {"30d", 2592000}, {" 7d ", 604800}, {"0d", 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct fault fault;
        int64_t seconds = -1;
        assert_int_equal(duration_parse(text_of(CASES[i].words), "ttl", &seconds, &fault), STATUS_OK);
        assert_int_equal(seconds, CASES[i].seconds);
    }
}

static void anything_else_is_a_fault_that_changes_nothing(void **state) {
    (void)state;
    static const char *const WRONG[] = {"",
                                        "d",
                                        "-1d",
                                        "1w",
                                        "1.5h",
                                        "1 h",
                                        "h1",
                                        "1dd",
                                        "99999999999999999999",
                                        "9223372036854775807d",
                                        "9007199254740993"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct fault fault = {0};
        int64_t seconds = 7;
        assert_int_equal(duration_parse(text_of(WRONG[i]), "ttl", &seconds, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "malformed-duration");
        assert_string_equal(fault.field, "ttl");
        assert_int_equal(seconds, 7);
    }
}

static void it_is_written_in_the_largest_unit_that_fits(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_true(text_is(duration_format(&arena, 86400), "1d"));
    assert_true(text_is(duration_format(&arena, 90000), "25h"));
    assert_true(text_is(duration_format(&arena, 5400), "90m"));
    assert_true(text_is(duration_format(&arena, 61), "61s"));
    assert_true(text_is(duration_format(&arena, 0), "0s"));
    arena_clean_up(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_with_a_unit_is_seconds),
        cmocka_unit_test(anything_else_is_a_fault_that_changes_nothing),
        cmocka_unit_test(it_is_written_in_the_largest_unit_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
