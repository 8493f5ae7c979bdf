/* Kept replay: the kept months of one (end customer, SKU), made from its log.
 *
 * Licences are billed on the edges whose sellers' depths are in a range of theirs (R3.3), so edges of a path
 * may meter different licences of a group. A stretch of depths that meter the same licences is a level, and
 * each level is kept by itself. Months in which nothing changed have no row: they are as the row before them
 * ends. */
#ifndef SEATMETER_CORE_USAGE_KEPT_REPLAY_H
#define SEATMETER_CORE_USAGE_KEPT_REPLAY_H

#include "core/usage/kept_calendar.h"
#include "core/usage/kept_usage.h"

enum { KEPT_EDGE_MAX = 127 };

/* The depths of sellers from first_edge to last_edge. */
struct kept_level {
    int32_t first_edge;
    int32_t last_edge;
};

struct kept_event {
    int64_t at_us;
    uint32_t licence; /* index into the group's licences */
    int32_t seats_after;
    bool turns_on;
};

/* Licences with their ranges, and their events in the order of time and the log. */
struct kept_group {
    const struct kept_level *licences;
    size_t licence_count;
    const struct kept_event *events;
    size_t event_count;
};

struct kept_row {
    struct kept_level level;
    struct month month;
    struct kept_usage usage;
};

struct kept_rows {
    struct kept_row *items;
    size_t count;
    size_t capacity;
};

/* Whether a level's licences are all that a licence of a range is billed with. */
bool kept_level_is_within(struct kept_level level, struct kept_level range);
bool kept_level_overlaps(struct kept_level level, struct kept_level range);

/* Adds the rows of all levels in a zone, each level's by month. False where the log, the ranges or the
 * calendar are not such that months can be kept; then some rows may have been added. */
bool kept_replay(const struct kept_group *group, struct kept_calendar *calendar, struct arena *arena,
                 struct kept_rows *rows) MUST_CHECK;

#endif
