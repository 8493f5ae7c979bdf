/* Leases: the bytes that a device gets, the proof around them, and the standards' own vectors. */
#include "core/base/base64url.h"
#include "core/base/rng.h"
#include "core/licence/lease.h"
#include "verify_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = "a secret of 32 bytes for testing";
static const unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES] = {0};

/* RFC 8037 appendix A.1 and A.2 */
static struct signing_key key_of_the_standard(void) {
    struct signing_key key;
    unsigned char seed[32];
    assert_true(base64url_decode(TEXT("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), seed, sizeof seed));
    crypto_sign_seed_keypair(key.public_key, key.secret_key, seed);
    signing_key_id(key.public_key, key.kid);
    return key;
}

static struct lease a_lease(const struct lease_opening *opening) {
    struct lease lease = {.code = LEASE_CODE_OK,
                          .device_id = 7,
                          .fingerprint = fingerprint,
                          .sequence = 13,
                          .link = 0x0102030405060708,
                          .keys_version = 3,
                          .licence_id = 9,
                          .seats = 10,
                          .opening = opening};
    lease_set_times(&lease, &LEASE_TERMS_DEFAULT, false, 1764000000, 0);
    return lease;
}

static struct text written(struct arena *arena, const struct lease *lease) {
    char *out = ARENA_NEW(arena, char, lease_bytes_max(lease));
    return (struct text){out, lease_write(lease, secret, out)};
}

static struct text identifier(struct arena *arena, enum identifier_kind kind, int64_t id) {
    char word[IDENTIFIER_BYTES];
    identifier_encode(secret, kind, id, word);
    return text_copy(arena, text_of(word));
}

static void a_working_lease_reads_as_the_protocol_has_it(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct text components[] = {TEXT("firewall"), TEXT("mail")};
    struct lease lease = a_lease(lease_open(&arena, TEXT("EDR-1"), components, 2));
    struct text expected = text_format(
        &arena,
        "{\"sku\":\"EDR-1\",\"components\":[\"firewall\",\"mail\"],"
        "\"decision\":\"work\",\"code\":\"ok\",\"device\":\"%s\",\"fingerprint\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"sequence\":13,\"link\":\"AQIDBAUGBwg\","
        "\"issued\":1764000000,\"renew_after\":1764043200,\"warn_after\":1764086400,\"expires\":1764086400,"
        "\"keys\":3,\"licence\":\"%s\",\"seats\":10,\"advice\":[]}",
        identifier(&arena, IDENTIFIER_DEVICE, 7).at, identifier(&arena, IDENTIFIER_LICENCE, 9).at);
    assert_string_equal(text_copy(&arena, written(&arena, &lease)).at, expected.at);
    arena_clean_up(&arena);
}

static void a_refusal_says_stop_why_and_in_words(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct lease lease = a_lease(lease_open(&arena, TEXT("EDR-1"), NULL, 0));
    lease.code = LEASE_CODE_OFF;
    lease.advise_clock = true;
    struct text json = text_copy(&arena, written(&arena, &lease));
    assert_non_null(strstr(json.at, "{\"sku\":\"EDR-1\",\"components\":[],\"decision\":\"stop\",\"code\":"
                                    "\"off\",\"words\":\"The licence is turned off. "
                                    "Ask your provider to turn it on.\",\"device\":"));
    assert_non_null(strstr(json.at, "\"seats\":10,\"advice\":[\"clock-wrong\"]}"));
    arena_clean_up(&arena);
}

static void every_answer_fits_the_room_that_callers_give(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (int code = 0; code < LEASE_CODE_COUNT; code++) {
        struct lease lease = a_lease(lease_open(&arena, TEXT(""), NULL, 0));
        lease.code = (enum lease_code)code;
        lease.sequence = lease.keys_version = lease.device_id = lease.licence_id = INT64_MAX;
        lease.issued_s = lease.renew_after_s = lease.warn_after_s = lease.expires_s = INT64_MAX;
        lease.link = UINT64_MAX;
        lease.seats = INT32_MAX;
        lease.advise_clock = true;
        struct text json = written(&arena, &lease); /* asserts its length */
        assert_true(json.at[json.length - 1] == '}');
    }
    arena_clean_up(&arena);
}

static void a_skus_opening_escapes_what_json_must(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct text components[] = {TEXT("a\"b\\c"), TEXT("\x01\x1f"), TEXT("Z\xC3\xBCrich")};
    struct text json = lease_open(&arena, TEXT("S\n"), components, 3)->json;
    assert_string_equal(text_copy(&arena, json).at,
                        "{\"sku\":\"S\\u000a\",\"components\":[\"a\\\"b\\\\c\",\"\\u0001\\u001f\","
                        "\"Z\xC3\xBCrich\"]");
    arena_clean_up(&arena);
}

static void the_times_are_the_terms(void **state) {
    (void)state;
    struct lease lease = {.code = LEASE_CODE_OK};
    struct lease_terms terms = {.ttl_s = 3600, .grace_s = 600, .offline_ttl_s = 86400, .silent_s = 1};
    lease_set_times(&lease, &terms, false, 1000, 0);
    assert_int_equal(lease.issued_s, 1000);
    assert_int_equal(lease.renew_after_s, 2800);
    assert_int_equal(lease.warn_after_s, 4600);
    assert_int_equal(lease.expires_s, 5200);
    lease_set_times(&lease, &terms, true, 1000, 0);
    assert_int_equal(lease.renew_after_s, 44200);
    assert_int_equal(lease.warn_after_s, 86800);
    assert_int_equal(lease.expires_s, 87400);
    terms.grace_s = 10 * 86400; /* longer than the offline lease itself */
    lease_set_times(&lease, &terms, true, 1000, 0);
    assert_int_equal(lease.warn_after_s, lease.renew_after_s);
}

static void a_refusal_ends_with_what_was_promised_and_asks_again_soon(void **state) {
    (void)state;
    struct lease lease = {.code = LEASE_CODE_OFF};
    struct lease_terms terms = LEASE_TERMS_DEFAULT;
    lease_set_times(&lease, &terms, false, 5000, 9000);
    assert_int_equal(lease.issued_s, 5000);
    assert_int_equal(lease.warn_after_s, 5000);
    assert_int_equal(lease.expires_s, 9000);
    assert_int_equal(lease.renew_after_s, 8600);
    lease_set_times(&lease, &terms, false, 5000, 4000);
    assert_int_equal(lease.expires_s, 5000);
    terms.ttl_s = 3600;
    lease_set_times(&lease, &terms, false, 5000, 0);
    assert_int_equal(lease.renew_after_s, 5900);
    terms.ttl_s = 10; /* never later than a working one would renew */
    lease_set_times(&lease, &terms, false, 5000, 0);
    assert_int_equal(lease.renew_after_s, 5005);
    terms.ttl_s = 1;
    lease_set_times(&lease, &terms, false, 5000, 0);
    assert_int_equal(lease.renew_after_s, 5001);
}

static void a_key_id_is_the_start_of_the_thumbprint(void **state) {
    (void)state;
    struct signing_key key = key_of_the_standard();
    char x[BASE64URL_LENGTH(32) + 1] = "";
    base64url_encode(key.public_key, 32, x);
    assert_string_equal(x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_string_equal(key.kid, "kPrK_qmxVWaYVA9w"); /* RFC 8037 appendix A.3: kPrK_qmxVWaYVA9wwBF6… */
}

/* The parts of a compact JWS; the signature verified over the first two. */
static void open_jws(struct text jws, const unsigned char public_key[32], char header[256], char *payload) {
    const char *first = memchr(jws.at, '.', jws.length);
    const char *second = memchr(first + 1, '.', jws.length - (size_t)(first + 1 - jws.at));
    struct text parts[3] = {{jws.at, (size_t)(first - jws.at)},
                            {first + 1, (size_t)(second - first - 1)},
                            {second + 1, (size_t)(jws.at + jws.length - second - 1)}};
    unsigned char signature[64];
    assert_true(base64url_decode(parts[2], signature, sizeof signature));
    assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)jws.at,
                                                 (size_t)(second - jws.at), public_key),
                     0);
    size_t header_bytes = parts[0].length * 3 / 4, payload_bytes = parts[1].length * 3 / 4;
    assert_true(base64url_decode(parts[0], header, header_bytes));
    header[header_bytes] = '\0';
    assert_true(base64url_decode(parts[1], payload, payload_bytes));
    payload[payload_bytes] = '\0';
}

static void the_signature_of_the_standards_example_is_ours(void **state) {
    (void)state;
    /* RFC 8037 appendix A.4 */
    struct text jws =
        TEXT("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
             "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    struct signing_key key = key_of_the_standard();
    char header[256], payload[256];
    open_jws(jws, key.public_key, header, payload);
    assert_string_equal(header, "{\"alg\":\"EdDSA\"}");
    assert_string_equal(payload, "Example of Ed25519 signing");
    char made[512];
    size_t length = jws_write(&key, "example", TEXT("Example of Ed25519 signing"), made);
    open_jws((struct text){made, length}, key.public_key, header, payload);
    assert_string_equal(header, "{\"alg\":\"EdDSA\",\"typ\":\"example\",\"kid\":\"kPrK_qmxVWaYVA9w\"}");
    assert_string_equal(payload, "Example of Ed25519 signing");
}

/* What stands behind `"name":"` up to the next quote. */
static struct text member(const char *json, const char *name) {
    const char *at = strstr(json, name);
    assert_non_null(at);
    at += strlen(name);
    return (struct text){at, strcspn(at, "\"")};
}

static size_t read_path(const char *envelope, unsigned char path[MERKLE_PATH_MAX][32]) {
    const char *at = strstr(envelope, "\"path\":[") + strlen("\"path\":[");
    size_t count = 0;
    while (*at == '"' || *at == ',') {
        at += *at == ',' ? 2 : 1;
        assert_true(count < MERKLE_PATH_MAX);
        assert_true(base64url_decode((struct text){at, 43}, path[count++], 32));
        at += 44;
    }
    assert_int_equal(*at, ']');
    return count;
}

struct written_lease {
    struct text json;
    struct text encoded;
};

static void check_envelope(struct arena *arena, struct written_lease lease, const struct merkle_tree *tree,
                           size_t index, struct text head, const unsigned char root[32]) {
    struct text lease_json = lease.json;
    char *out = ARENA_NEW(arena, char, ENVELOPE_FIXED_BYTES_MAX + lease.encoded.length + 1);
    size_t length = envelope_write(lease.encoded, tree, index, head, out);
    assert_int_equal(out[length - 1], '}');
    out[length] = '\0';
    char *decoded = ARENA_NEW(arena, char, lease_json.length + 2);
    assert_true(base64url_decode(member(out, "\"lease\":\""), decoded + 1, lease_json.length));
    assert_memory_equal(decoded + 1, lease_json.at, lease_json.length);
    assert_true(text_equal(member(out, "\"head\":\""), head));
    struct text numbers =
        text_format(arena, "\",\"index\":%zu,\"size\":%zu,\"path\":[", index, tree->leaf_count);
    assert_non_null(strstr(out, numbers.at));
    unsigned char leaf_hash[32], path[MERKLE_PATH_MAX][32];
    crypto_hash_sha256(leaf_hash, (const unsigned char *)decoded, lease_json.length + 1);
    size_t path_length = read_path(out, path);
    assert_true(
        verify_path(leaf_hash, index, tree->leaf_count, (const unsigned char(*)[32])path, path_length, root));
}

static void every_lease_of_a_batch_is_proven_by_its_envelope(void **state) {
    (void)state;
    struct signing_key key = key_of_the_standard();
    static struct merkle_tree tree;
    static const size_t SIZES[] = {1, 2, 3, 5, 64, 70, 255, 256};
    for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
        struct arena arena;
        arena_init(&arena);
        struct written_lease *leases = ARENA_NEW(&arena, struct written_lease, SIZES[s]);
        struct text components[] = {TEXT("firewall")};
        for (size_t i = 0; i < SIZES[s]; i++) {
            /* openings of every remainder of three, as base64 works in threes */
            struct text sku = {"EDR-1", 3 + i % 3};
            struct lease lease = a_lease(lease_open(&arena, sku, components, 1));
            lease.device_id = (int64_t)i + 1;
            struct text json = written(&arena, &lease);
            char *encoded = ARENA_NEW(&arena, char, BASE64URL_LENGTH(json.length));
            leases[i] = (struct written_lease){json, {encoded, lease_encode(&lease, json, encoded)}};
            lease_hash(&lease, json, &tree.hashes[i]);
        }
        merkle_build(&tree, SIZES[s]);
        char head[LEASE_HEAD_BYTES_MAX], header[256], payload[256];
        size_t head_length = lease_head_write(&key, &tree, 1764000000, head);
        open_jws((struct text){head, head_length}, key.public_key, header, payload);
        unsigned char root[32];
        assert_true(base64url_decode(member(payload, "{\"root\":\""), root, 32));
        struct text rest = text_format(&arena, "\",\"size\":%zu,\"issued\":1764000000}", SIZES[s]);
        assert_string_equal(payload + strlen("{\"root\":\"") + 43, rest.at);
        assert_non_null(strstr(header, "\"typ\":\"seatmeter-head\""));
        for (size_t i = 0; i < SIZES[s]; i++) {
            check_envelope(&arena, leases[i], &tree, i, (struct text){head, head_length}, root);
        }
        arena_clean_up(&arena);
    }
}

static void each_device_and_generation_has_a_check_in_key_of_its_own(void **state) {
    (void)state;
    unsigned char master[DEVICE_MASTER_BYTES], other_master[DEVICE_MASTER_BYTES];
    unsigned char other_secret[PROGRAMME_SECRET_BYTES] = {1};
    device_master_key(secret, master);
    device_master_key(other_secret, other_master);
    unsigned char first[CHECK_IN_KEY_BYTES], again[CHECK_IN_KEY_BYTES], other[CHECK_IN_KEY_BYTES];
    device_check_in_key(master, 1, 2, first);
    device_check_in_key(master, 1, 2, again);
    assert_memory_equal(first, again, sizeof first);
    device_check_in_key(master, 2, 1, other);
    assert_memory_not_equal(first, other, sizeof first);
    device_check_in_key(master, 1, 3, other);
    assert_memory_not_equal(first, other, sizeof first);
    device_check_in_key(other_master, 1, 2, other);
    assert_memory_not_equal(first, other, sizeof first);
}

int main(void) {
    if (sodium_init() < 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_working_lease_reads_as_the_protocol_has_it),
        cmocka_unit_test(a_refusal_says_stop_why_and_in_words),
        cmocka_unit_test(every_answer_fits_the_room_that_callers_give),
        cmocka_unit_test(a_skus_opening_escapes_what_json_must),
        cmocka_unit_test(the_times_are_the_terms),
        cmocka_unit_test(a_refusal_ends_with_what_was_promised_and_asks_again_soon),
        cmocka_unit_test(a_key_id_is_the_start_of_the_thumbprint),
        cmocka_unit_test(the_signature_of_the_standards_example_is_ours),
        cmocka_unit_test(every_lease_of_a_batch_is_proven_by_its_envelope),
        cmocka_unit_test(each_device_and_generation_has_a_check_in_key_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
