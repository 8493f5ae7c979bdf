/* The parser's callbacks note places and copy no bytes. A body in chunks is refused (411): nobody who speaks
 * the protocol needs it, and a request with two lengths could smuggle another one in. */
#include "device/http/http_message.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* http-parser counts a head's bytes too, with a limit of its own. */
static_assert((int)HTTP_HEAD_BYTES_MAX < HTTP_MAX_HEADER_SIZE, "our limit comes first");

struct feeding {
    struct http_message *message;
    const char *at; /* of the message's first byte */
};

static struct http_message *message_of(struct http_parser *parser) {
    return ((struct feeding *)parser->data)->message;
}

/* Begins a place or extends it; the pieces of one value are adjacent. */
static void extend_place(const struct http_parser *parser, struct http_place *place, const char *piece,
                         size_t length) {
    const struct feeding *feeding = parser->data;
    if (place->length == 0) {
        place->at = (uint32_t)(piece - feeding->at);
    }
    place->length += (uint32_t)length;
}

static int refuse_message(struct http_message *message, int http_status) {
    message->refused = (uint16_t)http_status;
    return -1;
}

static int on_url(struct http_parser *parser, const char *piece, size_t length) {
    struct http_message *message = message_of(parser);
    extend_place(parser, &message->target, piece, length);
    return message->target.length > HTTP_TARGET_BYTES_MAX ? refuse_message(message, 414) : 0;
}

static int on_header_field(struct http_parser *parser, const char *piece, size_t length) {
    struct http_message *message = message_of(parser);
    if (message->in_value) {
        message->in_value = false;
        message->name.length = 0;
    }
    extend_place(parser, &message->name, piece, length);
    /* The parser accepts a blank in a name; RFC 9112 section 5.1 refuses one before the colon. */
    return memchr(piece, ' ', length) == NULL ? 0 : refuse_message(message, 400);
}

static const struct {
    struct text name;
    enum http_field field;
} FIELDS[] = {
    {{"authorization", 13}, HTTP_FIELD_AUTHORIZATION},
    {{"range", 5}, HTTP_FIELD_RANGE},
    {{"if-range", 8}, HTTP_FIELD_IF_RANGE},
    {{"if-none-match", 13}, HTTP_FIELD_IF_NONE_MATCH},
    {{"host", 4}, HTTP_FIELD_HOST},
    {{"expect", 6}, HTTP_FIELD_EXPECT},
    {{"forwarded", 9}, HTTP_FIELD_FORWARDED},
    {{"x-forwarded-for", 15}, HTTP_FIELD_FORWARDED},
    {{"x-real-ip", 9}, HTTP_FIELD_FORWARDED},
    {{"via", 3}, HTTP_FIELD_FORWARDED},
};

static int field_of(struct text name) {
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        if (FIELDS[i].name.length == name.length &&
            strncasecmp(FIELDS[i].name.at, name.at, name.length) == 0) {
            return (int)FIELDS[i].field;
        }
    }
    return -1;
}

/* A field that decides something may stand in a message once. */
static bool may_repeat(int field) {
    return field == HTTP_FIELD_FORWARDED || field == HTTP_FIELD_IF_NONE_MATCH;
}

static int on_header_value(struct http_parser *parser, const char *piece, size_t length) {
    const struct feeding *feeding = parser->data;
    struct http_message *message = feeding->message;
    if (!message->in_value) {
        message->in_value = true;
        message->field =
            (int8_t)field_of((struct text){feeding->at + message->name.at, message->name.length});
        if (message->field >= 0) {
            unsigned bit = 1U << message->field;
            if ((message->seen & bit) != 0 && !may_repeat(message->field)) {
                return refuse_message(message, 400);
            }
            message->seen |= (uint8_t)bit;
            message->fields[message->field].length = 0;
        }
    }
    if (message->field >= 0) {
        extend_place(parser, &message->fields[message->field], piece, length);
    }
    return 0;
}

static bool expects_continue(const struct http_message *message, const char *at) {
    struct text expected = http_message_field(message, at, HTTP_FIELD_EXPECT);
    return expected.length == 12 && strncasecmp(expected.at, "100-continue", 12) == 0;
}

static int on_headers_complete(struct http_parser *parser) {
    const struct feeding *feeding = parser->data;
    struct http_message *message = feeding->message;
    if (parser->http_major != 1) {
        return refuse_message(message, 505);
    }
    bool has_host = (message->seen & 1U << HTTP_FIELD_HOST) != 0;
    if (!has_host && parser->http_minor >= 1) {
        return refuse_message(message, 400); /* RFC 9112 section 3.2 */
    }
    if (parser->uses_transfer_encoding) {
        return refuse_message(message, 411);
    }
    if (parser->content_length != UINT64_MAX && parser->content_length > HTTP_BODY_BYTES_MAX) {
        return refuse_message(message, 413);
    }
    if ((message->seen & 1U << HTTP_FIELD_EXPECT) != 0 && !expects_continue(message, feeding->at)) {
        return refuse_message(message, 417);
    }
    message->head_is_complete = true;
    return 0;
}

static int on_body(struct http_parser *parser, const char *piece, size_t length) {
    extend_place(parser, &message_of(parser)->body, piece, length);
    return 0;
}

static int on_message_complete(struct http_parser *parser) {
    message_of(parser)->is_complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const struct http_parser_settings SETTINGS = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void http_message_begin(struct http_message *message) {
    memset(message, 0, sizeof *message);
    http_parser_init(&message->parser, HTTP_REQUEST);
    message->field = -1;
}

/* Gives the parser the bytes up to `end` that it has not had. A call without bytes would tell it that the
 * connection has ended, so there is none. */
static void feed_parser(struct http_message *message, const char *at, size_t end) {
    if (end <= message->parsed) {
        return;
    }
    message->parsed += (uint32_t)http_parser_execute(&message->parser, &SETTINGS, at + message->parsed,
                                                     end - message->parsed);
    assert(message->parsed <= end);
}

static bool can_go_on(const struct http_message *message) {
    return !message->is_complete && message->refused == 0 && HTTP_PARSER_ERRNO(&message->parser) == HPE_OK;
}

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
    uint32_t length = message->parsed - message->body.length;
    if (length <= HTTP_KNOWN_HEAD_BYTES_MAX) {
        struct http_known_head *head = head_for(known, message->parsed);
        head->length = length;
        memcpy(head->bytes, at, length);
        head->message = *message;
    }
}

enum http_progress http_message_parse(struct http_message *message, struct http_known_heads *known,
                                      const char *at, size_t length) {
    assert(message->refused == 0 && !message->is_complete && length >= message->parsed);
    if (known != NULL && message->parsed == 0 && is_known(message, known, at, length)) {
        return HTTP_COMPLETE;
    }
    struct feeding feeding = {message, at};
    message->parser.data = &feeding;
    if (!message->head_is_complete) {
        feed_parser(message, at, length < HTTP_HEAD_BYTES_MAX ? length : HTTP_HEAD_BYTES_MAX);
    }
    if (message->head_is_complete && can_go_on(message)) {
        feed_parser(message, at, length);
    }
    message->parser.data = NULL;
    if (message->is_complete) {
        if (known != NULL) {
            learn_head(known, message, at);
        }
        return HTTP_COMPLETE;
    }
    if (!can_go_on(message)) {
        message->refused = message->refused == 0 ? 400 : message->refused;
        return HTTP_REFUSED;
    }
    if (!message->head_is_complete && length >= HTTP_HEAD_BYTES_MAX) {
        message->refused = 431;
        return HTTP_REFUSED;
    }
    return HTTP_INCOMPLETE;
}

enum http_verb http_message_verb(const struct http_message *message) {
    switch (message->parser.method) {
    case HTTP_GET:
        return HTTP_VERB_GET;
    case HTTP_HEAD:
        return HTTP_VERB_HEAD;
    case HTTP_POST:
        return HTTP_VERB_POST;
    default:
        return HTTP_VERB_OTHER;
    }
}

static struct text text_at(const char *at, struct http_place place) {
    return (struct text){at + place.at, place.length};
}

static struct text text_behind(struct text text, size_t skipped) {
    return (struct text){text.at + skipped, text.length - skipped};
}

/* The target from its path on. */
static struct text origin_form(const struct http_message *message, const char *at) {
    struct text target = text_at(at, message->target);
    if (target.length > 7 && strncasecmp(target.at, "http://", 7) == 0) {
        target = text_behind(target, 7);
        const char *slash = memchr(target.at, '/', target.length);
        target = slash == NULL ? TEXT("/") : text_behind(target, (size_t)(slash - target.at));
    }
    return target;
}

struct text http_message_path(const struct http_message *message, const char *at) {
    struct text target = origin_form(message, at);
    const char *mark = target.length == 0 ? NULL : memchr(target.at, '?', target.length);
    return mark == NULL ? target : (struct text){target.at, (size_t)(mark - target.at)};
}

struct text http_message_query(const struct http_message *message, const char *at) {
    struct text target = origin_form(message, at);
    const char *mark = target.length == 0 ? NULL : memchr(target.at, '?', target.length);
    return mark == NULL ? TEXT("") : text_behind(target, (size_t)(mark - target.at) + 1);
}

struct text http_message_body(const struct http_message *message, const char *at) {
    return text_at(at, message->body);
}

struct text http_message_field(const struct http_message *message, const char *at, enum http_field field) {
    assert((unsigned)field < HTTP_FIELD_COUNT);
    return text_at(at, message->fields[field]);
}

bool http_message_keeps_alive(const struct http_message *message) {
    return message->parser.http_minor >= 1 && http_should_keep_alive(&message->parser) != 0;
}

bool http_message_expects_continue(const struct http_message *message) {
    return message->head_is_complete && !message->is_complete && message->body.length == 0 &&
           (message->seen & 1U << HTTP_FIELD_EXPECT) != 0;
}
