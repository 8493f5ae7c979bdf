/* Void events: takes a licence back to where it was before its latest live events (R4.15).
 *
 * Nothing of the log is altered. An event `undo` is written, whose seats are those of before, and the events
 * that it names are noted as voided. What is metered leaves out both. Whether the events may be taken back is
 * for the use case to say. */
#ifndef SEATMETER_PROGRAMME_LICENSING_VOID_EVENTS_H
#define SEATMETER_PROGRAMME_LICENSING_VOID_EVENTS_H

#include "programme/call/call.h"
#include "store/licensing/events.h"
#include "store/licensing/licences.h"

/* The events to take back, the latest first: all that are live from the last of them on. */
struct voiding {
    const struct logged_event *events;
    size_t count;
};

/* What the licence comes to without them. `first_on_at_us` and `last_at_us` are 0 where nothing is left. */
struct state_before {
    enum licence_state state;
    int32_t seats;
    int32_t counted_seats;
    int64_t first_on_at_us;
    int64_t last_at_us;
};

enum status state_before_find(const struct call *call, const struct licence *licence,
                              const struct voiding *voiding, struct state_before *before,
                              struct fault *fault) MUST_CHECK;

/* The most seats that counted after one of the events. */
int32_t voiding_peak(const struct voiding *voiding);

/* A licence and what of it is taken back. */
struct undoing {
    struct licence *licence;
    struct voiding voiding;
    struct state_before before;
};

/* The cause of an undo: somebody asked for it, or a change with an earlier date made it (R4.18), after which
 * as many seats or more, or fewer, had counted. */
enum undo_cause { UNDO_ASKED_FOR = 0, UNDO_BY_LATE_CHANGE = 1, UNDO_BY_LOWERING_CHANGE = 2 };

/* Writes an undo for each, a licence and then its parts, and moves and saves them; the licence's block gets
 * and gives what its seats change by. Those with nothing to void are left alone. Fault "seats-beyond-block".
 */
enum status void_events(struct call *call, const struct undoing *undoing, size_t count, enum undo_cause cause,
                        struct fault *fault) MUST_CHECK;

#endif
