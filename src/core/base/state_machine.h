/* State machine: a thing's states and transitions as a table, beside the thing.
 *
 * Every transition is decided by machine_step and nowhere else: state × event → state, or refused with the
 * one fault "wrong-state" that names the state, the event and what would be possible. The docs print the same
 * tables (seatmeter states). */
#ifndef SEATMETER_CORE_BASE_STATE_MACHINE_H
#define SEATMETER_CORE_BASE_STATE_MACHINE_H

#include "core/base/fault.h"

#include <stddef.h>

/* One row of a machine's table. */
struct transition {
    int from;
    const char *event; /* "sign" */
    int to;
};

/* A machine's name, its states' names (indexed by state) and its transitions. */
struct state_machine {
    const char *name;
    const char *const *states;
    int state_count;
    const struct transition *transitions;
    size_t transition_count;
};

/* A machine out of two arrays: what their sizes count stands in them alone. */
#define STATE_MACHINE(name, states, transitions)                                                             \
    {                                                                                                        \
        (name), (states), sizeof(states) / sizeof(states)[0], (transitions),                                 \
            sizeof(transitions) / sizeof(transitions)[0]                                                     \
    }

/* The state after `event`, or fault "wrong-state" on field "state". `event` is one of the table's; anything
 * else is a bug and asserts. */
enum status machine_step(const struct state_machine *machine, int from, const char *event, int *to,
                         struct fault *fault) MUST_CHECK;

/* A state's word ("signed") and back; the parse fails with "unknown-state". */
const char *machine_state_name(const struct state_machine *machine, int state);
enum status machine_state_parse(const struct state_machine *machine, struct text word, int *state,
                                struct fault *fault) MUST_CHECK;

/* The machines as the Markdown page that stands in docs/states.md. */
struct text states_print_markdown(struct arena *arena, const struct state_machine *const *machines,
                                  size_t machine_count);

#endif
