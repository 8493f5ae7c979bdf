/* Accounts, their logos, and a customer that drops out. */
#include "api/routes.h"

#include "programme/licensing/licences.h"
#include "programme/licensing/turn_licence.h"
#include "json/represent.h"
#include "json/terms_read.h"

static void respond_account(struct request *request, struct response *response, int http_status,
                            const struct account_view *account) {
    if (account->in_full) {
        response_version(response, request, account->version);
    }
    represent_account(response_json(response, request, http_status), NULL, account);
}

static enum status get_accounts(struct request *request, struct response *response, struct fault *fault) {
    struct list_accounts_input input = {
        .kind = request_query(request, "kind"),
        .seller = request_query(request, "seller"),
        .code = request_query(request, "code"),
    };
    struct account_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_accounts(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_account(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_account(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct add_account_input input = {
        .kind = json_read_text(&body, "kind", JSON_REQUIRED),
        .name = json_read_text(&body, "name", JSON_REQUIRED),
        .code = json_read_text(&body, "code", JSON_OPTIONAL),
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
        .address = json_read_text(&body, "address", JSON_OPTIONAL),
        .country = json_read_text(&body, "country", JSON_OPTIONAL),
        .tax_number = json_read_text(&body, "tax_number", JSON_OPTIONAL),
        .email = json_read_text(&body, "email", JSON_OPTIONAL),
        .without_agreement = json_read_bool(&body, "without_agreement", false),
    };
    struct json_object agreement = json_read_object(&body, "agreement", JSON_OPTIONAL);
    input.terms = terms_read(&agreement);
    json_done(&agreement);
    TRY(request_json_done(&document, &body));
    struct account_view account;
    TRY(add_account(&request->call, &input, &account, fault));
    response_location(response, request, "/v1/accounts/", account.identifier);
    respond_account(request, response, 201, &account);
    return STATUS_OK;
}

static enum status get_account(struct request *request, struct response *response, struct fault *fault) {
    struct account_view account;
    TRY(show_account(&request->call, request_parameter(request, "account"), &account, fault));
    respond_account(request, response, 200, &account);
    return STATUS_OK;
}

static enum status patch_account(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct text code, name, address, country, tax_number, email;
    struct edit_account_input input = {
        .account = request_parameter(request, "account"),
        .code = json_read_change(&body, "code", &code),
        .name = json_read_change(&body, "name", &name),
        .address = json_read_change(&body, "address", &address),
        .country = json_read_change(&body, "country", &country),
        .tax_number = json_read_change(&body, "tax_number", &tax_number),
        .email = json_read_change(&body, "email", &email),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct account_view account;
    TRY(edit_account(&request->call, &input, &account, fault));
    respond_account(request, response, 200, &account);
    return STATUS_OK;
}

static enum status get_logo(struct request *request, struct response *response, struct fault *fault) {
    struct text png;
    TRY(show_account_logo(&request->call, request_parameter(request, "account"), &png, fault));
    if (png.length == 0) {
        return fault_set(fault, STATUS_NOT_FOUND, "no-logo", NULL, TEXT(""), "This account has no logo.");
    }
    response->http_status = 200;
    response->content_type = TEXT("image/png");
    response->body = png;
    return STATUS_OK;
}

static enum status change_logo(struct request *request, struct response *response, struct fault *fault,
                               struct text png) {
    struct edit_account_input input = {
        .account = request_parameter(request, "account"),
        .logo_png = &png,
        .if_version = request->if_version,
    };
    struct account_view account;
    TRY(edit_account(&request->call, &input, &account, fault));
    respond_account(request, response, 200, &account);
    return STATUS_OK;
}

static enum status put_logo(struct request *request, struct response *response, struct fault *fault) {
    if (request->body_length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "logo", TEXT(""), "Send a PNG as the body.");
    }
    return change_logo(request, response, fault, (struct text){request->body_at, request->body_length});
}

static enum status delete_logo(struct request *request, struct response *response, struct fault *fault) {
    return change_logo(request, response, fault, TEXT(""));
}

static enum status post_turn_off(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct turn_customer_off_input input = {
        .customer = request_parameter(request, "account"),
        .at = json_read_text(&body, "at", JSON_OPTIONAL),
    };
    TRY(request_json_done(&document, &body));
    int64_t turned = 0;
    TRY(turn_off_customer(&request->call, &input, &turned, fault));
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_int(out, "licences", turned);
    json_write_close(out);
    return STATUS_OK;
}

static enum status post_undo_turn_off(struct request *request, struct response *response,
                                      struct fault *fault) {
    struct json_document document;
    struct json_object body;
    struct undone_customer undone;
    TRY(request_json(request, &document, &body, fault));
    TRY(request_json_done(&document, &body));
    TRY(undo_customer_off(&request->call, request_parameter(request, "account"), &undone, fault));
    represent_undone_customer(response_json(response, request, 200), NULL, &undone);
    return STATUS_OK;
}

static enum status get_licence_keys(struct request *request, struct response *response, struct fault *fault) {
    TRY(export_licence_keys(&request->call, request_parameter(request, "account"), &response->body, fault));
    response->http_status = 200;
    response->content_type = TEXT("text/csv; charset=utf-8");
    response->disposition = TEXT("attachment; filename=\"licence-keys.csv\"");
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/accounts", RIGHT_READ, 0, "limit cursor kind seller code", get_accounts},
    {METHOD_POST, "/v1/accounts", RIGHT_ACCOUNTS, 0, "", post_account},
    {METHOD_GET, "/v1/accounts/{account}", RIGHT_READ, 0, "", get_account},
    {METHOD_PATCH, "/v1/accounts/{account}", RIGHT_ACCOUNTS, ROUTE_VERSIONED, "", patch_account},
    {METHOD_GET, "/v1/accounts/{account}/logo", RIGHT_READ, 0, "", get_logo},
    {METHOD_PUT, "/v1/accounts/{account}/logo", RIGHT_ACCOUNTS, ROUTE_VERSIONED | ROUTE_IMAGE, "", put_logo},
    {METHOD_DELETE, "/v1/accounts/{account}/logo", RIGHT_ACCOUNTS, ROUTE_VERSIONED, "", delete_logo},
    {METHOD_POST, "/v1/accounts/{account}/turn-off", RIGHT_LICENCES, 0, "", post_turn_off},
    {METHOD_POST, "/v1/accounts/{account}/undo-turn-off", RIGHT_LICENCES, 0, "", post_undo_turn_off},
    {METHOD_GET, "/v1/accounts/{account}/licence-keys", RIGHT_LICENCES, 0, "", get_licence_keys},
};
const struct route_group ACCOUNT_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
