/* TUF metadata: the keys of the update repository's roles, and every metadata file as it is served.
 *
 * All versions of root stay; of the other roles, superseded ones are kept for a while for clients that are in
 * the middle of a refresh. */
#ifndef SEATMETER_STORE_DELIVERY_TUF_METADATA_H
#define SEATMETER_STORE_DELIVERY_TUF_METADATA_H

#include "store/engine/db.h"

enum tuf_role { TUF_ROOT, TUF_TARGETS, TUF_SNAPSHOT, TUF_TIMESTAMP };
enum { TUF_ROLE_COUNT = 4 };

/* "root", …; the parse's fault is "unknown-tuf-role". */
const char *tuf_role_name(enum tuf_role role);
enum status tuf_role_parse(struct text word, const char *field, enum tuf_role *role,
                           struct fault *fault) MUST_CHECK;

struct tuf_stored_key {
    int64_t id;
    enum tuf_role role;
    struct text key_id;
    struct text public_key;     /* bytes */
    struct text private_sealed; /* bytes; empty once retired */
    bool is_retired;
    int64_t created_at_us;
    int64_t retired_at_us; /* 0: active */
};

/* The thresholds by role; 0 for a role that there is not: all four are 0 before the first publication. */
enum status tuf_thresholds_load(struct db *db, int64_t thresholds[TUF_ROLE_COUNT],
                                struct fault *fault) MUST_CHECK;
enum status tuf_threshold_save(struct db *db, enum tuf_role role, int64_t threshold,
                               struct fault *fault) MUST_CHECK;

enum status tuf_key_insert(struct db *db, struct tuf_stored_key *key,
                           struct fault *fault) MUST_CHECK; /* sets id
                                                             */
/* Retires the key and forgets its private part. */
enum status tuf_key_retire(struct db *db, int64_t id, int64_t at_us, struct fault *fault) MUST_CHECK;
/* All, the retired too: by id. */
enum status tuf_key_load_all(struct db *db, struct arena *arena, struct tuf_stored_key **keys, size_t *count,
                             struct fault *fault) MUST_CHECK;

struct tuf_file {
    enum tuf_role role;
    int64_t version;
    struct text bytes;
    int64_t expires_at_us;
    int64_t created_at_us;
};

/* The newest of a role, where there is one. */
enum status tuf_file_newest(struct db *db, struct arena *arena, enum tuf_role role, struct tuf_file *file,
                            bool *found, struct fault *fault) MUST_CHECK;
enum status tuf_file_version(struct db *db, struct arena *arena, enum tuf_role role, int64_t version,
                             struct tuf_file *file, bool *found, struct fault *fault) MUST_CHECK;

/* Inserts the file as the newest of its role, which supersedes the one before. */
enum status tuf_file_insert(struct db *db, const struct tuf_file *file, struct fault *fault) MUST_CHECK;

/* Drops what was superseded before that instant; roots stay. */
enum status tuf_file_prune(struct db *db, int64_t before_us, struct fault *fault) MUST_CHECK;

#endif
