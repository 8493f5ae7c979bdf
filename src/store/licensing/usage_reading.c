#include "store/licensing/usage_reading.h"

#include "store/licensing/usage_zones.h"

enum {
    CUSTOMER_ID,
    SKU_ID,
    ZONE,
    FIRST_EDGE,
    LAST_EDGE,
    MONTH,
    OPENING_SEATS,
    SEATS,
    CHANGED_AT_US,
    PEAK_BEFORE,
    ANY_SEATS,
    DAY,
    DAY_PEAK,
    SEAT_DAYS,
    FIRST_ON_AT_US
};
#define COLUMNS                                                                                              \
    "g.customer_id, g.sku_id, g.zone, g.first_edge, g.last_edge, g.month, g.opening_seats, g.seats, "        \
    "g.changed_at_us, g.peak_before, g.any_seats, g.day, g.day_peak, g.seat_days, g.first_on_at_us "

#define OF_SKUS                                                                                              \
    "(cast($2 as bigint) = 0 or g.sku_id in (select id from skus where owner_id = $2)) and (cast($3 as "     \
    "bigint) = 0 or g.sku_id = $3) "
/* Rows lie by provider: those of the providers below the account or, of a customer, its own. */
#define UNDER                                                                                                \
    "g.provider_id in (select account_id from account_ancestors where ancestor_id = $1 union select "        \
    "seller_id from accounts where id = $1 and seller_id is not null) and g.customer_id in (select "         \
    "account_id from account_ancestors where ancestor_id = $1) and "

static const char NEWEST[] =
    "select " COLUMNS "from usage_groups g where cast($1 as bigint) = 0 and " OF_SKUS;
static const char NEWEST_UNDER[] = "select " COLUMNS "from usage_groups g where " UNDER OF_SKUS;

/* A provider's month lies together; without the cross join SQLite reads all months. */
static const char EARLIER[] =
    "select " COLUMNS "from event_logs p cross join ended_usage g where g.provider_id = p.provider_id and "
    "g.month >= $4 and cast($1 as bigint) = 0 and " OF_SKUS;
static const char EARLIER_UNDER[] =
    "select " COLUMNS "from ended_usage g where g.month >= $4 and " UNDER OF_SKUS;

enum status usage_newest_stream(struct db *db, struct usage_reading_scope scope, struct db_rows **rows,
                                struct fault *fault) {
    return db_stream(
        db, scope.under_account_id == 0 ? NEWEST : NEWEST_UNDER,
        DB_ARGS(db_integer(scope.under_account_id), db_integer(scope.vendor_id), db_integer(scope.sku_id)),
        rows, fault);
}

enum status usage_earlier_stream(struct db *db, struct usage_reading_scope scope, struct month month,
                                 struct db_rows **rows, struct fault *fault) {
    return db_stream(db, scope.under_account_id == 0 ? EARLIER : EARLIER_UNDER,
                     DB_ARGS(db_integer(scope.under_account_id), db_integer(scope.vendor_id),
                             db_integer(scope.sku_id), db_integer(month.index)),
                     rows, fault);
}

void usage_keeping_row_read(struct db_rows *rows, struct keeping_row *row) {
    *row = (struct keeping_row){.customer_id = db_column_int(rows, CUSTOMER_ID),
                                .sku_id = db_column_int(rows, SKU_ID),
                                .zone = db_column_int(rows, ZONE),
                                .first_edge = db_column_int(rows, FIRST_EDGE),
                                .last_edge = db_column_int(rows, LAST_EDGE),
                                .month = db_column_int(rows, MONTH),
                                .usage = {.opening_seats = db_column_int(rows, OPENING_SEATS),
                                          .seats = db_column_int(rows, SEATS),
                                          .changed_at_us = db_column_int(rows, CHANGED_AT_US),
                                          .peak_before = db_column_int(rows, PEAK_BEFORE),
                                          .any_seats = db_column_int(rows, ANY_SEATS),
                                          .day = db_column_int(rows, DAY),
                                          .day_peak = db_column_int(rows, DAY_PEAK),
                                          .seat_days = db_column_int(rows, SEAT_DAYS),
                                          .first_on_at_us = db_column_int(rows, FIRST_ON_AT_US)}};
}

static struct usage_zone_month month_of_zone(const struct usage_zone *zone, struct month month) {
    struct usage_zone_month of = {.time_zone = zone->name, .before_us = INT64_MIN, .behind_us = INT64_MAX};
    for (size_t i = 0; i < zone->calendar.count; i++) {
        const struct kept_span *kept = zone->calendar.spans[i];
        if (kept->month.index < month.index) {
            of.before_us = kept->span.midnights_us[kept->span.days];
        } else if (kept->month.index == month.index) {
            of.has_month = true;
            of.span = kept->span;
        } else {
            of.behind_us = kept->span.midnights_us[0];
            break;
        }
    }
    return of;
}

enum status usage_zone_months_load(struct db *db, struct arena *arena, struct month month,
                                   struct usage_zone_month **zones, int64_t **numbers, size_t *count,
                                   struct fault *fault) {
    struct usage_zones loaded;
    TRY(usage_zones_load(db, arena, true, &loaded, fault));
    *zones = ARENA_NEW(arena, struct usage_zone_month, loaded.count);
    *numbers = ARENA_NEW(arena, int64_t, loaded.count);
    for (size_t i = 0; i < loaded.count; i++) {
        (*zones)[i] = month_of_zone(loaded.items[i], month);
        (*numbers)[i] = loaded.items[i]->number;
    }
    *count = loaded.count;
    return STATUS_OK;
}
