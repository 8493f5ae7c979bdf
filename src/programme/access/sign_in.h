/* Signing in and out, who a session's token is, and for which account it acts.
 *
 * A person signs in with its e-mail address and password (programme/access/guess.h), and acts for one account
 * at a time: its session can go on to another of its accounts. A session ends 12 hours after it was last
 * used, and 30 days after it began. */
#ifndef SEATMETER_PROGRAMME_ACCESS_SIGN_IN_H
#define SEATMETER_PROGRAMME_ACCESS_SIGN_IN_H

#include "programme/access/guess.h"
#include "programme/access/users.h"

#define SESSION_IDLE_US (12 * INT64_C(3600000000))
#define SESSION_LIFE_US (INT64_C(30) * 24 * 3600000000)

struct sign_in_input {
    struct text email;
    struct text password;
    struct text address; /* the network address that asks, as it is counted; empty: none is */
    struct text known;   /* the mark of an earlier sign-in with this e-mail address; empty: none */
    struct text account; /* code or identifier of one of the person's accounts; empty: its oldest */
};

/* The active users that a person is, the oldest first. */
struct own_users {
    struct user_view *items;
    size_t count;
};

struct sign_in_result {
    struct text token; /* "sms_…", shown once */
    struct text known; /* "smk_…", the mark to bring with the next sign-in */
    int64_t expires_at_us;
    struct user_view user;  /* that the session acts as */
    struct own_users users; /* that it could act as */
};

/* The call's actor is nobody yet and does not matter. Not inside another call: failures are kept though the
 * sign-in fails. Faults: those of guess_try, and after a right guess "unknown-account", "ambiguous-code". */
enum status sign_in(struct call *call, const struct sign_in_input *input, struct sign_in_result *out,
                    struct fault *fault) MUST_CHECK;

/* Ends the session; one that is not there is fine. */
enum status sign_out(struct call *call, struct text token, struct fault *fault) MUST_CHECK;

/* Finds the user of a session's token: fills `*actor` (for call->actor) and `*user`, and lets the session
 * live on. Fault "session-unknown" (STATUS_UNAUTHENTICATED). Not inside another call. */
enum status find_session(struct call *call, struct text token, struct actor *actor, struct user_view *user,
                         struct fault *fault) MUST_CHECK;

/* The users that the actor, a user, could act as. */
enum status list_own_users(struct call *call, struct own_users *out, struct fault *fault) MUST_CHECK;

/* The actor's session acts as its user of another account from now on. Faults: "unknown-account" where it is
 * a user of no such account, "ambiguous-code", "not-a-user". */
struct switch_account_input {
    struct text session_token;
    struct text account; /* code or identifier */
};
enum status switch_account(struct call *call, const struct switch_account_input *input, struct user_view *out,
                           struct fault *fault) MUST_CHECK;

/* A person's own password, for all of its accounts; ends its other sessions. Faults: "sign-in-failed" for a
 * wrong old password, "weak-password". Not inside another call. */
struct change_password_input {
    struct text old_password;
    struct text new_password;
    struct text session_token; /* the session that stays; may be empty */
};
enum status change_password(struct call *call, const struct change_password_input *input,
                            struct fault *fault) MUST_CHECK;

#endif
