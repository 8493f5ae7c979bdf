/* Agreements: offered, signed, amended, suspended, resumed, terminated. */
#include "api/routes.h"

#include "json/represent.h"
#include "json/terms_read.h"

static void respond_agreement(struct request *request, struct response *response, int http_status,
                              const struct agreement_view *agreement) {
    response_version(response, request, agreement->version);
    represent_agreement(response_json(response, request, http_status), NULL, agreement);
}

static enum status get_agreements(struct request *request, struct response *response, struct fault *fault) {
    struct list_agreements_input input = {
        .seller = request_query(request, "seller"),
        .buyer = request_query(request, "buyer"),
        .state = request_query(request, "state"),
    };
    TRY(request_query_bool(request, "proposed", &input.proposed, fault));
    struct agreement_page page;
    TRY(request_page(request, &input.page, fault));
    TRY(list_agreements(&request->call, &input, &page, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < page.count; i++) {
        represent_agreement(out, NULL, &page.items[i]);
    }
    response_end_page(request, out, page.next_after);
    return STATUS_OK;
}

static enum status post_agreement(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct offer_agreement_input input = {
        .seller = json_read_text(&body, "seller", JSON_OPTIONAL),
        .buyer = json_read_text(&body, "buyer", JSON_REQUIRED),
        .terms = terms_read(&body),
        .as_draft = json_read_bool(&body, "as_draft", false),
        .if_version = request->if_version,
    };
    input.terms.bills_elsewhere = json_read_bool(&body, "bills_elsewhere", false) ? TEXT("yes") : TEXT("no");
    input.terms.names_to_vendors =
        json_read_bool(&body, "names_to_vendors", false) ? TEXT("yes") : TEXT("no");
    TRY(request_json_done(&document, &body));
    struct agreement_view agreement;
    TRY(offer_agreement(&request->call, &input, &agreement, fault));
    response_location(response, request, "/v1/agreements/", agreement.identifier);
    respond_agreement(request, response, 201, &agreement);
    return STATUS_OK;
}

static enum status get_agreement(struct request *request, struct response *response, struct fault *fault) {
    struct agreement_view agreement;
    TRY(show_agreement(&request->call, request_parameter(request, "agreement"), TEXT(""), TEXT(""),
                       &agreement, fault));
    respond_agreement(request, response, 200, &agreement);
    return STATUS_OK;
}

/* "yes" or "no"; empty where the member is not there. */
static struct text read_yes_no(struct json_object *body, const char *name) {
    bool said = false;
    const bool *yes = json_read_bool_change(body, name, &said);
    return yes == NULL ? TEXT("") : *yes ? TEXT("yes") : TEXT("no");
}

static enum status patch_agreement(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct edit_agreement_input input = {
        .agreement = request_parameter(request, "agreement"),
        .bills_elsewhere = read_yes_no(&body, "bills_elsewhere"),
        .names_to_vendors = read_yes_no(&body, "names_to_vendors"),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct agreement_view agreement;
    TRY(edit_agreement(&request->call, &input, &agreement, fault));
    respond_agreement(request, response, 200, &agreement);
    return STATUS_OK;
}

static enum status post_sign(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct sign_agreement_input input = {
        .agreement = request_parameter(request, "agreement"),
        .signed_by = json_read_text(&body, "signed_by", JSON_REQUIRED),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct agreement_view agreement;
    TRY(sign_agreement(&request->call, &input, &agreement, fault));
    respond_agreement(request, response, 200, &agreement);
    return STATUS_OK;
}

static struct agreement_words words_of(struct request *request) {
    return (struct agreement_words){.identifier = request_parameter(request, "agreement")};
}

static enum status get_terms(struct request *request, struct response *response, struct fault *fault) {
    const struct agreement_words words = words_of(request);
    struct terms_list list;
    TRY(list_terms(&request->call, &words, &list, fault));
    struct json_writer *out = response_begin_items(response, request, 200);
    for (size_t i = 0; i < list.count; i++) {
        represent_terms(out, NULL, &list.items[i]);
    }
    response_end_page(request, out, 0);
    return STATUS_OK;
}

static enum status post_terms(struct request *request, struct response *response, struct fault *fault) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct amend_agreement_input input = {
        .agreement = words_of(request),
        .from = json_read_text(&body, "from", JSON_REQUIRED),
        .terms = terms_read(&body),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct terms_view terms;
    TRY(amend_agreement(&request->call, &input, &terms, fault));
    represent_terms(response_json(response, request, 201), NULL, &terms);
    return STATUS_OK;
}

typedef enum status decision_function(struct call *, const struct decide_amendment_input *,
                                      struct terms_view *, struct fault *);

static enum status run_decision(struct request *request, struct response *response, struct fault *fault,
                                bool is_accepted, decision_function *run) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct decide_amendment_input input = {
        .agreement = words_of(request),
        .number = request_parameter(request, "number"),
        .accepted_by = is_accepted ? json_read_text(&body, "accepted_by", JSON_REQUIRED) : TEXT(""),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct terms_view terms;
    TRY(run(&request->call, &input, &terms, fault));
    represent_terms(response_json(response, request, 200), NULL, &terms);
    return STATUS_OK;
}

static enum status post_accept(struct request *request, struct response *response, struct fault *fault) {
    return run_decision(request, response, fault, true, accept_amendment);
}

static enum status post_withdraw(struct request *request, struct response *response, struct fault *fault) {
    return run_decision(request, response, fault, false, withdraw_amendment);
}

typedef enum status cascade_function(struct call *, const struct suspend_agreement_input *,
                                     struct cascade_result *, struct fault *);

static enum status run_cascade(struct request *request, struct response *response, struct fault *fault,
                               cascade_function *run) {
    struct json_document document;
    struct json_object body;
    TRY(request_json(request, &document, &body, fault));
    struct suspend_agreement_input input = {
        .agreement = request_parameter(request, "agreement"),
        .reason = json_read_text(&body, "reason", JSON_OPTIONAL),
        .if_version = request->if_version,
    };
    TRY(request_json_done(&document, &body));
    struct cascade_result cascade;
    TRY(run(&request->call, &input, &cascade, fault));
    response_version(response, request, cascade.version);
    represent_cascade(response_json(response, request, 200), NULL, &cascade);
    return STATUS_OK;
}

static enum status post_suspend(struct request *request, struct response *response, struct fault *fault) {
    return run_cascade(request, response, fault, suspend_agreement);
}

static enum status post_resume(struct request *request, struct response *response, struct fault *fault) {
    return run_cascade(request, response, fault, resume_agreement);
}

static enum status post_terminate(struct request *request, struct response *response, struct fault *fault) {
    return run_cascade(request, response, fault, terminate_agreement);
}

static const struct route ROUTES[] = {
    {METHOD_GET, "/v1/agreements", RIGHT_READ, 0, "limit cursor seller buyer state proposed", get_agreements},
    {METHOD_POST, "/v1/agreements", RIGHT_ACCOUNTS, 0, "", post_agreement},
    {METHOD_GET, "/v1/agreements/{agreement}", RIGHT_READ, 0, "", get_agreement},
    {METHOD_PATCH, "/v1/agreements/{agreement}", RIGHT_ACCOUNTS, ROUTE_VERSIONED, "", patch_agreement},
    {METHOD_POST, "/v1/agreements/{agreement}/sign", RIGHT_ACCOUNTS, ROUTE_VERSIONED, "", post_sign},
    {METHOD_GET, "/v1/agreements/{agreement}/terms", RIGHT_READ, 0, "", get_terms},
    {METHOD_POST, "/v1/agreements/{agreement}/terms", RIGHT_ACCOUNTS, 0, "", post_terms},
    {METHOD_POST, "/v1/agreements/{agreement}/terms/{number}/accept", RIGHT_ACCOUNTS, 0, "", post_accept},
    {METHOD_POST, "/v1/agreements/{agreement}/terms/{number}/withdraw", RIGHT_ACCOUNTS, 0, "", post_withdraw},
    {METHOD_POST, "/v1/agreements/{agreement}/suspend", RIGHT_ACCOUNTS, 0, "", post_suspend},
    {METHOD_POST, "/v1/agreements/{agreement}/resume", RIGHT_ACCOUNTS, 0, "", post_resume},
    {METHOD_POST, "/v1/agreements/{agreement}/terminate", RIGHT_ACCOUNTS, 0, "", post_terminate},
};
const struct route_group AGREEMENT_ROUTES = {ROUTES, sizeof ROUTES / sizeof *ROUTES};
