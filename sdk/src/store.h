/* Store: the state, kept in one file that survives power loss.
 *
 * The file is one line ("seatmeter-store-1 GENERATION LENGTH CHECKSUM") and the state's JSON. It is written
 * beside, brought to the disk, and put in place by a rename; the generation before stays as "….old", for the
 * case that the disk itself lost what it had promised, and counts where the file is not whole. The
 * checksum tells accidents, not forgers: what matters in the state is signed.
 *
 * Processes that share the directory take a lock to change the state; reading needs none. */
#ifndef SEATMETER_STORE_H
#define SEATMETER_STORE_H

#include "platform.h"
#include "state.h"

enum { SM_STORE_BYTES_MAX = 512 * 1024 };

struct sm_store {
    struct sm_files files;
    char *directory;
    char *path;      /* the file's, */
    char *old_path;  /* the generation's before, */
    char *new_path;  /* the one being written, */
    char *lock_path; /* and the lock's */
    int64_t generation;
    bool is_old; /* what was read last came from old_path: the file is broken or missing */
    struct sm_stamp stamp;
    struct sm_lock lock;
    bool is_locked;
};

/* SM_OK; SM_STORE_BROKEN or SM_DISK_FULL where the directory cannot be made; SM_NO_MEMORY. To be closed
 * whatever comes. */
enum sm_code sm_store_open(struct sm_store *store, const struct sm_files *files, const char *directory);
void sm_store_close(struct sm_store *store);

/* SM_OK, SM_IN_USE (another process has it) or SM_STORE_BROKEN. */
enum sm_code sm_store_lock(struct sm_store *store);
void sm_store_unlock(struct sm_store *store);

/* Whether the file is another than the one that was read or written last. */
bool sm_store_has_changed(struct sm_store *store);

/* SM_OK and the state, to be freed: a state without anything where there is no file yet. SM_STORE_BROKEN:
 * there are files and none is whole, or none can be read; SM_NO_MEMORY. */
enum sm_code sm_store_read(struct sm_store *store, struct sm_state *state);

/* SM_OK: it is on the disk. SM_STORE_BROKEN: it may be, or not; SM_DISK_FULL: it is not; SM_NO_MEMORY. Under
 * the lock only. */
enum sm_code sm_store_write(struct sm_store *store, const struct sm_state *state);

/* The state of a file's content; for sm_store_read, and the fuzzer. */
enum sm_code sm_store_parse(struct sm_span content, int64_t *generation, struct sm_state *state);

#endif
