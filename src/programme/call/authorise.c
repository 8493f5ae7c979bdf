#include "programme/call/authorise.h"

#include "store/access/audit.h"
#include "store/parties/accounts.h"

#include <assert.h>

bool actor_is_operator(const struct call *call) {
    return call->actor.kind == ACTOR_OPERATOR || call->actor.kind == ACTOR_SYSTEM;
}

enum status require_operator(const struct call *call, const char *sentence, struct fault *fault) {
    if (actor_is_operator(call)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "operator-only", NULL, TEXT(""), "%s", sentence);
}

/* ---- rights ---- */

const struct right_word RIGHT_WORDS[RIGHT_COUNT] = {
    {RIGHT_READ, "read"},
    {RIGHT_ACCOUNTS, "accounts:write"},
    {RIGHT_CATALOGUE, "catalogue:write"},
    {RIGHT_PRICES, "prices:write"},
    {RIGHT_LICENCES, "licences:write"},
    {RIGHT_REPORTS, "reports:write"},
    {RIGHT_BILLING, "billing:write"},
    {RIGHT_USERS, "users:write"},
};

unsigned role_rights(enum role role) {
    switch (role) {
    case ROLE_OWNER:
        return RIGHT_ALL;
    case ROLE_FINANCE:
        return RIGHT_READ | RIGHT_PRICES | RIGHT_REPORTS | RIGHT_BILLING;
    case ROLE_TECHNICIAN:
        return RIGHT_READ | RIGHT_ACCOUNTS | RIGHT_LICENCES;
    case ROLE_VIEWER:
        break;
    }
    return RIGHT_READ;
}

struct text rights_text(struct arena *arena, unsigned rights) {
    struct text words = TEXT("");
    for (int i = 0; i < RIGHT_COUNT; i++) {
        if ((rights & RIGHT_WORDS[i].right) != 0) {
            words = text_format(arena, "%.*s%s%s", TEXT_ARGS(words), words.length == 0 ? "" : " ",
                                RIGHT_WORDS[i].word);
        }
    }
    return words;
}

static bool parse_right(struct text word, unsigned *rights) {
    for (int i = 0; i < RIGHT_COUNT; i++) {
        if (text_is(word, RIGHT_WORDS[i].word)) {
            *rights |= RIGHT_WORDS[i].right;
            return true;
        }
    }
    return false;
}

enum status rights_parse(struct text words, const char *field, unsigned *rights, struct fault *fault) {
    unsigned found = 0;
    struct text left = text_trim(words);
    while (left.length > 0) {
        size_t length = 0;
        while (length < left.length && left.at[length] != ' ') {
            length++;
        }
        struct text word = {left.at, length};
        if (!parse_right(word, &found)) {
            return fault_set(
                fault, STATUS_INVALID, "unknown-scope", field, word,
                "\"%.*s\" is no scope: say read, accounts:write, catalogue:write, prices:write, "
                "licences:write, reports:write, billing:write or users:write, with blanks between.",
                TEXT_ARGS(word));
        }
        left = text_trim((struct text){left.at + length, left.length - length});
    }
    if (found == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", field, words,
                         "Say what it may do: one scope at least, such as read.");
    }
    *rights = found;
    return STATUS_OK;
}

static const char *right_word(enum right right) {
    for (int i = 0; i < RIGHT_COUNT; i++) {
        if (RIGHT_WORDS[i].right == right) {
            return RIGHT_WORDS[i].word;
        }
    }
    assert(false && "one right");
    return "";
}

enum status require_any_right(const struct call *call, enum right right, struct fault *fault) {
    if (actor_is_operator(call) || (call->actor.rights & right) != 0) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_FORBIDDEN, "right-missing", NULL, text_of(right_word(right)),
                     "This needs the right %s, which this user or token does not have.", right_word(right));
}

enum status require_right(const struct call *call, int64_t account_id, enum right right,
                          struct fault *fault) {
    TRY(require_any_right(call, right, fault));
    if (!actor_is(call, account_id)) {
        return fault_set(fault, STATUS_FORBIDDEN, "not-yours", NULL, TEXT(""),
                         "Only the account whose business this is can do it.");
    }
    return STATUS_OK;
}

/* ---- who the actor is ---- */

struct text identifier_text(const struct call *call, enum identifier_kind kind, int64_t id) {
    char identifier[IDENTIFIER_BYTES];
    identifier_encode(call->secret, kind, id, identifier);
    return text_copy(call->arena, text_of(identifier));
}

bool actor_is(const struct call *call, int64_t account_id) {
    return actor_is_operator(call) || (account_id != 0 && call->actor.account_id == account_id);
}

bool actor_is_party(const struct call *call, const struct agreement *agreement) {
    return actor_is(call, agreement->seller_id) ||
           (agreement->state != AGREEMENT_DRAFT && actor_is(call, agreement->buyer_id));
}

enum status actor_is_or_is_above(const struct call *call, int64_t account_id, bool *yes,
                                 struct fault *fault) {
    *yes = true;
    if (actor_is(call, account_id)) {
        return STATUS_OK;
    }
    return account_is_or_is_above(call->db, call->actor.account_id, account_id, yes, fault);
}

enum status actor_may_see_account(const struct call *call, int64_t account_id, bool *yes,
                                  struct fault *fault) {
    *yes = true;
    if (actor_is(call, account_id)) {
        return STATUS_OK;
    }
    return account_is_known(call->db, call->actor.account_id, account_id, yes, fault);
}

int64_t actor_viewer_id(const struct call *call) {
    if (actor_is_operator(call)) {
        return 0;
    }
    assert(call->actor.account_id > 0);
    return call->actor.account_id;
}

/* ---- changing ---- */

enum status check_version(int64_t if_version, int64_t version, struct fault *fault) {
    if (if_version == 0 || if_version == version) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_STALE, "stale", "version", TEXT(""),
                     "It was changed by somebody else since it was read: read it again, then change it.");
}

struct text actor_text(const struct call *call) {
    switch (call->actor.kind) {
    case ACTOR_OPERATOR:
        return TEXT("operator");
    case ACTOR_SYSTEM:
        return TEXT("system");
    case ACTOR_USER:
        return text_format(call->arena, "user %s", identifier_text(call, IDENTIFIER_USER, call->actor.id).at);
    case ACTOR_TOKEN:
        return text_format(call->arena, "token %s",
                           identifier_text(call, IDENTIFIER_TOKEN, call->actor.id).at);
    }
    assert(false && "a kind of actor");
    return TEXT("");
}

enum status audit_write(const struct call *call, const char *action, struct text subject,
                        int64_t subject_account_id, struct text detail, struct fault *fault) {
    assert(call->depth > 0 && call->writes);
    struct audit_entry entry = {.at_us = call->now_us,
                                .actor = actor_text(call),
                                .account_id = call->actor.account_id,
                                .action = text_of(action),
                                .subject = subject,
                                .subject_account_id = subject_account_id,
                                .detail = detail};
    return audit_insert(call->db, &entry, fault);
}
