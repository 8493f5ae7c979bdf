/* Fault: an error as a value.
 *
 * A function that can fail returns an enum status and fills the caller's struct fault; what it
 * makes comes by out-parameter and is untouched on failure. The fault is made once, where the
 * trouble is found, with a stable code, the field, the value and a sentence for a person; it is
 * translated once, at the door (an RFC 9457 problem document, or a line on stderr). */
#ifndef SEATMETER_CORE_BASE_FAULT_H
#define SEATMETER_CORE_BASE_FAULT_H

#include "core/base/text.h"

enum status {
    STATUS_OK = 0,
    STATUS_INVALID,         /* the input is wrong: a field says which */
    STATUS_UNAUTHENTICATED, /* who is asking is not known */
    STATUS_FORBIDDEN,       /* known, may see the thing, but not do this */
    STATUS_NOT_FOUND,       /* is not there, or is not the asker's to know of */
    STATUS_CONFLICT,        /* right input, wrong state: it would break a rule of the programme */
    STATUS_STALE,           /* changed by somebody else since it was read (ETag) */
    STATUS_TOO_LARGE,       /* more than this door takes */
    STATUS_LIMITED,         /* too often: try later */
    STATUS_BUSY,            /* somebody else is doing this right now */
    STATUS_INTERNAL         /* the database or the machine failed */
};

/* One of several things that a word may have meant, as somebody could name it instead. */
struct fault_choice {
    char identifier[20];
    char path[128]; /* "ALPHA/ACME"; empty where only the identifier says it */
};

enum { FAULT_CHOICES_MAX = 8 };

struct fault {
    enum status status;
    char code[56];     /* stable, lower-case words with hyphens: "seats-beyond-block" */
    char field[56];    /* the input's name for it: "seats"; empty where no field is to blame */
    char value[120];   /* what was given, shortened */
    char message[520]; /* one sentence: what is wrong and what would be right */
    struct fault_choice choices[FAULT_CHOICES_MAX]; /* of an ambiguous word: the first of what it names */
    size_t choice_count;
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Returns from the function with the status of `expression`, unless that is STATUS_OK. It stands only in
 * functions that own nothing: memory is the arena's, the transaction is call_run's. A function that owns
 * something keeps one `done:` label, where it frees. */
#define TRY(expression)                                                                                      \
    do {                                                                                                     \
        enum status tried_status = (expression);                                                             \
        if (tried_status != STATUS_OK) {                                                                     \
            return tried_status;                                                                             \
        }                                                                                                    \
    } while (0)

/* Fills `fault` and returns `status`, so that a function can end with `return fault_set(…)`.
 * `field` may be NULL and `value` empty. */
enum status fault_set(struct fault *fault, enum status status, const char *code, const char *field,
                      struct text value, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Adds what the word may have meant, as long as there is room. */
void fault_offer(struct fault *fault, struct text identifier, struct text path);

/* Puts what a fault is about before its sentence, "EPP: The amount …", and returns its status. */
enum status fault_prefix(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The static analyser sees no further than a file: so it knows that this is no success. */
#ifdef __clang_analyzer__
#define fault_set(fault, status, ...) (fault_set(fault, status, __VA_ARGS__), (status))
#endif

#endif
