#include "http/http_chunks.h"

#include <assert.h>

enum { DIGITS_MAX = 15, EXTRA_BYTES_MAX = 4096 };

static int hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_extra(struct http_chunks *chunks, char c) {
    unsigned char byte = (unsigned char)c;
    return (byte >= ' ' || byte == '\t') && byte != 0x7F && ++chunks->extra_bytes <= EXTRA_BYTES_MAX;
}

static bool take_size(struct http_chunks *chunks, char c) {
    int digit = hex_value(c);
    if (digit >= 0) {
        chunks->left = chunks->left * 16 + (unsigned)digit;
        return ++chunks->digits <= DIGITS_MAX;
    }
    chunks->state = c == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
    return chunks->digits > 0 && (c == '\r' || c == ';' || c == ' ' || c == '\t');
}

static bool take_size_end(struct http_chunks *chunks, char c) {
    chunks->state = chunks->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
    chunks->digits = 0;
    return c == '\n';
}

static bool take_trailer_end(struct http_chunks *chunks, char c) {
    chunks->state = chunks->line_bytes == 0 ? CHUNK_END : CHUNK_TRAILER;
    chunks->line_bytes = 0;
    return c == '\n';
}

static bool take_trailer(struct http_chunks *chunks, char c) {
    if (c == '\r') {
        chunks->state = CHUNK_TRAILER_LF;
        return true;
    }
    chunks->line_bytes++;
    return is_extra(chunks, c);
}

/* Takes a byte that is none of the body's. */
static bool take_byte(struct http_chunks *chunks, char c) {
    switch (chunks->state) {
    case CHUNK_SIZE:
        return take_size(chunks, c);
    case CHUNK_EXTENSION:
        if (c == '\r') {
            chunks->state = CHUNK_SIZE_LF;
            return true;
        }
        return is_extra(chunks, c);
    case CHUNK_SIZE_LF:
        return take_size_end(chunks, c);
    case CHUNK_DATA_CR:
        chunks->state = CHUNK_DATA_LF;
        return c == '\r';
    case CHUNK_DATA_LF:
        chunks->state = CHUNK_SIZE;
        return c == '\n';
    case CHUNK_TRAILER:
        return take_trailer(chunks, c);
    case CHUNK_TRAILER_LF:
        return take_trailer_end(chunks, c);
    case CHUNK_DATA:
    case CHUNK_END:
        break;
    }
    return false;
}

enum http_chunks_progress http_chunks_take(struct http_chunks *chunks, struct text bytes, size_t *used,
                                           struct text *piece) {
    assert(bytes.length > 0 && chunks->state != CHUNK_END);
    *piece = TEXT("");
    *used = 0;
    while (*used < bytes.length && chunks->state != CHUNK_END) {
        if (chunks->state == CHUNK_DATA) {
            size_t there = bytes.length - *used;
            *piece = (struct text){bytes.at + *used, there < chunks->left ? there : (size_t)chunks->left};
            *used += piece->length;
            chunks->left -= piece->length;
            chunks->state = chunks->left == 0 ? CHUNK_DATA_CR : CHUNK_DATA;
            return HTTP_CHUNKS_MORE;
        }
        if (!take_byte(chunks, bytes.at[(*used)++])) {
            return HTTP_CHUNKS_BAD;
        }
    }
    return chunks->state == CHUNK_END ? HTTP_CHUNKS_END : HTTP_CHUNKS_MORE;
}
