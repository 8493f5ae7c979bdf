/* Previews: what a change of licences, of an agreement or of prices would do to the bills. They are POSTs for
 * their bodies; nothing is written. */
#include "api/routes.h"

#include "programme/call/authorise.h"
#include "programme/preview/preview_change.h"
#include "programme/preview/preview_prices.h"
#include "json/represent.h"

static enum status respond_preview(struct request *request, struct response *response,
                                   const struct preview *preview) {
    represent_preview(response_json(response, request, 200), NULL, preview);
    return STATUS_OK;
}

static struct text *read_licences(struct request *request, struct json_object *body, size_t *count) {
    struct json_array array = json_read_array(body, "licences", JSON_OPTIONAL);
    struct text *licences = ARENA_NEW(&request->arena, struct text, array.count);
    for (size_t i = 0; i < array.count; i++) {
        licences[i] = json_item_text(&array, i);
    }
    *count = array.count;
    return licences;
}

static enum status post_change(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    struct preview preview;
    TRY(request_json(request, &document, &body, fault));
    struct preview_change_input input = {
        .change = json_read_text(&body, "change", JSON_REQUIRED),
        .customer = json_read_text(&body, "customer", JSON_OPTIONAL),
        .sku = json_read_text(&body, "sku", JSON_OPTIONAL),
        .seats = json_read_int(&body, "seats", JSON_OPTIONAL, 0),
        .block = json_read_text(&body, "block", JSON_OPTIONAL),
        .count = json_read_int(&body, "count", JSON_OPTIONAL, 0),
    };
    input.licences = read_licences(request, &body, &input.licence_count);
    TRY(request_json_done(&document, &body));
    TRY(preview_change(&request->call, &input, &preview, fault));
    return respond_preview(request, response, &preview);
}

static enum status post_prices(struct request *request, struct response *response, struct fault *fault) {
    struct import_prices_input input = {
        .seller = request_query(request, "seller"),
        .buyer = request_query(request, "buyer"),
    };
    struct import_problems *problems = ARENA_NEW(&request->arena, struct import_problems, 1);
    struct preview preview;
    request->problems = problems;
    TRY(request_query_bool(request, "replace", &input.replace, fault));
    TRY(request_text(request, &input.content, fault));
    TRY(preview_prices(&request->call, &input, &preview, problems, fault));
    return respond_preview(request, response, &preview);
}

static enum status post_agreement(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    struct preview preview;
    TRY(request_json(request, &document, &body, fault));
    struct preview_agreement_input input = {
        .agreement = request_parameter(request, "agreement"),
        .change = json_read_text(&body, "change", JSON_OPTIONAL), /* what is not there is told first */
    };
    TRY(request_json_done(&document, &body));
    TRY(preview_agreement(&request->call, &input, &preview, fault));
    return respond_preview(request, response, &preview);
}

static const struct route ROUTES[] = {
    {METHOD_POST, "/v1/previews/change", RIGHT_READ, ROUTE_NO_REPLAY, "", post_change},
    {METHOD_POST, "/v1/previews/prices", RIGHT_PRICES, ROUTE_IMPORT | ROUTE_NO_REPLAY, "seller buyer replace",
     post_prices},
    {METHOD_POST, "/v1/agreements/{agreement}/preview", RIGHT_READ, ROUTE_NO_REPLAY, "", post_agreement},
};
const struct route_group PREVIEW_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
