#include "json.h"

#include <string.h>

void sm_json_begin(struct sm_json *json, struct sm_span text) {
    memset(json, 0, sizeof *json);
    json->at = text.at;
    json->end = text.length == 0 ? text.at : text.at + text.length;
    json->has_failed = !sm_is_utf8(text);
}

static enum sm_json_kind fail(struct sm_json *json) {
    json->has_failed = true;
    return SM_JSON_ERROR;
}

static void skip_blanks(struct sm_json *json) {
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r')) {
        json->at++;
    }
}

static bool take(struct sm_json *json, char wanted) {
    if (json->at == json->end || *json->at != wanted) {
        return false;
    }
    json->at++;
    return true;
}

static bool take_word(struct sm_json *json, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length) != 0) {
        return false;
    }
    json->at += length;
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at `at`, or −1. */
static int32_t hex_four(const char *at, const char *end) {
    if (end - at < 4) {
        return -1;
    }
    int32_t number = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        number = number * 16 + digit;
    }
    return number;
}

/* Reads one character of a string's inside and moves on; −1 where it is none that may stand there. */
static int32_t next_character(const char **at, const char *end) {
    unsigned char c = (unsigned char)*(*at)++;
    if (c != '\\') {
        return c < 0x20 || c == '"' ? -1 : c; /* a byte of UTF-8, which has been checked */
    }
    if (*at == end) {
        return -1;
    }
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char escape = *(*at)++;
    if (escape != 'u') {
        const char *found = escape == '\0' ? NULL : strchr(escapes, escape);
        return found == NULL ? -1 : meanings[found - escapes];
    }
    int32_t unit = hex_four(*at, end);
    if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) {
        return -1;
    }
    *at += 4;
    if (unit < 0xD800 || unit > 0xDBFF) {
        return unit < 0x80 ? unit : unit | 0x1000000; /* marked as a code point to be encoded */
    }
    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') {
        return -1;
    }
    int32_t low = hex_four(*at + 2, end);
    if (low < 0xDC00 || low > 0xDFFF) {
        return -1;
    }
    *at += 6;
    return (0x10000 + ((unit - 0xD800) * 0x400) + (low - 0xDC00)) | 0x1000000;
}

static bool take_string(struct sm_json *json, struct sm_span *inside) {
    if (!take(json, '"')) {
        return false;
    }
    const char *start = json->at;
    while (json->at < json->end && *json->at != '"') {
        if (next_character(&json->at, json->end) < 0) {
            return false;
        }
    }
    inside->at = start;
    inside->length = (size_t)(json->at - start);
    return take(json, '"');
}

static bool take_digits(struct sm_json *json) {
    const char *start = json->at;
    while (json->at < json->end && *json->at >= '0' && *json->at <= '9') {
        json->at++;
    }
    return json->at > start;
}

static bool take_number(struct sm_json *json) {
    (void)take(json, '-');
    if (!take(json, '0') && !take_digits(json)) {
        return false;
    }
    if (take(json, '.') && !take_digits(json)) {
        return false;
    }
    if (take(json, 'e') || take(json, 'E')) {
        if (!take(json, '+')) {
            (void)take(json, '-');
        }
        return take_digits(json);
    }
    return true;
}

static enum sm_json_kind open_container(struct sm_json *json, enum sm_json_kind kind) {
    if (json->depth == SM_JSON_DEPTH_MAX) {
        return fail(json);
    }
    uint32_t bit = (uint32_t)1 << json->depth;
    json->is_object = kind == SM_JSON_OBJECT ? json->is_object | bit : json->is_object & ~bit;
    json->depth++;
    json->is_first = true;
    json->at++;
    return kind;
}

static enum sm_json_kind take_value(struct sm_json *json, struct sm_json_value *value) {
    const char *start = json->at;
    enum sm_json_kind kind = SM_JSON_ERROR;
    if (json->at == json->end) {
        return fail(json);
    }
    switch (*json->at) {
    case '{':
        kind = open_container(json, SM_JSON_OBJECT);
        break;
    case '[':
        kind = open_container(json, SM_JSON_ARRAY);
        break;
    case '"':
        kind = take_string(json, &value->text) ? SM_JSON_STRING : SM_JSON_ERROR;
        break;
    case 't':
        kind = take_word(json, "true") ? SM_JSON_TRUE : SM_JSON_ERROR;
        break;
    case 'f':
        kind = take_word(json, "false") ? SM_JSON_FALSE : SM_JSON_ERROR;
        break;
    case 'n':
        kind = take_word(json, "null") ? SM_JSON_NULL : SM_JSON_ERROR;
        break;
    default:
        kind = take_number(json) ? SM_JSON_NUMBER : SM_JSON_ERROR;
    }
    if (kind == SM_JSON_ERROR) {
        return fail(json);
    }
    value->kind = kind;
    if (kind != SM_JSON_STRING) {
        value->text.at = start;
        value->text.length = (size_t)(json->at - start);
    }
    return kind;
}

static bool is_in_object(const struct sm_json *json) {
    return json->depth > 0 && (json->is_object >> (json->depth - 1) & 1) != 0;
}

enum sm_json_kind sm_json_next(struct sm_json *json, struct sm_span *name, struct sm_json_value *value) {
    name->at = NULL;
    name->length = 0;
    value->kind = SM_JSON_ERROR;
    value->text = *name;
    if (json->has_failed) {
        return SM_JSON_ERROR;
    }
    skip_blanks(json);
    if (json->depth == 0) {
        if (json->has_begun) {
            return json->at == json->end ? SM_JSON_END : fail(json);
        }
        json->has_begun = true;
        return take_value(json, value);
    }
    if (take(json, is_in_object(json) ? '}' : ']')) {
        json->depth--;
        json->is_first = false;
        value->kind = SM_JSON_CLOSE;
        return SM_JSON_CLOSE;
    }
    if (!json->is_first && !take(json, ',')) {
        return fail(json);
    }
    json->is_first = false;
    skip_blanks(json);
    if (is_in_object(json)) {
        if (!take_string(json, name)) {
            return fail(json);
        }
        skip_blanks(json);
        if (!take(json, ':')) {
            return fail(json);
        }
        skip_blanks(json);
    }
    return take_value(json, value);
}

/* Goes to the end of the container that was just opened, and makes the value its whole text. */
static bool finish(struct sm_json *json, struct sm_json_value *value) {
    if (value->kind != SM_JSON_OBJECT && value->kind != SM_JSON_ARRAY) {
        return true;
    }
    unsigned outside = json->depth - 1;
    struct sm_span name;
    struct sm_json_value inner;
    while (json->depth > outside) {
        if (sm_json_next(json, &name, &inner) == SM_JSON_ERROR) {
            return false;
        }
    }
    value->text.length = (size_t)(json->at - value->text.at);
    return true;
}

bool sm_json_object(struct sm_span text, struct sm_json_member *members, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memset(&members[i].value, 0, sizeof members[i].value);
    }
    struct sm_json json;
    struct sm_json_value name = {SM_JSON_STRING, {NULL, 0}};
    struct sm_json_value value;
    sm_json_begin(&json, text);
    if (sm_json_next(&json, &name.text, &value) != SM_JSON_OBJECT) {
        return false;
    }
    while (sm_json_next(&json, &name.text, &value) != SM_JSON_CLOSE) {
        if (json.has_failed || !finish(&json, &value)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (sm_json_text_is(&name, sm_span_of(members[i].name))) {
                if (members[i].value.kind != SM_JSON_ABSENT) {
                    return false;
                }
                members[i].value = value;
            }
        }
    }
    return sm_json_next(&json, &name.text, &value) == SM_JSON_END;
}

bool sm_json_element(struct sm_json *json, bool *is_open, struct sm_json_value *element) {
    struct sm_span name;
    if (!*is_open) {
        if (sm_json_next(json, &name, element) != SM_JSON_ARRAY) {
            json->has_failed = true;
            return false;
        }
        *is_open = true;
    }
    enum sm_json_kind kind = sm_json_next(json, &name, element);
    if (kind == SM_JSON_CLOSE) {
        (void)(sm_json_next(json, &name, element) == SM_JSON_END || fail(json) == SM_JSON_ERROR);
        return false;
    }
    return kind != SM_JSON_ERROR && finish(json, element);
}

/* Writes a character as UTF-8; returns how many bytes. */
static size_t encode(int32_t character, char out[4]) {
    if (character < 0x1000000) {
        out[0] = (char)character;
        return 1;
    }
    uint32_t point = (uint32_t)character & 0x1FFFFF;
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

bool sm_json_text(const struct sm_json_value *value, char *out, size_t capacity) {
    out[0] = '\0';
    if (value->kind != SM_JSON_STRING) {
        return false;
    }
    const char *at = value->text.at;
    const char *end = at + value->text.length;
    size_t length = 0;
    while (at < end) {
        int32_t character = next_character(&at, end);
        char bytes[4];
        size_t size = encode(character, bytes);
        if (character <= 0 || size >= capacity - length) {
            out[0] = '\0';
            return false;
        }
        memcpy(out + length, bytes, size);
        length += size;
    }
    out[length] = '\0';
    return true;
}

bool sm_json_text_is(const struct sm_json_value *value, struct sm_span text) {
    if (value->kind != SM_JSON_STRING) {
        return false;
    }
    const char *at = value->text.at;
    const char *end = at + value->text.length;
    size_t length = 0;
    while (at < end) {
        int32_t character = next_character(&at, end);
        char bytes[4];
        size_t size = encode(character, bytes);
        if (character < 0 || size > text.length - length || memcmp(text.at + length, bytes, size) != 0) {
            return false;
        }
        length += size;
    }
    return length == text.length;
}

bool sm_json_integer(const struct sm_json_value *value, int64_t least, int64_t most, int64_t *number) {
    if (value->kind != SM_JSON_NUMBER) {
        return false;
    }
    size_t at = value->text.at[0] == '-' ? 1 : 0;
    bool is_negative = at == 1;
    int64_t sum = 0; /* below zero, where there is room for one more */
    for (; at < value->text.length; at++) {
        char digit = value->text.at[at];
        if (digit < '0' || digit > '9' || sum < (INT64_MIN + (digit - '0')) / 10) {
            return false;
        }
        sum = sum * 10 - (digit - '0');
    }
    if (!is_negative && sum == INT64_MIN) {
        return false;
    }
    sum = is_negative ? sum : -sum;
    if (sum < least || sum > most) {
        return false;
    }
    *number = sum;
    return true;
}

bool sm_json_bytes(const struct sm_json_value *value, void *out, size_t size) {
    return value->kind == SM_JSON_STRING && sm_base64_bytes(value->text, out, size);
}
