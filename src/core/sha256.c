/* OpenSSL looks up an algorithm and makes a context at some cost; each thread does so once. */
#include "core/sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

#include <openssl/evp.h>

struct hasher {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

static tss_t hasher_of_thread;
static once_flag is_made = ONCE_FLAG_INIT;

static _Noreturn void give_up(void) {
    fprintf(stderr, "seatmeter: OpenSSL has no SHA-256\n");
    abort();
}

static void free_hasher(void *of_thread) {
    struct hasher *hasher = of_thread;
    EVP_MD_CTX_free(hasher->context);
    EVP_MD_free(hasher->algorithm);
    free(hasher);
}

static void make_key(void) {
    if (tss_create(&hasher_of_thread, free_hasher) != thrd_success) {
        give_up();
    }
}

static struct hasher *make_hasher(void) {
    struct hasher *hasher = malloc(sizeof *hasher);
    if (hasher == NULL) {
        give_up();
    }
    hasher->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    hasher->context = EVP_MD_CTX_new();
    if (hasher->algorithm == NULL || hasher->context == NULL ||
        tss_set(hasher_of_thread, hasher) != thrd_success) {
        give_up();
    }
    return hasher;
}

void sha256_prefixed(unsigned char prefix, const void *bytes, size_t size_bytes,
                     unsigned char hash[SHA256_BYTES]) {
    call_once(&is_made, make_key);
    struct hasher *hasher = tss_get(hasher_of_thread);
    if (hasher == NULL) {
        hasher = make_hasher();
    }
    if (EVP_DigestInit_ex2(hasher->context, hasher->algorithm, NULL) != 1 ||
        EVP_DigestUpdate(hasher->context, &prefix, 1) != 1 ||
        EVP_DigestUpdate(hasher->context, bytes, size_bytes) != 1 ||
        EVP_DigestFinal_ex(hasher->context, hash, NULL) != 1) {
        give_up();
    }
}
