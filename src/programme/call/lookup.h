/* Lookup: what the lookups by a word have in common: which of several things a code names, and how a lookup
 * refuses a word.
 *
 * Somebody names a thing by its identifier or by a word of its own (a code, a number, a key). A lookup finds
 * it among what the actor may know of. Everything else is "not found", word for word as if it were not there.
 */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_H

#include "core/base/fault.h"

#include <stdbool.h>
#include <stdint.h>

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

/* STATUS_NOT_FOUND with the noun's unknown_code unless something was found. */
enum status lookup_require_found(const struct lookup_noun *noun, struct text word, const char *field,
                                 bool found, struct fault *fault) MUST_CHECK;

/* ---- which of several a code names (R1.12) ---- */

/* One of the things whose code the word is, in letters of either case. */
struct code_claim {
    struct text code;
    int64_t circle; /* how far it is from whoever asks: the nearer counts */
    int64_t age;    /* the lower, the older; the older counts. 0: from before ages were kept */
    bool is_tied;   /* set by code_claim_choose: nothing says that another one counts before it */
};

/* Which one counts: the nearest, of those the oldest, of those the one that is spelled exactly so. Returns
 * false where that does not say one, and then marks those that are tied. `count` is above 0. */
bool code_claim_choose(struct text word, struct code_claim *claims, size_t count, size_t *chosen);

/* How to name a thing that a word may have meant. */
struct lookup_choice {
    struct text identifier;
    struct text path; /* SELLER/CODE; empty where that does not say it either */
};

/* Returns the noun's ambiguous_status with its ambiguous_code: the message and the fault's choices list what
 * the word may mean. */
enum status lookup_ambiguous(const struct lookup_noun *noun, struct text word, const char *field,
                             const struct lookup_choice *choices, size_t count,
                             struct fault *fault) MUST_CHECK;

#endif
