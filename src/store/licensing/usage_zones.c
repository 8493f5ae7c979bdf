#include "store/licensing/usage_zones.h"

#include "store/engine/rows.h"

#include <assert.h>
#include <string.h>

/* ---- midnights as text ---- */

struct text usage_midnights_format(struct arena *arena, const struct month_span *span) {
    struct text words = TEXT("");
    for (int day = 0; day <= span->days; day++) {
        words = text_format(arena, "%.*s%s%lld", TEXT_ARGS(words), day == 0 ? "" : " ",
                            (long long)span->midnights_us[day]);
    }
    return words;
}

bool usage_midnights_parse(struct text words, struct month_span *span) {
    int read = 0;
    while (words.length > 0 && read <= MONTH_DAYS_MAX) {
        const char *blank = memchr(words.at, ' ', words.length);
        size_t length = blank == NULL ? words.length : (size_t)(blank - words.at);
        if (!text_to_int64((struct text){words.at, length}, &span->midnights_us[read++])) {
            return false;
        }
        size_t used = blank == NULL ? length : length + 1;
        words = (struct text){words.at + used, words.length - used};
    }
    span->days = read - 1;
    return words.length == 0 && kept_span_is_sound(span);
}

/* ---- zones ---- */

struct zone_row {
    int64_t number;
    struct text name;
};

static const struct db_field ZONE_FIELDS[] = {
    DB_FIELD_INT(struct zone_row, number, "zone"),
    DB_FIELD_TEXT(struct zone_row, name, "time_zone"),
};
static const struct db_fields ZONE = DB_FIELDS(struct zone_row, ZONE_FIELDS);

struct month_row_of_zone {
    int64_t zone;
    int64_t month;
    struct text midnights_us;
};

static const struct db_field MONTH_FIELDS[] = {
    DB_FIELD_INT(struct month_row_of_zone, zone, "zone"),
    DB_FIELD_INT(struct month_row_of_zone, month, "month"),
    DB_FIELD_TEXT(struct month_row_of_zone, midnights_us, "midnights_us"),
};
static const struct db_fields MONTH = DB_FIELDS(struct month_row_of_zone, MONTH_FIELDS);

static const char ZONES[] = "select {} from usage_zones order by zone";
static const char MONTHS[] = "select {} from usage_months order by zone, month";

static struct usage_zone *add_zone(struct usage_zones *zones, int64_t number, struct text name) {
    struct usage_zone *zone = ARENA_NEW(zones->arena, struct usage_zone, 1);
    zones->items =
        arena_grow(zones->arena, zones->items, zones->count, &zones->capacity, sizeof(struct usage_zone *));
    zones->items[zones->count++] = zone;
    zone->number = number;
    zone->name = text_copy(zones->arena, name);
    zone->calendar.arena = zones->arena;
    return zone;
}

/* What is no month is passed over, and counted. */
static void add_month(struct usage_zones *zones, const struct month_row_of_zone *row) {
    struct usage_zone *zone = usage_zones_numbered(zones, row->zone);
    struct month_span span = {0};
    bool is_month = row->month >= 0 && row->month <= INT32_MAX;
    struct month month = {is_month ? (int32_t)row->month : 0};
    bool is_kept = zone != NULL && is_month && month_is_sayable(month) &&
                   usage_midnights_parse(row->midnights_us, &span) &&
                   kept_calendar_add(&zone->calendar, month, &span);
    zones->torn += !is_kept;
}

enum status usage_zones_load(struct db *db, struct arena *arena, bool with_months, struct usage_zones *zones,
                             struct fault *fault) {
    struct zone_row *rows = NULL;
    struct month_row_of_zone *months = NULL;
    size_t count = 0;
    *zones = (struct usage_zones){.arena = arena};
    TRY(rows_all(db, arena, &ZONE, ZONES, DB_NO_ARGS, &rows, &count, fault));
    for (size_t i = 0; i < count; i++) {
        add_zone(zones, rows[i].number, rows[i].name);
    }
    if (!with_months) {
        return STATUS_OK;
    }
    TRY(rows_all(db, arena, &MONTH, MONTHS, DB_NO_ARGS, &months, &count, fault));
    for (size_t i = 0; i < count; i++) {
        add_month(zones, &months[i]);
    }
    return STATUS_OK;
}

void usage_zones_close(struct usage_zones *zones) {
    for (size_t i = 0; i < zones->count; i++) {
        zone_close(zones->items[i]->calendar.zone);
        zones->items[i]->calendar.zone = NULL;
    }
}

struct usage_zone *usage_zones_named(struct usage_zones *zones, struct text name) {
    for (size_t i = 0; i < zones->count; i++) {
        if (text_equal(zones->items[i]->name, name)) {
            return zones->items[i];
        }
    }
    return add_zone(zones, 0, name);
}

struct usage_zone *usage_zones_numbered(const struct usage_zones *zones, int64_t number) {
    for (size_t i = 0; i < zones->count; i++) {
        if (zones->items[i]->number == number) {
            return zones->items[i];
        }
    }
    return NULL;
}

enum status usage_zone_open(struct usage_zone *zone, struct fault *fault) {
    return zone->calendar.zone != NULL ? STATUS_OK
                                       : zone_open(zone->name, "time_zone", &zone->calendar.zone, fault);
}

static const char INSERT_ZONE[] =
    "insert into usage_zones (zone, time_zone) select coalesce(max(zone), 0) + 1, cast($1 as text) from "
    "usage_zones where not exists (select 1 from usage_zones where time_zone = $1) on conflict do nothing";
static const char NUMBER[] = "select zone from usage_zones where time_zone = $1";

enum status usage_zone_keep(struct db *db, struct usage_zone *zone, struct fault *fault) {
    if (zone->number == 0) {
        TRY(db_take_last(db, fault));
    }
    while (zone->number == 0) { /* again where another writer has taken the number for another zone */
        TRY(db_run(db, INSERT_ZONE, DB_ARGS(db_string(zone->name)), NULL, fault));
        TRY(db_query_int(db, NUMBER, DB_ARGS(db_string(zone->name)), 0, &zone->number, fault));
    }
    return STATUS_OK;
}

static const char INSERT_MONTH[] =
    "insert into usage_months ({}) values ({$1}) on conflict (zone, month) do nothing";

enum status usage_zone_keep_months(struct db *db, struct usage_zone *zone, struct fault *fault) {
    assert(zone->number != 0);
    for (size_t i = 0; i < zone->calendar.count; i++) {
        struct kept_span *kept = zone->calendar.spans[i];
        if (kept->is_new) {
            TRY(db_take_last(db, fault));
            const struct month_row_of_zone row = {zone->number, kept->month.index,
                                                  usage_midnights_format(zone->calendar.arena, &kept->span)};
            TRY(rows_insert(db, &MONTH, INSERT_MONTH, DB_NO_ARGS, &row, fault));
            kept->is_new = false;
        }
    }
    return STATUS_OK;
}

/* ---- paths ---- */

static const struct db_field PATH_FIELDS[] = {
    DB_FIELD_INT(struct path_zone, id, "id"),
    DB_FIELD_TEXT(struct path_zone, time_zone, "time_zone"),
};
static const struct db_fields PATH = DB_FIELDS(struct path_zone, PATH_FIELDS);

/* A tree's edge sells to an account of the seller's own; a vendor's edge does not. */
#define TREE_EDGE                                                                                            \
    "from account_ancestors s join account_ancestors x on x.account_id = s.account_id "                      \
    "join accounts b on b.id = x.ancestor_id "                                                               \
    "join agreements a on a.buyer_id = b.id and a.seller_id = b.seller_id "
/* Terms that bound and were taken back count, so that no zone is ever lost. */
#define DECIDED_TERMS "join amendments t on t.agreement_id = a.id and t.state <> 'proposed' "

static const char OF_ACCOUNTS[] =
    "select {} from (select s.account_id as id, a.time_zone as time_zone " TREE_EDGE
    "where s.ancestor_id = $1 and a.signed_at_us is not null union select s.account_id, "
    "t.time_zone " TREE_EDGE DECIDED_TERMS "where s.ancestor_id = $1) z order by id, time_zone";

enum status path_zones_of_accounts(struct db *db, struct arena *arena, int64_t account_id,
                                   struct path_zone **zones, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &PATH, OF_ACCOUNTS, DB_ARGS(db_integer(account_id)), zones, count, fault);
}

#define VENDOR_EDGE                                                                                          \
    "from skus k join accounts v on v.id = k.owner_id and v.kind = 'vendor' "                                \
    "join agreements a on a.seller_id = v.id "
#define OF_SKU "(cast($1 as bigint) = 0 or k.id = $1) "

static const char OF_SKUS[] =
    "select {} from (select k.id as id, a.time_zone as time_zone " VENDOR_EDGE
    "where a.signed_at_us is not null and " OF_SKU "union select k.id, t.time_zone " VENDOR_EDGE DECIDED_TERMS
    "where " OF_SKU ") z order by id, time_zone";

enum status path_zones_of_skus(struct db *db, struct arena *arena, int64_t sku_id, struct path_zone **zones,
                               size_t *count, struct fault *fault) {
    return rows_all(db, arena, &PATH, OF_SKUS, DB_ARGS(db_integer(sku_id)), zones, count, fault);
}

static const char OF_GROUP[] =
    "select distinct time_zone from (select a.time_zone as time_zone " TREE_EDGE
    "where s.ancestor_id = $1 and s.account_id = $1 and a.signed_at_us is not null union select "
    "t.time_zone " TREE_EDGE DECIDED_TERMS
    "where s.ancestor_id = $1 and s.account_id = $1 union select a.time_zone " VENDOR_EDGE
    "where a.signed_at_us is not null and k.id = $2 union select t.time_zone " VENDOR_EDGE DECIDED_TERMS
    "where k.id = $2) z order by time_zone";

enum status path_zones_of_group(struct db *db, struct arena *arena, int64_t customer_id, int64_t sku_id,
                                struct text names[USAGE_PATH_ZONES_MAX], size_t *count, struct fault *fault) {
    struct text *found = NULL;
    size_t found_count = 0;
    TRY(rows_texts(db, arena, OF_GROUP, DB_ARGS(db_integer(customer_id), db_integer(sku_id)), &found,
                   &found_count, fault));
    for (size_t i = 0; i < found_count && i < USAGE_PATH_ZONES_MAX; i++) {
        names[i] = found[i];
    }
    *count = found_count;
    return STATUS_OK;
}
