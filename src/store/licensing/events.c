#include "store/licensing/events.h"

#include <assert.h>

static const char INSERT[] = "insert into licence_events (sequence, at_us, licence_id, provider_id, "
                             "customer_id, sku_id, cause_id, kind, "
                             "own_seats, seats_before, seats_after, recorded_at_us) "
                             "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

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
    enum status status = db_counter_take(db, LICENCE_EVENT_COUNTER, (int64_t)count, &first, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct licence_event *event = &events[i];
        assert(event->own_seats >= 0 && event->seats_before >= 0);
        assert(event->seats_after == 0 || event->seats_after == event->own_seats);
        assert(i == 0 || events[i - 1].licence_id != event->licence_id || follows(event, &events[i - 1]));
        event->sequence = first + (int64_t)i;
        status = db_run(db, INSERT,
                        DB_ARGS(db_integer(event->sequence), db_integer(event->at_us),
                                db_integer(event->licence_id), db_integer(event->provider_id),
                                db_integer(event->customer_id), db_integer(event->sku_id),
                                db_integer(event->cause_id), db_integer(event->kind),
                                db_integer(event->own_seats), db_integer(event->seats_before),
                                db_integer(event->seats_after), db_integer(recorded_at_us)),
                        NULL, fault);
    }
    return status;
}

static const char LIST[] =
    "select sequence, at_us, licence_id, provider_id, customer_id, sku_id, cause_id, kind, own_seats, "
    "seats_before, "
    "seats_after from licence_events where licence_id = $1 and sequence > $2 order by sequence limit $3";

static struct licence_event event_from_row(struct db_rows *rows) {
    return (struct licence_event){
        .sequence = db_column_int(rows, 0),
        .at_us = db_column_int(rows, 1),
        .licence_id = db_column_int(rows, 2),
        .provider_id = db_column_int(rows, 3),
        .customer_id = db_column_int(rows, 4),
        .sku_id = db_column_int(rows, 5),
        .cause_id = db_column_int(rows, 6),
        .kind = (enum event_kind)db_column_int(rows, 7),
        .own_seats = (int32_t)db_column_int(rows, 8), /* all three were written from an int32_t */
        .seats_before = (int32_t)db_column_int(rows, 9),
        .seats_after = (int32_t)db_column_int(rows, 10),
    };
}

enum status licence_events_list(struct db *db, struct arena *arena, int64_t licence_id, struct page page,
                                struct licence_event **events, size_t *count, int64_t *next_after,
                                struct fault *fault) {
    int32_t limit = page_limit(page);
    struct licence_event *items = ARENA_NEW(arena, struct licence_event, (size_t)limit + 1);
    size_t used = 0;
    struct db_rows *rows = NULL;
    enum status status = db_query(
        db, LIST, DB_ARGS(db_integer(licence_id), db_integer(page.after_id), db_integer((int64_t)limit + 1)),
        &rows, fault);
    bool have_row = true;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items[used++] = event_from_row(rows);
    }
    db_rows_close(rows);
    if (status != STATUS_OK) {
        return status;
    }
    bool more = used > (size_t)limit;
    *count = more ? (size_t)limit : used;
    *next_after = more ? items[limit - 1].sequence : 0;
    *events = items;
    return STATUS_OK;
}

static const char COUNT[] = "select count(*) from licence_events";

enum status licence_events_count(struct db *db, int64_t *count, struct fault *fault) {
    return db_query_int(db, COUNT, DB_NO_ARGS, 0, count, fault);
}
