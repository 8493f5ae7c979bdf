#include "core/base/byte_range.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* Digits alone; more than 18 of them are more than any file has. */
static bool parse_position(struct text digits, int64_t *value) {
    if (digits.length == 0) {
        return false;
    }
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9') {
            return false;
        }
    }
    while (digits.length > 1 && digits.at[0] == '0') {
        digits = (struct text){digits.at + 1, digits.length - 1};
    }
    if (digits.length > 18) {
        *value = INT64_MAX;
        return true;
    }
    return text_to_int64(digits, value);
}

static enum byte_range last_bytes(int64_t wanted, int64_t size_bytes, int64_t *first, int64_t *length) {
    if (wanted == 0 || size_bytes == 0) {
        return BYTE_RANGE_UNSATISFIABLE;
    }
    *length = wanted < size_bytes ? wanted : size_bytes;
    *first = size_bytes - *length;
    return BYTE_RANGE_PART;
}

enum byte_range byte_range_parse(struct text range, int64_t size_bytes, int64_t *first, int64_t *length) {
    assert(size_bytes >= 0);
    static const char UNIT[] = "bytes=";
    *first = 0;
    *length = size_bytes;
    if (range.length < sizeof UNIT - 1 || strncasecmp(range.at, UNIT, sizeof UNIT - 1) != 0) {
        return BYTE_RANGE_WHOLE;
    }
    struct text set = text_trim((struct text){range.at + sizeof UNIT - 1, range.length - sizeof UNIT + 1});
    const char *dash = set.length == 0 ? NULL : memchr(set.at, '-', set.length);
    if (dash == NULL) {
        return BYTE_RANGE_WHOLE;
    }
    struct text from = {set.at, (size_t)(dash - set.at)};
    struct text to = {dash + 1, set.length - from.length - 1};
    int64_t begin = 0;
    int64_t end = INT64_MAX;
    if (from.length == 0) {
        return parse_position(to, &end) ? last_bytes(end, size_bytes, first, length) : BYTE_RANGE_WHOLE;
    }
    if (!parse_position(from, &begin) || (to.length > 0 && !parse_position(to, &end)) || end < begin) {
        return BYTE_RANGE_WHOLE;
    }
    if (begin >= size_bytes) {
        return BYTE_RANGE_UNSATISFIABLE;
    }
    int64_t behind = end < size_bytes ? end + 1 : size_bytes;
    *first = begin;
    *length = behind - begin;
    assert(*length > 0 && *first + *length <= size_bytes);
    return BYTE_RANGE_PART;
}

bool byte_range_if_matches(struct text if_range, struct text etag) {
    if_range = text_trim(if_range);
    return if_range.length == 0 || (if_range.at[0] == '"' && text_equal(if_range, etag));
}
