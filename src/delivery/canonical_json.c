#include "delivery/canonical_json.h"

#include <assert.h>
#include <string.h>

void canonical_begin(struct canonical_writer *writer, struct arena *arena) {
    *writer = (struct canonical_writer){.arena = arena};
}

struct text canonical_written(const struct canonical_writer *writer) {
    assert(writer->depth == 0 && writer->length > 0);
    return (struct text){writer->at, writer->length};
}

static void put_bytes(struct canonical_writer *writer, struct text bytes) {
    while (writer->length + bytes.length > writer->capacity) {
        writer->at = arena_grow(writer->arena, writer->at, writer->capacity, &writer->capacity, 1);
    }
    memcpy(writer->at + writer->length, bytes.at, bytes.length);
    writer->length += bytes.length;
}

static void put_string(struct canonical_writer *writer, struct text value) {
    assert(text_is_valid_utf8(value));
    put_bytes(writer, TEXT("\""));
    size_t plain = 0;
    for (size_t i = 0; i < value.length; i++) {
        assert((unsigned char)value.at[i] >= 0x20);
        if (value.at[i] != '"' && value.at[i] != '\\') {
            continue;
        }
        put_bytes(writer, (struct text){value.at + plain, i - plain});
        put_bytes(writer, TEXT("\\"));
        plain = i;
    }
    put_bytes(writer, (struct text){value.at + plain, value.length - plain});
    put_bytes(writer, TEXT("\""));
}

/* The comma and the member's name in front of a value. */
static void begin_value(struct canonical_writer *writer, struct text name) {
    int depth = writer->depth;
    if (writer->has_item[depth]) {
        put_bytes(writer, TEXT(","));
    }
    assert(depth > 0 || !writer->has_item[0]);
    writer->has_item[depth] = true;
    if (name.length == 0) {
        return;
    }
    struct text *last = &writer->last_name[depth];
    assert(last->at == NULL || text_compare(*last, name) < 0);
    *last = name;
    put_string(writer, name);
    put_bytes(writer, TEXT(":"));
}

static void open_value(struct canonical_writer *writer, struct text name, const char *bracket) {
    begin_value(writer, name);
    put_bytes(writer, text_of(bracket));
    writer->depth++;
    assert(writer->depth < CANONICAL_DEPTH_MAX);
    writer->has_item[writer->depth] = false;
    writer->last_name[writer->depth] = (struct text){0};
}

static void close_value(struct canonical_writer *writer, const char *bracket) {
    assert(writer->depth > 0);
    writer->depth--;
    put_bytes(writer, text_of(bracket));
}

void canonical_open_object(struct canonical_writer *writer, struct text name) {
    open_value(writer, name, "{");
}

void canonical_close_object(struct canonical_writer *writer) {
    close_value(writer, "}");
}

void canonical_open_array(struct canonical_writer *writer, struct text name) {
    open_value(writer, name, "[");
}

void canonical_close_array(struct canonical_writer *writer) {
    close_value(writer, "]");
}

void canonical_write_text(struct canonical_writer *writer, struct text name, struct text value) {
    begin_value(writer, name);
    put_string(writer, value);
}

void canonical_write_int(struct canonical_writer *writer, struct text name, int64_t value) {
    begin_value(writer, name);
    put_bytes(writer, text_format(writer->arena, "%lld", (long long)value));
}

void canonical_write_bool(struct canonical_writer *writer, struct text name, bool value) {
    begin_value(writer, name);
    put_bytes(writer, value ? TEXT("true") : TEXT("false"));
}

void canonical_write_raw(struct canonical_writer *writer, struct text name, struct text value) {
    begin_value(writer, name);
    put_bytes(writer, value);
}
