/* Close edges: writes what became of edges: their documents, that the month is closed, what is billed by
 * that, and what stays open. It runs inside a transaction, and all of an edge is in one; only the lines of a
 * long bill may be written before, under an id that nobody knows. */
#ifndef SEATMETER_PROGRAMME_BILLING_CLOSE_EDGES_H
#define SEATMETER_PROGRAMME_BILLING_CLOSE_EDGES_H

#include "programme/billing/closing.h"
#include "store/billing/jobs.h"

/* What an edge's documents are called once they are written; ids 0: there are none. */
struct closed_edge {
    int64_t invoice_id;
    int64_t first_note_id;
};

struct close_edges_input {
    const struct closing *closing;
    const struct closing_edge *edges;
    size_t count;
    int64_t document_id; /* of the last edge's invoice, whose lines are written already; else 0 */
};

struct edges_closed {
    int64_t edge_count;
    int64_t invoice_count;
    int64_t line_count;
    struct closed_edge *documents; /* edge by edge */
};

/* Closes the month on those of the edges that close, lets go of the others, and writes an audit entry for
 * each of their sellers. `*closed` lives in the call's arena. */
enum status close_edges(struct call *call, const struct close_edges_input *input, struct edges_closed *closed,
                        struct fault *fault) MUST_CHECK;

#endif
