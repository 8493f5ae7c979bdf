/* Sight: what of a thing that a reader may see is not the reader's to know (R2.14 to R2.16).
 *
 * Whether a thing is there at all for an actor is asked by the lookups. These questions are about what stands
 * on it: who is named, which parts a bundle has, which agreement suspended it. Every reader asks here and
 * nowhere else. */
#ifndef SEATMETER_PROGRAMME_CALL_SIGHT_H
#define SEATMETER_PROGRAMME_CALL_SIGHT_H

#include "programme/call/authorise.h"
#include "store/licensing/licences.h"
#include "store/parties/accounts.h"

/* Whether the actor reads the account's code and name. It does of those that it may know of, of those above
 * it, whose catalogues it buys from, and, unless it is a vendor itself, of vendors. A vendor is not told who
 * is in the channel: codes are made of names. */
enum status sight_names_account(const struct call *call, const struct account *account, bool *yes,
                                struct fault *fault) MUST_CHECK;

/* The account as the actor reads it: where it is not named, its code is its identifier, and it has no name,
 * address or anything else that tells who it is. */
enum status sight_limit_account(const struct call *call, struct account *account,
                                struct fault *fault) MUST_CHECK;

/* The same of a licence's provider and customer. */
enum status sight_limit_licence(const struct call *call, struct licence_row *row,
                                struct fault *fault) MUST_CHECK;

/* Whether the actor knows that the licence is a part of a bundle, and of which: its vendor does not, and who
 * is sold the bundle does not. */
enum status sight_parts(const struct call *call, const struct licence *part, bool *yes,
                        struct fault *fault) MUST_CHECK;

/* How far down the chain exports to the account show parts: those whose last edge is at least this deep; -1:
 * all. */
enum status sight_parts_from_edge(const struct call *call, int64_t *last_edge,
                                  struct fault *fault) MUST_CHECK;

/* An agreement that acts on something of the actor's: its identifier where the actor is a party, else
 * "other". */
enum status sight_agreement(const struct call *call, int64_t agreement_id, struct text *shown,
                            struct fault *fault) MUST_CHECK;

#endif
