/* Moves of customers from one provider to another. */
#include "programme/licensing/moves.h"
#include "cli/group.h"
#include "cli/show.h"
#include "json/represent.h"

static void show_move_view(struct operator_session *session, const struct arguments *arguments,
                           const struct move_view *move) {
    struct json_writer writer = {.arena = &session->arena};
    represent_move(&writer, NULL, move);
    show_record(session, arguments, json_written(&writer));
}

static enum status run_move_propose(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct propose_move_input input = {.customer = argument_text(arguments, "CUSTOMER"),
                                       .to = argument_text(arguments, "to"),
                                       .month = argument_text(arguments, "month"),
                                       .is_alone = argument_given(arguments, "alone"),
                                       .dry_run = argument_given(arguments, "dry-run")};
    struct move_view move;
    TRY(propose_move(&session->call, &input, &move, fault));
    show_move_view(session, arguments, &move);
    return STATUS_OK;
}

static enum status run_move_agree(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct agree_move_input input = {.move = argument_text(arguments, "MOVE"),
                                     .party = argument_text(arguments, "for"),
                                     .agreed_by = argument_text(arguments, "by")};
    struct move_view move;
    TRY(agree_move(&session->call, &input, &move, fault));
    show_move_view(session, arguments, &move);
    return STATUS_OK;
}

static enum status run_move_withdraw(struct operator_session *session, const struct arguments *arguments,
                                     struct fault *fault) {
    struct change_move_input input = {.move = argument_text(arguments, "MOVE")};
    struct move_view move;
    TRY(withdraw_move(&session->call, &input, &move, fault));
    show_move_view(session, arguments, &move);
    return STATUS_OK;
}

static enum status run_move_carry_out(struct operator_session *session, const struct arguments *arguments,
                                      struct fault *fault) {
    struct change_move_input input = {.move = argument_text(arguments, "MOVE")};
    struct move_view move;
    TRY(carry_out_move(&session->call, &input, &move, fault));
    show_move_view(session, arguments, &move);
    return STATUS_OK;
}

static enum status run_move_show(struct operator_session *session, const struct arguments *arguments,
                                 struct fault *fault) {
    struct move_view move;
    TRY(show_move(&session->call, argument_text(arguments, "MOVE"), &move, fault));
    show_move_view(session, arguments, &move);
    return STATUS_OK;
}

static enum status run_move_list(struct operator_session *session, const struct arguments *arguments,
                                 struct fault *fault) {
    struct page where = {.limit = PAGE_LIMIT_MAX};
    static const struct column COLUMNS[] = {{"move", "id"},        {"customer", "customer.code"},
                                            {"from", "from.code"}, {"to", "to.code"},
                                            {"month", "month"},    {"state", "state"},
                                            {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct move_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_moves(&session->call, where, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_move(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        where.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

#define MOVE_OPERAND                                                                                         \
    {                                                                                                        \
        { .name = "MOVE", .presence = REQUIRED, .help = "mov_…" }                                            \
    }

static const struct command COMMANDS[] = {
    {.words = "move propose",
     .summary = "Propose that a customer moves to another provider",
     .operands = {{.name = "CUSTOMER", .presence = REQUIRED, .help = "acc_…, code or SELLER/CODE"}},
     .options = {{.name = "to", .value = "P", .presence = REQUIRED, .help = "the new provider"},
                 {.name = "month",
                  .value = "YYYY-MM",
                  .presence = REQUIRED,
                  .help = "the first month at the new provider"},
                 {.name = "alone", .help = "ask nobody: the old provider is suspended or has ended"},
                 {.name = "dry-run", .help = "only show what would move"}},
     .details =
         "The customer and both providers agree to it (move agree). At the month's first instant its\n"
         "licences end at the old provider and go on at the new one, with keys of their own and the same\n"
         "devices. Each provider is billed its own months.",
     .prints = true,
     .run = run_move_propose},
    {.words = "move agree",
     .summary = "Agree to a move for one of its parties",
     .operands = MOVE_OPERAND,
     .options = {{.name = "for", .value = "A", .presence = REQUIRED, .help = "the customer or a provider"},
                 {.name = "by", .value = "NAME", .presence = REQUIRED, .help = "the person who agrees"}},
     .prints = true,
     .run = run_move_agree},
    {.words = "move withdraw",
     .summary = "Withdraw a move that is not carried out yet",
     .operands = MOVE_OPERAND,
     .prints = true,
     .run = run_move_withdraw},
    {.words = "move carry-out",
     .summary = "Carry out a move to which all have agreed, once its month has begun",
     .operands = MOVE_OPERAND,
     .details = "The service does it by itself within a minute.",
     .prints = true,
     .run = run_move_carry_out},
    {.words = "move show",
     .summary = "Show a move and what it moves",
     .operands = MOVE_OPERAND,
     .prints = true,
     .run = run_move_show},
    {.words = "move list", .summary = "List moves", .prints = true, .run = run_move_list},
};

const struct command_group move_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
