#include "programme/keys/licence_keys.h"

#include "programme/keys/sealed_box.h"

enum { HINT_BYTES = 5 };

static const char SEAL_PURPOSE[] = "seatmeter licence key seal";

struct text licence_key_new(const struct call *call, struct licence *licence) {
    unsigned char random[LICENCE_KEY_RANDOM_BYTES];
    char key[LICENCE_KEY_BYTES];
    call->random->fill(call->random, random, sizeof random);
    licence_key_make(random, key);

    unsigned char *hash = ARENA_NEW(call->arena, unsigned char, LICENCE_KEY_HASH_BYTES);
    licence_key_hash(call->secret, key, hash);
    licence->key_hash = (struct text){(const char *)hash, LICENCE_KEY_HASH_BYTES};
    licence->key_sealed = sealed_box_seal(call, SEAL_PURPOSE, text_of(key), licence->key_hash);

    struct text text = text_copy(call->arena, text_of(key));
    licence->key_hint = (struct text){text.at + text.length - HINT_BYTES, HINT_BYTES};
    return text;
}

enum status licence_key_open(const struct call *call, const struct licence *licence, struct text *key,
                             struct fault *fault) {
    char *open = ARENA_NEW(call->arena, char, LICENCE_KEY_BYTES);
    if (!sealed_box_open(call, SEAL_PURPOSE, licence->key_sealed, licence->key_hash, open,
                         LICENCE_KEY_BYTES - 1)) {
        return fault_set(
            fault, STATUS_INTERNAL, "key-unreadable", "key", licence->key_hint,
            "The key of this licence was sealed under another secret than the one given, or is damaged.");
    }
    *key = (struct text){open, LICENCE_KEY_BYTES - 1};
    return STATUS_OK;
}
