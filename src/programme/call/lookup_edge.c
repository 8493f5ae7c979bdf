#include "programme/call/lookup_edge.h"

enum status find_own_edge(const struct call *call, struct text seller, struct text buyer, enum right right,
                          struct agreement *agreement, struct fault *fault) {
    struct agreement_words words = {.seller = seller, .buyer = buyer};
    struct agreement found;
    if (seller.length == 0 && call->actor.account_id > 0) {
        words.seller = identifier_text(call, IDENTIFIER_ACCOUNT, call->actor.account_id);
    }
    enum status status = find_agreement(call, words, &found, fault);
    if (status == STATUS_OK) {
        status = require_right(call, found.seller_id, right, fault);
    }
    if (status == STATUS_OK) {
        *agreement = found;
    }
    return status;
}

enum status find_customer_below(const struct call *call, const struct agreement *agreement, struct text word,
                                struct account *customer, struct fault *fault) {
    struct account found;
    bool is_below = false;
    enum status status = find_account(call, word, "customer", &found, fault);
    if (status == STATUS_OK) {
        status = account_is_or_is_above(call->db, agreement->buyer_id, found.id, &is_below, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!is_below) {
        return fault_set(fault, STATUS_INVALID, "not-below-buyer", "customer", word,
                         "the customer must be the buyer of this agreement or an account below it");
    }
    *customer = found;
    return STATUS_OK;
}

enum status find_edge_choice(const struct call *call, const struct edge_words *words,
                             struct edge_choice *choice, struct fault *fault) {
    struct edge_choice found = {.party_id = actor_is_operator(call) ? 0 : call->actor.account_id,
                                .month = -1};
    struct account account;
    struct month month;
    enum status status = require_any_right(call, RIGHT_READ, fault);
    if (status == STATUS_OK && words->seller.length > 0) {
        status = find_account(call, words->seller, "seller", &account, fault);
        found.seller_id = status == STATUS_OK ? account.id : 0;
    }
    if (status == STATUS_OK && words->buyer.length > 0) {
        status = find_account(call, words->buyer, "buyer", &account, fault);
        found.buyer_id = status == STATUS_OK ? account.id : 0;
    }
    if (status == STATUS_OK && words->month.length > 0) {
        status = month_parse(words->month, "month", &month, fault);
        found.month = status == STATUS_OK ? month.index : -1;
    }
    if (status == STATUS_OK) {
        *choice = found;
    }
    return status;
}

static enum status unknown_invoice(struct text word, struct fault *fault) {
    return fault_set(fault, STATUS_NOT_FOUND, "unknown-invoice", "invoice", word,
                     "there is no such invoice; name it by its identifier (inv_…) or its number");
}

static enum status find_by_number(const struct call *call, struct text word, struct invoice_head *head,
                                  struct fault *fault) {
    struct invoice_filter filter = {.party_id = actor_is_operator(call) ? 0 : call->actor.account_id,
                                    .month = -1,
                                    .state = -1,
                                    .kind = -1,
                                    .number = word};
    struct invoice_head *heads = NULL;
    size_t count = 0;
    int64_t next_after = 0;
    enum status status = invoice_list(call->db, call->arena, &filter, (struct page){.limit = 2}, &heads,
                                      &count, &next_after, fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (count == 0) {
        return unknown_invoice(word, fault);
    }
    if (count > 1) {
        return fault_set(fault, STATUS_CONFLICT, "ambiguous-number", "invoice", word,
                         "several sellers have an invoice of this number; name it by its identifier");
    }
    *head = heads[0];
    return STATUS_OK;
}

enum status find_invoice(const struct call *call, struct text word, struct invoice_head *head,
                         struct fault *fault) {
    int64_t id = 0;
    if (word.length == 0) {
        return fault_set(fault, STATUS_INVALID, "missing-field", "invoice", word,
                         "the identifier or number of an invoice is needed");
    }
    if (!identifier_decode(call->secret, IDENTIFIER_INVOICE, word, &id)) {
        return find_by_number(call, word, head, fault);
    }
    struct invoice_head found;
    enum status status = invoice_load(call->db, call->arena, id, &found, fault);
    if (status == STATUS_NOT_FOUND) {
        return unknown_invoice(word, fault);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!actor_is(call, found.seller_id) && !actor_is(call, found.buyer_id)) {
        return unknown_invoice(word, fault);
    }
    *head = found;
    return STATUS_OK;
}
