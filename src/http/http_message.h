/* HTTP message: the head of a request of HTTP/1.1 (RFC 9112), from bytes that come in pieces to the fields
 * that a door looks at, and the body where it is short.
 *
 * The grammar is the strict one: what RFC 9112 lets a recipient refuse is refused, since whatever two
 * programs read differently smuggles a request past one of them. A line ends in CR LF and nothing else, a
 * name stands next to its colon, no line is folded, and a field that decides something stands once. The
 * parser works on the bytes in place, line by line. Its caller keeps them contiguous from the message's first
 * byte on. A field that was found is a place counted from that byte, so it stays right when the bytes are
 * moved. The parser knows no sockets. */
#ifndef SEATMETER_HTTP_HTTP_MESSAGE_H
#define SEATMETER_HTTP_HTTP_MESSAGE_H

#include "core/base/text.h"

enum http_verb { HTTP_VERB_GET, HTTP_VERB_HEAD, HTTP_VERB_POST, HTTP_VERB_OTHER };

/* Limits of a door that takes short messages whole. */
enum http_limit {
    HTTP_HEAD_BYTES_MAX = 8192, /* request line and header fields */
    HTTP_TARGET_BYTES_MAX = 2048,
    HTTP_BODY_BYTES_MAX = 16384,
    HTTP_MESSAGE_BYTES_MAX = HTTP_HEAD_BYTES_MAX + HTTP_BODY_BYTES_MAX
};

struct http_limits {
    uint32_t head_bytes_max;
    uint32_t target_bytes_max;
    uint64_t body_bytes_max;
    bool streams_bodies; /* the message is complete at its head's end; bodies may come in chunks */
};
extern const struct http_limits HTTP_LIMITS_SHORT;

/* The fields that mean something to the parser or to a door. The places of those before HTTP_FIELD_COUNT are
 * kept. */
enum http_field {
    HTTP_FIELD_AUTHORIZATION,
    HTTP_FIELD_RANGE,
    HTTP_FIELD_IF_RANGE,
    HTTP_FIELD_IF_NONE_MATCH,
    HTTP_FIELD_HOST,
    HTTP_FIELD_EXPECT,
    HTTP_FIELD_FORWARDED, /* or another one that a proxy leaves: X-Forwarded-For, X-Real-IP, Via */
    HTTP_FIELD_COUNT,
    HTTP_FIELD_CONNECTION = HTTP_FIELD_COUNT,
    HTTP_FIELD_CONTENT_LENGTH,
    HTTP_FIELD_CONTENT_TYPE,
    HTTP_FIELD_COOKIE,
    HTTP_FIELD_FETCH_SITE,
    HTTP_FIELD_IDEMPOTENCY_KEY,
    HTTP_FIELD_IF_MATCH,
    HTTP_FIELD_ORIGIN,
    HTTP_FIELD_REQUEST_ID,
    HTTP_FIELD_SEATMETER_CSRF,
    HTTP_FIELD_TRANSFER_ENCODING,
    HTTP_FIELD_USER_AGENT
};

/* A place in the message, counted from its first byte. */
struct http_place {
    uint32_t at;
    uint32_t length;
};

struct http_message {
    const struct http_limits *limits;
    struct http_place method;
    struct http_place target;
    struct http_place body;
    struct http_place fields[HTTP_FIELD_COUNT];
    uint64_t content_length;
    uint32_t parsed;      /* how many bytes were looked at */
    uint32_t line_at;     /* where the line begins that is being read */
    uint32_t fields_at;   /* where the first field's line begins; 0: the request line is still to come */
    uint32_t head_length; /* with its empty line */
    uint32_t seen;        /* bits of enum http_field */
    uint16_t refused;     /* HTTP status of the refusal; 0: none */
    uint8_t verb;         /* enum http_verb */
    uint8_t minor;        /* of HTTP/1.x */
    bool says_close;      /* in Connection */
    bool is_chunked;
    bool head_is_complete;
    bool is_complete;
};

/* For a message whose bytes are still to come. The limits outlive it. */
void http_message_begin(struct http_message *message, const struct http_limits *limits);

enum http_progress {
    HTTP_INCOMPLETE, /* more bytes are needed */
    HTTP_COMPLETE,   /* `message->parsed` bytes are the request, or its head where bodies are streamed; those
                        behind it are the body's, or the next one's */
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
struct text http_message_method(const struct http_message *message, const char *at);
struct text http_message_target(const struct http_message *message, const char *at);
struct text http_message_path(const struct http_message *message, const char *at);
struct text http_message_query(const struct http_message *message, const char *at);
struct text http_message_body(const struct http_message *message, const char *at);
/* The field's value; empty where the message does not have the field. */
struct text http_message_field(const struct http_message *message, const char *at, enum http_field field);
bool http_message_has(const struct http_message *message, enum http_field field);

/* The fields one after the other, in the order they came. `*cursor` is 0 to begin with; false at the end. */
bool http_message_next_field(const struct http_message *message, const char *at, uint32_t *cursor,
                             struct text *name, struct text *value);

/* Whether the connection may take another request after this one. */
bool http_message_keeps_alive(const struct http_message *message);

/* Whether the client waits for a "100 Continue": the head has come and the body has not (RFC 9110 section
 * 10.1.1). */
bool http_message_expects_continue(const struct http_message *message);

#endif
