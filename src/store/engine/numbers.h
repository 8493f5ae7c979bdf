/* Numbers: what names a new row that writers of different parts may make side by side.
 *
 * Nobody else gets the same. On SQLite they come from a counter and have no gaps. On PostgreSQL they come
 * from a sequence, which nobody waits for: a transaction that is rolled back leaves a gap, and a lower number
 * may be committed after a higher one. So nothing may be read as a feed in their order, and nothing counts by
 * them. What must have no gap, or must be followed, takes from a counter (db_counter_take), which is its
 * writer's alone until the commit. */
#ifndef SEATMETER_STORE_ENGINE_NUMBERS_H
#define SEATMETER_STORE_ENGINE_NUMBERS_H

#include "store/engine/db.h"

enum db_numbered {
    DB_NUMBERS_LICENCES,
    DB_NUMBERS_BLOCKS,
    DB_NUMBERS_REPORTS,
    DB_NUMBERS_DEVICES,
    DB_NUMBERS_DEVICE_RELEASES,
    DB_NUMBERS_DEVICE_PROFILES
};

/* One of them. In a write transaction, which may take any number of them. */
enum status db_number_take(struct db *db, enum db_numbered of, int64_t *number,
                           struct fault *fault) MUST_CHECK;

/* After rows came with their numbers (a restored backup, a store that was filled in bulk): what is taken from
 * here on is above all that are there. In a write transaction that has the whole store. */
enum status db_numbers_settle(struct db *db, struct fault *fault) MUST_CHECK;

#endif
