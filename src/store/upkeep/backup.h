/* Backup: a whole store in one file, and back into an empty store of either engine.
 *
 * The copy is logical, table by table, from one snapshot, while others read and write. The same content gives
 * the same bytes whichever engine holds it, so a store moves from SQLite to PostgreSQL by a backup and a
 * restore. The file is encrypted and authenticated with a key that follows from the programme's secret: who
 * has the file alone can neither read nor change it. The secret is not in it: it is kept outside the store
 * and must be kept by other means. The file's layout is told in backup_format.h. */
#ifndef SEATMETER_STORE_UPKEEP_BACKUP_H
#define SEATMETER_STORE_UPKEEP_BACKUP_H

#include "core/licence/keyed_hash.h"
#include "store/engine/db.h"

enum { BACKUP_HASH_BYTES = 32 };

struct backup_summary {
    int64_t created_at_us;
    int64_t schema_version;
    int64_t tables;
    int64_t rows;
    int64_t bytes;
    unsigned char hash[BACKUP_HASH_BYTES]; /* of the content: the same for the same rows */
};

/* Writes a backup to `path`, readable by its owner alone, sealed with `secret` (PROGRAMME_SECRET_BYTES). It
 * appears there whole and on the disk, or not at all. Faults: "file-exists" (nothing is overwritten),
 * "backup-failed", and those of db_check_version. No transaction may be open. `summary` may be NULL. */
enum status backup_write(struct db *db, struct text path, const unsigned char *secret, int64_t now_us,
                         struct backup_summary *summary, struct fault *fault) MUST_CHECK;

struct backup_source {
    struct text path;
    const unsigned char *secret; /* PROGRAMME_SECRET_BYTES */
    bool take_older;             /* one of an older version too, be it unsealed */
};

/* Reads the file through, checking every hash, without a store. Faults: "malformed-backup" (it was damaged or
 * altered), "wrong-secret" (it is another programme's), "backup-older" (say so, to take it), "store-too-new"
 * (it is a newer program's), "file-unreadable". `summary` may be NULL. */
enum status backup_verify(const struct backup_source *source, struct backup_summary *summary,
                          struct fault *fault) MUST_CHECK;

/* What becomes of the rows when the judge does not take them. */
enum backup_rows { BACKUP_ROWS_UNDONE, BACKUP_ROWS_STAY };

/* Says inside a write transaction whether a restored store is sound; anything but STATUS_OK ends the restore.
 */
struct backup_judge {
    enum status (*accept)(struct backup_judge *judge, struct db *db, enum backup_rows rows,
                          struct fault *fault);
};

/* Verifies the file, then puts it into a store that has no rows yet (with tables of the backup's version, or
 * without any), in one transaction, and asks the judge (NULL: nobody) before it is committed. A backup of an
 * older version is migrated to this program's first, so its rows stay, whatever the judge says. Faults: those
 * of backup_verify, "store-not-empty", the judge's. Any other failure leaves no rows. */
enum status backup_restore(struct db *db, const struct backup_source *source, struct backup_judge *judge,
                           struct backup_summary *summary, struct fault *fault) MUST_CHECK;

#endif
