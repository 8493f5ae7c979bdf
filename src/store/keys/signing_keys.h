/* Signing keys: roots and lease keys, as they are kept. The programme's use cases
 * (programme/keys/signing_keys.h) unseal them. */
#ifndef SEATMETER_STORE_KEYS_SIGNING_KEYS_H
#define SEATMETER_STORE_KEYS_SIGNING_KEYS_H

#include "store/engine/db.h"

enum signing_purpose { SIGNING_ROOT, SIGNING_LEASE };
enum signing_state { SIGNING_NEXT, SIGNING_ACTIVE, SIGNING_RETIRED, SIGNING_REVOKED };

struct signing_key_row {
    int64_t id;
    struct text kid;
    enum signing_purpose purpose;
    enum signing_state state;
    struct text public_key;    /* bytes */
    struct text secret_sealed; /* bytes */
    int64_t created_at_us;
    int64_t active_from_us; /* 0: not a next one */
    int64_t retired_at_us;  /* 0: never */
    int64_t left_at_us;     /* of a retired one, when it left the set; 0: it is in it */
    int64_t revoked_at_us;  /* 0: never */
};

const char *signing_purpose_name(enum signing_purpose purpose);
const char *signing_state_name(enum signing_state state);

enum status signing_key_insert(struct db *db, struct signing_key_row *row, struct fault *fault) MUST_CHECK;
/* Saves state and instants. */
enum status signing_key_update(struct db *db, const struct signing_key_row *row,
                               struct fault *fault) MUST_CHECK;
/* All, by id. */
enum status signing_key_list(struct db *db, struct arena *arena, struct signing_key_row **rows, size_t *count,
                             struct fault *fault) MUST_CHECK;

/* The key set's version: 0 before its first; and the next one. */
enum status key_set_version(struct db *db, int64_t *version, struct fault *fault) MUST_CHECK;
enum status key_set_version_take(struct db *db, int64_t *version, struct fault *fault) MUST_CHECK;

#endif
