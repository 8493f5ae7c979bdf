#include "programme/call/validate.h"

#include "core/base/visible.h"
#include "core/licence/identifier.h"
#include "core/money/money.h"

#include <string.h>

enum { EMAIL_MAX_BYTES = 254 }; /* RFC 5321 */

enum status check_visible(struct text given, const char *field, bool lines, struct fault *fault) {
    if (!text_is_valid_utf8(given)) {
        return fault_set(fault, STATUS_INVALID, "malformed-text", field, given, "Give %s as UTF-8.", field);
    }
    int32_t hidden = visible_first_hidden(given, lines);
    if (hidden >= 0) {
        return fault_set(
            fault, STATUS_INVALID, "malformed-text", field, TEXT(""),
            "Give %s without the character U+%04X: control characters and what nobody sees have no place "
            "in it.",
            field, (unsigned)hidden);
    }
    if (given.length > 0 && !visible_is_any(given)) {
        return fault_set(fault, STATUS_INVALID, "malformed-text", field, TEXT(""),
                         "Give %s with something to see in it: it has blanks alone.", field);
    }
    return STATUS_OK;
}

static enum status check_text(struct text given, const char *field, size_t max_bytes, bool lines,
                              struct text *text, struct fault *fault) {
    struct text trimmed = text_trim(given);
    if (trimmed.length > max_bytes) {
        return fault_set(fault, STATUS_INVALID, "text-too-long", field, trimmed,
                         "Shorten %s to %zu bytes at most: it has %zu.", field, max_bytes, trimmed.length);
    }
    TRY(check_visible(trimmed, field, lines, fault));
    *text = trimmed;
    return STATUS_OK;
}

enum status check_line(struct text given, const char *field, size_t max_bytes, struct text *line,
                       struct fault *fault) {
    return check_text(given, field, max_bytes, false, line, fault);
}

enum status check_required_line(struct text given, const char *field, size_t max_bytes, struct text *line,
                                struct fault *fault) {
    struct text found;
    TRY(check_text(given, field, max_bytes, false, &found, fault));
    if (found.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", field, TEXT(""),
                         "Give %s: it must not be empty.", field);
    }
    *line = found;
    return STATUS_OK;
}

enum status check_lines(struct text given, const char *field, size_t max_bytes, struct text *lines,
                        struct fault *fault) {
    return check_text(given, field, max_bytes, true, lines, fault);
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_letter_or_digit(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool is_code(struct text given) {
    if (given.length == 0 || given.length > CODE_MAX_BYTES || !is_letter_or_digit(given.at[0])) {
        return false;
    }
    for (size_t i = 0; i < given.length; i++) {
        char c = given.at[i];
        if (!is_letter_or_digit(c) && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return !identifier_has_prefix(given);
}

bool code_is_reserved(struct text code) {
    /* What commands, exports, trails and addresses say where they could say an account, and what a person
     * or a script would take for something else than a party. */
    static const char *const WORDS[] = {
        "all",   "any",    "anybody", "everybody", "me",     "none",     "null",    "nobody",
        "other", "others", "total",   "totals",    "system", "operator", "unknown",
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (text_equal_folded(code, text_of(WORDS[i]))) {
            return true;
        }
    }
    return false;
}

enum status check_code(struct text given, const char *field, struct fault *fault) {
    if (!is_code(given)) {
        return fault_set(
            fault, STATUS_INVALID, "malformed-code", field, given,
            "\"%.*s\" is no code: use 1 to 40 letters, digits, \".\", \"_\" and \"-\", beginning with a "
            "letter or digit, and not as identifiers begin (\"acc_\").",
            TEXT_ARGS(given));
    }
    if (code_is_reserved(given)) {
        return fault_set(fault, STATUS_INVALID, "reserved-code", field, given,
                         "\"%.*s\" is a word of the programme's own: choose another code.", TEXT_ARGS(given));
    }
    return STATUS_OK;
}

enum status check_email(struct arena *arena, struct text given, const char *field, struct text *email,
                        struct fault *fault) {
    struct text line;
    TRY(check_line(given, field, EMAIL_MAX_BYTES, &line, fault));
    size_t ats = 0;
    size_t at = 0;
    bool blank = false;
    for (size_t i = 0; i < line.length; i++) {
        if (line.at[i] == '@') {
            ats++;
            at = i;
        }
        blank = blank || line.at[i] == ' ' || line.at[i] == ',' || line.at[i] == '<' || line.at[i] == '>';
    }
    if (line.length > 0 && (ats != 1 || at == 0 || at + 1 == line.length || blank)) {
        return fault_set(fault, STATUS_INVALID, "malformed-email", field, line,
                         "\"%.*s\" is no e-mail address: it must read like name@example.com.",
                         TEXT_ARGS(line));
    }
    char *lower = ARENA_NEW(arena, char, line.length);
    for (size_t i = 0; i < line.length; i++) {
        char c = line.at[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *email = (struct text){lower, line.length};
    return STATUS_OK;
}

enum status check_country(struct arena *arena, struct text given, const char *field, struct text *country,
                          struct fault *fault) {
    struct text line = text_trim(given);
    if (line.length == 0) {
        *country = TEXT("");
        return STATUS_OK;
    }
    if (line.length != 2 || !is_letter(line.at[0]) || !is_letter(line.at[1])) {
        return fault_set(fault, STATUS_INVALID, "malformed-country", field, line,
                         "\"%.*s\" is no country: use the two letters of ISO 3166-1, such as US or DE.",
                         TEXT_ARGS(line));
    }
    *country = text_format(arena, "%c%c", line.at[0] & ~0x20, line.at[1] & ~0x20);
    return STATUS_OK;
}

enum status check_number(struct text given, const char *field, int64_t least, int64_t most, int64_t otherwise,
                         int64_t *number, struct fault *fault) {
    struct text word = text_trim(given);
    int64_t value = otherwise;
    if (word.length > 0 && (!text_to_int64(word, &value) || value < least || value > most)) {
        return fault_set(fault, STATUS_INVALID, "number-out-of-range", field, word,
                         "Give %s as a whole number from %lld to %lld.", field, (long long)least,
                         (long long)most);
    }
    *number = value;
    return STATUS_OK;
}

enum status check_yes_no(struct text given, const char *field, bool *yes, struct fault *fault) {
    struct text word = text_trim(given);
    bool is_yes = text_is(word, "yes") || text_is(word, "true") || text_is(word, "1");
    bool is_no = word.length == 0 || text_is(word, "no") || text_is(word, "false") || text_is(word, "0");
    if (!is_yes && !is_no) {
        return fault_set(fault, STATUS_INVALID, "malformed-yes-no", field, word, "Say yes or no for %s.",
                         field);
    }
    *yes = is_yes;
    return STATUS_OK;
}

enum status check_tax(struct text category, struct text rate, struct tax *tax, struct fault *fault) {
    struct text code = text_trim(category);
    struct text percent = text_trim(rate);
    struct tax made = {{0}, 0};
    if (code.length == 0) {
        code = percent.length == 0 ? TEXT("O") : TEXT("S");
    }
    if (code.length >= sizeof made.category) {
        return fault_set(fault, STATUS_INVALID, "unknown-tax-category", "tax_category", code,
                         "Give tax_category as one of S, Z, E, AE, K, G, O, L and M (EN 16931).");
    }
    memcpy(made.category, code.at, code.length);
    if (percent.length > 0) {
        /* A percent is 10,000 millionths. */
        if (decimal_parse(percent, 4, "tax_rate", &made.rate_millionths, fault) != STATUS_OK) {
            return fault_set(
                fault, STATUS_INVALID, "malformed-number", "tax_rate", percent,
                "Give tax_rate as a percentage from 0 to 100, such as 19 or 8.875: a point, at most "
                "4 decimals, and no sign.");
        }
    }
    TRY(tax_check(made, "tax", fault));
    *tax = made;
    return STATUS_OK;
}

enum status check_tax_change(struct text category, struct text rate, struct tax present, struct tax *tax,
                             struct fault *fault) {
    struct text code = text_trim(category);
    if (code.length == 0 && text_trim(rate).length == 0) {
        *tax = present;
        return STATUS_OK;
    }
    if (code.length == 0 && present.rate_millionths > 0) {
        code = text_of(present.category);
    }
    return check_tax(code, rate, tax, fault);
}
