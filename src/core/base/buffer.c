#include "core/base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char *make_room(struct buffer *buffer, size_t length) {
    size_t needed;
    bool overflow = __builtin_add_overflow(buffer->length, length, &needed);
    assert(!overflow);
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity < 512 ? 1024 : buffer->capacity * 2;
        capacity = capacity < needed ? needed : capacity;
        char *grown = ARENA_NEW(buffer->arena, char, capacity);
        if (buffer->length > 0) {
            memcpy(grown, buffer->at, buffer->length);
        }
        buffer->at = grown;
        buffer->capacity = capacity;
    }
    char *room = buffer->at + buffer->length;
    buffer->length = needed;
    return room;
}

void buffer_add(struct buffer *buffer, struct text text) {
    if (text.length > 0) {
        memcpy(make_room(buffer, text.length), text.at, text.length);
    }
}

void buffer_add_times(struct buffer *buffer, char byte, size_t times) {
    if (times > 0) {
        memset(make_room(buffer, times), byte, times);
    }
}

void buffer_add_format(struct buffer *buffer, const char *format, ...) {
    char made[512];
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(made, sizeof made, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length < sizeof made) {
        buffer_add(buffer, (struct text){made, (size_t)length});
    } else {
        char *all = ARENA_NEW(buffer->arena, char, (size_t)length + 1);
        vsnprintf(all, (size_t)length + 1, format, again);
        buffer_add(buffer, (struct text){all, (size_t)length});
    }
    va_end(again);
}

struct text buffer_text(const struct buffer *buffer) {
    return buffer->length == 0 ? (struct text){"", 0} : (struct text){buffer->at, buffer->length};
}
