/* The calendar: civil dates, months by local midnights wherever clocks jump, and instants as text. */
#include "clock.h"
#include "core/base/rng.h"
#include "core/time/instant.h"

static void days_and_months_are_counted_without_a_gap(void **state) {
    (void)state;
    assert_int_equal(date_of(1970, 1, 1).day, 0);
    assert_int_equal(date_of(2000, 3, 1).day, 11017);
    assert_int_equal(date_of(1, 1, 1).day, -719162);
    assert_int_equal(month_of(2026, 11).index, 2026 * 12 + 10);
    struct date expected = date_of(1, 1, 1);
    for (struct month month = month_of(1, 1); month.index <= month_of(2800, 12).index;
         month = month_plus(month, 1)) {
        assert_int_equal(month_first_day(month).day, expected.day);
        assert_int_equal(date_month(expected).index, month.index);
        assert_int_equal(month_of(month_year(month), month_number(month)).index, month.index);
        expected.day += month_days(month);
        assert_int_equal(date_month((struct date){expected.day - 1}).index, month.index);
    }
}

static void a_leap_year_is_gregorian_however_long_ago(void **state) {
    (void)state;
    assert_int_equal(month_days(month_of(2024, 2)), 29);
    assert_int_equal(month_days(month_of(2026, 2)), 28);
    assert_int_equal(month_days(month_of(1900, 2)), 28);
    assert_int_equal(month_days(month_of(2000, 2)), 29);
    assert_int_equal(month_days(month_of(1500, 2)), 28); /* a leap year of Caesar's, not of ours */
    assert_int_equal(date_of(1582, 10, 15).day - date_of(1582, 10, 4).day, 11); /* no days are left out */
}

static void months_before_the_year_0_still_divide_down(void **state) {
    (void)state;
    struct month month = month_plus(month_of(0, 1), -1);
    assert_int_equal(month_year(month), -1);
    assert_int_equal(month_number(month), 12);
}

static void a_month_is_four_digits_a_dash_and_two(void **state) {
    (void)state;
    struct fault fault;
    struct month month = {7};
    assert_int_equal(month_parse(TEXT("2026-11"), "month", &month, &fault), STATUS_OK);
    assert_int_equal(month.index, month_of(2026, 11).index);
    assert_true(text_is(month_format(&arena, month), "2026-11"));
    const char *wrong[] = {"",         "2026",       "2026-1",  "2026-13",       "2026-00",
                           "0000-01",  "202611",     "2026/11", "26-11",         " 2026-11",
                           "2026-11 ", "2026-11-01", "+026-11", "2026-1\xC2\xB2"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        month.index = 7;
        assert_int_equal(month_parse(text_of(wrong[i]), "month", &month, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "malformed-month");
        assert_string_equal(fault.field, "month");
        assert_int_equal(month.index, 7);
    }
}

static void a_date_is_a_day_that_exists(void **state) {
    (void)state;
    struct fault fault;
    struct date date = {7};
    assert_int_equal(date_parse(TEXT("2024-02-29"), "from", &date, &fault), STATUS_OK);
    assert_int_equal(date.day, date_of(2024, 2, 29).day);
    assert_true(text_is(date_format(&arena, date), "2024-02-29"));
    const char *wrong[] = {"",           "2026-02-29",  "2026-04-31", "2026-11-00", "2026-11-1",
                           "2026-11-32", "20261124",    "2026-11",    "24.11.2026", "2026-11-24T00:00",
                           "2100-02-29", "-2026-11-24", "0000-01-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        date.day = 7;
        assert_int_equal(date_parse(text_of(wrong[i]), "from", &date, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "malformed-date");
        assert_int_equal(date.day, 7);
    }
}

static void every_date_and_month_reads_back_as_written(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 41);
    for (int i = 0; i < 20000; i++) {
        struct date date = {(int32_t)rng_between(&rng, date_of(1, 1, 1).day, date_of(9999, 12, 31).day)};
        struct date read_date;
        struct month read_month;
        struct fault fault;
        assert_int_equal(date_parse(date_format(&arena, date), "d", &read_date, &fault), STATUS_OK);
        assert_int_equal(read_date.day, date.day);
        struct month month = date_month(date);
        assert_int_equal(month_parse(month_format(&arena, month), "m", &read_month, &fault), STATUS_OK);
        assert_int_equal(read_month.index, month.index);
    }
}

static void a_zone_is_a_place_that_iana_knows(void **state) {
    (void)state;
    const char *right[] = {"UTC",
                           "Europe/Berlin",
                           "America/Argentina/Buenos_Aires",
                           "Asia/Kolkata",
                           "Asia/Calcutta",
                           "Pacific/Apia",
                           "Antarctica/Troll",
                           "Europe/Kyiv"};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        zone_close(a_zone(right[i]));
    }
    const char *wrong[] = {"",
                           "utc",
                           "GMT",
                           "EST",
                           "CET",
                           "EST5EDT",
                           "GMT+3",
                           "Etc/GMT+3",
                           "Etc/UTC",
                           "Etc/Unknown",
                           "US/Eastern",
                           "SystemV/EST5",
                           "europe/berlin",
                           "Europe/Berln",
                           "Europe/",
                           "Europe",
                           " Europe/Berlin",
                           "Europe/Berlin ",
                           "Europe/Berlin/Mitte",
                           "Europe//Berlin",
                           "Europe/./Berlin",
                           "Europe/../Europe/Berlin",
                           "Europe/../../../../etc/passwd",
                           "/Europe/Berlin",
                           "/usr/share/zoneinfo/Europe/Berlin",
                           "America/Argentina",
                           "America/Argentina/",
                           "posix/Europe/Berlin",
                           "right/Europe/Berlin",
                           "right/UTC",
                           "UTC/",
                           "posixrules",
                           "zone.tab",
                           "+01:00",
                           "Europe/B\xC3\xA9rlin",
                           "Europe/Berlin\n",
                           "America/AVeryLongNameThatNoPlaceOnThisEarthHasEverHadNorWillHave"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct zone *untouched = NULL;
        struct fault fault;
        assert_int_equal(zone_open(text_of(wrong[i]), "time_zone", &untouched, &fault), STATUS_INVALID);
        assert_string_equal(fault.code, "unknown-time-zone");
        assert_string_equal(fault.field, "time_zone");
        assert_null(untouched);
    }
    struct zone *untouched = NULL;
    struct fault fault;
    assert_int_equal(zone_open((struct text){"UTC\0", 4}, "time_zone", &untouched, &fault), STATUS_INVALID);
    assert_int_equal(zone_open((struct text){"Europe/Berlin\0x", 15}, NULL, &untouched, &fault),
                     STATUS_INVALID);
    zone_close(NULL);
}

static void a_month_runs_from_local_midnight_to_local_midnight(void **state) {
    (void)state;
    struct zone *zone = a_zone("America/New_York");
    struct month_span span;
    zone_month_span(zone, month_of(2021, 11), &span); /* clocks go back on the 7th */
    assert_int_equal(span.days, 30);
    assert_int_equal(span.midnights_us[0], at("2021-11-01T04:00:00Z"));
    assert_int_equal(span.midnights_us[7] - span.midnights_us[6], 25 * hour_us);
    assert_int_equal(span.midnights_us[30], at("2021-12-01T05:00:00Z"));
    zone_month_span(zone, month_of(2021, 3), &span);
    assert_int_equal(span.midnights_us[14] - span.midnights_us[13], 23 * hour_us);
    zone_month_span(zone, month_of(2021, 2), &span);
    assert_int_equal(span.days, 28);
    assert_int_equal(span.midnights_us[28] - span.midnights_us[0], 28 * day_us);
    zone_close(zone);
}

static void where_midnight_is_skipped_the_day_begins_at_the_first_instant_that_exists(void **state) {
    (void)state;
    struct zone *sao_paulo = a_zone("America/Sao_Paulo"); /* 00:00 to 01:00 */
    assert_string_equal(midnight(sao_paulo, 2018, 11, 4), "2018-11-04T03:00:00");
    assert_string_equal(midnight(sao_paulo, 2018, 11, 5), "2018-11-05T02:00:00");
    int64_t skip_us = at("2018-11-04T03:00:00Z");
    assert_int_equal(zone_date_at(sao_paulo, skip_us - 1).day, date_of(2018, 11, 3).day);
    assert_int_equal(zone_date_at(sao_paulo, skip_us).day, date_of(2018, 11, 4).day);
    assert_int_equal(zone_offset_us(sao_paulo, skip_us), -2 * hour_us);
    zone_close(sao_paulo);

    struct zone *cairo = a_zone("Africa/Cairo");
    assert_string_equal(midnight(cairo, 2010, 4, 30), "2010-04-29T22:00:00");
    assert_string_equal(midnight(cairo, 2010, 5, 1), "2010-04-30T21:00:00");
    zone_close(cairo);
}

static void where_midnight_occurs_twice_the_day_begins_at_the_first(void **state) {
    (void)state;
    struct zone *havana = a_zone("America/Havana"); /* clocks go from 01:00 back to 00:00, here on the 1st */
    struct month_span span;
    zone_month_span(havana, month_of(2015, 11), &span);
    assert_int_equal(span.midnights_us[0], at("2015-11-01T04:00:00Z"));
    assert_int_equal(span.midnights_us[1] - span.midnights_us[0], 25 * hour_us);
    assert_int_equal(zone_month_at(havana, span.midnights_us[0] - 1).index, month_of(2015, 10).index);
    assert_int_equal(zone_month_at(havana, span.midnights_us[0]).index, month_of(2015, 11).index);
    assert_string_equal(parsed("2015-11-01", havana), "2015-11-01T04:00:00.000000Z");
    zone_close(havana);
}

static void
where_clocks_go_back_over_midnight_the_repeated_hour_stays_with_the_day_that_had_begun(void **state) {
    (void)state;
    struct zone *st_johns = a_zone("America/St_Johns"); /* from 00:01 on the 29th back to 23:01 on the 28th */
    int64_t first_us = zone_midnight_us(st_johns, date_of(2006, 10, 29));
    assert_int_equal(first_us, at("2006-10-29T02:30:00Z"));
    for (int64_t later_us = 0; later_us < 2 * hour_us; later_us += 60 * second_us) {
        assert_int_equal(zone_date_at(st_johns, first_us + later_us).day, date_of(2006, 10, 29).day);
    }
    assert_int_equal(zone_date_at(st_johns, first_us - 1).day, date_of(2006, 10, 28).day);
    zone_close(st_johns);
}

static void a_day_that_a_zone_leaves_out_has_no_length(void **state) {
    (void)state;
    struct zone *apia = a_zone("Pacific/Apia"); /* no 2011-12-30: Samoa went over the date line */
    struct month_span span;
    zone_month_span(apia, month_of(2011, 12), &span);
    assert_int_equal(span.days, 30);
    assert_int_equal(span.midnights_us[29], at("2011-12-30T10:00:00Z"));
    assert_int_equal(span.day_of_month[29], 31);
    assert_int_equal(zone_midnight_us(apia, date_of(2011, 12, 30)), span.midnights_us[29]);
    assert_int_equal(zone_midnight_us(apia, date_of(2011, 12, 31)), span.midnights_us[29]);
    assert_int_equal(span.midnights_us[30] - span.midnights_us[0], 30 * day_us);
    assert_int_equal(zone_date_at(apia, span.midnights_us[29] - 1).day, date_of(2011, 12, 29).day);
    assert_int_equal(zone_date_at(apia, span.midnights_us[29]).day, date_of(2011, 12, 31).day);
    assert_string_equal(parsed("2011-12-30", apia), "time-skipped");
    assert_string_equal(parsed("2011-12-30T12:00", apia), "time-skipped");
    assert_string_equal(parsed("2011-12-31", apia), "2011-12-30T10:00:00.000000Z");
    zone_close(apia);

    struct zone *kwajalein = a_zone("Pacific/Kwajalein");
    assert_string_equal(parsed("1993-08-21", kwajalein), "time-skipped");
    zone_close(kwajalein);
}

static void daylight_saving_may_be_half_an_hour(void **state) {
    (void)state;
    struct zone *zone = a_zone("Australia/Lord_Howe"); /* +10:30, in summer +11 */
    int64_t begin_us = zone_midnight_us(zone, date_of(2021, 10, 3));
    assert_int_equal(zone_midnight_us(zone, date_of(2021, 10, 4)) - begin_us, 23 * hour_us + hour_us / 2);
    begin_us = zone_midnight_us(zone, date_of(2021, 4, 4));
    assert_int_equal(zone_midnight_us(zone, date_of(2021, 4, 5)) - begin_us, 24 * hour_us + hour_us / 2);
    assert_string_equal(parsed("2021-10-03T02:15", zone), "time-skipped");
    assert_string_equal(parsed("2021-10-03T02:30", zone), "2021-10-02T15:30:00.000000Z");
    assert_string_equal(parsed("2021-04-04T01:45", zone), "time-ambiguous");
    assert_string_equal(parsed("2021-04-04T01:45:00+10:30", zone), "2021-04-03T15:15:00.000000Z");
    zone_close(zone);
}

static void a_local_time_that_is_skipped_or_repeated_is_told_with_what_would_be_right(void **state) {
    (void)state;
    struct zone *berlin = a_zone("Europe/Berlin");
    struct fault fault;
    int64_t at_us = 7;
    assert_int_equal(instant_parse(TEXT("2026-03-29T02:30"), berlin, "at", &at_us, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "time-skipped");
    assert_string_equal(fault.message,
                        "Give at as a time that exists in Europe/Berlin, where clocks went from "
                        "2026-03-29T02:00:00 straight to 2026-03-29T03:00:00.");
    assert_int_equal(instant_parse(TEXT("2026-10-25 02:30:15"), berlin, "at", &at_us, &fault),
                     STATUS_INVALID);
    assert_string_equal(fault.code, "time-ambiguous");
    assert_string_equal(fault.message, "Give at with its offset, as the time occurs twice in Europe/Berlin: "
                                       "2026-10-25T02:30:15+02:00 or 2026-10-25T02:30:15+01:00.");
    assert_int_equal(at_us, 7);
    /* The first instant that is not, on both sides. */
    assert_string_equal(parsed("2026-03-29T01:59:59.999999", berlin), "2026-03-29T00:59:59.999999Z");
    assert_string_equal(parsed("2026-03-29T02:00", berlin), "time-skipped");
    assert_string_equal(parsed("2026-03-29T02:59:59.999999", berlin), "time-skipped");
    assert_string_equal(parsed("2026-03-29T03:00", berlin), "2026-03-29T01:00:00.000000Z");
    assert_string_equal(parsed("2026-10-25T01:59:59.999999", berlin), "2026-10-24T23:59:59.999999Z");
    assert_string_equal(parsed("2026-10-25T02:00", berlin), "time-ambiguous");
    assert_string_equal(parsed("2026-10-25T03:00", berlin), "2026-10-25T02:00:00.000000Z");
    zone_close(berlin);
}

static void an_instant_may_be_written_in_several_ways(void **state) {
    (void)state;
    struct zone *zone = a_zone("America/New_York");
    assert_string_equal(parsed("2026-03-29T02:30:00Z", zone), "2026-03-29T02:30:00.000000Z");
    assert_string_equal(parsed("2026-03-29t02:30:00z", zone), "2026-03-29T02:30:00.000000Z");
    assert_string_equal(parsed("2026-03-29 02:30:00Z", zone), "2026-03-29T02:30:00.000000Z");
    assert_string_equal(parsed("2026-03-29T02:30Z", zone), "2026-03-29T02:30:00.000000Z");
    assert_string_equal(parsed("2026-03-29T02:30:00.5+05:45", zone), "2026-03-28T20:45:00.500000Z");
    assert_string_equal(parsed("2026-03-29T02:30:00.000001-00:00", zone), "2026-03-29T02:30:00.000001Z");
    assert_string_equal(parsed("2026-03-29T02:30", zone), "2026-03-29T06:30:00.000000Z");
    assert_string_equal(parsed("2026-03-29 02:30:10.25", zone), "2026-03-29T06:30:10.250000Z");
    assert_string_equal(parsed("2026-03-29", zone), "2026-03-29T04:00:00.000000Z");
    assert_string_equal(parsed("1970-01-01T00:00:00Z", zone), "1970-01-01T00:00:00.000000Z");
    assert_string_equal(parsed("9999-12-31T23:59:59.999999Z", zone), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(parsed("2026-03-29T02:30:00Z", NULL), "2026-03-29T02:30:00.000000Z");
    zone_close(zone);
}

static void what_is_no_instant_is_refused(void **state) {
    (void)state;
    struct zone *zone = a_zone("America/New_York");
    const char *wrong[] = {"",
                           "now",
                           "2026",
                           "2026-03",
                           "2026-02-29T00:00:00Z",
                           "2026-03-29T",
                           "2026-03-29T2:30",
                           "2026-03-29T02",
                           "2026-03-29T24:00:00Z",
                           "2026-03-29T02:60:00Z",
                           "2026-12-31T23:59:60Z", /* a leap second: microseconds since 1970 have none */
                           "2026-03-29T02:30:00.Z",
                           "2026-03-29T02:30:00.1234567Z",
                           "2026-03-29T02:30.5Z",
                           "2026-03-29T02:30:00+1:00",
                           "2026-03-29T02:30:00+0100",
                           "2026-03-29T02:30:00+24:00",
                           "2026-03-29T02:30:00+01:60",
                           "2026-03-29T02:30:00ZZ",
                           "2026-03-29T02:30:00 Z",
                           "2026-03-29Z",
                           " 2026-03-29",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "9999-12-31T23:59:59",
                           "0001-01-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_string_equal(parsed(wrong[i], zone), "malformed-time");
    }
    assert_string_equal(parsed("2026-03-29T02:30", NULL), "malformed-time");
    assert_string_equal(parsed("2026-03-29", NULL), "malformed-time");
    int64_t untouched = 7;
    struct fault fault;
    assert_int_equal(instant_parse((struct text){"2026-03-29\0", 11}, zone, "at", &untouched, &fault),
                     STATUS_INVALID);
    zone_close(zone);
}

static void an_offset_cut_to_minutes_names_its_instant_where_the_zone_has_seconds(void **state) {
    (void)state;
    struct zone *monrovia = a_zone("Africa/Monrovia"); /* -00:44:30 until 1972 */
    assert_int_equal(at("1971-06-01T11:16:00-00:44"), at("1971-06-01T12:00:00Z"));
    assert_string_equal(parsed("1971-06-01T11:15:30", monrovia), "1971-06-01T12:00:00.000000Z");
    zone_close(monrovia);
}

static void an_instant_before_1970_is_written_without_going_wrong(void **state) {
    (void)state;
    assert_string_equal(instant_format(&arena, INT64_MIN).at, "-290308-12-21T19:59:05.224192Z");
    assert_string_equal(instant_format(&arena, INT64_MAX).at, "294247-01-10T04:00:54.775807Z");
    assert_string_equal(instant_format(&arena, -1).at, "1969-12-31T23:59:59.999999Z");
    assert_string_equal(instant_format(&arena, 0).at, "1970-01-01T00:00:00.000000Z");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(days_and_months_are_counted_without_a_gap),
        TEST(a_leap_year_is_gregorian_however_long_ago),
        TEST(months_before_the_year_0_still_divide_down),
        TEST(a_month_is_four_digits_a_dash_and_two),
        TEST(a_date_is_a_day_that_exists),
        TEST(every_date_and_month_reads_back_as_written),
        TEST(a_zone_is_a_place_that_iana_knows),
        TEST(a_month_runs_from_local_midnight_to_local_midnight),
        TEST(where_midnight_is_skipped_the_day_begins_at_the_first_instant_that_exists),
        TEST(where_midnight_occurs_twice_the_day_begins_at_the_first),
        TEST(where_clocks_go_back_over_midnight_the_repeated_hour_stays_with_the_day_that_had_begun),
        TEST(a_day_that_a_zone_leaves_out_has_no_length),
        TEST(daylight_saving_may_be_half_an_hour),
        TEST(a_local_time_that_is_skipped_or_repeated_is_told_with_what_would_be_right),
        TEST(an_instant_may_be_written_in_several_ways),
        TEST(what_is_no_instant_is_refused),
        TEST(an_offset_cut_to_minutes_names_its_instant_where_the_zone_has_seconds),
        TEST(an_instant_before_1970_is_written_without_going_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
