/* Snapshot: accounts, agreements, SKUs and prices of the whole programme, in memory and indexed.
 *
 * A close, a forecast, an export and the check each read it once and then ask no more: thirty thousand
 * accounts are a few megabytes. Everything has a rank besides its index: accounts by label, SKUs by code,
 * because what is computed goes in the order of names that everybody can see, never of internal numbers. An
 * edge is a (seller, buyer) that has or had an agreement; of its agreements one answers for a month. */
#ifndef SEATMETER_PROGRAMME_BILLING_SNAPSHOT_H
#define SEATMETER_PROGRAMME_BILLING_SNAPSHOT_H

#include "core/base/id_map.h"
#include "core/money/money.h"
#include "core/time/zone.h"
#include "programme/call/call.h"
#include "store/catalogue/prices.h"
#include "store/catalogue/skus.h"
#include "store/parties/accounts.h"
#include "store/parties/agreements.h"

#define SNAPSHOT_NONE UINT32_MAX

struct snapshot_edge {
    uint32_t seller; /* indices into accounts */
    uint32_t buyer;
    uint32_t first_agreement; /* into edge_agreements */
    uint32_t agreement_count;
    bool has_prices; /* any at all, of its own or standard */
};

struct snapshot_zone;

struct snapshot {
    struct account *accounts; /* by id */
    size_t account_count;
    uint32_t *account_rank;  /* by label */
    uint32_t *edge_to_buyer; /* per account: the edge from its seller to it, or SNAPSHOT_NONE */
    uint32_t *vendor_edge;   /* per account: the edge from a vendor to the distributor, or SNAPSHOT_NONE */
    struct agreement *agreements; /* by id */
    size_t agreement_count;
    struct currency *currencies; /* per agreement */
    uint32_t *zone_of_agreement;
    uint32_t *edge_of_agreement;
    struct sku *skus; /* by id */
    size_t sku_count;
    uint32_t *sku_rank;      /* by code, then id */
    uint32_t *sku_of_rank;   /* the inverse */
    struct text *sku_labels; /* the code where no other SKU has it, else the identifier */
    struct price_list prices;
    const uint32_t *minimum_prices; /* those with a minimum, in the order of the snapshot */
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

/* Reads everything, into the call's arena; snapshot_close gives the time zones back (also after a failure).
 */
enum status snapshot_load(struct call *call, struct snapshot *snapshot, struct fault *fault) MUST_CHECK;
void snapshot_close(struct snapshot *snapshot);

/* The index of an id, which must be there; *_find gives SNAPSHOT_NONE where it is not. */
uint32_t snapshot_account(const struct snapshot *snapshot, int64_t id);
uint32_t snapshot_account_find(const struct snapshot *snapshot, int64_t id);
uint32_t snapshot_agreement_find(const struct snapshot *snapshot, int64_t id);
uint32_t snapshot_sku_find(const struct snapshot *snapshot, int64_t id);

/* A seller's prices with a minimum, as indices into the snapshot's. */
const uint32_t *snapshot_minimums(const struct snapshot *snapshot, int64_t seller_id, size_t *count);

/* A month, a zone and an instant's day as an agreement sees them. */
const struct month_span *snapshot_span(const struct snapshot *snapshot, uint32_t agreement,
                                       struct month month);
struct zone *snapshot_zone(const struct snapshot *snapshot, uint32_t agreement);

/* The agreement that answers for an edge's month: the last one that was in force in it or, where none was and
 * something is to be billed all the same (`wanted`), the first that came after, else the last before.
 * SNAPSHOT_NONE: nothing to do with this month. */
uint32_t snapshot_agreement_of_month(const struct snapshot *snapshot, uint32_t edge, struct month month,
                                     bool wanted);

/* The price of a SKU on an agreement's edge in a month, in the agreement's currency, with its tax; NULL where
 * there is none. Lives in `arena` or the snapshot. */
const struct price *snapshot_price(const struct snapshot *snapshot, struct arena *arena, uint32_t agreement,
                                   uint32_t sku, struct month month, struct tax *tax);

#endif
