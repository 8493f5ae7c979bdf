/* The first place that is not before what is sought, in arrays of every small size. */
#include "core/base/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct sought {
    const int *items;
    int value;
};

static bool is_before(const void *context, size_t index) {
    const struct sought *sought = context;
    return sought->items[index] < sought->value;
}

static void the_first_item_that_is_not_before_is_found_wherever_it_stands(void **state) {
    (void)state;
    static const int items[] = {2, 4, 4, 4, 8, 16, 16};
    enum { COUNT = sizeof items / sizeof items[0] };
    for (size_t count = 0; count <= COUNT; count++) {
        for (int value = 0; value <= 17; value++) {
            size_t expected = 0;
            while (expected < count && items[expected] < value) {
                expected++;
            }
            assert_int_equal(lower_bound(count, is_before, &(struct sought){items, value}), expected);
        }
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_item_that_is_not_before_is_found_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
