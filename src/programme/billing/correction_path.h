/* Correction path: the edges that get a correction, each with its own.
 *
 * The path is the one on which the SKU is billed, from the customer up to the SKU's owner; of a bundle's
 * licence the parts go further up. An edge is left out where nothing could ever bill it: it has no agreement
 * or began later, was closed without a price of the SKU, is billed elsewhere, or is in another currency by
 * now. */
#ifndef SEATMETER_PROGRAMME_BILLING_CORRECTION_PATH_H
#define SEATMETER_PROGRAMME_BILLING_CORRECTION_PATH_H

#include "core/base/id_map.h"
#include "programme/billing/corrections.h"
#include "programme/billing/load_snapshot.h"
#include "store/parties/accounts.h"

enum { CORRECTION_EDGES_MAX = 512 };

/* The correction of one edge on its way. */
struct correction_proposal {
    struct correction correction;
    struct agreement agreement; /* with its terms of the month */
    bool is_givers;             /* the giver is a party of the edge */
    bool is_closed;
    struct correction_money money;
};

/* What is to be corrected: a SKU at a customer on the edges whose seller's depth lies in a range. */
struct corrected_thing {
    int64_t sku_id;
    int64_t owner_id;
    int64_t first_edge;
    int64_t last_edge;
    int64_t licence_id; /* of a late event, else 0 */
    int64_t seats;
};

/* A correction while it is given, and what came of it so far. */
struct correction_giving {
    struct call *call;
    const struct add_correction_input *asked;
    struct programme_part path; /* what lies above the customer */
    struct snapshot snapshot;
    struct account giver;
    struct account customer;
    struct month month; /* as it was said, or as the customer's zone has it */
    int64_t at_us;      /* of a late event */
    struct month facts_of;
    struct id_map facts; /* of that month */
    struct correction_proposal *proposals;
    size_t count;
};

/* Reads what lies above the customer into `giving->snapshot`. */
enum status correction_path_load(struct correction_giving *giving, struct fault *fault) MUST_CHECK;

/* The agreement that closed the edge's month, else the one that answers for it, with its terms of then; or
 * SNAPSHOT_NONE. */
enum status correction_path_agreement(struct correction_giving *giving, uint32_t edge, struct month month,
                                      uint32_t *agreement, struct fault *fault) MUST_CHECK;

/* Proposes it to each edge of the range that can bill it, from the customer up. What the giver's own edge
 * cannot take is a fault: "other-currency", "price-missing", "month-not-closed"; of others nothing is told.
 */
enum status correction_path_walk(struct correction_giving *giving, const struct corrected_thing *thing,
                                 struct fault *fault) MUST_CHECK;

#endif
