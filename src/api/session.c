/* Signing in, out, and who I am. */
#include "api/routes.h"

#include "programme/access/sign_in.h"
#include "programme/call/authorise.h"
#include "web/authenticate.h"
#include "web/client_limits.h"
#include "json/represent.h"

static void write_session(struct json_writer *out, const struct user_view *user, int64_t expires_at_us) {
    json_write_open(out, NULL);
    represent_user(out, "user", user);
    json_write_instant(out, "expires_at", expires_at_us);
    json_write_close(out);
}

static enum status read_sign_in(struct request *request, struct sign_in_input *input, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    *input = (struct sign_in_input){
        .address = client_address(request),
        .known = known_mark(request),
        .email = json_read_text(&body, "email", JSON_REQUIRED),
        .password = json_read_text(&body, "password", JSON_REQUIRED),
    };
    return request_json_done(&document, &body);
}

static enum status post_session(struct request *request, struct response *response, struct fault *fault) {
    struct sign_in_input input;
    struct sign_in_result result;
    TRY(read_sign_in(request, &input, fault));
    TRY(sign_in(&request->call, &input, &result, fault));
    response->set_cookie = session_cookie(request, result.token, result.expires_at_us);
    response->set_known_cookie = known_cookie(request, result.known);
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
    TRY(show_account(call, account_id, &account, fault));
    struct user_view user;
    bool is_user = call->actor.kind == ACTOR_USER;
    if (is_user) {
        struct actor actor;
        TRY(find_session(call, request->session_token, &actor, &user, fault));
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
        TRY(sign_out(&request->call, request->session_token, fault));
        response->set_cookie = session_cookie(request, TEXT(""), 0);
    }
    response->http_status = 204;
    return STATUS_OK;
}

static enum status post_password(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct change_password_input input = {
        .old_password = json_read_text(&body, "old_password", JSON_REQUIRED),
        .new_password = json_read_text(&body, "new_password", JSON_REQUIRED),
        .session_token = request->session_token,
    };
    TRY(request_json_done(&document, &body));
    if (request->call.actor.kind != ACTOR_USER) {
        TRY(fault_set(fault, STATUS_FORBIDDEN, "not-a-user", NULL, TEXT(""),
                      "A token has no password to change."));
    }
    TRY(change_password(&request->call, &input, fault));
    response->http_status = 204;
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_POST, "/v1/session", 0, ROUTE_PUBLIC | ROUTE_NO_REPLAY | ROUTE_PASSWORD, "", post_session},
    {METHOD_GET, "/v1/session", 0, 0, "", get_session},
    {METHOD_DELETE, "/v1/session", 0, 0, "", delete_session},
    {METHOD_POST, "/v1/session/password", 0, ROUTE_NO_REPLAY | ROUTE_PASSWORD, "", post_password},
};
const struct route_group SESSION_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
