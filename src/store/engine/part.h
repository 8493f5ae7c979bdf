/* Part: the piece of the programme around one account, for statements that read by the bulk.
 *
 * It holds the account, everybody above it up to the distributor, everybody below it, and all vendors; the
 * edges on which these buy; and what is set or waits on the edges by which the account and those below it
 * buy. Those edges it answers for; the ones above are there for their terms. Where a function takes a part,
 * NULL is the whole programme. */
#ifndef SEATMETER_STORE_ENGINE_PART_H
#define SEATMETER_STORE_ENGINE_PART_H

#include <stdint.h>

struct programme_part {
    int64_t around_id; /* the account */
    int64_t party_id;  /* of the edges below it, and of all prices, only those of this party; 0: all */
    int64_t sku_id;    /* only this SKU and, of a bundle, its parts; 0: all */
};

/* The part as parameters of a statement, in this order. */
#define PART_ARGS(part)                                                                                      \
    db_integer((part)->around_id), db_integer((part)->party_id), db_integer((part)->sku_id)

/* Its accounts, in a statement whose parameter `around` is the first of PART_ARGS. */
#define PART_ACCOUNTS(around)                                                                                \
    "(select id from accounts where seller_id is null "                                                      \
    "union select ancestor_id from account_ancestors where account_id = " around                             \
    " union select account_id from account_ancestors where ancestor_id = " around ")"

/* Who buys on its edges; `party` is the second of PART_ARGS. */
#define PART_BUYERS(around, party)                                                                           \
    "(select ancestor_id from account_ancestors where account_id = " around                                  \
    " union select account_id from account_ancestors where ancestor_id = " around " and cast(" party         \
    " as bigint) = 0 union select id from accounts where seller_id = " party ")"

/* The same without those above the account. */
#define PART_BUYERS_BELOW(around, party)                                                                     \
    "(select cast(" around                                                                                   \
    " as bigint) union select account_id from account_ancestors where ancestor_id = " around                 \
    " and cast(" party " as bigint) = 0 union select id from accounts where seller_id = " party ")"

/* The agreements of its edges, and of those that it answers for. */
#define PART_AGREEMENTS(around, party)                                                                       \
    "(select id from agreements where buyer_id in " PART_BUYERS(around, party) ")"
#define PART_AGREEMENTS_BELOW(around, party)                                                                 \
    "(select id from agreements where buyer_id in " PART_BUYERS_BELOW(around, party) ")"

/* Whether a SKU is of the part; `wanted` is the third of PART_ARGS. */
#define PART_HAS_SKU(sku, wanted)                                                                            \
    "(cast(" wanted " as bigint) = 0 or " sku " = " wanted " or " sku                                        \
    " in (select part_id from bundle_parts where bundle_id = " wanted "))"

#endif
