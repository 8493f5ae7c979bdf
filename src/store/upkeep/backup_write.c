/* Writes a backup: one read transaction, each table streamed in the order of its key, hashed and sealed on
 * its way. The file gets its name only when it is whole and on the disk. */
#include "store/engine/db_engine.h"
#include "store/upkeep/backup_format.h"
#include "store/upkeep/backup_seal.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

struct writer {
    FILE *file;
    struct text path;
    const unsigned char *secret;
    struct backup_seal seal;
    crypto_generichash_state whole;
    crypto_generichash_state table;
    int error; /* the first errno; then nothing more is written */
};

static void note_error(struct writer *writer, bool written) {
    if (!written && writer->error == 0) {
        writer->error = errno == 0 ? EIO : errno;
    }
}

static void put_bytes(struct writer *writer, const void *bytes, size_t size_bytes) {
    if (writer->error == 0) {
        note_error(writer, backup_seal_put(&writer->seal, writer->file, bytes, size_bytes));
    }
    crypto_generichash_update(&writer->whole, bytes, size_bytes);
    crypto_generichash_update(&writer->table, bytes, size_bytes);
}

static void put_u8(struct writer *writer, unsigned char value) {
    put_bytes(writer, &value, 1);
}

static void put_u16(struct writer *writer, size_t value) {
    assert(value <= UINT16_MAX);
    uint16_t bytes = htobe16((uint16_t)value);
    put_bytes(writer, &bytes, sizeof bytes);
}

static void put_u32(struct writer *writer, size_t value) {
    assert(value <= UINT32_MAX);
    uint32_t bytes = htobe32((uint32_t)value);
    put_bytes(writer, &bytes, sizeof bytes);
}

static void put_u64(struct writer *writer, uint64_t value) {
    uint64_t bytes = htobe64(value);
    put_bytes(writer, &bytes, sizeof bytes);
}

static void put_name(struct writer *writer, struct text name) {
    assert(name.length > 0 && name.length <= BACKUP_NAME_BYTES_MAX);
    put_u16(writer, name.length);
    put_bytes(writer, name.at, name.length);
}

static void put_hash(struct writer *writer, crypto_generichash_state *state,
                     unsigned char hash[BACKUP_HASH_BYTES]) {
    crypto_generichash_final(state, hash, BACKUP_HASH_BYTES);
    put_bytes(writer, hash, BACKUP_HASH_BYTES);
}

static void start_hash(crypto_generichash_state *state) {
    crypto_generichash_init(state, NULL, 0, BACKUP_HASH_BYTES);
}

static enum status failed(const struct writer *writer, int error, struct fault *fault) {
    return fault_set(fault, STATUS_INTERNAL, "backup-failed", "file", writer->path,
                     "The backup cannot be written: %s.", strerror(error));
}

/* ---- tables ---- */

static struct text select_of(const struct backup_table *table, struct arena *arena) {
    struct text columns = table->column_names[0];
    for (size_t i = 1; i < table->columns; i++) {
        columns = text_format(arena, "%.*s, %.*s", TEXT_ARGS(columns), TEXT_ARGS(table->column_names[i]));
    }
    return text_format(arena, "select %.*s from %.*s order by %.*s", TEXT_ARGS(columns),
                       TEXT_ARGS(table->name), TEXT_ARGS(table->key));
}

static enum status put_row(struct writer *writer, const struct backup_table *table, struct db_rows *rows,
                           struct fault *fault) {
    put_u8(writer, 1);
    for (size_t i = 0; i < table->columns; i++) {
        int column = (int)i;
        bool is_null = db_column_is_null(rows, column);
        put_u8(writer, is_null ? 0 : 1);
        if (is_null) {
            continue;
        }
        if (table->types[i] == 'i') {
            put_u64(writer, (uint64_t)db_column_int(rows, column));
            continue;
        }
        struct text value = db_column_text(rows, column);
        if (value.length > BACKUP_VALUE_BYTES_MAX) {
            return fault_set(fault, STATUS_INTERNAL, "backup-failed", "file", writer->path,
                             "A value of %.*s.%.*s is larger than a backup can hold.", TEXT_ARGS(table->name),
                             TEXT_ARGS(table->column_names[i]));
        }
        put_u32(writer, value.length);
        put_bytes(writer, value.at, value.length);
    }
    return writer->error == 0 ? STATUS_OK : failed(writer, writer->error, fault);
}

static enum status put_rows(struct writer *writer, struct db *db, const struct backup_table *table,
                            struct arena *arena, int64_t *count, struct fault *fault) {
    const char *sql = select_of(table, arena).at;
    struct db_rows *rows;
    bool have_row = true;
    TRY(db_stream(db, sql, DB_NO_ARGS, &rows, fault));
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = db_next(rows, &have_row, fault)) == STATUS_OK && have_row) {
        status = put_row(writer, table, rows, fault);
        (*count)++;
    }
    db_rows_close(rows);
    db_forget(db, sql);
    return status;
}

static enum status put_table(struct writer *writer, struct db *db, const struct backup_table *table,
                             struct arena *arena, struct backup_summary *summary, struct fault *fault) {
    start_hash(&writer->table);
    put_name(writer, table->name);
    put_u16(writer, table->columns);
    for (size_t i = 0; i < table->columns; i++) {
        put_name(writer, table->column_names[i]);
        put_u8(writer, (unsigned char)table->types[i]);
    }
    int64_t count = 0;
    TRY(put_rows(writer, db, table, arena, &count, fault));
    put_u8(writer, 0);
    put_u64(writer, (uint64_t)count);
    unsigned char hash[BACKUP_HASH_BYTES];
    put_hash(writer, &writer->table, hash);
    summary->tables++;
    summary->rows += count;
    return STATUS_OK;
}

/* The clear head, and the seal that is bound to it. */
static void put_head(struct writer *writer, const struct backup_summary *summary, struct arena *arena) {
    unsigned char *head = ARENA_NEW(arena, unsigned char, BACKUP_HEAD_BYTES);
    uint32_t format = htobe32(BACKUP_FORMAT);
    uint32_t version = htobe32((uint32_t)summary->schema_version);
    uint64_t created_at_us = htobe64((uint64_t)summary->created_at_us);
    memcpy(head, BACKUP_MAGIC, BACKUP_MAGIC_BYTES);
    memcpy(head + BACKUP_MAGIC_BYTES, &format, sizeof format);
    memcpy(head + BACKUP_MAGIC_BYTES + 4, &version, sizeof version);
    memcpy(head + BACKUP_MAGIC_BYTES + 8, &created_at_us, sizeof created_at_us);
    crypto_generichash_update(&writer->whole, head, BACKUP_HEAD_BYTES);
    note_error(writer, fwrite(head, 1, BACKUP_HEAD_BYTES, writer->file) == BACKUP_HEAD_BYTES);
    note_error(writer, backup_seal_begin(&writer->seal, writer->file, writer->secret,
                                         (struct text){(const char *)head, BACKUP_HEAD_BYTES}));
}

static enum status put_store(struct writer *writer, struct db *db, struct arena *arena,
                             struct backup_summary *summary, struct fault *fault) {
    struct backup_table *tables;
    size_t count = 0;
    TRY(db_check_version(db, fault));
    TRY(db_present_version(db, &summary->schema_version, fault));
    TRY(backup_tables_of(db, arena, &tables, &count, fault));
    start_hash(&writer->whole);
    start_hash(&writer->table);
    put_head(writer, summary, arena);
    put_u32(writer, count);
    for (size_t i = 0; i < count; i++) {
        TRY(put_table(writer, db, &tables[i], arena, summary, fault));
    }
    put_hash(writer, &writer->whole, summary->hash);
    if (writer->error == 0) {
        note_error(writer, backup_seal_end(&writer->seal, writer->file));
    }
    return STATUS_OK;
}

/* ---- the file ---- */

static enum status exists(struct text path, struct fault *fault) {
    return fault_set(fault, STATUS_CONFLICT, "file-exists", "file", path,
                     "Choose another name: there is such a file already, and a backup overwrites nothing.");
}

/* Flushes a directory's entries; a file system that cannot has nothing to flush. */
static void sync_directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    struct text directory = slash == NULL ? TEXT(".") : (struct text){path, (size_t)(slash - path) + 1};
    struct arena arena;
    arena_init(&arena);
    int descriptor = open(text_copy(&arena, directory).at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    arena_clean_up(&arena);
}

/* Gives the finished part its name, unless somebody has taken it meanwhile. */
static enum status publish_part(struct writer *writer, const char *part, const char *path,
                                struct fault *fault) {
    if (fflush(writer->file) != 0 || fsync(fileno(writer->file)) != 0) {
        return failed(writer, errno, fault);
    }
    if (link(part, path) != 0) {
        if (errno == EEXIST) {
            return exists(writer->path, fault);
        }
        /* A file system without hard links. */
        if (rename(part, path) != 0) {
            return failed(writer, errno, fault);
        }
    }
    sync_directory_of(path);
    return STATUS_OK;
}

static enum status write_part(struct db *db, struct writer *writer, const char *name, const char *part,
                              struct backup_summary *summary, struct fault *fault) {
    int descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    writer->file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    if (writer->file == NULL) {
        int error = errno;
        if (descriptor >= 0) {
            close(descriptor);
        }
        return failed(writer, error, fault);
    }
    struct arena arena;
    arena_init(&arena);
    enum status status = db_begin(db, DB_READ, fault);
    if (status == STATUS_OK) {
        status = put_store(writer, db, &arena, summary, fault);
        db_rollback(db);
    }
    if (status == STATUS_OK && writer->error != 0) {
        status = failed(writer, writer->error, fault);
    }
    if (status == STATUS_OK) {
        summary->bytes = ftello(writer->file);
        status = publish_part(writer, part, name, fault);
    }
    arena_clean_up(&arena);
    fclose(writer->file);
    unlink(part);
    return status;
}

enum status backup_write(struct db *db, struct text path, const unsigned char *secret, int64_t now_us,
                         struct backup_summary *summary, struct fault *fault) {
    assert(!db_in_transaction(db));
    struct arena arena;
    arena_init(&arena);
    const char *name = text_copy(&arena, path).at;
    const char *part = text_format(&arena, "%s.%ld.part", name, (long)getpid()).at;
    struct writer *writer = ARENA_NEW(&arena, struct writer, 1);
    *writer = (struct writer){.path = path, .secret = secret};
    struct backup_summary made = {.created_at_us = now_us};
    enum status status =
        access(name, F_OK) == 0 ? exists(path, fault) : write_part(db, writer, name, part, &made, fault);
    if (status == STATUS_OK && summary != NULL) {
        *summary = made;
    }
    arena_clean_up(&arena);
    return status;
}
