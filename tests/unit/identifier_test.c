/* Identifiers: a permutation that tells nothing. */
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
enum { KINDS = IDENTIFIER_AUDIT + 1 };

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_identifier_reads_back_as_its_integer),
        cmocka_unit_test(neighbours_look_nothing_alike),
        cmocka_unit_test(an_identifier_means_nothing_as_another_kind_or_under_another_secret),
        cmocka_unit_test(an_identifier_may_be_typed_in_either_case_and_with_letters_for_digits),
        cmocka_unit_test(what_is_no_identifier_is_not_taken_for_one),
        cmocka_unit_test(whatever_decodes_is_the_only_word_for_its_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
