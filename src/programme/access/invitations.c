#include "programme/access/invitations.h"

#include "programme/access/account_listing.h"
#include "programme/access/guess.h"
#include "programme/call/authorise.h"
#include "programme/call/credential.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"
#include "store/access/invitations.h"
#include "store/parties/programme.h"

#include <assert.h>

static enum status fill_view(struct call *call, const struct invitation *invitation,
                             struct invitation_view *out, struct fault *fault) {
    struct account account;
    TRY(account_load(call->db, call->arena, invitation->account_id, &account, fault));
    *out = (struct invitation_view){
        .id = invitation->id,
        .identifier = identifier_text(call, IDENTIFIER_INVITATION, invitation->id),
        .account = identifier_text(call, IDENTIFIER_ACCOUNT, account.id),
        .account_code = account.code,
        .email = invitation->email,
        .name = invitation->name,
        .role = text_of(role_name(invitation->role)),
        .invited_by = invitation->invited_by,
        .created_at_us = invitation->created_at_us,
        .expires_at_us = invitation->expires_at_us,
    };
    return STATUS_OK;
}

static enum status expiry(struct call *call, int64_t *expires_at_us, struct fault *fault) {
    static const int64_t DAY_US = INT64_C(24) * 3600 * 1000000;
    struct programme programme;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    int64_t days =
        programme.invitation_days < INVITATION_DAYS_MAX ? programme.invitation_days : INVITATION_DAYS_MAX;
    *expires_at_us = call->now_us + days * DAY_US;
    return STATUS_OK;
}

/* ---- inviting ---- */

static enum status require_room(struct call *call, int64_t account_id, struct fault *fault) {
    int64_t open = 0;
    TRY(invitation_count(call->db, account_id, call->now_us, &open, fault));
    if (open >= INVITATIONS_OPEN_MAX) {
        return fault_set(fault, STATUS_CONFLICT, "too-many-invitations", NULL, TEXT(""),
                         "The account has %d invitations that are open: take some back first.",
                         INVITATIONS_OPEN_MAX);
    }
    return STATUS_OK;
}

struct new_invitation {
    struct text account; /* as it was given */
    struct invitation invitation;
};

static enum status do_invite_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct new_invitation *wanted = input;
    struct invitation made = wanted->invitation;
    struct account account;
    TRY(find_account_with_right(call, wanted->account, "account", RIGHT_USERS, &account, fault));
    TRY(require_role(call, made.role, fault));
    TRY(require_no_user(call, account.id, made.email, fault));
    TRY(invitation_delete_expired(call->db, call->now_us, fault));
    TRY(invitation_delete_email(call->db, account.id, made.email, fault));
    TRY(require_room(call, account.id, fault));
    TRY(expiry(call, &made.expires_at_us, fault));
    made.account_id = account.id;
    TRY(invitation_insert(call->db, &made, fault));
    TRY(audit_write(call, "user.invite", identifier_text(call, IDENTIFIER_INVITATION, made.id), account.id,
                    text_format(call->arena, "%.*s, %s", TEXT_ARGS(made.email), role_name(made.role)),
                    fault));
    return fill_view(call, &made, output, fault);
}

enum status invite_user(struct call *call, const struct invite_user_input *input, struct invitation_view *out,
                        struct fault *fault) {
    struct new_invitation wanted = {
        .account = input->account,
        .invitation = {.invited_by = actor_text(call), .created_at_us = call->now_us}};
    struct invitation *invitation = &wanted.invitation;
    TRY(require_any_right(call, RIGHT_USERS, fault));
    TRY(role_parse(input->role, "role", &invitation->role, fault));
    TRY(check_user_email(call, input->email, &invitation->email, fault));
    TRY(check_required_line(input->name, "name", USER_NAME_MAX_BYTES, &invitation->name, fault));
    return call_run(call, DB_WRITE, do_invite_user, &wanted, out, fault);
}

/* ---- an invitation that is open ---- */

static enum status unknown_invitation(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-invitation", "invitation", word,
                     "There is no such invitation: it may have been accepted, taken back or replaced, or is "
                     "too old.");
}

static enum status find_own_invitation(struct call *call, struct text word, struct invitation *invitation,
                                       struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    if (identifier_decode(call->secret, IDENTIFIER_INVITATION, word, &id)) {
        TRY(invitation_load(call->db, call->arena, id, call->now_us, &found, invitation, fault));
    }
    if (!found || !actor_is(call, invitation->account_id)) {
        return unknown_invitation(word, fault);
    }
    return require_right(call, invitation->account_id, RIGHT_USERS, fault);
}

/* The output of make_invitation_link. */
struct made_link {
    struct invitation_view *view;
    struct text *link;
};

static enum status do_make_link(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    const struct made_link *made = output;
    struct text link = credential_make(call, "smi_");
    struct invitation invitation;
    TRY(require_operator(call, "The operator alone makes an invitation's link, and sends it to its address.",
                         fault));
    TRY(find_own_invitation(call, *word, &invitation, fault));
    TRY(expiry(call, &invitation.expires_at_us, fault));
    TRY(invitation_set_link(call->db, invitation.id, credential_hash(call, link), invitation.expires_at_us,
                            fault));
    TRY(audit_write(call, "user.invitation-link", identifier_text(call, IDENTIFIER_INVITATION, invitation.id),
                    invitation.account_id, invitation.email, fault));
    TRY(fill_view(call, &invitation, made->view, fault));
    *made->link = link;
    return STATUS_OK;
}

enum status make_invitation_link(struct call *call, struct text invitation, struct invitation_view *out,
                                 struct text *link, struct fault *fault) {
    struct made_link made = {out, link};
    return call_run(call, DB_WRITE, do_make_link, &invitation, &made, fault);
}

static enum status do_revoke_invitation(struct call *call, const void *input, void *output,
                                        struct fault *fault) {
    const struct text *word = input;
    struct invitation invitation;
    TRY(find_own_invitation(call, *word, &invitation, fault));
    TRY(invitation_delete(call->db, invitation.id, fault));
    TRY(audit_write(call, "user.revoke-invitation",
                    identifier_text(call, IDENTIFIER_INVITATION, invitation.id), invitation.account_id,
                    invitation.email, fault));
    return fill_view(call, &invitation, output, fault);
}

enum status revoke_invitation(struct call *call, struct text invitation, struct invitation_view *out,
                              struct fault *fault) {
    TRY(require_any_right(call, RIGHT_USERS, fault));
    return call_run(call, DB_WRITE, do_revoke_invitation, &invitation, out, fault);
}

static enum status do_list_invitations(struct call *call, const void *input, void *output,
                                       struct fault *fault) {
    const struct account_listing *wanted = input;
    struct account account = {0};
    struct invitation *invitations = NULL;
    struct invitation_page page = {0};
    if (wanted->account.length > 0 || !actor_is_operator(call)) {
        TRY(find_account_with_right(call, wanted->account, "account", RIGHT_USERS, &account, fault));
    }
    TRY(invitation_list(call->db, call->arena, account.id, call->now_us, wanted->page, &invitations,
                        &page.count, &page.next_after, fault));
    page.items = ARENA_NEW(call->arena, struct invitation_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        TRY(fill_view(call, &invitations[i], &page.items[i], fault));
    }
    *(struct invitation_page *)output = page;
    return STATUS_OK;
}

enum status list_invitations(struct call *call, struct text account, struct page page,
                             struct invitation_page *out, struct fault *fault) {
    const struct account_listing wanted = {account, page};
    return call_run(call, DB_READ, do_list_invitations, &wanted, out, fault);
}

/* ---- accepting ---- */

/* What a link is for, and who accepts: found first, and found again when the password was looked at. */
struct acceptance {
    struct text link_hash;
    struct invitation invitation;
    bool is_known; /* the address is a person's */
    struct person person;
    struct guess guess;       /* of a person that is known */
    struct text new_password; /* of one that is not: its hash */
};

static enum status find_acceptance(struct call *call, struct text link_hash, struct acceptance *found,
                                   struct fault *fault) {
    bool is_there = false;
    TRY(invitation_find(call->db, call->arena, link_hash, call->now_us, &is_there, &found->invitation,
                        fault));
    if (!is_there) {
        return unknown_invitation(TEXT(""), fault);
    }
    return person_find(call->db, call->arena, found->invitation.email, &found->is_known, &found->person,
                       fault);
}

static enum status do_find_acceptance(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct text *link_hash = input;
    return find_acceptance(call, *link_hash, output, fault);
}

/* Whoever became a person meanwhile has a password that was not asked for. */
static enum status confirm_person(struct call *call, const struct acceptance *wanted,
                                  struct acceptance *present, struct fault *fault) {
    if (wanted->is_known) {
        TRY(guess_require_unchanged(call, &wanted->person, fault));
        return guess_forgive(call, &wanted->guess, fault);
    }
    if (present->is_known) {
        return guess_failed(fault);
    }
    present->person = (struct person){.email = present->invitation.email,
                                      .password_hash = wanted->new_password,
                                      .created_at_us = call->now_us};
    return person_insert(call->db, &present->person, fault);
}

static enum status do_accept(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct acceptance *wanted = input;
    struct acceptance present = {0};
    TRY(find_acceptance(call, wanted->link_hash, &present, fault));
    TRY(confirm_person(call, wanted, &present, fault));
    struct user user = {.account_id = present.invitation.account_id,
                        .person_id = present.person.id,
                        .email = present.invitation.email,
                        .name = present.invitation.name,
                        .role = present.invitation.role,
                        .active = true,
                        .created_at_us = call->now_us};
    TRY(user_join(call, &user, fault));
    TRY(invitation_delete(call->db, present.invitation.id, fault));
    call->actor = (struct actor){.kind = ACTOR_USER, .id = user.id, .account_id = user.account_id};
    TRY(audit_write(call, "user.accept", identifier_text(call, IDENTIFIER_USER, user.id), user.account_id,
                    text_format(call->arena, "%.*s, %s, invited by %.*s", TEXT_ARGS(user.email),
                                role_name(user.role), TEXT_ARGS(present.invitation.invited_by)),
                    fault));
    return user_view_fill(call, &user, output, fault);
}

static enum status look_at_password(struct call *call, const struct accept_invitation_input *input,
                                    struct acceptance *wanted, struct fault *fault) {
    if (!wanted->is_known) {
        return password_hash(call, input->password, &wanted->new_password, fault);
    }
    wanted->guess = guess_make(call, wanted->invitation.email, input->address, TEXT(""));
    return guess_try(call, &wanted->guess, input->password, &wanted->person, fault);
}

enum status accept_invitation(struct call *call, const struct accept_invitation_input *input,
                              struct user_view *out, struct fault *fault) {
    assert(call->depth == 0);
    struct acceptance wanted = {0};
    const struct actor before = call->actor;
    if (input->link.length == 0 || input->link.length > CREDENTIAL_MAX_BYTES) {
        return unknown_invitation(TEXT(""), fault);
    }
    struct text link_hash = credential_hash(call, input->link);
    TRY(call_run(call, DB_READ, do_find_acceptance, &link_hash, &wanted, fault));
    wanted.link_hash = link_hash;
    TRY(look_at_password(call, input, &wanted, fault));
    enum status status = call_run(call, DB_WRITE, do_accept, &wanted, out, fault);
    call->actor = before;
    return status;
}

/* ---- for how long ---- */

static enum status do_set_days(struct call *call, const void *input, void *output, struct fault *fault) {
    int64_t days = *(const int64_t *)input;
    struct programme programme;
    (void)output;
    TRY(require_operator(call, "Only the operator sets how long an invitation can be accepted.", fault));
    TRY(programme_load(call->db, call->arena, &programme, fault));
    if (days < 1 || days > INVITATION_DAYS_MAX) {
        return fault_set(fault, STATUS_INVALID, "days-out-of-range", "days",
                         text_format(call->arena, "%lld", (long long)days),
                         "An invitation can be accepted for 1 to %d days.", INVITATION_DAYS_MAX);
    }
    TRY(programme_set_invitation_days(call->db, days, fault));
    return audit_write(call, "programme.invitation-days",
                       identifier_text(call, IDENTIFIER_ACCOUNT, programme.distributor_id),
                       programme.distributor_id, text_format(call->arena, "%lld days", (long long)days),
                       fault);
}

enum status set_invitation_days(struct call *call, int64_t days, struct fault *fault) {
    return call_run(call, DB_WRITE, do_set_days, &days, NULL, fault);
}
