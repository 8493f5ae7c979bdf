/* The service about itself: the landing page, its description, health and metrics. */
#include "api/routes.h"

#include "portal/pages.h"
#include "store/engine/db.h"
#include "store/parties/programme.h"
#include "web/web_private.h"

static enum status get_index(struct request *request, struct response *response, struct fault *fault) {
    (void)request;
    (void)fault;
    response->http_status = 200;
    response->content_type = TEXT("text/html; charset=utf-8");
    response->policy = TEXT("default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
                            "frame-ancestors 'none'; base-uri 'none'");
    response->may_be_cached = true;
    response->body = (struct text){(const char *)PAGE_INDEX, PAGE_INDEX_LENGTH};
    return STATUS_OK;
}

static enum status get_openapi(struct request *request, struct response *response, struct fault *fault) {
    (void)request;
    (void)fault;
    response->http_status = 200;
    response->content_type = TEXT("application/yaml");
    response->may_be_cached = true;
    response->body = (struct text){(const char *)PAGE_OPENAPI, PAGE_OPENAPI_LENGTH};
    return STATUS_OK;
}

static void respond_word(struct request *request, struct response *response, const char *word) {
    struct json_writer *out = response_json(response, request, 200);
    json_write_open(out, NULL);
    json_write_string(out, "status", word);
    json_write_string(out, "version", SEATMETER_VERSION);
    json_write_close(out);
}

/* The process answers: nothing else is asked. */
static enum status get_healthz(struct request *request, struct response *response, struct fault *fault) {
    (void)fault;
    respond_word(request, response, "alive");
    return STATUS_OK;
}

/* The store can be reached, is of this version and has a programme. */
static enum status get_readyz(struct request *request, struct response *response, struct fault *fault) {
    struct programme programme;
    enum status status = db_check_version(request->call.db, fault);
    if (status == STATUS_OK) {
        status = call_begin(&request->call, DB_READ, fault);
        if (status == STATUS_OK) {
            status = programme_load(request->call.db, &request->arena, &programme, fault);
            status = call_end(&request->call, status, fault);
        }
    }
    if (status == STATUS_OK && atomic_load(&request->server->is_stopping)) {
        status = fault_set(fault, STATUS_BUSY, "stopping", NULL, TEXT(""), "The door is closing.");
    }
    if (status != STATUS_OK) {
        request->http_override = 503;
        return status;
    }
    respond_word(request, response, "ready");
    return STATUS_OK;
}

static enum status get_metrics(struct request *request, struct response *response, struct fault *fault) {
    (void)fault;
    response->http_status = 200;
    response->content_type = TEXT("text/plain; version=0.0.4; charset=utf-8");
    response->body = metrics_format(&request->arena, &request->server->metrics);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/", 0, ROUTE_PUBLIC | ROUTE_AT_ONCE, "", get_index},
    {METHOD_GET, "/openapi.yaml", 0, ROUTE_PUBLIC | ROUTE_AT_ONCE, "", get_openapi},
    {METHOD_GET, "/healthz", 0, ROUTE_PUBLIC | ROUTE_AT_ONCE, "", get_healthz},
    {METHOD_GET, "/readyz", 0, ROUTE_PUBLIC, "", get_readyz},
    {METHOD_GET, "/metrics", 0, ROUTE_METRICS, "", get_metrics},
};
const struct route_group SERVICE_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
