/* Identifiers: what decodes is the integer's own word, but for how it was typed; every integer has a word. */
#include "core/licence/identifier.h"
#include "fuzz.h"

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = {1, 2, 3};
enum { KINDS = IDENTIFIER_AUDIT + 1 };

static char as_written(char c, bool in_prefix) {
    if (in_prefix) {
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct text typed = fuzz_text(bytes, size);
    for (int kind = 0; kind < KINDS; kind++) {
        int64_t id;
        if (identifier_decode(secret, (enum identifier_kind)kind, typed, &id)) {
            char word[IDENTIFIER_BYTES];
            assert(id > 0 && size == sizeof word - 1);
            identifier_encode(secret, (enum identifier_kind)kind, id, word);
            for (size_t i = 0; i < size; i++) {
                assert(as_written(typed.at[i], i < 4) == word[i]);
            }
        }
    }
    if (size == 9) { /* a kind and an integer */
        enum identifier_kind kind = (enum identifier_kind)(bytes[0] % KINDS);
        int64_t id = 0, decoded;
        memcpy(&id, bytes + 1, sizeof id);
        if (id > 0) {
            char word[IDENTIFIER_BYTES];
            identifier_encode(secret, kind, id, word);
            bool is_decoded = identifier_decode(secret, kind, text_of(word), &decoded);
            assert(is_decoded && decoded == id);
        }
    }
    return 0;
}
