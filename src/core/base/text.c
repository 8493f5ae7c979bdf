#include "core/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_of(const char *string) {
    return string == NULL ? (struct text){"", 0} : (struct text){string, strlen(string)};
}

bool text_equal(struct text a, struct text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

bool text_is(struct text a, const char *string) {
    return text_equal(a, text_of(string));
}

static char fold(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_folded(struct text a, struct text b) {
    if (a.length != b.length) {
        return false;
    }
    for (size_t i = 0; i < a.length; i++) {
        if (fold(a.at[i]) != fold(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool text_starts_with(struct text whole, struct text start) {
    return whole.length >= start.length &&
           (start.length == 0 || memcmp(whole.at, start.at, start.length) == 0);
}

int text_compare(struct text a, struct text b) {
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    if (order != 0) {
        return order;
    }
    return (a.length > b.length) - (a.length < b.length);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text text_trim(struct text t) {
    while (t.length > 0 && is_blank(t.at[0])) {
        t.at++;
        t.length--;
    }
    while (t.length > 0 && is_blank(t.at[t.length - 1])) {
        t.length--;
    }
    return t;
}

struct text text_take_until(struct text *rest, char until) {
    size_t length = 0;
    while (length < rest->length && rest->at[length] != until) {
        length++;
    }
    size_t skipped = length < rest->length ? length + 1 : length;
    struct text taken = {rest->at, length};
    *rest = (struct text){rest->at + skipped, rest->length - skipped};
    return taken;
}

struct text text_fold(struct arena *arena, struct text t) {
    char *folded = ARENA_NEW(arena, char, t.length + 1);
    for (size_t i = 0; i < t.length; i++) {
        folded[i] = fold(t.at[i]);
    }
    folded[t.length] = '\0';
    return (struct text){folded, t.length};
}

struct text text_copy(struct arena *arena, struct text t) {
    char *copy = ARENA_NEW(arena, char, t.length + 1);
    if (t.length > 0) {
        memcpy(copy, t.at, t.length);
    }
    return (struct text){copy, t.length};
}

struct text text_format_list(struct arena *arena, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    assert(length >= 0);
    char *made = ARENA_NEW(arena, char, (size_t)length + 1);
    vsnprintf(made, (size_t)length + 1, format, again);
    va_end(again);
    return (struct text){made, (size_t)length};
}

struct text text_format(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    struct text made = text_format_list(arena, format, arguments);
    va_end(arguments);
    return made;
}

/* The length of the well-formed sequence at `at`, or 0. Table 3-7 of the Unicode Standard. */
static size_t utf8_sequence_length(const unsigned char *at, size_t left) {
    unsigned char first = at[0];
    if (first == 0) {
        return 0;
    }
    if (first < 0x80) {
        return 1;
    }
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || left < length) {
        return 0;
    }
    unsigned char lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < lowest || at[1] > highest) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (at[i] < 0x80 || at[i] > 0xBF) {
            return 0;
        }
    }
    return length;
}

bool text_is_valid_utf8(struct text t) {
    const unsigned char *at = (const unsigned char *)t.at;
    size_t left = t.length;
    while (left > 0) {
        size_t length = utf8_sequence_length(at, left);
        if (length == 0) {
            return false;
        }
        at += length;
        left -= length;
    }
    return true;
}

bool text_to_int64(struct text t, int64_t *value) {
    bool negative = t.length > 0 && t.at[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == t.length) {
        return false;
    }
    int64_t result = 0;
    for (; i < t.length; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') {
            return false;
        }
        int64_t digit = t.at[i] - '0';
        if (__builtin_mul_overflow(result, (int64_t)10, &result) ||
            __builtin_add_overflow(result, negative ? -digit : digit, &result)) {
            return false;
        }
    }
    *value = result;
    return true;
}
