/* Find edge: what the use cases about an edge's billing have in common: naming it, its month, its documents.
 */
#ifndef SEATMETER_PROGRAMME_CALL_LOOKUP_EDGE_H
#define SEATMETER_PROGRAMME_CALL_LOOKUP_EDGE_H

#include "core/time/date.h"
#include "programme/call/authorise.h"
#include "store/billing/invoices.h"

/* The agreement between a seller (empty: the actor's account) and a buyer; the actor must act for the seller
 * and have the right. */
enum status find_own_edge(const struct call *call, struct text seller, struct text buyer, enum right right,
                          struct agreement *agreement, struct fault *fault) MUST_CHECK;

/* The buyer itself or an account below it. Fault "not-below-buyer". */
enum status find_customer_below(const struct call *call, const struct agreement *agreement, struct text word,
                                struct account *customer, struct fault *fault) MUST_CHECK;

/* Which edges a list shows: party_id is the actor's account (0 for the operator); words may be empty. */
struct edge_words {
    struct text seller;
    struct text buyer;
    struct text month;
};
struct edge_choice {
    int64_t party_id;
    int64_t seller_id;
    int64_t buyer_id;
    int32_t month; /* index, or -1 */
};
enum status find_edge_choice(const struct call *call, const struct edge_words *words,
                             struct edge_choice *choice, struct fault *fault) MUST_CHECK;

/* An invoice by its identifier or number, of an edge of the actor's: "unknown-invoice", "ambiguous-number".
 */
enum status find_invoice(const struct call *call, struct text word, struct invoice_head *head,
                         struct fault *fault) MUST_CHECK;

#endif
