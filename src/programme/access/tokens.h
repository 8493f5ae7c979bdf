/* API tokens: what an account's systems sign in with. Hashed at rest, shown once, with scopes.
 *
 * A token belongs to the account, not to the owner who made it, and can do no more than that owner could. */
#ifndef SEATMETER_PROGRAMME_ACCESS_TOKENS_H
#define SEATMETER_PROGRAMME_ACCESS_TOKENS_H

#include "programme/call/call.h"
#include "store/engine/page.h"

struct token_view {
    int64_t id;
    struct text identifier; /* tok_… */
    struct text account;    /* acc_… */
    struct text account_code;
    struct text name;
    struct text scopes;     /* "read licences:write" */
    struct text created_by; /* usr_…, or "operator" */
    int64_t created_at_us;
    int64_t expires_at_us; /* 0: never */
    int64_t revoked_at_us; /* 0: not */
};

struct create_token_input {
    struct text account; /* empty: the actor's */
    struct text name;
    struct text scopes;     /* words of enum right with blanks between */
    struct text expires_at; /* an instant, "2027-01-01T00:00:00Z"; empty: never */
};

/* `*token` is "smt_…" and is never shown again. Faults: "unknown-scope", "scope-beyond-rights",
 * "missing-field", "already-over" (an expiry in the past). */
enum status create_token(struct call *call, const struct create_token_input *input, struct token_view *out,
                         struct text *token, struct fault *fault) MUST_CHECK;

/* Fault "unknown-token"; one that is revoked already is fine. */
enum status revoke_token(struct call *call, struct text token_identifier, struct token_view *out,
                         struct fault *fault) MUST_CHECK;

struct token_page {
    struct token_view *items;
    size_t count;
    int64_t next_after;
};
enum status list_tokens(struct call *call, struct text account, struct page page, struct token_page *out,
                        struct fault *fault) MUST_CHECK;

/* Finds the actor that a token stands for, for call->actor. Fault "token-unknown" (STATUS_UNAUTHENTICATED).
 */
enum status find_token(struct call *call, struct text token, struct actor *actor,
                       struct fault *fault) MUST_CHECK;

#endif
