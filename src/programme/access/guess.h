/* Guess: a password that somebody gives for an e-mail address, and how often that may be wrong.
 *
 * An e-mail address that nobody has costs the same time as one with a wrong password, and gets the same
 * answer. After 10 failures in 15 minutes an e-mail address, or a network address, has to wait. Whoever
 * signed in before from the same browser has a mark that says so, and is counted by itself: strangers'
 * guesses do not lock it out, and it has 10 failures of its own. */
#ifndef SEATMETER_PROGRAMME_ACCESS_GUESS_H
#define SEATMETER_PROGRAMME_ACCESS_GUESS_H

#include "programme/access/passwords.h"

enum { SIGN_IN_FAILURES_MAX = 10 };
#define SIGN_IN_WINDOW_US (15 * INT64_C(60000000))

struct guess {
    struct text email;   /* in its normal form; empty where it was no e-mail address */
    struct text address; /* of the network; may be empty */
    struct text known;   /* of the mark, where it is right; else empty */
};

/* `email` as it was given, the network address as it is counted, and the mark that was brought along. */
struct guess guess_make(struct call *call, struct text email, struct text address, struct text mark);

/* The mark to bring with the next guess for that address, from whoever was right with this one. */
struct text guess_mark(struct call *call, struct text email);

/* Counts the guess and finds the person whose password it is. Not inside another call: a failure is kept.
 * What changes while it is checked (a new password) must make it fail too: ask again inside the write call,
 * with guess_require_unchanged. Faults "sign-in-failed" (STATUS_UNAUTHENTICATED), "sign-in-limited"
 * (STATUS_LIMITED). */
enum status guess_try(struct call *call, const struct guess *guess, struct text password,
                      struct person *person, struct fault *fault) MUST_CHECK;
enum status guess_require_unchanged(struct call *call, const struct person *guessed,
                                    struct fault *fault) MUST_CHECK;

/* Takes back what was counted, inside a write call. */
enum status guess_forgive(struct call *call, const struct guess *guess, struct fault *fault) MUST_CHECK;

/* The fault of a guess that was wrong. */
enum status guess_failed(struct fault *fault) MUST_CHECK;

#endif
