/* States: every pair of state and event does what the programme's rules say, and the page in docs/ shows it.
 */
#include "core/usage/state_machines.h"

#include "core/licence/licence_state.h"
#include "core/money/invoice.h"
#include "core/parties/agreement.h"
#include "core/usage/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REFUSED = -1 };

static int step(const struct state_machine *machine, int from, const char *event) {
    struct fault fault;
    int to = REFUSED;
    enum status status = machine_step(machine, from, event, &to, &fault);
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_CONFLICT);
        assert_string_equal(fault.code, "wrong-state");
        assert_string_equal(fault.field, "state");
        assert_string_equal(fault.value, machine_state_name(machine, from));
        assert_int_equal(to, REFUSED);
    }
    return to;
}

static void an_agreement_is_offered_signed_suspended_resumed_and_can_always_be_terminated(void **state) {
    (void)state;
    assert_int_equal(step(&agreement_machine, AGREEMENT_DRAFT, "offer"), AGREEMENT_OFFERED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_OFFERED, "sign"), AGREEMENT_SIGNED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_SIGNED, "suspend"), AGREEMENT_SUSPENDED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_SUSPENDED, "resume"), AGREEMENT_SIGNED);
    for (int from = AGREEMENT_DRAFT; from < AGREEMENT_TERMINATED; from++) {
        assert_int_equal(step(&agreement_machine, from, "terminate"), AGREEMENT_TERMINATED);
    }
    assert_int_equal(step(&agreement_machine, AGREEMENT_DRAFT, "sign"), REFUSED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_SIGNED, "sign"), REFUSED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_OFFERED, "suspend"), REFUSED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_SUSPENDED, "suspend"), REFUSED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_SIGNED, "resume"), REFUSED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_TERMINATED, "terminate"), REFUSED);
    assert_int_equal(step(&agreement_machine, AGREEMENT_TERMINATED, "resume"), REFUSED);
}

static void a_block_is_closed_once(void **state) {
    (void)state;
    assert_int_equal(step(&block_machine, BLOCK_OPEN, "close"), BLOCK_CLOSED);
    assert_int_equal(step(&block_machine, BLOCK_CLOSED, "close"), REFUSED);
}

static void a_licence_goes_on_and_off_until_it_is_retired_for_good(void **state) {
    (void)state;
    assert_int_equal(step(&licence_machine, LICENCE_ISSUED, "on"), LICENCE_ON);
    assert_int_equal(step(&licence_machine, LICENCE_ON, "off"), LICENCE_OFF);
    assert_int_equal(step(&licence_machine, LICENCE_OFF, "on"), LICENCE_ON);
    for (int from = LICENCE_ISSUED; from < LICENCE_RETIRED; from++) {
        assert_int_equal(step(&licence_machine, from, "retire"), LICENCE_RETIRED);
    }
    assert_int_equal(step(&licence_machine, LICENCE_ISSUED, "off"), REFUSED);
    assert_int_equal(step(&licence_machine, LICENCE_ON, "on"), REFUSED);
    assert_int_equal(step(&licence_machine, LICENCE_OFF, "off"), REFUSED);
    assert_int_equal(step(&licence_machine, LICENCE_RETIRED, "on"), REFUSED);
    assert_int_equal(step(&licence_machine, LICENCE_RETIRED, "off"), REFUSED);
    assert_int_equal(step(&licence_machine, LICENCE_RETIRED, "retire"), REFUSED);
}

static void a_month_closes_with_a_report_or_on_edges_that_need_none_without(void **state) {
    (void)state;
    assert_int_equal(step(&month_machine, MONTH_OPEN, "report"), MONTH_REPORTING);
    assert_int_equal(step(&month_machine, MONTH_REPORTING, "freeze"), MONTH_CLOSING);
    assert_int_equal(step(&month_machine, MONTH_OPEN, "freeze"), MONTH_CLOSING);
    assert_int_equal(step(&month_machine, MONTH_CLOSING, "close"), MONTH_CLOSED);
    assert_int_equal(step(&month_machine, MONTH_CLOSING, "thaw"), MONTH_OPEN);
    assert_int_equal(step(&month_machine, MONTH_CLOSING, "thaw-reported"), MONTH_REPORTING);
    assert_int_equal(step(&month_machine, MONTH_CLOSING, "report"), REFUSED);
    assert_int_equal(step(&month_machine, MONTH_CLOSED, "freeze"), REFUSED);
    assert_int_equal(step(&month_machine, MONTH_CLOSED, "close"), REFUSED);
    assert_int_equal(step(&month_machine, MONTH_CLOSED, "report"), REFUSED);
}

static void a_rejected_report_is_revised_and_an_approved_one_is_final(void **state) {
    (void)state;
    assert_int_equal(step(&report_machine, REPORT_DRAFT, "submit"), REPORT_SUBMITTED);
    assert_int_equal(step(&report_machine, REPORT_SUBMITTED, "approve"), REPORT_APPROVED);
    assert_int_equal(step(&report_machine, REPORT_SUBMITTED, "reject"), REPORT_REJECTED);
    assert_int_equal(step(&report_machine, REPORT_REJECTED, "revise"), REPORT_DRAFT);
    assert_int_equal(step(&report_machine, REPORT_DRAFT, "approve"), REFUSED);
    assert_int_equal(step(&report_machine, REPORT_APPROVED, "reject"), REFUSED);
    assert_int_equal(step(&report_machine, REPORT_REJECTED, "submit"), REFUSED);
}

static void an_invoice_is_issued_then_paid_or_written_off(void **state) {
    (void)state;
    assert_int_equal(step(&invoice_machine, INVOICE_DRAFT, "issue"), INVOICE_ISSUED);
    assert_int_equal(step(&invoice_machine, INVOICE_ISSUED, "pay"), INVOICE_PAID);
    assert_int_equal(step(&invoice_machine, INVOICE_ISSUED, "write-off"), INVOICE_WRITTEN_OFF);
    assert_int_equal(step(&invoice_machine, INVOICE_DRAFT, "pay"), REFUSED);
    assert_int_equal(step(&invoice_machine, INVOICE_PAID, "write-off"), REFUSED);
    assert_int_equal(step(&invoice_machine, INVOICE_WRITTEN_OFF, "pay"), REFUSED);
}

static void a_refusal_says_what_would_be_possible(void **state) {
    (void)state;
    struct fault fault;
    int to;
    assert_int_equal(machine_step(&agreement_machine, AGREEMENT_SIGNED, "sign", &to, &fault),
                     STATUS_CONFLICT);
    assert_string_equal(fault.message,
                        "The agreement is signed, so \"sign\" is not possible, but suspend or terminate is.");
    assert_int_equal(machine_step(&licence_machine, LICENCE_RETIRED, "on", &to, &fault), STATUS_CONFLICT);
    assert_string_equal(fault.message,
                        "The licence is retired, so \"on\" is not possible: that state is final.");
}

static void every_table_is_sound_and_every_state_can_be_reached(void **state) {
    (void)state;
    for (int m = 0; m < STATE_MACHINE_COUNT; m++) {
        const struct state_machine *machine = state_machines[m];
        bool reached[8] = {true}; /* a thing begins in its first state */
        assert_in_range(machine->state_count, 2, 8);
        for (int pass = 0; pass < machine->state_count; pass++) {
            for (size_t i = 0; i < machine->transition_count; i++) {
                const struct transition *row = &machine->transitions[i];
                assert_in_range(row->from, 0, machine->state_count - 1);
                assert_in_range(row->to, 0, machine->state_count - 1);
                reached[row->to] |= reached[row->from];
                for (size_t j = 0; j < i; j++) {
                    assert_false(machine->transitions[j].from == row->from &&
                                 strcmp(machine->transitions[j].event, row->event) == 0);
                }
            }
        }
        for (int s = 0; s < machine->state_count; s++) {
            assert_true(reached[s]);
        }
    }
}

static void a_state_has_one_word_that_parses_back(void **state) {
    (void)state;
    struct fault fault;
    for (int m = 0; m < STATE_MACHINE_COUNT; m++) {
        const struct state_machine *machine = state_machines[m];
        for (int s = 0; s < machine->state_count; s++) {
            int parsed = -1;
            struct text word = text_of(machine_state_name(machine, s));
            assert_int_equal(machine_state_parse(machine, word, &parsed, &fault), STATUS_OK);
            assert_int_equal(parsed, s);
        }
    }
    int untouched = 9;
    assert_int_equal(machine_state_parse(&report_machine, TEXT("paid"), &untouched, &fault), STATUS_INVALID);
    assert_string_equal(fault.code, "unknown-state");
    assert_string_equal(fault.message, "The states of the report are: draft, submitted, approved, rejected.");
    assert_int_equal(untouched, 9);
}

static void the_page_in_the_docs_is_what_the_tables_print(void **state) {
    (void)state;
    const char *root = getenv("SEATMETER_SOURCE_ROOT");
    char path[1024];
    snprintf(path, sizeof path, "%s/docs/states.md", root == NULL ? "." : root);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s: run from the source folder or set SEATMETER_SOURCE_ROOT", path);
    }
    static char page[64 * 1024];
    size_t length = fread(page, 1, sizeof page, file);
    fclose(file);
    struct arena arena;
    arena_init(&arena);
    struct text printed = states_print_markdown(&arena, state_machines, STATE_MACHINE_COUNT);
    assert_true(text_equal(printed, (struct text){page, length}));
    arena_clean_up(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agreement_is_offered_signed_suspended_resumed_and_can_always_be_terminated),
        cmocka_unit_test(a_block_is_closed_once),
        cmocka_unit_test(a_licence_goes_on_and_off_until_it_is_retired_for_good),
        cmocka_unit_test(a_month_closes_with_a_report_or_on_edges_that_need_none_without),
        cmocka_unit_test(a_rejected_report_is_revised_and_an_approved_one_is_final),
        cmocka_unit_test(an_invoice_is_issued_then_paid_or_written_off),
        cmocka_unit_test(a_refusal_says_what_would_be_possible),
        cmocka_unit_test(every_table_is_sound_and_every_state_can_be_reached),
        cmocka_unit_test(a_state_has_one_word_that_parses_back),
        cmocka_unit_test(the_page_in_the_docs_is_what_the_tables_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
