/* Identifiers and licence keys: a permutation that tells nothing, and a check that typing errors do not pass.
 */
#include "core/base/rng.h"
#include "core/licence/identifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = "a secret of 32 bytes for testing";
static const unsigned char other_secret[PROGRAMME_SECRET_BYTES] = "another one of 32 bytes, as good";
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum { KINDS = IDENTIFIER_AUDIT + 1, KEY_LENGTH = LICENCE_KEY_BYTES - 1 };

static void every_identifier_reads_back_as_its_integer(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 21);
    for (int i = 0; i < 20000; i++) {
        enum identifier_kind kind = (enum identifier_kind)rng_below(&rng, KINDS);
        int64_t id = i == 0 ? 1 : i == 1 ? INT64_MAX : rng_between(&rng, 1, INT64_MAX);
        char word[IDENTIFIER_BYTES];
        identifier_encode(secret, kind, id, word);
        assert_int_equal(strlen(word), IDENTIFIER_BYTES - 1);
        int64_t decoded = 0;
        assert_true(identifier_decode(secret, kind, text_of(word), &decoded));
        assert_true(decoded == id);
    }
}

static void neighbours_look_nothing_alike(void **state) {
    (void)state;
    char previous[IDENTIFIER_BYTES] = "";
    int same_digits = 0;
    for (int64_t id = 1; id <= 2000; id++) {
        char word[IDENTIFIER_BYTES];
        identifier_encode(secret, IDENTIFIER_LICENCE, id, word);
        assert_memory_equal(word, "lic_", 4);
        for (size_t i = 5; id > 1 && i < IDENTIFIER_BYTES - 1; i++) {
            same_digits += word[i] == previous[i];
        }
        memcpy(previous, word, sizeof previous);
    }
    assert_in_range(same_digits, 600, 900); /* 1999 × 12 digits, one in 32 by chance */
}

static void an_identifier_means_nothing_as_another_kind_or_under_another_secret(void **state) {
    (void)state;
    char invoice[IDENTIFIER_BYTES], account[IDENTIFIER_BYTES], elsewhere[IDENTIFIER_BYTES];
    identifier_encode(secret, IDENTIFIER_INVOICE, 42, invoice);
    identifier_encode(secret, IDENTIFIER_ACCOUNT, 42, account);
    identifier_encode(other_secret, IDENTIFIER_INVOICE, 42, elsewhere);
    assert_string_not_equal(invoice + 4, account + 4);
    assert_string_not_equal(invoice, elsewhere);
    int64_t id = 7;
    assert_false(identifier_decode(secret, IDENTIFIER_ACCOUNT, text_of(invoice), &id));
    assert_int_equal(id, 7);
}

static void an_identifier_may_be_typed_in_either_case_and_with_letters_for_digits(void **state) {
    (void)state;
    for (int64_t id = 1; id < 500; id++) {
        char word[IDENTIFIER_BYTES], typed[IDENTIFIER_BYTES];
        identifier_encode(secret, IDENTIFIER_BLOCK, id, word);
        memcpy(typed, word, sizeof typed);
        for (size_t i = 0; typed[i] != '\0'; i++) {
            if (typed[i] == '0') {
                typed[i] = id % 2 == 0 ? 'O' : 'o';
            } else if (typed[i] == '1') {
                typed[i] = id % 2 == 0 ? 'l' : 'I';
            } else if (typed[i] >= 'A' && typed[i] <= 'Z') {
                typed[i] = (char)(typed[i] - 'A' + 'a');
            } else if (i < 3) {
                typed[i] = (char)(typed[i] - 'a' + 'A');
            }
        }
        int64_t decoded = 0;
        assert_true(identifier_decode(secret, IDENTIFIER_BLOCK, text_of(typed), &decoded));
        assert_true(decoded == id);
        assert_true(identifier_is_canonical(text_of(word)));
        for (size_t i = 0; word[i] != '\0'; i++) { /* one letter typed otherwise */
            char one[IDENTIFIER_BYTES];
            memcpy(one, word, sizeof one);
            one[i] = typed[i];
            assert_true(identifier_is_canonical(text_of(one)) == (typed[i] == word[i]));
        }
    }
}

static void what_is_no_identifier_is_not_taken_for_one(void **state) {
    (void)state;
    char good[IDENTIFIER_BYTES];
    identifier_encode(secret, IDENTIFIER_SKU, 5, good);
    const char *wrong[] = {"",
                           "sku_",
                           "sku_000000000000",
                           "sku_00000000000000",
                           "sku_G000000000000", /* would need 65 bits */
                           "sku_U000000000000",
                           "sku_00000 0000000",
                           "sku-0000000000000",
                           "00000000000000000"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t id = 7;
        assert_false(identifier_decode(secret, IDENTIFIER_SKU, text_of(wrong[i]), &id));
        assert_int_equal(id, 7);
    }
    int64_t id;
    assert_false(identifier_decode(secret, IDENTIFIER_SKU, (struct text){good, 16}, &id));
    char with_zero[IDENTIFIER_BYTES];
    memcpy(with_zero, good, sizeof good);
    with_zero[9] = '\0';
    assert_false(identifier_decode(secret, IDENTIFIER_SKU, (struct text){with_zero, 17}, &id));
}

static void whatever_decodes_is_the_only_word_for_its_integer(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 22);
    int taken = 0;
    for (int i = 0; i < 10000; i++) {
        char word[IDENTIFIER_BYTES] = "usr_", again[IDENTIFIER_BYTES];
        for (size_t d = 4; d < IDENTIFIER_BYTES - 1; d++) {
            word[d] = alphabet[rng_below(&rng, d == 4 ? 16 : 32)];
        }
        int64_t id;
        if (identifier_decode(secret, IDENTIFIER_USER, text_of(word), &id)) {
            identifier_encode(secret, IDENTIFIER_USER, id, again);
            assert_string_equal(word, again);
            taken++;
        }
    }
    assert_in_range(taken, 4700, 5300); /* half of 64 bits are above zero as a signed integer */
}

static bool parses(const char *key) {
    char canonical[LICENCE_KEY_BYTES];
    struct fault fault;
    enum status status = licence_key_parse(text_of(key), canonical, &fault);
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_INVALID);
        assert_string_equal(fault.code, "malformed-licence-key");
        assert_string_equal(fault.field, "key");
    }
    return status == STATUS_OK;
}

static void a_random_key(struct rng *rng, char key[LICENCE_KEY_BYTES]) {
    unsigned char random[LICENCE_KEY_RANDOM_BYTES];
    rng_fill(rng, random, sizeof random);
    licence_key_make(random, key);
}

static void a_key_is_five_groups_of_five_and_reads_back(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 23);
    for (int i = 0; i < 10000; i++) {
        char key[LICENCE_KEY_BYTES], parsed[LICENCE_KEY_BYTES];
        a_random_key(&rng, key);
        assert_int_equal(strlen(key), KEY_LENGTH);
        for (size_t k = 0; k < KEY_LENGTH; k++) {
            assert_true(k % 6 == 5 ? key[k] == '-' : strchr(alphabet, key[k]) != NULL);
        }
        struct fault fault;
        assert_int_equal(licence_key_parse(text_of(key), parsed, &fault), STATUS_OK);
        assert_string_equal(parsed, key);
    }
}

static void every_random_bit_but_the_last_two_makes_another_key(void **state) {
    (void)state;
    unsigned char random[LICENCE_KEY_RANDOM_BYTES] = {0};
    char zero[LICENCE_KEY_BYTES], key[LICENCE_KEY_BYTES];
    licence_key_make(random, zero);
    for (size_t bit = 0; bit < sizeof random * 8; bit++) {
        memset(random, 0, sizeof random);
        random[bit / 8] = (unsigned char)(0x80u >> bit % 8);
        licence_key_make(random, key);
        assert_int_equal(strcmp(key, zero) == 0, bit >= 110);
    }
}

static void every_single_wrong_digit_is_caught(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 24);
    for (int i = 0; i < 40; i++) {
        char key[LICENCE_KEY_BYTES];
        a_random_key(&rng, key);
        for (size_t at = 0; at < KEY_LENGTH; at++) {
            char right = key[at];
            for (size_t d = 0; right != '-' && d < 32; d++) {
                key[at] = alphabet[d];
                assert_int_equal(parses(key), key[at] == right);
            }
            key[at] = right;
        }
    }
}

static void every_swap_of_two_digits_is_caught_neighbours_and_check_digits_among_them(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 25);
    for (int i = 0; i < 100; i++) {
        char key[LICENCE_KEY_BYTES];
        a_random_key(&rng, key);
        for (size_t a = 0; a < KEY_LENGTH; a++) {
            for (size_t b = a + 1; b < KEY_LENGTH; b++) {
                if (key[a] == '-' || key[b] == '-') {
                    continue;
                }
                char kept = key[a];
                key[a] = key[b];
                key[b] = kept;
                assert_int_equal(parses(key), key[a] == key[b]);
                key[b] = key[a];
                key[a] = kept;
            }
        }
    }
}

/* The code is linear: a pattern of errors that passes on one key passes on every key. So all patterns of two
 * wrong digits on one key are all patterns there are; swaps of neighbours, whatever the key, are among them.
 */
static void every_pair_of_wrong_digits_is_caught_on_every_key(void **state) {
    (void)state;
    const unsigned char random[LICENCE_KEY_RANDOM_BYTES] = {0};
    char key[LICENCE_KEY_BYTES];
    licence_key_make(random, key);
    assert_string_equal(key, "00000-00000-00000-00000-00000");
    for (size_t a = 0; a < KEY_LENGTH; a++) {
        for (size_t b = a + 1; b < KEY_LENGTH; b++) {
            if (key[a] == '-' || key[b] == '-') {
                continue;
            }
            for (size_t d = 1; d < 32; d++) {
                for (size_t e = 1; e < 32; e++) {
                    key[a] = alphabet[d];
                    key[b] = alphabet[e];
                    char canonical[LICENCE_KEY_BYTES];
                    struct fault fault;
                    if (licence_key_parse(text_of(key), canonical, &fault) == STATUS_OK) {
                        fail_msg("%s passes", key);
                    }
                }
            }
            key[a] = key[b] = '0';
        }
    }
}

static void a_key_may_be_typed_carelessly(void **state) {
    (void)state;
    const unsigned char random[LICENCE_KEY_RANDOM_BYTES] = {0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54,
                                                            0xB6, 0x35, 0xCF, 0x84, 0x65, 0x3A, 0x56};
    char key[LICENCE_KEY_BYTES], typed[2 * LICENCE_KEY_BYTES], parsed[LICENCE_KEY_BYTES];
    licence_key_make(random, key);
    assert_memory_equal(key, "01234-56789-ABCDE-FGHJK-MN", 26);
    size_t length = 0;
    typed[length++] = ' ';
    for (size_t i = 0; i < KEY_LENGTH; i++) {
        char c = key[i];
        typed[length++] = c == '0'               ? 'o'
                          : c == '1'             ? 'L'
                          : c == '-'             ? ' '
                          : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a')
                                                 : c;
    }
    typed[length++] = '\n';
    struct fault fault;
    assert_int_equal(licence_key_parse((struct text){typed, length}, parsed, &fault), STATUS_OK);
    assert_string_equal(parsed, key);
}

static void what_is_no_key_is_told_why(void **state) {
    (void)state;
    const struct {
        const char *typed, *why;
    } wrong[] = {{"", "missing"},
                 {"00000-00000-00000-00000-0000", "missing"},
                 {"00000-00000-00000-00000-000000", "more than 25"},
                 {"00000-00000-00000-00000-0000U", "without U"},
                 {"00000-00000-00000-00000-0000\xC3\xA9", "without U"},
                 {"10000-00000-00000-00000-00000", "mistyped"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char key[LICENCE_KEY_BYTES] = "untouched";
        struct fault fault;
        assert_int_equal(licence_key_parse(text_of(wrong[i].typed), key, &fault), STATUS_INVALID);
        assert_non_null(strstr(fault.message, wrong[i].why));
        assert_string_equal(key, "untouched");
    }
}

static void a_key_hash_depends_on_the_key_and_the_secret(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 26);
    char a[LICENCE_KEY_BYTES], b[LICENCE_KEY_BYTES];
    a_random_key(&rng, a);
    a_random_key(&rng, b);
    unsigned char hash[LICENCE_KEY_HASH_BYTES], again[LICENCE_KEY_HASH_BYTES];
    licence_key_hash(secret, a, hash);
    licence_key_hash(secret, a, again);
    assert_memory_equal(hash, again, sizeof hash);
    licence_key_hash(other_secret, a, again);
    assert_memory_not_equal(hash, again, sizeof hash);
    licence_key_hash(secret, b, again);
    assert_memory_not_equal(hash, again, sizeof hash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_identifier_reads_back_as_its_integer),
        cmocka_unit_test(neighbours_look_nothing_alike),
        cmocka_unit_test(an_identifier_means_nothing_as_another_kind_or_under_another_secret),
        cmocka_unit_test(an_identifier_may_be_typed_in_either_case_and_with_letters_for_digits),
        cmocka_unit_test(what_is_no_identifier_is_not_taken_for_one),
        cmocka_unit_test(whatever_decodes_is_the_only_word_for_its_integer),
        cmocka_unit_test(a_key_is_five_groups_of_five_and_reads_back),
        cmocka_unit_test(every_random_bit_but_the_last_two_makes_another_key),
        cmocka_unit_test(every_single_wrong_digit_is_caught),
        cmocka_unit_test(every_swap_of_two_digits_is_caught_neighbours_and_check_digits_among_them),
        cmocka_unit_test(every_pair_of_wrong_digits_is_caught_on_every_key),
        cmocka_unit_test(a_key_may_be_typed_carelessly),
        cmocka_unit_test(what_is_no_key_is_told_why),
        cmocka_unit_test(a_key_hash_depends_on_the_key_and_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
