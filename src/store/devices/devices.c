#include "store/devices/devices.h"

#include "store/devices/device_fields.h"
#include "store/engine/numbers.h"

#include <assert.h>

/* ---- one device ---- */

static const char *state_word(int state) {
    return device_state_name((enum device_state)state);
}

const struct db_words DEVICE_STATES = {state_word, DEVICE_DROPPED + 1};

static const struct db_field LISTED_FIELDS[] = {
    DB_FIELD_INT(struct device, id, "id", DB_FROM_ONE),
    DB_FIELD_INT(struct device, licence_id, "licence_id"),
    DB_FIELD_INT(struct device, generation, "generation", DB_SAVED | DB_FROM_ONE),
    DB_FIELD_WORD(struct device, state, "state", &DEVICE_STATES, DB_SAVED),
    DB_FIELD_INT32(struct device, seat, "seat", DB_SAVED | DB_OR_NULL | DB_COUNT),
    DB_FIELD_INT(struct device, seat_until_s, "seat_until_s", DB_SAVED),
    DB_FIELD_TEXT(struct device, name, "name", DB_SAVED),
    DB_FIELD_BOOL(struct device, is_offline, "is_offline", DB_SAVED),
    DB_FIELD_INT(struct device, activated_at_us, "activated_at_us", DB_SAVED),
    DB_FIELD_INT(struct device, released_at_us, "released_at_us", DB_SAVED | DB_OR_NULL),
    DB_FIELD_TEXT(struct device, released_by, "released_by", DB_SAVED),
    DB_FIELD_INT(struct device, clones, "clones", DB_SAVED),
    DB_FIELD_INT(struct device, clone_seen_at_us, "clone_seen_at_us", DB_SAVED | DB_OR_NULL),
};
const struct db_fields DEVICE_LISTED = DB_FIELDS(struct device, LISTED_FIELDS);

static const struct db_field DEVICE_FIELDS[] = {
    DB_FIELD_REST(NULL, &DEVICE_LISTED),
    DB_FIELD_BYTES_OF(struct device, fingerprint, "fingerprint", DEVICE_FINGERPRINT_BYTES),
    DB_FIELD_BYTES_OF(struct device, public_key, "public_key", DEVICE_KEY_BYTES, DB_SAVED),
    DB_FIELD_INT(struct device, asked_at_s, "asked_at_s", DB_SAVED),
};
static const struct db_fields DEVICE = DB_FIELDS(struct device, DEVICE_FIELDS);

static const char LOAD[] = "select {} from devices where id = $1";

enum status device_load(struct db *db, struct arena *arena, int64_t id, struct device *device, bool *found,
                        struct fault *fault) {
    return rows_one(db, arena, &DEVICE, LOAD, DB_ARGS(db_integer(id)), device, found, fault);
}

static const char LOAD_BY_FINGERPRINT[] = "select {} from devices where licence_id = $1 and fingerprint = $2";

enum status device_load_by_fingerprint(struct db *db, struct arena *arena, int64_t licence_id,
                                       const unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES],
                                       struct device *device, bool *found, struct fault *fault) {
    struct text bytes = {(const char *)fingerprint, DEVICE_FINGERPRINT_BYTES};
    return rows_one(db, arena, &DEVICE, LOAD_BY_FINGERPRINT, DB_ARGS(db_integer(licence_id), db_bytes(bytes)),
                    device, found, fault);
}

static const char PROVIDER[] =
    "select l.provider_id from devices d join licences l on l.id = d.licence_id where d.id = $1";

enum status device_provider(struct db *db, int64_t id, int64_t *provider_id, struct fault *fault) {
    return db_query_int(db, PROVIDER, DB_ARGS(db_integer(id)), 0, provider_id, fault);
}

static const char INSERT[] = "insert into devices ({}) values ({$1})";

static void assert_sound(const struct device *device) {
    assert(device->licence_id > 0 && device->generation >= 1 && device->seat >= 0);
    assert(device->fingerprint.length == DEVICE_FINGERPRINT_BYTES &&
           device->public_key.length == DEVICE_KEY_BYTES);
}

enum status device_insert(struct db *db, struct device *device, struct fault *fault) {
    assert_sound(device);
    TRY(db_require_part(db, DB_PART_DEVICES, fault));
    TRY(db_number_take(db, DB_NUMBERS_DEVICES, &device->id, fault));
    return rows_insert(db, &DEVICE, INSERT, DB_NO_ARGS, device, fault);
}

static const char SPEND_KEY[] =
    "insert into spent_device_keys (device_id, public_key, generation) values ($1, $2, $3) "
    "on conflict (device_id, public_key) do nothing";

enum status device_key_spend(struct db *db, const struct device *device, struct fault *fault) {
    assert_sound(device);
    return db_run_later(
        db, SPEND_KEY,
        DB_ARGS(db_integer(device->id), db_bytes(device->public_key), db_integer(device->generation)), fault);
}

static const char KEY_IS_SPENT[] =
    "select count(*) from spent_device_keys where device_id = $1 and public_key = $2";

enum status device_key_is_spent(struct db *db, int64_t device_id,
                                const unsigned char public_key[DEVICE_KEY_BYTES], bool *is_spent,
                                struct fault *fault) {
    struct text key = {(const char *)public_key, DEVICE_KEY_BYTES};
    int64_t count = 0;
    TRY(db_query_int(db, KEY_IS_SPENT, DB_ARGS(db_integer(device_id), db_bytes(key)), 0, &count, fault));
    *is_spent = count > 0;
    return STATUS_OK;
}

/* ---- seats ---- */

/* Every seat from 1 to the highest that was ever held is held now or is in free_seats: what gives up a seat
 * says so there, and a free one is taken from there before the highest goes up. */
static const char GIVE_UP[] =
    "insert into free_seats (licence_id, seat) select licence_id, seat from devices "
    "where id = $1 and seat is not null and seat <> $2 on conflict (licence_id, seat) do nothing";

static const char UPDATE[] = "update devices set {=2} where id = $1";

enum status device_update(struct db *db, const struct device *device, struct fault *fault) {
    int64_t changed = 0;
    assert_sound(device);
    TRY(db_require_part(db, DB_PART_DEVICES, fault));
    TRY(db_run(db, GIVE_UP, DB_ARGS(db_integer(device->id), db_integer(device->seat)), NULL, fault));
    TRY(rows_save(db, &DEVICE, UPDATE, DB_ARGS(db_integer(device->id)), device, &changed, fault));
    assert(changed == 1);
    return STATUS_OK;
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

/* The seat that the device `holder_id` holds, which it gives up. */
static enum status take_ended_seat(struct db *db, int64_t holder_id, int64_t *seat, struct fault *fault) {
    TRY(db_query_int(db, SEAT_OF, DB_ARGS(db_integer(holder_id)), 0, seat, fault));
    return db_run(db, TAKE_ENDED, DB_ARGS(db_integer(holder_id)), NULL, fault);
}

enum status device_free_seat(struct db *db, int64_t licence_id, int32_t seats, int64_t now_s, int32_t *seat,
                             struct fault *fault) {
    enum { FREE_SEAT, ENDED_HOLDER_ID, HIGHEST_SEAT, LOOKS };
    int64_t found[LOOKS] = {0};
    int64_t taken = 0;
    assert(seats >= 0);
    TRY(rows_numbers(db, FIND_SEAT, DB_ARGS(db_integer(licence_id), db_integer(seats), db_integer(now_s)),
                     found, LOOKS, fault));
    if (found[FREE_SEAT] > 0) {
        taken = found[FREE_SEAT];
        TRY(db_run(db, TAKE_FREE, DB_ARGS(db_integer(licence_id), db_integer(taken)), NULL, fault));
    } else if (found[ENDED_HOLDER_ID] > 0) {
        TRY(take_ended_seat(db, found[ENDED_HOLDER_ID], &taken, fault));
    } else if (found[HIGHEST_SEAT] < seats) {
        taken = found[HIGHEST_SEAT] + 1;
    }
    assert(taken >= 0 && taken <= seats);
    *seat = (int32_t)taken;
    return STATUS_OK;
}

static const char NONE_BEFORE[] = "select none_before_s from silent_searches where licence_id = $1";

struct silent_device {
    int64_t id;
    int64_t ended_s;
};

static const struct db_field SILENT_FIELDS[] = {
    DB_FIELD_INT(struct silent_device, id, "d.id"),
    DB_FIELD_INT(struct silent_device, ended_s, "s.lease_expires_s"),
};
static const struct db_fields SILENT_DEVICE = DB_FIELDS(struct silent_device, SILENT_FIELDS);

static const char MOST_SILENT[] =
    "select {} from devices d join device_seen s on s.device_id = d.id "
    "where d.licence_id = $1 and d.state = 'active' and d.seat <= $2 order by s.lease_expires_s, d.id limit "
    "1";
static const char NOTE_SEARCH[] =
    "insert into silent_searches (licence_id, none_before_s) values ($1, $2) "
    "on conflict (licence_id) do update set none_before_s = excluded.none_before_s";
static const char DROP[] =
    "update devices set state = 'dropped', seat = null, seat_until_s = $2 where id = $1";

/* A look through all devices of the licence finds the lease that ended first. Those activated later have
 * leases that end after now, so nothing before the earlier of both needs to be looked for again. */
enum status device_drop_silent(struct db *db, int64_t licence_id, int32_t seats, int64_t ended_before_s,
                               int64_t now_us, int64_t *dropped_id, struct fault *fault) {
    int64_t none_before_s = 0;
    struct silent_device silent = {.id = 0, .ended_s = INT64_MAX};
    bool found = false;
    int64_t now_s = now_us / 1000000;
    assert(ended_before_s <= now_s);
    *dropped_id = 0;
    TRY(db_query_int(db, NONE_BEFORE, DB_ARGS(db_integer(licence_id)), 0, &none_before_s, fault));
    if (ended_before_s <= none_before_s) {
        return STATUS_OK;
    }
    TRY(rows_one(db, NULL, &SILENT_DEVICE, MOST_SILENT, DB_ARGS(db_integer(licence_id), db_integer(seats)),
                 &silent, &found, fault));
    int64_t searched_s = silent.ended_s < now_s ? silent.ended_s : now_s;
    TRY(db_run(db, NOTE_SEARCH, DB_ARGS(db_integer(licence_id), db_integer(searched_s)), NULL, fault));
    if (silent.ended_s >= ended_before_s) {
        return STATUS_OK;
    }
    TRY(db_run(db, GIVE_UP, DB_ARGS(db_integer(silent.id), db_integer(0)), NULL, fault));
    TRY(db_run(db, DROP, DB_ARGS(db_integer(silent.id), db_integer(silent.ended_s)), NULL, fault));
    *dropped_id = silent.id;
    return STATUS_OK;
}

/* ---- releases ---- */

static const char NOTE_RELEASE[] =
    "insert into device_releases (sequence, licence_id, device_id, at_us, released_by) "
    "values ($1, $2, $3, $4, $5)";

enum status device_release_note(struct db *db, const struct device *device, int64_t now_us,
                                struct fault *fault) {
    int64_t sequence = 0;
    TRY(db_number_take(db, DB_NUMBERS_DEVICE_RELEASES, &sequence, fault));
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

static const struct db_field SEEN_FIELDS[] = {
    DB_FIELD_INT(struct device_seen, device_id, "device_id"),
    DB_FIELD_INT32(struct device_seen, sequence, "sequence", DB_SAVED | DB_COUNT),
    DB_FIELD_UINT64(struct device_seen, link, "link", DB_SAVED),
    DB_FIELD_INT(struct device_seen, seen_at_s, "seen_at_s", DB_SAVED),
    DB_FIELD_INT(struct device_seen, lease_expires_s, "lease_expires_s", DB_SAVED),
    DB_FIELD_INT(struct device_seen, profile_id, "profile_id", DB_SAVED),
};
const struct db_fields DEVICE_SEEN = DB_FIELDS(struct device_seen, SEEN_FIELDS);

static const char SEEN_LOAD[] = "select {} from device_seen where device_id = $1";

enum status device_seen_load(struct db *db, int64_t device_id, struct device_seen *seen, bool *found,
                             struct fault *fault) {
    return rows_one(db, NULL, &DEVICE_SEEN, SEEN_LOAD, DB_ARGS(db_integer(device_id)), seen, found, fault);
}

static const char SEEN_SAVE[] =
    "insert into device_seen ({}) values ({$1}) on conflict (device_id) do update set {=excluded}";
static const char EXTEND_SEAT[] =
    "update devices set seat_until_s = $2 "
    "where id = $1 and state <> 'active' and seat is not null and seat_until_s < $2";

enum status device_seen_begin(struct db *db, const struct device_seen *seen, struct fault *fault) {
    assert(seen->device_id > 0 && seen->sequence >= 0);
    return rows_insert_later(db, &DEVICE_SEEN, SEEN_SAVE, DB_NO_ARGS, seen, fault);
}

enum status device_seen_save(struct db *db, const struct device_seen *seen, struct fault *fault) {
    TRY(device_seen_begin(db, seen, fault));
    return db_run(db, EXTEND_SEAT, DB_ARGS(db_integer(seen->device_id), db_integer(seen->lease_expires_s)),
                  NULL, fault);
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
    TRY(db_query_int(db, PROFILE_FIND, DB_ARGS(db_string(version), db_string(components)), 0, &found, fault));
    if (found == 0) {
        TRY(db_number_take(db, DB_NUMBERS_DEVICE_PROFILES, &found, fault));
        TRY(db_run(db, PROFILE_INSERT, DB_ARGS(db_integer(found), db_string(version), db_string(components)),
                   NULL, fault));
    }
    *id = found;
    return STATUS_OK;
}

static const char MONTH_MARK[] =
    "insert into device_months (month, device_id, licensed, unlicensed) values ($1, $2, $3, $4) "
    "on conflict (month, device_id) do update set "
    "licensed = case when excluded.licensed = 1 then 1 else device_months.licensed end, "
    "unlicensed = case when excluded.unlicensed = 1 then 1 else device_months.unlicensed end";

enum status device_month_mark(struct db *db, int64_t month, int64_t device_id, bool licensed,
                              struct fault *fault) {
    return db_run_later(
        db, MONTH_MARK,
        DB_ARGS(db_integer(month), db_integer(device_id), db_integer(licensed), db_integer(!licensed)),
        fault);
}

/* ---- changes ---- */

static const char *change_word(int kind) {
    static const char *const WORDS[] = {[DEVICE_CHANGE_LICENCE] = "licence",
                                        [DEVICE_CHANGE_DEVICE] = "device",
                                        [DEVICE_CHANGE_TERMS] = "terms",
                                        [DEVICE_CHANGE_KEYS] = "keys",
                                        [DEVICE_CHANGE_RELEASES] = "releases"};
    assert(kind >= 0 && kind <= DEVICE_CHANGE_RELEASES);
    return WORDS[kind];
}

const struct db_words DEVICE_CHANGE_KINDS = {change_word, DEVICE_CHANGE_RELEASES + 1};

static const char CHANGE_NOTE[] =
    "insert into device_changes (sequence, kind, subject_id, at_us) values ($1, $2, $3, $4)";

enum status device_change_note(struct db *db, enum device_change_kind kind, int64_t subject_id,
                               int64_t now_us, struct fault *fault) {
    int64_t sequence = 0;
    TRY(db_require_part(db, DB_PART_DEVICES, fault));
    TRY(db_counter_take(db, DEVICE_CHANGE_COUNTER, 1, &sequence, fault));
    return db_run(db, CHANGE_NOTE,
                  DB_ARGS(db_integer(sequence), db_string(text_of(change_word((int)kind))),
                          db_integer(subject_id), db_integer(now_us)),
                  NULL, fault);
}

static const char USED_SINCE[] = "select 1 from devices where licence_id = $1 and (activated_at_us >= $2 or "
                                 "coalesce(released_at_us, 0) >= "
                                 "$2 or (state = 'active' and coalesce(seat, 0) > $3)) limit 1";

enum status device_used_since(struct db *db, int64_t licence_id, int64_t since_us, int64_t seats, bool *used,
                              struct fault *fault) {
    return rows_yes(db, USED_SINCE, DB_ARGS(db_integer(licence_id), db_integer(since_us), db_integer(seats)),
                    used, fault);
}

/* Of an active device that was not seen (or is asked for in the last minutes, $4) its seat alone says it. One
 * that is not active held its last lease until `seat_until_s`, and its seat may be somebody else's by now. */
static const char HAD_SEAT_SINCE[] =
    "select 1 from devices d left join device_seen s on s.device_id = d.id where d.licence_id = $1 and "
    "((d.state = 'active' and coalesce(d.seat, 0) > $3 and ($4 = 1 or d.activated_at_us >= $2 or "
    "coalesce(s.lease_expires_s, 0) * 1000000 > $2)) or (d.state <> 'active' and (d.seat is null or d.seat > "
    "$3) and (d.activated_at_us >= $2 or d.seat_until_s * 1000000 > $2 or coalesce(s.lease_expires_s, 0) * "
    "1000000 > $2))) limit 1";

enum status device_had_seat_since(struct db *db, int64_t licence_id, int64_t since_us, int64_t seats,
                                  bool is_unsettled, bool *had, struct fault *fault) {
    return rows_yes(db, HAD_SEAT_SINCE,
                    DB_ARGS(db_integer(licence_id), db_integer(since_us), db_integer(seats),
                            db_integer(is_unsettled ? 1 : 0)),
                    had, fault);
}

/* ---- another licence ---- */

static const char COUNT_ACTIVE[] = "select count(*) from devices where licence_id = $1 and state = 'active'";

enum status devices_count_active(struct db *db, int64_t licence_id, int64_t *count, struct fault *fault) {
    return db_query_int(db, COUNT_ACTIVE, DB_ARGS(db_integer(licence_id)), 0, count, fault);
}

static const char IDS_OF_LICENCE[] = "select id from devices where licence_id = $1 order by id";
static const char *const CHANGE_LICENCE[] = {
    "update devices set licence_id = $2 where licence_id = $1",
    "update free_seats set licence_id = $2 where licence_id = $1",
    "update silent_searches set licence_id = $2 where licence_id = $1",
    "update device_releases set licence_id = $2 where licence_id = $1",
};

enum status devices_change_licence(struct db *db, struct arena *arena, int64_t licence_id,
                                   int64_t successor_id, int64_t now_us, struct fault *fault) {
    int64_t *ids = NULL;
    size_t count = 0;
    TRY(rows_integers(db, arena, IDS_OF_LICENCE, DB_ARGS(db_integer(licence_id)), &ids, &count, fault));
    for (size_t i = 0; i < sizeof CHANGE_LICENCE / sizeof *CHANGE_LICENCE; i++) {
        TRY(db_run(db, CHANGE_LICENCE[i], DB_ARGS(db_integer(licence_id), db_integer(successor_id)), NULL,
                   fault));
    }
    for (size_t i = 0; i < count; i++) {
        TRY(device_change_note(db, DEVICE_CHANGE_DEVICE, ids[i], now_us, fault));
    }
    return STATUS_OK;
}
