/* Amendments: new terms of an agreement from a month on, proposed, accepted or withdrawn.
 *
 * The terms of a month are those of the last accepted amendment that begins in it or before; of two that
 * begin in one month, the later one's. Nothing is ever deleted: each closed bill can be computed again. */
#ifndef SEATMETER_STORE_PARTIES_AMENDMENTS_H
#define SEATMETER_STORE_PARTIES_AMENDMENTS_H

#include "core/parties/agreement.h"
#include "store/engine/db.h"
#include "store/engine/part.h"

/* Numbers and inserts; sets number. */
enum status amendment_insert(struct db *db, struct amendment *amendment, struct fault *fault) MUST_CHECK;

/* STATUS_NOT_FOUND "unknown-amendment". */
enum status amendment_load(struct db *db, struct arena *arena, int64_t agreement_id, int64_t number,
                           struct amendment *amendment, struct fault *fault) MUST_CHECK;

/* Saves state, terms, and who decided when. */
enum status amendment_update(struct db *db, const struct amendment *amendment,
                             struct fault *fault) MUST_CHECK;

/* Gives each accepted amendment the terms before it, as far as it does not change them, and saves what that
 * alters. Whoever accepts one or takes one back calls it; `first` is the agreement with its first terms. */
enum status amendments_chain(struct db *db, struct arena *arena, const struct agreement *first,
                             struct fault *fault) MUST_CHECK;

/* All of an agreement, by number. */
enum status amendments_of(struct db *db, struct arena *arena, int64_t agreement_id,
                          struct amendment **amendments, size_t *count, struct fault *fault) MUST_CHECK;

/* Those of the agreements from one id to another, by agreement and number; of a party's alone, where one is
 * given. */
enum status amendments_between(struct db *db, struct arena *arena, int64_t first_id, int64_t last_id,
                               int64_t party_id, struct amendment **amendments, size_t *count,
                               struct fault *fault) MUST_CHECK;

/* All that were accepted, of every agreement: by agreement, month, number. */
enum status amendments_accepted(struct db *db, struct arena *arena, struct amendment **amendments,
                                size_t *count, struct fault *fault) MUST_CHECK;

/* The same of a part's edges. */
enum status amendments_accepted_part(struct db *db, struct arena *arena, const struct programme_part *part,
                                     struct amendment **amendments, size_t *count,
                                     struct fault *fault) MUST_CHECK;

/* Gives an agreement the terms of a month, and says for which months they are. */
enum status agreement_in_month(struct db *db, struct arena *arena, struct month month,
                               struct agreement *agreement, struct fault *fault) MUST_CHECK;

#endif
