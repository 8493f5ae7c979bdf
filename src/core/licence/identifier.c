#include "core/licence/identifier.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

enum { FEISTEL_ROUNDS = 4, IDENTIFIER_DIGITS = 13, PREFIX_LENGTH = 4 };

static const char prefixes[][PREFIX_LENGTH + 1] = {
    [IDENTIFIER_ACCOUNT] = "acc_",      [IDENTIFIER_AGREEMENT] = "agr_",  [IDENTIFIER_SKU] = "sku_",
    [IDENTIFIER_BLOCK] = "blk_",        [IDENTIFIER_LICENCE] = "lic_",    [IDENTIFIER_REPORT] = "rep_",
    [IDENTIFIER_INVOICE] = "inv_",      [IDENTIFIER_USER] = "usr_",       [IDENTIFIER_TOKEN] = "tok_",
    [IDENTIFIER_CHARGE] = "chg_",       [IDENTIFIER_CORRECTION] = "cor_", [IDENTIFIER_AUDIT] = "aud_",
    [IDENTIFIER_DEVICE] = "dev_",       [IDENTIFIER_PRODUCT] = "prd_",    [IDENTIFIER_RELEASE] = "rel_",
    [IDENTIFIER_INSTALL_LINK] = "lnk_",
};
enum { KIND_COUNT = sizeof prefixes / sizeof prefixes[0] };

/* Crockford's base 32: no I, L, O (too like 1, 1, 0) and no U. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The value of each ASCII character as a person may have typed it (O for 0; I and L for 1; small letters), or
 * -1. */
static const signed char VALUES[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0,  1,  2,  3,
    4,  5,  6,  7,  8,  9,  -1, -1, -1, -1, -1, -1, -1, 10, 11, 12, 13, 14, 15, 16, 17, 1,  18, 19, 1,  20,
    21, 0,  22, 23, 24, 25, 26, -1, 27, 28, 29, 30, 31, -1, -1, -1, -1, -1, -1, 10, 11, 12, 13, 14, 15, 16,
    17, 1,  18, 19, 1,  20, 21, 0,  22, 23, 24, 25, 26, -1, 27, 28, 29, 30, 31, -1, -1, -1, -1, -1};

static int digit_value(char c) {
    unsigned char byte = (unsigned char)c;
    return byte < sizeof VALUES ? VALUES[byte] : -1;
}

static_assert((int)PROGRAMME_SECRET_BYTES >= (int)crypto_generichash_KEYBYTES_MIN &&
                  (int)PROGRAMME_SECRET_BYTES <= (int)crypto_generichash_KEYBYTES_MAX,
              "the programme's secret can key BLAKE2b");

/* Keyed BLAKE2b of `purpose` and `message`: each purpose has, in effect, a secret of its own. */
static void keyed_hash(const unsigned char secret[PROGRAMME_SECRET_BYTES], const char *purpose,
                       struct text message, unsigned char *hash, size_t hash_bytes) {
    crypto_generichash_state state;
    int failed = crypto_generichash_init(&state, secret, PROGRAMME_SECRET_BYTES, hash_bytes);
    failed |= crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
    failed |= crypto_generichash_update(&state, (const unsigned char *)message.at, message.length);
    failed |= crypto_generichash_final(&state, hash, hash_bytes);
    assert(failed == 0);
}

struct feistel {
    unsigned char key[crypto_shorthash_KEYBYTES];
    unsigned char kind;
};

/* The door makes hundreds of thousands of identifiers a second under one secret, and deriving the key costs
 * several times what the permutation does: so each thread remembers what it derived last. */
struct derived_key {
    bool is_set;
    unsigned char secret[PROGRAMME_SECRET_BYTES];
    unsigned char key[crypto_shorthash_KEYBYTES];
};

static struct feistel feistel_of(const unsigned char secret[PROGRAMME_SECRET_BYTES],
                                 enum identifier_kind kind) {
    static _Thread_local struct derived_key last;
    assert((size_t)kind < KIND_COUNT);
    if (!last.is_set || memcmp(last.secret, secret, PROGRAMME_SECRET_BYTES) != 0) {
        keyed_hash(secret, "seatmeter identifiers", TEXT(""), last.key, sizeof last.key);
        memcpy(last.secret, secret, PROGRAMME_SECRET_BYTES);
        last.is_set = true;
    }
    struct feistel feistel = {.kind = (unsigned char)kind};
    memcpy(feistel.key, last.key, sizeof feistel.key);
    return feistel;
}

static uint32_t feistel_round(const struct feistel *feistel, int round, uint32_t half) {
    unsigned char input[6] = {feistel->kind,
                              (unsigned char)round,
                              (unsigned char)(half >> 24),
                              (unsigned char)(half >> 16),
                              (unsigned char)(half >> 8),
                              (unsigned char)half};
    unsigned char output[crypto_shorthash_BYTES];
    crypto_shorthash(output, input, sizeof input, feistel->key);
    return (uint32_t)output[0] << 24 | (uint32_t)output[1] << 16 | (uint32_t)output[2] << 8 | output[3];
}

static uint64_t permute(const struct feistel *feistel, uint64_t value) {
    uint32_t left = (uint32_t)(value >> 32);
    uint32_t right = (uint32_t)value;
    for (int round = 0; round < FEISTEL_ROUNDS; round++) {
        uint32_t next = left ^ feistel_round(feistel, round, right);
        left = right;
        right = next;
    }
    return (uint64_t)left << 32 | right;
}

static uint64_t permute_back(const struct feistel *feistel, uint64_t value) {
    uint32_t left = (uint32_t)(value >> 32);
    uint32_t right = (uint32_t)value;
    for (int round = FEISTEL_ROUNDS - 1; round >= 0; round--) {
        uint32_t before = right ^ feistel_round(feistel, round, left);
        right = left;
        left = before;
    }
    return (uint64_t)left << 32 | right;
}

void identifier_encode(const unsigned char secret[PROGRAMME_SECRET_BYTES], enum identifier_kind kind,
                       int64_t id, char out[IDENTIFIER_BYTES]) {
    assert(id > 0);
    struct feistel feistel = feistel_of(secret, kind);
    uint64_t permuted = permute(&feistel, (uint64_t)id);
    memcpy(out, prefixes[kind], PREFIX_LENGTH);
    for (int i = IDENTIFIER_DIGITS - 1; i >= 0; i--) {
        out[PREFIX_LENGTH + i] = digits[permuted & 31];
        permuted >>= 5;
    }
    out[PREFIX_LENGTH + IDENTIFIER_DIGITS] = '\0';
}

static bool has_prefix(struct text word, const char *prefix) {
    for (size_t i = 0; i < PREFIX_LENGTH; i++) {
        char c = word.at[i];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        if (c != prefix[i]) {
            return false;
        }
    }
    return true;
}

bool identifier_decode(const unsigned char secret[PROGRAMME_SECRET_BYTES], enum identifier_kind kind,
                       struct text word, int64_t *id) {
    assert((size_t)kind < KIND_COUNT);
    if (word.length != PREFIX_LENGTH + IDENTIFIER_DIGITS || !has_prefix(word, prefixes[kind])) {
        return false;
    }
    uint64_t permuted = 0;
    for (int i = 0; i < IDENTIFIER_DIGITS; i++) {
        int value = digit_value(word.at[PREFIX_LENGTH + i]);
        if (value < 0 || (i == 0 && value > 15)) { /* 13 digits hold 65 bits: the first is always 0 */
            return false;
        }
        permuted = permuted << 5 | (uint64_t)value;
    }
    struct feistel feistel = feistel_of(secret, kind);
    uint64_t plain = permute_back(&feistel, permuted);
    if (plain == 0 || plain > INT64_MAX) {
        return false;
    }
    *id = (int64_t)plain;
    return true;
}

bool identifier_is_canonical(struct text word) {
    if (word.length != PREFIX_LENGTH + IDENTIFIER_DIGITS || word.at[PREFIX_LENGTH - 1] != '_') {
        return false;
    }
    bool is_canonical = true;
    for (size_t i = 0; i < PREFIX_LENGTH - 1; i++) {
        is_canonical &= word.at[i] >= 'a' && word.at[i] <= 'z';
    }
    for (size_t i = PREFIX_LENGTH; i < word.length; i++) {
        int value = digit_value(word.at[i]);
        is_canonical &= value >= 0 && digits[value] == word.at[i];
    }
    return is_canonical;
}

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
        key[length++] = digits[values[i]];
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
                     "%s; a licence key looks like XXXXX-XXXXX-XXXXX-XXXXX-XXXXX", why);
}

enum status licence_key_parse(struct text typed, char key[LICENCE_KEY_BYTES], struct fault *fault) {
    unsigned char values[KEY_DIGITS];
    size_t count = 0;
    for (size_t i = 0; i < typed.length; i++) {
        char c = typed.at[i];
        if (c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            continue;
        }
        int value = digit_value(c);
        if (value < 0) {
            return refuse_key(fault, typed,
                              "only letters (without U) and digits, dashes and blanks can stand in a key");
        }
        if (count < KEY_DIGITS) {
            values[count] = (unsigned char)value;
        }
        count++;
    }
    if (count != KEY_DIGITS) {
        return refuse_key(fault, typed,
                          count < KEY_DIGITS ? "some of its 25 letters and digits are missing"
                                             : "it has more than 25 letters and digits");
    }
    unsigned char check[KEY_CHECK_DIGITS];
    key_check_digits(values, check);
    if (memcmp(check, values + KEY_DATA_DIGITS, KEY_CHECK_DIGITS) != 0) {
        return refuse_key(fault, typed,
                          "a letter or digit is mistyped: its last three do not fit the others");
    }
    key_format(values, key);
    return STATUS_OK;
}

void licence_key_hash(const unsigned char secret[PROGRAMME_SECRET_BYTES], const char *key,
                      unsigned char hash[LICENCE_KEY_HASH_BYTES]) {
    assert(strlen(key) == LICENCE_KEY_BYTES - 1);
    keyed_hash(secret, "seatmeter licence keys", text_of(key), hash, LICENCE_KEY_HASH_BYTES);
}
