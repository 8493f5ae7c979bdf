/* Bytes: slices of text, and a buffer that grows.
 *
 * A buffer that could not grow remembers it and takes nothing more, so that a writer asks once, at its end.
 * What a buffer held is wiped when it is freed or moved: check-in keys pass through. */
#ifndef SEATMETER_BYTES_H
#define SEATMETER_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sm_span {
    const char *at;
    size_t length;
};

struct sm_span sm_span_of(const char *terminated);
bool sm_span_equal(struct sm_span first, struct sm_span second);
bool sm_span_is(struct sm_span span, const char *terminated);

/* Copies with a zero behind; false (and `out` empty) where it does not fit. */
bool sm_span_copy(struct sm_span span, char *out, size_t capacity);

/* A zero-terminated copy of malloc, to be freed with free; NULL: no memory. */
char *sm_text_duplicate(struct sm_span span);

struct sm_buffer {
    char *at; /* NULL while empty; a zero stands behind the text */
    size_t length;
    size_t capacity;
    bool has_failed;
};

#define SM_BUFFER_EMPTY                                                                                      \
    { NULL, 0, 0, false }

void sm_buffer_add(struct sm_buffer *buffer, const void *bytes, size_t size);
void sm_buffer_text(struct sm_buffer *buffer, const char *terminated);
void sm_buffer_number(struct sm_buffer *buffer, int64_t number);
void sm_buffer_base64(struct sm_buffer *buffer, const void *bytes, size_t size); /* base64url, no padding */
void sm_buffer_string(struct sm_buffer *buffer, struct sm_span text);            /* a JSON string, quoted */
void sm_buffer_free(struct sm_buffer *buffer);

/* Exactly `size` bytes of base64url without padding; false where the text is anything else. */
bool sm_base64_bytes(struct sm_span encoded, void *out, size_t size);

/* As many bytes as there are, at most `capacity`; false where the text is no base64url or too long. */
bool sm_base64_decode(struct sm_span encoded, void *out, size_t capacity, size_t *size);

bool sm_is_utf8(struct sm_span text);

#endif
