/* Batches: envelopes of every batch from 1 to 70 leases, as JSON, made by the code that the device door uses:
 * {"jwks": …, "batches": [{"envelopes": [{"lease": …}, …]}, …]}. */
#include "core/base/base64url.h"
#include "core/licence/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { BATCHES = 70, LEASE_BYTES = LEASE_FIXED_BYTES_MAX + 256 };

static const unsigned char SECRET[PROGRAMME_SECRET_BYTES] = "a secret of 32 bytes for testing";

static struct signing_key a_key(void) {
    struct signing_key key;
    unsigned char seed[crypto_sign_SEEDBYTES] = {1, 2, 3};
    crypto_sign_seed_keypair(key.public_key, key.secret_key, seed);
    signing_key_id(key.public_key, key.kid);
    return key;
}

/* One lease: its leaf, and its base64url in `out`, whose length it returns. */
static size_t make_lease(size_t index, const struct lease_opening *opening, struct merkle_hash *leaf,
                         char *out) {
    char json[LEASE_BYTES];
    unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES] = {(unsigned char)index};
    struct lease lease = {.code = LEASE_CODE_OK,
                          .device_id = (int64_t)index + 1,
                          .fingerprint = fingerprint,
                          .sequence = (int64_t)index + 1,
                          .link = index,
                          .keys_version = 1,
                          .licence_id = 1,
                          .seats = BATCHES,
                          .opening = opening};
    lease_set_times(&lease, &LEASE_TERMS_DEFAULT, false, 1764000000, 0);
    struct text written = {json, lease_write(&lease, SECRET, json)};
    lease_hash(&lease, written, leaf);
    return lease_encode(&lease, written, out);
}

static void print_batch(const struct signing_key *key, const struct lease_opening *opening, size_t size) {
    static char leases[BATCHES][BASE64URL_LENGTH(LEASE_BYTES)];
    static struct merkle_tree tree;
    size_t lengths[BATCHES];
    for (size_t i = 0; i < size; i++) {
        lengths[i] = make_lease(i, opening, &tree.hashes[i], leases[i]);
    }
    merkle_build(&tree, size);
    char head[LEASE_HEAD_BYTES_MAX];
    size_t head_length = lease_head_write(key, &tree, 1764000000, head);
    printf("%s{\"envelopes\":[", size == 1 ? "" : ",\n");
    for (size_t i = 0; i < size; i++) {
        char envelope[ENVELOPE_FIXED_BYTES_MAX + BASE64URL_LENGTH(LEASE_BYTES)];
        size_t length = envelope_write((struct text){leases[i], lengths[i]}, &tree, i,
                                       (struct text){head, head_length}, envelope);
        printf("%s{%.*s", i == 0 ? "" : ",\n", (int)length, envelope);
    }
    printf("]}");
}

int main(void) {
    if (sodium_init() < 0) {
        return EXIT_FAILURE;
    }
    struct arena arena;
    arena_init(&arena);
    struct text components[] = {TEXT("firewall"), TEXT("mail")};
    const struct lease_opening *opening = lease_open(&arena, TEXT("EDR-1"), components, 2);
    struct signing_key key = a_key();
    char x[BASE64URL_LENGTH(32) + 1] = "";
    base64url_encode(key.public_key, 32, x);
    printf(
        "{\"jwks\":{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\",\"kid\":"
        "\"%s\",\"x\":\"%s\"}]},\n\"batches\":[",
        key.kid, x);
    for (size_t size = 1; size <= BATCHES; size++) {
        print_batch(&key, opening, size);
    }
    printf("]}\n");
    arena_clean_up(&arena);
    return EXIT_SUCCESS;
}
