#include "licence_key.h"

#include <stddef.h>
#include <string.h>

/* Crockford's base 32: no I, L, O (too like 1, 1, 0) and no U. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int digit_value(char c) {
    char upper = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    if (upper == 'O') {
        return 0;
    }
    if (upper == 'I' || upper == 'L') {
        return 1;
    }
    const char *found = upper == '\0' ? NULL : strchr(digits, upper);
    return found == NULL ? -1 : (int)(found - digits);
}

/* Twice, four or eight times a value in GF(32) = GF(2)[x] / (x⁵ + x² + 1). */
static unsigned shift(unsigned value, unsigned bits) {
    for (; bits > 0; bits--) {
        value <<= 1;
        value ^= (value & 32) != 0 ? 0x25u : 0;
    }
    return value;
}

/* The digits, as a polynomial, are 0 at 2, 2² and 2³. */
static bool is_code_word(const unsigned char values[SM_LICENCE_KEY_DIGITS]) {
    for (unsigned root = 1; root <= 3; root++) {
        unsigned sum = 0;
        for (size_t i = 0; i < SM_LICENCE_KEY_DIGITS; i++) {
            sum = shift(sum, root) ^ values[i];
        }
        if (sum != 0) {
            return false;
        }
    }
    return true;
}

bool sm_licence_key_read(const char *typed, char key[SM_LICENCE_KEY_BYTES]) {
    unsigned char values[SM_LICENCE_KEY_DIGITS];
    size_t count = 0;
    for (const char *at = typed; *at != '\0'; at++) {
        if (strchr("- \t\r\n", *at) != NULL) {
            continue;
        }
        int value = digit_value(*at);
        if (value < 0 || count == SM_LICENCE_KEY_DIGITS) {
            return false;
        }
        values[count++] = (unsigned char)value;
    }
    if (count != SM_LICENCE_KEY_DIGITS || !is_code_word(values)) {
        return false;
    }
    size_t length = 0;
    for (size_t i = 0; i < SM_LICENCE_KEY_DIGITS; i++) {
        if (i > 0 && i % 5 == 0) {
            key[length++] = '-';
        }
        key[length++] = digits[values[i]];
    }
    key[length] = '\0';
    return true;
}
