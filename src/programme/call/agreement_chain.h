/* Agreement chain: whether everybody above an account has a signed agreement that is not suspended.
 *
 * Blocks are ordered and licences issued only under a whole chain. Faults: "agreement-not-signed" and
 * "agreement-suspended", which name the edge by its buyer alone, because what goes on further up is not the
 * provider's to know. */
#ifndef SEATMETER_PROGRAMME_CALL_AGREEMENT_CHAIN_H
#define SEATMETER_PROGRAMME_CALL_AGREEMENT_CHAIN_H

#include "programme/call/call.h"

/* Every edge from the distributor down to the account. */
enum status agreement_chain_require(const struct call *call, int64_t account_id,
                                    struct fault *fault) MUST_CHECK;

/* The edge between the owner of a vendor's SKU and the distributor above the account. Nothing to check where
 * the owner is no vendor. */
enum status agreement_chain_require_vendor(const struct call *call, int64_t owner_id, int64_t account_id,
                                           struct fault *fault) MUST_CHECK;

#endif
