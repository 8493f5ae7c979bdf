#include "core/licence/identifier.h"

#include "core/licence/crockford.h"

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
    [IDENTIFIER_INSTALL_LINK] = "lnk_", [IDENTIFIER_MOVE] = "mov_",       [IDENTIFIER_INVITATION] = "ivt_",
    [IDENTIFIER_JOB] = "job_",
};
enum { KIND_COUNT = sizeof prefixes / sizeof prefixes[0] };

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
    struct feistel feistel = feistel_of(secret, kind);
    uint64_t permuted = permute(&feistel, (uint64_t)id);
    memcpy(out, prefixes[kind], PREFIX_LENGTH);
    for (int i = IDENTIFIER_DIGITS - 1; i >= 0; i--) {
        out[PREFIX_LENGTH + i] = CROCKFORD_DIGITS[permuted & 31];
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

bool identifier_has_prefix(struct text word) {
    for (size_t kind = 0; kind < sizeof prefixes / sizeof *prefixes; kind++) {
        if (word.length >= PREFIX_LENGTH && has_prefix(word, prefixes[kind])) {
            return true;
        }
    }
    return false;
}

bool identifier_decode(const unsigned char secret[PROGRAMME_SECRET_BYTES], enum identifier_kind kind,
                       struct text word, int64_t *id) {
    assert((size_t)kind < KIND_COUNT);
    if (word.length != PREFIX_LENGTH + IDENTIFIER_DIGITS || !has_prefix(word, prefixes[kind])) {
        return false;
    }
    uint64_t permuted = 0;
    for (int i = 0; i < IDENTIFIER_DIGITS; i++) {
        int value = crockford_value(word.at[PREFIX_LENGTH + i]);
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
        int value = crockford_value(word.at[i]);
        is_canonical &= value >= 0 && CROCKFORD_DIGITS[value] == word.at[i];
    }
    return is_canonical;
}
