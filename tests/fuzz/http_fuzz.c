/* HTTP requests: whatever comes, in whatever pieces, is refused or gives the same fields, all of them within
 * the bytes that came, and the same where its head is known. The first byte says how large the pieces are. */
#include "fuzz.h"
#include "http/http_message.h"

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
static enum http_progress parse_in_pieces(struct http_message *message, const struct http_limits *limits,
                                          const char *bytes, size_t length, size_t piece) {
    http_message_begin(message, limits);
    enum http_progress progress = HTTP_INCOMPLETE;
    for (size_t had = 0; progress == HTTP_INCOMPLETE && had < length;) {
        had = had + piece < length ? had + piece : length;
        char *copy = malloc(had);
        assert(copy != NULL);
        memcpy(copy, bytes, had);
        progress = http_message_parse(message, NULL, copy, had);
        (void)http_message_expects_continue(message);
        free(copy);
    }
    return progress;
}

static void check_same(const struct http_message *one, const struct http_message *other) {
    assert(memcmp(&one->fields, &other->fields, sizeof one->fields) == 0 && one->parsed == other->parsed &&
           one->body.length == other->body.length && one->seen == other->seen &&
           http_message_verb(one) == http_message_verb(other) &&
           http_message_keeps_alive(one) == http_message_keeps_alive(other));
}

/* A door that streams bodies takes heads alone. */
static void check_head_alone(const char *at, size_t length, size_t piece) {
    static const struct http_limits LIMITS = {4096, 1024, UINT64_MAX, true};
    struct http_message whole;
    struct http_message pieces;
    http_message_begin(&whole, &LIMITS);
    enum http_progress progress = http_message_parse(&whole, NULL, at, length);
    assert(parse_in_pieces(&pieces, &LIMITS, at, length, piece) == progress &&
           whole.refused == pieces.refused);
    if (progress != HTTP_COMPLETE) {
        return;
    }
    check_same(&whole, &pieces);
    assert(whole.parsed == whole.head_length && memcmp(at + whole.parsed - 4, "\r\n\r\n", 4) == 0);
    struct text name;
    struct text value;
    uint32_t cursor = 0;
    while (http_message_next_field(&whole, at, &cursor, &name, &value)) {
        assert(name.length > 0 && cursor <= whole.head_length);
        check_within(name, at, length);
        check_within(value, at, length);
        for (size_t i = 0; i < value.length; i++) {
            unsigned char c = (unsigned char)value.at[i];
            assert((c >= ' ' || c == '\t') && c != 0x7F);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length < 2) {
        return 0;
    }
    size_t piece = 1 + (size_t)bytes[0];
    const char *at = (const char *)bytes + 1;
    length--;
    check_head_alone(at, length, piece);
    struct http_known_heads *known = calloc(1, sizeof *known);
    assert(known != NULL);
    while (length > 0) {
        struct http_message whole;
        struct http_message pieces;
        http_message_begin(&whole, &HTTP_LIMITS_SHORT);
        enum http_progress progress = http_message_parse(&whole, NULL, at, length);
        assert(parse_in_pieces(&pieces, &HTTP_LIMITS_SHORT, at, length, piece) == progress);
        if (progress == HTTP_REFUSED) {
            assert(whole.refused >= 400 && whole.refused == pieces.refused);
        }
        for (int times = 0; times < 2; times++) {
            struct http_message again;
            http_message_begin(&again, &HTTP_LIMITS_SHORT);
            assert(http_message_parse(&again, known, at, length) == progress);
            assert(again.refused == whole.refused);
            if (progress == HTTP_COMPLETE) {
                check_same(&whole, &again);
            }
        }
        if (progress != HTTP_COMPLETE) {
            assert(progress == HTTP_REFUSED || whole.parsed == length);
            break;
        }
        check_same(&whole, &pieces);
        check_fields(&whole, at, length);
        at += whole.parsed;
        length -= whole.parsed;
    }
    free(known);
    return 0;
}
