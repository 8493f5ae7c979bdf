/* Passwords: of 12 to 256 bytes, kept as Argon2id. Both of these are slow on purpose: call them outside a
 * write transaction. */
#ifndef SEATMETER_PROGRAMME_ACCESS_PASSWORDS_H
#define SEATMETER_PROGRAMME_ACCESS_PASSWORDS_H

#include "programme/call/call.h"
#include "store/access/persons.h"

enum { PASSWORD_MIN_BYTES = 12, PASSWORD_MAX_BYTES = 256 };

/* "weak-password" where it is too short or too long; the hash for the store else. */
enum status password_hash(struct call *call, struct text password, struct text *hash,
                          struct fault *fault) MUST_CHECK;

/* Whether the store's text is such a hash at all. */
bool password_is_hash(struct text stored);

/* Whether it is the person's. `person` is NULL where nobody is meant: that takes the same time. Fault
 * "password-hash-broken". */
enum status password_fits(const struct person *person, struct text password, bool *fits,
                          struct fault *fault) MUST_CHECK;

#endif
