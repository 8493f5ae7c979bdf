/* Usage keeping: a month's usage out of what is kept beside the log (core/usage/kept_usage.h), one row for
 * each level of a group in each zone.
 *
 * Of each level first the newest row is added, in any order, then the newest are ended, then rows of earlier
 * months from the wanted one on are added, then the keeping is finished. The row that answers for the month
 * is its own; where there is none nothing changed in it, and it is as the newest row before it ended or as
 * the first one behind it began. */
#ifndef SEATMETER_CORE_RATING_USAGE_KEEPING_H
#define SEATMETER_CORE_RATING_USAGE_KEEPING_H

#include "core/rating/usage.h"

/* A stored row. */
struct keeping_row {
    int64_t customer_id;
    int64_t sku_id;
    int64_t zone; /* its number */
    int64_t first_edge;
    int64_t last_edge;
    int64_t month;
    struct kept_usage usage;
};

struct keeping_entry;

struct usage_keeping {
    struct arena *arena;  /* of the result */
    struct arena entries; /* until it is finished */
    struct month month;
    const struct usage_zone_month *zones;
    const int64_t *zone_numbers; /* beside them */
    size_t zone_count;
    struct keeping_entry *items;
    size_t count;
    size_t capacity;
};

/* The zones, with their numbers, live as long as the result. */
void usage_keeping_init(struct usage_keeping *keeping, struct arena *arena, struct month month,
                        const struct usage_zone_month *zones, const int64_t *zone_numbers, size_t zone_count);
void usage_keeping_clean_up(struct usage_keeping *keeping);

/* Fault "usage-damaged" where a row cannot be what was kept. */
enum status usage_keeping_add_newest(struct usage_keeping *keeping, const struct keeping_row *row,
                                     struct fault *fault) MUST_CHECK;
void usage_keeping_end_newest(struct usage_keeping *keeping);
enum status usage_keeping_add_earlier(struct usage_keeping *keeping, const struct keeping_row *row,
                                      struct fault *fault) MUST_CHECK;

/* Everything is in the arena of the result. */
void usage_keeping_finish(struct usage_keeping *keeping, struct usage *usage);

/* The usage with some groups read from the log as well. */
void usage_add_log(struct usage *usage, const struct usage *log, struct arena *arena);

#endif
