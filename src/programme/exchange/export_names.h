/* Export names: what an export calls accounts and SKUs.
 *
 * The operator reads the labels that hold in the whole programme. An account must not learn from a name that
 * somebody it does not know of uses the same code, so its names are chosen among what it may know of alone:
 * the first account of a code goes by it for ever (by the first that it had), later ones by their identifier;
 * a SKU has its code where no other one has it. Who is named is call/sight.h's rule (sight_rule). */
#ifndef SEATMETER_PROGRAMME_EXCHANGE_EXPORT_NAMES_H
#define SEATMETER_PROGRAMME_EXCHANGE_EXPORT_NAMES_H

#include "core/rating/snapshot.h"
#include "programme/call/call.h"

struct export_names {
    const struct text *accounts; /* by the snapshot's index */
    const struct text *skus;
    const uint32_t *edges; /* the snapshot's edges, by the names of seller and buyer */
};

/* `viewer_id` is the actor's account; 0: the operator. */
enum status export_names_make(struct call *call, const struct snapshot *snapshot, int64_t viewer_id,
                              struct export_names *names, struct fault *fault) MUST_CHECK;

#endif
