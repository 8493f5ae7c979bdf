/* Planned usage: usage as if changes had been made that nobody has made yet.
 *
 * What a preview rates. Each change stands behind everything that has happened to its licence, as the event
 * would, so that what is rated with it is what a close bills once it has been made. */
#ifndef SEATMETER_CORE_RATING_PLANNED_USAGE_H
#define SEATMETER_CORE_RATING_PLANNED_USAGE_H

#include "core/rating/usage.h"

/* From `at_us` on the licence counts `seats`. One that the usage does not have is new or was never on. */
struct planned_change {
    int64_t customer_id;
    int64_t sku_id;
    int64_t licence_id; /* of a licence that is to be issued: below 0, another for each */
    int64_t at_us;
    int32_t seats;
    int8_t first_edge;
    int8_t last_edge;
};

/* The usage with the changes, one for each licence at most. They are sorted on the way. It shares nothing
 * with `usage`; all of it lives in `arena`. */
struct usage usage_with_planned(struct arena *arena, const struct usage *usage,
                                struct planned_change *changes, size_t count);

#endif
