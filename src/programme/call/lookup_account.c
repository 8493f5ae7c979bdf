#include "programme/call/lookup_account.h"

#include "programme/call/lookup.h"
#include "store/parties/programme.h"

static const struct lookup_noun ACCOUNT = {
    .noun = "account",
    .named_by = "its code or its identifier (acc_…)",
    .unknown_code = "unknown-account",
    .ambiguous_code = "ambiguous-code",
    .ambiguous_status = STATUS_INVALID,
};

static enum status unknown_account(struct text word, const char *field, struct fault *fault) {
    return lookup_require_one(&ACCOUNT, word, field, 0, fault);
}

static enum status find_account_by_id(const struct call *call, int64_t id, struct text word,
                                      const char *field, struct account *account, struct fault *fault) {
    bool visible = false;
    TRY(actor_may_see_account(call, id, &visible, fault));
    if (!visible) {
        return unknown_account(word, field, fault);
    }
    enum status status = account_load(call->db, call->arena, id, account, fault);
    return status == STATUS_NOT_FOUND ? unknown_account(word, field, fault) : status;
}

enum status find_account(const struct call *call, struct text word, const char *field,
                         struct account *account, struct fault *fault) {
    struct account *found = NULL;
    size_t count = 0;
    int64_t id = 0;
    TRY(lookup_require_word(&ACCOUNT, word, field, fault));
    if (identifier_decode(call->secret, IDENTIFIER_ACCOUNT, word, &id)) {
        return find_account_by_id(call, id, word, field, account, fault);
    }
    TRY(account_find_code(call->db, call->arena, actor_viewer_id(call), word, &found, &count, fault));
    TRY(lookup_require_one(&ACCOUNT, word, field, count, fault));
    *account = found[0];
    return STATUS_OK;
}

enum status find_account_or_own(const struct call *call, struct text word, const char *field,
                                struct account *account, struct fault *fault) {
    if (word.length > 0) {
        return find_account(call, word, field, account, fault);
    }
    if (!actor_is_operator(call)) {
        return account_load(call->db, call->arena, call->actor.account_id, account, fault);
    }
    struct programme programme;
    TRY(programme_load(call->db, call->arena, &programme, fault));
    return account_load(call->db, call->arena, programme.distributor_id, account, fault);
}

enum status find_account_with_right(const struct call *call, struct text word, const char *field,
                                    enum right right, struct account *account, struct fault *fault) {
    struct account found = {0};
    TRY(find_account_or_own(call, word, field, &found, fault));
    TRY(require_right(call, found.id, right, fault));
    *account = found;
    return STATUS_OK;
}

enum status find_account_condition(const struct call *call, struct text word, const char *field,
                                   int64_t *account_id, struct fault *fault) {
    struct account found = {0};
    if (word.length > 0) {
        TRY(find_account(call, word, field, &found, fault));
    }
    *account_id = found.id;
    return STATUS_OK;
}

enum status find_account_below(const struct call *call, struct text word, const char *field,
                               struct account *account, struct fault *fault) {
    struct account found = {0};
    bool below = false;
    TRY(find_account(call, word, field, &found, fault));
    TRY(actor_is_or_is_above(call, found.id, &below, fault));
    if (!below) {
        return fault_set(
            fault, STATUS_NOT_FOUND, "unknown-account", field, word,
            "There is no account \"%.*s\" at or below your own: give the code or identifier of one.",
            TEXT_ARGS(word));
    }
    *account = found;
    return STATUS_OK;
}

enum status find_customer_below(const struct call *call, const struct agreement *agreement, struct text word,
                                struct account *customer, struct fault *fault) {
    struct account found = {0};
    bool is_below = false;
    TRY(find_account(call, word, "customer", &found, fault));
    TRY(account_is_or_is_above(call->db, agreement->buyer_id, found.id, &is_below, fault));
    if (!is_below) {
        return fault_set(fault, STATUS_INVALID, "not-below-buyer", "customer", word,
                         "Name the buyer of this agreement as the customer, or an account below it.");
    }
    *customer = found;
    return STATUS_OK;
}

enum status find_customer_of(const struct call *call, int64_t provider_id, struct text word,
                             struct account *customer, struct fault *fault) {
    struct text trimmed = text_trim(word);
    struct account *accounts = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    const struct account_filter filter = {.seller_id = provider_id, .code = trimmed};
    if (trimmed.length > 0) {
        TRY(account_list(call->db, call->arena, &filter, (struct page){.limit = 1}, &accounts, &count,
                         &next_after, fault));
    }
    struct account found = {0};
    if (count == 1) {
        found = accounts[0];
    } else {
        TRY(find_account(call, trimmed, "customer", &found, fault));
    }
    if (found.seller_id != provider_id || found.kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-customer", "customer", trimmed,
                         "Name one of the provider's own customers: this account is none of them.");
    }
    *customer = found;
    return STATUS_OK;
}

enum status find_customer_to_licence(const struct call *call, struct text word, struct account *customer,
                                     struct fault *fault) {
    struct account found = {0};
    TRY(find_account(call, word, "customer", &found, fault));
    if (found.kind != ACCOUNT_CUSTOMER) {
        return fault_set(fault, STATUS_CONFLICT, "not-a-customer", "customer", word,
                         "Name a customer, as licences are at customers: this account is a %s.",
                         account_kind_name(found.kind));
    }
    TRY(require_right(call, found.seller_id, RIGHT_LICENCES, fault));
    *customer = found;
    return STATUS_OK;
}
