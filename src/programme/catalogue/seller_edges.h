/* Seller edges: the agreements of a seller with their terms of each month, in memory, for what is asked of
 * very many prices at once. */
#ifndef SEATMETER_PROGRAMME_CATALOGUE_SELLER_EDGES_H
#define SEATMETER_PROGRAMME_CATALOGUE_SELLER_EDGES_H

#include "core/parties/agreement.h"
#include "programme/call/call.h"

/* A buyer of the seller, with all agreements of the two. */
struct seller_edge {
    int64_t buyer_id;
    const struct agreement *terms; /* by agreement, then month; one for each of its terms */
    size_t count;
};

struct seller_edges {
    struct seller_edge *items; /* by buyer */
    size_t count;
};

/* The edges of a seller, or with `buyer_id` that one alone. */
enum status seller_edges_load(struct call *call, int64_t seller_id, int64_t buyer_id,
                              struct seller_edges *edges, struct fault *fault) MUST_CHECK;

/* Whether the last agreement of the two is terminated. */
bool seller_edge_is_over(const struct seller_edge *edge);

/* The terms that an open month of the edge goes by: of the last agreement that was signed by the month's end,
 * else of the first. */
const struct agreement *seller_edge_terms(const struct seller_edge *edge, struct month month);

/* The terms of one of the edge's agreements in a month. */
const struct agreement *seller_edge_terms_of(const struct seller_edge *edge, int64_t agreement_id,
                                             struct month month);

#endif
