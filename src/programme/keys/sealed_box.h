/* Sealed box: what the store keeps and only who has the programme's secret may read (XChaCha20-Poly1305 under
 * a key of the purpose's own, with a random nonce in front).
 *
 * What is sealed is bound to `about`, a public part of the same row: moved to another row, it does not open.
 */
#ifndef SEATMETER_PROGRAMME_KEYS_SEALED_BOX_H
#define SEATMETER_PROGRAMME_KEYS_SEALED_BOX_H

#include "programme/call/call.h"

enum { SEALED_BOX_EXTRA_BYTES = 40 }; /* a nonce of 24 and a tag of 16 */

/* In the call's arena; the nonce by the call's source of random bytes. */
struct text sealed_box_seal(const struct call *call, const char *purpose, struct text plain,
                            struct text about);

/* Into `plain`, exactly `size_bytes`; false where the secret, the purpose or `about` is another, or it is
 * damaged. */
bool sealed_box_open(const struct call *call, const char *purpose, struct text sealed, struct text about,
                     void *plain, size_t size_bytes);

#endif
