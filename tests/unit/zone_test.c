/* Zones of the system's data: those whose rules changed lately, odd ones, and all of them against glibc,
 * which reads the same files with code of its own. */
#include "core/base/rng.h"
#include "core/time/civil.h"
#include "core/time/instant.h"
#include "core/time/zone.h"
#include "glibc.h"

#include <sys/stat.h>

/* What a month lasts, in hours. */
static int64_t month_hours(struct zone *zone, int year, int month) {
    struct month_span span;
    zone_month_span(zone, month_of(year, month), &span);
    return (span.midnights_us[span.days] - span.midnights_us[0]) / hour_us;
}

static void a_zone_follows_the_laws_of_the_last_years(void **state) {
    (void)state;
    struct zone *mexico = a_zone("America/Mexico_City"); /* no summer time since October 2022 */
    assert_string_equal(midnight(mexico, 2022, 7, 1), "2022-07-01T05:00:00");
    assert_string_equal(midnight(mexico, 2023, 7, 1), "2023-07-01T06:00:00");
    assert_int_equal(month_hours(mexico, 2023, 4), 30 * 24);
    zone_close(mexico);

    struct zone *juarez = a_zone("America/Ciudad_Juarez"); /* a zone since November 2022, 24:00 of the 29th */
    assert_string_equal(midnight(juarez, 2022, 11, 29), "2022-11-29T06:00:00");
    assert_string_equal(midnight(juarez, 2022, 11, 30), "2022-11-30T07:00:00");
    assert_string_equal(midnight(juarez, 2022, 12, 1), "2022-12-01T07:00:00");
    assert_string_equal(midnight(juarez, 2023, 7, 1), "2023-07-01T06:00:00");
    zone_close(juarez);

    struct zone *cairo = a_zone("Africa/Cairo"); /* summer time again since 2023; 00:00 to 01:00 */
    assert_string_equal(midnight(cairo, 2022, 7, 1), "2022-06-30T22:00:00");
    assert_string_equal(midnight(cairo, 2023, 7, 1), "2023-06-30T21:00:00");
    assert_string_equal(midnight(cairo, 2023, 4, 28), "2023-04-27T22:00:00");
    assert_string_equal(parsed("2023-04-28T00:30", cairo), "time-skipped");
    assert_int_equal(month_hours(cairo, 2023, 4), 30 * 24 - 1);
    zone_close(cairo);

    struct zone *nuuk = a_zone("America/Nuuk"); /* an hour further east since 2023 */
    assert_string_equal(midnight(nuuk, 2023, 1, 1), "2023-01-01T03:00:00");
    assert_string_equal(midnight(nuuk, 2024, 1, 1), "2024-01-01T02:00:00");
    assert_string_equal(midnight(nuuk, 2024, 7, 1), "2024-07-01T01:00:00");
    zone_close(nuuk);

    struct zone *almaty = a_zone("Asia/Almaty"); /* an hour further west since 2024, 24:00 of 29 February */
    assert_string_equal(midnight(almaty, 2024, 2, 1), "2024-01-31T18:00:00");
    assert_string_equal(midnight(almaty, 2024, 3, 1), "2024-02-29T19:00:00");
    assert_string_equal(midnight(almaty, 2024, 4, 1), "2024-03-31T19:00:00");
    assert_int_equal(month_hours(almaty, 2024, 2), 29 * 24 + 1);
    zone_close(almaty);

    struct zone *asuncion = a_zone("America/Asuncion"); /* summer time all year since October 2024 */
    assert_string_equal(midnight(asuncion, 2024, 7, 1), "2024-07-01T04:00:00");
    assert_string_equal(midnight(asuncion, 2025, 7, 1), "2025-07-01T03:00:00");
    zone_close(asuncion);
}

static void a_zone_may_see_its_winter_as_the_exception(void **state) {
    (void)state;
    struct zone *dublin = a_zone("Europe/Dublin");
    assert_string_equal(midnight(dublin, 1971, 1, 1),
                        "1970-12-31T23:00:00"); /* three years without a winter */
    assert_string_equal(midnight(dublin, 2021, 1, 1), "2021-01-01T00:00:00");
    assert_string_equal(midnight(dublin, 2021, 7, 1), "2021-06-30T23:00:00");
    assert_int_equal(month_hours(dublin, 2021, 3), 31 * 24 - 1);
    assert_int_equal(month_hours(dublin, 2021, 10), 31 * 24 + 1);
    zone_close(dublin);

    struct zone *casablanca = a_zone("Africa/Casablanca"); /* winter is Ramadan */
    assert_string_equal(midnight(casablanca, 2020, 4, 1), "2020-03-31T23:00:00");
    assert_string_equal(midnight(casablanca, 2020, 5, 1), "2020-05-01T00:00:00");
    assert_string_equal(midnight(casablanca, 2020, 6, 1), "2020-05-31T23:00:00");
    zone_close(casablanca);
}

static void odd_zones_have_their_months_too(void **state) {
    (void)state;
    struct zone *troll = a_zone("Antarctica/Troll"); /* two hours of summer time */
    assert_string_equal(midnight(troll, 2021, 7, 1), "2021-06-30T22:00:00");
    assert_int_equal(month_hours(troll, 2021, 3), 31 * 24 - 2);
    assert_string_equal(parsed("2021-03-28T02:30", troll), "time-skipped");
    assert_string_equal(parsed("2021-10-31T01:30", troll), "time-ambiguous");
    zone_close(troll);

    struct zone *gaza = a_zone("Asia/Gaza"); /* its dates are the government's whim */
    assert_string_equal(midnight(gaza, 2011, 4, 1), "2011-03-31T22:00:00"); /* a minute before the change */
    assert_string_equal(midnight(gaza, 2011, 8, 1), "2011-07-31T22:00:00"); /* an hour after one, at 24:00 */
    assert_int_equal(month_hours(gaza, 2011, 7), 31 * 24 + 1);
    assert_string_equal(midnight(gaza, 2016, 3, 26), "2016-03-25T22:00:00");
    assert_string_equal(midnight(gaza, 2016, 3, 27), "2016-03-26T21:00:00");
    zone_close(gaza);

    struct zone *sao_paulo = a_zone("America/Sao_Paulo"); /* its last summer but one */
    assert_int_equal(month_hours(sao_paulo, 2018, 2), 28 * 24 + 1);
    assert_int_equal(month_hours(sao_paulo, 2018, 11), 30 * 24 - 1);
    zone_close(sao_paulo);

    struct zone *lord_howe = a_zone("Australia/Lord_Howe");
    assert_string_equal(midnight(lord_howe, 2021, 1, 1), "2020-12-31T13:00:00");
    assert_string_equal(midnight(lord_howe, 2021, 7, 1), "2021-06-30T13:30:00");
    zone_close(lord_howe);

    struct zone *apia = a_zone("Pacific/Apia"); /* December 2011 had 30 days */
    assert_int_equal(month_hours(apia, 2011, 12), 30 * 24);
    zone_close(apia);

    struct zone *utc = a_zone("UTC");
    assert_string_equal(midnight(utc, 2090, 7, 1), "2090-07-01T00:00:00");
    zone_close(utc);
}

static void far_in_the_future_the_last_rule_goes_on(void **state) {
    (void)state;
    struct zone *new_york = a_zone("America/New_York");
    assert_string_equal(midnight(new_york, 2090, 7, 1), "2090-07-01T04:00:00");
    assert_string_equal(midnight(new_york, 2090, 12, 1), "2090-12-01T05:00:00");
    assert_string_equal(midnight(new_york, 9999, 12, 1), "9999-12-01T05:00:00");
    assert_int_equal(month_hours(new_york, 2090, 3), 31 * 24 - 1);
    assert_string_equal(parsed("2090-03-12T02:30", new_york), "time-skipped");
    assert_string_equal(parsed("2090-11-05T01:30", new_york), "time-ambiguous");
    zone_close(new_york);
    struct zone *sydney = a_zone("Australia/Sydney");
    assert_string_equal(midnight(sydney, 2090, 1, 1), "2089-12-31T13:00:00");
    assert_string_equal(midnight(sydney, 2090, 7, 1), "2090-06-30T14:00:00");
    zone_close(sydney);
}

/* The names of every zone that may be used: zones and links of the data's own list. */
static size_t every_zone_name(const char ***names) {
    FILE *list = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    assert_non_null(list);
    size_t count = 0, capacity = 0;
    *names = NULL;
    char line[512], first[256], second[256];
    while (fgets(line, sizeof line, list) != NULL) {
        if ((line[0] != 'Z' && line[0] != 'L') || sscanf(line + 1, "%255s %255s", first, second) != 2) {
            continue;
        }
        const char *name = line[0] == 'Z' ? first : second;
        struct zone *zone;
        struct fault fault;
        if (zone_open(text_of(name), NULL, &zone, &fault) != STATUS_OK) {
            assert_string_equal(fault.code, "unknown-time-zone");
            continue;
        }
        *names = arena_grow(&arena, *names, count, &capacity, sizeof **names);
        (*names)[count++] = text_copy(&arena, text_of(zone_name(zone))).at;
        zone_close(zone);
    }
    fclose(list);
    assert_in_range(count, 400, 700);
    return count;
}

/* Whether the wall, as glibc has it, shows the date's midnight or later from the instant on, and not before.
 */
static int compare_midnight(const char *name, struct zone *zone, struct date date) {
    int64_t at_s = divide_down(zone_midnight_us(zone, date), MICROSECONDS_PER_SECOND);
    int64_t local_s = date.day * INT64_C(86400);
    return contradiction(at_s + glibc_offset_s(at_s) >= local_s, name, at_s, "midnight is too early") +
           contradiction(at_s - 1 + glibc_offset_s(at_s - 1) < local_s, name, at_s, "midnight is too late");
}

static int compare_instant(const char *name, struct zone *zone, int64_t at_s) {
    int64_t at_us = at_s * MICROSECONDS_PER_SECOND;
    int64_t offset_us = glibc_offset_s(at_s) * MICROSECONDS_PER_SECOND;
    int wrong = contradiction(zone_offset_us(zone, at_us) == offset_us, name, at_s, "another offset");
    struct date date = zone_date_at(zone, at_us), next = {date.day + 1};
    wrong += contradiction(zone_midnight_us(zone, date) <= at_us && at_us < zone_midnight_us(zone, next),
                           name, at_s, "the date is not the day's");
    return wrong + compare_midnight(name, zone, date) + compare_midnight(name, zone, next);
}

/* mktime may choose where there are two instants, and shifts the time where there is none. */
static int compare_local_time(const char *name, struct zone *zone, int64_t local_s) {
    time_t seconds = local_s;
    struct tm wall;
    gmtime_r(&seconds, &wall);
    wall.tm_isdst = -1;
    int64_t at_s = mktime(&wall);
    bool exists = at_s + glibc_offset_s(at_s) == local_s;
    struct zone_instants found = zone_instants_of(zone, local_s * MICROSECONDS_PER_SECOND);
    if (!exists) {
        return contradiction(found.count == 0, name, local_s, "this local time is skipped");
    }
    return contradiction(found.count > 0 && (found.first_us == at_s * MICROSECONDS_PER_SECOND ||
                                             found.last_us == at_s * MICROSECONDS_PER_SECOND),
                         name, local_s, "this local time is another instant");
}

/* The first instant in (low, high] with another offset than at low. */
static int64_t change_between(int64_t low_s, int64_t high_s) {
    int64_t offset_s = glibc_offset_s(low_s);
    while (high_s - low_s > 1) {
        int64_t middle_s = low_s + (high_s - low_s) / 2;
        *(glibc_offset_s(middle_s) == offset_s ? &low_s : &high_s) = middle_s;
    }
    return high_s;
}

static int compare_around(const char *name, struct zone *zone, int64_t change_s, struct rng *rng) {
    int wrong = compare_instant(name, zone, change_s - 1) + compare_instant(name, zone, change_s);
    for (int i = 0; i < 4; i++) {
        int64_t near_s = change_s + rng_between(rng, -7200, 7200);
        wrong += compare_instant(name, zone, near_s);
        wrong +=
            compare_local_time(name, zone, near_s + glibc_offset_s(near_s) + rng_between(rng, -3600, 3600));
    }
    return wrong;
}

enum { STEPS = 500 };

/* From 1850 to 2100, a random instant in every half year, and every change of the offset that lies between.
 */
static int compare_zone(const char *name, struct rng *rng) {
    struct zone *zone = a_zone(name);
    glibc_use_zone(text_format(&arena, ":%s", name).at);
    const int64_t from_s = date_of(1850, 1, 1).day * INT64_C(86400);
    const int64_t step_s = INT64_C(86400) * 366 / 2;
    int wrong = 0;
    for (int64_t i = 0, before_s = from_s; i < STEPS && wrong < 10; i++) {
        int64_t at_s = from_s + i * step_s + rng_between(rng, 0, step_s - 1);
        wrong += compare_instant(name, zone, at_s);
        wrong += compare_local_time(name, zone, at_s);
        if (glibc_offset_s(before_s) != glibc_offset_s(at_s)) {
            wrong += compare_around(name, zone, change_between(before_s, at_s), rng);
        }
        before_s = at_s;
    }
    zone_close(zone);
    return wrong;
}

static int compare_all_zones(void) {
    struct rng rng;
    rng_seed(&rng, 44);
    const char **names;
    size_t count = every_zone_name(&names);
    int wrong = 0;
    for (size_t z = 0; z < count && wrong < 100; z++) {
        wrong += compare_zone(names[z], &rng);
    }
    return wrong;
}

static void in_every_zone_glibc_has_the_same_offsets_midnights_and_local_times(void **state) {
    (void)state;
    glibc_agrees(compare_all_zones);
}

/* For each zone and many seeded days: the day begins at its midnight and not a microsecond earlier, and
 * the days of a month follow one another. */
static void in_every_zone_every_instant_lies_between_the_midnights_of_its_day(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 42);
    const char **names;
    size_t count = every_zone_name(&names);
    for (size_t z = 0; z < count; z++) {
        struct zone *zone = a_zone(names[z]);
        for (int i = 0; i < 30; i++) {
            int64_t at_us = rng_between(&rng, at("1970-01-02T00:00:00Z"), at("2100-01-01T00:00:00Z"));
            struct date date = zone_date_at(zone, at_us);
            int64_t from_us = zone_midnight_us(zone, date);
            int64_t until_us = zone_midnight_us(zone, (struct date){date.day + 1});
            assert_true(from_us <= at_us && at_us < until_us);
            assert_true(until_us - from_us >= 20 * hour_us && until_us - from_us <= 48 * hour_us);
            assert_int_equal(zone_date_at(zone, from_us).day, date.day);
            assert_true(zone_date_at(zone, from_us - 1).day < date.day);
            struct month_span span, again;
            zone_month_span(zone, date_month(date), &span);
            zone_month_span(zone, date_month(date), &again);
            assert_memory_equal(&span, &again, sizeof span);
            assert_true(span.midnights_us[0] <= at_us && at_us < span.midnights_us[span.days]);
            for (int day = 0; day < span.days; day++) {
                assert_true(span.midnights_us[day] < span.midnights_us[day + 1]);
            }
        }
        zone_close(zone);
    }
}

/* Of fifty years: no day is empty, each follows the one before, together they are the month, and the next
 * month goes on where this one ends. */
static void in_every_zone_a_month_is_days_that_last_one_after_the_other(void **state) {
    (void)state;
    const char **names;
    size_t count = every_zone_name(&names);
    int left_out = 0;
    for (size_t z = 0; z < count; z++) {
        struct zone *zone = a_zone(names[z]);
        int64_t end_us = zone_midnight_us(zone, date_of(1990, 1, 1));
        for (struct month month = month_of(1990, 1); month.index <= month_of(2040, 12).index; month.index++) {
            struct month_span span;
            zone_month_span(zone, month, &span);
            int32_t first = month_first_day(month).day;
            assert_int_equal(span.midnights_us[0], end_us);
            for (int day = 0; day < span.days; day++) {
                struct date date = {first + span.day_of_month[day] - 1};
                assert_true(span.midnights_us[day] < span.midnights_us[day + 1]);
                assert_int_equal(span.midnights_us[day], zone_midnight_us(zone, date));
                assert_int_equal(zone_date_at(zone, span.midnights_us[day]).day, date.day);
                assert_true(day == 0 || span.day_of_month[day] > span.day_of_month[day - 1]);
            }
            end_us = span.midnights_us[span.days];
            assert_int_equal(end_us, zone_midnight_us(zone, month_first_day(month_plus(month, 1))));
            left_out += month_days(month) - span.days;
        }
        zone_close(zone);
    }
    assert_in_range(left_out, 5,
                    20); /* Apia, Fakaofo, Kiritimati, Kanton, Kwajalein, and their other names */
}

/* ---- kept months ---- */

/* Casablanca with the law of before 2018 in place of today's: each month begins an hour later. */
static struct kept_month an_hour_later(struct zone *zone, struct month month) {
    struct kept_month kept = zone_kept_month(zone, month);
    for (int day = 0; day <= month_days(month); day++) {
        kept.midnights_us[day] += hour_us;
    }
    return kept;
}

static void a_kept_month_is_what_it_was_and_its_neighbours_meet_it(void **state) {
    (void)state;
    struct zone *zone = a_zone("Africa/Casablanca");
    struct zone *other = a_zone("Europe/Berlin");
    struct month march = month_of(2026, 3), april = month_of(2026, 4), may = month_of(2026, 5);
    struct kept_month kept = an_hour_later(zone, april);
    struct month_span before, span, now;
    zone_month_span(zone, april, &before);
    assert_true(kept_month_is_sound(&kept));
    struct kept_month several[] = {zone_kept_month(other, march), kept, zone_kept_month(other, april)};
    zone_keep_months(zone, several, 3);
    zone_keep_months(other, several, 3);
    zone_month_span(zone, april, &span);
    assert_int_equal(span.days, 30);
    for (int day = 0; day <= 30; day++) {
        assert_int_equal(span.midnights_us[day], before.midnights_us[day] + hour_us);
    }
    zone_month_span(zone, march, &now);
    assert_int_equal(now.midnights_us[now.days], span.midnights_us[0]);
    zone_month_span(zone, may, &now);
    assert_int_equal(now.midnights_us[0], span.midnights_us[30]);
    assert_int_equal(now.midnights_us[1] - now.midnights_us[0], 23 * hour_us);
    assert_int_equal(zone_month_at(zone, span.midnights_us[0] - 1).index, march.index);
    assert_int_equal(zone_month_at(zone, span.midnights_us[0]).index, april.index);
    assert_int_equal(zone_month_at(zone, span.midnights_us[30] - 1).index, april.index);
    assert_int_equal(zone_month_at(zone, span.midnights_us[30]).index, may.index);
    assert_int_equal(zone_date_at(zone, span.midnights_us[14] - 1).day, month_first_day(april).day + 13);
    zone_month_span(other, april, &now);
    assert_int_equal(now.midnights_us[0], at("2026-03-31T22:00:00Z"));
    zone_close(zone);
    zone_close(other);
}

static void a_kept_month_knows_the_day_that_was_left_out(void **state) {
    (void)state;
    struct zone *zone = a_zone("Pacific/Apia");
    struct month_span span, again;
    struct kept_month kept = zone_kept_month(zone, month_of(2011, 12));
    zone_month_span(zone, kept.month, &span);
    assert_int_equal(span.days, 30);
    assert_int_equal(span.day_of_month[28], 29);
    assert_int_equal(span.day_of_month[29], 31);
    zone_keep_months(zone, &kept, 1);
    zone_month_span(zone, kept.month, &again);
    assert_memory_equal(&span, &again, sizeof span);
    assert_int_equal(zone_midnight_us(zone, date_of(2011, 12, 30)),
                     zone_midnight_us(zone, date_of(2011, 12, 31)));
    zone_close(zone);
}

static void midnights_that_are_no_months_are_not_sound(void **state) {
    (void)state;
    struct zone *zone = a_zone("Europe/Berlin");
    struct kept_month sound = zone_kept_month(zone, month_of(2026, 2));
    struct kept_month broken = sound;
    assert_true(kept_month_is_sound(&sound));
    broken.midnights_us[3] = broken.midnights_us[5];
    assert_false(kept_month_is_sound(&broken));
    broken = sound;
    broken.month = month_of(2026, 3);
    assert_false(kept_month_is_sound(&broken));
    broken = sound;
    broken.midnights_us[28] = INT64_MAX;
    assert_false(kept_month_is_sound(&broken));
    broken = sound;
    broken.midnights_us[0] = INT64_MIN;
    assert_false(kept_month_is_sound(&broken));
    zone_close(zone);
}

static void another_folder_of_zone_files_may_be_named(void **state) {
    (void)state;
    char folder[] = "/tmp/zones-XXXXXX";
    struct fault fault;
    struct zone *zone = NULL;
    assert_non_null(mkdtemp(folder));
    struct text europe = text_format(&arena, "%s/Europe", folder);
    struct text berlin = text_format(&arena, "%s/Europe/Berlin", folder);
    assert_int_equal(mkdir(europe.at, 0700), 0);
    assert_int_equal(symlink("/usr/share/zoneinfo/Asia/Tokyo", berlin.at), 0);
    setenv("TZDIR", folder, 1);
    zone = a_zone("Europe/Berlin");
    assert_string_equal(midnight(zone, 2026, 7, 1), "2026-06-30T15:00:00");
    zone_close(zone);
    assert_int_equal(zone_open(TEXT("Europe/Paris"), NULL, &zone, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "unknown-time-zone");
    setenv("TZDIR", "/nowhere", 1);
    assert_int_equal(zone_open(TEXT("Europe/Berlin"), NULL, &zone, &fault), STATUS_INTERNAL);
    assert_string_equal(fault.code, "time-zone-data-missing");
    unsetenv("TZDIR");
    assert_int_equal(unlink(berlin.at) + rmdir(europe.at) + rmdir(folder), 0);
}

static void in_every_zone_every_local_time_reads_back_as_its_instant(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 43);
    const char **names;
    size_t count = every_zone_name(&names);
    int ambiguous = 0;
    for (size_t z = 0; z < count; z++) {
        struct zone *zone = a_zone(names[z]);
        for (int i = 0; i < 30; i++) {
            int64_t at_us = rng_between(&rng, at("1973-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"));
            at_us -= at_us % second_us;
            struct text shifted = instant_format(&arena, at_us + zone_offset_us(zone, at_us));
            struct text local = text_format(&arena, "%.19s", shifted.at);
            struct fault fault;
            int64_t read_us = -1;
            if (instant_parse(local, zone, "at", &read_us, &fault) == STATUS_OK) {
                assert_true(read_us == at_us);
            } else {
                assert_string_equal(fault.code, "time-ambiguous");
                assert_non_null(strstr(fault.message, local.at));
                ambiguous++;
            }
            assert_int_equal(instant_parse(instant_format(&arena, at_us), NULL, "at", &read_us, &fault),
                             STATUS_OK);
            assert_true(read_us == at_us);
        }
        zone_close(zone);
    }
    assert_in_range(ambiguous, 0, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_zone_follows_the_laws_of_the_last_years),
        TEST(a_zone_may_see_its_winter_as_the_exception),
        TEST(odd_zones_have_their_months_too),
        TEST(far_in_the_future_the_last_rule_goes_on),
        TEST(in_every_zone_every_instant_lies_between_the_midnights_of_its_day),
        TEST(in_every_zone_a_month_is_days_that_last_one_after_the_other),
        TEST(a_kept_month_is_what_it_was_and_its_neighbours_meet_it),
        TEST(a_kept_month_knows_the_day_that_was_left_out),
        TEST(midnights_that_are_no_months_are_not_sound),
        TEST(another_folder_of_zone_files_may_be_named),
        TEST(in_every_zone_every_local_time_reads_back_as_its_instant),
        TEST(in_every_zone_glibc_has_the_same_offsets_midnights_and_local_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
