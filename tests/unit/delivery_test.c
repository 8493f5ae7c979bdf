/* Canonical JSON, target paths, artifacts on disk, TUF files, byte ranges: what delivery is built of. */
#include "core/base/byte_range.h"
#include "delivery/artifacts.h"
#include "delivery/canonical_json.h"
#include "delivery/target_path.h"
#include "delivery/tuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

struct place {
    struct arena arena;
    char directory[64];
    struct artifact_store *store;
    struct fault fault;
};

static int begin(void **state) {
    struct place *place = calloc(1, sizeof *place);
    arena_init(&place->arena);
    strcpy(place->directory, "/tmp/seatmeter-delivery-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    struct text inner = text_format(&place->arena, "%s/artifacts", place->directory);
    assert_int_equal(artifact_store_open(inner, &place->store, &place->fault), STATUS_OK);
    *state = place;
    return sodium_init() < 0 ? -1 : 0;
}

static int end(void **state) {
    struct place *place = *state;
    struct text command =
        text_format(&place->arena, "chmod -R u+w %s && rm -r %s", place->directory, place->directory);
    assert_int_equal(system(command.at), 0);
    artifact_store_close(place->store);
    arena_clean_up(&place->arena);
    free(place);
    return 0;
}

/* ---- canonical JSON ---- */

static void canonical_json_has_no_white_space_and_escapes_two_characters_alone(void **state) {
    struct place *place = *state;
    struct canonical_writer out;
    canonical_begin(&out, &place->arena);
    canonical_open_object(&out, TEXT(""));
    canonical_open_array(&out, TEXT("a"));
    canonical_write_int(&out, TEXT(""), -7);
    canonical_write_bool(&out, TEXT(""), true);
    canonical_open_object(&out, TEXT(""));
    canonical_close_object(&out);
    canonical_close_array(&out);
    canonical_write_text(&out, TEXT("a\"\\b"), TEXT("say \"é\\/\" 株"));
    canonical_write_raw(&out, TEXT("b"), TEXT("[1]"));
    canonical_close_object(&out);
    struct text expected = TEXT("{\"a\":[-7,true,{}],\"a\\\"\\\\b\":\"say \\\"é\\\\/\\\" 株\",\"b\":[1]}");
    struct text written = canonical_written(&out);
    assert_int_equal(written.length, expected.length);
    assert_memory_equal(written.at, expected.at, expected.length);
}

/* ---- names ---- */

static void names_that_lead_elsewhere_or_are_odd_are_refused(void **state) {
    struct place *place = *state;
    static const char *const BAD[] = {"",    ".",    "..",  "../x", "a/b", "a\\b", ".hidden", "-rf",  "a..b",
                                      "a b", "a%2f", "ä",   "a\n",  "a.",  "a:b",  "a*",      "a\"b", "a'b",
                                      "a$b", "a;b",  "a|b", "a<b",  "a?",  "a#b",  "~a",      "a\x7f"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct text bad = text_of(BAD[i]);
        assert_int_equal(product_code_check(bad, "f", &place->fault), STATUS_INVALID);
        assert_string_equal(place->fault.code, "malformed-code");
        assert_int_equal(version_check(bad, "f", &place->fault), STATUS_INVALID);
        assert_string_equal(place->fault.code, "malformed-version");
        assert_int_equal(platform_check(bad, "f", &place->fault), STATUS_INVALID);
        assert_string_equal(place->fault.code, "malformed-platform");
        assert_int_equal(file_name_check(bad, "f", &place->fault), STATUS_INVALID);
        assert_string_equal(place->fault.code, "malformed-file-name");
    }
    struct text zero = {"a\0b", 3};
    assert_int_equal(file_name_check(zero, "f", &place->fault), STATUS_INVALID);
    assert_int_equal(platform_check(TEXT("Linux"), "f", &place->fault), STATUS_INVALID);
    assert_int_equal(product_code_check(TEXT("a+b"), "f", &place->fault), STATUS_INVALID);
    assert_int_equal(file_name_check(TEXT("CON.txt"), "f", &place->fault), STATUS_INVALID);
    assert_int_equal(file_name_check(TEXT("lpt9"), "f", &place->fault), STATUS_INVALID);
    char long_name[FILE_NAME_MAX_BYTES + 1];
    memset(long_name, 'a', sizeof long_name);
    assert_int_equal(file_name_check((struct text){long_name, sizeof long_name}, "f", &place->fault),
                     STATUS_INVALID);
    assert_int_equal(file_name_check((struct text){long_name, sizeof long_name - 1}, "f", &place->fault),
                     STATUS_OK);
}

static void plain_names_are_taken(void **state) {
    struct place *place = *state;
    assert_int_equal(product_code_check(TEXT("EPP-2_x.y"), "f", &place->fault), STATUS_OK);
    assert_int_equal(version_check(TEXT("4.2.0-rc.1+build.7"), "f", &place->fault), STATUS_OK);
    assert_int_equal(platform_check(TEXT("linux-x86_64"), "f", &place->fault), STATUS_OK);
    assert_int_equal(file_name_check(TEXT("epp_4.2.0+1_amd64.deb"), "f", &place->fault), STATUS_OK);
    assert_int_equal(file_name_check(TEXT("console.exe"), "f", &place->fault), STATUS_OK);
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void a_target_path_is_taken_apart_as_clients_ask_for_it(void **state) {
    struct place *place = *state;
    struct target_path path;
    assert_true(target_path_parse(TEXT("EPP/beta/linux-amd64/4.2.0/" HASH ".epp.deb"), true, &path));
    assert_true(text_is(path.product, "EPP") && text_is(path.channel, "beta"));
    assert_true(text_is(path.platform, "linux-amd64") && text_is(path.version, "4.2.0"));
    assert_true(text_is(path.file_name, "epp.deb") && text_is(path.sha256, HASH));
    struct text made = target_path_make(&place->arena, &path);
    assert_true(text_is(made, "EPP/beta/linux-amd64/4.2.0/epp.deb"));
    assert_true(target_path_parse(made, false, &path));
    static const char *const BAD[] = {
        "",
        "EPP",
        "EPP/beta/linux-amd64/4.2.0/",
        "EPP/beta/linux-amd64/4.2.0/epp.deb",
        "EPP/beta/linux-amd64/4.2.0/" HASH ".",
        "EPP/beta/linux-amd64/4.2.0/" HASH "xepp.deb",
        "EPP/gamma/linux-amd64/4.2.0/" HASH ".epp.deb",
        "EPP/beta/linux-amd64/../" HASH ".epp.deb",
        "EPP/beta/linux-amd64/4.2.0/x/" HASH ".epp.deb",
        "/EPP/beta/linux-amd64/4.2.0/" HASH ".epp.deb",
        "EPP/beta//4.2.0/" HASH ".epp.deb",
        "EPP/beta/linux-amd64/4.2.0/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef.epp.deb",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(target_path_parse(text_of(BAD[i]), true, &path));
    }
}

/* ---- artifacts ---- */

static struct artifact put(struct place *place, struct text bytes) {
    struct artifact_writer *writer = NULL;
    struct artifact artifact;
    assert_int_equal(artifact_write_begin(place->store, 1000, &writer, &place->fault), STATUS_OK);
    assert_int_equal(artifact_write(writer, bytes, &place->fault), STATUS_OK);
    assert_int_equal(artifact_write_finish(writer, TEXT(""), &artifact, &place->fault), STATUS_OK);
    return artifact;
}

static void an_artifact_lies_under_the_hash_of_its_content(void **state) {
    struct place *place = *state;
    struct artifact artifact = put(place, TEXT("abc"));
    /* FIPS 180-2, B.1 */
    assert_string_equal(artifact.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(artifact.size_bytes, 3);
    struct stat about;
    struct text path =
        text_format(&place->arena, "%s/artifacts/ba/%s", place->directory, artifact.sha256 + 2);
    assert_int_equal(stat(path.at, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0400);
    int fd = -1;
    int64_t size = 0;
    assert_int_equal(artifact_open(place->store, text_of(artifact.sha256), &fd, &size, &place->fault),
                     STATUS_OK);
    assert_int_equal(size, 3);
    close(fd);
    put(place, TEXT("abc")); /* the same again is the same */
    bool good = false;
    assert_int_equal(artifact_verify(place->store, text_of(artifact.sha256), 3, &good, &place->fault),
                     STATUS_OK);
    assert_true(good);
    assert_int_equal(artifact_verify(place->store, text_of(artifact.sha256), 4, &good, &place->fault),
                     STATUS_OK);
    assert_false(good);
}

static void damage_is_seen(void **state) {
    struct place *place = *state;
    struct artifact artifact = put(place, TEXT("abc"));
    struct text path =
        text_format(&place->arena, "%s/artifacts/ba/%s", place->directory, artifact.sha256 + 2);
    assert_int_equal(chmod(path.at, 0600), 0);
    FILE *file = fopen(path.at, "wb");
    fputs("abd", file);
    fclose(file);
    bool good = true;
    assert_int_equal(artifact_verify(place->store, text_of(artifact.sha256), 3, &good, &place->fault),
                     STATUS_OK);
    assert_false(good);
    put(place, TEXT("abc")); /* putting it again mends it */
    assert_int_equal(artifact_verify(place->store, text_of(artifact.sha256), 3, &good, &place->fault),
                     STATUS_OK);
    assert_true(good);
}

static void what_is_not_there_or_no_hash_is_not_opened(void **state) {
    struct place *place = *state;
    int fd = -1;
    int64_t size = 0;
    static const char *const NAMES[] = {HASH, "", "../../etc/passwd", "ba/../../../etc/passwd", "BA"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        assert_int_equal(artifact_open(place->store, text_of(NAMES[i]), &fd, &size, &place->fault),
                         STATUS_NOT_FOUND);
        assert_string_equal(place->fault.code, "artifact-missing");
    }
}

static void an_artifact_of_another_hash_or_too_large_leaves_nothing(void **state) {
    struct place *place = *state;
    struct artifact_writer *writer = NULL;
    struct artifact artifact;
    assert_int_equal(artifact_write_begin(place->store, 4, &writer, &place->fault), STATUS_OK);
    assert_int_equal(artifact_write(writer, TEXT("abc"), &place->fault), STATUS_OK);
    assert_int_equal(artifact_write(writer, TEXT("de"), &place->fault), STATUS_TOO_LARGE);
    artifact_write_abandon(writer);
    assert_int_equal(artifact_write_begin(place->store, 4, &writer, &place->fault), STATUS_OK);
    assert_int_equal(artifact_write(writer, TEXT("abc"), &place->fault), STATUS_OK);
    assert_int_equal(artifact_write_finish(writer, TEXT(HASH), &artifact, &place->fault), STATUS_INVALID);
    assert_string_equal(place->fault.code, "artifact-differs");
    struct text command =
        text_format(&place->arena, "test -z \"$(find %s/artifacts -type f)\"", place->directory);
    assert_int_equal(system(command.at), 0);
}

static void unfinished_writes_are_swept_when_they_are_old(void **state) {
    struct place *place = *state;
    struct artifact_writer *writer = NULL;
    struct stat about;
    int64_t removed = -1;
    assert_int_equal(artifact_write_begin(place->store, 4, &writer, &place->fault), STATUS_OK);
    struct text tmp = text_format(&place->arena, "%s/artifacts/tmp", place->directory);
    assert_int_equal(stat(tmp.at, &about), 0);
    int64_t now_us = (int64_t)about.st_mtim.tv_sec * 1000000;
    assert_int_equal(artifact_sweep(place->store, now_us, &removed, &place->fault), STATUS_OK);
    assert_int_equal(removed, 0);
    int64_t later_us = now_us + INT64_C(86401) * 2 * 1000000;
    assert_int_equal(artifact_sweep(place->store, later_us, &removed, &place->fault), STATUS_OK);
    assert_int_equal(removed, 1);
    artifact_write_abandon(writer);
}

/* ---- TUF ---- */

static struct tuf_key a_key(struct place *place, unsigned char seed_byte) {
    unsigned char seed[crypto_sign_SEEDBYTES];
    unsigned char *public_key = ARENA_NEW(&place->arena, unsigned char, TUF_PUBLIC_KEY_BYTES);
    unsigned char *secret_key = ARENA_NEW(&place->arena, unsigned char, TUF_SECRET_KEY_BYTES);
    memset(seed, seed_byte, sizeof seed);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    return (struct tuf_key){tuf_key_id(&place->arena, public_key), public_key, secret_key};
}

static void a_key_is_named_by_the_hash_of_its_canonical_json(void **state) {
    struct place *place = *state;
    unsigned char public_key[TUF_PUBLIC_KEY_BYTES];
    memset(public_key, 0xAB, sizeof public_key);
    struct text json =
        TEXT("{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"abababababababababababababababababababa"
             "babababababababababababab\"},\"scheme\":\"ed25519\"}");
    assert_true(text_equal(tuf_key_id(&place->arena, public_key), sha256_hex(&place->arena, json)));
}

static void a_file_is_signed_over_the_very_slice_that_it_holds(void **state) {
    struct place *place = *state;
    struct tuf_key keys[] = {a_key(place, 1), a_key(place, 2), a_key(place, 3)};
    struct tuf_target target = {.path = TEXT("EPP/stable/linux-amd64/1/a"),
                                .size_bytes = 3,
                                .sha256 = TEXT(HASH),
                                .product = TEXT("EPP"),
                                .version = TEXT("1"),
                                .channel = TEXT("stable"),
                                .platform = TEXT("linux-amd64"),
                                .released_at_us = INT64_C(1795521600999999)};
    struct text object = tuf_targets_signed(&place->arena, 7, INT64_C(1795521600000000), &target, 1);
    assert_true(text_is(
        object, "{\"_type\":\"targets\",\"expires\":\"2026-11-24T12:00:00Z\",\"spec_version\":\"1.0.34\","
                "\"targets\":{\"EPP/stable/linux-amd64/1/a\":{\"custom\":{\"channel\":\"stable\","
                "\"platform\":\"linux-amd64\",\"product\":\"EPP\",\"released\":\"2026-11-24T12:00:00Z\","
                "\"version\":\"1\"},\"hashes\":{\"sha256\":\"" HASH "\"},\"length\":3}},\"version\":7}"));
    struct text file = tuf_file_sign(&place->arena, object, keys, 2);
    struct tuf_parsed_file parsed;
    assert_true(tuf_file_parse(file, &parsed));
    assert_true(text_equal(parsed.signed_object, object));
    assert_int_equal(parsed.signature_count, 2);
    assert_int_equal(tuf_file_signers(&parsed, keys, 3), 2);
    for (size_t i = 0; i < file.length; i++) { /* every flipped bit is seen */
        char *broken = ARENA_NEW(&place->arena, char, file.length);
        memcpy(broken, file.at, file.length);
        broken[i] = (char)(broken[i] ^ 1);
        bool is_good = tuf_file_parse((struct text){broken, file.length}, &parsed) &&
                       tuf_file_signers(&parsed, keys, 3) == 2;
        assert_false(is_good);
        assert_false(tuf_file_parse((struct text){file.at, i}, &parsed) &&
                     tuf_file_signers(&parsed, keys, 3) > 0);
    }
}

static void a_root_names_keys_and_thresholds(void **state) {
    struct place *place = *state;
    struct tuf_key keys[] = {a_key(place, 1), a_key(place, 2), a_key(place, 3)};
    struct tuf_key other = a_key(place, 4);
    struct tuf_key another = a_key(place, 5);
    struct tuf_root root = {.version = 3,
                            .expires_at_us = INT64_C(1795521600000000),
                            .root = {keys, 2, 2},
                            .snapshot = {keys + 2, 1, 1},
                            .targets = {&other, 1, 1},
                            .timestamp = {&another, 1, 1}};
    struct text object = tuf_root_signed(&place->arena, &root);
    struct tuf_named_role found;
    assert_true(tuf_root_role(object, "root", &found));
    assert_int_equal(found.count, 2);
    assert_int_equal(found.threshold, 2);
    assert_true(text_equal(found.key_ids[1], keys[1].key_id));
    assert_true(tuf_root_role(object, "timestamp", &found));
    assert_true(text_equal(found.key_ids[0], another.key_id));
    assert_false(tuf_root_role(object, "mirrors", &found));
    assert_false(tuf_root_role(TEXT("{}"), "root", &found));
}

/* ---- ranges (RFC 9110, 14.1.2) ---- */

static void a_range_is_a_part_of_the_file_or_none(void **state) {
    (void)state;
    static const struct {
        const char *header;
        enum byte_range expected;
        int64_t first;
        int64_t length;
    } CASES[] = {
        {"", BYTE_RANGE_WHOLE, 0, 1000},
        {"bytes=0-0", BYTE_RANGE_PART, 0, 1},
        {"bytes=0-499", BYTE_RANGE_PART, 0, 500},
        {"Bytes=500-999", BYTE_RANGE_PART, 500, 500},
        {"bytes=500-", BYTE_RANGE_PART, 500, 500},
        {"bytes=-500", BYTE_RANGE_PART, 500, 500},
        {"bytes=-5000", BYTE_RANGE_PART, 0, 1000},
        {"bytes=999-5000", BYTE_RANGE_PART, 999, 1},
        {"bytes=0-99999999999999999999999", BYTE_RANGE_PART, 0, 1000},
        {"bytes=1000-", BYTE_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=99999999999999999999999-", BYTE_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", BYTE_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=2-1", BYTE_RANGE_WHOLE, 0, 1000},
        {"bytes=0-1,5-6", BYTE_RANGE_WHOLE, 0, 1000},
        {"bytes=a-b", BYTE_RANGE_WHOLE, 0, 1000},
        {"bytes=-", BYTE_RANGE_WHOLE, 0, 1000},
        {"bytes=", BYTE_RANGE_WHOLE, 0, 1000},
        {"items=0-1", BYTE_RANGE_WHOLE, 0, 1000},
        {"bytes 0-1", BYTE_RANGE_WHOLE, 0, 1000},
        {"bytes=+1-2", BYTE_RANGE_WHOLE, 0, 1000},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int64_t first = -1;
        int64_t length = -1;
        assert_int_equal(byte_range_parse(text_of(CASES[i].header), 1000, &first, &length),
                         CASES[i].expected);
        if (CASES[i].expected == BYTE_RANGE_UNSATISFIABLE) {
            continue;
        }
        assert_int_equal(first, CASES[i].first);
        assert_int_equal(length, CASES[i].length);
    }
    int64_t first = 0;
    int64_t length = 0;
    assert_int_equal(byte_range_parse(TEXT("bytes=0-"), 0, &first, &length), BYTE_RANGE_UNSATISFIABLE);
}

static void if_range_matches_the_very_strong_tag_alone(void **state) {
    (void)state;
    assert_true(byte_range_if_matches(TEXT(""), TEXT("\"a\"")));
    assert_true(byte_range_if_matches(TEXT("\"a\""), TEXT("\"a\"")));
    assert_false(byte_range_if_matches(TEXT("\"b\""), TEXT("\"a\"")));
    assert_false(byte_range_if_matches(TEXT("W/\"a\""), TEXT("\"a\"")));
    assert_false(byte_range_if_matches(TEXT("Tue, 24 Nov 2026 12:00:00 GMT"), TEXT("\"a\"")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(canonical_json_has_no_white_space_and_escapes_two_characters_alone,
                                        begin, end),
        cmocka_unit_test_setup_teardown(names_that_lead_elsewhere_or_are_odd_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(plain_names_are_taken, begin, end),
        cmocka_unit_test_setup_teardown(a_target_path_is_taken_apart_as_clients_ask_for_it, begin, end),
        cmocka_unit_test_setup_teardown(an_artifact_lies_under_the_hash_of_its_content, begin, end),
        cmocka_unit_test_setup_teardown(damage_is_seen, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_there_or_no_hash_is_not_opened, begin, end),
        cmocka_unit_test_setup_teardown(an_artifact_of_another_hash_or_too_large_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(unfinished_writes_are_swept_when_they_are_old, begin, end),
        cmocka_unit_test_setup_teardown(a_key_is_named_by_the_hash_of_its_canonical_json, begin, end),
        cmocka_unit_test_setup_teardown(a_file_is_signed_over_the_very_slice_that_it_holds, begin, end),
        cmocka_unit_test_setup_teardown(a_root_names_keys_and_thresholds, begin, end),
        cmocka_unit_test(a_range_is_a_part_of_the_file_or_none),
        cmocka_unit_test(if_range_matches_the_very_strong_tag_alone),
    };
    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
