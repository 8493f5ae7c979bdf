/* HTTP message: one request of HTTP/1.1 (RFC 9112), from bytes that come in pieces to the few fields that the
 * door looks at.
 *
 * The parser works on the bytes in place. Its caller keeps them contiguous from the message's first byte on.
 * A field that was found is a place counted from that byte, so it stays right when the bytes are moved. The
 * parser knows no sockets. The grammar is that of Debian's http-parser; the limits, and what is refused
 * beyond the grammar, are ours. */
#ifndef SEATMETER_DEVICE_HTTP_HTTP_MESSAGE_H
#define SEATMETER_DEVICE_HTTP_HTTP_MESSAGE_H

#include "core/base/text.h"

#include <http_parser.h>

enum http_verb { HTTP_VERB_GET, HTTP_VERB_HEAD, HTTP_VERB_POST, HTTP_VERB_OTHER };

enum http_limit {
    HTTP_HEAD_BYTES_MAX = 8192, /* request line and header fields */
    HTTP_TARGET_BYTES_MAX = 2048,
    HTTP_BODY_BYTES_MAX = 16384,
    HTTP_MESSAGE_BYTES_MAX = HTTP_HEAD_BYTES_MAX + HTTP_BODY_BYTES_MAX
};

/* The fields of the header that are kept. */
enum http_field {
    HTTP_FIELD_AUTHORIZATION,
    HTTP_FIELD_RANGE,
    HTTP_FIELD_IF_RANGE,
    HTTP_FIELD_IF_NONE_MATCH,
    HTTP_FIELD_HOST,
    HTTP_FIELD_EXPECT,
    HTTP_FIELD_FORWARDED, /* or another one that a proxy leaves: X-Forwarded-For, X-Real-IP, Via */
    HTTP_FIELD_COUNT
};

/* A place in the message, counted from its first byte. */
struct http_place {
    uint32_t at;
    uint32_t length;
};

struct http_message {
    struct http_parser parser;
    struct http_place target;
    struct http_place body;
    struct http_place name; /* of the field that is being read */
    struct http_place fields[HTTP_FIELD_COUNT];
    uint32_t parsed;  /* how many bytes the parser has had */
    uint16_t refused; /* HTTP status of the refusal; 0: none */
    int8_t field;     /* whose value is being read; −1: one that is not kept */
    uint8_t seen;     /* bits of enum http_field: the fields that have begun */
    bool in_value;
    bool head_is_complete;
    bool is_complete;
};

/* For a message whose bytes are still to come. */
void http_message_begin(struct http_message *message);

enum http_progress {
    HTTP_INCOMPLETE, /* more bytes are needed */
    HTTP_COMPLETE,   /* `message->parsed` bytes are the request; those behind it are the next one's */
    HTTP_REFUSED     /* `message->refused`: 400, 411, 413, 414, 417, 431 or 505 */
};

/* Heads of requests that were parsed not long ago, each with the message that the parser made of it. Agents
 * of one version write the same head, byte for byte, whenever their bodies have the same length. Such a head
 * needs no parsing. */
enum { HTTP_KNOWN_HEADS = 8, HTTP_KNOWN_HEAD_BYTES_MAX = 512 };
struct http_known_heads {
    struct http_known_head {
        uint32_t length; /* 0: none yet */
        char bytes[HTTP_KNOWN_HEAD_BYTES_MAX];
        struct http_message message;
    } heads[HTTP_KNOWN_HEADS]; /* by the length of the whole message */
};

/* Parses the first `length` bytes of the message, which begin at `at`; there are at least as many as at the
 * last call. `known` spares the parsing of a known head and learns a new one; NULL: none is known. */
enum http_progress http_message_parse(struct http_message *message, struct http_known_heads *known,
                                      const char *at, size_t length);

/* The following ask a complete message. Path and query are those of the target without scheme and authority
 * (RFC 9112 section 3.2.2), cut at the "?". */
enum http_verb http_message_verb(const struct http_message *message);
struct text http_message_path(const struct http_message *message, const char *at);
struct text http_message_query(const struct http_message *message, const char *at);
struct text http_message_body(const struct http_message *message, const char *at);
/* The field's value; empty where the message does not have the field. */
struct text http_message_field(const struct http_message *message, const char *at, enum http_field field);

/* Whether the connection may take another request after this one. */
bool http_message_keeps_alive(const struct http_message *message);

/* Whether the client waits for a "100 Continue": the head has come and the body has not (RFC 9110 section
 * 10.1.1). */

bool http_message_expects_continue(const struct http_message *message);

#endif
