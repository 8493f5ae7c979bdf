/* Migrations: a store is brought to this program's version, one number at a time.
 *
 * The files of schema/ are named NNN_words.sql for both engines or NNN_words.ENGINE.sql for one. All files of
 * one number, in the order of their names, are one migration and one transaction, which also writes the
 * number into schema_version. The version is read again inside that transaction, under the write lock, so
 * several processes may migrate at once. The engines split a script into statements themselves. */
#include "store/engine/db_engine.h"
#include "store/engine/schema_files.h"

#include <assert.h>
#include <string.h>

static const char VERSION_TABLE[] = "schema_version";
static const char CREATE_VERSION_TABLE[] =
    "create table if not exists schema_version (version bigint primary key)";
static const char PRESENT_VERSION[] = "select coalesce(max(version), 0) from schema_version";
static const char INSERT_VERSION[] = "insert into schema_version (version) values ($1)";

static int64_t number_of(const struct schema_file *file) {
    int64_t number = 0;
    bool is_number = text_to_int64((struct text){file->name, 3}, &number);
    assert(is_number && number > 0 && file->name[3] == '_');
    return number;
}

/* The engine that a file is for alone: what stands between its last two dots. */
static bool is_for(const struct schema_file *file, const struct db_driver *driver) {
    const char *first = strchr(file->name, '.');
    const char *last = strrchr(file->name, '.');
    assert(first != NULL && strcmp(last, ".sql") == 0);
    if (first == last) {
        return true;
    }
    return text_is((struct text){first + 1, (size_t)(last - first - 1)}, driver->name);
}

int64_t db_newest_version(void) {
    return number_of(&SCHEMA_FILES[SCHEMA_FILE_COUNT - 1]);
}

/* The script with {id} and {bytes} in this engine's words. */
static const char *in_words_of(const struct db_driver *driver, const char *sql, struct arena *arena) {
    struct text parts = TEXT("");
    for (const char *at = sql; *at != '\0';) {
        const char *brace = strchr(at, '{');
        size_t plain = brace == NULL ? strlen(at) : (size_t)(brace - at);
        const char *word = "";
        const char *next = at + plain;
        if (brace != NULL && strncmp(brace, "{id}", 4) == 0) {
            word = driver->type_id;
            next = brace + 4;
        } else if (brace != NULL) {
            assert(strncmp(brace, "{bytes}", 7) == 0);
            word = driver->type_bytes;
            next = brace + 7;
        }
        parts = text_format(arena, "%.*s%.*s%s", TEXT_ARGS(parts), (int)plain, at, word);
        at = next;
    }
    return parts.length == 0 ? "" : parts.at;
}

static enum status too_new(int64_t version, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "store-too-new", "db", TEXT(""),
                     "The store has version %lld and this program knows versions up to %lld: "
                     "use a newer seatmeter.",
                     (long long)version, (long long)db_newest_version());
}

enum status db_present_version(struct db *db, int64_t *version, struct fault *fault) {
    int64_t tables = 0;
    TRY(db_query_int(db, db->driver->sql_has_table, DB_ARGS(db_string(text_of(VERSION_TABLE))), 0, &tables,
                     fault));
    *version = 0;
    return tables == 0 ? STATUS_OK : db_query_int(db, PRESENT_VERSION, DB_NO_ARGS, 0, version, fault);
}

static enum status run_files(struct db *db, int64_t number, struct arena *arena, struct fault *fault) {
    for (size_t i = 0; i < SCHEMA_FILE_COUNT; i++) {
        const struct schema_file *file = &SCHEMA_FILES[i];
        if (number_of(file) == number && is_for(file, db->driver)) {
            TRY(db_script(db, in_words_of(db->driver, file->sql, arena), fault));
        }
    }
    return db->driver->sql_after_migration == NULL ? STATUS_OK
                                                   : db_script(db, db->driver->sql_after_migration, fault);
}

/* One migration, inside a write transaction; `*done` when there was nothing left to do. */
static enum status migrate_one(struct db *db, int64_t target, struct arena *arena, bool *done,
                               struct fault *fault) {
    int64_t version = 0;
    TRY(db_script(db, CREATE_VERSION_TABLE, fault));
    TRY(db_present_version(db, &version, fault));
    if (version > db_newest_version()) {
        return too_new(version, fault);
    }
    *done = version >= target;
    if (*done) {
        return STATUS_OK;
    }
    TRY(run_files(db, version + 1, arena, fault));
    return db_run(db, INSERT_VERSION, DB_ARGS(db_integer(version + 1)), NULL, fault);
}

static enum status migrate_in_transaction(struct db *db, int64_t target, bool *done, struct fault *fault) {
    struct arena arena;
    TRY(db_begin(db, DB_WRITE, fault));
    arena_init(&arena);
    enum status status = migrate_one(db, target, &arena, done, fault);
    arena_clean_up(&arena);
    if (status != STATUS_OK) {
        db_rollback(db);
        return status;
    }
    return db_commit(db, fault);
}

enum status db_migrate(struct db *db, struct fault *fault) {
    return db_migrate_to(db, db_newest_version(), fault);
}

enum status db_migrate_to(struct db *db, int64_t target, struct fault *fault) {
    int64_t version = 0;
    TRY(db_present_version(db, &version, fault));
    bool done = version == target;
    while (!done) {
        TRY(migrate_in_transaction(db, target, &done, fault));
    }
    return STATUS_OK;
}

enum status db_check_version(struct db *db, struct fault *fault) {
    int64_t version = 0;
    TRY(db_present_version(db, &version, fault));
    if (version == 0) {
        return fault_set(fault, STATUS_CONFLICT, "store-not-initialised", "db", TEXT(""),
                         "There is no programme in this store yet: run \"seatmeter init\".");
    }
    if (version > db_newest_version()) {
        return too_new(version, fault);
    }
    if (version < db_newest_version()) {
        return fault_set(fault, STATUS_CONFLICT, "store-outdated", "db", TEXT(""),
                         "The store has version %lld and this program needs %lld: run \"seatmeter upgrade\".",
                         (long long)version, (long long)db_newest_version());
    }
    return STATUS_OK;
}
