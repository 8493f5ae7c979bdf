/* Users and invitations, API tokens, the audit trail. */
#include "api/routes.h"

#include "programme/access/invitations.h"
#include "web/client_limits.h"
#include "json/represent.h"

static void respond_user(struct request *request, struct response *response, int http_status,
                         const struct user_view *user) {
    response_version(response, request, user->version);
    represent_user(response_json(response, request, http_status), NULL, user);
}

static enum status get_users(struct request *request, struct response *response, struct fault *fault) {
    struct page asked;
    struct user_page page;
    TRY(request_page(request, &asked, fault));
    TRY(list_users(&request->call, request_query(request, "account"), asked, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_user(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status get_user(struct request *request, struct response *response, struct fault *fault) {
    struct user_view user;
    TRY(show_user(&request->call, request_parameter(request, "user"), &user, fault));
    respond_user(request, response, 200, &user);
    return STATUS_OK;
}

static enum status patch_user(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct text name, role;
    bool active = false;
    struct edit_user_input input = {
        .user = request_parameter(request, "user"),
        .name = json_read_change(&body, "name", &name),
        .role = json_read_change(&body, "role", &role),
        .active = json_read_bool_change(&body, "active", &active),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct user_view user;
    TRY(edit_user(&request->call, &input, &user, fault));
    respond_user(request, response, 200, &user);
    return STATUS_OK;
}

static enum status post_user_unlock(struct request *request, struct response *response, struct fault *fault) {
    struct user_view user;
    TRY(request_no_fields(request, fault));
    TRY(unlock_user(&request->call, request_parameter(request, "user"), &user, fault));
    respond_user(request, response, 200, &user);
    return STATUS_OK;
}

static enum status get_invitations(struct request *request, struct response *response, struct fault *fault) {
    struct page asked;
    struct invitation_page page;
    TRY(request_page(request, &asked, fault));
    TRY(list_invitations(&request->call, request_query(request, "account"), asked, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_invitation(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_invitation(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct invite_user_input input = {
        .account = json_read_text(&body, "account", JSON_OPTIONAL),
        .email = json_read_text(&body, "email", JSON_REQUIRED),
        .name = json_read_text(&body, "name", JSON_REQUIRED),
        .role = json_read_text(&body, "role", JSON_REQUIRED),
    };
    TRY(request_json_done(&document, &body));
    struct invitation_view invitation;
    TRY(invite_user(&request->call, &input, &invitation, fault));
    represent_invitation(response_json(response, request, 201), NULL, &invitation);
    return STATUS_OK;
}

static enum status delete_invitation(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct invitation_view invitation;
    TRY(revoke_invitation(&request->call, request_parameter(request, "invitation"), &invitation, fault));
    represent_invitation(response_json(response, request, 200), NULL, &invitation);
    return STATUS_OK;
}

static enum status post_acceptance(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct accept_invitation_input input = {
        .link = json_read_text(&body, "link", JSON_REQUIRED),
        .password = json_read_text(&body, "password", JSON_REQUIRED),
        .address = client_address(request),
    };
    TRY(request_json_done(&document, &body));
    struct user_view user;
    TRY(accept_invitation(&request->call, &input, &user, fault));
    respond_user(request, response, 201, &user);
    return STATUS_OK;
}

static enum status get_tokens(struct request *request, struct response *response, struct fault *fault) {
    struct page asked;
    struct token_page page;
    TRY(request_page(request, &asked, fault));
    TRY(list_tokens(&request->call, request_query(request, "account"), asked, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_token(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_token(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct create_token_input input = {
        .account = json_read_text(&body, "account", JSON_OPTIONAL),
        .name = json_read_text(&body, "name", JSON_REQUIRED),
        .scopes = json_read_text(&body, "scopes", JSON_REQUIRED),
        .expires_at = json_read_text(&body, "expires_at", JSON_OPTIONAL),
    };
    TRY(request_json_done(&document, &body));
    struct token_view view;
    struct text token;
    TRY(create_token(&request->call, &input, &view, &token, fault));
    struct json_writer *out = response_json(response, request, 201);
    json_write_open(out, NULL);
    json_write_text(out, "secret", token);
    represent_token(out, "token", &view);
    json_write_close(out);
    return STATUS_OK;
}

static enum status delete_token(struct request *request, struct response *response, struct fault *fault) {
    struct token_view view;
    TRY(revoke_token(&request->call, request_parameter(request, "token"), &view, fault));
    represent_token(response_json(response, request, 200), NULL, &view);
    return STATUS_OK;
}

static enum status get_audit(struct request *request, struct response *response, struct fault *fault) {
    struct page asked;
    struct audit_page page;
    TRY(request_page(request, &asked, fault));
    TRY(list_audit(&request->call, request_query(request, "account"), asked, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_audit_entry(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/users", RIGHT_USERS, 0, "limit cursor account", get_users},
    {METHOD_GET, "/v1/users/{user}", RIGHT_USERS, 0, "", get_user},
    {METHOD_PATCH, "/v1/users/{user}", RIGHT_USERS, ROUTE_VERSIONED, "", patch_user},
    {METHOD_POST, "/v1/users/{user}/unlock", RIGHT_USERS, 0, "", post_user_unlock},
    {METHOD_GET, "/v1/invitations", RIGHT_USERS, 0, "limit cursor account", get_invitations},
    {METHOD_POST, "/v1/invitations", RIGHT_USERS, 0, "", post_invitation},
    {METHOD_DELETE, "/v1/invitations/{invitation}", RIGHT_USERS, 0, "", delete_invitation},
    {METHOD_POST, "/v1/invitations/accept", 0, ROUTE_PUBLIC | ROUTE_NO_REPLAY | ROUTE_PASSWORD, "",
     post_acceptance},
    {METHOD_GET, "/v1/tokens", RIGHT_USERS, 0, "limit cursor account", get_tokens},
    {METHOD_POST, "/v1/tokens", RIGHT_USERS, 0, "", post_token},
    {METHOD_DELETE, "/v1/tokens/{token}", RIGHT_USERS, 0, "", delete_token},
    {METHOD_GET, "/v1/audit", RIGHT_READ, 0, "limit cursor account", get_audit},
};
const struct route_group USER_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
