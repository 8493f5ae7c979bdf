#include "core/base/state_machine.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool is_event_of(const struct state_machine *machine, const char *event) {
    for (size_t i = 0; i < machine->transition_count; i++) {
        if (strcmp(machine->transitions[i].event, event) == 0) {
            return true;
        }
    }
    return false;
}

/* "sign or terminate": the events that lead out of a state; empty where none does. */
static void list_events_from(const struct state_machine *machine, int from, char *out, size_t size_bytes) {
    size_t left = 0;
    for (size_t i = 0; i < machine->transition_count; i++) {
        left += machine->transitions[i].from == from;
    }
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < machine->transition_count; i++) {
        if (machine->transitions[i].from == from) {
            left--;
            int added = snprintf(out + used, size_bytes - used, "%s%s", machine->transitions[i].event,
                                 left > 1    ? ", "
                                 : left == 1 ? " or "
                                             : "");
            assert(added > 0 && (size_t)added < size_bytes - used);
            used += (size_t)added;
        }
    }
}

enum status machine_step(const struct state_machine *machine, int from, const char *event, int *to,
                         struct fault *fault) {
    assert(from >= 0 && from < machine->state_count);
    assert(is_event_of(machine, event));
    for (size_t i = 0; i < machine->transition_count; i++) {
        const struct transition *row = &machine->transitions[i];
        if (row->from == from && strcmp(row->event, event) == 0) {
            *to = row->to;
            return STATUS_OK;
        }
    }
    char possible[200];
    list_events_from(machine, from, possible, sizeof possible);
    const char *state = machine->states[from];
    if (possible[0] == '\0') {
        return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", text_of(state),
                         "The %s is %s, so \"%s\" is not possible: that state is final.", machine->name,
                         state, event);
    }
    return fault_set(fault, STATUS_CONFLICT, "wrong-state", "state", text_of(state),
                     "The %s is %s, so \"%s\" is not possible, but %s is.", machine->name, state, event,
                     possible);
}

const char *machine_state_name(const struct state_machine *machine, int state) {
    assert(state >= 0 && state < machine->state_count);
    return machine->states[state];
}

enum status machine_state_parse(const struct state_machine *machine, struct text word, int *state,
                                struct fault *fault) {
    char known[200];
    size_t used = 0;
    for (int i = 0; i < machine->state_count; i++) {
        if (text_is(word, machine->states[i])) {
            *state = i;
            return STATUS_OK;
        }
        int added =
            snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", machine->states[i]);
        assert(added > 0 && (size_t)added < sizeof known - used);
        used += (size_t)added;
    }
    return fault_set(fault, STATUS_INVALID, "unknown-state", "state", word, "The states of the %s are: %s.",
                     machine->name, known);
}

static struct text append(struct arena *arena, struct text so_far, struct text more) {
    return text_format(arena, "%.*s%.*s", TEXT_ARGS(so_far), TEXT_ARGS(more));
}

struct text states_print_markdown(struct arena *arena, const struct state_machine *const *machines,
                                  size_t machine_count) {
    struct text page = TEXT(
        "# States\n\n"
        "Printed from the code's tables by `seatmeter states`. A transition that is not listed is refused "
        "with\n`wrong-state` and changes nothing. A thing begins in the first of its states.\n");
    for (size_t m = 0; m < machine_count; m++) {
        const struct state_machine *machine = machines[m];
        page = append(arena, page, text_format(arena, "\n## %s\nStates:", machine->name));
        for (int i = 0; i < machine->state_count; i++) {
            page = append(arena, page, text_format(arena, "%s %s", i == 0 ? "" : ",", machine->states[i]));
        }
        page = append(arena, page, TEXT("\n\n| from | event | to |\n| --- | --- | --- |\n"));
        for (size_t i = 0; i < machine->transition_count; i++) {
            const struct transition *row = &machine->transitions[i];
            page = append(arena, page,
                          text_format(arena, "| %s | %s | %s |\n", machine->states[row->from], row->event,
                                      machine->states[row->to]));
        }
    }
    return page;
}
