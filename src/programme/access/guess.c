#include "programme/access/guess.h"

#include "core/base/base64url.h"
#include "programme/call/credential.h"
#include "programme/call/validate.h"
#include "store/access/users.h"

#include <assert.h>
#include <sodium.h>

enum { ADDRESS_MAX_BYTES = 64 };

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

struct text guess_mark(struct call *call, struct text email) {
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

struct guess guess_make(struct call *call, struct text email, struct text address, struct text mark) {
    struct guess guess = {.email = TEXT(""), .address = address, .known = TEXT("")};
    struct fault ignored;
    if (guess.address.length > ADDRESS_MAX_BYTES) {
        guess.address.length = ADDRESS_MAX_BYTES;
    }
    if (check_email(call->arena, email, "email", &guess.email, &ignored) != STATUS_OK) {
        guess.email = TEXT("");
    }
    guess.known = read_mark(call, mark, guess.email);
    return guess;
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

/* The person whose e-mail address was given, if it is anybody's. */
struct guessed {
    bool known;
    struct person person;
};

/* Counts the guess as failed before its password is looked at, so that many at once do not get many tries,
 * and finds the person. */
static enum status do_count_guess(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct guess *guess = input;
    struct guessed *guessed = output;
    TRY(sign_in_failures_clear_old(call->db, call->now_us - SIGN_IN_WINDOW_US, call->now_us + CLOCKS_APART_US,
                                   fault));
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
    return person_find(call->db, call->arena, guess->email, &guessed->known, &guessed->person, fault);
}

enum status guess_forgive(struct call *call, const struct guess *guess, struct fault *fault) {
    if (guess->known.length > 0) { /* what strangers have guessed stays counted */
        return sign_in_failures_clear(call->db, subject_of(call, "known", guess->known), fault);
    }
    TRY(sign_in_failures_clear(call->db, sign_in_email_subject(call->arena, guess->email), fault));
    if (guess->address.length > 0) {
        TRY(sign_in_failures_forgive(call->db, subject_of(call, "address", guess->address), fault));
    }
    return STATUS_OK;
}

/* ---- whether it is right ---- */

enum status guess_failed(struct fault *fault) {
    return fault_set(fault, STATUS_UNAUTHENTICATED, "sign-in-failed", NULL, TEXT(""),
                     "The e-mail address or the password is wrong.");
}

enum status guess_try(struct call *call, const struct guess *guess, struct text password,
                      struct person *person, struct fault *fault) {
    struct guessed guessed = {0};
    bool fits = false;
    assert(call->depth == 0);
    TRY(call_run(call, DB_WRITE, do_count_guess, guess, &guessed, fault));
    TRY(password_fits(guessed.known ? &guessed.person : NULL, password, &fits, fault));
    if (!fits) {
        return guess_failed(fault);
    }
    *person = guessed.person;
    return STATUS_OK;
}

enum status guess_require_unchanged(struct call *call, const struct person *guessed, struct fault *fault) {
    struct person person;
    TRY(person_load(call->db, call->arena, guessed->id, &person, fault));
    return text_equal(person.password_hash, guessed->password_hash) ? STATUS_OK : guess_failed(fault);
}
