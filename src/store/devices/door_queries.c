#include "store/devices/door_queries.h"

#include "store/devices/device_fields.h"

/* ---- positions ---- */

static const char LAST_IDS[] =
    "select coalesce((select max(id) from licences), 0), coalesce((select max(id) from devices), 0)";

enum status door_last_ids(struct db *db, int64_t *licence_id, int64_t *device_id, struct fault *fault) {
    enum { OF_LICENCES, OF_DEVICES, IDS };
    int64_t last[IDS];
    TRY(rows_numbers(db, LAST_IDS, DB_NO_ARGS, last, IDS, fault));
    *licence_id = last[OF_LICENCES];
    *device_id = last[OF_DEVICES];
    return STATUS_OK;
}

/* ---- devices ---- */

static const struct db_field DEVICE_FIELDS[] = {
    DB_FIELD_INT(struct door_device_row, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct door_device_row, licence_id, "licence_id"),
    DB_FIELD_BYTES(struct door_device_row, fingerprint, "fingerprint"),
    DB_FIELD_INT(struct door_device_row, generation, "generation"),
    DB_FIELD_WORD(struct door_device_row, state, "state", &DEVICE_STATES),
    DB_FIELD_INT32(struct door_device_row, seat, "seat", DB_COUNT),
    DB_FIELD_INT(struct door_device_row, activated_at_us, "activated_at_us"),
};
static const struct db_fields DEVICE = DB_FIELDS(struct door_device_row, DEVICE_FIELDS);
enum { DEVICE_COLUMN_COUNT = sizeof DEVICE_FIELDS / sizeof DEVICE_FIELDS[0] };

/* Rows of device_seen are read in the order of their columns and without a check: a door that starts reads
 * one for every device. */
enum seen_column {
    SEEN_DEVICE_ID,
    SEEN_SEQUENCE,
    SEEN_LINK,
    SEEN_AT_S,
    SEEN_LEASE_EXPIRES_S,
    SEEN_PROFILE_ID,
    SEEN_MONTH_MARKS
};
#define SEEN_COLUMNS                                                                                         \
    "s.device_id, s.sequence, s.link, s.seen_at_s, s.lease_expires_s, s.profile_id, s.month_marks"

static const char DEVICES[] = "select {d} from devices d where d.id > $1 and d.id <= $2 order by d.id";
static const char SEEN[] =
    "select " SEEN_COLUMNS " from device_seen s where s.device_id > $1 and s.device_id <= $2 order by "
    "s.device_id";
static const char ONE_DEVICE[] =
    "select {d}, " SEEN_COLUMNS
    " from devices d left join device_seen s on s.device_id = d.id where d.id = $1";

enum status door_devices_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                                struct fault *fault) {
    return db_stream_fields(db, &DEVICE, DEVICES, DB_ARGS(db_integer(after), db_integer(last)), rows, fault);
}

enum status door_device_read(struct db_rows *rows, struct door_device_row *row, struct fault *fault) {
    TRY(rows_read(rows, 0, &DEVICE, NULL, row, fault));
    if (row->fingerprint.length != DEVICE_FINGERPRINT_BYTES) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "fingerprint", TEXT(""),
                         "Device number %lld should have a fingerprint of %d bytes, and has one of %zu.",
                         (long long)row->id, (int)DEVICE_FINGERPRINT_BYTES, row->fingerprint.length);
    }
    return STATUS_OK;
}

enum status door_seen_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                             struct fault *fault) {
    return db_stream(db, SEEN, DB_ARGS(db_integer(after), db_integer(last)), rows, fault);
}

static void read_seen(struct db_rows *rows, int first, struct device_seen *seen) {
    *seen = (struct device_seen){
        .device_id = db_column_int(rows, first + SEEN_DEVICE_ID),
        .sequence = (int32_t)db_column_int(rows, first + SEEN_SEQUENCE), /* written from an int32_t */
        .link = (uint64_t)db_column_int(rows, first + SEEN_LINK),
        .seen_at_s = db_column_int(rows, first + SEEN_AT_S),
        .lease_expires_s = db_column_int(rows, first + SEEN_LEASE_EXPIRES_S),
        .profile_id = db_column_int(rows, first + SEEN_PROFILE_ID),
        .month_marks = (uint32_t)db_column_int(rows, first + SEEN_MONTH_MARKS), /* written from 10 bits */
    };
}

void door_seen_read(struct db_rows *rows, struct device_seen *seen) {
    read_seen(rows, 0, seen);
}

enum status door_device_query(struct db *db, int64_t id, struct db_rows **rows, struct fault *fault) {
    return db_query_fields(db, &DEVICE, ONE_DEVICE, DB_ARGS(db_integer(id)), rows, fault);
}

enum status door_device_and_seen_read(struct db_rows *rows, struct door_device_row *row,
                                      struct device_seen *seen, struct fault *fault) {
    TRY(door_device_read(rows, row, fault));
    read_seen(rows, DEVICE_COLUMN_COUNT, seen);
    return STATUS_OK;
}

/* ---- changes ---- */

static const struct db_field CHANGE_FIELDS[] = {
    DB_FIELD_INT(struct door_change, sequence, "sequence"),
    DB_FIELD_WORD(struct door_change, kind, "kind", &DEVICE_CHANGE_KINDS),
    DB_FIELD_INT(struct door_change, subject_id, "subject_id"),
};
static const struct db_fields CHANGE = DB_FIELDS(struct door_change, CHANGE_FIELDS);

static const char CHANGES[] = "select {} from device_changes where sequence > $1 order by sequence limit $2";

enum status door_changes_load(struct db *db, struct arena *arena, int64_t after, int64_t limit,
                              struct door_change **changes, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &CHANGE, CHANGES, DB_ARGS(db_integer(after), db_integer(limit)), changes,
                    count, fault);
}

static const char PRUNE[] = "delete from device_changes where at_us < $1";

enum status door_changes_prune(struct db *db, int64_t before_us, struct fault *fault) {
    return db_run(db, PRUNE, DB_ARGS(db_integer(before_us)), NULL, fault);
}

/* ---- SKUs and profiles ---- */

/* Every licence is of a block. */
static const char SKU_IDS[] =
    "select s.id from skus s where exists (select 1 from blocks b where b.sku_id = s.id) order by s.id";

enum status door_sku_ids_load(struct db *db, struct arena *arena, int64_t **ids, size_t *count,
                              struct fault *fault) {
    return rows_integers(db, arena, SKU_IDS, DB_NO_ARGS, ids, count, fault);
}

static const struct db_field PROFILE_FIELDS[] = {
    DB_FIELD_INT(struct door_profile_row, id, "id", DB_FROM_ONE),
    DB_FIELD_TEXT(struct door_profile_row, version, "version"),
    DB_FIELD_TEXT(struct door_profile_row, components, "components"),
};
static const struct db_fields PROFILE = DB_FIELDS(struct door_profile_row, PROFILE_FIELDS);

static const char PROFILES[] = "select {} from device_profiles order by id desc limit $1";

enum status door_profiles_load(struct db *db, struct arena *arena, int64_t limit,
                               struct door_profile_row **profiles, size_t *count, struct fault *fault) {
    return rows_all(db, arena, &PROFILE, PROFILES, DB_ARGS(db_integer(limit)), profiles, count, fault);
}

/* ---- written behind ---- */

enum { ROWS_AT_ONCE = 512, SEEN_WIDTH = 7, MONTH_WIDTH = 4 };

/* What an earlier lease, perhaps an offline one, has promised the machine still holds: its end never goes
 * back. */
static const char SAVE_SEEN[] =
    "insert into device_seen (device_id, sequence, link, seen_at_s, lease_expires_s, profile_id, "
    "month_marks) "
    "values ($1, $2, $3, $4, $5, $6, $7) on conflict (device_id) do update set sequence = excluded.sequence, "
    "link = excluded.link, seen_at_s = excluded.seen_at_s, lease_expires_s = case when "
    "excluded.lease_expires_s > device_seen.lease_expires_s then excluded.lease_expires_s else "
    "device_seen.lease_expires_s end, profile_id = excluded.profile_id, month_marks = excluded.month_marks";

enum status door_seen_save_many(struct db *db, const struct device_seen *seen, size_t count,
                                struct fault *fault) {
    struct db_value values[ROWS_AT_ONCE * SEEN_WIDTH];
    for (size_t done = 0; done < count; done += ROWS_AT_ONCE) {
        size_t some = count - done < ROWS_AT_ONCE ? count - done : ROWS_AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            const struct device_seen *one = &seen[done + i];
            struct db_value *row = &values[i * SEEN_WIDTH];
            row[0] = db_integer(one->device_id);
            row[1] = db_integer(one->sequence);
            row[2] = db_integer((int64_t)one->link);
            row[3] = db_integer(one->seen_at_s);
            row[4] = db_integer(one->lease_expires_s);
            row[5] = db_integer(one->profile_id);
            row[6] = db_integer(one->month_marks);
        }
        TRY(db_run_many(db, SAVE_SEEN, values, SEEN_WIDTH, some, fault));
    }
    return STATUS_OK;
}

static const char RAISE_LEASE[] =
    "update device_seen set lease_expires_s = $2 where device_id = $1 and lease_expires_s < $2";

enum status door_lease_raise(struct db *db, int64_t device_id, int64_t lease_expires_s, struct fault *fault) {
    return db_run(db, RAISE_LEASE, DB_ARGS(db_integer(device_id), db_integer(lease_expires_s)), NULL, fault);
}

static const char EXTEND_LEAVING[] =
    "update devices set seat_until_s = (select s.lease_expires_s from device_seen s where s.device_id = "
    "devices.id) where id in (select subject_id from device_changes where sequence > $1 and kind = 'device') "
    "and state <> 'active' and seat is not null and seat_until_s < (select s.lease_expires_s from "
    "device_seen s where s.device_id = devices.id)";

enum status door_leaving_extend(struct db *db, int64_t since_change, struct fault *fault) {
    return db_run(db, EXTEND_LEAVING, DB_ARGS(db_integer(since_change)), NULL, fault);
}

static const char MARK_MONTH[] =
    "insert into device_months (month, device_id, licensed, unlicensed) values ($1, $2, $3, $4) on conflict "
    "(month, device_id) do update set "
    "licensed = case when excluded.licensed = 1 then 1 else device_months.licensed end, "
    "unlicensed = case when excluded.unlicensed = 1 then 1 else device_months.unlicensed end";

enum status door_months_mark_many(struct db *db, const struct door_month_mark *marks, size_t count,
                                  struct fault *fault) {
    struct db_value values[ROWS_AT_ONCE * MONTH_WIDTH];
    for (size_t done = 0; done < count; done += ROWS_AT_ONCE) {
        size_t some = count - done < ROWS_AT_ONCE ? count - done : ROWS_AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            const struct door_month_mark *mark = &marks[done + i];
            struct db_value *row = &values[i * MONTH_WIDTH];
            row[0] = db_integer(mark->month);
            row[1] = db_integer(mark->device_id);
            row[2] = db_integer(mark->licensed);
            row[3] = db_integer(!mark->licensed);
        }
        TRY(db_run_many(db, MARK_MONTH, values, MONTH_WIDTH, some, fault));
    }
    return STATUS_OK;
}

static const char COUNT_CLONE[] =
    "update devices set clones = clones + 1, clone_seen_at_us = $2 where id = $1";

enum status door_clones_count_many(struct db *db, const struct door_clone *clones, size_t count,
                                   struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        TRY(db_run(db, COUNT_CLONE,
                   DB_ARGS(db_integer(clones[i].device_id), db_integer(clones[i].seen_at_us)), NULL, fault));
    }
    return STATUS_OK;
}

static const char SAVE_NAME[] = "update devices set name = $2 where id = $1 and name <> $2";

enum status door_names_save_many(struct db *db, const struct door_name *names, size_t count,
                                 struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        TRY(db_run(
            db, SAVE_NAME,
            DB_ARGS(db_integer(names[i].device_id), db_string((struct text){names[i].name, names[i].length})),
            NULL, fault));
    }
    return STATUS_OK;
}

/* ---- the door ---- */

static const struct db_field STATE_FIELDS[] = {
    DB_FIELD_BOOL(struct door_state, is_running, "is_running", DB_SAVED),
    DB_FIELD_INT(struct door_state, unsettled_s, "unsettled_s", DB_SAVED),
};
static const struct db_fields DOOR_STATE = DB_FIELDS(struct door_state, STATE_FIELDS);

static const char LOAD_STATE[] = "select {} from device_door where id = 1";

enum status door_state_load(struct db *db, struct door_state *state, struct fault *fault) {
    bool found = false;
    *state = (struct door_state){0};
    return rows_one(db, NULL, &DOOR_STATE, LOAD_STATE, DB_NO_ARGS, state, &found, fault);
}

static const char SAVE_STATE[] =
    "insert into device_door (id, {}) values (1, {$1}) on conflict (id) do update set {=excluded}";

enum status door_state_save(struct db *db, const struct door_state *state, struct fault *fault) {
    return rows_insert(db, &DOOR_STATE, SAVE_STATE, DB_NO_ARGS, state, fault);
}

static const char DOUBT[] = "update device_door set is_running = 1";

enum status door_state_doubt(struct db *db, struct fault *fault) {
    return db_run(db, DOUBT, DB_NO_ARGS, NULL, fault);
}
