#include "programme/call/lookup.h"

enum status lookup_require_word(const struct lookup_noun *noun, struct text word, const char *field,
                                struct fault *fault) {
    if (word.length > 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "missing-field", field, word, "Say which %s is meant: give %s.",
                     field, noun->named_by);
}

enum status lookup_require_one(const struct lookup_noun *noun, struct text word, const char *field,
                               size_t count, struct fault *fault) {
    if (count == 0 && noun->word_is_secret) {
        return fault_set(fault, STATUS_NOT_FOUND, noun->unknown_code, field, word,
                         "There is no such %s: give %s.", noun->noun, noun->named_by);
    }
    if (count == 0) {
        return fault_set(fault, STATUS_NOT_FOUND, noun->unknown_code, field, word,
                         "There is no %s \"%.*s\": give %s.", noun->noun, TEXT_ARGS(word), noun->named_by);
    }
    if (count > 1) {
        return fault_set(fault, noun->ambiguous_status, noun->ambiguous_code, field, word,
                         "More than one %s is called \"%.*s\": name it by its identifier.", noun->noun,
                         TEXT_ARGS(word));
    }
    return STATUS_OK;
}
