/* What the library's parts about updates share: the opened repository, its addresses, its words. */
#ifndef SEATMETER_UPDATES_PRIVATE_H
#define SEATMETER_UPDATES_PRIVATE_H

#include "seatmeter_updates.h"
#include "tuf.h"
#include "update_file.h"

#include <sodium.h>

enum { UPDATES_URL_BYTES = 2048 };

struct sm_updates {
    struct sm_client *client;
    struct sm_transport transport;
    char *server; /* without a slash at the end */
    char *directory;
    struct sm_tuf tuf;
    bool is_full; /* the disk, when metadata was to be kept last */
    char words[SM_WORDS_BYTES];
};

#ifdef __GNUC__
#define SM_PRINTF_LIKE(text, values) __attribute__((format(printf, text, values)))
#else
#define SM_PRINTF_LIKE(text, values)
#endif

/* Keeps the words and gives the code back. */
enum sm_code sm_update_fail(struct sm_updates *updates, enum sm_code code, const char *format, ...)
    SM_PRINTF_LIKE(3, 4);

/* "/tuf/targets/…" as a request has it, with the hash in front of the file's name where the repository is
 * consistent; false where there is no room. */
bool sm_update_target_path(const struct sm_updates *updates, const struct sm_target *target, char *out,
                           size_t capacity);
bool sm_update_url(const struct sm_updates *updates, const char *path, char *out, size_t capacity);

#endif
