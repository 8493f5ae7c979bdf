/* Snapshot: accounts, agreements, SKUs and prices of the whole programme, in memory and indexed.
 *
 * A close, a forecast, an export and the audit each read it once and then ask no more: thirty thousand
 * accounts are a few megabytes. Everything has a rank besides its index: accounts by label, SKUs by code,
 * because what is computed goes in the order of names that everybody can see, never of internal numbers. An
 * edge is a (seller, buyer) that has or had an agreement; of its agreements one answers for a month (R7.4).
 *
 * Whoever makes one fills in the four kept lists, each by ascending id, and calls snapshot_index. */
#ifndef SEATMETER_CORE_RATING_SNAPSHOT_H
#define SEATMETER_CORE_RATING_SNAPSHOT_H

#include "core/base/id_map.h"
#include "core/catalogue/sku.h"
#include "core/money/money.h"
#include "core/money/price_list.h"
#include "core/parties/account.h"
#include "core/parties/agreement.h"
#include "core/time/zone.h"

#define SNAPSHOT_NONE UINT32_MAX

struct snapshot_edge {
    uint32_t seller; /* indices into accounts */
    uint32_t buyer;
    uint32_t first_agreement; /* into edge_agreements */
    uint32_t agreement_count;
};

struct snapshot_zone;

struct snapshot {
    /* The kept lists. */
    struct account *accounts; /* by id */
    size_t account_count;
    struct agreement *agreements; /* by id; one for each of its terms, by the month that they begin */
    size_t agreement_count;
    struct sku *skus; /* by id */
    size_t sku_count;
    struct price_list prices;
    struct kept_month *kept_months; /* the midnights of closed months, by month */
    size_t kept_month_count;
    struct text *sku_labels; /* per SKU, for messages: its code where no other has it, else its identifier */

    /* Made by snapshot_index. */
    uint32_t *account_rank;  /* by label */
    uint32_t *edge_to_buyer; /* per account: the edge from its seller to it, or SNAPSHOT_NONE */
    uint32_t *vendor_edge;   /* per account: the edge from a vendor to the distributor, or SNAPSHOT_NONE */
    struct currency *currencies; /* per agreement */
    uint32_t *zone_of_agreement; /* index into zones */
    uint32_t *edge_of_agreement;
    uint32_t *sku_rank;             /* by code, then id */
    uint32_t *sku_of_rank;          /* the inverse */
    const uint32_t *minimum_prices; /* the prices with a minimum, in the order of `prices` */
    size_t minimum_price_count;
    struct snapshot_edge *edges; /* by the seller's label, then the buyer's */
    size_t edge_count;
    uint32_t *edge_agreements; /* indices into agreements: edge by edge, by id */
    struct id_map account_index;
    struct id_map agreement_index;
    struct id_map sku_index;
    struct snapshot_zone *zones;
    size_t zone_count;
};

/* Makes ranks, edges, look-ups and time zones of the lists; all of it lives in `arena`, the zones until
 * snapshot_close, which is called after a failure too. Faults "unknown-currency" and zone_open's, and
 * "database-failed" where an account, an agreement or a SKU names an account that is not there, or the way
 * up from an account does not end. */
enum status snapshot_index(struct snapshot *snapshot, struct arena *arena, struct fault *fault) MUST_CHECK;
void snapshot_close(struct snapshot *snapshot);

/* The index of an id, which must be there; *_find gives SNAPSHOT_NONE where it is not. */
uint32_t snapshot_account(const struct snapshot *snapshot, int64_t id);
uint32_t snapshot_account_find(const struct snapshot *snapshot, int64_t id);
uint32_t snapshot_agreement_find(const struct snapshot *snapshot, int64_t id); /* with its first terms */
uint32_t snapshot_sku_find(const struct snapshot *snapshot, int64_t id);

/* Whether what something stored names is there; else fault "database-failed". */
enum status snapshot_has_account(const struct snapshot *snapshot, int64_t id, struct fault *fault) MUST_CHECK;
enum status snapshot_has_agreement(const struct snapshot *snapshot, int64_t id,
                                   struct fault *fault) MUST_CHECK;
enum status snapshot_has_sku(const struct snapshot *snapshot, int64_t id, struct fault *fault) MUST_CHECK;

/* The agreement of an id with its terms of a month; SNAPSHOT_NONE where there is no such agreement. */
uint32_t snapshot_agreement_in(const struct snapshot *snapshot, int64_t id, struct month month);

/* A seller's prices with a minimum, as indices into the snapshot's. */
const uint32_t *snapshot_minimums(const struct snapshot *snapshot, int64_t seller_id, size_t *count);

/* The time zone of an agreement. */
struct zone *snapshot_zone(const struct snapshot *snapshot, uint32_t agreement);

/* A zone by its index. */
struct zone *snapshot_zone_at(const struct snapshot *snapshot, size_t zone);

/* The month as a zone has it, by the zone's index or by an agreement's. It lives as long as the snapshot. */
const struct month_span *snapshot_zone_month(const struct snapshot *snapshot, uint32_t zone,
                                             struct month month);
const struct month_span *snapshot_span(const struct snapshot *snapshot, uint32_t agreement,
                                       struct month month);

/* The same as rating has it: where the month before went by another zone, it begins when that one ended
 * (R7.19). The month before is that of the agreement that would answer for it, in force or not. */
const struct month_span *snapshot_joined_span(const struct snapshot *snapshot, uint32_t agreement,
                                              struct month month);

/* Where any month begins on an agreement's edge, as rating has it: by whichever agreement answers for it. */
int64_t snapshot_month_begins_us(const struct snapshot *snapshot, uint32_t agreement, struct month month);

/* Widens [*from_us, *until_us) to the month's earliest start and latest end over all zones. */
void snapshot_widen(const struct snapshot *snapshot, struct month month, int64_t *from_us, int64_t *until_us);

/* The agreement that answers for an edge's month: the last one that was in force in it or, where none was and
 * something is to be billed all the same (`wanted`), the first that came after, else the last before.
 * SNAPSHOT_NONE: nothing to do with this month. */
uint32_t snapshot_agreement_of_month(const struct snapshot *snapshot, uint32_t edge, struct month month,
                                     bool wanted);

/* Whether an account bills what it sells elsewhere: a term of the agreement by which it buys (R7.3). */
bool snapshot_bills_elsewhere(const struct snapshot *snapshot, uint32_t seller, struct month month);

/* The price of a SKU on an agreement's edge in a month, by a version of the rules, with its tax. It is one of
 * the snapshot's. */
const struct price *snapshot_price(const struct snapshot *snapshot, uint32_t agreement, uint32_t sku,
                                   struct month month, int rules, struct tax *tax);

#endif
