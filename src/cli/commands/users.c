/* Users, invitations, API tokens and the audit trail. */
#include "programme/access/users.h"
#include "cli/group.h"
#include "cli/show.h"
#include "machine/clock.h"
#include "programme/access/invitations.h"
#include "programme/access/list_audit.h"
#include "programme/access/passwords.h"
#include "programme/access/tokens.h"
#include "json/represent.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A password from the terminal, unseen, or the first line of standard input. Whoever types takes time: now is
 * when it was read. */
static enum status read_password(struct operator_session *session, struct text *password,
                                 struct fault *fault) {
    struct termios shown;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        struct termios hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        /* Unseen before it is asked for; what was typed ahead is kept. */
        tcsetattr(STDIN_FILENO, TCSADRAIN, &hidden);
        fprintf(stderr, "Password: ");
    }
    char line[PASSWORD_MAX_BYTES + 2];
    bool read = fgets(line, sizeof line, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
        fprintf(stderr, "\n");
    }
    enum status status = STATUS_OK;
    if (!read) {
        status = fault_set(fault, STATUS_INVALID, "missing-field", "password", TEXT(""),
                           "Give the password on standard input: there was none.");
    } else {
        line[strcspn(line, "\n")] = '\0';
        *password = text_copy(&session->arena, text_of(line));
    }
    sodium_memzero(line, sizeof line);
    session->call.now_us = machine_now_us();
    return status;
}

static void show_user_view(struct operator_session *session, const struct arguments *arguments,
                           const struct user_view *user) {
    struct json_writer writer = {.arena = &session->arena};
    represent_user(&writer, NULL, user);
    show_record(session, arguments, json_written(&writer));
}

static enum status run_user_add(struct operator_session *session, const struct arguments *arguments,
                                struct fault *fault) {
    struct add_user_input input = {.account = argument_text(arguments, "account"),
                                   .email = argument_text(arguments, "email"),
                                   .name = argument_text(arguments, "name"),
                                   .role = argument_text(arguments, "role"),
                                   .is_known = argument_given(arguments, "known")};
    struct user_view user;
    if (!input.is_known) {
        TRY(read_password(session, &input.password, fault));
    }
    TRY(add_user(&session->call, &input, &user, fault));
    show_user_view(session, arguments, &user);
    return STATUS_OK;
}

static enum status run_user_edit(struct operator_session *session, const struct arguments *arguments,
                                 struct fault *fault) {
    struct text name = argument_text(arguments, "name");
    struct text role = argument_text(arguments, "role");
    struct text password;
    bool active = argument_given(arguments, "activate");
    struct edit_user_input input = {.user = argument_text(arguments, "USER"),
                                    .name = argument_given(arguments, "name") ? &name : NULL,
                                    .role = argument_given(arguments, "role") ? &role : NULL};
    if (active && argument_given(arguments, "deactivate")) {
        return fault_set(fault, STATUS_INVALID, "contradiction", "activate", TEXT(""),
                         "Give --activate or --deactivate, not both.");
    }
    if (active || argument_given(arguments, "deactivate")) {
        input.active = &active;
    }
    if (argument_given(arguments, "password")) {
        TRY(read_password(session, &password, fault));
        input.password = &password;
    }
    struct user_view user;
    TRY(edit_user(&session->call, &input, &user, fault));
    show_user_view(session, arguments, &user);
    return STATUS_OK;
}

static enum status run_user_unlock(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct user_view user;
    TRY(unlock_user(&session->call, argument_text(arguments, "USER"), &user, fault));
    show_user_view(session, arguments, &user);
    return STATUS_OK;
}

static enum status run_user_list(struct operator_session *session, const struct arguments *arguments,
                                 struct fault *fault) {
    struct page where = {.limit = PAGE_LIMIT_MAX};
    static const struct column COLUMNS[] = {
        {"user", "id"},   {"e-mail", "email"},  {"name", "name"}, {"account", "account.code"},
        {"role", "role"}, {"active", "active"}, {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct user_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_users(&session->call, argument_text(arguments, "account"), where, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_user(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        where.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

/* A link, which is shown once, and the invitation that it is of. */
static void show_link(struct operator_session *session, const struct arguments *arguments, struct text link,
                      const struct invitation_view *invitation) {
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        json_write_open(&writer, NULL);
        json_write_text(&writer, "link", link);
        represent_invitation(&writer, "invitation", invitation);
        json_write_close(&writer);
        show_json(json_written(&writer));
        return;
    }
    printf("%.*s\n", TEXT_ARGS(link));
    fprintf(
        stderr,
        "This is shown once. Send it to %.*s and to nobody else: whoever has it is taken for the owner of "
        "that address. %.*s is the invitation's identifier.\n",
        TEXT_ARGS(invitation->email), TEXT_ARGS(invitation->identifier));
}

static enum status run_user_invite(struct operator_session *session, const struct arguments *arguments,
                                   struct fault *fault) {
    struct invite_user_input input = {.account = argument_text(arguments, "account"),
                                      .email = argument_text(arguments, "email"),
                                      .name = argument_text(arguments, "name"),
                                      .role = argument_text(arguments, "role")};
    struct invitation_view invitation;
    struct text link;
    TRY(invite_user(&session->call, &input, &invitation, fault));
    TRY(make_invitation_link(&session->call, invitation.identifier, &invitation, &link, fault));
    show_link(session, arguments, link, &invitation);
    return STATUS_OK;
}

static enum status run_invitation_link(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct invitation_view invitation;
    struct text link;
    TRY(make_invitation_link(&session->call, argument_text(arguments, "INVITATION"), &invitation, &link,
                             fault));
    show_link(session, arguments, link, &invitation);
    return STATUS_OK;
}

static enum status run_invitation_revoke(struct operator_session *session, const struct arguments *arguments,
                                         struct fault *fault) {
    struct invitation_view invitation;
    TRY(revoke_invitation(&session->call, argument_text(arguments, "INVITATION"), &invitation, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_invitation(&writer, NULL, &invitation);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_invitation_list(struct operator_session *session, const struct arguments *arguments,
                                       struct fault *fault) {
    struct page where = {.limit = PAGE_LIMIT_MAX};
    static const struct column COLUMNS[] = {{"invitation", "id"},    {"e-mail", "email"},
                                            {"name", "name"},        {"account", "account.code"},
                                            {"role", "role"},        {"invited by", "invited_by"},
                                            {"until", "expires_at"}, {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct invitation_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_invitations(&session->call, argument_text(arguments, "account"), where, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_invitation(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        where.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_token_create(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct create_token_input input = {.account = argument_text(arguments, "account"),
                                       .name = argument_text(arguments, "name"),
                                       .scopes = argument_text(arguments, "scopes"),
                                       .expires_at = argument_text(arguments, "expires")};
    struct token_view token;
    struct text secret;
    TRY(create_token(&session->call, &input, &token, &secret, fault));
    if (arguments->json) {
        struct json_writer writer = {.arena = &session->arena};
        json_write_open(&writer, NULL);
        json_write_text(&writer, "secret", secret);
        represent_token(&writer, "token", &token);
        json_write_close(&writer);
        show_json(json_written(&writer));
    } else {
        printf("%.*s\n", TEXT_ARGS(secret));
        fprintf(stderr, "This is shown once; %.*s is its identifier, for `seatmeter token revoke`.\n",
                TEXT_ARGS(token.identifier));
    }
    return STATUS_OK;
}

static enum status run_token_list(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    struct page where = {.limit = PAGE_LIMIT_MAX};
    static const struct column COLUMNS[] = {
        {"token", "id"},           {"account", "account.code"}, {"name", "name"}, {"scopes", "scopes"},
        {"expires", "expires_at"}, {"revoked", "revoked_at"},   {NULL, NULL}};
    struct shown_pages shown = show_pages_begin(session, arguments, COLUMNS);
    struct token_page page;
    do {
        struct json_writer *writer = show_page_begin(&shown);
        TRY(list_tokens(&session->call, argument_text(arguments, "account"), where, &page, fault));
        for (size_t i = 0; i < page.count; i++) {
            represent_token(writer, NULL, &page.items[i]);
        }
        show_page_end(&shown);
        where.after_id = page.next_after;
    } while (page.next_after != 0);
    show_pages_end(&shown);
    return STATUS_OK;
}

static enum status run_token_revoke(struct operator_session *session, const struct arguments *arguments,
                                    struct fault *fault) {
    struct token_view token;
    TRY(revoke_token(&session->call, argument_text(arguments, "TOKEN"), &token, fault));
    struct json_writer writer = {.arena = &session->arena};
    represent_token(&writer, NULL, &token);
    show_record(session, arguments, json_written(&writer));
    return STATUS_OK;
}

static enum status run_audit_list(struct operator_session *session, const struct arguments *arguments,
                                  struct fault *fault) {
    int64_t limit;
    TRY(argument_int(arguments, "limit", PAGE_LIMIT_DEFAULT, 1, PAGE_LIMIT_MAX, &limit, fault));
    struct audit_page page;
    TRY(list_audit(&session->call, argument_text(arguments, "account"),
                   (struct page){.limit = (int32_t)limit}, &page, fault));
    struct json_writer writer = show_list_begin(session);
    for (size_t i = 0; i < page.count; i++) {
        represent_audit_entry(&writer, NULL, &page.items[i]);
    }
    static const struct column COLUMNS[] = {{"time", "at"},    {"who", "actor"},     {"did", "action"},
                                            {"to", "subject"}, {"detail", "detail"}, {NULL, NULL}};
    show_list(session, arguments, show_list_end(&writer), COLUMNS);
    return STATUS_OK;
}

#define ROLES "owner finance technician viewer"
#define SCOPES                                                                                               \
    "read accounts:write catalogue:write prices:write licences:write reports:write billing:write "           \
    "users:write"

#define NEW_USER_OPTIONS                                                                                     \
    {.name = "account", .value = "A", .presence = REQUIRED, .help = "whose"},                                \
        {.name = "email", .value = "ADDRESS", .presence = REQUIRED, .help = "to sign in with"},              \
        {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "the person's"}, {                   \
        .name = "role", .value = "ROLE", .presence = REQUIRED,                                               \
        .help = "owner, finance, technician or viewer", .completion = COMPLETE_WORDS, .words = ROLES         \
    }

static const struct command COMMANDS[] = {
    {.words = "user add",
     .summary =
         "Add a person to an account at once; a password of 12 bytes or more is read from standard input",
     .options = {NEW_USER_OPTIONS,
                 {.name = "known", .help = "the person has a password already, and keeps it: none is read"}},
     .details = "For setting up, where you know whose the address is. For anybody else, user invite.",
     .prints = true,
     .run = run_user_add},
    {.words = "user invite",
     .summary = "Invite somebody to an account, and print the link to send to that e-mail address, once",
     .options = {NEW_USER_OPTIONS},
     .details = "The owner of the address accepts with POST /v1/invitations/accept: a new person sets its "
                "password, one that is known gives it. Accounts invite with POST /v1/invitations; invitation "
                "list shows what waits for a link.",
     .prints = true,
     .run = run_user_invite},
    {.words = "user edit",
     .summary = "Change a person's name, role or password, or whether it may sign in",
     .operands = {{.name = "USER", .presence = REQUIRED, .help = "usr_… or e-mail address"}},
     .options = {{.name = "name", .value = "NAME", .help = "the person's"},
                 {.name = "role",
                  .value = "ROLE",
                  .help = "owner, finance, technician or viewer",
                  .completion = COMPLETE_WORDS,
                  .words = ROLES},
                 {.name = "password",
                  .help = "read a new one from standard input, for all accounts of the person"},
                 {.name = "activate", .help = "let it sign in again"},
                 {.name = "deactivate", .help = "let it sign in no more"}},
     .prints = true,
     .run = run_user_edit},
    {.words = "user unlock",
     .summary = "Let a person sign in again that too many wrong passwords have locked out",
     .operands = {{.name = "USER", .presence = REQUIRED, .help = "usr_… or e-mail address"}},
     .prints = true,
     .run = run_user_unlock},
    {.words = "user list",
     .summary = "List the people of an account",
     .options = {{.name = "account", .value = "A", .presence = REQUIRED, .help = "whose"}},
     .prints = true,
     .run = run_user_list},
    {.words = "invitation list",
     .summary = "List the invitations that are open",
     .options = {{.name = "account", .value = "A", .help = "whose (default: all)"}},
     .prints = true,
     .run = run_invitation_list},
    {.words = "invitation link",
     .summary = "Make a new link of an invitation and print it, once, to send to its e-mail address",
     .operands = {{.name = "INVITATION", .presence = REQUIRED, .help = "ivt_…"}},
     .prints = true,
     .run = run_invitation_link},
    {.words = "invitation revoke",
     .summary = "Take an invitation back",
     .operands = {{.name = "INVITATION", .presence = REQUIRED, .help = "ivt_…"}},
     .prints = true,
     .run = run_invitation_revoke},
    {.words = "token create",
     .summary = "Create an API token for an account's systems and print it, once",
     .options = {{.name = "account", .value = "A", .presence = REQUIRED, .help = "whose"},
                 {.name = "name", .value = "NAME", .presence = REQUIRED, .help = "what it is for"},
                 {.name = "scopes",
                  .value = "LIST",
                  .presence = REQUIRED,
                  .help = "words with blanks between, e.g. \"read licences:write\"",
                  .completion = COMPLETE_WORDS,
                  .words = SCOPES},
                 {.name = "expires", .value = "TIME", .help = "e.g. 2027-01-01T00:00:00Z (default: never)"}},
     .details = "Scopes: " SCOPES ".",
     .prints = true,
     .run = run_token_create},
    {.words = "token list",
     .summary = "List an account's tokens",
     .options = {{.name = "account", .value = "A", .presence = REQUIRED, .help = "whose"}},
     .prints = true,
     .run = run_token_list},
    {.words = "token revoke",
     .summary = "Revoke a token at once",
     .operands = {{.name = "TOKEN", .presence = REQUIRED, .help = "tok_…"}},
     .prints = true,
     .run = run_token_revoke},
    {.words = "audit list",
     .summary = "List who did what, the newest first",
     .options = {{.name = "account", .value = "A", .help = "by or to this account"},
                 {.name = "limit", .value = "N", .help = "how many (default: 100)"}},
     .prints = true,
     .run = run_audit_list},
};

const struct command_group user_commands = {COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
