/* Zone files, made here byte by byte: what they mean, and that a broken one is refused and says how. */
#include "clock.h"
#include "core/base/rng.h"
#include "core/time/tzif.h"
#include "core/time/zone.h"

/* What a file says. */
struct story {
    char version;
    size_t changes;
    int64_t at_s[4];
    unsigned char to[4]; /* types */
    size_t types;
    int32_t offset_s[4];
    const char *rule;
};

/* Where its parts lie; the old block before them has one type and one byte of names. */
enum { NEW_HEADER = 44 + 6 + 1, NEW_COUNTS = NEW_HEADER + 20, NEW_BLOCK = NEW_HEADER + 44 };

struct bytes {
    unsigned char at[512];
    size_t length;
};

static void put(struct bytes *bytes, uint64_t value, int size) {
    for (int i = size - 1; i >= 0; i--) {
        assert_true(bytes->length < sizeof bytes->at);
        bytes->at[bytes->length++] = (unsigned char)(value >> (8 * i));
    }
}

static void put_text(struct bytes *bytes, const char *text) {
    for (size_t i = 0; text[i] != '\0'; i++) {
        put(bytes, (unsigned char)text[i], 1);
    }
}

static void put_header(struct bytes *bytes, const struct story *story, size_t changes, size_t types,
                       int names) {
    put_text(bytes, "TZif");
    put(bytes, (unsigned char)story->version, 1);
    for (int i = 0; i < 15; i++) {
        put(bytes, 0, 1);
    }
    put(bytes, 0, 4); /* UT indicators */
    put(bytes, 0, 4); /* standard indicators */
    put(bytes, 0, 4); /* leap seconds */
    put(bytes, changes, 4);
    put(bytes, types, 4);
    put(bytes, (uint64_t)names, 4);
}

static struct bytes file_of(const struct story *story) {
    struct bytes bytes = {.length = 0};
    put_header(&bytes, story, 0, 1, 1);
    put(&bytes, 0, 7);
    assert_int_equal(bytes.length, NEW_HEADER);
    put_header(&bytes, story, story->changes, story->types, 4);
    for (size_t i = 0; i < story->changes; i++) {
        put(&bytes, (uint64_t)story->at_s[i], 8);
    }
    for (size_t i = 0; i < story->changes; i++) {
        put(&bytes, story->to[i], 1);
    }
    for (size_t i = 0; i < story->types; i++) {
        put(&bytes, (uint32_t)story->offset_s[i], 4);
        put(&bytes, i % 2, 1);
        put(&bytes, 0, 1);
    }
    put_text(&bytes, "ABC");
    put(&bytes, 0, 1);
    put_text(&bytes, "\n");
    put_text(&bytes, story->rule);
    put_text(&bytes, "\n");
    return bytes;
}

static struct text text_of_bytes(const struct bytes *bytes) {
    return (struct text){(const char *)bytes->at, bytes->length};
}

static struct zone *zone_of(const struct story *story) {
    struct bytes bytes = file_of(story);
    struct zone *zone = NULL;
    struct fault fault;
    assert_int_equal(zone_of_bytes(TEXT("Europe/Story"), text_of_bytes(&bytes), &zone, &fault), STATUS_OK);
    return zone;
}

static int64_t offset_s(struct zone *zone, const char *utc) {
    return zone_offset_us(zone, at(utc)) / second_us;
}

/* 2000-01-01, 2000-07-01, 2001-01-01 */
static const struct story plain = {.version = '2',
                                   .changes = 3,
                                   .at_s = {946684800, 962409600, 978307200},
                                   .to = {1, 2, 1},
                                   .types = 3,
                                   .offset_s = {-100, 3600, 7200},
                                   .rule = "CET-1CEST,M3.5.0,M10.5.0/3"};

static void a_change_holds_until_the_next_and_then_the_rule(void **state) {
    (void)state;
    struct zone *zone = zone_of(&plain);
    assert_int_equal(offset_s(zone, "1999-12-31T23:59:59Z"), -100);
    assert_int_equal(offset_s(zone, "2000-01-01T00:00:00Z"), 3600);
    assert_int_equal(offset_s(zone, "2000-06-30T23:59:59Z"), 3600);
    assert_int_equal(offset_s(zone, "2000-07-01T00:00:00Z"), 7200);
    assert_int_equal(offset_s(zone, "2001-01-01T00:00:00Z"), 3600);
    assert_int_equal(offset_s(zone, "2001-07-01T00:00:00Z"), 7200);
    assert_string_equal(midnight(zone, 2090, 7, 1), "2090-06-30T22:00:00");
    assert_string_equal(midnight(zone, 2090, 12, 1), "2090-11-30T23:00:00");
    assert_string_equal(parsed("2090-03-26T02:30", zone), "time-skipped");
    assert_string_equal(parsed("2090-10-29T02:30", zone), "time-ambiguous");
    zone_close(zone);
}

static void without_a_rule_the_last_change_holds(void **state) {
    (void)state;
    struct story story = plain;
    story.rule = "";
    struct zone *zone = zone_of(&story);
    assert_int_equal(offset_s(zone, "2000-12-31T23:59:59Z"), 7200);
    assert_int_equal(offset_s(zone, "2090-07-01T00:00:00Z"), 3600);
    zone_close(zone);
}

static void without_a_change_the_rule_has_always_held(void **state) {
    (void)state;
    struct story story = {.version = '3', .types = 1, .offset_s = {0}, .rule = "<+05>-5"};
    struct zone *zone = zone_of(&story);
    assert_int_equal(offset_s(zone, "1970-01-01T00:00:00Z"), 5 * 3600);
    zone_close(zone);
    story.rule = "";
    story.offset_s[0] = -7200;
    zone = zone_of(&story);
    assert_int_equal(offset_s(zone, "1970-01-01T00:00:00Z"), -7200);
    zone_close(zone);
}

static void a_file_may_begin_with_the_big_bang(void **state) {
    (void)state;
    struct story story = plain;
    story.at_s[0] = -(INT64_C(1) << 59);
    struct zone *zone = zone_of(&story);
    assert_int_equal(offset_s(zone, "1970-01-01T00:00:00Z"), 3600);
    assert_int_equal(offset_s(zone, "2000-07-01T00:00:00Z"), 7200);
    zone_close(zone);
}

static void a_change_of_the_name_alone_changes_nothing(void **state) {
    (void)state;
    struct story story = plain;
    story.to[1] = 0;
    story.offset_s[0] = 3600; /* all three are the same hour */
    struct zone *zone = zone_of(&story);
    assert_int_equal(offset_s(zone, "1970-01-01T00:00:00Z"), 3600);
    assert_int_equal(offset_s(zone, "2000-08-01T00:00:00Z"), 3600);
    assert_int_equal(offset_s(zone, "2001-08-01T00:00:00Z"), 7200);
    zone_close(zone);
}

static void what_follows_the_rule_is_left_to_later_versions(void **state) {
    (void)state;
    struct story story = plain;
    story.version = '5';
    struct bytes bytes = file_of(&story);
    put_text(&bytes, "news");
    struct zone *zone = NULL;
    struct fault fault;
    assert_int_equal(zone_of_bytes(TEXT("Europe/Story"), text_of_bytes(&bytes), &zone, &fault), STATUS_OK);
    zone_close(zone);
}

static void assert_broken(struct text bytes, const char *how) {
    struct zone *untouched = NULL;
    struct fault fault;
    assert_int_equal(zone_of_bytes(TEXT("Europe/Story"), bytes, &untouched, &fault), STATUS_INTERNAL);
    assert_null(untouched);
    assert_string_equal(fault.code, "time-zone-data-broken");
    assert_string_equal(fault.value, "Europe/Story");
    assert_non_null(strstr(fault.message, "Europe/Story"));
    assert_non_null(strstr(fault.message, how));
}

static void a_file_that_is_cut_off_is_refused_wherever_it_is_cut(void **state) {
    (void)state;
    struct bytes bytes = file_of(&plain);
    for (size_t length = 0; length < bytes.length; length++) {
        char *exact = ARENA_NEW(&arena, char, length + 1);
        memcpy(exact, bytes.at, length);
        assert_broken((struct text){exact, length}, "it is ");
    }
    assert_broken((struct text){NULL, 0}, "it is no TZif file");
}

static void a_broken_file_is_refused_and_says_how(void **state) {
    (void)state;
    enum { TYPES_AT = NEW_BLOCK + 3 * 8 + 3, NAMES_AT = TYPES_AT + 3 * 6, RULE_AT = NAMES_AT + 4 };
    const struct {
        size_t where;
        unsigned char byte;
        const char *how;
    } wounds[] = {
        {0, 't', "no TZif file"},
        {4, 0, "version 1"},
        {NEW_HEADER, 'X', "no TZif file"},
        {NEW_HEADER + 4, '1', "version 1"},
        {20, 0xFF, "cut off"}, /* the counts of the old block */
        {32, 0x7F, "cut off"},
        {36, 0xFF, "cut off"},
        {NEW_COUNTS + 3, 1, "do not fit"}, /* UT indicators for one type of three */
        {NEW_COUNTS + 7, 2, "do not fit"},
        {NEW_COUNTS + 11, 1, "leap seconds"},
        {NEW_COUNTS + 12, 0xFF, "cut off"},
        {NEW_COUNTS + 19, 0, "do not fit"},
        {NEW_COUNTS + 18, 2, "do not fit"},
        {NEW_COUNTS + 23, 0, "do not fit"},
        {NEW_COUNTS + 20, 0xFF, "cut off"},
        {NEW_BLOCK + 8, 0xFF, "do not ascend"},
        {NEW_BLOCK + 16, 0x10, "too far in the future"},
        {NEW_BLOCK + 24, 3, "a type that is not there"},
        {TYPES_AT, 0x80, "more than a day"},
        {TYPES_AT + 6, 0x01, "more than a day"},
        {TYPES_AT + 4, 2, "neither 0 nor 1"},
        {TYPES_AT + 5, 4, "abbreviation"},
        {NAMES_AT + 3, 'D', "abbreviation"},
        {RULE_AT, ' ', "cut off"},
        {RULE_AT + 1, ':', "malformed"},
        {RULE_AT + 5, '2', "contradicts"}, /* CET-2 */
    };
    for (size_t i = 0; i < sizeof wounds / sizeof wounds[0]; i++) {
        struct bytes bytes = file_of(&plain);
        assert_true(wounds[i].where < bytes.length && bytes.at[wounds[i].where] != wounds[i].byte);
        bytes.at[wounds[i].where] = wounds[i].byte;
        assert_broken(text_of_bytes(&bytes), wounds[i].how);
    }
    struct story story = plain;
    story.at_s[1] = story.at_s[0];
    struct bytes bytes = file_of(&story);
    assert_broken(text_of_bytes(&bytes), "do not ascend");
}

/* Damage that leaves a file which is one still gives a zone whose days follow one another. */
static void a_damaged_file_gives_a_fault_or_a_sound_zone(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 47);
    int sound = 0;
    for (int i = 0; i < 20000; i++) {
        struct bytes bytes = file_of(&plain);
        for (int wounds = (int)rng_between(&rng, 1, 4); wounds > 0; wounds--) {
            bytes.at[rng_below(&rng, bytes.length)] = (unsigned char)rng_next(&rng);
        }
        struct zone *zone = NULL;
        struct fault fault;
        if (zone_of_bytes(TEXT("Europe/Story"), text_of_bytes(&bytes), &zone, &fault) != STATUS_OK) {
            assert_string_equal(fault.code, "time-zone-data-broken");
            continue;
        }
        int64_t at_us = rng_between(&rng, at("1995-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
        struct date date = zone_date_at(zone, at_us);
        assert_true(zone_midnight_us(zone, date) <= at_us);
        assert_true(zone_midnight_us(zone, (struct date){date.day + 1}) > at_us);
        zone_close(zone);
        sound++;
    }
    assert_in_range(sound, 100, 19900);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_change_holds_until_the_next_and_then_the_rule),
        TEST(without_a_rule_the_last_change_holds),
        TEST(without_a_change_the_rule_has_always_held),
        TEST(a_file_may_begin_with_the_big_bang),
        TEST(a_change_of_the_name_alone_changes_nothing),
        TEST(what_follows_the_rule_is_left_to_later_versions),
        TEST(a_file_that_is_cut_off_is_refused_wherever_it_is_cut),
        TEST(a_broken_file_is_refused_and_says_how),
        TEST(a_damaged_file_gives_a_fault_or_a_sound_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
