/* libseatmeter, updates: what the vendor has released, found and fetched so that nobody on the way can slip
 * in anything else.
 *
 * The server keeps a repository as The Update Framework 1.0 has it. Its first root.json, which the vendor
 * builds into the product, is the root of trust; whatever is trusted
 * later follows from it. Everything is held against the client's trusted time. The metadata is open to all; a
 * file is served to a device whose licence is on, and what refuses it comes with a code and words that the
 * product can show. docs/sdk-updates.md tells how it is used.
 *
 * An sm_updates belongs to its client and follows the same rule: one thread at a time. Of its directory, one
 * process at a time. */
#ifndef SEATMETER_UPDATES_H
#define SEATMETER_UPDATES_H

#include "seatmeter.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sm_updates;

/* Set it to zero, then `size`, then what is needed. All is copied. */
struct sm_updates_options {
    size_t size;           /* sizeof(struct sm_updates_options) */
    const char *directory; /* where the trusted metadata is kept; made (0700) where missing, its parent not */
    const void *root;      /* a root.json that is trusted, of any version; NULL: one that was kept before */
    size_t root_size;
};

enum sm_update_limits {
    SM_TARGET_PATH_BYTES = 512,
    SM_TARGET_VERSION_BYTES = 72,
    SM_TARGET_NAME_BYTES = 160,
    SM_SHA256_BYTES = 32
};

/* A file that the repository offers. Set `size` before the call. */
struct sm_target {
    size_t size;                           /* sizeof(struct sm_target) */
    char path[SM_TARGET_PATH_BYTES];       /* PRODUCT/CHANNEL/PLATFORM/VERSION/FILE */
    char version[SM_TARGET_VERSION_BYTES]; /* the last but one of its parts */
    char name[SM_TARGET_NAME_BYTES];       /* the last: a plain file name */
    int64_t bytes;
    unsigned char sha256[SM_SHA256_BYTES];
};

/* Opens the updates of a client; no network. SM_OK and `*updates`, to be closed before the client; else
 * `*updates` is NULL: SM_WRONG_CALL, SM_STORE_BROKEN, SM_UPDATE_UNTRUSTED (the root is no root, is not signed
 * by its own keys, or there is none), SM_NO_MEMORY. */
SM_API enum sm_code sm_updates_open(struct sm_client *client, const struct sm_updates_options *options,
                                    struct sm_updates **updates);
SM_API void sm_updates_close(struct sm_updates *updates);

/* Brings the metadata up to date. SM_OK; SM_UNREACHABLE; SM_UPDATE_UNTRUSTED: what the server gave is not
 * signed, older than what was seen before, expired, or too large; SM_STORE_BROKEN; SM_NO_MEMORY. After a
 * failure, what was trusted before stays, and a later call may succeed; until then nothing is found. */
SM_API enum sm_code sm_updates_refresh(struct sm_updates *updates);

/* The newest version of a product on a channel for a platform. `newer_than` NULL: whatever there is; else
 * only what sm_version_order says is newer. SM_OK and `*target`; SM_UNKNOWN_TARGET: there is none;
 * SM_UPDATE_UNTRUSTED: there was no refresh that went well, or it is too long ago; SM_WRONG_CALL. Of several
 * files of one version and platform, the first by name. */
SM_API enum sm_code sm_updates_find(struct sm_updates *updates, const char *product, const char *channel,
                                    const char *platform, const char *newer_than, struct sm_target *target);

/* The file of a path as the repository has it; the same codes. */
SM_API enum sm_code sm_updates_target(struct sm_updates *updates, const char *path, struct sm_target *target);

/* Fetches a target into the file of that name, which appears there whole and verified by size and SHA-256, or
 * not at all. What came of it so far is kept beside it, as FILE.part, and the next call goes on from there.
 * Where the file is there already and right, nothing is fetched. SM_OK; the server's code (SM_OFF,
 * SM_NOT_ENTITLED, …); SM_UPDATE_UNTRUSTED: the content is not the target's; SM_UNREACHABLE: no network, or
 * it broke off; SM_NOT_ACTIVATED; SM_DISK_FULL: it does not fit on the disk beside 2 MiB that stay free for
 * the store, and nothing is kept of it; SM_STORE_BROKEN: the file cannot be written; SM_WRONG_CALL;
 * SM_NO_MEMORY. */
SM_API enum sm_code sm_updates_fetch(struct sm_updates *updates, const struct sm_target *target,
                                     const char *file);

/* Why the last call failed, for a person: the server's own words where it gave some. Until the next call. */
SM_API const char *sm_updates_words(const struct sm_updates *updates);

/* Which version is the newer one: below, at or above 0 as the first is older than, as old as or newer than
 * the second. Semantic Versioning 2.0.0 section 11, for any number of parts (a missing one is 0, so 4.2
 * is 4.2.0): parts of digits compare as numbers of any length, others by their bytes, digits before
 * others; 4.2.0-beta.2 is older than 4.2.0; what follows a '+' does not count. */
SM_API int sm_version_order(const char *first, const char *second);

#ifdef __cplusplus
}
#endif

#endif
