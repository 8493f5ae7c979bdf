#include "programme/access/users.h"

#include "programme/access/account_listing.h"
#include "programme/access/guess.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"
#include "store/access/invitations.h"

static void fill_view(struct call *call, const struct user *user, const struct account *account,
                      struct user_view *out) {
    *out = (struct user_view){.id = user->id,
                              .identifier = identifier_text(call, IDENTIFIER_USER, user->id),
                              .account = identifier_text(call, IDENTIFIER_ACCOUNT, account->id),
                              .account_code = account->code,
                              .email = user->email,
                              .name = user->name,
                              .role = text_of(role_name(user->role)),
                              .active = user->active,
                              .created_at_us = user->created_at_us,
                              .version = user->version};
}

enum status user_view_fill(struct call *call, const struct user *user, struct user_view *out,
                           struct fault *fault) {
    struct account account;
    TRY(account_load(call->db, call->arena, user->account_id, &account, fault));
    fill_view(call, user, &account, out);
    return STATUS_OK;
}

enum status require_role(const struct call *call, enum role role, struct fault *fault) {
    if (actor_is_operator(call) || (role_rights(role) & ~call->actor.rights) == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "role-beyond-rights", "role", text_of(role_name(role)),
                     "The role %s has rights that you do not have.", role_name(role));
}

/* ---- adding, by the operator ---- */

enum status require_no_user(struct call *call, int64_t account_id, struct text email, struct fault *fault) {
    struct user other;
    bool found = false;
    TRY(user_find_email(call->db, call->arena, account_id, email, &found, &other, fault));
    if (found && other.active) {
        return fault_set(fault, STATUS_CONFLICT, "already-a-user", "email", email,
                         "%.*s is a user of this account already.", TEXT_ARGS(email));
    }
    return STATUS_OK;
}

enum status check_user_email(struct call *call, struct text given, struct text *email, struct fault *fault) {
    TRY(check_email(call->arena, given, "email", email, fault));
    if (email->length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "email", TEXT(""),
                         "Give email: it must not be empty, as a user signs in with it.");
    }
    return STATUS_OK;
}

struct new_user {
    struct text account; /* as it was given */
    struct user user;    /* without its account, its person and its id */
    struct text hash;    /* of the new person's password; empty: the person is there already */
};

/* The person that the user is to be: a new one, or one that is there, as the operator has said. */
static enum status find_or_make_person(struct call *call, const struct new_user *added, struct person *person,
                                       struct fault *fault) {
    struct text email = added->user.email;
    bool is_known = added->hash.length == 0;
    bool found = false;
    TRY(person_find(call->db, call->arena, email, &found, person, fault));
    if (found && !is_known) {
        return fault_set(fault, STATUS_CONFLICT, "email-taken", "email", email,
                         "There is a person with the e-mail address %.*s already: say --known, and it is a "
                         "user of this account too, with the password that it has.",
                         TEXT_ARGS(email));
    }
    if (!found && is_known) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-person", "email", email,
                         "There is no person with the e-mail address %.*s yet: give it a password.",
                         TEXT_ARGS(email));
    }
    if (found) {
        return STATUS_OK;
    }
    *person = (struct person){.email = email, .password_hash = added->hash, .created_at_us = call->now_us};
    return person_insert(call->db, person, fault);
}

enum status user_join(struct call *call, struct user *user, struct fault *fault) {
    struct user before;
    bool found = false;
    TRY(require_no_user(call, user->account_id, user->email, fault));
    TRY(user_find_email(call->db, call->arena, user->account_id, user->email, &found, &before, fault));
    if (!found) {
        return user_insert(call->db, user, fault);
    }
    before.name = user->name;
    before.role = user->role;
    before.active = true;
    TRY(user_update(call->db, &before, fault));
    *user = before;
    return STATUS_OK;
}

static enum status do_add_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct new_user *added = input;
    struct user user = added->user;
    struct account account;
    struct person person = {0};
    TRY(find_account_with_right(call, added->account, "account", RIGHT_USERS, &account, fault));
    TRY(find_or_make_person(call, added, &person, fault));
    user.account_id = account.id;
    user.person_id = person.id;
    TRY(user_join(call, &user, fault));
    TRY(audit_write(call, "user.add", identifier_text(call, IDENTIFIER_USER, user.id), account.id,
                    text_format(call->arena, "%.*s, %s", TEXT_ARGS(user.email), role_name(user.role)),
                    fault));
    fill_view(call, &user, &account, output);
    return STATUS_OK;
}

enum status add_user(struct call *call, const struct add_user_input *input, struct user_view *out,
                     struct fault *fault) {
    struct new_user added = {.account = input->account,
                             .user = {.active = true, .created_at_us = call->now_us}};
    struct user *user = &added.user;
    TRY(require_operator(call, "Only the operator adds a user at once: invite it instead.", fault));
    TRY(role_parse(input->role, "role", &user->role, fault));
    TRY(check_user_email(call, input->email, &user->email, fault));
    TRY(check_required_line(input->name, "name", USER_NAME_MAX_BYTES, &user->name, fault));
    if (!input->is_known) {
        TRY(password_hash(call, input->password, &added.hash, fault));
    }
    return call_run(call, DB_WRITE, do_add_user, &added, out, fault);
}

/* ---- finding: within the actor's own account ---- */

static enum status unknown_user(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-user", "user", word,
                     "There is no user \"%.*s\": give an identifier or e-mail address.", TEXT_ARGS(word));
}

/* The operator's: which of all users has the address. What is asked for the person alone may take any. */
static enum status find_in_all_accounts(struct call *call, struct text word, struct text email,
                                        bool for_person, struct user *user, struct fault *fault) {
    struct person person;
    struct user *users = NULL;
    size_t count = 0;
    bool found = false;
    TRY(person_find(call->db, call->arena, email, &found, &person, fault));
    if (found) {
        TRY(user_list_of_person(call->db, call->arena, person.id, &users, &count, fault));
    }
    if (count == 0) {
        return unknown_user(word, fault);
    }
    if (count > 1 && !for_person) {
        struct text list = TEXT("");
        for (size_t i = 0; i < count; i++) {
            list = text_format(call->arena, "%.*s%s%.*s", TEXT_ARGS(list), i == 0 ? "" : ", ",
                               TEXT_ARGS(identifier_text(call, IDENTIFIER_USER, users[i].id)));
        }
        return fault_set(fault, STATUS_INVALID, "ambiguous-user", "user", word,
                         "%.*s is a user of several accounts: give one of the identifiers %.*s.",
                         TEXT_ARGS(email), TEXT_ARGS(list));
    }
    *user = users[0];
    return STATUS_OK;
}

/* What is no e-mail address names nobody. */
static enum status find_user_of_email(struct call *call, struct text word, bool for_person, struct user *user,
                                      struct fault *fault) {
    struct text email;
    struct fault ignored;
    bool found = false;
    if (check_email(call->arena, word, "user", &email, &ignored) != STATUS_OK) {
        return unknown_user(word, fault);
    }
    if (actor_is_operator(call)) {
        return find_in_all_accounts(call, word, email, for_person, user, fault);
    }
    TRY(user_find_email(call->db, call->arena, call->actor.account_id, email, &found, user, fault));
    return found ? STATUS_OK : unknown_user(word, fault);
}

static enum status find_user(struct call *call, struct text word, bool for_person, struct user *user,
                             struct fault *fault) {
    int64_t id = 0;
    if (!identifier_decode(call->secret, IDENTIFIER_USER, word, &id)) {
        return find_user_of_email(call, word, for_person, user, fault);
    }
    enum status status = user_load(call->db, call->arena, id, user, fault);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !actor_is(call, user->account_id))) {
        return unknown_user(word, fault);
    }
    return status;
}

/* ---- editing ---- */

static enum status require_other_owner(struct call *call, const struct user *before, const struct user *after,
                                       struct fault *fault) {
    bool was_owner = before->active && before->role == ROLE_OWNER;
    bool is_owner = after->active && after->role == ROLE_OWNER;
    int64_t owners = 0;
    if (!was_owner || is_owner) {
        return STATUS_OK;
    }
    TRY(user_count_active_owners(call->db, before->account_id, &owners, fault));
    if (owners <= 1) {
        return fault_set(fault, STATUS_CONFLICT, "last-owner", "role", before->email,
                         "%.*s is the account's last active owner: make another owner first.",
                         TEXT_ARGS(before->email));
    }
    return STATUS_OK;
}

/* An edit and the hash of the new password that it has, which took its time before the transaction. */
struct user_edit {
    const struct edit_user_input *input;
    struct text new_hash;
};

/* Who is not active has no session, and who is not what it was has no invitations open. */
static enum status end_what_is_over(struct call *call, const struct user *before, const struct user *after,
                                    struct fault *fault) {
    if (!after->active) {
        TRY(session_delete_of_user(call->db, after->id, fault));
    }
    if (after->active && after->role == before->role) {
        return STATUS_OK;
    }
    struct text inviter =
        text_format(call->arena, "user %.*s", TEXT_ARGS(identifier_text(call, IDENTIFIER_USER, after->id)));
    return invitation_delete_by(call->db, inviter, fault);
}

static enum status apply_edit(struct call *call, const struct user_edit *edit, struct user *user,
                              struct fault *fault) {
    const struct edit_user_input *input = edit->input;
    const struct user before = *user;
    TRY(require_role(call, user->role, fault));
    if (input->role != NULL) {
        TRY(role_parse(*input->role, "role", &user->role, fault));
        TRY(require_role(call, user->role, fault));
    }
    if (input->name != NULL) {
        TRY(check_required_line(*input->name, "name", USER_NAME_MAX_BYTES, &user->name, fault));
    }
    if (input->active != NULL) {
        user->active = *input->active;
    }
    TRY(require_other_owner(call, &before, user, fault));
    TRY(user_update(call->db, user, fault));
    if (input->password != NULL) {
        TRY(person_set_password(call->db, user->person_id, edit->new_hash, fault));
        TRY(session_delete_of_person(call->db, user->person_id, TEXT(""), fault));
    }
    return end_what_is_over(call, &before, user, fault);
}

static struct text edit_detail(struct call *call, const struct edit_user_input *input,
                               const struct user *user) {
    return text_format(call->arena, "%.*s, %s, %s%s", TEXT_ARGS(user->email), role_name(user->role),
                       user->active ? "active" : "not active",
                       input->password != NULL ? ", new password" : "");
}

/* A new password and nothing else is the person's, whichever of its users is named. */
static bool is_of_person(const struct edit_user_input *input) {
    return input->password != NULL && input->name == NULL && input->role == NULL && input->active == NULL;
}

static enum status do_edit_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct user_edit *edit = input;
    struct user user;
    TRY(find_user(call, edit->input->user, is_of_person(edit->input), &user, fault));
    TRY(check_version(edit->input->if_version, user.version, fault));
    TRY(apply_edit(call, edit, &user, fault));
    TRY(audit_write(call, "user.edit", identifier_text(call, IDENTIFIER_USER, user.id), user.account_id,
                    edit_detail(call, edit->input, &user), fault));
    return user_view_fill(call, &user, output, fault);
}

enum status edit_user(struct call *call, const struct edit_user_input *input, struct user_view *out,
                      struct fault *fault) {
    struct user_edit edit = {.input = input, .new_hash = TEXT("")};
    TRY(require_any_right(call, RIGHT_USERS, fault));
    if (input->password != NULL) {
        TRY(require_operator(call, "A password is the person's own: the operator alone sets another's.",
                             fault));
        TRY(password_hash(call, *input->password, &edit.new_hash, fault));
    }
    return call_run(call, DB_WRITE, do_edit_user, &edit, out, fault);
}

/* ---- unlocking ---- */

/* Each unlocking is ten more guesses at a password that may open other accounts too. */
static enum status count_unlock(struct call *call, const struct user *user, struct fault *fault) {
    struct text subject =
        text_format(call->arena, "unlock %.*s", TEXT_ARGS(identifier_text(call, IDENTIFIER_USER, user->id)));
    int64_t unlocks = 0;
    if (actor_is_operator(call)) {
        return STATUS_OK;
    }
    TRY(sign_in_failures_count(call->db, subject, call->now_us, SIGN_IN_WINDOW_US, &unlocks, fault));
    if (unlocks > 0) {
        return fault_set(fault, STATUS_LIMITED, "unlock-limited", NULL, TEXT(""),
                         "This user was let in again less than 15 minutes ago: try again later.");
    }
    return sign_in_failures_add(call->db, subject, call->now_us, SIGN_IN_WINDOW_US, fault);
}

static enum status do_unlock_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct user user;
    TRY(find_user(call, *word, true, &user, fault));
    TRY(count_unlock(call, &user, fault));
    TRY(sign_in_failures_clear(call->db, sign_in_email_subject(call->arena, user.email), fault));
    TRY(audit_write(call, "user.unlock", identifier_text(call, IDENTIFIER_USER, user.id), user.account_id,
                    TEXT(""), fault));
    return user_view_fill(call, &user, output, fault);
}

enum status unlock_user(struct call *call, struct text user, struct user_view *out, struct fault *fault) {
    TRY(require_any_right(call, RIGHT_USERS, fault));
    return call_run(call, DB_WRITE, do_unlock_user, &user, out, fault);
}

/* ---- reading ---- */

static enum status do_show_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct user found;
    TRY(find_user(call, *word, false, &found, fault));
    if (call->actor.kind != ACTOR_USER || call->actor.id != found.id) {
        TRY(require_any_right(call, RIGHT_USERS, fault));
    }
    return user_view_fill(call, &found, output, fault);
}

enum status show_user(struct call *call, struct text user, struct user_view *out, struct fault *fault) {
    return call_run(call, DB_READ, do_show_user, &user, out, fault);
}

static enum status do_list_users(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct account_listing *wanted = input;
    struct account account;
    struct user *users = NULL;
    struct user_page page = {0};
    TRY(find_account_with_right(call, wanted->account, "account", RIGHT_USERS, &account, fault));
    TRY(user_list(call->db, call->arena, account.id, wanted->page, &users, &page.count, &page.next_after,
                  fault));
    page.items = ARENA_NEW(call->arena, struct user_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        fill_view(call, &users[i], &account, &page.items[i]);
    }
    *(struct user_page *)output = page;
    return STATUS_OK;
}

enum status list_users(struct call *call, struct text account, struct page page, struct user_page *out,
                       struct fault *fault) {
    const struct account_listing wanted = {account, page};
    return call_run(call, DB_READ, do_list_users, &wanted, out, fault);
}
