/* Backup seal: the bytes of a backup's body, encrypted and authenticated on their way into the file and back.
 *
 * The stream is libsodium's secretstream (XChaCha20-Poly1305) in chunks of 64 KiB, under a key that follows
 * from the programme's secret. The last chunk says that it is the last, so a file that was cut, reordered or
 * lengthened does not open, and the head of the file is bound to the first chunk. Private to backup_….c. */
#ifndef SEATMETER_STORE_UPKEEP_BACKUP_SEAL_H
#define SEATMETER_STORE_UPKEEP_BACKUP_SEAL_H

#include "core/base/text.h"
#include "core/licence/keyed_hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <sodium.h>

enum { SEAL_PLAIN_BYTES = 64 * 1024, SEAL_KEY_CHECK_BYTES = 16 };
enum { SEAL_CHUNK_BYTES = SEAL_PLAIN_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES };
/* What stands in the file before the first chunk: which secret it is sealed with, and the stream's nonce. */
enum { SEAL_HEADER_BYTES = SEAL_KEY_CHECK_BYTES + crypto_secretstream_xchacha20poly1305_HEADERBYTES };

struct backup_seal {
    crypto_secretstream_xchacha20poly1305_state state;
    struct text about; /* bound to the first chunk; then empty */
    unsigned char plain[SEAL_PLAIN_BYTES];
    size_t used;  /* writing: bytes that wait; reading: bytes that were taken */
    size_t ready; /* reading: bytes that were opened */
    bool is_last; /* reading: no chunk follows */
};

/* Begins a file's body: the seal's header is written. `about` (the file's clear head) must stay until the
 * first chunk is written. False, with errno, where the file cannot be written. */
bool backup_seal_begin(struct backup_seal *seal, FILE *file, const unsigned char *secret, struct text about);
bool backup_seal_put(struct backup_seal *seal, FILE *file, const void *bytes, size_t size_bytes);
bool backup_seal_end(struct backup_seal *seal, FILE *file);

enum seal_opening { SEAL_OPENED, SEAL_OTHER_SECRET, SEAL_CUT_SHORT, SEAL_ALTERED };

/* Reads the seal's header; `about` as above. */
enum seal_opening backup_seal_open(struct backup_seal *seal, FILE *file, const unsigned char *secret,
                                   struct text about);
enum seal_opening backup_seal_get(struct backup_seal *seal, FILE *file, void *bytes, size_t size_bytes);

/* Whether everything has been taken and nothing follows in the file. */
bool backup_seal_is_over(const struct backup_seal *seal, FILE *file);

#endif
