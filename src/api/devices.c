/* Devices, the lease terms of SKUs, and what a provider deploys with. */
#include "api/routes.h"

#include "programme/devices/release_device.h"
#include "json/represent.h"

static enum status get_devices(struct request *request, struct response *response, struct fault *fault) {
    struct list_devices_input input = {
        .licence = request_query(request, "licence"),
        .customer = request_query(request, "customer"),
        .provider = request_query(request, "provider"),
        .state = request_query(request, "state"),
    };
    struct device_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(request_query_bool(request, "clones", &input.clones, fault));
    TRY(request_query_bool(request, "idle", &input.idle, fault));
    TRY(request_query_bool(request, "unlicensed", &input.unlicensed, fault));
    TRY(list_devices(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_device(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status get_device(struct request *request, struct response *response, struct fault *fault) {
    struct device_view device;
    TRY(show_device(&request->call, request_parameter(request, "device"), &device, fault));
    represent_device(response_json(response, request, 200), NULL, &device);
    return STATUS_OK;
}

static enum status post_release(struct request *request, struct response *response, struct fault *fault) {
    TRY(request_no_fields(request, fault));
    struct release_device_input input = {.device = request_parameter(request, "device")};
    struct released_device released;
    TRY(release_device(&request->call, &input, &released, fault));
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_text(out, "id", released.device);
    json_write_instant(out, "seat_until", released.seat_until_s * 1000000);
    json_write_close(out);
    return STATUS_OK;
}

static void respond_lease_terms(struct request *request, struct response *response,
                                const struct lease_terms_view *terms) {
    response_version(response, request, terms->version);
    represent_lease_terms(response_json(response, request, 200), NULL, terms);
}

static enum status get_lease_terms(struct request *request, struct response *response, struct fault *fault) {
    struct lease_terms_view terms;
    TRY(show_lease_terms(&request->call, request_parameter(request, "sku"), &terms, fault));
    respond_lease_terms(request, response, &terms);
    return STATUS_OK;
}

static enum status put_lease_terms(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    int64_t ttl_s = json_read_int(&body, "ttl_s", JSON_REQUIRED, 0);
    int64_t grace_s = json_read_int(&body, "grace_s", JSON_REQUIRED, 0);
    int64_t offline_ttl_s = json_read_int(&body, "offline_ttl_s", JSON_REQUIRED, 0);
    int64_t silent_s = json_read_int(&body, "silent_s", JSON_REQUIRED, 0);
    struct set_lease_terms_input input = {
        .sku = request_parameter(request, "sku"),
        .ttl_s = &ttl_s,
        .grace_s = &grace_s,
        .offline_ttl_s = &offline_ttl_s,
        .silent_s = &silent_s,
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct lease_terms_view terms;
    TRY(set_lease_terms(&request->call, &input, &terms, fault));
    respond_lease_terms(request, response, &terms);
    return STATUS_OK;
}

static enum status respond_snippets(struct request *request, struct response *response,
                                    const struct write_snippets_input *input, struct fault *fault) {
    struct snippet_list list;
    TRY(write_snippets(&request->call, input, &list, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < list.count; i++) {
        represent_snippet(out, NULL, &list.items[i]);
    }
    response_end_items(out);
    return STATUS_OK;
}

static enum status get_licence_snippets(struct request *request, struct response *response,
                                        struct fault *fault) {
    struct write_snippets_input input = {.licence = request_parameter(request, "licence"),
                                         .platform = request_query(request, "platform"),
                                         .server = request_query(request, "server"),
                                         .agent = request_query(request, "agent"),
                                         .agent_sha256 = request_query(request, "agent_sha256")};
    return respond_snippets(request, response, &input, fault);
}

static enum status get_customer_snippets(struct request *request, struct response *response,
                                         struct fault *fault) {
    struct write_snippets_input input = {.customer = request_parameter(request, "account"),
                                         .platform = request_query(request, "platform"),
                                         .server = request_query(request, "server"),
                                         .agent = request_query(request, "agent"),
                                         .agent_sha256 = request_query(request, "agent_sha256")};
    return respond_snippets(request, response, &input, fault);
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/devices", RIGHT_READ, 0,
     "limit cursor licence customer provider state clones idle unlicensed", get_devices},
    {METHOD_GET, "/v1/devices/{device}", RIGHT_READ, 0, "", get_device},
    {METHOD_POST, "/v1/devices/{device}/release", RIGHT_LICENCES, 0, "", post_release},
    {METHOD_GET, "/v1/skus/{sku}/lease-terms", RIGHT_READ, 0, "", get_lease_terms},
    {METHOD_PUT, "/v1/skus/{sku}/lease-terms", RIGHT_CATALOGUE, ROUTE_VERSIONED, "", put_lease_terms},
    {METHOD_GET, "/v1/licences/{licence}/snippets", RIGHT_LICENCES, 0, "platform server agent agent_sha256",
     get_licence_snippets},
    {METHOD_GET, "/v1/accounts/{account}/snippets", RIGHT_LICENCES, 0, "platform server agent agent_sha256",
     get_customer_snippets},
};
const struct route_group DEVICE_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
