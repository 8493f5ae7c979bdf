/* Usage reports, named by who reports and the month: a draft is there before anything of it is kept. */
#include "api/routes.h"

#include "core/base/csv.h"
#include "documents/invoice/document.h"
#include "programme/usage/decide_report.h"
#include "web/negotiate.h"
#include "json/represent.h"

static struct report_name name_of(const struct request *request) {
    return (struct report_name){
        .provider = request_parameter(request, "account"),
        .month = request_parameter(request, "month"),
        .seller = request_query(request, "seller"),
    };
}

static void respond_report(struct request *request, struct response *response,
                           const struct report_detail *detail) {
    if (detail->version > 0) {
        response_version(response, request, detail->version);
    }
    represent_report_in_full(response_json(response, request, 200), NULL, detail);
}

static enum status show_and_respond(struct request *request, struct response *response,
                                    const struct report_name *name, struct fault *fault) {
    enum format format = FORMAT_JSON;
    struct report_detail detail;
    TRY(negotiate(request, 1u << FORMAT_JSON | 1u << FORMAT_TEXT | 1u << FORMAT_CSV, &format, fault));
    TRY(show_report(&request->call, name, &detail, fault));
    if (format == FORMAT_JSON) {
        respond_report(request, response, &detail);
        return STATUS_OK;
    }
    response->http_status = 200;
    response->content_type = format_content_type(format);
    response->body = format == FORMAT_TEXT ? document_report_text(&request->arena, &detail.report)
                                           : document_report_csv(&request->arena, &detail.report);
    bool for_spreadsheet = false;
    TRY(request_query_bool(request, "spreadsheet", &for_spreadsheet, fault));
    if (format == FORMAT_CSV && for_spreadsheet) {
        response->body = csv_for_spreadsheet(&request->arena, response->body);
    }
    return STATUS_OK;
}

static enum status get_report_of_month(struct request *request, struct response *response,
                                       struct fault *fault) {
    struct report_name name = name_of(request);
    return show_and_respond(request, response, &name, fault);
}

static enum status get_report(struct request *request, struct response *response, struct fault *fault) {
    struct report_name name = {.report = request_parameter(request, "report")};
    return show_and_respond(request, response, &name, fault);
}

static enum status get_reports(struct request *request, struct response *response, struct fault *fault) {
    struct list_reports_input input = {
        .provider = request_query(request, "provider"),
        .month = request_query(request, "month"),
        .state = request_query(request, "state"),
    };
    struct report_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_reports(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_report(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_adjustment(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct adjust_report_input input = {
        .name = name_of(request),
        .customer = json_read_text(&body, "customer", JSON_REQUIRED),
        .sku = json_read_text(&body, "sku", JSON_REQUIRED),
        .withdraw = json_read_bool(&body, "withdraw", false),
        .if_version = request->if_version,
    };
    enum json_need need = input.withdraw ? JSON_OPTIONAL : JSON_REQUIRED;
    input.units = json_read_int(&body, "units", need, 0);
    input.reason = json_read_text(&body, "reason", need);
    TRY(request_json_done(&document, &body));
    struct report_detail detail;
    TRY(adjust_report(&request->call, &input, &detail, fault));
    respond_report(request, response, &detail);
    return STATUS_OK;
}

typedef enum status decide_function(struct call *, const struct decide_report_input *, struct report_detail *,
                                    struct fault *);

static enum status decide_and_respond(struct request *request, struct response *response, struct fault *fault,
                                      decide_function *run) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct decide_report_input input = {.name = name_of(request), .if_version = request->if_version};
    if (run == reject_report) {
        input.reason = json_read_text(&body, "reason", JSON_REQUIRED);
    }
    TRY(request_json_done(&document, &body));
    struct report_detail detail;
    TRY(run(&request->call, &input, &detail, fault));
    respond_report(request, response, &detail);
    return STATUS_OK;
}

static enum status post_submit(struct request *request, struct response *response, struct fault *fault) {
    return decide_and_respond(request, response, fault, submit_report);
}

static enum status post_approve(struct request *request, struct response *response, struct fault *fault) {
    return decide_and_respond(request, response, fault, approve_report);
}

static enum status post_reject(struct request *request, struct response *response, struct fault *fault) {
    return decide_and_respond(request, response, fault, reject_report);
}

#define OF_MONTH "/v1/accounts/{account}/reports/{month}"

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/reports", RIGHT_READ, 0, "limit cursor provider month state", get_reports},
    {METHOD_GET, "/v1/reports/{report}", RIGHT_READ, 0, "format spreadsheet", get_report},
    {METHOD_GET, OF_MONTH, RIGHT_READ, 0, "format spreadsheet seller", get_report_of_month},
    {METHOD_POST, OF_MONTH "/adjustments", RIGHT_REPORTS, 0, "seller", post_adjustment},
    {METHOD_POST, OF_MONTH "/submit", RIGHT_REPORTS, 0, "seller", post_submit},
    {METHOD_POST, OF_MONTH "/approve", RIGHT_REPORTS, 0, "seller", post_approve},
    {METHOD_POST, OF_MONTH "/reject", RIGHT_REPORTS, 0, "seller", post_reject},
};
const struct route_group REPORT_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
