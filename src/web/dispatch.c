/* Dispatch: what happens to every request on a worker, in this order: what it claims to be, who sends it,
 * whether that one may, the use case (under its Idempotency-Key), the answer. */
#include "web/web_private.h"

#include "machine/random.h"
#include "web/authenticate.h"
#include "web/problem.h"
#include "web/router.h"
#include "web/uploads.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool has_media_type(struct text content_type, const char *wanted) {
    struct text type = content_type;
    const char *end = memchr(type.at, ';', type.length);
    if (end != NULL) {
        type.length = (size_t)(end - type.at);
    }
    type = text_trim(type);
    size_t length = strlen(wanted);
    return type.length == length && strncasecmp(type.at, wanted, length) == 0;
}

/* A body comes as what the route reads. */
static enum status check_content_type(struct request *request, struct fault *fault) {
    bool is_upload = (request->route->flags & ROUTE_UPLOAD) != 0;
    if (request->body_length == 0 && !is_upload) {
        return STATUS_OK;
    }
    bool is_image = strstr(request->route->pattern, "/logo") != NULL;
    const char *wanted = is_upload                                     ? "application/octet-stream"
                         : is_image                                    ? "image/png"
                         : (request->route->flags & ROUTE_IMPORT) != 0 ? "text/csv"
                                                                       : "application/json";
    if (has_media_type(request->headers.content_type, wanted)) {
        return STATUS_OK;
    }
    return request_fault(request, 415, fault, STATUS_INVALID, "wrong-content-type", "Content-Type",
                         request->headers.content_type,
                         text_format(&request->arena, "Content-Type: send %s here.", wanted).at);
}

/* `"7"` as we gave it; * means any, a weak or another's tag none. */
static enum status read_if_match(struct request *request, struct fault *fault) {
    struct text tag = text_trim(request->headers.if_match);
    if (tag.length == 0) {
        if ((request->route->flags & ROUTE_VERSIONED) == 0) {
            return STATUS_OK;
        }
        return request_fault(
            request, 428, fault, STATUS_INVALID, "version-needed", "If-Match", TEXT(""),
            "If-Match: send the ETag of what you read, so that nobody's change is overwritten.");
    }
    if (text_is(tag, "*")) {
        return STATUS_OK;
    }
    int64_t version = 0;
    bool is_quoted = tag.length > 2 && tag.at[0] == '"' && tag.at[tag.length - 1] == '"';
    if (!is_quoted || !text_to_int64((struct text){tag.at + 1, tag.length - 2}, &version) || version < 1) {
        return fault_set(fault, STATUS_STALE, "stale", "If-Match", tag,
                         "If-Match: this is no ETag of the present version; read it again.");
    }
    request->if_version = version;
    return STATUS_OK;
}

static enum status check_rights(struct request *request, struct fault *fault) {
    unsigned missing = request->route->right & ~request->call.actor.rights;
    if (missing == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "right-missing", NULL, TEXT(""),
                     "This needs a right that the user's role, or the token's scopes, do not have.");
}

/* A page of another site that has its name point here comes with that name. */
static bool is_local_name(struct text host) {
    return text_starts_with(host, TEXT("127.")) || text_starts_with(host, TEXT("localhost")) ||
           text_starts_with(host, TEXT("[::1]"));
}

static enum status check_metrics_access(struct request *request, struct fault *fault) {
    struct text token = request->server->options->metrics_token;
    struct text given = bearer_token(request);
    if (token.length > 0 && given.length == token.length &&
        sodium_memcmp(token.at, given.at, token.length) == 0) {
        return STATUS_OK;
    }
    if (request->is_local && !request->headers.is_forwarded && is_local_name(request->headers.host) &&
        given.length == 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "not-local", "Authorization", TEXT(""),
                     "Metrics are read from this machine, or with the metrics token.");
}

static enum status check_who(struct request *request, struct fault *fault) {
    if ((request->route->flags & ROUTE_METRICS) != 0) {
        return check_metrics_access(request, fault);
    }
    if ((request->route->flags & ROUTE_PUBLIC) != 0) {
        return request->method == METHOD_GET ? STATUS_OK : require_same_site(request, fault);
    }
    enum status status = authenticate(request, fault);
    return status == STATUS_OK ? check_rights(request, fault) : status;
}

static enum status handle(struct request *request, struct fault *fault) {
    request->query_count = 0; /* an upload comes here twice */
    enum status status = router_check_query(request, fault);
    if (status == STATUS_OK) {
        status = check_who(request, fault);
    }
    if (status == STATUS_OK) {
        status = check_content_type(request, fault);
    }
    if (status == STATUS_OK) {
        status = read_if_match(request, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (request->upload_phase == UPLOAD_ADMITTING) {
        return upload_admit(request, fault);
    }
    bool is_kept = request->method == METHOD_POST &&
                   (request->route->flags & (ROUTE_NO_REPLAY | ROUTE_PUBLIC)) == 0 &&
                   request->headers.idempotency_key.length > 0;
    return is_kept ? idempotency_handle(&request->server->running, request, fault)
                   : request->route->handle(request, &request->response, fault);
}

/* Whether the client holds this version already. */
static bool is_unchanged(const struct request *request) {
    const struct response *response = &request->response;
    struct text tags = request->headers.if_none_match;
    if (request->method != METHOD_GET || response->http_status != 200 || response->changes_unversioned ||
        response->etag.length == 0 || tags.length == 0) {
        return false;
    }
    return text_is(tags, "*") ||
           memmem(tags.at, tags.length, response->etag.at, response->etag.length) != NULL;
}

void dispatch(struct worker *worker, struct request *request) {
    assert(request->route != NULL);
    request->call = (struct call){
        .db = worker->db,
        .arena = &request->arena,
        .now_us = web_server_now_us(request->server),
        .secret = request->server->options->secret,
        .random = machine_random_source(),
        .artifacts = request->server->options->artifacts,
    };
    struct fault fault;
    enum status status = handle(request, &fault);
    if (status == STATUS_OK) {
        response_finish(&request->response);
        if (is_unchanged(request)) {
            if (request->response.file >= 0) {
                close(request->response.file);
            }
            request->response = (struct response){.http_status = 304,
                                                  .file = -1,
                                                  .etag = request->response.etag,
                                                  .is_secret = request->response.is_secret};
        }
    } else {
        problem_respond(request, &fault);
    }
    if (db_in_transaction(worker->db)) {
        db_rollback(worker->db);
    }
    if (status == STATUS_INTERNAL) {
        worker->db_is_suspect = true;
        atomic_fetch_add(&request->server->metrics.db_errors, 1);
    }
    request->call.db = NULL;
}
