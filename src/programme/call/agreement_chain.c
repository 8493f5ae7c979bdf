#include "programme/call/agreement_chain.h"

#include "programme/call/authorise.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"

static enum status require_signed_edge(const struct call *call, int64_t seller_id, int64_t buyer_id,
                                       struct fault *fault) {
    struct agreement agreement = {0};
    bool found = false;
    enum status status =
        agreement_find_edge(call->db, call->arena, seller_id, buyer_id, &found, &agreement, fault);
    if (status != STATUS_OK || (found && agreement.state == AGREEMENT_SIGNED)) {
        return status;
    }
    struct text buyer = identifier_text(call, IDENTIFIER_ACCOUNT, buyer_id);
    if (found && agreement.state == AGREEMENT_SUSPENDED) {
        return fault_set(fault, STATUS_CONFLICT, "agreement-suspended", NULL, buyer,
                         "the agreement by which %.*s buys is suspended; once its seller resumes it, this is "
                         "possible again",
                         TEXT_ARGS(buyer));
    }
    return fault_set(fault, STATUS_CONFLICT, "agreement-not-signed", NULL, buyer,
                     "%.*s has no signed agreement with its seller; it must be offered and signed first",
                     TEXT_ARGS(buyer));
}

enum status agreement_chain_require(const struct call *call, int64_t account_id, struct fault *fault) {
    int64_t *ids = NULL;
    size_t count = 0;
    enum status status = account_path(call->db, call->arena, account_id, &ids, &count, fault);
    for (size_t i = 1; status == STATUS_OK && i < count; i++) {
        status = require_signed_edge(call, ids[i - 1], ids[i], fault);
    }
    return status;
}

enum status agreement_chain_require_vendor(const struct call *call, int64_t owner_id, int64_t account_id,
                                           struct fault *fault) {
    struct account owner = {0};
    enum status status = account_load(call->db, call->arena, owner_id, &owner, fault);
    if (status != STATUS_OK || owner.kind != ACCOUNT_VENDOR) {
        return status;
    }
    int64_t *ids = NULL;
    size_t count = 0;
    status = account_path(call->db, call->arena, account_id, &ids, &count, fault);
    if (status != STATUS_OK) {
        return status;
    }
    struct agreement agreement = {0};
    bool found = false;
    status = agreement_find_edge(call->db, call->arena, owner_id, ids[0], &found, &agreement, fault);
    if (status != STATUS_OK || (found && agreement.state == AGREEMENT_SIGNED)) {
        return status;
    }
    bool suspended = found && agreement.state == AGREEMENT_SUSPENDED;
    return fault_set(fault, STATUS_CONFLICT, suspended ? "agreement-suspended" : "agreement-not-signed",
                     "sku", owner.code, "licences of the vendor %.*s cannot be issued: its agreement is %s",
                     TEXT_ARGS(owner.code), suspended ? "suspended" : "not signed");
}
