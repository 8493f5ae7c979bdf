/* Billing: closing a month, invoices, charges, corrections, margins, balances, exports. */
#include "cli/commands/explanation.h"
#include "cli/file.h"
#include "cli/group.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "core/base/csv.h"
#include "documents/invoice/document.h"
#include "machine/clock.h"
#include "programme/billing/corrections.h"
#include "programme/billing/credit_invoice.h"
#include "programme/billing/deliver_document.h"
#include "programme/billing/margins.h"
#include "programme/billing/one_off_charges.h"
#include "programme/billing/show_invoices.h"
#include "programme/exchange/export.h"
#include "programme/jobs/close_month.h"
#include "programme/receivables/settle_invoice.h"
#include "json/represent.h"

#include <stdio.h>
#include <string.h>

static const char *elsewhere_words(const struct close_month_edge *edge) {
    return edge->billed_elsewhere ? " (usage is billed elsewhere)" : "";
}

/* A dry run's documents have no number yet. */
static struct text number_words(struct text number, struct arena *arena) {
    return number.length == 0 ? TEXT("") : text_format(arena, "%.*s  ", TEXT_ARGS(number));
}

static void print_closed_edge(const struct close_month_edge *edge, bool dry_run, struct arena *arena) {
    struct text names = text_format(arena, "%s  %.*s → %.*s", dry_run ? "ready " : "closed",
                                    TEXT_ARGS(edge->seller_code), TEXT_ARGS(edge->buyer_code));
    if (!edge->has_invoice && edge->credit_note_count == 0) {
        show_line(stdout, "%.*s: nothing to bill%s\n", TEXT_ARGS(names), elsewhere_words(edge));
    }
    if (edge->has_invoice) {
        struct text gross = money_format(arena, edge->gross_minor, edge->currency);
        show_line(stdout, "%.*s: %.*s%.*s %s%s\n", TEXT_ARGS(names),
                  TEXT_ARGS(number_words(edge->number, arena)), TEXT_ARGS(gross), edge->currency.code,
                  elsewhere_words(edge));
    }
    if (edge->tax_remark.length > 0) {
        show_line(stdout, "%.*s: tax: %.*s\n", TEXT_ARGS(names), TEXT_ARGS(edge->tax_remark));
    }
    for (size_t i = 0; i < edge->stuck_count; i++) {
        const struct close_month_stuck *stuck = &edge->stuck[i];
        struct text month = month_format(arena, stuck->month);
        show_line(stdout, "%.*s: stuck: %s %.*s of %.*s. %.*s\n", TEXT_ARGS(names),
                  stuck->charge.length > 0 ? "charge" : "correction of",
                  TEXT_ARGS(stuck->charge.length > 0 ? stuck->charge : stuck->sku), TEXT_ARGS(month),
                  TEXT_ARGS(stuck->reason));
    }
    for (size_t i = 0; i < edge->credit_note_count; i++) {
        const struct close_month_credit_note *note = &edge->credit_notes[i];
        struct text gross = money_format(arena, note->gross_minor, edge->currency);
        show_line(stdout, "%.*s: %.*s%.*s %s, credit note of %.*s\n", TEXT_ARGS(names),
                  TEXT_ARGS(number_words(note->number, arena)), TEXT_ARGS(gross), edge->currency.code,
                  TEXT_ARGS(note->corrects));
    }
}

static void print_closed(const struct close_month_result *result, struct arena *arena) {
    for (size_t i = 0; i < result->closed_count; i++) {
        print_closed_edge(&result->closed[i], result->dry_run, arena);
    }
    for (size_t i = 0; i < result->open_count; i++) {
        const struct close_month_edge *edge = &result->open[i];
        show_line(stdout, "open    %.*s → %.*s: %.*s\n", TEXT_ARGS(edge->seller_code),
                  TEXT_ARGS(edge->buyer_code), TEXT_ARGS(edge->message));
    }
    struct text month = month_format(arena, result->month);
    if (result->closed_count == 0 && result->open_count == 0 && result->already_closed == 0) {
        printf("%.*s: no edge has anything to close\n", TEXT_ARGS(month));
    } else if (result->closed_count == 0 && result->open_count == 0) {
        printf("%.*s is closed already on all %lld edges\n", TEXT_ARGS(month),
               (long long)result->already_closed);
    } else if (result->dry_run) {
        printf("%.*s: %zu edges would close, %lld are closed, %zu would stay open; %lld invoices with %lld "
               "lines; nothing was changed\n",
               TEXT_ARGS(month), result->closed_count, (long long)result->already_closed, result->open_count,
               (long long)result->invoice_count, (long long)result->line_count);
    } else {
        printf("%.*s: %zu edges closed now, %lld before, %zu still open; %lld invoices with %lld lines\n",
               TEXT_ARGS(month), result->closed_count, (long long)result->already_closed, result->open_count,
               (long long)result->invoice_count, (long long)result->line_count);
    }
}

static enum status run_month_close(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct close_month_input input = {.month = argument_text(arguments, "MONTH"),
                                      .seller = argument_text(arguments, "seller")};
    const struct job_watch watch = {.wants_pause = interrupt_came, .now_us = machine_now_us};
    struct close_month_result result;
    session->call.dry_run = argument_given(arguments, "dry-run");
    if (!session->call.dry_run) {
        interrupt_listen();
    }
    TRY(close_month_watched(&session->call, &input, &watch, &result, fault));
    progress_end();
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_close(&writer, NULL, &result);
        show_json(json_written(&writer));
    } else {
        print_closed(&result, &session->arena);
    }
    return STATUS_OK;
}

static enum status run_invoice_list(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct list_invoices_input input = {.seller = argument_text(arguments, "seller"),
                                        .buyer = argument_text(arguments, "buyer"),
                                        .month = argument_text(arguments, "month"),
                                        .state = argument_text(arguments, "state"),
                                        .kind = argument_text(arguments, "kind"),
                                        .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {
        {"invoice", "id"},         {"number", "number"},    {"kind", "kind"},   {"month", "month"},
        {"seller", "seller.code"}, {"buyer", "buyer.code"}, {"state", "state"}, {"due on", "due_on"},
        {"gross", "gross"},        {"due", "due"},          {"", "currency"},   {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct invoice_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_invoices(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_invoice(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

enum invoice_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_PDF };

static enum status parse_format(struct text word, enum invoice_format *format, struct fault *fault) {
    static const char *const WORDS[] = {"text", "json", "csv", "pdf"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (text_is(word, WORDS[i])) {
            *format = (enum invoice_format)i;
            return STATUS_OK;
        }
    }
    return fault_set(fault, STATUS_INVALID, "unknown-format", "format", word,
                     "Ask for text, json, csv or pdf.");
}

/* The record as it stands now. */
static enum status make_record(struct operator_session *session, struct text invoice, bool json,
                               struct text *bytes, struct fault *fault) {
    struct show_invoice_input input = {.invoice = invoice};
    struct invoice_detail view;
    TRY(show_invoice(&session->call, &input, &view, fault));
    if (!json) {
        return document_invoice_text(&session->arena, &view.invoice, bytes, fault);
    }
    struct json_writer writer = {.arena = &session->arena};
    represent_invoice_in_full(&writer, NULL, &view);
    *bytes = json_written(&writer);
    return STATUS_OK;
}

/* The document as it was issued. */
static enum status make_document(struct operator_session *session, struct text invoice,
                                 enum invoice_format format, struct text *bytes, struct fault *fault) {
    struct deliver_document_input input = {
        .invoice = invoice,
        .format = format == FORMAT_PDF    ? DOCUMENT_PDF
                  : format == FORMAT_TEXT ? DOCUMENT_TEXT
                                          : DOCUMENT_CSV,
    };
    struct delivered_document document;
    TRY(deliver_document(&session->call, &input, &document, fault));
    *bytes = document.content;
    return STATUS_OK;
}

/* To the named file or, where none is named, to standard output. */
static enum status deliver_bytes(struct text bytes, struct text path, struct arena *arena,
                                 struct fault *fault) {
    if (path.length > 0 && !text_is(path, "-")) {
        return file_write(arena, path, "output", bytes, fault);
    }
    show_bytes(bytes);
    return STATUS_OK;
}

static enum status run_invoice_show(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct text bytes;
    TRY(make_record(session, argument_text(arguments, "INVOICE"), arguments->json, &bytes, fault));
    show_bytes(bytes);
    return STATUS_OK;
}

static enum status run_invoice_export(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct text invoice = argument_text(arguments, "INVOICE");
    struct text bytes;
    enum invoice_format format = FORMAT_TEXT;
    TRY(parse_format(argument_text(arguments, "format"), &format, fault));
    TRY(format == FORMAT_JSON ? make_record(session, invoice, true, &bytes, fault)
                              : make_document(session, invoice, format, &bytes, fault));
    if (format == FORMAT_CSV && argument_given(arguments, "spreadsheet")) {
        bytes = csv_for_spreadsheet(&session->arena, bytes);
    }
    return deliver_bytes(bytes, argument_text(arguments, "output"), &session->arena, fault);
}

static enum status run_invoice_explain(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct explain_line_input input = {.invoice = argument_text(arguments, "INVOICE")};
    struct line_explanation explanation;
    if (!text_to_int64(argument_text(arguments, "LINE"), &input.line)) {
        return fault_set(fault, STATUS_INVALID, "malformed-number", "LINE", argument_text(arguments, "LINE"),
                         "Name a line by its number, as invoice show numbers them: 1, 2, 3.");
    }
    TRY(explain_line(&session->call, &input, &explanation, fault));
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_explanation(&writer, NULL, &explanation);
        show_json(json_written(&writer));
    } else {
        explanation_print(&session->arena, &explanation);
    }
    return STATUS_OK;
}

typedef enum status invoice_settlement(struct call *call, const struct settle_invoice_input *input,
                                       struct invoice_view *result, struct fault *fault);

static void show_summary(struct operator_session *session, const struct arguments *arguments,
                         const struct invoice_view *summary) {
    struct json_writer writer = {.arena = &session->arena};
    represent_invoice(&writer, NULL, summary);
    show_record(session, arguments, json_written(&writer));
}

static enum status settle_and_show(struct operator_session *session, const struct arguments *arguments,
                                   invoice_settlement *settlement, struct fault *fault) {
    struct settle_invoice_input input = {.invoice = argument_text(arguments, "INVOICE"),
                                         .note = argument_text(arguments, "note")};
    struct invoice_view summary;
    TRY(settlement(&session->call, &input, &summary, fault));
    show_summary(session, arguments, &summary);
    return STATUS_OK;
}

static enum status run_invoice_pay(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    return settle_and_show(session, arguments, pay_invoice, fault);
}

static enum status run_invoice_write_off(struct operator_session *session, const struct arguments *arguments,
                                         struct fault *fault) {
    return settle_and_show(session, arguments, write_off_invoice, fault);
}

enum { POSITIONS_MAX = 1000, UNITS_MAX = 1000000000 };

/* "1,3,4" as line positions. */
static enum status parse_positions(struct text list, int64_t positions[POSITIONS_MAX], size_t *count,
                                   struct fault *fault) {
    *count = 0;
    while (list.length > 0) {
        struct text word = text_take_until(&list, ',');
        if (*count == POSITIONS_MAX || !text_to_int64(text_trim(word), &positions[*count]) ||
            positions[*count] < 1) {
            return fault_set(
                fault, STATUS_INVALID, "malformed-number", "lines", word,
                "Give at most %d positions of the invoice's lines, with commas between, such as 1,3.",
                POSITIONS_MAX);
        }
        (*count)++;
    }
    return STATUS_OK;
}

static enum status run_invoice_credit(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    int64_t positions[POSITIONS_MAX];
    struct credit_invoice_input input = {.invoice = argument_text(arguments, "INVOICE"),
                                         .reason = argument_text(arguments, "reason"),
                                         .positions = argument_given(arguments, "lines") ? positions : NULL};
    struct invoice_view summary;
    TRY(parse_positions(argument_text(arguments, "lines"), positions, &input.position_count, fault));
    TRY(credit_invoice(&session->call, &input, &summary, fault));
    show_summary(session, arguments, &summary);
    return STATUS_OK;
}

static enum status run_charge_add(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct add_one_off_charge_input input = {.seller = argument_text(arguments, "seller"),
                                             .buyer = argument_text(arguments, "buyer"),
                                             .customer = argument_text(arguments, "customer"),
                                             .month = argument_text(arguments, "month"),
                                             .description = argument_text(arguments, "description"),
                                             .unit_price = argument_text(arguments, "unit-price"),
                                             .tax_category = argument_text(arguments, "tax-category"),
                                             .tax_rate = argument_text(arguments, "tax-rate")};
    struct one_off_charge_view charge;
    TRY(argument_int(arguments, "quantity", 1, 1, 1000000000, &input.quantity, fault));
    TRY(add_one_off_charge(&session->call, &input, &charge, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_one_off_charge(&writer, NULL, &charge);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_charge_remove(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    return remove_one_off_charge(&session->call, argument_text(arguments, "CHARGE"), fault);
}

static enum status run_charge_list(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct list_one_off_charges_input input = {.seller = argument_text(arguments, "seller"),
                                               .buyer = argument_text(arguments, "buyer"),
                                               .month = argument_text(arguments, "month"),
                                               .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {
        {"charge", "id"},   {"seller", "seller.code"},      {"buyer", "buyer.code"},
        {"month", "month"}, {"description", "description"}, {"amount", "amount"},
        {"", "currency"},   {"invoice", "invoice"},         {"stuck", "stuck"},
        {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct one_off_charge_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_one_off_charges(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_one_off_charge(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static const struct column CORRECTION_COLUMNS[] = {{"correction", "id"},
                                                   {"seller", "seller.code"},
                                                   {"buyer", "buyer.code"},
                                                   {"month", "month"},
                                                   {"customer", "customer.code"},
                                                   {"SKU", "sku"},
                                                   {"units", "units"},
                                                   {"seats", "seats"},
                                                   {"from", "at"},
                                                   {"difference", "difference"},
                                                   {"state", "state"},
                                                   {"stuck", "stuck"},
                                                   {NULL, NULL}};

static enum status run_correction_add(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct add_correction_input input = {.giver = argument_text(arguments, "giver"),
                                         .month = argument_text(arguments, "month"),
                                         .customer = argument_text(arguments, "customer"),
                                         .sku = argument_text(arguments, "sku"),
                                         .has_units = argument_given(arguments, "units"),
                                         .licence = argument_text(arguments, "licence"),
                                         .at = argument_text(arguments, "at"),
                                         .has_seats = argument_given(arguments, "seats"),
                                         .reason = argument_text(arguments, "reason"),
                                         .dry_run = argument_given(arguments, "dry-run")};
    struct correction_page page;
    TRY(argument_int(arguments, "units", 0, 0, UNITS_MAX, &input.units, fault));
    TRY(argument_int(arguments, "seats", 0, 0, INT32_MAX, &input.seats, fault));
    TRY(add_correction(&session->call, &input, &page, fault));
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < page.count; i++) {
        represent_correction(&writer, NULL, &page.items[i]);
    }
    show_list(session, arguments, show_list_end(&writer), CORRECTION_COLUMNS);
    return STATUS_OK;
}

static enum status show_one_correction(struct operator_session *session, const struct arguments *arguments,
                                       const struct correction_view *correction) {
    struct json_writer writer = {.arena = &session->arena};
    represent_correction(&writer, NULL, correction);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_correction_show(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct correction_view correction;
    TRY(show_correction(&session->call, argument_text(arguments, "CORRECTION"), &correction, fault));
    return show_one_correction(session, arguments, &correction);
}

static enum status run_correction_accept(struct operator_session *session, const struct arguments *arguments,
                                         struct fault *fault) {
    struct decide_correction_input input = {.correction = argument_text(arguments, "CORRECTION")};
    struct correction_view correction;
    TRY(accept_correction(&session->call, &input, &correction, fault));
    return show_one_correction(session, arguments, &correction);
}

static enum status run_correction_refuse(struct operator_session *session, const struct arguments *arguments,
                                         struct fault *fault) {
    struct decide_correction_input input = {.correction = argument_text(arguments, "CORRECTION"),
                                            .reason = argument_text(arguments, "reason")};
    struct correction_view correction;
    TRY(refuse_correction(&session->call, &input, &correction, fault));
    return show_one_correction(session, arguments, &correction);
}

static enum status run_correction_remove(struct operator_session *session, const struct arguments *arguments,
                                         struct fault *fault) {
    return remove_correction(&session->call, argument_text(arguments, "CORRECTION"), fault);
}

static enum status run_correction_list(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct list_corrections_input input = {.seller = argument_text(arguments, "seller"),
                                           .buyer = argument_text(arguments, "buyer"),
                                           .month = argument_text(arguments, "month"),
                                           .state = argument_text(arguments, "state"),
                                           .page = {.limit = PAGE_LIMIT_MAX}};
    struct json_writer writer = show_list_begin(session);
    struct correction_page page;
    do {
        TRY(list_corrections(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_correction(&writer, NULL, &page.items[i]);
        }
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_list(session, arguments, show_list_end(&writer), CORRECTION_COLUMNS);
    return STATUS_OK;
}

static enum status run_margin_show(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct show_margins_input input = {.account = argument_text(arguments, "account"),
                                       .month = argument_text(arguments, "month"),
                                       .forecast = argument_given(arguments, "forecast")};
    struct text grouping = argument_text(arguments, "by");
    struct show_margins_result result;
    TRY(margin_grouping_parse(grouping.length == 0 ? TEXT("total") : grouping, "by", &input.grouping, fault));
    TRY(show_margins(&session->call, &input, &result, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_margins(&writer, NULL, &result);
    show_record(session, arguments, json_written(&writer));
    if (result.count == 0 && !input.forecast) {
        fprintf(stderr, "Nothing of %.*s has been billed yet; --forecast shows what it will come to.\n",
                TEXT_ARGS(input.month));
    }
    return STATUS_OK;
}

static enum status run_ledger_balances(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct list_balances_input input = {.owner = argument_text(arguments, "owner")};
    struct balance_page result;
    TRY(list_balances(&session->call, &input, &result, fault));
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < result.count; i++) {
        represent_balance(&writer, NULL, &result.items[i]);
    }
    static const struct column COLUMNS[] = {{"books of", "owner.code"}, {"account", "account"},
                                            {"party", "party.code"},    {"balance", "balance"},
                                            {"", "currency"},           {NULL, NULL}};
    show_list(session, arguments, show_list_end(&writer), COLUMNS);
    return STATUS_OK;
}

static enum status run_export(struct operator_session *session, const struct arguments *arguments,
                              struct fault *fault) {
    struct export_input input = {.what = argument_text(arguments, "WHAT"),
                                 .month = argument_text(arguments, "month"),
                                 .for_spreadsheet = argument_given(arguments, "spreadsheet")};
    struct export_file file = show_export();
    return export_records(&session->call, &input, &file.sink, fault);
}

#define INVOICE_OPERAND                                                                                      \
    {                                                                                                        \
        { .name = "INVOICE", .presence = REQUIRED, .help = "inv_… or an invoice's number" }                  \
    }
#define CORRECTION_OPERAND                                                                                   \
    {                                                                                                        \
        { .name = "CORRECTION", .presence = REQUIRED, .help = "cor_…" }                                      \
    }
#define EDGE_FILTERS                                                                                         \
    {.name = "seller", .value = "A", .help = "sold by this account"},                                        \
        {.name = "buyer", .value = "B", .help = "bought by this account"}, {                                 \
        .name = "month", .value = "MONTH", .help = "of this month"                                           \
    }

static const struct command COMMANDS[] = {
    {.words = "month close",
     .summary = "Close a month on every edge that is ready, and issue its invoices; safe to repeat",
     .operands = {{.name = "MONTH", .presence = REQUIRED, .help = "e.g. 2026-11"}},
     .options = {{.name = "seller", .value = "A", .help = "only the edges that this account sells on"},
                 {.name = "dry-run", .help = "say what each edge would be billed, and change nothing"}},
     .details =
         "An edge is ready when the month has ended in its time zone, everything used on it has a price\n"
         "and, where its buyer resells, the report is approved or overdue. What is not ready stays open\n"
         "and is listed; close the month again to close it later. Others change the store meanwhile. Ctrl-C\n"
         "pauses the close: the next one of the month, or `job resume`, goes on where it was.",
     .prints = true,
     .run = run_month_close},
    {.words = "invoice list",
     .summary = "List invoices, credit notes and settlements",
     .options = {EDGE_FILTERS,
                 {.name = "state",
                  .value = "STATE",
                  .help = "issued, paid or written-off",
                  .completion = COMPLETE_WORDS,
                  .words = "issued paid written-off"},
                 {.name = "kind",
                  .value = "KIND",
                  .help = "invoice, credit-note or settlement",
                  .completion = COMPLETE_WORDS,
                  .words = "invoice credit-note settlement"}},
     .prints = true,
     .run = run_invoice_list},
    {.words = "invoice show",
     .summary = "Show an invoice as it stands now",
     .operands = INVOICE_OPERAND,
     .prints = true,
     .run = run_invoice_show},
    {.words = "invoice explain",
     .summary = "Show what a line was computed from: licences, events, price, arithmetic",
     .operands = {{.name = "INVOICE", .presence = REQUIRED, .help = "identifier or number"},
                  {.name = "LINE", .presence = REQUIRED, .help = "from 1"}},
     .prints = true,
     .run = run_invoice_explain},
    {.words = "invoice export",
     .summary = "Write an invoice as the document that was issued, always the same bytes",
     .operands = INVOICE_OPERAND,
     .options = {{.name = "format",
                  .value = "FORMAT",
                  .presence = REQUIRED,
                  .help = "text, json, csv or pdf",
                  .completion = COMPLETE_WORDS,
                  .words = "text json csv pdf"},
                 {.name = "output",
                  .value = "FILE",
                  .help = "where to (default: standard output)",
                  .completion = COMPLETE_FILE},
                 {.name = "spreadsheet",
                  .help = "of csv: write what a spreadsheet would take for a formula as text"}},
     .run = run_invoice_export},
    {.words = "invoice pay",
     .summary = "Record that an invoice was paid",
     .operands = INVOICE_OPERAND,
     .options = {{.name = "note", .value = "TEXT", .help = "a bank reference, say"}},
     .prints = true,
     .run = run_invoice_pay},
    {.words = "invoice write-off",
     .summary = "Write an invoice off",
     .operands = INVOICE_OPERAND,
     .options = {{.name = "note", .value = "TEXT", .help = "why"}},
     .prints = true,
     .run = run_invoice_write_off},
    {.words = "invoice credit",
     .summary = "Issue a credit note for an invoice or some of its lines",
     .operands = INVOICE_OPERAND,
     .options = {{.name = "reason", .value = "TEXT", .presence = REQUIRED, .help = "why; it is printed"},
                 {.name = "lines", .value = "LIST", .help = "positions, such as 1,3 (default: all of them)"}},
     .prints = true,
     .run = run_invoice_credit},
    {.words = "charge add",
     .summary = "Add a service or installation fee to an edge's open month",
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who charges"},
                 {.name = "buyer", .value = "B", .presence = REQUIRED, .help = "who is charged"},
                 {.name = "month", .value = "MONTH", .presence = REQUIRED, .help = "e.g. 2026-11"},
                 {.name = "description", .value = "TEXT", .presence = REQUIRED, .help = "what for"},
                 {.name = "unit-price", .value = "PRICE", .presence = REQUIRED, .help = "e.g. 120.50"},
                 {.name = "quantity", .value = "N", .help = "how many (default: 1)"},
                 {.name = "customer", .value = "C", .help = "the end customer it was done for"},
                 {.name = "tax-category", .value = "CODE", .help = "UNCL 5305 (default: the agreement's)"},
                 {.name = "tax-rate", .value = "PERCENT", .help = "with --tax-category"}},
     .prints = true,
     .run = run_charge_add},
    {.words = "charge remove",
     .summary = "Take back a charge that is not billed yet",
     .operands = {{.name = "CHARGE", .presence = REQUIRED, .help = "chg_…"}},
     .run = run_charge_remove},
    {.words = "charge list",
     .summary = "List charges",
     .options = {EDGE_FILTERS},
     .prints = true,
     .run = run_charge_list},
    {.words = "correction add",
     .summary = "Correct a closed month on every edge of the path: units, or a licence's late change",
     .options = {{.name = "giver",
                  .value = "A",
                  .help = "whose correction it is (default: the distributor's)"},
                 {.name = "month", .value = "MONTH", .help = "the closed month"},
                 {.name = "customer", .value = "C", .help = "the end customer"},
                 {.name = "sku", .value = "S", .help = "the SKU"},
                 {.name = "units", .value = "N", .help = "what should have been charged"},
                 {.name = "licence", .value = "L", .help = "of a late change: the licence"},
                 {.name = "at", .value = "TIME", .help = "from when on, e.g. 2026-10-15 or 2026-10-15T09:00"},
                 {.name = "seats", .value = "N", .help = "that it should have counted from then on (0: off)"},
                 {.name = "reason", .value = "TEXT", .presence = REQUIRED, .help = "why; it is printed"},
                 {.name = "dry-run", .help = "only show what it would come to"}},
     .details =
         "Give --month, --customer, --sku and --units, or --licence, --at and --seats. A correction goes to\n"
         "every edge between the SKU's owner and the customer. It binds an edge once the edge's seller has\n"
         "accepted it: at once where the giver is the seller. A seller's silence accepts it after the days "
         "of\n"
         "the agreement's report deadline, at the next close, where the giver is the buyer and pays no "
         "less.\n"
         "The next close of each edge bills the difference: as lines of its invoice or as a credit note.",
     .prints = true,
     .run = run_correction_add},
    {.words = "correction list",
     .summary = "List corrections, one for each edge",
     .options = {EDGE_FILTERS,
                 {.name = "state",
                  .value = "STATE",
                  .help = "waiting, accepted, refused, withdrawn or billed",
                  .completion = COMPLETE_WORDS,
                  .words = "waiting accepted refused withdrawn billed"}},
     .prints = true,
     .run = run_correction_list},
    {.words = "correction show",
     .summary = "Show a correction of an edge, and what it would change of the edge's bill",
     .operands = CORRECTION_OPERAND,
     .prints = true,
     .run = run_correction_show},
    {.words = "correction accept",
     .summary = "Accept a correction for the seller of its edge: the next close bills it",
     .operands = CORRECTION_OPERAND,
     .prints = true,
     .run = run_correction_accept},
    {.words = "correction refuse",
     .summary = "Refuse a correction for the seller of its edge",
     .operands = CORRECTION_OPERAND,
     .options = {{.name = "reason", .value = "TEXT", .presence = REQUIRED, .help = "why"}},
     .prints = true,
     .run = run_correction_refuse},
    {.words = "correction remove",
     .summary = "Take a correction back on every edge where it is not billed yet",
     .operands = CORRECTION_OPERAND,
     .run = run_correction_remove},
    {.words = "margin show",
     .summary = "Show revenue, cost and margin of an account's month",
     .options = {{.name = "account", .value = "A", .presence = REQUIRED, .help = "whose"},
                 {.name = "month", .value = "MONTH", .presence = REQUIRED, .help = "e.g. 2026-11"},
                 {.name = "by",
                  .value = "WHAT",
                  .help = "total (default), buyer, customer, sku or customer-sku",
                  .completion = COMPLETE_WORDS,
                  .words = "total buyer customer sku customer-sku"},
                 {.name = "forecast", .help = "rate the running month now and to its end"}},
     .prints = true,
     .run = run_margin_show},
    {.words = "ledger balances",
     .summary = "Show what the ledger sums to, per books, account and party",
     .options = {{.name = "owner", .value = "A", .help = "whose books (default: everybody's)"}},
     .prints = true,
     .run = run_ledger_balances},
    {.words = "export",
     .summary = "Print records as CSV, so that anybody's own program can recompute a bill",
     .operands = {{.name = "WHAT",
                   .presence = REQUIRED,
                   .help = "events, prices, lines, ledger, accounts, skus, agreements, terms, licences, "
                           "adjustments, charges, months, midnights or moves"}},
     .options = {{.name = "month", .value = "MONTH", .help = "only this month (default: everything)"},
                 {.name = "spreadsheet",
                  .help = "write what a spreadsheet would take for a formula as text"}},
     .run = run_export},
};

const struct command_group billing_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
