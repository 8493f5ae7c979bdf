/* A document is written once, front to back, so there is no tree to build and nothing to free. */
#include "json/json_write.h"

#include "core/time/date.h"
#include "core/time/instant.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static void put_bytes(struct json_writer *writer, const char *at, size_t length) {
    if (length == 0) {
        return;
    }
    while (writer->length + length > writer->capacity) {
        writer->at = arena_grow(writer->arena, writer->at, writer->capacity, &writer->capacity, 1);
    }
    memcpy(writer->at + writer->length, at, length);
    writer->length += length;
}

static void put_escaped(struct json_writer *writer, struct text value) {
    static const char DIGITS[] = "0123456789abcdef";
    put_bytes(writer, "\"", 1);
    size_t from = 0;
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) {
            continue;
        }
        put_bytes(writer, value.at + from, i - from);
        from = i + 1;
        if (c == '"' || c == '\\') {
            put_bytes(writer, (char[]){'\\', (char)c}, 2);
        } else if (c == '\n') {
            put_bytes(writer, "\\n", 2);
        } else {
            put_bytes(writer, (char[]){'\\', 'u', '0', '0', DIGITS[c >> 4], DIGITS[c & 15]}, 6);
        }
    }
    put_bytes(writer, value.at + from, value.length - from);
    put_bytes(writer, "\"", 1);
}

static void begin_value(struct json_writer *writer, const char *name) {
    if (writer->behind_value) {
        put_bytes(writer, ",", 1);
    }
    if (name != NULL) {
        put_bytes(writer, "\"", 1);
        put_bytes(writer, name, strlen(name));
        put_bytes(writer, "\":", 2);
    }
    writer->behind_value = true;
}

static void open_value(struct json_writer *writer, const char *name, const char *bracket) {
    begin_value(writer, name);
    put_bytes(writer, bracket, 1);
    writer->behind_value = false;
    writer->depth++;
}

static void close_value(struct json_writer *writer, const char *bracket) {
    assert(writer->depth > 0);
    put_bytes(writer, bracket, 1);
    writer->behind_value = true;
    writer->depth--;
}

void json_write_open(struct json_writer *writer, const char *name) {
    open_value(writer, name, "{");
}

void json_write_close(struct json_writer *writer) {
    close_value(writer, "}");
}

void json_write_open_array(struct json_writer *writer, const char *name) {
    open_value(writer, name, "[");
}

void json_write_close_array(struct json_writer *writer) {
    close_value(writer, "]");
}

void json_write_text(struct json_writer *writer, const char *name, struct text value) {
    begin_value(writer, name);
    put_escaped(writer, value);
}

void json_write_string(struct json_writer *writer, const char *name, const char *value) {
    json_write_text(writer, name, text_of(value));
}

void json_write_int(struct json_writer *writer, const char *name, int64_t value) {
    begin_value(writer, name);
    struct text digits = text_format(writer->arena, "%" PRId64, value);
    put_bytes(writer, digits.at, digits.length);
}

void json_write_bool(struct json_writer *writer, const char *name, bool value) {
    begin_value(writer, name);
    put_bytes(writer, value ? "true" : "false", value ? 4 : 5);
}

void json_write_null(struct json_writer *writer, const char *name) {
    begin_value(writer, name);
    put_bytes(writer, "null", 4);
}

void json_write_text_or_null(struct json_writer *writer, const char *name, struct text value) {
    if (value.length == 0) {
        json_write_null(writer, name);
    } else {
        json_write_text(writer, name, value);
    }
}

void json_write_instant(struct json_writer *writer, const char *name, int64_t at_us) {
    if (at_us == 0) {
        json_write_null(writer, name);
    } else {
        json_write_text(writer, name, instant_format(writer->arena, at_us));
    }
}

struct text json_written(const struct json_writer *writer) {
    assert(writer->depth == 0);
    return (struct text){writer->at, writer->length};
}
