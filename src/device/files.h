/* Files: the thread that touches the disk and the store for downloads, so that the loop never waits.
 *
 * The loop authenticates a download and hands the connection over. This thread finds the target, asks the
 * store whether the licence entitles to it, sends it with sendfile (ranges too), and closes. It also loads
 * metadata of the update repository for the loop's cache. Downloads and loads are bounded; a client that
 * takes no byte for a while is dropped. */
#ifndef SEATMETER_DEVICE_FILES_H
#define SEATMETER_DEVICE_FILES_H

#include "device/file_source.h"
#include "device/loaded_file.h"

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

/* A connection and what its client asked for. files_push_download copies the texts. */
struct download {
    int fd; /* non-blocking; the files thread's from now on */
    bool is_head;
    int64_t licence_id;
    struct text path; /* behind /tuf/targets/ */
    struct text range;
    struct text if_range;
};
/* Whether there is room for another download; to be asked before files_push_download. */
bool files_may_push(const struct files *files);
void files_push_download(struct files *files, const struct download *download);

/* Loads the metadata file of that name, which files_take then returns. False where too many loads wait. */
bool files_push_load(struct files *files, struct text name);

/* Becomes readable when files_take has something to return. */
int files_fd(const struct files *files);
/* The loaded files, oldest first; the caller frees each by free(). */
struct loaded_file *files_take(struct files *files);

const struct files_counters *files_counters(const struct files *files);

#endif
