#include "core/base64url.h"

#include <assert.h>
#include <string.h>

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { NO_DIGIT = 64 };

/* The value of a character, NO_DIGIT where it is none. */
static unsigned digit_value(char c) {
    if (c >= 'A' && c <= 'Z') {
        return (unsigned)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (unsigned)(c - 'a') + 26;
    }
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0') + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : NO_DIGIT;
}

static void encode_group(const unsigned char *in, char *out) {
    uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    out[0] = DIGITS[bits >> 18];
    out[1] = DIGITS[bits >> 12 & 63];
    out[2] = DIGITS[bits >> 6 & 63];
    out[3] = DIGITS[bits & 63];
}

size_t base64url_encode(const void *bytes, size_t size_bytes, char *out) {
    const unsigned char *in = bytes;
    size_t length = BASE64URL_LENGTH(size_bytes);
    for (; size_bytes >= 3; size_bytes -= 3) {
        encode_group(in, out);
        in += 3;
        out += 4;
    }
    if (size_bytes > 0) {
        unsigned char last[3] = {in[0], size_bytes == 2 ? in[1] : 0, 0};
        char group[4];
        encode_group(last, group);
        memcpy(out, group, size_bytes + 1);
    }
    return length;
}

bool base64url_decode(struct text encoded, void *out, size_t size_bytes) {
    if (encoded.length != BASE64URL_LENGTH(size_bytes)) {
        return false;
    }
    unsigned char *bytes = out;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < encoded.length; i++) {
        unsigned value = digit_value(encoded.at[i]);
        if (value == NO_DIGIT) {
            return false;
        }
        bits = bits << 6 | value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *bytes++ = (unsigned char)(bits >> held);
        }
    }
    assert(held < 6);
    return (bits & ((1u << held) - 1)) == 0;
}
