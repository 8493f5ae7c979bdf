/* Credential: the random words that stand for a session or an API token, and the hashes they are found by.
 *
 * 256 random bits in base64url behind a prefix; kept as a hash keyed with the programme's secret, so that
 * neither the store nor a copy of it lets anybody in. */
#ifndef SEATMETER_PROGRAMME_CALL_CREDENTIAL_H
#define SEATMETER_PROGRAMME_CALL_CREDENTIAL_H

#include "programme/call/call.h"

enum { CREDENTIAL_RANDOM_BYTES = 32, CREDENTIAL_HASH_BYTES = 32, CREDENTIAL_MAX_BYTES = 64 };

/* A new one: "sms_…" or "smt_…". */
struct text credential_make(struct call *call, const char *prefix);

/* The hash of what somebody presents, as bytes in the call's arena. */
struct text credential_hash(struct call *call, struct text credential);

#endif
