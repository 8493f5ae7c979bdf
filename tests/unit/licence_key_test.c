/* Licence keys: a check that typing errors do not pass. */
#include "rng_arrays.h"

#include "core/licence/licence_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = "a secret of 32 bytes for testing";
static const unsigned char other_secret[PROGRAMME_SECRET_BYTES] = "another one of 32 bytes, as good";
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum { KEY_LENGTH = LICENCE_KEY_BYTES - 1 };

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
