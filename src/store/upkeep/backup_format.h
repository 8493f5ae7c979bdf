/* The layout of a backup, and what writing and restoring share. Private to backup_….c.
 *
 * Integers are big-endian, names are a u16 length and bytes.
 *   file:  head | seal (backup_seal.h) of: u32 count of tables | table … | 32 bytes: BLAKE2b of the head and
 *          all before
 *   head:  "seatmeter-backup" | u32 format 2 | u32 schema version | i64 created at (µs)
 *   table: name | u16 count of columns | per column: name, 'i' 't' or 'b' | row … | u8 0 | u64 count of rows
 * | 32 bytes: BLAKE2b of the table up to here row:   u8 1 | per column: u8 0 (null), or u8 1 and a value:
 * i64, or u32 length and bytes Tables stand behind those that their foreign keys name; rows are in the order
 * of the primary key. Format 1 was the same without the seal: nothing said who had written it. */
#ifndef SEATMETER_STORE_UPKEEP_BACKUP_FORMAT_H
#define SEATMETER_STORE_UPKEEP_BACKUP_FORMAT_H

#include "store/upkeep/backup.h"

enum { BACKUP_FORMAT = 2, BACKUP_FORMAT_UNSEALED = 1, BACKUP_MAGIC_BYTES = 16 };
enum { BACKUP_HEAD_BYTES = BACKUP_MAGIC_BYTES + 4 + 4 + 8 };
enum { BACKUP_COLUMNS_MAX = 64, BACKUP_TABLES_MAX = 1000, BACKUP_NAME_BYTES_MAX = 63 };
enum { BACKUP_VALUE_BYTES_MAX = 256 * 1024 * 1024 };

#define BACKUP_MAGIC "seatmeter-backup"

struct backup_table {
    struct text name;
    size_t columns;
    struct text column_names[BACKUP_COLUMNS_MAX];
    char types[BACKUP_COLUMNS_MAX + 1]; /* 'i', 't', 'b', zero-terminated: as db_bulk_start has them */
    struct text key;                    /* the primary key's columns with commas between */
};

/* The tables of a migrated store, but schema_version, each behind those it refers to; in the arena. */
enum status backup_tables_of(struct db *db, struct arena *arena, struct backup_table **tables, size_t *count,
                             struct fault *fault) MUST_CHECK;

#endif
