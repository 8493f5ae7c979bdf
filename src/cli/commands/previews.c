/* Previews: what a change would do to the bills, before it is made. */
#include "cli/commands/bad_rows.h"
#include "cli/file.h"
#include "cli/group.h"
#include "cli/show.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/preview/preview_change.h"
#include "programme/preview/preview_prices.h"
#include "json/represent.h"

#include <stdio.h>

enum { PRICES_MAX_BYTES = 64 << 20 };

static void show_preview(struct operator_session *session, const struct arguments *arguments,
                         const struct preview *preview) {
    static const struct column COLUMNS[] = {
        {"month", "month"}, {"seller", "seller"},         {"buyer", "buyer"},      {"customer", "customer"},
        {"SKU", "sku"},     {"units", "units_before"},    {"then", "units_after"}, {"amount", "before"},
        {"then", "after"},  {"difference", "difference"}, {"", "currency"},        {NULL, NULL}};
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        represent_preview(&writer, NULL, preview);
        show_json(json_written(&writer));
        return;
    }
    struct json_writer writer = show_list_begin(session);
    represent_preview_rows(&writer, preview);
    show_list(session, arguments, show_list_end(&writer), COLUMNS);
    for (size_t i = 0; i < preview->edge_count; i++) {
        for (int at = 0; at < PREVIEW_MONTHS; at++) {
            const struct preview_month *month = &preview->edges[i].months[at];
            if (month->reason.length > 0) {
                show_line(stderr, "%.*s → %.*s stays open: %.*s\n", TEXT_ARGS(preview->edges[i].seller_code),
                          TEXT_ARGS(preview->edges[i].buyer_code), TEXT_ARGS(month->message));
            }
        }
    }
}

/* The licences of a list with commas. */
static const struct text *split_licences(struct operator_session *session, struct text words, size_t *count) {
    struct text *licences = ARENA_NEW(&session->arena, struct text, words.length / 2 + 1);
    *count = 0;
    while (words.length > 0) {
        struct text word = text_trim(text_take_until(&words, ','));
        if (word.length > 0) {
            licences[(*count)++] = word;
        }
    }
    return licences;
}

static enum status run_preview_change(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct preview_change_input input = {.account = argument_text(arguments, "account"),
                                         .change = argument_text(arguments, "CHANGE"),
                                         .customer = argument_text(arguments, "customer"),
                                         .sku = argument_text(arguments, "sku"),
                                         .block = argument_text(arguments, "block")};
    struct preview preview;
    TRY(argument_int(arguments, "seats", 0, 1, BLOCK_SIZE_MAX, &input.seats, fault));
    TRY(argument_int(arguments, "count", 0, 1, LICENCE_ISSUE_COUNT_MAX, &input.count, fault));
    input.licences = split_licences(session, argument_text(arguments, "licence"), &input.licence_count);
    TRY(preview_change(&session->call, &input, &preview, fault));
    show_preview(session, arguments, &preview);
    return STATUS_OK;
}

static enum status run_preview_agreement(struct operator_session *session, const struct arguments *arguments,
                                         struct fault *fault) {
    struct preview_agreement_input input = {.account = argument_text(arguments, "account"),
                                            .change = argument_text(arguments, "CHANGE"),
                                            .agreement = argument_text(arguments, "agreement"),
                                            .seller = argument_text(arguments, "seller"),
                                            .buyer = argument_text(arguments, "buyer")};
    struct preview preview;
    TRY(preview_agreement(&session->call, &input, &preview, fault));
    show_preview(session, arguments, &preview);
    return STATUS_OK;
}

static enum status run_preview_prices(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct import_prices_input input = {.seller = argument_text(arguments, "seller"),
                                        .buyer = argument_text(arguments, "buyer"),
                                        .replace = argument_given(arguments, "replace")};
    struct import_problems problems = {0};
    struct preview preview;
    TRY(file_read(&session->arena, argument_text(arguments, "FILE"), "FILE", PRICES_MAX_BYTES, &input.content,
                  fault));
    TRY(show_bad_rows(&problems, preview_prices(&session->call, &input, &preview, &problems, fault), fault));
    show_preview(session, arguments, &preview);
    return STATUS_OK;
}

#define ACCOUNT_OPTION                                                                                       \
    { .name = "account", .value = "A", .help = "only the edges of this account (default: all)" }

static const char DETAILS[] =
    "Nothing is changed. Shown are the month that runs, with the change from now on, and a whole month, the\n"
    "one after it: what the close would bill without the change, and then with it. --json says more: price,\n"
    "tiers, free months, and what the account keeps.";

static const struct command COMMANDS[] = {
    {.words = "preview change",
     .summary = "Show what a change of licences would do to the bills",
     .operands = {{.name = "CHANGE",
                   .presence = REQUIRED,
                   .help = "on, off, seats, retire or issue",
                   .completion = COMPLETE_WORDS,
                   .words = "on off seats retire issue"}},
     .options = {{.name = "licence", .value = "L[,L…]", .help = "licences, by key or lic_…"},
                 {.name = "customer",
                  .value = "C",
                  .help = "all licences of this customer that the change fits, or whom to issue to"},
                 {.name = "sku", .value = "S", .help = "of the customer's only those of this SKU"},
                 {.name = "seats", .value = "N", .help = "of seats and issue: seats of each licence"},
                 {.name = "block", .value = "B", .help = "of issue: the block"},
                 {.name = "count", .value = "N", .help = "of issue: so many licences alike (default: 1)"},
                 ACCOUNT_OPTION},
     .details = DETAILS,
     .prints = true,
     .run = run_preview_change},
    {.words = "preview agreement",
     .summary = "Show what suspending, resuming or terminating an agreement would do to the bills",
     .operands = {{.name = "CHANGE",
                   .presence = REQUIRED,
                   .help = "suspend, resume or terminate",
                   .completion = COMPLETE_WORDS,
                   .words = "suspend resume terminate"}},
     .options = {{.name = "agreement", .value = "AGREEMENT", .help = "agr_…"},
                 {.name = "seller", .value = "A", .help = "or who sells"},
                 {.name = "buyer", .value = "B", .help = "and who buys"},
                 ACCOUNT_OPTION},
     .details = DETAILS,
     .prints = true,
     .run = run_preview_agreement},
    {.words = "preview prices",
     .summary = "Show what a price list would do to the bills if it were imported",
     .operands = {{.name = "FILE",
                   .presence = REQUIRED,
                   .help = "a CSV file as `price import` takes it, - for standard input",
                   .completion = COMPLETE_FILE}},
     .options = {{.name = "seller", .value = "A", .presence = REQUIRED, .help = "who sells"},
                 {.name = "buyer", .value = "B", .help = "who buys (default: all its buyers)"},
                 {.name = "replace", .help = "other prices from the same days would be withdrawn"}},
     .details = DETAILS,
     .prints = true,
     .run = run_preview_prices},
};

const struct command_group preview_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
