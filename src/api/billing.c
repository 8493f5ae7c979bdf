/* Closing months, charges, corrections, margins, the ledger, and exports of the actor's own edges. */
#include "api/routes.h"

#include "programme/exchange/export.h"
#include "json/represent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The close goes on in the background, and the job tells how far it is. */
static enum status ask_for_close(struct request *request, struct response *response,
                                 const struct close_month_input *input, struct fault *fault) {
    struct job_view job;
    TRY(ask_to_close(&request->call, input, &job, fault));
    response_location(response, request, "/v1/jobs/", job.identifier);
    response->preference_applied = TEXT("respond-async");
    represent_job(response_json(response, request, 202), NULL, &job);
    return STATUS_OK;
}

static enum status post_close_month(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct close_month_input input = {
        .month = request_parameter(request, "month"),
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
    };
    request->call.dry_run = json_read_bool(&body, "dry_run", false);
    TRY(request_json_done(&document, &body));
    if (!request->call.dry_run && request_prefers_async(request)) {
        return ask_for_close(request, response, &input, fault);
    }
    struct job_watch watch = {.now_us = request_clock(request).now_us};
    struct close_month_result result;
    TRY(close_month_watched(&request->call, &input, &watch, &result, fault));
    represent_close(response_json(response, request, 200), NULL, &result);
    return STATUS_OK;
}

static enum status get_charges(struct request *request, struct response *response, struct fault *fault) {
    struct list_one_off_charges_input input = {
        .seller = request_query(request, "seller"),
        .buyer = request_query(request, "buyer"),
        .month = request_query(request, "month"),
    };
    struct one_off_charge_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_one_off_charges(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_one_off_charge(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_charge(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct add_one_off_charge_input input = {
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
        .buyer = json_read_text(&body, "buyer", JSON_REQUIRED),
        .customer = json_read_text(&body, "customer", JSON_OPTIONAL),
        .month = json_read_text(&body, "month", JSON_REQUIRED),
        .description = json_read_text(&body, "description", JSON_REQUIRED),
        .quantity = json_read_int(&body, "quantity", JSON_OPTIONAL, 1),
        .unit_price = json_read_text(&body, "unit_price", JSON_REQUIRED),
        .tax_category = json_read_text(&body, "tax_category", JSON_OPTIONAL),
        .tax_rate = json_read_text(&body, "tax_rate", JSON_OPTIONAL),
    };
    TRY(request_json_done(&document, &body));
    struct one_off_charge_view charge;
    TRY(add_one_off_charge(&request->call, &input, &charge, fault));
    represent_one_off_charge(response_json(response, request, 201), NULL, &charge);
    return STATUS_OK;
}

static enum status delete_charge(struct request *request, struct response *response, struct fault *fault) {
    TRY(remove_one_off_charge(&request->call, request_parameter(request, "charge"), fault));
    response->http_status = 204;
    return STATUS_OK;
}

static enum status get_corrections(struct request *request, struct response *response, struct fault *fault) {
    struct list_corrections_input input = {
        .seller = request_query(request, "seller"),
        .buyer = request_query(request, "buyer"),
        .month = request_query(request, "month"),
        .state = request_query(request, "state"),
    };
    struct correction_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_corrections(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_correction(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_correction(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct add_correction_input input = {
        .giver = json_read_text(&body, "giver", JSON_OPTIONAL),
        .month = json_read_text(&body, "month", JSON_OPTIONAL),
        .customer = json_read_text(&body, "customer", JSON_OPTIONAL),
        .sku = json_read_text(&body, "sku", JSON_OPTIONAL),
        .units = json_read_int(&body, "units", JSON_OPTIONAL, INT64_MIN),
        .licence = json_read_text(&body, "licence", JSON_OPTIONAL),
        .at = json_read_text(&body, "at", JSON_OPTIONAL),
        .seats = json_read_int(&body, "seats", JSON_OPTIONAL, INT64_MIN),
        .reason = json_read_text(&body, "reason", JSON_REQUIRED),
        .dry_run = json_read_bool(&body, "dry_run", false),
    };
    TRY(request_json_done(&document, &body));
    input.has_units = input.units != INT64_MIN;
    input.has_seats = input.seats != INT64_MIN;
    struct correction_page page;
    TRY(add_correction(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, input.dry_run ? 200 : 201);
    for (size_t i = 0; i < page.count; i++) {
        represent_correction(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, 0);
    return STATUS_OK;
}

static enum status get_correction(struct request *request, struct response *response, struct fault *fault) {
    struct correction_view correction;
    TRY(show_correction(&request->call, request_parameter(request, "correction"), &correction, fault));
    represent_correction(response_json(response, request, 200), NULL, &correction);
    return STATUS_OK;
}

static enum status post_correction_accept(struct request *request, struct response *response,
                                          struct fault *fault) {
    struct decide_correction_input input = {.correction = request_parameter(request, "correction")};
    struct correction_view correction;
    TRY(accept_correction(&request->call, &input, &correction, fault));
    represent_correction(response_json(response, request, 200), NULL, &correction);
    return STATUS_OK;
}

static enum status post_correction_refuse(struct request *request, struct response *response,
                                          struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct decide_correction_input input = {
        .correction = request_parameter(request, "correction"),
        .reason = json_read_text(&body, "reason", JSON_REQUIRED),
    };
    TRY(request_json_done(&document, &body));
    struct correction_view correction;
    TRY(refuse_correction(&request->call, &input, &correction, fault));
    represent_correction(response_json(response, request, 200), NULL, &correction);
    return STATUS_OK;
}

static enum status delete_correction(struct request *request, struct response *response,
                                     struct fault *fault) {
    TRY(remove_correction(&request->call, request_parameter(request, "correction"), fault));
    response->http_status = 204;
    return STATUS_OK;
}

static enum status get_margins(struct request *request, struct response *response, struct fault *fault) {
    struct show_margins_input input = {
        .account = request_query(request, "account"),
        .month = request_query(request, "month"),
    };
    struct text group = request_query(request, "group");
    TRY(request_query_bool(request, "forecast", &input.forecast, fault));
    if (group.length > 0) {
        TRY(margin_grouping_parse(group, "group", &input.grouping, fault));
    }
    struct show_margins_result result;
    TRY(show_margins(&request->call, &input, &result, fault));
    represent_margins(response_json(response, request, 200), NULL, &result);
    return STATUS_OK;
}

static enum status get_balances(struct request *request, struct response *response, struct fault *fault) {
    struct list_balances_input input = {.owner = request_query(request, "owner")};
    struct balance_page result;
    TRY(list_balances(&request->call, &input, &result, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < result.count; i++) {
        represent_balance(out, NULL, &result.items[i]);
    }
    response_end_page(request, out, 0);
    return STATUS_OK;
}

/* The export goes through an unlinked file: a year of it does not fit into memory, and a slow client must not
 * hold a transaction open. */
static enum status get_export(struct request *request, struct response *response, struct fault *fault) {
    struct export_input input = {
        .what = request_parameter(request, "what"),
        .month = request_query(request, "month"),
    };
    TRY(request_query_bool(request, "spreadsheet", &input.for_spreadsheet, fault));
    FILE *file = tmpfile();
    if (file == NULL) {
        return fault_set(fault, STATUS_INTERNAL, "no-room", NULL, TEXT(""),
                         "No temporary file could be made: %s.", strerror(errno));
    }
    struct export_file sink = export_to_file(file);
    enum status status = export_records(&request->call, &input, &sink.sink, fault);
    if (status == STATUS_OK && (fflush(file) != 0 || (response->file = dup(fileno(file))) < 0)) {
        status = fault_set(fault, STATUS_INTERNAL, "no-room", NULL, TEXT(""),
                           "The export could not be kept: %s.", strerror(errno));
    }
    fclose(file);
    TRY(status);
    response->http_status = 200;
    response->content_type = TEXT("text/csv; charset=utf-8");
    response->disposition =
        text_format(&request->arena, "attachment; filename=\"%.*s.csv\"", TEXT_ARGS(input.what));
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_POST, "/v1/months/{month}/close", RIGHT_BILLING, 0, "", post_close_month},
    {METHOD_GET, "/v1/charges", RIGHT_READ, 0, "limit cursor seller buyer month", get_charges},
    {METHOD_POST, "/v1/charges", RIGHT_BILLING, 0, "", post_charge},
    {METHOD_DELETE, "/v1/charges/{charge}", RIGHT_BILLING, 0, "", delete_charge},
    {METHOD_GET, "/v1/corrections", RIGHT_READ, 0, "limit cursor seller buyer month state", get_corrections},
    {METHOD_POST, "/v1/corrections", RIGHT_REPORTS, 0, "", post_correction},
    {METHOD_GET, "/v1/corrections/{correction}", RIGHT_READ, 0, "", get_correction},
    {METHOD_DELETE, "/v1/corrections/{correction}", RIGHT_REPORTS, 0, "", delete_correction},
    {METHOD_POST, "/v1/corrections/{correction}/accept", RIGHT_REPORTS, 0, "", post_correction_accept},
    {METHOD_POST, "/v1/corrections/{correction}/refuse", RIGHT_REPORTS, 0, "", post_correction_refuse},
    {METHOD_GET, "/v1/margins", RIGHT_READ, 0, "account month group forecast", get_margins},
    {METHOD_GET, "/v1/ledger", RIGHT_READ, 0, "owner", get_balances},
    {METHOD_GET, "/v1/exports/{what}", RIGHT_READ, 0, "month spreadsheet", get_export},
};
const struct route_group BILLING_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
