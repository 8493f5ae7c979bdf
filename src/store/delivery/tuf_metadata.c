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

static const char *role_word(int role) {
    return tuf_role_name((enum tuf_role)role);
}

static const struct db_words ROLE_WORDS = {role_word, TUF_ROLE_COUNT};

struct threshold {
    enum tuf_role role;
    int64_t threshold;
};

static const struct db_field THRESHOLD_FIELDS[] = {
    DB_FIELD_WORD(struct threshold, role, "role", &ROLE_WORDS),
    DB_FIELD_INT(struct threshold, threshold, "threshold", DB_SAVED),
};
static const struct db_fields THRESHOLD = DB_FIELDS(struct threshold, THRESHOLD_FIELDS);

static const char LOAD_THRESHOLDS[] = "select {} from tuf_roles";

enum status tuf_thresholds_load(struct db *db, int64_t thresholds[TUF_ROLE_COUNT], struct fault *fault) {
    struct arena arena;
    struct threshold *found = NULL;
    size_t count = 0;
    arena_init(&arena);
    memset(thresholds, 0, TUF_ROLE_COUNT * sizeof *thresholds);
    enum status status = rows_all(db, &arena, &THRESHOLD, LOAD_THRESHOLDS, DB_NO_ARGS, &found, &count, fault);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        thresholds[found[i].role] = found[i].threshold;
    }
    arena_clean_up(&arena);
    return status;
}

static const char SAVE_THRESHOLD[] =
    "insert into tuf_roles ({}) values ({$1}) on conflict (role) do update set {=excluded}";

enum status tuf_threshold_save(struct db *db, enum tuf_role role, int64_t threshold, struct fault *fault) {
    assert(threshold > 0);
    const struct threshold saved = {role, threshold};
    return rows_insert(db, &THRESHOLD, SAVE_THRESHOLD, DB_NO_ARGS, &saved, fault);
}

static const char *key_state_word(int is_retired) {
    return is_retired ? "retired" : "active";
}

static const struct db_words KEY_STATE_WORDS = {key_state_word, 2};

/* A key as it is kept: with a word for whether it is retired. */
struct kept_key {
    struct tuf_stored_key key;
    enum { KEY_ACTIVE, KEY_RETIRED } state;
};

static const struct db_field KEY_FIELDS[] = {
    DB_FIELD_INT(struct kept_key, key.id, "id"),
    DB_FIELD_WORD(struct kept_key, key.role, "role", &ROLE_WORDS),
    DB_FIELD_TEXT(struct kept_key, key.key_id, "key_id"),
    DB_FIELD_BYTES(struct kept_key, key.public_key, "public_key"),
    DB_FIELD_BYTES(struct kept_key, key.private_sealed, "private_sealed", DB_OR_NULL),
    DB_FIELD_WORD(struct kept_key, state, "state", &KEY_STATE_WORDS),
    DB_FIELD_INT(struct kept_key, key.created_at_us, "created_at_us"),
    DB_FIELD_INT(struct kept_key, key.retired_at_us, "retired_at_us", DB_OR_NULL),
};
static const struct db_fields KEY = DB_FIELDS(struct kept_key, KEY_FIELDS);

static const char INSERT_KEY[] = "insert into tuf_keys ({}) values ({$1})";

enum status tuf_key_insert(struct db *db, struct tuf_stored_key *key, struct fault *fault) {
    assert(!key->is_retired && key->retired_at_us == 0 && key->private_sealed.length > 0);
    TRY(db_counter_take(db, "tuf_keys", 1, &key->id, fault));
    const struct kept_key kept = {*key, KEY_ACTIVE};
    return rows_insert(db, &KEY, INSERT_KEY, DB_NO_ARGS, &kept, fault);
}

static const char RETIRE_KEY[] =
    "update tuf_keys set state = 'retired', private_sealed = null, retired_at_us = $2 where id = $1";

enum status tuf_key_retire(struct db *db, int64_t id, int64_t at_us, struct fault *fault) {
    return db_run(db, RETIRE_KEY, DB_ARGS(db_integer(id), db_integer(at_us)), NULL, fault);
}

static const char LOAD_KEYS[] = "select {} from tuf_keys order by id";

enum status tuf_key_load_all(struct db *db, struct arena *arena, struct tuf_stored_key **keys, size_t *count,
                             struct fault *fault) {
    struct kept_key *kept = NULL;
    TRY(rows_all(db, arena, &KEY, LOAD_KEYS, DB_NO_ARGS, &kept, count, fault));
    *keys = ARENA_NEW(arena, struct tuf_stored_key, *count);
    for (size_t i = 0; i < *count; i++) {
        (*keys)[i] = kept[i].key;
        (*keys)[i].is_retired = kept[i].state == KEY_RETIRED;
    }
    return STATUS_OK;
}

/* ---- files ---- */

static const struct db_field FILE_FIELDS[] = {
    DB_FIELD_WORD(struct tuf_file, role, "role", &ROLE_WORDS),
    DB_FIELD_INT(struct tuf_file, version, "version"),
    DB_FIELD_BYTES(struct tuf_file, bytes, "bytes"),
    DB_FIELD_INT(struct tuf_file, expires_at_us, "expires_at_us"),
    DB_FIELD_INT(struct tuf_file, created_at_us, "created_at_us"),
};
static const struct db_fields TUF_FILE = DB_FIELDS(struct tuf_file, FILE_FIELDS);

static const char NEWEST[] = "select {} from tuf_metadata where role = $1 and superseded_at_us is null";

enum status tuf_file_newest(struct db *db, struct arena *arena, enum tuf_role role, struct tuf_file *file,
                            bool *found, struct fault *fault) {
    return rows_one(db, arena, &TUF_FILE, NEWEST, DB_ARGS(db_string(text_of(tuf_role_name(role)))), file,
                    found, fault);
}

static const char VERSION[] = "select {} from tuf_metadata where role = $1 and version = $2";

enum status tuf_file_version(struct db *db, struct arena *arena, enum tuf_role role, int64_t version,
                             struct tuf_file *file, bool *found, struct fault *fault) {
    return rows_one(db, arena, &TUF_FILE, VERSION,
                    DB_ARGS(db_string(text_of(tuf_role_name(role))), db_integer(version)), file, found,
                    fault);
}

static const char SUPERSEDE[] =
    "update tuf_metadata set superseded_at_us = $2 where role = $1 and superseded_at_us is null";
static const char INSERT_FILE[] = "insert into tuf_metadata ({}) values ({$1})";

enum status tuf_file_insert(struct db *db, const struct tuf_file *file, struct fault *fault) {
    assert(file->version > 0 && file->bytes.length > 0);
    TRY(db_run(db, SUPERSEDE,
               DB_ARGS(db_string(text_of(tuf_role_name(file->role))), db_integer(file->created_at_us)), NULL,
               fault));
    return rows_insert(db, &TUF_FILE, INSERT_FILE, DB_NO_ARGS, file, fault);
}

static const char PRUNE[] = "delete from tuf_metadata where role <> 'root' and superseded_at_us < $1";

enum status tuf_file_prune(struct db *db, int64_t before_us, struct fault *fault) {
    return db_run(db, PRUNE, DB_ARGS(db_integer(before_us)), NULL, fault);
}
