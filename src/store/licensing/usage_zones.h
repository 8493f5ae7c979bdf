/* Usage zones: the time zones by which groups are kept, with the months that were counted in them. Private to
 * the store. */
#ifndef SEATMETER_STORE_LICENSING_USAGE_ZONES_H
#define SEATMETER_STORE_LICENSING_USAGE_ZONES_H

#include "core/usage/kept_calendar.h"
#include "store/engine/db.h"

struct usage_zone {
    int64_t number; /* in the store; 0: it has none there yet */
    struct text name;
    struct kept_calendar calendar;
};

struct usage_zones {
    struct arena *arena;
    struct usage_zone **items; /* in the order of their numbers, new ones behind */
    size_t count;
    size_t capacity;
    int64_t torn; /* rows of usage_months that are no months */
};

/* Reads the zones, with their months where `with_months`. usage_zones_close gives the zones' data back, after
 * a failure too. */
enum status usage_zones_load(struct db *db, struct arena *arena, bool with_months, struct usage_zones *zones,
                             struct fault *fault) MUST_CHECK;
void usage_zones_close(struct usage_zones *zones);

/* The zone of a name, or of a number (NULL: there is none). */
struct usage_zone *usage_zones_named(struct usage_zones *zones, struct text name);
struct usage_zone *usage_zones_numbered(const struct usage_zones *zones, int64_t number);

/* Opens the zone's data where it is not open yet. */
enum status usage_zone_open(struct usage_zone *zone, struct fault *fault) MUST_CHECK;

/* Gives the zone a number in the store where it has none. */
enum status usage_zone_keep(struct db *db, struct usage_zone *zone, struct fault *fault) MUST_CHECK;

/* Keeps the months that the calendar has come to know. */
enum status usage_zone_keep_months(struct db *db, struct usage_zone *zone, struct fault *fault) MUST_CHECK;

/* Midnights as the store writes them, and back; false where they are no month's. */
struct text usage_midnights_format(struct arena *arena, const struct month_span *span);
bool usage_midnights_parse(struct text words, struct month_span *span);

/* A zone on the path of an account, or above a SKU of a vendor. */
struct path_zone {
    int64_t id; /* the account's, or the SKU's */
    struct text time_zone;
};

/* The zones of the edges that lead to the accounts at or below an account, by account, each once; and those
 * of the vendor's edge of SKUs (of one where sku_id is not 0), by SKU. An edge's zones are those of all terms
 * that ever bound it or were declined. */
enum status path_zones_of_accounts(struct db *db, struct arena *arena, int64_t account_id,
                                   struct path_zone **zones, size_t *count, struct fault *fault) MUST_CHECK;
enum status path_zones_of_skus(struct db *db, struct arena *arena, int64_t sku_id, struct path_zone **zones,
                               size_t *count, struct fault *fault) MUST_CHECK;

/* The zones of a group, each once: of the customer's path and of the SKU's vendor. `*count` may be more than
 * there is room for, which no path has. */
enum { USAGE_PATH_ZONES_MAX = 64 };
enum status path_zones_of_group(struct db *db, struct arena *arena, int64_t customer_id, int64_t sku_id,
                                struct text names[USAGE_PATH_ZONES_MAX], size_t *count,
                                struct fault *fault) MUST_CHECK;

#endif
