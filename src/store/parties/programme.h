/* The programme: the one row that says whose store this is.
 *
 * It keeps what new agreements start with (currency, time zone), which account is the distributor, and a hash
 * of the secret, so that a door that was given another programme's secret notices at once. */
#ifndef SEATMETER_STORE_PARTIES_PROGRAMME_H
#define SEATMETER_STORE_PARTIES_PROGRAMME_H

#include "core/licence/identifier.h"
#include "store/engine/db.h"

enum { PROGRAMME_SECRET_CHECK_BYTES = 32, PROGRAMME_UNDO_WINDOW_S = 900, PROGRAMME_INVITATION_DAYS = 7 };

struct programme {
    struct text name;
    struct text currency;
    struct text time_zone;
    int64_t distributor_id;
    struct text secret_check; /* PROGRAMME_SECRET_CHECK_BYTES */
    int64_t undo_window_s;    /* how long after a change it can be undone; 0: never */
    int64_t invitation_days;  /* how long an invitation can be accepted */
    int64_t created_at_us;
};

/* The hash of a secret that the row keeps. */
void programme_secret_check(const unsigned char secret[PROGRAMME_SECRET_BYTES],
                            unsigned char check[PROGRAMME_SECRET_CHECK_BYTES]);

/* `*found` is false where the store has no programme yet. */
enum status programme_find(struct db *db, struct arena *arena, bool *found, struct programme *programme,
                           struct fault *fault) MUST_CHECK;

/* The same; none is fault "store-not-initialised". */
enum status programme_load(struct db *db, struct arena *arena, struct programme *programme,
                           struct fault *fault) MUST_CHECK;

/* Fault "wrong-secret" unless `secret` is the one that the programme was made with; doors ask once, at their
 * start. */
enum status programme_check_secret(struct db *db, struct arena *arena,
                                   const unsigned char secret[PROGRAMME_SECRET_BYTES],
                                   struct fault *fault) MUST_CHECK;

enum status programme_insert(struct db *db, const struct programme *programme,
                             struct fault *fault) MUST_CHECK;

enum status programme_set_undo_window(struct db *db, int64_t window_s, struct fault *fault) MUST_CHECK;
enum status programme_set_invitation_days(struct db *db, int64_t days, struct fault *fault) MUST_CHECK;

#endif
