/* Simulated programmes: one seed is one life, on both engines, and leaves nothing that an audit would find.
 */
#include "programme/audit/audit_store.h"
#include "programme/billing/explain_line.h"
#include "programme/billing/margins.h"
#include "programme/billing/show_invoices.h"
#include "programme/jobs/close_month.h"
#include "programme/parties/accounts.h"
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

/* Explains every line of an invoice to its own amount. */
static void must_explain(struct world *world, struct text invoice, int64_t *lines) {
    struct call call = world_call(world);
    struct show_invoice_input show = {invoice};
    struct invoice_detail view;
    WORLD_OK(world, show_invoice(&call, &show, &view, &world->fault));
    for (size_t i = 0; i < view.invoice.line_count; i++) {
        struct arena arena;
        struct explain_line_input input = {invoice, (int64_t)i + 1};
        struct line_explanation line;
        arena_init(&arena);
        call.arena = &arena;
        WORLD_OK(world, explain_line(&call, &input, &line, &world->fault));
        assert_true(line.agrees);
        assert_int_equal(line.billed.amount_minor, view.invoice.lines[i].amount_minor);
        bool is_rated = line.kind == EXPLAINED_USAGE || line.kind == EXPLAINED_MINIMUM ||
                        line.kind == EXPLAINED_CORRECTION;
        assert_int_equal(line.has_computed, is_rated);
        if (is_rated) {
            assert_int_equal(line.computed.amount_minor, line.billed.amount_minor);
        }
        arena_clean_up(&arena);
        (*lines)++;
    }
}

static void every_line_of_a_life_explains_itself(void **state) {
    struct world *world = *state;
    struct call call = world_call(world);
    struct list_invoices_input input = {.page = {.limit = PAGE_LIMIT_MAX}};
    struct invoice_page page;
    int64_t lines = 0;
    struct simulate_input small = {
        .seed = 5, .providers = 3, .customers = 6, .licences = 30, .months = 3, .rich = true};
    struct simulate_result result;
    WORLD_OK(world, simulate(&call, &small, &result, &world->fault));
    do {
        WORLD_OK(world, list_invoices(&call, &input, &page, &world->fault));
        for (size_t i = 0; i < page.count; i++) {
            must_explain(world, page.items[i].identifier, &lines);
        }
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    assert_true(lines > 100);
}

/* What an account earns and pays in the month: revenue and cost of each currency. */
static struct show_margins_result margins_of(struct world *world, struct text account, bool forecast) {
    struct call call = world_call(world);
    struct show_margins_input input = {account, TEXT("2026-03"), MARGIN_TOTAL, forecast};
    struct show_margins_result result;
    WORLD_OK(world, show_margins(&call, &input, &result, &world->fault));
    return result;
}

/* With all that waits: corrections of the months before, charges, new terms, customers that came. */
static void a_forecast_is_what_the_next_close_bills(void **state) {
    struct world *world = *state;
    struct call call = world_call(world);
    struct simulate_input input = {.seed = 12,
                                   .providers = 4,
                                   .customers = 14,
                                   .licences = 80,
                                   .months = 3,
                                   .no_close = true,
                                   .rich = true};
    struct simulate_result result;
    WORLD_OK(world, simulate(&call, &input, &result, &world->fault));
    struct list_accounts_input all = {.page = {.limit = PAGE_LIMIT_MAX}};
    struct account_page page;
    WORLD_OK(world, list_accounts(&call, &all, &page, &world->fault));
    struct show_margins_result *before = ARENA_NEW(&world->arena, struct show_margins_result, page.count);
    for (size_t i = 0; i < page.count; i++) {
        before[i] = margins_of(world, page.items[i].identifier, true);
        assert_int_equal(before[i].problem_count, 0);
    }
    struct close_month_input march = {.month = TEXT("2026-03")};
    struct close_month_result closed;
    WORLD_OK(world, close_month(&call, &march, &closed, &world->fault));
    assert_int_equal(closed.open_count, 0);
    int64_t compared = 0;
    for (size_t i = 0; i < page.count; i++) {
        struct show_margins_result after = margins_of(world, page.items[i].identifier, false);
        assert_int_equal(after.total_count, before[i].total_count);
        for (size_t k = 0; k < after.total_count; k++) {
            assert_string_equal(after.totals[k].currency.code, before[i].totals[k].currency.code);
            assert_true(after.totals[k].revenue_minor == before[i].totals[k].revenue_minor);
            assert_true(after.totals[k].cost_minor == before[i].totals[k].cost_minor);
            compared += after.totals[k].revenue_minor != 0;
        }
    }
    assert_true(compared >= 5);
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
        WORLD_TEST(every_line_of_a_life_explains_itself),
        WORLD_TEST(a_forecast_is_what_the_next_close_bills),
        WORLD_TEST(one_seed_is_one_life_whatever_keeps_it),
        WORLD_TEST(a_store_with_accounts_is_not_simulated_into),
        WORLD_TEST(numbers_that_make_no_programme_are_refused),
    };
    return world_run_tests("simulate", tests, sizeof tests / sizeof tests[0]);
}
