/* Users: adding, editing and listing the people of an account: its owners' business, and the operator's.
 *
 * Passwords have 12 to 256 bytes and are kept as Argon2id. The last active owner of an account stays one. */
#ifndef SEATMETER_PROGRAMME_ACCESS_USERS_H
#define SEATMETER_PROGRAMME_ACCESS_USERS_H

#include "programme/call/call.h"
#include "store/access/users.h"

enum { PASSWORD_MIN_BYTES = 12, PASSWORD_MAX_BYTES = 256 };

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
    struct text password;
};

/* Faults: "email-taken", "malformed-email", "weak-password", "unknown-role", "right-missing", "not-yours". */
enum status add_user(struct call *call, const struct add_user_input *input, struct user_view *out,
                     struct fault *fault) MUST_CHECK;

/* NULL leaves a thing as it is. A new password or an end of `active` ends the user's sessions. */
struct edit_user_input {
    struct text user; /* usr_… or e-mail address */
    const struct text *name;
    const struct text *role;
    const struct text *password;
    const bool *active;
    int64_t if_version;
};

/* Faults besides: "unknown-user", "last-owner", "stale". */
enum status edit_user(struct call *call, const struct edit_user_input *input, struct user_view *out,
                      struct fault *fault) MUST_CHECK;

/* Forgets the failed sign-ins with the user's e-mail address, so that it may try again at once. */
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

/* "weak-password" where it is too short or too long; the hash for the store else. Slow on purpose: call it
 * outside a write transaction. */
enum status password_hash(struct call *call, struct text password, struct text *hash,
                          struct fault *fault) MUST_CHECK;

#endif
