/* Buffer: bytes that grow at their end, in an arena. */
#ifndef SEATMETER_CORE_BASE_BUFFER_H
#define SEATMETER_CORE_BASE_BUFFER_H

#include "core/base/text.h"

struct buffer {
    struct arena *arena;
    char *at;
    size_t length;
    size_t capacity;
};

void buffer_add(struct buffer *buffer, struct text text);
void buffer_add_times(struct buffer *buffer, char byte, size_t times);
void buffer_add_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What was added; valid until the next addition. */
struct text buffer_text(const struct buffer *buffer);

#endif
