#include "store/parties/cascade.h"

#include "core/usage/event.h"
#include "store/engine/rows.h"
#include "store/licensing/events.h"
#include "store/licensing/usage_groups.h"

#include <assert.h>

/* $1 is the scope's account, $2 its vendor or 0. */
#define IN_SCOPE                                                                                             \
    "l.state <> 'retired' and l.customer_id in (select account_id from account_ancestors where ancestor_id " \
    "= $1) "                                                                                                 \
    "and (cast($2 as bigint) = 0 or l.sku_id in (select id from skus where owner_id = $2)) "

/* Now, unless a clock that went backwards would put the event before the licence's previous one. */
#define EVENT_TIME "case when l.last_event_at_us > $4 then l.last_event_at_us else cast($4 as bigint) end"

/* Takes the numbers of the events, in the log of each provider that has licences in the scope; $3 is now. */
#define TAKE_NUMBERS                                                                                         \
    "insert into event_logs (provider_id, taken, recorded_at_us) select l.provider_id, count(*), cast($3 "   \
    "as "                                                                                                    \
    "bigint) from licences l where " IN_SCOPE
#define PER_PROVIDER "group by l.provider_id order by l.provider_id " EVENT_LOG_GOES_ON

/* Events of kind $3 at $4, caused by $5. They are the last of their logs, whose numbers were taken before. */
#define INSERT_EVENTS(own_seats, seats_after)                                                                \
    "insert into licence_events (number, at_us, licence_id, provider_id, customer_id, sku_id, cause_id, "    \
    "kind, "                                                                                                 \
    "own_seats, seats_before, seats_after, recorded_at_us) "                                                 \
    "select g.taken - count(*) over (partition by l.provider_id) + row_number() over (partition by "         \
    "l.provider_id order by l.id), " EVENT_TIME ", l.id, l.provider_id, "                                    \
    "l.customer_id, l.sku_id, cast($5 as bigint), cast($3 as bigint), " own_seats                            \
    ", l.counted_seats, " seats_after ", cast($4 as bigint) from licences l join event_logs g on "           \
    "g.provider_id = l.provider_id where " IN_SCOPE

#define OWN_SEATS "case when l.state = 'on' then l.seats else 0 end"

static const char TAKE_ALL[] = TAKE_NUMBERS PER_PROVIDER;
static const char TAKE_ON[] = TAKE_NUMBERS "and l.state = 'on' " PER_PROVIDER;

/* Takes `count` numbers with `take` and writes that many events with `insert`. */
static enum status write_events(struct db *db, const char *take, const char *insert,
                                struct licence_scope scope, enum event_kind kind, int64_t cause_id,
                                int64_t now_us, int64_t count, struct fault *fault) {
    if (count == 0) {
        return STATUS_OK;
    }
    int64_t written = 0;
    TRY(db_run(db, take,
               DB_ARGS(db_integer(scope.account_id), db_integer(scope.vendor_id), db_integer(now_us)), NULL,
               fault));
    TRY(db_run(db, insert,
               DB_ARGS(db_integer(scope.account_id), db_integer(scope.vendor_id), db_integer(kind),
                       db_integer(now_us), db_integer(cause_id)),
               &written, fault));
    assert(written == count);
    return usage_groups_rebuild(db, (struct usage_groups_scope){scope.account_id, scope.vendor_id, 0}, fault);
}

static const char COUNT[] = "select count(*) from licences l where " IN_SCOPE;
static const char COUNT_ON[] = "select count(*) from licences l where l.state = 'on' and " IN_SCOPE;

static enum status count_scope(struct db *db, const char *sql, struct licence_scope scope, int64_t *count,
                               struct fault *fault) {
    assert(scope.account_id > 0);
    return db_query_int(db, sql, DB_ARGS(db_integer(scope.account_id), db_integer(scope.vendor_id)), 0, count,
                        fault);
}

enum status licence_scope_size(struct db *db, struct licence_scope scope, int64_t *count,
                               struct fault *fault) {
    return count_scope(db, COUNT, scope, count, fault);
}

/* A licence resumes where nothing else suspends it. */
static const struct db_field STOPPING_FIELDS[] = {
    DB_FIELD_INT(struct scope_licence, id, "id"),
    DB_FIELD_INT(struct scope_licence, customer_id, "customer_id"),
    DB_FIELD_INT(struct scope_licence, sku_id, "sku_id"),
    DB_FIELD_INT(struct scope_licence, first_edge, "first_edge"),
    DB_FIELD_INT(struct scope_licence, last_edge, "last_edge"),
    DB_FIELD_INT(struct scope_licence, last_event_at_us, "last_event_at_us"),
};
static const struct db_fields STOPPING = DB_FIELDS(struct scope_licence, STOPPING_FIELDS);
static const struct db_field RESUMING_FIELDS[] = {
    DB_FIELD_REST("l", &STOPPING),
    DB_FIELD_INT(struct scope_licence, seats, "l.seats"),
};
static const struct db_fields RESUMING = DB_FIELDS(struct scope_licence, RESUMING_FIELDS);

#define IN_ORDER "order by l.customer_id, l.sku_id, l.id"
static const char STOPS[] = "select {l} from licences l where l.counted_seats > 0 and " IN_SCOPE IN_ORDER;
static const char RESUMES[] =
    "select {} from licences l where l.state = 'on' and l.suspensions = 1 and " IN_SCOPE IN_ORDER;

enum status licence_scope_counts(struct db *db, struct arena *arena, struct licence_scope scope,
                                 enum scope_step step, struct scope_licence **licences, size_t *count,
                                 struct fault *fault) {
    assert(scope.account_id > 0);
    return rows_all(
        db, arena, step == SCOPE_STOPS ? &STOPPING : &RESUMING, step == SCOPE_STOPS ? STOPS : RESUMES,
        DB_ARGS(db_integer(scope.account_id), db_integer(scope.vendor_id)), licences, count, fault);
}

static enum status run_scope(struct db *db, const char *sql, struct licence_scope scope, int64_t now_us,
                             struct fault *fault) {
    return db_run(db, sql,
                  DB_ARGS(db_integer(scope.account_id), db_integer(scope.vendor_id), db_integer(now_us)),
                  NULL, fault);
}

/* The same time as EVENT_TIME's, in an update where $3 is now. */
#define UPDATE_TIME "case when last_event_at_us > $3 then last_event_at_us else cast($3 as bigint) end"
#define UPDATE_SCOPE                                                                                         \
    "state <> 'retired' and customer_id in (select account_id from account_ancestors where ancestor_id = "   \
    "$1) "                                                                                                   \
    "and (cast($2 as bigint) = 0 or sku_id in (select id from skus where owner_id = $2))"

static const char SUSPEND_EVENTS[] = INSERT_EVENTS(OWN_SEATS, "0");
static const char SUSPEND[] = "update licences set suspensions = suspensions + 1, counted_seats = 0, "
                              "last_event_at_us = " UPDATE_TIME ", version = version + 1 where " UPDATE_SCOPE;

enum status licence_scope_suspend(struct db *db, struct licence_scope scope, int64_t agreement_id,
                                  int64_t now_us, int64_t *count, struct fault *fault) {
    TRY(count_scope(db, COUNT, scope, count, fault));
    TRY(write_events(db, TAKE_ALL, SUSPEND_EVENTS, scope, EVENT_SUSPEND, agreement_id, now_us, *count,
                     fault));
    return run_scope(db, SUSPEND, scope, now_us, fault);
}

static const char RESUME_EVENTS[] =
    INSERT_EVENTS(OWN_SEATS, "case when l.state = 'on' and l.suspensions = 1 then l.seats else 0 end");
static const char RESUME[] =
    "update licences set suspensions = suspensions - 1, "
    "counted_seats = case when state = 'on' and suspensions = 1 then seats else 0 end, "
    "last_event_at_us = " UPDATE_TIME ", version = version + 1 where " UPDATE_SCOPE;

enum status licence_scope_resume(struct db *db, struct licence_scope scope, int64_t agreement_id,
                                 int64_t now_us, int64_t *count, struct fault *fault) {
    TRY(count_scope(db, COUNT, scope, count, fault));
    TRY(write_events(db, TAKE_ALL, RESUME_EVENTS, scope, EVENT_RESUME, agreement_id, now_us, *count, fault));
    return run_scope(db, RESUME, scope, now_us, fault);
}

static const char OFF_EVENTS[] = INSERT_EVENTS("0", "0") "and l.state = 'on'";
static const char GIVE_SEATS_BACK[] =
    "update blocks set version = version + 1, issued_seats = issued_seats - (select cast(sum(l.seats) as "
    "bigint) "
    "from licences l where l.block_id = blocks.id and l.parent_id is null and " IN_SCOPE ") "
    "where id in (select l.block_id from licences l where l.parent_id is null and " IN_SCOPE ")";
static const char RETIRE[] =
    "update licences set counted_seats = 0, version = version + 1, "
    "last_event_at_us = case when state = 'on' then " UPDATE_TIME " else last_event_at_us end, "
    "retired_at_us = " UPDATE_TIME ", state = 'retired' where " UPDATE_SCOPE;

enum status licence_scope_retire(struct db *db, struct licence_scope scope, int64_t now_us, int64_t *count,
                                 struct fault *fault) {
    int64_t on = 0;
    TRY(count_scope(db, COUNT, scope, count, fault));
    TRY(count_scope(db, COUNT_ON, scope, &on, fault));
    TRY(write_events(db, TAKE_ON, OFF_EVENTS, scope, EVENT_OFF, 0, now_us, on, fault));
    TRY(db_run(db, GIVE_SEATS_BACK, DB_ARGS(db_integer(scope.account_id), db_integer(scope.vendor_id)), NULL,
               fault));
    return run_scope(db, RETIRE, scope, now_us, fault);
}

static const char CLOSE_BLOCKS[] =
    "update blocks set state = 'closed', version = version + 1 where state = 'open' "
    "and provider_id in (select account_id from account_ancestors where ancestor_id = $1) "
    "and (cast($2 as bigint) = 0 or sku_id in (select id from skus where owner_id = $2))";

enum status licence_scope_close_blocks(struct db *db, struct licence_scope scope, struct fault *fault) {
    return db_run(db, CLOSE_BLOCKS, DB_ARGS(db_integer(scope.account_id), db_integer(scope.vendor_id)), NULL,
                  fault);
}

static const char TERMINATE_BELOW[] =
    "update agreements set state = 'terminated', ended_at_us = $2, version = version + 1 "
    "where state <> 'terminated' and buyer_id <> $1 "
    "and buyer_id in (select account_id from account_ancestors where ancestor_id = $1)";

enum status agreements_terminate_below(struct db *db, int64_t account_id, int64_t now_us, int64_t *count,
                                       struct fault *fault) {
    return db_run(db, TERMINATE_BELOW, DB_ARGS(db_integer(account_id), db_integer(now_us)), count, fault);
}
