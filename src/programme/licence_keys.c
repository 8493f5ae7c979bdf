#include "programme/licence_keys.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEAL_KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    SEALED_BYTES = NONCE_BYTES + LICENCE_KEY_BYTES - 1 + crypto_aead_xchacha20poly1305_ietf_ABYTES,
    HINT_BYTES = 5
};

/* The secret has several uses; each has a key of its own. */
static void seal_key_derive(const struct call *call, unsigned char key[SEAL_KEY_BYTES]) {
    static const unsigned char purpose[] = "seatmeter licence key seal";
    crypto_generichash(key, SEAL_KEY_BYTES, purpose, sizeof purpose - 1, call->secret,
                       PROGRAMME_SECRET_BYTES);
}

struct text licence_key_new(const struct call *call, struct licence *licence) {
    unsigned char random[LICENCE_KEY_RANDOM_BYTES];
    char key[LICENCE_KEY_BYTES];
    call->random->fill(call->random, random, sizeof random);
    licence_key_make(random, key);

    unsigned char *hash = ARENA_NEW(call->arena, unsigned char, LICENCE_KEY_HASH_BYTES);
    licence_key_hash(call->secret, key, hash);
    licence->key_hash = (struct text){(const char *)hash, LICENCE_KEY_HASH_BYTES};

    unsigned char seal_key[SEAL_KEY_BYTES];
    unsigned char *sealed = ARENA_NEW(call->arena, unsigned char, SEALED_BYTES);
    seal_key_derive(call, seal_key);
    call->random->fill(call->random, sealed, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, (const unsigned char *)key,
                                               LICENCE_KEY_BYTES - 1, hash, LICENCE_KEY_HASH_BYTES, NULL,
                                               sealed, seal_key);
    sodium_memzero(seal_key, sizeof seal_key);
    licence->key_sealed = (struct text){(const char *)sealed, SEALED_BYTES};

    struct text text = text_copy(call->arena, text_of(key));
    licence->key_hint = (struct text){text.at + text.length - HINT_BYTES, HINT_BYTES};
    return text;
}

enum status licence_key_open(const struct call *call, const struct licence *licence, struct text *key,
                             struct fault *fault) {
    assert(licence->key_hash.length == LICENCE_KEY_HASH_BYTES);
    unsigned char seal_key[SEAL_KEY_BYTES];
    const unsigned char *sealed = (const unsigned char *)licence->key_sealed.at;
    char *open = ARENA_NEW(call->arena, char, LICENCE_KEY_BYTES);
    bool opened = false;
    if (licence->key_sealed.length == SEALED_BYTES) {
        seal_key_derive(call, seal_key);
        opened = crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)open, NULL, NULL,
                                                            sealed + NONCE_BYTES, SEALED_BYTES - NONCE_BYTES,
                                                            (const unsigned char *)licence->key_hash.at,
                                                            LICENCE_KEY_HASH_BYTES, sealed, seal_key) == 0;
        sodium_memzero(seal_key, sizeof seal_key);
    }
    if (!opened)
        return fault_set(
            fault, STATUS_INTERNAL, "key-unreadable", "key", licence->key_hint,
            "the key of this licence was sealed under another secret than the one given, or damaged");
    *key = (struct text){open, LICENCE_KEY_BYTES - 1};
    return STATUS_OK;
}
