/* UTF-8, integers, trimming and faults, beside slower ways to say the same. */
#include "core/base/fault.h"
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

/* By decoding: a code point, its shortest form, and neither a surrogate nor beyond U+10FFFF. */
static bool is_utf8_by_decoding(const uint8_t *bytes, size_t size) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t i = 0;
    while (i < size) {
        uint8_t first = bytes[i];
        size_t length = first < 0x80             ? 1
                        : (first & 0xE0) == 0xC0 ? 2
                        : (first & 0xF0) == 0xE0 ? 3
                        : (first & 0xF8) == 0xF0 ? 4
                                                 : 0;
        if (first == 0 || length == 0 || size - i < length) {
            return false;
        }
        uint32_t point = length == 1 ? first : first & (0xFFu >> (length + 1));
        for (size_t k = 1; k < length; k++) {
            if ((bytes[i + k] & 0xC0) != 0x80) {
                return false;
            }
            point = point << 6 | (bytes[i + k] & 0x3Fu);
        }
        if (point < smallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
            return false;
        }
        i += length;
    }
    return true;
}

static void check_integer(struct text text) {
    int64_t value;
    if (!text_to_int64(text, &value)) {
        return;
    }
    struct arena arena;
    arena_init(&arena);
    struct text terminated = text_copy(&arena, text);
    char *end;
    errno = 0;
    assert(strtoll(terminated.at, &end, 10) == value && errno == 0 && end == terminated.at + text.length);
    arena_clean_up(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct text text = fuzz_text(bytes, size);
    assert(text_is_valid_utf8(text) == is_utf8_by_decoding(bytes, size));
    check_integer(text);

    struct text trimmed = text_trim(text);
    assert(trimmed.length <= text.length && text_equal(text_trim(trimmed), trimmed));

    struct fault fault;
    (void)fault_set(&fault, STATUS_INVALID, "fuzzed", "field", text, "%.*s", TEXT_ARGS(text));
    assert(text_is_valid_utf8(text_of(fault.value)) && strlen(fault.value) < sizeof fault.value);
    assert(text_is_valid_utf8(text_of(fault.message)) && strlen(fault.message) < sizeof fault.message);
    return 0;
}
