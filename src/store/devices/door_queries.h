/* Door queries: what the device door reads of the whole store when it starts and of what changed afterwards,
 * and what it writes behind.
 *
 * Licences and devices are streamed by ranges of their numbers, with the few columns that the door keeps. Who
 * suspended a licence is not asked row by row: the accounts below suspended agreements are few, and a map
 * tells. */
#ifndef SEATMETER_STORE_DEVICES_DOOR_QUERIES_H
#define SEATMETER_STORE_DEVICES_DOOR_QUERIES_H

#include "core/base/id_map.h"
#include "store/devices/devices.h"
#include "store/licensing/events.h"

enum status door_last_ids(struct db *db, int64_t *licence_id, int64_t *device_id,
                          struct fault *fault) MUST_CHECK;

/* Who suspended what lies below an account: (account) → enum suspender. */
enum status door_suspended_load(struct db *db, struct id_map *suspended, struct fault *fault) MUST_CHECK;

/* Licences that are no parts, with numbers from above `after` to `last`, by number. */
enum status door_licences_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                                 struct fault *fault) MUST_CHECK;
enum status door_licence_read(struct db_rows *rows, int first_column, const struct id_map *suspended,
                              struct door_licence_row *row, struct fault *fault) MUST_CHECK;

/* The providers of the licences that have these keys' hashes, and of those that these devices are activated
 * under: each once for every thirty or so that are asked for. What is not there has none. */
struct door_parts {
    struct arena *arena;
    int64_t *at;
    size_t count;
    size_t capacity;
};
void door_parts_add(struct door_parts *parts, int64_t part);
enum status door_parts_of_keys(struct db *db, const struct text *hashes, size_t count,
                               struct door_parts *parts, struct fault *fault) MUST_CHECK;
enum status door_parts_of_devices(struct db *db, const int64_t *ids, size_t count, struct door_parts *parts,
                                  struct fault *fault) MUST_CHECK;

/* Devices with numbers from above `after` to `last`, by number; and what they were last seen to do. */
struct door_device_row {
    int64_t id;
    int64_t licence_id;
    struct text fingerprint; /* bytes, of the present row */
    int64_t generation;
    enum device_state state;
    int32_t seat;
    int64_t activated_at_us;
};
enum status door_devices_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                                struct fault *fault) MUST_CHECK;
enum status door_device_read(struct db_rows *rows, struct door_device_row *row,
                             struct fault *fault) MUST_CHECK;
enum status door_seen_stream(struct db *db, int64_t after, int64_t last, struct db_rows **rows,
                             struct fault *fault) MUST_CHECK;
void door_seen_read(struct db_rows *rows, struct device_seen *seen);

/* One device with what it was seen to do; `rows` is at it. */
enum status door_device_query(struct db *db, int64_t id, struct db_rows **rows,
                              struct fault *fault) MUST_CHECK;
enum status door_device_and_seen_read(struct db_rows *rows, struct door_device_row *row,
                                      struct device_seen *seen, struct fault *fault) MUST_CHECK;

/* A page of what changed in a provider's log behind `after->taken`: (number, the columns of door_licence_read
 * or nulls for a part's event). */
enum status door_events_query(struct db *db, const struct event_log *after, int64_t limit,
                              struct db_rows **rows, struct fault *fault) MUST_CHECK;

struct door_change {
    int64_t sequence;
    enum device_change_kind kind;
    int64_t subject_id;
};
/* In the arena. */
enum status door_changes_load(struct db *db, struct arena *arena, int64_t after, int64_t limit,
                              struct door_change **changes, size_t *count, struct fault *fault) MUST_CHECK;
/* Gives up what no door will read again. */
enum status door_changes_prune(struct db *db, int64_t before_us, struct fault *fault) MUST_CHECK;

/* The SKUs that licences have. */
enum status door_sku_ids_load(struct db *db, struct arena *arena, int64_t **ids, size_t *count,
                              struct fault *fault) MUST_CHECK;

struct door_profile_row {
    int64_t id;
    struct text version;
    struct text components;
};
/* The newest `limit`, in the arena. */
enum status door_profiles_load(struct db *db, struct arena *arena, int64_t limit,
                               struct door_profile_row **profiles, size_t *count,
                               struct fault *fault) MUST_CHECK;

/* What check-ins did, as it stands in memory: the last state of a device wins, but a lease's end never goes
 * back. */
enum status door_seen_save_many(struct db *db, const struct device_seen *seen, size_t count,
                                struct fault *fault) MUST_CHECK;
/* Of a device that another process has activated since: the chain stays, the lease's end only goes up. */
enum status door_lease_raise(struct db *db, int64_t device_id, int64_t lease_expires_s,
                             struct fault *fault) MUST_CHECK;
/* Devices that gave their seat back since the change of that number hold it until their saved lease's end. */
enum status door_leaving_extend(struct db *db, int64_t since_change, struct fault *fault) MUST_CHECK;

struct door_month_mark {
    int64_t device_id;
    int32_t month; /* core's number, UTC */
    bool licensed; /* else: told to stop */
};
enum status door_months_mark_many(struct db *db, const struct door_month_mark *marks, size_t count,
                                  struct fault *fault) MUST_CHECK;

struct door_clone {
    int64_t device_id;
    int64_t seen_at_us;
};
enum status door_clones_count_many(struct db *db, const struct door_clone *clones, size_t count,
                                   struct fault *fault) MUST_CHECK;

/* A name that a device has reported. */
struct door_name {
    int64_t device_id;
    size_t length;
    char name[DEVICE_NAME_BYTES_MAX];
};
/* In their order, so that the last one of a device counts. */
enum status door_names_save_many(struct db *db, const struct door_name *names, size_t count,
                                 struct fault *fault) MUST_CHECK;

/* Whether a device door runs, or ended without saying so, and when that was last found: devices that were not
 * seen since may be ahead of what is kept. */
struct door_state {
    bool is_running;
    int64_t unsettled_s; /* 0: never */
};
enum status door_state_load(struct db *db, struct door_state *state, struct fault *fault) MUST_CHECK;
enum status door_state_save(struct db *db, const struct door_state *state, struct fault *fault) MUST_CHECK;
/* Marks the door as not cleanly stopped, if a door has ever run on this store. */
enum status door_state_doubt(struct db *db, struct fault *fault) MUST_CHECK;

#endif
