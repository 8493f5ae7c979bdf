#include "programme/access/passwords.h"

#include <sodium.h>
#include <string.h>

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

/* The hash of a password that nobody knows. A guess for an unknown e-mail address is measured against it, and
 * so takes the time that one for a known address takes. */
static const char NOBODYS_HASH[] = "$argon2id$v=19$m=65536,t=2,p=1$C6PD6o+4R+8i1iOkeOJdzg"
                                   "$RrGRRczVRCW2UgQ7xbhQRqPW8c0nukM0By5RcXtO/nM";

bool password_is_hash(struct text stored) {
    return text_starts_with(stored, TEXT("$argon2id$")) && stored.length < crypto_pwhash_STRBYTES;
}

enum status password_fits(const struct person *person, struct text password, bool *fits,
                          struct fault *fault) {
    char hash[crypto_pwhash_STRBYTES] = {0};
    struct text stored = person != NULL ? person->password_hash : text_of(NOBODYS_HASH);
    if (stored.length >= sizeof hash) {
        return fault_set(fault, STATUS_INTERNAL, "password-hash-broken", NULL, TEXT(""),
                         "The store has no hash of this user's password: set a new password.");
    }
    memcpy(hash, stored.at, stored.length);
    /* A longer one cannot have been set, and must not cost anything. */
    size_t length = password.length <= PASSWORD_MAX_BYTES ? password.length : 0;
    bool verified = crypto_pwhash_str_verify(hash, password.at == NULL ? "" : password.at, length) == 0;
    *fits = verified && person != NULL && length > 0;
    return STATUS_OK;
}
