/* HTTP requests: whatever comes, in whatever pieces, is refused or gives the same fields, all of them within
 * the bytes that came. The first byte says how large the pieces are. */
#include "device/http_message.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_within(struct text text, const char *at, size_t length) {
    assert(text.length == 0 || (text.at >= at && text.at + text.length <= at + length));
}

static void check_fields(const struct http_message *message, const char *at, size_t length) {
    assert(message->parsed <= length);
    check_within(http_message_body(message, at), at, length);
    struct text path = http_message_path(message, at);
    assert(path.length <= HTTP_TARGET_BYTES_MAX);
    if (!text_is(path, "/")) {
        check_within(path, at, length);
    }
    check_within(http_message_query(message, at), at, length);
    for (int field = 0; field < HTTP_FIELD_COUNT; field++) {
        check_within(http_message_field(message, at, (enum http_field)field), at, length);
    }
    (void)http_message_verb(message);
    (void)http_message_keeps_alive(message);
}

/* The message at the beginning of the bytes, given in pieces of `piece` bytes, as in a buffer that moves. */
static enum http_progress parse_in_pieces(struct http_message *message, const char *bytes, size_t length,
                                          size_t piece) {
    http_message_begin(message);
    enum http_progress progress = HTTP_INCOMPLETE;
    for (size_t had = 0; progress == HTTP_INCOMPLETE && had < length;) {
        had = had + piece < length ? had + piece : length;
        char *copy = malloc(had);
        assert(copy != NULL);
        memcpy(copy, bytes, had);
        progress = http_message_parse(message, copy, had);
        (void)http_message_expects_continue(message);
        free(copy);
    }
    return progress;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length < 2) {
        return 0;
    }
    size_t piece = 1 + (size_t)bytes[0];
    const char *at = (const char *)bytes + 1;
    length--;
    while (length > 0) {
        struct http_message whole;
        struct http_message pieces;
        http_message_begin(&whole);
        enum http_progress progress = http_message_parse(&whole, at, length);
        assert(parse_in_pieces(&pieces, at, length, piece) == progress);
        if (progress == HTTP_REFUSED) {
            assert(whole.refused >= 400 && whole.refused == pieces.refused);
        }
        if (progress != HTTP_COMPLETE) {
            assert(progress == HTTP_REFUSED || whole.parsed == length);
            return 0;
        }
        assert(memcmp(&whole.fields, &pieces.fields, sizeof whole.fields) == 0 &&
               whole.parsed == pieces.parsed && whole.body.length == pieces.body.length);
        check_fields(&whole, at, length);
        at += whole.parsed;
        length -= whole.parsed;
    }
    return 0;
}
