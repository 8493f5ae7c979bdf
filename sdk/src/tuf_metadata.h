/* TUF metadata: one signed file of the update repository, from bytes to facts (The Update Framework 1.0.x,
 * section 4).
 *
 * A file that was parsed is well formed and says what its role must say; whether it is to be trusted is for
 * sm_tuf_file_is_signed and the workflow of tuf.h to find out. Keys are Ed25519; others are skipped, so that
 * they sign nothing. Delegated targets are not used: they are neither fetched nor believed. */
#ifndef SEATMETER_TUF_METADATA_H
#define SEATMETER_TUF_METADATA_H

#include "tuf_canonical.h"

enum sm_tuf_role { TUF_ROOT, TUF_TIMESTAMP, TUF_SNAPSHOT, TUF_TARGETS };
enum {
    TUF_ROLES = 4,
    TUF_HASH_BYTES = 32,
    TUF_SIGNATURES_MAX = 64,
    TUF_ROOT_BYTES_MAX = 256 * 1024,
    TUF_TIMESTAMP_BYTES_MAX = 16 * 1024,
    TUF_SNAPSHOT_BYTES_MAX = 64 * 1024,
    TUF_TARGETS_BYTES_MAX = 16 * 1024 * 1024
};

extern const char *const TUF_ROLE_NAMES[TUF_ROLES]; /* "root", … */
size_t sm_tuf_role_bytes_max(enum sm_tuf_role role);

struct sm_tuf_file {
    char *bytes; /* as it came */
    size_t size;
    char *canonical;
    struct sm_span signed_part; /* what the signatures cover; of `canonical`, as all slices here */
    struct sm_span signatures;
    int64_t version;
    int64_t expires_s;
    struct sm_span
        content;        /* of root its signed part, of timestamp and snapshot "meta", of targets "targets" */
    bool is_consistent; /* of root: whether names carry versions and hashes */
};

enum sm_tuf_parsed { TUF_PARSED, TUF_NOT_CANONICAL, TUF_NOT_OF_ROLE, TUF_NO_MEMORY };

/* Takes a copy of the bytes. The file is to be freed whatever the result is. */
enum sm_tuf_parsed sm_tuf_file_parse(enum sm_tuf_role role, const void *bytes, size_t size,
                                     struct sm_tuf_file *file);
void sm_tuf_file_free(struct sm_tuf_file *file);

/* Whether a threshold of different keys that `root` names for the role signed the file, no key being named by
 * two of the file's signatures. */
bool sm_tuf_file_is_signed(const struct sm_tuf_file *file, enum sm_tuf_role role,
                           const struct sm_tuf_file *root);

/* Whether a key of the role in `old_root` is no longer one in `new_root`. */
bool sm_tuf_role_lost_key(enum sm_tuf_role role, const struct sm_tuf_file *old_root,
                          const struct sm_tuf_file *new_root);

/* What a timestamp or snapshot says of another file, or targets of a target. */
struct sm_tuf_meta {
    int64_t version; /* of a metadata file alone */
    bool has_length;
    int64_t length;
    bool has_sha256;
    unsigned char sha256[TUF_HASH_BYTES];
    bool has_unknown_hashes_only; /* hashes, but none that this library knows */
};
bool sm_tuf_meta_read(struct sm_span description, struct sm_tuf_meta *meta);
bool sm_tuf_meta_find(const struct sm_tuf_file *file, struct sm_span name, struct sm_tuf_meta *meta);

/* Whether the bytes are those that were described, as far as lengths and hashes were given. */
bool sm_tuf_meta_matches(const struct sm_tuf_meta *meta, const void *bytes, size_t size);

/* Seconds since 1970 of "YYYY-MM-DDTHH:MM:SSZ"; false for anything else. */
bool sm_tuf_time(struct sm_span string, int64_t *seconds);

#endif
