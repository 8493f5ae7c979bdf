/* Connections: a request from the loop of src/http to the workers, and its answer back.
 *
 * The loop's thread calls everything here. It takes heads and bodies in, within limits. What touches the
 * store is handed to the workers, everything else is answered at once. A body of more than a few KiB is taken
 * when a worker has found that its sender may send it; an upload goes to the artifact store piece by piece.
 * Workers give a request back through a list and an eventfd. */
#include "web/web_private.h"

#include "core/base/buffer.h"
#include "delivery/artifacts.h"
#include "http/http.h"
#include "machine/client_address.h"
#include "machine/clock.h"
#include "machine/random.h"
#include "web/authenticate.h"
#include "web/client_limits.h"
#include "web/problem.h"
#include "web/router.h"
#include "web/uploads.h"

#include <assert.h>
#include <inttypes.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define GRACE_US (20 * SECOND_US)

enum {
    CONNECTIONS_MAX = 1024,
    OF_ADDRESS_MAX = 256,
    HEAD_BYTES_MAX = 64 << 10, /* request line and headers */
    BODY_BYTES_TOGETHER_MAX = 256 << 20,
    BODY_FIRST_BYTES = 4096,
    SLOWEST_BYTES_PER_S = 65536,   /* slower than that is no transfer but a held connection */
    SEND_BUFFER_BYTES = 128 << 10, /* or slow readers of large answers would fill the machine's memory */
    MAPPED_FROM_BYTES = 256 << 10
};

static void make_request_id(struct request *request) {
    unsigned char random[12];
    machine_random(random, sizeof random);
    sodium_bin2hex(request->id, sizeof request->id, random, sizeof random);
}

static struct text copy_text(struct request *request, struct text text) {
    return text_copy(&request->arena, text);
}

static struct request *make_request(struct web_server *server, struct http_exchange *exchange) {
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        abort();
    }
    arena_init(&request->arena);
    request->server = server;
    request->exchange = exchange;
    request->started_us = machine_monotonic_us();
    request->route_index = -1;
    request->response.file = -1;
    request->call.arena = &request->arena;
    request->call.secret = server->options->secret;
    make_request_id(request);
    atomic_fetch_add(&server->metrics.in_flight, 1);
    return request;
}

static void end_request(void *owner, bool was_cut) {
    struct request *request = owner;
    struct web_server *server = request->server;
    int64_t duration_us = machine_monotonic_us() - request->started_us;
    bool has_no_answer = was_cut || request->response.http_status == 0;
    metrics_count(&server->metrics, request->route_index, has_no_answer ? 499 : request->response.http_status,
                  duration_us);
    access_log_write(request, duration_us, has_no_answer);
    if (request->response.file >= 0) {
        close(request->response.file);
    }
    artifact_write_abandon(request->upload);
    long long in_flight = atomic_fetch_sub(&server->metrics.in_flight, 1);
    assert(in_flight > 0 && server->body_bytes >= request->body_capacity);
    server->body_bytes -= request->body_capacity;
    free(request->body_at);
    arena_clean_up(&request->arena);
    free(request);
}

/* A client's own id for the request is taken where it is plain. */
static void take_request_id(struct request *request) {
    struct text id = request->headers.request_id;
    if (id.length == 0 || id.length >= sizeof request->id) {
        return;
    }
    for (size_t i = 0; i < id.length; i++) {
        char c = id.at[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        c == '-' || c == '_' || c == '.';
        if (!is_plain) {
            return;
        }
    }
    memcpy(request->id, id.at, id.length);
    request->id[id.length] = '\0';
}

/* All lines of X-Forwarded-For are one list (RFC 9110 section 5.3). Its last address is the one that our own
 * proxy saw; where that is none, the proxy itself is who asks. */
static void take_address(struct request *request, const struct client_address *peer) {
    struct client_address client = *peer;
    struct client_address forwarded;
    request->is_local = client_address_is_local(peer);
    if (request->server->options->trust_forwarded &&
        client_address_parse_last(request->headers.forwarded_for, &forwarded)) {
        client = forwarded;
    }
    request->address = client_address_text(&request->arena, &client);
    request->counted_address = client_address_owner_text(&request->arena, &client);
    request->crowd = client_address_network_text(&request->arena, &client);
}

/* Where a header goes. The lines of a list become one, those of anything else come once. */
static struct text *place_of_header(struct request_headers *headers, struct text name) {
    const struct {
        const char *name;
        struct text *place;
    } places[] = {
        {"Accept", &headers->accept},
        {"Authorization", &headers->authorization},
        {"Content-Type", &headers->content_type},
        {"Cookie", &headers->cookie},
        {"Seatmeter-CSRF", &headers->csrf},
        {"Expect", &headers->expect},
        {"Sec-Fetch-Site", &headers->fetch_site},
        {"X-Forwarded-For", &headers->forwarded_for},
        {"Host", &headers->host},
        {"Idempotency-Key", &headers->idempotency_key},
        {"If-Match", &headers->if_match},
        {"If-None-Match", &headers->if_none_match},
        {"If-Range", &headers->if_range},
        {"Origin", &headers->origin},
        {"Prefer", &headers->prefer},
        {"Range", &headers->range},
        {"X-Request-Id", &headers->request_id},
        {"User-Agent", &headers->user_agent},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strlen(places[i].name) == name.length && strncasecmp(places[i].name, name.at, name.length) == 0) {
            return places[i].place;
        }
    }
    return NULL;
}

static void take_headers(struct request *request, const struct http_request *came) {
    struct text name;
    struct text value;
    uint32_t cursor = 0;
    while (http_message_next_field(came->message, came->at, &cursor, &name, &value)) {
        struct text *place = place_of_header(&request->headers, name);
        if (place != NULL) {
            *place = place->length == 0
                         ? copy_text(request, value)
                         : text_format(&request->arena, "%.*s, %.*s", TEXT_ARGS(*place), TEXT_ARGS(value));
        }
    }
    request->headers.is_forwarded = http_message_has(came->message, HTTP_FIELD_FORWARDED);
}

static void take_method(struct request *request, struct text method) {
    request->method_text = copy_text(request, method);
    const char *name = request->method_text.at;
    request->is_head = strcmp(name, "HEAD") == 0;
    request->is_options = strcmp(name, "OPTIONS") == 0;
    const char *wanted = request->is_head ? "GET" : name;
    for (int i = 0; i < METHOD_COUNT; i++) {
        if (strcmp(wanted, method_name((enum method)i)) == 0) {
            request->method = (enum method)i;
            request->has_method = true;
        }
    }
}

/* The headers alone may tell that a request is refused; the response goes out when the body has come. */
static void find_route(struct request *request) {
    struct text allow;
    if (request->target.length > REQUEST_TARGET_BYTES_MAX) {
        problem_respond_now(request, 414, STATUS_TOO_LARGE, "target-too-long", NULL, TEXT(""),
                            "Path and query have at most 4096 bytes.");
        return;
    }
    enum route_match match = router_match(request->server->options->routes, request, &allow);
    if (match == ROUTE_NO_PATH) {
        problem_respond_now(request, 404, STATUS_NOT_FOUND, "no-such-path", NULL, TEXT(""),
                            "There is nothing at this path; /openapi.yaml lists what there is.");
    } else if (match == ROUTE_BAD_PATH) {
        problem_respond_now(request, 400, STATUS_INVALID, "malformed-path", NULL, TEXT(""),
                            "The path holds an escape, a control character or bytes that are not UTF-8.");
    } else if (request->is_options) {
        request->response = (struct response){.http_status = 204, .file = -1, .allow = allow};
    } else if (match == ROUTE_NO_METHOD) {
        request->response.allow = allow;
        problem_respond_now(request, 405, STATUS_INVALID, "method-not-allowed", NULL, TEXT(""),
                            text_format(&request->arena, "This path takes %.*s.", TEXT_ARGS(allow)).at);
    }
}

static bool has_flag(const struct request *request, enum route_flag flag) {
    return request->route != NULL && (request->route->flags & flag) != 0;
}

static bool is_upload(const struct request *request) {
    return has_flag(request, ROUTE_UPLOAD);
}

static void limit_body(struct request *request, const struct http_message *message) {
    request->body_limit = is_upload(request)                ? (size_t)ARTIFACT_BYTES_MAX
                          : has_flag(request, ROUTE_IMPORT) ? REQUEST_IMPORT_BYTES_MAX
                          : has_flag(request, ROUTE_PUBLIC) ? REQUEST_UNASKED_BYTES_MAX
                                                            : REQUEST_BODY_BYTES_MAX;
    request->body_announced = message->content_length;
    request->body_is_chunked = message->is_chunked;
    request->body_too_large = request->body_announced > request->body_limit;
}

static void limit_client(struct request *request) {
    struct fault fault;
    if (request->response.http_status != 0 || has_flag(request, ROUTE_AT_ONCE)) {
        return;
    }
    enum status status = client_limits_take_request(request, &fault);
    if (status == STATUS_OK && has_flag(request, ROUTE_PASSWORD)) {
        status = client_limits_take_sign_in(request, &fault);
    }
    if (status != STATUS_OK) {
        problem_respond(request, &fault);
    }
}

/* ---- answering ---- */

/* A value that could end its line is no value. */
static void add_header(struct buffer *head, const char *name, struct text value) {
    bool is_plain = value.length > 0;
    for (size_t i = 0; i < value.length; i++) {
        is_plain &= (unsigned char)value.at[i] >= ' ' && value.at[i] != 0x7F;
    }
    if (is_plain) {
        buffer_add_format(head, "%s: %.*s\r\n", name, TEXT_ARGS(value));
    }
}

static void add_security_headers(struct buffer *head, const struct request *request) {
    const struct response *response = &request->response;
    add_header(head, "X-Content-Type-Options", TEXT("nosniff"));
    add_header(head, "Referrer-Policy", TEXT("no-referrer"));
    add_header(head, "Cross-Origin-Resource-Policy", TEXT("same-origin"));
    add_header(head, "Cross-Origin-Opener-Policy", TEXT("same-origin"));
    add_header(head, "X-Frame-Options", TEXT("DENY"));
    add_header(head, "Content-Security-Policy",
               response->policy.length > 0 ? response->policy
                                           : TEXT("default-src 'none'; frame-ancestors 'none'; sandbox"));
    add_header(head, "Cache-Control",
               response->is_secret         ? TEXT("no-store")
               : response->may_be_cached   ? TEXT("public, max-age=300")
               : response->etag.length > 0 ? TEXT("private, no-cache")
                                           : TEXT("no-store"));
    if (request->server->options->behind_https) {
        add_header(head, "Strict-Transport-Security", TEXT("max-age=31536000"));
    }
}

static void add_headers(struct buffer *head, const struct request *request) {
    const struct response *response = &request->response;
    add_header(head, "Content-Type", response->content_type);
    add_header(head, "Location", response->location);
    add_header(head, "Preference-Applied", response->preference_applied);
    add_header(head, "ETag", response->etag);
    add_header(head, "Content-Disposition", response->disposition);
    add_header(head, "Content-Range", response->content_range);
    add_header(head, "Accept-Ranges", response->accept_ranges ? TEXT("bytes") : TEXT(""));
    add_header(head, "Set-Cookie", response->set_cookie);
    add_header(head, "Set-Cookie", response->set_known_cookie);
    add_header(head, "Allow", response->allow);
    add_header(head, "X-Request-Id", text_of(request->id));
    add_header(head, "Vary", TEXT("Accept, Authorization, Cookie"));
    if (response->is_replay) {
        add_header(head, "Idempotent-Replayed", TEXT("true"));
    }
    if (response->is_signature_asked) {
        add_header(head, "WWW-Authenticate", TEXT("Bearer realm=\"seatmeter\""));
    }
    if (response->retry_after_s > 0) {
        add_header(head, "Retry-After", text_format(head->arena, "%d", response->retry_after_s));
    }
    add_security_headers(head, request);
}

/* Status line and headers. A 204 has no body by its meaning, and a 304 none of its own. */
static struct text make_head(struct request *request, int64_t length, bool closes) {
    struct buffer head = {.arena = &request->arena};
    int http_status = request->response.http_status;
    char date[HTTP_DATE_BYTES];
    buffer_add_format(&head, "HTTP/1.1 %s\r\n", http_status_words(http_status));
    buffer_add(&head, (struct text){date, (size_t)(http_put_date(date) - date)});
    if (http_status != 204 && http_status != 304) {
        buffer_add_format(&head, "Content-Length: %" PRId64 "\r\n", length);
    }
    if (closes) {
        add_header(&head, "Connection", TEXT("close"));
    }
    add_headers(&head, request);
    buffer_add(&head, TEXT("\r\n"));
    return buffer_text(&head);
}

static void send_response(struct request *request) {
    struct response *response = &request->response;
    assert(response->http_status >= 200);
    struct http_sending *sending = &request->sending;
    struct stat file;
    *sending = (struct http_sending){.body = response->body, .file = -1};
    int64_t length = (int64_t)response->body.length;
    if (response->file >= 0 && fstat(response->file, &file) == 0) {
        length = response->file_length > 0 ? response->file_length : file.st_size;
        *sending = (struct http_sending){
            .file = response->file, .file_at = response->file_first, .file_left = length};
    }
    if (request->is_head || response->http_status == 204 || response->http_status == 304) {
        *sending = (struct http_sending){.file = -1};
    }
    bool closes = http_closes(request->exchange);
    sending->head = make_head(request, length, closes);
    http_send(request->exchange, sending, closes); /* the request may have ended with it */
}

static void refuse_too_large(struct request *request) {
    problem_respond_now(request, 413, STATUS_TOO_LARGE, "body-too-large", NULL, TEXT(""),
                        request->body_limit == REQUEST_UNASKED_BYTES_MAX ? "The body has at most 16 KiB here."
                        : request->body_limit == REQUEST_BODY_BYTES_MAX  ? "The body has at most 1 MiB here."
                        : request->body_limit == REQUEST_IMPORT_BYTES_MAX
                            ? "The body has at most 10 MiB here."
                            : "The body has at most 16 GiB here.");
}

static void refuse_busy(struct request *request, const char *message) {
    problem_respond_now(request, 503, STATUS_BUSY, "too-busy", NULL, TEXT(""), message);
}

/* ---- to the workers and back ---- */

void connections_resume(struct request *request) {
    struct web_server *server = request->server;
    uint64_t one = 1;
    pthread_mutex_lock(&server->returned_lock);
    request->next = server->returned;
    server->returned = request;
    pthread_mutex_unlock(&server->returned_lock);
    ssize_t written = write(server->returned_fd, &one, sizeof one);
    assert(written == sizeof one);
}

/* Says in whose row the request waits to have its password checked. */
static void note_known_browser(struct request *request) {
    struct text email = known_email(request);
    request->is_known_browser = email.length > 0;
    request->crowd = request->is_known_browser ? email : request->crowd;
}

/* False where the workers take no more; the request is refused then, and not answered yet. One that loses its
 * place to this one is refused and answered. */
static bool push_request(struct request *request) {
    if (has_flag(request, ROUTE_PASSWORD)) {
        note_known_browser(request);
    }
    struct request *left = worker_pool_push(&request->server->workers, request);
    if (left == NULL) {
        return true;
    }
    refuse_busy(left, "Too much is going on at once: send it again in a moment.");
    if (left != request) {
        connections_resume(left);
    }
    return left != request;
}

/* A refused body is read and thrown away, so that the client hears why, unless it is long or the client waits
 * for a word. */
static enum http_body_step discard_body(struct request *request) {
    if (request->headers.expect.length > 0 || request->body_announced > REQUEST_DISCARD_BYTES_MAX) {
        send_response(request);
        return HTTP_BODY_ANSWERED;
    }
    return HTTP_BODY_TAKE;
}

/* A worker has said whether the body may come. An upload has the time that its announced length takes. */
static void go_on_with_body(struct request *request) {
    int64_t more_us = 0;
    if (request->upload_phase == UPLOAD_ADMITTING) {
        request->upload_phase = UPLOAD_RECEIVING;
        more_us = (int64_t)(request->body_announced / SLOWEST_BYTES_PER_S) * SECOND_US;
    }
    request->body_is_asked_for = false;
    if (request->response.http_status == 0 || discard_body(request) == HTTP_BODY_TAKE) {
        http_take_body(request->exchange, more_us);
    }
}

static void take_returned(void *context) {
    struct web_server *server = context;
    uint64_t count;
    if (read(server->returned_fd, &count, sizeof count) < 0) {
        return;
    }
    pthread_mutex_lock(&server->returned_lock);
    struct request *request = server->returned;
    server->returned = NULL;
    pthread_mutex_unlock(&server->returned_lock);
    while (request != NULL) {
        struct request *next = request->next;
        if (request_is_admitting(request)) {
            go_on_with_body(request);
        } else {
            send_response(request);
        }
        request = next;
    }
}

/* ---- a request's steps ---- */

/* Whoever sends a large body is asked for the right to before it comes. */
static bool asks_first(struct request *request) {
    bool is_large = request->body_is_chunked || request->body_announced > REQUEST_UNASKED_BYTES_MAX;
    if (is_upload(request)) {
        request->upload_phase = UPLOAD_ADMITTING;
    } else {
        request->body_is_asked_for = is_large && !has_flag(request, ROUTE_PUBLIC);
    }
    return request_is_admitting(request);
}

static enum http_body_step begin_body(struct request *request) {
    if (request->body_too_large && request->response.http_status == 0) {
        refuse_too_large(request);
    }
    if (request->response.http_status != 0) {
        bool has_body = request->body_is_chunked || request->body_announced > 0;
        return has_body ? discard_body(request) : HTTP_BODY_TAKE;
    }
    if (!asks_first(request)) {
        return HTTP_BODY_TAKE;
    }
    if (push_request(request)) {
        return HTTP_BODY_WAIT;
    }
    request->upload_phase = UPLOAD_NONE;
    request->body_is_asked_for = false;
    return discard_body(request);
}

static enum http_body_step take_head(void *context, struct http_exchange *exchange,
                                     const struct http_request *came, void **owner) {
    struct request *request = make_request(context, exchange);
    *owner = request;
    request->target = copy_text(request, http_message_target(came->message, came->at));
    take_method(request, http_message_method(came->message, came->at));
    take_headers(request, came);
    take_request_id(request);
    take_address(request, &came->peer);
    find_route(request);
    limit_body(request, came->message);
    limit_client(request);
    return begin_body(request);
}

static bool make_body_room(struct request *request, size_t needed) {
    struct web_server *server = request->server;
    size_t capacity = request->body_capacity == 0 ? BODY_FIRST_BYTES : request->body_capacity;
    if (request->body_announced > 0) {
        capacity = (size_t)request->body_announced;
    }
    while (capacity < needed) {
        capacity *= 2;
    }
    size_t more = capacity - request->body_capacity;
    if (server->body_bytes + more > BODY_BYTES_TOGETHER_MAX) {
        return false;
    }
    request->body_at = realloc(request->body_at, capacity);
    if (request->body_at == NULL) {
        abort();
    }
    server->body_bytes += more;
    request->body_capacity = capacity;
    return true;
}

static void keep_body(struct request *request, struct text bytes) {
    size_t needed = request->body_length + bytes.length;
    if (needed > request->body_capacity && !make_body_room(request, needed)) {
        refuse_busy(request, "Too much is coming in at once: send it again in a moment.");
        return;
    }
    memcpy(request->body_at + request->body_length, bytes.at, bytes.length);
    request->body_length = needed;
    assert(request->body_length <= request->body_capacity && request->body_length <= request->body_limit);
}

static bool take_piece(void *owner, struct text bytes) {
    struct request *request = owner;
    struct fault fault;
    request->body_seen += bytes.length;
    if (request->body_seen > request->body_limit && request->response.http_status == 0) {
        request->body_too_large = true;
        refuse_too_large(request);
    }
    if (request->response.http_status != 0) {
        if (request->body_seen > REQUEST_DISCARD_BYTES_MAX) {
            send_response(request);
        }
    } else if (!is_upload(request)) {
        keep_body(request, bytes);
    } else if (upload_write(request, bytes, &fault) != STATUS_OK) {
        problem_respond(request, &fault);
    }
    return true;
}

static void answer_at_once(struct request *request) {
    struct fault fault;
    enum status status = router_check_query(request, &fault);
    if (status == STATUS_OK) {
        status = request->route->handle(request, &request->response, &fault);
    }
    if (status != STATUS_OK) {
        problem_respond(request, &fault);
    }
    response_finish(&request->response);
}

/* All of the request is here. */
static void take_whole(void *owner) {
    struct request *request = owner;
    if (request->response.http_status == 0 && has_flag(request, ROUTE_AT_ONCE)) {
        answer_at_once(request);
    }
    if (request->response.http_status != 0 || !push_request(request)) {
        send_response(request);
    }
}

static const struct http_streams STREAMS = {
    .head = take_head, .piece = take_piece, .whole = take_whole, .ended = end_request};

/* ---- the loop ---- */

#define REFUSAL(status, code, detail)                                                                        \
    TEXT("{\"type\":\"/problems/" code                                                                       \
         "\",\"title\":\"The request is no HTTP that is answered\",\"status\":" #status                      \
         ",\"detail\":\"" detail "\",\"request_id\":\"none\"}")

/* Requests that are refused before anything is known of them. */
static struct text refusal_of(void *context, int http_status) {
    (void)context;
    switch (http_status) {
    case 408:
        return REFUSAL(408, "too-slow", "The request did not come in time.");
    case 413:
        return REFUSAL(413, "body-too-large", "The body is too large.");
    case 414:
        return REFUSAL(414, "target-too-long", "Path and query have at most 4096 bytes.");
    case 417:
        return REFUSAL(417, "unknown-expectation", "Expect is 100-continue or nothing.");
    case 431:
        return REFUSAL(431, "headers-too-large", "Request line and headers have at most 64 KiB.");
    case 503:
        return REFUSAL(503, "too-busy", "There are too many connections: come again in a moment.");
    case 505:
        return REFUSAL(505, "unknown-version", "The versions that are answered are HTTP/1.1 and HTTP/1.0.");
    default:
        return REFUSAL(400, "malformed-request", "The request is not what RFC 9112 says a request is.");
    }
}

static void flush_nothing(void *context) {
    (void)context;
}

static void *run_loop(void *context) {
    struct web_server *server = context;
    http_run(server->http, GRACE_US);
    return NULL;
}

static enum status make_http(struct web_server *server, struct fault *fault) {
    struct http_options options;
    http_options_default(&options);
    options.listen_fd = server->listen_fd;
    options.connections_max = CONNECTIONS_MAX;
    /* a proxy that is trusted to say who asks has all its clients at one address */
    options.of_address_max = server->options->trust_forwarded ? 0 : OF_ADDRESS_MAX;
    options.send_buffer_bytes = SEND_BUFFER_BYTES;
    options.idle_us = 60 * SECOND_US;
    options.body_us = 30 * SECOND_US;
    options.send_us = 60 * SECOND_US;
    options.slowest_bytes_per_s = SLOWEST_BYTES_PER_S;
    options.limits = (struct http_limits){.head_bytes_max = HEAD_BYTES_MAX,
                                          .target_bytes_max = 2 * REQUEST_TARGET_BYTES_MAX,
                                          .body_bytes_max = UINT64_MAX,
                                          .streams_bodies = true};
    options.streams = &STREAMS;
    options.flush = flush_nothing;
    options.refusal = refusal_of;
    options.refusal_type = "application/problem+json";
    options.shared = &server->metrics.http;
    options.context = server;
    TRY(http_make(&options, &server->http, fault));
    return http_watch(server->http, server->returned_fd, take_returned, server, fault);
}

enum status connections_start(struct web_server *server, struct fault *fault) {
    /* What large bodies took goes back to the machine when they end, whatever was freed before. */
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES);
    server->returned_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->returned_fd < 0) {
        return fault_set(fault, STATUS_INTERNAL, "no-descriptors", NULL, TEXT(""),
                         "The machine gives no more descriptors.");
    }
    TRY(make_http(server, fault));
    if (pthread_create(&server->loop, NULL, run_loop, server) != 0) {
        return fault_set(fault, STATUS_INTERNAL, "thread-refused", NULL, TEXT(""),
                         "The machine gives no more threads.");
    }
    server->loop_runs = true;
    return STATUS_OK;
}

void connections_stop_listening(struct web_server *server) {
    http_stop(server->http);
}

void connections_stop(struct web_server *server) {
    if (server->loop_runs) {
        pthread_join(server->loop, NULL);
        server->loop_runs = false;
    }
    if (server->http != NULL) {
        http_free(server->http); /* ends the requests that had no time to end */
        server->http = NULL;
    }
    if (server->returned_fd >= 0) {
        close(server->returned_fd);
        server->returned_fd = -1;
    }
}
