/* Keyed hash: BLAKE2b under the programme's secret.
 *
 * A purpose goes in front of the message, so that each purpose has, in effect, a secret of its own. */
#ifndef SEATMETER_CORE_LICENCE_KEYED_HASH_H
#define SEATMETER_CORE_LICENCE_KEYED_HASH_H

#include "core/base/text.h"

#include <stddef.h>

enum { PROGRAMME_SECRET_BYTES = 32 };

/* Fills `hash` with `hash_bytes` bytes (16 to 64). */
void keyed_hash(const unsigned char secret[PROGRAMME_SECRET_BYTES], const char *purpose, struct text message,
                unsigned char *hash, size_t hash_bytes);

#endif
