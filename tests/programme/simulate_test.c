/* Simulated programmes: one seed is one life, on both engines, and leaves nothing that an audit would find.
 */
#include "programme/audit/audit_store.h"
#include "programme/billing/show_invoices.h"
#include "programme/simulation/simulate.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct simulate_result live(struct world *world, uint64_t seed, bool rich) {
    struct call call = world_call(world);
    struct simulate_input input = {
        .seed = seed, .providers = 5, .customers = 15, .licences = 80, .months = 3, .rich = rich};
    struct simulate_result result;
    WORLD_OK(world, simulate(&call, &input, &result, &world->fault));
    return result;
}

static void must_be_sound(struct world *world) {
    struct call call = world_call(world);
    struct audit_store_result check;
    WORLD_OK(world, audit_store(&call, &check, &world->fault));
    for (size_t i = 0; i < check.count; i++) {
        print_error("%.*s %.*s: %.*s\n", TEXT_ARGS(check.violations[i].rule),
                    TEXT_ARGS(check.violations[i].subject), TEXT_ARGS(check.violations[i].message));
    }
    assert_int_equal(check.violation_total, 0);
    assert_true(check.lines_checked > 100);
}

static void a_plain_life_is_sound(void **state) {
    struct world *world = *state;
    struct simulate_result result = live(world, 7, false);
    assert_int_equal(result.months_closed, 3);
    assert_int_equal(result.skus, 420);
    must_be_sound(world);
}

static void a_rich_life_is_sound(void **state) {
    struct world *world = *state;
    struct simulate_result result = live(world, 8, true);
    assert_int_equal(result.months_closed, 3);
    must_be_sound(world);
}

/* The sum over all invoices tells one life from another. */
static int64_t worth(struct world *world, int64_t *count) {
    struct call call = world_call(world);
    struct list_invoices_input input = {.page = {.limit = PAGE_LIMIT_MAX}};
    struct invoice_page page;
    int64_t sum = 0;
    *count = 0;
    do {
        WORLD_OK(world, list_invoices(&call, &input, &page, &world->fault));
        for (size_t i = 0; i < page.count; i++) {
            sum = sum * 31 % INT64_C(1000000007) + page.items[i].gross_minor;
        }
        *count += (int64_t)page.count;
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    return sum;
}

static void one_seed_is_one_life_whatever_keeps_it(void **state) {
    struct world *world = *state;
    static int64_t worth_of_first_engine;
    static int64_t count_of_first_engine;
    int64_t count;
    live(world, 21, true);
    int64_t sum = worth(world, &count);
    assert_true(count > 20);
    if (count_of_first_engine == 0) {
        worth_of_first_engine = sum;
        count_of_first_engine = count;
    }
    assert_int_equal(count, count_of_first_engine);
    assert_int_equal(sum, worth_of_first_engine);
}

static void a_store_with_accounts_is_not_simulated_into(void **state) {
    struct world *world = *state;
    live(world, 1, false);
    struct call call = world_call(world);
    struct simulate_input input = {.seed = 1, .providers = 1, .customers = 1, .licences = 1, .months = 1};
    struct simulate_result result;
    WORLD_FAULT(world, "store-not-empty", simulate(&call, &input, &result, &world->fault));
}

static void numbers_that_make_no_programme_are_refused(void **state) {
    struct world *world = *state;
    struct call call = world_call(world);
    struct simulate_input input = {.seed = 1, .providers = 5, .customers = 4, .licences = 1, .months = 1};
    struct simulate_result result;
    WORLD_FAULT(world, "malformed-number", simulate(&call, &input, &result, &world->fault));
    assert_string_equal(world->fault.field, "customers");
}

int main(void) {
    const struct world_test tests[] = {
        WORLD_TEST(a_plain_life_is_sound),
        WORLD_TEST(a_rich_life_is_sound),
        WORLD_TEST(one_seed_is_one_life_whatever_keeps_it),
        WORLD_TEST(a_store_with_accounts_is_not_simulated_into),
        WORLD_TEST(numbers_that_make_no_programme_are_refused),
    };
    return world_run_tests("simulate", tests, sizeof tests / sizeof tests[0]);
}
