/* Licence events: the append-only log from which every bill is computed, numbered without a gap. */
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

/* A page of one licence's events in log order; `page.after_id` and `*next_after` are sequences. */
enum status licence_events_list(struct db *db, struct arena *arena, int64_t licence_id, struct page page,
                                struct licence_event **events, size_t *count, int64_t *next_after,
                                struct fault *fault) MUST_CHECK;

/* How many events the log has. */
enum status licence_events_count(struct db *db, int64_t *count, struct fault *fault) MUST_CHECK;

#endif
