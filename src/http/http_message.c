/* Each line is looked at once: for bytes that no line may hold as it comes, and for its meaning when its end
 * is there. So a message is refused at the same byte, with the same status, in whatever pieces it comes. */
#include "http/http_message.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum { METHOD_BYTES_MAX = 16, REQUEST_LINE_MORE = METHOD_BYTES_MAX + 11 /* the blanks and the version */ };

const struct http_limits HTTP_LIMITS_SHORT = {.head_bytes_max = HTTP_HEAD_BYTES_MAX,
                                              .target_bytes_max = HTTP_TARGET_BYTES_MAX,
                                              .body_bytes_max = HTTP_BODY_BYTES_MAX};

static const struct known_field {
    struct text name;
    enum http_field field;
    bool may_repeat; /* its lines are one list; any other field stands once */
} FIELDS[] = {
    {{"authorization", 13}, HTTP_FIELD_AUTHORIZATION, false},
    {{"range", 5}, HTTP_FIELD_RANGE, false},
    {{"if-range", 8}, HTTP_FIELD_IF_RANGE, false},
    {{"if-none-match", 13}, HTTP_FIELD_IF_NONE_MATCH, true},
    {{"host", 4}, HTTP_FIELD_HOST, false},
    {{"expect", 6}, HTTP_FIELD_EXPECT, false},
    {{"forwarded", 9}, HTTP_FIELD_FORWARDED, true},
    {{"x-forwarded-for", 15}, HTTP_FIELD_FORWARDED, true},
    {{"x-real-ip", 9}, HTTP_FIELD_FORWARDED, true},
    {{"via", 3}, HTTP_FIELD_FORWARDED, true},
    {{"connection", 10}, HTTP_FIELD_CONNECTION, true},
    {{"content-length", 14}, HTTP_FIELD_CONTENT_LENGTH, false},
    {{"content-type", 12}, HTTP_FIELD_CONTENT_TYPE, false},
    {{"cookie", 6}, HTTP_FIELD_COOKIE, false},
    {{"sec-fetch-site", 14}, HTTP_FIELD_FETCH_SITE, false},
    {{"idempotency-key", 15}, HTTP_FIELD_IDEMPOTENCY_KEY, false},
    {{"if-match", 8}, HTTP_FIELD_IF_MATCH, false},
    {{"origin", 6}, HTTP_FIELD_ORIGIN, false},
    {{"x-request-id", 12}, HTTP_FIELD_REQUEST_ID, false},
    {{"seatmeter-csrf", 14}, HTTP_FIELD_SEATMETER_CSRF, false},
    {{"transfer-encoding", 17}, HTTP_FIELD_TRANSFER_ENCODING, false},
    {{"user-agent", 10}, HTTP_FIELD_USER_AGENT, false},
};

static bool text_is_word(struct text text, const char *word, size_t length) {
    return text.length == length && strncasecmp(text.at, word, length) == 0;
}

#define IS_WORD(text, word) text_is_word(text, word, sizeof(word) - 1)

/* tchar of RFC 9110 section 5.6.2, a bit for each byte. */
static bool is_token_byte(unsigned char c) {
    static const uint32_t TOKEN_BYTES[8] = {0, 0x03FF6CFA, 0xC7FFFFFE, 0x57FFFFFF, 0, 0, 0, 0};
    return (TOKEN_BYTES[c >> 5] >> (c & 31) & 1) != 0;
}

static bool is_token(struct text text) {
    for (size_t i = 0; i < text.length; i++) {
        if (!is_token_byte((unsigned char)text.at[i])) {
            return false;
        }
    }
    return text.length > 0;
}

static struct http_place place_of(const char *at, struct text text) {
    return (struct http_place){(uint32_t)(text.at - at), (uint32_t)text.length};
}

static struct text text_at(const char *at, struct http_place place) {
    return (struct text){at + place.at, place.length};
}

static struct text text_behind(struct text text, size_t skipped) {
    return (struct text){text.at + skipped, text.length - skipped};
}

/* ---- the request line ---- */

static enum http_verb verb_of(struct text method) {
    return text_is(method, "GET")    ? HTTP_VERB_GET
           : text_is(method, "HEAD") ? HTTP_VERB_HEAD
           : text_is(method, "POST") ? HTTP_VERB_POST
                                     : HTTP_VERB_OTHER;
}

static bool is_absolute(struct text target) {
    return (target.length > 7 && strncasecmp(target.at, "http://", 7) == 0) ||
           (target.length > 8 && strncasecmp(target.at, "https://", 8) == 0);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A name or an IPv4 address: unreserved characters, sub-delimiters and escapes (RFC 3986 section 3.2.2). */
static bool is_host_name(struct text host) {
    for (size_t i = 0; i < host.length; i++) {
        char c = host.at[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '%' && (i + 2 >= host.length || !is_hex(host.at[i + 1]) || !is_hex(host.at[i + 2]))) {
            return false;
        }
        if (!is_letter && !is_digit(c) && strchr("-._~!$&'()*+,;=%", c) == NULL) {
            return false;
        }
    }
    return host.length > 0;
}

/* The inside of the brackets of an IPv6 address. */
static bool is_ip_literal(struct text inside) {
    for (size_t i = 0; i < inside.length; i++) {
        if (!is_hex(inside.at[i]) && inside.at[i] != ':' && inside.at[i] != '.') {
            return false;
        }
    }
    return inside.length >= 2 && memchr(inside.at, ':', inside.length) != NULL;
}

/* What stands between the scheme and the path: a host that is not empty, perhaps a port, and nobody's name
 * and password (RFC 9110 sections 4.2.1 and 4.2.4). A target whose query stands right behind it is refused as
 * well: in the same bytes another reader finds another path. */
static bool is_authority(struct text target) {
    struct text rest = text_behind(target, target.at[4] == ':' ? 7 : 8);
    struct text authority = text_take_until(&rest, '/');
    struct text port;
    struct text host;
    if (text_starts_with(authority, TEXT("["))) {
        port = text_behind(authority, 1);
        host = text_take_until(&port, ']');
        bool is_closed = host.length + 2 <= authority.length;
        if (!is_closed || !is_ip_literal(host) || (port.length > 0 && port.at[0] != ':')) {
            return false;
        }
        port = port.length > 0 ? text_behind(port, 1) : port;
    } else {
        port = authority;
        host = text_take_until(&port, ':');
        if (!is_host_name(host)) {
            return false;
        }
    }
    for (size_t i = 0; i < port.length; i++) {
        if (!is_digit(port.at[i])) {
            return false;
        }
    }
    return port.length <= 5;
}

/* origin-form, absolute-form, or the asterisk of OPTIONS. */
static bool is_target(struct text target, struct text method) {
    for (size_t i = 0; i < target.length; i++) {
        unsigned char c = (unsigned char)target.at[i];
        if (c <= 0x20 || c >= 0x7F || c == '#') {
            return false;
        }
    }
    return text_starts_with(target, TEXT("/")) || (is_absolute(target) && is_authority(target)) ||
           (text_is(target, "*") && text_is(method, "OPTIONS"));
}

/* 0, 400 or 505. */
static int read_version(struct text version, uint8_t *minor) {
    bool is_one = version.length == 8 && memcmp(version.at, "HTTP/", 5) == 0 && is_digit(version.at[5]) &&
                  version.at[6] == '.' && is_digit(version.at[7]);
    if (!is_one) {
        return 400;
    }
    *minor = (uint8_t)(version.at[7] - '0');
    return version.at[5] == '1' && *minor <= 1 ? 0 : 505;
}

static int read_request_line(struct http_message *message, const char *at, struct text line) {
    struct text rest = line;
    struct text method = text_take_until(&rest, ' ');
    struct text target = text_take_until(&rest, ' ');
    if (!is_token(method) || method.length > METHOD_BYTES_MAX || !is_target(target, method)) {
        return 400;
    }
    message->method = place_of(at, method);
    message->target = place_of(at, target);
    message->verb = (uint8_t)verb_of(method);
    int refused = read_version(rest, &message->minor);
    return refused != 0 ? refused : target.length > message->limits->target_bytes_max ? 414 : 0;
}

/* ---- fields ---- */

static const struct known_field *find_field(struct text name) {
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        if (text_is_word(name, FIELDS[i].name.at, FIELDS[i].name.length)) {
            return &FIELDS[i];
        }
    }
    return NULL;
}

static bool read_length(struct text value, uint64_t *length) {
    uint64_t number = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (!is_digit(value.at[i])) {
            return false;
        }
        number = number * 10 + (uint64_t)(value.at[i] - '0');
    }
    *length = number;
    return value.length >= 1 && value.length <= 18;
}

/* A name or address with a port; what belongs to other parts of a URI is no part of it. */
static bool is_host(struct text value) {
    for (size_t i = 0; i < value.length; i++) {
        if ((unsigned char)value.at[i] <= ' ' || strchr("/\\@?#\",<>", value.at[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static void read_connection(struct http_message *message, struct text value) {
    while (value.length > 0) {
        message->says_close |= IS_WORD(text_trim(text_take_until(&value, ',')), "close");
    }
}

/* What the parser itself makes of a field: 0, or the status of the refusal. */
static int understand(struct http_message *message, enum http_field field, struct text value) {
    switch (field) {
    case HTTP_FIELD_HOST:
        return is_host(value) ? 0 : 400;
    case HTTP_FIELD_CONNECTION:
        read_connection(message, value);
        return 0;
    case HTTP_FIELD_CONTENT_LENGTH:
        return read_length(value, &message->content_length) ? 0 : 400;
    case HTTP_FIELD_TRANSFER_ENCODING:
        message->is_chunked = IS_WORD(value, "chunked");
        return message->is_chunked || !message->limits->streams_bodies ? 0 : 400;
    case HTTP_FIELD_EXPECT:
        return IS_WORD(value, "100-continue") ? 0 : 417;
    default:
        return 0;
    }
}

static void cut_field(struct text line, struct text *name, struct text *value) {
    *value = line;
    *name = text_take_until(value, ':');
    *value = text_trim(*value);
}

static int read_field(struct http_message *message, const char *at, struct text line) {
    struct text name;
    struct text value;
    cut_field(line, &name, &value);
    if (name.length == line.length || !is_token(name)) {
        return 400; /* no colon; a folded line; a blank before the colon */
    }
    const struct known_field *known = find_field(name);
    if (known == NULL) {
        return 0;
    }
    if (http_message_has(message, known->field) && !known->may_repeat) {
        return 400;
    }
    message->seen |= 1U << known->field;
    if (known->field < HTTP_FIELD_COUNT) {
        message->fields[known->field] = value.length == 0 ? (struct http_place){0} : place_of(at, value);
    }
    return understand(message, known->field, value);
}

/* What only the whole head tells. */
static int check_head(const struct http_message *message) {
    bool has_encoding = http_message_has(message, HTTP_FIELD_TRANSFER_ENCODING);
    if (message->minor >= 1 && !http_message_has(message, HTTP_FIELD_HOST)) {
        return 400;
    }
    if (has_encoding && (http_message_has(message, HTTP_FIELD_CONTENT_LENGTH) || message->minor == 0)) {
        return 400; /* two lengths; an encoding that HTTP/1.0 does not know */
    }
    if (has_encoding && !message->limits->streams_bodies) {
        return 411;
    }
    return message->content_length > message->limits->body_bytes_max ? 413 : 0;
}

/* ---- lines ---- */

/* Looks at the bytes of the line under way, up to `end`, that were not looked at before: 0, 400 for a byte
 * that no line may hold, 414 for a request line beyond all limits. A CR may be the last byte alone. */
static int check_bytes(const struct http_message *message, const char *at, size_t end) {
    size_t line_max = message->fields_at > 0 ? message->limits->head_bytes_max
                                             : (size_t)message->limits->target_bytes_max + REQUEST_LINE_MORE;
    size_t looked_at = message->parsed > message->line_at ? message->parsed - 1 : message->line_at;
    size_t until = end - message->line_at > line_max ? message->line_at + line_max : end;
    for (size_t i = looked_at; i < until; i++) {
        unsigned char c = (unsigned char)at[i];
        bool is_last_cr = c == '\r' && i + 1 == end;
        if ((c < ' ' && c != '\t' && !is_last_cr) || c == 0x7F) {
            return 400;
        }
    }
    return end > until ? 414 : 0;
}

/* Takes a line that ends before its LF at `end`. */
static int take_line(struct http_message *message, const char *at, size_t end) {
    int refused = check_bytes(message, at, end);
    if (refused != 0) {
        return refused;
    }
    struct text line = {at + message->line_at, end - message->line_at};
    if (line.length == 0 || line.at[line.length - 1] != '\r') {
        return 400; /* a bare LF */
    }
    line.length--;
    if (message->fields_at == 0) {
        if (line.length == 0) {
            return 0; /* an empty line before the request (RFC 9112 section 2.2) */
        }
        message->fields_at = (uint32_t)end + 1;
        return read_request_line(message, at, line);
    }
    if (line.length == 0) {
        message->head_is_complete = true;
        message->head_length = (uint32_t)end + 1;
        return check_head(message);
    }
    return read_field(message, at, line);
}

static int take_lines(struct http_message *message, const char *at, size_t length) {
    size_t end = length < message->limits->head_bytes_max ? length : message->limits->head_bytes_max;
    while (!message->head_is_complete) {
        const char *lf =
            end > message->parsed ? memchr(at + message->parsed, '\n', end - message->parsed) : NULL;
        int refused = lf == NULL ? check_bytes(message, at, end) : take_line(message, at, (size_t)(lf - at));
        if (refused != 0) {
            return refused;
        }
        if (lf == NULL) {
            message->parsed = (uint32_t)end;
            return end == message->limits->head_bytes_max ? 431 : 0;
        }
        message->parsed = message->line_at = (uint32_t)(lf - at) + 1;
    }
    return 0;
}

/* The body of a message that is taken whole. */
static void take_body(struct http_message *message, size_t length) {
    size_t there = length - message->head_length;
    if (!message->limits->streams_bodies) {
        size_t wanted = (size_t)message->content_length;
        message->body =
            (struct http_place){message->head_length, (uint32_t)(there < wanted ? there : wanted)};
        message->parsed = message->head_length + message->body.length;
        message->is_complete = message->body.length == wanted;
        return;
    }
    message->parsed = message->head_length;
    message->is_complete = true;
}

/* ---- known heads ---- */

/* The place of a head among the known ones. One read brings one request as a rule, so the length of what was
 * read is the message's. */
static struct http_known_head *head_for(struct http_known_heads *known, size_t message_length) {
    return &known->heads[message_length % HTTP_KNOWN_HEADS];
}

/* Whether the bytes begin with a known head and have its whole body behind it. Then the parser would make the
 * known message of them. */
static bool is_known(struct http_message *message, struct http_known_heads *known, const char *at,
                     size_t length) {
    const struct http_known_head *head = head_for(known, length);
    if (head->length == 0 || head->message.parsed > length || memcmp(head->bytes, at, head->length) != 0) {
        return false;
    }
    *message = head->message;
    return true;
}

static void learn_head(struct http_known_heads *known, const struct http_message *message, const char *at) {
    if (message->head_length <= HTTP_KNOWN_HEAD_BYTES_MAX) {
        struct http_known_head *head = head_for(known, message->parsed);
        head->length = message->head_length;
        memcpy(head->bytes, at, message->head_length);
        head->message = *message;
    }
}

void http_message_begin(struct http_message *message, const struct http_limits *limits) {
    *message = (struct http_message){.limits = limits};
}

enum http_progress http_message_parse(struct http_message *message, struct http_known_heads *known,
                                      const char *at, size_t length) {
    assert(message->refused == 0 && !message->is_complete && length >= message->parsed);
    if (known != NULL && message->parsed == 0 && is_known(message, known, at, length)) {
        return HTTP_COMPLETE;
    }
    message->refused = (uint16_t)take_lines(message, at, length);
    if (message->refused != 0) {
        return HTTP_REFUSED;
    }
    if (!message->head_is_complete) {
        return HTTP_INCOMPLETE;
    }
    take_body(message, length);
    if (!message->is_complete) {
        return HTTP_INCOMPLETE;
    }
    if (known != NULL) {
        learn_head(known, message, at);
    }
    return HTTP_COMPLETE;
}

/* ---- asking ---- */

enum http_verb http_message_verb(const struct http_message *message) {
    return (enum http_verb)message->verb;
}

struct text http_message_method(const struct http_message *message, const char *at) {
    return text_at(at, message->method);
}

/* The target from its path on. */
static struct text origin_form(const struct http_message *message, const char *at) {
    struct text target = text_at(at, message->target);
    if (is_absolute(target)) {
        size_t scheme = target.at[4] == ':' ? 7 : 8;
        target = text_behind(target, scheme);
        const char *slash = memchr(target.at, '/', target.length);
        target = slash == NULL ? TEXT("/") : text_behind(target, (size_t)(slash - target.at));
    }
    return target;
}

struct text http_message_target(const struct http_message *message, const char *at) {
    return origin_form(message, at);
}

struct text http_message_path(const struct http_message *message, const char *at) {
    struct text target = origin_form(message, at);
    return text_take_until(&target, '?');
}

struct text http_message_query(const struct http_message *message, const char *at) {
    struct text target = origin_form(message, at);
    (void)text_take_until(&target, '?');
    return target;
}

struct text http_message_body(const struct http_message *message, const char *at) {
    return text_at(at, message->body);
}

struct text http_message_field(const struct http_message *message, const char *at, enum http_field field) {
    assert((unsigned)field < HTTP_FIELD_COUNT);
    return text_at(at, message->fields[field]);
}

bool http_message_has(const struct http_message *message, enum http_field field) {
    return (message->seen >> field & 1) != 0;
}

bool http_message_next_field(const struct http_message *message, const char *at, uint32_t *cursor,
                             struct text *name, struct text *value) {
    assert(message->head_is_complete);
    uint32_t start = *cursor == 0 ? message->fields_at : *cursor;
    struct text rest = {at + start, message->head_length - start};
    struct text line = text_take_until(&rest, '\n');
    if (line.length <= 1) {
        return false;
    }
    *cursor = start + (uint32_t)line.length + 1;
    cut_field((struct text){line.at, line.length - 1}, name, value);
    return true;
}

bool http_message_keeps_alive(const struct http_message *message) {
    return message->minor >= 1 && !message->says_close;
}

bool http_message_expects_continue(const struct http_message *message) {
    return message->head_is_complete && http_message_has(message, HTTP_FIELD_EXPECT) && message->minor >= 1 &&
           message->body.length == 0 && (message->limits->streams_bodies || !message->is_complete);
}
