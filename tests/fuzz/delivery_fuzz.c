/* What a device or a browser asks of delivery: target paths, Range headers; and update metadata that is taken
 * apart again. A path that is taken leads nowhere but to its five names, and is made again as it was. The
 * first byte chooses the parser. */
#include "core/base/byte_range.h"
#include "delivery/target_path.h"
#include "delivery/tuf.h"
#include "fuzz.h"

static void check_path(struct text given, bool is_hashed) {
    struct arena arena;
    struct target_path path;
    if (!target_path_parse(given, is_hashed, &path)) {
        return;
    }
    arena_init(&arena);
    assert(memmem(given.at, given.length, "..", 2) == NULL && given.at[0] != '/');
    assert(path.sha256.length == (is_hashed ? 64 : 0));
    struct text made = target_path_make(&arena, &path);
    size_t more = is_hashed ? 65 : 0;
    assert(made.length + more == given.length);
    assert(is_hashed || text_equal(made, given));
    assert(target_path_parse(made, false, &path));
    arena_clean_up(&arena);
}

static void check_range(struct text header) {
    static const int64_t SIZES[] = {0, 1, 1000, INT64_MAX};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        int64_t first = -1;
        int64_t length = -1;
        if (byte_range_parse(header, SIZES[i], &first, &length) == BYTE_RANGE_PART) {
            assert(first >= 0 && length > 0 && first <= SIZES[i] - length);
        }
    }
}

static void check_file(struct text bytes) {
    static const unsigned char PUBLIC_KEY[TUF_PUBLIC_KEY_BYTES] = {1};
    struct tuf_parsed_file file;
    struct tuf_named_role role;
    struct tuf_key key = {TEXT("0000000000000000000000000000000000000000000000000000000000000000"),
                          PUBLIC_KEY, NULL};
    if (!tuf_file_parse(bytes, &file)) {
        return;
    }
    assert(file.signed_object.at > bytes.at &&
           file.signed_object.at + file.signed_object.length == bytes.at + bytes.length - 1);
    assert(tuf_file_signers(&file, &key, 1) == 0);
    if (tuf_root_role(file.signed_object, "root", &role)) {
        assert(role.count <= TUF_KEYS_MAX && role.threshold > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) {
        return 0;
    }
    struct text rest = fuzz_text(bytes + 1, size - 1);
    switch (bytes[0] % 4) {
    case 0:
        check_path(rest, false);
        break;
    case 1:
        check_path(rest, true);
        break;
    case 2:
        check_range(rest);
        break;
    default:
        check_file(rest);
    }
    return 0;
}
