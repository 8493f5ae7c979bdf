#include "programme/access/sign_in.h"

#include "programme/access/guess.h"
#include "programme/call/authorise.h"
#include "programme/call/credential.h"
#include "store/parties/accounts.h"

#include <assert.h>
#include <strings.h>

/* A session that is in use is extended this often, and not at all while the store is busy: reading never
 * waits. */
static const int64_t EXTEND_EVERY_US = INT64_C(300000000);
enum { EXTEND_WAIT_MS = 50, WRITE_WAIT_MS = 30000 };

/* ---- for which account ---- */

/* Whether the user is of the account that the word names: its identifier or its code, in letters of
 * either case. */
static enum status is_of(struct call *call, const struct user *user, struct text word, bool *yes,
                         struct fault *fault) {
    struct account account;
    int64_t id = 0;
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        *yes = id == user->account_id;
        return STATUS_OK;
    }
    TRY(account_load(call->db, call->arena, user->account_id, &account, fault));
    *yes = account.code.length == word.length && strncasecmp(account.code.at, word.at, word.length) == 0;
    return STATUS_OK;
}

/* Out of the person's users the active one of that account, or the oldest where none is named. A word that
 * names none of them is unknown, whether there is such an account or not. */
static enum status choose_user(struct call *call, const struct user *users, size_t count, struct text account,
                               struct user *chosen, struct fault *fault) {
    size_t found = 0;
    bool yes = true;
    for (size_t i = 0; i < count; i++) {
        if (account.length > 0) {
            TRY(is_of(call, &users[i], account, &yes, fault));
        }
        if (users[i].active && yes && found++ == 0) {
            *chosen = users[i];
        }
    }
    if (found == 0) {
        return fault_set(
            fault, STATUS_NOT_FOUND, "unknown-account", "account", account,
            "You are a user of no account \"%.*s\": give the code or identifier of one of yours.",
            TEXT_ARGS(account));
    }
    if (found > 1 && account.length > 0) {
        return fault_set(fault, STATUS_INVALID, "ambiguous-code", "account", account,
                         "Several of your accounts have the code \"%.*s\": give the identifier (acc_…).",
                         TEXT_ARGS(account));
    }
    return STATUS_OK;
}

/* The person's users that are active, as it may choose among them. */
static enum status fill_own_users(struct call *call, const struct user *users, size_t count,
                                  struct own_users *out, struct fault *fault) {
    *out = (struct own_users){.items = ARENA_NEW(call->arena, struct user_view, count)};
    for (size_t i = 0; i < count; i++) {
        if (users[i].active) {
            TRY(user_view_fill(call, &users[i], &out->items[out->count++], fault));
        }
    }
    return STATUS_OK;
}

/* ---- signing in and out ---- */

static enum status open_session(struct call *call, const struct user *user, struct sign_in_result *result,
                                struct fault *fault) {
    result->token = credential_make(call, "sms_");
    result->expires_at_us = call->now_us + SESSION_IDLE_US;
    const struct session session = {.token_hash = credential_hash(call, result->token),
                                    .user_id = user->id,
                                    .created_at_us = call->now_us,
                                    .seen_at_us = call->now_us,
                                    .expires_at_us = result->expires_at_us};
    /* By a clock that is wrong, those that are in use may seem to have ended. */
    struct fault wrong;
    if (call_check_clock(call, &wrong) == STATUS_OK) {
        TRY(session_delete_expired(call->db, call->now_us, fault));
    }
    return session_insert(call->db, &session, fault);
}

static struct actor actor_of(const struct user *user) {
    return (struct actor){.kind = ACTOR_USER,
                          .id = user->id,
                          .account_id = user->account_id,
                          .rights = role_rights(user->role)};
}

/* A guess that was right, whose it was, and for which account it is to act. */
struct right_guess {
    struct guess guess;
    struct person person;
    struct text account; /* as it was given; may be empty */
};

static enum status do_sign_in(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct right_guess *right = input;
    struct sign_in_result *result = output;
    struct user *users = NULL;
    struct user user;
    size_t count = 0;
    TRY(guess_require_unchanged(call, &right->person, fault));
    TRY(user_list_of_person(call->db, call->arena, right->person.id, &users, &count, fault));
    TRY(fill_own_users(call, users, count, &result->users, fault));
    if (result->users.count == 0) {
        return guess_failed(fault);
    }
    TRY(choose_user(call, users, count, right->account, &user, fault));
    call->actor = actor_of(&user);
    TRY(guess_forgive(call, &right->guess, fault));
    TRY(open_session(call, &user, result, fault));
    result->known = guess_mark(call, user.email);
    TRY(audit_write(call, "user.sign-in", identifier_text(call, IDENTIFIER_USER, user.id), user.account_id,
                    TEXT(""), fault));
    return user_view_fill(call, &user, &result->user, fault);
}

enum status sign_in(struct call *call, const struct sign_in_input *input, struct sign_in_result *out,
                    struct fault *fault) {
    assert(call->depth == 0);
    struct right_guess right = {.guess = guess_make(call, input->email, input->address, input->known),
                                .account = text_trim(input->account)};
    struct sign_in_result result;
    const struct call before = *call;
    call->any_clock = true; /* who is to read, or to see what is wrong, must come in */
    enum status status = guess_try(call, &right.guess, input->password, &right.person, fault);
    if (status == STATUS_OK) {
        status = call_run(call, DB_WRITE, do_sign_in, &right, &result, fault);
    }
    call->actor = before.actor;
    call->any_clock = before.any_clock;
    TRY(status);
    *out = result;
    return STATUS_OK;
}

static enum status do_sign_out(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *token = input;
    (void)output;
    return session_delete(call->db, credential_hash(call, *token), fault);
}

enum status sign_out(struct call *call, struct text token, struct fault *fault) {
    bool any_clock = call->any_clock;
    call->any_clock = true;
    enum status status = call_run(call, DB_WRITE, do_sign_out, &token, NULL, fault);
    call->any_clock = any_clock;
    return status;
}

/* ---- sessions ---- */

static enum status unknown_session(struct fault *fault) {
    return fault_set(fault, STATUS_UNAUTHENTICATED, "session-unknown", NULL, TEXT(""),
                     "The session has ended: sign in again.");
}

struct found_session {
    struct session session;
    struct user user;
    struct user_view view;
};

static enum status do_find_session(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *token = input;
    struct found_session *found = output;
    bool is_there = false;
    TRY(session_find(call->db, call->arena, credential_hash(call, *token), call->now_us, &is_there,
                     &found->session, &found->user, fault));
    if (!is_there) {
        return unknown_session(fault);
    }
    return user_view_fill(call, &found->user, &found->view, fault);
}

static enum status do_extend_session(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct session *session = input;
    int64_t idle_end = call->now_us + SESSION_IDLE_US;
    int64_t life_end = session->created_at_us + SESSION_LIFE_US;
    (void)output;
    db_set_write_wait(call->db, WRITE_WAIT_MS);
    return session_extend(call->db, session->token_hash, call->now_us,
                          idle_end < life_end ? idle_end : life_end, fault);
}

/* A session that could not be extended now is extended with its next request. */
static void extend_session(struct call *call, const struct session *session) {
    struct fault ignored;
    db_set_write_wait(call->db, EXTEND_WAIT_MS);
    enum status status = call_run(call, DB_WRITE, do_extend_session, session, NULL, &ignored);
    db_set_write_wait(call->db, WRITE_WAIT_MS);
    (void)status;
}

enum status find_session(struct call *call, struct text token, struct actor *actor, struct user_view *user,
                         struct fault *fault) {
    assert(call->depth == 0);
    struct found_session found;
    if (token.length == 0 || token.length > CREDENTIAL_MAX_BYTES) {
        return unknown_session(fault);
    }
    TRY(call_run(call, DB_READ, do_find_session, &token, &found, fault));
    if (call->now_us - found.session.seen_at_us >= EXTEND_EVERY_US) {
        extend_session(call, &found.session);
    }
    *actor = actor_of(&found.user);
    *user = found.view;
    return STATUS_OK;
}

/* ---- acting for another account ---- */

static enum status require_user(const struct call *call, struct fault *fault) {
    if (call->actor.kind != ACTOR_USER) {
        return fault_set(fault, STATUS_FORBIDDEN, "not-a-user", NULL, TEXT(""),
                         "A token is of one account and has no password: only a user can do this.");
    }
    return STATUS_OK;
}

/* All users that are the same person as the actor. */
static enum status load_own_users(struct call *call, struct user **users, size_t *count,
                                  struct fault *fault) {
    struct user actor;
    TRY(require_user(call, fault));
    TRY(user_load(call->db, call->arena, call->actor.id, &actor, fault));
    return user_list_of_person(call->db, call->arena, actor.person_id, users, count, fault);
}

static enum status do_list_own_users(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    struct user *users = NULL;
    size_t count = 0;
    (void)input;
    TRY(load_own_users(call, &users, &count, fault));
    return fill_own_users(call, users, count, output, fault);
}

enum status list_own_users(struct call *call, struct own_users *out, struct fault *fault) {
    return call_run(call, DB_READ, do_list_own_users, NULL, out, fault);
}

static enum status require_own_session(struct call *call, struct text token_hash, struct fault *fault) {
    struct session session;
    struct user user;
    bool is_there = false;
    TRY(session_find(call->db, call->arena, token_hash, call->now_us, &is_there, &session, &user, fault));
    return is_there && user.id == call->actor.id ? STATUS_OK : unknown_session(fault);
}

static enum status do_switch_account(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    const struct switch_account_input *wanted = input;
    struct user *users = NULL;
    struct user user;
    size_t count = 0;
    struct text token_hash = credential_hash(call, wanted->session_token);
    TRY(load_own_users(call, &users, &count, fault));
    TRY(require_own_session(call, token_hash, fault));
    TRY(choose_user(call, users, count, text_trim(wanted->account), &user, fault));
    TRY(session_set_user(call->db, token_hash, user.id, fault));
    call->actor = actor_of(&user);
    TRY(audit_write(call, "user.sign-in", identifier_text(call, IDENTIFIER_USER, user.id), user.account_id,
                    TEXT("went on from another account"), fault));
    return user_view_fill(call, &user, output, fault);
}

enum status switch_account(struct call *call, const struct switch_account_input *input, struct user_view *out,
                           struct fault *fault) {
    const struct actor before = call->actor;
    if (text_trim(input->account).length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "account", TEXT(""),
                         "Give account: the code or identifier of one of your accounts.");
    }
    enum status status = call_run(call, DB_WRITE, do_switch_account, input, out, fault);
    call->actor = before;
    return status;
}

/* ---- one's own password ---- */

static enum status do_load_person(struct call *call, const void *input, void *output, struct fault *fault) {
    struct user user;
    (void)input;
    TRY(require_user(call, fault));
    TRY(user_load(call->db, call->arena, call->actor.id, &user, fault));
    return person_load(call->db, call->arena, user.person_id, output, fault);
}

struct new_password {
    struct right_guess old;
    struct text hash;
    struct text session_token; /* the session that stays; may be empty */
};

static enum status do_change_password(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct new_password *wanted = input;
    const struct person *person = &wanted->old.person;
    struct text kept_session = wanted->session_token;
    (void)output;
    TRY(guess_require_unchanged(call, person, fault));
    TRY(guess_forgive(call, &wanted->old.guess, fault));
    TRY(person_set_password(call->db, person->id, wanted->hash, fault));
    if (kept_session.length > 0) {
        kept_session = credential_hash(call, kept_session);
    }
    TRY(session_delete_of_person(call->db, person->id, kept_session, fault));
    return audit_write(call, "user.change-password", identifier_text(call, IDENTIFIER_USER, call->actor.id),
                       call->actor.account_id, TEXT(""), fault);
}

enum status change_password(struct call *call, const struct change_password_input *input,
                            struct fault *fault) {
    assert(call->depth == 0);
    struct person person;
    struct new_password wanted = {.session_token = input->session_token};
    TRY(call_run(call, DB_READ, do_load_person, NULL, &person, fault));
    wanted.old.guess = guess_make(call, person.email, TEXT(""), TEXT(""));
    TRY(guess_try(call, &wanted.old.guess, input->old_password, &wanted.old.person, fault));
    TRY(password_hash(call, input->new_password, &wanted.hash, fault));
    return call_run(call, DB_WRITE, do_change_password, &wanted, NULL, fault);
}
