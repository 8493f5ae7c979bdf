/* The programme's beginning, accounts and agreements. */
#include "programme/parties/accounts.h"
#include "cli/file.h"
#include "cli/group.h"
#include "cli/show.h"
#include "programme/access/invitations.h"
#include "programme/licensing/undo_licence.h"
#include "programme/parties/agreements.h"
#include "programme/parties/init_programme.h"
#include "programme/parties/suspend_agreement.h"
#include "json/represent.h"

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

/* A line end in an address may be typed as the two characters \n, which every shell passes on. */
static struct text address_of(struct operator_session *session, struct text typed) {
    char *address = ARENA_NEW(&session->arena, char, typed.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < typed.length; i++) {
        bool is_line_end = typed.at[i] == '\\' && i + 1 < typed.length && typed.at[i + 1] == 'n';
        address[length++] = is_line_end ? '\n' : typed.at[i];
        i += is_line_end ? 1 : 0;
    }
    return (struct text){address, length};
}

static enum status run_init(struct operator_session *session, const struct arguments *arguments,
                            struct fault *fault) {
    struct init_programme_input input = {.distributor = argument_text(arguments, "distributor"),
                                         .code = argument_text(arguments, "code"),
                                         .currency = argument_text(arguments, "currency"),
                                         .time_zone = argument_text(arguments, "time-zone"),
                                         .address = address_of(session, argument_text(arguments, "address")),
                                         .country = argument_text(arguments, "country"),
                                         .tax_number = argument_text(arguments, "tax-number"),
                                         .email = argument_text(arguments, "email")};
    struct account_view distributor;
    TRY(init_programme(&session->call, &input, &distributor, fault));
    show_account_view(session, arguments, &distributor);
    return STATUS_OK;
}

static enum status run_programme_edit(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    bool has_minutes = argument_given(arguments, "undo-minutes");
    bool has_days = argument_given(arguments, "invitation-days");
    int64_t minutes;
    int64_t days;
    TRY(argument_int(arguments, "undo-minutes", 0, 0, UNDO_WINDOW_MINUTES_MAX, &minutes, fault));
    TRY(argument_int(arguments, "invitation-days", 1, 1, INVITATION_DAYS_MAX, &days, fault));
    if (!has_minutes && !has_days) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "undo-minutes", TEXT(""),
                         "Give --undo-minutes or --invitation-days.");
    }
    struct json_writer writer = {.arena = &session->arena};
    json_write_open(&writer, NULL);
    if (has_minutes) {
        TRY(set_undo_window(&session->call, minutes, fault));
        json_write_int(&writer, "undo_minutes", minutes);
    }
    if (has_days) {
        TRY(set_invitation_days(&session->call, days, fault));
        json_write_int(&writer, "invitation_days", days);
    }
    json_write_close(&writer);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
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
                                   struct fault *fault) {
    struct add_account_input input = {.kind = argument_text(arguments, "kind"),
                                      .name = argument_text(arguments, "name"),
                                      .code = argument_text(arguments, "code"),
                                      .seller = argument_text(arguments, "seller"),
                                      .address = address_of(session, argument_text(arguments, "address")),
                                      .country = argument_text(arguments, "country"),
                                      .tax_number = argument_text(arguments, "tax-number"),
                                      .email = argument_text(arguments, "email"),
                                      .without_agreement = argument_given(arguments, "without-agreement"),
                                      .terms = terms_of(arguments)};
    struct account_view account;
    TRY(add_account(&session->call, &input, &account, fault));
    show_account_view(session, arguments, &account);
    return STATUS_OK;
}

static enum status run_account_edit(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    static const char *const NAMES[] = {"code", "name", "address", "country", "tax-number", "email"};
    struct text values[6];
    const struct text *given[6];
    for (size_t i = 0; i < 6; i++) {
        values[i] = argument_text(arguments, NAMES[i]);
        given[i] = argument_given(arguments, NAMES[i]) ? &values[i] : NULL;
    }
    values[2] = address_of(session, values[2]);
    struct text logo = TEXT("");
    if (argument_text(arguments, "logo").length > 0) {
        TRY(file_read(&session->arena, argument_text(arguments, "logo"), "logo", ACCOUNT_LOGO_MAX_BYTES,
                      &logo, fault));
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
    TRY(edit_account(&session->call, &input, &account, fault));
    show_account_view(session, arguments, &account);
    return STATUS_OK;
}

static enum status run_account_show(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct account_view account;
    TRY(show_account(&session->call, argument_text(arguments, "ACCOUNT"), &account, fault));
    show_account_view(session, arguments, &account);
    return STATUS_OK;
}

static enum status run_account_list(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct list_accounts_input input = {.kind = argument_text(arguments, "kind"),
                                        .seller = argument_text(arguments, "seller"),
                                        .code = argument_text(arguments, "code"),
                                        .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {{"account", "id"},         {"kind", "kind"}, {"code", "code"},
                                            {"seller", "seller.code"}, {"name", "name"}, {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct account_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_accounts(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_account(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_agreement_offer(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct offer_agreement_input input = {.seller = argument_text(arguments, "seller"),
                                          .buyer = argument_text(arguments, "buyer"),
                                          .terms = terms_of(arguments),
                                          .as_draft = argument_given(arguments, "draft")};
    struct agreement_view agreement;
    input.terms.bills_elsewhere = argument_text(arguments, "bills-elsewhere");
    input.terms.names_to_vendors = argument_text(arguments, "names-to-vendors");
    TRY(offer_agreement(&session->call, &input, &agreement, fault));
    show_agreement_view(session, arguments, &agreement);
    return STATUS_OK;
}

static enum status run_agreement_edit(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct edit_agreement_input input = {.agreement = argument_text(arguments, "AGREEMENT"),
                                         .seller = argument_text(arguments, "seller"),
                                         .buyer = argument_text(arguments, "buyer"),
                                         .bills_elsewhere = argument_text(arguments, "bills-elsewhere"),
                                         .names_to_vendors = argument_text(arguments, "names-to-vendors")};
    struct agreement_view agreement;
    TRY(edit_agreement(&session->call, &input, &agreement, fault));
    show_agreement_view(session, arguments, &agreement);
    return STATUS_OK;
}

static enum status run_agreement_sign(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct sign_agreement_input input = {.agreement = argument_text(arguments, "AGREEMENT"),
                                         .seller = argument_text(arguments, "seller"),
                                         .buyer = argument_text(arguments, "buyer"),
                                         .signed_by = argument_text(arguments, "by")};
    struct agreement_view agreement;
    TRY(sign_agreement(&session->call, &input, &agreement, fault));
    show_agreement_view(session, arguments, &agreement);
    return STATUS_OK;
}

/* The commands that suspend, resume and terminate have one shape. */
static void show_terms_view(struct operator_session *session, const struct arguments *arguments,
                            const struct terms_view *terms) {
    struct json_writer writer = {.arena = &session->arena};
    represent_terms(&writer, NULL, terms);
    show_record(session, arguments, json_written(&writer));
}

static struct agreement_words agreement_of(const struct arguments *arguments) {
    return (struct agreement_words){.identifier = argument_text(arguments, "AGREEMENT"),
                                    .seller = argument_text(arguments, "seller"),
                                    .buyer = argument_text(arguments, "buyer")};
}

static enum status run_agreement_amend(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    const struct amend_agreement_input input = {.agreement = agreement_of(arguments),
                                                .from = argument_text(arguments, "from"),
                                                .terms = terms_of(arguments)};
    struct terms_view terms;
    TRY(amend_agreement(&session->call, &input, &terms, fault));
    show_terms_view(session, arguments, &terms);
    return STATUS_OK;
}

static enum status run_agreement_accept(struct operator_session *session, const struct arguments *arguments,
                                        struct fault *fault) {
    const struct decide_amendment_input input = {.agreement = agreement_of(arguments),
                                                 .number = argument_text(arguments, "number"),
                                                 .accepted_by = argument_text(arguments, "by")};
    struct terms_view terms;
    TRY(accept_amendment(&session->call, &input, &terms, fault));
    show_terms_view(session, arguments, &terms);
    return STATUS_OK;
}

static enum status run_agreement_withdraw(struct operator_session *session, const struct arguments *arguments,
                                          struct fault *fault) {
    const struct decide_amendment_input input = {.agreement = agreement_of(arguments),
                                                 .number = argument_text(arguments, "number")};
    struct terms_view terms;
    TRY(withdraw_amendment(&session->call, &input, &terms, fault));
    show_terms_view(session, arguments, &terms);
    return STATUS_OK;
}

static enum status run_agreement_terms(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    const struct agreement_words words = agreement_of(arguments);
    struct terms_list list;
    TRY(list_terms(&session->call, &words, &list, fault));
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < list.count; i++) {
        represent_terms(&writer, NULL, &list.items[i]);
    }
    static const struct column COLUMNS[] = {{"number", "number"},
                                            {"state", "state"},
                                            {"from", "from"},
                                            {"currency", "currency"},
                                            {"zone", "time_zone"},
                                            {"tax", "tax_rate"},
                                            {"category", "tax_category"},
                                            {"days", "payment_days"},
                                            {"by", "decided_by"},
                                            {NULL, NULL}};
    show_list(session, arguments, show_list_end(&writer), COLUMNS);
    return STATUS_OK;
}

typedef enum status agreement_change(struct call *call, const struct suspend_agreement_input *input,
                                     struct cascade_result *out, struct fault *fault);

static enum status change_agreement(struct operator_session *session, const struct arguments *arguments,
                                    agreement_change *change, struct fault *fault) {
    struct suspend_agreement_input input = {.agreement = argument_text(arguments, "AGREEMENT"),
                                            .seller = argument_text(arguments, "seller"),
                                            .buyer = argument_text(arguments, "buyer"),
                                            .reason = argument_text(arguments, "reason")};
    struct cascade_result cascade;
    TRY(change(&session->call, &input, &cascade, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_cascade(&writer, NULL, &cascade);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_agreement_suspend(struct operator_session *session, const struct arguments *arguments,
                                         struct fault *fault) {
    return change_agreement(session, arguments, suspend_agreement, fault);
}

static enum status run_agreement_resume(struct operator_session *session, const struct arguments *arguments,
                                        struct fault *fault) {
    return change_agreement(session, arguments, resume_agreement, fault);
}

static enum status run_agreement_terminate(struct operator_session *session,
                                           const struct arguments *arguments, struct fault *fault) {
    return change_agreement(session, arguments, terminate_agreement, fault);
}

static enum status run_agreement_show(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct agreement_view agreement;
    TRY(show_agreement(&session->call, argument_text(arguments, "AGREEMENT"),
                       argument_text(arguments, "seller"), argument_text(arguments, "buyer"), &agreement,
                       fault));
    show_agreement_view(session, arguments, &agreement);
    return STATUS_OK;
}

static enum status run_agreement_list(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct list_agreements_input input = {.seller = argument_text(arguments, "seller"),
                                          .buyer = argument_text(arguments, "buyer"),
                                          .state = argument_text(arguments, "state"),
                                          .proposed = argument_given(arguments, "proposed"),
                                          .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {
        {"agreement", "id"}, {"seller", "seller.code"}, {"buyer", "buyer.code"},
        {"state", "state"},  {"currency", "currency"},  {"time zone", "time_zone"},
        {"tax", "tax_rate"}, {"since", "terms_from"},   {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct agreement_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_agreements(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_agreement(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

#define PARTY_OPTIONS                                                                                        \
    {.name = "address", .value = "TEXT", .help = "its postal address, \\n between its lines"},               \
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
#define AMENDED_OPTIONS                                                                                      \
    {.name = "currency", .value = "CUR", .help = "what is billed in"},                                       \
        {.name = "time-zone", .value = "ZONE", .help = "whose midnights bound months and days"},             \
        {.name = "tax-category", .value = "CODE", .help = "UNCL 5305: S, Z, E, AE, K, G, O, L, M"},          \
        {.name = "tax-rate", .value = "PERCENT", .help = "e.g. 19"},                                         \
        {.name = "payment-days", .value = "N", .help = "until an invoice is due"},                           \
        {.name = "report-due-days", .value = "N", .help = "after the month's end"}, {                        \
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
    {.words = "programme edit",
     .summary = "Set how long a change of a licence can be undone, or an invitation accepted",
     .options = {{.name = "undo-minutes",
                  .value = "N",
                  .help = "0 (never) to 1440; 15 where nothing was set"},
                 {.name = "invitation-days",
                  .value = "N",
                  .help = "1 to 30; 7 where nothing was set. Invitations that are out keep theirs"}},
     .prints = true,
     .run = run_programme_edit},
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
     .operands = {{.name = "ACCOUNT", .presence = REQUIRED, .help = "acc_…, code or SELLER/CODE"}},
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
     .operands = {{.name = "ACCOUNT", .presence = REQUIRED, .help = "acc_…, code or SELLER/CODE"}},
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
     .summary = "Offer an agreement to a buyer; one that is not signed yet, with other terms",
     .options = {{.name = "seller", .value = "A", .help = "who sells (default: the distributor)"},
                 {.name = "buyer", .value = "B", .presence = REQUIRED, .help = "who buys"},
                 TERMS_OPTIONS,
                 {.name = "bills-elsewhere",
                  .value = "YES-NO",
                  .help = "yes: the buyer, a reseller, bills its own buyers outside of the programme",
                  .completion = COMPLETE_WORDS,
                  .words = "yes no"},
                 {.name = "names-to-vendors",
                  .value = "YES-NO",
                  .help = "yes: vendors may read codes and names of the buyer's providers and customers",
                  .completion = COMPLETE_WORDS,
                  .words = "yes no"},
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
    {.words = "agreement amend",
     .summary = "Give a signed agreement new terms from a month on",
     .operands = AGREEMENT_OPERAND,
     .options =
         {AGREEMENT_NAMES,
          {.name = "from", .value = "MONTH", .presence = REQUIRED, .help = "the first month, e.g. 2027-01"},
          AMENDED_OPTIONS},
     .details =
         "What is not given stays as it is in that month, also where other terms are accepted meanwhile. "
         "Licences, keys\nand devices stay as they are. The month is open, at most twelve ahead, and none of "
         "before the agreement.\nA change of the tax alone binds by this notice, and a customer's is "
         "accepted "
         "by its seller; everything\nelse waits until the buyer accepts. The operator acts for both parties: "
         "what it proposes is accepted at once.\nFor a month that is over, which was supplied by other "
         "terms, "
         "nobody's notice is enough: it waits for\nagreement accept.",
     .prints = true,
     .run = run_agreement_amend},
    {.words = "agreement accept",
     .summary = "Accept new terms for the buyer",
     .operands = AGREEMENT_OPERAND,
     .options =
         {AGREEMENT_NAMES,
          {.name = "number", .value = "N", .presence = REQUIRED, .help = "of the terms: agreement terms"},
          {.name = "by", .value = "NAME", .presence = REQUIRED, .help = "the person who accepts"}},
     .details =
         "Only what is proposed waits for this: agreement terms shows it. Of several proposals each changes "
         "what it\nnames and leaves the rest as it is when it is accepted. Where two change the same from "
         "one month on, the\none proposed later holds, and the earlier cannot be accepted any more.",
     .prints = true,
     .run = run_agreement_accept},
    {.words = "agreement withdraw",
     .summary = "Take back terms that have not begun, or decline them",
     .operands = AGREEMENT_OPERAND,
     .options =
         {AGREEMENT_NAMES,
          {.name = "number", .value = "N", .presence = REQUIRED, .help = "of the terms: agreement terms"}},
     .details =
         "Until they are accepted either party can. Accepted terms whose month has not begun are taken back "
         "by "
         "the seller\nwhere they change the tax alone or the buyer is its customer, and by the operator. "
         "The terms before them\nhold on.",
     .prints = true,
     .run = run_agreement_withdraw},
    {.words = "agreement terms",
     .summary = "List the terms that an agreement has had, has and will have",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES},
     .prints = true,
     .run = run_agreement_terms},
    {.words = "agreement edit",
     .summary = "Say where the buyer bills what it sells, and whether vendors may read names",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES,
                 {.name = "bills-elsewhere",
                  .value = "YES-NO",
                  .help = "yes: the buyer bills its own buyers outside of the programme",
                  .completion = COMPLETE_WORDS,
                  .words = "yes no"},
                 {.name = "names-to-vendors",
                  .value = "YES-NO",
                  .help = "yes: vendors may read codes and names of the buyer's providers and customers",
                  .completion = COMPLETE_WORDS,
                  .words = "yes no"}},
     .details =
         "Where a reseller bills elsewhere, usage on the edges that it sells on is not billed here and needs "
         "no\n"
         "prices: only its charges are. It holds for every month that is open. A vendor reads the names of "
         "a\n"
         "provider and its customers while the distributor's agreement with that vendor and the provider's "
         "own\n"
         "both say so; whom it names to shows in the customer's account. The buyer says both for itself.",
     .prints = true,
     .run = run_agreement_edit},
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
     .summary = "Show an agreement, its terms in force, and those ahead",
     .operands = AGREEMENT_OPERAND,
     .options = {AGREEMENT_NAMES},
     .details = "Amendments are those that wait for acceptance, or are accepted for a later month. agreement "
                "terms lists\nall, and what the first terms were.",
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
                  .words = "draft offered signed suspended terminated"},
                 {.name = "proposed", .help = "only those with new terms that wait for acceptance"}},
     .details = "Terms are those in force now, since the month that is shown; --json has those ahead too.",
     .prints = true,
     .run = run_agreement_list},
};

const struct command_group account_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
