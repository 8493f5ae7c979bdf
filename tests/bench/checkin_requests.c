#include "checkin_requests.h"

#include "rng_arrays.h"

#include "core/base/base64url.h"
#include "core/licence/lease.h"
#include "store/engine/db.h"

#include "../unit/verify_path.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REQUEST_BYTES_MAX = 1024 };

static void *zeroed(size_t count, size_t size) {
    void *made = calloc(count, size);
    if (made == NULL) {
        fprintf(stderr, "checkin: no memory\n");
        exit(1);
    }
    return made;
}

/* Head and body behind the requests that are there. */
static void append(struct load_requests *requests, const char *path, const char *body, size_t length) {
    char *at = requests->bytes + requests->starts[requests->count];
    int head = sprintf(at,
                       "POST %s HTTP/1.1\r\nHost: licences.example.com\r\nUser-Agent: seatmeter/1.0\r\n"
                       "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                       path, length);
    memcpy(at + head, body, length);
    requests->starts[requests->count + 1] = requests->starts[requests->count] + (size_t)head + length;
    requests->count++;
}

static void make_room(struct load_requests *requests, size_t count) {
    *requests = (struct load_requests){.bytes = zeroed(count, REQUEST_BYTES_MAX),
                                       .starts = zeroed(count + 1, sizeof *requests->starts)};
}

struct chain {
    int64_t device;
    int64_t sequence;
    uint64_t link;
};

static void put_link(uint64_t link, char *out) {
    uint64_t bytes = htobe64(link);
    base64url_encode(&bytes, sizeof bytes, out);
}

static size_t write_check_in(const unsigned char *secret, const unsigned char master[DEVICE_MASTER_BYTES],
                             const struct chain *chain, uint64_t link, char *body) {
    char device[IDENTIFIER_BYTES];
    char encoded_link[16] = "";
    char previous[16] = "";
    unsigned char key[CHECK_IN_KEY_BYTES];
    unsigned char mac[CHECK_IN_MAC_BYTES];
    char encoded_mac[64] = "";
    identifier_encode(secret, IDENTIFIER_DEVICE, chain->device, device);
    put_link(link, encoded_link);
    put_link(chain->link, previous);
    size_t length = (size_t)sprintf(
        body, "{\"device\":\"%s\",\"sequence\":%lld,\"previous\":\"%s\",\"link\":\"%s\",\"time\":%lld",
        device, (long long)chain->sequence + 1, previous, encoded_link, (long long)time(NULL));
    device_check_in_key(master, chain->device, 1, key);
    crypto_generichash_blake2b(mac, sizeof mac, (unsigned char *)body, length, key, sizeof key);
    base64url_encode(mac, sizeof mac, encoded_mac);
    return length + (size_t)sprintf(body + length, ",\"mac\":\"%s\"}", encoded_mac);
}

static struct fault fault;

static void must(enum status status) {
    if (status != STATUS_OK) {
        fprintf(stderr, "checkin: %s: %s\n", fault.code, fault.message);
        exit(1);
    }
}

/* Where every device's chain stands. */
static struct chain *load_chains(const char *url, size_t *count) {
    static const char SQL[] = "select device_id, sequence, link from device_seen where device_id <= $1";
    static const char COUNT[] = "select count(*) from licences where seats = 1";
    struct db *db = NULL;
    struct db_rows *rows = NULL;
    int64_t devices = 0;
    bool have_row = false;
    must(db_open(text_of(url), &db, &fault));
    must(db_query_int(db, COUNT, DB_NO_ARGS, 0, &devices, &fault));
    struct chain *chains = zeroed((size_t)devices, sizeof *chains);
    must(db_query(db, SQL, DB_ARGS(db_integer(devices)), &rows, &fault));
    for (*count = 0;; (*count)++) {
        must(db_next(rows, &have_row, &fault));
        if (!have_row) {
            break;
        }
        chains[*count] =
            (struct chain){db_column_int(rows, 0), db_column_int(rows, 1), (uint64_t)db_column_int(rows, 2)};
    }
    db_rows_close(rows);
    db_close(db);
    return chains;
}

void checkin_requests_make(const char *url, const unsigned char *secret, struct load_requests *requests) {
    struct rng rng;
    size_t count = 0;
    struct chain *chains = load_chains(url, &count);
    rng_seed(&rng, (uint64_t)time(NULL));
    rng_shuffle(&rng, chains, count, sizeof *chains);
    unsigned char master[DEVICE_MASTER_BYTES];
    device_master_key(secret, master);
    make_room(requests, count);
    for (size_t i = 0; i < count; i++) {
        char body[REQUEST_BYTES_MAX];
        size_t length = write_check_in(secret, master, &chains[i], rng_next(&rng), body);
        append(requests, "/v1/check-in", body, length);
    }
    free(chains);
}

static size_t write_activation(struct rng *rng, const char *key, char *body) {
    unsigned char public_key[32];
    unsigned char secret_key[64];
    unsigned char bytes[3][32];
    unsigned char signature[64];
    char words[4][96] = {{0}};
    char message[512];
    rng_fill(rng, bytes, sizeof bytes);
    crypto_sign_seed_keypair(public_key, secret_key, bytes[0]);
    base64url_encode(public_key, sizeof public_key, words[0]);
    base64url_encode(bytes[1], DEVICE_FINGERPRINT_BYTES, words[1]);
    base64url_encode(bytes[2], DEVICE_LINK_BYTES, words[2]);
    long long now = (long long)time(NULL);
    size_t length = (size_t)sprintf(message, "seatmeter-activate-1\n%s\n%s\n%s\n%s\n%lld", key, words[0],
                                    words[1], words[2], now);
    crypto_sign_detached(signature, NULL, (unsigned char *)message, length, secret_key);
    base64url_encode(signature, sizeof signature, words[3]);
    return (size_t)sprintf(body,
                           "{\"key\":\"%s\",\"device_key\":\"%s\",\"fingerprint\":\"%s\",\"link\":\"%s\","
                           "\"time\":%lld,\"signature\":\"%s\"}",
                           key, words[0], words[1], words[2], now, words[3]);
}

void activation_requests_make(char (*keys)[LICENCE_KEY_BYTES], size_t key_count, size_t count,
                              struct load_requests *requests) {
    struct rng rng;
    rng_seed(&rng, (uint64_t)time(NULL));
    make_room(requests, count);
    for (size_t i = 0; i < count; i++) {
        char body[REQUEST_BYTES_MAX];
        append(requests, "/v1/activate", body, write_activation(&rng, keys[i % key_count], body));
    }
}

/* The text behind `"name":"` up to the next quote. */
static struct text find_string(struct text json, const char *name) {
    char wanted[32];
    size_t length = (size_t)snprintf(wanted, sizeof wanted, "\"%s\":\"", name);
    const char *at = memmem(json.at, json.length, wanted, length);
    if (at == NULL) {
        return TEXT("");
    }
    at += length;
    const char *end = memchr(at, '"', json.length - (size_t)(at - json.at));
    return end == NULL ? TEXT("") : (struct text){at, (size_t)(end - at)};
}

static size_t find_number(struct text json, const char *name) {
    char wanted[32];
    size_t length = (size_t)snprintf(wanted, sizeof wanted, "\"%s\":", name);
    const char *at = memmem(json.at, json.length, wanted, length);
    return at == NULL ? 0 : strtoul(at + length, NULL, 10);
}

static size_t read_path(struct text body, unsigned char (*path)[32], size_t room) {
    const char *at = memmem(body.at, body.length, "\"path\":[", 8);
    size_t count = 0;
    for (at = at == NULL ? NULL : at + 8; at != NULL && *at == '"' && count < room; count++) {
        if (!base64url_decode((struct text){at + 1, 43}, path[count], 32)) {
            return room;
        }
        at += 45;
        at += *at == ',';
    }
    return count;
}

bool checkin_answer_is_good(const char *at, size_t length) {
    struct text body = {at, length};
    struct text lease = find_string(body, "lease");
    struct text head = find_string(body, "head");
    unsigned char json[4096] = {0};
    unsigned char payload[256];
    unsigned char path[16][32];
    unsigned char root[32];
    unsigned char leaf_hash[32];
    size_t lease_length = lease.length * 3 / 4;
    const char *dot = memchr(head.at, '.', head.length);
    const char *end = dot == NULL ? NULL : memchr(dot + 1, '.', head.length - (size_t)(dot + 1 - head.at));
    if (end == NULL || lease_length >= sizeof json || !base64url_decode(lease, json + 1, lease_length)) {
        return false;
    }
    struct text encoded = {dot + 1, (size_t)(end - dot - 1)};
    size_t payload_length = encoded.length * 3 / 4;
    if (payload_length > sizeof payload || !base64url_decode(encoded, payload, payload_length) ||
        !base64url_decode(find_string((struct text){(char *)payload, payload_length}, "root"), root, 32)) {
        return false;
    }
    crypto_hash_sha256(leaf_hash, json, lease_length + 1); /* with the 0x00 of a leaf in front */
    size_t count = read_path(body, path, 16);
    return memmem(json, lease_length + 1, "\"decision\":\"work\"", 17) != NULL &&
           verify_path(leaf_hash, find_number(body, "index"), find_number(body, "size"),
                       (const unsigned char(*)[32])path, count, root);
}
