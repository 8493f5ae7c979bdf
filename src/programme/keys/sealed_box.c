#include "programme/keys/sealed_box.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES
};
static_assert((int)SEALED_BOX_EXTRA_BYTES ==
                  (int)NONCE_BYTES + (int)crypto_aead_xchacha20poly1305_ietf_ABYTES,
              "a nonce and a tag");

/* The secret has several uses; each has a key of its own. */
static void derive(const struct call *call, const char *purpose, unsigned char key[KEY_BYTES]) {
    crypto_generichash(key, KEY_BYTES, (const unsigned char *)purpose, strlen(purpose), call->secret,
                       PROGRAMME_SECRET_BYTES);
}

static const unsigned char *bytes_of(struct text text) {
    return (const unsigned char *)text.at;
}

struct text sealed_box_seal(const struct call *call, const char *purpose, struct text plain,
                            struct text about) {
    unsigned char key[KEY_BYTES];
    size_t length = plain.length + SEALED_BOX_EXTRA_BYTES;
    unsigned char *sealed = ARENA_NEW(call->arena, unsigned char, length);
    derive(call, purpose, key);
    call->random->fill(call->random, sealed, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, bytes_of(plain), plain.length,
                                               bytes_of(about), about.length, NULL, sealed, key);
    sodium_memzero(key, sizeof key);
    return (struct text){(const char *)sealed, length};
}

bool sealed_box_open(const struct call *call, const char *purpose, struct text sealed, struct text about,
                     void *plain, size_t size_bytes) {
    if (sealed.length != size_bytes + SEALED_BOX_EXTRA_BYTES) {
        return false;
    }
    unsigned char key[KEY_BYTES];
    derive(call, purpose, key);
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, bytes_of(sealed) + NONCE_BYTES,
                                                            sealed.length - NONCE_BYTES, bytes_of(about),
                                                            about.length, bytes_of(sealed), key);
    sodium_memzero(key, sizeof key);
    return failed == 0;
}
