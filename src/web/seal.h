/* Seal: what the door lets out of its hands, or keeps, so that nobody else can read or make it. */
#ifndef SEATMETER_WEB_SEAL_H
#define SEATMETER_WEB_SEAL_H

#include "core/base/text.h"

enum { SEAL_EXTRA_BYTES = 40 }; /* a nonce of 24 and a tag of 16 */

/* Each purpose has a key of its own, derived from the programme's secret. */
enum seal_purpose { SEAL_CURSOR, SEAL_IDEMPOTENT_RESPONSE };

struct text seal(struct arena *arena, const unsigned char *secret, enum seal_purpose purpose,
                 struct text plain);
bool seal_open(struct arena *arena, const unsigned char *secret, enum seal_purpose purpose,
               struct text sealed, struct text *plain);

/* A hash keyed with the secret. */
void seal_hash(const unsigned char *secret, struct text bytes, unsigned char *hash, size_t size_bytes);

#endif
