#include "store/devices/door_queries.h"

#include "store/licensing/events.h"

#include <assert.h>

/* ---- positions ---- */

static const char POSITION[] =
    "select coalesce((select taken from counters where name = '" LICENCE_EVENT_COUNTER "'), 0), "
    "coalesce((select taken from counters where name = '" DEVICE_CHANGE_COUNTER "'), 0)";

static const char LAST_IDS[] =
    "select coalesce((select max(id) from licences), 0), coalesce((select max(id) from devices), 0)";

static enum status query_pair(struct db *db, const char *sql, int64_t *a, int64_t *b, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = db_query(db, sql, DB_NO_ARGS, &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    if (status == STATUS_OK) {
        assert(have_row);
        *a = db_column_int(rows, 0);
        *b = db_column_int(rows, 1);
    }
    db_rows_close(rows);
    return status;
}

enum status door_position_load(struct db *db, struct door_position *position, struct fault *fault) {
    return query_pair(db, POSITION, &position->events, &position->changes, fault);
}

enum status door_last_ids(struct db *db, int64_t *licence_id, int64_t *device_id, struct fault *fault) {
    return query_pair(db, LAST_IDS, licence_id, device_id, fault);
}

/* ---- licences ---- */

/* The seller of the suspended agreement nearest to the customer, as door_licence_load has it. Vendors' own
 * agreements reach their SKUs alone: where no other explains a suspension, it is the vendor's. */
static const char SUSPENDED[] =
    "select t.account_id, case when s.kind = 'provider' then 1 else 0 end "
    "from agreements a join accounts s on s.id = a.seller_id and s.kind <> 'vendor' "
    "join accounts b on b.id = a.buyer_id join account_ancestors t on t.ancestor_id = a.buyer_id "
    "join accounts c on c.id = t.account_id and c.kind = 'customer' where a.state = 'suspended' "
    "order by t.account_id, b.depth desc";

enum status door_suspended_load(struct db *db, struct id_map *suspended, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = true;
    enum status status = db_query(db, SUSPENDED, DB_NO_ARGS, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        (void)id_map_put(suspended, db_column_int(rows, 0), 0, /* the first, so the nearest, stays */
                         db_column_int(rows, 1) == 1 ? SUSPENDER_PROVIDER : SUSPENDER_DISTRIBUTOR);
    }
    db_rows_close(rows);
    return status;
}

#define LICENCE_COLUMNS                                                                                      \
    "l.id, l.sku_id, l.state, l.seats, l.counted_seats, l.suspensions, l.customer_id, l.version"

static const char LICENCES[] = "select " LICENCE_COLUMNS " from licences l "
                               "where l.id > $1 and l.id <= $2 and l.parent_id is null order by l.id";
static const char EVENTS[] =
    "select e.sequence, " LICENCE_COLUMNS " from licence_events e left join licences l on l.id = "
    "e.licence_id and l.parent_id is null where e.sequence > $1 order by e.sequence limit $2";

enum status door_licences_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                                 struct fault *fault) {
    return db_stream(db, LICENCES, DB_ARGS(db_integer(after), db_integer(last)), rows, fault);
}

enum status door_events_query(struct db *db, int64_t after, int64_t limit, struct db_rows **rows,
                              struct fault *fault) {
    return db_query(db, EVENTS, DB_ARGS(db_integer(after), db_integer(limit)), rows, fault);
}

enum status door_licence_read(struct db_rows *rows, int first, const struct id_map *suspended,
                              struct door_licence_row *row, struct fault *fault) {
    int state = 0;
    enum status status =
        machine_state_parse(&licence_machine, db_column_text(rows, first + 2), &state, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *row = (struct door_licence_row){
        .id = db_column_int(rows, first),
        .sku_id = db_column_int(rows, first + 1),
        .state = (enum licence_state)state,
        .seats = (int32_t)db_column_int(rows, first + 3), /* both were written from an int32_t */
        .counted_seats = (int32_t)db_column_int(rows, first + 4),
        .version = db_column_int(rows, first + 7),
    };
    if (db_column_int(rows, first + 5) > 0) {
        uint32_t by = SUSPENDER_VENDOR;
        (void)id_map_get(suspended, db_column_int(rows, first + 6), 0, &by);
        row->suspender = (enum suspender)by;
    }
    return STATUS_OK;
}

/* ---- devices ---- */

#define DEVICE_COLUMNS "d.id, d.licence_id, d.fingerprint, d.generation, d.state, d.seat, d.activated_at_us"
enum { DEVICE_COLUMN_COUNT = 7 };
#define SEEN_COLUMNS                                                                                         \
    "s.device_id, s.sequence, s.link, s.seen_at_s, s.lease_expires_s, s.profile_id, s.month_marks"

static const char DEVICES[] =
    "select " DEVICE_COLUMNS " from devices d where d.id > $1 and d.id <= $2 order by d.id";
static const char SEEN[] =
    "select " SEEN_COLUMNS " from device_seen s where s.device_id > $1 and s.device_id <= $2 order by "
    "s.device_id";
static const char DEVICE[] = "select " DEVICE_COLUMNS ", " SEEN_COLUMNS
                             " from devices d left join device_seen s on s.device_id = d.id where d.id = $1";

enum status door_devices_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                                struct fault *fault) {
    return db_stream(db, DEVICES, DB_ARGS(db_integer(after), db_integer(last)), rows, fault);
}

enum status door_device_read(struct db_rows *rows, struct door_device_row *row, struct fault *fault) {
    enum device_state state = DEVICE_ACTIVE;
    enum status status = device_state_parse(db_column_text(rows, 4), &state, fault);
    *row = (struct door_device_row){
        .id = db_column_int(rows, 0),
        .licence_id = db_column_int(rows, 1),
        .fingerprint = db_column_text(rows, 2),
        .generation = db_column_int(rows, 3),
        .state = state,
        .seat = (int32_t)db_column_int(rows, 5), /* written from an int32_t */
        .activated_at_us = db_column_int(rows, 6),
    };
    if (status == STATUS_OK && row->fingerprint.length != DEVICE_FINGERPRINT_BYTES) {
        return fault_set(fault, STATUS_INTERNAL, "database-failed", "fingerprint", TEXT(""),
                         "Device number %lld should have a fingerprint of %d bytes, and has one of %zu.",
                         (long long)row->id, (int)DEVICE_FINGERPRINT_BYTES, row->fingerprint.length);
    }
    return status;
}

enum status door_seen_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                             struct fault *fault) {
    return db_stream(db, SEEN, DB_ARGS(db_integer(after), db_integer(last)), rows, fault);
}

static void seen_read(struct db_rows *rows, int first, struct device_seen *seen) {
    *seen = (struct device_seen){
        .device_id = db_column_int(rows, first),
        .sequence = (int32_t)db_column_int(rows, first + 1), /* written from an int32_t */
        .link = (uint64_t)db_column_int(rows, first + 2),
        .seen_at_s = db_column_int(rows, first + 3),
        .lease_expires_s = db_column_int(rows, first + 4),
        .profile_id = db_column_int(rows, first + 5),
        .month_marks = (uint32_t)db_column_int(rows, first + 6), /* written from 10 bits */
    };
}

void door_seen_read(struct db_rows *rows, struct device_seen *seen) {
    seen_read(rows, 0, seen);
}

enum status door_device_query(struct db *db, int64_t id, struct db_rows **rows, struct fault *fault) {
    return db_query(db, DEVICE, DB_ARGS(db_integer(id)), rows, fault);
}

enum status door_device_and_seen_read(struct db_rows *rows, struct door_device_row *row,
                                      struct device_seen *seen, struct fault *fault) {
    enum status status = door_device_read(rows, row, fault);
    seen_read(rows, DEVICE_COLUMN_COUNT, seen);
    return status;
}

/* ---- changes ---- */

static const char CHANGES[] = "select sequence, kind, subject_id from device_changes where sequence > $1 "
                              "order by sequence limit $2";

static const struct {
    const char *word;
    enum device_change_kind kind;
} CHANGE_KINDS[] = {
    {"licence", DEVICE_CHANGE_LICENCE}, {"device", DEVICE_CHANGE_DEVICE},     {"terms", DEVICE_CHANGE_TERMS},
    {"keys", DEVICE_CHANGE_KEYS},       {"releases", DEVICE_CHANGE_RELEASES},
};

static bool change_kind(struct text word, enum device_change_kind *kind) {
    for (size_t i = 0; i < sizeof CHANGE_KINDS / sizeof CHANGE_KINDS[0]; i++) {
        if (text_is(word, CHANGE_KINDS[i].word)) {
            *kind = CHANGE_KINDS[i].kind;
            return true;
        }
    }
    return false;
}

enum status door_changes_load(struct db *db, struct arena *arena, int64_t after, int64_t limit,
                              struct door_change **changes, size_t *count, struct fault *fault) {
    struct door_change *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    bool have_row = true;
    enum status status = db_query(db, CHANGES, DB_ARGS(db_integer(after), db_integer(limit)), &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        struct door_change change = {.sequence = db_column_int(rows, 0),
                                     .subject_id = db_column_int(rows, 2)};
        bool known = change_kind(db_column_text(rows, 1), &change.kind);
        assert(known); /* the table's check has the same words */
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        items[used++] = change;
    }
    db_rows_close(rows);
    if (status == STATUS_OK) {
        *changes = items;
        *count = used;
    }
    return status;
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
    int64_t *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    bool have_row = true;
    enum status status = db_query(db, SKU_IDS, DB_NO_ARGS, &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        items[used++] = db_column_int(rows, 0);
    }
    db_rows_close(rows);
    *ids = items;
    *count = used;
    return status;
}

static const char PROFILES[] =
    "select id, version, components from device_profiles order by id desc limit $1";

enum status door_profiles_load(struct db *db, struct arena *arena, int64_t limit,
                               struct door_profile_row **profiles, size_t *count, struct fault *fault) {
    struct door_profile_row *items = NULL;
    size_t used = 0;
    size_t capacity = 0;
    struct db_rows *rows = NULL;
    bool have_row = true;
    enum status status = db_query(db, PROFILES, DB_ARGS(db_integer(limit)), &rows, fault);
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        items = arena_grow(arena, items, used, &capacity, sizeof *items);
        items[used++] = (struct door_profile_row){.id = db_column_int(rows, 0),
                                                  .version = db_column_copy(rows, 1, arena),
                                                  .components = db_column_copy(rows, 2, arena)};
    }
    db_rows_close(rows);
    *profiles = items;
    *count = used;
    return status;
}

/* ---- written behind ---- */

enum { ROWS_AT_ONCE = 512, SEEN_WIDTH = 7, MONTH_WIDTH = 4, CLONE_WIDTH = 2 };

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
    enum status status = STATUS_OK;
    for (size_t done = 0; done < count && status == STATUS_OK; done += ROWS_AT_ONCE) {
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
        status = db_run_many(db, SAVE_SEEN, values, SEEN_WIDTH, some, fault);
    }
    return status;
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
    enum status status = STATUS_OK;
    for (size_t done = 0; done < count && status == STATUS_OK; done += ROWS_AT_ONCE) {
        size_t some = count - done < ROWS_AT_ONCE ? count - done : ROWS_AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            const struct door_month_mark *mark = &marks[done + i];
            struct db_value *row = &values[i * MONTH_WIDTH];
            row[0] = db_integer(mark->month);
            row[1] = db_integer(mark->device_id);
            row[2] = db_integer(mark->licensed);
            row[3] = db_integer(!mark->licensed);
        }
        status = db_run_many(db, MARK_MONTH, values, MONTH_WIDTH, some, fault);
    }
    return status;
}

static const char COUNT_CLONE[] =
    "update devices set clones = clones + 1, clone_seen_at_us = $2 where id = $1";

enum status door_clones_count_many(struct db *db, const struct door_clone *clones, size_t count,
                                   struct fault *fault) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct db_value row[CLONE_WIDTH] = {db_integer(clones[i].device_id),
                                                  db_integer(clones[i].seen_at_us)};
        status = db_run(db, COUNT_CLONE, row, CLONE_WIDTH, NULL, fault);
    }
    return status;
}

/* ---- the door ---- */

static const char DOOR_STATE[] = "select is_running, unsettled_s from device_door where id = 1";
static const char SAVE_DOOR_STATE[] =
    "insert into device_door (id, is_running, unsettled_s) values (1, $1, $2) on conflict (id) do update set "
    "is_running = excluded.is_running, unsettled_s = excluded.unsettled_s";

enum status door_state_load(struct db *db, struct door_state *state, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = db_query(db, DOOR_STATE, DB_NO_ARGS, &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    *state = (struct door_state){0};
    if (status == STATUS_OK && have_row) {
        *state = (struct door_state){db_column_int(rows, 0) == 1, db_column_int(rows, 1)};
    }
    db_rows_close(rows);
    return status;
}

enum status door_state_save(struct db *db, const struct door_state *state, struct fault *fault) {
    return db_run(db, SAVE_DOOR_STATE, DB_ARGS(db_integer(state->is_running), db_integer(state->unsettled_s)),
                  NULL, fault);
}

static const char DOUBT[] = "update device_door set is_running = 1";

enum status door_state_doubt(struct db *db, struct fault *fault) {
    return db_run(db, DOUBT, DB_NO_ARGS, NULL, fault);
}
