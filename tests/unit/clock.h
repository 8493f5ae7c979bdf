/* The words of the tests of calendar and zones: a zone by name, an instant by its text in UTC, a midnight. */
#ifndef SEATMETER_TESTS_UNIT_CLOCK_H
#define SEATMETER_TESTS_UNIT_CLOCK_H

#include "core/time/date.h"
#include "core/time/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static inline int set_up(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    arena_clean_up(&arena);
    return 0;
}

static const int64_t second_us = 1000000;
static const int64_t hour_us = 3600 * INT64_C(1000000);
static const int64_t day_us = 86400 * INT64_C(1000000);

static inline struct zone *a_zone(const char *name) {
    struct zone *zone = NULL;
    struct fault fault;
    assert_int_equal(zone_open(text_of(name), "time_zone", &zone, &fault), STATUS_OK);
    assert_string_equal(zone_name(zone), name);
    return zone;
}

/* The instant that a text in UTC names. */
static inline int64_t at(const char *utc) {
    int64_t at_us = -1;
    struct fault fault;
    assert_int_equal(instant_parse(text_of(utc), NULL, "at", &at_us, &fault), STATUS_OK);
    return at_us;
}

/* The instant of a local midnight, as UTC to the second. */
static inline const char *midnight(struct zone *zone, int year, int month, int day) {
    struct text text = instant_format(&arena, zone_midnight_us(zone, date_of(year, month, day)));
    assert_true(text_is((struct text){text.at + 19, 8}, ".000000Z"));
    return text_format(&arena, "%.19s", text.at).at;
}

/* What instant_parse makes of a text: the instant in UTC, or the fault's code. */
static inline const char *parsed(const char *text, struct zone *zone) {
    int64_t at_us = 77;
    struct fault fault;
    if (instant_parse(text_of(text), zone, "at", &at_us, &fault) != STATUS_OK) {
        assert_int_equal(fault.status, STATUS_INVALID);
        assert_string_equal(fault.field, "at");
        assert_int_equal(at_us, 77);
        return text_format(&arena, "%s", fault.code).at;
    }
    return instant_format(&arena, at_us).at;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
