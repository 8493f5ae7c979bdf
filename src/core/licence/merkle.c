#include "core/licence/merkle.h"

#include <assert.h>

static_assert((int)MERKLE_HASH_BYTES == (int)SHA256_DIGEST_SIZE, "SHA-256");

static void begin_hash(struct sha256_ctx *hashing, uint8_t prefix) {
    sha256_init(hashing);
    sha256_update(hashing, 1, &prefix);
}

static void finish_hash(struct sha256_ctx *hashing, const void *bytes, size_t size_bytes,
                        struct merkle_hash *hash) {
    sha256_update(hashing, size_bytes, bytes);
    sha256_digest(hashing, sizeof hash->bytes, hash->bytes);
}

void merkle_leaf(const void *leaf, size_t size_bytes, struct merkle_hash *hash) {
    struct sha256_ctx hashing;
    begin_hash(&hashing, 0x00);
    finish_hash(&hashing, leaf, size_bytes, hash);
}

void merkle_leaf_open(struct merkle_leaf_opening *opening, const void *bytes, size_t size_bytes) {
    begin_hash(&opening->hashed, 0x00);
    sha256_update(&opening->hashed, size_bytes, bytes);
}

void merkle_leaf_finish(const struct merkle_leaf_opening *opening, const void *rest, size_t size_bytes,
                        struct merkle_hash *hash) {
    struct sha256_ctx hashing = opening->hashed;
    finish_hash(&hashing, rest, size_bytes, hash);
}

static void merkle_node(const struct merkle_hash children[2], struct merkle_hash *hash) {
    struct sha256_ctx hashing;
    begin_hash(&hashing, 0x01);
    finish_hash(&hashing, children, sizeof children[0] * 2, hash);
}

void merkle_build(struct merkle_tree *tree, size_t leaf_count) {
    assert(leaf_count >= 1 && leaf_count <= MERKLE_LEAVES_MAX);
    tree->leaf_count = leaf_count;
    tree->level_start[0] = 0;
    tree->level_count = 1;
    size_t count = leaf_count;
    while (count > 1) {
        const struct merkle_hash *below = tree->hashes + tree->level_start[tree->level_count - 1];
        size_t start = tree->level_start[tree->level_count - 1] + count;
        struct merkle_hash *above = tree->hashes + start;
        for (size_t i = 0; i + 1 < count; i += 2) {
            merkle_node(below + i, above + i / 2);
        }
        if (count % 2 == 1) {
            above[count / 2] = below[count - 1];
        }
        count = (count + 1) / 2;
        tree->level_start[tree->level_count++] = start;
        assert(start + count <= sizeof tree->hashes / sizeof tree->hashes[0]);
    }
    assert(tree->level_count <= MERKLE_PATH_MAX + 1);
}

const struct merkle_hash *merkle_root(const struct merkle_tree *tree) {
    return tree->hashes + tree->level_start[tree->level_count - 1];
}

size_t merkle_path(const struct merkle_tree *tree, size_t index,
                   const struct merkle_hash *path[MERKLE_PATH_MAX]) {
    assert(index < tree->leaf_count);
    size_t length = 0;
    size_t count = tree->leaf_count;
    for (size_t level = 0; level + 1 < tree->level_count; level++) {
        size_t sibling = index ^ 1;
        if (sibling < count) {
            path[length++] = tree->hashes + tree->level_start[level] + sibling;
        }
        index /= 2;
        count = (count + 1) / 2;
    }
    assert(length <= MERKLE_PATH_MAX);
    return length;
}
