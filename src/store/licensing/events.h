/* Licence events: the append-only log from which every bill is computed, numbered without a gap.
 *
 * An event of kind `undo` voids earlier events of its licence. All of them stay in the log; an event that is
 * neither voided nor an undo is live, and the live ones alone are metered. */
#ifndef SEATMETER_STORE_LICENSING_EVENTS_H
#define SEATMETER_STORE_LICENSING_EVENTS_H

#include "core/usage/event.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

/* The counter that numbers the log (db_counter_take). */
#define LICENCE_EVENT_COUNTER "licence_events"

/* Numbers the events in their order and writes them. */
enum status licence_events_write(struct db *db, struct licence_event *events, size_t count,
                                 int64_t recorded_at_us, struct fault *fault) MUST_CHECK;

/* An event with what the log knows of it besides. */
struct logged_event {
    struct licence_event event;
    int64_t recorded_at_us;
    int64_t voided_by; /* the sequence of the undo; 0: not voided */
};

/* A page of one licence's events in log order; `page.after_id` and `*next_after` are sequences. */
enum status licence_events_list(struct db *db, struct arena *arena, int64_t licence_id, struct page page,
                                struct logged_event **events, size_t *count, int64_t *next_after,
                                struct fault *fault) MUST_CHECK;

/* The latest live events of a licence, the latest first, `limit` at most. */
enum status licence_events_live_latest(struct db *db, struct arena *arena, int64_t licence_id, int64_t limit,
                                       struct logged_event **events, size_t *count,
                                       struct fault *fault) MUST_CHECK;

/* The live event of a licence that comes before a sequence. */
enum status licence_event_live_before(struct db *db, int64_t licence_id, int64_t sequence,
                                      struct logged_event *event, bool *found,
                                      struct fault *fault) MUST_CHECK;

/* When the first live event `on` before a sequence took effect; 0: there is none. */
enum status licence_events_first_on(struct db *db, int64_t licence_id, int64_t before, int64_t *at_us,
                                    struct fault *fault) MUST_CHECK;

/* The licences, parts left out, that a customer's last drop-out turned off and whose event is live still, by
 * id, and when that was recorded (0: never). */
enum status licence_events_turned_off(struct db *db, struct arena *arena, int64_t customer_id,
                                      int64_t *recorded_at_us, int64_t **licence_ids, size_t *count,
                                      struct fault *fault) MUST_CHECK;

/* Notes that the undo `voided_by` voids an event; each is voided once. */
enum status licence_event_void(struct db *db, int64_t sequence, int64_t voided_by,
                               struct fault *fault) MUST_CHECK;

/* Whether a late change that lowers what counts voided an event in [from_us, to_us) of a customer below the
 * account (R4.18). */
enum status licence_events_lowered_late(struct db *db, int64_t below_id, int64_t from_us, int64_t to_us,
                                        bool *yes, struct fault *fault) MUST_CHECK;

/* How many events the log has. */
enum status licence_events_count(struct db *db, int64_t *count, struct fault *fault) MUST_CHECK;

#endif
