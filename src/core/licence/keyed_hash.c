#include "core/licence/keyed_hash.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

static_assert((int)PROGRAMME_SECRET_BYTES >= (int)crypto_generichash_KEYBYTES_MIN &&
                  (int)PROGRAMME_SECRET_BYTES <= (int)crypto_generichash_KEYBYTES_MAX,
              "the programme's secret can key BLAKE2b");

void keyed_hash(const unsigned char secret[PROGRAMME_SECRET_BYTES], const char *purpose, struct text message,
                unsigned char *hash, size_t hash_bytes) {
    crypto_generichash_state state;
    int failed = crypto_generichash_init(&state, secret, PROGRAMME_SECRET_BYTES, hash_bytes);
    failed |= crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
    failed |= crypto_generichash_update(&state, (const unsigned char *)message.at, message.length);
    failed |= crypto_generichash_final(&state, hash, hash_bytes);
    assert(failed == 0);
}
