#include "store/upkeep/backup_seal.h"

#include <assert.h>
#include <string.h>

static void derive_key(const unsigned char *secret, unsigned char *key) {
    keyed_hash(secret, "backup", TEXT(""), key, crypto_secretstream_xchacha20poly1305_KEYBYTES);
}

static void derive_key_check(const unsigned char *secret, unsigned char *check) {
    keyed_hash(secret, "backup key check", TEXT(""), check, SEAL_KEY_CHECK_BYTES);
}

/* ---- writing ---- */

bool backup_seal_begin(struct backup_seal *seal, FILE *file, const unsigned char *secret, struct text about) {
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    unsigned char header[SEAL_HEADER_BYTES];
    *seal = (struct backup_seal){.about = about};
    derive_key(secret, key);
    derive_key_check(secret, header);
    crypto_secretstream_xchacha20poly1305_init_push(&seal->state, header + SEAL_KEY_CHECK_BYTES, key);
    sodium_memzero(key, sizeof key);
    return fwrite(header, 1, sizeof header, file) == sizeof header;
}

static bool write_chunk(struct backup_seal *seal, FILE *file, unsigned char tag) {
    unsigned char chunk[SEAL_CHUNK_BYTES];
    size_t size_bytes = seal->used + crypto_secretstream_xchacha20poly1305_ABYTES;
    crypto_secretstream_xchacha20poly1305_push(&seal->state, chunk, NULL, seal->plain, seal->used,
                                               (const unsigned char *)seal->about.at, seal->about.length,
                                               tag);
    seal->about = TEXT("");
    seal->used = 0;
    return fwrite(chunk, 1, size_bytes, file) == size_bytes;
}

bool backup_seal_put(struct backup_seal *seal, FILE *file, const void *bytes, size_t size_bytes) {
    const unsigned char *at = bytes;
    while (size_bytes > 0) {
        /* A full chunk waits until something follows, as the last one is marked. */
        if (seal->used == SEAL_PLAIN_BYTES &&
            !write_chunk(seal, file, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE)) {
            return false;
        }
        size_t room = SEAL_PLAIN_BYTES - seal->used;
        size_t piece = size_bytes < room ? size_bytes : room;
        memcpy(seal->plain + seal->used, at, piece);
        seal->used += piece;
        at += piece;
        size_bytes -= piece;
    }
    return true;
}

bool backup_seal_end(struct backup_seal *seal, FILE *file) {
    return write_chunk(seal, file, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
}

/* ---- reading ---- */

enum seal_opening backup_seal_open(struct backup_seal *seal, FILE *file, const unsigned char *secret,
                                   struct text about) {
    unsigned char key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    unsigned char header[SEAL_HEADER_BYTES];
    unsigned char check[SEAL_KEY_CHECK_BYTES];
    *seal = (struct backup_seal){.about = about};
    if (fread(header, 1, sizeof header, file) != sizeof header) {
        return SEAL_CUT_SHORT;
    }
    derive_key_check(secret, check);
    if (sodium_memcmp(check, header, sizeof check) != 0) {
        return SEAL_OTHER_SECRET;
    }
    derive_key(secret, key);
    int failed =
        crypto_secretstream_xchacha20poly1305_init_pull(&seal->state, header + SEAL_KEY_CHECK_BYTES, key);
    sodium_memzero(key, sizeof key);
    return failed == 0 ? SEAL_OPENED : SEAL_ALTERED;
}

/* Every chunk but the last is full, so their lengths stand nowhere. */
static enum seal_opening open_chunk(struct backup_seal *seal, FILE *file) {
    unsigned char chunk[SEAL_CHUNK_BYTES];
    unsigned char tag = 0;
    size_t size_bytes = fread(chunk, 1, sizeof chunk, file);
    unsigned long long ready = 0;
    if (size_bytes < crypto_secretstream_xchacha20poly1305_ABYTES) {
        return SEAL_CUT_SHORT;
    }
    if (crypto_secretstream_xchacha20poly1305_pull(&seal->state, seal->plain, &ready, &tag, chunk, size_bytes,
                                                   (const unsigned char *)seal->about.at,
                                                   seal->about.length) != 0) {
        return SEAL_ALTERED;
    }
    seal->about = TEXT("");
    seal->ready = (size_t)ready;
    seal->used = 0;
    seal->is_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return SEAL_OPENED;
}

enum seal_opening backup_seal_get(struct backup_seal *seal, FILE *file, void *bytes, size_t size_bytes) {
    unsigned char *at = bytes;
    while (size_bytes > 0) {
        if (seal->used == seal->ready) {
            enum seal_opening opening = seal->is_last ? SEAL_CUT_SHORT : open_chunk(seal, file);
            if (opening != SEAL_OPENED) {
                return opening;
            }
        }
        assert(seal->used <= seal->ready);
        size_t left = seal->ready - seal->used;
        size_t piece = size_bytes < left ? size_bytes : left;
        memcpy(at, seal->plain + seal->used, piece);
        seal->used += piece;
        at += piece;
        size_bytes -= piece;
    }
    return SEAL_OPENED;
}

bool backup_seal_is_over(const struct backup_seal *seal, FILE *file) {
    return seal->is_last && seal->used == seal->ready && fgetc(file) == EOF;
}
