/* The meter: days drawn by hand, and a naive meter that looks at every instant of small months. */
#include "core/base/rng.h"
#include "core/time/zone.h"
#include "core/usage/meter.h"
#include "core/usage/meter_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static struct meter_scratch scratch;

static int open_arena(void **state) {
    (void)state;
    arena_init(&arena);
    scratch = (struct meter_scratch){.arena = &arena};
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

/* A month of thirty days of 24 "hours", from 1000 on: day d (from 1) at hour h is at(d, h). */
enum { DAY = 24, START = 1000, DAYS = 30, END = START + DAYS * DAY };

static int64_t at(int day, int hour) {
    return START + (day - 1) * DAY + hour;
}

static struct month_span a_month_of_30_days(void) {
    struct month_span span = {.days = DAYS};
    for (int day = 0; day <= DAYS; day++) {
        span.midnights_us[day] = START + day * DAY;
    }
    return span;
}

static int64_t measure_from(const struct meter_group *group, enum metering_policy policy, int64_t from) {
    struct month_span span = a_month_of_30_days();
    struct quantity measured = {-1, -1};
    struct fault fault;
    assert_int_equal(meter_measure(group, policy, &span, from, &scratch, &measured, &fault), STATUS_OK);
    assert_int_equal(measured.parts_per_unit, policy == POLICY_DAILY ? DAYS : 1);
    return measured.parts;
}

static void the_meter_says(const struct meter_group *group, int64_t peak, int64_t snapshot, int64_t any,
                           int64_t daily) {
    assert_int_equal(measure_from(group, POLICY_PEAK, START), peak);
    assert_int_equal(measure_from(group, POLICY_SNAPSHOT, START), snapshot);
    assert_int_equal(measure_from(group, POLICY_ANY, START), any);
    assert_int_equal(measure_from(group, POLICY_DAILY, START), daily);
}

static void a_group_without_licences_measures_nothing(void **state) {
    (void)state;
    const struct meter_group group = {0};
    the_meter_says(&group, 0, 0, 0, 0);
}

static void what_was_on_before_and_does_not_change_counts_all_month(void **state) {
    (void)state;
    const int32_t opening[] = {10, 0, 5};
    const struct meter_group group = {.opening_seats = opening, .licence_count = 3};
    the_meter_says(&group, 15, 15, 15, 15 * DAYS);
}

static void turning_on_and_off_counts_the_days_that_were_touched(void **state) {
    (void)state;
    const int32_t opening[] = {0};
    const struct seat_change changes[] = {{at(3, 10), 0, 7}, {at(5, 1), 0, 0}};
    const struct meter_group group = {opening, 1, changes, 2};
    the_meter_says(&group, 7, 0, 7, 3 * 7); /* days 3, 4 and 5 */
}

static void seats_turned_off_and_on_again_within_a_day_count_once(void **state) {
    (void)state;
    const int32_t opening[] = {4};
    const struct seat_change changes[] = {
        {at(2, 3), 0, 0}, {at(2, 8), 0, 4}, {at(2, 9), 0, 0}, {at(2, 20), 0, 4}};
    const struct meter_group group = {opening, 1, changes, 4};
    the_meter_says(&group, 4, 4, 4, 4 * DAYS);
}

static void seats_carried_over_a_midnight_count_in_the_new_day(void **state) {
    (void)state;
    const int32_t opening[] = {0};
    const struct seat_change over[] = {{at(2, 23), 0, 4}, {at(3, 1), 0, 0}};
    const struct meter_group group = {opening, 1, over, 2};
    the_meter_says(&group, 4, 0, 4, 2 * 4);
    const struct seat_change until[] = {{at(2, 23), 0, 4}, {at(3, 0), 0, 0}};
    const struct meter_group ends_at_midnight = {opening, 1, until, 2};
    the_meter_says(&ends_at_midnight, 4, 0, 4, 4); /* off at midnight: the new day has none */
}

static void seats_moved_between_licences_are_one_peak_but_any_counts_both(void **state) {
    (void)state;
    const int32_t opening[] = {5, 0};
    const struct seat_change changes[] = {{at(10, 12), 0, 0}, {at(10, 13), 1, 5}};
    const struct meter_group group = {opening, 2, changes, 2};
    the_meter_says(&group, 5, 5, 10, 5 * DAYS);
}

static void what_lasts_no_time_at_all_does_not_count(void **state) {
    (void)state;
    const int32_t opening[] = {0, 3};
    /* On and off at one instant; and one licence handing over to another in the wrong order. */
    const struct seat_change changes[] = {
        {at(4, 4), 0, 9}, {at(4, 4), 0, 0}, {at(5, 5), 0, 3}, {at(5, 5), 1, 0}};
    const struct meter_group group = {opening, 2, changes, 4};
    the_meter_says(&group, 3, 3, 6, 3 * DAYS);
    const struct seat_change at_the_start[] = {{START, 0, 9}, {START, 0, 1}, {START, 1, 0}};
    const struct meter_group starts = {opening, 2, at_the_start, 3};
    the_meter_says(&starts, 1, 1, 1, DAYS);
}

static void the_month_begins_at_its_first_instant_and_ends_before_its_last(void **state) {
    (void)state;
    const int32_t opening[] = {8};
    /* Off just at m0: the 8 are not seen. On at m1: belongs to the next month. */
    const struct seat_change changes[] = {{START, 0, 0}, {END - 1, 0, 2}, {END, 0, 50}};
    const struct meter_group group = {opening, 1, changes, 3};
    the_meter_says(&group, 2, 2, 2, 2);
    const struct seat_change earlier[] = {{START - 500, 0, 100}, {START - 1, 0, 6}, {START + 1, 0, 0}};
    const struct meter_group before = {opening, 1, earlier, 3};
    the_meter_says(&before, 6, 0, 6, 6);
}

static void a_trial_that_ends_within_the_month_leaves_what_follows(void **state) {
    (void)state;
    const int32_t opening[] = {9};
    const struct seat_change changes[] = {{at(10, 0), 0, 4}, {at(20, 0), 0, 6}, {at(21, 0), 0, 1}};
    const struct meter_group group = {opening, 1, changes, 3};
    int64_t from = at(11, 0);
    assert_int_equal(measure_from(&group, POLICY_PEAK, from), 6);
    assert_int_equal(measure_from(&group, POLICY_SNAPSHOT, from), 1);
    assert_int_equal(measure_from(&group, POLICY_ANY, from), 6);
    assert_int_equal(measure_from(&group, POLICY_DAILY, from), 9 * 4 + 6 + 10 * 1);
    for (int policy = POLICY_PEAK; policy <= POLICY_DAILY; policy++) {
        assert_int_equal(measure_from(&group, (enum metering_policy)policy, END), 0);
        assert_int_equal(measure_from(&group, (enum metering_policy)policy, INT64_MAX), 0);
    }
}

static void seats_beyond_32_bits_in_sum_are_exact(void **state) {
    (void)state;
    int32_t opening[100];
    for (size_t i = 0; i < 100; i++) {
        opening[i] = INT32_MAX;
    }
    const struct seat_change changes[] = {{at(30, 1), 99, 0}};
    const struct meter_group group = {opening, 100, changes, 1};
    int64_t all = (int64_t)INT32_MAX * 100;
    the_meter_says(&group, all, all - INT32_MAX, all, all * DAYS);
}

/* A licence's seats at `t`, by reading the whole log. */
static int32_t seats_at(const struct meter_group *group, uint32_t licence, int64_t t) {
    int32_t seats = group->opening_seats[licence];
    for (size_t i = 0; i < group->change_count; i++) {
        if (group->changes[i].licence == licence && group->changes[i].at_us <= t) {
            seats = group->changes[i].seats;
        }
    }
    return seats;
}

static int64_t total_at(const struct meter_group *group, int64_t t) {
    int64_t total = 0;
    for (uint32_t licence = 0; licence < group->licence_count; licence++) {
        total += seats_at(group, licence, t);
    }
    return total;
}

static int64_t naive_highest(const struct meter_group *group, int64_t from, int64_t end) {
    int64_t highest = 0;
    for (int64_t t = from; t < end; t++) {
        int64_t total = total_at(group, t);
        highest = total > highest ? total : highest;
    }
    return highest;
}

static int64_t naive_measure(const struct meter_group *group, enum metering_policy policy,
                             const struct month_span *span, int64_t from) {
    int64_t end = span->midnights_us[span->days];
    int64_t sum = 0;
    switch (policy) {
    case POLICY_PEAK:
        return naive_highest(group, from, end);
    case POLICY_SNAPSHOT:
        return from < end ? total_at(group, end - 1) : 0;
    case POLICY_ANY:
        for (uint32_t licence = 0; licence < group->licence_count; licence++) {
            int32_t highest = 0;
            for (int64_t t = from; t < end; t++) {
                int32_t seats = seats_at(group, licence, t);
                highest = seats > highest ? seats : highest;
            }
            sum += highest;
        }
        return sum;
    case POLICY_DAILY:
        for (int day = 0; day < span->days; day++) {
            int64_t start = span->midnights_us[day];
            sum += naive_highest(group, start > from ? start : from, span->midnights_us[day + 1]);
        }
        return sum;
    }
    return -1;
}

/* Days of 1 to 3 instants, so that borders and equal instants are hit all the time. */
static struct month_span a_random_month(struct rng *rng) {
    struct month_span span = {.days = (int)rng_between(rng, 28, 31)};
    span.midnights_us[0] = rng_between(rng, -20, 20);
    for (int day = 0; day < span.days; day++) {
        span.midnights_us[day + 1] = span.midnights_us[day] + rng_between(rng, 1, 3);
    }
    return span;
}

static void the_trace_comes_to(const struct meter_group *group, enum metering_policy policy,
                               const struct month_span *span, int64_t from, struct quantity measured) {
    struct meter_trace trace = meter_trace_of(group, span, from, &arena);
    struct quantity traced = meter_trace_quantity(&trace, group->licence_count, policy);
    assert_int_equal(traced.parts, measured.parts);
    assert_int_equal(traced.parts_per_unit, measured.parts_per_unit);
    for (size_t i = 0; i < trace.step_count; i++) {
        assert_int_equal(trace.steps[i].seats, total_at(group, trace.steps[i].at_us));
        assert_true(i == 0 ? trace.steps[i].at_us == from : trace.steps[i].at_us > trace.steps[i - 1].at_us);
    }
}

static void the_meter_agrees_with_one_that_looks_at_every_instant(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 2026);
    for (int round = 0; round < 400; round++) {
        int32_t opening[6];
        struct seat_change changes[24];
        struct month_span span = a_random_month(&rng);
        int64_t end = span.midnights_us[span.days];
        struct meter_group group = {opening, 1 + rng_below(&rng, 6), changes, rng_below(&rng, 25)};
        for (size_t i = 0; i < group.licence_count; i++) {
            opening[i] = rng_chance(&rng, 1, 2) ? 0 : (int32_t)rng_between(&rng, 1, 9);
        }
        int64_t now = span.midnights_us[0] - 10;
        for (size_t i = 0; i < group.change_count; i++) {
            now += rng_chance(&rng, 1, 3) ? 0 : rng_between(&rng, 1, 7);
            changes[i] = (struct seat_change){now, (uint32_t)rng_below(&rng, group.licence_count),
                                              rng_chance(&rng, 1, 3) ? 0 : (int32_t)rng_between(&rng, 1, 9)};
        }
        int64_t from =
            rng_chance(&rng, 1, 2) ? span.midnights_us[0] : rng_between(&rng, span.midnights_us[0], end + 2);
        for (int i = POLICY_PEAK; i <= POLICY_DAILY; i++) {
            enum metering_policy policy = (enum metering_policy)i;
            struct quantity measured = {-1, -1};
            struct fault fault;
            assert_int_equal(meter_measure(&group, policy, &span, from, &scratch, &measured, &fault),
                             STATUS_OK);
            assert_int_equal(measured.parts, naive_measure(&group, policy, &span, from));
            assert_int_equal(measured.parts_per_unit, policy == POLICY_DAILY ? span.days : 1);
            the_trace_comes_to(&group, policy, &span, from, measured);
        }
    }
}

static void a_scratch_that_is_large_enough_is_used_as_it_is(void **state) {
    (void)state;
    const int32_t opening[200] = {1};
    const struct meter_group large = {.opening_seats = opening, .licence_count = 200};
    const struct meter_group small = {.opening_seats = opening, .licence_count = 3};
    assert_int_equal(measure_from(&large, POLICY_ANY, START), 1);
    int32_t *seats = scratch.seats;
    int32_t *highest = scratch.highest;
    assert_int_equal(measure_from(&small, POLICY_ANY, START), 1);
    assert_int_equal(measure_from(&large, POLICY_DAILY, START), DAYS);
    assert_ptr_equal(scratch.seats, seats);
    assert_ptr_equal(scratch.highest, highest);
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ARENA(a_group_without_licences_measures_nothing),
        IN_ARENA(what_was_on_before_and_does_not_change_counts_all_month),
        IN_ARENA(turning_on_and_off_counts_the_days_that_were_touched),
        IN_ARENA(seats_turned_off_and_on_again_within_a_day_count_once),
        IN_ARENA(seats_carried_over_a_midnight_count_in_the_new_day),
        IN_ARENA(seats_moved_between_licences_are_one_peak_but_any_counts_both),
        IN_ARENA(what_lasts_no_time_at_all_does_not_count),
        IN_ARENA(the_month_begins_at_its_first_instant_and_ends_before_its_last),
        IN_ARENA(a_trial_that_ends_within_the_month_leaves_what_follows),
        IN_ARENA(seats_beyond_32_bits_in_sum_are_exact),
        IN_ARENA(the_meter_agrees_with_one_that_looks_at_every_instant),
        IN_ARENA(a_scratch_that_is_large_enough_is_used_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
