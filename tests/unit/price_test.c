/* Prices: their words, what is refused before it is kept, and which price a month is rated at. */
#include "core/money/price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void policies_and_modes_have_words_that_are_read_back(void **state) {
    (void)state;
    struct fault fault;
    for (int i = POLICY_PEAK; i <= POLICY_DAILY; i++) {
        enum metering_policy policy = POLICY_PEAK;
        assert_int_equal(metering_policy_parse(text_of(metering_policy_name((enum metering_policy)i)),
                                               "policy", &policy, &fault),
                         STATUS_OK);
        assert_int_equal(policy, i);
    }
    for (int i = TIER_FLAT; i <= TIER_GRADUATED; i++) {
        enum tier_mode mode = TIER_FLAT;
        assert_int_equal(
            tier_mode_parse(text_of(tier_mode_name((enum tier_mode)i)), "tier_mode", &mode, &fault),
            STATUS_OK);
        assert_int_equal(mode, i);
    }
    assert_string_equal(metering_policy_name(POLICY_DAILY), "daily");
    assert_string_equal(tier_mode_name(TIER_GRADUATED), "graduated");
}

static void other_words_are_refused(void **state) {
    (void)state;
    const char *wrong[] = {"", "Peak", "peak ", "pea", "peaks", "flat,"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fault fault;
        enum metering_policy policy;
        enum tier_mode mode;
        assert_int_equal(metering_policy_parse(text_of(wrong[i]), "policy", &policy, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "unknown-policy");
        assert_int_equal(tier_mode_parse(text_of(wrong[i]), "tier_mode", &mode, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "unknown-tier-mode");
        assert_string_equal(fault.field, "tier_mode");
    }
}

static void prices_that_make_sense_are_taken(void **state) {
    (void)state;
    const struct price_tier tiers[] = {{1, 10000000}, {11, 9000000}, {51, 0}};
    const struct price_tier from_zero[] = {{0, 5}, {2, 7}};
    const struct price_tier given_away[] = {{1, 0}};
    const struct price right[] = {
        {.mode = TIER_FLAT, .tiers = tiers, .tier_count = 1},
        {.mode = TIER_VOLUME, .tiers = tiers, .tier_count = 3},
        {.mode = TIER_GRADUATED, .tiers = from_zero, .tier_count = 2, .terms = {.minimum_units = 10}},
        {.mode = TIER_GRADUATED, .tiers = tiers, .tier_count = 1, .terms = {.free_months = 3}},
        {.mode = TIER_FLAT, .tiers = given_away, .tier_count = 1, .terms = {.not_for_resale = true}},
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct fault fault;
        assert_int_equal(price_check(&right[i], &fault), STATUS_OK);
    }
}

static void prices_without_sense_name_the_column_and_the_value(void **state) {
    (void)state;
    const struct price_tier good[] = {{1, 10000000}, {11, 9000000}};
    const struct price_tier late[] = {{2, 1}};
    const struct price_tier below[] = {{-1, 1}};
    const struct price_tier same[] = {{1, 1}, {5, 1}, {5, 1}};
    const struct price_tier empty[] = {{0, 1}, {1, 1}};
    const struct price_tier negative[] = {{1, 1}, {5, -1500000}};
    const struct {
        struct price price;
        const char *code;
        const char *field;
        const char *value;
    } wrong[] = {
        {{.mode = TIER_FLAT}, "no-tier", "tier_from", ""},
        {{.mode = TIER_FLAT, .tiers = good, .tier_count = 2}, "flat-with-tiers", "tier_from", "11"},
        {{.mode = TIER_VOLUME, .tiers = late, .tier_count = 1}, "first-tier-not-from-one", "tier_from", "2"},
        {{.mode = TIER_VOLUME, .tiers = below, .tier_count = 1},
         "first-tier-not-from-one",
         "tier_from",
         "-1"},
        {{.mode = TIER_VOLUME, .tiers = same, .tier_count = 3}, "tiers-not-ascending", "tier_from", "5"},
        {{.mode = TIER_GRADUATED, .tiers = empty, .tier_count = 2}, "tiers-not-ascending", "tier_from", "1"},
        {{.mode = TIER_VOLUME, .tiers = negative, .tier_count = 2}, "negative-price", "unit_price", "-1.5"},
        {{.mode = TIER_FLAT, .tiers = good, .tier_count = 1, .terms = {.not_for_resale = true}},
         "price-not-zero",
         "unit_price",
         "10"},
        {{.mode = TIER_FLAT, .tiers = good, .tier_count = 1, .terms = {.minimum_units = -1}},
         "negative-minimum",
         "minimum",
         "-1"},
        {{.mode = TIER_FLAT, .tiers = good, .tier_count = 1, .terms = {.free_months = -2}},
         "negative-free-months",
         "free_months",
         "-2"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fault fault;
        assert_int_equal(price_check(&wrong[i].price, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, wrong[i].code);
        assert_string_equal(fault.field, wrong[i].field);
        assert_string_equal(fault.value, wrong[i].value);
    }
}

static void a_month_is_rated_at_the_price_in_force_on_its_first_day(void **state) {
    (void)state;
    const struct price prices[] = {
        {.id = 1, .effective_from = date_of(2026, 3, 15)},
        {.id = 2, .effective_from = date_of(2026, 5, 1)},
        {.id = 3, .effective_from = date_of(2026, 5, 2)},
        {.id = 4, .effective_from = date_of(2026, 12, 31)},
    };
    assert_null(price_for_month(prices, 4, month_of(2026, 2)));
    assert_int_equal(price_for_month(prices, 4, month_of(2026, 3))->id,
                     1); /* none before: comes into force */
    assert_int_equal(price_for_month(prices, 4, month_of(2026, 4))->id, 1);
    assert_int_equal(price_for_month(prices, 4, month_of(2026, 5))->id, 2);
    assert_int_equal(price_for_month(prices, 4, month_of(2026, 6))->id, 3);
    assert_int_equal(price_for_month(prices, 4, month_of(2026, 12))->id, 3);
    assert_int_equal(price_for_month(prices, 4, month_of(2027, 1))->id, 4);
    assert_null(price_for_month(prices, 0, month_of(2026, 5)));
}

static void of_two_first_prices_within_a_month_the_earlier_rates_it(void **state) {
    (void)state;
    const struct price prices[] = {
        {.id = 1, .effective_from = date_of(2026, 2, 3)},
        {.id = 2, .effective_from = date_of(2026, 2, 28)},
    };
    assert_int_equal(price_for_month(prices, 2, month_of(2026, 2))->id, 1);
    assert_int_equal(price_for_month(prices, 2, month_of(2026, 3))->id, 2);
    assert_null(price_for_month(prices, 2, month_of(2026, 1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_and_modes_have_words_that_are_read_back),
        cmocka_unit_test(other_words_are_refused),
        cmocka_unit_test(prices_that_make_sense_are_taken),
        cmocka_unit_test(prices_without_sense_name_the_column_and_the_value),
        cmocka_unit_test(a_month_is_rated_at_the_price_in_force_on_its_first_day),
        cmocka_unit_test(of_two_first_prices_within_a_month_the_earlier_rates_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
