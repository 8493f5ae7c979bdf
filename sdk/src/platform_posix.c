/* POSIX, with what Linux adds: CLOCK_BOOTTIME, which goes on while the machine sleeps, the boot's identifier
 * and the machine's. Elsewhere the monotonic clock stands in, and no boot is known from another. */
#ifndef _WIN32
#define _DEFAULT_SOURCE /* flock, CLOCK_BOOTTIME */
#define _POSIX_C_SOURCE 200809L
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char SM_PATH_SEPARATOR[] = "/";

static int failure(int why) {
    return why == ENOSPC || why == EDQUOT ? SM_NO_ROOM : -1;
}

static int make_directory(void *context, const char *path) {
    (void)context;
    struct stat status;
    if (mkdir(path, S_IRWXU) == 0) {
        return 0;
    }
    if (failure(errno) == SM_NO_ROOM) {
        return SM_NO_ROOM;
    }
    return errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? 0 : -1;
}

static int open_again(const char *path, int flags, mode_t mode) {
    int file;
    do {
        file = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
    } while (file < 0 && errno == EINTR);
    return file;
}

/* Up to `capacity` bytes; −1 where reading fails. */
static ssize_t read_all(int file, char *bytes, size_t capacity) {
    size_t done = 0;
    while (done < capacity) {
        ssize_t got = read(file, bytes + done, capacity - done);
        if (got == 0) {
            break;
        }
        if (got > 0) {
            done += (size_t)got;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return (ssize_t)done;
}

static enum sm_read read_file(void *context, const char *path, size_t limit, char **bytes, size_t *size) {
    (void)context;
    enum sm_read result = SM_READ_FAILED;
    char *memory = NULL;
    struct stat status;
    int file = open_again(path, O_RDONLY | O_NONBLOCK, 0);
    if (file < 0) {
        return errno == ENOENT ? SM_READ_ABSENT : SM_READ_FAILED;
    }
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 0 ||
        (uintmax_t)status.st_size > limit) {
        goto done;
    }
    size_t capacity = (size_t)status.st_size;
    memory = malloc(capacity + 1);
    if (memory == NULL) {
        result = SM_READ_NO_MEMORY;
        goto done;
    }
    ssize_t got = read_all(file, memory, capacity);
    if (got < 0) {
        goto done;
    }
    memory[got] = '\0';
    *bytes = memory;
    *size = (size_t)got;
    memory = NULL;
    result = SM_READ_WHOLE;
done:
    free(memory);
    (void)close(file);
    return result;
}

static int write_all(int file, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

static int write_file(void *context, const char *path, const void *bytes, size_t size) {
    (void)context;
    (void)unlink(path); /* a file of another owner or mode must not be written through */
    int file = open_again(path, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return failure(errno);
    }
    int result = write_all(file, bytes, size) == 0 && fsync(file) == 0 ? 0 : failure(errno);
    if (close(file) != 0 && result == 0) {
        result = failure(errno);
    }
    if (result != 0) {
        (void)unlink(path); /* half a file is of no use, and takes the room that a full disk has not */
    }
    return result;
}

static int rename_file(void *context, const char *from, const char *to) {
    (void)context;
    return rename(from, to);
}

static int sync_directory(void *context, const char *path) {
    (void)context;
    int directory = open_again(path, O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0) {
        return -1;
    }
    int result = fsync(directory);
    if (result != 0 && (errno == EINVAL || errno == ENOTSUP)) {
        result = 0; /* a file system that knows no such thing */
    }
    (void)close(directory);
    return result;
}

static void stamp_file(void *context, const char *path, struct sm_stamp *stamp) {
    (void)context;
    struct stat status;
    memset(stamp, 0, sizeof *stamp);
    if (stat(path, &status) == 0) {
        stamp->parts[0] = (int64_t)status.st_ino;
        stamp->parts[1] = (int64_t)status.st_mtim.tv_sec;
        stamp->parts[2] = (int64_t)status.st_mtim.tv_nsec + 1;
        stamp->parts[3] = (int64_t)status.st_size;
    }
}

static enum sm_locked lock_file(void *context, const char *path, struct sm_lock *lock) {
    (void)context;
    int file = open_again(path, O_RDWR | O_CREAT, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return SM_LOCK_FAILED;
    }
    int result;
    do {
        result = flock(file, LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        enum sm_locked why = errno == EWOULDBLOCK ? SM_LOCK_BUSY : SM_LOCK_FAILED;
        (void)close(file);
        return why;
    }
    lock->handle = file;
    return SM_LOCKED;
}

static void unlock_file(void *context, struct sm_lock *lock) {
    (void)context;
    (void)close((int)lock->handle);
    lock->handle = -1;
}

const struct sm_files SM_MACHINE_FILES = {NULL,           make_directory, read_file, write_file, rename_file,
                                          sync_directory, stamp_file,     lock_file, unlock_file};

static int64_t wall_s(void *context) {
    (void)context;
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : -1;
}

static int64_t boot_ms(void *context) {
    (void)context;
    struct timespec now;
#ifdef CLOCK_BOOTTIME
    if (clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    }
#endif
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 : 0;
}

/* The first line of a small file; false where there is none. */
static bool first_line(const char *path, char *out, size_t capacity) {
    int file = open_again(path, O_RDONLY | O_NONBLOCK, 0);
    if (file < 0) {
        return false;
    }
    ssize_t got = read_all(file, out, capacity - 1);
    (void)close(file);
    if (got <= 0) {
        return false;
    }
    out[got] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return out[0] != '\0';
}

static int boot_id(void *context, unsigned char id[16]) {
    (void)context;
    char line[64];
    size_t count = 0;
    if (!first_line("/proc/sys/kernel/random/boot_id", line, sizeof line)) {
        return -1;
    }
    memset(id, 0, 16);
    for (const char *at = line; *at != '\0'; at++) {
        if (*at == '-') {
            continue;
        }
        int digit = *at >= '0' && *at <= '9' ? *at - '0' : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10 : -1;
        if (digit < 0 || count == 32) {
            return -1;
        }
        id[count / 2] = (unsigned char)(id[count / 2] << 4 | digit);
        count++;
    }
    return count == 32 ? 0 : -1;
}

const struct sm_clock SM_MACHINE_CLOCK = {NULL, wall_s, boot_ms, boot_id};

bool sm_machine_id(char *out, size_t capacity) {
    return (first_line("/etc/machine-id", out, capacity) ||
            first_line("/var/lib/dbus/machine-id", out, capacity)) &&
           strcmp(out, "uninitialized") != 0;
}

#else
/* ISO C wants something in every file. */
extern const char SM_PATH_SEPARATOR[];
#endif
