#include "core/base64url.h"

#include <assert.h>
#include <string.h>

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { NO_DIGIT = 64 };

/* The value of each ASCII character, NO_DIGIT where it is none. */
static const unsigned char VALUES[128] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 52, 53, 54, 55,
    56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64, 64, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 63, 64, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
};

static unsigned digit_value(char c) {
    unsigned char byte = (unsigned char)c;
    return byte < sizeof VALUES ? VALUES[byte] : NO_DIGIT;
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
    const char *at = encoded.at;
    unsigned wrong = 0;
    for (; size_bytes >= 3; size_bytes -= 3) {
        unsigned a = digit_value(at[0]), b = digit_value(at[1]), c = digit_value(at[2]),
                 d = digit_value(at[3]);
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        wrong |= a | b | c | d;
        bytes[0] = (unsigned char)(bits >> 16);
        bytes[1] = (unsigned char)(bits >> 8);
        bytes[2] = (unsigned char)bits;
        bytes += 3;
        at += 4;
    }
    if (size_bytes > 0) {
        unsigned a = digit_value(at[0]), b = digit_value(at[1]), c = size_bytes == 2 ? digit_value(at[2]) : 0;
        uint32_t bits = a << 18 | b << 12 | c << 6;
        wrong |= a | b | c;
        bytes[0] = (unsigned char)(bits >> 16);
        if (size_bytes == 2) {
            bytes[1] = (unsigned char)(bits >> 8);
        }
        wrong |= (bits & (size_bytes == 2 ? 0xFF : 0xFFFF)) != 0 ? NO_DIGIT : 0;
    }
    return (wrong & NO_DIGIT) == 0;
}
