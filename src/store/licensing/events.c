#include "store/licensing/events.h"

#include "store/licensing/event_fields.h"

#include <assert.h>

static const struct db_field LICENCE_EVENT_FIELDS[] = {
    DB_FIELD_INT(struct licence_event, sequence, "sequence"),
    DB_FIELD_INT(struct licence_event, at_us, "at_us"),
    DB_FIELD_INT(struct licence_event, licence_id, "licence_id"),
    DB_FIELD_INT(struct licence_event, provider_id, "provider_id"),
    DB_FIELD_INT(struct licence_event, customer_id, "customer_id"),
    DB_FIELD_INT(struct licence_event, sku_id, "sku_id"),
    DB_FIELD_INT(struct licence_event, cause_id, "cause_id"),
    DB_FIELD_NUMBER(struct licence_event, kind, "kind"),
    DB_FIELD_INT32(struct licence_event, own_seats, "own_seats"),
    DB_FIELD_INT32(struct licence_event, seats_before, "seats_before"),
    DB_FIELD_INT32(struct licence_event, seats_after, "seats_after"),
};
const struct db_fields LICENCE_EVENT = DB_FIELDS(struct licence_event, LICENCE_EVENT_FIELDS);

static const char INSERT[] = "insert into licence_events (recorded_at_us, {}) values ($1, {$2})";

/* Whether an event of a licence goes on where the one before it ended. */
static bool follows(const struct licence_event *event, const struct licence_event *before) {
    return event->seats_before == before->seats_after && event->at_us >= before->at_us;
}

enum status licence_events_write(struct db *db, struct licence_event *events, size_t count,
                                 int64_t recorded_at_us, struct fault *fault) {
    if (count == 0) {
        return STATUS_OK;
    }
    int64_t first = 0;
    TRY(db_counter_take(db, LICENCE_EVENT_COUNTER, (int64_t)count, &first, fault));
    for (size_t i = 0; i < count; i++) {
        struct licence_event *event = &events[i];
        assert(event->own_seats >= 0 && event->seats_before >= 0);
        assert(event->seats_after == 0 || event->seats_after == event->own_seats);
        assert(i == 0 || events[i - 1].licence_id != event->licence_id || follows(event, &events[i - 1]));
        event->sequence = first + (int64_t)i;
        TRY(rows_insert(db, &LICENCE_EVENT, INSERT, DB_ARGS(db_integer(recorded_at_us)), event, fault));
    }
    return STATUS_OK;
}

static const char LIST[] =
    "select {} from licence_events where licence_id = $1 and sequence > $2 order by sequence limit $3";

enum status licence_events_list(struct db *db, struct arena *arena, int64_t licence_id, struct page page,
                                struct licence_event **events, size_t *count, int64_t *next_after,
                                struct fault *fault) {
    return rows_page(db, arena, &LICENCE_EVENT, LIST,
                     DB_ARGS(db_integer(licence_id), db_integer(page.after_id)), page, events, count,
                     next_after, fault);
}

static const char COUNT[] = "select count(*) from licence_events";

enum status licence_events_count(struct db *db, int64_t *count, struct fault *fault) {
    return db_query_int(db, COUNT, DB_NO_ARGS, 0, count, fault);
}
