/* What a lease costs in batches of 1 to 256, and what of it: written, hashed, signed, enveloped. A batch of
 * one is what signing every reply would be.
 *
 * usage: lease_bench [LEASES]. Prints a row per batch size: leases per second on one core, nanoseconds per
 * lease, bytes per envelope; then what each step takes alone. */
#include "core/base/base64url.h"
#include "core/licence/merkle.h"
#include "device/batch.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned char secret[PROGRAMME_SECRET_BYTES];
static unsigned char fingerprint[DEVICE_FINGERPRINT_BYTES];
static struct signing_key key;
static volatile size_t sink;

static const struct lease_opening *make_opening(struct arena *arena) {
    struct text components[] = {TEXT("firewall"), TEXT("mail"), TEXT("web")};
    return lease_open(arena, TEXT("EDR-1"), components, 3);
}

static struct lease make_lease(int64_t number, const struct lease_opening *opening) {
    struct lease lease = {.code = LEASE_CODE_OK,
                          .device_id = number,
                          .fingerprint = fingerprint,
                          .sequence = number % 1000,
                          .link = (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15),
                          .keys_version = 3,
                          .licence_id = number,
                          .seats = 10,
                          .opening = opening};
    lease_set_times(&lease, &LEASE_TERMS_DEFAULT, false, 1795521600, 0);
    return lease;
}

/* `caches` as the door does; without, the SKU's opening is made for each lease. */
static void measure(size_t size, int64_t leases, bool caches) {
    static char out[8192];
    struct arena arena;
    arena_init(&arena);
    const struct lease_opening *opening = make_opening(&arena);
    struct batch *batch = batch_make(size, secret);
    size_t bytes = 0;
    double began = seconds_now();
    for (int64_t done = 0; done < leases; done += (int64_t)size) {
        for (size_t i = 0; i < size; i++) {
            if (!caches) {
                arena_clean_up(&arena);
                opening = make_opening(&arena);
            }
            struct lease lease = make_lease(done + (int64_t)i + 1, opening);
            batch_add(batch, &lease);
        }
        batch_sign(batch, &key, 1795521600);
        for (size_t i = 0; i < size; i++) {
            bytes = batch_envelope_write(batch, i, out);
        }
        batch_clear(batch);
    }
    double seconds = seconds_now() - began;
    printf("%7zu  %-10s  %10.0f  %9.0f  %8zu\n", size, caches ? "cached" : "anew", (double)leases / seconds,
           seconds / (double)leases * 1e9, bytes);
    batch_free(batch);
    arena_clean_up(&arena);
}

#define TIME(what, count, expression)                                                                        \
    do {                                                                                                     \
        double time_began = seconds_now();                                                                   \
        for (int64_t i = 1; i <= (count); i++) {                                                             \
            expression;                                                                                      \
        }                                                                                                    \
        printf("%-46s  %8.0f\n", what, (seconds_now() - time_began) / (double)(count)*1e9);                  \
    } while (0)

static void measure_steps(int64_t count) {
    struct arena arena;
    arena_init(&arena);
    const struct lease_opening *opening = make_opening(&arena);
    struct lease lease = make_lease(1, opening);
    static char json[4096];
    static char out[8192];
    unsigned char bytes[64];
    struct merkle_hash hash;
    size_t length = lease_write(&lease, secret, json);
    printf("\n%-46s  %8s\n", "step", "ns");
    TIME("writing the lease", count, lease.device_id = i; sink = lease_write(&lease, secret, json));
    const struct text written = {json, length};
    TIME("its leaf hash (SHA-256), whole", count, merkle_leaf(json, length, &hash));
    TIME("its leaf hash, behind the opening", count, lease_hash(&lease, written, &hash));
    TIME("a node (SHA-256 of 65 bytes)", count, merkle_leaf(bytes, sizeof bytes, &hash));
    TIME("base64url of the lease, whole", count, sink = base64url_encode(json, length, out));
    TIME("base64url of the lease, behind the opening", count, sink = lease_encode(&lease, written, out));
    TIME("base64url of a hash", count, sink = base64url_encode(bytes, 32, out));
    TIME("a device's check-in key (BLAKE2b)", count, device_check_in_key(secret, i, 1, bytes));
    TIME("the MAC of a check-in of 220 bytes (BLAKE2b)", count,
         crypto_generichash_blake2b(bytes, 32, (const unsigned char *)json, 220, secret, 32));
    const int64_t signatures = count / 50 + 1;
    TIME("a signature (Ed25519)", signatures,
         crypto_sign_detached(bytes, NULL, (const unsigned char *)json, 300, key.secret_key));
    arena_clean_up(&arena);
}

int main(int argument_count, char **arguments) {
    int64_t leases = 200000;
    if (argument_count > 2 || (argument_count == 2 && !text_to_int64(text_of(arguments[1]), &leases)) ||
        leases < 256 || sodium_init() < 0) {
        fprintf(stderr, "usage: lease_bench [LEASES from 256]\n");
        return 2;
    }
    randombytes_buf(secret, sizeof secret);
    randombytes_buf(fingerprint, sizeof fingerprint);
    crypto_sign_keypair(key.public_key, key.secret_key);
    signing_key_id(key.public_key, key.kid);
    printf("%7s  %-10s  %10s  %9s  %8s\n", "batch", "opening", "leases/s", "ns/lease", "bytes");
    const size_t sizes[] = {1, 4, 16, 64, 256};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        measure(sizes[i], sizes[i] == 1 ? leases / 10 : leases, true);
    }
    measure(64, leases, false);
    measure_steps(leases);
    return 0;
}
