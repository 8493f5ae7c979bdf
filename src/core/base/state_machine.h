/* States: the state machines of the programme, as tables.
 *
 * Every transition is decided here and nowhere else: state × event → state, or refused with the one
 * fault "wrong-state" that names the state, the event and what would be possible. The docs print the same
 * tables (seatmeter states). */
#ifndef SEATMETER_CORE_BASE_STATE_MACHINE_H
#define SEATMETER_CORE_BASE_STATE_MACHINE_H

#include "core/base/fault.h"

#include <stddef.h>

enum machine {
    MACHINE_AGREEMENT,
    MACHINE_BLOCK,
    MACHINE_LICENCE,
    MACHINE_MONTH,
    MACHINE_REPORT,
    MACHINE_INVOICE
};

enum agreement_state {
    AGREEMENT_DRAFT,
    AGREEMENT_OFFERED,
    AGREEMENT_SIGNED,
    AGREEMENT_SUSPENDED,
    AGREEMENT_TERMINATED
};
enum block_state { BLOCK_OPEN, BLOCK_CLOSED };
enum licence_state { LICENCE_ISSUED, LICENCE_ON, LICENCE_OFF, LICENCE_RETIRED };
enum month_state { MONTH_OPEN, MONTH_REPORTING, MONTH_CLOSED };
enum report_state { REPORT_DRAFT, REPORT_SUBMITTED, REPORT_APPROVED, REPORT_REJECTED };
enum invoice_state { INVOICE_DRAFT, INVOICE_ISSUED, INVOICE_PAID, INVOICE_WRITTEN_OFF };

/* One row of a machine's table. */
struct transition {
    int from;
    const char *event; /* "sign" */
    int to;
};

/* A machine's name, its states' names (indexed by state) and its transitions. */
struct machine_table {
    const char *name;
    const char *const *states;
    int state_count;
    const struct transition *transitions;
    size_t transition_count;
};

const struct machine_table *machine_table(enum machine machine);

/* The state after `event`, or fault "wrong-state" on field "state". `event` is one of the table's;
 * anything else is a bug and asserts. */
enum status machine_step(enum machine machine, int from, const char *event, int *to,
                         struct fault *fault) MUST_CHECK;

/* A state's word ("signed") and back; the parse fails with "unknown-state". */
const char *machine_state_name(enum machine machine, int state);
enum status machine_state_parse(enum machine machine, struct text word, int *state,
                                struct fault *fault) MUST_CHECK;

/* All tables as the Markdown page that stands in docs/states.md. */
struct text states_print_markdown(struct arena *arena);

#endif
