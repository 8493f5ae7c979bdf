/* Month rating: what every edge is to be billed for one month, from the snapshot, the usage and what the
 * reports and corrections say instead.
 *
 * Opening it joins the usage's groups to the edges of their paths; then each edge is rated by itself. The
 * close, the forecast and the check all rate with this, so none can differ. The order is that of labels; the
 * same records always give the same lines. */
#ifndef SEATMETER_PROGRAMME_BILLING_MONTH_RATING_H
#define SEATMETER_PROGRAMME_BILLING_MONTH_RATING_H

#include "programme/billing/rating_overrides.h"
#include "programme/billing/snapshot.h"
#include "programme/billing/usage.h"
#include "store/billing/corrections.h"
#include "store/billing/invoices.h"
#include "store/billing/reports.h"

/* A group on one edge. */
struct rating_entry {
    uint32_t sku_rank;
    uint32_t customer_rank;
    uint32_t group;
};

/* A SKU used on a (seller, buyer) that has no agreement. */
struct rating_orphan {
    uint32_t seller;
    uint32_t buyer;
};

struct month_rating {
    const struct snapshot *snapshot;
    const struct usage *usage;
    struct month month;
    int64_t until_us; /* as if the month ended then; INT64_MAX: it ends at its end */
    struct rating_entry *entries;
    uint32_t *first_entry; /* per edge, and one more for the end */
    struct rating_overrides adjustments;
    struct rating_overrides corrections;
    struct rating_orphan *orphans;
    size_t orphan_count;
    struct meter_scratch meter_scratch;
    struct usage_scratch usage_scratch;
};

struct month_rating_input {
    const struct snapshot *snapshot;
    const struct usage *usage; /* loaded from the month's earliest start or before */
    struct month month;
    int64_t until_us;                     /* 0: to the month's end */
    const int64_t *adjustment_agreements; /* as report_adjustments_of_month gives them */
    const struct report_adjustment *adjustments;
    size_t adjustment_count;
    const struct correction *corrections; /* of this month; others are left out */
    size_t correction_count;
};

void month_rating_open(struct arena *arena, const struct month_rating_input *input,
                       struct month_rating *rating);

/* Lines as they go onto an invoice: without an invoice's id, positions from 1. */
struct edge_bill {
    struct billed_line *lines; /* by customer (those for none last), SKU, tier */
    size_t line_count;
    struct text missing; /* the codes of SKUs that were used and have no price; empty: none */
    bool used;           /* anything was in use or set by hand */
};

/* Rates an edge's month under one of its agreements. */
enum status month_rating_edge(struct month_rating *rating, struct arena *arena, uint32_t agreement,
                              struct edge_bill *bill, struct fault *fault) MUST_CHECK;

/* The lines of one SKU alone. `*priced` is false where it has no price. */
enum status month_rating_sku(struct month_rating *rating, struct arena *arena, uint32_t agreement,
                             uint32_t sku, struct billed_line **lines, size_t *count, bool *priced,
                             struct fault *fault) MUST_CHECK;

/* Whether anything below the edge was in use in the month or set by hand. */
bool month_rating_is_used(struct month_rating *rating, uint32_t edge, uint32_t agreement);

/* The correction in force for a customer's SKU on an agreement, or NULL. */
const struct rating_override *month_rating_correction(const struct month_rating *rating, uint32_t agreement,
                                                      uint32_t sku, int64_t customer_id);

#endif
