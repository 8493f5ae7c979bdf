/* Platform: what differs between POSIX and Windows, and what tests put their own in the place of.
 *
 * Files are named by path (UTF-8). A function answers 0, or anything else where it failed; SM_NO_ROOM where
 * the disk is full. */
#ifndef SEATMETER_PLATFORM_H
#define SEATMETER_PLATFORM_H

#include "seatmeter.h"

#include <stdbool.h>

enum { SM_NO_ROOM = 2 };

enum sm_read { SM_READ_WHOLE, SM_READ_ABSENT, SM_READ_FAILED, SM_READ_NO_MEMORY };

/* What tells one version of a file from another without reading it. All zero: there is no such file. */
struct sm_stamp {
    int64_t parts[4];
};

struct sm_lock {
    int64_t handle;
};

enum sm_locked { SM_LOCKED, SM_LOCK_BUSY, SM_LOCK_FAILED };

struct sm_files {
    void *context;
    /* Makes the directory for its owner alone, where it is not there; not its parents. */
    int (*make_directory)(void *context, const char *path);
    /* Reads a file of at most `limit` bytes into memory of malloc; larger is SM_READ_FAILED. */
    enum sm_read (*read)(void *context, const char *path, size_t limit, char **bytes, size_t *size);
    /* Makes or empties the file, for its owner alone, writes it and brings it to the disk. */
    int (*write)(void *context, const char *path, const void *bytes, size_t size);
    /* Puts the file in the place of another at once. */
    int (*rename)(void *context, const char *from, const char *to);
    /* Brings what was renamed in the directory to the disk. */
    int (*sync_directory)(void *context, const char *path);
    void (*stamp)(void *context, const char *path, struct sm_stamp *stamp);
    /* Takes the lock that the file stands for, without waiting. The system gives it back where a process
     * dies. */
    enum sm_locked (*lock)(void *context, const char *path, struct sm_lock *lock);
    void (*unlock)(void *context, struct sm_lock *lock);
};

/* The machine's own. */
extern const struct sm_files SM_MACHINE_FILES;
extern const struct sm_clock SM_MACHINE_CLOCK;

/* The machine's identifier, zero-terminated; false where it has none. */
bool sm_machine_id(char *out, size_t capacity);

/* The separator of a path's parts. */
extern const char SM_PATH_SEPARATOR[];

#endif
