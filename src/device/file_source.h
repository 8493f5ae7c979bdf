/* File source: what the files thread answers from, the artifact store and its own connection to the store,
 * with the counters of both. */
#ifndef SEATMETER_DEVICE_FILE_SOURCE_H
#define SEATMETER_DEVICE_FILE_SOURCE_H

#include "core/licence/decision.h"
#include "delivery/artifacts.h"
#include "store/engine/db.h"

#include <stdatomic.h>

struct files_counters {
    atomic_ullong begun;
    atomic_ullong finished;
    atomic_ullong broken; /* the client went away or stalled */
    atomic_ullong bytes;
    atomic_ullong under_way;
    atomic_ullong answers[LEASE_CODE_COUNT]; /* by their code */
    atomic_ullong failures;                  /* of the store or the disk */
};

/* The thread alone uses all of it but the counters. */
struct file_source {
    struct text database_url;
    const struct text *refusals;      /* LEASE_CODE_COUNT bodies */
    struct artifact_store *artifacts; /* NULL: no downloads */
    struct db *db;                    /* NULL while the store cannot be reached */
    struct files_counters counters;
};

/* The connection to the store, which is opened when it is not open; NULL while the store cannot be reached.
 */
struct db *file_source_db(struct file_source *source);
/* Counts a failed query and closes the connection, so that the next file_source_db opens another one. */
void file_source_db_failed(struct file_source *source);
/* Closes both; the counters stay. */
void file_source_close(struct file_source *source);

#endif
