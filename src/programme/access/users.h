/* Users: editing and listing the people of an account: its owners' business, and the operator's.
 *
 * A user is a person's place in one account. Its password is the person's, for all of its accounts, and so
 * no account's to set: the operator adds users with a password at once, accounts invite them
 * (programme/access/invitations.h). The last active owner of an account stays one. */
#ifndef SEATMETER_PROGRAMME_ACCESS_USERS_H
#define SEATMETER_PROGRAMME_ACCESS_USERS_H

#include "programme/call/call.h"
#include "store/access/users.h"

enum { USER_NAME_MAX_BYTES = 200 };

struct user_view {
    int64_t id;
    struct text identifier; /* usr_… */
    struct text account;    /* acc_… */
    struct text account_code;
    struct text email;
    struct text name;
    struct text role;
    bool active;
    int64_t created_at_us;
    int64_t version;
};

struct add_user_input {
    struct text account; /* empty: the actor's */
    struct text email;
    struct text name;
    struct text role;
    struct text password; /* of a new person */
    bool is_known;        /* the person is there already, and keeps its password */
};

/* For the operator alone. Faults: "email-taken" where the person is there and is_known does not say so,
 * "unknown-person" the other way round, "already-a-user", "malformed-email", "weak-password",
 * "unknown-role". */
enum status add_user(struct call *call, const struct add_user_input *input, struct user_view *out,
                     struct fault *fault) MUST_CHECK;

/* NULL leaves a thing as it is. An end of `active` ends the user's sessions, a new password all of its
 * person's; either, and another role, takes back the invitations that the user made. */
struct edit_user_input {
    struct text user; /* usr_… or e-mail address */
    const struct text *name;
    const struct text *role;
    const struct text *password; /* the person's, for all of its accounts: for the operator alone */
    const bool *active;
    int64_t if_version;
};

/* Faults besides: "unknown-user", "ambiguous-user" (for the operator: an e-mail address is that of users of
 * several accounts), "last-owner", "stale", "operator-only". */
enum status edit_user(struct call *call, const struct edit_user_input *input, struct user_view *out,
                      struct fault *fault) MUST_CHECK;

/* Forgets the failed sign-ins with the user's e-mail address, so that it may try again at once. As the person
 * may belong to others too, an account can do so once in SIGN_IN_WINDOW_US: fault "unlock-limited". */
enum status unlock_user(struct call *call, struct text user, struct user_view *out,
                        struct fault *fault) MUST_CHECK;

struct user_page {
    struct user_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_users(struct call *call, struct text account, struct page page, struct user_page *out,
                       struct fault *fault) MUST_CHECK;
enum status show_user(struct call *call, struct text user, struct user_view *out,
                      struct fault *fault) MUST_CHECK;

/* The user as a door shows it to itself. */
enum status user_view_fill(struct call *call, const struct user *user, struct user_view *out,
                           struct fault *fault) MUST_CHECK;

/* Nobody gives, or takes over, more rights than it has: fault "role-beyond-rights". */
enum status require_role(const struct call *call, enum role role, struct fault *fault) MUST_CHECK;

/* The user of an account, if it has one with that e-mail address, must not be active: "already-a-user". */
enum status require_no_user(struct call *call, int64_t account_id, struct text email,
                            struct fault *fault) MUST_CHECK;

/* Makes the user one of its account: a new one, or the one that was there and not active, with the new name
 * and role. Inside a write call, with the person, its e-mail address and the account filled in. */
enum status user_join(struct call *call, struct user *user, struct fault *fault) MUST_CHECK;

/* An e-mail address in its normal form; it must be there. */
enum status check_user_email(struct call *call, struct text given, struct text *email,
                             struct fault *fault) MUST_CHECK;

#endif
