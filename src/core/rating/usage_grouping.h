/* Usage grouping: licences and events, as they stream in and in no order, become one usage.
 *
 * First every licence is added, then the licences are ended, then every event is added, then the grouping is
 * finished. No opening balance is kept anywhere: what a licence had before the first event that was added is
 * what counts of it now, less all changes since. That needs no order among events, so a store reads them as
 * its engine likes best. Where events are missing in between, seats do not follow, and that is a fault. */
#ifndef SEATMETER_CORE_RATING_USAGE_GROUPING_H
#define SEATMETER_CORE_RATING_USAGE_GROUPING_H

#include "core/base/id_map.h"
#include "core/rating/usage.h"
#include "core/usage/metered.h"

struct grouped_licence;
struct licence_piece;
struct change_piece;

/* From a licence's id to its index: a table where ids lie close together, which takes one look, else a map.
 */
struct licence_index {
    struct id_map map;
    uint32_t *table; /* index + 1 by id − lowest_id; 0: none. NULL: the map */
    int64_t lowest_id;
    int64_t highest_id;
};

struct usage_grouping {
    struct arena *arena; /* of the result */
    int64_t until_us;
    bool forgiving;
    struct arena rows; /* of the pieces, freed as soon as they have been placed */
    struct arena maps; /* of what is needed until the end */
    struct licence_piece *licence_pieces;
    struct licence_piece *licence_tail;
    struct change_piece *change_pieces;
    struct change_piece *change_tail;
    int64_t *licence_ids; /* of the changes in the last piece */
    struct licence_index index;
    struct usage_group *groups;
    uint32_t *place_of_group; /* from the order in which groups were found to their places */
    struct usage_licence *licences;
    struct grouped_licence *grouped_licences; /* beside licences */
    size_t licence_count;
    size_t group_count;
    size_t change_count;
};

/* Changes from `until_us` on are left out of the result. A forgiving grouping passes over what does not
 * follow from the log: it is the audit's, which has told of that already. */
void usage_grouping_init(struct usage_grouping *grouping, struct arena *arena, int64_t until_us,
                         bool forgiving);
void usage_grouping_clean_up(struct usage_grouping *grouping);

void usage_grouping_add_licence(struct usage_grouping *grouping, const struct metered_licence *licence);
void usage_grouping_end_licences(struct usage_grouping *grouping);

/* Fault "event-without-licence". */
enum status usage_grouping_add_event(struct usage_grouping *grouping, const struct metered_event *event,
                                     struct fault *fault) MUST_CHECK;

/* The usage, in the arena of the result. Faults "event-without-licence", "seats-not-of-log". */
enum status usage_grouping_finish(struct usage_grouping *grouping, struct usage *usage,
                                  struct fault *fault) MUST_CHECK;

#endif
