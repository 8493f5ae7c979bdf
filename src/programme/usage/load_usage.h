/* Load usage: reads the meter of every (end customer, SKU) in two passes over the store.
 *
 * One stream goes over licences, one over the events since `from_us`; no query runs per row. */
#ifndef SEATMETER_PROGRAMME_USAGE_LOAD_USAGE_H
#define SEATMETER_PROGRAMME_USAGE_LOAD_USAGE_H

#include "core/rating/usage.h"
#include "store/engine/db.h"

struct usage_scope {
    int64_t from_us;  /* the earliest start of the months that will be measured */
    int64_t until_us; /* changes from here on are left out; INT64_MAX: none */
    bool forgiving;   /* passes over events of licences that are not there; the audit has told of them */
    int64_t under_account_id; /* only customers below this account (or this customer); 0: the whole store */
    int64_t sku_id;           /* with an account: only this SKU; 0: all */
    bool as_told; /* with an account and all SKUs: a late change counts from when it was told (R4.18) */
};

/* Reads the scope; everything lives in `arena`. Inside a transaction; no other statement may run meanwhile.
 */
enum status usage_load(struct db *db, struct arena *arena, const struct usage_scope *scope,
                       struct usage *usage, struct fault *fault) MUST_CHECK;

/* Reads the groups of a usage that are flagged (one flag for each), from scope->from_us to until_us alone,
 * and adds their logs to it. */
enum status usage_load_groups(struct db *db, struct arena *arena, const struct usage_scope *scope,
                              const bool *is_flagged, struct usage *usage, struct fault *fault) MUST_CHECK;

#endif
