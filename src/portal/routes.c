/* The landing page, and what an install link opens: pages for people, whatever goes wrong. */
#include "portal/routes.h"

#include "portal/install_page.h"
#include "portal/pages.h"
#include "web/request.h"
#include "web/send_file.h"

#include <string.h>

/* A page that loads nothing and sends nothing. */
static void respond_page(struct response *response, int http_status, struct text page) {
    response->http_status = http_status;
    response->content_type = TEXT("text/html; charset=utf-8");
    response->policy = TEXT("default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
                            "frame-ancestors 'none'; base-uri 'none'");
    response->body = page;
}

static enum status get_index(struct request *request, struct response *response, struct fault *fault) {
    (void)request;
    (void)fault;
    respond_page(response, 200, (struct text){(const char *)PAGE_INDEX, PAGE_INDEX_LENGTH});
    response->may_be_cached = true;
    return STATUS_OK;
}

/* The page has the licence key, or says whose link it was. */
static void respond_secret_page(struct response *response, int http_status, struct text page) {
    respond_page(response, http_status, page);
    response->is_secret = true;
}

/* A link that is over is gone. One whose licence does not allow it now is forbidden. Any other is not there.
 */
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
    respond_secret_page(response, http_status, install_problem_format(&request->arena, message));
    return STATUS_OK;
}

static enum status get_install(struct request *request, struct response *response, struct fault *fault) {
    struct text token = request_parameter(request, "token");
    struct install_page page;
    enum status status = open_install_page(&request->call, token, &page, fault);
    if (status != STATUS_OK) {
        return respond_problem_page(request, response, status, fault);
    }
    respond_secret_page(response, 200, install_page_format(&request->arena, &page, token));
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
    {METHOD_GET, "/", 0, ROUTE_PUBLIC | ROUTE_AT_ONCE, "", get_index},
    {METHOD_GET, "/install/{token}", 0, ROUTE_PUBLIC, "", get_install},
    {METHOD_GET, "/install/{token}/{platform}", 0, ROUTE_PUBLIC, "product", get_install_file},
};
static const struct route_group PORTAL_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};

void portal_add_routes(struct route_table *table) {
    route_table_add(table, &PORTAL_ROUTES);
}
