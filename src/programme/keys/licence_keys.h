/* Licence keys at rest: sealed under the programme's secret (XChaCha20-Poly1305), so that a stolen store
 * without the secret tells none of them. Each is sealed for its hash: a sealed key that was moved to another
 * licence does not open. */
#ifndef SEATMETER_PROGRAMME_KEYS_LICENCE_KEYS_H
#define SEATMETER_PROGRAMME_KEYS_LICENCE_KEYS_H

#include "programme/call/call.h"
#include "store/licensing/licences.h"

/* A new key, by the call's source of random bytes: fills key_hash, key_sealed and key_hint of the licence. */
struct text licence_key_new(const struct call *call, struct licence *licence);

/* The key of a licence that has one; fault "key-unreadable" (STATUS_INTERNAL) where the secret does not open
 * it. */
enum status licence_key_open(const struct call *call, const struct licence *licence, struct text *key,
                             struct fault *fault) MUST_CHECK;

#endif
