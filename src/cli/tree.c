/* The programme's beginning, accounts, agreements, catalogue and prices. */
#include "cli/file.h"
#include "cli/group.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "control/represent.h"
#include "programme/accounts.h"
#include "programme/agreements.h"
#include "programme/catalogue.h"
#include "programme/import_catalogue.h"
#include "programme/init_programme.h"
#include "programme/prices.h"
#include "programme/suspend_agreement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const size_t IMPORT_MAX_BYTES = (size_t)256 << 20;

static void show_account_view(struct operator_session *session, const struct arguments *arguments,
                              const struct account_view *account) {
    struct json_writer writer = {.arena = &session->arena};
    represent_account(&writer, NULL, account);
    show_record(session, arguments, json_written(&writer));
}

static void show_agreement_view(struct operator_session *session, const struct arguments *arguments,
                                const struct agreement_view *agreement) {
    struct json_writer writer = {.arena = &session->arena};
    represent_agreement(&writer, NULL, agreement);
    show_record(session, arguments, json_written(&writer));
}

static void show_sku_view(struct operator_session *session, const struct arguments *arguments,
                          const struct sku_view *sku) {
    struct json_writer writer = {.arena = &session->arena};
    represent_sku_in_full(&writer, NULL, sku);
    show_record(session, arguments, json_written(&writer));
}

static enum status run_init(struct operator_session *session, const struct arguments *arguments,
                            int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct init_programme_input input = {.distributor = argument_text(arguments, "distributor"),
                                         .code = argument_text(arguments, "code"),
                                         .currency = argument_text(arguments, "currency"),
                                         .time_zone = argument_text(arguments, "time-zone"),
                                         .address = argument_text(arguments, "address"),
                                         .country = argument_text(arguments, "country"),
                                         .tax_number = argument_text(arguments, "tax-number"),
                                         .email = argument_text(arguments, "email")};
    struct account_view distributor;
    enum status status = init_programme(&session->call, &input, &distributor, fault);
    if (status == STATUS_OK) {
        show_account_view(session, arguments, &distributor);
    }
    return status;
}

/* The words of an agreement's terms, wherever one is made. */
static struct agreement_terms_input terms_of(const struct arguments *arguments) {
    return (struct agreement_terms_input){.currency = argument_text(arguments, "currency"),
                                          .time_zone = argument_text(arguments, "time-zone"),
                                          .tax_category = argument_text(arguments, "tax-category"),
                                          .tax_rate = argument_text(arguments, "tax-rate"),
                                          .payment_days = argument_text(arguments, "payment-days"),
                                          .report_due_days = argument_text(arguments, "report-due-days"),
                                          .text = argument_text(arguments, "terms")};
}

static enum status run_account_add(struct operator_session *session, const struct arguments *arguments,
                                   int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct add_account_input input = {.kind = argument_text(arguments, "kind"),
                                      .name = argument_text(arguments, "name"),
                                      .code = argument_text(arguments, "code"),
                                      .seller = argument_text(arguments, "seller"),
                                      .address = argument_text(arguments, "address"),
                                      .country = argument_text(arguments, "country"),
                                      .tax_number = argument_text(arguments, "tax-number"),
                                      .email = argument_text(arguments, "email"),
                                      .without_agreement = argument_given(arguments, "without-agreement"),
                                      .terms = terms_of(arguments)};
    struct account_view account;
    enum status status = add_account(&session->call, &input, &account, fault);
    if (status == STATUS_OK) {
        show_account_view(session, arguments, &account);
    }
    return status;
}

static enum status run_account_edit(struct operator_session *session, const struct arguments *arguments,
                                    int *exit_code, struct fault *fault) {
    (void)exit_code;
    static const char *const NAMES[] = {"code", "name", "address", "country", "tax-number", "email"};
    struct text values[6];
    const struct text *given[6];
    for (size_t i = 0; i < 6; i++) {
        values[i] = argument_text(arguments, NAMES[i]);
        given[i] = argument_given(arguments, NAMES[i]) ? &values[i] : NULL;
    }
    struct text logo = TEXT("");
    enum status status = STATUS_OK;
    if (argument_text(arguments, "logo").length > 0) {
        status = file_read(&session->arena, argument_text(arguments, "logo"), "logo", ACCOUNT_LOGO_MAX_BYTES,
                           &logo, fault);
    }
    struct edit_account_input input = {.account = argument_text(arguments, "ACCOUNT"),
                                       .code = given[0],
                                       .name = given[1],
                                       .address = given[2],
                                       .country = given[3],
                                       .tax_number = given[4],
                                       .email = given[5],
                                       .logo_png = argument_given(arguments, "logo") ? &logo : NULL};
    struct account_view account;
    if (status == STATUS_OK) {
        status = edit_account(&session->call, &input, &account, fault);
    }
    if (status == STATUS_OK) {
        show_account_view(session, arguments, &account);
    }
    return status;
}

static enum status run_account_show(struct operator_session *session, const struct arguments *arguments,
                                    int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct account_view account;
    enum status status = show_account(&session->call, argument_text(arguments, "ACCOUNT"), &account, fault);
    if (status == STATUS_OK) {
        show_account_view(session, arguments, &account);
    }
    return status;
}

static enum status run_account_list(struct operator_session *session, const struct arguments *arguments,
                                    int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct list_accounts_input input = {.kind = argument_text(arguments, "kind"),
                                        .seller = argument_text(arguments, "seller"),
                                        .code = argument_text(arguments, "code"),
                                        .page = {.limit = PAGE_LIMIT_MAX}};
    struct json_writer writer = show_list_begin(session);
    struct account_page page;
    enum status status;
    do {
        status = list_accounts(&session->call, &input, &page, fault);
        for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
            represent_account(&writer, NULL, &page.items[i]);
        }
        input.page.after_id = page.next_after;
    } while (status == STATUS_OK && page.next_after != 0);
    static const struct column COLUMNS[] = {{"account", "id"},         {"kind", "kind"}, {"code", "code"},
                                            {"seller", "seller.code"}, {"name", "name"}, {NULL, NULL}};
    if (status == STATUS_OK) {
        show_list(session, arguments, show_list_end(&writer), COLUMNS);
    }
    return status;
}

static enum status run_agreement_offer(struct operator_session *session, const struct arguments *arguments,
                                       int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct offer_agreement_input input = {.seller = argument_text(arguments, "seller"),
                                          .buyer = argument_text(arguments, "buyer"),
                                          .terms = terms_of(arguments),
                                          .as_draft = argument_given(arguments, "draft")};
    struct agreement_view agreement;
    enum status status = offer_agreement(&session->call, &input, &agreement, fault);
    if (status == STATUS_OK) {
        show_agreement_view(session, arguments, &agreement);
    }
    return status;
}

static enum status run_agreement_sign(struct operator_session *session, const struct arguments *arguments,
                                      int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct sign_agreement_input input = {.agreement = argument_text(arguments, "AGREEMENT"),
                                         .seller = argument_text(arguments, "seller"),
                                         .buyer = argument_text(arguments, "buyer"),
                                         .signed_by = argument_text(arguments, "by")};
    struct agreement_view agreement;
    enum status status = sign_agreement(&session->call, &input, &agreement, fault);
    if (status == STATUS_OK) {
        show_agreement_view(session, arguments, &agreement);
    }
    return status;
}

/* Suspending, resuming and terminating have one shape. */
typedef enum status agreement_change(struct call *call, const struct suspend_agreement_input *input,
                                     struct cascade *out, struct fault *fault);

static enum status change_agreement(struct operator_session *session, const struct arguments *arguments,
                                    agreement_change *change, struct fault *fault) {
    struct suspend_agreement_input input = {.agreement = argument_text(arguments, "AGREEMENT"),
                                            .seller = argument_text(arguments, "seller"),
                                            .buyer = argument_text(arguments, "buyer"),
                                            .reason = argument_text(arguments, "reason")};
    struct cascade cascade;
    enum status status = change(&session->call, &input, &cascade, fault);
    if (status == STATUS_OK) {
        struct json_writer writer = {.arena = &session->arena};
        represent_cascade(&writer, NULL, &cascade);
        show_record(session, arguments, json_written(&writer));
    }
    return status;
}

static enum status run_agreement_suspend(struct operator_session *session, const struct arguments *arguments,
                                         int *exit_code, struct fault *fault) {
    (void)exit_code;
    return change_agreement(session, arguments, suspend_agreement, fault);
}

static enum status run_agreement_resume(struct operator_session *session, const struct arguments *arguments,
                                        int *exit_code, struct fault *fault) {
    (void)exit_code;
    return change_agreement(session, arguments, resume_agreement, fault);
}

static enum status run_agreement_terminate(struct operator_session *session,
                                           const struct arguments *arguments, int *exit_code,
                                           struct fault *fault) {
    (void)exit_code;
    return change_agreement(session, arguments, terminate_agreement, fault);
}

static enum status run_agreement_show(struct operator_session *session, const struct arguments *arguments,
                                      int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct agreement_view agreement;
    enum status status = show_agreement(&session->call, argument_text(arguments, "AGREEMENT"),
                                        argument_text(arguments, "seller"), argument_text(arguments, "buyer"),
                                        &agreement, fault);
    if (status == STATUS_OK) {
        show_agreement_view(session, arguments, &agreement);
    }
    return status;
}

static enum status run_agreement_list(struct operator_session *session, const struct arguments *arguments,
                                      int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct list_agreements_input input = {.seller = argument_text(arguments, "seller"),
                                          .buyer = argument_text(arguments, "buyer"),
                                          .state = argument_text(arguments, "state"),
                                          .page = {.limit = PAGE_LIMIT_MAX}};
    struct json_writer writer = show_list_begin(session);
    struct agreement_page page;
    enum status status;
    do {
        status = list_agreements(&session->call, &input, &page, fault);
        for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
            represent_agreement(&writer, NULL, &page.items[i]);
        }
        input.page.after_id = page.next_after;
    } while (status == STATUS_OK && page.next_after != 0);
    static const struct column COLUMNS[] = {
        {"agreement", "id"}, {"seller", "seller.code"}, {"buyer", "buyer.code"},
        {"state", "state"},  {"currency", "currency"},  {"time zone", "time_zone"},
        {NULL, NULL}};
    if (status == STATUS_OK) {
        show_list(session, arguments, show_list_end(&writer), COLUMNS);
    }
    return status;
}

/* The bad rows behind the first, which the fault tells. */
static void print_problems(const struct import_problems *problems) {
    for (size_t i = 0; i < problems->count; i++) {
        const struct import_problem *problem = &problems->items[i];
        fprintf(stderr, "line %" PRId64 ": %s%s%s%s: %s (%s)\n", problem->line, problem->fault.field,
                problem->fault.value[0] == '\0' ? "" : " \"", problem->fault.value,
                problem->fault.value[0] == '\0' ? "" : "\"", problem->fault.message, problem->fault.code);
    }
    if (problems->total > (int64_t)problems->count) {
        fprintf(stderr, "… and %" PRId64 " more\n", problems->total - (int64_t)problems->count);
    }
}

static enum status run_catalog_import(struct operator_session *session, const struct arguments *arguments,
                                      int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct import_catalogue_input input = {.vendor = argument_text(arguments, "vendor"),
                                           .format = argument_text(arguments, "format")};
    struct import_catalogue_result result;
    struct import_problems problems = {0};
    enum status status = file_read(&session->arena, argument_text(arguments, "FILE"), "FILE",
                                   IMPORT_MAX_BYTES, &input.content, fault);
    if (status == STATUS_OK) {
        status = import_catalogue(&session->call, &input, &result, &problems, fault);
    }
    progress_end();
    print_problems(&problems);
    if (status != STATUS_OK) {
        return status;
    }
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_catalogue_import(&writer, NULL, &result);
        show_json(json_written(&writer));
        return STATUS_OK;
    }
    if (result.vendor_added) {
        printf("vendor %.*s added\n", TEXT_ARGS(result.vendor_code));
    }
    printf("%" PRId64 " SKUs and %" PRId64 " components were new, %" PRId64 " renamed\n", result.skus_added,
           result.components_added, result.renamed);
    printf("%" PRId64 " SKUs, %" PRId64 " components\n", result.skus, result.components);
    return STATUS_OK;
}

static enum status run_catalog_list(struct operator_session *session, const struct arguments *arguments,
                                    int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct list_skus_input input = {.owner = argument_text(arguments, "owner"),
                                    .kind = argument_text(arguments, "kind"),
                                    .search = argument_text(arguments, "search"),
                                    .page = {.limit = PAGE_LIMIT_MAX}};
    struct json_writer writer = show_list_begin(session);
    struct sku_page page;
    enum status status;
    do {
        status = list_skus(&session->call, &input, &page, fault);
        for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
            represent_sku(&writer, NULL, &page.items[i]);
        }
        input.page.after_id = page.next_after;
    } while (status == STATUS_OK && page.next_after != 0);
    static const struct column COLUMNS[] = {
        {"SKU", "code"}, {"kind", "kind"}, {"owner", "owner_name"}, {"name", "name"}, {NULL, NULL}};
    if (status == STATUS_OK) {
        show_list(session, arguments, show_list_end(&writer), COLUMNS);
    }
    return status;
}

static enum status run_catalog_show(struct operator_session *session, const struct arguments *arguments,
                                    int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct sku_view sku;
    enum status status = show_sku(&session->call, argument_text(arguments, "SKU"), &sku, fault);
    if (status == STATUS_OK) {
        show_sku_view(session, arguments, &sku);
    }
    return status;
}

/* "EPP*1,MAIL*2": a part's quantity is 1 where it says none. */
static enum status parse_parts(struct text list, struct bundle_part_input parts[BUNDLE_PARTS_MAX],
                               size_t *count, struct fault *fault) {
    *count = 0;
    while (list.length > 0) {
        const char *comma = memchr(list.at, ',', list.length);
        struct text word = {list.at, comma == NULL ? list.length : (size_t)(comma - list.at)};
        size_t used = word.length + (comma == NULL ? 0 : 1);
        list = (struct text){list.at + used, list.length - used};
        if (*count == BUNDLE_PARTS_MAX) {
            return fault_set(fault, STATUS_INVALID, "too-many-parts", "parts", word,
                             "a bundle has at most %d parts", BUNDLE_PARTS_MAX);
        }
        struct bundle_part_input *part = &parts[(*count)++];
        const char *star = memrchr(word.at, '*', word.length);
        *part = (struct bundle_part_input){word, 1};
        if (star != NULL) {
            part->sku.length = (size_t)(star - word.at);
            if (!text_to_int64((struct text){star + 1, word.length - part->sku.length - 1},
                               &part->quantity)) {
                return fault_set(fault, STATUS_INVALID, "malformed-quantity", "parts", word,
                                 "must be SKU or SKU*QUANTITY, with commas between: EPP-STD,MAIL-STD*2");
            }
        }
    }
    return STATUS_OK;
}

static enum status run_bundle_compose(struct operator_session *session, const struct arguments *arguments,
                                      int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct bundle_part_input parts[BUNDLE_PARTS_MAX];
    struct compose_bundle_input input = {.seller = argument_text(arguments, "seller"),
                                         .code = argument_text(arguments, "code"),
                                         .name = argument_text(arguments, "name"),
                                         .parts = parts};
    struct sku_view sku;
    enum status status = parse_parts(argument_text(arguments, "parts"), parts, &input.part_count, fault);
    if (status == STATUS_OK) {
        status = compose_bundle(&session->call, &input, &sku, fault);
    }
    if (status == STATUS_OK) {
        show_sku_view(session, arguments, &sku);
    }
    return status;
}

static enum status run_service_add(struct operator_session *session, const struct arguments *arguments,
                                   int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct add_service_input input = {.seller = argument_text(arguments, "seller"),
                                      .code = argument_text(arguments, "code"),
                                      .name = argument_text(arguments, "name")};
    struct sku_view sku;
    enum status status = add_service(&session->call, &input, &sku, fault);
    if (status == STATUS_OK) {
        show_sku_view(session, arguments, &sku);
    }
    return status;
}

static enum status run_price_import(struct operator_session *session, const struct arguments *arguments,
                                    int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct import_prices_input input = {.seller = argument_text(arguments, "seller"),
                                        .buyer = argument_text(arguments, "buyer")};
    struct import_prices_result result;
    struct import_problems problems = {0};
    enum status status = file_read(&session->arena, argument_text(arguments, "FILE"), "FILE",
                                   IMPORT_MAX_BYTES, &input.content, fault);
    if (status == STATUS_OK) {
        status = import_prices(&session->call, &input, &result, &problems, fault);
    }
    progress_end();
    print_problems(&problems);
    if (status != STATUS_OK) {
        return status;
    }
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_price_import(&writer, NULL, &result);
        show_json(json_written(&writer));
    } else {
        printf("%" PRId64 " prices, %" PRId64 " of them new\n", result.prices, result.prices_added);
    }
    return STATUS_OK;
}

static enum status run_price_set(struct operator_session *session, const struct arguments *arguments,
                                 int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct tier_input tier = {.unit_price = argument_text(arguments, "unit-price")};
    struct set_price_input input = {.seller = argument_text(arguments, "seller"),
                                    .buyer = argument_text(arguments, "buyer"),
                                    .sku = argument_text(arguments, "sku"),
                                    .currency = argument_text(arguments, "currency"),
                                    .effective_from = argument_text(arguments, "from"),
                                    .policy = argument_text(arguments, "policy"),
                                    .tiers = &tier,
                                    .tier_count = 1,
                                    .minimum = argument_text(arguments, "minimum"),
                                    .free_months = argument_text(arguments, "free-months"),
                                    .trial_end = argument_text(arguments, "trial-end"),
                                    .not_for_resale =
                                        argument_given(arguments, "not-for-resale") ? TEXT("yes") : TEXT("")};
    struct price_view price;
    enum status status = set_price(&session->call, &input, &price, fault);
    if (status == STATUS_OK) {
        struct json_writer writer = {.arena = &session->arena};
        represent_price(&writer, NULL, &price);
        show_record(session, arguments, json_written(&writer));
    }
    return status;
}

static enum status run_price_list(struct operator_session *session, const struct arguments *arguments,
                                  int *exit_code, struct fault *fault) {
    (void)exit_code;
    struct list_prices_input input = {.seller = argument_text(arguments, "seller"),
                                      .buyer = argument_text(arguments, "buyer"),
                                      .sku = argument_text(arguments, "sku"),
                                      .page = {.limit = PAGE_LIMIT_MAX}};
    struct json_writer writer = show_list_begin(session);
    struct price_page page;
    enum status status;
    do {
        status = list_prices(&session->call, &input, &page, fault);
        for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
            represent_price(&writer, NULL, &page.items[i]);
        }
        input.page.after_id = page.next_after;
    } while (status == STATUS_OK && page.next_after != 0);
    static const struct column COLUMNS[] = {{"seller", "seller.code"},
                                            {"buyer", "buyer.code"},
                                            {"SKU", "sku.code"},
                                            {"from", "effective_from"},
                                            {"policy", "policy"},
                                            {"tiers", "tier_mode"},
                                            {"first tier", "tiers.0.unit_price"},
                                            {"", "currency"},
                                            {NULL, NULL}};
    if (status == STATUS_OK) {
        show_list(session, arguments, show_list_end(&writer), COLUMNS);
    }
    return status;
}

#define PARTY_OPTIONS                                                                                        \
    {.name = "address", .value = "TEXT", .help = "its postal address, lines with line ends between"},        \
        {.name = "country", .value = "CC", .help = "ISO 3166-1 alpha-2, e.g. US"},                           \
        {.name = "tax-number", .value = "TEXT", .help = "its tax number"}, {                                 \
        .name = "email", .value = "ADDRESS", .help = "where its invoices go"                                 \
    }
#define TERMS_OPTIONS                                                                                        \
    {.name = "currency", .value = "CUR", .help = "ISO 4217 (default: the programme's)"},                     \
        {.name = "time-zone", .value = "ZONE", .help = "IANA name (default: the programme's)"},              \
        {.name = "tax-category", .value = "CODE", .help = "UNCL 5305: S, Z, E, AE, K, G, O (default)"},      \
        {.name = "tax-rate", .value = "PERCENT", .help = "e.g. 19"},                                         \
        {.name = "payment-days", .value = "N", .help = "until an invoice is due (default: 30)"},             \
        {.name = "report-due-days", .value = "N", .help = "after the month's end (default: 5)"}, {           \
        .name = "terms", .value = "TEXT", .help = "what its invoices say of payment"                         \
    }
#define AGREEMENT_NAMES                                                                                      \
    {.name = "seller", .value = "A", .help = "who sells (default: who sells to the buyer)"}, {               \
        .name = "buyer", .value = "B", .help = "who buys: names the agreement instead of agr_…"            \
    }
#define AGREEMENT_OPERAND                                                                                    \
    {                                                                                                        \
        { .name = "AGREEMENT", .help = "agr_…; or name it by --buyer" }                                      \
    }
#define REASON_OPTION                                                                                        \
    { .name = "reason", .value = "TEXT", .help = "for the audit trail" }
#define ACCOUNT_KINDS "vendor distributor provider customer"

static const struct command COMMANDS[] = {
    {.words = "init",
     .summary = "Begin a programme in an empty store",
     .options = {{.name = "distributor", .value = "NAME", .presence = REQUIRED, .help = "who operates it"},
                 {.name = "currency", .value = "CUR", .presence = REQUIRED, .help = "ISO 4217, e.g. USD"},
                 {.name = "time-zone",
                  .value = "ZONE",
                  .presence = REQUIRED,
                  .help = "IANA name, e.g. America/New_York"},
                 {.name = "code", .value = "CODE", .help = "a short name (default: made of the name)"},
                 PARTY_OPTIONS},
     .details =
         "Makes the store where there is none, and its secret: 32 bytes that are kept beside it "
         "(PATH.secret,\n"
         "or where SEATMETER_SECRET_FILE says). Back the secret up apart from the store: without it no\n"
         "licence key can be read again.",
     .store = STORE_CREATE,
     .prints = true,
     .run = run_init},
    {.words = "account add",
     .summary = "Add a vendor, a sub-distributor, a provider or a customer",
     .options = {{.name = "kind",
                  .value = "KIND",
                  .presence = REQUIRED,
                  .help = "vendor, distributor, provider or customer",
                  .completion = COMPLETE_WORDS,
                  .words = ACCOUNT_KINDS},
                 {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "its name"},
                 {.name = "code", .value = "CODE", .help = "a short name (default: made of the name)"},
                 {.name = "seller", .value = "A", .help = "who sells to it (default: the distributor)"},
                 PARTY_OPTIONS,
                 TERMS_OPTIONS,
                 {.name = "without-agreement", .help = "make no agreement with a customer or vendor"}},
     .details = "A customer's or vendor's agreement is made and signed with it; resellers are offered one.",
     .prints = true,
     .run = run_account_add},
    {.words = "account edit",
     .summary = "Change an account's name, code, address or logo",
     .operands = {{.name = "ACCOUNT", .presence = REQUIRED, .help = "acc_… or code"}},
     .options = {{.name = "name", .value = "NAME", .help = "its name"},
                 {.name = "code", .value = "CODE", .help = "its code"},
                 PARTY_OPTIONS,
                 {.name = "logo",
                  .value = "FILE",
                  .help = "a PNG for its invoices; empty takes it away",
                  .completion = COMPLETE_FILE}},
     .prints = true,
     .run = run_account_edit},
    {.words = "account show",
     .summary = "Show an account",
     .operands = {{.name = "ACCOUNT", .presence = REQUIRED, .help = "acc_… or code"}},
     .prints = true,
     .run = run_account_show},
    {.words = "account list",
     .summary = "List accounts",
     .options = {{.name = "kind",
                  .value = "KIND",
                  .help = "vendor, distributor, provider or customer",
                  .completion = COMPLETE_WORDS,
                  .words = ACCOUNT_KINDS},
                 {.name = "seller", .value = "A", .help = "who buys of this account"},
                 {.name = "code", .value = "CODE", .help = "with this code"}},
     .prints = true,
     .run = run_account_list},
    {.words = "agreement offer",
     .summary = "Offer an agreement to a buyer, or offer it again with other terms",
     .options = {{.name = "seller", .value = "A", .help = "who sells (default: the distributor)"},
                 {.name = "buyer", .value = "B", .presence = REQUIRED, .help = "who buys"},
                 TERMS_OPTIONS,
                 {.name = "draft", .help = "keep it as a draft"}},
     .prints = true,
     .run = run_agreement_offer},
    {.words = "agreement sign",
     .summary = "Sign an offered agreement for its buyer",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES,
                 {.name = "by", .value = "NAME", .presence = REQUIRED, .help = "the person who signs"}},
     .prints = true,
     .run = run_agreement_sign},
    {.words = "agreement suspend",
     .summary = "Suspend an agreement: nothing below it counts or works until it is resumed",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES, REASON_OPTION},
     .prints = true,
     .run = run_agreement_suspend},
    {.words = "agreement resume",
     .summary = "Resume a suspended agreement: everything below it is as it was",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES, REASON_OPTION},
     .prints = true,
     .run = run_agreement_resume},
    {.words = "agreement terminate",
     .summary = "End an agreement and everything below it, for good",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES, REASON_OPTION},
     .prints = true,
     .run = run_agreement_terminate},
    {.words = "agreement show",
     .summary = "Show an agreement",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES},
     .prints = true,
     .run = run_agreement_show},
    {.words = "agreement list",
     .summary = "List agreements",
     .options = {{.name = "seller", .value = "A", .help = "on which this account sells"},
                 {.name = "buyer", .value = "B", .help = "on which this account buys"},
                 {.name = "state",
                  .value = "STATE",
                  .help = "draft, offered, signed, suspended or terminated",
                  .completion = COMPLETE_WORDS,
                  .words = "draft offered signed suspended terminated"}},
     .prints = true,
     .run = run_agreement_list},
    {.words = "catalog import",
     .summary = "Import a vendor's catalogue of SKUs and components; safe to repeat",
     .operands = {{.name = "FILE",
                   .presence = REQUIRED,
                   .help = "a CSV file, - for standard input",
                   .completion = COMPLETE_FILE}},
     .options = {{.name = "vendor",
                  .value = "NAME",
                  .presence = REQUIRED,
                  .help = "the vendor; added where it is not there"},
                 {.name = "format",
                  .value = "FORMAT",
                  .help = "microsoft or csv (default: seen from the header)",
                  .completion = COMPLETE_WORDS,
                  .words = "microsoft csv"}},
     .details =
         "csv has the columns sku,name[,component_code,component_name]; microsoft is Microsoft's reference\n"
         "table of product names and service plan identifiers. One bad row imports nothing.",
     .prints = true,
     .run = run_catalog_import},
    {.words = "catalog list",
     .summary = "List SKUs",
     .options = {{.name = "owner", .value = "A", .help = "of this vendor or seller"},
                 {.name = "kind",
                  .value = "KIND",
                  .help = "product, bundle or service",
                  .completion = COMPLETE_WORDS,
                  .words = "product bundle service"},
                 {.name = "search", .value = "TEXT", .help = "part of the code or name"}},
     .prints = true,
     .run = run_catalog_list},
    {.words = "catalog show",
     .summary = "Show a SKU with its components or parts",
     .operands = {{.name = "SKU", .presence = REQUIRED, .help = "sku_… or code"}},
     .prints = true,
     .run = run_catalog_show},
    {.words = "bundle compose",
     .summary = "Compose a SKU of one's own out of others",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "whose SKU it will be"},
                 {.name = "code", .value = "CODE", .presence = REQUIRED, .help = "its code"},
                 {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "its name"},
                 {.name = "parts",
                  .value = "LIST",
                  .presence = REQUIRED,
                  .help = "SKUs with commas between, e.g. EPP-STD,MAIL-STD*2"}},
     .prints = true,
     .run = run_bundle_compose},
    {.words = "service add",
     .summary = "Add a service to a seller's catalogue; it is billed by charges",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who offers it"},
                 {.name = "code", .value = "CODE", .presence = REQUIRED, .help = "its code"},
                 {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "its name"}},
     .prints = true,
     .run = run_service_add},
    {.words = "price import",
     .summary = "Import a price list for one buyer, or a standard one for all; safe to repeat",
     .operands = {{.name = "FILE",
                   .presence = REQUIRED,
                   .help = "a CSV file, - for standard input",
                   .completion = COMPLETE_FILE}},
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who sells"},
                 {.name = "buyer", .value = "B", .help = "who buys (default: all its buyers)"}},
     .details =
         "Columns: sku,currency,effective_from,policy,tier_mode,tier_from,unit_price and, where wanted,\n"
         "minimum,free_months,trial_end,not_for_resale,tax_category,tax_rate. Rows of one SKU and date are\n"
         "the tiers of one price. policy: peak, snapshot, any, daily. tier_mode: flat, volume, graduated.\n"
         "A price is never changed: a change is a new row from a later date on.",
     .prints = true,
     .run = run_price_import},
    {.words = "price set",
     .summary = "Set one flat price",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who sells"},
                 {.name = "buyer", .value = "B", .help = "who buys (default: all its buyers)"},
                 {.name = "sku", .value = "S", .presence = REQUIRED, .help = "the SKU"},
                 {.name = "unit-price", .value = "PRICE", .presence = REQUIRED, .help = "e.g. 3.25"},
                 {.name = "from", .value = "DATE", .presence = REQUIRED, .help = "e.g. 2026-11-01"},
                 {.name = "currency", .value = "CUR", .help = "(default: the agreement's)"},
                 {.name = "policy",
                  .value = "POLICY",
                  .help = "peak (default), snapshot, any or daily",
                  .completion = COMPLETE_WORDS,
                  .words = "peak snapshot any daily"},
                 {.name = "minimum", .value = "N", .help = "units that are charged at least"},
                 {.name = "free-months", .value = "N", .help = "a customer's first months that cost nothing"},
                 {.name = "trial-end", .value = "DATE", .help = "the first day that is charged"},
                 {.name = "not-for-resale", .help = "metered, and priced 0"}},
     .prints = true,
     .run = run_price_set},
    {.words = "price list",
     .summary = "List prices",
     .options = {{.name = "seller", .value = "A", .help = "of this seller"},
                 {.name = "buyer", .value = "B", .help = "for this buyer"},
                 {.name = "sku", .value = "S", .help = "of this SKU"}},
     .prints = true,
     .run = run_price_list},
};

const struct command_group tree_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
