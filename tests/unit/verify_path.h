/* An audit path verified as RFC 9162 section 2.1.3.2 says, by nothing of the code under test. */
#ifndef SEATMETER_TESTS_VERIFY_PATH_H
#define SEATMETER_TESTS_VERIFY_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <sodium.h>

static inline void verify_node(const unsigned char left[32], const unsigned char right[32],
                               unsigned char out[32]) {
    unsigned char bytes[65] = {0x01};
    memcpy(bytes + 1, left, 32);
    memcpy(bytes + 33, right, 32);
    crypto_hash_sha256(out, bytes, sizeof bytes);
}

static inline bool verify_path(const unsigned char leaf_hash[32], size_t index, size_t size,
                               const unsigned char (*path)[32], size_t path_length,
                               const unsigned char root[32]) {
    if (index >= size) {
        return false;
    }
    size_t fn = index, sn = size - 1;
    unsigned char r[32];
    memcpy(r, leaf_hash, sizeof r);
    for (size_t i = 0; i < path_length; i++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) == 1 || fn == sn) {
            verify_node(path[i], r, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            verify_node(r, path[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, sizeof r) == 0;
}

#endif
