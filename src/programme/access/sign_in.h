/* Signing in and out, and who a session's token is.
 *
 * An e-mail address that nobody has costs the same time as one with a wrong password, and gets the same
 * answer. After 10 failures in 15 minutes an e-mail address, or a network address, has to wait. Whoever
 * signed in before from the same browser has a mark that says so, and is counted by itself: strangers'
 * guesses do not lock it out, and it has 10 failures of its own. A session ends 12 hours after it was last
 * used, and 30 days after it began. */
#ifndef SEATMETER_PROGRAMME_ACCESS_SIGN_IN_H
#define SEATMETER_PROGRAMME_ACCESS_SIGN_IN_H

#include "programme/access/users.h"

enum { SIGN_IN_FAILURES_MAX = 10 };
#define SIGN_IN_WINDOW_US (15 * INT64_C(60000000))
#define SESSION_IDLE_US (12 * INT64_C(3600000000))
#define SESSION_LIFE_US (INT64_C(30) * 24 * 3600000000)

struct sign_in_input {
    struct text email;
    struct text password;
    struct text address; /* the network address that asks, as it is counted; empty: none is */
    struct text known;   /* the mark of an earlier sign-in with this e-mail address; empty: none */
};

struct sign_in_result {
    struct text token; /* "sms_…", shown once */
    struct text known; /* "smk_…", the mark to bring with the next sign-in */
    int64_t expires_at_us;
    struct user_view user;
};

/* The call's actor is nobody yet and does not matter. Not inside another call: failures are kept though the
 * sign-in fails. Faults: "sign-in-failed" (STATUS_UNAUTHENTICATED), "sign-in-limited" (STATUS_LIMITED). */
enum status sign_in(struct call *call, const struct sign_in_input *input, struct sign_in_result *out,
                    struct fault *fault) MUST_CHECK;

/* Ends the session; one that is not there is fine. */
enum status sign_out(struct call *call, struct text token, struct fault *fault) MUST_CHECK;

/* Finds the user of a session's token: fills `*actor` (for call->actor) and `*user`, and lets the session
 * live on. Fault "session-unknown" (STATUS_UNAUTHENTICATED). Not inside another call. */
enum status find_session(struct call *call, struct text token, struct actor *actor, struct user_view *user,
                         struct fault *fault) MUST_CHECK;

/* A user's own password; ends its other sessions. Faults: "sign-in-failed" for a wrong old password,
 * "weak-password". Not inside another call. */
struct change_password_input {
    struct text old_password;
    struct text new_password;
    struct text session_token; /* the session that stays; may be empty */
};
enum status change_password(struct call *call, const struct change_password_input *input,
                            struct fault *fault) MUST_CHECK;

#endif
