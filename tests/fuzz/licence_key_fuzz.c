/* Licence keys: a key that is taken is taken again as it is written, and with one digit changed it is not.
 * The bytes are a typed key or, where there are as many as a key has of randomness, a key's random bytes. */
#include "core/licence/licence_key.h"
#include "fuzz.h"

static void check_key(const char key[LICENCE_KEY_BYTES], size_t change) {
    struct fault fault;
    char again[LICENCE_KEY_BYTES];
    enum status status = licence_key_parse(text_of(key), again, &fault);
    assert(status == STATUS_OK && memcmp(key, again, sizeof again) == 0);

    size_t at = change % (LICENCE_KEY_BYTES - 1);
    if (again[at] != '-') {
        again[at] = again[at] == '7' ? 'Q' : '7';
        char untouched[LICENCE_KEY_BYTES];
        status = licence_key_parse(text_of(again), untouched, &fault);
        assert(status == STATUS_INVALID && strcmp(fault.code, "malformed-licence-key") == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct fault fault;
    char key[LICENCE_KEY_BYTES];
    if (licence_key_parse(fuzz_text(bytes, size), key, &fault) == STATUS_OK) {
        check_key(key, size);
    } else {
        assert(strcmp(fault.field, "key") == 0 && text_is_valid_utf8(text_of(fault.message)));
    }
    if (size == LICENCE_KEY_RANDOM_BYTES) {
        licence_key_make(bytes, key);
        check_key(key, bytes[0]);
    }
    return 0;
}
