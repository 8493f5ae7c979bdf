#include "core/base/state_machine.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const agreement_states[] = {
    [AGREEMENT_DRAFT] = "draft",         [AGREEMENT_OFFERED] = "offered",       [AGREEMENT_SIGNED] = "signed",
    [AGREEMENT_SUSPENDED] = "suspended", [AGREEMENT_TERMINATED] = "terminated",
};
static const struct transition agreement_transitions[] = {
    {AGREEMENT_DRAFT, "offer", AGREEMENT_OFFERED},
    {AGREEMENT_OFFERED, "sign", AGREEMENT_SIGNED},
    {AGREEMENT_SIGNED, "suspend", AGREEMENT_SUSPENDED},
    {AGREEMENT_SUSPENDED, "resume", AGREEMENT_SIGNED},
    {AGREEMENT_DRAFT, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_OFFERED, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_SIGNED, "terminate", AGREEMENT_TERMINATED},
    {AGREEMENT_SUSPENDED, "terminate", AGREEMENT_TERMINATED},
};

static const char *const block_states[] = {[BLOCK_OPEN] = "open", [BLOCK_CLOSED] = "closed"};
static const struct transition block_transitions[] = {
    {BLOCK_OPEN, "close", BLOCK_CLOSED},
};

static const char *const licence_states[] = {
    [LICENCE_ISSUED] = "issued",
    [LICENCE_ON] = "on",
    [LICENCE_OFF] = "off",
    [LICENCE_RETIRED] = "retired",
};
static const struct transition licence_transitions[] = {
    {LICENCE_ISSUED, "on", LICENCE_ON},      {LICENCE_ON, "off", LICENCE_OFF},
    {LICENCE_OFF, "on", LICENCE_ON},         {LICENCE_ISSUED, "retire", LICENCE_RETIRED},
    {LICENCE_ON, "retire", LICENCE_RETIRED}, {LICENCE_OFF, "retire", LICENCE_RETIRED},
};

static const char *const month_states[] = {
    [MONTH_OPEN] = "open",
    [MONTH_REPORTING] = "reporting",
    [MONTH_CLOSED] = "closed",
};
static const struct transition month_transitions[] = {
    {MONTH_OPEN, "report", MONTH_REPORTING},
    {MONTH_REPORTING, "close", MONTH_CLOSED},
    {MONTH_OPEN, "close", MONTH_CLOSED}, /* an edge that needs no report */
};

static const char *const report_states[] = {
    [REPORT_DRAFT] = "draft",
    [REPORT_SUBMITTED] = "submitted",
    [REPORT_APPROVED] = "approved",
    [REPORT_REJECTED] = "rejected",
};
static const struct transition report_transitions[] = {
    {REPORT_DRAFT, "submit", REPORT_SUBMITTED},
    {REPORT_SUBMITTED, "approve", REPORT_APPROVED},
    {REPORT_SUBMITTED, "reject", REPORT_REJECTED},
    {REPORT_REJECTED, "revise", REPORT_DRAFT},
};

static const char *const invoice_states[] = {
    [INVOICE_DRAFT] = "draft",
    [INVOICE_ISSUED] = "issued",
    [INVOICE_PAID] = "paid",
    [INVOICE_WRITTEN_OFF] = "written-off",
};
static const struct transition invoice_transitions[] = {
    {INVOICE_DRAFT, "issue", INVOICE_ISSUED},
    {INVOICE_ISSUED, "pay", INVOICE_PAID},
    {INVOICE_ISSUED, "write-off", INVOICE_WRITTEN_OFF},
};

#define TABLE(machine)                                                                                       \
    {                                                                                                        \
#machine, machine##_states, COUNT(machine##_states), machine##_transitions,                          \
            COUNT(machine##_transitions)                                                                     \
    }

static const struct machine_table tables[] = {
    [MACHINE_AGREEMENT] = TABLE(agreement), [MACHINE_BLOCK] = TABLE(block),
    [MACHINE_LICENCE] = TABLE(licence),     [MACHINE_MONTH] = TABLE(month),
    [MACHINE_REPORT] = TABLE(report),       [MACHINE_INVOICE] = TABLE(invoice),
};

const struct machine_table *machine_table(enum machine machine) {
    assert((size_t)machine < COUNT(tables));
    return &tables[machine];
}

static bool is_event_of(const struct machine_table *table, const char *event) {
    for (size_t i = 0; i < table->transition_count; i++) {
        if (strcmp(table->transitions[i].event, event) == 0) {
            return true;
        }
    }
    return false;
}

/* "sign or terminate": the events that lead out of a state; empty where none does. */
static void list_events_from(const struct machine_table *table, int from, char *out, size_t size_bytes) {
    size_t left = 0;
    for (size_t i = 0; i < table->transition_count; i++) {
        left += table->transitions[i].from == from;
    }
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < table->transition_count; i++) {
        if (table->transitions[i].from == from) {
            left--;
            int added = snprintf(out + used, size_bytes - used, "%s%s", table->transitions[i].event,
                                 left > 1    ? ", "
                                 : left == 1 ? " or "
                                             : "");
            assert(added > 0 && (size_t)added < size_bytes - used);
            used += (size_t)added;
        }
    }
}

enum status machine_step(enum machine machine, int from, const char *event, int *to, struct fault *fault) {
    const struct machine_table *table = machine_table(machine);
    assert(from >= 0 && from < table->state_count);
    assert(is_event_of(table, event));
    for (size_t i = 0; i < table->transition_count; i++) {
        const struct transition *row = &table->transitions[i];
        if (row->from == from && strcmp(row->event, event) == 0) {
            *to = row->to;
            return STATUS_OK;
        }
    }
    char possible[200];
    list_events_from(table, from, possible, sizeof possible);
    const char *state = table->states[from];
    return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", text_of(state),
                     "the %s is %s, so \"%s\" is not possible; what is: %s", table->name, state, event,
                     possible[0] == '\0' ? "nothing, that state is final" : possible);
}

const char *machine_state_name(enum machine machine, int state) {
    const struct machine_table *table = machine_table(machine);
    assert(state >= 0 && state < table->state_count);
    return table->states[state];
}

enum status machine_state_parse(enum machine machine, struct text word, int *state, struct fault *fault) {
    const struct machine_table *table = machine_table(machine);
    char known[200];
    size_t used = 0;
    for (int i = 0; i < table->state_count; i++) {
        if (text_is(word, table->states[i])) {
            *state = i;
            return STATUS_OK;
        }
        int added = snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", table->states[i]);
        assert(added > 0 && (size_t)added < sizeof known - used);
        used += (size_t)added;
    }
    return fault_set(fault, STATUS_INVALID, "unknown-state", "state", word, "the states of the %s are: %s",
                     table->name, known);
}

static struct text append(struct arena *arena, struct text so_far, struct text more) {
    return text_format(arena, "%.*s%.*s", TEXT_ARGS(so_far), TEXT_ARGS(more));
}

struct text states_print_markdown(struct arena *arena) {
    struct text page = TEXT(
        "# States\n\n"
        "Printed from the tables of `src/core/base/state_machine.c` by `seatmeter states`. A transition that "
        "is not listed is refused with\n`wrong-state` and changes nothing. A thing begins in the "
        "first of its states.\n");
    for (size_t m = 0; m < COUNT(tables); m++) {
        const struct machine_table *table = &tables[m];
        page = append(arena, page, text_format(arena, "\n## %s\nStates:", table->name));
        for (int i = 0; i < table->state_count; i++) {
            page = append(arena, page, text_format(arena, "%s %s", i == 0 ? "" : ",", table->states[i]));
        }
        page = append(arena, page, TEXT("\n\n| from | event | to |\n| --- | --- | --- |\n"));
        for (size_t i = 0; i < table->transition_count; i++) {
            const struct transition *row = &table->transitions[i];
            page = append(arena, page,
                          text_format(arena, "| %s | %s | %s |\n", table->states[row->from], row->event,
                                      table->states[row->to]));
        }
    }
    return page;
}
