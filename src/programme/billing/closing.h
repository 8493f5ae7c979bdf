/* Closing: a month's close as it is read and computed, without anything being written.
 *
 * First the edges that are ready are found, so that the month can be taken hold of on them
 * (months_freeze): from then on nothing that their bills are made of changes. Then everything is read in one
 * transaction, and bills are computed from memory, edge by edge in the order of labels. Nothing of it asks
 * the store, so one thread may compute while another writes. */
#ifndef SEATMETER_PROGRAMME_BILLING_CLOSING_H
#define SEATMETER_PROGRAMME_BILLING_CLOSING_H

#include "programme/billing/load_month.h"

struct closing_scope {
    struct month month;
    int64_t seller_id; /* only the edges that it sells on; 0: everybody's */
};

/* As much as one transaction should write. A bill of more lines is a long one. */
struct closing_limits {
    size_t edges;
    size_t lines;
};
#define CLOSING_LIMITS ((struct closing_limits){256, 4096})

/* The agreements of edges on which the month may be closed now. Inside a transaction; `*agreement_ids` lives
 * in the call's arena. */
enum status closing_find_ready(struct call *call, struct closing_scope scope, int64_t **agreement_ids,
                               size_t *count, struct fault *fault) MUST_CHECK;

struct closing {
    struct closing_scope scope;
    struct closing_limits limits;
    int64_t now_us; /* by which edges are ready */
    struct arena arena;
    struct snapshot snapshot;
    struct loaded_month loaded;
    struct rated_month rated;
    struct id_map month_states; /* agreement → enum month_state */
    struct id_map report_states;
    struct kept_month *midnights; /* the month by the snapshot's zones */
    size_t next_edge;             /* to be billed */
    size_t edges_total;           /* of the seller's that is asked for, or all */
    size_t edges_seen;            /* of those */
};

/* Reads everything, inside a transaction. closing_clean_up is due after a failure too. */
enum status closing_open(struct call *call, struct closing_scope scope, struct closing_limits limits,
                         struct closing *closing, struct fault *fault) MUST_CHECK;
void closing_clean_up(struct closing *closing);

/* ---- edges as they are billed ---- */

enum closing_outcome {
    CLOSING_CLOSES, /* by its bill */
    CLOSING_STAYS_OPEN,
    CLOSING_IS_CLOSED,  /* already */
    CLOSING_HAS_NOTHING /* to do with the month */
};

struct closing_edge {
    enum closing_outcome outcome;
    uint32_t seller; /* the snapshot's indices */
    uint32_t buyer;
    uint32_t agreement; /* SNAPSHOT_NONE: it has none */
    bool has_ended;     /* the month, on this edge */
    bool is_frozen;     /* the close has taken hold of it */
    struct edge_bill bill;
    struct date issued_on; /* today, in the zone of the agreement */
    struct text reason;    /* of one that stays open */
    struct text message;
};

/* Some edges with their bills: so many that one transaction can write them, and perhaps a long bill as the
 * last. Owns its memory. */
struct closing_chunk {
    struct arena arena;
    struct closing_edge *edges;
    size_t count;
    size_t capacity;
    size_t line_count; /* of all bills */
    size_t edges_seen; /* of closing->edges_total, by now */
    bool is_last;
};

/* Bills the next edges into an empty chunk. A fault is the whole close's. */
enum status closing_bill_next(struct closing *closing, struct closing_chunk *chunk,
                              struct fault *fault) MUST_CHECK;
void closing_chunk_init(struct closing_chunk *chunk);
void closing_chunk_clean_up(struct closing_chunk *chunk);

#endif
