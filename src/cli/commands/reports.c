/* Usage reports: what a month measured, what the provider says of it, and the seller's decision. */
#include "cli/group.h"
#include "cli/show.h"
#include "core/base/csv.h"
#include "documents/invoice/document.h"
#include "programme/usage/decide_report.h"
#include "json/represent.h"

static struct report_name name_given(const struct arguments *arguments) {
    return (struct report_name){.provider = argument_text(arguments, "provider"),
                                .seller = argument_text(arguments, "seller"),
                                .month = argument_text(arguments, "month")};
}

static void show_report_detail(struct operator_session *session, const struct arguments *arguments,
                               const struct report_detail *detail) {
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_report_in_full(&writer, NULL, detail);
        show_json(json_written(&writer));
        return;
    }
    show_bytes(document_report_text(&session->arena, &detail->report));
}

enum { UNITS_MAX = 1000000000 };

static enum status run_report_show(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct report_name name = name_given(arguments);
    struct report_detail detail;
    struct text format = argument_text(arguments, "format");
    TRY(show_report(&session->call, &name, &detail, fault));
    if (text_is(format, "csv")) {
        struct text csv = document_report_csv(&session->arena, &detail.report);
        bool for_spreadsheet = argument_given(arguments, "spreadsheet");
        show_bytes(for_spreadsheet ? csv_for_spreadsheet(&session->arena, csv) : csv);
    } else if (format.length == 0 || text_is(format, "text")) {
        show_report_detail(session, arguments, &detail);
    } else {
        return fault_set(fault, STATUS_INVALID, "unknown-format", "format", format,
                         "Ask for text or csv, or for JSON with --json.");
    }
    return STATUS_OK;
}

static enum status run_report_adjust(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    struct adjust_report_input input = {.name = name_given(arguments),
                                        .customer = argument_text(arguments, "customer"),
                                        .sku = argument_text(arguments, "sku"),
                                        .reason = argument_text(arguments, "reason"),
                                        .withdraw = argument_given(arguments, "withdraw")};
    struct report_detail detail;
    if (!input.withdraw && !argument_given(arguments, "units")) {
        return fault_set(
            fault, STATUS_INVALID, "missing-option", "units", TEXT(""),
            "Say what is to be charged with --units N, or take an adjustment back with --withdraw.");
    }
    TRY(argument_int(arguments, "units", 0, 0, UNITS_MAX, &input.units, fault));
    TRY(adjust_report(&session->call, &input, &detail, fault));
    show_report_detail(session, arguments, &detail);
    return STATUS_OK;
}

/* Submitting, approving and rejecting have one shape. */
typedef enum status report_decision(struct call *call, const struct decide_report_input *input,
                                    struct report_detail *out, struct fault *fault);

static enum status decide_and_show(struct operator_session *session, const struct arguments *arguments,
                                   report_decision *decision, struct text reason, struct fault *fault) {
    struct decide_report_input input = {.name = name_given(arguments), .reason = reason};
    struct report_detail detail;
    TRY(decision(&session->call, &input, &detail, fault));
    show_report_detail(session, arguments, &detail);
    return STATUS_OK;
}

static enum status run_report_submit(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    return decide_and_show(session, arguments, submit_report, TEXT(""), fault);
}

static enum status run_report_approve(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    return decide_and_show(session, arguments, approve_report, TEXT(""), fault);
}

static enum status run_report_reject(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    return decide_and_show(session, arguments, reject_report, argument_text(arguments, "reason"), fault);
}

static enum status run_report_list(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct list_reports_input input = {.provider = argument_text(arguments, "provider"),
                                       .month = argument_text(arguments, "month"),
                                       .state = argument_text(arguments, "state"),
                                       .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {
        {"report", "id"},   {"seller", "seller.code"},     {"provider", "provider.code"}, {"month", "month"},
        {"state", "state"}, {"submitted", "submitted_at"}, {"by", "submitted_by"},        {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct report_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_reports(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_report(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

#define REPORT_OPTIONS                                                                                       \
    {.name = "provider", .value = "P", .presence = REQUIRED, .help = "the provider that reports"},           \
        {.name = "month", .value = "MONTH", .presence = REQUIRED, .help = "e.g. 2026-11"}, {                 \
        .name = "seller", .value = "V", .help = "of a report of the distributor's: the vendor"               \
    }

static const struct command COMMANDS[] = {
    {.words = "report show",
     .summary = "Show a month's usage report: provisioned, used, over-provisioned and chargeable units",
     .options = {REPORT_OPTIONS,
                 {.name = "format",
                  .value = "FORMAT",
                  .help = "text (default) or csv",
                  .completion = COMPLETE_WORDS,
                  .words = "text csv"},
                 {.name = "spreadsheet",
                  .help = "of csv: write what a spreadsheet would take for a formula as text"}},
     .prints = true,
     .run = run_report_show},
    {.words = "report adjust",
     .summary = "Say what is to be charged for a customer's SKU instead of what was measured",
     .options = {REPORT_OPTIONS,
                 {.name = "customer", .value = "C", .presence = REQUIRED, .help = "the end customer"},
                 {.name = "sku", .value = "S", .presence = REQUIRED, .help = "the SKU"},
                 {.name = "units", .value = "N", .help = "the units to charge"},
                 {.name = "reason",
                  .value = "TEXT",
                  .help = "why (needed with --units); it stands on the invoice's line"},
                 {.name = "withdraw", .help = "take the adjustment back"}},
     .prints = true,
     .run = run_report_adjust},
    {.words = "report submit",
     .summary = "Submit a report once its month has ended",
     .options = {REPORT_OPTIONS},
     .prints = true,
     .run = run_report_submit},
    {.words = "report approve",
     .summary = "Approve a submitted report",
     .options = {REPORT_OPTIONS},
     .prints = true,
     .run = run_report_approve},
    {.words = "report reject",
     .summary = "Reject a submitted report; the provider adjusts it and submits it again",
     .options = {REPORT_OPTIONS,
                 {.name = "reason", .value = "TEXT", .presence = REQUIRED, .help = "why, for the provider"}},
     .prints = true,
     .run = run_report_reject},
    {.words = "report list",
     .summary = "List reports that were adjusted or submitted",
     .options = {{.name = "provider", .value = "P", .help = "of this provider"},
                 {.name = "month", .value = "MONTH", .help = "of this month"},
                 {.name = "state",
                  .value = "STATE",
                  .help = "draft, submitted, approved or rejected",
                  .completion = COMPLETE_WORDS,
                  .words = "draft submitted approved rejected"}},
     .prints = true,
     .run = run_report_list},
};

const struct command_group report_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
