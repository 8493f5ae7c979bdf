/* Base64url: RFC 4648's vectors, there and back, and nothing but the one spelling of each value. */
#include "rng_arrays.h"

#include "core/base/base64url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_vectors_of_the_standard_encode_without_their_padding(void **state) {
    (void)state;
    static const char *const VECTORS[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        char encoded[16];
        size_t length = base64url_encode(VECTORS[i][0], strlen(VECTORS[i][0]), encoded);
        assert_int_equal(length, strlen(VECTORS[i][1]));
        assert_memory_equal(encoded, VECTORS[i][1], length);
    }
    static const unsigned char HIGH[] = {0xFB, 0xEF, 0xFF, 0xFF};
    char encoded[8];
    assert_int_equal(base64url_encode(HIGH, sizeof HIGH, encoded), 6);
    assert_memory_equal(encoded, "--___w", 6);
}

static void bytes_come_back_and_no_byte_beyond_them_is_touched(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 64);
    for (size_t size = 0; size <= 200; size++) {
        unsigned char bytes[200], decoded[201];
        char encoded[BASE64URL_LENGTH(200) + 1];
        rng_fill(&rng, bytes, sizeof bytes);
        encoded[BASE64URL_LENGTH(size)] = '!';
        size_t length = base64url_encode(bytes, size, encoded);
        assert_int_equal(length, BASE64URL_LENGTH(size));
        assert_int_equal(encoded[length], '!');
        decoded[size] = 0xA5;
        assert_true(base64url_decode((struct text){encoded, length}, decoded, size));
        assert_memory_equal(decoded, bytes, size);
        assert_int_equal(decoded[size], 0xA5);
    }
}

static void another_length_character_or_spelling_is_refused(void **state) {
    (void)state;
    unsigned char out[4];
    assert_true(base64url_decode(TEXT("Zm8"), out, 2));
    assert_false(base64url_decode(TEXT("Zm8="), out, 2));
    assert_false(base64url_decode(TEXT("Zm8"), out, 1));
    assert_false(base64url_decode(TEXT("Zm8"), out, 3));
    assert_false(base64url_decode(TEXT("Zm9"), out, 2)); /* unused bits set: the same bytes, spelt anew */
    assert_false(base64url_decode(TEXT("Zh"), out, 1));
    assert_false(base64url_decode(TEXT("Z+8"), out, 2));
    assert_false(base64url_decode(TEXT("Z/8"), out, 2));
    assert_false(base64url_decode(TEXT("Z 8"), out, 2));
    for (int c = 0; c < 256; c++) {
        char typed[4] = {(char)c, 'A', 'A', 'A'};
        bool is_digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                        c == '-' || c == '_';
        assert_int_equal(base64url_decode((struct text){typed, 4}, out, 3), is_digit);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_standard_encode_without_their_padding),
        cmocka_unit_test(bytes_come_back_and_no_byte_beyond_them_is_touched),
        cmocka_unit_test(another_length_character_or_spelling_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
