/* Devices: machines that are activated under a licence, what they were last seen to do, and the feed that
 * tells the device door what to read again.
 *
 * Seats are kept by the database itself: no two devices of a licence hold the same seat number (a unique
 * index), and a seat whose number is beyond the licence's counted seats does not work
 * (core/licence/decision.h). */
#ifndef SEATMETER_STORE_DEVICES_DEVICES_H
#define SEATMETER_STORE_DEVICES_DEVICES_H

#include "core/licence/lease.h"
#include "core/licence/licence_key.h"
#include "store/engine/db.h"
#include "store/engine/page.h"

struct device {
    int64_t id;
    int64_t licence_id;
    struct text fingerprint; /* bytes */
    struct text public_key;  /* bytes */
    int64_t generation;
    enum device_state state;
    int32_t seat; /* 0: holds none */
    int64_t seat_until_s;
    struct text name;
    bool is_offline;
    int64_t activated_at_us; /* the last time: every activation sets it, and begins a new chain */
    int64_t asked_at_s;      /* by the machine's clock: what that activation's request gave as its time */
    int64_t released_at_us;  /* 0: not released */
    struct text released_by;
    int64_t clones;
    int64_t clone_seen_at_us; /* 0: never */
};

/* Its narrow row. */
struct device_seen {
    int64_t device_id;
    int32_t sequence;
    uint64_t link;
    int64_t seen_at_s;
    int64_t lease_expires_s;
    int64_t profile_id;
    uint32_t month_marks; /* the device door's own: which marks in device_months it has set */
};

enum status device_load(struct db *db, struct arena *arena, int64_t id, struct device *device, bool *found,
                        struct fault *fault) MUST_CHECK;
enum status device_load_by_fingerprint(struct db *db, struct arena *arena, int64_t licence_id,
                                       const unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES],
                                       struct device *device, bool *found, struct fault *fault) MUST_CHECK;

/* Whose the licence is that the device is activated under; 0 where there is none. */
enum status device_provider(struct db *db, int64_t id, int64_t *provider_id, struct fault *fault) MUST_CHECK;

/* Numbers the device. A seat that somebody holds is STATUS_CONFLICT "already-exists". */
enum status device_insert(struct db *db, struct device *device, struct fault *fault) MUST_CHECK;
enum status device_update(struct db *db, const struct device *device, struct fault *fault) MUST_CHECK;

/* Notes that the device's key pair, as it stands in `device`, has been displaced; and whether a key was. */
enum status device_key_spend(struct db *db, const struct device *device, struct fault *fault) MUST_CHECK;
enum status device_key_is_spent(struct db *db, int64_t device_id,
                                const unsigned char public_key[DEVICE_KEY_BYTES], bool *is_spent,
                                struct fault *fault) MUST_CHECK;

/* A free seat from 1 to `seats`, for the caller to give to a device in this transaction; 0 where all are
 * taken. A seat that a device which is not active holds is free once its last lease has ended, at `now_s` or
 * before. Costs the same however many seats there are. */
enum status device_free_seat(struct db *db, int64_t licence_id, int32_t seats, int64_t now_s, int32_t *seat,
                             struct fault *fault) MUST_CHECK;

/* Notes a release; and how many the licence has had since then. */
enum status device_release_note(struct db *db, const struct device *device, int64_t now_us,
                                struct fault *fault) MUST_CHECK;
enum status device_count_releases(struct db *db, int64_t licence_id, int64_t since_us, int64_t *count,
                                  struct fault *fault) MUST_CHECK;

/* Drops the active device with a seat up to `seats` whose lease ended first, if that was before
 * `ended_before_s` (which is not after now): its seat is given up. `*dropped_id` is 0 where there is none.
 * As the transaction has DB_PART_DEVICES, its sequence does not move in between. */
enum status device_drop_silent(struct db *db, int64_t licence_id, int32_t seats, int64_t ended_before_s,
                               int64_t now_us, int64_t *dropped_id, struct fault *fault) MUST_CHECK;

enum status device_seen_load(struct db *db, int64_t device_id, struct device_seen *seen, bool *found,
                             struct fault *fault) MUST_CHECK;
/* Inserts or updates, as it is given, of a device that is active. */
enum status device_seen_begin(struct db *db, const struct device_seen *seen, struct fault *fault) MUST_CHECK;
/* Inserts or updates, as it is given (an activation begins at sequence 0 again); extends seat_until_s of a
 * device that is not active and still holds its seat to the lease's end. */
enum status device_seen_save(struct db *db, const struct device_seen *seen, struct fault *fault) MUST_CHECK;

/* The number of a profile, made where it is new. 0 for two empty texts. */
enum status device_profile_take(struct db *db, struct text version, struct text components, int64_t *id,
                                struct fault *fault) MUST_CHECK;

/* Marks the device as seen in the month (core's month number), working or told to stop. */
enum status device_month_mark(struct db *db, int64_t month, int64_t device_id, bool licensed,
                              struct fault *fault) MUST_CHECK;

/* The default terms, at version 0, where nobody has set any. */
enum status lease_terms_load(struct db *db, int64_t sku_id, struct lease_terms *terms, int64_t *version,
                             struct fault *fault) MUST_CHECK;
enum status lease_terms_save(struct db *db, int64_t sku_id, const struct lease_terms *terms,
                             struct fault *fault) MUST_CHECK;

/* The longest that any SKU's lease lasts, the default terms' among them. */
enum status lease_longest(struct db *db, int64_t *longest_s, struct fault *fault) MUST_CHECK;

/* Tells the device door, at this transaction's commit, to read something again. The counter numbers the
 * changes in the order of their commits, as whoever takes of it has DB_PART_DEVICES; the door's writer takes
 * a number of it too, once a transaction, so that whoever reads knows which came first (device/live/live.c).
 */
#define DEVICE_CHANGE_COUNTER "device_changes"
enum device_change_kind {
    DEVICE_CHANGE_LICENCE, /* retired, or another state without a licence event; 0: of many */
    DEVICE_CHANGE_DEVICE,  /* released, or activated offline */
    DEVICE_CHANGE_TERMS,   /* of the SKU, or its components; 0: of many */
    DEVICE_CHANGE_KEYS,    /* signing keys */
    DEVICE_CHANGE_RELEASES /* products and releases of software */
};
enum status device_change_note(struct db *db, enum device_change_kind kind, int64_t subject_id,
                               int64_t now_us, struct fault *fault) MUST_CHECK;

/* How many active devices a licence has. */
enum status devices_count_active(struct db *db, int64_t licence_id, int64_t *count,
                                 struct fault *fault) MUST_CHECK;

/* All devices of a licence, their seats and releases go over to another that has none, and the device door is
 * told of each. */
enum status devices_change_licence(struct db *db, struct arena *arena, int64_t licence_id,
                                   int64_t successor_id, int64_t now_us, struct fault *fault) MUST_CHECK;

/* Whether a device was activated or released under the licence since an instant, or an active one holds a
 * seat beyond `seats`: it may have had a lease that the licence gave since. */
enum status device_used_since(struct db *db, int64_t licence_id, int64_t since_us, int64_t seats, bool *used,
                              struct fault *fault) MUST_CHECK;

/* Whether a device held a lease since an instant on a seat beyond `seats`. `is_unsettled`: that instant is so
 * near that an active device's last check-in may not be saved yet, so that its seat is enough. */
enum status device_had_seat_since(struct db *db, int64_t licence_id, int64_t since_us, int64_t seats,
                                  bool is_unsettled, bool *had, struct fault *fault) MUST_CHECK;

/* The names of the components that a lease of the SKU names, sorted: its own; a bundle's are those of all its
 * products, without the ones of a vendor whose agreement is suspended or ended (the bundle's own licence
 * counts on, and the other vendors' products work on). */
enum status lease_components_load(struct db *db, struct arena *arena, int64_t sku_id,
                                  struct text **components, size_t *count, struct fault *fault) MUST_CHECK;

/* What the door needs of a licence (not of a part of a bundle, which nobody activates). The suspender is the
 * seller of the suspended agreement nearest to the customer: those on its path, and that of the SKU's own
 * vendor. */
struct door_licence_row {
    int64_t id;
    int64_t sku_id;
    enum licence_state state;
    enum suspender suspender;
    int32_t seats;
    int32_t counted_seats;
    int64_t version;      /* the licence's: of two rows the newer one has the higher */
    int64_t provider_id;  /* of one that is loaded alone */
    int64_t issued_at_us; /* the same */
};
/* By its id or by its key's hash; by the key with the terms of its SKU too. */
enum status door_licence_load(struct db *db, int64_t id, struct door_licence_row *row, bool *found,
                              struct fault *fault) MUST_CHECK;
enum status door_licence_load_by_key(struct db *db, const unsigned char hash[LICENCE_KEY_HASH_BYTES],
                                     struct door_licence_row *row, struct lease_terms *terms, bool *found,
                                     struct fault *fault) MUST_CHECK;

#endif
