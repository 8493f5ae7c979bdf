/* Invitations: how an account's people become its users (docs/decisions/persons.md).
 *
 * Whoever invites an e-mail address is answered the same, in the same time, whether it is a person's already
 * or nobody's: nothing is looked up but the account's own users. Whoever accepts has the invitation's link,
 * which proves the address because it is sent there and nowhere else. While the programme sends no mail
 * itself, the operator does: it alone can make a link. The owner of an address that is a person's gives that
 * person's password besides; for any other the first password is set. A link works once, for as many days as
 * the programme says, and a new one ends the one before. */
#ifndef SEATMETER_PROGRAMME_ACCESS_INVITATIONS_H
#define SEATMETER_PROGRAMME_ACCESS_INVITATIONS_H

#include "programme/access/users.h"

enum { INVITATIONS_OPEN_MAX = 100, INVITATION_DAYS_MAX = 30 };

struct invitation_view {
    int64_t id;
    struct text identifier; /* ivt_… */
    struct text account;    /* acc_… */
    struct text account_code;
    struct text email;
    struct text name;
    struct text role;
    struct text invited_by; /* "operator", "user usr_…", "token tok_…" */
    int64_t created_at_us;
    int64_t expires_at_us;
};

struct invite_user_input {
    struct text account; /* empty: the actor's */
    struct text email;
    struct text name;
    struct text role;
};

/* Takes the place of an earlier one for the same address. Faults: "already-a-user" (of this very account),
 * "too-many-invitations", "malformed-email", "unknown-role", "role-beyond-rights", "right-missing". */
enum status invite_user(struct call *call, const struct invite_user_input *input, struct invitation_view *out,
                        struct fault *fault) MUST_CHECK;

/* A new link, "smi_…", which is not shown again, for as many days from now. For the operator alone: it sends
 * it to that address. Faults: "unknown-invitation", "operator-only". */
enum status make_invitation_link(struct call *call, struct text invitation, struct invitation_view *out,
                                 struct text *link, struct fault *fault) MUST_CHECK;

/* Fault "unknown-invitation". */
enum status revoke_invitation(struct call *call, struct text invitation, struct invitation_view *out,
                              struct fault *fault) MUST_CHECK;

struct invitation_page {
    struct invitation_view *items;
    size_t count;
    int64_t next_after;
};

/* Those that are open. `account`: empty for the actor's, or for the operator all. */
enum status list_invitations(struct call *call, struct text account, struct page page,
                             struct invitation_page *out, struct fault *fault) MUST_CHECK;

struct accept_invitation_input {
    struct text link;     /* "smi_…" */
    struct text password; /* the person's, or a new person's first */
    struct text address;  /* the network address that asks, as it is counted; may be empty */
};

/* Makes the owner of the address a user. The call's actor is nobody. Not inside another call. Faults:
 * "unknown-invitation" (never made, accepted, taken back, replaced, expired: all alike), those of guess_try,
 * "weak-password", "already-a-user". */
enum status accept_invitation(struct call *call, const struct accept_invitation_input *input,
                              struct user_view *out, struct fault *fault) MUST_CHECK;

/* How long invitations that are made, and links, from now on can be accepted: 1 to INVITATION_DAYS_MAX days.
 * For the operator alone. Fault "days-out-of-range". */
enum status set_invitation_days(struct call *call, int64_t days, struct fault *fault) MUST_CHECK;

#endif
