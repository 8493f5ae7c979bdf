#include "store/delivery/tuf_metadata.h"

#include "store/engine/rows.h"

#include <assert.h>
#include <string.h>

static const char *const ROLES[TUF_ROLE_COUNT] = {[TUF_ROOT] = "root",
                                                  [TUF_TARGETS] = "targets",
                                                  [TUF_SNAPSHOT] = "snapshot",
                                                  [TUF_TIMESTAMP] = "timestamp"};

const char *tuf_role_name(enum tuf_role role) {
    assert((unsigned)role < TUF_ROLE_COUNT);
    return ROLES[role];
}

enum status tuf_role_parse(struct text word, const char *field, enum tuf_role *role, struct fault *fault) {
    for (int i = 0; i < TUF_ROLE_COUNT; i++) {
        if (text_is(word, ROLES[i])) {
            *role = (enum tuf_role)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-tuf-role", field, word,
                     "A role of the update repository is root, targets, snapshot or timestamp.");
}

/* ---- roles and keys ---- */

struct threshold {
    enum tuf_role role;
    int64_t threshold;
};

static enum status read_threshold(struct db_rows *rows, struct arena *arena, void *item,
                                  struct fault *fault) {
    (void)arena;
    struct threshold *threshold = item;
    threshold->threshold = db_column_int(rows, 1);
    return tuf_role_parse(db_column_text(rows, 0), "role", &threshold->role, fault);
}

static const char LOAD_THRESHOLDS[] = "select role, threshold from tuf_roles";

enum status tuf_thresholds_load(struct db *db, int64_t thresholds[TUF_ROLE_COUNT], struct fault *fault) {
    struct arena arena;
    struct threshold *found = NULL;
    size_t count = 0;
    arena_init(&arena);
    memset(thresholds, 0, TUF_ROLE_COUNT * sizeof *thresholds);
    enum status status = rows_all(db, &arena, LOAD_THRESHOLDS, DB_NO_ARGS, read_threshold,
                                  sizeof(struct threshold), &found, &count, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        thresholds[found[i].role] = found[i].threshold;
    }
    arena_clean_up(&arena);
    return status;
}

static const char SAVE_THRESHOLD[] = "insert into tuf_roles (role, threshold) values ($1, $2) "
                                     "on conflict (role) do update set threshold = excluded.threshold";

enum status tuf_threshold_save(struct db *db, enum tuf_role role, int64_t threshold, struct fault *fault) {
    assert(threshold > 0);
    return db_run(db, SAVE_THRESHOLD, DB_ARGS(db_string(text_of(tuf_role_name(role))), db_integer(threshold)),
                  NULL, fault);
}

static const char INSERT_KEY[] =
    "insert into tuf_keys (id, role, key_id, public_key, private_sealed, state, created_at_us) "
    "values ($1, $2, $3, $4, $5, 'active', $6)";

enum status tuf_key_insert(struct db *db, struct tuf_stored_key *key, struct fault *fault) {
    assert(!key->is_retired && key->private_sealed.length > 0);
    enum status status = db_counter_take(db, "tuf_keys", 1, &key->id, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT_KEY,
                  DB_ARGS(db_integer(key->id), db_string(text_of(tuf_role_name(key->role))),
                          db_string(key->key_id), db_bytes(key->public_key), db_bytes(key->private_sealed),
                          db_integer(key->created_at_us)),
                  NULL, fault);
}

static const char RETIRE_KEY[] =
    "update tuf_keys set state = 'retired', private_sealed = null, retired_at_us = $2 where id = $1";

enum status tuf_key_retire(struct db *db, int64_t id, int64_t at_us, struct fault *fault) {
    return db_run(db, RETIRE_KEY, DB_ARGS(db_integer(id), db_integer(at_us)), NULL, fault);
}

static enum status read_key(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct tuf_stored_key *key = item;
    *key = (struct tuf_stored_key){.id = db_column_int(rows, 0),
                                   .key_id = db_column_copy(rows, 2, arena),
                                   .public_key = db_column_copy(rows, 3, arena),
                                   .private_sealed = db_column_copy(rows, 4, arena),
                                   .is_retired = text_is(db_column_text(rows, 5), "retired"),
                                   .created_at_us = db_column_int(rows, 6),
                                   .retired_at_us = db_column_int(rows, 7)};
    return tuf_role_parse(db_column_text(rows, 1), "role", &key->role, fault);
}

static const char LOAD_KEYS[] = "select id, role, key_id, public_key, private_sealed, state, created_at_us, "
                                "retired_at_us from tuf_keys order by id";

enum status tuf_key_load_all(struct db *db, struct arena *arena, struct tuf_stored_key **keys, size_t *count,
                             struct fault *fault) {
    return rows_all(db, arena, LOAD_KEYS, DB_NO_ARGS, read_key, sizeof(struct tuf_stored_key), keys, count,
                    fault);
}

/* ---- files ---- */

#define COLUMNS "role, version, bytes, expires_at_us, created_at_us"

static enum status read_file(struct db_rows *rows, struct arena *arena, void *item, struct fault *fault) {
    struct tuf_file *file = item;
    *file = (struct tuf_file){.version = db_column_int(rows, 1),
                              .bytes = db_column_copy(rows, 2, arena),
                              .expires_at_us = db_column_int(rows, 3),
                              .created_at_us = db_column_int(rows, 4)};
    return tuf_role_parse(db_column_text(rows, 0), "role", &file->role, fault);
}

static const char NEWEST[] =
    "select " COLUMNS " from tuf_metadata where role = $1 and superseded_at_us is null";

enum status tuf_file_newest(struct db *db, struct arena *arena, enum tuf_role role, struct tuf_file *file,
                            bool *found, struct fault *fault) {
    return rows_one(db, arena, NEWEST, DB_ARGS(db_string(text_of(tuf_role_name(role)))), read_file, file,
                    found, fault);
}

static const char VERSION[] = "select " COLUMNS " from tuf_metadata where role = $1 and version = $2";

enum status tuf_file_version(struct db *db, struct arena *arena, enum tuf_role role, int64_t version,
                             struct tuf_file *file, bool *found, struct fault *fault) {
    return rows_one(db, arena, VERSION, DB_ARGS(db_string(text_of(tuf_role_name(role))), db_integer(version)),
                    read_file, file, found, fault);
}

static const char SUPERSEDE[] =
    "update tuf_metadata set superseded_at_us = $2 where role = $1 and superseded_at_us is null";
static const char INSERT_FILE[] =
    "insert into tuf_metadata (role, version, bytes, expires_at_us, created_at_us) values ($1, $2, $3, $4, "
    "$5)";

enum status tuf_file_insert(struct db *db, const struct tuf_file *file, struct fault *fault) {
    assert(file->version > 0 && file->bytes.length > 0);
    struct db_value role = db_string(text_of(tuf_role_name(file->role)));
    enum status status = db_run(db, SUPERSEDE, DB_ARGS(role, db_integer(file->created_at_us)), NULL, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return db_run(db, INSERT_FILE,
                  DB_ARGS(role, db_integer(file->version), db_bytes(file->bytes),
                          db_integer(file->expires_at_us), db_integer(file->created_at_us)),
                  NULL, fault);
}

static const char PRUNE[] = "delete from tuf_metadata where role <> 'root' and superseded_at_us < $1";

enum status tuf_file_prune(struct db *db, int64_t before_us, struct fault *fault) {
    return db_run(db, PRUNE, DB_ARGS(db_integer(before_us)), NULL, fault);
}
