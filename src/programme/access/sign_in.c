#include "programme/access/sign_in.h"

#include "programme/call/authorise.h"
#include "programme/call/credential.h"
#include "programme/call/validate.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { ADDRESS_MAX_BYTES = 64 };
/* A session that is in use is extended this often, and not at all while the store is busy: reading never
 * waits. */
static const int64_t EXTEND_EVERY_US = INT64_C(300000000);
enum { EXTEND_WAIT_MS = 50, WRITE_WAIT_MS = 30000 };

/* ---- a password, and how often it may be guessed ---- */

/* Of a password that nobody knows: what an unknown e-mail address is measured against, for the same time. */
static const char NOBODYS_HASH[] = "$argon2id$v=19$m=65536,t=2,p=1$C6PD6o+4R+8i1iOkeOJdzg"
                                   "$RrGRRczVRCW2UgQ7xbhQRqPW8c0nukM0By5RcXtO/nM";

static bool password_fits(const struct user *user, bool known, struct text password) {
    char hash[crypto_pwhash_STRBYTES] = {0};
    struct text kept = known ? user->password_hash : text_of(NOBODYS_HASH);
    assert(kept.length < sizeof hash);
    memcpy(hash, kept.at, kept.length);
    /* Longer ones cannot have been set, and must not cost anything. */
    size_t length = password.length <= PASSWORD_MAX_BYTES ? password.length : 0;
    bool fits = crypto_pwhash_str_verify(hash, password.at == NULL ? "" : password.at, length) == 0;
    return fits && known && user->active && length > 0;
}

struct guess {
    struct text email;   /* in lower case; empty where it was no e-mail address */
    struct text address; /* of the network; may be empty */
};

static struct text subject_of(struct call *call, const char *what, struct text value) {
    return text_format(call->arena, "%s %.*s", what, TEXT_ARGS(value));
}

static enum status count_against(struct call *call, struct text subject, struct fault *fault) {
    int64_t failures = 0;
    enum status status =
        sign_in_failures_count(call->db, subject, call->now_us, SIGN_IN_WINDOW_US, &failures, fault);
    if (status == STATUS_OK && failures >= SIGN_IN_FAILURES_MAX) {
        return fault_set(fault, STATUS_LIMITED, "sign-in-limited", NULL, TEXT(""),
                         "There were too many failed sign-ins: try again in 15 minutes.");
    }
    if (status == STATUS_OK) {
        status = sign_in_failures_add(call->db, subject, call->now_us, SIGN_IN_WINDOW_US, fault);
    }
    return status;
}

/* Counts the guess as failed before it is looked at, so that many at once do not get many tries, and finds
 * the user. */
static enum status begin_guess(struct call *call, const struct guess *guess, bool *known, struct user *user,
                               struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = sign_in_failures_clear_old(call->db, call->now_us - SIGN_IN_WINDOW_US, fault);
    if (status == STATUS_OK && guess->address.length > 0) {
        status = count_against(call, subject_of(call, "address", guess->address), fault);
    }
    if (status == STATUS_OK && guess->email.length > 0) {
        status = count_against(call, subject_of(call, "email", guess->email), fault);
    }
    if (status == STATUS_OK) {
        status = user_find_email(call->db, call->arena, guess->email, known, user, fault);
    }
    return call_end(call, status, fault);
}

/* Takes back what begin_guess counted, inside a write call. */
static enum status forgive_guess(struct call *call, const struct guess *guess, struct fault *fault) {
    enum status status = sign_in_failures_clear(call->db, subject_of(call, "email", guess->email), fault);
    if (status == STATUS_OK && guess->address.length > 0) {
        status = sign_in_failures_forgive(call->db, subject_of(call, "address", guess->address), fault);
    }
    return status;
}

static enum status failed(struct fault *fault) {
    return fault_set(fault, STATUS_UNAUTHENTICATED, "sign-in-failed", NULL, TEXT(""),
                     "The e-mail address or the password is wrong.");
}

/* Whose password it is. What changed while it was checked (a new password, deactivated) fails, too: the
 * caller asks again inside its write call, with still_fits. */
static enum status take_guess(struct call *call, const struct guess *guess, struct text password,
                              struct user *user, struct fault *fault) {
    bool known = false;
    enum status status = begin_guess(call, guess, &known, user, fault);
    if (status != STATUS_OK) {
        return status;
    }
    return password_fits(user, known, password) ? STATUS_OK : failed(fault);
}

static enum status still_fits(struct call *call, struct user *user, struct fault *fault) {
    struct user now;
    enum status status = user_load(call->db, call->arena, user->id, &now, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (!now.active || !text_equal(now.password_hash, user->password_hash)) {
        return failed(fault);
    }
    *user = now;
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
    enum status status = session_delete_expired(call->db, call->now_us, fault);
    return status == STATUS_OK ? session_insert(call->db, &session, fault) : status;
}

static struct actor actor_of(const struct user *user) {
    return (struct actor){.kind = ACTOR_USER,
                          .id = user->id,
                          .account_id = user->account_id,
                          .rights = role_rights(user->role)};
}

static enum status finish_sign_in(struct call *call, const struct guess *guess, struct user *user,
                                  struct sign_in_result *out, struct fault *fault) {
    struct sign_in_result result;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    call->actor = actor_of(user);
    status = still_fits(call, user, fault);
    if (status == STATUS_OK) {
        status = forgive_guess(call, guess, fault);
    }
    if (status == STATUS_OK) {
        status = open_session(call, user, &result, fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "user.sign-in", identifier_text(call, IDENTIFIER_USER, user->id),
                             user->account_id, TEXT(""), fault);
    }
    if (status == STATUS_OK) {
        status = user_view_fill(call, user, &result.user, fault);
    }
    status = call_end(call, status, fault);
    if (status == STATUS_OK) {
        *out = result;
    }
    return status;
}

static struct guess guess_of(struct call *call, struct text email, struct text address) {
    struct guess guess = {TEXT(""), address};
    struct fault ignored;
    if (guess.address.length > ADDRESS_MAX_BYTES) {
        guess.address.length = ADDRESS_MAX_BYTES;
    }
    if (check_email(call->arena, email, "email", &guess.email, &ignored) != STATUS_OK) {
        guess.email = TEXT("");
    }
    return guess;
}

enum status sign_in(struct call *call, const struct sign_in_input *input, struct sign_in_result *out,
                    struct fault *fault) {
    assert(call->depth == 0);
    struct guess guess = guess_of(call, input->email, input->address);
    struct user user = {0};
    const struct actor before = call->actor;
    enum status status = take_guess(call, &guess, input->password, &user, fault);
    if (status == STATUS_OK) {
        status = finish_sign_in(call, &guess, &user, out, fault);
    }
    call->actor = before;
    return status;
}

enum status sign_out(struct call *call, struct text token, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = session_delete(call->db, credential_hash(call, token), fault);
    return call_end(call, status, fault);
}

/* ---- sessions ---- */

static enum status unknown_session(struct fault *fault) {
    return fault_set(fault, STATUS_UNAUTHENTICATED, "session-unknown", NULL, TEXT(""),
                     "The session has ended: sign in again.");
}

static enum status load_session(struct call *call, struct text token, struct session *session,
                                struct user *user, struct user_view *view, struct fault *fault) {
    bool found = false;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = session_find(call->db, call->arena, credential_hash(call, token), call->now_us, &found, session,
                          user, fault);
    if (status == STATUS_OK && !found) {
        status = unknown_session(fault);
    }
    if (status == STATUS_OK) {
        status = user_view_fill(call, user, view, fault);
    }
    return call_end(call, status, fault);
}

/* A session that could not be extended now is extended with its next request. */
static void extend_session(struct call *call, const struct session *session) {
    struct fault ignored;
    int64_t idle_end = call->now_us + SESSION_IDLE_US;
    int64_t life_end = session->created_at_us + SESSION_LIFE_US;
    db_set_write_wait(call->db, EXTEND_WAIT_MS);
    enum status status = call_begin(call, DB_WRITE, &ignored);
    db_set_write_wait(call->db, WRITE_WAIT_MS);
    if (status != STATUS_OK) {
        return;
    }
    status = session_extend(call->db, session->token_hash, call->now_us,
                            idle_end < life_end ? idle_end : life_end, &ignored);
    status = call_end(call, status, &ignored);
    (void)status;
}

enum status find_session(struct call *call, struct text token, struct actor *actor, struct user_view *user,
                         struct fault *fault) {
    assert(call->depth == 0);
    struct session session;
    struct user found;
    struct user_view view;
    if (token.length == 0 || token.length > CREDENTIAL_MAX_BYTES) {
        return unknown_session(fault);
    }
    enum status status = load_session(call, token, &session, &found, &view, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (call->now_us - session.seen_at_us >= EXTEND_EVERY_US) {
        extend_session(call, &session);
    }
    *actor = actor_of(&found);
    *user = view;
    return STATUS_OK;
}

/* ---- one's own password ---- */

static enum status load_actor_user(struct call *call, struct user *user, struct fault *fault) {
    if (call->actor.kind != ACTOR_USER) {
        return fault_set(fault, STATUS_FORBIDDEN, "right-missing", NULL, TEXT(""),
                         "Only a user has a password to change.");
    }
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = user_load(call->db, call->arena, call->actor.id, user, fault);
    return call_end(call, status, fault);
}

static enum status save_password(struct call *call, const struct guess *guess, struct user *user,
                                 struct text hash, struct text session_token, struct fault *fault) {
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = still_fits(call, user, fault);
    if (status == STATUS_OK) {
        status = forgive_guess(call, guess, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    user->password_hash = hash;
    status = user_update(call->db, user, fault);
    if (status == STATUS_OK) {
        status = session_delete_others(
            call->db, user->id, session_token.length == 0 ? TEXT("") : credential_hash(call, session_token),
            fault);
    }
    if (status == STATUS_OK) {
        status = audit_write(call, "user.change-password", identifier_text(call, IDENTIFIER_USER, user->id),
                             user->account_id, TEXT(""), fault);
    }
done:
    return call_end(call, status, fault);
}

enum status change_password(struct call *call, const struct change_password_input *input,
                            struct fault *fault) {
    assert(call->depth == 0);
    struct user user;
    struct text hash;
    enum status status = load_actor_user(call, &user, fault);
    if (status != STATUS_OK) {
        return status;
    }
    const struct guess guess = {user.email, TEXT("")};
    status = take_guess(call, &guess, input->old_password, &user, fault);
    if (status == STATUS_OK) {
        status = password_hash(call, input->new_password, &hash, fault);
    }
    if (status == STATUS_OK) {
        status = save_password(call, &guess, &user, hash, input->session_token, fault);
    }
    return status;
}
