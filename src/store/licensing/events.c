#include "store/licensing/events.h"

#include "store/licensing/event_fields.h"
#include "store/licensing/usage_groups.h"

#include <assert.h>

static const struct db_field LICENCE_EVENT_FIELDS[] = {
    DB_FIELD_INT(struct licence_event, number, "number"),
    DB_FIELD_INT(struct licence_event, provider_id, "provider_id"),
    DB_FIELD_INT(struct licence_event, at_us, "at_us"),
    DB_FIELD_INT(struct licence_event, licence_id, "licence_id"),
    DB_FIELD_INT(struct licence_event, customer_id, "customer_id"),
    DB_FIELD_INT(struct licence_event, sku_id, "sku_id"),
    DB_FIELD_INT(struct licence_event, cause_id, "cause_id"),
    DB_FIELD_NUMBER(struct licence_event, kind, "kind", EVENT_UNDO),
    DB_FIELD_INT32(struct licence_event, own_seats, "own_seats"),
    DB_FIELD_INT32(struct licence_event, seats_before, "seats_before"),
    DB_FIELD_INT32(struct licence_event, seats_after, "seats_after"),
    DB_FIELD_INT32(struct licence_event, licence_seats, "licence_seats"),
};
const struct db_fields LICENCE_EVENT = DB_FIELDS(struct licence_event, LICENCE_EVENT_FIELDS);

static const struct db_field LOGGED_EVENT_FIELDS[] = {
    DB_FIELD_PART(struct logged_event, event, "e", &LICENCE_EVENT),
    DB_FIELD_INT(struct logged_event, recorded_at_us, "e.recorded_at_us"),
    DB_FIELD_INT(struct logged_event, voided_by, "v.voided_by", DB_OR_NULL),
};
const struct db_fields LOGGED_EVENT = DB_FIELDS(struct logged_event, LOGGED_EVENT_FIELDS);

/* What voids an event of the same log. */
#define VOIDS "v.provider_id = e.provider_id and v.number = e.number "
#define LOGGED "select {} from licence_events e left join voided_events v on " VOIDS
/* 6 is EVENT_UNDO. */
#define LIVE "v.number is null and e.kind <> 6 "
static_assert(EVENT_UNDO == 6, "LIVE names it");

static const char INSERT[] = "insert into licence_events (recorded_at_us, {}) values ($1, {$2})";

/* Whether an event of a licence goes on where the one before it ended. */
static bool follows(const struct licence_event *event, const struct licence_event *before) {
    return event->seats_before == before->seats_after && event->at_us >= before->at_us;
}

static const char TAKE[] =
    "insert into event_logs (provider_id, taken, recorded_at_us) values ($1, $2, $3) " EVENT_LOG_GOES_ON
    " returning taken";

static enum status take_numbers(struct db *db, int64_t provider_id, int64_t count, int64_t recorded_at_us,
                                int64_t *first, struct fault *fault) {
    int64_t taken = 0;
    TRY(db_query_int(db, TAKE,
                     DB_ARGS(db_integer(provider_id), db_integer(count), db_integer(recorded_at_us)), 0,
                     &taken, fault));
    *first = taken - count + 1;
    return STATUS_OK;
}

enum status licence_events_write(struct db *db, struct licence_event *events, size_t count,
                                 int64_t recorded_at_us, struct fault *fault) {
    if (count == 0) {
        return STATUS_OK;
    }
    int64_t first = 0;
    TRY(db_require_part(db, events[0].provider_id, fault));
    TRY(take_numbers(db, events[0].provider_id, (int64_t)count, recorded_at_us, &first, fault));
    for (size_t i = 0; i < count; i++) {
        struct licence_event *event = &events[i];
        assert(event->provider_id == events[0].provider_id);
        assert(event->own_seats >= 0 && event->seats_before >= 0);
        assert(event->seats_after == 0 || event->seats_after == event->own_seats);
        assert(i == 0 || events[i - 1].licence_id != event->licence_id || follows(event, &events[i - 1]));
        event->number = first + (int64_t)i;
        TRY(rows_insert_later(db, &LICENCE_EVENT, INSERT, DB_ARGS(db_integer(recorded_at_us)), event, fault));
    }
    return usage_groups_take(db, events, count, fault);
}

static const char LIST[] = LOGGED "where e.licence_id = $1 and e.number > $2 order by e.number limit $3";

enum status licence_events_list(struct db *db, struct arena *arena, int64_t licence_id, struct page page,
                                struct logged_event **events, size_t *count, int64_t *next_after,
                                struct fault *fault) {
    return rows_page(db, arena, &LOGGED_EVENT, LIST,
                     DB_ARGS(db_integer(licence_id), db_integer(page.after_id)), page, events, count,
                     next_after, fault);
}

static const char LIVE_LATEST[] =
    LOGGED "where e.licence_id = $1 and " LIVE "order by e.number desc limit $2";

enum status licence_events_live_latest(struct db *db, struct arena *arena, int64_t licence_id, int64_t limit,
                                       struct logged_event **events, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &LOGGED_EVENT, LIVE_LATEST, DB_ARGS(db_integer(licence_id), db_integer(limit)),
                    events, count, fault);
}

static const char LIVE_BEFORE[] =
    LOGGED "where e.licence_id = $1 and e.number < $2 and " LIVE "order by e.number desc limit 1";

enum status licence_event_live_before(struct db *db, int64_t licence_id, int64_t number,
                                      struct logged_event *event, bool *found, struct fault *fault) {
    return rows_one(db, NULL, &LOGGED_EVENT, LIVE_BEFORE, DB_ARGS(db_integer(licence_id), db_integer(number)),
                    event, found, fault);
}

/* 1 is EVENT_ON. */
static const char FIRST_ON[] =
    "select coalesce(min(e.at_us), 0) from licence_events e left join voided_events v on " VOIDS
    "where e.licence_id = $1 and e.number < $2 and e.kind = 1 and " LIVE;
static_assert(EVENT_ON == 1, "FIRST_ON names it");

enum status licence_events_first_on(struct db *db, int64_t licence_id, int64_t before, int64_t *at_us,
                                    struct fault *fault) {
    return db_query_int(db, FIRST_ON, DB_ARGS(db_integer(licence_id), db_integer(before)), 0, at_us, fault);
}

/* 2 is EVENT_OFF. */
static const char TURNED_OFF_AT[] =
    "select coalesce(max(e.recorded_at_us), 0) from licences l join licence_events e on e.licence_id = l.id "
    "left join voided_events v on " VOIDS
    "where l.customer_id = $1 and e.cause_id = $1 and e.kind = 2 and " LIVE;
static const char TURNED_OFF[] =
    "select distinct l.id from licences l join licence_events e on e.licence_id = l.id "
    "left join voided_events v on " VOIDS
    "where l.customer_id = $1 and l.parent_id is null and e.cause_id = $1 and e.recorded_at_us = $2 "
    "and e.kind = 2 and " LIVE "order by l.id";
static_assert(EVENT_OFF == 2, "TURNED_OFF names it");

enum status licence_events_turned_off(struct db *db, struct arena *arena, int64_t customer_id,
                                      int64_t *recorded_at_us, int64_t **licence_ids, size_t *count,
                                      struct fault *fault) {
    TRY(db_query_int(db, TURNED_OFF_AT, DB_ARGS(db_integer(customer_id)), 0, recorded_at_us, fault));
    return rows_integers(db, arena, TURNED_OFF, DB_ARGS(db_integer(customer_id), db_integer(*recorded_at_us)),
                         licence_ids, count, fault);
}

static const char VOID[] = "insert into voided_events (provider_id, number, voided_by) values ($1, $2, $3)";

enum status licence_event_void(struct db *db, int64_t provider_id, int64_t number, int64_t voided_by,
                               struct fault *fault) {
    if (number >= voided_by) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", NULL, TEXT(""),
                         "The log of provider number %lld went back: run seatmeter check.",
                         (long long)provider_id);
    }
    return db_run(db, VOID, DB_ARGS(db_integer(provider_id), db_integer(number), db_integer(voided_by)), NULL,
                  fault);
}

/* 2 is UNDO_BY_LOWERING_CHANGE (programme/licensing/void_events.h). What a late change takes away lies
 * between when it takes effect and when it was told. A licence that went along in a move was given up by
 * agreement. The signs keep a database from looking through all events of the month: what was voided is
 * little, and stands in the log of a customer's seller. */
static const char LOWERED_LATE[] =
    "select 1 where exists (select 1 from voided_events v join licence_events u on u.provider_id = "
    "v.provider_id and u.number = v.voided_by and u.cause_id = 2 join licence_events e on " VOIDS
    "where v.provider_id in (select a.seller_id from account_ancestors c join accounts a on a.id = "
    "c.account_id where c.ancestor_id = $1) and +e.at_us < $3 and u.recorded_at_us > $2 "
    "and +e.customer_id in (select account_id from account_ancestors where ancestor_id = $1)) "
    "or exists (select 1 from licence_events e left join voided_events v on " VOIDS "where " LATE_FALL
    "and e.at_us < $3 and e.recorded_at_us > $2 and " LIVE "and not exists (select 1 from moved_licences m "
    "join licences l on l.id = m.licence_id where m.licence_id = e.licence_id and l.retired_at_us = e.at_us) "
    "and e.customer_id in (select account_id from account_ancestors where ancestor_id = $1))";

enum status licence_events_lowered_late(struct db *db, int64_t below_id, int64_t from_us, int64_t to_us,
                                        bool *yes, struct fault *fault) {
    return rows_yes(db, LOWERED_LATE, DB_ARGS(db_integer(below_id), db_integer(from_us), db_integer(to_us)),
                    yes, fault);
}

static const struct db_field EVENT_LOG_FIELDS[] = {
    DB_FIELD_INT(struct event_log, provider_id, "provider_id"),
    DB_FIELD_INT(struct event_log, taken, "taken", DB_COUNT),
    DB_FIELD_INT(struct event_log, recorded_at_us, "recorded_at_us"),
    DB_FIELD_INT(struct event_log, untimed, "untimed", DB_COUNT),
};
static const struct db_fields EVENT_LOG = DB_FIELDS(struct event_log, EVENT_LOG_FIELDS);

static const char LOGS[] = "select {} from event_logs order by provider_id";

enum status event_logs_load(struct db *db, struct arena *arena, struct event_log **logs, size_t *count,
                            struct fault *fault) {
    return rows_all(db, arena, &EVENT_LOG, LOGS, DB_NO_ARGS, logs, count, fault);
}

static const char COUNT[] = "select count(*) from licence_events";

enum status licence_events_count(struct db *db, int64_t *count, struct fault *fault) {
    return db_query_int(db, COUNT, DB_NO_ARGS, 0, count, fault);
}
