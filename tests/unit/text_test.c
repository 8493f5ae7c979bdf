/* Text: UTF-8 at the border, integers, and copies that do not end in the middle of a character. */
#include "core/base/fault.h"
#include "core/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void utf8_is_taken_and_everything_else_is_refused(void **state) {
    (void)state;
    assert_true(text_is_valid_utf8(TEXT("Żółć 株式会社 🙂")));
    assert_true(text_is_valid_utf8(TEXT("")));
    assert_false(text_is_valid_utf8(TEXT("\xC0\xAF")));         /* overlong */
    assert_false(text_is_valid_utf8(TEXT("\xED\xA0\x80")));     /* a surrogate */
    assert_false(text_is_valid_utf8(TEXT("\xF4\x90\x80\x80"))); /* above U+10FFFF */
    assert_false(text_is_valid_utf8(TEXT("a\0b")));
    assert_false(text_is_valid_utf8(TEXT("\xE2\x82"))); /* cut short */
}

static void an_integer_is_digits_alone_and_fits_64_bits(void **state) {
    (void)state;
    int64_t value = 7;
    assert_true(text_to_int64(TEXT("-9223372036854775808"), &value));
    assert_int_equal(value, INT64_MIN);
    assert_true(text_to_int64(TEXT("9223372036854775807"), &value));
    assert_int_equal(value, INT64_MAX);
    const char *wrong[] = {"", "-", "9223372036854775808", " 1", "1 ", "+1", "0x1", "1.0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        value = 7;
        assert_false(text_to_int64(text_of(wrong[i]), &value));
        assert_int_equal(value, 7);
    }
}

static void a_long_value_in_a_fault_is_cut_between_characters(void **state) {
    (void)state;
    char long_value[301];
    for (size_t i = 0; i < 300; i += 3) {
        long_value[i] = '\xE2';
        long_value[i + 1] = '\x82';
        long_value[i + 2] = '\xAC';
    }
    struct fault fault;
    enum status status = fault_set(&fault, STATUS_INVALID, "too-long", "name", (struct text){long_value, 300},
                                   "must be shorter");
    assert_int_equal(status, STATUS_INVALID);
    assert_true(text_is_valid_utf8(text_of(fault.value)));
    assert_int_equal(text_of(fault.value).length % 3, 0);
}

static void an_arena_gives_zeroed_memory_and_keeps_what_is_large(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *bytes = ARENA_NEW(&arena, unsigned char, size);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(bytes[i], 0);
            bytes[i] = 0xFF;
        }
    }
    arena_clean_up(&arena);
}

static void text_is_taken_piece_by_piece_until_nothing_is_left(void **state) {
    (void)state;
    struct text rest = TEXT("a=b;;c");
    assert_true(text_is(text_take_until(&rest, ';'), "a=b"));
    assert_true(text_is(text_take_until(&rest, ';'), ""));
    assert_true(text_is(rest, "c"));
    assert_true(text_is(text_take_until(&rest, ';'), "c"));
    assert_true(text_is(text_take_until(&rest, ';'), ""));
    assert_true(rest.length == 0);
}

/* As libsodium's hash states do, which stand in structs of ours. */
struct aligned_wide {
    _Alignas(64) unsigned char state[64];
    int other;
};

static void an_arena_gives_what_is_aligned_widely_its_alignment(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < 200; i++) {
        (void)ARENA_NEW(&arena, unsigned char, i % 50);
        struct aligned_wide *wide = ARENA_NEW(&arena, struct aligned_wide, 1 + i % 3 * 100);
        assert_int_equal((uintptr_t)wide % 64, 0);
        assert_int_equal(wide->other, 0);
    }
    arena_clean_up(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_taken_and_everything_else_is_refused),
        cmocka_unit_test(an_integer_is_digits_alone_and_fits_64_bits),
        cmocka_unit_test(text_is_taken_piece_by_piece_until_nothing_is_left),
        cmocka_unit_test(a_long_value_in_a_fault_is_cut_between_characters),
        cmocka_unit_test(an_arena_gives_zeroed_memory_and_keeps_what_is_large),
        cmocka_unit_test(an_arena_gives_what_is_aligned_widely_its_alignment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
