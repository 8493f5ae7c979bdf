/* Lookup licence: licences by their key or identifier, and blocks by their identifier.
 *
 * A licence's provider, the accounts above that, its customer and the vendor of its SKU find it; a block's
 * provider alone finds the block. The operator finds all. Faults: "missing-field" for no word,
 * "malformed-licence-key", STATUS_NOT_FOUND "unknown-licence" and "unknown-block". */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_LICENCE_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_LICENCE_H

#include "programme/call/authorise.h"
#include "store/licensing/blocks.h"
#include "store/licensing/licences.h"

/* A licence that the actor may see. */
enum status find_licence(const struct call *call, struct text word, struct licence_row *row,
                         struct fault *fault) MUST_CHECK;

/* A licence whose provider the actor must act for, with the right to its licences. */
enum status find_licence_to_change(const struct call *call, struct text word, struct licence_row *row,
                                   struct fault *fault) MUST_CHECK;

/* A block of the actor's. */
enum status find_block(const struct call *call, struct text word, struct block *block,
                       struct fault *fault) MUST_CHECK;

#endif
