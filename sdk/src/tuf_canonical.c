/* Canonical JSON, written and read; see the header for why.
 *
 * The writer is one loop over a stack of at most TUF_DEPTH_MAX open objects and arrays. It never writes more
 * than it has read: every escape is at least as long as what it stands for. */
#include "tuf_canonical.h"

#include <string.h>

struct level {
    bool is_object;
    bool is_empty;
    struct sm_span last_name; /* of what was written */
};

struct writer {
    const unsigned char *at;
    const unsigned char *end;
    char *out;
    size_t length;
    struct level levels[TUF_DEPTH_MAX];
    size_t depth;
    bool is_signed; /* within the outermost object's member "signed" */
};

static bool slice_before(struct sm_span first, struct sm_span second) {
    size_t common = first.length < second.length ? first.length : second.length;
    int order = common == 0 ? 0 : memcmp(first.at, second.at, common);
    return order < 0 || (order == 0 && first.length < second.length);
}

static void skip_blanks(struct writer *writer) {
    while (writer->at < writer->end &&
           (*writer->at == ' ' || *writer->at == '\t' || *writer->at == '\n' || *writer->at == '\r')) {
        writer->at++;
    }
}

static void put(struct writer *writer, unsigned char byte) {
    writer->out[writer->length++] = (char)byte;
}

/* Takes that byte, after blanks, and writes it; false where another one comes. */
static bool take(struct writer *writer, unsigned char byte) {
    skip_blanks(writer);
    if (writer->at == writer->end || *writer->at != byte) {
        return false;
    }
    writer->at++;
    put(writer, byte);
    return true;
}

static int hex_digit(unsigned char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The four digits after \u. */
static bool read_unit(struct writer *writer, uint32_t *unit) {
    if (writer->end - writer->at < 4) {
        return false;
    }
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(writer->at[i]);
        if (digit < 0) {
            return false;
        }
        sum = sum << 4 | (uint32_t)digit;
    }
    writer->at += 4;
    *unit = sum;
    return true;
}

static void put_code_point(struct writer *writer, uint32_t point) {
    if (point == '"' || point == '\\') {
        put(writer, '\\');
    }
    if (point < 0x80) {
        put(writer, (unsigned char)point);
    } else if (point < 0x800) {
        put(writer, (unsigned char)(0xc0 | point >> 6));
        put(writer, (unsigned char)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        put(writer, (unsigned char)(0xe0 | point >> 12));
        put(writer, (unsigned char)(0x80 | (point >> 6 & 0x3f)));
        put(writer, (unsigned char)(0x80 | (point & 0x3f)));
    } else {
        put(writer, (unsigned char)(0xf0 | point >> 18));
        put(writer, (unsigned char)(0x80 | (point >> 12 & 0x3f)));
        put(writer, (unsigned char)(0x80 | (point >> 6 & 0x3f)));
        put(writer, (unsigned char)(0x80 | (point & 0x3f)));
    }
}

/* What follows a backslash and u: one unit, or two that are a pair. */
static bool unescape_unit(struct writer *writer) {
    uint32_t unit = 0;
    if (!read_unit(writer, &unit) || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return false;
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
        uint32_t low = 0;
        if (writer->end - writer->at < 6 || writer->at[0] != '\\' || writer->at[1] != 'u') {
            return false;
        }
        writer->at += 2;
        if (!read_unit(writer, &low) || low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    put_code_point(writer, unit);
    return true;
}

static bool unescape(struct writer *writer) {
    static const char LETTERS[] = "\"\\/bfnrt";
    static const char STAND_FOR[] = "\"\\/\b\f\n\r\t";
    if (writer->at == writer->end) {
        return false;
    }
    unsigned char letter = *writer->at++;
    if (letter == 'u') {
        return unescape_unit(writer);
    }
    const char *found = letter == 0 ? NULL : strchr(LETTERS, letter);
    if (found == NULL) {
        return false;
    }
    put_code_point(writer, (unsigned char)STAND_FOR[found - LETTERS]);
    return true;
}

/* One character of several bytes, well-formed by RFC 3629. */
static bool copy_wide(struct writer *writer) {
    unsigned char first = *writer->at;
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || (size_t)(writer->end - writer->at) <= more) {
        return false;
    }
    unsigned char second = writer->at[1];
    unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) {
        return false;
    }
    for (size_t i = 2; i <= more; i++) {
        if ((writer->at[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    memcpy(writer->out + writer->length, writer->at, more + 1);
    writer->length += more + 1;
    writer->at += more + 1;
    return true;
}

static bool write_string(struct writer *writer, struct sm_span *string) {
    if (!take(writer, '"')) {
        return false;
    }
    size_t begin = writer->length;
    while (writer->at < writer->end && *writer->at != '"') {
        unsigned char byte = *writer->at;
        bool is_good = true;
        if (byte == '\\') {
            writer->at++;
            is_good = unescape(writer);
        } else if (byte >= 0x80) {
            is_good = copy_wide(writer);
        } else {
            is_good = byte >= 0x20;
            put(writer, byte);
            writer->at++;
        }
        if (!is_good) {
            return false;
        }
    }
    *string = (struct sm_span){writer->out + begin, writer->length - begin};
    return take(writer, '"');
}

static bool write_word(struct writer *writer, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(writer->end - writer->at) < length || memcmp(writer->at, word, length) != 0) {
        return false;
    }
    memcpy(writer->out + writer->length, word, length);
    writer->length += length;
    writer->at += length;
    return true;
}

/* A whole number as canonical JSON has it: no sign before zero, no zero before digits, no fraction. */
static bool write_integer(struct writer *writer) {
    const unsigned char *begin = writer->at;
    const unsigned char *at = begin;
    at += *at == '-';
    const unsigned char *digits = at;
    while (at < writer->end && *at >= '0' && *at <= '9') {
        at++;
    }
    if (at == digits || at - digits > 19 || (*digits == '0' && at - begin > 1)) {
        return false;
    }
    memcpy(writer->out + writer->length, begin, (size_t)(at - begin));
    writer->length += (size_t)(at - begin);
    writer->at = at;
    return true;
}

static bool open_level(struct writer *writer, bool is_object) {
    if (writer->depth == TUF_DEPTH_MAX) {
        return false;
    }
    writer->levels[writer->depth++] = (struct level){is_object, true, {NULL, 0}};
    put(writer, *writer->at++);
    return true;
}

/* A value that is complete by itself, or the beginning of an object or array. */
static bool write_value(struct writer *writer) {
    skip_blanks(writer);
    if (writer->at == writer->end) {
        return false;
    }
    struct sm_span string;
    switch (*writer->at) {
    case '{':
    case '[':
        return open_level(writer, *writer->at == '{');
    case '"':
        return write_string(writer, &string);
    case 't':
        return write_word(writer, "true");
    case 'f':
        return write_word(writer, "false");
    case 'n':
        return write_word(writer, "null");
    default:
        return write_integer(writer);
    }
}

/* A member's name and colon. */
static bool write_name(struct writer *writer) {
    struct level *level = &writer->levels[writer->depth - 1];
    struct sm_span name;
    skip_blanks(writer);
    if (!write_string(writer, &name)) {
        return false;
    }
    if (writer->depth == 1) {
        writer->is_signed = sm_span_equal(name, SM_SPAN("signed"));
    } else if (writer->is_signed && level->last_name.at != NULL && !slice_before(level->last_name, name)) {
        return false;
    }
    level->last_name = name;
    return take(writer, ':');
}

/* The end of the innermost object or array, or its next member or value. */
static bool write_next(struct writer *writer) {
    struct level *level = &writer->levels[writer->depth - 1];
    if (take(writer, level->is_object ? '}' : ']')) {
        writer->depth--;
        return true;
    }
    if (!level->is_empty && !take(writer, ',')) {
        return false;
    }
    level->is_empty = false;
    return (!level->is_object || write_name(writer)) && write_value(writer);
}

bool sm_tuf_canonical(const void *bytes, size_t size, char *out, size_t *length) {
    struct writer writer = {.at = bytes, .end = (const unsigned char *)bytes + size, .out = out};
    skip_blanks(&writer);
    if (writer.at == writer.end || *writer.at != '{' || !open_level(&writer, true)) {
        return false;
    }
    while (writer.depth > 0) {
        if (!write_next(&writer)) {
            return false;
        }
    }
    skip_blanks(&writer);
    *length = writer.length;
    return writer.at == writer.end;
}

/* The end of the string whose first character stands at `at`: the place of its closing quote. */
static size_t string_end(struct sm_span text, size_t at) {
    while (at < text.length && text.at[at] != '"') {
        at += text.at[at] == '\\' ? 2 : 1;
    }
    return at < text.length ? at : text.length;
}

/* The end of the value that begins at `at`. */
static size_t value_end(struct sm_span text, size_t at) {
    size_t depth = 0;
    while (at < text.length) {
        char byte = text.at[at];
        if (byte == '"') {
            at = string_end(text, at + 1);
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']' || byte == ',') {
            if (depth == 0) {
                return at;
            }
            depth -= byte != ',';
        }
        at += at < text.length;
        if (depth == 0 && (byte == '"' || byte == '}' || byte == ']')) {
            return at;
        }
    }
    return at;
}

static bool is_between(struct sm_span value, char first, char last) {
    return value.length >= 2 && value.at[0] == first && value.at[value.length - 1] == last;
}

bool sm_tuf_is_object(struct sm_span value) {
    return is_between(value, '{', '}');
}

bool sm_tuf_is_array(struct sm_span value) {
    return is_between(value, '[', ']');
}

bool sm_tuf_string(struct sm_span value, struct sm_span *string) {
    if (!is_between(value, '"', '"')) {
        return false;
    }
    *string = (struct sm_span){value.at + 1, value.length - 2};
    return true;
}

bool sm_tuf_number(struct sm_span value, int64_t *number) {
    if (value.length == 0 || value.length > 16) {
        return false;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') {
            return false;
        }
        sum = sum * 10 + (value.at[i] - '0');
    }
    if (sum >= INT64_C(1) << 53) {
        return false;
    }
    *number = sum;
    return true;
}

bool sm_tuf_boolean(struct sm_span value, bool *boolean) {
    *boolean = sm_span_equal(value, SM_SPAN("true"));
    return *boolean || sm_span_equal(value, SM_SPAN("false"));
}

bool sm_tuf_next_value(struct sm_span array, size_t *at, struct sm_span *value) {
    size_t begin = *at + 1; /* after the bracket or the comma */
    if (begin >= array.length || (*at == 0 && begin + 1 == array.length)) {
        return false;
    }
    size_t end = value_end(array, begin);
    *value = (struct sm_span){array.at + begin, end - begin};
    *at = end;
    return true;
}

bool sm_tuf_next_member(struct sm_span object, size_t *at, struct sm_span *name, struct sm_span *value) {
    size_t begin = *at + 2; /* after the brace or the comma, and the quote */
    if (begin >= object.length) {
        return false;
    }
    size_t end = string_end(object, begin);
    *name = (struct sm_span){object.at + begin, end - begin};
    begin = end + 2; /* after the quote and the colon */
    if (begin >= object.length) {
        return false;
    }
    end = value_end(object, begin);
    *value = (struct sm_span){object.at + begin, end - begin};
    *at = end;
    return true;
}

bool sm_tuf_member(struct sm_span object, struct sm_span name, struct sm_span *value) {
    struct sm_span found;
    size_t at = 0;
    while (sm_tuf_is_object(object) && sm_tuf_next_member(object, &at, &found, value)) {
        if (sm_span_equal(found, name)) {
            return true;
        }
    }
    return false;
}

bool sm_tuf_hex(struct sm_span string, unsigned char *bytes, size_t size) {
    if (string.length != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit((unsigned char)string.at[2 * i]);
        int low = hex_digit((unsigned char)string.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
