/* Rating: each mode by example, then random edges against a naive rating that deals units out one by one. */
#include "rng_arrays.h"

#include "core/rating/rating.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

__extension__ typedef __int128 wide;

static const struct currency USD = {"USD", 2};
static const struct currency JPY = {"JPY", 0};
static const struct currency KWD = {"KWD", 3};
static const struct price_tier TIERS[] = {{1, 10000000}, {11, 8000000}, {51, 5000000}};

static struct arena arena;

static int open_arena(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

struct rated {
    struct rating_line *lines;
    size_t count;
};

static struct rated rate_in(struct currency currency, const struct price *price, int64_t parts_per_unit,
                            const struct rating_usage *usages, size_t usage_count) {
    struct rated rated = {0};
    struct fault fault;
    assert_int_equal(rating_rate(&arena, price, currency, parts_per_unit, usages, usage_count, &rated.lines,
                                 &rated.count, &fault),
                     STATUS_OK);
    return rated;
}

static struct rated rate(const struct price *price, int64_t parts_per_unit, const struct rating_usage *usages,
                         size_t usage_count) {
    return rate_in(USD, price, parts_per_unit, usages, usage_count);
}

static void line_is(const struct rating_line *line, int64_t usage, int64_t parts, size_t tier,
                    int64_t amount) {
    assert_int_equal(line->usage, usage);
    assert_int_equal(line->quantity.parts, parts);
    assert_int_equal(line->tier, tier);
    assert_int_equal(line->amount_minor, amount);
}

static void a_flat_price_prices_every_unit_alike(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_FLAT, .tiers = TIERS, .tier_count = 1};
    const struct rating_usage usages[] = {{3, 3}, {40, 40}};
    struct rated rated = rate(&price, 1, usages, 2);
    assert_int_equal(rated.count, 2);
    line_is(&rated.lines[0], 0, 3, 0, 3000);
    line_is(&rated.lines[1], 1, 40, 0, 40000);
    assert_int_equal(rated.lines[0].quantity.parts_per_unit, 1);
    assert_int_equal(rated.lines[0].unit_price_millionths, 10000000);
}

static int64_t volume_price_of(int64_t parts, int64_t parts_per_unit) {
    const struct price price = {.mode = TIER_VOLUME, .tiers = TIERS, .tier_count = 3};
    const struct rating_usage usage = {parts, parts};
    struct rated rated = rate(&price, parts_per_unit, &usage, 1);
    assert_int_equal(rated.count, 1);
    return rated.lines[0].unit_price_millionths;
}

static void the_volume_tier_is_the_last_one_that_the_total_reaches(void **state) {
    (void)state;
    assert_int_equal(volume_price_of(0, 1), 10000000);
    assert_int_equal(volume_price_of(10, 1), 10000000);
    assert_int_equal(volume_price_of(11, 1), 8000000);
    assert_int_equal(volume_price_of(50, 1), 8000000);
    assert_int_equal(volume_price_of(51, 1), 5000000);
    assert_int_equal(volume_price_of(INT64_MAX / 1000, 1), 5000000);
    assert_int_equal(volume_price_of(329, 30), 10000000); /* 10.97 units do not reach 11 */
    assert_int_equal(volume_price_of(330, 30), 8000000);
}

static void the_buyers_total_reaches_the_tier_for_all_of_its_customers(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_VOLUME, .tiers = TIERS, .tier_count = 3};
    const struct rating_usage usages[] = {{5, 5}, {6, 6}, {0, 0}};
    struct rated rated = rate(&price, 1, usages, 3);
    assert_int_equal(rated.count, 3);
    line_is(&rated.lines[0], 0, 5, 1, 4000);
    line_is(&rated.lines[1], 1, 6, 1, 4800);
    line_is(&rated.lines[2], 2, 0, 1, 0);
}

static void a_graduated_price_splits_each_tier_over_the_customers(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_GRADUATED, .tiers = TIERS, .tier_count = 3};
    /* 12 units: 10 in the first tier, split 10 × 5/12 = 4.17 and 10 × 7/12 = 5.83; 2 in the second. */
    const struct rating_usage usages[] = {{5, 5}, {7, 7}};
    struct rated rated = rate(&price, 1, usages, 2);
    assert_int_equal(rated.count, 4);
    line_is(&rated.lines[0], 0, 4, 0, 4000);
    line_is(&rated.lines[1], 0, 1, 1, 800);
    line_is(&rated.lines[2], 1, 6, 0, 6000);
    line_is(&rated.lines[3], 1, 1, 1, 800);
}

static void of_equal_remainders_the_customer_that_stands_first_gets_the_unit(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_GRADUATED, .tiers = TIERS, .tier_count = 2};
    /* 12 units, 4 each: 10 × 4/12 = 3.33 each and the tenth goes to the first; 0, 1 and 1 are left. */
    const struct rating_usage usages[] = {{4, 4}, {4, 4}, {4, 4}};
    struct rated rated = rate(&price, 1, usages, 3);
    assert_int_equal(rated.count, 5);
    line_is(&rated.lines[0], 0, 4, 0, 4000);
    line_is(&rated.lines[1], 1, 3, 0, 3000);
    line_is(&rated.lines[2], 1, 1, 1, 800);
    line_is(&rated.lines[3], 2, 3, 0, 3000);
    line_is(&rated.lines[4], 2, 1, 1, 800);
}

static void a_daily_quantity_fills_tiers_in_parts_of_a_unit(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_GRADUATED, .tiers = TIERS, .tier_count = 3};
    const struct rating_usage usage = {315, 315}; /* 10.5 units */
    struct rated rated = rate(&price, 30, &usage, 1);
    assert_int_equal(rated.count, 2);
    line_is(&rated.lines[0], 0, 300, 0, 10000);
    line_is(&rated.lines[1], 0, 15, 1, 400);
    assert_int_equal(rated.lines[1].quantity.parts_per_unit, 30);
}

static void what_is_below_the_minimum_is_made_up_by_a_line_of_no_customer(void **state) {
    (void)state;
    const struct price flat = {
        .mode = TIER_FLAT, .tiers = TIERS, .tier_count = 1, .terms = {.minimum_units = 10}};
    const struct rating_usage usages[] = {{90, 90}, {75, 75}}; /* 5.5 units of 30 */
    struct rated rated = rate(&flat, 30, usages, 2);
    assert_int_equal(rated.count, 3);
    line_is(&rated.lines[2], RATING_NO_CUSTOMER, 135, 0, 4500);
    rated = rate(&flat, 30, NULL, 0);
    assert_int_equal(rated.count, 1);
    line_is(&rated.lines[0], RATING_NO_CUSTOMER, 300, 0, 10000);
    const struct rating_usage enough = {300, 300};
    assert_int_equal(rate(&flat, 30, &enough, 1).count, 1);
}

static void the_minimum_takes_part_in_reaching_tiers_and_in_the_split(void **state) {
    (void)state;
    const struct rating_usage usage = {6, 6};
    const struct price volume = {
        .mode = TIER_VOLUME, .tiers = TIERS, .tier_count = 3, .terms = {.minimum_units = 12}};
    struct rated rated = rate(&volume, 1, &usage, 1);
    assert_int_equal(rated.count, 2);
    line_is(&rated.lines[0], 0, 6, 1, 4800);
    line_is(&rated.lines[1], RATING_NO_CUSTOMER, 6, 1, 4800);
    const struct price graduated = {
        .mode = TIER_GRADUATED, .tiers = TIERS, .tier_count = 3, .terms = {.minimum_units = 12}};
    rated = rate(&graduated, 1, &usage, 1);
    assert_int_equal(rated.count, 4);
    line_is(&rated.lines[0], 0, 5, 0, 5000);
    line_is(&rated.lines[1], 0, 1, 1, 800);
    line_is(&rated.lines[2], RATING_NO_CUSTOMER, 5, 0, 5000);
    line_is(&rated.lines[3], RATING_NO_CUSTOMER, 1, 1, 800);
}

static void what_was_measured_and_not_charged_is_shown_with_nothing_to_pay(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_GRADUATED, .tiers = TIERS, .tier_count = 3};
    const struct rating_usage usages[] = {{8, 0}, {20, 20}}; /* the first has a free month */
    struct rated rated = rate(&price, 1, usages, 2);
    assert_int_equal(rated.count, 3);
    line_is(&rated.lines[0], 0, 0, 0, 0);
    assert_int_equal(rated.lines[0].unit_price_millionths, 10000000);
    line_is(&rated.lines[1], 1, 10, 0, 10000);
    line_is(&rated.lines[2], 1, 10, 1, 8000);
}

static void not_for_resale_is_metered_and_costs_nothing(void **state) {
    (void)state;
    const struct price_tier given_away = {1, 0};
    const struct price price = {
        .mode = TIER_FLAT, .tiers = &given_away, .tier_count = 1, .terms = {.not_for_resale = true}};
    const struct rating_usage usage = {25, 25};
    struct rated rated = rate(&price, 1, &usage, 1);
    assert_int_equal(rated.count, 1);
    line_is(&rated.lines[0], 0, 25, 0, 0);
}

static void nothing_used_and_no_minimum_is_no_line(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_GRADUATED, .tiers = TIERS, .tier_count = 3};
    assert_int_equal(rate(&price, 30, NULL, 0).count, 0);
}

static void lines_are_rounded_in_the_currency_of_the_edge(void **state) {
    (void)state;
    const struct price_tier tier = {0, 1500500};
    const struct price price = {.mode = TIER_FLAT, .tiers = &tier, .tier_count = 1};
    const struct rating_usage usage = {1, 1};
    assert_int_equal(rate_in(JPY, &price, 1, &usage, 1).lines[0].amount_minor, 2);
    assert_int_equal(rate_in(USD, &price, 1, &usage, 1).lines[0].amount_minor, 150);
    assert_int_equal(rate_in(KWD, &price, 1, &usage, 1).lines[0].amount_minor, 1501);
}

static void tiers_beyond_64_bits_of_parts_are_never_reached(void **state) {
    (void)state;
    const struct price_tier tiers[] = {{1, 0}, {INT64_MAX / 2, 0}, {INT64_MAX, 0}};
    const struct price_tier high[] = {{1, 0}, {INT64_MAX, 1000000}};
    const struct rating_usage usage = {INT64_MAX, INT64_MAX};
    const struct price volume = {.mode = TIER_VOLUME, .tiers = tiers, .tier_count = 3};
    const struct price graduated = {.mode = TIER_GRADUATED, .tiers = tiers, .tier_count = 3};
    const struct price last_unit = {.mode = TIER_GRADUATED, .tiers = high, .tier_count = 2};
    assert_int_equal(rate(&volume, 30, &usage, 1).lines[0].tier, 0);
    assert_int_equal(rate(&volume, 1, &usage, 1).lines[0].tier, 2);
    assert_int_equal(rate(&graduated, 30, &usage, 1).count, 1);
    assert_int_equal(rate(&graduated, 1, &usage, 1).count, 3);
    struct rated rated = rate(&last_unit, 1, &usage, 1);
    assert_int_equal(rated.count, 2);
    line_is(&rated.lines[1], 0, 1, 1, 100);
}

static void is_refused(const struct price *price, int64_t parts_per_unit, const struct rating_usage *usages,
                       size_t usage_count, const char *code) {
    struct rating_line *lines = NULL;
    size_t line_count = 7;
    struct fault fault;
    assert_int_equal(
        rating_rate(&arena, price, USD, parts_per_unit, usages, usage_count, &lines, &line_count, &fault),
        STATUS_INVALID);
    assert_string_equal(fault.code, code);
    assert_null(lines);
    assert_int_equal(line_count, 7);
}

static void what_outgrows_64_bits_is_refused(void **state) {
    (void)state;
    const struct price price = {.mode = TIER_GRADUATED, .tiers = TIERS, .tier_count = 3};
    const struct rating_usage usages[] = {{INT64_MAX, INT64_MAX}, {1, 1}};
    is_refused(&price, 1, usages, 2, "quantity-overflow");
    is_refused(&price, 1, usages, 1, "amount-overflow");
    const struct price minimum = {
        .mode = TIER_FLAT, .tiers = TIERS, .tier_count = 1, .terms = {.minimum_units = INT64_MAX}};
    is_refused(&minimum, 2, NULL, 0, "quantity-overflow");
    is_refused(&minimum, 1, NULL, 0, "amount-overflow");
}

enum { CUSTOMERS_MAX = 7, TIERS_MAX = 5 };

/* An edge as a random test makes it. */
struct edge {
    struct price price;
    struct price_tier tiers[TIERS_MAX];
    struct rating_usage usages[CUSTOMERS_MAX];
    size_t usage_count;
    int64_t parts_per_unit;
};

static void make_random_edge(struct rng *rng, struct edge *edge) {
    size_t tier_count = 1 + rng_below(rng, TIERS_MAX);
    enum tier_mode mode = (enum tier_mode)rng_below(rng, 3);
    int64_t from = rng_between(rng, 0, 1);
    for (size_t i = 0; i < tier_count; i++) {
        edge->tiers[i] = (struct price_tier){from, rng_between(rng, 0, 30000000)};
        from = (from < 1 ? 1 : from) + rng_between(rng, 1, 6);
    }
    edge->parts_per_unit = rng_chance(rng, 1, 2) ? 1 : rng_between(rng, 2, 4);
    edge->usage_count = rng_below(rng, CUSTOMERS_MAX + 1);
    for (size_t i = 0; i < edge->usage_count; i++) {
        int64_t parts = rng_chance(rng, 1, 5) ? 0 : rng_between(rng, 0, 8 * edge->parts_per_unit);
        edge->usages[i] = (struct rating_usage){parts, parts};
    }
    edge->price = (struct price){
        .mode = mode,
        .tiers = edge->tiers,
        .tier_count = mode == TIER_FLAT ? 1 : tier_count,
        .terms = {.minimum_units = rng_chance(rng, 1, 2) ? 0 : rng_between(rng, 1, 25)},
    };
    struct fault fault;
    assert_int_equal(price_check(&edge->price, &fault), STATUS_OK);
}

/* What each customer (and, last, the shortfall) has in each tier. */
struct table {
    int64_t parts[CUSTOMERS_MAX + 1][TIERS_MAX];
};

/* The tier that the part with this number (from 1) belongs to. */
static size_t naive_tier_of_part(const struct edge *edge, int64_t part) {
    int64_t unit = (part + edge->parts_per_unit - 1) / edge->parts_per_unit;
    size_t tier = 0;
    while (tier + 1 < edge->price.tier_count && edge->tiers[tier + 1].from <= unit) {
        tier++;
    }
    return tier;
}

/* Deals `total` out by the wording of the rule: rounded down first, then one each to whoever has the largest
 * remainder and has not had one, searching from the front each time. */
static void naive_split(int64_t total, const int64_t *weights, size_t count, int64_t *shares) {
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += weights[i];
    }
    bool served[CUSTOMERS_MAX + 1] = {false};
    int64_t left = total;
    for (size_t i = 0; i < count; i++) {
        shares[i] = sum == 0 ? 0 : total * weights[i] / sum;
        left -= shares[i];
    }
    for (; left > 0; left--) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            if (!served[i] && (best == count || total * weights[i] % sum > total * weights[best] % sum)) {
                best = i;
            }
        }
        served[best] = true;
        shares[best]++;
    }
}

static struct table naive_table(const struct edge *edge) {
    struct table table = {0};
    int64_t left[CUSTOMERS_MAX + 1] = {0};
    size_t count = edge->usage_count + 1;
    int64_t total = 0;
    for (size_t i = 0; i < edge->usage_count; i++) {
        left[i] = edge->usages[i].charged_parts;
        total += left[i];
    }
    int64_t minimum = edge->price.terms.minimum_units * edge->parts_per_unit;
    if (total < minimum) {
        left[count - 1] = minimum - total;
        total = minimum;
    }
    if (edge->price.mode != TIER_GRADUATED) {
        size_t tier = 0;
        for (size_t i = 1; edge->price.mode == TIER_VOLUME && i < edge->price.tier_count; i++) {
            tier = edge->tiers[i].from * edge->parts_per_unit <= total ? i : tier;
        }
        for (size_t i = 0; i < count; i++) {
            table.parts[i][tier] = left[i];
        }
        return table;
    }
    int64_t tier_parts[TIERS_MAX] = {0};
    for (int64_t part = 1; part <= total; part++) {
        tier_parts[naive_tier_of_part(edge, part)]++;
    }
    for (size_t tier = 0; tier < edge->price.tier_count; tier++) {
        int64_t shares[CUSTOMERS_MAX + 1] = {0};
        naive_split(tier_parts[tier], left, count, shares);
        for (size_t i = 0; i < count; i++) {
            table.parts[i][tier] = shares[i];
            left[i] -= shares[i];
        }
    }
    return table;
}

static size_t row_of(const struct edge *edge, const struct rating_line *line) {
    return line->usage == RATING_NO_CUSTOMER ? edge->usage_count : (size_t)line->usage;
}

/* Lines stand by customer, then tier, each (customer, tier) once, and have the nearest amount. */
static struct table table_of_lines(const struct edge *edge, const struct rated *rated) {
    struct table table = {0};
    for (size_t i = 0; i < rated->count; i++) {
        const struct rating_line *line = &rated->lines[i];
        size_t row = row_of(edge, line);
        assert_in_range(row, 0, edge->usage_count);
        assert_in_range(line->tier, 0, edge->price.tier_count - 1);
        if (i > 0) {
            size_t row_before = row_of(edge, line - 1);
            assert_true(row > row_before || (row == row_before && line->tier > line[-1].tier));
        }
        assert_int_equal(line->quantity.parts_per_unit, edge->parts_per_unit);
        assert_int_equal(line->unit_price_millionths, edge->tiers[line->tier].unit_price_millionths);
        wide unit = (wide)edge->parts_per_unit * 10000;
        wide twice_error =
            2 * ((wide)line->quantity.parts * line->unit_price_millionths - line->amount_minor * unit);
        assert_true(twice_error >= -unit && twice_error < unit);
        table.parts[row][line->tier] = line->quantity.parts;
    }
    return table;
}

static void every_customer_has_a_line_and_only_one_of_nothing(const struct edge *edge,
                                                              const struct rated *rated) {
    for (size_t row = 0; row <= edge->usage_count; row++) {
        size_t lines = 0;
        size_t empty = 0;
        for (size_t i = 0; i < rated->count; i++) {
            lines += row_of(edge, &rated->lines[i]) == row;
            empty += row_of(edge, &rated->lines[i]) == row && rated->lines[i].quantity.parts == 0;
        }
        if (row < edge->usage_count) {
            assert_true(lines >= 1);
            assert_int_equal(empty, edge->usages[row].charged_parts == 0);
            assert_true(empty == 0 || lines == 1);
        } else {
            assert_int_equal(empty, 0);
        }
    }
}

static void rating_agrees_with_dealing_units_out_one_by_one(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 77);
    for (int round = 0; round < 4000; round++) {
        struct edge edge;
        make_random_edge(&rng, &edge);
        struct rated rated = rate(&edge.price, edge.parts_per_unit, edge.usages, edge.usage_count);
        struct table made = table_of_lines(&edge, &rated);
        struct table naive = naive_table(&edge);
        assert_memory_equal(&made, &naive, sizeof made);
        every_customer_has_a_line_and_only_one_of_nothing(&edge, &rated);
    }
}

static int64_t tier_sum(const struct table *table, size_t tier) {
    int64_t sum = 0;
    for (size_t row = 0; row <= CUSTOMERS_MAX; row++) {
        sum += table->parts[row][tier];
    }
    return sum;
}

static void the_order_of_customers_moves_no_unit_to_another_tier(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 78);
    for (int round = 0; round < 1500; round++) {
        struct edge edge;
        make_random_edge(&rng, &edge);
        struct rated rated = rate(&edge.price, edge.parts_per_unit, edge.usages, edge.usage_count);
        struct table before = table_of_lines(&edge, &rated);
        rng_shuffle(&rng, edge.usages, edge.usage_count, sizeof edge.usages[0]);
        rated = rate(&edge.price, edge.parts_per_unit, edge.usages, edge.usage_count);
        struct table after = table_of_lines(&edge, &rated);
        for (size_t tier = 0; tier < TIERS_MAX; tier++) {
            assert_int_equal(tier_sum(&before, tier), tier_sum(&after, tier));
        }
        for (size_t i = 0; i < edge.usage_count; i++) {
            int64_t sum = 0;
            for (size_t tier = 0; tier < TIERS_MAX; tier++) {
                sum += after.parts[i][tier];
            }
            assert_int_equal(sum, edge.usages[i].charged_parts);
        }
    }
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ARENA(a_flat_price_prices_every_unit_alike),
        IN_ARENA(the_volume_tier_is_the_last_one_that_the_total_reaches),
        IN_ARENA(the_buyers_total_reaches_the_tier_for_all_of_its_customers),
        IN_ARENA(a_graduated_price_splits_each_tier_over_the_customers),
        IN_ARENA(of_equal_remainders_the_customer_that_stands_first_gets_the_unit),
        IN_ARENA(a_daily_quantity_fills_tiers_in_parts_of_a_unit),
        IN_ARENA(what_is_below_the_minimum_is_made_up_by_a_line_of_no_customer),
        IN_ARENA(the_minimum_takes_part_in_reaching_tiers_and_in_the_split),
        IN_ARENA(what_was_measured_and_not_charged_is_shown_with_nothing_to_pay),
        IN_ARENA(not_for_resale_is_metered_and_costs_nothing),
        IN_ARENA(nothing_used_and_no_minimum_is_no_line),
        IN_ARENA(lines_are_rounded_in_the_currency_of_the_edge),
        IN_ARENA(tiers_beyond_64_bits_of_parts_are_never_reached),
        IN_ARENA(what_outgrows_64_bits_is_refused),
        IN_ARENA(rating_agrees_with_dealing_units_out_one_by_one),
        IN_ARENA(the_order_of_customers_moves_no_unit_to_another_tier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
