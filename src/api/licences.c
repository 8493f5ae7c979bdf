/* Blocks and licences. A licence is named by its identifier: keys do not belong into addresses, which end up
 * in the logs of every proxy; the search by key is a POST. */
#include "api/routes.h"

#include "programme/call/authorise.h"
#include "programme/licensing/turn_licence.h"
#include "json/represent.h"

static void respond_block(struct request *request, struct response *response, int http_status,
                          const struct block_view *block) {
    response_version(response, request, block->version);
    represent_block(response_json(response, request, http_status), NULL, block);
}

static enum status get_blocks(struct request *request, struct response *response, struct fault *fault) {
    struct list_blocks_input input = {
        .provider = request_query(request, "provider"),
        .sku = request_query(request, "sku"),
        .state = request_query(request, "state"),
    };
    struct block_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_blocks(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_block(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

/* The actor's own account where the body names none. */
static struct text own_account(struct request *request, struct text given) {
    return given.length > 0
               ? given
               : identifier_text(&request->call, IDENTIFIER_ACCOUNT, request->call.actor.account_id);
}

static enum status post_block(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct order_block_input input = {
        .provider = own_account(request, json_read_text(&body, "provider", JSON_OPTIONAL)),
        .sku = json_read_text(&body, "sku", JSON_REQUIRED),
        .size = json_read_int(&body, "size", JSON_REQUIRED, 0),
    };
    TRY(request_json_done(&document, &body));
    struct block_view block;
    TRY(order_block(&request->call, &input, &block, fault));
    response_location(response, request, "/v1/blocks/", block.identifier);
    respond_block(request, response, 201, &block);
    return STATUS_OK;
}

static enum status get_block(struct request *request, struct response *response, struct fault *fault) {
    struct block_view block;
    TRY(show_block(&request->call, request_parameter(request, "block"), &block, fault));
    respond_block(request, response, 200, &block);
    return STATUS_OK;
}

static enum status patch_block(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct enlarge_block_input input = {
        .block = request_parameter(request, "block"),
        .size = json_read_int(&body, "size", JSON_REQUIRED, 0),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct block_view block;
    TRY(enlarge_block(&request->call, &input, &block, fault));
    respond_block(request, response, 200, &block);
    return STATUS_OK;
}

static enum status post_close_block(struct request *request, struct response *response, struct fault *fault) {
    TRY(request_no_fields(request, fault));
    struct close_block_input input = {
        .block = request_parameter(request, "block"),
        .if_version = request->if_version,
    };
    struct block_view block;
    TRY(close_block(&request->call, &input, &block, fault));
    respond_block(request, response, 200, &block);
    return STATUS_OK;
}

static enum status get_licences(struct request *request, struct response *response, struct fault *fault) {
    struct list_licences_input input = {
        .provider = request_query(request, "provider"),
        .customer = request_query(request, "customer"),
        .sku = request_query(request, "sku"),
        .state = request_query(request, "state"),
        .block = request_query(request, "block"),
    };
    struct licence_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_licences(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_licence(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_licences(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct issue_licence_input input = {
        .block = json_read_text(&body, "block", JSON_REQUIRED),
        .customer = json_read_text(&body, "customer", JSON_REQUIRED),
        .seats = json_read_int(&body, "seats", JSON_REQUIRED, 0),
        .count = json_read_int(&body, "count", JSON_OPTIONAL, 1),
    };
    TRY(request_json_done(&document, &body));
    struct issued_licences issued;
    TRY(issue_licence(&request->call, &input, &issued, fault));
    if (issued.count == 1) {
        response_location(response, request, "/v1/licences/", issued.items[0].licence.identifier);
    }
    struct json_writer *out = response_begin_items(response, request, 201);
    for (size_t i = 0; i < issued.count; i++) {
        represent_issued_licence(out, NULL, &issued.items[i]);
    }
    response_end_items(out);
    return STATUS_OK;
}

static void respond_licence_in_full(struct request *request, struct response *response,
                                    const struct licence_detail *detail) {
    response_version(response, request, detail->licence.version);
    response->changes_unversioned = true; /* devices come and go */
    represent_licence_in_full(response_json(response, request, 200), NULL, detail);
}

static enum status get_licence(struct request *request, struct response *response, struct fault *fault) {
    struct licence_detail detail;
    TRY(show_licence(&request->call, request_parameter(request, "licence"), &detail, fault));
    respond_licence_in_full(request, response, &detail);
    return STATUS_OK;
}

static enum status post_find_licence(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct text key = json_read_text(&body, "key", JSON_REQUIRED);
    TRY(request_json_done(&document, &body));
    struct licence_detail detail;
    TRY(show_licence(&request->call, key, &detail, fault));
    respond_licence_in_full(request, response, &detail);
    return STATUS_OK;
}

static enum status get_licence_events(struct request *request, struct response *response,
                                      struct fault *fault) {
    struct page asked;
    struct licence_event_page page;
    TRY(request_page(request, &asked, fault));
    TRY(list_licence_events(&request->call, request_parameter(request, "licence"), asked, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_licence_event(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status get_licence_key(struct request *request, struct response *response, struct fault *fault) {
    struct text key;
    TRY(reveal_licence_key(&request->call, request_parameter(request, "licence"), &key, fault));
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_text(out, "key", key);
    json_write_close(out);
    return STATUS_OK;
}

typedef enum status turn_function(struct call *, const struct turn_licence_input *, struct licence_view *,
                                  struct fault *);

static enum status turn_and_respond(struct request *request, struct response *response, struct fault *fault,
                                    turn_function *run) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct turn_licence_input input = {
        .licence = request_parameter(request, "licence"),
        .at = json_read_text(&body, "at", JSON_OPTIONAL),
        .if_version = request->if_version,
    };
    if (run == resize_licence) {
        input.seats = json_read_int(&body, "seats", JSON_REQUIRED, 0);
    }
    TRY(request_json_done(&document, &body));
    struct licence_view licence;
    TRY(run(&request->call, &input, &licence, fault));
    response_version(response, request, licence.version);
    represent_licence(response_json(response, request, 200), NULL, &licence);
    return STATUS_OK;
}

static enum status post_on(struct request *request, struct response *response, struct fault *fault) {
    return turn_and_respond(request, response, fault, turn_licence_on);
}

static enum status post_off(struct request *request, struct response *response, struct fault *fault) {
    return turn_and_respond(request, response, fault, turn_licence_off);
}

static enum status post_seats(struct request *request, struct response *response, struct fault *fault) {
    return turn_and_respond(request, response, fault, resize_licence);
}

static enum status post_retire(struct request *request, struct response *response, struct fault *fault) {
    return turn_and_respond(request, response, fault, retire_licence);
}

static enum status post_undo(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct undo_licence_input input = {
        .licence = request_parameter(request, "licence"),
        .changes = json_read_int(&body, "changes", JSON_OPTIONAL, 1),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct undone_licence undone;
    TRY(undo_licence(&request->call, &input, &undone, fault));
    response_version(response, request, undone.licence.version);
    represent_undone_licence(response_json(response, request, 200), NULL, &undone);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/blocks", RIGHT_READ, 0, "limit cursor provider sku state", get_blocks},
    {METHOD_POST, "/v1/blocks", RIGHT_LICENCES, 0, "", post_block},
    {METHOD_GET, "/v1/blocks/{block}", RIGHT_READ, 0, "", get_block},
    {METHOD_PATCH, "/v1/blocks/{block}", RIGHT_LICENCES, ROUTE_VERSIONED, "", patch_block},
    {METHOD_POST, "/v1/blocks/{block}/close", RIGHT_LICENCES, 0, "", post_close_block},
    {METHOD_GET, "/v1/licences", RIGHT_READ, 0, "limit cursor provider customer sku state block",
     get_licences},
    {METHOD_POST, "/v1/licences", RIGHT_LICENCES, 0, "", post_licences},
    {METHOD_POST, "/v1/licences/find", RIGHT_READ, ROUTE_NO_REPLAY, "", post_find_licence},
    {METHOD_GET, "/v1/licences/{licence}", RIGHT_READ, 0, "", get_licence},
    {METHOD_GET, "/v1/licences/{licence}/events", RIGHT_READ, 0, "limit cursor", get_licence_events},
    {METHOD_GET, "/v1/licences/{licence}/key", RIGHT_LICENCES, 0, "", get_licence_key},
    {METHOD_POST, "/v1/licences/{licence}/on", RIGHT_LICENCES, 0, "", post_on},
    {METHOD_POST, "/v1/licences/{licence}/off", RIGHT_LICENCES, 0, "", post_off},
    {METHOD_POST, "/v1/licences/{licence}/seats", RIGHT_LICENCES, 0, "", post_seats},
    {METHOD_POST, "/v1/licences/{licence}/retire", RIGHT_LICENCES, 0, "", post_retire},
    {METHOD_POST, "/v1/licences/{licence}/undo", RIGHT_LICENCES, 0, "", post_undo},
};
const struct route_group LICENCE_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
