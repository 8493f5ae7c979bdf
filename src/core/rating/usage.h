/* Usage: the licences and changes of every (end customer, SKU), and what one edge meters of them.
 *
 * It is grouped (core/rating/usage_grouping.h) from two streams, one of licences and one of events, into
 * compact arrays: a million licences with three million events take about 150 MB. */
#ifndef SEATMETER_CORE_RATING_USAGE_H
#define SEATMETER_CORE_RATING_USAGE_H

#include "core/usage/meter.h"

struct usage_licence {
    int64_t id;
    int64_t first_on_at_us; /* of its first `on` ever */
    int8_t first_edge;      /* billed on the edges whose seller's depth is from first_edge */
    int8_t last_edge;       /* to last_edge (R3.3) */
};

/* All licences of one (end customer, SKU) that were ever on. */
struct usage_group {
    int64_t customer_id;
    int64_t sku_id;
    uint32_t first_licence; /* into usage->licences and ->opening_seats */
    uint32_t licence_count;
    uint32_t first_change; /* into usage->changes */
    uint32_t change_count;
    bool one_range; /* all its licences are billed on the same edges */
};

struct usage {
    const struct usage_group *groups; /* by customer_id, then sku_id */
    size_t group_count;
    const struct usage_licence *licences; /* group by group */
    const int32_t *opening_seats;         /* per licence, before the first of its changes */
    size_t licence_count;
    const struct seat_change *changes; /* group by group, by time; `licence` counts from the group's first */
    size_t change_count;
};

/* The part of a group that one edge bills. */
struct usage_meter {
    struct meter_group meter;
    int64_t first_on_at_us; /* the first `on` of the licences billed here; 0: never */
};

/* Reusable working memory of usage_meter_at; {.arena = …}. */
struct usage_scratch {
    struct arena *arena;
    int32_t *opening_seats;
    struct seat_change *changes;
    uint32_t *renumbered;
    size_t licence_capacity;
    size_t change_capacity;
};

/* Whether the licence is billed on the edges whose seller has that depth (R3.3). */
bool usage_is_billed(const struct usage_licence *licence, int64_t seller_depth);

/* The meter of `group` on the edge whose seller has that depth; false where none of its licences is billed
 * there. Valid until the next call with the same scratch. */
bool usage_meter_at(const struct usage *usage, const struct usage_group *group, int64_t seller_depth,
                    struct usage_scratch *scratch, struct usage_meter *meter);

#endif
