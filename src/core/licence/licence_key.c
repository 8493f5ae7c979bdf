#include "core/licence/licence_key.h"

#include "core/licence/crockford.h"

#include <assert.h>
#include <string.h>

/* The check of a licence key is a Reed–Solomon code over GF(32): the 25 digits, as coefficients of a
 * polynomial, are a multiple of g(x) = (x − a)(x − a²)(x − a³). Two such words differ in at least four
 * digits, so one, two or three wrong digits never go through, wherever they stand, and a swap of any two
 * digits is two wrong ones. */
enum {
    KEY_DATA_DIGITS = 22,
    KEY_CHECK_DIGITS = 3,
    KEY_DIGITS = KEY_DATA_DIGITS + KEY_CHECK_DIGITS,
    GROUP = 5
};
static_assert((int)KEY_DIGITS + (int)KEY_DIGITS / GROUP - 1 + 1 == (int)LICENCE_KEY_BYTES,
              "dashes and a zero");

/* Product in GF(32) = GF(2)[x] / (x⁵ + x² + 1). */
static unsigned field_multiply(unsigned a, unsigned b) {
    unsigned product = 0;
    for (int bit = 0; bit < 5; bit++) {
        if ((b >> bit & 1) != 0) {
            product ^= a << bit;
        }
    }
    for (int bit = 8; bit >= 5; bit--) {
        if ((product >> bit & 1) != 0) {
            product ^= 0x25u << (bit - 5);
        }
    }
    assert(product < 32);
    return product;
}

/* The remainder of data(x) × x³ divided by g(x), highest coefficient first. */
static void key_check_digits(const unsigned char data[KEY_DATA_DIGITS],
                             unsigned char check[KEY_CHECK_DIGITS]) {
    /* g(x) = x³ + (a + a² + a³) x² + (a³ + a⁴ + a⁵) x + a⁶ with a = 2 */
    unsigned a2 = 4, a3 = 8, a4 = 16, a5 = field_multiply(a4, 2), a6 = field_multiply(a5, 2);
    unsigned generator[KEY_CHECK_DIGITS] = {2 ^ a2 ^ a3, a3 ^ a4 ^ a5, a6};
    unsigned remainder[KEY_CHECK_DIGITS] = {0};
    for (size_t i = 0; i < KEY_DATA_DIGITS; i++) {
        unsigned lead = data[i] ^ remainder[0];
        remainder[0] = remainder[1] ^ field_multiply(lead, generator[0]);
        remainder[1] = remainder[2] ^ field_multiply(lead, generator[1]);
        remainder[2] = field_multiply(lead, generator[2]);
    }
    for (size_t i = 0; i < KEY_CHECK_DIGITS; i++) {
        check[i] = (unsigned char)remainder[i];
    }
}

static void key_format(const unsigned char values[KEY_DIGITS], char key[LICENCE_KEY_BYTES]) {
    size_t length = 0;
    for (size_t i = 0; i < KEY_DIGITS; i++) {
        if (i > 0 && i % GROUP == 0) {
            key[length++] = '-';
        }
        key[length++] = CROCKFORD_DIGITS[values[i]];
    }
    key[length] = '\0';
    assert(length == LICENCE_KEY_BYTES - 1);
}

void licence_key_make(const unsigned char random[LICENCE_KEY_RANDOM_BYTES], char key[LICENCE_KEY_BYTES]) {
    unsigned char values[KEY_DIGITS];
    for (size_t i = 0; i < KEY_DATA_DIGITS; i++) {
        unsigned value = 0;
        for (size_t bit = i * 5; bit < i * 5 + 5; bit++) {
            value = value << 1 | ((unsigned)random[bit / 8] >> (7 - bit % 8) & 1u);
        }
        values[i] = (unsigned char)value;
    }
    key_check_digits(values, values + KEY_DATA_DIGITS);
    key_format(values, key);
}

static enum status refuse_key(struct fault *fault, struct text typed, const char *why) {
    return fault_set(fault, STATUS_INVALID, "malformed-licence-key", "key", typed,
                     "A licence key looks like XXXXX-XXXXX-XXXXX-XXXXX-XXXXX; %s.", why);
}

enum status licence_key_parse(struct text typed, char key[LICENCE_KEY_BYTES], struct fault *fault) {
    unsigned char values[KEY_DIGITS];
    size_t count = 0;
    for (size_t i = 0; i < typed.length; i++) {
        char c = typed.at[i];
        if (c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            continue;
        }
        int value = crockford_value(c);
        if (value < 0) {
            return refuse_key(fault, typed,
                              "only letters (without U) and digits, dashes and blanks can stand in one");
        }
        if (count < KEY_DIGITS) {
            values[count] = (unsigned char)value;
        }
        count++;
    }
    if (count != KEY_DIGITS) {
        return refuse_key(fault, typed,
                          count < KEY_DIGITS ? "some of this one's 25 letters and digits are missing"
                                             : "this one has more than 25 letters and digits");
    }
    unsigned char check[KEY_CHECK_DIGITS];
    key_check_digits(values, check);
    if (memcmp(check, values + KEY_DATA_DIGITS, KEY_CHECK_DIGITS) != 0) {
        return refuse_key(fault, typed,
                          "a letter or digit of this one is mistyped: its last three do not fit the others");
    }
    key_format(values, key);
    return STATUS_OK;
}

void licence_key_hash(const unsigned char secret[PROGRAMME_SECRET_BYTES], const char *key,
                      unsigned char hash[LICENCE_KEY_HASH_BYTES]) {
    assert(strlen(key) == LICENCE_KEY_BYTES - 1);
    keyed_hash(secret, "seatmeter licence keys", text_of(key), hash, LICENCE_KEY_HASH_BYTES);
}
