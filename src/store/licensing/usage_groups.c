/* An event finds its group's rows by its licence: one for each zone and level that the licence is billed on.
 * A row goes on where the event lies in the row's month or a later one and not before the row's last change.
 * What the licence's own highest seats were is asked of the log only where that can matter: where the licence
 * rises and has changed in this month before, or has changed at this very instant. */
#include "store/licensing/usage_groups.h"

#include "store/licensing/licences.h"
#include "store/licensing/usage_group_fields.h"
#include "store/licensing/usage_zones.h"

#include <assert.h>

static_assert((int)KEPT_EDGE_MAX == (int)LICENCE_LAST_EDGE, "a level ends where licences do");

/* ---- one event ---- */

/* A group's row as an event finds it. */
struct found_row {
    struct usage_group_row row;
    int64_t licence_first_edge;
    int64_t licence_last_edge;
    int64_t previous_at_us; /* of the licence's event before this one */
    struct text midnights_us;
};

static const struct db_field FOUND_FIELDS[] = {
    DB_FIELD_PART(struct found_row, row, "g", &USAGE_GROUP),
    DB_FIELD_INT(struct found_row, licence_first_edge, "l.first_edge"),
    DB_FIELD_INT(struct found_row, licence_last_edge, "l.last_edge"),
    DB_FIELD_INT(struct found_row, previous_at_us,
                 "coalesce((select p.at_us from licence_events p where p.licence_id = l.id and p.number < $2 "
                 "order by p.number desc limit 1), -9223372036854775807)"),
    DB_FIELD_TEXT(struct found_row, midnights_us, "coalesce(m.midnights_us, '')"),
};
static const struct db_fields FOUND = DB_FIELDS(struct found_row, FOUND_FIELDS);

static const char FIND[] =
    "select {} from licences l join usage_groups g on g.provider_id = l.provider_id and g.customer_id = "
    "l.customer_id and g.sku_id = l.sku_id left join usage_months m on m.zone = g.zone and m.month = g.month "
    "where l.id = $1 order by g.zone, g.first_edge";

struct taking {
    struct db *db;
    struct arena *arena;
    const struct licence_event *event;
    struct usage_zones zones;
    bool knows_zones;
    struct kept_step *steps; /* of the licence, once they were asked for */
    size_t step_count;
    bool knows_steps;
};

static enum status load_zones(struct taking *taking, struct fault *fault) {
    if (taking->knows_zones) {
        return STATUS_OK;
    }
    taking->knows_zones = true;
    return usage_zones_load(taking->db, taking->arena, true, &taking->zones, fault);
}

static const struct db_field STEP_FIELDS[] = {
    DB_FIELD_INT(struct kept_step, at_us, "e.at_us"),
    DB_FIELD_INT32(struct kept_step, seats_before, "e.seats_before"),
};
static const struct db_fields STEP = DB_FIELDS(struct kept_step, STEP_FIELDS);

/* 6 is EVENT_UNDO. */
static const char STEPS[] =
    "select {} from licence_events e left join voided_events v on v.provider_id = e.provider_id and "
    "v.number = e.number where e.licence_id = $1 and e.number <= $2 and e.at_us >= $3 and e.kind <> 6 and "
    "v.number is null order by e.number";
static_assert(EVENT_UNDO == 6, "STEPS names it");

/* The change as a row of that month takes it. */
static enum status find_change(struct taking *taking, int64_t previous_at_us, const struct month_span *span,
                               struct kept_change *change, struct fault *fault) {
    const struct licence_event *event = taking->event;
    int64_t begins_us = span->midnights_us[0];
    *change =
        (struct kept_change){event->at_us, event->seats_before, event->seats_after, event->seats_before};
    bool falls = event->seats_after < event->seats_before;
    if (previous_at_us < begins_us || (falls && previous_at_us < event->at_us)) {
        return STATUS_OK;
    }
    if (!taking->knows_steps) {
        /* A zone's month begins at most two days apart from another's. */
        static const int64_t zones_apart_us = INT64_C(2) * 86400 * 1000000;
        TRY(rows_all(taking->db, taking->arena, &STEP, STEPS,
                     DB_ARGS(db_integer(event->licence_id), db_integer(event->number),
                             db_integer(begins_us - zones_apart_us)),
                     &taking->steps, &taking->step_count, fault));
        taking->knows_steps = true;
    }
    size_t first = 0;
    while (first < taking->step_count && taking->steps[first].at_us < begins_us) {
        first++;
    }
    change->highest_before = kept_highest_before(taking->steps + first, taking->step_count - first, span);
    return STATUS_OK;
}

static const char END[] = "insert into ended_usage ({}) values ({$1})";
static const char INSERT[] = "insert into usage_groups ({}) values ({$1})";
static const char UPDATE[] = "update usage_groups set {=6} where provider_id = $1 and customer_id = $2 and "
                             "sku_id = $3 and zone = $4 and first_edge = $5";

/* Lets the event happen to a row whose month has that span. */
static enum status append(struct taking *taking, struct usage_group_row *row, int64_t previous_at_us,
                          const struct month_span *span, bool *taken, struct fault *fault) {
    struct kept_change change;
    TRY(find_change(taking, previous_at_us, span, &change, fault));
    if (taking->event->kind == EVENT_ON && row->usage.first_on_at_us == 0) {
        row->usage.first_on_at_us = change.at_us;
    }
    *taken = kept_usage_is_sound(&row->usage, span) && kept_usage_append(&row->usage, span, &change);
    return STATUS_OK;
}

/* The month of the event in a zone. NULL: the zone has come to cut time in another way. */
static enum status find_month(struct taking *taking, struct usage_zone *zone, const struct kept_span **found,
                              struct fault *fault) {
    struct kept_calendar *calendar = &zone->calendar;
    *found = kept_calendar_find(calendar, taking->event->at_us);
    if (*found != NULL) {
        return STATUS_OK;
    }
    TRY(usage_zone_open(zone, fault));
    *found = kept_calendar_at(calendar, taking->event->at_us);
    return *found == NULL ? STATUS_OK : usage_zone_keep_months(taking->db, zone, fault);
}

static const char KEEP[] = "update programme set usage_kept = $1 where usage_kept <> $1";

static enum status set_kept(struct db *db, bool kept, struct fault *fault) {
    TRY(db_take_last(db, fault));
    return db_run(db, KEEP, DB_ARGS(db_integer(kept)), NULL, fault);
}

enum outcome {
    TAKEN,
    NOT_IN_ORDER, /* the group is made again */
    NOT_KEPT      /* a month of the zone is not what it was when the zone was counted by it */
};

/* Lets the event happen to a row of an earlier month, which ends. */
static enum status begin_month(struct taking *taking, struct found_row *found, enum outcome *outcome,
                               struct fault *fault) {
    const struct kept_span *span = NULL;
    struct usage_group_row ended = found->row;
    bool taken = false;
    TRY(load_zones(taking, fault));
    struct usage_zone *zone = usage_zones_numbered(&taking->zones, found->row.zone);
    if (zone != NULL) {
        TRY(find_month(taking, zone, &span, fault));
    }
    if (span == NULL || span->month.index <= ended.month) {
        *outcome = NOT_KEPT;
        return STATUS_OK;
    }
    found->row.month = span->month.index;
    found->row.usage = kept_usage_begin(ended.usage.seats, ended.usage.first_on_at_us, &span->span);
    TRY(append(taking, &found->row, found->previous_at_us, &span->span, &taken, fault));
    *outcome = taken ? TAKEN : NOT_IN_ORDER;
    return taken ? rows_insert(taking->db, &USAGE_GROUP, END, DB_NO_ARGS, &ended, fault) : STATUS_OK;
}

static enum status take_row(struct taking *taking, struct found_row *found, enum outcome *outcome,
                            struct fault *fault) {
    struct month_span span;
    bool taken = false;
    *outcome = NOT_IN_ORDER;
    if (!usage_midnights_parse(found->midnights_us, &span) ||
        taking->event->at_us < found->row.usage.changed_at_us) {
        return STATUS_OK;
    }
    if (taking->event->at_us >= span.midnights_us[span.days]) {
        TRY(begin_month(taking, found, outcome, fault));
    } else {
        TRY(append(taking, &found->row, found->previous_at_us, &span, &taken, fault));
        *outcome = taken ? TAKEN : NOT_IN_ORDER;
    }
    if (*outcome != TAKEN) {
        return STATUS_OK;
    }
    const struct usage_group_row *row = &found->row;
    return rows_save_later(taking->db, &USAGE_GROUP, UPDATE,
                           DB_ARGS(db_integer(row->provider_id), db_integer(row->customer_id),
                                   db_integer(row->sku_id), db_integer(row->zone),
                                   db_integer(row->first_edge)),
                           row, fault);
}

/* Whether the levels that lie within the licence's range make up all of it, in each zone, and none of the
 * others is billed with it. */
static bool is_covered(const struct found_row *rows, size_t count) {
    struct kept_level range = {(int32_t)rows[0].licence_first_edge, (int32_t)rows[0].licence_last_edge};
    int64_t depths = 0;
    for (size_t i = 0; i < count; i++) {
        const struct usage_group_row *row = &rows[i].row;
        if (row->first_edge < 0 || row->last_edge > KEPT_EDGE_MAX || row->first_edge > row->last_edge) {
            return false;
        }
        struct kept_level level = {(int32_t)row->first_edge, (int32_t)row->last_edge};
        if (kept_level_is_within(level, range)) {
            depths += level.last_edge - level.first_edge + 1;
        } else if (kept_level_overlaps(level, range)) {
            return false;
        }
        bool ends_zone = i + 1 == count || rows[i + 1].row.zone != row->zone;
        if (ends_zone && depths != range.last_edge - range.first_edge + 1) {
            return false;
        }
        depths = ends_zone ? 0 : depths;
    }
    return true;
}

static bool is_within_range(const struct found_row *found) {
    return found->licence_first_edge <= found->row.first_edge &&
           found->row.last_edge <= found->licence_last_edge;
}

static enum status take_rows(struct taking *taking, struct found_row *rows, size_t count,
                             enum outcome *outcome, struct fault *fault) {
    *outcome = is_covered(rows, count) ? TAKEN : NOT_IN_ORDER;
    for (size_t i = 0; i < count && *outcome == TAKEN; i++) {
        if (is_within_range(&rows[i])) {
            TRY(take_row(taking, &rows[i], outcome, fault));
        }
    }
    return STATUS_OK;
}

/* ---- a group that has no row yet ---- */

static const char RANGE[] = "select first_edge, last_edge from licences where id = $1";

static enum status begin_in_zone(struct taking *taking, struct text time_zone, const int64_t range[2],
                                 enum outcome *outcome, struct fault *fault) {
    const struct licence_event *event = taking->event;
    const struct kept_span *span = NULL;
    struct usage_zone *zone = usage_zones_named(&taking->zones, time_zone);
    bool taken = false;
    TRY(usage_zone_keep(taking->db, zone, fault));
    TRY(find_month(taking, zone, &span, fault));
    if (span == NULL) {
        *outcome = NOT_KEPT;
        return STATUS_OK;
    }
    struct usage_group_row row = {.provider_id = event->provider_id,
                                  .customer_id = event->customer_id,
                                  .sku_id = event->sku_id,
                                  .zone = zone->number,
                                  .first_edge = range[0],
                                  .last_edge = range[1],
                                  .month = span->month.index,
                                  .usage = kept_usage_begin(0, 0, &span->span)};
    TRY(append(taking, &row, INT64_MIN, &span->span, &taken, fault));
    *outcome = taken ? TAKEN : NOT_IN_ORDER;
    return taken ? rows_insert(taking->db, &USAGE_GROUP, INSERT, DB_NO_ARGS, &row, fault) : STATUS_OK;
}

/* The first change of the group, or the first since an undo took all others back. */
static enum status begin_group(struct taking *taking, enum outcome *outcome, struct fault *fault) {
    const struct licence_event *event = taking->event;
    struct text names[USAGE_PATH_ZONES_MAX];
    size_t count = 0;
    int64_t range[2];
    *outcome = NOT_IN_ORDER;
    if (event->seats_before != 0) {
        return STATUS_OK;
    }
    TRY(load_zones(taking, fault));
    TRY(rows_numbers(taking->db, RANGE, DB_ARGS(db_integer(event->licence_id)), range, 2, fault));
    TRY(path_zones_of_group(taking->db, taking->arena, event->customer_id, event->sku_id, names, &count,
                            fault));
    *outcome = count > USAGE_PATH_ZONES_MAX ? NOT_KEPT : TAKEN;
    for (size_t i = 0; i < count && *outcome == TAKEN; i++) {
        TRY(begin_in_zone(taking, names[i], range, outcome, fault));
    }
    return STATUS_OK;
}

/* ---- all events ---- */

static enum status take_event(struct taking *taking, enum outcome *outcome, struct fault *fault) {
    struct found_row *rows = NULL;
    size_t count = 0;
    TRY(rows_all(taking->db, taking->arena, &FOUND, FIND,
                 DB_ARGS(db_integer(taking->event->licence_id), db_integer(taking->event->number)), &rows,
                 &count, fault));
    return count > 0 ? take_rows(taking, rows, count, outcome, fault) : begin_group(taking, outcome, fault);
}

static bool changes_usage(const struct licence_event *event) {
    return event->kind != EVENT_UNDO && event->seats_before != event->seats_after;
}

/* Whether an event before this one had the group made again, of all events. */
static bool is_rebuilt(const struct licence_event *events, size_t at, const bool *rebuilt) {
    for (size_t i = 0; i < at; i++) {
        if (rebuilt[i] && events[i].customer_id == events[at].customer_id &&
            events[i].sku_id == events[at].sku_id) {
            return true;
        }
    }
    return false;
}

static enum status take_one(struct db *db, struct arena *arena, const struct licence_event *event,
                            bool *rebuilt, struct fault *fault) {
    struct taking taking = {.db = db, .arena = arena, .event = event};
    enum outcome outcome = TAKEN;
    enum status status = take_event(&taking, &outcome, fault);
    usage_zones_close(&taking.zones);
    TRY(status);
    *rebuilt = outcome == NOT_IN_ORDER;
    switch (outcome) {
    case TAKEN:
        return STATUS_OK;
    case NOT_IN_ORDER:
        return usage_groups_rebuild(
            db, (struct usage_groups_scope){.account_id = event->customer_id, .sku_id = event->sku_id},
            fault);
    case NOT_KEPT:
        return set_kept(db, false, fault);
    }
    return STATUS_OK;
}

enum status usage_groups_take(struct db *db, const struct licence_event *events, size_t count,
                              struct fault *fault) {
    struct arena arena;
    enum status status = STATUS_OK;
    arena_init(&arena);
    bool *rebuilt = ARENA_NEW(&arena, bool, count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (changes_usage(&events[i]) && !is_rebuilt(events, i, rebuilt)) {
            status = take_one(db, &arena, &events[i], &rebuilt[i], fault);
        }
    }
    arena_clean_up(&arena);
    return status;
}

/* ---- whether all is kept ---- */

static const char ARE_KEPT[] = "select usage_kept from programme";

enum status usage_groups_are_kept(struct db *db, bool *kept, struct fault *fault) {
    int64_t number = 0;
    TRY(db_query_int(db, ARE_KEPT, DB_NO_ARGS, 0, &number, fault));
    *kept = number == 1;
    return STATUS_OK;
}
