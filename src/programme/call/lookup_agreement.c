#include "programme/call/lookup_agreement.h"

#include "programme/call/lookup_account.h"

static enum status unknown_agreement(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-agreement", "agreement", word,
                     "There is no such agreement: give its identifier, or its seller and its buyer.");
}

static enum status find_by_parties(const struct call *call, struct agreement_words words, bool *found,
                                   struct agreement *agreement, struct fault *fault) {
    struct account buyer;
    TRY(find_account_or_own(call, words.buyer, "buyer", &buyer, fault));
    struct account seller = {.id = buyer.seller_id};
    if (words.seller.length > 0 || buyer.seller_id == 0) {
        TRY(find_account(call, words.seller, "seller", &seller, fault));
    }
    return agreement_find_edge(call->db, call->arena, seller.id, buyer.id, found, agreement, fault);
}

static enum status find_by_identifier(const struct call *call, struct text identifier, bool *found,
                                      struct agreement *agreement, struct fault *fault) {
    int64_t id = 0;
    *found = false;
    if (!identifier_decode(call->secret, IDENTIFIER_AGREEMENT, identifier, &id)) {
        return STATUS_OK;
    }
    enum status status = agreement_load(call->db, call->arena, id, agreement, fault);
    *found = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status find_agreement(const struct call *call, struct agreement_words words, struct agreement *agreement,
                           struct fault *fault) {
    struct agreement loaded;
    bool found = false;
    if (words.identifier.length == 0) {
        TRY(find_by_parties(call, words, &found, &loaded, fault));
    } else {
        TRY(find_by_identifier(call, words.identifier, &found, &loaded, fault));
    }
    if (!found || !actor_is_party(call, &loaded)) {
        return unknown_agreement(words.identifier, fault);
    }
    *agreement = loaded;
    return STATUS_OK;
}

enum status find_own_edge(const struct call *call, struct text seller, struct text buyer, enum right right,
                          struct agreement *agreement, struct fault *fault) {
    struct agreement_words words = {.seller = seller, .buyer = buyer};
    struct agreement found;
    if (seller.length == 0 && call->actor.account_id > 0) {
        words.seller = identifier_text(call, IDENTIFIER_ACCOUNT, call->actor.account_id);
    }
    TRY(find_agreement(call, words, &found, fault));
    TRY(require_right(call, found.seller_id, right, fault));
    *agreement = found;
    return STATUS_OK;
}

enum status find_edge_choice(const struct call *call, const struct edge_words *words,
                             struct edge_choice *choice, struct fault *fault) {
    struct edge_choice found = {.party_id = actor_viewer_id(call), .month = -1};
    TRY(require_any_right(call, RIGHT_READ, fault));
    TRY(find_account_condition(call, words->seller, "seller", &found.seller_id, fault));
    TRY(find_account_condition(call, words->buyer, "buyer", &found.buyer_id, fault));
    if (words->month.length > 0) {
        struct month month;
        TRY(month_parse(words->month, "month", &month, fault));
        found.month = month.index;
    }
    *choice = found;
    return STATUS_OK;
}
