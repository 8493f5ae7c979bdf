/* Charge: how an edge meters a SKU in a month, and what it charges an end customer for.
 *
 * The usage report shows and the close bills what these functions say, so that neither can differ (R6.8). */
#ifndef SEATMETER_CORE_RATING_CHARGE_H
#define SEATMETER_CORE_RATING_CHARGE_H

#include "core/rating/overrides.h"
#include "core/rating/rules.h"
#include "core/rating/usage.h"

/* A month on an edge, and what it is measured from. */
struct edge_month {
    const struct usage *usage;
    struct month month;
    struct zone *zone;      /* the agreement's */
    struct month_span span; /* in that zone; cut off where the month is rated as if it ended earlier */
    int rules;              /* enum rules_version: that it was closed by, else the present one */
    bool has_time;          /* false where it is cut off before it begins: nothing is measured */
    int64_t seller_depth;
    uint32_t kept_zone; /* by which the usage is kept of this very month; USAGE_NO_ZONE: it is not */
    struct usage_scratch *usage_scratch;
    struct meter_scratch *meter_scratch;
};

/* The month, in the zone, of an edge whose seller has that depth, by the present rules. */
struct edge_month edge_month_of(const struct usage *usage, struct month month, struct zone *zone,
                                const struct month_span *span, int64_t seller_depth);

/* Rates the month as if it ended at `until_us`, where that is earlier. */
void edge_month_cut(struct edge_month *on, int64_t until_us);

/* How a price meters the month. */
struct metering {
    enum metering_policy policy;
    int64_t parts_per_unit;
    int64_t from_us;       /* nothing counts before: the month's start or, within it, the end of a trial */
    int64_t minimum_units; /* 0 also where the whole month lies in a trial or nothing is charged (R3.9) */
    int32_t free_months;
    int64_t free_from_us; /* the month is free of who had the SKU on first at this instant or later (R3.10) */
    bool not_for_resale;
};

/* The earliest month from whose beginning on a first `on` makes this month free. */
struct month metering_first_free(const struct edge_month *on, int32_t free_months);

/* Without a price (NULL) the month is metered as `peak`, with no terms. Free months are counted in the edge's
 * present zone, as the rules before the third did; who knows where that earlier month began sets
 * free_from_us. */
struct metering metering_of(const struct edge_month *on, const struct price *price);

/* The quantity that the edge's licences of a group come to. */
struct measured {
    struct quantity quantity;
    int64_t first_on_at_us; /* the first `on` ever of those licences; 0: none is billed on this edge */
    bool is_free;           /* the month is one of the customer's first with the SKU (R3.10) */
};

/* Measures a group, or NULL for none: by what is kept of it where that answers, else by its log. Faults
 * "quantity-overflow", "usage-not-read" (its log would be needed). */
enum status charge_measure(const struct edge_month *on, const struct metering *metering,
                           const struct usage_group *group, struct measured *measured,
                           struct fault *fault) MUST_CHECK;

/* Why a quantity is charged, in the order in which one goes before the other (R7.9). */
enum charge_reason {
    CHARGE_MEASURED,
    CHARGE_NOT_FOR_RESALE, /* measured, and priced 0 */
    CHARGE_ADJUSTED,
    CHARGE_FREE_MONTH,
    CHARGE_CORRECTED
};

/* "measured", "not for resale", "adjusted", "free month", "corrected". */
const char *charge_reason_name(enum charge_reason reason);

struct charged {
    struct quantity quantity;
    enum charge_reason why;
    struct text note; /* of the line: an override's reason, "free month", "not for resale", or empty */
};

/* Says what the customer is charged for: what was measured, unless something else is set. Both overrides may
 * be NULL. Fault "quantity-overflow". */
enum status charge_of(const struct metering *metering, const struct measured *measured,
                      const struct override *adjustment, const struct override *correction,
                      struct charged *charged, struct fault *fault) MUST_CHECK;

#endif
