#include "store/billing/months.h"

#include "store/engine/rows.h"

#include <assert.h>

/* A month of an edge as it is kept. */
struct kept_month {
    int64_t agreement_id;
    struct month month;
    enum month_state state;
    int64_t closed_at_us; /* 0: not closed; so also below */
    int64_t rules;        /* that it was closed by */
    int64_t usage_billing;
};

static const struct db_field MONTH_FIELDS[] = {
    DB_FIELD_INT(struct kept_month, agreement_id, "agreement_id"),
    DB_FIELD_MONTH(struct kept_month, month, "month"),
    DB_FIELD_STATE(struct kept_month, state, "state", &month_machine, DB_SAVED),
    DB_FIELD_INT(struct kept_month, closed_at_us, "closed_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_INT(struct kept_month, rules, "rules", DB_SAVED | DB_OR_NULL | DB_COUNT),
    DB_FIELD_INT(struct kept_month, usage_billing, "usage_billing", DB_SAVED | DB_COUNT),
};
static const struct db_fields MONTH = DB_FIELDS(struct kept_month, MONTH_FIELDS);

static const char LOAD[] = "select {} from months where agreement_id = $1 and month = $2";

enum status month_state_load(struct db *db, int64_t agreement_id, struct month month, enum month_state *state,
                             struct fault *fault) {
    struct kept_month kept = {.state = MONTH_OPEN};
    bool found = false;
    TRY(rows_one(db, NULL, &MONTH, LOAD, DB_ARGS(db_integer(agreement_id), db_integer(month.index)), &kept,
                 &found, fault));
    *state = kept.state;
    return STATUS_OK;
}

static const char LAST_CLOSED[] = "select coalesce(max(month), -1) from months "
                                  "where agreement_id = $1 and state in ('closed', 'closing')";

enum status month_last_closed(struct db *db, int64_t agreement_id, struct month *month, struct fault *fault) {
    int64_t index = MONTH_NONE;
    TRY(db_query_int(db, LAST_CLOSED, DB_ARGS(db_integer(agreement_id)), MONTH_NONE, &index, fault));
    *month = (struct month){(int32_t)index};
    return STATUS_OK;
}

enum status month_rules_check(int64_t rules, struct fault *fault) {
    if (rules <= RULES_PRESENT) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INTERNAL, "database-failed", "rules", TEXT(""),
                     "A month in the store was closed by version %lld of the rules, and this program knows "
                     "versions up to %d.",
                     (long long)rules, RULES_PRESENT);
}

enum status month_rules_load(struct db *db, int64_t agreement_id, struct month month, int64_t *rules,
                             struct fault *fault) {
    struct kept_month kept = {.state = MONTH_OPEN};
    bool found = false;
    TRY(rows_one(db, NULL, &MONTH, LOAD, DB_ARGS(db_integer(agreement_id), db_integer(month.index)), &kept,
                 &found, fault));
    TRY(month_rules_check(kept.rules, fault));
    *rules = kept.rules;
    return STATUS_OK;
}

static const char SAVE[] = "insert into months ({}) values ({$1}) "
                           "on conflict (agreement_id, month) do update set {=excluded}";

enum status month_state_save(struct db *db, int64_t agreement_id, struct month month, enum month_state state,
                             int64_t closed_at_us, struct fault *fault) {
    assert(agreement_id > 0);
    bool is_closed = state == MONTH_CLOSED;
    const struct kept_month kept = {agreement_id,
                                    month,
                                    state,
                                    is_closed ? closed_at_us : 0,
                                    is_closed ? RULES_PRESENT : 0,
                                    is_closed ? USAGE_BILLED_HERE : USAGE_NOT_ASKED};
    return rows_insert(db, &MONTH, SAVE, DB_NO_ARGS, &kept, fault);
}

enum status month_close_save(struct db *db, struct month month, struct edge_closing closed,
                             int64_t closed_at_us, struct fault *fault) {
    assert(closed.agreement_id > 0 && closed.usage_billing != USAGE_NOT_ASKED);
    const struct kept_month kept = {closed.agreement_id, month,         MONTH_CLOSED,
                                    closed_at_us,        RULES_PRESENT, closed.usage_billing};
    return rows_insert(db, &MONTH, SAVE, DB_NO_ARGS, &kept, fault);
}

/* ---- closing ---- */

static const char FREEZE[] =
    "insert into months (agreement_id, month, state, usage_billing) values ($1, $2, 'closing', 0) "
    "on conflict (agreement_id, month) do update set state = 'closing' where months.state <> 'closed'";

/* Runs a statement for the month on each of the edges. */
static enum status run_on_edges(struct db *db, const char *sql, struct month month,
                                const int64_t *agreement_ids, size_t count, struct fault *fault) {
    enum { AT_ONCE = 256, WIDTH = 2 };
    struct db_value values[AT_ONCE * WIDTH];
    for (size_t done = 0; done < count;) {
        size_t many = count - done < AT_ONCE ? count - done : AT_ONCE;
        for (size_t i = 0; i < many; i++) {
            values[WIDTH * i] = db_integer(agreement_ids[done + i]);
            values[WIDTH * i + 1] = db_integer(month.index);
        }
        TRY(db_run_many(db, sql, values, WIDTH, many, fault));
        done += many;
    }
    return STATUS_OK;
}

enum status months_freeze(struct db *db, struct month month, const int64_t *agreement_ids, size_t count,
                          struct fault *fault) {
    return run_on_edges(db, FREEZE, month, agreement_ids, count, fault);
}

static const char CLOSE[] =
    "update months set state = 'closed', closed_at_us = $3, rules = $4, usage_billing = $5 "
    "where agreement_id = $1 and month = $2 and state = 'closing'";

enum status months_close(struct db *db, struct month month, const struct edge_closing *closed, size_t count,
                         int64_t closed_at_us, struct fault *fault) {
    enum { AT_ONCE = 256, WIDTH = 5 };
    struct db_value values[AT_ONCE * WIDTH];
    for (size_t done = 0; done < count;) {
        size_t many = count - done < AT_ONCE ? count - done : AT_ONCE;
        for (size_t i = 0; i < many; i++) {
            struct db_value *row = values + WIDTH * i;
            assert(closed[done + i].usage_billing != USAGE_NOT_ASKED);
            row[0] = db_integer(closed[done + i].agreement_id);
            row[1] = db_integer(month.index);
            row[2] = db_integer(closed_at_us);
            row[3] = db_integer(RULES_PRESENT);
            row[4] = db_integer(closed[done + i].usage_billing);
        }
        TRY(db_run_many(db, CLOSE, values, WIDTH, many, fault));
        done += many;
    }
    return STATUS_OK;
}

/* A month was reporting where its report was ever submitted, and had no row where not. */
#define WAS_REPORTED                                                                                         \
    "exists (select 1 from reports r where r.agreement_id = months.agreement_id and r.month = months.month " \
    "and r.submitted_at_us is not null)"

static const char THAW_REPORTED[] = "update months set state = 'reporting' where agreement_id = $1 "
                                    "and month = $2 and state = 'closing' and " WAS_REPORTED;
static const char THAW[] = "delete from months where agreement_id = $1 and month = $2 and state = 'closing'";

enum status months_thaw(struct db *db, struct month month, const int64_t *agreement_ids, size_t count,
                        struct fault *fault) {
    TRY(run_on_edges(db, THAW_REPORTED, month, agreement_ids, count, fault));
    return run_on_edges(db, THAW, month, agreement_ids, count, fault);
}

#define SOME_CLOSING                                                                                         \
    "(agreement_id, month) in (select c.agreement_id, c.month from months c where c.state = 'closing' "      \
    "order by c.agreement_id, c.month limit $1)"
static const char THAW_SOME_REPORTED[] =
    "update months set state = 'reporting' where " SOME_CLOSING " and " WAS_REPORTED;
static const char THAW_SOME[] = "delete from months where " SOME_CLOSING;

enum status months_thaw_any(struct db *db, int64_t limit, int64_t *count, struct fault *fault) {
    int64_t reported = 0;
    int64_t open = 0;
    TRY(db_run(db, THAW_SOME_REPORTED, DB_ARGS(db_integer(limit)), &reported, fault));
    /* What is left of as many as were looked at was reported on none. */
    if (reported < limit) {
        TRY(db_run(db, THAW_SOME, DB_ARGS(db_integer(limit - reported)), &open, fault));
    }
    *count = reported + open;
    return STATUS_OK;
}

static const char CLOSING_OF_PAIR[] =
    "select coalesce(max(m.month), -1) from agreements a join months m on m.agreement_id = a.id "
    "where m.state = 'closing' and a.seller_id = $1 and ($2 = 0 or a.buyer_id = $2)";

enum status month_closing_of_pair(struct db *db, int64_t seller_id, int64_t buyer_id, struct month *month,
                                  struct fault *fault) {
    int64_t index = MONTH_NONE;
    TRY(db_query_int(db, CLOSING_OF_PAIR, DB_ARGS(db_integer(seller_id), db_integer(buyer_id)), MONTH_NONE,
                     &index, fault));
    *month = (struct month){(int32_t)index};
    return STATUS_OK;
}

/* ---- frozen ---- */

/* Terminated agreements stay in: what an edge has closed is closed, whoever signs it anew. The zone is that
 * of the last month that is frozen. */
static const char FROZEN[] =
    "select {} from (select edges.*, coalesce((select m.time_zone from amendments m "
    "where m.agreement_id = edges.id and m.state = 'accepted' and (m.from_month <= edges.last_closed "
    "or m.from_month <= edges.last_reported) order by m.from_month desc, m.number desc limit 1), "
    "edges.first_zone) as time_zone from ("
    "select g.id as id, g.time_zone as first_zone, "
    "(select max(m.month) from months m where m.agreement_id = g.id and m.state in ('closed', 'closing')) "
    "as last_closed, "
    "(select max(r.month) from reports r where r.agreement_id = g.id and r.state in ('submitted', "
    "'approved')) "
    "as last_reported "
    "from account_ancestors a join agreements g on g.buyer_id = a.ancestor_id "
    "join accounts seller on seller.id = g.seller_id "
    "where a.account_id = $1 and (seller.kind <> 'vendor' or g.seller_id in "
    "(select s.owner_id from licences l join skus s on s.id = l.sku_id where l.id = $2 or l.parent_id = $2))"
    ") edges) frozen where last_closed is not null or last_reported is not null order by id";

static const struct db_field FROZEN_FIELDS[] = {
    DB_FIELD_INT(struct edge_frozen, agreement_id, "id"),
    DB_FIELD_TEXT(struct edge_frozen, time_zone, "time_zone"),
    DB_FIELD_MONTH(struct edge_frozen, last_closed, "last_closed", DB_OR_NULL),
    DB_FIELD_MONTH(struct edge_frozen, last_reported, "last_reported", DB_OR_NULL),
};
static const struct db_fields EDGE_FROZEN = DB_FIELDS(struct edge_frozen, FROZEN_FIELDS);
static_assert(MONTH_NONE == (int)DB_NO_MONTH, "an edge that has frozen nothing has null there");

enum status months_frozen(struct db *db, struct arena *arena, int64_t customer_id, int64_t licence_id,
                          struct edge_frozen **edges, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &EDGE_FROZEN, FROZEN, DB_ARGS(db_integer(customer_id), db_integer(licence_id)),
                    edges, count, fault);
}
