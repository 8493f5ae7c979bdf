/* Licence events: one encoding each, and nothing else decodes. */
#include "core/base/rng.h"
#include "core/usage/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct licence_event an_event(void) {
    return (struct licence_event){.sequence = 1,
                                  .at_us = INT64_C(0x0102030405060708),
                                  .licence_id = 2,
                                  .provider_id = 3,
                                  .customer_id = 4,
                                  .sku_id = 5,
                                  .kind = EVENT_ON,
                                  .own_seats = 10,
                                  .seats_before = 0,
                                  .seats_after = 10};
}

static struct licence_event a_random_event(struct rng *rng) {
    struct licence_event event = {.sequence = rng_between(rng, 1, INT64_MAX),
                                  .at_us = rng_between(rng, INT64_MIN, INT64_MAX),
                                  .licence_id = rng_between(rng, 1, INT64_MAX),
                                  .provider_id = rng_between(rng, 1, 1000),
                                  .customer_id = rng_between(rng, 1, INT64_MAX),
                                  .sku_id = rng_between(rng, 1, 500),
                                  .kind = (enum event_kind)rng_between(rng, EVENT_ON, EVENT_RESUME),
                                  .seats_before = (int32_t)rng_between(rng, 0, INT32_MAX)};
    bool cascade = event.kind == EVENT_SUSPEND || event.kind == EVENT_RESUME;
    event.cause_id = cascade ? rng_between(rng, 1, INT64_MAX) : 0;
    event.own_seats = event.kind == EVENT_OFF ? 0 : (int32_t)rng_between(rng, 0, INT32_MAX);
    event.seats_after = event.kind == EVENT_SUSPEND || rng_chance(rng, 1, 2) ? 0 : event.own_seats;
    return event;
}

static void assert_same_event(const struct licence_event *a, const struct licence_event *b) {
    assert_true(a->sequence == b->sequence && a->at_us == b->at_us && a->licence_id == b->licence_id &&
                a->provider_id == b->provider_id && a->customer_id == b->customer_id &&
                a->sku_id == b->sku_id && a->cause_id == b->cause_id && a->kind == b->kind &&
                a->own_seats == b->own_seats && a->seats_before == b->seats_before &&
                a->seats_after == b->seats_after);
}

static void the_bytes_are_the_ones_that_the_header_describes(void **state) {
    (void)state;
    unsigned char bytes[EVENT_ENCODED_BYTES];
    struct licence_event event = an_event();
    event_encode(&event, bytes);
    const unsigned char expected[EVENT_ENCODED_BYTES] = {'S', 'M', 'E', '1',             /* magic */
                                                         0,   0,   0,   0,   0, 0, 0, 1, /* sequence */
                                                         1,   2,   3,   4,   5, 6, 7, 8, /* at_us */
                                                         0,   0,   0,   0,   0, 0, 0, 2, /* licence */
                                                         0,   0,   0,   0,   0, 0, 0, 3, /* provider */
                                                         0,   0,   0,   0,   0, 0, 0, 4, /* customer */
                                                         0,   0,   0,   0,   0, 0, 0, 5, /* SKU */
                                                         0,   0,   0,   0,   0, 0, 0, 0, /* cause */
                                                         1,   0,   0,   0,               /* kind */
                                                         0,   0,   0,   10,  0, 0, 0, 0, 0, 0, 0, 10};
    assert_memory_equal(bytes, expected, sizeof bytes);
}

static void every_event_reads_back_as_it_was(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 11);
    for (int i = 0; i < 20000; i++) {
        struct licence_event event = a_random_event(&rng);
        unsigned char bytes[EVENT_ENCODED_BYTES];
        event_encode(&event, bytes);
        struct licence_event decoded;
        struct fault fault;
        assert_int_equal(event_decode(bytes, sizeof bytes, &decoded, &fault), STATUS_OK);
        assert_same_event(&event, &decoded);
    }
}

static void whatever_decodes_encodes_to_the_same_bytes(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 12);
    int taken = 0;
    for (int i = 0; i < 50000; i++) {
        struct licence_event event = a_random_event(&rng);
        unsigned char bytes[EVENT_ENCODED_BYTES], again[EVENT_ENCODED_BYTES];
        event_encode(&event, bytes);
        bytes[rng_below(&rng, sizeof bytes)] ^= (unsigned char)(1u << rng_below(&rng, 8));
        struct licence_event decoded;
        struct fault fault;
        if (event_decode(bytes, sizeof bytes, &decoded, &fault) == STATUS_OK) {
            event_encode(&decoded, again);
            assert_memory_equal(bytes, again, sizeof bytes);
            taken++;
        }
    }
    assert_in_range(taken, 1, 49999);
}

static void assert_refused(const unsigned char *bytes, size_t length) {
    struct fault fault;
    struct licence_event untouched = an_event(), event = untouched;
    assert_int_equal(event_decode(bytes, length, &event, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "malformed-event");
    assert_same_event(&untouched, &event);
}

static void what_no_event_encodes_to_is_refused(void **state) {
    (void)state;
    unsigned char good[EVENT_ENCODED_BYTES], bytes[EVENT_ENCODED_BYTES + 1] = {0};
    struct licence_event event = an_event();
    event_encode(&event, good);
    memcpy(bytes, good, sizeof good);
    assert_refused(bytes, sizeof good - 1);
    assert_refused(bytes, sizeof good + 1);
    assert_refused(bytes, 0);
    enum { CAUSE = 4 + 6 * 8, KIND = CAUSE + 8, OWN_SEATS = KIND + 4, SEATS_AFTER = OWN_SEATS + 8 };
    const struct {
        size_t at;
        unsigned char value;
    } wrong[] = {
        {3, '2'},       /* magic */
        {4, 0x80},      /* a sequence below zero */
        {11, 0},        /* sequence 0 */
        {27, 0},        /* licence 0 */
        {CAUSE + 7, 1}, /* a cause for turning on */
        {KIND, 0},      /* kinds that do not exist */
        {KIND, 6},
        {KIND, EVENT_SUSPEND}, /* without a cause */
        {KIND, EVENT_OFF},     /* with seats */
        {KIND + 1, 1},         /* bytes that must be zero */
        {KIND + 3, 1},
        {OWN_SEATS, 0x80},    /* seats below zero */
        {SEATS_AFTER + 3, 11} /* more seats count than it has */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memcpy(bytes, good, sizeof good);
        bytes[wrong[i].at] = wrong[i].value;
        assert_refused(bytes, sizeof good);
    }
}

static void a_kind_has_one_word_that_parses_back(void **state) {
    (void)state;
    struct fault fault;
    for (int kind = EVENT_ON; kind <= EVENT_RESUME; kind++) {
        enum event_kind parsed;
        struct text word = text_of(event_kind_name((enum event_kind)kind));
        assert_int_equal(event_kind_parse(word, &parsed, &fault), STATUS_OK);
        assert_int_equal(parsed, kind);
    }
    enum event_kind untouched = EVENT_SEATS;
    assert_int_equal(event_kind_parse(TEXT("On"), &untouched, &fault), STATUS_INVALID);
    assert_int_equal(event_kind_parse(TEXT(""), &untouched, &fault), STATUS_INVALID);
    assert_int_equal(untouched, EVENT_SEATS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_the_ones_that_the_header_describes),
        cmocka_unit_test(every_event_reads_back_as_it_was),
        cmocka_unit_test(whatever_decodes_encodes_to_the_same_bytes),
        cmocka_unit_test(what_no_event_encodes_to_is_refused),
        cmocka_unit_test(a_kind_has_one_word_that_parses_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
