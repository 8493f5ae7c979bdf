/* The text map: every key finds its own number, however many there are. */
#include "core/base/text_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const unsigned char SEED[TEXT_MAP_SEED_BYTES] = {1, 2, 3};

static void a_new_map_knows_no_key(void **state) {
    (void)state;
    struct arena arena;
    struct text_map map;
    arena_init(&arena);
    text_map_init(&map, &arena, SEED);
    assert_int_equal(text_map_get(&map, TEXT("")), -1);
    assert_int_equal(text_map_get(&map, TEXT("a")), -1);
    arena_clean_up(&arena);
}

static void ten_thousand_keys_find_their_numbers(void **state) {
    (void)state;
    struct arena arena;
    struct text_map map;
    arena_init(&arena);
    text_map_init(&map, &arena, SEED);
    for (int i = 0; i < 10000; i++) {
        text_map_put(&map, text_format(&arena, "key %d", i), i);
    }
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(text_map_get(&map, text_format(&arena, "key %d", i)), i);
    }
    assert_int_equal(text_map_get(&map, TEXT("key 10000")), -1);
    assert_int_equal(map.count, 10000);
    arena_clean_up(&arena);
}

static void a_key_put_again_has_the_later_number(void **state) {
    (void)state;
    struct arena arena;
    struct text_map map;
    arena_init(&arena);
    text_map_init(&map, &arena, SEED);
    text_map_put(&map, TEXT(""), 4);
    text_map_put(&map, TEXT("x"), 5);
    text_map_put(&map, TEXT("x"), 6);
    assert_int_equal(text_map_get(&map, TEXT("")), 4);
    assert_int_equal(text_map_get(&map, TEXT("x")), 6);
    assert_int_equal(map.count, 2);
    arena_clean_up(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_map_knows_no_key),
        cmocka_unit_test(ten_thousand_keys_find_their_numbers),
        cmocka_unit_test(a_key_put_again_has_the_later_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
