/* Lookup agreement: agreements by their identifier or by their parties, and the edges that a list shows.
 *
 * The parties of an agreement alone find it, and a draft its seller alone; to anybody else it is
 * STATUS_NOT_FOUND "unknown-agreement". The operator finds all. */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_AGREEMENT_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_AGREEMENT_H

#include "core/time/date.h"
#include "programme/call/authorise.h"

/* An agreement by its identifier, or, where that is empty, by its seller and buyer (the one that is not
 * terminated). No buyer means the actor's own account, no seller the buyer's. */
struct agreement_words {
    struct text identifier;
    struct text seller;
    struct text buyer;
    bool or_ended; /* by its parties: where all are terminated, the last of them */
};

/* Finding says nothing of rights: use require_right with its seller_id or buyer_id. */
enum status find_agreement(const struct call *call, struct agreement_words words, struct agreement *agreement,
                           struct fault *fault) MUST_CHECK;

/* All agreements of a seller and a buyer, ended ones too, by id, each with its first terms. */
enum status find_pair(const struct call *call, int64_t seller_id, int64_t buyer_id,
                      struct agreement **agreements, size_t *count, struct fault *fault) MUST_CHECK;

/* Of these the one that is not terminated or, where all are, the last. */
enum status find_last_of_pair(const struct call *call, int64_t seller_id, int64_t buyer_id, bool *found,
                              struct agreement *agreement, struct fault *fault) MUST_CHECK;

/* The agreement between a seller (empty: the actor's account) and a buyer that answers for a month, with its
 * terms of then. The actor must act for the seller and have the right. It is the one
 * that closed it or is closing it, else the last that was in force in it, else the first that came after,
 * else the last before. So it is found after an end or a renewal too. */
struct month_edge {
    struct agreement agreement;
    bool is_closed;
    bool is_closing;
    bool came_after; /* the agreement was signed when the month was over */
};
enum status find_own_edge_in(const struct call *call, struct text seller, struct text buyer,
                             struct month month, enum right right, struct month_edge *edge,
                             struct fault *fault) MUST_CHECK;

/* The edges and the month that a list shows; empty words are no condition. */
struct edge_words {
    struct text seller;
    struct text buyer;
    struct text month;
};
struct edge_choice {
    int64_t party_id; /* the actor's account; 0 for the operator */
    int64_t seller_id;
    int64_t buyer_id;
    int32_t month; /* index, or -1 */
};

/* The actor must have the right to read; it finds edges of its own account alone. */
enum status find_edge_choice(const struct call *call, const struct edge_words *words,
                             struct edge_choice *choice, struct fault *fault) MUST_CHECK;

#endif
