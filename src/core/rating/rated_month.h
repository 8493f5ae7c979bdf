/* Rated month: everything that a month of any edge is rated from.
 *
 * Beside the usage stand the units that approved reports and corrections set instead of the meter's. A close
 * rates its month without corrections, and an earlier month that is corrected with all of them. */
#ifndef SEATMETER_CORE_RATING_RATED_MONTH_H
#define SEATMETER_CORE_RATING_RATED_MONTH_H

#include "core/rating/charge.h"
#include "core/rating/usage_by_edge.h"

struct rated_month {
    const struct snapshot *snapshot;
    const struct usage *usage; /* from the month's earliest start or before */
    const struct usage_by_edge *by_edge;
    struct month month;
    int64_t until_us;           /* as if the month ended then; INT64_MAX: it ends at its end */
    const struct id_map *rules; /* (agreement, enum month_fact) of the months that closed; may be NULL */
    struct overrides adjustments;
    struct overrides corrections;
    struct meter_scratch meter_scratch;
    struct usage_scratch usage_scratch;
};

struct rated_month_input {
    const struct snapshot *snapshot;
    const struct usage *usage;
    const struct usage_by_edge *by_edge;
    struct month month;
    int64_t until_us;           /* 0: to the month's end */
    const struct id_map *rules; /* (agreement, enum month_fact) of the months that closed; an open one's
                                 * rules, or all where it is NULL, are the present ones */
    const int64_t *adjustment_agreements; /* of approved reports: the agreement of each adjustment */
    const struct report_adjustment *adjustments;
    size_t adjustment_count;
    const struct correction *corrections; /* those of other months are left out */
    size_t correction_count;
};

/* The month must not move while it is used. Fault "database-failed" where an adjustment or a correction names
 * what is not there. */
enum status rated_month_open(struct arena *arena, const struct rated_month_input *input,
                             struct rated_month *month, struct fault *fault) MUST_CHECK;

/* How the usage of an agreement's edge was billed, or is where the month is open: as its seller says. */
enum usage_billing rated_month_usage_billing(const struct rated_month *month, uint32_t agreement);

/* The month on the edge of an agreement. */
struct edge_month rated_month_on(struct rated_month *month, uint32_t agreement);

#endif
