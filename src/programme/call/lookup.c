#include "programme/call/lookup.h"

#include <assert.h>
#include <stdio.h>

enum { CHOICES_SAID_BYTES = 360 };

enum status lookup_require_word(const struct lookup_noun *noun, struct text word, const char *field,
                                struct fault *fault) {
    if (word.length > 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID, "missing-field", field, word, "Say which %s is meant: give %s.",
                     field, noun->named_by);
}

enum status lookup_require_found(const struct lookup_noun *noun, struct text word, const char *field,
                                 bool found, struct fault *fault) {
    if (!found && noun->word_is_secret) {
        return fault_set(fault, STATUS_NOT_FOUND, noun->unknown_code, field, word,
                         "There is no such %s: give %s.", noun->noun, noun->named_by);
    }
    if (!found) {
        return fault_set(fault, STATUS_NOT_FOUND, noun->unknown_code, field, word,
                         "There is no %s \"%.*s\": give %s.", noun->noun, TEXT_ARGS(word), noun->named_by);
    }
    return STATUS_OK;
}

/* ---- which of several a code names ---- */

static int compare_claims(const struct code_claim *a, const struct code_claim *b) {
    if (a->circle != b->circle) {
        return a->circle < b->circle ? -1 : 1;
    }
    return (a->age > b->age) - (a->age < b->age);
}

bool code_claim_choose(struct text word, struct code_claim *claims, size_t count, size_t *chosen) {
    size_t first = 0;
    size_t tied = 0;
    size_t exact = 0;
    size_t exact_at = 0;
    assert(count > 0);
    for (size_t i = 1; i < count; i++) {
        if (compare_claims(&claims[i], &claims[first]) < 0) {
            first = i;
        }
    }
    for (size_t i = 0; i < count; i++) {
        claims[i].is_tied = compare_claims(&claims[i], &claims[first]) == 0;
        tied += claims[i].is_tied;
        if (claims[i].is_tied && text_equal(word, claims[i].code)) {
            exact++;
            exact_at = i;
        }
    }
    *chosen = exact == 1 ? exact_at : first;
    return tied == 1 || exact == 1;
}

enum status lookup_ambiguous(const struct lookup_noun *noun, struct text word, const char *field,
                             const struct lookup_choice *choices, size_t count, struct fault *fault) {
    char said[CHOICES_SAID_BYTES] = "";
    int length = 0;
    size_t said_count = 0;
    assert(count > 1);
    for (; said_count < count && length < CHOICES_SAID_BYTES / 2; said_count++) {
        const struct lookup_choice *choice = &choices[said_count];
        bool has_path = choice->path.length > 0;
        length += snprintf(said + length, sizeof said - (size_t)length, "%s%.*s%s%.*s%s",
                           said_count == 0 ? "" : ", ", TEXT_ARGS(choice->identifier), has_path ? " (" : "",
                           TEXT_ARGS(choice->path), has_path ? ")" : "");
    }
    if (said_count < count && length < CHOICES_SAID_BYTES) {
        snprintf(said + length, sizeof said - (size_t)length, " and %zu more", count - said_count);
    }
    enum status status = fault_set(fault, noun->ambiguous_status, noun->ambiguous_code, field, word,
                                   "More than one %s is called \"%.*s\": %s. Name the one that is meant so.",
                                   noun->noun, TEXT_ARGS(word), said);
    for (size_t i = 0; i < count; i++) {
        fault_offer(fault, choices[i].identifier, choices[i].path);
    }
    return status;
}
