/* Backup: a whole store in one file, and back into an empty store of either engine.
 *
 * The copy is logical, table by table, from one snapshot, while others read and write. The same content gives
 * the same bytes whichever engine holds it, so a store moves from SQLite to PostgreSQL by a backup and a
 * restore. The programme's secret is not in it: it is kept outside the store and must be kept by other means.
 * The file's layout is told in backup_format.h. */
#ifndef SEATMETER_STORE_UPKEEP_BACKUP_H
#define SEATMETER_STORE_UPKEEP_BACKUP_H

#include "store/engine/db.h"

struct backup_summary {
    int64_t created_at_us;
    int64_t schema_version;
    int64_t tables;
    int64_t rows;
    int64_t bytes;
};

/* Writes a backup to `path`, readable by its owner alone. It appears there whole and on the disk, or not at
 * all. Faults: "file-exists" (nothing is overwritten), "backup-failed", and those of db_check_version. No
 * transaction may be open. `summary` may be NULL. */
enum status backup_write(struct db *db, struct text path, int64_t now_us, struct backup_summary *summary,
                         struct fault *fault) MUST_CHECK;

/* Reads the file through, checking every hash, without a store: fault "malformed-backup" tells what is wrong.
 */
enum status backup_verify(struct text path, struct backup_summary *summary, struct fault *fault) MUST_CHECK;

/* Verifies the file, then puts it into a store that has no rows yet (with tables of the backup's version, or
 * without any), in one transaction, and migrates to this program's version. Faults: "malformed-backup",
 * "store-not-empty", "store-too-new" (the backup is of a newer program), "wrong-secret" where `secret` is not
 * NULL and not the one that the programme was made with. A failure leaves no rows. */
enum status backup_restore(struct db *db, struct text path, const unsigned char *secret,
                           struct backup_summary *summary, struct fault *fault) MUST_CHECK;

#endif
