/* TUF: the client's workflow of The Update Framework 1.0.x (section 5), over callbacks for what is fetched
 * and what is kept, so that it knows neither network nor files.
 *
 * What is trusted is kept under the names root.json, timestamp.json, snapshot.json and targets.json, byte for
 * byte as it came, and verified again whenever it is read. A refresh that fails leaves all that was trusted,
 * so that the next one may succeed. */
#ifndef SEATMETER_TUF_H
#define SEATMETER_TUF_H

#include "tuf_metadata.h"

enum sm_tuf_result {
    TUF_OK,
    TUF_UNTRUSTED,   /* what came is not as signed, older than what was seen, or expired */
    TUF_UNREACHABLE, /* what is needed did not come */
    TUF_NOT_KEPT,    /* what is trusted could not be kept */
    TUF_OUT_OF_MEMORY
};

enum sm_tuf_fetched { TUF_FETCHED, TUF_ABSENT, TUF_TOO_LARGE, TUF_FAILED };

struct sm_tuf_io {
    void *context;
    /* Fetches a file of at most `limit` bytes from beside the repository's metadata; the bytes are malloc's.
     */
    enum sm_tuf_fetched (*fetch)(void *context, const char *name, size_t limit, void **bytes, size_t *size);
    /* The file as it was kept, in malloc's memory; false where there is none. */
    bool (*load)(void *context, const char *name, size_t limit, void **bytes, size_t *size);
    /* Keeps the file durably, or leaves the one before; `bytes` NULL forgets it. */
    bool (*keep)(void *context, const char *name, const void *bytes, size_t size);
};

enum { TUF_WORDS_BYTES = 200, TUF_ROOTS_A_REFRESH_MAX = 1024 };

struct sm_tuf {
    struct sm_tuf_io io;
    struct sm_tuf_file files[TUF_ROLES];
    bool is_trusted[TUF_ROLES];
    bool is_fresh;               /* the last refresh went well: the files may be used */
    char words[TUF_WORDS_BYTES]; /* for a person: why the last call failed */
};

/* Begins with the root that was kept, or with `root` (from outside the repository: the root of trust) where
 * none was, or one of a lower version. To be closed whatever the result is. */
enum sm_tuf_result sm_tuf_open(struct sm_tuf *tuf, const struct sm_tuf_io *io, const void *root, size_t size);

/* Section 5.2 to 5.6; `now_s` is the start of the update that all expiries are held against. */
enum sm_tuf_result sm_tuf_refresh(struct sm_tuf *tuf, int64_t now_s);

/* The expiry that comes first; after it a refresh is needed before anything is found. */
int64_t sm_tuf_expires_s(const struct sm_tuf *tuf);

/* Goes through the targets: `*at` is 0 at first. Only while is_fresh. */
bool sm_tuf_next_target(const struct sm_tuf *tuf, size_t *at, struct sm_span *path,
                        struct sm_span *description);

void sm_tuf_close(struct sm_tuf *tuf);

#endif
