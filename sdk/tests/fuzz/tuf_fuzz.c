/* TUF metadata from anywhere: the first byte says of which role. */
#include "tuf_metadata.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* All that is read from a value, to every depth, lies within it. */
static void walk(struct sm_span value, int depth) {
    struct sm_span name;
    struct sm_span inner;
    struct sm_tuf_meta meta;
    int64_t number = 0;
    bool boolean = false;
    size_t at = 0;
    bool is_open = sm_tuf_is_object(value) || sm_tuf_is_array(value);
    assert(depth <= TUF_DEPTH_MAX + (is_open ? 0 : 1)); /* what stands in the innermost opens no more */
    (void)sm_tuf_meta_read(value, &meta);
    (void)sm_tuf_time(value, &number);
    (void)sm_tuf_boolean(value, &boolean);
    if (sm_tuf_number(value, &number)) {
        assert(number >= 0 && number < INT64_C(1) << 53);
    }
    while (sm_tuf_is_object(value) && sm_tuf_next_member(value, &at, &name, &inner)) {
        assert(name.at >= value.at && inner.at + inner.length < value.at + value.length);
        struct sm_span found;
        assert(sm_tuf_member(value, name, &found));
        walk(inner, depth + 1);
    }
    at = 0;
    while (sm_tuf_is_array(value) && sm_tuf_next_value(value, &at, &inner)) {
        assert(inner.at >= value.at && inner.at + inner.length < value.at + value.length);
        walk(inner, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct sm_tuf_file file;
    if (size == 0) {
        return 0;
    }
    enum sm_tuf_role role = (enum sm_tuf_role)(bytes[0] % TUF_ROLES);
    bytes++;
    size--;
    char *canonical = malloc(size + 1);
    size_t length = 0;
    assert(canonical != NULL);
    if (sm_tuf_canonical(bytes, size, canonical, &length)) {
        assert(length <= size && canonical[0] == '{' && canonical[length - 1] == '}');
        walk((struct sm_span){canonical, length}, 1);
    }
    if (sm_tuf_file_parse(role, bytes, size, &file) == TUF_PARSED) {
        assert(file.version >= 1 && file.size == size && memcmp(file.bytes, bytes, size) == 0);
        assert(sm_tuf_is_object(file.signed_part) && sm_tuf_is_array(file.signatures));
        if (role == TUF_ROOT) {
            for (int of = 0; of < TUF_ROLES; of++) {
                (void)sm_tuf_file_is_signed(&file, (enum sm_tuf_role)of, &file);
                assert(!sm_tuf_role_lost_key((enum sm_tuf_role)of, &file, &file));
            }
        }
    }
    sm_tuf_file_free(&file);
    free(canonical);
    return 0;
}
