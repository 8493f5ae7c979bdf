/* Invoices: listed, shown, delivered as documents, settled, credited. */
#include "api/routes.h"

#include "core/base/csv.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/deliver_document.h"
#include "programme/billing/explain_line.h"
#include "programme/receivables/settle_invoice.h"
#include "web/negotiate.h"
#include "json/represent.h"

static enum status get_invoices(struct request *request, struct response *response, struct fault *fault) {
    struct list_invoices_input input = {
        .seller = request_query(request, "seller"),
        .buyer = request_query(request, "buyer"),
        .month = request_query(request, "month"),
        .state = request_query(request, "state"),
        .kind = request_query(request, "kind"),
    };
    struct invoice_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_invoices(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_invoice(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

/* A file name out of the invoice's number: what is not a plain character becomes "-". */
static struct text disposition_of(struct request *request, struct text number, enum format format) {
    struct text name = text_copy(&request->arena, number);
    char *at = (char *)(uintptr_t)name.at; /* our own copy */
    for (size_t i = 0; i < name.length; i++) {
        char c = at[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        c == '.' || c == '_';
        at[i] = is_plain ? c : '-';
    }
    return text_format(&request->arena, "%s; filename=\"%.*s.%s\"",
                       format == FORMAT_CSV ? "attachment" : "inline", TEXT_ARGS(name),
                       format == FORMAT_TEXT ? "txt" : format_name(format));
}

/* The same bytes at every delivery; its ETag is their hash. */
static enum status respond_document(struct request *request, struct response *response, enum format format,
                                    struct fault *fault) {
    struct deliver_document_input input = {
        .invoice = request_parameter(request, "invoice"),
        .format = format == FORMAT_PDF    ? DOCUMENT_PDF
                  : format == FORMAT_TEXT ? DOCUMENT_TEXT
                                          : DOCUMENT_CSV,
    };
    struct delivered_document document;
    bool for_spreadsheet = false;
    if (format == FORMAT_CSV) {
        TRY(request_query_bool(request, "spreadsheet", &for_spreadsheet, fault));
    }
    TRY(deliver_document(&request->call, &input, &document, fault));
    response->http_status = 200;
    response->content_type = format_content_type(format);
    response->disposition = disposition_of(request, document.number, format);
    response->etag = text_format(&request->arena, "\"%.*s%s\"", TEXT_ARGS(document.sha256),
                                 for_spreadsheet ? "-spreadsheet" : "");
    response->body =
        for_spreadsheet ? csv_for_spreadsheet(&request->arena, document.content) : document.content;
    return STATUS_OK;
}

static enum status get_invoice(struct request *request, struct response *response, struct fault *fault) {
    enum format format = FORMAT_JSON;
    TRY(negotiate(request, 1u << FORMAT_JSON | 1u << FORMAT_TEXT | 1u << FORMAT_CSV | 1u << FORMAT_PDF,
                  &format, fault));
    if (format != FORMAT_JSON) {
        return respond_document(request, response, format, fault);
    }
    struct show_invoice_input input = {.invoice = request_parameter(request, "invoice")};
    struct invoice_detail view;
    TRY(show_invoice(&request->call, &input, &view, fault));
    represent_invoice_in_full(response_json(response, request, 200), NULL, &view);
    return STATUS_OK;
}

static enum status get_explanation(struct request *request, struct response *response, struct fault *fault) {
    struct explain_line_input input = {.invoice = request_parameter(request, "invoice")};
    struct line_explanation explanation;
    if (!text_to_int64(request_parameter(request, "line"), &input.line)) {
        input.line = 0; /* no line has that number */
    }
    TRY(explain_line(&request->call, &input, &explanation, fault));
    represent_explanation(response_json(response, request, 200), NULL, &explanation);
    return STATUS_OK;
}

typedef enum status settle_function(struct call *, const struct settle_invoice_input *, struct invoice_view *,
                                    struct fault *);

static enum status settle_and_respond(struct request *request, struct response *response, struct fault *fault,
                                      settle_function *run) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct settle_invoice_input input = {
        .invoice = request_parameter(request, "invoice"),
        .note = json_read_text(&body, "note", JSON_OPTIONAL),
    };
    TRY(request_json_done(&document, &body));
    struct invoice_view invoice;
    TRY(run(&request->call, &input, &invoice, fault));
    represent_invoice(response_json(response, request, 200), NULL, &invoice);
    return STATUS_OK;
}

static enum status post_pay(struct request *request, struct response *response, struct fault *fault) {
    return settle_and_respond(request, response, fault, pay_invoice);
}

static enum status post_write_off(struct request *request, struct response *response, struct fault *fault) {
    return settle_and_respond(request, response, fault, write_off_invoice);
}

static const int64_t *read_positions(struct request *request, struct json_object *body, size_t *count) {
    struct json_array array = json_read_array(body, "positions", JSON_OPTIONAL);
    int64_t *positions = ARENA_NEW(&request->arena, int64_t, array.count);
    for (size_t i = 0; i < array.count; i++) {
        positions[i] = json_item_int(&array, i);
    }
    *count = array.count;
    return array.value == NULL ? NULL : positions;
}

static enum status post_credit(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct credit_invoice_input input = {
        .invoice = request_parameter(request, "invoice"),
        .reason = json_read_text(&body, "reason", JSON_REQUIRED),
    };
    input.positions = read_positions(request, &body, &input.position_count);
    TRY(request_json_done(&document, &body));
    struct invoice_view credit;
    TRY(credit_invoice(&request->call, &input, &credit, fault));
    response_location(response, request, "/v1/invoices/", credit.identifier);
    represent_invoice(response_json(response, request, 201), NULL, &credit);
    return STATUS_OK;
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/invoices", RIGHT_READ, 0, "limit cursor seller buyer month state kind", get_invoices},
    {METHOD_GET, "/v1/invoices/{invoice}", RIGHT_READ, 0, "format spreadsheet", get_invoice},
    {METHOD_GET, "/v1/invoices/{invoice}/lines/{line}/explanation", RIGHT_READ, 0, "", get_explanation},
    {METHOD_POST, "/v1/invoices/{invoice}/pay", RIGHT_BILLING, 0, "", post_pay},
    {METHOD_POST, "/v1/invoices/{invoice}/write-off", RIGHT_BILLING, 0, "", post_write_off},
    {METHOD_POST, "/v1/invoices/{invoice}/credit", RIGHT_BILLING, 0, "", post_credit},
};
const struct route_group INVOICE_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
