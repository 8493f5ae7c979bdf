/* Connections: the HTTP side, on libmicrohttpd's one epoll thread.
 *
 * Headers and body are taken in here, within limits; what touches the store is handed to the workers with the
 * connection suspended, everything else is answered at once. libmicrohttpd calls handle_access first when the
 * headers are there, then for each piece of the body, and a last time when all of it has come or the
 * connection is resumed. */
#include "web/web_private.h"

#include "delivery/artifacts.h"
#include "machine/client_address.h"
#include "machine/clock.h"
#include "machine/random.h"
#include "web/client_limits.h"
#include "web/problem.h"
#include "web/router.h"
#include "web/uploads.h"

#include <assert.h>
#include <microhttpd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 1024,
    CONNECTION_MEMORY_BYTES = 64 << 10, /* bounds request line and headers */
    IDLE_S = 60,
    BODY_BYTES_TOGETHER_MAX = 256 << 20
};

static void make_request_id(struct request *request) {
    unsigned char random[12];
    machine_random(random, sizeof random);
    sodium_bin2hex(request->id, sizeof request->id, random, sizeof random);
}

/* libmicrohttpd calls this once the request line has come, and gives back what it returns as `*context`. */
static void *begin_request(void *argument, const char *target, struct MHD_Connection *connection) {
    struct web_server *server = argument;
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        return NULL;
    }
    arena_init(&request->arena);
    request->server = server;
    request->connection = connection;
    request->started_us = machine_monotonic_us();
    request->target = text_copy(&request->arena, text_of(target));
    request->method_text = TEXT("");
    request->address = TEXT("");
    request->counted_address = TEXT("");
    request->headers.forwarded_for = TEXT("");
    request->route_index = -1;
    request->response.file = -1;
    request->call.arena = &request->arena;
    request->call.secret = server->options->secret;
    make_request_id(request);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->watched = info == NULL ? NULL : info->socket_context;
    watchdog_enter(server, request->watched, WATCHED_RECEIVING);
    atomic_fetch_add(&server->metrics.in_flight, 1);
    return request;
}

static void end_request(void *argument, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code) {
    (void)connection;
    struct web_server *server = argument;
    struct request *request = *context;
    if (request == NULL) {
        return;
    }
    *context = NULL;
    int64_t duration_us = machine_monotonic_us() - request->started_us;
    bool was_cut = code != MHD_REQUEST_TERMINATED_COMPLETED_OK;
    metrics_count(&server->metrics, request->route_index, was_cut ? 499 : request->response.http_status,
                  duration_us);
    access_log_write(request, duration_us, was_cut);
    if (request->response.file >= 0 && !request->is_answered) {
        close(request->response.file);
    }
    artifact_write_abandon(request->upload);
    long long in_flight = atomic_fetch_sub(&server->metrics.in_flight, 1);
    long long body_bytes = atomic_fetch_sub(&server->body_bytes, (long long)request->body_length);
    assert(in_flight > 0 && body_bytes >= (long long)request->body_length);
    watchdog_enter(server, request->watched, WATCHED_WAITING);
    arena_clean_up(&request->arena);
    free(request);
}

static void notice_connection(void *argument, struct MHD_Connection *connection, void **socket_context,
                              enum MHD_ConnectionNotificationCode code) {
    struct web_server *server = argument;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_context = info == NULL ? NULL : watchdog_open(server, info->connect_fd);
    } else {
        watchdog_close(server, *socket_context);
        *socket_context = NULL;
    }
}

static struct text copy_header(struct request *request, const char *name) {
    const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    return value == NULL ? TEXT("") : text_copy(&request->arena, text_of(value));
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

static enum MHD_Result add_line(void *argument, enum MHD_ValueKind kind, const char *name,
                                const char *value) {
    (void)kind;
    struct request *request = argument;
    if (value != NULL && strcasecmp(name, "X-Forwarded-For") == 0) {
        request->headers.forwarded_for =
            text_format(&request->arena, "%.*s,%s", TEXT_ARGS(request->headers.forwarded_for), value);
    }
    return MHD_YES;
}

/* All lines of X-Forwarded-For are one list (RFC 9110 section 5.3). Its last address is the one that our own
 * proxy saw; where that is none, the proxy itself is who asks. */
static void take_address(struct request *request) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct client_address client = client_address_of(info == NULL ? NULL : info->client_addr);
    struct client_address forwarded;
    request->is_local = client_address_is_local(&client);
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, add_line, request);
    if (request->server->options->trust_forwarded &&
        client_address_parse_last(request->headers.forwarded_for, &forwarded)) {
        client = forwarded;
    }
    request->address = client_address_text(&request->arena, &client);
    request->counted_address = client_address_owner_text(&request->arena, &client);
}

static void take_headers(struct request *request) {
    struct request_headers *headers = &request->headers;
    headers->accept = copy_header(request, "Accept");
    headers->authorization = copy_header(request, "Authorization");
    headers->content_type = copy_header(request, "Content-Type");
    headers->cookie = copy_header(request, "Cookie");
    headers->csrf = copy_header(request, "Seatmeter-CSRF");
    headers->expect = copy_header(request, "Expect");
    headers->fetch_site = copy_header(request, "Sec-Fetch-Site");
    headers->host = copy_header(request, "Host");
    headers->idempotency_key = copy_header(request, "Idempotency-Key");
    headers->if_match = copy_header(request, "If-Match");
    headers->if_none_match = copy_header(request, "If-None-Match");
    headers->if_range = copy_header(request, "If-Range");
    headers->origin = copy_header(request, "Origin");
    headers->range = copy_header(request, "Range");
    headers->request_id = copy_header(request, "X-Request-Id");
    headers->user_agent = copy_header(request, "User-Agent");
    headers->is_forwarded =
        headers->forwarded_for.length > 0 || copy_header(request, "Forwarded").length > 0 ||
        copy_header(request, "Via").length > 0 || copy_header(request, "X-Real-IP").length > 0;
}

static void take_method(struct request *request, const char *name) {
    request->method_text = text_copy(&request->arena, text_of(name));
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

static bool is_upload(const struct request *request) {
    return request->route != NULL && (request->route->flags & ROUTE_UPLOAD) != 0;
}

static void limit_body(struct request *request) {
    bool is_import = request->route != NULL && (request->route->flags & ROUTE_IMPORT) != 0;
    request->body_limit = is_upload(request) ? (size_t)ARTIFACT_BYTES_MAX
                          : is_import        ? REQUEST_IMPORT_BYTES_MAX
                                             : REQUEST_BODY_BYTES_MAX;
    int64_t announced = 0;
    struct text length = copy_header(request, "Content-Length");
    if (length.length > 0 && text_to_int64(length, &announced) && announced > (int64_t)request->body_limit) {
        request->body_too_large = true;
    }
}

static void begin_handling(struct request *request, const char *method) {
    request->is_begun = true;
    take_method(request, method);
    take_address(request);
    take_headers(request);
    take_request_id(request);
    find_route(request);
    limit_body(request);
    if (request->response.http_status == 0 && request->route != NULL &&
        (request->route->flags & ROUTE_AT_ONCE) == 0) {
        struct fault fault;
        if (client_limits_take_request(request, &fault) != STATUS_OK) {
            problem_respond(request, &fault);
        }
    }
}

/* Hands the request to the workers; it is resumed when they are done with it. */
static void push_request(struct request *request) {
    watchdog_enter(request->server, request->watched, WATCHED_HANDLING);
    MHD_suspend_connection(request->connection);
    if (!worker_pool_push(&request->server->workers, request)) {
        problem_respond_now(request, 503, STATUS_BUSY, "too-busy", NULL, TEXT(""),
                            "Too much is going on at once: send it again in a moment.");
        MHD_resume_connection(request->connection);
    }
}

/* An upload is admitted by a worker before its body is taken. */
static void begin_upload(struct request *request) {
    if (is_upload(request) && request->response.http_status == 0 && !request->body_too_large) {
        request->upload_phase = UPLOAD_ADMITTING;
        push_request(request);
    }
}

/* The body has the time that its announced length takes; an unannounced one that of a short body. */
static void receive_upload(struct request *request) {
    int64_t announced = 0;
    struct text length = copy_header(request, "Content-Length");
    request->upload_phase = UPLOAD_RECEIVING;
    watchdog_enter(request->server, request->watched, WATCHED_RECEIVING);
    if (text_to_int64(length, &announced) && announced > 0 && announced <= ARTIFACT_BYTES_MAX) {
        watchdog_allow(request->server, request->watched, announced);
    }
}

static void take_upload(struct request *request, struct text bytes) {
    struct fault fault;
    if (upload_write(request, bytes, &fault) != STATUS_OK) {
        problem_respond(request, &fault);
    }
}

/* Keeps a piece of the body; false where the connection is to be dropped. */
static bool take_body(struct request *request, const char *bytes, size_t length) {
    request->body_seen += length;
    if (request->body_seen > request->body_limit) {
        request->body_too_large = true;
    }
    if (request->body_too_large || request->response.http_status != 0) {
        return request->body_seen <= REQUEST_DISCARD_BYTES_MAX;
    }
    if (is_upload(request)) {
        take_upload(request, (struct text){bytes, length});
        return true;
    }
    long long together =
        atomic_fetch_add(&request->server->body_bytes, (long long)length) + (long long)length;
    if (together > BODY_BYTES_TOGETHER_MAX) {
        atomic_fetch_sub(&request->server->body_bytes, (long long)length);
        problem_respond_now(request, 503, STATUS_BUSY, "too-busy", NULL, TEXT(""),
                            "Too much is coming in at once: send it again in a moment.");
        return true;
    }
    while (request->body_length + length > request->body_capacity) {
        request->body_at =
            arena_grow(&request->arena, request->body_at, request->body_capacity, &request->body_capacity, 1);
    }
    memcpy(request->body_at + request->body_length, bytes, length);
    request->body_length += length;
    assert(request->body_length <= request->body_capacity && request->body_length <= request->body_limit);
    return true;
}

static void add_header(struct MHD_Response *outgoing, struct request *request, const char *name,
                       struct text value) {
    if (value.length == 0) {
        return;
    }
    struct text zero_ended = text_copy(&request->arena, value);
    MHD_add_response_header(outgoing, name, zero_ended.at);
}

static void add_security_headers(struct MHD_Response *outgoing, struct request *request) {
    const struct response *response = &request->response;
    add_header(outgoing, request, "X-Content-Type-Options", TEXT("nosniff"));
    add_header(outgoing, request, "Referrer-Policy", TEXT("no-referrer"));
    add_header(outgoing, request, "Cross-Origin-Resource-Policy", TEXT("same-origin"));
    add_header(outgoing, request, "Cross-Origin-Opener-Policy", TEXT("same-origin"));
    add_header(outgoing, request, "X-Frame-Options", TEXT("DENY"));
    add_header(outgoing, request, "Content-Security-Policy",
               response->policy.length > 0 ? response->policy
                                           : TEXT("default-src 'none'; frame-ancestors 'none'; sandbox"));
    add_header(outgoing, request, "Cache-Control",
               response->is_secret         ? TEXT("no-store")
               : response->may_be_cached   ? TEXT("public, max-age=300")
               : response->etag.length > 0 ? TEXT("private, no-cache")
                                           : TEXT("no-store"));
    if (request->server->options->behind_https) {
        add_header(outgoing, request, "Strict-Transport-Security", TEXT("max-age=31536000"));
    }
}

static void add_headers(struct MHD_Response *outgoing, struct request *request) {
    const struct response *response = &request->response;
    add_header(outgoing, request, "Content-Type", response->content_type);
    add_header(outgoing, request, "Location", response->location);
    add_header(outgoing, request, "ETag", response->etag);
    add_header(outgoing, request, "Content-Disposition", response->disposition);
    add_header(outgoing, request, "Content-Range", response->content_range);
    add_header(outgoing, request, "Accept-Ranges", response->accept_ranges ? TEXT("bytes") : TEXT(""));
    add_header(outgoing, request, "Set-Cookie", response->set_cookie);
    add_header(outgoing, request, "Allow", response->allow);
    add_header(outgoing, request, "X-Request-Id", text_of(request->id));
    add_header(outgoing, request, "Vary", TEXT("Accept, Authorization, Cookie"));
    if (response->is_replay) {
        add_header(outgoing, request, "Idempotent-Replayed", TEXT("true"));
    }
    if (response->is_signature_asked) {
        add_header(outgoing, request, "WWW-Authenticate", TEXT("Bearer realm=\"seatmeter\""));
    }
    if (response->retry_after_s > 0) {
        add_header(outgoing, request, "Retry-After",
                   text_format(&request->arena, "%d", response->retry_after_s));
    }
    if (atomic_load(&request->server->is_stopping)) {
        add_header(outgoing, request, "Connection", TEXT("close"));
    }
    add_security_headers(outgoing, request);
}

static enum MHD_Result send_response(struct request *request) {
    struct response *response = &request->response;
    assert(response->http_status >= 200);
    struct MHD_Response *outgoing = NULL;
    struct stat file;
    uint64_t length = response->body.length;
    if (response->file >= 0 && fstat(response->file, &file) == 0) {
        length = (uint64_t)(response->file_length > 0 ? response->file_length : file.st_size);
        outgoing =
            MHD_create_response_from_fd_at_offset64(length, response->file, (uint64_t)response->file_first);
    } else {
        void *bytes = (void *)(uintptr_t)response->body.at; /* not written to: MHD_RESPMEM_PERSISTENT */
        outgoing = MHD_create_response_from_buffer(response->body.length, bytes, MHD_RESPMEM_PERSISTENT);
    }
    if (outgoing == NULL) {
        return MHD_NO;
    }
    request->is_answered = true;
    add_headers(outgoing, request);
    watchdog_enter(request->server, request->watched, WATCHED_SENDING);
    watchdog_allow(request->server, request->watched, (int64_t)length);
    enum MHD_Result result =
        MHD_queue_response(request->connection, (unsigned int)response->http_status, outgoing);
    MHD_destroy_response(outgoing);
    return result;
}

static enum MHD_Result respond_too_large(struct request *request) {
    problem_respond_now(request, 413, STATUS_TOO_LARGE, "body-too-large", NULL, TEXT(""),
                        request->body_limit == REQUEST_BODY_BYTES_MAX ? "The body has at most 1 MiB here."
                        : request->body_limit == REQUEST_IMPORT_BYTES_MAX
                            ? "The body has at most 10 MiB here."
                            : "The body has at most 16 GiB here.");
    return send_response(request);
}

/* All of the request is here. */
static enum MHD_Result handle_whole(struct request *request) {
    if (request->response.http_status != 0) { /* refused early, or resumed by a worker */
        return send_response(request);
    }
    if (request->body_too_large) {
        return respond_too_large(request);
    }
    if ((request->route->flags & ROUTE_AT_ONCE) != 0) {
        struct fault fault;
        enum status status = router_check_query(request, &fault);
        if (status == STATUS_OK) {
            status = request->route->handle(request, &request->response, &fault);
        }
        if (status != STATUS_OK) {
            problem_respond(request, &fault);
        }
        response_finish(&request->response);
        return send_response(request);
    }
    push_request(request);
    return MHD_YES;
}

static enum MHD_Result handle_access(void *argument, struct MHD_Connection *connection, const char *path,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_bytes, void **context) {
    (void)argument;
    (void)connection;
    (void)path;
    (void)version;
    struct request *request = *context;
    if (request == NULL) {
        return MHD_NO;
    }
    if (!request->is_begun) {
        begin_handling(request, method);
        begin_upload(request);
        return MHD_YES;
    }
    if (request->upload_phase == UPLOAD_ADMITTING) { /* resumed: the body may come, or need not */
        receive_upload(request);
        if (request->response.http_status != 0 && request->headers.expect.length > 0) {
            return send_response(request);
        }
        if (*upload_bytes == 0) {
            return MHD_YES;
        }
    }
    if (*upload_bytes > 0) {
        bool goes_on = take_body(request, upload, *upload_bytes);
        *upload_bytes = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return handle_whole(request);
}

void connections_resume(struct request *request) {
    MHD_resume_connection(request->connection);
}

static void log_trouble(void *argument, const char *format, va_list arguments) {
    struct web_server *server = argument;
    char message[256];
    vsnprintf(message, sizeof message, format, arguments);
    message[strcspn(message, "\n")] = '\0';
    access_log_note(server, "warning", message);
}

enum status connections_start(struct web_server *server, struct fault *fault) {
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_ITC, 0, NULL,
        NULL, handle_access, server, MHD_OPTION_EXTERNAL_LOGGER, log_trouble, server,
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned int)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_URI_LOG_CALLBACK,
        begin_request, server, MHD_OPTION_NOTIFY_COMPLETED, end_request, server, MHD_OPTION_NOTIFY_CONNECTION,
        notice_connection, server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (server->daemon == NULL) {
        return fault_set(fault, STATUS_INTERNAL, "http-refused", NULL, TEXT(""),
                         "The HTTP server could not be started.");
    }
    return STATUS_OK;
}

void connections_stop_listening(struct web_server *server) {
    int fd = MHD_quiesce_daemon(server->daemon);
    if (fd >= 0) {
        /* libmicrohttpd's thread may be at its accept still: the number stays ours until it has ended. */
        shutdown(fd, SHUT_RDWR);
    }
    server->listen_fd = fd;
}

void connections_stop(struct web_server *server) {
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
        server->daemon = NULL;
    }
}
