#include "programme/access/users.h"

#include "programme/access/account_listing.h"
#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"

#include <sodium.h>

enum { USER_NAME_MAX_BYTES = 200 };

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

enum status password_hash(struct call *call, struct text password, struct text *hash, struct fault *fault) {
    if (password.length < PASSWORD_MIN_BYTES || password.length > PASSWORD_MAX_BYTES) {
        return fault_set(fault, STATUS_INVALID, "weak-password", "password", TEXT(""),
                         "A password has from %d to %d bytes; a few words are a good one.",
                         PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES);
    }
    char made[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(made, password.at, password.length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        return fault_set(fault, STATUS_BUSY, "out-of-memory", NULL, TEXT(""),
                         "There is no memory to hash a password with right now: try again.");
    }
    *hash = text_copy(call->arena, text_of(made));
    return STATUS_OK;
}

/* Nobody gives, or takes over, more rights than it has. */
static enum status require_role(const struct call *call, enum role role, struct fault *fault) {
    if (actor_is_operator(call) || (role_rights(role) & ~call->actor.rights) == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "role-beyond-rights", "role", text_of(role_name(role)),
                     "The role %s has rights that you do not have.", role_name(role));
}

/* ---- adding ---- */

static enum status require_email_free(struct call *call, struct text email, struct fault *fault) {
    struct user other;
    bool taken = false;
    TRY(user_find_email(call->db, call->arena, email, &taken, &other, fault));
    if (taken) {
        return fault_set(fault, STATUS_CONFLICT, "email-taken", "email", email,
                         "There is a user with the e-mail address %.*s already.", TEXT_ARGS(email));
    }
    return STATUS_OK;
}

struct new_user {
    struct text account; /* as it was given */
    struct user user;    /* without its account and id */
};

static enum status do_add_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct new_user *added = input;
    struct user user = added->user;
    struct account account;
    TRY(find_account_with_right(call, added->account, "account", RIGHT_USERS, &account, fault));
    TRY(require_role(call, user.role, fault));
    TRY(require_email_free(call, user.email, fault));
    user.account_id = account.id;
    TRY(user_insert(call->db, &user, fault));
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
    TRY(require_any_right(call, RIGHT_USERS, fault));
    TRY(role_parse(input->role, "role", &user->role, fault));
    TRY(check_email(call->arena, input->email, "email", &user->email, fault));
    if (user->email.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "email", TEXT(""),
                         "Give email: it must not be empty, as a user signs in with it.");
    }
    TRY(check_required_line(input->name, "name", USER_NAME_MAX_BYTES, &user->name, fault));
    TRY(password_hash(call, input->password, &user->password_hash, fault));
    return call_run(call, DB_WRITE, do_add_user, &added, out, fault);
}

/* ---- finding: within the actor's own account ---- */

/* Whether there is such a user at all, and which; what is no e-mail address names nobody. */
static enum status find_any_user(struct call *call, struct text word, bool *found, struct user *user,
                                 struct fault *fault) {
    int64_t id = 0;
    struct text email;
    struct fault ignored;
    *found = false;
    if (identifier_decode(call->secret, IDENTIFIER_USER, word, &id)) {
        enum status status = user_load(call->db, call->arena, id, user, fault);
        *found = status == STATUS_OK;
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (check_email(call->arena, word, "user", &email, &ignored) != STATUS_OK) {
        return STATUS_OK;
    }
    return user_find_email(call->db, call->arena, email, found, user, fault);
}

static enum status find_user(struct call *call, struct text word, struct user *user, struct fault *fault) {
    bool found = false;
    TRY(find_any_user(call, word, &found, user, fault));
    if (!found || !actor_is(call, user->account_id)) {
        return fault_set(fault, STATUS_NOT_FOUND, "unknown-user", "user", word,
                         "There is no user \"%.*s\": give an identifier or e-mail address.", TEXT_ARGS(word));
    }
    return STATUS_OK;
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
    if (input->password != NULL) {
        user->password_hash = edit->new_hash;
    }
    TRY(require_other_owner(call, &before, user, fault));
    TRY(user_update(call->db, user, fault));
    if (input->password != NULL || !user->active) {
        TRY(session_delete_others(call->db, user->id, TEXT(""), fault));
    }
    return STATUS_OK;
}

static struct text edit_detail(struct call *call, const struct edit_user_input *input,
                               const struct user *user) {
    return text_format(call->arena, "%.*s, %s, %s%s", TEXT_ARGS(user->email), role_name(user->role),
                       user->active ? "active" : "not active",
                       input->password != NULL ? ", new password" : "");
}

static enum status do_edit_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct user_edit *edit = input;
    struct user user;
    TRY(find_user(call, edit->input->user, &user, fault));
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
        TRY(password_hash(call, *input->password, &edit.new_hash, fault));
    }
    return call_run(call, DB_WRITE, do_edit_user, &edit, out, fault);
}

/* ---- unlocking ---- */

static enum status do_unlock_user(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *word = input;
    struct user user;
    TRY(find_user(call, *word, &user, fault));
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
    TRY(find_user(call, *word, &found, fault));
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
