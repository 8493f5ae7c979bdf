/* Usage: what one edge meters of every (end customer, SKU).
 *
 * Of a group is known what is kept beside the log of one month (core/rating/usage_keeping.h), or its licences
 * and changes, grouped (core/rating/usage_grouping.h) from two streams of the log into compact arrays, or
 * both. What is kept answers for its month alone, as its zone cut it, and where the month counts whole. */
#ifndef SEATMETER_CORE_RATING_USAGE_H
#define SEATMETER_CORE_RATING_USAGE_H

#include "core/usage/kept_replay.h"
#include "core/usage/meter.h"

struct usage_licence {
    int64_t id;
    int64_t first_on_at_us; /* of its first `on` ever */
    int8_t first_edge;      /* billed on the edges whose seller's depth is from first_edge */
    int8_t last_edge;       /* to last_edge (R3.3) */
};

/* What is kept of one level of a group (core/usage/kept_replay.h) in one zone. */
struct usage_kept {
    struct kept_total total;
    uint32_t zone; /* into usage->zones */
    int8_t first_edge;
    int8_t last_edge;
};

/* The month of a zone, as what is kept was counted by it. */
struct usage_zone_month {
    struct text time_zone;
    bool has_month; /* something changed in it by this zone; else `span` is empty */
    struct month_span span;
    int64_t before_us; /* the end of the last earlier month in which something changed; INT64_MIN: none */
    int64_t behind_us; /* the begin of the first later one; INT64_MAX: none */
};

#define USAGE_NO_ZONE UINT32_MAX

/* All licences of one (end customer, SKU) that were ever on. */
struct usage_group {
    int64_t customer_id;
    int64_t sku_id;
    uint32_t first_licence; /* into usage->licences and ->opening_seats */
    uint32_t licence_count; /* 0: its log was not read */
    uint32_t first_change;  /* into usage->changes */
    uint32_t change_count;
    uint32_t first_kept; /* into usage->kept */
    uint32_t kept_count; /* 0: nothing was read of it but the log */
    bool one_range;      /* all its licences are billed on the same edges: */
    int8_t first_edge;   /* these */
    int8_t last_edge;
};

struct usage {
    const struct usage_group *groups; /* by customer_id, then sku_id */
    size_t group_count;
    const struct usage_licence *licences; /* group by group */
    const int32_t *opening_seats;         /* per licence, before the first of its changes */
    size_t licence_count;
    const struct seat_change *changes; /* group by group, by time; `licence` counts from the group's first */
    size_t change_count;
    const struct usage_kept *kept; /* group by group */
    size_t kept_count;
    struct month month; /* that it is kept of */
    const struct usage_zone_month *zones;
    size_t zone_count;
};

/* Whether anything of the group was on in the time that was read, on whatever edge. */
bool usage_group_is_used(const struct usage *usage, const struct usage_group *group);

/* The zone by whose kept months a month of that zone and span is known; USAGE_NO_ZONE: there is none. */
uint32_t usage_kept_zone(const struct usage *usage, const char *time_zone, struct month month,
                         const struct month_span *span);

/* Whether any group is kept by the zone. */
bool usage_knows_zone(const struct usage *usage, const char *time_zone);

/* Whether what is kept of the group answers for edges of the zone whose seller has that depth: with `*kept`,
 * or with NULL where none of its licences is billed there. */
bool usage_kept_at(const struct usage *usage, const struct usage_group *group, uint32_t zone,
                   int64_t seller_depth, const struct usage_kept **kept);

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
