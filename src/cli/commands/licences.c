/* Blocks and licences: ordering, issuing, turning on and off, keys. */
#include "cli/group.h"
#include "cli/show.h"
#include "programme/licensing/blocks.h"
#include "programme/licensing/issue_licence.h"
#include "programme/licensing/turn_licence.h"
#include "programme/licensing/undo_licence.h"
#include "json/represent.h"

#include <stdio.h>

static void show_block_view(struct operator_session *session, const struct arguments *arguments,
                            const struct block_view *block) {
    struct json_writer writer = {.arena = &session->arena};
    represent_block(&writer, NULL, block);
    show_record(session, arguments, json_written(&writer));
}

static void show_licence_view(struct operator_session *session, const struct arguments *arguments,
                              const struct licence_view *licence) {
    struct json_writer writer = {.arena = &session->arena};
    represent_licence(&writer, NULL, licence);
    show_record(session, arguments, json_written(&writer));
}

static enum status run_block_order(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct order_block_input input = {.provider = argument_text(arguments, "provider"),
                                      .sku = argument_text(arguments, "sku")};
    struct block_view block;
    TRY(argument_int(arguments, "size", 0, 1, BLOCK_SIZE_MAX, &input.size, fault));
    TRY(order_block(&session->call, &input, &block, fault));
    show_block_view(session, arguments, &block);
    return STATUS_OK;
}

static enum status run_block_enlarge(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    struct enlarge_block_input input = {.block = argument_text(arguments, "BLOCK")};
    struct block_view block;
    TRY(argument_int(arguments, "size", 0, 1, BLOCK_SIZE_MAX, &input.size, fault));
    TRY(enlarge_block(&session->call, &input, &block, fault));
    show_block_view(session, arguments, &block);
    return STATUS_OK;
}

static enum status run_block_close(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct close_block_input input = {.block = argument_text(arguments, "BLOCK")};
    struct block_view block;
    TRY(close_block(&session->call, &input, &block, fault));
    show_block_view(session, arguments, &block);
    return STATUS_OK;
}

static enum status run_block_show(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct block_view block;
    TRY(show_block(&session->call, argument_text(arguments, "BLOCK"), &block, fault));
    show_block_view(session, arguments, &block);
    return STATUS_OK;
}

static enum status run_block_list(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct list_blocks_input input = {.provider = argument_text(arguments, "provider"),
                                      .sku = argument_text(arguments, "sku"),
                                      .state = argument_text(arguments, "state"),
                                      .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {{"block", "id"},
                                            {"provider", "provider.code"},
                                            {"SKU", "sku.code"},
                                            {"size", "size"},
                                            {"issued", "issued_seats"},
                                            {"free", "free_seats"},
                                            {"state", "state"},
                                            {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct block_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_blocks(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_block(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_licence_issue(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    struct issue_licence_input input = {.block = argument_text(arguments, "block"),
                                        .customer = argument_text(arguments, "customer")};
    struct issued_licences issued;
    TRY(argument_int(arguments, "seats", 0, 1, BLOCK_SIZE_MAX, &input.seats, fault));
    TRY(argument_int(arguments, "count", 1, 1, LICENCE_ISSUE_COUNT_MAX, &input.count, fault));
    TRY(issue_licence(&session->call, &input, &issued, fault));
    if (!arguments->json) {
        for (size_t i = 0; i < issued.count; i++) {
            printf("%.*s  %.*s\n", TEXT_ARGS(issued.items[i].key),
                   TEXT_ARGS(issued.items[i].licence.identifier));
        }
        return STATUS_OK;
    }
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < issued.count; i++) {
        represent_issued_licence(&writer, NULL, &issued.items[i]);
    }
    show_json(show_list_end(&writer));
    return STATUS_OK;
}

/* The four changes of a licence have one shape. */
typedef enum status licence_change(struct call *call, const struct turn_licence_input *input,
                                   struct licence_view *out, struct fault *fault);

static enum status change_licence(struct operator_session *session, const struct arguments *arguments,
                                  licence_change *change, int64_t seats, struct fault *fault) {
    struct turn_licence_input input = {
        .licence = argument_text(arguments, "LICENCE"), .at = argument_text(arguments, "at"), .seats = seats};
    struct licence_view licence;
    TRY(change(&session->call, &input, &licence, fault));
    show_licence_view(session, arguments, &licence);
    return STATUS_OK;
}

static enum status run_licence_on(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    return change_licence(session, arguments, turn_licence_on, 0, fault);
}

static enum status run_licence_off(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    return change_licence(session, arguments, turn_licence_off, 0, fault);
}

static enum status run_licence_retire(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    return change_licence(session, arguments, retire_licence, 0, fault);
}

static enum status run_licence_seats(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    int64_t seats;
    TRY(argument_int(arguments, "seats", 0, 1, BLOCK_SIZE_MAX, &seats, fault));
    return change_licence(session, arguments, resize_licence, seats, fault);
}

static enum status run_customer_off(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct turn_customer_off_input input = {.customer = argument_text(arguments, "CUSTOMER"),
                                            .at = argument_text(arguments, "at")};
    int64_t turned;
    TRY(turn_off_customer(&session->call, &input, &turned, fault));
    struct json_writer writer = {.arena = &session->arena};
    json_write_open(&writer, NULL);
    json_write_int(&writer, "turned_off", turned);
    json_write_close(&writer);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_licence_undo(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct undo_licence_input input = {.licence = argument_text(arguments, "LICENCE")};
    struct undone_licence undone;
    TRY(argument_int(arguments, "changes", 1, 1, UNDO_CHANGES_MAX, &input.changes, fault));
    TRY(undo_licence(&session->call, &input, &undone, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_undone_licence(&writer, NULL, &undone);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_customer_undo(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    struct undone_customer undone;
    TRY(undo_customer_off(&session->call, argument_text(arguments, "CUSTOMER"), &undone, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_undone_customer(&writer, NULL, &undone);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_licence_show(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct licence_detail detail;
    TRY(show_licence(&session->call, argument_text(arguments, "LICENCE"), &detail, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_licence_in_full(&writer, NULL, &detail);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_licence_list(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct list_licences_input input = {.provider = argument_text(arguments, "provider"),
                                        .customer = argument_text(arguments, "customer"),
                                        .sku = argument_text(arguments, "sku"),
                                        .state = argument_text(arguments, "state"),
                                        .block = argument_text(arguments, "block"),
                                        .page = {.limit = PAGE_LIMIT_MAX}};
    static const struct column COLUMNS[] = {
        {"licence", "id"},  {"provider", "provider.code"}, {"customer", "customer.code"}, {"SKU", "sku.code"},
        {"seats", "seats"}, {"state", "effective"},        {"key ends in", "key_hint"},   {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct licence_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_licences(&session->call, &input, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_licence(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        input.page.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_licence_events(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct page where = {.limit = PAGE_LIMIT_MAX};
    static const struct column COLUMNS[] = {
        {"sequence", "sequence"}, {"time", "at"},     {"event", "event"},         {"before", "seats_before"},
        {"after", "seats_after"}, {"cause", "cause"}, {"voided by", "voided_by"}, {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct licence_event_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_licence_events(&session->call, argument_text(arguments, "LICENCE"), where, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_licence_event(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        where.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_licence_key(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct text key;
    TRY(reveal_licence_key(&session->call, argument_text(arguments, "LICENCE"), &key, fault));
    printf("%.*s\n", TEXT_ARGS(key));
    return STATUS_OK;
}

static enum status run_licence_keys(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct text csv;
    TRY(export_licence_keys(&session->call, argument_text(arguments, "customer"), &csv, fault));
    show_bytes(csv);
    return STATUS_OK;
}

#define LICENCE_OPERAND                                                                                      \
    {                                                                                                        \
        { .name = "LICENCE", .presence = REQUIRED, .help = "a licence key or lic_…" }                        \
    }
#define AT_OPTION                                                                                            \
    { .name = "at", .value = "TIME", .help = "when it takes effect (default: now), e.g. 2026-11-24T09:30" }

static const char TIME_DETAILS[] =
    "TIME is RFC 3339 (2026-11-24T09:30:00-05:00), or a local time or a date in the agreement's time zone.\n"
    "It may lie in the past of an open month, not in one that is reported or closed: what comes too late is "
    "a\n"
    "correction. Later changes of the same month are voided then, and where that takes usage away, the "
    "usage\n"
    "report waits for its approval by the seller above.";

static const struct command COMMANDS[] = {
    {.words = "block order",
     .summary = "Order a block of licences for a provider; it costs nothing by itself",
     .options = {{.name = "provider", .value = "P", .presence = REQUIRED, .help = "the provider"},
                 {.name = "sku", .value = "S", .presence = REQUIRED, .help = "the SKU"},
                 {.name = "size", .value = "N", .presence = REQUIRED, .help = "how many seats"}},
     .prints = true,
     .run = run_block_order},
    {.words = "block enlarge",
     .summary = "Give a block more seats",
     .operands = {{.name = "BLOCK", .presence = REQUIRED, .help = "blk_…"}},
     .options = {{.name = "size", .value = "N", .presence = REQUIRED, .help = "its new size"}},
     .prints = true,
     .run = run_block_enlarge},
    {.words = "block close",
     .summary = "Issue nothing more from a block; what was issued goes on",
     .operands = {{.name = "BLOCK", .presence = REQUIRED, .help = "blk_…"}},
     .prints = true,
     .run = run_block_close},
    {.words = "block show",
     .summary = "Show a block",
     .operands = {{.name = "BLOCK", .presence = REQUIRED, .help = "blk_…"}},
     .prints = true,
     .run = run_block_show},
    {.words = "block list",
     .summary = "List blocks",
     .options = {{.name = "provider", .value = "P", .help = "of this provider"},
                 {.name = "sku", .value = "S", .help = "of this SKU"},
                 {.name = "state",
                  .value = "STATE",
                  .help = "open or closed",
                  .completion = COMPLETE_WORDS,
                  .words = "open closed"}},
     .prints = true,
     .run = run_block_list},
    {.words = "licence issue",
     .summary = "Issue licences out of a block to a customer and print their keys",
     .options = {{.name = "block", .value = "B", .presence = REQUIRED, .help = "the block"},
                 {.name = "customer", .value = "C", .presence = REQUIRED, .help = "the customer"},
                 {.name = "seats", .value = "N", .presence = REQUIRED, .help = "seats of each licence"},
                 {.name = "count", .value = "N", .help = "so many licences alike (default: 1)"}},
     .details =
         "Prints a line per licence: its key and its identifier. Turn it on with `seatmeter licence on`.",
     .prints = true,
     .run = run_licence_issue},
    {.words = "licence on",
     .summary = "Turn a licence on: from then on it counts and works",
     .operands = LICENCE_OPERAND,
     .options = {AT_OPTION},
     .details = TIME_DETAILS,
     .prints = true,
     .run = run_licence_on},
    {.words = "licence off",
     .summary = "Turn a licence off: from then on it is not billed",
     .operands = LICENCE_OPERAND,
     .options = {AT_OPTION},
     .details = TIME_DETAILS,
     .prints = true,
     .run = run_licence_off},
    {.words = "licence seats",
     .summary = "Change how many seats a licence has",
     .operands = LICENCE_OPERAND,
     .options = {{.name = "seats", .value = "N", .presence = REQUIRED, .help = "its new number of seats"},
                 AT_OPTION},
     .details = TIME_DETAILS,
     .prints = true,
     .run = run_licence_seats},
    {.words = "licence retire",
     .summary = "Retire a licence for good; its seats go back to the block",
     .operands = LICENCE_OPERAND,
     .options = {AT_OPTION},
     .details = TIME_DETAILS,
     .prints = true,
     .run = run_licence_retire},
    {.words = "licence undo",
     .summary = "Take a licence's latest change back, as if it had not been",
     .operands = LICENCE_OPERAND,
     .options = {{.name = "changes", .value = "N", .help = "so many of the latest (default: 1)"}},
     .details =
         "A change can be undone for 15 minutes, or as long as `programme edit --undo-minutes` says, while "
         "its\n"
         "month is open. Turning off and taking seats away can always be undone: devices work again at "
         "their\n"
         "next check-in. Turning on and giving seats cannot where a device had a seat of them: then the\n"
         "licence goes back from now on instead, and \"instead\" says how.",
     .prints = true,
     .run = run_licence_undo},
    {.words = "licence show",
     .summary = "Show a licence, its parts and what suspends it",
     .operands = LICENCE_OPERAND,
     .prints = true,
     .run = run_licence_show},
    {.words = "licence list",
     .summary = "List licences",
     .options = {{.name = "provider", .value = "P", .help = "at or below this provider"},
                 {.name = "customer", .value = "C", .help = "of this customer"},
                 {.name = "sku", .value = "S", .help = "of this SKU"},
                 {.name = "block", .value = "B", .help = "of this block"},
                 {.name = "state",
                  .value = "STATE",
                  .help = "issued, on, off, suspended or retired",
                  .completion = COMPLETE_WORDS,
                  .words = "issued on off suspended retired"}},
     .prints = true,
     .run = run_licence_list},
    {.words = "licence events",
     .summary = "List everything that happened to a licence",
     .operands = LICENCE_OPERAND,
     .prints = true,
     .run = run_licence_events},
    {.words = "licence key",
     .summary = "Print the key of a licence",
     .operands = LICENCE_OPERAND,
     .run = run_licence_key},
    {.words = "licence keys",
     .summary = "Print the keys of a customer's licences as CSV",
     .options = {{.name = "customer", .value = "C", .presence = REQUIRED, .help = "the customer"}},
     .run = run_licence_keys},
    {.words = "customer off",
     .summary = "A customer drops out: turn all its licences off",
     .operands = {{.name = "CUSTOMER", .presence = REQUIRED, .help = "the customer"}},
     .options = {AT_OPTION},
     .details = TIME_DETAILS,
     .prints = true,
     .run = run_customer_off},
    {.words = "customer undo",
     .summary = "Undo a customer's drop-out: what `customer off` turned off is on again",
     .operands = {{.name = "CUSTOMER", .presence = REQUIRED, .help = "the customer"}},
     .details =
         "Licence by licence, exactly those that the last `customer off` turned off, as `licence undo` "
         "does.\nThose that were changed since are left as they are; \"left\" counts them.",
     .prints = true,
     .run = run_customer_undo},
};

const struct command_group licence_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
