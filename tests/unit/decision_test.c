/* Decision: every combination of facts gives one answer, and the table of codes is whole. */
#include "core/licence/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct device_facts working(void) {
    return (struct device_facts){.licence_state = LICENCE_ON, .counted_seats = 3, .seat = 3};
}

static enum lease_code decide(struct device_facts facts) {
    return device_decide(&facts);
}

static void a_device_with_a_seat_works_while_its_licence_is_on_and_nothing_above_is_suspended(void **state) {
    (void)state;
    struct device_facts facts = working();
    assert_int_equal(decide(facts), LEASE_CODE_OK);
    facts.licence_state = LICENCE_OFF;
    assert_int_equal(decide(facts), LEASE_CODE_OFF);
    facts.licence_state = LICENCE_ISSUED;
    assert_int_equal(decide(facts), LEASE_CODE_NOT_ON_YET);
    facts.licence_state = LICENCE_RETIRED;
    assert_int_equal(decide(facts), LEASE_CODE_RETIRED);
}

static void who_suspended_is_told(void **state) {
    (void)state;
    static const enum lease_code told[] = {LEASE_CODE_OK, LEASE_CODE_SUSPENDED_BY_PROVIDER,
                                           LEASE_CODE_SUSPENDED_BY_DISTRIBUTOR,
                                           LEASE_CODE_SUSPENDED_BY_VENDOR};
    struct device_facts facts = working();
    for (int by = SUSPENDER_NONE; by <= SUSPENDER_VENDOR; by++) {
        facts.suspender = (enum suspender)by;
        assert_int_equal(decide(facts), told[by]);
    }
}

static void a_seat_beyond_the_counted_seats_is_no_seat(void **state) {
    (void)state;
    struct device_facts facts = working();
    facts.seat = 4;
    assert_int_equal(decide(facts), LEASE_CODE_NO_SEAT_LEFT);
    facts.seat = 0;
    assert_int_equal(decide(facts), LEASE_CODE_NO_SEAT_LEFT);
    facts.seat = 1;
    facts.counted_seats = 0;
    assert_int_equal(decide(facts), LEASE_CODE_NO_SEAT_LEFT);
}

static void what_is_wrong_with_the_licence_goes_before_what_is_wrong_with_the_device(void **state) {
    (void)state;
    struct device_facts facts = working();
    facts.device_state = DEVICE_RELEASED;
    facts.is_clone = true;
    facts.licence_state = LICENCE_OFF;
    assert_int_equal(decide(facts), LEASE_CODE_OFF);
    facts.licence_state = LICENCE_ON;
    assert_int_equal(decide(facts), LEASE_CODE_CLONE_SEEN);
    facts.is_replaced = true;
    assert_int_equal(decide(facts), LEASE_CODE_REPLACED);
    facts.is_replaced = facts.is_clone = false;
    assert_int_equal(decide(facts), LEASE_CODE_RELEASED);
    facts.device_state = DEVICE_DROPPED;
    assert_int_equal(decide(facts), LEASE_CODE_DROPPED);
}

/* By enumeration: nothing but all facts being right lets a device work. */
static void only_one_kind_of_facts_lets_a_device_work(void **state) {
    (void)state;
    int working_count = 0;
    for (int bits = 0; bits < 4 * 4 * 3 * 3 * 2 * 2; bits++) {
        int rest = bits;
        struct device_facts facts = {.counted_seats = 2};
        facts.licence_state = (enum licence_state)(rest % 4);
        facts.suspender = (enum suspender)((rest /= 4) % 4);
        facts.device_state = (enum device_state)((rest /= 4) % 3);
        facts.seat = 1 + (rest /= 3) % 3;
        facts.is_clone = (rest /= 3) % 2 == 1;
        facts.is_replaced = (rest /= 2) % 2 == 1;
        bool may = facts.licence_state == LICENCE_ON && facts.suspender == SUSPENDER_NONE &&
                   facts.device_state == DEVICE_ACTIVE && facts.seat <= 2 && !facts.is_clone &&
                   !facts.is_replaced;
        assert_int_equal(decide(facts) == LEASE_CODE_OK, may);
        working_count += may;
    }
    assert_int_equal(working_count, 2);
}

static void every_code_has_a_word_of_its_own_and_a_sentence(void **state) {
    (void)state;
    for (int i = 0; i < LEASE_CODE_COUNT; i++) {
        const struct lease_code_row *row = lease_code_row((enum lease_code)i);
        assert_true(row->words[strlen(row->words) - 1] == '.');
        assert_true(row->http_status == 0 || (row->http_status >= 200 && row->http_status < 600));
        assert_int_equal(strspn(row->word, "abcdefghijklmnopqrstuvwxyz-"), strlen(row->word));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(row->word, lease_code_row((enum lease_code)j)->word);
        }
    }
}

static void the_page_in_the_docs_is_what_the_table_prints(void **state) {
    (void)state;
    const char *root = getenv("SEATMETER_SOURCE_ROOT");
    char path[1024];
    snprintf(path, sizeof path, "%s/docs/codes.md", root == NULL ? "." : root);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s: run from the source folder or set SEATMETER_SOURCE_ROOT", path);
    }
    static char page[64 * 1024];
    size_t length = fread(page, 1, sizeof page, file);
    fclose(file);
    struct arena arena;
    arena_init(&arena);
    assert_true(text_equal(lease_codes_print_markdown(&arena), (struct text){page, length}));
    arena_clean_up(&arena);
}

static void states_of_a_device_have_words(void **state) {
    (void)state;
    struct fault fault;
    enum device_state parsed = DEVICE_ACTIVE;
    for (int i = DEVICE_ACTIVE; i <= DEVICE_DROPPED; i++) {
        const char *word = device_state_name((enum device_state)i);
        assert_int_equal(device_state_parse(text_of(word), &parsed, &fault), STATUS_OK);
        assert_int_equal(parsed, i);
    }
    assert_int_equal(device_state_parse(TEXT("gone"), &parsed, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "unknown-state");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_with_a_seat_works_while_its_licence_is_on_and_nothing_above_is_suspended),
        cmocka_unit_test(who_suspended_is_told),
        cmocka_unit_test(a_seat_beyond_the_counted_seats_is_no_seat),
        cmocka_unit_test(what_is_wrong_with_the_licence_goes_before_what_is_wrong_with_the_device),
        cmocka_unit_test(only_one_kind_of_facts_lets_a_device_work),
        cmocka_unit_test(every_code_has_a_word_of_its_own_and_a_sentence),
        cmocka_unit_test(the_page_in_the_docs_is_what_the_table_prints),
        cmocka_unit_test(states_of_a_device_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
