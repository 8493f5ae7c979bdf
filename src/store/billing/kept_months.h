/* Kept months: the midnights that months had in a zone when they were closed first (R7.16).
 *
 * They are kept once for a zone and month, not for each edge: whoever closes the same month later goes by
 * them too. */
#ifndef SEATMETER_STORE_BILLING_KEPT_MONTHS_H
#define SEATMETER_STORE_BILLING_KEPT_MONTHS_H

#include "core/time/zone.h"
#include "store/engine/db.h"

/* All, or those of one zone, ascending by month. Fault "database-failed" where one is not sound. */
enum status kept_months_load(struct db *db, struct arena *arena, struct kept_month **months, size_t *count,
                             struct fault *fault) MUST_CHECK;
enum status kept_months_of_zone(struct db *db, struct arena *arena, struct text time_zone,
                                struct kept_month **months, size_t *count, struct fault *fault) MUST_CHECK;

/* Keeps it unless it is kept already. */
enum status kept_month_insert(struct db *db, struct arena *arena, const struct kept_month *month,
                              struct fault *fault) MUST_CHECK;

/* Months that are closed and not kept, without midnights: those of stores that kept none. */
enum status kept_months_missing(struct db *db, struct arena *arena, struct kept_month **months, size_t *count,
                                struct fault *fault) MUST_CHECK;

#endif
