/* Finding licences, blocks and what a provider can do with them, by the words that somebody gave.
 *
 * As in authorise.h, what the actor may not know of is "not found". Inside a provider's own business its own
 * names go first: its customer ACME is meant, not somebody else's. */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_LICENCE_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_LICENCE_H

#include "programme/call/authorise.h"
#include "store/licensing/blocks.h"
#include "store/licensing/licences.h"

/* By key or identifier, where the actor may see it: its provider, the accounts above, its customer, the
 * vendor of its SKU. STATUS_NOT_FOUND "unknown-licence"; "malformed-licence-key". */
enum status find_licence(const struct call *call, struct text word, struct licence_row *row,
                         struct fault *fault) MUST_CHECK;

/* The same, and the actor must be its provider and have the right. */
enum status find_licence_to_change(const struct call *call, struct text word, struct licence_row *row,
                                   struct fault *fault) MUST_CHECK;

/* By identifier; the provider's alone. "unknown-block". */
enum status find_block(const struct call *call, struct text word, struct block *block,
                       struct fault *fault) MUST_CHECK;

/* A SKU that the provider may order a block of. "unknown-sku", "ambiguous-code", "not-licensable". */
enum status find_licensable_sku(const struct call *call, int64_t provider_id, struct text word,
                                struct sku *sku, struct fault *fault) MUST_CHECK;

/* An account at or below the actor's own: what is not is "unknown-account", because its licences are. */
enum status find_account_below(const struct call *call, struct text word, const char *field,
                               struct account *account, struct fault *fault) MUST_CHECK;

/* A customer whose seller the provider is. "unknown-account", "not-a-customer". */
enum status find_customer_of(const struct call *call, int64_t provider_id, struct text word,
                             struct account *customer, struct fault *fault) MUST_CHECK;

/* A customer, whose seller the actor must act for with the right to its licences. "unknown-account",
 * "not-a-customer", "right-missing", "not-yours". */
enum status find_customer_to_licence(const struct call *call, struct text word, struct account *customer,
                                     struct fault *fault) MUST_CHECK;

#endif
