/* Usage reading: the usage groups by the bulk, for whoever rates a month (core/rating/usage_keeping.h). */
#ifndef SEATMETER_STORE_LICENSING_USAGE_READING_H
#define SEATMETER_STORE_LICENSING_USAGE_READING_H

#include "core/rating/usage_keeping.h"
#include "store/engine/db.h"

/* Of whom; each 0: of all. */
struct usage_reading_scope {
    int64_t under_account_id; /* customers at or below it */
    int64_t vendor_id;        /* SKUs that are this vendor's own */
    int64_t sku_id;
};

/* The newest row of every level, in no order; and those of earlier months from `month` on. */
enum status usage_newest_stream(struct db *db, struct usage_reading_scope scope, struct db_rows **rows,
                                struct fault *fault) MUST_CHECK;
enum status usage_earlier_stream(struct db *db, struct usage_reading_scope scope, struct month month,
                                 struct db_rows **rows, struct fault *fault) MUST_CHECK;
void usage_keeping_row_read(struct db_rows *rows, struct keeping_row *row);

/* All zones that usage is kept by, with what they have of the month; the numbers stand beside them. */
enum status usage_zone_months_load(struct db *db, struct arena *arena, struct month month,
                                   struct usage_zone_month **zones, int64_t **numbers, size_t *count,
                                   struct fault *fault) MUST_CHECK;

#endif
