/* Files that are downloaded into, on POSIX and on Windows. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#endif
#include "update_file.h"

#include "bytes.h"
#include "platform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32

#include "wide.h"

#include <io.h>
#include <windows.h>

FILE *sm_file_open(const char *path, const char *mode) {
    wchar_t *name = sm_wide_of(path);
    wchar_t *how = sm_wide_of(mode);
    FILE *file = name == NULL || how == NULL ? NULL : _wfopen(name, how);
    free(name);
    free(how);
    return file;
}

bool sm_file_sync(FILE *file) {
    return fflush(file) == 0 && _commit(_fileno(file)) == 0;
}

void sm_file_remove(const char *path) {
    wchar_t *name = sm_wide_of(path);
    if (name != NULL) {
        (void)DeleteFileW(name);
    }
    free(name);
}

static int64_t room_of_directory(const char *path) {
    ULARGE_INTEGER free_bytes = {.QuadPart = 0};
    wchar_t *name = sm_wide_of(path);
    bool is_known = name != NULL && GetDiskFreeSpaceExW(name, &free_bytes, NULL, NULL);
    free(name);
    return !is_known ? -1 : free_bytes.QuadPart > INT64_MAX ? INT64_MAX : (int64_t)free_bytes.QuadPart;
}

bool sm_file_says_full(void) {
    return errno == ENOSPC;
}

#else

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A file system that says it has no blocks at all (some of the network) does not know. */
static int64_t room_of_directory(const char *path) {
    struct statvfs room;
    if (statvfs(path, &room) != 0 || room.f_blocks == 0) {
        return -1;
    }
    uint64_t unit = room.f_frsize != 0 ? room.f_frsize : room.f_bsize;
    uint64_t blocks = room.f_bavail;
    return blocks > (uint64_t)INT64_MAX / (unit == 0 ? 1 : unit) ? INT64_MAX : (int64_t)(blocks * unit);
}

bool sm_file_says_full(void) {
    return errno == ENOSPC || errno == EDQUOT;
}

/* A descriptor that programs which the product starts do not inherit, of a plain file: others may never end.
 */
FILE *sm_file_open(const char *path, const char *mode) {
    int flags = mode[0] == 'w' ? O_RDWR | O_CREAT | O_TRUNC : strchr(mode, '+') != NULL ? O_RDWR : O_RDONLY;
    struct stat status;
    int descriptor = open(path, flags | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return NULL;
    }
    FILE *file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(descriptor, mode) : NULL;
    if (file == NULL) {
        close(descriptor);
    }
    return file;
}

bool sm_file_sync(FILE *file) {
    return fflush(file) == 0 && fsync(fileno(file)) == 0;
}

void sm_file_remove(const char *path) {
    (void)unlink(path);
}

#endif

/* Where the last part of a path begins. */
static size_t last_part(const char *path) {
    size_t begin = 0;
    for (size_t i = 0; path[i] != '\0'; i++) {
        if (path[i] == '/' || path[i] == SM_PATH_SEPARATOR[0]) {
            begin = i + 1;
        }
    }
    return begin;
}

static char *directory_of(const char *path) {
    size_t begin = last_part(path);
    return sm_text_duplicate(begin == 0 ? sm_span_of(".") : (struct sm_span){path, begin});
}

int64_t sm_file_room(const char *path) {
    char *directory = directory_of(path);
    int64_t room = directory == NULL ? -1 : room_of_directory(directory);
    free(directory);
    return room;
}

bool sm_file_rename(const char *from, const char *to) {
    char *directory = directory_of(to);
    bool is_done = directory != NULL && SM_MACHINE_FILES.rename(SM_MACHINE_FILES.context, from, to) == 0 &&
                   SM_MACHINE_FILES.sync_directory(SM_MACHINE_FILES.context, directory) == 0;
    free(directory);
    return is_done;
}
