/* XSalsa20-Poly1305 secretboxes of libsodium, with random nonces in front. */
#include "web/seal.h"

#include "core/licence/identifier.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char *const PURPOSES[] = {
    [SEAL_CURSOR] = "seatmeter cursor", [SEAL_IDEMPOTENT_RESPONSE] = "seatmeter kept answer"};

static void derive(const unsigned char *secret, const char *purpose, unsigned char *key, size_t size_bytes) {
    int made = crypto_generichash(key, size_bytes, (const unsigned char *)purpose, strlen(purpose), secret,
                                  PROGRAMME_SECRET_BYTES);
    assert(made == 0);
    (void)made;
}

struct text seal(struct arena *arena, const unsigned char *secret, enum seal_purpose purpose,
                 struct text plain) {
    unsigned char key[crypto_secretbox_KEYBYTES];
    derive(secret, PURPOSES[purpose], key, sizeof key);
    size_t length = plain.length + SEAL_EXTRA_BYTES;
    unsigned char *sealed = ARENA_NEW(arena, unsigned char, length);
    randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, (const unsigned char *)plain.at, plain.length,
                          sealed, key);
    sodium_memzero(key, sizeof key);
    return (struct text){(const char *)sealed, length};
}

bool seal_open(struct arena *arena, const unsigned char *secret, enum seal_purpose purpose,
               struct text sealed, struct text *plain) {
    static_assert(SEAL_EXTRA_BYTES == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES, "seal size");
    if (sealed.length < SEAL_EXTRA_BYTES) {
        return false;
    }
    unsigned char key[crypto_secretbox_KEYBYTES];
    derive(secret, PURPOSES[purpose], key, sizeof key);
    const unsigned char *bytes = (const unsigned char *)sealed.at;
    unsigned char *opened = ARENA_NEW(arena, unsigned char, sealed.length - SEAL_EXTRA_BYTES + 1);
    int failed = crypto_secretbox_open_easy(opened, bytes + crypto_secretbox_NONCEBYTES,
                                            sealed.length - crypto_secretbox_NONCEBYTES, bytes, key);
    sodium_memzero(key, sizeof key);
    if (failed != 0) {
        return false;
    }
    *plain = (struct text){(const char *)opened, sealed.length - SEAL_EXTRA_BYTES};
    return true;
}

void seal_hash(const unsigned char *secret, struct text bytes, unsigned char *hash, size_t size_bytes) {
    unsigned char full[crypto_generichash_BYTES];
    assert(size_bytes <= sizeof full);
    crypto_generichash(full, sizeof full, (const unsigned char *)bytes.at, bytes.length, secret,
                       PROGRAMME_SECRET_BYTES);
    memcpy(hash, full, size_bytes);
}
