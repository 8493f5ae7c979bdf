/* The service about itself: its description, health and metrics. */
#include "api/routes.h"

#include "api/description.h"
#include "store/engine/db.h"
#include "store/parties/programme.h"
#include "web/server.h"

static enum status get_openapi(struct request *request, struct response *response, struct fault *fault) {
    (void)request;
    (void)fault;
    response->http_status = 200;
    response->content_type = TEXT("application/yaml");
    response->may_be_cached = true;
    response->body = (struct text){(const char *)OPENAPI, OPENAPI_LENGTH};
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

static enum status do_load_programme(struct call *call, const void *input, void *output,
                                     struct fault *fault) {
    (void)input;
    return programme_load(call->db, call->arena, output, fault);
}

/* The store can be reached, is of this version and has a programme, and the server takes requests. */
static enum status check_ready(struct request *request, struct fault *fault) {
    struct programme programme;
    TRY(db_check_version(request->call.db, fault));
    TRY(call_run(&request->call, DB_READ, do_load_programme, NULL, &programme, fault));
    if (web_server_is_stopping(request->server)) {
        return fault_set(fault, STATUS_BUSY, "stopping", NULL, TEXT(""), "The door is closing.");
    }
    return STATUS_OK;
}

static enum status get_readyz(struct request *request, struct response *response, struct fault *fault) {
    enum status status = check_ready(request, fault);
    if (status == STATUS_OK) {
        respond_word(request, response, "ready");
    } else {
        request->http_override = 503;
    }
    return status;
}

static enum status get_metrics(struct request *request, struct response *response, struct fault *fault) {
    (void)fault;
    response->http_status = 200;
    response->content_type = TEXT("text/plain; version=0.0.4; charset=utf-8");
    response->body = web_server_metrics(request->server, &request->arena);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/openapi.yaml", 0, ROUTE_PUBLIC | ROUTE_AT_ONCE, "", get_openapi},
    {METHOD_GET, "/healthz", 0, ROUTE_PUBLIC | ROUTE_AT_ONCE, "", get_healthz},
    {METHOD_GET, "/readyz", 0, ROUTE_PUBLIC, "", get_readyz},
    {METHOD_GET, "/metrics", 0, ROUTE_METRICS, "", get_metrics},
};
const struct route_group SERVICE_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
