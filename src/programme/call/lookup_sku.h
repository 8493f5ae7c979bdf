/* Lookup SKU: SKUs by the word that somebody gave, an identifier or a code.
 *
 * An account may know of the SKUs of vendors, of what accounts above it compose or offer, and of its own; a
 * vendor of its own alone. The operator may know of all. Faults of every lookup: "missing-field" for no word,
 * STATUS_NOT_FOUND "unknown-sku", and "ambiguous-code" for a code that several SKUs have which that account
 * may know of. */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_SKU_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_SKU_H

#include "programme/call/authorise.h"
#include "store/catalogue/skus.h"

/* A SKU that the actor may know of. */
enum status find_sku(const struct call *call, struct text word, const char *field, struct sku *sku,
                     struct fault *fault) MUST_CHECK;

/* A SKU that the actor may know of, where those of this owner go first: the owner's own code is meant, not
 * somebody else's. */
enum status find_sku_owned(const struct call *call, int64_t owner_id, struct text word, const char *field,
                           struct sku *sku, struct fault *fault) MUST_CHECK;

/* A SKU that a seller may know of, for whom the actor acts. A code that is ambiguous to the operator is often
 * not so to the seller. */
enum status find_sku_of_seller(const struct call *call, int64_t seller_id, struct text word,
                               const char *field, struct sku *sku, struct fault *fault) MUST_CHECK;

/* A SKU that the provider may order a block of. Fault "not-licensable" for a service. */
enum status find_licensable_sku(const struct call *call, int64_t provider_id, struct text word,
                                struct sku *sku, struct fault *fault) MUST_CHECK;

#endif
