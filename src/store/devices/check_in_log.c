#include "store/devices/check_in_log.h"

#include "store/devices/door_queries.h"
#include "store/engine/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(struct check_in_entry) == 40, "no padding, as it stands in the store");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the order in the store");

/* Again where the commit before went through and its answer was lost. */
static const char APPEND[] =
    "insert into device_seen_log (number, entries) values ($1, $2) on conflict (number) "
    "do update set entries = excluded.entries";

enum status check_in_log_append(struct db *db, int64_t number, const struct check_in_entry *entries,
                                size_t count, struct fault *fault) {
    struct text bytes = {(const char *)entries, count * sizeof *entries};
    return db_run(db, APPEND, DB_ARGS(db_integer(number), db_bytes(bytes)), NULL, fault);
}

static const char DROP[] = "delete from device_seen_log where number <= $1";

enum status check_in_log_drop(struct db *db, int64_t number, struct fault *fault) {
    return db_run(db, DROP, DB_ARGS(db_integer(number)), NULL, fault);
}

/* ---- after a crash ---- */

/* The row may be ahead of the entry; a device that was activated again has begun another chain. */
static const char CATCH_UP[] =
    "update device_seen set sequence = $2, link = $3, seen_at_s = $4, profile_id = $5, month_marks = $6 "
    "where device_id = $1 and (sequence < $2 or sequence = $2 and seen_at_s <= $4) and exists (select 1 from "
    "devices d where d.id = $1 and d.activated_at_us = $7)";
/* What a lease has promised holds, whatever became of the chain. */
static const char RAISE_LEASE[] =
    "update device_seen set lease_expires_s = $2 where device_id = $1 and lease_expires_s < $2";
enum { ENTRY_WIDTH = 7, LEASE_WIDTH = 2, ENTRIES_AT_ONCE = 512, ENTRIES_MAX = 1048576 };

static const char NUMBERS[] = "select number from device_seen_log order by number desc";
static const char ENTRIES[] = "select {} from device_seen_log where number = $1";

struct log_row {
    struct text entries;
};

static const struct db_field LOG_ROW_FIELDS[] = {DB_FIELD_BYTES(struct log_row, entries, "entries")};
static const struct db_fields LOG_ROW = DB_FIELDS(struct log_row, LOG_ROW_FIELDS);

struct recovery {
    struct db *db;
    struct arena arena;
    unsigned char *seen; /* a bit for each device whose last entry was met */
    int64_t last_device;
    struct check_in_entry *entries; /* that wait */
    size_t entry_count;
    size_t entry_capacity;
    uint64_t count;
};

static enum status write_part(struct db *db, const struct check_in_entry *entries, size_t count,
                              struct fault *fault) {
    struct db_value values[ENTRIES_AT_ONCE * ENTRY_WIDTH];
    struct db_value leases[ENTRIES_AT_ONCE * LEASE_WIDTH];
    for (size_t i = 0; i < count; i++) {
        const struct check_in_entry *entry = &entries[i];
        struct db_value *row = &values[i * ENTRY_WIDTH];
        row[0] = leases[i * LEASE_WIDTH] = db_integer(entry->device_id);
        row[1] = db_integer(entry->sequence);
        row[2] = db_integer((int64_t)entry->link);
        row[3] = db_integer(entry->seen_at_s);
        row[4] = db_integer(entry->profile_id);
        row[5] = db_integer(entry->month_marks);
        row[6] = db_integer(entry->activated_at_us);
        leases[i * LEASE_WIDTH + 1] = db_integer(entry->lease_expires_s);
    }
    TRY(db_run_many(db, CATCH_UP, values, ENTRY_WIDTH, count, fault));
    return db_run_many(db, RAISE_LEASE, leases, LEASE_WIDTH, count, fault);
}

static int by_device(const void *a, const void *b) {
    uint32_t left = ((const struct check_in_entry *)a)->device_id;
    uint32_t right = ((const struct check_in_entry *)b)->device_id;
    return left < right ? -1 : left > right;
}

/* Neighbours in the store lie on the same page. */
static enum status write_entries(struct recovery *recovery, struct fault *fault) {
    size_t count = recovery->entry_count;
    recovery->entry_count = 0;
    if (count > 0) {
        qsort(recovery->entries, count, sizeof recovery->entries[0], by_device);
    }
    for (size_t done = 0; done < count; done += ENTRIES_AT_ONCE) {
        TRY(write_part(recovery->db, recovery->entries + done,
                       count - done < ENTRIES_AT_ONCE ? count - done : ENTRIES_AT_ONCE, fault));
    }
    return STATUS_OK;
}

/* A device that is not there has none. */
static bool is_last_of_its_device(struct recovery *recovery, uint32_t device_id) {
    unsigned char bit = (unsigned char)(1U << device_id % 8);
    if (device_id > recovery->last_device || recovery->seen[device_id / 8] & bit) {
        return false;
    }
    recovery->seen[device_id / 8] |= bit;
    return true;
}

static enum status take_entry(struct recovery *recovery, const struct check_in_entry *entry,
                              struct fault *fault) {
    if (!is_last_of_its_device(recovery, entry->device_id)) {
        return STATUS_OK;
    }
    recovery->entries = arena_grow(&recovery->arena, recovery->entries, recovery->entry_count,
                                   &recovery->entry_capacity, sizeof *recovery->entries);
    recovery->entries[recovery->entry_count++] = *entry;
    return recovery->entry_count == ENTRIES_MAX ? write_entries(recovery, fault) : STATUS_OK;
}

static enum status take_entries(struct recovery *recovery, int64_t number, struct text bytes,
                                struct fault *fault) {
    size_t count = bytes.length / sizeof(struct check_in_entry);
    if (bytes.length % sizeof(struct check_in_entry) != 0) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "entries", TEXT(""),
                         "Row %lld of device_seen_log should be whole entries of %zu bytes, and has %zu: "
                         "without that row its devices are believed once.",
                         (long long)number, sizeof(struct check_in_entry), bytes.length);
    }
    recovery->count += count;
    while (count > 0) { /* the last first */
        struct check_in_entry entry;
        memcpy(&entry, bytes.at + --count * sizeof entry, sizeof entry);
        TRY(take_entry(recovery, &entry, fault));
    }
    return STATUS_OK;
}

static enum status take_row(struct recovery *recovery, int64_t number, struct fault *fault) {
    struct arena arena; /* of the row's bytes */
    struct log_row row = {TEXT("")};
    bool found = false;
    arena_init(&arena);
    enum status status =
        rows_one(recovery->db, &arena, &LOG_ROW, ENTRIES, DB_ARGS(db_integer(number)), &row, &found, fault);
    if (status == STATUS_OK) {
        status = take_entries(recovery, number, row.entries, fault);
    }
    arena_clean_up(&arena);
    return status;
}

static enum status recover_rows(struct recovery *recovery, struct fault *fault) {
    int64_t *numbers = NULL;
    size_t number_count = 0;
    int64_t last_licence = 0;
    TRY(rows_integers(recovery->db, &recovery->arena, NUMBERS, DB_NO_ARGS, &numbers, &number_count, fault));
    if (number_count == 0) {
        return STATUS_OK;
    }
    TRY(door_last_ids(recovery->db, &last_licence, &recovery->last_device, fault));
    recovery->seen = ARENA_NEW(&recovery->arena, unsigned char, (size_t)recovery->last_device / 8 + 1);
    for (size_t i = 0; i < number_count; i++) {
        TRY(take_row(recovery, numbers[i], fault));
    }
    TRY(write_entries(recovery, fault));
    TRY(door_leaving_extend(recovery->db, 0, fault));
    return check_in_log_drop(recovery->db, numbers[0], fault);
}

enum status check_in_log_recover(struct db *db, uint64_t *count, struct fault *fault) {
    struct recovery recovery = {.db = db};
    arena_init(&recovery.arena);
    enum status status = recover_rows(&recovery, fault);
    *count = recovery.count;
    arena_clean_up(&recovery.arena);
    return status;
}
