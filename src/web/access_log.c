/* Access log: a line of JSON per request, written in one piece.
 *
 * No secret is in it: no query, no header but the agent's name, no body, and of a path whose segment could be
 * a licence key only the route's pattern. */
#include "web/web_private.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "programme/call/authorise.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOGGED_BYTES_MAX = 200 };

static struct text shorten_text(struct text text) {
    size_t length = text.length < LOGGED_BYTES_MAX ? text.length : LOGGED_BYTES_MAX;
    while (length > 0 && length < text.length && ((unsigned char)text.at[length] & 0xC0) == 0x80) {
        length--;
    }
    struct text shortened = {text.at, length};
    return text_is_valid_utf8(shortened) ? shortened : TEXT("?");
}

/* Identifiers of ours are no secrets; anything else in a path may be one. */
static bool may_log_path(const struct request *request) {
    if (request->route == NULL) {
        return false;
    }
    for (size_t i = 0; i < request->parameter_count; i++) {
        struct text parameter = request->parameters[i];
        bool is_identifier = parameter.length == IDENTIFIER_BYTES - 1 && parameter.at[3] == '_';
        bool is_short = parameter.length <= 12;
        if (!is_identifier && !is_short) {
            return false;
        }
    }
    return true;
}

static void write_line(int fd, struct text line) {
    while (line.length > 0) {
        ssize_t written = write(fd, line.at, line.length);
        if (written <= 0) {
            return;
        }
        line = (struct text){line.at + written, line.length - (size_t)written};
    }
}

void access_log_write(const struct request *request, int64_t duration_us, bool was_cut) {
    struct arena arena;
    arena_init(&arena);
    struct json_writer out = {.arena = &arena};
    json_write_open(&out, NULL);
    json_write_text(&out, "time", instant_format(&arena, request->server->now_us()));
    json_write_string(&out, "request_id", request->id);
    json_write_text(&out, "method", shorten_text(request->method_text));
    json_write_string(&out, "route", request->route == NULL ? "none" : request->route->pattern);
    if (may_log_path(request)) {
        json_write_text(&out, "path", shorten_text(request->path));
    }
    json_write_int(&out, "status", was_cut ? 499 : request->response.http_status);
    json_write_int(&out, "duration_us", duration_us);
    json_write_int(&out, "bytes_in", (int64_t)request->body_seen);
    json_write_int(&out, "bytes_out", (int64_t)request->response.body.length);
    json_write_text(&out, "address", shorten_text(request->address));
    if (request->call.actor.id != 0) {
        struct call call = request->call;
        call.arena = &arena;
        json_write_text(&out, "actor", actor_text(&call));
    }
    json_write_text(&out, "user_agent", shorten_text(request->headers.user_agent));
    if (request->response.is_replay) {
        json_write_bool(&out, "replayed", true);
    }
    if (request->internal[0] != '\0') {
        json_write_string(&out, "failure", request->internal);
    }
    json_write_close(&out);
    struct text written = json_written(&out);
    struct text line = text_format(&arena, "%.*s\n", TEXT_ARGS(written));
    write_line(request->server->options->log_fd, line);
    arena_clean_up(&arena);
}

void access_log_note(const struct web_server *server, const char *level, const char *message) {
    struct arena arena;
    arena_init(&arena);
    struct json_writer out = {.arena = &arena};
    json_write_open(&out, NULL);
    json_write_text(&out, "time", instant_format(&arena, server->now_us()));
    json_write_string(&out, "level", level);
    json_write_text(&out, "message", shorten_text(text_of(message)));
    json_write_close(&out);
    struct text written = json_written(&out);
    write_line(server->options->log_fd, text_format(&arena, "%.*s\n", TEXT_ARGS(written)));
    arena_clean_up(&arena);
}
