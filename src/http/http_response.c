#include "http/http_response.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HEADERS_BYTES_MAX = 512, RETRY_AFTER_S = 30 };

struct text http_request_field(const struct http_request *request, enum http_field field) {
    return http_message_field(request->message, request->at, field);
}

char *http_body_room(struct http *http, size_t size_max) {
    size_t size = HTTP_RESPONSE_HEAD_BYTES + size_max;
    if (size > http->out_size) {
        http->out_size = size;
        http->out = realloc(http->out, size);
        if (http->out == NULL) {
            abort();
        }
    }
    return http->out + HTTP_RESPONSE_HEAD_BYTES;
}

const char *http_status_words(int status) {
    switch (status) {
    case 200:
        return "200 OK";
    case 201:
        return "201 Created";
    case 202:
        return "202 Accepted";
    case 204:
        return "204 No Content";
    case 206:
        return "206 Partial Content";
    case 304:
        return "304 Not Modified";
    case 400:
        return "400 Bad Request";
    case 401:
        return "401 Unauthorized";
    case 403:
        return "403 Forbidden";
    case 404:
        return "404 Not Found";
    case 405:
        return "405 Method Not Allowed";
    case 408:
        return "408 Request Timeout";
    case 409:
        return "409 Conflict";
    case 410:
        return "410 Gone";
    case 411:
        return "411 Length Required";
    case 412:
        return "412 Precondition Failed";
    case 406:
        return "406 Not Acceptable";
    case 415:
        return "415 Unsupported Media Type";
    case 422:
        return "422 Unprocessable Content";
    case 428:
        return "428 Precondition Required";
    case 501:
        return "501 Not Implemented";
    case 507:
        return "507 Insufficient Storage";
    case 413:
        return "413 Content Too Large";
    case 414:
        return "414 URI Too Long";
    case 416:
        return "416 Range Not Satisfiable";
    case 417:
        return "417 Expectation Failed";
    case 429:
        return "429 Too Many Requests";
    case 431:
        return "431 Request Header Fields Too Large";
    case 503:
        return "503 Service Unavailable";
    case 505:
        return "505 HTTP Version Not Supported";
    default:
        return "500 Internal Server Error";
    }
}

static char *put_bytes(char *at, const char *bytes, size_t length) {
    memcpy(at, bytes, length);
    return at + length;
}

#define PUT(at, literal) put_bytes(at, literal, sizeof(literal) - 1)

static char *put_string(char *at, const char *string) {
    return put_bytes(at, string, strlen(string));
}

static char *put_number(char *at, uint64_t number) {
    char digits[20];
    size_t count = 0;
    do {
        digits[sizeof digits - ++count] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put_bytes(at, digits + sizeof digits - count, count);
}

/* IMF-fixdate (RFC 9110 section 5.6.7). The names are our own, as strftime's depend on the locale. */
static char *put_date(char *at, time_t second) {
    static const char DAYS[] = "SunMonTueWedThuFriSat";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;
    gmtime_r(&second, &tm);
    const int pairs[] = {tm.tm_hour, tm.tm_min, tm.tm_sec};
    at = PUT(at, "Date: ");
    at = put_bytes(at, DAYS + (size_t)tm.tm_wday * 3, 3);
    at = PUT(at, ", ");
    *at++ = (char)('0' + tm.tm_mday / 10);
    *at++ = (char)('0' + tm.tm_mday % 10);
    *at++ = ' ';
    at = put_bytes(at, MONTHS + (size_t)tm.tm_mon * 3, 3);
    *at++ = ' ';
    at = put_number(at, (uint64_t)tm.tm_year + 1900);
    for (size_t i = 0; i < 3; i++) {
        *at++ = i == 0 ? ' ' : ':';
        *at++ = (char)('0' + pairs[i] / 10);
        *at++ = (char)('0' + pairs[i] % 10);
    }
    return PUT(at, " GMT\r\n");
}

char *http_put_date(char *at) {
    char *end = put_date(at, time(NULL));
    assert(end - at <= HTTP_DATE_BYTES);
    return end;
}

/* The head of most responses, up to the number that is their length. */
static void refresh_head(struct http *http) {
    int64_t second = http->turn_began_us / 1000000;
    if (second == http->head_second) {
        return;
    }
    http->head_second = second;
    char *at = PUT(http->head, "HTTP/1.1 200 OK\r\n");
    at = put_date(at, time(NULL));
    at = PUT(at, "Content-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: ");
    http->head_length = (size_t)(at - http->head);
    assert(http->head_length <= sizeof http->head);
}

static char *put_head(struct http *http, char *at, const struct http_response *response, bool closes) {
    bool is_usual = response->status == 200 && response->content_type == NULL;
    if (is_usual) {
        at = put_bytes(at, http->head, http->head_length);
    } else {
        at = PUT(at, "HTTP/1.1 ");
        at = put_string(at, http_status_words(response->status));
        at = PUT(at, "\r\n");
        at = put_date(at, time(NULL));
        at = PUT(at, "Content-Type: ");
        at = put_string(at, response->content_type == NULL ? "application/json" : response->content_type);
        at = response->content_type == NULL ? PUT(at, "\r\nCache-Control: no-store\r\nContent-Length: ")
                                            : PUT(at, "\r\nContent-Length: ");
    }
    at = put_number(at, response->body.length);
    at = PUT(at, "\r\n");
    if (response->retry_after_s > 0) {
        at = PUT(at, "Retry-After: ");
        at = put_number(at, (uint64_t)response->retry_after_s);
        at = PUT(at, "\r\n");
    }
    if (closes) {
        at = PUT(at, "Connection: close\r\n");
    }
    if (response->headers.length > 0) {
        at = put_bytes(at, response->headers.at, response->headers.length);
    }
    return PUT(at, "\r\n");
}

struct text http_response_write(struct http *http, const struct http_response *response, bool closes) {
    assert(response->headers.length <= HEADERS_BYTES_MAX && response->status >= 200 &&
           response->status < 600);
    refresh_head(http);
    char head[HTTP_RESPONSE_HEAD_BYTES];
    size_t length = (size_t)(put_head(http, head, response, closes) - head);
    assert(length <= sizeof head);
    http->counters.responses_by_class[response->status / 100]++;
    size_t body_length = response->without_body ? 0 : response->body.length;
    if (body_length > 0 && response->body.at != http->out + HTTP_RESPONSE_HEAD_BYTES) {
        char *room = http_body_room(http, body_length);
        memcpy(room, response->body.at, body_length);
    }
    char *at = http->out + HTTP_RESPONSE_HEAD_BYTES - length;
    memcpy(at, head, length);
    return (struct text){at, length + body_length};
}

struct text http_refusal_write(struct http *http, int http_status) {
    refresh_head(http);
    struct http_response response = {.status = http_status,
                                     .content_type = http->options.refusal_type,
                                     .body = http->options.refusal(http->options.context, http_status),
                                     .retry_after_s = http_jitter_s(http, RETRY_AFTER_S)};
    assert(response.body.length + HTTP_RESPONSE_HEAD_BYTES <= http->out_size);
    char *at = put_head(http, http->out, &response, true);
    at = put_bytes(at, response.body.at, response.body.length);
    return (struct text){http->out, (size_t)(at - http->out)};
}
