#include "store/engine/sqlite_wal.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

enum { JOINED_BYTES = 64 * 1024 };

/* SQLite's own file of the log follows it in memory, where both are aligned as pointers are. */
struct log_file {
    sqlite3_file base;
    unsigned char *waiting; /* JOINED_BYTES; NULL: nothing was written yet */
    size_t waiting_bytes;
    sqlite3_int64 starts_at; /* where in the file they belong */
};

static sqlite3_vfs *usual;

static struct log_file *own(sqlite3_file *file) {
    return (struct log_file *)file;
}

static sqlite3_file *real(sqlite3_file *file) {
    return (sqlite3_file *)(own(file) + 1);
}

/* A commit whose bytes cannot be written is told so and rolled back: they are not tried again. */
static int flush_log(sqlite3_file *file) {
    struct log_file *log = own(file);
    int size_bytes = (int)log->waiting_bytes; /* at most JOINED_BYTES */
    log->waiting_bytes = 0;
    return size_bytes == 0
               ? SQLITE_OK
               : real(file)->pMethods->xWrite(real(file), log->waiting, size_bytes, log->starts_at);
}

static int log_write(sqlite3_file *file, const void *bytes, int size_bytes, sqlite3_int64 at) {
    struct log_file *log = own(file);
    size_t size = (size_t)size_bytes;
    bool follows = at == log->starts_at + (sqlite3_int64)log->waiting_bytes;
    if (!follows || log->waiting_bytes + size > JOINED_BYTES) {
        int code = flush_log(file);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    if (log->waiting == NULL) {
        log->waiting = malloc(JOINED_BYTES);
    }
    if (log->waiting == NULL || size > JOINED_BYTES) {
        return real(file)->pMethods->xWrite(real(file), bytes, size_bytes, at);
    }
    if (log->waiting_bytes == 0) {
        log->starts_at = at;
    }
    memcpy(log->waiting + log->waiting_bytes, bytes, size);
    log->waiting_bytes += size;
    return SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *bytes, int size_bytes, sqlite3_int64 at) {
    int code = flush_log(file);
    return code != SQLITE_OK ? code : real(file)->pMethods->xRead(real(file), bytes, size_bytes, at);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size_bytes) {
    int code = flush_log(file);
    return code != SQLITE_OK ? code : real(file)->pMethods->xTruncate(real(file), size_bytes);
}

static int log_sync(sqlite3_file *file, int flags) {
    int code = flush_log(file);
    return code != SQLITE_OK ? code : real(file)->pMethods->xSync(real(file), flags);
}

static int log_file_size(sqlite3_file *file, sqlite3_int64 *size_bytes) {
    int code = flush_log(file);
    return code != SQLITE_OK ? code : real(file)->pMethods->xFileSize(real(file), size_bytes);
}

static int log_close(sqlite3_file *file) {
    int code = flush_log(file);
    int closed = real(file)->pMethods->xClose(real(file));
    free(own(file)->waiting);
    return code != SQLITE_OK ? code : closed;
}

static int log_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int log_sector_size(sqlite3_file *file) {
    return real(file)->pMethods->xSectorSize(real(file));
}

static int log_characteristics(sqlite3_file *file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int log_lock(sqlite3_file *file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
}

static int log_unlock(sqlite3_file *file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int log_check_reserved_lock(sqlite3_file *file, int *is_locked) {
    return real(file)->pMethods->xCheckReservedLock(real(file), is_locked);
}

static const sqlite3_io_methods LOG_METHODS = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_file_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_reserved_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

/* Any other file is SQLite's own altogether. */
static int open_file(sqlite3_vfs *system, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)system;
    if ((flags & SQLITE_OPEN_WAL) == 0) {
        return usual->xOpen(usual, name, file, flags, out_flags);
    }
    *own(file) = (struct log_file){0};
    int code = usual->xOpen(usual, name, real(file), flags, out_flags);
    if (real(file)->pMethods != NULL) {
        own(file)->base.pMethods = &LOG_METHODS;
    }
    return code;
}

static const char *registered;

static void add_file_system(void) {
    static sqlite3_vfs joined;
    usual = sqlite3_vfs_find(NULL);
    if (usual == NULL) {
        return;
    }
    joined = *usual;
    joined.pNext = NULL;
    joined.zName = "seatmeter";
    joined.szOsFile += (int)sizeof(struct log_file);
    joined.xOpen = open_file;
    if (sqlite3_vfs_register(&joined, 0) == SQLITE_OK) {
        registered = joined.zName;
    }
}

const char *sqlite_log_file_system(void) {
    static pthread_once_t first_use = PTHREAD_ONCE_INIT;
    (void)pthread_once(&first_use, add_file_system);
    return registered;
}
