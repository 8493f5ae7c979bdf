#include "store/devices/devices.h"

#include "store/engine/rows.h"

#include <assert.h>

#define COLUMNS                                                                                              \
    "id, licence_id, fingerprint, public_key, generation, state, seat, seat_until_s, name, is_offline, "     \
    "activated_at_us, released_at_us, released_by, clones, clone_seen_at_us"

static struct text state_word(enum device_state state) {
    return text_of(device_state_name(state));
}

static struct db_value bytes_value(const void *bytes, size_t size_bytes) {
    return db_bytes((struct text){bytes, size_bytes});
}

/* ---- one device ---- */

static enum status read_device(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct device *device = item;
    *device = (struct device){.id = db_column_int(rows, 0),
                              .licence_id = db_column_int(rows, 1),
                              .fingerprint = db_column_copy(rows, 2, arena),
                              .public_key = db_column_copy(rows, 3, arena),
                              .generation = db_column_int(rows, 4),
                              .seat = (int32_t)db_column_int(rows, 6), /* written from an int32_t */
                              .seat_until_s = db_column_int(rows, 7),
                              .name = db_column_copy(rows, 8, arena),
                              .is_offline = db_column_int(rows, 9) != 0,
                              .activated_at_us = db_column_int(rows, 10),
                              .released_at_us = db_column_int(rows, 11),
                              .released_by = db_column_copy(rows, 12, arena),
                              .clones = db_column_int(rows, 13),
                              .clone_seen_at_us = db_column_int(rows, 14)};
    return device_state_parse(db_column_text(rows, 5), &device->state, fault);
}

static const char LOAD[] = "select " COLUMNS " from devices where id = $1";

enum status device_load(struct db *db, struct arena *arena, int64_t id, struct device *device, bool *found,
                        struct fault *fault) {
    return rows_one(db, arena, LOAD, DB_ARGS(db_integer(id)), read_device, device, found, fault);
}

static const char LOAD_BY_FINGERPRINT[] =
    "select " COLUMNS " from devices where licence_id = $1 and fingerprint = $2";

enum status device_load_by_fingerprint(struct db *db, struct arena *arena, int64_t licence_id,
                                       const unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES],
                                       struct device *device, bool *found, struct fault *fault) {
    return rows_one(db, arena, LOAD_BY_FINGERPRINT,
                    DB_ARGS(db_integer(licence_id), bytes_value(fingerprint, DEVICE_FINGERPRINT_BYTES)),
                    read_device, device, found, fault);
}

static const char INSERT[] = "insert into devices (" COLUMNS ") values "
                             "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

static void assert_sound(const struct device *device) {
    assert(device->licence_id > 0 && device->generation >= 1 && device->seat >= 0);
    assert(device->fingerprint.length == DEVICE_FINGERPRINT_BYTES &&
           device->public_key.length == DEVICE_KEY_BYTES);
}

enum status device_insert(struct db *db, struct device *device, struct fault *fault) {
    assert_sound(device);
    enum status status = db_counter_take(db, "devices", 1, &device->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT,
                  DB_ARGS(db_integer(device->id), db_integer(device->licence_id),
                          db_bytes(device->fingerprint), db_bytes(device->public_key),
                          db_integer(device->generation), db_string(state_word(device->state)),
                          rows_integer_or_null(device->seat), db_integer(device->seat_until_s),
                          db_string(device->name), db_integer(device->is_offline),
                          db_integer(device->activated_at_us), rows_integer_or_null(device->released_at_us),
                          db_string(device->released_by), db_integer(device->clones),
                          rows_integer_or_null(device->clone_seen_at_us)),
                  NULL, fault);
}

/* ---- seats ---- */

/* Every seat from 1 to the highest that was ever held is held now or is in free_seats: what gives up a seat
 * says so there, and a free one is taken from there before the highest goes up. */
static const char GIVE_UP[] =
    "insert into free_seats (licence_id, seat) select licence_id, seat from devices "
    "where id = $1 and seat is not null and seat <> $2 on conflict (licence_id, seat) do nothing";

static const char UPDATE[] =
    "update devices set public_key = $2, generation = $3, state = $4, seat = $5, seat_until_s = $6, name = "
    "$7, "
    "is_offline = $8, activated_at_us = $9, released_at_us = $10, released_by = $11, clones = $12, "
    "clone_seen_at_us = $13 where id = $1";

enum status device_update(struct db *db, const struct device *device, struct fault *fault) {
    assert_sound(device);
    enum status status =
        db_run(db, GIVE_UP, DB_ARGS(db_integer(device->id), db_integer(device->seat)), NULL, fault);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t changed = 0;
    status =
        db_run(db, UPDATE,
               DB_ARGS(db_integer(device->id), db_bytes(device->public_key), db_integer(device->generation),
                       db_string(state_word(device->state)), rows_integer_or_null(device->seat),
                       db_integer(device->seat_until_s), db_string(device->name),
                       db_integer(device->is_offline), db_integer(device->activated_at_us),
                       rows_integer_or_null(device->released_at_us), db_string(device->released_by),
                       db_integer(device->clones), rows_integer_or_null(device->clone_seen_at_us)),
               &changed, fault);
    assert(status != STATUS_OK || changed == 1);
    return status;
}

/* Three looks, each along an index: a seat given up, the seat whose last lease ended first, the highest. */
static const char FIND_SEAT[] =
    "select coalesce((select min(seat) from free_seats where licence_id = $1 and seat <= $2), 0), "
    "coalesce((select id from devices where licence_id = $1 and seat is not null and state <> 'active' "
    "and seat <= $2 and seat_until_s <= $3 order by seat_until_s, id limit 1), 0), "
    "coalesce((select max(seat) from devices where licence_id = $1 and seat is not null), 0)";
static const char TAKE_FREE[] = "delete from free_seats where licence_id = $1 and seat = $2";
static const char SEAT_OF[] = "select coalesce(seat, 0) from devices where id = $1";
static const char TAKE_ENDED[] = "update devices set seat = null where id = $1";

static enum status find_seat(struct db *db, int64_t licence_id, int32_t seats, int64_t now_s,
                             int64_t found[3], struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status = db_query(
        db, FIND_SEAT, DB_ARGS(db_integer(licence_id), db_integer(seats), db_integer(now_s)), &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    for (int i = 0; status == STATUS_OK && i < 3; i++) {
        found[i] = db_column_int(rows, i);
    }
    db_rows_close(rows);
    return status;
}

static enum status take_ended(struct db *db, int64_t device_id, int64_t *seat, struct fault *fault) {
    enum status status = db_query_int(db, SEAT_OF, DB_ARGS(db_integer(device_id)), 0, seat, fault);
    if (status == STATUS_OK) {
        status = db_run(db, TAKE_ENDED, DB_ARGS(db_integer(device_id)), NULL, fault);
    }
    return status;
}

enum status device_free_seat(struct db *db, int64_t licence_id, int32_t seats, int64_t now_s, int32_t *seat,
                             struct fault *fault) {
    assert(seats >= 0);
    int64_t found[3] = {0};
    int64_t taken = 0;
    enum status status = find_seat(db, licence_id, seats, now_s, found, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (found[0] > 0) {
        taken = found[0];
        status = db_run(db, TAKE_FREE, DB_ARGS(db_integer(licence_id), db_integer(taken)), NULL, fault);
    } else if (found[1] > 0) {
        status = take_ended(db, found[1], &taken, fault);
    } else if (found[2] < seats) {
        taken = found[2] + 1;
    }
    assert(taken >= 0 && taken <= seats);
    if (status == STATUS_OK) {
        *seat = (int32_t)taken; /* at most `seats` */
    }
    return status;
}

static const char NONE_BEFORE[] = "select none_before_s from silent_searches where licence_id = $1";
static const char MOST_SILENT[] =
    "select d.id, s.lease_expires_s from devices d join device_seen s on s.device_id = d.id "
    "where d.licence_id = $1 and d.state = 'active' and d.seat <= $2 order by s.lease_expires_s, d.id limit "
    "1";
static const char NOTE_SEARCH[] =
    "insert into silent_searches (licence_id, none_before_s) values ($1, $2) "
    "on conflict (licence_id) do update set none_before_s = excluded.none_before_s";
static const char DROP[] =
    "update devices set state = 'dropped', seat = null, seat_until_s = $2 where id = $1";

static enum status find_most_silent(struct db *db, int64_t licence_id, int32_t seats, int64_t *device_id,
                                    int64_t *ended_s, struct fault *fault) {
    struct db_rows *rows = NULL;
    bool have_row = false;
    enum status status =
        db_query(db, MOST_SILENT, DB_ARGS(db_integer(licence_id), db_integer(seats)), &rows, fault);
    if (status == STATUS_OK) {
        status = db_next(rows, &have_row, fault);
    }
    if (status == STATUS_OK) {
        *device_id = have_row ? db_column_int(rows, 0) : 0;
        *ended_s = have_row ? db_column_int(rows, 1) : INT64_MAX;
    }
    db_rows_close(rows);
    return status;
}

/* A look through all devices of the licence finds the lease that ended first. Those activated later have
 * leases that end after now, so nothing before the earlier of both needs to be looked for again. */
enum status device_drop_silent(struct db *db, int64_t licence_id, int32_t seats, int64_t ended_before_s,
                               int64_t now_us, int64_t *dropped_id, struct fault *fault) {
    int64_t none_before_s = 0;
    int64_t device_id = 0;
    int64_t ended_s = 0;
    int64_t now_s = now_us / 1000000;
    assert(ended_before_s <= now_s);
    enum status status =
        db_query_int(db, NONE_BEFORE, DB_ARGS(db_integer(licence_id)), 0, &none_before_s, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (ended_before_s <= none_before_s) {
        *dropped_id = 0;
        return STATUS_OK;
    }
    status = find_most_silent(db, licence_id, seats, &device_id, &ended_s, fault);
    if (status == STATUS_OK) {
        status = db_run(db, NOTE_SEARCH,
                        DB_ARGS(db_integer(licence_id), db_integer(ended_s < now_s ? ended_s : now_s)), NULL,
                        fault);
    }
    if (status != STATUS_OK || ended_s >= ended_before_s) {
        *dropped_id = 0;
        return status;
    }
    status = db_run(db, GIVE_UP, DB_ARGS(db_integer(device_id), db_integer(0)), NULL, fault);
    if (status == STATUS_OK) {
        status = db_run(db, DROP, DB_ARGS(db_integer(device_id), db_integer(ended_s)), NULL, fault);
    }
    if (status == STATUS_OK) {
        *dropped_id = device_id;
    }
    return status;
}

/* ---- releases ---- */

static const char NOTE_RELEASE[] =
    "insert into device_releases (sequence, licence_id, device_id, at_us, released_by) "
    "values ($1, $2, $3, $4, $5)";

enum status device_release_note(struct db *db, const struct device *device, int64_t now_us,
                                struct fault *fault) {
    int64_t sequence = 0;
    enum status status = db_counter_take(db, "device_releases", 1, &sequence, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, NOTE_RELEASE,
                  DB_ARGS(db_integer(sequence), db_integer(device->licence_id), db_integer(device->id),
                          db_integer(now_us), db_string(device->released_by)),
                  NULL, fault);
}

static const char COUNT_RELEASES[] =
    "select count(*) from device_releases where licence_id = $1 and at_us >= $2";

enum status device_count_releases(struct db *db, int64_t licence_id, int64_t since_us, int64_t *count,
                                  struct fault *fault) {
    return db_query_int(db, COUNT_RELEASES, DB_ARGS(db_integer(licence_id), db_integer(since_us)), 0, count,
                        fault);
}

/* ---- what was seen ---- */

static enum status read_seen(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    (void)arena;
    (void)fault;
    *(struct device_seen *)item =
        (struct device_seen){.device_id = db_column_int(rows, 0),
                             .sequence = (int32_t)db_column_int(rows, 1), /* written from an int32_t */
                             .link = (uint64_t)db_column_int(rows, 2),
                             .seen_at_s = db_column_int(rows, 3),
                             .lease_expires_s = db_column_int(rows, 4),
                             .profile_id = db_column_int(rows, 5)};
    return STATUS_OK;
}

static const char SEEN_LOAD[] = "select device_id, sequence, link, seen_at_s, lease_expires_s, profile_id "
                                "from device_seen where device_id = $1";

enum status device_seen_load(struct db *db, int64_t device_id, struct device_seen *seen, bool *found,
                             struct fault *fault) {
    return rows_one(db, NULL, SEEN_LOAD, DB_ARGS(db_integer(device_id)), read_seen, seen, found, fault);
}

static const char SEEN_SAVE[] =
    "insert into device_seen (device_id, sequence, link, seen_at_s, lease_expires_s, profile_id) "
    "values ($1, $2, $3, $4, $5, $6) on conflict (device_id) do update set sequence = excluded.sequence, "
    "link = excluded.link, seen_at_s = excluded.seen_at_s, lease_expires_s = excluded.lease_expires_s, "
    "profile_id = excluded.profile_id";
static const char EXTEND_SEAT[] =
    "update devices set seat_until_s = $2 "
    "where id = $1 and state <> 'active' and seat is not null and seat_until_s < $2";

enum status device_seen_begin(struct db *db, const struct device_seen *seen, struct fault *fault) {
    assert(seen->device_id > 0 && seen->sequence >= 0);
    return db_run(db, SEEN_SAVE,
                  DB_ARGS(db_integer(seen->device_id), db_integer(seen->sequence),
                          db_integer((int64_t)seen->link), db_integer(seen->seen_at_s),
                          db_integer(seen->lease_expires_s), db_integer(seen->profile_id)),
                  NULL, fault);
}

enum status device_seen_save(struct db *db, const struct device_seen *seen, struct fault *fault) {
    enum status status = device_seen_begin(db, seen, fault);
    if (status == STATUS_OK) {
        status = db_run(db, EXTEND_SEAT,
                        DB_ARGS(db_integer(seen->device_id), db_integer(seen->lease_expires_s)), NULL, fault);
    }
    return status;
}

static const char PROFILE_FIND[] = "select id from device_profiles where version = $1 and components = $2";
static const char PROFILE_INSERT[] =
    "insert into device_profiles (id, version, components) values ($1, $2, $3)";

enum status device_profile_take(struct db *db, struct text version, struct text components, int64_t *id,
                                struct fault *fault) {
    if (version.length == 0 && components.length == 0) {
        *id = 0;
        return STATUS_OK;
    }
    int64_t found = 0;
    enum status status =
        db_query_int(db, PROFILE_FIND, DB_ARGS(db_string(version), db_string(components)), 0, &found, fault);
    if (status == STATUS_OK && found == 0) {
        status = db_counter_take(db, "device_profiles", 1, &found, fault);
        if (status == STATUS_OK) {
            status =
                db_run(db, PROFILE_INSERT,
                       DB_ARGS(db_integer(found), db_string(version), db_string(components)), NULL, fault);
        }
    }
    if (status == STATUS_OK) {
        *id = found;
    }
    return status;
}

static const char MONTH_MARK[] =
    "insert into device_months (month, device_id, licensed, unlicensed) values ($1, $2, $3, $4) "
    "on conflict (month, device_id) do update set "
    "licensed = case when excluded.licensed = 1 then 1 else device_months.licensed end, "
    "unlicensed = case when excluded.unlicensed = 1 then 1 else device_months.unlicensed end";

enum status device_month_mark(struct db *db, int64_t month, int64_t device_id, bool licensed,
                              struct fault *fault) {
    return db_run(
        db, MONTH_MARK,
        DB_ARGS(db_integer(month), db_integer(device_id), db_integer(licensed), db_integer(!licensed)), NULL,
        fault);
}

/* ---- changes ---- */

static const char *const CHANGE_WORDS[] = {"licence", "device", "terms", "keys", "releases"};
static const char CHANGE_NOTE[] =
    "insert into device_changes (sequence, kind, subject_id, at_us) values ($1, $2, $3, $4)";

enum status device_change_note(struct db *db, enum device_change_kind kind, int64_t subject_id,
                               int64_t now_us, struct fault *fault) {
    assert((size_t)kind < sizeof CHANGE_WORDS / sizeof CHANGE_WORDS[0]);
    int64_t sequence = 0;
    enum status status = db_counter_take(db, DEVICE_CHANGE_COUNTER, 1, &sequence, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, CHANGE_NOTE,
                  DB_ARGS(db_integer(sequence), db_string(text_of(CHANGE_WORDS[kind])),
                          db_integer(subject_id), db_integer(now_us)),
                  NULL, fault);
}
