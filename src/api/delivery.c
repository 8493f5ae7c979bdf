/* Products, releases, artifacts, install links, and the page that a link opens. */
#include "api/routes.h"

#include "portal/install_page.h"
#include "web/send_file.h"
#include "web/uploads.h"
#include "json/represent.h"

#include <string.h>

/* ---- products ---- */

static enum status get_products(struct request *request, struct response *response, struct fault *fault) {
    struct list_products_input input = {.vendor = request_query(request, "vendor")};
    struct product_page page;
    enum status status = request_page(request, &input.page, fault);
    if (status == STATUS_OK) {
        status = list_products(&request->call, &input, &page, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
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
    struct text *skus = ARENA_NEW(&request->arena, struct text, array.count + 1);
    for (size_t i = 0; i < array.count; i++) {
        skus[i] = json_item_text(&array, i);
    }
    *count = array.count;
    return skus;
}

static enum status post_product(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    enum status status = request_json(request, &document, &body, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct add_product_input input = {
        .vendor = json_read_text(&body, "vendor", JSON_OPTIONAL),
        .code = json_read_text(&body, "code", JSON_REQUIRED),
        .name = json_read_text(&body, "name", JSON_REQUIRED),
    };
    input.skus = read_skus(request, &body, JSON_OPTIONAL, &input.sku_count);
    status = request_json_done(&document, &body);
    struct product_view product;
    if (status == STATUS_OK) {
        status = add_product(&request->call, &input, &product, fault);
    }
    if (status == STATUS_OK) {
        response_location(response, request, "/v1/products/", product.identifier);
        represent_product(response_json(response, request, 201), NULL, &product);
    }
    return status;
}

static enum status get_product(struct request *request, struct response *response, struct fault *fault) {
    struct product_view product;
    enum status status = show_product(&request->call, request_parameter(request, "product"), &product, fault);
    if (status == STATUS_OK) {
        represent_product(response_json(response, request, 200), NULL, &product);
    }
    return status;
}

static enum status post_product_skus(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct json_document document;
    struct json_object body;
    enum status status = request_json(request, &document, &body, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct entitle_product_input input = {.product = request_parameter(request, "product")};
    input.skus = read_skus(request, &body, JSON_REQUIRED, &input.sku_count);
    status = request_json_done(&document, &body);
    struct product_view product;
    if (status == STATUS_OK) {
        status = entitle_product(&request->call, &input, &product, fault);
    }
    if (status == STATUS_OK) {
        represent_product(response_json(response, request, 200), NULL, &product);
    }
    return status;
}

/* ---- releases ---- */

static enum status get_releases(struct request *request, struct response *response, struct fault *fault) {
    struct list_releases_input input = {
        .product = request_query(request, "product"),
        .channel = request_query(request, "channel"),
        .state = request_query(request, "state"),
    };
    struct release_page page;
    enum status status = request_page(request, &input.page, fault);
    if (status == STATUS_OK) {
        status = list_releases(&request->call, &input, &page, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
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
    struct publish_artifact *artifacts = ARENA_NEW(&request->arena, struct publish_artifact, array.count + 1);
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
    enum status status = request_json(request, &document, &body, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct publish_release_input input = {
        .product = json_read_text(&body, "product", JSON_REQUIRED),
        .version = json_read_text(&body, "version", JSON_REQUIRED),
        .channel = json_read_text(&body, "channel", JSON_REQUIRED),
        .notes = json_read_text(&body, "notes", JSON_OPTIONAL),
    };
    input.artifacts = read_artifacts(request, &body, &input.artifact_count);
    status = request_json_done(&document, &body);
    struct release_view release;
    if (status == STATUS_OK) {
        status = publish_release(&request->call, &input, &release, fault);
    }
    if (status == STATUS_OK) {
        response_location(response, request, "/v1/releases/", release.identifier);
        represent_release(response_json(response, request, 201), NULL, &release);
    }
    return status;
}

static enum status get_release(struct request *request, struct response *response, struct fault *fault) {
    struct release_view release;
    enum status status = show_release(&request->call, request_parameter(request, "release"), &release, fault);
    if (status == STATUS_OK) {
        represent_release(response_json(response, request, 200), NULL, &release);
    }
    return status;
}

static enum status post_promote(struct request *request, struct response *response, struct fault *fault) {
    enum status status = request_no_fields(request, fault);
    struct release_view release;
    if (status == STATUS_OK) {
        status = promote_release(&request->call, request_parameter(request, "release"), &release, fault);
    }
    if (status == STATUS_OK) {
        represent_release(response_json(response, request, 200), NULL, &release);
    }
    return status;
}

static enum status post_withdraw(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    enum status status = request_json(request, &document, &body, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct withdraw_release_input input = {.release = request_parameter(request, "release"),
                                           .reason = json_read_text(&body, "reason", JSON_REQUIRED)};
    status = request_json_done(&document, &body);
    struct release_view release;
    if (status == STATUS_OK) {
        status = withdraw_release(&request->call, &input, &release, fault);
    }
    if (status == STATUS_OK) {
        represent_release(response_json(response, request, 200), NULL, &release);
    }
    return status;
}

static enum status get_installer(struct request *request, struct response *response, struct fault *fault) {
    struct opened_artifact artifact;
    enum status status = open_installer(&request->call, request_parameter(request, "release"),
                                        request_parameter(request, "platform"), &artifact, fault);
    return status == STATUS_OK ? send_artifact(request, response, &artifact, fault) : status;
}

/* ---- install links ---- */

static enum status post_install_link(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct json_document document;
    struct json_object body;
    enum status status = request_json(request, &document, &body, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct make_install_link_input input = {
        .licence = request_parameter(request, "licence"),
        .days = json_read_int(&body, "days", JSON_OPTIONAL, INSTALL_LINK_DAYS_DEFAULT),
    };
    status = request_json_done(&document, &body);
    struct install_link_view link;
    struct text token;
    if (status == STATUS_OK) {
        status = make_install_link(&request->call, &input, &link, &token, fault);
    }
    if (status == STATUS_OK) {
        represent_made_install_link(response_json(response, request, 201), NULL, &link, token);
    }
    return status;
}

static enum status get_install_links(struct request *request, struct response *response,
                                     struct fault *fault) {
    struct install_link_list links;
    enum status status =
        list_install_links(&request->call, request_parameter(request, "licence"), &links, fault);
    if (status != STATUS_OK) {
        return status;
    }
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
    enum status status =
        revoke_install_link(&request->call, request_parameter(request, "link"), &link, fault);
    if (status == STATUS_OK) {
        represent_install_link(response_json(response, request, 200), NULL, &link);
    }
    return status;
}

/* ---- what a link opens: pages for people, whatever goes wrong ---- */

static void respond_page(struct response *response, int http_status, struct text page) {
    response->http_status = http_status;
    response->content_type = TEXT("text/html; charset=utf-8");
    response->policy = TEXT("default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
                            "frame-ancestors 'none'; base-uri 'none'");
    response->is_secret = true;
    response->body = page;
}

/* What is over is gone; what the licence does not allow now is forbidden; all else is not there. */
static enum status respond_problem_page(struct request *request, struct response *response,
                                        enum status status, const struct fault *fault) {
    int http_status = 404;
    if (status == STATUS_INTERNAL || status == STATUS_BUSY) {
        return status;
    }
    if (strcmp(fault->code, "link-expired") == 0 || strcmp(fault->code, "link-revoked") == 0) {
        http_status = 410;
    } else if (status == STATUS_FORBIDDEN) {
        http_status = 403;
    }
    struct text message = text_copy(&request->arena, text_of(fault->message));
    respond_page(response, http_status, install_problem_format(&request->arena, message));
    return STATUS_OK;
}

static enum status get_install(struct request *request, struct response *response, struct fault *fault) {
    struct text token = request_parameter(request, "token");
    struct install_page page;
    enum status status = open_install_page(&request->call, token, &page, fault);
    if (status != STATUS_OK) {
        return respond_problem_page(request, response, status, fault);
    }
    respond_page(response, 200, install_page_format(&request->arena, &page, token));
    return STATUS_OK;
}

static enum status get_install_file(struct request *request, struct response *response, struct fault *fault) {
    struct opened_artifact artifact;
    enum status status = open_install_artifact(&request->call, request_parameter(request, "token"),
                                               request_parameter(request, "platform"),
                                               request_query(request, "product"), &artifact, fault);
    if (status != STATUS_OK) {
        return respond_problem_page(request, response, status, fault);
    }
    response->is_secret = true;
    return send_artifact(request, response, &artifact, fault);
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/products", RIGHT_READ, 0, "limit cursor vendor", get_products},
    {METHOD_POST, "/v1/products", RIGHT_CATALOGUE, 0, "", post_product},
    {METHOD_GET, "/v1/products/{product}", RIGHT_READ, 0, "", get_product},
    {METHOD_POST, "/v1/products/{product}/skus", RIGHT_CATALOGUE, 0, "", post_product_skus},
    {METHOD_PUT, "/v1/artifacts/{sha256}", RIGHT_CATALOGUE, ROUTE_UPLOAD, "vendor", upload_finish},
    {METHOD_GET, "/v1/releases", RIGHT_READ, 0, "limit cursor product channel state", get_releases},
    {METHOD_POST, "/v1/releases", RIGHT_CATALOGUE, 0, "", post_release},
    {METHOD_GET, "/v1/releases/{release}", RIGHT_READ, 0, "", get_release},
    {METHOD_POST, "/v1/releases/{release}/promote", RIGHT_CATALOGUE, 0, "", post_promote},
    {METHOD_POST, "/v1/releases/{release}/withdraw", RIGHT_CATALOGUE, 0, "", post_withdraw},
    {METHOD_GET, "/v1/releases/{release}/installers/{platform}", RIGHT_READ, 0, "", get_installer},
    {METHOD_GET, "/v1/licences/{licence}/install-links", RIGHT_LICENCES, 0, "", get_install_links},
    {METHOD_POST, "/v1/licences/{licence}/install-links", RIGHT_LICENCES, 0, "", post_install_link},
    {METHOD_DELETE, "/v1/install-links/{link}", RIGHT_LICENCES, 0, "", delete_install_link},
    {METHOD_GET, "/install/{token}", 0, ROUTE_PUBLIC, "", get_install},
    {METHOD_GET, "/install/{token}/{platform}", 0, ROUTE_PUBLIC, "product", get_install_file},
};
const struct route_group DELIVERY_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
