/* Signing in, out, and who I am. */
#include "api/routes.h"

#include "machine/clock.h"
#include "programme/access/sign_in.h"
#include "programme/call/authorise.h"
#include "web/authenticate.h"
#include "web/web_private.h"
#include "json/represent.h"

/* A client's address counts against it where we know that it is the client's and not a proxy's on this host.
 */
static struct text counted_address(const struct request *request) {
    bool is_known = !request->is_local || request->server->options->trust_forwarded;
    return is_known ? request->address : TEXT("");
}

static void write_session(struct json_writer *out, const struct user_view *user, int64_t expires_at_us) {
    json_write_open(out, NULL);
    represent_user(out, "user", user);
    json_write_instant(out, "expires_at", expires_at_us);
    json_write_close(out);
}

static enum status post_session(struct request *request, struct response *response, struct fault *fault) {
    struct sign_in_input input = {.address = counted_address(request)};
    if (input.address.length > 0 &&
        !rate_limit_take(&request->server->sign_ins_by_address, input.address, machine_monotonic_us())) {
        atomic_fetch_add(&request->server->metrics.limited, 1);
        return fault_set(fault, STATUS_LIMITED, "sign-in-limited", NULL, TEXT(""),
                         "Too many sign-ins from this address: wait a minute.");
    }
    struct json_document document;
    struct json_object body;
    enum status status = request_json(request, &document, &body, fault);
    if (status != STATUS_OK) {
        return status;
    }
    input.email = json_read_text(&body, "email", JSON_REQUIRED);
    input.password = json_read_text(&body, "password", JSON_REQUIRED);
    status = request_json_done(&document, &body);
    struct sign_in_result result;
    if (status == STATUS_OK) {
        status = sign_in(&request->call, &input, &result, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    response->set_cookie = session_cookie(request, result.token, result.expires_at_us);
    write_session(response_json(response, request, 201), &result.user, result.expires_at_us);
    response->location = TEXT("/v1/session");
    return STATUS_OK;
}

static void write_rights(struct json_writer *out, unsigned rights) {
    json_write_open_array(out, "rights");
    for (size_t i = 0; i < RIGHT_COUNT; i++) {
        if ((rights & RIGHT_WORDS[i].right) != 0) {
            json_write_string(out, NULL, RIGHT_WORDS[i].word);
        }
    }
    json_write_close_array(out);
}

static enum status get_session(struct request *request, struct response *response, struct fault *fault) {
    struct call *call = &request->call;
    struct account_view account;
    struct text account_id = identifier_text(call, IDENTIFIER_ACCOUNT, call->actor.account_id);
    enum status status = show_account(call, account_id, &account, fault);
    struct user_view user;
    bool is_user = call->actor.kind == ACTOR_USER;
    if (status == STATUS_OK && is_user) {
        struct actor actor;
        status = find_session(call, request->session_token, &actor, &user, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_text(out, "actor", actor_text(call));
    write_rights(out, call->actor.rights);
    represent_account(out, "account", &account);
    if (is_user) {
        represent_user(out, "user", &user);
    } else {
        json_write_null(out, "user");
    }
    json_write_close(out);
    return STATUS_OK;
}

static enum status delete_session(struct request *request, struct response *response, struct fault *fault) {
    if (request->by_cookie) {
        enum status status = sign_out(&request->call, request->session_token, fault);
        if (status != STATUS_OK) {
            return status;
        }
        response->set_cookie = session_cookie(request, TEXT(""), 0);
    }
    response->http_status = 204;
    return STATUS_OK;
}

static enum status post_password(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    enum status status = request_json(request, &document, &body, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct change_password_input input = {
        .old_password = json_read_text(&body, "old_password", JSON_REQUIRED),
        .new_password = json_read_text(&body, "new_password", JSON_REQUIRED),
        .session_token = request->session_token,
    };
    status = request_json_done(&document, &body);
    if (status == STATUS_OK && request->call.actor.kind != ACTOR_USER) {
        status = fault_set(fault, STATUS_FORBIDDEN, "not-a-user", NULL, TEXT(""),
                           "A token has no password to change.");
    }
    if (status == STATUS_OK) {
        status = change_password(&request->call, &input, fault);
    }
    if (status == STATUS_OK) {
        response->http_status = 204;
    }
    return status;
}

static const struct route ROUTES[] = {
    {METHOD_POST, "/v1/session", 0, ROUTE_PUBLIC | ROUTE_NO_REPLAY, "", post_session},
    {METHOD_GET, "/v1/session", 0, 0, "", get_session},
    {METHOD_DELETE, "/v1/session", 0, 0, "", delete_session},
    {METHOD_POST, "/v1/session/password", 0, ROUTE_NO_REPLAY, "", post_password},
};
const struct route_group SESSION_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
