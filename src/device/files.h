/* Files: the thread that touches the disk and the store for what is downloaded, so that the loop never waits.
 *
 * The loop authenticates a download and hands the connection over; this thread finds the target, asks the
 * store whether the licence entitles to it, sends it with sendfile (ranges too), and closes. Metadata of the
 * update repository is loaded here for the loop's cache. Both are bounded; a client that takes nothing for a
 * while is dropped. */
#ifndef SEATMETER_DEVICE_FILES_H
#define SEATMETER_DEVICE_FILES_H

#include "core/base/fault.h"
#include "core/licence/decision.h"

#include <stdatomic.h>

struct files;

struct files_options {
    struct text database_url;
    struct text artifacts;       /* directory; empty: no downloads */
    const struct text *refusals; /* LEASE_CODE_COUNT bodies */
    int64_t stall_us;            /* a client that takes no byte for so long is dropped */
};

enum { FILES_DOWNLOADS_MAX = 1024, FILES_LOADS_MAX = 256 };

/* Faults: "artifacts-unusable", "no-descriptors". */
enum status files_start(const struct files_options *options, struct files **files,
                        struct fault *fault) MUST_CHECK;
/* Ends downloads where they are. NULL is fine. */
void files_stop(struct files *files);

/* A connection and what its client asked for. The texts are copied. */
struct download {
    int fd; /* non-blocking; the files thread's from now on */
    bool is_head;
    int64_t licence_id;
    struct text path; /* behind /tuf/targets/ */
    struct text range;
    struct text if_range;
};
/* Whether there is room for another; to be asked first. */
bool files_may_push(const struct files *files);
void files_push_download(struct files *files, const struct download *download);

/* Loads the metadata file of that name; it comes back from files_take. False where too many wait. */
bool files_push_load(struct files *files, struct text name);

struct loaded_file {
    struct loaded_file *next;
    bool is_found;
    bool has_failed; /* the store could not be asked */
    struct text name;
    struct text bytes;
};
/* Becomes readable when files_take has something. */
int files_fd(const struct files *files);
/* What was loaded, oldest first; each is freed by free(). */
struct loaded_file *files_take(struct files *files);

struct files_counters {
    atomic_ullong begun;
    atomic_ullong finished;
    atomic_ullong broken; /* the client went away or stalled */
    atomic_ullong bytes;
    atomic_ullong under_way;
    atomic_ullong answers[LEASE_CODE_COUNT];
    atomic_ullong failures; /* of the store or the disk */
};
const struct files_counters *files_counters(const struct files *files);

#endif
