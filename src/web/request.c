/* Handlers read a request and fill its response with these; none of them touches the store. */
#include "web/request.h"

#include "web/cursor.h"
#include "web/web_private.h"

#include <assert.h>
#include <inttypes.h>
#include <strings.h>

enum status request_fault(struct request *request, int http_status, struct fault *fault, enum status status,
                          const char *code, const char *field, struct text value, const char *message) {
    request->http_override = http_status;
    return fault_set(fault, status, code, field, value, "%s", message);
}

bool request_is_admitting(const struct request *request) {
    return request->upload_phase == UPLOAD_ADMITTING || request->body_is_asked_for;
}

struct text request_query(const struct request *request, const char *name) {
    assert(route_takes_query(request->route, text_of(name)));
    for (size_t i = 0; i < request->query_count; i++) {
        if (text_is(request->query[i].name, name)) {
            return request->query[i].value;
        }
    }
    return TEXT("");
}

struct text request_parameter(const struct request *request, const char *name) {
    struct text pattern = text_of(request->route->pattern);
    size_t index = 0;
    while (pattern.length > 0) {
        struct text segment = text_take_until(&pattern, '/');
        if (segment.length < 2 || segment.at[0] != '{') {
            continue;
        }
        if (text_is((struct text){segment.at + 1, segment.length - 2}, name)) {
            assert(index < request->parameter_count);
            return request->parameters[index];
        }
        index++;
    }
    assert(false && "a placeholder of the pattern");
    return TEXT("");
}

enum status request_query_bool(const struct request *request, const char *name, bool *value,
                               struct fault *fault) {
    struct text word = request_query(request, name);
    bool yes = text_is(word, "true") || text_is(word, "1");
    if (word.length > 0 && !yes && !text_is(word, "false") && !text_is(word, "0")) {
        return fault_set(fault, STATUS_INVALID, "malformed-parameter", name, word,
                         "Give %s as true or false.", name);
    }
    *value = yes;
    return STATUS_OK;
}

enum status request_page(const struct request *request, struct page *page, struct fault *fault) {
    *page = (struct page){0};
    struct text limit = request_query(request, "limit");
    int64_t wanted = PAGE_LIMIT_DEFAULT;
    if (limit.length > 0 && (!text_to_int64(limit, &wanted) || wanted < 1 || wanted > PAGE_LIMIT_MAX)) {
        return fault_set(fault, STATUS_INVALID, "malformed-limit", "limit", limit,
                         "Give a limit from 1 to %d.", PAGE_LIMIT_MAX);
    }
    page->limit = (int32_t)wanted;
    struct text cursor = request_query(request, "cursor");
    return cursor.length == 0 ? STATUS_OK : cursor_parse(request, cursor, &page->after_id, fault);
}

enum status request_json(struct request *request, struct json_document *document, struct json_object *root,
                         struct fault *fault) {
    struct text body = {request->body_at == NULL ? "" : request->body_at, request->body_length};
    enum status status = json_parse(&request->arena, body, document, root, fault);
    if (status != STATUS_OK) {
        request->http_override = 400;
    }
    return status;
}

enum status request_json_done(struct json_document *document, struct json_object *root) {
    json_done(root);
    enum status status = document->status;
    json_free(document);
    return status;
}

enum status request_no_fields(struct request *request, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    return request_json_done(&document, &body);
}

enum status request_text(const struct request *request, struct text *text, struct fault *fault) {
    struct text body = {request->body_at == NULL ? "" : request->body_at, request->body_length};
    if (!text_is_valid_utf8(body)) {
        return fault_set(fault, STATUS_INVALID, "malformed-utf8", "", TEXT(""),
                         "The body is not UTF-8, or has a zero byte in it.");
    }
    *text = body;
    return STATUS_OK;
}

struct json_writer *response_json(struct response *response, struct request *request, int http_status) {
    response->http_status = http_status;
    response->content_type = TEXT("application/json");
    response->json = (struct json_writer){.arena = &request->arena};
    return &response->json;
}

void response_finish(struct response *response) {
    if (response->json.arena != NULL && response->body.at == NULL) {
        response->body = json_written(&response->json);
    }
}

struct json_writer *response_begin_items(struct response *response, struct request *request,
                                         int http_status) {
    struct json_writer *out = response_json(response, request, http_status);
    json_write_open(out, NULL);
    json_write_open_array(out, "items");
    return out;
}

void response_end_items(struct json_writer *writer) {
    json_write_close_array(writer);
    json_write_close(writer);
}

void response_end_page(struct request *request, struct json_writer *writer, int64_t next_after) {
    json_write_close_array(writer);
    if (next_after > 0) {
        json_write_text(writer, "next", cursor_make(request, next_after));
    } else {
        json_write_null(writer, "next");
    }
    json_write_close(writer);
}

void response_version(struct response *response, struct request *request, int64_t version) {
    assert(version >= 0);
    response->etag = text_format(&request->arena, "\"%" PRId64 "\"", version);
}

struct request_clock request_clock(const struct request *request) {
    return (struct request_clock){request->server->now_us};
}

bool request_prefers_async(const struct request *request) {
    static const char WORD[] = "respond-async";
    struct text left = request->headers.prefer;
    while (left.length > 0) {
        struct text preference = text_trim(text_take_until(&left, ','));
        struct text word = text_trim(text_take_until(&preference, ';'));
        if (word.length == sizeof WORD - 1 && strncasecmp(word.at, WORD, word.length) == 0) {
            return true;
        }
    }
    return false;
}

void response_location(struct response *response, struct request *request, const char *collection,
                       struct text identifier) {
    response->location = text_format(&request->arena, "%s%.*s", collection, TEXT_ARGS(identifier));
}
