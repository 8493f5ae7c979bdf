/* The parts that TUF metadata is read with, and the order of versions. */
#include "seatmeter_updates.h"
#include "tuf_metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void versions_are_ordered_as_semantic_versioning_has_it(void **state) {
    static const char *const RISING[] = {"0",
                                         "0.9",
                                         "1.0.0-alpha",
                                         "1.0.0-alpha.1",
                                         "1.0.0-alpha.beta",
                                         "1.0.0-beta",
                                         "1.0.0-beta.2",
                                         "1.0.0-beta.11",
                                         "1.0.0-rc.1",
                                         "1.0.0",
                                         "1.0.0.1",
                                         "1.2",
                                         "1.10",
                                         "1.10.1",
                                         "2.0a",
                                         "10.0",
                                         "99999999999999999999999998",
                                         "99999999999999999999999999"};
    enum { COUNT = sizeof RISING / sizeof RISING[0] };
    (void)state;
    for (int first = 0; first < COUNT; first++) {
        for (int second = 0; second < COUNT; second++) {
            int order = sm_version_order(RISING[first], RISING[second]);
            int expected = (first > second) - (first < second);
            if ((order > 0) - (order < 0) != expected) {
                fail_msg("%s and %s: %d", RISING[first], RISING[second], order);
            }
        }
    }
}

static void versions_that_differ_in_nothing_that_counts_are_the_same(void **state) {
    (void)state;
    assert_int_equal(sm_version_order("4.2", "4.2.0"), 0);
    assert_int_equal(sm_version_order("4.2.0+build.7", "4.2.0+build.8"), 0);
    assert_int_equal(sm_version_order("4.02", "4.2"), 0);
    assert_true(sm_version_order(NULL, "1") < 0);
    assert_int_equal(sm_version_order(NULL, NULL), 0);
}

static int64_t time_of(const char *text) {
    int64_t seconds = -1;
    return sm_tuf_time(sm_span_of(text), &seconds) ? seconds : -1;
}

static void times_are_those_of_the_calendar(void **state) {
    (void)state;
    assert_int_equal(time_of("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(time_of("2000-02-29T23:59:59Z"), 951868799);
    assert_int_equal(time_of("2030-01-01T00:00:00Z"), 1893456000);
    assert_int_equal(time_of("2100-03-01T00:00:00Z"), 4107542400);
    assert_int_equal(time_of("9999-12-31T23:59:59Z"), 253402300799);
}

static void what_is_no_time_is_refused(void **state) {
    static const char *const BAD[] = {"",
                                      "2030-01-01",
                                      "2030-01-01T00:00:00",
                                      "2030-01-01T00:00:00+00:00",
                                      "2030-01-01 00:00:00Z",
                                      "2030-13-01T00:00:00Z",
                                      "2030-00-01T00:00:00Z",
                                      "2030-02-29T00:00:00Z",
                                      "2100-02-29T00:00:00Z",
                                      "2030-04-31T00:00:00Z",
                                      "2030-01-01T24:00:00Z",
                                      "2030-01-01T00:60:00Z",
                                      "2030-01-01T00:00:60Z",
                                      "1969-12-31T23:59:59Z",
                                      "203x-01-01T00:00:00Z"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (time_of(BAD[i]) != -1) {
            fail_msg("%s was taken", BAD[i]);
        }
    }
}

/* The canonical text; empty where it is refused. */
static const char *canonical(const char *text) {
    static char out[512];
    size_t length = 0;
    if (!sm_tuf_canonical(text, strlen(text), out, &length)) {
        return "";
    }
    out[length] = '\0';
    return out;
}

static void canonical_text_has_no_blanks_and_two_escapes(void **state) {
    (void)state;
    assert_string_equal(canonical(" { \"a\" : [ 1 , true , null , { } , [ ] ] }\n"),
                        "{\"a\":[1,true,null,{},[]]}");
    assert_string_equal(canonical("{\"a\":\"\\u0041\\u00e9\\ud834\\udd1e\\/\\\"\\\\\"}"),
                        "{\"a\":\"A\xc3\xa9\xf0\x9d\x84\x9e/\\\"\\\\\"}");
    assert_string_equal(canonical("{\"a\":\"-----\\n\"}"), "{\"a\":\"-----\n\"}");
    assert_string_equal(canonical("{\"a\":-5}"), "{\"a\":-5}");
}

static void only_what_is_signed_must_be_in_order(void **state) {
    (void)state;
    assert_string_not_equal(
        canonical("{\"signed\":{\"a\":1,\"b\":2},\"signatures\":[{\"sig\":\"\",\"keyid\":\"\"}]}"), "");
    assert_string_equal(canonical("{\"signed\":{\"b\":1,\"a\":2}}"), "");
    assert_string_equal(canonical("{\"signed\":{\"a\":1,\"a\":2}}"), "");
    assert_string_equal(canonical("{\"signed\":{\"a\":{\"z\":1,\"y\":2}}}"), "");
    assert_string_equal(canonical("{\"signed\":{\"a\":1,\"\\u0061\":2}}"), "");
}

static void what_is_no_canonical_json_is_refused(void **state) {
    static const char *const BAD[] = {"",
                                      "[]",
                                      "1",
                                      "{",
                                      "{}x",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,\"a\":1}",
                                      "{\"a\":[1,]}",
                                      "{\"a\":[,1]}",
                                      "{\"a\":01}",
                                      "{\"a\":-0}",
                                      "{\"a\":-}",
                                      "{\"a\":1.0}",
                                      "{\"a\":1e3}",
                                      "{\"a\":+1}",
                                      "{\"a\":tru}",
                                      "{\"a\":\"\t\"}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"a\":\"\\ud800\"}",
                                      "{\"a\":\"\\udc00\"}",
                                      "{\"a\":\"\\ud800\\u0041\"}",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":\"\\u12\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":\"\xc0\x80\"}",
                                      "{\"a\":\"\xed\xa0\x80\"}",
                                      "{\"a\":\"\xf4\x90\x80\x80\"}",
                                      "{\"a\":\"\xe2\x82\"}",
                                      "{\"a\":1]",
                                      "{\"a\":[1}}",
                                      "{a:1}",
                                      "{\"a\":1 2}"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (canonical(BAD[i])[0] != '\0') {
            fail_msg("%s was taken", BAD[i]);
        }
    }
}

static void depth_is_bounded(void **state) {
    char text[200];
    (void)state;
    for (size_t depth = 1; depth <= 40; depth++) {
        char opening[41] = "";
        char closing[41] = "";
        memset(opening, '[', depth);
        memset(closing, ']', depth);
        snprintf(text, sizeof text, "{\"a\":%s%s}", opening, closing);
        assert_int_equal(canonical(text)[0] != '\0', depth < TUF_DEPTH_MAX);
    }
}

static void a_wrong_call_is_told_and_harms_nothing(void **state) {
    struct sm_updates *updates = NULL;
    struct sm_target target = {.size = sizeof target};
    (void)state;
    assert_int_equal(sm_updates_open(NULL, NULL, &updates), SM_WRONG_CALL);
    assert_null(updates);
    assert_int_equal(sm_updates_refresh(NULL), SM_WRONG_CALL);
    assert_int_equal(sm_updates_find(NULL, "a", "b", "c", NULL, &target), SM_WRONG_CALL);
    assert_int_equal(sm_updates_target(NULL, "a", &target), SM_WRONG_CALL);
    assert_int_equal(sm_updates_fetch(NULL, &target, "x"), SM_WRONG_CALL);
    assert_string_equal(sm_updates_words(NULL), "");
    sm_updates_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_ordered_as_semantic_versioning_has_it),
        cmocka_unit_test(versions_that_differ_in_nothing_that_counts_are_the_same),
        cmocka_unit_test(times_are_those_of_the_calendar),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(canonical_text_has_no_blanks_and_two_escapes),
        cmocka_unit_test(only_what_is_signed_must_be_in_order),
        cmocka_unit_test(what_is_no_canonical_json_is_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(a_wrong_call_is_told_and_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
