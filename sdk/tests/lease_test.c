/* Envelopes, key sets and JSON: what is taken, and that nothing else is. */
#include "door.h"
#include "json.h"
#include "keys.h"

static struct sm_span span(const char *text) {
    return sm_span_of(text);
}

static void trust(const struct door *door, struct sm_key_set *keys) {
    memset(keys, 0, sizeof *keys);
    sm_key_make(&keys->keys[0], door->lease_keys[0].public_key);
    keys->key_count = 1;
    keys->version = 3;
    sm_key_make(&keys->roots[0], door->root.public_key);
    keys->root_count = 1;
}

/* Reads an envelope as the client does. */
static enum sm_code read_envelope(const char *bytes, size_t size, const struct sm_key_set *keys,
                                  struct sm_lease *lease) {
    struct sm_json_member members[] = {{"lease", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"index", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"size", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"path", {SM_JSON_ABSENT, {NULL, 0}}},
                                       {"head", {SM_JSON_ABSENT, {NULL, 0}}}};
    struct sm_span text = {bytes, size};
    memset(lease, 0, sizeof *lease);
    if (!sm_json_object(text, members, 5)) {
        return SM_LEASE_MALFORMED;
    }
    struct sm_envelope envelope = {members[0].value, members[1].value, members[2].value, members[3].value,
                                   members[4].value};
    return sm_lease_read(&envelope, keys, lease);
}

static struct door *a_door(void) {
    static struct computer computer;
    computer_make(&computer);
    copy_text(computer.door.device, "dev_1");
    copy_text(computer.door.fingerprint, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    return &computer.door;
}

static void leases_of_batches_of_any_size_verify(void **state) {
    struct door *door = a_door();
    struct sm_key_set keys;
    struct sm_lease lease;
    char out[DOOR_TEXT] = "{";
    (void)state;
    trust(door, &keys);
    for (door->leaves = 1; door->leaves <= 40; door->leaves++) {
        for (door->leaf = 0; door->leaf < door->leaves; door->leaf++) {
            envelope_make(door, "AQIDBAUGBwg", 13, out + 1);
            assert_code(read_envelope(out, strlen(out), &keys, &lease), SM_OK);
            assert_int_equal(lease.sequence, 13);
            sm_lease_free(&lease);
        }
    }
    door->leaves = 256;
    door->leaf = 255;
    envelope_make(door, "AQIDBAUGBwg", 13, out + 1);
    assert_code(read_envelope(out, strlen(out), &keys, &lease), SM_OK);
    sm_lease_free(&lease);
}

static void every_truncated_envelope_is_refused(void **state) {
    struct door *door = a_door();
    struct sm_key_set keys;
    struct sm_lease lease;
    char out[DOOR_TEXT] = "{";
    (void)state;
    trust(door, &keys);
    envelope_make(door, "AQIDBAUGBwg", 13, out + 1);
    for (size_t size = 0; size < strlen(out); size++) {
        char *exact = malloc(size + 1);
        memcpy(exact, out, size);
        assert_code(read_envelope(exact, size, &keys, &lease), SM_LEASE_MALFORMED);
        free(exact);
    }
}

static void every_flipped_bit_of_an_envelope_is_refused(void **state) {
    struct door *door = a_door();
    struct sm_key_set keys;
    struct sm_lease lease;
    char out[DOOR_TEXT] = "{";
    (void)state;
    trust(door, &keys);
    envelope_make(door, "AQIDBAUGBwg", 13, out + 1);
    size_t size = strlen(out);
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            out[at] = (char)(out[at] ^ 1 << bit);
            enum sm_code code = read_envelope(out, size, &keys, &lease);
            assert_true(code == SM_LEASE_MALFORMED || code == SM_LEASE_FORGED ||
                        code == SM_SIGNING_KEY_UNKNOWN);
            out[at] = (char)(out[at] ^ 1 << bit);
        }
    }
    assert_code(read_envelope(out, size, &keys, &lease), SM_OK);
    sm_lease_free(&lease);
}

static void a_lease_by_another_key_or_in_another_tree_is_refused(void **state) {
    struct door *door = a_door();
    struct sm_key_set keys;
    struct sm_lease lease;
    char out[DOOR_TEXT] = "{";
    (void)state;
    trust(door, &keys);
    door->signs_leases = &door->lease_keys[1];
    envelope_make(door, "AQIDBAUGBwg", 13, out + 1);
    assert_code(read_envelope(out, strlen(out), &keys, &lease), SM_SIGNING_KEY_UNKNOWN);
    memcpy(door->lease_keys[1].kid, door->lease_keys[0].kid, 17); /* a kid that is not its own */
    envelope_make(door, "AQIDBAUGBwg", 13, out + 1);
    assert_code(read_envelope(out, strlen(out), &keys, &lease), SM_LEASE_FORGED);
    door->signs_leases = &door->lease_keys[0];
    envelope_make(door, "AQIDBAUGBwg", 13, out + 1);
    strstr(out, "\"index\":4")[8] = '5';
    assert_code(read_envelope(out, strlen(out), &keys, &lease), SM_LEASE_FORGED);
}

static void check_jws(const struct door *door, const char *head, enum sm_code wanted) {
    struct sm_key_set keys;
    struct sm_span payload;
    char jws[1000];
    char out[1000];
    unsigned char signature[64];
    trust(door, &keys);
    base64(head, strlen(head), jws);
    append(jws, ".e30.");
    crypto_sign_detached(signature, NULL, (unsigned char *)jws, strlen(jws) - 1,
                         door->lease_keys[0].secret_key);
    base64(signature, 64, jws + strlen(jws));
    assert_code(sm_jws_verify(span(jws), "seatmeter-head", keys.keys, 1, out, &payload), wanted);
}

static void the_head_of_a_jws_is_taken_strictly(void **state) {
    struct door *door = a_door();
    static const char *const bad[] = {
        "{\"alg\":\"none\",\"typ\":\"seatmeter-head\",\"kid\":\"%s\"}",
        "{\"alg\":\"HS256\",\"typ\":\"seatmeter-head\",\"kid\":\"%s\"}",
        "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-keys\",\"kid\":\"%s\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}",
        "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-head\",\"kid\":\"%s\",\"crit\":[\"b64\"],\"b64\":false}",
        "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-head\",\"kid\":\"%s\",\"alg\":\"EdDSA\"}",
        "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-head\",\"kid\":\"%sX\"}",
        "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-head\",\"kid\":\"%s\"} x"};
    char head[300];
    (void)state;
    snprintf(head, sizeof head, "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-head\",\"kid\":\"%s\",\"cty\":1}",
             door->lease_keys[0].kid);
    check_jws(door, head, SM_OK);
    snprintf(head, sizeof head,
             "{\"alg\":\"EdDSA\",\"typ\":\"seatmeter-head\",\"kid\":\"0000000000000000\"}");
    check_jws(door, head, SM_SIGNING_KEY_UNKNOWN);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *at = strstr(bad[i], "%s");
        snprintf(head, sizeof head, "%.*s%s%s", (int)(at - bad[i]), bad[i], door->lease_keys[0].kid, at + 2);
        check_jws(door, head, SM_LEASE_MALFORMED);
    }
}

static void a_key_s_id_is_its_thumbprint(void **state) {
    /* RFC 8037, appendix A.3 */
    unsigned char bytes[32];
    struct sm_key key;
    (void)state;
    unbase64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", 43, bytes);
    sm_key_make(&key, bytes);
    assert_string_equal(key.id, "kPrK_qmxVWaYVA9w");
}

/* A key's id must be its own. */
static const char WRONG_KID[] =
    "{\"version\":4,\"issued\":1,\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"0\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}],\"roots\":[\"%s\"]}";

static void key_sets_that_are_not_whole_are_refused(void **state) {
    struct door *door = a_door();
    static const char *const bad[] = {
        "{\"version\":0,\"issued\":1,\"keys\":[],\"roots\":[\"%s\"]}",
        "{\"version\":4.0,\"issued\":1,\"keys\":[],\"roots\":[\"%s\"]}",
        "{\"version\":4,\"issued\":1,\"keys\":[],\"roots\":[]}",
        "{\"version\":4,\"issued\":1,\"keys\":[]}",
        "{\"version\":4,\"issued\":1,\"roots\":[\"%s\"]}",
        "{\"version\":4,\"issued\":1,\"keys\":{},\"roots\":[\"%s\"]}",
        "{\"version\":4,\"keys\":[],\"roots\":[\"%s\"]}",
        "{\"version\":4,\"version\":5,\"issued\":1,\"keys\":[],\"roots\":[\"%s\"]}",
        "{\"version\":2,\"issued\":1,\"keys\":[],\"roots\":[\"%s\"]}",
        WRONG_KID};
    struct sm_key_set keys;
    struct sm_key_set next;
    char payload[600];
    char jws[2000];
    (void)state;
    trust(door, &keys);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *at = strstr(bad[i], "%s");
        if (at == NULL) {
            snprintf(payload, sizeof payload, "%s", bad[i]);
        } else {
            snprintf(payload, sizeof payload, "%.*s%s%s", (int)(at - bad[i]), bad[i], door->root.x, at + 2);
        }
        jws_make(&door->root, "seatmeter-keys", payload, jws);
        assert_code(sm_key_set_read(span(jws), &keys, &next), SM_LEASE_MALFORMED);
    }
    snprintf(payload, sizeof payload,
             "{\"version\":3,\"issued\":1,\"keys\":[{\"kty\":\"RSA\",\"n\":1}],\"roots\":[\"%s\"]}",
             door->root.x);
    jws_make(&door->root, "seatmeter-keys", payload, jws);
    assert_code(sm_key_set_read(span(jws), &keys, &next), SM_OK);
    assert_int_equal(next.key_count, 0);
    jws[strlen(jws) - 10] = (char)(jws[strlen(jws) - 10] == 'A' ? 'B' : 'A');
    assert_code(sm_key_set_read(span(jws), &keys, &next), SM_LEASE_FORGED);
}

static bool is_json(const char *text, size_t length) {
    struct sm_json json;
    struct sm_span name;
    struct sm_json_value value;
    enum sm_json_kind kind;
    struct sm_span all = {text, length};
    sm_json_begin(&json, all);
    do {
        kind = sm_json_next(&json, &name, &value);
    } while (kind != SM_JSON_END && kind != SM_JSON_ERROR);
    return kind == SM_JSON_END;
}

static void json_is_read_strictly(void **state) {
    static const char *const good[] = {"{}",       "[]",          " [ 1 , -0.5e+3 , \"\\ud83d\\ude00\" ] ",
                                       "\"é\"",    "true",        "{\"a\":{\"b\":[null,false]}}",
                                       "0",        "-0",          "1E5",
                                       "[[[[]]]]", "\"\\u0000\"", "{\"\":1}"};
    static const char *const bad[] = {"",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "01",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "+1",
                                      "nul",
                                      "\"\n\"",
                                      "\"\\x\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\xff\"",
                                      "\"\xc0\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "[1 2]",
                                      "[,1]",
                                      "{,}",
                                      "1 1",
                                      "[}",
                                      "{]",
                                      "\"abc",
                                      "'a'",
                                      "[1]]",
                                      "\xef\xbb\xbf[]",
                                      "{\"a\"}",
                                      "\"\\u12\""};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(is_json(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(is_json(bad[i], strlen(bad[i])));
    }
    assert_false(is_json("\"a\0b\"", 5));
    char deep[200];
    memset(deep, '[', SM_JSON_DEPTH_MAX);
    memset(deep + SM_JSON_DEPTH_MAX, ']', SM_JSON_DEPTH_MAX);
    assert_true(is_json(deep, (size_t)2 * SM_JSON_DEPTH_MAX));
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    assert_false(is_json(deep, 200));
}

static void values_are_taken_within_their_bounds(void **state) {
    struct sm_json_member member[] = {{"a\"b", {SM_JSON_ABSENT, {NULL, 0}}}};
    char text[8];
    unsigned char bytes[2];
    int64_t number;
    (void)state;
    assert_true(sm_json_object(span("{\"x\":[1],\"a\\u0022b\":9223372036854775807}"), member, 1));
    assert_true(sm_json_integer(&member[0].value, 0, INT64_MAX, &number));
    assert_true(number == INT64_MAX);
    assert_true(sm_json_object(span("{\"a\\\"b\":9223372036854775808}"), member, 1));
    assert_false(sm_json_integer(&member[0].value, INT64_MIN, INT64_MAX, &number));
    assert_true(sm_json_object(span("{\"a\\\"b\":-9223372036854775808}"), member, 1));
    assert_true(sm_json_integer(&member[0].value, INT64_MIN, INT64_MAX, &number));
    assert_false(sm_json_integer(&member[0].value, 0, INT64_MAX, &number));
    assert_false(sm_json_object(span("{\"a\\\"b\":1,\"a\\u0022b\":2}"), member, 1));
    assert_false(sm_json_object(span("[]"), member, 1));
    assert_true(sm_json_object(span("{\"a\\\"b\":\"\\u00e9\\ud83d\\ude00\"}"), member, 1));
    assert_true(sm_json_text(&member[0].value, text, sizeof text));
    assert_string_equal(text, "é😀");
    assert_false(sm_json_text(&member[0].value, text, 6));
    assert_true(sm_json_text_is(&member[0].value, span("é😀")));
    assert_false(sm_json_text_is(&member[0].value, span("é")));
    assert_true(sm_json_object(span("{\"a\\\"b\":\"AQI\"}"), member, 1));
    assert_true(sm_json_bytes(&member[0].value, bytes, 2));
    assert_true(bytes[0] == 1 && bytes[1] == 2);
    assert_true(sm_json_object(span("{\"a\\\"b\":\"AQJ\"}"), member, 1)); /* unused bits that are not zero */
    assert_false(sm_json_bytes(&member[0].value, bytes, 2));
    assert_true(sm_json_object(span("{\"a\\\"b\":\"A+I\"}"), member, 1));
    assert_false(sm_json_bytes(&member[0].value, bytes, 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leases_of_batches_of_any_size_verify),
        cmocka_unit_test(every_truncated_envelope_is_refused),
        cmocka_unit_test(every_flipped_bit_of_an_envelope_is_refused),
        cmocka_unit_test(a_lease_by_another_key_or_in_another_tree_is_refused),
        cmocka_unit_test(the_head_of_a_jws_is_taken_strictly),
        cmocka_unit_test(a_key_s_id_is_its_thumbprint),
        cmocka_unit_test(key_sets_that_are_not_whole_are_refused),
        cmocka_unit_test(json_is_read_strictly),
        cmocka_unit_test(values_are_taken_within_their_bounds),
    };
    return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
