/* The log of check-ins: what devices did in a second, as one row.
 *
 * A row of device_seen costs the store some microseconds, the device's entry here some nanoseconds. So a door
 * that has more check-ins than it should spend rows on keeps them here first, and brings the rows up to date
 * in the order of the devices later. After a crash the log has what the rows lack. */
#ifndef SEATMETER_STORE_DEVICES_CHECK_IN_LOG_H
#define SEATMETER_STORE_DEVICES_CHECK_IN_LOG_H

#include "store/engine/db.h"

/* A device as a check-in left it; in the store as it stands in memory, little-endian. */
struct check_in_entry {
    int64_t activated_at_us; /* the activation that began the chain */
    uint64_t link;
    uint32_t device_id;
    int32_t sequence;
    uint32_t seen_at_s;
    uint32_t lease_expires_s;
    uint32_t profile_id;
    uint32_t month_marks;
};

/* Adds a row; `number` is above those of all rows that are there, or the same once more after a commit whose
 * outcome is not known. */
enum status check_in_log_append(struct db *db, int64_t number, const struct check_in_entry *entries,
                                size_t count, struct fault *fault) MUST_CHECK;

/* The rows up to that number go: all that they tell is in device_seen. */
enum status check_in_log_drop(struct db *db, int64_t number, struct fault *fault) MUST_CHECK;

/* Brings device_seen up to what the log tells, and empties it: of each device the last entry, where its chain
 * is still the one that the device has, and its lease's end in any case. Seats that were given back are held
 * until the ends of leases that only the log knew. `*count` is how many entries there were. In a write
 * transaction. A row that is no whole number of entries is STATUS_INTERNAL "database-failed". */
enum status check_in_log_recover(struct db *db, uint64_t *count, struct fault *fault) MUST_CHECK;

#endif
