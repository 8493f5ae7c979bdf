/* Merkle: a hash tree over a batch of leases, as RFC 6962 section 2.1 has it (SHA-256; 0x00 before a leaf,
 * 0x01 before a node; the left subtree the largest full one). One signature over the root so covers every
 * leaf. Nettle hashes with the processor's own instructions, in a third of the time of libsodium. */
#ifndef SEATMETER_CORE_LICENCE_MERKLE_H
#define SEATMETER_CORE_LICENCE_MERKLE_H

#include <stddef.h>

#include <nettle/sha2.h>

enum { MERKLE_HASH_BYTES = 32, MERKLE_LEAVES_MAX = 256, MERKLE_PATH_MAX = 8 };

struct merkle_hash {
    unsigned char bytes[MERKLE_HASH_BYTES];
};

/* All levels of one tree: hashes[0 … count−1] are the leaves. A node without a sibling is carried up as it
 * is, which gives RFC 6962's tree. */
struct merkle_tree {
    size_t leaf_count;
    size_t level_count;
    size_t level_start[MERKLE_PATH_MAX + 2];
    struct merkle_hash hashes[2 * MERKLE_LEAVES_MAX + MERKLE_PATH_MAX];
};

void merkle_leaf(const void *leaf, size_t size_bytes, struct merkle_hash *hash);

/* A beginning that many leaves share, hashed once. */
struct merkle_leaf_opening {
    struct sha256_ctx hashed;
};
void merkle_leaf_open(struct merkle_leaf_opening *opening, const void *bytes, size_t size_bytes);
/* The leaf that begins so and goes on with these bytes. */
void merkle_leaf_finish(const struct merkle_leaf_opening *opening, const void *rest, size_t size_bytes,
                        struct merkle_hash *hash);

/* `tree->hashes[0 … leaf_count−1]` have been filled with leaves (1 to MERKLE_LEAVES_MAX): makes the rest. */
void merkle_build(struct merkle_tree *tree, size_t leaf_count);
const struct merkle_hash *merkle_root(const struct merkle_tree *tree);

/* The audit path of leaf `index`, from the leaf's sibling up; returns how many hashes. */
size_t merkle_path(const struct merkle_tree *tree, size_t index,
                   const struct merkle_hash *path[MERKLE_PATH_MAX]);

#endif
