/* Signing in, out, and who I am. */
#include "api/routes.h"

#include "programme/access/sign_in.h"
#include "programme/call/authorise.h"
#include "web/authenticate.h"
#include "web/client_limits.h"
#include "json/represent.h"

static void write_own_users(struct json_writer *out, const struct own_users *users) {
    json_write_open_array(out, "users");
    for (size_t i = 0; i < users->count; i++) {
        represent_user(out, NULL, &users->items[i]);
    }
    json_write_close_array(out);
}

static void write_session(struct json_writer *out, const struct sign_in_result *session) {
    json_write_open(out, NULL);
    represent_user(out, "user", &session->user);
    write_own_users(out, &session->users);
    json_write_instant(out, "expires_at", session->expires_at_us);
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
        .account = json_read_text(&body, "account", JSON_OPTIONAL),
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
    write_session(response_json(response, request, 201), &result);
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

/* Who the call's actor is. */
static enum status respond_actor(struct request *request, struct response *response, struct fault *fault) {
    struct call *call = &request->call;
    struct account_view account;
    struct own_users users = {0};
    struct text account_id = identifier_text(call, IDENTIFIER_ACCOUNT, call->actor.account_id);
    TRY(show_account(call, account_id, &account, fault));
    bool is_user = call->actor.kind == ACTOR_USER;
    if (is_user) {
        TRY(list_own_users(call, &users, fault));
    }
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_text(out, "actor", actor_text(call));
    write_rights(out, call->actor.rights);
    represent_account(out, "account", &account);
    const struct user_view *own = NULL;
    for (size_t i = 0; i < users.count; i++) {
        own = users.items[i].id == call->actor.id ? &users.items[i] : own;
    }
    if (own != NULL) {
        represent_user(out, "user", own);
    } else {
        json_write_null(out, "user");
    }
    write_own_users(out, &users);
    json_write_close(out);
    return STATUS_OK;
}

static enum status get_session(struct request *request, struct response *response, struct fault *fault) {
    return respond_actor(request, response, fault);
}

static enum status patch_session(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    struct user_view user;
    TRY(request_json(request, &document, &body, fault));
    struct switch_account_input input = {
        .session_token = request->session_token,
        .account = json_read_text(&body, "account", JSON_REQUIRED),
    };
    TRY(request_json_done(&document, &body));
    TRY(switch_account(&request->call, &input, &user, fault));
    TRY(find_session(&request->call, request->session_token, &request->call.actor, &user, fault));
    return respond_actor(request, response, fault);
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
    TRY(change_password(&request->call, &input, fault));
    response->http_status = 204;
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_POST, "/v1/session", 0, ROUTE_PUBLIC | ROUTE_NO_REPLAY | ROUTE_PASSWORD, "", post_session},
    {METHOD_GET, "/v1/session", 0, 0, "", get_session},
    {METHOD_PATCH, "/v1/session", 0, 0, "", patch_session},
    {METHOD_DELETE, "/v1/session", 0, 0, "", delete_session},
    {METHOD_POST, "/v1/session/password", 0, ROUTE_NO_REPLAY | ROUTE_PASSWORD, "", post_password},
};
const struct route_group SESSION_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
