#include "programme/call/agreement_chain.h"

#include "programme/call/authorise.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"

#include <assert.h>

/* The accounts from the distributor down to the account, by id: one at least, and the last is the account. */
struct chain {
    int64_t *ids;
    size_t count;
};

/* The path comes from what the store has listed as the account's ancestors. */
static enum status load_chain(const struct call *call, int64_t account_id, struct chain *chain,
                              struct fault *fault) {
    struct chain loaded = {0};
    TRY(account_path(call->db, call->arena, account_id, &loaded.ids, &loaded.count, fault));
    if (loaded.count == 0 || loaded.ids[loaded.count - 1] != account_id) {
        return fault_set(fault, STATUS_INTERNAL, "account-path-broken", NULL,
                         identifier_text(call, IDENTIFIER_ACCOUNT, account_id),
                         "The store does not know which accounts stand above this one: run seatmeter check.");
    }
    *chain = loaded;
    return STATUS_OK;
}

static enum status require_signed_edge(const struct call *call, int64_t seller_id, int64_t buyer_id,
                                       struct fault *fault) {
    struct agreement agreement = {0};
    bool found = false;
    TRY(agreement_find_edge(call->db, call->arena, seller_id, buyer_id, &found, &agreement, fault));
    if (found && agreement.state == AGREEMENT_SIGNED) {
        return STATUS_OK;
    }
    struct text buyer = identifier_text(call, IDENTIFIER_ACCOUNT, buyer_id);
    if (found && agreement.state == AGREEMENT_SUSPENDED) {
        return fault_set(fault, STATUS_CONFLICT, "agreement-suspended", NULL, buyer,
                         "The agreement by which %.*s buys is suspended: its seller must resume it first.",
                         TEXT_ARGS(buyer));
    }
    return fault_set(fault, STATUS_CONFLICT, "agreement-not-signed", NULL, buyer,
                     "%.*s has no signed agreement with its seller: one must be offered and signed first.",
                     TEXT_ARGS(buyer));
}

enum status agreement_chain_require(const struct call *call, int64_t account_id, struct fault *fault) {
    struct chain chain;
    TRY(load_chain(call, account_id, &chain, fault));
    for (size_t i = 1; i < chain.count; i++) {
        TRY(require_signed_edge(call, chain.ids[i - 1], chain.ids[i], fault));
    }
    return STATUS_OK;
}

enum status agreement_chain_require_vendor(const struct call *call, int64_t owner_id, int64_t account_id,
                                           struct fault *fault) {
    struct account owner = {0};
    struct chain chain;
    struct agreement agreement = {0};
    bool found = false;
    TRY(account_load(call->db, call->arena, owner_id, &owner, fault));
    if (owner.kind != ACCOUNT_VENDOR) {
        return STATUS_OK;
    }
    TRY(load_chain(call, account_id, &chain, fault));
    assert(chain.count > 0);
    TRY(agreement_find_edge(call->db, call->arena, owner_id, chain.ids[0], &found, &agreement, fault));
    if (found && agreement.state == AGREEMENT_SIGNED) {
        return STATUS_OK;
    }
    bool suspended = found && agreement.state == AGREEMENT_SUSPENDED;
    return fault_set(fault, STATUS_CONFLICT, suspended ? "agreement-suspended" : "agreement-not-signed",
                     "sku", owner.code,
                     "Licences of the vendor %.*s cannot be issued while its agreement is %s.",
                     TEXT_ARGS(owner.code), suspended ? "suspended" : "not signed");
}
