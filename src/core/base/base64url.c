#include "core/base/base64url.h"

#include <assert.h>
#include <string.h>

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

/* Every two digits, so that twelve bits take one look. */
struct pair {
    char digits[2];
};
#define PAIR(a, b)                                                                                           \
    {                                                                                                        \
        { a, b }                                                                                             \
    }
#define PAIRS_8(a, b, c, d, e, f, g, h, i)                                                                   \
    PAIR(a, b), PAIR(a, c), PAIR(a, d), PAIR(a, e), PAIR(a, f), PAIR(a, g), PAIR(a, h), PAIR(a, i)
#define PAIRS_OF(a)                                                                                          \
    PAIRS_8(a, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), PAIRS_8(a, 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P'),  \
        PAIRS_8(a, 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X'),                                                  \
        PAIRS_8(a, 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f'),                                                  \
        PAIRS_8(a, 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'),                                                  \
        PAIRS_8(a, 'o', 'p', 'q', 'r', 's', 't', 'u', 'v'),                                                  \
        PAIRS_8(a, 'w', 'x', 'y', 'z', '0', '1', '2', '3'),                                                  \
        PAIRS_8(a, '4', '5', '6', '7', '8', '9', '-', '_')
#define PAIRS_OF_8(a, b, c, d, e, f, g, h)                                                                   \
    PAIRS_OF(a), PAIRS_OF(b), PAIRS_OF(c), PAIRS_OF(d), PAIRS_OF(e), PAIRS_OF(f), PAIRS_OF(g), PAIRS_OF(h)
static const struct pair PAIRS[4096] = {
    PAIRS_OF_8('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), PAIRS_OF_8('I', 'J', 'K', 'L', 'M', 'N', 'O', 'P'),
    PAIRS_OF_8('Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X'), PAIRS_OF_8('Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f'),
    PAIRS_OF_8('g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'), PAIRS_OF_8('o', 'p', 'q', 'r', 's', 't', 'u', 'v'),
    PAIRS_OF_8('w', 'x', 'y', 'z', '0', '1', '2', '3'), PAIRS_OF_8('4', '5', '6', '7', '8', '9', '-', '_')};

static void encode_group(const unsigned char *in, char *out) {
    uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    memcpy(out, PAIRS[bits >> 12].digits, 2);
    memcpy(out + 2, PAIRS[bits & 4095].digits, 2);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bswap64 turns the machine's order round");

size_t base64url_encode(const void *bytes, size_t size_bytes, char *out) {
    const unsigned char *in = bytes;
    size_t length = BASE64URL_LENGTH(size_bytes);
    for (; size_bytes >= 8; size_bytes -= 6) { /* eight are read, six are used */
        uint64_t bits;
        memcpy(&bits, in, sizeof bits);
        bits = __builtin_bswap64(bits);
        memcpy(out, PAIRS[bits >> 52].digits, 2);
        memcpy(out + 2, PAIRS[bits >> 40 & 4095].digits, 2);
        memcpy(out + 4, PAIRS[bits >> 28 & 4095].digits, 2);
        memcpy(out + 6, PAIRS[bits >> 16 & 4095].digits, 2);
        in += 6;
        out += 8;
    }
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
