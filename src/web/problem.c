/* `type` is the stable address of the fault's code, relative to the server: "/problems/seats-beyond-block".
 * It is opened by no program and documented in openapi.yaml; `detail` is for a person and may change. */
#include "web/problem.h"

#include "json/represent.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct mapping {
    enum status status;
    int http_status;
    const char *title;
};

static const struct mapping MAPPINGS[] = {
    {STATUS_OK, 200, "OK"},
    {STATUS_INVALID, 422, "The input is wrong"},
    {STATUS_UNAUTHENTICATED, 401, "Sign in first"},
    {STATUS_FORBIDDEN, 403, "This is not yours to do"},
    {STATUS_NOT_FOUND, 404, "There is no such thing"},
    {STATUS_CONFLICT, 409, "This does not go in the present state"},
    {STATUS_STALE, 412, "Somebody else has changed it"},
    {STATUS_TOO_LARGE, 413, "This is too large"},
    {STATUS_LIMITED, 429, "Too often"},
    {STATUS_BUSY, 503, "Somebody else is at it"},
    {STATUS_INTERNAL, 500, "Something failed on our side"},
};

enum { RETRY_AFTER_BUSY_S = 2, RETRY_AFTER_LIMITED_S = 60 };

static const struct mapping *mapping_of(enum status status) {
    for (size_t i = 0; i < sizeof MAPPINGS / sizeof *MAPPINGS; i++) {
        if (MAPPINGS[i].status == status) {
            return &MAPPINGS[i];
        }
    }
    return &MAPPINGS[sizeof MAPPINGS / sizeof *MAPPINGS - 1];
}

/* Headers repeat what a client acts on without reading the document. */
static void set_headers(struct response *response, enum status status, int http_status) {
    if (http_status == 401) {
        response->is_signature_asked = true;
    }
    if (status == STATUS_BUSY) {
        response->retry_after_s = RETRY_AFTER_BUSY_S;
    } else if (status == STATUS_LIMITED) {
        response->retry_after_s = RETRY_AFTER_LIMITED_S;
    }
}

/* What an ambiguous word may have meant. */
static void write_choices(struct json_writer *out, const struct fault *fault) {
    if (fault->status == STATUS_INTERNAL || fault->choice_count == 0) {
        return;
    }
    json_write_open_array(out, "choices");
    for (size_t i = 0; i < fault->choice_count; i++) {
        json_write_open(out, NULL);
        json_write_string(out, "id", fault->choices[i].identifier);
        json_write_text_or_null(out, "path", text_of(fault->choices[i].path));
        json_write_close(out);
    }
    json_write_close_array(out);
}

void problem_respond(struct request *request, const struct fault *fault) {
    const struct mapping *mapping = mapping_of(fault->status);
    int http_status = request->http_override != 0 ? request->http_override : mapping->http_status;
    assert(http_status >= 400 && http_status < 600);
    bool is_inside = fault->status == STATUS_INTERNAL;
    if (is_inside) {
        snprintf(request->internal, sizeof request->internal, "%.60s: %.440s", fault->code, fault->message);
    }
    struct response *response = &request->response;
    *response = (struct response){.file = -1,
                                  .allow = response->allow,
                                  .content_range = response->content_range,
                                  .accept_ranges = response->accept_ranges};
    struct json_writer *out = response_json(response, request, http_status);
    response->content_type = TEXT("application/problem+json");
    json_write_open(out, NULL);
    json_write_text(out, "type",
                    text_format(&request->arena, "/problems/%s", is_inside ? "internal" : fault->code));
    json_write_string(out, "title", mapping->title);
    json_write_int(out, "status", http_status);
    json_write_string(out, "detail",
                      is_inside ? "It has been noted under this request's id; nothing has been changed."
                                : fault->message);
    if (!is_inside && fault->field[0] != '\0') {
        json_write_string(out, "field", fault->field);
    }
    if (!is_inside && fault->value[0] != '\0') {
        json_write_string(out, "value", fault->value);
    }
    write_choices(out, fault);
    if (request->problems != NULL && request->problems->count > 0) {
        represent_import_problems(out, "problems", request->problems);
    }
    json_write_string(out, "request_id", request->id);
    json_write_close(out);
    response->body = json_written(out);
    set_headers(response, fault->status, http_status);
}

void problem_respond_now(struct request *request, int http_status, enum status status, const char *code,
                         const char *field, struct text value, const char *message) {
    struct fault fault;
    enum status ignored = request_fault(request, http_status, &fault, status, code, field, value, message);
    (void)ignored;
    problem_respond(request, &fault);
}
