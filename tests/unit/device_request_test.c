/* What agents send: taken as the protocol says, and nothing else. */
#include "core/base/base64url.h"
#include "core/base/json_scan.h"
#include "core/base/rng.h"
#include "core/licence/device_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define LINK "AQIDBAUGBwg"
#define BYTES_32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define CHECK_IN                                                                                             \
    "{\"device\":\"dev_0123456789ABC\",\"sequence\":13,\"previous\":\"AAAAAAAAAAA\",\"link\":\"" LINK        \
    "\",\"time\":1764000000"
#define MAC ",\"mac\":\"" BYTES_32 "\"}"

static bool parses(const char *body) {
    struct check_in_request request;
    return check_in_request_parse(text_of(body), &request);
}

static void a_check_in_is_read_to_its_fields(void **state) {
    (void)state;
    struct check_in_request request;
    assert_true(check_in_request_parse(TEXT(CHECK_IN MAC), &request));
    assert_true(text_equal(request.device, TEXT("dev_0123456789ABC")));
    assert_int_equal(request.sequence, 13);
    assert_true(request.previous == 0 && request.link == 0x0102030405060708);
    assert_int_equal(request.time_s, 1764000000);
    assert_false(request.is_release);
    assert_false(request.has_version);
    assert_true(text_equal(request.signed_part, TEXT(CHECK_IN)));
    unsigned char zeros[32] = {0};
    assert_memory_equal(request.mac, zeros, 32);
}

static void a_check_in_may_tell_version_and_components_and_what_nobody_knows(void **state) {
    (void)state;
    struct check_in_request request;
    assert_true(check_in_request_parse(
        TEXT(" { \"new\" : {\"a\":[1,-2.5e3,{\"b\":null}],\"c\":true} , \"version\":\"4\\u002e2\","
             "\"components\": [ \"mail\" , \"fire\\u0077all\",\"mail\" ] ,\"link\":\"" LINK
             "\",\"previous\":\"" LINK "\",\"device\":\"x\",\"time\":0,\"sequence\":2147483647,"
             "\"action\":\"release\"" MAC "\r\n"),
        &request));
    assert_true(request.is_release && request.has_version);
    struct arena arena;
    arena_init(&arena);
    struct text version, components;
    assert_true(device_version_canonical(&arena, request.version, &version));
    assert_true(text_equal(version, TEXT("4.2")));
    assert_true(device_components_canonical(&arena, request.components, &components));
    assert_true(text_equal(components, TEXT("firewall,mail")));
    arena_clean_up(&arena);
}

static void a_check_in_that_is_anything_else_is_refused(void **state) {
    (void)state;
    static const char *const BODIES[] = {
        "",
        "{}",
        "[]",
        CHECK_IN,
        CHECK_IN "}",
        CHECK_IN MAC "x",
        CHECK_IN MAC MAC,
        CHECK_IN ",\"link\":\"" LINK "\"" MAC,             /* twice */
        CHECK_IN ",\"mac\":\"" BYTES_32 "\",\"later\":1}", /* not last */
        CHECK_IN ",\"m\\u0061c\":\"" BYTES_32 "\"}",       /* a name in disguise */
        CHECK_IN ",\"mac\":\"AAAA\"}",                     /* short */
        CHECK_IN ",\"action\":\"other\"" MAC,              /* unknown */
        CHECK_IN ",\"components\":[1]" MAC,                /* no names */
        CHECK_IN ",\"components\":[\"a\",]" MAC,           /* a comma too many */
        CHECK_IN ",\"x\":[[[[[[[[[1]]]]]]]]]" MAC,         /* too deep */
        CHECK_IN ",\"x\":\"\t\"" MAC,                      /* raw control character */
        CHECK_IN ",\"x\":\"\\q\"" MAC,                     /* no escape */
        CHECK_IN ",\"x\":01" MAC,                          /* no number */
        CHECK_IN ",\"x\":nul" MAC,
        CHECK_IN ",\"x\":{\"a\"}" MAC,
        CHECK_IN ",\"x\":[1}" MAC,
        CHECK_IN ",,\"x\":1" MAC,
        "{\"device\":\"d\",\"sequence\":0,\"previous\":\"" LINK "\",\"link\":\"" LINK "\",\"time\":1" MAC,
        "{\"device\":\"d\",\"sequence\":2147483648,\"previous\":\"" LINK "\",\"link\":\"" LINK
        "\",\"time\":1" MAC,
        "{\"device\":\"d\",\"sequence\":1.0,\"previous\":\"" LINK "\",\"link\":\"" LINK "\",\"time\":1" MAC,
        "{\"device\":\"d\",\"sequence\":-1,\"previous\":\"" LINK "\",\"link\":\"" LINK "\",\"time\":1" MAC,
        "{\"device\":\"d\",\"sequence\":1,\"previous\":\"" LINK "\",\"link\":\"" LINK
        "\",\"time\":99999999999999999999" MAC,
        "{\"device\":\"d\",\"sequence\":1,\"previous\":\"AQIDBAUGBw\",\"link\":\"" LINK "\",\"time\":1" MAC,
    };
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        if (parses(BODIES[i])) {
            fail_msg("taken: %s", BODIES[i]);
        }
    }
    assert_true(parses(CHECK_IN ",\"x\":[[[[[[[[1]]]]]]]],\"y\":[ ],\"z\":{ }" MAC));
}

static void no_beginning_of_a_check_in_is_one(void **state) {
    (void)state;
    static const char BODY[] = CHECK_IN ",\"version\":\"1\",\"components\":[\"a\"],\"x\":{\"y\":[0]}" MAC;
    struct check_in_request request;
    for (size_t length = 0; length < sizeof BODY - 1; length++) {
        char exact[sizeof BODY];
        memcpy(exact, BODY, length);
        assert_false(check_in_request_parse((struct text){exact, length}, &request));
    }
    assert_true(check_in_request_parse((struct text){BODY, sizeof BODY - 1}, &request));
}

static void components_become_canonical_or_are_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct text out;
    assert_true(device_components_canonical(&arena, TEXT(""), &out));
    assert_int_equal(out.length, 0);
    assert_true(device_components_canonical(&arena, TEXT("\"b\",\"a\" , \"b\""), &out));
    assert_true(text_equal(out, TEXT("a,b")));
    assert_false(device_components_canonical(&arena, TEXT("\"\""), &out));
    assert_false(device_components_canonical(&arena, TEXT("\"a,b\""), &out));
    assert_false(device_components_canonical(&arena, TEXT("\"a\\u002cb\""), &out));
    assert_false(device_components_canonical(&arena, TEXT("\"a\\n\""), &out));
    assert_false(device_components_canonical(&arena, TEXT("\"\\ud800\""), &out));
    assert_false(device_components_canonical(&arena, TEXT("\"\xff\""), &out));
    assert_true(device_components_canonical(&arena, TEXT("\"\\ud83d\\ude00\""), &out));
    assert_true(text_equal(out, TEXT("\xF0\x9F\x98\x80")));
    struct text many = TEXT("\"x0\"");
    for (int i = 1; i < 33; i++) {
        assert_true(device_components_canonical(&arena, many, &out));
        many = text_format(&arena, "%.*s,\"x%d\"", TEXT_ARGS(many), i);
    }
    assert_false(device_components_canonical(&arena, many, &out));
    assert_true(device_components_canonical(
        &arena, TEXT("\"12345678901234567890123456789012345678901234567890\""), &out));
    assert_false(device_components_canonical(
        &arena, TEXT("\"123456789012345678901234567890123456789012345678901\""), &out));
    arena_clean_up(&arena);
}

/* An activation as the SDK makes it, `members` in front of the signature. */
static struct text an_activation(struct arena *arena, const char *key, const char *members) {
    unsigned char public_key[32], secret_key[64], seed[32] = {7}, signature[64];
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    char x[BASE64URL_LENGTH(32) + 1] = "", s[BASE64URL_LENGTH(64) + 1] = "";
    base64url_encode(public_key, 32, x);
    struct text text =
        text_format(arena, "seatmeter-activate-1\n%s\n%s\n" BYTES_32 "\n" LINK "\n1764000000", key, x);
    crypto_sign_detached(signature, NULL, (const unsigned char *)text.at, text.length, secret_key);
    base64url_encode(signature, 64, s);
    return text_format(arena,
                       "{\"key\":\"%s\",\"device_key\":\"%s\",\"fingerprint\":\"" BYTES_32
                       "\",\"link\":\"" LINK "\",\"time\":1764000000%s,\"signature\":\"%s\"}",
                       key, x, members, s);
}

static const char *a_key(void) {
    static char key[LICENCE_KEY_BYTES];
    licence_key_make((const unsigned char *)"fourteen bytes", key);
    return key;
}

static struct text replaced(struct arena *arena, struct text body, const char *what, const char *with) {
    const char *at = strstr(body.at, what);
    assert_non_null(at);
    return text_format(arena, "%.*s%s%s", (int)(at - body.at), body.at, with, at + strlen(what));
}

static void an_activation_is_read_and_its_signature_verified(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct fault fault;
    struct activation_request request;
    struct text body = an_activation(&arena, a_key(), "");
    assert_int_equal(activation_request_parse(&arena, body, &request, &fault), STATUS_OK);
    assert_string_equal(request.key, a_key());
    assert_true(request.link == 0x0102030405060708 && request.time_s == 1764000000);
    assert_false(request.has_version || request.has_components || request.name.length > 0);

    body = an_activation(
        &arena, a_key(),
        ",\"name\":\"B\\u00fcro \\\"1\\\"\",\"version\":\"4.2.0\",\"components\":[\"z\",\"a\"],\"new\":[]");
    assert_int_equal(activation_request_parse(&arena, body, &request, &fault), STATUS_OK);
    assert_true(text_equal(request.name, TEXT("B\xC3\xBCro \"1\"")));
    assert_true(request.has_version && text_equal(request.version, TEXT("4.2.0")));
    assert_true(request.has_components && text_equal(request.components, TEXT("a,z")));
    arena_clean_up(&arena);
}

static void a_key_may_be_typed_and_is_signed_as_it_was(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct fault fault;
    struct activation_request request;
    struct text typed = text_copy(&arena, text_of(a_key()));
    for (size_t i = 0; i < typed.length; i++) {
        ((char *)typed.at)[i] = typed.at[i] == '-' ? ' ' : typed.at[i];
    }
    struct text body = an_activation(&arena, typed.at, "");
    assert_int_equal(activation_request_parse(&arena, body, &request, &fault), STATUS_OK);
    assert_string_equal(request.key, a_key());
    arena_clean_up(&arena);
}

static void check_refused(struct arena *arena, struct text body, enum status status, const char *code,
                          const char *field) {
    struct fault fault;
    struct activation_request request;
    assert_int_equal(activation_request_parse(arena, body, &request, &fault), status);
    assert_string_equal(fault.code, code);
    assert_string_equal(fault.field, field);
    assert_null(strstr(fault.message, a_key()));
    assert_string_equal(fault.value, "");
}

static void an_activation_that_is_changed_anywhere_is_not_the_devices(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct text body = an_activation(&arena, a_key(), "");
    check_refused(&arena, replaced(&arena, body, "1764000000", "1764000001"), STATUS_UNAUTHENTICATED,
                  "credential-wrong", "signature");
    check_refused(&arena, replaced(&arena, body, LINK, "AQIDBAUGBwh"), STATUS_INVALID, "malformed-request",
                  "link");
    check_refused(&arena, replaced(&arena, body, LINK, "AQIDBAUGBww"), STATUS_UNAUTHENTICATED,
                  "credential-wrong", "signature");
    check_refused(&arena, replaced(&arena, body, "\"AAAA", "\"AAAB"), STATUS_UNAUTHENTICATED,
                  "credential-wrong", "signature");
    arena_clean_up(&arena);
}

static void a_refused_activation_names_the_member(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct text body = an_activation(&arena, a_key(), "");
    check_refused(&arena, TEXT("x"), STATUS_INVALID, "malformed-request", "body");
    check_refused(&arena, TEXT("{}"), STATUS_INVALID, "malformed-request", "key");
    check_refused(&arena, an_activation(&arena, "ABC", ""), STATUS_INVALID, "malformed-key", "key");
    check_refused(&arena, replaced(&arena, body, "\"time\"", "\"tame\""), STATUS_INVALID, "malformed-request",
                  "time");
    check_refused(&arena, replaced(&arena, body, "\"signature\"", "\"sig\""), STATUS_INVALID,
                  "malformed-request", "signature");
    static const char *const MEMBERS[][2] = {
        {",\"name\":1", "name"},
        {",\"name\":\"a\",\"name\":\"a\"", "name"},
        {",\"name\":\"\\u0000\"", "name"},
        {",\"version\":\"123456789012345678901234567890123456789012345678901\"", "version"},
        {",\"components\":\"a\"", "components"},
        {",\"components\":[],\"components\":[]", "components"},
        {",\"link\":\"" LINK "\"", "link"},
        {",\"time\":1", "time"},
        {",\"x\":!", "body"},
    };
    for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++) {
        check_refused(&arena, an_activation(&arena, a_key(), MEMBERS[i][0]), STATUS_INVALID,
                      "malformed-request", MEMBERS[i][1]);
    }
    arena_clean_up(&arena);
}

int main(void) {
    if (sodium_init() < 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_in_is_read_to_its_fields),
        cmocka_unit_test(a_check_in_may_tell_version_and_components_and_what_nobody_knows),
        cmocka_unit_test(a_check_in_that_is_anything_else_is_refused),
        cmocka_unit_test(no_beginning_of_a_check_in_is_one),
        cmocka_unit_test(components_become_canonical_or_are_refused),
        cmocka_unit_test(an_activation_is_read_and_its_signature_verified),
        cmocka_unit_test(a_key_may_be_typed_and_is_signed_as_it_was),
        cmocka_unit_test(an_activation_that_is_changed_anywhere_is_not_the_devices),
        cmocka_unit_test(a_refused_activation_names_the_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
