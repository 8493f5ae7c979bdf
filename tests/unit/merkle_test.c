/* Merkle: the vectors of Certificate Transparency's own tests (certificate-transparency, merkletree), and
 * every path of every size against a verifier of another hand. */
#include "rng_arrays.h"

#include "core/licence/merkle.h"
#include "verify_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *bytes;
    size_t size_bytes;
} LEAVES[8] = {{"", 0},
               {"\x00", 1},
               {"\x10", 1},
               {"\x20\x21", 2},
               {"\x30\x31", 2},
               {"\x40\x41\x42\x43", 4},
               {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
               {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16}};

static const char *const ROOTS[8] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                     "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                     "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                     "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                     "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                     "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static void build_of_vectors(struct merkle_tree *tree, size_t count) {
    for (size_t i = 0; i < count; i++) {
        merkle_leaf(LEAVES[i].bytes, LEAVES[i].size_bytes, &tree->hashes[i]);
    }
    merkle_build(tree, count);
}

static void assert_hash(const struct merkle_hash *hash, const char *hex) {
    char printed[65];
    sodium_bin2hex(printed, sizeof printed, hash->bytes, sizeof hash->bytes);
    assert_string_equal(printed, hex);
}

static void the_roots_of_the_vectors_come_out(void **state) {
    (void)state;
    for (size_t count = 1; count <= 8; count++) {
        struct merkle_tree tree;
        build_of_vectors(&tree, count);
        assert_hash(merkle_root(&tree), ROOTS[count - 1]);
    }
}

static void the_paths_of_the_vectors_come_out(void **state) {
    (void)state;
    static const struct {
        size_t index, size, length;
        const char *path[3];
    } PATHS[] = {
        {0, 1, 0, {NULL}},
        {0,
         8,
         3,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {5,
         8,
         3,
         {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {2, 3, 1, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
        {1,
         5,
         3,
         {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
    };
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        struct merkle_tree tree;
        build_of_vectors(&tree, PATHS[i].size);
        const struct merkle_hash *path[MERKLE_PATH_MAX];
        assert_int_equal(merkle_path(&tree, PATHS[i].index, path), PATHS[i].length);
        for (size_t j = 0; j < PATHS[i].length; j++) {
            assert_hash(path[j], PATHS[i].path[j]);
        }
    }
}

/* A tree of `size` leaves of random lengths, and the leaves' hashes made by hand. */
static void build_random(struct rng *rng, struct merkle_tree *tree, size_t size,
                         unsigned char leaf_hashes[][32]) {
    for (size_t i = 0; i < size; i++) {
        unsigned char leaf[201] = {0x00};
        size_t length = rng_below(rng, 201);
        rng_fill(rng, leaf + 1, length);
        merkle_leaf(leaf + 1, length, &tree->hashes[i]);
        crypto_hash_sha256(leaf_hashes[i], leaf, length + 1);
    }
    merkle_build(tree, size);
}

static size_t copy_path(const struct merkle_tree *tree, size_t index, unsigned char out[][32]) {
    const struct merkle_hash *path[MERKLE_PATH_MAX];
    size_t length = merkle_path(tree, index, path);
    for (size_t i = 0; i < length; i++) {
        memcpy(out[i], path[i]->bytes, 32);
    }
    return length;
}

static void every_path_of_every_tree_verifies_for_its_leaf_and_place_alone(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 6962);
    static struct merkle_tree tree;
    static unsigned char leaf_hashes[MERKLE_LEAVES_MAX][32];
    for (size_t size = 1; size <= MERKLE_LEAVES_MAX; size++) {
        build_random(&rng, &tree, size, leaf_hashes);
        const unsigned char *root = merkle_root(&tree)->bytes;
        for (size_t index = 0; index < size; index++) {
            unsigned char path[MERKLE_PATH_MAX][32];
            size_t length = copy_path(&tree, index, path);
            const unsigned char(*proof)[32] = (const unsigned char(*)[32])path;
            assert_true(verify_path(leaf_hashes[index], index, size, proof, length, root));
            size_t other = (index + 1 + rng_below(&rng, size)) % size;
            if (other != index) {
                assert_false(verify_path(leaf_hashes[other], index, size, proof, length, root));
                assert_false(verify_path(leaf_hashes[index], other, size, proof, length, root));
            }
            if (length > 0) {
                assert_false(verify_path(leaf_hashes[index], index, size, proof, length - 1, root));
                path[rng_below(&rng, length)][rng_below(&rng, 32)] ^=
                    (unsigned char)(1 << rng_below(&rng, 8));
                assert_false(verify_path(leaf_hashes[index], index, size, proof, length, root));
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_roots_of_the_vectors_come_out),
        cmocka_unit_test(the_paths_of_the_vectors_come_out),
        cmocka_unit_test(every_path_of_every_tree_verifies_for_its_leaf_and_place_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
