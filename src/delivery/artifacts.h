/* Artifacts: the installers and updates themselves, in a directory, each under the SHA-256 of its content.
 *
 * DIR/ab/cdef… holds a whole artifact or nothing: one is written to DIR/tmp, synced, read back and hashed
 * again, renamed, and the directories are synced, before anybody may name it. What has the same content is
 * one file; nothing is ever changed. The interface is what an S3-compatible store can do too: put a stream,
 * open by name. A store may be used from several threads at once. */
#ifndef SEATMETER_DELIVERY_ARTIFACTS_H
#define SEATMETER_DELIVERY_ARTIFACTS_H

#include "core/base/fault.h"

#include <stdint.h>

struct artifact_store;
struct artifact_writer;

#define ARTIFACT_BYTES_MAX (INT64_C(16) << 30)
enum { ARTIFACT_NAME_BYTES = 64 };

struct artifact {
    char sha256[ARTIFACT_NAME_BYTES + 1]; /* lower-case hexadecimal */
    int64_t size_bytes;
};

/* The store in `directory`, which is made (0700) with the first artifact. Fault "artifacts-unusable". */
enum status artifact_store_open(struct text directory, struct artifact_store **store,
                                struct fault *fault) MUST_CHECK;
void artifact_store_close(struct artifact_store *store); /* NULL is fine */
struct text artifact_store_place(const struct artifact_store *store);

/* Writing one artifact piece by piece; finish and abandon both free the writer, and finish makes it durable.
 * Faults "artifacts-unusable", "artifact-too-large" (beyond `most_bytes`). */
enum status artifact_write_begin(struct artifact_store *store, int64_t most_bytes,
                                 struct artifact_writer **writer, struct fault *fault) MUST_CHECK;
enum status artifact_write(struct artifact_writer *writer, struct text bytes, struct fault *fault) MUST_CHECK;
/* `expected` is empty or the hash that the content must have: fault "artifact-differs". */
enum status artifact_write_finish(struct artifact_writer *writer, struct text expected,
                                  struct artifact *artifact, struct fault *fault) MUST_CHECK;
void artifact_write_abandon(struct artifact_writer *writer); /* NULL is fine */

/* Puts a whole file; `field` is what its faults name ("file-not-read"). */
enum status artifact_put_file(struct artifact_store *store, struct text path, const char *field,
                              struct artifact *artifact, struct fault *fault) MUST_CHECK;

/* Opens for reading; the caller closes `*fd`. STATUS_NOT_FOUND "artifact-missing". */
enum status artifact_open(const struct artifact_store *store, struct text sha256, int *fd,
                          int64_t *size_bytes, struct fault *fault) MUST_CHECK;

/* Reads the whole artifact; `*good` tells whether it has that size and hash (false where it is missing). */
enum status artifact_verify(const struct artifact_store *store, struct text sha256, int64_t size_bytes,
                            bool *good, struct fault *fault) MUST_CHECK;

/* Removes unfinished writes that are older than a day; `*removed` (may be NULL) counts them. */
enum status artifact_sweep(struct artifact_store *store, int64_t now_us, int64_t *removed,
                           struct fault *fault) MUST_CHECK;

#endif
