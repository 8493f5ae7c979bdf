#include "core/base/visible.h"

#include "core/base/buffer.h"

#include <assert.h>

struct range {
    int32_t first;
    int32_t last;
};

static const struct range HIDDEN[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD}, {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180E, 0x180E}, {0x200B, 0x200B},   {0x200E, 0x200F},
    {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164}, {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE00FF}, {0xE01F0, 0xE0FFF},
};

/* What takes room or joins its neighbours, and shows nothing by itself. */
static const struct range BLANK[] = {
    {0x0009, 0x000A}, {0x000D, 0x000D}, {0x0020, 0x0020},   {0x00A0, 0x00A0}, {0x1680, 0x1680},
    {0x180B, 0x180F}, {0x2000, 0x200D}, {0x202F, 0x202F},   {0x205F, 0x205F}, {0x2800, 0x2800},
    {0x3000, 0x3000}, {0xFE00, 0xFE0F}, {0xE0100, 0xE01EF},
};

static bool is_in(int32_t c, const struct range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static bool is_hidden(int32_t c, bool lines) {
    if (lines && (c == '\n' || c == '\r' || c == '\t')) {
        return false;
    }
    return is_in(c, HIDDEN, sizeof HIDDEN / sizeof HIDDEN[0]) || (c & 0xFFFE) == 0xFFFE;
}

/* The character at `*at`, which moves behind it; -1 where the byte there begins none. */
static int32_t next_character(struct text text, size_t *at) {
    const unsigned char *bytes = (const unsigned char *)text.at + *at;
    size_t left = text.length - *at;
    unsigned char first = bytes[0];
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    /* A zero byte is none for text_is_valid_utf8. */
    if (first != 0 && (length > left || !text_is_valid_utf8((struct text){text.at + *at, length}))) {
        (*at)++;
        return -1;
    }
    *at += length;
    if (length == 1) {
        return first;
    }
    int32_t c = first & (0x7F >> length);
    for (size_t i = 1; i < length; i++) {
        c = c << 6 | (bytes[i] & 0x3F);
    }
    return c;
}

int32_t visible_first_hidden(struct text text, bool lines) {
    for (size_t at = 0; at < text.length;) {
        int32_t c = next_character(text, &at);
        if (c >= 0 && is_hidden(c, lines)) {
            return c;
        }
    }
    return -1;
}

bool visible_is_any(struct text text) {
    for (size_t at = 0; at < text.length;) {
        int32_t c = next_character(text, &at);
        if (c >= 0 && !is_hidden(c, false) && !is_in(c, BLANK, sizeof BLANK / sizeof BLANK[0])) {
            return true;
        }
    }
    return false;
}

typedef struct text write_out(struct arena *arena, int32_t c);

static struct text write_for_people(struct arena *arena, int32_t c) {
    return text_format(arena, c > 0xFFFF ? "\\U%08X" : "\\u%04X", (unsigned)c);
}

static struct text write_for_json(struct arena *arena, int32_t c) {
    unsigned beyond = (unsigned)c - 0x10000;
    return c > 0xFFFF
               ? text_format(arena, "\\u%04x\\u%04x", 0xD800 + (beyond >> 10), 0xDC00 + (beyond & 0x3FF))
               : text_format(arena, "\\u%04x", (unsigned)c);
}

static struct text escape(struct arena *arena, struct text text, write_out *write) {
    struct buffer buffer = {.arena = arena};
    size_t clean_from = 0;
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        int32_t c = next_character(text, &at);
        if (c >= 0 && !is_hidden(c, true)) {
            continue;
        }
        buffer_add(&buffer, (struct text){text.at + clean_from, start - clean_from});
        buffer_add(&buffer,
                   c < 0 ? text_format(arena, "\\x%02X", (unsigned char)text.at[start]) : write(arena, c));
        clean_from = at;
    }
    if (clean_from == 0) {
        return text;
    }
    buffer_add(&buffer, (struct text){text.at + clean_from, text.length - clean_from});
    return buffer_text(&buffer);
}

struct text visible_escape(struct arena *arena, struct text text) {
    return escape(arena, text, write_for_people);
}

struct text visible_escape_json(struct arena *arena, struct text json) {
    assert(text_is_valid_utf8(json));
    return escape(arena, json, write_for_json);
}
