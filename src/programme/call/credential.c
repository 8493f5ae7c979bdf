#include "programme/call/credential.h"

#include <assert.h>
#include <sodium.h>

struct text credential_make(struct call *call, const char *prefix) {
    unsigned char bytes[CREDENTIAL_RANDOM_BYTES];
    char word[CREDENTIAL_MAX_BYTES];
    static_assert(sizeof word >= sodium_base64_ENCODED_LEN(CREDENTIAL_RANDOM_BYTES,
                                                           sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                  "the word fits");
    call->random->fill(call->random, bytes, sizeof bytes);
    sodium_bin2base64(word, sizeof word, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    struct text made = text_format(call->arena, "%s%s", prefix, word);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(word, sizeof word);
    return made;
}

struct text credential_hash(struct call *call, struct text credential) {
    static_assert((int)PROGRAMME_SECRET_BYTES >= (int)crypto_generichash_KEYBYTES_MIN &&
                      (int)CREDENTIAL_HASH_BYTES <= (int)crypto_generichash_BYTES_MAX,
                  "BLAKE2b takes the secret as its key");
    unsigned char *hash = ARENA_NEW(call->arena, unsigned char, CREDENTIAL_HASH_BYTES);
    crypto_generichash(hash, CREDENTIAL_HASH_BYTES, (const unsigned char *)credential.at, credential.length,
                       call->secret, PROGRAMME_SECRET_BYTES);
    return (struct text){(const char *)hash, CREDENTIAL_HASH_BYTES};
}
