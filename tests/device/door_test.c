/* The device door over HTTP, beside a live state in memory: what each request is answered, to the last
 * member. */
#include "live_in_memory.h"

#include "../unit/verify_path.h"
#include "core/base/base64url.h"
#include "device/door.h"
#include "device/door_clock.h"

#include <endian.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_S INT64_C(1795521600)
/* Within it no machine is so busy that the door sheds a request. */
enum { BODY_BYTES = 8192, PATIENCE_US = 900000000 };

static const unsigned char secret[PROGRAMME_SECRET_BYTES] = {4, 5, 6};
static unsigned char master[DEVICE_MASTER_BYTES];
static unsigned char signing_key[32];
static struct device_door *door;
static int connection = -1;

static _Atomic int64_t clock_is_off_by_s; /* the door's loop reads it */

static int64_t test_now_us(void) {
    return (NOW_S + clock_is_off_by_s) * 1000000;
}

/* The devices that are otherwise than on and well. */
enum {
    WELL = 1,
    OFF,
    RETIRED,
    SUSPENDED,
    RELEASED,
    UNSETTLED,
    SEATLESS,
    SILENT,
    TWICE,
    EXPIRED,
    OFTEN,
    LONG_SINCE,
    COUNT = 20
};

static void prepare(struct live *live) {
    live_in_memory_licence(live, OFF)->state = LICENCE_OFF;
    live_in_memory_licence(live, OFF)->counted_seats = 0;
    live_in_memory_licence(live, RETIRED)->state = LICENCE_RETIRED;
    live_in_memory_licence(live, SUSPENDED)->suspender = SUSPENDER_DISTRIBUTOR;
    live_in_memory_licence(live, SUSPENDED)->counted_seats = 0;
    for (uint32_t id = 1; id <= COUNT; id++) {
        live_device_find(live, id)->lease_expires_s = NOW_S + 1000;
    }
    live_device_find(live, RELEASED)->state = DEVICE_RELEASED;
    live_device_find(live, UNSETTLED)->sequence = 10;
    live_device_find(live, UNSETTLED)->flags = LIVE_UNSETTLED;
    live_device_find(live, SEATLESS)->seat = 0;
    live_device_find(live, SILENT)->lease_expires_s = NOW_S - 40 * 86400;
    live_device_find(live, TWICE)->generation = 2;
    live_device_find(live, TWICE)->displaced_until_s = NOW_S + 300;
    live_device_find(live, LONG_SINCE)->generation = 2;
    live_device_find(live, LONG_SINCE)->activated_at_us = (NOW_S - INT64_C(30) * 86400) * 1000000;
    live_device_find(live, EXPIRED)->lease_expires_s = NOW_S - 5;
    memcpy(signing_key, live_keys(live)->active.public_key, sizeof signing_key);
}

static void connect_to_door(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct text url = device_door_url(door);
    address.sin_port = htons((uint16_t)strtol(strrchr(url.at, ':') + 1, NULL, 10));
    connection = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof address), 0);
}

static int set_up(void **state) {
    (void)state;
    static struct device_options options;
    struct fault fault;
    live_in_memory_count = COUNT;
    live_in_memory_prepare = prepare;
    live_in_memory_code = LEASE_CODE_OK;
    live_in_memory_retried = 0;
    options = (struct device_options){.database_url = TEXT("sqlite:/nonexistent/store"),
                                      .address = TEXT("127.0.0.1:0"),
                                      .secret = secret,
                                      .metrics_token = TEXT("token"),
                                      .late_us = PATIENCE_US,
                                      .now_us = test_now_us};
    device_master_key(secret, master);
    assert_int_equal(device_door_start(&options, &door, &fault), STATUS_OK);
    connect_to_door();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close(connection);
    device_door_stop(door);
    return 0;
}

static void send_request(const char *method, const char *path, const char *headers, const char *body) {
    char request[BODY_BYTES];
    int length =
        snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: door\r\n%sContent-Length: %zu\r\n\r\n%s",
                 method, path, headers, strlen(body), body);
    assert_int_equal(send(connection, request, (size_t)length, MSG_NOSIGNAL), length);
}

/* The status, and the body. */
static int read_answer(char *answer) {
    char head[2048];
    size_t had = 0;
    do {
        assert_int_equal(recv(connection, head + had, 1, 0), 1);
        had++;
    } while (had < 4 || memcmp(head + had - 4, "\r\n\r\n", 4) != 0);
    head[had] = '\0';
    size_t size = (size_t)strtol(strstr(head, "Content-Length: ") + 16, NULL, 10);
    assert_true(size < BODY_BYTES);
    assert_int_equal(recv(connection, answer, size, MSG_WAITALL), size);
    answer[size] = '\0';
    int status = (int)strtol(head + 9, NULL, 10);
    bool tells_to_wait = strstr(head, "\r\nRetry-After: ") != NULL;
    assert_int_equal(tells_to_wait, status == 429 || status == 503);
    return status;
}

static int exchange(const char *method, const char *path, const char *headers, const char *body,
                    char *answer) {
    send_request(method, path, headers, body);
    return read_answer(answer);
}

struct chain {
    int64_t device;
    uint32_t generation;
    int sequence;
    uint64_t link;
};

static void put_link(uint64_t link, char out[12]) {
    uint64_t bytes = htobe64(link);
    out[base64url_encode(&bytes, sizeof bytes, out)] = '\0';
}

static void write_check_in(const struct chain *chain, uint64_t link, const char *more, char *body) {
    char device[IDENTIFIER_BYTES];
    char links[2][12];
    unsigned char key[32];
    unsigned char mac[32];
    char encoded[44] = "";
    identifier_encode(secret, IDENTIFIER_DEVICE, chain->device, device);
    put_link(chain->link, links[0]);
    put_link(link, links[1]);
    size_t length = (size_t)sprintf(
        body, "{\"device\":\"%s\",\"sequence\":%d,\"previous\":\"%s\",\"link\":\"%s\",\"time\":%lld%s",
        device, chain->sequence + 1, links[0], links[1], (long long)NOW_S, more);
    device_check_in_key(master, chain->device, chain->generation, key);
    crypto_generichash_blake2b(mac, sizeof mac, (unsigned char *)body, length, key, sizeof key);
    base64url_encode(mac, sizeof mac, encoded);
    sprintf(body + length, ",\"mac\":\"%s\"}", encoded);
}

static struct text member(const char *json, const char *name) {
    char wanted[40];
    sprintf(wanted, "\"%s\":\"", name);
    const char *at = strstr(json, wanted);
    assert_non_null(at);
    at += strlen(wanted);
    return (struct text){at, (size_t)(strchr(at, '"') - at)};
}

static long long number(const char *json, const char *name) {
    char wanted[40];
    sprintf(wanted, "\"%s\":", name);
    const char *at = strstr(json, wanted);
    assert_non_null(at);
    return strtoll(at + strlen(wanted), NULL, 10);
}

/* Verifies an envelope whole; its lease. */
static void open_envelope(const char *envelope, char *lease) {
    struct text encoded = member(envelope, "lease");
    struct text head = member(envelope, "head");
    unsigned char leaf[4096] = {0};
    unsigned char leaf_hash[32];
    unsigned char signature[64];
    char payload[300] = "";
    unsigned char root[32];
    unsigned char path[8][32];
    size_t length = encoded.length * 3 / 4;
    assert_true(base64url_decode(encoded, leaf + 1, length));
    crypto_hash_sha256(leaf_hash, leaf, length + 1);
    const char *dot = memchr(head.at, '.', head.length);
    const char *end = memchr(dot + 1, '.', head.length);
    assert_true(
        base64url_decode((struct text){end + 1, (size_t)(head.at + head.length - end - 1)}, signature, 64));
    assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)head.at,
                                                 (size_t)(end - head.at), signing_key),
                     0);
    struct text middle = {dot + 1, (size_t)(end - dot - 1)};
    assert_true(base64url_decode(middle, payload, middle.length * 3 / 4));
    assert_true(base64url_decode(member(payload, "root"), root, 32));
    size_t steps = 0;
    for (const char *at = strstr(envelope, "\"path\":[") + 8; *at == '"'; at += at[45] == ',' ? 46 : 45) {
        assert_true(steps < 8 && base64url_decode((struct text){at + 1, 43}, path[steps++], 32));
    }
    assert_true(verify_path(leaf_hash, (size_t)number(envelope, "index"), (size_t)number(envelope, "size"),
                            (const unsigned char(*)[32])path, steps, root));
    memcpy(lease, leaf + 1, length);
    lease[length] = '\0';
}

/* Sends the chain's next check-in; the lease's code. The chain goes on. */
static struct text check_in(struct chain *chain, uint64_t link, char *lease) {
    char body[1024];
    char answer[BODY_BYTES];
    write_check_in(chain, link, "", body);
    assert_int_equal(exchange("POST", "/v1/check-in", "", body, answer), 200);
    open_envelope(answer, lease);
    assert_int_equal(number(lease, "sequence"), chain->sequence + 1);
    chain->sequence++;
    chain->link = link;
    bool works = text_is(member(lease, "decision"), "work");
    assert_int_equal(works, text_is(member(lease, "code"), "ok"));
    return member(lease, "code");
}

#define MUST_BE(text, word) assert_true(text_is(text, word))

static void a_check_in_gets_a_lease_under_a_signed_head(void **state) {
    (void)state;
    char lease[4096];
    struct chain chain = {.device = WELL, .generation = 1};
    for (uint64_t i = 1; i <= 20; i++) {
        MUST_BE(check_in(&chain, i * 77, lease), "ok");
        assert_int_equal(number(lease, "issued"), NOW_S);
        assert_int_equal(number(lease, "expires"), NOW_S + 86400);
        assert_non_null(strstr(
            lease,
            "{\"sku\":\"EDR-1\",\"components\":[\"firewall\",\"mail\",\"web\"],\"decision\":\"work\","));
    }
}

static void the_very_same_again_is_a_retry_and_another_link_is_a_clone(void **state) {
    (void)state;
    char lease[4096];
    struct chain chain = {.device = WELL, .generation = 1};
    struct chain copy = chain;
    MUST_BE(check_in(&chain, 5, lease), "ok");
    struct chain again = copy;
    MUST_BE(check_in(&again, 5, lease), "ok"); /* its answer was lost */
    MUST_BE(check_in(&copy, 6, lease), "clone-seen");
    assert_int_equal(number(lease, "expires"), NOW_S);
    MUST_BE(check_in(&chain, 7, lease), "ok"); /* the other one goes on */
    struct chain ahead = {.device = WELL, .generation = 1, .sequence = 100, .link = 7};
    MUST_BE(check_in(&ahead, 8, lease), "clone-seen");
}

static void a_device_ahead_of_a_store_that_lost_a_moment_is_believed_once(void **state) {
    (void)state;
    char lease[4096];
    struct chain chain = {.device = UNSETTLED, .generation = 1, .sequence = 12, .link = 99};
    MUST_BE(check_in(&chain, 100, lease), "ok");
    MUST_BE(check_in(&chain, 101, lease), "ok");
    struct chain ahead = {.device = UNSETTLED, .generation = 1, .sequence = 30, .link = 99};
    MUST_BE(check_in(&ahead, 102, lease), "clone-seen");
}

static void what_is_not_on_is_told_to_stop_at_the_end_of_what_was_promised(void **state) {
    (void)state;
    static const struct {
        int64_t device;
        const char *code;
        int64_t expires_s;
    } rows[] = {{OFF, "off", NOW_S + 1000},
                {RETIRED, "retired", NOW_S + 1000},
                {SUSPENDED, "suspended-by-distributor", NOW_S + 1000},
                {RELEASED, "released", NOW_S}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char lease[4096];
        struct chain chain = {.device = rows[i].device, .generation = 1};
        MUST_BE(check_in(&chain, 1, lease), rows[i].code);
        MUST_BE(member(lease, "decision"), "stop");
        assert_true(member(lease, "words").length > 10);
        assert_int_equal(number(lease, "expires"), rows[i].expires_s);
        assert_true(number(lease, "renew_after") > NOW_S && number(lease, "renew_after") <= NOW_S + 3600);
    }
}

static void who_has_no_seat_or_was_silent_is_asked_about_in_the_store(void **state) {
    (void)state;
    char lease[4096];
    struct chain seatless = {.device = SEATLESS, .generation = 1};
    struct chain silent = {.device = SILENT, .generation = 1};
    MUST_BE(check_in(&seatless, 1, lease), "ok");
    MUST_BE(check_in(&silent, 1, lease), "ok");
    MUST_BE(check_in(&silent, 2, lease), "ok");
}

static void an_old_credential_is_told_that_it_was_replaced(void **state) {
    (void)state;
    char lease[4096];
    struct chain old = {.device = TWICE, .generation = 1};
    struct chain present = {.device = TWICE, .generation = 2};
    MUST_BE(check_in(&old, 1, lease), "replaced");
    MUST_BE(check_in(&present, 2, lease), "ok");
    MUST_BE(check_in(&old, 3, lease), "replaced");
    MUST_BE(check_in(&present, 4, lease), "ok");
}

/* What its twin is promised later is nothing to it. */
static void a_displaced_machine_works_until_the_end_of_the_lease_that_it_was_given(void **state) {
    (void)state;
    char lease[4096];
    struct chain old = {.device = TWICE, .generation = 1};
    struct chain present = {.device = TWICE, .generation = 2};
    for (uint64_t link = 1; link < 5; link += 2) {
        MUST_BE(check_in(&old, link, lease), "replaced");
        MUST_BE(member(lease, "decision"), "stop");
        assert_int_equal(number(lease, "expires"), NOW_S + 300);
        MUST_BE(check_in(&present, link + 1, lease), "ok");
        assert_true(number(lease, "expires") > NOW_S + 300);
    }
}

/* It was given no lease after the activation that displaced it. */
static void a_door_that_has_started_since_promises_a_displaced_machine_no_more_than_could_be(void **state) {
    (void)state;
    char lease[4096];
    struct chain old = {.device = LONG_SINCE, .generation = 1};
    MUST_BE(check_in(&old, 1, lease), "replaced");
    assert_int_equal(number(lease, "expires"), NOW_S);
}

static void must_refuse(const char *path, const char *body, int status, const char *code) {
    char answer[BODY_BYTES];
    assert_int_equal(exchange("POST", path, "", body, answer), status);
    MUST_BE(member(answer, "code"), code);
    assert_true(member(answer, "words").length > 10);
}

static void what_cannot_be_verified_gets_no_lease(void **state) {
    (void)state;
    char body[1024];
    struct chain chain = {.device = WELL, .generation = 1};
    write_check_in(&chain, 1, "", body);
    body[20] ^= 1; /* a digit of the device's name */
    must_refuse("/v1/check-in", body, 404, "unknown-device");
    write_check_in(&chain, 1, "", body);
    strstr(body, "\"time\":")[9] ^= 1;
    must_refuse("/v1/check-in", body, 401, "credential-wrong");
    chain.generation = 7;
    write_check_in(&chain, 1, "", body);
    must_refuse("/v1/check-in", body, 401, "credential-wrong");
    chain = (struct chain){.device = 4000, .generation = 1};
    write_check_in(&chain, 1, "", body);
    must_refuse("/v1/check-in", body, 404, "unknown-device");
    must_refuse("/v1/check-in", "{}", 400, "malformed-request");
    must_refuse("/v1/check-in", "", 400, "malformed-request");
    must_refuse("/v1/activate", "{\"key\":1}", 400, "malformed-request");
    chain = (struct chain){.device = WELL, .generation = 1};
    write_check_in(&chain, 1, ",\"action\":\"release\"", body);
    must_refuse("/v1/check-in", body, 400, "malformed-request");
    write_check_in(&chain, 1, "", body);
    must_refuse("/v1/release", body, 400, "malformed-request");
}

/* How many times the same check-in is answered before the door says "too-often". */
static int check_ins_until_too_often(struct chain *chain) {
    char body[1024];
    char answer[BODY_BYTES];
    int answered = 0;
    write_check_in(chain, 7, "", body); /* the same each time */
    while (exchange("POST", "/v1/check-in", "", body, answer) == 200 && answered < 300) {
        answered++;
    }
    MUST_BE(member(answer, "code"), "too-often");
    return answered;
}

static void who_asks_too_often_is_told_to_wait_and_others_are_not(void **state) {
    (void)state;
    char lease[4096];
    struct chain chain = {.device = OFTEN, .generation = 1};
    assert_int_equal(check_ins_until_too_often(&chain), 30);
    struct chain other = {.device = WELL, .generation = 1};
    MUST_BE(check_in(&other, 1, lease), "ok");
}

static void
a_replaced_credential_may_ask_as_often_as_the_present_one_and_takes_nothing_from_it(void **state) {
    (void)state;
    struct chain old = {.device = TWICE, .generation = 1};
    struct chain present = {.device = TWICE, .generation = 2};
    assert_int_equal(check_ins_until_too_often(&old), 30);
    assert_int_equal(check_ins_until_too_often(&present), 30);
}

static void a_clock_that_goes_back_makes_nobody_wait(void **state) {
    (void)state;
    static const struct chain chains[] = {{.device = OFTEN, .generation = 1},
                                          {.device = TWICE, .generation = 1}};
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++) {
        struct chain chain = chains[i];
        clock_is_off_by_s = 0;
        assert_int_equal(check_ins_until_too_often(&chain), 30);
        clock_is_off_by_s = -3600;
        assert_int_equal(check_ins_until_too_often(&chain), 30);
    }
    clock_is_off_by_s = 0;
}

static void a_device_can_be_given_back(void **state) {
    (void)state;
    char body[1024];
    char answer[BODY_BYTES];
    char lease[4096];
    struct chain chain = {.device = WELL, .generation = 1};
    MUST_BE(check_in(&chain, 1, lease), "ok");
    write_check_in(&chain, 2, ",\"action\":\"release\"", body);
    for (int i = 0; i < 2; i++) { /* the second time as a retry */
        assert_int_equal(exchange("POST", "/v1/release", "", body, answer), 200);
        open_envelope(answer, lease);
        MUST_BE(member(lease, "code"), "released");
        assert_int_equal(number(lease, "expires"), NOW_S);
    }
}

enum { ACTIVATION_BYTES = 1200 };

/* A machine's activation; its signature is of something else where it is forged. */
static void write_activation(unsigned char machine, bool is_forged, char fingerprint[44],
                             char body[ACTIVATION_BYTES]) {
    char words[3][96] = {{0}};
    char message[600];
    char key[LICENCE_KEY_BYTES];
    unsigned char public_key[32];
    unsigned char secret_key[64];
    unsigned char bytes[32] = {machine};
    unsigned char signature[64];
    licence_key_make(bytes, key);
    crypto_sign_keypair(public_key, secret_key);
    base64url_encode(public_key, 32, words[0]);
    fingerprint[base64url_encode(bytes, 32, fingerprint)] = '\0';
    base64url_encode(bytes, 8, words[1]);
    int length = snprintf(message, sizeof message, "seatmeter-activate-1\n%s\n%s\n%s\n%s\n%lld", key,
                          words[0], fingerprint, words[1], (long long)NOW_S - 4000);
    assert_in_range(length, 1, sizeof message - 1);
    crypto_sign_detached(signature, NULL, (unsigned char *)message, (size_t)length - is_forged, secret_key);
    base64url_encode(signature, 64, words[2]);
    length =
        snprintf(body, ACTIVATION_BYTES,
                 "{\"key\":\"%s\",\"device_key\":\"%s\",\"fingerprint\":\"%s\",\"link\":\"%s\",\"time\":%lld,"
                 "\"signature\":\"%s\"}",
                 key, words[0], fingerprint, words[1], (long long)NOW_S - 4000, words[2]);
    assert_in_range(length, 1, ACTIVATION_BYTES - 1);
}

static void an_activation_gives_a_credential_that_works(void **state) {
    (void)state;
    char fingerprint[44];
    char body[ACTIVATION_BYTES];
    char answer[BODY_BYTES];
    char lease[4096];
    write_activation(9, false, fingerprint, body);
    assert_int_equal(exchange("POST", "/v1/activate", "", body, answer), 200);
    open_envelope(answer, lease);
    MUST_BE(member(lease, "code"), "ok");
    MUST_BE(member(lease, "fingerprint"), fingerprint);
    assert_non_null(strstr(lease, "\"advice\":[\"clock-wrong\"]"));
    unsigned char told[32];
    unsigned char right[32];
    int64_t id = 0;
    assert_true(identifier_decode(secret, IDENTIFIER_DEVICE, member(answer, "device"), &id));
    assert_true(base64url_decode(member(answer, "check_in_key"), told, 32));
    device_check_in_key(master, id, 1, right);
    assert_memory_equal(told, right, 32);
    struct chain chain = {.device = id, .generation = 1, .link = UINT64_C(9) << 56};
    MUST_BE(check_in(&chain, 3, lease), "ok");
}

static void an_activation_is_answered_again_until_its_device_has_checked_in(void **state) {
    (void)state;
    char fingerprint[44];
    char body[ACTIVATION_BYTES];
    char answer[BODY_BYTES];
    char lease[4096];
    int64_t id = 0;
    write_activation(9, false, fingerprint, body);
    assert_int_equal(exchange("POST", "/v1/activate", "", body, answer), 200);
    assert_true(identifier_decode(secret, IDENTIFIER_DEVICE, member(answer, "device"), &id));
    live_in_memory_retried = (uint32_t)id;
    assert_int_equal(exchange("POST", "/v1/activate", "", body, answer), 200);
    struct chain chain = {.device = id, .generation = 1, .link = UINT64_C(9) << 56};
    MUST_BE(check_in(&chain, 3, lease), "ok");
    assert_int_equal(exchange("POST", "/v1/activate", "", body, answer), 409);
    MUST_BE(member(answer, "code"), "replaced");
    assert_null(strstr(answer, "check_in_key"));
}

static void a_malformed_activation_is_told_which_member_is_wrong(void **state) {
    (void)state;
    char fingerprint[44];
    char body[ACTIVATION_BYTES];
    char answer[BODY_BYTES];
    write_activation(9, false, fingerprint, body);
    char *time = strstr(body, "\"time\":") + strlen("\"time\":");
    memcpy(time, "true,\"x\":", strlen("true,\"x\":"));
    assert_int_equal(exchange("POST", "/v1/activate", "", body, answer), 400);
    MUST_BE(member(answer, "code"), "malformed-request");
    assert_non_null(strstr(answer, "\\\"time\\\""));
}

static void many_activations_at_once_are_each_answered_with_their_own(void **state) {
    (void)state;
    enum { MACHINES = 48 };
    static char fingerprints[MACHINES][44];
    int connections[MACHINES];
    int first = connection;
    char body[ACTIVATION_BYTES];
    char answer[BODY_BYTES];
    char lease[4096];
    for (int i = 0; i < MACHINES; i++) {
        write_activation((unsigned char)(i + 1), i % 3 == 0, fingerprints[i], body);
        connect_to_door();
        connections[i] = connection;
        send_request("POST", "/v1/activate", "", body);
    }
    for (int i = 0; i < MACHINES; i++) {
        connection = connections[i];
        int status = read_answer(answer);
        assert_int_equal(status, i % 3 == 0 ? 401 : 200);
        if (status == 200) {
            open_envelope(answer, lease);
            MUST_BE(member(lease, "fingerprint"), fingerprints[i]);
        } else {
            MUST_BE(member(answer, "code"), "credential-wrong");
        }
        close(connection);
    }
    connection = first;
}

static void a_door_that_stops_gives_up_the_activations_that_wait(void **state) {
    (void)state;
    char fingerprint[44];
    char body[ACTIVATION_BYTES];
    int first = connection;
    int connections[32];
    for (int i = 0; i < 32; i++) {
        write_activation((unsigned char)i, false, fingerprint, body);
        connect_to_door();
        connections[i] = connection;
        send_request("POST", "/v1/activate", "", body);
    }
    device_door_stop(door); /* returns: some are answered, the others lose their connection */
    for (int i = 0; i < 32; i++) {
        close(connections[i]);
    }
    close(first);
    set_up(NULL); /* for the end */
}

static void small_things_have_their_addresses(void **state) {
    (void)state;
    char answer[BODY_BYTES * 4];
    assert_int_equal(exchange("GET", "/v1/keys", "", "", answer), 200);
    assert_int_equal(exchange("GET", "/.well-known/jwks.json", "", "", answer), 200);
    assert_int_equal(exchange("GET", "/healthz", "", "", answer), 200);
    assert_int_equal(exchange("GET", "/nothing", "", "", answer), 404);
    assert_int_equal(exchange("GET", "/v1/check-in", "", "", answer), 405);
    assert_int_equal(exchange("POST", "/v1/keys", "", "", answer), 405);
    assert_int_equal(exchange("GET", "/metrics", "X-Forwarded-For: 192.0.2.1\r\n", "", answer), 401);
    assert_int_equal(exchange("GET", "/tuf/timestamp.json", "", "", answer), 503); /* no store */
    assert_int_equal(exchange("GET", "/tuf/../x", "", "", answer), 404);
}

static int ask_metrics(const char *host, const char *headers) {
    static char answer[BODY_BYTES * 4];
    char request[400];
    int length =
        snprintf(request, sizeof request, "GET /metrics HTTP/1.1\r\nHost: %s\r\n%s\r\n", host, headers);
    assert_int_equal(send(connection, request, (size_t)length, MSG_NOSIGNAL), length);
    return read_answer(answer);
}

static void metrics_are_for_this_machine_and_for_who_has_the_token(void **state) {
    (void)state;
    static const char *const own[] = {"localhost", "127.0.0.1:7078", "[::1]:7078"};
    static const char *const others[] = {"evil.example", "localhost.evil.example", "127.evil.example", ""};
    static const char *const forwarded[] = {"Via: 1.1 proxy\r\n", "X-Real-IP: 1.1.1.1\r\n",
                                            "Forwarded: for=1.1.1.1\r\n", "X-Forwarded-For: 127.0.0.1\r\n",
                                            "Authorization: Bearer wrong\r\n"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        assert_int_equal(ask_metrics(own[i], ""), 200);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(ask_metrics(others[i], ""), 401);
    }
    for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++) {
        assert_int_equal(ask_metrics("localhost", forwarded[i]), 401);
    }
    assert_int_equal(ask_metrics("door.example", "Authorization: Bearer token\r\nVia: 1.1 proxy\r\n"), 200);
}

static int ask_target(int64_t id, int64_t time_s, char *answer) {
    char device[IDENTIFIER_BYTES];
    char message[200];
    char header[300];
    unsigned char key[32];
    unsigned char mac[32];
    char encoded[44] = "";
    identifier_encode(secret, IDENTIFIER_DEVICE, id, device);
    size_t length = (size_t)sprintf(message, "GET /tuf/targets/EPP/a %lld", (long long)time_s);
    device_check_in_key(master, id, 1, key);
    crypto_generichash_blake2b(mac, sizeof mac, (unsigned char *)message, length, key, sizeof key);
    base64url_encode(mac, sizeof mac, encoded);
    sprintf(header, "Authorization: Seatmeter %s %lld %s\r\n", device, (long long)time_s, encoded);
    return exchange("GET", "/tuf/targets/EPP/a", header, "", answer);
}

static void a_download_is_refused_by_the_same_decision(void **state) {
    (void)state;
    char answer[BODY_BYTES];
    assert_int_equal(exchange("GET", "/tuf/targets/EPP/a", "", "", answer), 401);
    assert_int_equal(ask_target(WELL, NOW_S - 4000, answer), 401);
    assert_int_equal(ask_target(OFF, NOW_S, answer), 403);
    MUST_BE(member(answer, "code"), "off");
    assert_int_equal(ask_target(EXPIRED, NOW_S, answer), 403);
    MUST_BE(member(answer, "code"), "lease-expired");
    assert_int_equal(ask_target(WELL, NOW_S + 10, answer), 404); /* handed over; there are no artifacts */
    MUST_BE(member(answer, "code"), "unknown-target");
}

/* ---- the door's clock ---- */

#define MINUTE_US (INT64_C(60) * 1000000)

static void a_clock_that_was_set_is_not_followed_until_a_heartbeat_is_by_it(void **state) {
    (void)state;
    static const int64_t SET[] = {-500000 * MINUTE_US, -11 * MINUTE_US, 11 * MINUTE_US, 500000 * MINUTE_US,
                                  INT64_MAX - NOW_S * 1000000 - MINUTE_US};
    const int64_t began_us = NOW_S * 1000000;
    for (size_t i = 0; i < sizeof SET / sizeof SET[0]; i++) {
        struct door_clock clock;
        int64_t wall_us = began_us + SET[i];
        door_clock_init(&clock, began_us, 7);
        assert_true(door_clock_now_us(&clock, wall_us, 7, 0) == began_us);
        wall_us += MINUTE_US;
        assert_true(door_clock_now_us(&clock, wall_us, 7 + MINUTE_US, began_us) == began_us + MINUTE_US);
        assert_true(door_clock_now_us(&clock, wall_us, 7 + MINUTE_US, wall_us - MINUTE_US) == wall_us);
        assert_true(door_clock_now_us(&clock, wall_us, 7 + MINUTE_US, began_us) == wall_us);
    }
}

static void a_clock_that_is_drawn_right_little_by_little_is_followed(void **state) {
    (void)state;
    struct door_clock clock;
    int64_t wall_us = NOW_S * 1000000;
    door_clock_init(&clock, wall_us, 0);
    for (int64_t minute = 1; minute < 1000; minute++) {
        wall_us += 2 * MINUTE_US;
        assert_true(door_clock_now_us(&clock, wall_us, minute * MINUTE_US, 0) == wall_us);
    }
}

#define DOOR_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        DOOR_TEST(a_check_in_gets_a_lease_under_a_signed_head),
        DOOR_TEST(the_very_same_again_is_a_retry_and_another_link_is_a_clone),
        DOOR_TEST(a_device_ahead_of_a_store_that_lost_a_moment_is_believed_once),
        DOOR_TEST(what_is_not_on_is_told_to_stop_at_the_end_of_what_was_promised),
        DOOR_TEST(who_has_no_seat_or_was_silent_is_asked_about_in_the_store),
        DOOR_TEST(an_old_credential_is_told_that_it_was_replaced),
        DOOR_TEST(a_displaced_machine_works_until_the_end_of_the_lease_that_it_was_given),
        DOOR_TEST(a_door_that_has_started_since_promises_a_displaced_machine_no_more_than_could_be),
        DOOR_TEST(what_cannot_be_verified_gets_no_lease),
        DOOR_TEST(who_asks_too_often_is_told_to_wait_and_others_are_not),
        DOOR_TEST(a_replaced_credential_may_ask_as_often_as_the_present_one_and_takes_nothing_from_it),
        DOOR_TEST(a_clock_that_goes_back_makes_nobody_wait),
        DOOR_TEST(metrics_are_for_this_machine_and_for_who_has_the_token),
        DOOR_TEST(a_device_can_be_given_back),
        DOOR_TEST(an_activation_gives_a_credential_that_works),
        DOOR_TEST(an_activation_is_answered_again_until_its_device_has_checked_in),
        DOOR_TEST(a_malformed_activation_is_told_which_member_is_wrong),
        DOOR_TEST(many_activations_at_once_are_each_answered_with_their_own),
        DOOR_TEST(a_door_that_stops_gives_up_the_activations_that_wait),
        DOOR_TEST(small_things_have_their_addresses),
        DOOR_TEST(a_download_is_refused_by_the_same_decision),
        cmocka_unit_test(a_clock_that_was_set_is_not_followed_until_a_heartbeat_is_by_it),
        cmocka_unit_test(a_clock_that_is_drawn_right_little_by_little_is_followed),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
