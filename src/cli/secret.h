/* Secret: the 32 bytes that are kept outside the store.
 *
 * They seal licence keys, key the hashes by which keys are found, and permute identifiers: a stolen store
 * without them yields no key. They come from SEATMETER_SECRET (64 hexadecimal digits), else from the file
 * that SEATMETER_SECRET_FILE names, else from a file beside the store: PATH.secret for sqlite:PATH,
 * seatmeter.secret in the working directory for PostgreSQL. A secret file is readable by its owner alone. */
#ifndef SEATMETER_CLI_SECRET_H
#define SEATMETER_CLI_SECRET_H

#include "core/base/fault.h"
#include "core/licence/identifier.h"

/* Faults: "secret-missing", "malformed-secret", "secret-exposed" (a file that others can read). */
enum status secret_load(struct text db_url, unsigned char secret[PROGRAMME_SECRET_BYTES],
                        struct fault *fault) MUST_CHECK;

/* Loads the secret; where there is none yet, makes one and writes it to its file, durably: `*made`. */
enum status secret_load_or_make(struct text db_url, unsigned char secret[PROGRAMME_SECRET_BYTES], bool *made,
                                struct fault *fault) MUST_CHECK;

/* Takes away the file of a secret that was made for nothing. */
void secret_unmake(struct text db_url);

#endif
