/* Products, artifacts, releases and install links. */
#include "api/routes.h"

#include "delivery/artifacts.h"
#include "delivery/target_path.h"
#include "web/send_file.h"
#include "web/uploads.h"
#include "json/represent.h"

/* ---- products ---- */

static enum status get_products(struct request *request, struct response *response, struct fault *fault) {
    struct list_products_input input = {.vendor = request_query(request, "vendor")};
    struct product_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_products(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_product(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static struct text *read_skus(struct request *request, struct json_object *body, enum json_need need,
                              size_t *count) {
    struct json_array array = json_read_array(body, "skus", need);
    struct text *skus = ARENA_NEW(&request->arena, struct text, array.count);
    for (size_t i = 0; i < array.count; i++) {
        skus[i] = json_item_text(&array, i);
    }
    *count = array.count;
    return skus;
}

static enum status post_product(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct add_product_input input = {
        .vendor = json_read_text(&body, "vendor", JSON_OPTIONAL),
        .code = json_read_text(&body, "code", JSON_REQUIRED),
        .name = json_read_text(&body, "name", JSON_REQUIRED),
    };
    input.skus = read_skus(request, &body, JSON_OPTIONAL, &input.sku_count);
    TRY(request_json_done(&document, &body));
    struct product_view product;
    TRY(add_product(&request->call, &input, &product, fault));
    response_location(response, request, "/v1/products/", product.identifier);
    represent_product(response_json(response, request, 201), NULL, &product);
    return STATUS_OK;
}

static enum status get_product(struct request *request, struct response *response, struct fault *fault) {
    struct product_view product;
    TRY(show_product(&request->call, request_parameter(request, "product"), &product, fault));
    represent_product(response_json(response, request, 200), NULL, &product);
    return STATUS_OK;
}

static enum status post_product_skus(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct entitle_product_input input = {.product = request_parameter(request, "product")};
    input.skus = read_skus(request, &body, JSON_REQUIRED, &input.sku_count);
    TRY(request_json_done(&document, &body));
    struct product_view product;
    TRY(entitle_product(&request->call, &input, &product, fault));
    represent_product(response_json(response, request, 200), NULL, &product);
    return STATUS_OK;
}

/* ---- artifacts ---- */

static enum status admit_artifact(struct request *request, struct fault *fault) {
    TRY(sha256_check(request_parameter(request, "sha256"), "sha256", fault));
    TRY(check_upload(&request->call, request_query(request, "vendor"), fault));
    return upload_open(request, fault);
}

static enum status put_artifact(struct request *request, struct response *response, struct fault *fault) {
    if (request->upload_phase == UPLOAD_ADMITTING) {
        return admit_artifact(request, fault);
    }
    struct artifact artifact;
    TRY(upload_close(request, request_parameter(request, "sha256"), &artifact, fault));
    TRY(note_upload(&request->call, request_query(request, "vendor"), &artifact, fault));
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_string(out, "sha256", artifact.sha256);
    json_write_int(out, "size", artifact.size_bytes);
    json_write_close(out);
    return STATUS_OK;
}

/* ---- releases ---- */

static enum status get_releases(struct request *request, struct response *response, struct fault *fault) {
    struct list_releases_input input = {
        .product = request_query(request, "product"),
        .channel = request_query(request, "channel"),
        .state = request_query(request, "state"),
    };
    struct release_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_releases(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_release(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static struct publish_artifact *read_artifacts(struct request *request, struct json_object *body,
                                               size_t *count) {
    struct json_array array = json_read_array(body, "artifacts", JSON_REQUIRED);
    struct publish_artifact *artifacts = ARENA_NEW(&request->arena, struct publish_artifact, array.count);
    for (size_t i = 0; i < array.count; i++) {
        struct json_object artifact = json_item_object(&array, i);
        artifacts[i].platform = json_read_text(&artifact, "platform", JSON_REQUIRED);
        artifacts[i].file_name = json_read_text(&artifact, "file_name", JSON_REQUIRED);
        artifacts[i].sha256 = json_read_text(&artifact, "sha256", JSON_REQUIRED);
        json_done(&artifact);
    }
    *count = array.count;
    return artifacts;
}

static enum status post_release(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct publish_release_input input = {
        .product = json_read_text(&body, "product", JSON_REQUIRED),
        .version = json_read_text(&body, "version", JSON_REQUIRED),
        .channel = json_read_text(&body, "channel", JSON_REQUIRED),
        .notes = json_read_text(&body, "notes", JSON_OPTIONAL),
    };
    input.artifacts = read_artifacts(request, &body, &input.artifact_count);
    TRY(request_json_done(&document, &body));
    struct release_view release;
    TRY(publish_release(&request->call, &input, &release, fault));
    response_location(response, request, "/v1/releases/", release.identifier);
    represent_release(response_json(response, request, 201), NULL, &release);
    return STATUS_OK;
}

static enum status get_release(struct request *request, struct response *response, struct fault *fault) {
    struct release_view release;
    TRY(show_release(&request->call, request_parameter(request, "release"), &release, fault));
    represent_release(response_json(response, request, 200), NULL, &release);
    return STATUS_OK;
}

static enum status post_promote(struct request *request, struct response *response, struct fault *fault) {
    TRY(request_no_fields(request, fault));
    struct release_view release;
    TRY(promote_release(&request->call, request_parameter(request, "release"), &release, fault));
    represent_release(response_json(response, request, 200), NULL, &release);
    return STATUS_OK;
}

static enum status post_withdraw(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct withdraw_release_input input = {.release = request_parameter(request, "release"),
                                           .reason = json_read_text(&body, "reason", JSON_REQUIRED)};
    TRY(request_json_done(&document, &body));
    struct release_view release;
    TRY(withdraw_release(&request->call, &input, &release, fault));
    represent_release(response_json(response, request, 200), NULL, &release);
    return STATUS_OK;
}

static enum status get_installer(struct request *request, struct response *response, struct fault *fault) {
    struct opened_artifact artifact;
    TRY(open_installer(&request->call, request_parameter(request, "release"),
                       request_parameter(request, "platform"), &artifact, fault));
    return send_artifact(request, response, &artifact, fault);
}

/* ---- install links ---- */

static enum status post_install_link(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct make_install_link_input input = {
        .licence = request_parameter(request, "licence"),
        .days = json_read_int(&body, "days", JSON_OPTIONAL, INSTALL_LINK_DAYS_DEFAULT),
    };
    TRY(request_json_done(&document, &body));
    struct install_link_view link;
    struct text token;
    TRY(make_install_link(&request->call, &input, &link, &token, fault));
    represent_made_install_link(response_json(response, request, 201), NULL, &link, token);
    return STATUS_OK;
}

static enum status get_install_links(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct install_link_list links;
    TRY(list_install_links(&request->call, request_parameter(request, "licence"), &links, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < links.count; i++) {
        represent_install_link(out, NULL, &links.items[i]);
    }
    response_end_items(out);
    return STATUS_OK;
}

static enum status delete_install_link(struct request *request, struct response *response,
                                       struct fault *fault) {
    struct install_link_view link;
    TRY(revoke_install_link(&request->call, request_parameter(request, "link"), &link, fault));
    represent_install_link(response_json(response, request, 200), NULL, &link);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/products", RIGHT_READ, 0, "limit cursor vendor", get_products},
    {METHOD_POST, "/v1/products", RIGHT_CATALOGUE, 0, "", post_product},
    {METHOD_GET, "/v1/products/{product}", RIGHT_READ, 0, "", get_product},
    {METHOD_POST, "/v1/products/{product}/skus", RIGHT_CATALOGUE, 0, "", post_product_skus},
    {METHOD_PUT, "/v1/artifacts/{sha256}", RIGHT_CATALOGUE, ROUTE_UPLOAD, "vendor", put_artifact},
    {METHOD_GET, "/v1/releases", RIGHT_READ, 0, "limit cursor product channel state", get_releases},
    {METHOD_POST, "/v1/releases", RIGHT_CATALOGUE, 0, "", post_release},
    {METHOD_GET, "/v1/releases/{release}", RIGHT_READ, 0, "", get_release},
    {METHOD_POST, "/v1/releases/{release}/promote", RIGHT_CATALOGUE, 0, "", post_promote},
    {METHOD_POST, "/v1/releases/{release}/withdraw", RIGHT_CATALOGUE, 0, "", post_withdraw},
    {METHOD_GET, "/v1/releases/{release}/installers/{platform}", RIGHT_READ, 0, "", get_installer},
    {METHOD_GET, "/v1/licences/{licence}/install-links", RIGHT_LICENCES, 0, "", get_install_links},
    {METHOD_POST, "/v1/licences/{licence}/install-links", RIGHT_LICENCES, 0, "", post_install_link},
    {METHOD_DELETE, "/v1/install-links/{link}", RIGHT_LICENCES, 0, "", delete_install_link},
};
const struct route_group DELIVERY_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
