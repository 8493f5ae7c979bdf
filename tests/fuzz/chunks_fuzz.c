/* A body in chunks: whatever comes, in whatever pieces, is refused at the same byte or gives the same body,
 * and nothing is taken beyond its end. The first byte says how large the pieces are. */
#include "fuzz.h"
#include "http/http_chunks.h"

#include <stdlib.h>
#include <string.h>

struct decoded {
    enum http_chunks_progress progress;
    size_t used;
    size_t length;
    char *body;
};

static struct decoded decode(const char *at, size_t length, size_t piece_max) {
    struct http_chunks chunks = {0};
    struct decoded out = {.progress = HTTP_CHUNKS_MORE, .body = malloc(length + 1)};
    assert(out.body != NULL);
    while (out.used < length && out.progress == HTTP_CHUNKS_MORE) {
        size_t count = length - out.used < piece_max ? length - out.used : piece_max;
        size_t used = 0;
        struct text piece;
        out.progress = http_chunks_take(&chunks, (struct text){at + out.used, count}, &used, &piece);
        assert(used >= 1 && used <= count && piece.length <= used);
        assert(piece.length == 0 || (piece.at >= at && piece.at + piece.length <= at + length));
        if (piece.length > 0) {
            memcpy(out.body + out.length, piece.at, piece.length);
        }
        out.length += piece.length;
        out.used += used;
    }
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length < 2) {
        return 0;
    }
    const char *at = (const char *)bytes + 1;
    struct decoded whole = decode(at, length - 1, length);
    struct decoded pieces = decode(at, length - 1, 1 + (size_t)bytes[0]);
    assert(whole.progress == pieces.progress && whole.used == pieces.used && whole.length == pieces.length);
    assert(memcmp(whole.body, pieces.body, whole.length) == 0);
    assert(whole.progress != HTTP_CHUNKS_END || memcmp(at + whole.used - 2, "\r\n", 2) == 0);
    free(whole.body);
    free(pieces.body);
    return 0;
}
