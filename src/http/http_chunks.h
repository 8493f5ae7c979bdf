/* HTTP chunks: a body in chunks (RFC 9112 section 7.1), from bytes that come in pieces to the bytes it means.
 *
 * It is as strict as the head: lines end in CR LF, a size is up to fifteen hexadecimal digits, extensions and
 * trailers are short and thrown away. */
#ifndef SEATMETER_HTTP_HTTP_CHUNKS_H
#define SEATMETER_HTTP_HTTP_CHUNKS_H

#include "core/base/text.h"

struct http_chunks {
    enum {
        CHUNK_SIZE, /* zeroed, it is at the beginning */
        CHUNK_EXTENSION,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        CHUNK_TRAILER,
        CHUNK_TRAILER_LF,
        CHUNK_END
    } state;
    uint64_t left;        /* of the chunk */
    uint32_t digits;      /* of the size */
    uint32_t line_bytes;  /* of the trailer's line */
    uint32_t extra_bytes; /* of extensions and trailers together */
};

enum http_chunks_progress {
    HTTP_CHUNKS_MORE, /* more bytes are needed */
    HTTP_CHUNKS_END,  /* the body has ended; what was not used is behind it */
    HTTP_CHUNKS_BAD
};

/* Takes bytes, at least one, up to the end of one piece of the body. `*used` of them were taken; `*piece` is
 * what they hold of the body, which may be nothing. */
enum http_chunks_progress http_chunks_take(struct http_chunks *chunks, struct text bytes, size_t *used,
                                           struct text *piece);

#endif
