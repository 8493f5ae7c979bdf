#include "bytes.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct sm_span sm_span_of(const char *terminated) {
    struct sm_span span = {terminated, terminated == NULL ? 0 : strlen(terminated)};
    return span;
}

bool sm_span_equal(struct sm_span first, struct sm_span second) {
    return first.length == second.length &&
           (first.length == 0 || memcmp(first.at, second.at, first.length) == 0);
}

bool sm_span_is(struct sm_span span, const char *terminated) {
    return sm_span_equal(span, sm_span_of(terminated));
}

bool sm_span_copy(struct sm_span span, char *out, size_t capacity) {
    out[0] = '\0';
    if (span.length >= capacity) {
        return false;
    }
    if (span.length > 0) {
        memcpy(out, span.at, span.length);
    }
    out[span.length] = '\0';
    return true;
}

char *sm_text_duplicate(struct sm_span span) {
    char *copy = malloc(span.length + 1);
    if (copy != NULL) {
        (void)sm_span_copy(span, copy, span.length + 1);
    }
    return copy;
}

static bool buffer_make_room(struct sm_buffer *buffer, size_t size) {
    if (buffer->has_failed || size > SIZE_MAX / 4 - buffer->length) {
        buffer->has_failed = true;
        return false;
    }
    size_t needed = buffer->length + size + 1;
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity = needed < 256 ? 256 : needed * 2;
    char *at = malloc(capacity);
    if (at == NULL) {
        buffer->has_failed = true;
        return false;
    }
    if (buffer->at != NULL) {
        memcpy(at, buffer->at, buffer->length);
        sodium_memzero(buffer->at, buffer->capacity);
        free(buffer->at);
    }
    buffer->at = at;
    buffer->capacity = capacity;
    return true;
}

void sm_buffer_add(struct sm_buffer *buffer, const void *bytes, size_t size) {
    if (!buffer_make_room(buffer, size)) {
        return;
    }
    if (size > 0) {
        memcpy(buffer->at + buffer->length, bytes, size);
    }
    buffer->length += size;
    buffer->at[buffer->length] = '\0';
}

void sm_buffer_text(struct sm_buffer *buffer, const char *terminated) {
    sm_buffer_add(buffer, terminated, strlen(terminated));
}

void sm_buffer_number(struct sm_buffer *buffer, int64_t number) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? ~(uint64_t)number + 1 : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    sm_buffer_add(buffer, digits + at, sizeof digits - at);
}

void sm_buffer_base64(struct sm_buffer *buffer, const void *bytes, size_t size) {
    if (size > SIZE_MAX / 8) {
        buffer->has_failed = true;
        return;
    }
    size_t encoded = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (!buffer_make_room(buffer, encoded)) {
        return;
    }
    (void)sodium_bin2base64(buffer->at + buffer->length, encoded, bytes, size,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    buffer->length += encoded - 1;
}

void sm_buffer_string(struct sm_buffer *buffer, struct sm_span text) {
    static const char hex[] = "0123456789abcdef";
    sm_buffer_add(buffer, "\"", 1);
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\') {
            char escaped[2] = {'\\', (char)c};
            sm_buffer_add(buffer, escaped, sizeof escaped);
        } else if (c < 0x20) {
            char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            sm_buffer_add(buffer, escaped, sizeof escaped);
        } else {
            sm_buffer_add(buffer, text.at + i, 1);
        }
    }
    sm_buffer_add(buffer, "\"", 1);
}

void sm_buffer_free(struct sm_buffer *buffer) {
    if (buffer->at != NULL) {
        sodium_memzero(buffer->at, buffer->capacity);
        free(buffer->at);
    }
    buffer->at = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
    buffer->has_failed = false;
}

bool sm_base64_decode(struct sm_span encoded, void *out, size_t capacity, size_t *size) {
    return sodium_base642bin(out, capacity, encoded.at, encoded.length, NULL, size, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

bool sm_base64_bytes(struct sm_span encoded, void *out, size_t size) {
    size_t decoded = 0;
    return encoded.length == (size * 4 + 2) / 3 && sm_base64_decode(encoded, out, size, &decoded) &&
           decoded == size;
}

/* The length of the UTF-8 sequence that begins here (RFC 3629: shortest form, no surrogates), or 0. */
static size_t utf8_length(const unsigned char *at, size_t left) {
    unsigned char first = at[0];
    if (first < 0x80) {
        return 1;
    }
    size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                    : first >= 0xE0 && first <= 0xEF ? 3
                    : first >= 0xF0 && first <= 0xF4 ? 4
                                                     : 0;
    if (length == 0 || left < length) {
        return 0;
    }
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool sm_is_utf8(struct sm_span text) {
    const unsigned char *at = (const unsigned char *)text.at;
    size_t left = text.length;
    while (left > 0) {
        size_t length = utf8_length(at, left);
        if (length == 0) {
            return false;
        }
        at += length;
        left -= length;
    }
    return true;
}
