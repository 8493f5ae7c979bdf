/* The rules that zone files end in: what they mean, what is none, and random ones against glibc, which reads
 * them, too.
 */
#include "core/base/rng.h"
#include "core/time/instant.h"
#include "core/time/tz_rule.h"
#include "glibc.h"

static int64_t at_s(const char *utc) {
    return at(utc) / second_us;
}

static struct tz_rule a_rule(const char *text) {
    struct tz_rule rule;
    assert_true(tz_rule_parse(text_of(text), &rule));
    return rule;
}

static int32_t offset_s(const char *text, const char *utc) {
    struct tz_rule rule = a_rule(text);
    struct tz_span span = tz_rule_span(&rule, at_s(utc));
    assert_true(span.from_s <= at_s(utc) && at_s(utc) < span.until_s);
    return span.offset_s;
}

/* Where the offset at an instant begins, and the next one: "from until" as UTC to the second. */
static const char *span_around(const char *text, const char *utc) {
    struct tz_rule rule = a_rule(text);
    struct tz_span span = tz_rule_span(&rule, at_s(utc));
    return text_format(&arena, "%.19s %.19s", instant_format(&arena, span.from_s * second_us).at,
                       instant_format(&arena, span.until_s * second_us).at)
        .at;
}

static void a_rule_without_summer_time_is_one_offset_for_ever(void **state) {
    (void)state;
    assert_int_equal(offset_s("UTC0", "2090-07-01T00:00:00Z"), 0);
    assert_int_equal(offset_s("<+0545>-5:45", "2090-07-01T00:00:00Z"), 5 * 3600 + 45 * 60);
    assert_int_equal(offset_s("<-0330>+3:30:15", "2090-07-01T00:00:00Z"), -(3 * 3600 + 30 * 60 + 15));
    assert_int_equal(offset_s("ABC24:59:59", "2090-07-01T00:00:00Z"), TZ_OFFSET_MIN_S);
    struct tz_rule rule = a_rule("UTC0");
    struct tz_span span = tz_rule_span(&rule, 0);
    assert_true(span.from_s == INT64_MIN && span.until_s == INT64_MAX);
}

static void summer_time_runs_from_a_weekday_to_a_weekday(void **state) {
    (void)state;
    const char *berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    assert_string_equal(span_around(berlin, "2090-07-01T00:00:00Z"),
                        "2090-03-26T01:00:00 2090-10-29T01:00:00");
    assert_string_equal(span_around(berlin, "2090-01-01T00:00:00Z"),
                        "2089-10-30T01:00:00 2090-03-26T01:00:00");
    assert_int_equal(offset_s(berlin, "2090-03-26T00:59:59Z"), 3600);
    assert_int_equal(offset_s(berlin, "2090-03-26T01:00:00Z"), 7200);
    assert_int_equal(offset_s(berlin, "2090-10-29T00:59:59Z"), 7200);
    assert_int_equal(offset_s(berlin, "2090-10-29T01:00:00Z"), 3600);
    /* The first Thursday of a month that begins on one, and the last day of one that ends on one. */
    assert_string_equal(span_around("AAA0BBB,M1.1.4/0,M4.5.4/1", "1970-02-01T00:00:00Z"),
                        "1970-01-01T00:00:00 1970-04-30T00:00:00");
}

static void in_the_south_summer_time_spans_the_new_year(void **state) {
    (void)state;
    const char *sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
    assert_string_equal(span_around(sydney, "2090-01-01T00:00:00Z"),
                        "2089-10-01T16:00:00 2090-04-01T16:00:00");
    assert_string_equal(span_around(sydney, "2090-07-01T00:00:00Z"),
                        "2090-04-01T16:00:00 2090-09-30T16:00:00");
    assert_int_equal(offset_s(sydney, "2090-01-01T00:00:00Z"), 11 * 3600);
}

static void summer_time_may_be_earlier_than_standard_time(void **state) {
    (void)state;
    const char *dublin = "IST-1GMT0,M10.5.0,M3.5.0/1";
    assert_int_equal(offset_s(dublin, "2090-01-01T00:00:00Z"), 0);
    assert_int_equal(offset_s(dublin, "2090-07-01T00:00:00Z"), 3600);
    assert_string_equal(span_around(dublin, "2090-07-01T00:00:00Z"),
                        "2090-03-26T01:00:00 2090-10-29T01:00:00");
}

static void a_change_may_be_hours_or_days_off_its_day(void **state) {
    (void)state;
    /* Asia/Gaza: Saturdays at 2, America/Nuuk: Saturdays at 23, Africa/Cairo: at 24. */
    assert_string_equal(span_around("EET-2EEST,M3.4.4/50,M10.4.4/50", "2090-07-01T00:00:00Z"),
                        "2090-03-25T00:00:00 2090-10-27T23:00:00");
    assert_string_equal(span_around("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2090-07-01T00:00:00Z"),
                        "2090-03-26T01:00:00 2090-10-29T01:00:00");
    assert_string_equal(span_around("EET-2EEST,M4.5.5/0,M10.5.4/24", "2090-07-01T00:00:00Z"),
                        "2090-04-27T22:00:00 2090-10-26T21:00:00");
    assert_string_equal(span_around("AAA0BBB,J1/-167,J365/167:59:59", "2026-07-01T00:00:00Z"),
                        "2025-12-25T01:00:00 2027-01-06T22:59:59");
}

static void a_day_may_be_counted_with_or_without_leap_days(void **state) {
    (void)state;
    const char *julian = "AAA0BBB,J59/0,J60/0";
    assert_string_equal(span_around(julian, "2023-02-28T12:00:00Z"),
                        "2023-02-28T00:00:00 2023-02-28T23:00:00");
    assert_string_equal(span_around(julian, "2024-02-29T12:00:00Z"),
                        "2024-02-28T00:00:00 2024-02-29T23:00:00");
    const char *from_zero = "AAA0BBB,58/0,60/0";
    assert_string_equal(span_around(from_zero, "2023-02-28T12:00:00Z"),
                        "2023-02-28T00:00:00 2023-03-01T23:00:00");
    assert_string_equal(span_around(from_zero, "2024-02-29T12:00:00Z"),
                        "2024-02-28T00:00:00 2024-02-29T23:00:00");
}

static void summer_time_may_last_all_year(void **state) {
    (void)state;
    const char *rules[] = {"<-03>3<-02>,0/0,J365/25", "<-03>3<-02>,J1/0,J365/26", "<-03>3<-02>,J1/0,J1/1"};
    struct rng rng;
    rng_seed(&rng, 45);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct tz_rule rule = a_rule(rules[i]);
        for (int year = 1900; year < 2400; year++) {
            int64_t new_year_s = date_of(year, 1, 1).day * INT64_C(86400);
            assert_int_equal(tz_rule_span(&rule, new_year_s + 10800 - 1).offset_s, -7200);
            assert_int_equal(tz_rule_span(&rule, new_year_s + 10800).offset_s, -7200);
            assert_int_equal(tz_rule_span(&rule, new_year_s + rng_between(&rng, 0, 365 * 86400)).offset_s,
                             -7200);
        }
    }
}

static void what_is_no_rule_is_refused(void **state) {
    (void)state;
    const char *wrong[] = {"",
                           "UTC",
                           "0",
                           "UT0",
                           "<+3>-3",
                           "<+03-3",
                           "+03>-3",
                           ":Europe/Berlin",
                           "UTC0 ",
                           " UTC0",
                           "UTC0\n",
                           "UTC25",
                           "UTC024",
                           "UTC1:000",
                           "UTC1:00:000",
                           "UTC0001",
                           "UTC1:60",
                           "UTC1:00:60",
                           "UTC1:",
                           "UTC--1",
                           "EST5EDT",
                           "EST5EDT4",
                           "EST5EDT,M3.2.0",
                           "EST5EDT,M3.2.0,",
                           "EST5EDT,M3.2.0,M11.1.0,",
                           "EST5EDT,M3.2.0,M11.1.0/",
                           "EST5EDT,M3.2.0,M11.1.0/168",
                           "EST5EDT,M3.2.0,M11.1.0/-168",
                           "EST5EDT25,M3.2.0,M11.1.0",
                           "EST5EDT,M0.2.0,M11.1.0",
                           "EST5EDT,M13.2.0,M11.1.0",
                           "EST5EDT,M3.0.0,M11.1.0",
                           "EST5EDT,M3.6.0,M11.1.0",
                           "EST5EDT,M3.2.7,M11.1.0",
                           "EST5EDT,M3.2,M11.1.0",
                           "EST5EDT,J0,J60",
                           "EST5EDT,J366,J60",
                           "EST5EDT,366,60",
                           "EST5EDT,-1,60",
                           "EST5ED,M3.2.0,M11.1.0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct tz_rule untouched = {.standard_s = 77};
        assert_false(tz_rule_parse(text_of(wrong[i]), &untouched));
        assert_int_equal(untouched.standard_s, 77);
    }
    struct tz_rule rule;
    assert_false(tz_rule_parse((struct text){"UTC0\0", 5}, &rule));
    assert_true(tz_rule_parse((struct text){"UTC01", 4}, &rule));
    assert_int_equal(rule.standard_s, 0);
}

static const char *a_random_change(struct rng *rng, int month_low, int month_high) {
    int month = (int)rng_between(rng, month_low, month_high);
    const char *day;
    if (rng_chance(rng, 1, 2)) {
        day =
            text_format(&arena, "M%d.%d.%d", month, (int)rng_between(rng, 1, 5), (int)rng_between(rng, 0, 6))
                .at;
    } else {
        day = text_format(&arena, "%s%d", rng_chance(rng, 1, 2) ? "J" : "",
                          month * 30 - (int)rng_below(rng, 28))
                  .at;
    }
    if (rng_chance(rng, 1, 4)) {
        return day;
    }
    return text_format(&arena, "%s/%d:%02d", day, (int)rng_between(rng, -167, 167), (int)rng_below(rng, 60))
        .at;
}

/* Changes keep away from the new year, where glibc looks no further than the year. */
static const char *a_random_rule(struct rng *rng) {
    bool is_south = rng_chance(rng, 1, 2);
    const char *early = a_random_change(rng, 2, 5), *late = a_random_change(rng, 7, 11);
    int standard = (int)rng_between(rng, -14, 12);
    const char *saving = rng_chance(rng, 1, 2) ? text_format(&arena, "%d:30", standard + 1).at : "";
    return text_format(&arena, "<+xx>%d<-yy>%s,%s,%s", standard, saving, is_south ? late : early,
                       is_south ? early : late)
        .at;
}

static int compare_rules(void) {
    struct rng rng;
    rng_seed(&rng, 46);
    int wrong = 0;
    for (int i = 0; i < 1000 && wrong < 20; i++) {
        const char *text = a_random_rule(&rng);
        struct tz_rule rule = a_rule(text);
        glibc_use_zone(text);
        for (int j = 0; j < 50; j++) {
            int64_t instant_s = rng_between(&rng, at_s("1971-01-01T00:00:00Z"), at_s("2500-01-01T00:00:00Z"));
            struct tz_span span = tz_rule_span(&rule, instant_s);
            wrong +=
                contradiction(span.offset_s == glibc_offset_s(instant_s), text, instant_s, "another offset");
            wrong += contradiction(span.offset_s == glibc_offset_s(span.from_s) &&
                                       span.offset_s != glibc_offset_s(span.from_s - 1),
                                   text, span.from_s, "it begins elsewhere");
            wrong += contradiction(span.offset_s == glibc_offset_s(span.until_s - 1) &&
                                       span.offset_s != glibc_offset_s(span.until_s),
                                   text, span.until_s, "it ends elsewhere");
        }
    }
    return wrong;
}

static void glibc_understands_every_rule_alike(void **state) {
    (void)state;
    glibc_agrees(compare_rules);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_rule_without_summer_time_is_one_offset_for_ever),
        TEST(summer_time_runs_from_a_weekday_to_a_weekday),
        TEST(in_the_south_summer_time_spans_the_new_year),
        TEST(summer_time_may_be_earlier_than_standard_time),
        TEST(a_change_may_be_hours_or_days_off_its_day),
        TEST(a_day_may_be_counted_with_or_without_leap_days),
        TEST(summer_time_may_last_all_year),
        TEST(what_is_no_rule_is_refused),
        TEST(glibc_understands_every_rule_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
