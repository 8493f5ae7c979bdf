/* Lookup: what the lookups by a word have in common, which is how they refuse one.
 *
 * Somebody names a thing by its identifier or by a word of its own (a code, a number, a key). A lookup finds
 * it among what the actor may know of. Everything else is "not found", word for word as if it were not there.
 */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_H

#include "core/base/fault.h"

#include <stdbool.h>

/* A kind of thing that a word can name, and its faults. */
struct lookup_noun {
    const char *noun;         /* "account" */
    const char *named_by;     /* "its code or its identifier (acc_…)" */
    const char *unknown_code; /* "unknown-account" */
    const char *ambiguous_code;
    enum status ambiguous_status;
    bool word_is_secret; /* a message does not repeat it */
};

/* STATUS_OK where there is a word at all; else "missing-field". */
enum status lookup_require_word(const struct lookup_noun *noun, struct text word, const char *field,
                                struct fault *fault) MUST_CHECK;

/* STATUS_OK where the word names one thing. None is STATUS_NOT_FOUND with the noun's unknown_code, several
 * are its ambiguous_status with its ambiguous_code. */
enum status lookup_require_one(const struct lookup_noun *noun, struct text word, const char *field,
                               size_t count, struct fault *fault) MUST_CHECK;

#endif
