/* The seeded generator: the published sequence, fair bounds, and the same world for the same seed. */
#include "rng_arrays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_sequence_is_the_published_one(void **state) {
    (void)state;
    struct rng rng = {
        .state = {1, 2, 3, 4}}; /* the reference implementation's first outputs for this state */
    const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240u};
    for (size_t i = 0; i < 4; i++) {
        assert_true(rng_next(&rng) == expected[i]);
    }
    rng_seed(&rng, 0);
    assert_true(rng.state[0] == UINT64_C(0xE220A8397B1DCDAF)); /* splitmix64's first output for seed 0 */
}

static void the_same_seed_gives_the_same_world_and_another_seed_another(void **state) {
    (void)state;
    struct rng a, b, c;
    rng_seed(&a, 7);
    rng_seed(&b, 7);
    rng_seed(&c, 8);
    int same = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t drawn = rng_next(&a);
        assert_true(drawn == rng_next(&b));
        same += drawn == rng_next(&c);
    }
    assert_int_equal(same, 0);
}

static void every_number_below_a_bound_is_as_likely(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 1);
    enum { BOUND = 7, DRAWS = 70000 };
    int seen[BOUND] = {0};
    for (int i = 0; i < DRAWS; i++) {
        seen[rng_below(&rng, BOUND)]++;
    }
    for (int i = 0; i < BOUND; i++) {
        assert_in_range(seen[i], DRAWS / BOUND - 500, DRAWS / BOUND + 500);
    }
    /* With a bound of 3/4 of 2^64, a generator that only takes the product's high half is plainly unfair. */
    const uint64_t large = UINT64_C(3) << 62;
    int lower_third = 0;
    for (int i = 0; i < 30000; i++) {
        lower_third += rng_below(&rng, large) < large / 3;
    }
    assert_in_range(lower_third, 9600, 10400);
}

static void a_range_includes_both_its_ends(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 2);
    bool low = false, high = false;
    for (int i = 0; i < 1000; i++) {
        int64_t drawn = rng_between(&rng, -3, 3);
        assert_true(drawn >= -3 && drawn <= 3);
        low |= drawn == -3;
        high |= drawn == 3;
    }
    assert_true(low && high);
    assert_true(rng_between(&rng, INT64_MAX, INT64_MAX) == INT64_MAX);
    int negative = 0;
    for (int i = 0; i < 1000; i++) {
        negative += rng_between(&rng, INT64_MIN, INT64_MAX) < 0;
    }
    assert_in_range(negative, 400, 600);
}

static void a_chance_comes_about_as_often_as_it_says(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 3);
    int came = 0;
    for (int i = 0; i < 10000; i++) {
        came += rng_chance(&rng, 1, 4);
        assert_false(rng_chance(&rng, 0, 4));
        assert_true(rng_chance(&rng, 4, 4));
    }
    assert_in_range(came, 2300, 2700);
}

static void filling_in_pieces_of_eight_is_filling_at_once(void **state) {
    (void)state;
    struct rng a, b;
    rng_seed(&a, 4);
    rng_seed(&b, 4);
    unsigned char once[29], pieces[29];
    rng_fill(&a, once, sizeof once);
    rng_fill(&b, pieces, 8);
    rng_fill(&b, pieces + 8, 16);
    rng_fill(&b, pieces + 24, 5);
    assert_memory_equal(once, pieces, sizeof once);
}

static void shuffling_keeps_every_item_and_reaches_every_order(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 6);
    int orders[27] = {0}; /* by the base-3 number that the order spells */
    for (int i = 0; i < 6000; i++) {
        int32_t items[3] = {0, 1, 2};
        rng_shuffle(&rng, items, 3, sizeof items[0]);
        assert_int_equal((1 << items[0]) | (1 << items[1]) | (1 << items[2]), 7);
        orders[items[0] * 9 + items[1] * 3 + items[2]]++;
    }
    int reached = 0;
    for (int i = 0; i < 27; i++) {
        if (orders[i] > 0) {
            assert_in_range(orders[i], 850, 1150);
            reached++;
        }
    }
    assert_int_equal(reached, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence_is_the_published_one),
        cmocka_unit_test(the_same_seed_gives_the_same_world_and_another_seed_another),
        cmocka_unit_test(every_number_below_a_bound_is_as_likely),
        cmocka_unit_test(a_range_includes_both_its_ends),
        cmocka_unit_test(a_chance_comes_about_as_often_as_it_says),
        cmocka_unit_test(filling_in_pieces_of_eight_is_filling_at_once),
        cmocka_unit_test(shuffling_keeps_every_item_and_reaches_every_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
