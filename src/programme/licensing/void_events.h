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

/* Writes the undo, and moves and saves the licence. Its block is the caller's. */
enum status void_events(struct call *call, struct licence *licence, const struct voiding *voiding,
                        const struct state_before *before, struct fault *fault) MUST_CHECK;

#endif
