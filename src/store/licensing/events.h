/* Licence events: the append-only logs from which every bill is computed, one of each provider.
 *
 * A log is numbered 1, 2, 3, … without a gap in the order in which its events were recorded. The numbers come
 * from the provider's own row of event_logs: nothing is numbered over providers. A licence is its provider's
 * for ever, so all its events stand in one log.
 *
 * An event of kind `undo` voids earlier events of its licence. All of them stay in the log; an event that is
 * neither voided nor an undo is live, and the live ones alone are metered. */
#ifndef SEATMETER_STORE_LICENSING_EVENTS_H
#define SEATMETER_STORE_LICENSING_EVENTS_H

#include "core/usage/event.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

/* What a log's row becomes when `excluded` says how many events are recorded now. */
#define EVENT_LOG_GOES_ON                                                                                    \
    "on conflict (provider_id) do update set taken = event_logs.taken + excluded.taken, untimed = case "     \
    "when "                                                                                                  \
    "excluded.recorded_at_us < event_logs.recorded_at_us then event_logs.taken else event_logs.untimed "     \
    "end, "                                                                                                  \
    "recorded_at_us = excluded.recorded_at_us"

/* Numbers the events in their order, writes them, and carries them over to the usage groups. They are of one
 * provider. */
enum status licence_events_write(struct db *db, struct licence_event *events, size_t count,
                                 int64_t recorded_at_us, struct fault *fault) MUST_CHECK;

/* An event with what the log knows of it besides. */
struct logged_event {
    struct licence_event event;
    int64_t recorded_at_us;
    int64_t voided_by; /* the number of the undo; 0: not voided */
};

/* A page of one licence's events in log order; `page.after_id` and `*next_after` are numbers. */
enum status licence_events_list(struct db *db, struct arena *arena, int64_t licence_id, struct page page,
                                struct logged_event **events, size_t *count, int64_t *next_after,
                                struct fault *fault) MUST_CHECK;

/* The latest live events of a licence, the latest first, `limit` at most. */
enum status licence_events_live_latest(struct db *db, struct arena *arena, int64_t licence_id, int64_t limit,
                                       struct logged_event **events, size_t *count,
                                       struct fault *fault) MUST_CHECK;

/* The live event of a licence that comes before a number of its log. */
enum status licence_event_live_before(struct db *db, int64_t licence_id, int64_t number,
                                      struct logged_event *event, bool *found,
                                      struct fault *fault) MUST_CHECK;

/* When the first live event `on` before a number took effect; 0: there is none. */
enum status licence_events_first_on(struct db *db, int64_t licence_id, int64_t before, int64_t *at_us,
                                    struct fault *fault) MUST_CHECK;

/* The licences, parts left out, that a customer's last drop-out turned off and whose event is live still, by
 * id, and when that was recorded (0: never). */
enum status licence_events_turned_off(struct db *db, struct arena *arena, int64_t customer_id,
                                      int64_t *recorded_at_us, int64_t **licence_ids, size_t *count,
                                      struct fault *fault) MUST_CHECK;

/* Notes that the undo `voided_by` voids an event; each is voided once. */
enum status licence_event_void(struct db *db, int64_t provider_id, int64_t number, int64_t voided_by,
                               struct fault *fault) MUST_CHECK;

/* A fall that was told more than a minute after it took effect (CLOCKS_APART_US). The words are those of the
 * index licence_events_late, so that the index finds them. */
#define LATE_FALL "e.seats_after < e.seats_before and e.recorded_at_us - e.at_us > 60000000 "

/* Whether a late change took away of what counted in [from_us, to_us) at a customer below the account
 * (R4.18): one that voided others, or a fall that was told late. */
enum status licence_events_lowered_late(struct db *db, int64_t below_id, int64_t from_us, int64_t to_us,
                                        bool *yes, struct fault *fault) MUST_CHECK;

/* A provider's log, and how far it is. */
struct event_log {
    int64_t provider_id;
    int64_t taken;          /* the number of its last event */
    int64_t recorded_at_us; /* of its last event */
    int64_t untimed; /* later events than this one were recorded in the order of their numbers. Those up to it
                        were numbered by an upgrade of the store, or the clock was set back after them */
};

/* All logs, by provider. */
enum status event_logs_load(struct db *db, struct arena *arena, struct event_log **logs, size_t *count,
                            struct fault *fault) MUST_CHECK;

/* How many events all logs have. */
enum status licence_events_count(struct db *db, int64_t *count, struct fault *fault) MUST_CHECK;

#endif
