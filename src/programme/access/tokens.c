#include "programme/access/tokens.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "programme/access/account_listing.h"
#include "programme/call/authorise.h"
#include "programme/call/credential.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"
#include "store/access/invitations.h"
#include "store/parties/programme.h"

#include <assert.h>

enum { TOKEN_NAME_MAX_BYTES = 100 };

static void fill_view(struct call *call, const struct token *token, const struct account *account,
                      struct token_view *out) {
    *out = (struct token_view){.id = token->id,
                               .identifier = identifier_text(call, IDENTIFIER_TOKEN, token->id),
                               .account = identifier_text(call, IDENTIFIER_ACCOUNT, account->id),
                               .account_code = account->code,
                               .name = token->name,
                               .scopes = token->scopes,
                               .created_by = token->created_by == 0
                                                 ? TEXT("operator")
                                                 : identifier_text(call, IDENTIFIER_USER, token->created_by),
                               .created_at_us = token->created_at_us,
                               .expires_at_us = token->expires_at_us,
                               .revoked_at_us = token->revoked_at_us};
}

/* ---- creating ---- */

static enum status parse_instant(struct call *call, struct text given, int64_t *at_us, struct fault *fault) {
    struct programme programme;
    struct zone *zone = NULL;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    TRY(zone_open(programme.time_zone, "time_zone", &zone, fault));
    enum status status = instant_parse(given, zone, "expires_at", at_us, fault);
    zone_close(zone);
    return status;
}

static enum status parse_expiry(struct call *call, struct text given, int64_t *expires_at_us,
                                struct fault *fault) {
    *expires_at_us = 0;
    if (given.length == 0) {
        return STATUS_OK;
    }
    TRY(parse_instant(call, given, expires_at_us, fault));
    if (*expires_at_us <= call->now_us) {
        return fault_set(fault, STATUS_INVALID, "already-over", "expires_at", given,
                         "A token must expire in the future, or never.");
    }
    return STATUS_OK;
}

static enum status parse_scopes(struct call *call, struct text words, struct text *scopes,
                                struct fault *fault) {
    unsigned rights = 0;
    TRY(rights_parse(words, "scopes", &rights, fault));
    unsigned beyond = actor_is_operator(call) ? 0 : rights & ~call->actor.rights;
    if (beyond != 0) {
        return fault_set(fault, STATUS_FORBIDDEN, "scope-beyond-rights", "scopes",
                         rights_text(call->arena, beyond), "You cannot give what you do not have: %.*s.",
                         TEXT_ARGS(rights_text(call->arena, beyond)));
    }
    *scopes = rights_text(call->arena, rights);
    return STATUS_OK;
}

/* The output of create_token: the token as people read it, and its text, which is never shown again. */
struct created_token {
    struct token_view *view;
    struct text *token;
};

static enum status do_create_token(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct create_token_input *wanted = input;
    const struct created_token *created = output;
    struct text credential = credential_make(call, "smt_");
    struct account account;
    struct token made = {.created_by = call->actor.kind == ACTOR_USER ? call->actor.id : 0,
                         .created_at_us = call->now_us,
                         .token_hash = credential_hash(call, credential)};
    TRY(find_account_with_right(call, wanted->account, "account", RIGHT_USERS, &account, fault));
    TRY(check_required_line(wanted->name, "name", TOKEN_NAME_MAX_BYTES, &made.name, fault));
    TRY(parse_scopes(call, wanted->scopes, &made.scopes, fault));
    TRY(parse_expiry(call, text_trim(wanted->expires_at), &made.expires_at_us, fault));
    assert(made.scopes.length > 0 && (made.expires_at_us == 0 || made.expires_at_us > call->now_us));
    made.account_id = account.id;
    TRY(token_insert(call->db, &made, fault));
    TRY(audit_write(call, "token.create", identifier_text(call, IDENTIFIER_TOKEN, made.id), account.id,
                    text_format(call->arena, "%.*s: %.*s", TEXT_ARGS(made.name), TEXT_ARGS(made.scopes)),
                    fault));
    fill_view(call, &made, &account, created->view);
    *created->token = credential;
    return STATUS_OK;
}

enum status create_token(struct call *call, const struct create_token_input *input, struct token_view *out,
                         struct text *token, struct fault *fault) {
    struct created_token created = {out, token};
    return call_run(call, DB_WRITE, do_create_token, input, &created, fault);
}

/* ---- revoking ---- */

static enum status unknown_token(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-token", "token", word,
                     "There is no such token: give its identifier.");
}

static enum status find_own_token(struct call *call, struct text word, struct token *token,
                                  struct fault *fault) {
    int64_t id = 0;
    if (!identifier_decode(call->secret, IDENTIFIER_TOKEN, word, &id)) {
        return unknown_token(word, fault);
    }
    enum status status = token_load(call->db, call->arena, id, token, fault);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !actor_is(call, token->account_id))) {
        return unknown_token(word, fault);
    }
    TRY(status);
    return require_right(call, token->account_id, RIGHT_USERS, fault);
}

/* Those that the token made. */
static enum status end_invitations(struct call *call, int64_t token_id, struct fault *fault) {
    struct text inviter =
        text_format(call->arena, "token %.*s", TEXT_ARGS(identifier_text(call, IDENTIFIER_TOKEN, token_id)));
    return invitation_delete_by(call->db, inviter, fault);
}

static enum status do_revoke_token(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *identifier = input;
    struct token token;
    struct account account;
    TRY(find_own_token(call, *identifier, &token, fault));
    if (token.revoked_at_us == 0) {
        token.revoked_at_us = call->now_us;
        TRY(token_revoke(call->db, token.id, call->now_us, fault));
        TRY(end_invitations(call, token.id, fault));
        TRY(audit_write(call, "token.revoke", identifier_text(call, IDENTIFIER_TOKEN, token.id),
                        token.account_id, token.name, fault));
    }
    TRY(account_load(call->db, call->arena, token.account_id, &account, fault));
    fill_view(call, &token, &account, output);
    return STATUS_OK;
}

enum status revoke_token(struct call *call, struct text token_identifier, struct token_view *out,
                         struct fault *fault) {
    return call_run(call, DB_WRITE, do_revoke_token, &token_identifier, out, fault);
}

/* ---- listing, and signing in with one ---- */

static enum status do_list_tokens(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct account_listing *wanted = input;
    struct account account;
    struct token *tokens = NULL;
    struct token_page page = {0};
    TRY(find_account_with_right(call, wanted->account, "account", RIGHT_USERS, &account, fault));
    TRY(token_list(call->db, call->arena, account.id, wanted->page, &tokens, &page.count, &page.next_after,
                   fault));
    page.items = ARENA_NEW(call->arena, struct token_view, page.count);
    for (size_t i = 0; i < page.count; i++) {
        fill_view(call, &tokens[i], &account, &page.items[i]);
    }
    *(struct token_page *)output = page;
    return STATUS_OK;
}

enum status list_tokens(struct call *call, struct text account, struct page page, struct token_page *out,
                        struct fault *fault) {
    const struct account_listing wanted = {account, page};
    return call_run(call, DB_READ, do_list_tokens, &wanted, out, fault);
}

static enum status do_find_token(struct call *call, const void *input, void *output, struct fault *fault) {
    const struct text *credential = input;
    struct token found;
    bool known = false;
    unsigned rights = 0;
    if (credential->length > 0 && credential->length <= CREDENTIAL_MAX_BYTES) {
        TRY(token_find(call->db, call->arena, credential_hash(call, *credential), call->now_us, &known,
                       &found, fault));
    }
    if (!known) {
        return fault_set(fault, STATUS_UNAUTHENTICATED, "token-unknown", NULL, TEXT(""),
                         "This token is not known, has expired or was revoked.");
    }
    TRY(rights_parse(found.scopes, "scopes", &rights, fault));
    *(struct actor *)output =
        (struct actor){.kind = ACTOR_TOKEN, .id = found.id, .account_id = found.account_id, .rights = rights};
    return STATUS_OK;
}

enum status find_token(struct call *call, struct text token, struct actor *actor, struct fault *fault) {
    return call_run(call, DB_READ, do_find_token, &token, actor, fault);
}
