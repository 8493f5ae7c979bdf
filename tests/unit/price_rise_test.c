/* Whether one price may ask more than another, for any usage. */
#include "core/money/price_rise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct price_tier TEN[] = {{1, 10}};
static const struct price_tier NINE[] = {{1, 9}};
static const struct price_tier FREE[] = {{1, 0}};
static const struct price_tier STEPS[] = {{1, 10}, {11, 8}};
static const struct price_tier LATER_STEPS[] = {{1, 10}, {21, 8}};
static const struct price_tier LOWER_STEPS[] = {{1, 9}, {11, 7}};
static const struct price_tier LOW_STEPS[] = {{1, 8}, {11, 7}};

static struct price flat(const struct price_tier *tier, enum metering_policy policy) {
    return (struct price){.policy = policy, .mode = TIER_FLAT, .tiers = tier, .tier_count = 1};
}

static struct price steps(const struct price_tier *tiers, enum tier_mode mode) {
    return (struct price){.policy = POLICY_PEAK, .mode = mode, .tiers = tiers, .tier_count = 2};
}

static void assert_dearer(struct price price, struct price than, bool there, bool back) {
    assert_int_equal(price_is_dearer(&price, &than), there);
    assert_int_equal(price_is_dearer(&than, &price), back);
}

static void a_higher_unit_price_is_dearer(void **state) {
    (void)state;
    assert_dearer(flat(TEN, POLICY_PEAK), flat(NINE, POLICY_PEAK), true, false);
    assert_dearer(flat(TEN, POLICY_PEAK), flat(TEN, POLICY_PEAK), false, false);
    assert_dearer(flat(FREE, POLICY_ANY), flat(NINE, POLICY_DAILY), false, true);
}

static void tiers_are_compared_unit_by_unit(void **state) {
    (void)state;
    assert_dearer(steps(STEPS, TIER_VOLUME), flat(TEN, POLICY_PEAK), false, true);
    assert_dearer(steps(STEPS, TIER_GRADUATED), flat(NINE, POLICY_PEAK), true, true);
    assert_dearer(steps(LATER_STEPS, TIER_VOLUME), steps(STEPS, TIER_VOLUME), true, false);
    assert_dearer(steps(LOWER_STEPS, TIER_GRADUATED), steps(STEPS, TIER_GRADUATED), false, true);
}

static void tiers_of_two_kinds_are_held_dearest_against_cheapest(void **state) {
    (void)state;
    assert_dearer(steps(LOWER_STEPS, TIER_GRADUATED), steps(STEPS, TIER_VOLUME), true, true);
    assert_dearer(steps(LOW_STEPS, TIER_GRADUATED), steps(STEPS, TIER_VOLUME), false, true);
}

static void fewer_units_by_volume_may_cost_more(void **state) {
    (void)state;
    struct price daily = steps(STEPS, TIER_VOLUME);
    daily.policy = POLICY_DAILY;
    assert_dearer(daily, steps(STEPS, TIER_VOLUME), true, true);
    daily.mode = TIER_GRADUATED;
    assert_dearer(daily, steps(STEPS, TIER_GRADUATED), false, true);
}

static void a_policy_that_may_measure_more_is_dearer(void **state) {
    (void)state;
    assert_dearer(flat(TEN, POLICY_ANY), flat(TEN, POLICY_PEAK), true, false);
    assert_dearer(flat(TEN, POLICY_PEAK), flat(TEN, POLICY_DAILY), true, false);
    assert_dearer(flat(TEN, POLICY_PEAK), flat(TEN, POLICY_SNAPSHOT), true, false);
    assert_dearer(flat(TEN, POLICY_SNAPSHOT), flat(TEN, POLICY_DAILY), true, true);
}

static void terms_that_charge_more_or_sooner_are_dearer(void **state) {
    (void)state;
    struct price plain = flat(TEN, POLICY_PEAK);
    struct price minimum = plain;
    struct price free_months = plain;
    struct price trial = plain;
    struct price later = plain;
    minimum.terms.minimum_units = 5;
    free_months.terms.free_months = 1;
    trial.terms = (struct price_terms){.has_trial_end = true, .trial_end = {20000}};
    later.terms = (struct price_terms){.has_trial_end = true, .trial_end = {20001}};
    assert_dearer(minimum, plain, true, false);
    assert_dearer(plain, free_months, true, false);
    assert_dearer(plain, trial, true, false);
    assert_dearer(trial, later, true, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_higher_unit_price_is_dearer),
        cmocka_unit_test(tiers_are_compared_unit_by_unit),
        cmocka_unit_test(tiers_of_two_kinds_are_held_dearest_against_cheapest),
        cmocka_unit_test(fewer_units_by_volume_may_cost_more),
        cmocka_unit_test(a_policy_that_may_measure_more_is_dearer),
        cmocka_unit_test(terms_that_charge_more_or_sooner_are_dearer),
    };
    return cmocka_run_group_tests_name("price_rise", tests, NULL, NULL);
}
