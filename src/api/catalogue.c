/* SKUs, bundles, services, prices, and the imports of both. */
#include "api/routes.h"

#include "programme/catalogue/withdraw_price.h"
#include "json/represent.h"

static enum status get_skus(struct request *request, struct response *response, struct fault *fault) {
    struct list_skus_input input = {
        .owner = request_query(request, "owner"),
        .kind = request_query(request, "kind"),
        .search = request_query(request, "search"),
    };
    struct sku_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_skus(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_sku(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status get_sku(struct request *request, struct response *response, struct fault *fault) {
    struct sku_view sku;
    TRY(show_sku(&request->call, request_parameter(request, "sku"), &sku, fault));
    represent_sku_in_full(response_json(response, request, 200), NULL, &sku);
    return STATUS_OK;
}

static void respond_sku_made(struct request *request, struct response *response, const struct sku_view *sku) {
    response_location(response, request, "/v1/skus/", sku->identifier);
    represent_sku_in_full(response_json(response, request, 201), NULL, sku);
}

static struct bundle_part_input *read_parts(struct request *request, struct json_object *body,
                                            size_t *count) {
    struct json_array array = json_read_array(body, "parts", JSON_REQUIRED);
    struct bundle_part_input *parts = ARENA_NEW(&request->arena, struct bundle_part_input, array.count);
    for (size_t i = 0; i < array.count; i++) {
        struct json_object part = json_item_object(&array, i);
        parts[i].sku = json_read_text(&part, "sku", JSON_REQUIRED);
        parts[i].quantity = json_read_int(&part, "quantity", JSON_OPTIONAL, 1);
        json_done(&part);
    }
    *count = array.count;
    return parts;
}

static enum status post_bundle(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct compose_bundle_input input = {
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
        .code = json_read_text(&body, "code", JSON_REQUIRED),
        .name = json_read_text(&body, "name", JSON_REQUIRED),
    };
    input.parts = read_parts(request, &body, &input.part_count);
    TRY(request_json_done(&document, &body));
    struct sku_view sku;
    TRY(compose_bundle(&request->call, &input, &sku, fault));
    respond_sku_made(request, response, &sku);
    return STATUS_OK;
}

static enum status post_service(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct add_service_input input = {
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
        .code = json_read_text(&body, "code", JSON_REQUIRED),
        .name = json_read_text(&body, "name", JSON_REQUIRED),
    };
    TRY(request_json_done(&document, &body));
    struct sku_view sku;
    TRY(add_service(&request->call, &input, &sku, fault));
    respond_sku_made(request, response, &sku);
    return STATUS_OK;
}

/* A fault of an import lists every bad row in the problem document. */
static struct import_problems *problems_of(struct request *request) {
    struct import_problems *problems = ARENA_NEW(&request->arena, struct import_problems, 1);
    request->problems = problems;
    return problems;
}

static enum status post_catalogue_import(struct request *request, struct response *response,
                                         struct fault *fault) {
    struct import_catalogue_input input = {
        .vendor = request_query(request, "vendor"),
        .format = request_query(request, "format"),
    };
    struct import_catalogue_result result;
    TRY(request_query_bool(request, "dry_run", &request->call.dry_run, fault));
    TRY(request_text(request, &input.content, fault));
    TRY(import_catalogue(&request->call, &input, &result, problems_of(request), fault));
    represent_catalogue_import(response_json(response, request, 200), NULL, &result);
    return STATUS_OK;
}

static enum status get_prices(struct request *request, struct response *response, struct fault *fault) {
    struct list_prices_input input = {
        .seller = request_query(request, "seller"),
        .buyer = request_query(request, "buyer"),
        .sku = request_query(request, "sku"),
    };
    struct price_page page;
    TRY(request_query_bool(request, "withdrawn", &input.withdrawn, fault));
    TRY(request_page(request, &input.page, fault));
    TRY(list_prices(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_price(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static struct tier_input *read_tiers(struct request *request, struct json_object *body, size_t *count) {
    struct json_array array = json_read_array(body, "tiers", JSON_REQUIRED);
    struct tier_input *tiers = ARENA_NEW(&request->arena, struct tier_input, array.count);
    for (size_t i = 0; i < array.count; i++) {
        struct json_object tier = json_item_object(&array, i);
        tiers[i].from = json_read_int_text(&tier, "from");
        tiers[i].unit_price = json_read_text(&tier, "unit_price", JSON_REQUIRED);
        json_done(&tier);
    }
    *count = array.count;
    return tiers;
}

static enum status post_price(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct set_price_input input = {
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
        .buyer = json_read_text(&body, "buyer", JSON_OPTIONAL),
        .sku = json_read_text(&body, "sku", JSON_REQUIRED),
        .currency = json_read_text(&body, "currency", JSON_OPTIONAL),
        .effective_from = json_read_text(&body, "effective_from", JSON_REQUIRED),
        .policy = json_read_text(&body, "policy", JSON_OPTIONAL),
        .tier_mode = json_read_text(&body, "tier_mode", JSON_OPTIONAL),
        .minimum = json_read_int_text(&body, "minimum"),
        .free_months = json_read_int_text(&body, "free_months"),
        .trial_end = json_read_text(&body, "trial_end", JSON_OPTIONAL),
        .not_for_resale = json_read_bool(&body, "not_for_resale", false) ? TEXT("yes") : TEXT("no"),
        .tax_category = json_read_text(&body, "tax_category", JSON_OPTIONAL),
        .tax_rate = json_read_text(&body, "tax_rate", JSON_OPTIONAL),
        .replace = json_read_bool(&body, "replace", false),
    };
    bool dry_run = json_read_bool(&body, "dry_run", false);
    input.tiers = read_tiers(request, &body, &input.tier_count);
    TRY(request_json_done(&document, &body));
    if (dry_run) {
        struct import_prices_result tried;
        TRY(try_price(&request->call, &input, &tried, fault));
        represent_price_import(response_json(response, request, 200), NULL, &tried);
        return STATUS_OK;
    }
    struct price_view price;
    TRY(set_price(&request->call, &input, &price, fault));
    represent_price(response_json(response, request, 201), NULL, &price);
    return STATUS_OK;
}

static enum status post_price_withdrawal(struct request *request, struct response *response,
                                         struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    const struct withdraw_price_input input = {
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
        .buyer = json_read_text(&body, "buyer", JSON_OPTIONAL),
        .sku = json_read_text(&body, "sku", JSON_REQUIRED),
        .currency = json_read_text(&body, "currency", JSON_OPTIONAL),
        .effective_from = json_read_text(&body, "effective_from", JSON_REQUIRED),
    };
    TRY(request_json_done(&document, &body));
    struct price_view price;
    TRY(withdraw_price(&request->call, &input, &price, fault));
    represent_price(response_json(response, request, 200), NULL, &price);
    return STATUS_OK;
}

static enum status post_price_import(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct import_prices_input input = {
        .seller = request_query(request, "seller"),
        .buyer = request_query(request, "buyer"),
    };
    struct import_prices_result result;
    TRY(request_query_bool(request, "replace", &input.replace, fault));
    TRY(request_query_bool(request, "dry_run", &request->call.dry_run, fault));
    TRY(request_text(request, &input.content, fault));
    TRY(import_prices(&request->call, &input, &result, problems_of(request), fault));
    represent_price_import(response_json(response, request, 200), NULL, &result);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/skus", RIGHT_READ, 0, "limit cursor owner kind search", get_skus},
    {METHOD_GET, "/v1/skus/{sku}", RIGHT_READ, 0, "", get_sku},
    {METHOD_POST, "/v1/bundles", RIGHT_CATALOGUE, 0, "", post_bundle},
    {METHOD_POST, "/v1/services", RIGHT_CATALOGUE, 0, "", post_service},
    {METHOD_POST, "/v1/catalogue/import", RIGHT_CATALOGUE, ROUTE_IMPORT, "vendor format dry_run",
     post_catalogue_import},
    {METHOD_GET, "/v1/prices", RIGHT_READ, 0, "limit cursor seller buyer sku withdrawn", get_prices},
    {METHOD_POST, "/v1/prices", RIGHT_PRICES, 0, "", post_price},
    {METHOD_POST, "/v1/prices/withdraw", RIGHT_PRICES, 0, "", post_price_withdrawal},
    {METHOD_POST, "/v1/prices/import", RIGHT_PRICES, ROUTE_IMPORT, "seller buyer replace dry_run",
     post_price_import},
};
const struct route_group CATALOGUE_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
