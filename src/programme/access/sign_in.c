#include "programme/access/sign_in.h"

#include "core/base/base64url.h"
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

/* The hash of a password that nobody knows. A guess for an unknown e-mail address is measured against it, and
 * so takes the time that one for a known address takes. */
static const char NOBODYS_HASH[] = "$argon2id$v=19$m=65536,t=2,p=1$C6PD6o+4R+8i1iOkeOJdzg"
                                   "$RrGRRczVRCW2UgQ7xbhQRqPW8c0nukM0By5RcXtO/nM";

static enum status check_password(const struct user *user, bool known, struct text password, bool *fits,
                                  struct fault *fault) {
    char hash[crypto_pwhash_STRBYTES] = {0};
    struct text stored = known ? user->password_hash : text_of(NOBODYS_HASH);
    if (stored.length >= sizeof hash) {
        return fault_set(fault, STATUS_INTERNAL, "password-hash-broken", NULL, TEXT(""),
                         "The store has no hash of this user's password: set a new password.");
    }
    memcpy(hash, stored.at, stored.length);
    /* A longer one cannot have been set, and must not cost anything. */
    size_t length = password.length <= PASSWORD_MAX_BYTES ? password.length : 0;
    bool verified = crypto_pwhash_str_verify(hash, password.at == NULL ? "" : password.at, length) == 0;
    *fits = verified && known && user->active && length > 0;
    return STATUS_OK;
}

struct guess {
    struct text email;   /* in lower case; empty where it was no e-mail address */
    struct text address; /* of the network; may be empty */
    struct text known;   /* of the mark, where it is right; else empty */
};

/* ---- the mark of who signed in before ----
 *
 * "smk_…" and a hash of it and the e-mail address, keyed with the programme's secret: nobody can make one,
 * and nothing of it is kept. */

enum { MARK_HASH_BYTES = 43 /* in base64url */ };

static struct text mark_hash(struct call *call, struct text name, struct text email) {
    struct text marked = text_format(call->arena, "known %.*s %.*s", TEXT_ARGS(name), TEXT_ARGS(email));
    char *encoded = ARENA_NEW(call->arena, char, MARK_HASH_BYTES + 1);
    struct text hash = credential_hash(call, marked);
    return (struct text){encoded, base64url_encode(hash.at, hash.length, encoded)};
}

static struct text make_mark(struct call *call, struct text email) {
    struct text name = credential_make(call, "smk_");
    return text_format(call->arena, "%.*s.%.*s", TEXT_ARGS(name), TEXT_ARGS(mark_hash(call, name, email)));
}

/* The mark's name, where it is a mark of that e-mail address; else empty. */
static struct text read_mark(struct call *call, struct text mark, struct text email) {
    struct text hash = mark;
    struct text name = text_take_until(&hash, '.');
    if (email.length == 0 || name.length > CREDENTIAL_MAX_BYTES || hash.length != MARK_HASH_BYTES) {
        return TEXT("");
    }
    struct text right = mark_hash(call, name, email);
    return right.length == hash.length && sodium_memcmp(right.at, hash.at, hash.length) == 0 ? name
                                                                                             : TEXT("");
}

/* ---- how often ---- */

static struct text subject_of(struct call *call, const char *what, struct text value) {
    return text_format(call->arena, "%s %.*s", what, TEXT_ARGS(value));
}

static enum status count_against(struct call *call, struct text subject, struct fault *fault) {
    int64_t failures = 0;
    TRY(sign_in_failures_count(call->db, subject, call->now_us, SIGN_IN_WINDOW_US, &failures, fault));
    if (failures >= SIGN_IN_FAILURES_MAX) {
        return fault_set(fault, STATUS_LIMITED, "sign-in-limited", NULL, TEXT(""),
                         "There were too many failed sign-ins: try again in 15 minutes.");
    }
    return sign_in_failures_add(call->db, subject, call->now_us, SIGN_IN_WINDOW_US, fault);
}

/* The user whose e-mail address was given, if anybody has it. */
struct guessed {
    bool known;
    struct user user;
};

/* Counts the guess as failed before its password is looked at, so that many at once do not get many tries,
 * and finds the user. */
static enum status do_count_guess(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct guess *guess = input;
    struct guessed *guessed = output;
    TRY(sign_in_failures_clear_old(call->db, call->now_us - SIGN_IN_WINDOW_US, fault));
    if (guess->known.length > 0) {
        TRY(count_against(call, subject_of(call, "known", guess->known), fault));
    } else {
        if (guess->address.length > 0) {
            TRY(count_against(call, subject_of(call, "address", guess->address), fault));
        }
        if (guess->email.length > 0) {
            TRY(count_against(call, sign_in_email_subject(call->arena, guess->email), fault));
        }
    }
    return user_find_email(call->db, call->arena, guess->email, &guessed->known, &guessed->user, fault);
}

/* Takes back what do_count_guess counted, inside a write call. */
static enum status forgive_guess(struct call *call, const struct guess *guess, struct fault *fault) {
    if (guess->known.length > 0) { /* what strangers have guessed stays counted */
        return sign_in_failures_clear(call->db, subject_of(call, "known", guess->known), fault);
    }
    TRY(sign_in_failures_clear(call->db, sign_in_email_subject(call->arena, guess->email), fault));
    if (guess->address.length > 0) {
        TRY(sign_in_failures_forgive(call->db, subject_of(call, "address", guess->address), fault));
    }
    return STATUS_OK;
}

static enum status sign_in_failed(struct fault *fault) {
    return fault_set(fault, STATUS_UNAUTHENTICATED, "sign-in-failed", NULL, TEXT(""),
                     "The e-mail address or the password is wrong.");
}

/* Finds the user whose password it is. What changes while it is checked (a new password, an end of `active`)
 * must fail too: the caller asks again inside its write call, with require_unchanged. */
static enum status try_guess(struct call *call, const struct guess *guess, struct text password,
                             struct user *user, struct fault *fault) {
    struct guessed guessed = {0};
    bool fits = false;
    TRY(call_run(call, DB_WRITE, do_count_guess, guess, &guessed, fault));
    TRY(check_password(&guessed.user, guessed.known, password, &fits, fault));
    if (!fits) {
        return sign_in_failed(fault);
    }
    *user = guessed.user;
    return STATUS_OK;
}

static enum status require_unchanged(struct call *call, const struct user *guessed, struct user *user,
                                     struct fault *fault) {
    TRY(user_load(call->db, call->arena, guessed->id, user, fault));
    if (!user->active || !text_equal(user->password_hash, guessed->password_hash)) {
        return sign_in_failed(fault);
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
    TRY(session_delete_expired(call->db, call->now_us, fault));
    return session_insert(call->db, &session, fault);
}

static struct actor actor_of(const struct user *user) {
    return (struct actor){.kind = ACTOR_USER,
                          .id = user->id,
                          .account_id = user->account_id,
                          .rights = role_rights(user->role)};
}

/* A guess that was right, and whose it was. */
struct right_guess {
    struct guess guess;
    struct user user;
};

static enum status do_sign_in(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct right_guess *right = input;
    struct sign_in_result *result = output;
    struct user user;
    call->actor = actor_of(&right->user);
    TRY(require_unchanged(call, &right->user, &user, fault));
    TRY(forgive_guess(call, &right->guess, fault));
    TRY(open_session(call, &user, result, fault));
    result->known = make_mark(call, user.email);
    TRY(audit_write(call, "user.sign-in", identifier_text(call, IDENTIFIER_USER, user.id), user.account_id,
                    TEXT(""), fault));
    return user_view_fill(call, &user, &result->user, fault);
}

static struct guess guess_of(struct call *call, const struct sign_in_input *input) {
    struct guess guess = {.email = TEXT(""), .address = input->address, .known = TEXT("")};
    struct fault ignored;
    if (guess.address.length > ADDRESS_MAX_BYTES) {
        guess.address.length = ADDRESS_MAX_BYTES;
    }
    if (check_email(call->arena, input->email, "email", &guess.email, &ignored) != STATUS_OK) {
        guess.email = TEXT("");
    }
    guess.known = read_mark(call, input->known, guess.email);
    return guess;
}

enum status sign_in(struct call *call, const struct sign_in_input *input, struct sign_in_result *out,
                    struct fault *fault) {
    assert(call->depth == 0);
    struct right_guess right = {.guess = guess_of(call, input)};
    struct sign_in_result result;
    const struct actor before = call->actor;
    enum status status = try_guess(call, &right.guess, input->password, &right.user, fault);
    if (status == STATUS_OK) {
        status = call_run(call, DB_WRITE, do_sign_in, &right, &result, fault);
    }
    call->actor = before;
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
    return call_run(call, DB_WRITE, do_sign_out, &token, NULL, fault);
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

/* ---- one's own password ---- */

static enum status do_load_actor(struct call *call, const void *input, void *output, struct fault *fault) {
    (void)input;
    if (call->actor.kind != ACTOR_USER) {
        return fault_set(fault, STATUS_FORBIDDEN, "right-missing", NULL, TEXT(""),
                         "Only a user has a password to change.");
    }
    return user_load(call->db, call->arena, call->actor.id, output, fault);
}

struct new_password {
    struct right_guess old;
    struct text hash;
    struct text session_token; /* the session that stays; may be empty */
};

static enum status do_change_password(struct call *call, const void *input, void *output,
                                      struct fault *fault) {
    const struct new_password *wanted = input;
    struct user user;
    struct text kept_session = wanted->session_token;
    (void)output;
    TRY(require_unchanged(call, &wanted->old.user, &user, fault));
    TRY(forgive_guess(call, &wanted->old.guess, fault));
    user.password_hash = wanted->hash;
    TRY(user_update(call->db, &user, fault));
    if (kept_session.length > 0) {
        kept_session = credential_hash(call, kept_session);
    }
    TRY(session_delete_others(call->db, user.id, kept_session, fault));
    return audit_write(call, "user.change-password", identifier_text(call, IDENTIFIER_USER, user.id),
                       user.account_id, TEXT(""), fault);
}

enum status change_password(struct call *call, const struct change_password_input *input,
                            struct fault *fault) {
    assert(call->depth == 0);
    struct user user;
    struct new_password wanted = {.session_token = input->session_token};
    TRY(call_run(call, DB_READ, do_load_actor, NULL, &user, fault));
    wanted.old.guess = (struct guess){.email = user.email, .address = TEXT(""), .known = TEXT("")};
    TRY(try_guess(call, &wanted.old.guess, input->old_password, &wanted.old.user, fault));
    TRY(password_hash(call, input->new_password, &wanted.hash, fault));
    return call_run(call, DB_WRITE, do_change_password, &wanted, NULL, fault);
}
