/* Dispatch: what happens to every request on a worker, in this order: what it claims to be, who sends it,
 * whether that one may, the use case (under its Idempotency-Key), the response. */
#include "web/web_private.h"

#include "machine/client_address.h"
#include "machine/random.h"
#include "web/authenticate.h"
#include "web/problem.h"
#include "web/router.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool has_media_type(struct text content_type, const char *wanted) {
    struct text type = text_trim(text_take_until(&content_type, ';'));
    size_t length = strlen(wanted);
    return type.length == length && strncasecmp(type.at, wanted, length) == 0;
}

/* A body comes as what the route reads. */
static enum status check_content_type(struct request *request, struct fault *fault) {
    bool is_upload = (request->route->flags & ROUTE_UPLOAD) != 0;
    if (request->body_length == 0 && !is_upload && !request->body_is_asked_for) {
        return STATUS_OK;
    }
    const char *wanted = is_upload                                     ? "application/octet-stream"
                         : (request->route->flags & ROUTE_IMAGE) != 0  ? "image/png"
                         : (request->route->flags & ROUTE_IMPORT) != 0 ? "text/csv"
                                                                       : "application/json";
    if (has_media_type(request->headers.content_type, wanted)) {
        return STATUS_OK;
    }
    return request_fault(
        request, 415, fault, STATUS_INVALID, "wrong-content-type", "Content-Type",
        request->headers.content_type,
        text_format(&request->arena, "Send %s here, and say so in Content-Type.", wanted).at);
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
            "Send the ETag of what you read as If-Match, so that nobody's change is overwritten.");
    }
    if (text_is(tag, "*")) {
        return STATUS_OK;
    }
    int64_t version = 0;
    bool is_quoted = tag.length > 2 && tag.at[0] == '"' && tag.at[tag.length - 1] == '"';
    if (!is_quoted || !text_to_int64((struct text){tag.at + 1, tag.length - 2}, &version) || version < 1) {
        return fault_set(fault, STATUS_STALE, "stale", "If-Match", tag,
                         "This is no ETag of the present version: read it again.");
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

static enum status check_metrics_access(struct request *request, struct fault *fault) {
    struct text token = request->server->options->metrics_token;
    struct text given = bearer_token(request);
    if (token.length > 0 && given.length == token.length &&
        sodium_memcmp(token.at, given.at, token.length) == 0) {
        return STATUS_OK;
    }
    if (request->is_local && !request->headers.is_forwarded &&
        host_names_this_machine(request->headers.host) && given.length == 0) {
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
    TRY(authenticate(request, fault));
    return check_rights(request, fault);
}

static bool is_replayable(const struct request *request) {
    return request->method == METHOD_POST &&
           (request->route->flags & (ROUTE_NO_REPLAY | ROUTE_PUBLIC)) == 0 &&
           request->headers.idempotency_key.length > 0;
}

static enum status handle_request(struct request *request, struct fault *fault) {
    request->query_count = 0; /* a large body comes here twice */
    TRY(router_check_query(request, fault));
    TRY(check_who(request, fault));
    TRY(check_content_type(request, fault));
    TRY(read_if_match(request, fault));
    if (request->body_is_asked_for) {
        return STATUS_OK; /* the rest with the body */
    }
    return is_replayable(request) ? idempotency_handle(&request->server->running, request, fault)
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

static void respond_unchanged(struct request *request) {
    if (request->response.file >= 0) {
        close(request->response.file);
    }
    request->response = (struct response){.http_status = 304,
                                          .file = -1,
                                          .etag = request->response.etag,
                                          .is_secret = request->response.is_secret};
}

enum status dispatch(struct db *db, struct request *request) {
    assert(request->route != NULL);
    request->call = (struct call){
        .db = db,
        .arena = &request->arena,
        .now_us = request->server->now_us(),
        .secret = request->server->options->secret,
        .random = machine_random_source(),
        .artifacts = request->server->options->artifacts,
        .beats = true,
    };
    struct fault fault;
    enum status status = handle_request(request, &fault);
    if (status != STATUS_OK) {
        problem_respond(request, &fault);
    } else {
        response_finish(&request->response);
        if (is_unchanged(request)) {
            respond_unchanged(request);
        }
    }
    if (db_in_transaction(db)) {
        db_rollback(db);
    }
    request->call.db = NULL;
    return status;
}
