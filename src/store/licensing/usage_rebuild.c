/* Groups are made from one stream over a provider's events, sorted by group and time, so that one group's
 * events are in memory at once, beside the rows that come of the provider. Whoever only compares makes the
 * same rows, and lays them beside those that are stored. */
#include "core/base/id_map.h"
#include "core/base/search.h"
#include "store/licensing/usage_group_fields.h"
#include "store/licensing/usage_groups.h"
#include "store/licensing/usage_zones.h"

#include <assert.h>
#include <string.h>

/* Rows as they are made, in the order of customer, SKU, zone, level and month. */
struct row_list {
    struct usage_group_row *items;
    size_t count;
    size_t capacity;
};

struct making {
    struct db *db;
    struct arena *arena; /* of what is needed for all providers */
    struct arena rows;   /* of one provider's */
    struct arena group;  /* of one group's */
    struct usage_groups_scope scope;
    struct usage_zones zones;
    struct path_zone *sku_zones; /* by SKU */
    size_t sku_zone_count;
    struct path_zone *account_zones; /* of the provider's customers, by account */
    size_t account_zone_count;
    struct row_list present; /* for usage_groups */
    struct row_list ended;   /* for ended_usage */
    bool is_whole;           /* everything could be kept */
};

/* ---- a group's events, as they stream in ---- */

struct streamed_event {
    int64_t customer_id;
    int64_t sku_id;
    int64_t licence_id;
    int64_t first_edge;
    int64_t last_edge;
    int64_t at_us;
    int64_t seats_after;
    int64_t kind;
};

enum { CUSTOMER_ID, SKU_ID, LICENCE_ID, FIRST_EDGE, LAST_EDGE, AT_US, SEATS_AFTER, KIND };

/* 6 is EVENT_UNDO. */
#define LIVE_EVENTS                                                                                          \
    "select l.customer_id, l.sku_id, l.id, l.first_edge, l.last_edge, e.at_us, e.seats_after, e.kind "       \
    "from licences l join licence_events e on e.licence_id = l.id where e.seats_before <> e.seats_after "    \
    "and e.kind <> 6 and not exists (select 1 from voided_events v where v.provider_id = e.provider_id "     \
    "and v.number = e.number) and l.provider_id = $1 "
#define IN_ORDER "order by l.customer_id, l.sku_id, e.at_us, e.number"
static_assert(EVENT_UNDO == 6, "LIVE_EVENTS names it");

static const char EVENTS[] = LIVE_EVENTS IN_ORDER;
static const char EVENTS_IN_SCOPE[] =
    LIVE_EVENTS "and l.customer_id in (select account_id from account_ancestors where ancestor_id = $2) and "
                "(cast($3 as bigint) = 0 or l.sku_id in (select id from skus where owner_id = $3)) " IN_ORDER;
static const char EVENTS_OF_GROUP[] = LIVE_EVENTS "and l.customer_id = $2 and l.sku_id = $3 " IN_ORDER;

static struct streamed_event read_event(struct db_rows *rows) {
    return (struct streamed_event){db_column_int(rows, CUSTOMER_ID), db_column_int(rows, SKU_ID),
                                   db_column_int(rows, LICENCE_ID),  db_column_int(rows, FIRST_EDGE),
                                   db_column_int(rows, LAST_EDGE),   db_column_int(rows, AT_US),
                                   db_column_int(rows, SEATS_AFTER), db_column_int(rows, KIND)};
}

static bool is_whole_store(struct usage_groups_scope scope) {
    return scope.account_id == 0;
}

/* $1 is the provider; $2 and $3 are what else limits the statement that is returned. */
static const char *statement_of(struct usage_groups_scope scope, const char *all, const char *in_scope,
                                const char *of_group, struct db_value values[3], size_t *count) {
    values[1] = db_integer(scope.account_id);
    values[2] = db_integer(scope.sku_id != 0 ? scope.sku_id : scope.vendor_id);
    *count = is_whole_store(scope) ? 1 : 3;
    return is_whole_store(scope) ? all : scope.sku_id != 0 ? of_group : in_scope;
}

/* A group while its events are gathered. */
struct gathering {
    int64_t customer_id;
    int64_t sku_id;
    struct kept_level *licences;
    size_t licence_count;
    size_t licence_capacity;
    struct kept_event *events;
    size_t event_count;
    size_t event_capacity;
    struct id_map index; /* of licences */
    bool is_sound;
};

static void begin_gathering(struct making *making, struct gathering *gathering,
                            const struct streamed_event *event) {
    arena_clean_up(&making->group);
    *gathering =
        (struct gathering){.customer_id = event->customer_id, .sku_id = event->sku_id, .is_sound = true};
    id_map_init(&gathering->index, &making->group, 4);
}

static bool is_edge(int64_t edge) {
    return edge >= 0 && edge <= KEPT_EDGE_MAX;
}

static void gather(struct making *making, struct gathering *gathering, const struct streamed_event *event) {
    uint32_t licence =
        id_map_put(&gathering->index, event->licence_id, 0, (uint32_t)gathering->licence_count);
    if (!is_edge(event->first_edge) || !is_edge(event->last_edge) || event->seats_after < 0 ||
        event->seats_after > INT32_MAX) {
        gathering->is_sound = false;
        return;
    }
    if (licence == gathering->licence_count) {
        gathering->licences = arena_grow(&making->group, gathering->licences, gathering->licence_count,
                                         &gathering->licence_capacity, sizeof *gathering->licences);
        gathering->licences[gathering->licence_count++] =
            (struct kept_level){(int32_t)event->first_edge, (int32_t)event->last_edge};
    }
    gathering->events = arena_grow(&making->group, gathering->events, gathering->event_count,
                                   &gathering->event_capacity, sizeof *gathering->events);
    gathering->events[gathering->event_count++] =
        (struct kept_event){event->at_us, licence, (int32_t)event->seats_after, event->kind == EVENT_ON};
}

/* ---- zones of a path ---- */

struct sought_path {
    const struct path_zone *zones;
    int64_t id;
};

static bool is_path_before(const void *context, size_t i) {
    const struct sought_path *sought = context;
    return sought->zones[i].id < sought->id;
}

/* Adds the zones of an id, in the order of their numbers. */
static void add_path(struct making *making, const struct path_zone *zones, size_t count, int64_t id,
                     bool *is_on_path) {
    for (size_t i = lower_bound(count, is_path_before, &(struct sought_path){zones, id});
         i < count && zones[i].id == id; i++) {
        const struct usage_zone *zone = usage_zones_named(&making->zones, zones[i].time_zone);
        for (size_t k = 0; k < making->zones.count; k++) {
            is_on_path[k] = is_on_path[k] || making->zones.items[k] == zone;
        }
    }
}

/* ---- a group's rows ---- */

static void add_row(struct making *making, struct row_list *list, const struct usage_group_row *row) {
    list->items = arena_grow(&making->rows, list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = *row;
}

static void make_in_zone(struct making *making, int64_t provider_id, const struct gathering *gathering,
                         struct usage_zone *zone) {
    const struct kept_group group = {gathering->licences, gathering->licence_count, gathering->events,
                                     gathering->event_count};
    struct kept_rows rows = {0};
    if (!kept_replay(&group, &zone->calendar, &making->group, &rows)) {
        making->is_whole = false;
        return;
    }
    for (size_t i = 0; i < rows.count; i++) {
        const struct kept_row *made = &rows.items[i];
        bool is_last = i + 1 == rows.count || rows.items[i + 1].level.first_edge != made->level.first_edge;
        const struct usage_group_row row = {.provider_id = provider_id,
                                            .customer_id = gathering->customer_id,
                                            .sku_id = gathering->sku_id,
                                            .zone = zone->number,
                                            .first_edge = made->level.first_edge,
                                            .last_edge = made->level.last_edge,
                                            .month = made->month.index,
                                            .usage = made->usage};
        add_row(making, is_last ? &making->present : &making->ended, &row);
    }
}

static void make_group(struct making *making, int64_t provider_id, const struct gathering *gathering) {
    bool *is_on_path = ARENA_NEW(&making->group, bool, making->zones.count);
    if (gathering->event_count == 0 || !gathering->is_sound) {
        making->is_whole = making->is_whole && gathering->is_sound;
        return;
    }
    add_path(making, making->account_zones, making->account_zone_count, gathering->customer_id, is_on_path);
    add_path(making, making->sku_zones, making->sku_zone_count, gathering->sku_id, is_on_path);
    for (size_t i = 0; i < making->zones.count; i++) {
        if (is_on_path[i]) {
            make_in_zone(making, provider_id, gathering, making->zones.items[i]);
        }
    }
}

static enum status make_rows(struct making *making, int64_t provider_id, struct fault *fault) {
    struct db_value values[3] = {db_integer(provider_id)};
    struct gathering gathering = {.is_sound = true};
    struct db_rows *rows = NULL;
    size_t count = 0;
    bool have_row = false;
    const char *sql = statement_of(making->scope, EVENTS, EVENTS_IN_SCOPE, EVENTS_OF_GROUP, values, &count);
    enum status status = db_stream(making->db, sql, values, count, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        struct streamed_event event = read_event(rows);
        if (gathering.event_count == 0 || event.customer_id != gathering.customer_id ||
            event.sku_id != gathering.sku_id) {
            make_group(making, provider_id, &gathering);
            begin_gathering(making, &gathering, &event);
        }
        gather(making, &gathering, &event);
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        make_group(making, provider_id, &gathering);
    }
    return status;
}

/* ---- what a provider's rows are made with ---- */

/* All zones are opened, and numbered where `keeps`, before the events stream in: nothing else can be asked
 * then. */
static enum status open_zones(struct making *making, bool keeps, struct fault *fault) {
    for (size_t i = 0; i < making->account_zone_count; i++) {
        usage_zones_named(&making->zones, making->account_zones[i].time_zone);
    }
    for (size_t i = 0; i < making->sku_zone_count; i++) {
        usage_zones_named(&making->zones, making->sku_zones[i].time_zone);
    }
    for (size_t i = 0; i < making->zones.count; i++) {
        TRY(usage_zone_open(making->zones.items[i], fault));
        if (keeps) {
            TRY(usage_zone_keep(making->db, making->zones.items[i], fault));
        }
    }
    return STATUS_OK;
}

static enum status begin_provider(struct making *making, int64_t provider_id, bool keeps,
                                  struct fault *fault) {
    struct usage_groups_scope scope = making->scope;
    arena_clean_up(&making->rows);
    making->present = making->ended = (struct row_list){0};
    TRY(path_zones_of_accounts(making->db, &making->rows, scope.sku_id != 0 ? scope.account_id : provider_id,
                               &making->account_zones, &making->account_zone_count, fault));
    return open_zones(making, keeps, fault);
}

static enum status open_making(struct making *making, struct db *db, struct arena *arena,
                               struct usage_groups_scope scope, struct fault *fault) {
    *making = (struct making){.db = db, .arena = arena, .scope = scope, .is_whole = true};
    arena_init(&making->rows);
    arena_init(&making->group);
    TRY(usage_zones_load(db, arena, true, &making->zones, fault));
    return path_zones_of_skus(db, arena, scope.sku_id, &making->sku_zones, &making->sku_zone_count, fault);
}

static void close_making(struct making *making) {
    usage_zones_close(&making->zones);
    arena_clean_up(&making->rows);
    arena_clean_up(&making->group);
}

/* ---- rebuilding ---- */

#define IN_SCOPE                                                                                             \
    "and customer_id in (select account_id from account_ancestors where ancestor_id = $2) and (cast($3 as "  \
    "bigint) = 0 or sku_id in (select id from skus where owner_id = $3))"
#define OF_GROUP "and customer_id = $2 and sku_id = $3"

static const char DELETE_PRESENT[] = "delete from usage_groups where provider_id = $1 ";
static const char DELETE_PRESENT_IN_SCOPE[] = "delete from usage_groups where provider_id = $1 " IN_SCOPE;
static const char DELETE_PRESENT_OF_GROUP[] = "delete from usage_groups where provider_id = $1 " OF_GROUP;
static const char DELETE_ENDED[] = "delete from ended_usage where provider_id = $1 ";
static const char DELETE_ENDED_IN_SCOPE[] = "delete from ended_usage where provider_id = $1 " IN_SCOPE;
static const char DELETE_ENDED_OF_GROUP[] = "delete from ended_usage where provider_id = $1 " OF_GROUP;

static enum status delete_rows(const struct making *making, int64_t provider_id, struct fault *fault) {
    struct db_value values[3] = {db_integer(provider_id)};
    size_t count = 0;
    const char *present = statement_of(making->scope, DELETE_PRESENT, DELETE_PRESENT_IN_SCOPE,
                                       DELETE_PRESENT_OF_GROUP, values, &count);
    TRY(db_run(making->db, present, values, count, NULL, fault));
    const char *ended = statement_of(making->scope, DELETE_ENDED, DELETE_ENDED_IN_SCOPE,
                                     DELETE_ENDED_OF_GROUP, values, &count);
    return db_run(making->db, ended, values, count, NULL, fault);
}

static enum status rebuild_provider(struct making *making, int64_t provider_id, struct fault *fault) {
    TRY(begin_provider(making, provider_id, true, fault));
    TRY(make_rows(making, provider_id, fault));
    TRY(delete_rows(making, provider_id, fault));
    for (size_t i = 0; i < making->zones.count; i++) {
        TRY(usage_zone_keep_months(making->db, making->zones.items[i], fault));
    }
    TRY(rows_insert_many(making->db, "usage_groups", &USAGE_GROUP, making->present.items,
                         making->present.count, fault));
    return rows_insert_many(making->db, "ended_usage", &USAGE_GROUP, making->ended.items, making->ended.count,
                            fault);
}

/* Every provider that has a log, or only those with licences in the scope. */
static const char PROVIDERS[] = "select provider_id from event_logs order by provider_id";
static const char PROVIDERS_IN_SCOPE[] =
    "select provider_id from event_logs g where exists (select 1 from licences l where l.provider_id = "
    "g.provider_id and l.customer_id in (select account_id from account_ancestors where ancestor_id = $1)) "
    "order by provider_id";
static const char PROVIDERS_OF_GROUP[] =
    "select distinct provider_id from licences where customer_id = $1 and sku_id = $2 order by provider_id";

static enum status providers_in(struct db *db, struct arena *arena, struct usage_groups_scope scope,
                                int64_t **providers, size_t *count, struct fault *fault) {
    if (is_whole_store(scope)) {
        return rows_integers(db, arena, PROVIDERS, DB_NO_ARGS, providers, count, fault);
    }
    if (scope.sku_id != 0) {
        return rows_integers(db, arena, PROVIDERS_OF_GROUP,
                             DB_ARGS(db_integer(scope.account_id), db_integer(scope.sku_id)), providers,
                             count, fault);
    }
    return rows_integers(db, arena, PROVIDERS_IN_SCOPE, DB_ARGS(db_integer(scope.account_id)), providers,
                         count, fault);
}

static const char NOT_KEPT[] = "update programme set usage_kept = 0 where usage_kept <> 0";
static const char KEPT[] = "update programme set usage_kept = 1 where usage_kept <> 1";

static enum status rebuild(struct db *db, struct usage_groups_scope scope, bool *is_whole,
                           struct fault *fault) {
    struct arena arena;
    struct making making;
    int64_t *providers = NULL;
    size_t count = 0;
    arena_init(&arena);
    enum status status = open_making(&making, db, &arena, scope, fault);
    if (status == STATUS_OK) {
        status = providers_in(db, &arena, scope, &providers, &count, fault);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = rebuild_provider(&making, providers[i], fault);
    }
    *is_whole = making.is_whole;
    close_making(&making);
    arena_clean_up(&arena);
    return status;
}

enum status usage_groups_rebuild(struct db *db, struct usage_groups_scope scope, struct fault *fault) {
    bool is_whole = true;
    assert(scope.account_id > 0);
    TRY(rebuild(db, scope, &is_whole, fault));
    if (!is_whole) {
        TRY(db_take_last(db, fault));
    }
    return is_whole ? STATUS_OK : db_run(db, NOT_KEPT, DB_NO_ARGS, NULL, fault);
}

static const char DELETE_ALL_MONTHS[] = "delete from usage_months";
static const char DELETE_ALL_PRESENT[] = "delete from usage_groups";
static const char DELETE_ALL_ENDED[] = "delete from ended_usage";

enum status usage_groups_rebuild_all(struct db *db, struct fault *fault) {
    bool is_whole = true;
    TRY(db_run(db, DELETE_ALL_MONTHS, DB_NO_ARGS, NULL, fault));
    TRY(db_run(db, DELETE_ALL_PRESENT, DB_NO_ARGS, NULL, fault));
    TRY(db_run(db, DELETE_ALL_ENDED, DB_NO_ARGS, NULL, fault));
    TRY(rebuild(db, (struct usage_groups_scope){0}, &is_whole, fault));
    return db_run(db, is_whole ? KEPT : NOT_KEPT, DB_NO_ARGS, NULL, fault);
}

/* ---- following terms ---- */

#define TERMS                                                                                                \
    "(select a.time_zone as time_zone from agreements a where a.seller_id = $1 and a.buyer_id = $2 and "     \
    "a.signed_at_us is not null union select t.time_zone from agreements a join amendments t on "            \
    "t.agreement_id = a.id and t.state <> 'proposed' where a.seller_id = $1 and a.buyer_id = $2) z "

static const char IS_VENDOR[] = "select 1 from accounts where id = $1 and kind = 'vendor'";

/* Where all groups there are have been counted by one zone, and it is that of the terms, none lacks it. */
static const char MAY_LACK[] =
    "select case when (select count(*) from usage_zones) = 0 then 0 else (select "
    "count(*) from usage_zones u where u.time_zone not in (select time_zone from " TERMS
    ")) + (select count(*) from " TERMS "where z.time_zone not in (select time_zone from usage_zones)) end";
static const char LACKS[] =
    "select 1 from licences l cross join " TERMS
    "where l.first_on_at_us is not null and l.customer_id in (select account_id from account_ancestors where "
    "ancestor_id = $2) and (cast($3 as bigint) = 0 or l.sku_id in (select id from skus where owner_id = $1)) "
    "and not exists (select 1 from usage_groups g join usage_zones u on u.zone = g.zone where g.provider_id "
    "= "
    "l.provider_id and g.customer_id = l.customer_id and g.sku_id = l.sku_id and u.time_zone = z.time_zone) "
    "limit 1";

enum status usage_groups_follow_terms(struct db *db, int64_t seller_id, int64_t buyer_id,
                                      struct fault *fault) {
    bool of_vendor = false;
    int64_t others = 0;
    int64_t lacks = 0;
    TRY(db_query_int(db, MAY_LACK, DB_ARGS(db_integer(seller_id), db_integer(buyer_id)), 0, &others, fault));
    if (others == 0) {
        return STATUS_OK;
    }
    TRY(rows_yes(db, IS_VENDOR, DB_ARGS(db_integer(seller_id)), &of_vendor, fault));
    TRY(db_query_int(db, LACKS, DB_ARGS(db_integer(seller_id), db_integer(buyer_id), db_integer(of_vendor)),
                     0, &lacks, fault));
    if (lacks == 0) {
        return STATUS_OK;
    }
    const struct usage_groups_scope scope = {.account_id = buyer_id, .vendor_id = of_vendor ? seller_id : 0};
    return usage_groups_rebuild(db, scope, fault);
}

/* ---- comparing ---- */

struct comparing {
    struct making making;
    struct arena *arena; /* of the differences */
    struct usage_difference *differences;
    size_t count;
    size_t capacity;
    struct id_map known;
};

static void differ(struct comparing *comparing, const struct usage_group_row *row) {
    uint32_t at = id_map_put(&comparing->known, row->customer_id, row->sku_id, (uint32_t)comparing->count);
    if (at < comparing->count) {
        return;
    }
    comparing->differences = arena_grow(comparing->arena, comparing->differences, comparing->count,
                                        &comparing->capacity, sizeof *comparing->differences);
    comparing->differences[comparing->count++] = (struct usage_difference){row->customer_id, row->sku_id};
}

static int compare_numbers(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

/* The order of made and of stored rows. */
static int compare_rows(const struct usage_group_row *a, const struct usage_group_row *b) {
    int order = compare_numbers(a->customer_id, b->customer_id);
    order = order != 0 ? order : compare_numbers(a->sku_id, b->sku_id);
    order = order != 0 ? order : compare_numbers(a->zone, b->zone);
    order = order != 0 ? order : compare_numbers(a->first_edge, b->first_edge);
    return order != 0 ? order : compare_numbers(a->month, b->month);
}

/* Lays a stored row beside the made ones from *next on. */
static void compare_row(struct comparing *comparing, const struct row_list *made, size_t *next,
                        const struct usage_group_row *stored) {
    int order = 1;
    while (*next < made->count && (order = compare_rows(&made->items[*next], stored)) < 0) {
        differ(comparing, &made->items[(*next)++]);
    }
    bool is_made = *next < made->count && order == 0;
    if (!is_made || memcmp(&made->items[*next], stored, sizeof *stored) != 0) {
        differ(comparing, stored);
    }
    *next += is_made;
}

#define STORED_ORDER "where provider_id = $1 order by customer_id, sku_id, zone, first_edge, month"
static const char STORED_PRESENT[] = "select {} from usage_groups " STORED_ORDER;
static const char STORED_ENDED[] = "select {} from ended_usage " STORED_ORDER;

static enum status compare_table(struct comparing *comparing, const char *sql, const struct row_list *made,
                                 int64_t provider_id, struct fault *fault) {
    struct db_rows *rows = NULL;
    size_t next = 0;
    bool have_row = false;
    enum status status = db_stream_fields(comparing->making.db, &USAGE_GROUP, sql,
                                          DB_ARGS(db_integer(provider_id)), &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        struct usage_group_row stored = {0};
        status = rows_read(rows, 0, &USAGE_GROUP, NULL, &stored, fault);
        if (status == STATUS_OK) {
            compare_row(comparing, made, &next, &stored);
        }
    }
    db_rows_close(rows);
    while (status == STATUS_OK && next < made->count) {
        differ(comparing, &made->items[next++]);
    }
    return status;
}

static enum status compare_provider(struct comparing *comparing, int64_t provider_id, struct fault *fault) {
    struct making *making = &comparing->making;
    TRY(begin_provider(making, provider_id, false, fault));
    TRY(make_rows(making, provider_id, fault));
    TRY(compare_table(comparing, STORED_PRESENT, &making->present, provider_id, fault));
    return compare_table(comparing, STORED_ENDED, &making->ended, provider_id, fault);
}

static const char ALL_PROVIDERS[] =
    "select provider_id from event_logs union select provider_id from usage_groups union select provider_id "
    "from ended_usage order by provider_id";

enum status usage_groups_compare(struct db *db, struct arena *arena, struct usage_difference **differences,
                                 size_t *count, int64_t *torn, struct fault *fault) {
    struct comparing comparing = {.arena = arena};
    int64_t *providers = NULL;
    size_t provider_count = 0;
    id_map_init(&comparing.known, arena, 8);
    enum status status = open_making(&comparing.making, db, arena, (struct usage_groups_scope){0}, fault);
    if (status == STATUS_OK) {
        status = rows_integers(db, arena, ALL_PROVIDERS, DB_NO_ARGS, &providers, &provider_count, fault);
    }
    for (size_t i = 0; i < provider_count && status == STATUS_OK; i++) {
        status = compare_provider(&comparing, providers[i], fault);
    }
    *torn = comparing.making.zones.torn;
    close_making(&comparing.making);
    *differences = comparing.differences;
    *count = comparing.count;
    return status;
}
