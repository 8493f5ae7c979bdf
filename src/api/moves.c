/* Moves of customers from one provider to another. */
#include "api/routes.h"

#include "json/represent.h"

static void respond_move(struct request *request, struct response *response, int http_status,
                         const struct move_view *move) {
    response_version(response, request, move->version);
    represent_move(response_json(response, request, http_status), NULL, move);
}

static enum status get_moves(struct request *request, struct response *response, struct fault *fault) {
    struct page where = {0};
    struct move_page page;
    TRY(request_page(request, &where, fault));
    TRY(list_moves(&request->call, where, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_move(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_move(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct propose_move_input input = {
        .customer = json_read_text(&body, "customer", JSON_REQUIRED),
        .to = json_read_text(&body, "to", JSON_REQUIRED),
        .month = json_read_text(&body, "month", JSON_REQUIRED),
        .is_alone = json_read_bool(&body, "alone", false),
        .dry_run = json_read_bool(&body, "dry_run", false),
    };
    TRY(request_json_done(&document, &body));
    struct move_view move;
    TRY(propose_move(&request->call, &input, &move, fault));
    if (!input.dry_run) {
        response_location(response, request, "/v1/moves/", move.identifier);
    }
    respond_move(request, response, input.dry_run ? 200 : 201, &move);
    return STATUS_OK;
}

static enum status get_move(struct request *request, struct response *response, struct fault *fault) {
    struct move_view move;
    TRY(show_move(&request->call, request_parameter(request, "move"), &move, fault));
    respond_move(request, response, 200, &move);
    return STATUS_OK;
}

static enum status post_agree(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct agree_move_input input = {
        .move = request_parameter(request, "move"),
        .party = json_read_text(&body, "party", JSON_OPTIONAL),
        .agreed_by = json_read_text(&body, "agreed_by", JSON_REQUIRED),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct move_view move;
    TRY(agree_move(&request->call, &input, &move, fault));
    respond_move(request, response, 200, &move);
    return STATUS_OK;
}

static enum status post_withdraw(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    TRY(request_json_done(&document, &body));
    struct change_move_input input = {request_parameter(request, "move"), request->if_version};
    struct move_view move;
    TRY(withdraw_move(&request->call, &input, &move, fault));
    respond_move(request, response, 200, &move);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/moves", RIGHT_READ, 0, "limit cursor", get_moves},
    {METHOD_POST, "/v1/moves", RIGHT_ACCOUNTS, 0, "", post_move},
    {METHOD_GET, "/v1/moves/{move}", RIGHT_READ, 0, "", get_move},
    {METHOD_POST, "/v1/moves/{move}/agree", RIGHT_ACCOUNTS, ROUTE_VERSIONED, "", post_agree},
    {METHOD_POST, "/v1/moves/{move}/withdraw", RIGHT_ACCOUNTS, 0, "", post_withdraw},
};
const struct route_group MOVE_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
