#include "programme/access/tokens.h"

#include "core/time/date.h"
#include "core/time/instant.h"
#include "programme/call/authorise.h"
#include "programme/call/credential.h"
#include "programme/call/lookup_account.h"
#include "programme/call/validate.h"
#include "store/parties/programme.h"

#include <assert.h>

enum { TOKEN_NAME_MAX_BYTES = 100 };

static enum status fill_view(struct call *call, const struct token *token, struct token_view *out,
                             struct fault *fault) {
    struct account account;
    enum status status = account_load(call->db, call->arena, token->account_id, &account, fault);
    if (status != STATUS_OK) {
        return status;
    }
    *out = (struct token_view){.id = token->id,
                               .identifier = identifier_text(call, IDENTIFIER_TOKEN, token->id),
                               .account = identifier_text(call, IDENTIFIER_ACCOUNT, account.id),
                               .account_code = account.code,
                               .name = token->name,
                               .scopes = token->scopes,
                               .created_by = token->created_by == 0
                                                 ? TEXT("operator")
                                                 : identifier_text(call, IDENTIFIER_USER, token->created_by),
                               .created_at_us = token->created_at_us,
                               .expires_at_us = token->expires_at_us,
                               .revoked_at_us = token->revoked_at_us};
    return STATUS_OK;
}

static enum status parse_expiry(struct call *call, struct text given, int64_t *expires_at_us,
                                struct fault *fault) {
    struct programme programme;
    struct zone *zone = NULL;
    *expires_at_us = 0;
    if (given.length == 0) {
        return STATUS_OK;
    }
    enum status status = programme_load(call->db, call->arena, &programme, fault);
    if (status == STATUS_OK) {
        status = zone_open(programme.time_zone, "time_zone", &zone, fault);
    }
    if (status == STATUS_OK) {
        status = instant_parse(given, zone, "expires_at", expires_at_us, fault);
    }
    zone_close(zone);
    if (status == STATUS_OK && *expires_at_us <= call->now_us) {
        return fault_set(fault, STATUS_INVALID, "already-over", "expires_at", given,
                         "A token must expire in the future, or never.");
    }
    return status;
}

static enum status parse_scopes(struct call *call, struct text words, struct text *scopes,
                                struct fault *fault) {
    unsigned rights = 0;
    enum status status = rights_parse(words, "scopes", &rights, fault);
    if (status != STATUS_OK) {
        return status;
    }
    unsigned beyond = actor_is_operator(call) ? 0 : rights & ~call->actor.rights;
    if (beyond != 0) {
        return fault_set(fault, STATUS_FORBIDDEN, "scope-beyond-rights", "scopes",
                         rights_text(call->arena, beyond), "You cannot give what you do not have: %.*s.",
                         TEXT_ARGS(rights_text(call->arena, beyond)));
    }
    *scopes = rights_text(call->arena, rights);
    return STATUS_OK;
}

enum status create_token(struct call *call, const struct create_token_input *input, struct token_view *out,
                         struct text *token, struct fault *fault) {
    struct account account;
    struct token made = {.created_by = call->actor.kind == ACTOR_USER ? call->actor.id : 0,
                         .created_at_us = call->now_us};
    struct text credential = credential_make(call, "smt_");
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_account_with_right(call, input->account, "account", RIGHT_USERS, &account, fault);
    if (status == STATUS_OK) {
        status = check_required_line(input->name, "name", TOKEN_NAME_MAX_BYTES, &made.name, fault);
    }
    if (status == STATUS_OK) {
        status = parse_scopes(call, input->scopes, &made.scopes, fault);
    }
    if (status == STATUS_OK) {
        status = parse_expiry(call, text_trim(input->expires_at), &made.expires_at_us, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    made.account_id = account.id;
    made.token_hash = credential_hash(call, credential);
    status = token_insert(call->db, &made, fault);
    if (status == STATUS_OK) {
        status = audit_write(
            call, "token.create", identifier_text(call, IDENTIFIER_TOKEN, made.id), account.id,
            text_format(call->arena, "%.*s: %.*s", TEXT_ARGS(made.name), TEXT_ARGS(made.scopes)), fault);
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &made, out, fault);
    }
    if (status == STATUS_OK) {
        *token = credential;
    }
done:
    return call_end(call, status, fault);
}

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
    return status == STATUS_OK ? require_right(call, token->account_id, RIGHT_USERS, fault) : status;
}

enum status revoke_token(struct call *call, struct text token_identifier, struct token_view *out,
                         struct fault *fault) {
    struct token token;
    enum status status = call_begin(call, DB_WRITE, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_own_token(call, token_identifier, &token, fault);
    if (status == STATUS_OK && token.revoked_at_us == 0) {
        token.revoked_at_us = call->now_us;
        status = token_revoke(call->db, token.id, call->now_us, fault);
        if (status == STATUS_OK) {
            status = audit_write(call, "token.revoke", identifier_text(call, IDENTIFIER_TOKEN, token.id),
                                 token.account_id, token.name, fault);
        }
    }
    if (status == STATUS_OK) {
        status = fill_view(call, &token, out, fault);
    }
    return call_end(call, status, fault);
}

enum status list_tokens(struct call *call, struct text account, struct page page, struct token_page *out,
                        struct fault *fault) {
    struct account found;
    struct token *tokens = NULL;
    struct token_page made = {0};
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    status = find_account_with_right(call, account, "account", RIGHT_USERS, &found, fault);
    if (status == STATUS_OK) {
        status =
            token_list(call->db, call->arena, found.id, page, &tokens, &made.count, &made.next_after, fault);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    made.items = ARENA_NEW(call->arena, struct token_view, made.count);
    for (size_t i = 0; i < made.count && status == STATUS_OK; i++) {
        status = fill_view(call, &tokens[i], &made.items[i], fault);
    }
    if (status == STATUS_OK) {
        *out = made;
    }
done:
    return call_end(call, status, fault);
}

enum status find_token(struct call *call, struct text token, struct actor *actor, struct fault *fault) {
    struct token found;
    bool known = false;
    unsigned rights = 0;
    enum status status = call_begin(call, DB_READ, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (token.length > 0 && token.length <= CREDENTIAL_MAX_BYTES) {
        status = token_find(call->db, call->arena, credential_hash(call, token), call->now_us, &known, &found,
                            fault);
    }
    if (status == STATUS_OK && !known) {
        status = fault_set(fault, STATUS_UNAUTHENTICATED, "token-unknown", NULL, TEXT(""),
                           "This token is not known, has expired or was revoked.");
    }
    if (status == STATUS_OK) {
        status = rights_parse(found.scopes, "scopes", &rights, fault);
    }
    if (status == STATUS_OK) {
        *actor = (struct actor){
            .kind = ACTOR_TOKEN, .id = found.id, .account_id = found.account_id, .rights = rights};
    }
    return call_end(call, status, fault);
}
