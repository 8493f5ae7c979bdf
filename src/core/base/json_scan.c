#include "core/base/json_scan.h"

#include "core/base/visible.h"

#include <assert.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

static void skip_blanks(struct json_scan *scan) {
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')) {
        scan->at++;
    }
}

static bool take(struct json_scan *scan, char wanted) {
    if (scan->at == scan->end || *scan->at != wanted) {
        return false;
    }
    scan->at++;
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool json_scan_open(struct json_scan *scan, struct text body) {
    *scan = (struct json_scan){.at = body.at, .end = body.at + body.length};
    skip_blanks(scan);
    return take(scan, '{');
}

static int hex_value(char c) {
    if (is_digit(c)) {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four digits of \uXXXX, or −1. */
static int hex_unit(const char *at, const char *end) {
    if (end - at < 4) {
        return -1;
    }
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        int value = hex_value(at[i]);
        if (value < 0) {
            return -1;
        }
        unit = unit << 4 | value;
    }
    return unit;
}

/* Behind a backslash: takes what follows it. */
static bool take_escape(struct json_scan *scan) {
    if (scan->at == scan->end) {
        return false;
    }
    char c = *scan->at++;
    if (c == 'u') {
        if (hex_unit(scan->at, scan->end) < 0) {
            return false;
        }
        scan->at += 4;
        return true;
    }
    return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
}

/* Whether one of the eight bytes is `byte`, or below 0x20: borrows of a subtraction show it, and may show a
 * byte too much above one that is, never one too few (Hacker's Delight, section 6-1). */
static uint64_t has_byte(uint64_t eight, uint64_t byte) {
    uint64_t zeros = eight ^ (byte * UINT64_C(0x0101010101010101));
    return (zeros - UINT64_C(0x0101010101010101)) & ~zeros & UINT64_C(0x8080808080808080);
}
static uint64_t has_control(uint64_t eight) {
    return (eight - UINT64_C(0x2020202020202020)) & ~eight & UINT64_C(0x8080808080808080);
}

/* Eight bytes at a time, as long as none of them ends the string or needs a look. */
static void skip_plain(struct json_scan *scan) {
    while (scan->end - scan->at >= 8) {
        uint64_t eight;
        memcpy(&eight, scan->at, sizeof eight);
        if ((has_byte(eight, '"') | has_byte(eight, '\\') | has_control(eight)) != 0) {
            return;
        }
        scan->at += 8;
    }
}

bool json_scan_string(struct json_scan *scan, struct text *raw) {
    if (!take(scan, '"')) {
        return false;
    }
    const char *start = scan->at;
    skip_plain(scan);
    while (scan->at < scan->end) {
        unsigned char c = (unsigned char)*scan->at++;
        if (c == '"') {
            *raw = (struct text){start, (size_t)(scan->at - 1 - start)};
            return true;
        }
        if (c < 0x20 || (c == '\\' && !take_escape(scan))) {
            return false;
        }
    }
    return false;
}

static bool take_comma_or_first(struct json_scan *scan) {
    if (!scan->is_opened) {
        scan->is_opened = true;
        scan->comma = NULL;
        return true;
    }
    scan->comma = scan->at;
    if (!take(scan, ',')) {
        return false;
    }
    skip_blanks(scan);
    return true;
}

enum json_member json_scan_member(struct json_scan *scan, struct text *name) {
    skip_blanks(scan);
    if (take(scan, '}')) {
        skip_blanks(scan);
        return scan->at == scan->end ? JSON_LAST : JSON_BROKEN;
    }
    if (!take_comma_or_first(scan) || !json_scan_string(scan, name) ||
        (name->length > 0 && memchr(name->at, '\\', name->length) != NULL)) {
        return JSON_BROKEN;
    }
    skip_blanks(scan);
    if (!take(scan, ':')) {
        return JSON_BROKEN;
    }
    skip_blanks(scan);
    return JSON_MEMBER;
}

bool json_scan_whole(struct json_scan *scan, int64_t *value, struct text *digits) {
    const char *start = scan->at;
    uint64_t sum = 0;
    while (scan->at < scan->end && is_digit(*scan->at) && scan->at - start < 19) {
        sum = sum * 10 + (uint64_t)(*scan->at++ - '0');
    }
    size_t length = (size_t)(scan->at - start);
    bool goes_on = scan->at < scan->end &&
                   (is_digit(*scan->at) || *scan->at == '.' || *scan->at == 'e' || *scan->at == 'E');
    if (length == 0 || goes_on || (length > 1 && *start == '0') || sum > INT64_MAX) {
        return false;
    }
    *value = (int64_t)sum;
    *digits = (struct text){start, length};
    return true;
}

bool json_scan_list(struct json_scan *scan, struct text *raw) {
    if (!take(scan, '[')) {
        return false;
    }
    const char *start = scan->at;
    skip_blanks(scan);
    if (take(scan, ']')) {
        *raw = (struct text){start, 0};
        return true;
    }
    for (;;) {
        struct text item;
        if (!json_scan_string(scan, &item)) {
            return false;
        }
        skip_blanks(scan);
        if (take(scan, ']')) {
            *raw = (struct text){start, (size_t)(scan->at - 1 - start)};
            return true;
        }
        if (!take(scan, ',')) {
            return false;
        }
        skip_blanks(scan);
    }
}

static bool skip_digits(struct json_scan *scan) {
    const char *start = scan->at;
    while (scan->at < scan->end && is_digit(*scan->at)) {
        scan->at++;
    }
    return scan->at > start;
}

static bool skip_number(struct json_scan *scan) {
    (void)take(scan, '-');
    if (!take(scan, '0') && !skip_digits(scan)) {
        return false;
    }
    if (take(scan, '.') && !skip_digits(scan)) {
        return false;
    }
    if (take(scan, 'e') || take(scan, 'E')) {
        if (!take(scan, '+')) {
            (void)take(scan, '-');
        }
        return skip_digits(scan);
    }
    return true;
}

static bool skip_word(struct json_scan *scan, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0) {
        return false;
    }
    scan->at += length;
    return true;
}

static bool skip_scalar(struct json_scan *scan) {
    if (scan->at == scan->end) {
        return false;
    }
    struct text ignored;
    switch (*scan->at) {
    case '"':
        return json_scan_string(scan, &ignored);
    case 't':
        return skip_word(scan, "true");
    case 'f':
        return skip_word(scan, "false");
    case 'n':
        return skip_word(scan, "null");
    default:
        return skip_number(scan);
    }
}

/* In an object: the name and colon in front of a value. */
static bool skip_name(struct json_scan *scan) {
    struct text name;
    if (!json_scan_string(scan, &name)) {
        return false;
    }
    skip_blanks(scan);
    if (!take(scan, ':')) {
        return false;
    }
    skip_blanks(scan);
    return true;
}

/* `closers` holds the bracket that each open level ends with. A loop instead of recursion, so that the
 * sender does not choose how deep the stack goes. */
bool json_scan_skip(struct json_scan *scan) {
    char closers[DEPTH_MAX];
    size_t depth = 0;
    for (;;) {
        bool opened = false;
        if (scan->at < scan->end && (*scan->at == '[' || *scan->at == '{')) {
            if (depth == DEPTH_MAX) {
                return false;
            }
            closers[depth++] = *scan->at++ == '[' ? ']' : '}';
            opened = true;
        } else if (!skip_scalar(scan)) {
            return false;
        }
        while (depth > 0) {
            skip_blanks(scan);
            if (take(scan, closers[depth - 1])) {
                depth--;
                opened = false;
                continue;
            }
            if (!opened && !take(scan, ',')) {
                return false;
            }
            skip_blanks(scan);
            if (closers[depth - 1] == '}' && !skip_name(scan)) {
                return false;
            }
            break;
        }
        if (depth == 0) {
            return true;
        }
    }
}

bool json_list_next(struct text *raw_list, struct text *raw) {
    struct json_scan scan = {.at = raw_list->at, .end = raw_list->at + raw_list->length};
    skip_blanks(&scan);
    if (!json_scan_string(&scan, raw)) {
        return false;
    }
    skip_blanks(&scan);
    (void)take(&scan, ',');
    *raw_list = (struct text){scan.at, (size_t)(scan.end - scan.at)};
    return true;
}

static char *put_utf8(char *at, uint32_t scalar) {
    if (scalar < 0x80) {
        *at++ = (char)scalar;
    } else if (scalar < 0x800) {
        *at++ = (char)(0xC0 | scalar >> 6);
        *at++ = (char)(0x80 | (scalar & 63));
    } else if (scalar < 0x10000) {
        *at++ = (char)(0xE0 | scalar >> 12);
        *at++ = (char)(0x80 | (scalar >> 6 & 63));
        *at++ = (char)(0x80 | (scalar & 63));
    } else {
        *at++ = (char)(0xF0 | scalar >> 18);
        *at++ = (char)(0x80 | (scalar >> 12 & 63));
        *at++ = (char)(0x80 | (scalar >> 6 & 63));
        *at++ = (char)(0x80 | (scalar & 63));
    }
    return at;
}

/* The character of the \u at `*from` (behind the u), a pair of surrogates joined. A lone one gives bytes
 * that are no UTF-8 and is refused with them. */
static uint32_t decode_unit(const char **from, const char *end) {
    uint32_t unit = (uint32_t)hex_unit(*from, end);
    *from += 4;
    if (unit >= 0xD800 && unit < 0xDC00 && end - *from >= 6 && (*from)[0] == '\\' && (*from)[1] == 'u') {
        int low = hex_unit(*from + 2, end);
        if (low >= 0xDC00 && low < 0xE000) {
            *from += 6;
            return 0x10000 + ((unit - 0xD800) << 10 | ((uint32_t)low - 0xDC00));
        }
    }
    return unit;
}

static struct text unescape(struct arena *arena, struct text raw) {
    char *made = ARENA_NEW(arena, char, raw.length);
    char *at = made;
    const char *from = raw.at;
    const char *end = raw.at + raw.length;
    while (from < end) {
        char c = *from++;
        if (c != '\\') {
            *at++ = c;
            continue;
        }
        c = *from++;
        if (c == 'u') {
            at = put_utf8(at, decode_unit(&from, end));
        } else {
            *at++ = c == 'b'   ? '\b'
                    : c == 'f' ? '\f'
                    : c == 'n' ? '\n'
                    : c == 'r' ? '\r'
                    : c == 't' ? '\t'
                               : c;
        }
    }
    assert((size_t)(at - made) <= raw.length);
    return (struct text){made, (size_t)(at - made)};
}

bool json_text_decode(struct arena *arena, struct text raw, struct text *decoded) {
    bool has_escapes = raw.length > 0 && memchr(raw.at, '\\', raw.length) != NULL;
    struct text text = has_escapes ? unescape(arena, raw) : raw;
    if (!text_is_valid_utf8(text) || visible_first_hidden(text, false) >= 0) {
        return false;
    }
    *decoded = text;
    return true;
}
