#include "programme/access/users.h"

#include "programme/call/authorise.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { USER_NAME_MAX_BYTES = 200 };

enum status user_view_fill(struct call *call, const struct user *user, struct user_view *out,
                           struct fault *fault) {
    struct account account;
    enum status status = account_load(call->db, call->arena, user->account_id, &account, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *out = (struct user_view){.id = user->id,
                              .identifier = identifier_text(call, IDENTIFIER_USER, user->id),
                              .account = identifier_text(call, IDENTIFIER_ACCOUNT, account.id),
                              .account_code = account.code,
                              .email = user->email,
                              .name = user->name,
                              .role = text_of(role_name(user->role)),
                              .active = user->active,
                              .created_at_us = user->created_at_us,
                              .version = user->version};
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
static enum status check_role(const struct call *call, enum role role, struct fault *fault) {
    if (actor_is_operator(call) || (role_rights(role) & ~call->actor.rights) == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "role-beyond-rights", "role", text_of(role_name(role)),
                     "The role %s has rights that you do not have.", role_name(role));
}

/* ---- adding ---- */

static enum status insert_user(struct call *call, const struct add_user_input *input, struct user *user,
                               struct fault *fault) {
    struct account account;
    struct user other;
    bool taken = false;
    enum status status =
        find_account_with_right(call, input->account, "account", RIGHT_USERS, &account, fault);
    if (status == STATUS_OK) {
        status = check_role(call, user->role, fault);
    }
    if (status == STATUS_OK) {
        status = user_find_email(call->db, call->arena, user->email, &taken, &other, fault);
    }
    if (status == STATUS_OK && taken) {
        status = fault_set(fault, STATUS_CONFLICT, "email-taken", "email", user->email,
                           "There is a user with the e-mail address %.*s already.", TEXT_ARGS(user->email));
    }
    if (status != STATUS_OK) {
        return status;
    }
    user->account_id = account.id;
    return user_insert(call->db, user, fault);
}

enum status add_user(struct call *call, const struct add_user_input *input, struct user_view *out,
                     struct fault *fault) {
    struct user user = {.active = true, .created_at_us = call->now_us};
    enum status status = require_any_right(call, RIGHT_USERS, fault);
    if (status == STATUS_OK) {
        status = role_parse(input->role, "role", &user.role, fault);
    }
    if (status == STATUS_OK) {
        status = check_email(call->arena, input->email, "email", &user.email, fault);
    }
    if (status == STATUS_OK && user.email.length == 0) {
        status = fault_set(fault, STATUS_INVALID, "missing-field", "email", TEXT(""),
                           "email must not be empty: a user signs in with it.");
    }
    if (status == STATUS_OK) {
        status = check_required_line(input->name, "name", USER_NAME_MAX_BYTES, &user.name, fault);
    }
    if (status == STATUS_OK) {
        status = password_hash(call, input->password, &user.password_hash, fault);
    }
    if (status == STATUS_OK) {
        status = call_begin(call, DB_WRITE, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = insert_user(call, input, &user, fault);
    if (status == STATUS_OK) {
        status = audit_write(
            call, "user.add", identifier_text(call, IDENTIFIER_USER, user.id), user.account_id,
            text_format(call->arena, "%.*s, %s", TEXT_ARGS(user.email), role_name(user.role)), fault);
    }
    if (status == STATUS_OK) {
        status = user_view_fill(call, &user, out, fault);
    }
    return call_end(call, status, fault);
}

/* ---- finding: within the actor's own account ---- */

static enum status unknown_user(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-user", "user", word,
                     "There is no user \"%.*s\": give an identifier or e-mail address.", TEXT_ARGS(word));
}

static enum status find_user(struct call *call, struct text word, struct user *user, struct fault *fault) {
    int64_t id = 0;
    bool found = false;
    struct text email;
    enum status status;
    if (identifier_decode(call->secret, IDENTIFIER_USER, word, &id)) {
        status = user_load(call->db, call->arena, id, user, fault);
        found = status == STATUS_OK;
        if (status == STATUS_NOT_FOUND) {
            status = STATUS_OK;
        }
    } else {
        status = check_email(call->arena, word, "user", &email, fault);
        if (status == STATUS_OK) {
            status = user_find_email(call->db, call->arena, email, &found, user, fault);
        }
        if (status == STATUS_INVALID) {
            status = STATUS_OK;
        }
    }
    if (status == STATUS_OK && (!found || !actor_is(call, user->account_id))) {
        return unknown_user(word, fault);
    }
    return status;
}

/* ---- editing ---- */

static enum status check_last_owner(struct call *call, const struct user *before, const struct user *after,
                                    struct fault *fault) {
    bool was_owner = before->active && before->role == ROLE_OWNER;
    bool is_owner = after->active && after->role == ROLE_OWNER;
    int64_t owners = 0;
    if (!was_owner || is_owner) {
        return STATUS_OK;
    }
    enum status status = user_count_active_owners(call->db, before->account_id, &owners, fault);
    if (status == STATUS_OK && owners <= 1) {
        return fault_set(fault, STATUS_CONFLICT, "last-owner", "role", before->email,
                         "%.*s is the account's last active owner: make another owner first.",
                         TEXT_ARGS(before->email));
    }
    return status;
}

static enum status apply_edit(struct call *call, const struct edit_user_input *input, struct text new_hash,
                              struct user *user, struct fault *fault) {
    const struct user before = *user;
    enum status status = check_role(call, user->role, fault);
    if (status == STATUS_OK && input->role != NULL) {
        status = role_parse(*input->role, "role", &user->role, fault);
    }
    if (status == STATUS_OK) {
        status = check_role(call, user->role, fault);
    }
    if (status == STATUS_OK && input->name != NULL) {
        status = check_required_line(*input->name, "name", USER_NAME_MAX_BYTES, &user->name, fault);
    }
    if (input->active != NULL) {
        user->active = *input->active;
    }
    if (input->password != NULL) {
        user->password_hash = new_hash;
    }
    if (status == STATUS_OK) {
        status = check_last_owner(call, &before, user, fault);
    }
    if (status == STATUS_OK) {
        status = user_update(call->db, user, fault);
    }
    if (status == STATUS_OK && (input->password != NULL || !user->active)) {
        status = session_delete_others(call->db, user->id, TEXT(""), fault);
    }
    return status;
}

static struct text edit_detail(struct call *call, const struct edit_user_input *input,
                               const struct user *user) {
    return text_format(call->arena, "%.*s, %s, %s%s", TEXT_ARGS(user->email), role_name(user->role),
                       user->active ? "active" : "not active",
                       input->password != NULL ? ", new password" : "");
}

enum status edit_user(struct call *call, const struct edit_user_input *input, struct user_view *out,
                      struct fault *fault) {
    struct user user;
    struct text new_hash = TEXT("");
    enum status status = require_any_right(call, RIGHT_USERS, fault);
    if (status == STATUS_OK && input->password != NULL) {
        status = password_hash(call, *input->password, &new_hash, fault);
    }
    if (status == STATUS_OK) {
        status = call_begin(call, DB_WRITE, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = find_user(call, input->user, &user, fault);
    if (status == STATUS_OK) {
        status = check_version(input->if_version, user.version, fault);
    }
    if (status == STATUS_OK) {
        status = apply_edit(call, input, new_hash, &user, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "user.edit", identifier_text(call, IDENTIFIER_USER, user.id),
                             user.account_id, edit_detail(call, input, &user), fault);
    }
    if (status == STATUS_OK) {
        status = user_view_fill(call, &user, out, fault);
    }
    return call_end(call, status, fault);
}

/* ---- reading ---- */

enum status show_user(struct call *call, struct text user, struct user_view *out, struct fault *fault) {
    struct user found;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_user(call, user, &found, fault);
    if (status == STATUS_OK && !(call->actor.kind == ACTOR_USER && call->actor.id == found.id)) {
        status = require_any_right(call, RIGHT_USERS, fault);
    }
    if (status == STATUS_OK) {
        status = user_view_fill(call, &found, out, fault);
    }
    return call_end(call, status, fault);
}

enum status list_users(struct call *call, struct text account, struct page page, struct user_page *out,
                       struct fault *fault) {
    struct account found;
    struct user *users = NULL;
    struct user_page made = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_account_with_right(call, account, "account", RIGHT_USERS, &found, fault);
    if (status == STATUS_OK) {
        status =
            user_list(call->db, call->arena, found.id, page, &users, &made.count, &made.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    made.items = ARENA_NEW(call->arena, struct user_view, made.count);
    for (size_t i = 0; i < made.count && status == STATUS_OK; i++) {
        status = user_view_fill(call, &users[i], &made.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = made;
    }
done:
    return call_end(call, status, fault);
}
