/* Reads a backup, twice when it is restored: the first time to check it from end to end without touching the
 * store, the second time into the store. The second reading checks just as much, and the transaction is
 * committed only behind the last hash and the judge's word. */
#include "store/devices/door_queries.h"
#include "store/engine/db_engine.h"
#include "store/engine/db_support.h"
#include "store/engine/numbers.h"
#include "store/engine/rows.h"
#include "store/parties/programme.h"
#include "store/upkeep/backup_format.h"
#include "store/upkeep/backup_seal.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { CHUNK_BYTES = 1024 * 1024 };

struct reader {
    FILE *file;
    const struct backup_source *source;
    unsigned char head[BACKUP_HEAD_BYTES];
    bool is_sealed; /* from behind the head on */
    struct backup_seal *seal;
    crypto_generichash_state whole;
    crypto_generichash_state table;
    struct backup_summary summary;
    struct arena arena; /* of the present table */
    char *values;       /* text and bytes of the present row */
    size_t values_used;
    size_t values_capacity;
    /* NULL: only check */
    struct db *db;
    struct backup_table *expected; /* the store's */
    size_t expected_count;
};

static enum status malformed(struct reader *reader, struct fault *fault, const char *what) {
    return fault_set(fault, STATUS_INVALID, "malformed-backup", "file", reader->source->path, "%s", what);
}

static enum status cut_short(struct reader *reader, struct fault *fault) {
    return malformed(reader, fault,
                     ferror(reader->file) ? "The file cannot be read." : "The file is cut short.");
}

/* What the seal's reader found, as a fault. */
static enum status unsealed(struct reader *reader, enum seal_opening opening, struct fault *fault) {
    switch (opening) {
    case SEAL_OPENED:
        return STATUS_OK;
    case SEAL_CUT_SHORT:
        return cut_short(reader, fault);
    case SEAL_OTHER_SECRET:
        return fault_set(fault, STATUS_CONFLICT, "wrong-secret", "file", reader->source->path,
                         "The backup is another programme's: it was sealed with another secret than this.");
    case SEAL_ALTERED:
        break;
    }
    return malformed(reader, fault, "The file is damaged or was altered: its seal does not open.");
}

static enum status read_raw(struct reader *reader, void *bytes, size_t size_bytes, struct fault *fault) {
    if (reader->is_sealed) {
        return unsealed(reader, backup_seal_get(reader->seal, reader->file, bytes, size_bytes), fault);
    }
    return fread(bytes, 1, size_bytes, reader->file) == size_bytes ? STATUS_OK : cut_short(reader, fault);
}

static enum status read_bytes(struct reader *reader, void *bytes, size_t size_bytes, struct fault *fault) {
    TRY(read_raw(reader, bytes, size_bytes, fault));
    crypto_generichash_update(&reader->whole, bytes, size_bytes);
    crypto_generichash_update(&reader->table, bytes, size_bytes);
    return STATUS_OK;
}

static enum status get_integer(struct reader *reader, size_t size_bytes, uint64_t *value,
                               struct fault *fault) {
    unsigned char bytes[8];
    assert(size_bytes <= sizeof bytes);
    TRY(read_bytes(reader, bytes, size_bytes, fault));
    *value = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        *value = *value << 8 | bytes[i];
    }
    return STATUS_OK;
}

static enum status get_name(struct reader *reader, struct text *name, struct fault *fault) {
    uint64_t length = 0;
    TRY(get_integer(reader, 2, &length, fault));
    if (length == 0 || length > BACKUP_NAME_BYTES_MAX) {
        return malformed(reader, fault, "The name of a table or a column is damaged.");
    }
    char *bytes = ARENA_NEW(&reader->arena, char, length);
    *name = (struct text){bytes, length};
    return read_bytes(reader, bytes, length, fault);
}

/* A hash of what was read before it. */
static enum status get_hash(struct reader *reader, crypto_generichash_state *state, const char *otherwise,
                            unsigned char computed[BACKUP_HASH_BYTES], struct fault *fault) {
    unsigned char written[BACKUP_HASH_BYTES];
    crypto_generichash_final(state, computed, BACKUP_HASH_BYTES);
    TRY(read_bytes(reader, written, sizeof written, fault));
    return memcmp(computed, written, sizeof written) == 0 ? STATUS_OK : malformed(reader, fault, otherwise);
}

static void start_hash(crypto_generichash_state *state) {
    crypto_generichash_init(state, NULL, 0, BACKUP_HASH_BYTES);
}

/* ---- rows ---- */

/* Makes room behind the values that are there. */
static void reserve_values(struct reader *reader, size_t size_bytes) {
    if (reader->values_capacity - reader->values_used >= size_bytes) {
        return;
    }
    size_t capacity = (reader->values_used + size_bytes) * 2;
    char *grown = db_allocate(capacity, 1);
    if (reader->values_used > 0) {
        memcpy(grown, reader->values, reader->values_used);
    }
    free(reader->values);
    reader->values = grown;
    reader->values_capacity = capacity;
}

/* Text or bytes of a value, as an offset into `values`: they move while they grow. Memory is taken as the
 * bytes arrive, so that a damaged length cannot ask for more than the file has. */
static enum status get_bytes(struct reader *reader, struct db_value *value, struct fault *fault) {
    uint64_t length = 0;
    TRY(get_integer(reader, 4, &length, fault));
    if (length > BACKUP_VALUE_BYTES_MAX) {
        return malformed(reader, fault, "The length of a value is damaged.");
    }
    value->integer = (int64_t)reader->values_used;
    value->text.length = length;
    for (size_t left = length; left > 0;) {
        size_t piece = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        reserve_values(reader, piece);
        TRY(read_bytes(reader, reader->values + reader->values_used, piece, fault));
        reader->values_used += piece;
        left -= piece;
    }
    return STATUS_OK;
}

/* The byte before a row or a value: 1 where there is one, 0 where not. */
static enum status get_flag(struct reader *reader, bool *flag, struct fault *fault) {
    uint64_t value = 0;
    TRY(get_integer(reader, 1, &value, fault));
    if (value > 1) {
        return malformed(reader, fault, "A row is damaged.");
    }
    *flag = value == 1;
    return STATUS_OK;
}

static enum status get_value(struct reader *reader, char type, struct db_value *value, struct fault *fault) {
    bool is_there = false;
    *value = db_null();
    TRY(get_flag(reader, &is_there, fault));
    if (!is_there) {
        return STATUS_OK;
    }
    if (type != 'i') {
        value->type = type == 't' ? DB_TYPE_TEXT : DB_TYPE_BYTES;
        return get_bytes(reader, value, fault);
    }
    uint64_t integer = 0;
    TRY(get_integer(reader, 8, &integer, fault));
    *value = db_integer((int64_t)integer);
    return STATUS_OK;
}

static enum status get_row(struct reader *reader, const struct backup_table *table, struct db_bulk *bulk,
                           struct fault *fault) {
    struct db_value values[BACKUP_COLUMNS_MAX];
    reader->values_used = 0;
    for (size_t i = 0; i < table->columns; i++) {
        TRY(get_value(reader, table->types[i], &values[i], fault));
    }
    for (size_t i = 0; i < table->columns; i++) {
        if (values[i].type == DB_TYPE_TEXT || values[i].type == DB_TYPE_BYTES) {
            values[i].text.at = values[i].text.length == 0 ? "" : reader->values + values[i].integer;
        }
    }
    return bulk == NULL ? STATUS_OK : db_bulk_row(bulk, values, fault);
}

static enum status get_rows(struct reader *reader, const struct backup_table *table, struct db_bulk *bulk,
                            struct fault *fault) {
    uint64_t count = 0;
    for (;; count++) {
        bool have_row = false;
        TRY(get_flag(reader, &have_row, fault));
        if (!have_row) {
            break;
        }
        TRY(get_row(reader, table, bulk, fault));
    }
    uint64_t written = 0;
    TRY(get_integer(reader, 8, &written, fault));
    reader->summary.rows += (int64_t)count;
    return written == count ? STATUS_OK : malformed(reader, fault, "A table has lost or gained rows.");
}

/* ---- tables ---- */

static bool is_column_type(char type) {
    return type == 'i' || type == 't' || type == 'b';
}

static enum status get_columns(struct reader *reader, struct backup_table *table, struct fault *fault) {
    uint64_t columns = 0;
    TRY(get_name(reader, &table->name, fault));
    TRY(get_integer(reader, 2, &columns, fault));
    if (columns == 0 || columns > BACKUP_COLUMNS_MAX) {
        return malformed(reader, fault, "The columns of a table are damaged.");
    }
    for (table->columns = 0; table->columns < columns; table->columns++) {
        TRY(get_name(reader, &table->column_names[table->columns], fault));
        TRY(read_bytes(reader, &table->types[table->columns], 1, fault));
        if (!is_column_type(table->types[table->columns])) {
            return malformed(reader, fault, "The columns of a table are damaged.");
        }
    }
    return STATUS_OK;
}

/* Names go into SQL: only the store's own do, as the file's must be the same. */
static bool is_same_table(const struct backup_table *a, const struct backup_table *b) {
    bool same = text_equal(a->name, b->name) && a->columns == b->columns &&
                memcmp(a->types, b->types, a->columns) == 0;
    for (size_t i = 0; same && i < a->columns; i++) {
        same = text_equal(a->column_names[i], b->column_names[i]);
    }
    return same;
}

static enum status start_bulk(struct reader *reader, const struct backup_table *table, size_t number,
                              struct db_bulk **bulk, struct fault *fault) {
    if (reader->db == NULL) {
        return STATUS_OK;
    }
    if (number >= reader->expected_count || !is_same_table(table, &reader->expected[number])) {
        return malformed(reader, fault, "The backup's tables are not those of a store of its version.");
    }
    const struct backup_table *expected = &reader->expected[number];
    const char *columns[BACKUP_COLUMNS_MAX];
    for (size_t i = 0; i < expected->columns; i++) {
        columns[i] = expected->column_names[i].at;
    }
    return db_bulk_start(reader->db, expected->name.at, columns, expected->types, bulk, fault);
}

/* The table's columns, and the bulk that its rows go into; `*bulk` stays NULL where the file is only checked.
 */
static enum status start_table(struct reader *reader, size_t number, struct backup_table *table,
                               struct db_bulk **bulk, struct fault *fault) {
    start_hash(&reader->table);
    TRY(get_columns(reader, table, fault));
    return start_bulk(reader, table, number, bulk, fault);
}

static enum status get_rest(struct reader *reader, const struct backup_table *table, struct db_bulk *bulk,
                            struct fault *fault) {
    unsigned char hash[BACKUP_HASH_BYTES];
    TRY(get_rows(reader, table, bulk, fault));
    return get_hash(reader, &reader->table, "A table is damaged: its hash does not match.", hash, fault);
}

static enum status get_table(struct reader *reader, size_t number, struct fault *fault) {
    struct backup_table *table = ARENA_NEW(&reader->arena, struct backup_table, 1);
    struct db_bulk *bulk = NULL;
    enum status status = start_table(reader, number, table, &bulk, fault);
    if (status == STATUS_OK) {
        status = get_rest(reader, table, bulk, fault);
    }
    if (bulk != NULL) {
        status = rows_bulk_end(bulk, status, fault);
    }
    reader->summary.tables++;
    arena_clean_up(&reader->arena);
    return status;
}

static enum status too_new(int64_t version, struct text path, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "store-too-new", "file", path,
                     "The backup has version %lld and this program knows versions up to %lld: "
                     "use a newer seatmeter.",
                     (long long)version, (long long)db_newest_version());
}

static enum status older(struct reader *reader, struct fault *fault) {
    if (!reader->is_sealed) {
        return fault_set(
            fault, STATUS_CONFLICT, "backup-older", "file", reader->source->path,
            "The backup was written by a version that did not seal backups yet, so nothing tells "
            "whether somebody has altered it. Say --older to take it all the same.");
    }
    return fault_set(
        fault, STATUS_CONFLICT, "backup-older", "file", reader->source->path,
        "The backup has the older version %lld, and this program has %lld. Say --older to restore "
        "it and bring it to this version.",
        (long long)reader->summary.schema_version, (long long)db_newest_version());
}

/* An integer of the clear head, which was read already. */
static uint64_t head_integer(const struct reader *reader, size_t at, size_t size_bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        value = value << 8 | reader->head[BACKUP_MAGIC_BYTES + at + i];
    }
    return value;
}

/* The clear head says how the rest is to be read. */
static enum status get_head(struct reader *reader, struct fault *fault) {
    TRY(read_bytes(reader, reader->head, BACKUP_MAGIC_BYTES, fault));
    if (memcmp(reader->head, BACKUP_MAGIC, BACKUP_MAGIC_BYTES) != 0) {
        return malformed(reader, fault, "The file is not a backup of seatmeter.");
    }
    TRY(read_bytes(reader, reader->head + BACKUP_MAGIC_BYTES, BACKUP_HEAD_BYTES - BACKUP_MAGIC_BYTES, fault));
    uint64_t format = head_integer(reader, 0, 4);
    uint64_t version = head_integer(reader, 4, 4);
    if (format != BACKUP_FORMAT && format != BACKUP_FORMAT_UNSEALED) {
        return malformed(reader, fault, "The file has a format that this program does not know.");
    }
    if (version == 0) {
        return malformed(reader, fault, "The file's beginning is damaged.");
    }
    reader->is_sealed = format == BACKUP_FORMAT;
    reader->summary.schema_version = (int64_t)version;
    reader->summary.created_at_us = (int64_t)head_integer(reader, 8, 8);
    return STATUS_OK;
}

static enum status open_seal(struct reader *reader, struct fault *fault) {
    struct text head = {(const char *)reader->head, BACKUP_HEAD_BYTES};
    return unsealed(reader, backup_seal_open(reader->seal, reader->file, reader->source->secret, head),
                    fault);
}

/* Whether this program takes a backup of such a version. The seal is open by then, or there is none. */
static enum status require_version(struct reader *reader, struct fault *fault) {
    int64_t version = reader->summary.schema_version;
    if (version > db_newest_version()) {
        return too_new(version, reader->source->path, fault);
    }
    bool is_older = !reader->is_sealed || version < db_newest_version();
    return is_older && !reader->source->take_older ? older(reader, fault) : STATUS_OK;
}

static bool is_over(struct reader *reader) {
    return reader->is_sealed ? backup_seal_is_over(reader->seal, reader->file) : fgetc(reader->file) == EOF;
}

static enum status get_all(struct reader *reader, struct fault *fault) {
    uint64_t tables = 0;
    rewind(reader->file);
    reader->summary = (struct backup_summary){0};
    reader->is_sealed = false;
    start_hash(&reader->whole);
    start_hash(&reader->table);
    TRY(get_head(reader, fault));
    if (reader->is_sealed) {
        TRY(open_seal(reader, fault));
    }
    TRY(get_integer(reader, 4, &tables, fault));
    TRY(require_version(reader, fault));
    if (tables > BACKUP_TABLES_MAX) {
        return malformed(reader, fault, "The file's beginning is damaged.");
    }
    for (uint64_t i = 0; i < tables; i++) {
        TRY(get_table(reader, i, fault));
    }
    TRY(get_hash(reader, &reader->whole, "The file is damaged: its hash does not match.",
                 reader->summary.hash, fault));
    if (!is_over(reader)) {
        return malformed(reader, fault, "There is something behind the backup's end.");
    }
    if (reader->db != NULL && tables != reader->expected_count) {
        return malformed(reader, fault, "The backup's tables are not those of a store of its version.");
    }
    reader->summary.bytes = ftello(reader->file);
    return STATUS_OK;
}

/* ---- the store ---- */

static enum status must_be_empty(struct db *db, const struct backup_table *tables, size_t count,
                                 struct arena *arena, struct fault *fault) {
    for (size_t i = 0; i < count; i++) {
        const char *sql = text_format(arena, "select 1 from %.*s limit 1", TEXT_ARGS(tables[i].name)).at;
        int64_t found = 0;
        enum status status = db_query_int(db, sql, DB_NO_ARGS, 0, &found, fault);
        db_forget(db, sql);
        TRY(status);
        if (found != 0) {
            return fault_set(fault, STATUS_CONFLICT, "store-not-empty", "db", TEXT(""),
                             "Restore into an empty store: this one has rows in %.*s.",
                             TEXT_ARGS(tables[i].name));
        }
    }
    return STATUS_OK;
}

/* The tables of the backup's version, where the store has none yet. */
static enum status prepare_store(struct db *db, int64_t wanted, struct fault *fault) {
    int64_t version = 0;
    TRY(db_present_version(db, &version, fault));
    if (version != 0 && version != wanted) {
        return fault_set(fault, STATUS_CONFLICT, "store-not-empty", "db", TEXT(""),
                         "The backup has version %lld and the store %lld: restore it into a new store.",
                         (long long)wanted, (long long)version);
    }
    return db_migrate_to(db, wanted, fault);
}

/* Inside a write transaction. */
static enum status fill_tables(struct reader *reader, struct db *db, struct arena *arena,
                               struct fault *fault) {
    TRY(backup_tables_of(db, arena, &reader->expected, &reader->expected_count, fault));
    TRY(must_be_empty(db, reader->expected, reader->expected_count, arena, fault));
    if (db->driver->sql_defer_references != NULL) {
        TRY(db_script(db, db->driver->sql_defer_references, fault));
    }
    reader->db = db;
    TRY(get_all(reader, fault));
    /* A seal that opened has said so already. */
    return reader->is_sealed ? STATUS_OK : programme_check_secret(db, arena, reader->source->secret, fault);
}

static enum status ask(struct backup_judge *judge, struct db *db, enum backup_rows rows,
                       struct fault *fault) {
    return judge == NULL ? STATUS_OK : judge->accept(judge, db, rows, fault);
}

/* Asks the judge inside the transaction, where the rows are of this program's version already. */
static enum status fill_store(struct reader *reader, struct db *db, struct backup_judge *judge,
                              struct fault *fault) {
    struct arena arena;
    bool is_present = reader->summary.schema_version == db_newest_version();
    TRY(db_begin(db, DB_WRITE, fault));
    arena_init(&arena);
    enum status status = fill_tables(reader, db, &arena, fault);
    if (status == STATUS_OK && is_present) {
        status = ask(judge, db, BACKUP_ROWS_UNDONE, fault);
    }
    if (status == STATUS_OK) {
        status = db_commit(db, fault);
    } else {
        db_rollback(db);
    }
    arena_clean_up(&arena);
    return status;
}

static enum status reader_open(struct reader *reader, const struct backup_source *source,
                               struct fault *fault) {
    assert(source->secret != NULL);
    *reader = (struct reader){.source = source};
    arena_init(&reader->arena);
    reader->file = fopen(text_copy(&reader->arena, source->path).at, "rbe");
    int error = errno;
    arena_clean_up(&reader->arena);
    if (reader->file == NULL) {
        return fault_set(fault, STATUS_INVALID, "file-unreadable", "file", source->path,
                         "The file cannot be read: %s.", strerror(error));
    }
    reader->seal = db_allocate(1, sizeof *reader->seal);
    return STATUS_OK;
}

static void reader_close(struct reader *reader) {
    fclose(reader->file);
    sodium_memzero(reader->seal, sizeof *reader->seal);
    free(reader->seal);
    free(reader->values);
}

enum status backup_verify(const struct backup_source *source, struct backup_summary *summary,
                          struct fault *fault) {
    struct reader reader;
    TRY(reader_open(&reader, source, fault));
    enum status status = get_all(&reader, fault);
    if (status == STATUS_OK && summary != NULL) {
        *summary = reader.summary;
    }
    reader_close(&reader);
    return status;
}

/* Devices have gone on since the backup was made: the device door takes the store for one of a crash. New
 * rows are numbered behind those that came. */
static enum status go_on(struct db *db, struct fault *fault) {
    TRY(db_begin(db, DB_WRITE, fault));
    enum status status = door_state_doubt(db, fault);
    if (status == STATUS_OK) {
        status = db_numbers_settle(db, fault);
    }
    if (status == STATUS_OK) {
        return db_commit(db, fault);
    }
    db_rollback(db);
    return status;
}

/* A store whose rows were migrated after they were committed. */
static enum status judge_migrated(struct backup_judge *judge, struct db *db, struct fault *fault) {
    TRY(db_begin(db, DB_WRITE, fault));
    enum status status = ask(judge, db, BACKUP_ROWS_STAY, fault);
    db_rollback(db);
    return status;
}

/* Reads the whole file before the store is touched. */
static enum status restore_from(struct reader *reader, struct db *db, struct backup_judge *judge,
                                struct fault *fault) {
    TRY(get_all(reader, fault));
    int64_t version = reader->summary.schema_version;
    TRY(prepare_store(db, version, fault));
    TRY(fill_store(reader, db, judge, fault));
    if (version < db_newest_version()) {
        TRY(db_migrate(db, fault));
        TRY(judge_migrated(judge, db, fault));
    }
    return go_on(db, fault);
}

enum status backup_restore(struct db *db, const struct backup_source *source, struct backup_judge *judge,
                           struct backup_summary *summary, struct fault *fault) {
    assert(!db_in_transaction(db));
    struct reader reader;
    TRY(reader_open(&reader, source, fault));
    enum status status = restore_from(&reader, db, judge, fault);
    if (status == STATUS_OK && summary != NULL) {
        *summary = reader.summary;
    }
    reader_close(&reader);
    return status;
}
